package export_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
	"github.com/xuri/excelize/v2"

	"hetu/data/export"
	"hetu/data/ingest"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// imported brings a file into a store and gives the report.
func imported(t *testing.T, db *pgtest.Database, path, as string, change func(*ingest.Request)) *ingest.Report {
	t.Helper()
	req := ingest.Request{Path: path, As: as, Today: geo.NewDate(2026, 11, 24), Yes: true, Source: "成果包", Temp: temp(t)}
	if change != nil {
		change(&req)
	}
	report, err := ingest.Run(t.Context(), db.Store, req)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(path), err)
	}
	return report
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func wkt(line *geom.LineString) string {
	var b strings.Builder
	for i := range line.NumCoords() {
		c := line.Coord(i)
		fmt.Fprintf(&b, "%s%v %v", map[bool]string{true: ",", false: ""}[i > 0], c[0], c[1])
	}
	return "LINESTRING (" + b.String() + ")"
}

// A Shapefile in GBK comes back: every attribute as it was written, the geometry to 0.1 mm; and the stake table as XLSX: X and Y to 0.1 mm,
// the stored point to 0.2 mm, the degrees of the table to 1 mm (scenario 33, and 26).
func TestScenario_33_PackageComesBack(t *testing.T) {
	t.Parallel()
	d := results(t)
	dir, _, m := packed(t, d, export.Options{Encoding: export.GBK})
	db := pgtest.New(t)
	imported(t, db, writeFile(t, "divisions.csv", "名称,代码,级别\n甲镇,520181100,4\n乙乡,520182100,4\n"), "division", nil)
	river := geom.NewLineStringFlat(geom.XY, routeOf(d))
	imported(t, db, writeFile(t, "rivers.csv", "河流名称,WKT\n示例河01,\""+wkt(river)+"\"\n"), "river", func(r *ingest.Request) { r.CRS = "EPSG:4490" })
	report := imported(t, db, filepath.Join(dir, "shp", "管理范围线.shp"), "boundary", func(r *ingest.Request) { r.Map = map[string]string{"名称": "river", "乡镇": "division"} })
	if report.Encoding.Value != "GB18030" || report.Encoding.How != ingest.Found || !strings.HasPrefix(report.CRS.Value, m.CRS) || report.CRS.How != ingest.Found {
		t.Errorf("it is read as %+v, %+v", report.Encoding, report.CRS)
	}
	sameBoundaries(t, db, d)
	sameAttributes(t, filepath.Join(dir, "shp", "管理范围线.shp"), d)

	book := filepath.Join(dir, "tables", "界桩成果表.xlsx")
	for _, layer := range []string{"界桩成果表", "告示牌成果表"} {
		imported(t, db, book, "stake", func(r *ingest.Request) {
			r.Layer = layer
			if layer == "告示牌成果表" {
				r.Set = map[string]string{"river": d.River}
			}
		})
	}
	sameStakes(t, db, d, book, m.CRS)
}

// routeOf is the centre line that results drew, from its first piece's measures: it lies between the two banks.
func routeOf(d export.Deliverable) []float64 {
	left, right := d.Lines.Pieces[0].Line.FlatCoords(), d.Lines.Pieces[1].Line.FlatCoords()
	out := make([]float64, len(left))
	for i := range left {
		out[i] = (left[i] + right[i]) / 2
	}
	return out
}

func connect(t *testing.T, db *pgtest.Database) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// parts are the features that the boundary is written as.
func parts(d export.Deliverable) (lines []*geom.LineString, towns []string, banks []geo.Bank) {
	var shapes []*overlay.Shape
	var names []string
	for _, v := range d.Divisions {
		if v.Level == geo.Town {
			shapes, names = append(shapes, overlay.NewShape(v.Geom)), append(names, v.Name)
		}
	}
	for _, p := range d.Lines.Pieces {
		for _, s := range overlay.Partition(p.Line.FlatCoords(), 2, shapes, 50) {
			lines, towns, banks = append(lines, geom.NewLineStringFlat(geom.XY, s.Flat)), append(towns, names[s.Of]), append(banks, p.Bank)
		}
	}
	return lines, towns, banks
}

func sameBoundaries(t *testing.T, db *pgtest.Database, d export.Deliverable) {
	t.Helper()
	conn := connect(t, db)
	lines, _, banks := parts(d)
	for i, line := range lines {
		var n int
		err := conn.QueryRow(t.Context(), `SELECT count(*) FROM hetu.boundary_version WHERE bank = $1 AND basis_kind = 'levee_toe' AND width_m = 15.5
			AND ST_HausdorffDistance(geom, ST_SetSRID(ST_GeomFromText($2), 4490)) < 1e-9 AND ST_NPoints(geom) = $3`, string(banks[i]), wkt(line), line.NumCoords()).Scan(&n)
		if err != nil || n != 1 {
			t.Errorf("part %d of the %s bank is stored %d times, %v", i, banks[i], n, err)
		}
	}
}

func sameAttributes(t *testing.T, path string, d export.Deliverable) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(tool(t, "ogr2ogr", "-f", "CSV", "/vsistdout/", path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines, towns, banks := parts(d)
	if len(rows) != len(lines)+1 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, line := range lines {
		county, bank := "甲县", "左岸"
		if towns[i] == "乙乡" {
			county = "乙县"
		}
		if banks[i] == geo.Right {
			bank = "右岸"
		}
		p := d.Lines.Pieces[0]
		want := []string{"示例河01", "贵州省", "贵阳市", county, towns[i], bank, "堤脚", "15.50", fmt.Sprintf("%.3f", lref.Length(line)), lref.Label(p.FromM), lref.Label(p.ToM)}
		for k, v := range want {
			if got := rows[i+1][k]; got != v && !sameNumber(got, v) {
				t.Errorf("row %d, %s: got %q, want %q", i+1, rows[0][k], got, v)
			}
		}
	}
}

func sameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && math.Abs(x-y) < 1e-9
}

func sameStakes(t *testing.T, db *pgtest.Database, d export.Deliverable, book, system string) {
	t.Helper()
	conn := connect(t, db)
	zone, _, _, err := crs.Named(system)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(book)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	printed := map[string][]string{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows[2:] {
			printed[r[0]] = r
		}
	}
	for _, k := range d.Stakes {
		var lon, lat, z float64
		var kind string
		var h *float64
		if err := conn.QueryRow(t.Context(), "SELECT ST_X(geom), ST_Y(geom), ST_Z(geom), kind, h_1985 FROM hetu.stake_version WHERE name = $1 AND number = $2 AND bank = $3", k.Name, k.Number, string(k.Bank)).Scan(&lon, &lat, &z, &kind, &h); err != nil {
			t.Errorf("%s: %v", k.Name, err)
			continue
		}
		east, north := zone.FromLonLat(lon, lat)
		r := printed[k.Name]
		x, _ := strconv.ParseFloat(r[5], 64)
		y, _ := strconv.ParseFloat(r[6], 64)
		tableLon, _ := strconv.ParseFloat(r[3][1:], 64)
		tableLat, _ := strconv.ParseFloat(r[4][1:], 64)
		switch {
		case math.Abs(north-x) > 0.0001 || math.Abs(east-y) > 0.0001:
			t.Errorf("%s: X and Y are %.5f, %.5f, and the table says %s, %s", k.Name, north, east, r[5], r[6])
		case lref.Distance(lon, lat, k.Lon, k.Lat) > 0.0002:
			t.Errorf("%s is stored %.5f m off", k.Name, lref.Distance(lon, lat, k.Lon, k.Lat))
		case lref.Distance(lon, lat, tableLon, tableLat) > 0.001:
			t.Errorf("%s: the table's degrees are %.5f m off", k.Name, lref.Distance(lon, lat, tableLon, tableLat))
		case kind != string(k.Kind) || (h == nil) != (k.H1985 == nil) || h != nil && math.Abs(*h-*k.H1985) > 0.005:
			t.Errorf("%s is %s with height %v", k.Name, kind, h)
		}
	}
}
