package ingest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/ingest"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
)

// bounded is a store with a river of 10 km and a boundary 50 m beside it on both banks, and the stakes that belong there.
func bounded(t *testing.T) (*pgtest.Database, func(as, csv string, change ...func(*ingest.Request)) (*ingest.Report, error), []demarc.Stake) {
	t.Helper()
	db, run := seed(t)
	rivers, err := db.Store.FindRivers(t.Context(), []string{"示例河"}, today())
	if err != nil || len(rivers) != 1 {
		t.Fatal(rivers, err)
	}
	routes, err := db.Store.FindRoutes(t.Context(), []pg.Key{rivers[0].Key}, today())
	if err != nil || len(routes) != 1 {
		t.Fatal(routes, err)
	}
	var csv strings.Builder
	csv.WriteString("河流,岸别,划界依据,WKT\n")
	s := demarc.Stretch{RiverName: "示例河", Route: routes[0].Geom}
	s.FromM, s.ToM, _ = lref.Ends(s.Route)
	var lines demarc.Lines
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		off := 50.0
		if bank == geo.Left {
			off = -50
		}
		var flat []float64
		var text []string
		for i := range 26 {
			p, err := lref.LocateOffset(s.Route, s.ToM-(s.ToM-s.FromM)*float64(i)/25, off)
			if err != nil {
				t.Fatal(err)
			}
			flat = append(flat, p.Lon, p.Lat)
			text = append(text, fmt.Sprintf("%v %v", p.Lon, p.Lat))
		}
		fmt.Fprintf(&csv, "示例河,%s,natural_bank,\"LINESTRING (%s)\"\n", bank, strings.Join(text, ","))
		lines.Pieces = append(lines.Pieces, demarc.Piece{Bank: bank, FromM: s.FromM, ToM: s.ToM, Line: geom.NewLineStringFlat(geom.XY, flat)})
	}
	if _, err := run("boundary", csv.String()); err != nil {
		t.Fatal(err)
	}
	stakes, err := stake.Place(geo.Patient{}, s, lines, stake.Spacing{BasicM: 1000}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return db, run, stakes
}

// stakeCSV is the printed table as CSV, its head in two rows. change is told each row, from 0, before it is written.
func stakeCSV(stakes []demarc.Stake, zone crs.System, change func(i int, cells []string)) string {
	table, _ := stake.Tables(stakes, zone)
	var b strings.Builder
	for _, head := range stake.Head() {
		b.WriteString(strings.Join(head, ",") + "\n")
	}
	for i, r := range table {
		cells := slices.Clone(r.Cells())
		if change != nil {
			change(i, cells)
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return b.String()
}

const (
	colName, colK, colLon, colLat, colX, colY, colNote = 0, 1, 3, 4, 5, 6, 8
)

func asTable(r *ingest.Request) { r.CRS = "" }

// The printed table comes in: bank, measure, sheet and boundary are computed, each stake lies where it was to 0.2 mm, and the same table
// again changes nothing.
func TestStakeTable(t *testing.T) {
	t.Parallel()
	db, run, stakes := bounded(t)
	text := stakeCSV(stakes, stake.ZoneOf(106.45, false), nil)
	report, err := run("stake", text, asTable)
	if err != nil {
		t.Fatal(err)
	}
	if report.CRS.Value != "EPSG:4543" && !strings.HasPrefix(report.CRS.Value, "EPSG:45") || report.Guessed() && len(report.Guesses) > 0 {
		t.Errorf("got %+v, %v", report.CRS, report.Guesses)
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.stake_version WHERE number > 0 AND measure_m IS NOT NULL AND map_sheet LIKE 'G48G%' AND offset_from_line_m < 0.0005 AND boundary_id IS NOT NULL"); n != len(stakes) {
		t.Errorf("%d of %d stakes", n, len(stakes))
	}
	for _, k := range stakes {
		near := `SELECT count(*) FROM hetu.stake_version v WHERE name = $1 AND bank = $2 AND number = $3 AND abs(measure_m - $4) <= 0.002
			AND ST_Distance(geom::geography, ST_SetSRID(ST_MakePoint($5, $6), 4490)::geography) <= 0.0002`
		if n := count(t, db, near, k.Name, string(k.Bank), k.Number, k.MeasureM, k.Lon, k.Lat); n != 1 {
			t.Errorf("%s at %.3f is not stored where it was", k.Name, k.MeasureM)
		}
	}
	again, err := run("stake", "示例河界桩成果表,,,,,,,,\n"+text, asTable) // with a title above it
	if err != nil || again.Changes() != 0 {
		t.Errorf("the same table again: %v, %+v", err, again.Merge)
	}
	taken, err := db.Store.NumbersTaken(t.Context(), int64(count(t, db, "SELECT id FROM hetu.river")))
	if err != nil || len(taken) != len(stakes) || stake.Next(geo.Left, taken) != len(stakes)/2+1 {
		t.Errorf("%d numbers are taken, %v", len(taken), err)
	}
}

// A slip in the table is told with its row, and nothing is stored (scenario 24, G14, G15, G21).
func TestStakeTableSlips(t *testing.T) {
	t.Parallel()
	db, run, stakes := bounded(t)
	zone := stake.ZoneOf(106.45, false)
	numbered := stake.ZoneOf(106.45, true)
	only := func(i int, f func(cells []string)) func(int, []string) {
		return func(k int, cells []string) {
			if k == i {
				f(cells)
			}
		}
	}
	noDegrees := func(f func(int, []string)) func(int, []string) {
		return func(k int, cells []string) {
			cells[colLon], cells[colLat] = "", ""
			if f != nil {
				f(k, cells)
			}
		}
	}
	swap := func(cells []string) { cells[colX], cells[colY] = cells[colY], cells[colX] }
	told := func(r *ingest.Request) { r.CRS = zone.String() }
	tests := []struct {
		name   string
		text   string
		change func(*ingest.Request)
		want   string
	}{
		{"one row swapped", stakeCSV(stakes, zone, only(4, swap)), asTable, "first row 5: X and Y are swapped in this row"},
		{"one row with the zone's number", stakeCSV(stakes, zone, only(6, func(c []string) { c[colY] = "35" + c[colY] })), asTable, "first row 7: Y is that of EPSG:4523"},
		{"X ten times off", stakeCSV(stakes, zone, only(2, func(c []string) { c[colX] = "2" + c[colX] })), asTable, "first row 3: X and Y lie"},
		{"X with a digit more", stakeCSV(stakes, zone, only(2, func(c []string) { c[colX] = strings.Replace(c[colX], ".", "0.", 1) })), asTable, "first row 3: X looks ten times off"},
		{"Y with a digit less", stakeCSV(stakes, zone, only(2, func(c []string) { c[colY] = c[colY][:5] + "." + c[colY][5:6] + c[colY][7:] })), asTable, "first row 3: Y looks ten times off"},
		{"a longitude ten times off", stakeCSV(stakes, zone, only(3, func(c []string) { c[colLon] = "E10.64" + c[colLon][5:] })), asTable, "first row 4:"},
		{"a longitude slipped by a centimetre or two", stakeCSV(stakes, zone, only(3, func(c []string) { c[colLon] = c[colLon][:10] + "9" + c[colLon][11:] })), asTable, "first row 4: X and Y lie"},
		{"no coordinates", stakeCSV(stakes, zone, only(1, func(c []string) { c[colLon], c[colLat], c[colX], c[colY] = "", "", "", "" })), asTable, "first row 2: the row has no coordinates"},
		{"one pair missing", stakeCSV(stakes, zone, only(1, func(c []string) { c[colLon], c[colLat] = "", "" })), asTable, "first row 2: the row has one pair"},
		{"another zone told", stakeCSV(stakes, numbered, nil), told, "leave --crs out"},
		{"metres alone, one row swapped", stakeCSV(stakes, zone, noDegrees(only(4, swap))), told, "first row 5: the axes look swapped in this row only"},
		{"metres alone, one with the zone's number", stakeCSV(stakes, zone, noDegrees(only(6, func(c []string) { c[colY] = "35" + c[colY] }))), told, "row 7: the easting"},
		{"metres alone, ten times off", stakeCSV(stakes, zone, noDegrees(only(2, func(c []string) { c[colX] = strings.Replace(c[colX], ".", "0.", 1) }))), told, "first row 3: the coordinate"},
		{"metres alone, no zone told", stakeCSV(stakes, zone, noDegrees(nil)), asTable, "name the system with --crs"},
		{"K slipped", stakeCSV(stakes, zone, only(8, func(c []string) { c[colK] = "K9+999" })), asTable, "first row 9: the row says K9+999, and the stake lies opposite K"},
		{"K is no measure", stakeCSV(stakes, zone, only(8, func(c []string) { c[colK] = "K9+99" })), asTable, "first row 9: the measure is"},
		{"the other bank", stakeCSV(stakes, zone, only(0, func(c []string) { c[colName] = other(c[colName]) })), asTable, "first row 1: the row says the"},
		{"the same number twice", stakeCSV(stakes, zone, only(2, func(c []string) { c[colName] = "示例河-左001" })), asTable, "first row"},
		{"no number", stakeCSV(stakes, zone, only(2, func(c []string) { c[colName] = "示例河-3" })), asTable, "first row 3: the river"},
		{"no such kind", stakeCSV(stakes, zone, only(2, func(c []string) { c[colNote] = "木桩" })), asTable, "first row 3: \"木桩\" is no kind of stake"},
		{"a sign by the kind only", stakeCSV(stakes, zone, only(2, func(c []string) { c[colNote] = "告示牌" })), asTable, "first row 3: the name"},
		{"another river", stakeCSV(stakes, zone, only(2, func(c []string) { c[colName] = "别的河-左003" })), asTable, "first row 3: the river \"别的河\" is not stored"},
	}
	for _, tt := range tests {
		if _, err := run("stake", tt.text, tt.change); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	if n := count(t, db, "SELECT (SELECT count(*) FROM hetu.stake_version) + (SELECT count(*) FROM staging.stake)"); n != 0 {
		t.Errorf("%d rows are stored of tables that were refused", n)
	}
	// All rows swapped, or with the zone's number: it can be read, and is a guess or told as it is; without a yes nothing is stored.
	for name, text := range map[string]string{
		"all swapped": stakeCSV(stakes, zone, func(_ int, c []string) { swap(c) }), "all numbered": stakeCSV(stakes, numbered, nil),
	} {
		report, err := run("stake", text, func(r *ingest.Request) { r.CRS, r.Yes = "", false })
		if geo.CodeOf(err) != geo.CodeInvalid || report == nil {
			t.Fatalf("%s: got %v", name, err)
		}
		if swapped := strings.Contains(fmt.Sprint(report.Guesses), "X and Y are swapped in the table, from row 1 on"); swapped != (name == "all swapped") || name == "all numbered" && report.CRS.Value != "EPSG:4523" {
			t.Errorf("%s: %v %v", name, report.Guesses, report.CRS)
		}
		if n := count(t, db, "SELECT count(*) FROM hetu.stake_version"); n != 0 {
			t.Errorf("%s: %d rows are stored before the yes", name, n)
		}
	}
}

func other(name string) string {
	if strings.Contains(name, "左") {
		return strings.Replace(name, "左", "右", 1)
	}
	return strings.Replace(name, "右", "左", 1)
}

// A physical stake 0.8 m off its line comes in as a moved one only, an electronic one not at all (scenario 26, G14).
func TestStakesOffTheirLine(t *testing.T) {
	t.Parallel()
	db, run, stakes := bounded(t)
	k := stakes[3]
	k.Lat += 0.8 / 110780 // the river runs east
	for _, tt := range []struct {
		kind demarc.StakeKind
		want string
	}{{demarc.Physical, "write 移位桩"}, {demarc.Electronic, "lies on its line to 0.01 m, and this is 0.8"}, {demarc.Moved, ""}} {
		k.Kind = tt.kind
		_, err := run("stake", stakeCSV([]demarc.Stake{k}, stake.ZoneOf(k.Lon, true), nil), asTable)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.kind, err, tt.want)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.stake_version WHERE kind = 'moved' AND offset_from_line_m BETWEEN 0.78 AND 0.82"); n != 1 {
		t.Errorf("%d moved stakes", n)
	}
}

// Without a boundary there is nothing that a stake could stand on.
func TestStakesNeedABoundary(t *testing.T) {
	t.Parallel()
	_, run := seed(t)
	k := demarc.Stake{Name: "示例河-左001", Number: 1, Bank: geo.Left, Lon: 106.45, Lat: 26.601, Kind: demarc.Electronic}
	if _, err := run("stake", stakeCSV([]demarc.Stake{k}, stake.ZoneOf(106.45, false), nil), asTable); err == nil || !strings.Contains(err.Error(), "no boundary yet") {
		t.Errorf("got %v", err)
	}
}
