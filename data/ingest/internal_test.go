package ingest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/gdal"
	"hetu/geo"
)

// script makes a folder of tools in which each is a shell script of the test's own.
func script(t *testing.T, text string) *gdal.Child {
	t.Helper()
	dir, err := os.MkdirTemp("", "hetu-tools-") //nolint:usetesting // t.TempDir is closed to the child's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"ogrinfo", "ogr2ogr"} {
		if err := os.WriteFile(filepath.Join(dir, tool), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return &gdal.Child{Tools: dir, Dir: dir, Root: os.Geteuid() == 0, Time: 20 * time.Second}
}

func TestChild(t *testing.T) {
	t.Parallel()
	t.Run("a word on standard error refuses, though it ends well", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		err := script(t, "echo rows; echo 'fread failed' >&2; exit 0").Run(t.Context(), nil, &out, "ogr2ogr")
		if geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "fread failed") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the deadline", func(t *testing.T) {
		t.Parallel()
		c := script(t, "sleep 60")
		c.Time = 200 * time.Millisecond
		started := time.Now()
		err := c.Run(t.Context(), nil, &bytes.Buffer{}, "ogr2ogr")
		if geo.CodeOf(err) != geo.CodeRefused || time.Since(started) > 10*time.Second {
			t.Errorf("got %v after %s", err, time.Since(started))
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		if err := script(t, "sleep 60").Run(ctx, nil, &bytes.Buffer{}, "ogr2ogr"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("it gives up", func(t *testing.T) {
		t.Parallel()
		if err := script(t, "exit 3").Run(t.Context(), nil, &bytes.Buffer{}, "ogr2ogr"); geo.CodeOf(err) != geo.CodeRefused {
			t.Errorf("got %v", err)
		}
	})
	t.Run("limits and an empty environment", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		if err := script(t, "ulimit -v; ulimit -t; ulimit -n; ulimit -c; id -u; env | grep -c HETU").Run(t.Context(), nil, &out, "ogr2ogr"); err != nil && out.Len() == 0 {
			t.Fatal(err)
		}
		want := []string{"1048576", "120", "64", "0"}
		if os.Geteuid() == 0 {
			want = append(want, "65534")
		}
		if diff := cmp.Diff(want, strings.Fields(out.String())[:len(want)]); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("no network", func(t *testing.T) {
		t.Parallel()
		if os.Geteuid() != 0 {
			t.Log("only root makes namespaces; the drivers that use a network are off in any case")
			return
		}
		var out bytes.Buffer
		if err := script(t, "cat /proc/net/dev | tail -n +3 | wc -l").Run(t.Context(), nil, &out, "ogr2ogr"); err != nil {
			t.Fatal(err)
		}
		if n := strings.TrimSpace(out.String()); n != "1" {
			t.Logf("the child sees %s network devices: this root may not make namespaces", n)
		}
	})
}

// Drivers that are not needed are off, those that reach out first of all.
func TestDrivers(t *testing.T) {
	t.Parallel()
	dir := script(t, "").Dir // one that the child's user can enter
	c, err := gdal.New(t.Context(), "", dir, "GeoJSON")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"OGR_VRT", "HTTP", "WFS", "PostgreSQL", "GML", "GPKG", "ESRI Shapefile", "SQLite"} {
		if !strings.Contains(","+c.Skip+",", ","+name+",") {
			t.Errorf("%s is not switched off", name)
		}
	}
	if strings.Contains(c.Skip, "GeoJSON,") && strings.Contains(","+c.Skip+",", ",GeoJSON,") {
		t.Error("the one needed is off")
	}
	if _, err := gdal.New(t.Context(), t.TempDir(), dir, "GeoJSON"); geo.CodeOf(err) != geo.CodeUnavailable {
		t.Errorf("without tools: got %v", err)
	}
}

func TestReadShape(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		want  *shape
		fault string
	}{
		{text: ""},
		{text: "LINESTRING EMPTY"},
		{text: "POINT (106.123456789012 26.5)", want: &shape{kind: "POINT", layout: geom.XY, flat: []float64{106.123456789012, 26.5}, ends: []int{2}}},
		{text: "point z(1 2 3)", want: &shape{kind: "POINT", layout: geom.XYZ, flat: []float64{1, 2, 3}, ends: []int{3}}},
		{text: "POINT (1 2 3)", want: &shape{kind: "POINT", layout: geom.XYZ, flat: []float64{1, 2, 3}, ends: []int{3}}},
		{text: "LINESTRING M (1 2 0,3 4 5)", want: &shape{kind: "LINESTRING", layout: geom.XYM, flat: []float64{1, 2, 0, 3, 4, 5}, ends: []int{6}}},
		{text: "LINESTRING ZM (1 2 0 9,3 4 5 8)", want: &shape{kind: "LINESTRING", layout: geom.XYZM, flat: []float64{1, 2, 0, 9, 3, 4, 5, 8}, ends: []int{8}}},
		{text: "MULTILINESTRING ((1 2,3 4),(5 6,7 8))", want: &shape{kind: "MULTILINESTRING", layout: geom.XY, flat: []float64{1, 2, 3, 4, 5, 6, 7, 8}, ends: []int{4, 8}}},
		{text: "MULTIPOINT (1 2)", want: &shape{kind: "MULTIPOINT", layout: geom.XY, flat: []float64{1, 2}, ends: []int{2}}},
		{text: "MULTIPOINT ((1 2),(3 4))", want: &shape{kind: "MULTIPOINT", layout: geom.XY, flat: []float64{1, 2, 3, 4}, ends: []int{2, 4}}},
		{text: "POLYGON ((0 0,1 0,1 1,0 0))", want: &shape{kind: "POLYGON", layout: geom.XY, flat: []float64{0, 0, 1, 0, 1, 1, 0, 0}, ends: []int{8}, polys: [][]int{{8}}}},
		{text: "POLYGON ((0 0,1 0,1 1,0 1))", fault: "not closed"},
		{text: "POLYGON ((0 0,1 0,0 0))", fault: "needs 4"},
		{text: "LINESTRING (1 2)", fault: "one vertex"},
		{text: "POINT (nan 2)", fault: "no number"},
		{text: "POINT (1 inf)", fault: "no number"},
		{text: "POINT (1 1e400)", fault: "cannot be read"},
		{text: "POINT (1 2", fault: "cannot be read"},
		{text: "POINT (1 2) x", fault: "after its end"},
		{text: "SRID=4326;POINT(1 2)", fault: "which WKT does not"},
		{text: "CIRCULARSTRING (1 2,3 4,5 6)", fault: "is not taken"},
		{text: "GEOMETRYCOLLECTION (POINT (1 2))", fault: "is not taken"},
		{text: "LINESTRING (" + strings.Repeat("1 2,", maxVertices) + "3 4)", fault: "more than 200000 vertices"},
		{text: "MULTIPOINT (" + strings.Repeat("(1 2),", maxParts) + "(3 4))", fault: "more than 50000 parts"},
	}
	for _, tt := range tests {
		got, fault := readShape(tt.text)
		switch {
		case tt.fault != "" && (fault == nil || !strings.Contains(fault.En, tt.fault)):
			t.Errorf("%s: got %v, want %q", clip(tt.text), fault, tt.fault)
		case tt.fault == "" && fault != nil:
			t.Errorf("%s: %s", clip(tt.text), fault)
		case tt.fault == "":
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(shape{})); diff != "" {
				t.Errorf("%s: %s", clip(tt.text), diff)
			}
		}
	}
	if s, fault := readShape("LINESTRING M (1 2 nan,3 4 5)"); fault != nil || s == nil {
		t.Errorf("an M that is no number is an absent measure, no fault: %v", fault)
	}
}

func FuzzReadShape(f *testing.F) {
	f.Add("POLYGON Z ((0 0 1,1 0 1,1 1 1,0 0 1),(0 0 1,1 0 1,1 1 1,0 0 1))")
	f.Add("MULTIPOINT ((1 2),(3 4))")
	f.Fuzz(func(t *testing.T, text string) {
		s, fault := readShape(text)
		if s == nil || fault != nil {
			return
		}
		if len(s.flat)%s.layout.Stride() != 0 || len(s.ends) == 0 || s.ends[len(s.ends)-1] != len(s.flat) {
			t.Errorf("%q gave %+v", text, s)
		}
		if s.dims() == "polygon" {
			multiPolygon(s)
		}
		s.lines()
	})
}

func FuzzArchive(f *testing.F) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("a/doc.kml")
	_, _ = w.Write([]byte("<kml><Folder/></kml>"))
	_ = z.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(_ *testing.T, data []byte) {
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		members, err := zipMembers(r)
		if err != nil {
			return
		}
		for _, m := range members {
			_ = readThrough(m, &budget{sum: maxFile - 1<<20}, bounds{})
		}
	})
}

// Whatever the bytes are, what is decoded is whole text, or a row with a fault.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xbb\xc6\xba\xd3"), "GBK")
	f.Add([]byte("黄河"), "")
	f.Fuzz(func(t *testing.T, text []byte, cpg string) {
		tab := &table{raw: true, heads: []string{string(text)}, rows: []row{{n: 1, values: []string{string(text)}}}}
		s := &source{cpg: cpg}
		if _, err := s.decodeTable(tab, "", allHeadings()); err != nil || tab.rows[0].fault != nil {
			return
		}
		if v := tab.rows[0].values[0]; !utf8.ValidString(v) || strings.ContainsRune(v, utf8.RuneError) {
			t.Errorf("%q under %q became %q without a fault", text, cpg, v)
		}
		if !utf8.ValidString(tab.heads[0]) {
			t.Errorf("the heading %q became %q", text, tab.heads[0])
		}
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add(make([]byte, 100), make([]byte, 33))
	f.Fuzz(func(t *testing.T, shp, dbf []byte) {
		dir := t.TempDir()
		s := &source{path: filepath.Join(dir, "a.shp"), stem: "a"}
		for ext, data := range map[string][]byte{".shp": shp, ".shx": shp, ".dbf": dbf} {
			if err := os.WriteFile(s.sibling(ext), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_ = s.inspectShapefile()
	})
}

// A heading that was cut or damaged is repaired where one known heading fits.
func TestHeading(t *testing.T) {
	t.Parallel()
	known := []string{"河流名称", "河流编码", "名称", "英文名", "等级", "长度"}
	tests := []struct {
		c         charset
		raw, want string
		noted     bool
	}{
		{utf, "河流名称", "河流名称", false},
		{utf, "河流名\xe7", "河流名称", true},
		{utf, "河流\xe7", "河流…", true},
		{gb18030, "\xc3\xfb_\xc6", "名称", true},
		{gb18030, "\xd3_\xce\xc4\xc3\xfb", "英文名", true},
		{gb18030, "_\xc8__", "等级", true},
		{gb18030, "___\xc8", "长度", true},
	}
	for _, tt := range tests {
		got, note := tt.c.heading(tt.raw, known)
		if got != tt.want || (note != nil) != tt.noted {
			t.Errorf("%q: got %q %v, want %q", tt.raw, got, note, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := &budget{sum: maxFile}
	if _, err := b.reader(member{path: "a"}, strings.NewReader("x")).Read(make([]byte, 1)); geo.CodeOf(err) != geo.CodeTooLarge {
		t.Errorf("over the sum: got %v", err)
	}
	if _, err := gdal.Limit(&bytes.Buffer{}, 1).Write([]byte("xx")); geo.CodeOf(err) != geo.CodeTooLarge {
		t.Errorf("over the description: got %v", err)
	}
	big := filepath.Join(t.TempDir(), "a.csv")
	f, err := os.Create(big)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(maxFile + 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openSource(big, "", "", bounds{}); geo.CodeOf(err) != geo.CodeTooLarge {
		t.Errorf("over 2 GB: got %v", err)
	}
	wide := "WKT" + strings.Repeat(",a", maxCells) + "\n"
	if err := (&table{}).readCSV(strings.NewReader(wide)); geo.CodeOf(err) != geo.CodeTooLarge {
		t.Errorf("over the columns: got %v", err)
	}
}

func TestGDBMembers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"a00000001.gdbtable": true, "A0000000F.GDBTABLX": true, "gdb": true, "timestamps": true, "a00000001.exe": false, "../a00000001.gdbtable": false, "a0000000x.gdbtable": false, "x.gdbtable": false} {
		if gdbMember(name) != want {
			t.Errorf("%s: got %v", name, !want)
		}
	}
}

// sheet writes a workbook's one sheet, with more beside it, as a packed file.
func sheet(t *testing.T, rows, more string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.xlsx")
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{"xl/worksheets/sheet1.xml": "<worksheet><sheetData>" + rows + "</sheetData></worksheet>", "xl/sharedStrings.xml": "<sst>" + more + "</sst>"} {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A table of more rows than are taken is left at the first that is too many, before a driver opens it, and one that unpacks to too much as soon as it does.
func TestTablesOfTooManyRows(t *testing.T) {
	t.Parallel()
	within := bounds{rows: 5003, unpacked: 1 << 20}
	for name, tt := range map[string]struct {
		path  string
		taken bool
	}{
		"as many as are taken":      {sheet(t, strings.Repeat("<row/>", 5003), ""), true},
		"one more":                  {sheet(t, strings.Repeat("<row/>", 5004)+"<<< never looked at", ""), false},
		"one that says its number":  {sheet(t, `<row r="5004"/><<< never looked at`, ""), false},
		"few rows and a long text":  {sheet(t, "<row/>", strings.Repeat("<si/>", 1<<18)), false},
		"rows of what is no number": {sheet(t, `<row r="x"/>`, ""), true},
	} {
		s, err := openSource(tt.path, "", t.TempDir(), within)
		if tt.taken != (err == nil) || err != nil && geo.CodeOf(err) != geo.CodeTooLarge {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			s.close()
		}
	}
	if _, err := openSource(sheet(t, strings.Repeat("<row/>", 5004), ""), "", t.TempDir(), bounds{}); err != nil {
		t.Errorf("an import: %v", err)
	}
	long := &table{within: within}
	if err := long.readCSV(strings.NewReader("a\n" + strings.Repeat("1\n", 6000))); geo.CodeOf(err) != geo.CodeTooLarge || len(long.rows) != 5003 {
		t.Errorf("what a driver writes: %d rows, %v", len(long.rows), err)
	}
	csv := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(csv, []byte("a\n"+strings.Repeat("1\n", 6000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := openSource(csv, "", t.TempDir(), within)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, err := s.readText(); geo.CodeOf(err) != geo.CodeTooLarge {
		t.Errorf("CSV: %v", err)
	}
}
