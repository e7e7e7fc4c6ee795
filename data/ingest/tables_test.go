package ingest_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"hetu/data/ingest"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/crs"
)

// table writes a CSV of sections at the given pairs, each 10 m or so apart, to have enough rows for a vote.
func table(heads string, pairs ...[2]float64) string {
	var b strings.Builder
	b.WriteString("名称,类型," + heads + "\n")
	for i, p := range pairs {
		fmt.Fprintf(&b, "断面%d,国控,%.9f,%.9f\n", i+1, p[0], p[1])
	}
	return b.String()
}

func around(x, y, step float64) [][2]float64 {
	out := make([][2]float64, 12)
	for i := range out {
		out[i] = [2]float64{x + float64(i)*step, y + float64(i%3)*step}
	}
	return out
}

func swapped(pairs [][2]float64) [][2]float64 {
	out := make([][2]float64, len(pairs))
	for i, p := range pairs {
		out[i] = [2]float64{p[1], p[0]}
	}
	return out
}

// The size of coordinates tells degrees, zones and swapped axes, whatever the heading says; each such reading is a guess.
func TestCoordinateTables(t *testing.T) {
	t.Parallel()
	zone, _ := crs.ByEPSG(4526)
	plain, _ := crs.ByEPSG(4547)
	e, n := zone.FromLonLat(114.3, 30.6)
	pe, pn := plain.FromLonLat(114.3, 30.6)
	gx, gy := crs.System{Kind: crs.GCJ02}.FromLonLat(114.3, 30.6)
	bx, by := crs.System{Kind: crs.BD09}.FromLonLat(114.3, 30.6)
	degrees := around(114.3, 30.6, 1e-5)
	tests := []struct {
		name, text, crs string
		refused         string
		guessed         bool
		says            string // part of a guess
	}{
		{name: "degrees", text: table("经度,纬度", degrees...), guessed: true},
		{name: "degrees, latitude first", text: table("X,Y", swapped(degrees)...), guessed: true, says: "latitude"},
		{name: "zone in the easting", text: table("X,Y", around(e, n, 1)...), guessed: true},
		{name: "zone in the easting, X is north as in Chinese tables", text: table("X,Y", swapped(around(e, n, 1))...), guessed: true, says: "northing"},
		{name: "no zone", text: table("X,Y", around(pe, pn, 1)...), refused: "EPSG:4547 (114E)"},
		{name: "no zone, told", text: table("X,Y", around(pe, pn, 1)...), crs: "EPSG:4547"},
		{name: "no zone, told, X is north", text: table("X,Y", swapped(around(pe, pn, 1))...), crs: "EPSG:4547", guessed: true, says: "swapped in all 12 rows (row 1:"},
		{name: "told without zone, has one", text: table("X,Y", around(e, n, 1)...), crs: "EPSG:4547", refused: "it is that of EPSG:4526"},
		{name: "told with zone, has none", text: table("X,Y", around(pe, pn, 1)...), crs: "EPSG:4526", refused: "does not begin with the zone's number"},
		{name: "GCJ-02 told", text: table("经度,纬度", around(gx, gy, 1e-5)...), crs: "GCJ-02"},
		{name: "BD-09 told", text: table("经度,纬度", around(bx, by, 1e-5)...), crs: "BD09"},
		{name: "UTM by PROJ", text: table("X,Y", around(241125.514825284, 3388379.64189325, 1)...), crs: "EPSG:32650"},
		{name: "one row swapped", text: table("经度,纬度", append(degrees, [2]float64{30.6, 114.3})...), crs: "EPSG:4490", refused: "first row 13: the axes look swapped in this row only"},
		{name: "one digit too many", text: table("X,Y", append(around(pe, pn, 1), [2]float64{pe * 10, pn})...), crs: "EPSG:4547", refused: "first row 13: the coordinate"},
		{name: "one digit too few", text: table("经度,纬度", append(degrees, [2]float64{11.43, 30.6})...), crs: "EPSG:4490", refused: "first row 13: the coordinate 11.43 looks ten times off"},
		{name: "no number", text: "名称,类型,X,Y\n甲,国控,114.3,30°36'\n", crs: "EPSG:4490", refused: "row 1: \"30°36'\" is no coordinate"},
		{name: "a field too many", text: "名称,类型,X,Y\n甲,国控,114.3,30.6,1\n", crs: "EPSG:4490", refused: "5 fields and the heading 4"},
		{name: "off the extent", text: table("X,Y", [2]float64{2.35, 48.85}), crs: "EPSG:4490", refused: "outside of this installation's extent"},
		{name: "nothing fits", text: table("X,Y", [2]float64{5, 80000}), refused: "fit none"},
		{name: "another datum told", text: table("X,Y", around(pe, pn, 1)...), crs: "EPSG:2383", refused: "another datum"},
		{name: "no such system", text: table("X,Y", degrees...), crs: "EPSG:999998", refused: "EPSG:999998"},
		{name: "a file for a system", text: table("X,Y", degrees...), crs: "/etc/passwd", refused: "names no reference system"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			req := request(write(t, "断面.csv", tt.text), "section")
			req.CRS = tt.crs
			report, err := ingest.Run(t.Context(), db.Store, req)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("got %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := report.CRS.How == ingest.Guessed || len(report.Guesses) > 0; got != tt.guessed || tt.says != "" && !strings.Contains(fmt.Sprint(report.Guesses), tt.says) {
				t.Errorf("got guesses %v and %+v", report.Guesses, report.CRS)
			}
			near := "SELECT count(*) FROM hetu.section_version WHERE ST_Distance(geom, ST_SetSRID(ST_MakePoint(114.3, 30.6), 4490)) < 0.0002"
			if n := count(t, db, near); n != 12 {
				t.Errorf("%d of 12 sections lie where they should", n)
			}
			if n := count(t, db, "SELECT count(*) FROM hetu.section_version WHERE name = '断面1' AND ST_Distance(geom, ST_SetSRID(ST_MakePoint(114.3, 30.6), 4490)) < 1e-7"); n != 1 {
				t.Errorf("the first section is off by more than a centimetre")
			}
		})
	}
}

// Nothing is stored without a yes, in a dry run, or after a no; a yes stores all of it.
func TestConfirm(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	text := table("经度,纬度", around(114.3, 30.6, 1e-5)...)
	try := func(name string, change func(*ingest.Request), code geo.Code, want int) {
		req := request(write(t, "断面.csv", text), "section")
		req.Yes = false
		change(&req)
		report, err := ingest.Run(t.Context(), db.Store, req)
		if (err != nil) != (code != "") || err != nil && geo.CodeOf(err) != code {
			t.Errorf("%s: got %v, want %s", name, err, code)
		}
		if report == nil || len(report.Merge) == 0 {
			t.Errorf("%s: the report is not whole", name)
		}
		if n := count(t, db, "SELECT count(*) FROM hetu.section_version"); n != want {
			t.Errorf("%s: got %d rows, want %d", name, n, want)
		}
		if n := count(t, db, "SELECT (SELECT count(*) FROM staging.batch) + (SELECT count(*) FROM staging.section)"); n != 0 {
			t.Errorf("%s: %d rows are left in staging", name, n)
		}
	}
	try("nobody is asked", func(*ingest.Request) {}, geo.CodeInvalid, 0)
	try("a no", func(r *ingest.Request) { r.Confirm = func(*ingest.Report) (bool, error) { return false, nil } }, geo.CodeInvalid, 0)
	try("a dry run", func(r *ingest.Request) { r.DryRun, r.Yes = true, true }, "", 0)
	try("a yes", func(r *ingest.Request) {
		r.Confirm = func(rep *ingest.Report) (bool, error) {
			if !rep.Guessed() || rowsOf(rep.Merge, "section") != 12 {
				t.Errorf("the question shows %+v", rep)
			}
			return true, nil
		}
	}, "", 12)
}

func TestColumns(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	text := "断面,级,X,Y,闲\n甲,国控,114.3,30.6,1\n乙,省控,114.4,30.6,2\n"
	tests := []struct {
		name     string
		maps     map[string]string
		sets     map[string]string
		refused  string
		accepted int
	}{
		{name: "unknown headings", refused: "name (断面名称", accepted: 0},
		{name: "mapped", maps: map[string]string{"断面": "name", "级": "kind", "闲": "-"}, accepted: 2},
		{name: "mapped and set", maps: map[string]string{"断面": "name"}, sets: map[string]string{"kind": "市控"}, accepted: 2},
		{name: "no such heading", maps: map[string]string{"名": "name"}, refused: `no column "名"`},
		{name: "no such field", maps: map[string]string{"断面": "nam"}, refused: `no field "nam"; there are name`},
		{name: "no such field to set", sets: map[string]string{"x1": "1"}, refused: `no field "x1"`},
	}
	for _, tt := range tests {
		req := request(write(t, "a.csv", text), "section")
		req.Map, req.Set, req.DryRun = tt.maps, tt.sets, true
		report, err := ingest.Run(t.Context(), db.Store, req)
		if tt.refused != "" {
			if err == nil || !strings.Contains(err.Error(), tt.refused) {
				t.Errorf("%s: got %v, want %q", tt.name, err, tt.refused)
			}
			continue
		}
		if err != nil || report.Accepted != tt.accepted {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

// Encodings that are told win; text that is not whole in the encoding is refused by its row, never replaced.
func TestEncodings(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	gbk := "\xc3\xfb\xb3\xc6,kind,X,Y\n\xbb\xc6\xba\xd3,control,114.3,30.6\n" // 名称 … 黄河
	tests := []struct{ name, text, told, refused, enc string }{
		{name: "GBK is guessed", text: gbk, enc: "GB18030"},
		{name: "GBK is told", text: gbk, told: "GBK", enc: "GB18030"},
		{name: "told wrongly", text: gbk, told: "UTF-8", refused: "needs what no column gives"},
		{name: "neither", text: "name,kind,X,Y\n\xff\xff,control,114.3,30.6\n", refused: "neither whole UTF-8 nor whole GB18030"},
		{name: "cut inside a character", text: "name,kind,X,Y\n\xbb\xc6\xba,control,114.3,30.6\n", told: "GB18030", refused: "row 1: the text of column 1 is not whole GB18030"},
		{name: "unknown", text: gbk, told: "EBCDIC", refused: `"EBCDIC" is not known`},
	}
	for _, tt := range tests {
		req := request(write(t, "a.csv", tt.text), "section")
		req.Encoding, req.DryRun = tt.told, true
		report, err := ingest.Run(t.Context(), db.Store, req)
		switch {
		case tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused)):
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.refused)
		case tt.refused == "" && (err != nil || report.Encoding.Value != tt.enc || (report.Encoding.How == ingest.Told) != (tt.told != "")):
			t.Errorf("%s: got %v %+v", tt.name, err, report)
		}
	}
}

// The refused rows are written beside the file with their reasons, the others come in.
func TestSkipRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	req := request(write(t, "a.csv", "name,kind,X,Y\n甲,国控,114.3,30.6\n乙,国控,114.3,x\n丙,空,114.3,30.6\n甲,国控,114.3,30.6\n"), "section")
	req.SkipRefused, req.CRS = true, "EPSG:4490"
	report, err := ingest.Run(t.Context(), db.Store, req)
	if err != nil || report.Accepted != 1 || report.Refused != 3 {
		t.Fatalf("got %v, %+v", err, report)
	}
	text, err := os.ReadFile(req.Path + ".refused.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"row,reason,name,kind,X,Y", `2,"""x"" is no coordinate",乙`, "3,", "no kind of section", "4,", "repeats row 1"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the refused file lacks %q:\n%s", want, text)
		}
	}
	var en, zh strings.Builder
	if err := report.Print(&en, "en"); err != nil {
		t.Fatal(err)
	}
	if err := report.Print(&zh, "zh"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(en.String(), "4 read, 1 accepted, 3 refused") || !strings.Contains(zh.String(), "第 4 行(文件第 5 行)") {
		t.Errorf("the reports say:\n%s\n%s", &en, &zh)
	}
}
