package export_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"github.com/xuri/excelize/v2"

	"hetu/data/export"
	"hetu/data/gdal"
	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/demarc/zone"
	"hetu/geo/lref"
)

// results are those of a river of about 4 km that bends across 106°30′E, the edge of two zones, and across the border of two counties.
func results(tb testing.TB) export.Deliverable {
	tb.Helper()
	const perLat, perLon, step = 110780.0, 99600.0, 20.0
	flat := []float64{106.48, 26.6}
	for i := range 200 {
		angle := 0.6 * math.Cos(2*math.Pi*float64(i)*step/1600)
		x, y := flat[len(flat)-2], flat[len(flat)-1]
		flat = append(flat, x+step*math.Cos(angle)/perLon, y+step*math.Sin(angle)/perLat)
	}
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	low, high, _ := lref.Ends(route)
	d := export.Deliverable{
		River: "示例河01", RiverCode: "5223A001", Unit: "示例县水务局", AsOf: geo.NewDate(2026, 11, 20), Version: 42, Dated: geo.NewDate(2026, 11, 1),
		Divisions: []demarc.Division{
			{ID: 1, Code: "520000", Name: "贵州省", Level: geo.Province},
			{ID: 2, Code: "520100", Name: "贵阳市", Level: geo.City, Parent: 1},
			{ID: 3, Code: "520181", Name: "甲县", Level: geo.County, Parent: 2, Geom: box(106.3, 26.3, 106.5, 26.9)},
			{ID: 4, Code: "520182", Name: "乙县", Level: geo.County, Parent: 2, Geom: box(106.5, 26.3, 106.8, 26.9)},
			{ID: 13, Code: "520181100", Name: "甲镇", Level: geo.Town, Parent: 3, Geom: box(106.3, 26.3, 106.5, 26.9)},
			{ID: 14, Code: "520182100", Name: "乙乡", Level: geo.Town, Parent: 4, Geom: box(106.5, 26.3, 106.8, 26.9)},
		},
	}
	s := demarc.Stretch{RiverName: d.River, Route: route, FromM: low, ToM: high, Divisions: d.Divisions}
	var near []demarc.SurveyLine
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		line := func(off float64) *geom.LineString {
			if bank == geo.Left {
				off = -off
			}
			var out []float64
			for i := 2; i < len(route.FlatCoords()); i += 3 {
				p, err := lref.LocateOffset(route, route.FlatCoords()[i], off)
				if err != nil {
					tb.Fatal(err)
				}
				out = append(out, p.Lon, p.Lat)
			}
			return geom.NewLineStringFlat(geom.XY, out)
		}
		d.Lines.Pieces = append(d.Lines.Pieces, demarc.Piece{Bank: bank, FromM: low, ToM: high, Basis: demarc.LeveeToe, WidthM: 15.5, Source: "测量 2026", Line: line(60)})
		near = append(near, demarc.SurveyLine{Kind: demarc.WaterEdge, Bank: bank, Line: line(15)})
		d.Flood = append(d.Flood, demarc.SurveyLine{Kind: demarc.FloodLine, Bank: bank, Historic: bank == geo.Right, Source: "示例", Line: line(40)})
	}
	var cuts []zone.Cut
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		for i := range 4 {
			cuts = append(cuts, zone.Cut{
				Bank: bank, FromM: low + (high-low)*float64(i)/4, ToM: low + (high-low)*float64(i+1)/4, Type: demarc.ZoneType(i + 1), Basis: "《岸线规划》第三章", Restraints: "禁止建设与防洪无关的工程",
			})
		}
	}
	var err error
	if d.Zones, err = zone.Build(geo.Patient{}, s, d.Lines, near, cuts, nil); err != nil {
		tb.Fatal(err)
	}
	if d.Stakes, err = stake.Place(geo.Patient{}, s, d.Lines, stake.Spacing{BasicM: 500, TurnDeg: 30, KmMarks: true}, nil); err != nil {
		tb.Fatal(err)
	}
	h := 1263.456
	d.Stakes[2].H1985, d.Stakes[3].Kind = &h, demarc.Physical
	sign := d.Stakes[4]
	sign.Name, sign.Number, sign.Kind = stake.SignName(1), 1, demarc.Sign
	d.Stakes = append(d.Stakes, sign)
	left, right := slices.Clone(d.Lines.Pieces[0].Line.FlatCoords()), d.Lines.Pieces[1].Line.FlatCoords()
	for i := len(right) - 2; i >= 0; i -= 2 {
		left = append(left, right[i], right[i+1])
	}
	left = append(left, left[0], left[1])
	d.Areas = []export.Area{{Division: 13, AreaM2: 481234.567, Geom: geom.NewMultiPolygonFlat(geom.XY, left, [][]int{{len(left)}})}}
	d.Occupations = []export.Occupation{{Name: "=示例码头", Class: "码头", Bank: geo.Left, County: "甲县", LengthM: 120.5, Start: geo.LonLat{106.49, 26.6}, End: geo.LonLat{106.491, 26.6}, StartK: 999.6, EndK: 1120.1}}
	d.Announced = []export.AnnouncedRiver{{Name: d.River, Start: "甲镇", End: "乙乡", LengthKm: new(3.87), Rule: "有堤段背水坡脚外 15 m", Unit: d.Unit}}
	return d
}

func box(w, s, e, n float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{w, s, e, s, e, n, w, n, w, s}, [][]int{{10}})
}

// temp is a folder that GDAL's user can enter.
func temp(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "hetu-export-test-") //nolint:usetesting // t.TempDir is closed to the child's user
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// packed writes a package and unpacks it into a folder.
func packed(tb testing.TB, d export.Deliverable, o export.Options) (dir string, raw []byte, m export.Manifest) {
	tb.Helper()
	var out bytes.Buffer
	o.Temp = temp(tb)
	m, err := export.Package(tb.Context(), &out, d, o)
	if err != nil {
		tb.Fatal(err)
	}
	if left, err := os.ReadDir(o.Temp); err != nil || len(left) > 0 {
		tb.Errorf("%d folders are left behind, %v", len(left), err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		tb.Fatal(err)
	}
	dir = temp(tb)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := errorsOf(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b, 0o644)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir, out.Bytes(), m
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func tool(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(tb.Context(), name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		tb.Fatalf("%s %v: %v %s", name, args, err, complaints.String())
	}
	return out.String()
}

// The manifest names every file with its hash, and the same deliverable gives the same bytes.
func TestPackageIsTheSameBytes(t *testing.T) {
	t.Parallel()
	d := results(t)
	dir, raw, m := packed(t, d, export.Options{})
	_, again, _ := packed(t, d, export.Options{})
	if !bytes.Equal(raw, again) {
		a, _ := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		b, _ := zip.NewReader(bytes.NewReader(again), int64(len(again)))
		for i, f := range a.File {
			if f.CRC32 != b.File[i].CRC32 {
				t.Errorf("%s differs", f.Name)
			}
		}
		t.Error("two packages of one deliverable differ")
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var read export.Manifest
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, read, cmp.Comparer(func(a, b geo.Date) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	names := map[string]bool{"manifest.json": true}
	for _, f := range m.Files {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 || len(b) != f.Bytes || len(b) == 0 {
			t.Errorf("%s is not what the manifest says", f.Name)
		}
		names[f.Name] = true
	}
	if b, err := os.ReadFile(filepath.Join(dir, "shp", "界桩.dbf")); err != nil || !bytes.Equal(b[1:4], []byte{126, 11, 1}) {
		t.Errorf("the .dbf is not of the version's day: %v %v", b[1:4], err)
	}
	if text := tool(t, "ogrinfo", "-ro", "-q", filepath.Join(dir, d.River+".gpkg"), "-sql", "SELECT last_change FROM gpkg_contents"); strings.Count(text, "2026/11/01 00:00:00") != len(m.Layers) {
		t.Errorf("the GeoPackage is not of the version's day: %s", text)
	}
	if m.AsOf != d.AsOf || m.Version != 42 || !strings.HasPrefix(m.CRS, "EPSG:45") || m.Layers[0].Count != 4 {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"shp/管理范围线.shp", "shp/管理范围面.dbf", "shp/岸线功能区.prj", "示例河01.gpkg", "示例河01.dxf", "tables/界桩成果表.xlsx", "tables/告示牌成果表.csv", "tables/按区(县)统计.csv", "tables/岸线占用.csv", "tables/公告附表.xlsx", "tables/界桩移交证书.xlsx"} {
		if !names[want] {
			t.Errorf("%s is missing", want)
		}
	}
}

// Every layer of every template in either encoding and in three systems opens in GDAL with its CRS, its names and all values, and its
// geometry is what was given to 0.1 mm.
func TestLayersOpenInGDAL(t *testing.T) {
	t.Parallel()
	d := results(t)
	for _, tt := range []struct {
		o    export.Options
		name string // of the CRS
	}{
		{export.Options{Encoding: export.GBK, Zone: stake.ZoneOf(106, false).EPSG}, "CGCS2000 / 3-degree Gauss-Kruger CM 105E"},
		{export.Options{Encoding: export.UTF8, Zone: 4523, Template: "sichuan"}, "CGCS2000 / 3-degree Gauss-Kruger zone 35"},
		{export.Options{Encoding: export.GBK, Zone: 4490, Template: "jzd"}, "China Geodetic Coordinate System 2000"},
	} {
		t.Run(fmt.Sprint(tt.o.Template, tt.o.Encoding, tt.o.Zone), func(t *testing.T) {
			t.Parallel()
			dir, _, m := packed(t, d, tt.o)
			template, err := export.TemplateNamed(tt.o.Template)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range template.Layers {
				path := filepath.Join(dir, "shp", l.Name+".shp")
				info := tool(t, "ogrinfo", "-ro", "-so", "-al", path)
				if cpg, _ := os.ReadFile(strings.TrimSuffix(path, ".shp") + ".cpg"); string(cpg) != string(tt.o.Encoding) {
					t.Errorf("%s: the .cpg says %q", l.Name, cpg)
				}
				plainName := strings.NewReplacer("_", " ", "-", " ", "/", " ", "Kruger", "Kruger").Replace
				if !strings.Contains(plainName(info), strings.TrimSpace(plainName(tt.name))) && !strings.Contains(info, tt.name) {
					t.Errorf("%s: its system is not %s: %s", l.Name, tt.name, info)
				}
				if !strings.Contains(info, fmt.Sprintf("Feature Count: %d\n", m.Layers[i].Count)) || m.Layers[i].Count == 0 {
					t.Errorf("%s has not %d features", l.Name, m.Layers[i].Count)
				}
				sameLayer(t, l, tool(t, "ogr2ogr", "-f", "CSV", "/vsistdout/", path, "-lco", "GEOMETRY=AS_WKT"), tool(t, "ogr2ogr", "-f", "CSV", "/vsistdout/", filepath.Join(dir, d.River+".gpkg"), l.Name, "-lco", "GEOMETRY=AS_WKT"))
			}
			drawing := tool(t, "ogrinfo", "-ro", "-q", "-al", "-geom=NO", filepath.Join(dir, d.River+".dxf"))
			for _, l := range m.Layers {
				if n := strings.Count(drawing, "  Layer (String) = "+l.DXF+"\n"); n != l.Count {
					t.Errorf("the drawing has %d of the %d features on %s", n, l.Count, l.DXF)
				}
			}
		})
	}
}

// sameLayer holds the Shapefile and the GeoPackage of a layer against each other, and looks for texts that did not come through.
func sameLayer(t *testing.T, l export.Layer, shp, gpkg string) {
	t.Helper()
	a, errA := csv.NewReader(strings.NewReader(shp)).ReadAll()
	b, errB := csv.NewReader(strings.NewReader(gpkg)).ReadAll()
	if errA != nil || errB != nil || len(a) != len(b) || len(a) < 2 {
		t.Fatalf("%s: %d and %d rows, %v %v", l.Name, len(a), len(b), errA, errB)
	}
	for i, f := range l.Fields {
		if a[0][i+1] != f.Name || b[0][i+1] != f.Name {
			t.Errorf("%s: field %d is called %q and %q, want %q", l.Name, i, a[0][i+1], b[0][i+1], f.Name)
		}
		for r := 1; r < len(a); r++ {
			x, y := a[r][i+1], b[r][i+1]
			fx, errX := strconv.ParseFloat(x, 64)
			fy, errY := strconv.ParseFloat(y, 64)
			if x != y && (errX != nil || errY != nil || math.Abs(fx-fy) > 1e-9) {
				t.Errorf("%s row %d %s: %q and %q", l.Name, r, f.Name, x, y)
			}
		}
	}
	if strings.ContainsAny(shp, "\uFFFD?") || !strings.Contains(shp, "示例河01") {
		t.Errorf("%s: its text did not come through", l.Name)
	}
}

// Coordinates in a zone are PROJ's to 0.1 mm.
func TestZoneAgreesWithPROJ(t *testing.T) {
	t.Parallel()
	d := results(t)
	zone := stake.ZoneOf(106, false).EPSG
	dir, _, _ := packed(t, d, export.Options{Zone: zone})
	plane := tool(t, "ogr2ogr", "-f", "CSV", "/vsistdout/", filepath.Join(dir, "shp", "界桩.shp"), "-t_srs", "EPSG:4490", "-s_srs", fmt.Sprintf("EPSG:%d", zone), "-lco", "GEOMETRY=AS_XY")
	rows, err := csv.NewReader(strings.NewReader(plane)).ReadAll()
	if err != nil || len(rows) != len(d.Stakes)+1 {
		t.Fatal(len(rows), err)
	}
	for i, s := range d.Stakes {
		x, _ := strconv.ParseFloat(rows[i+1][0], 64)
		y, _ := strconv.ParseFloat(rows[i+1][1], 64)
		if off := min(lref.Distance(x, y, s.Lon, s.Lat), lref.Distance(y, x, s.Lon, s.Lat)); off > 0.0001 {
			t.Errorf("%s is %.5f m off", s.Name, off)
		}
	}
}

// The stake table as a workbook: two rows of head, X and Y as numbers that print with 4 decimals; and the certificate has a page a stake.
func TestStakeWorkbook(t *testing.T) {
	t.Parallel()
	d := results(t)
	dir, _, m := packed(t, d, export.Options{})
	system, _, _, err := crs.Named(m.CRS)
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenFile(filepath.Join(dir, "tables", "界桩成果表.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	if got := book.GetSheetList(); !slices.Equal(got, []string{"界桩成果表", "告示牌成果表"}) {
		t.Fatalf("sheets %v", got)
	}
	rows, err := book.GetRows("界桩成果表")
	if err != nil {
		t.Fatal(err)
	}
	if rows[0][3] != "坐标(2000国家大地坐标系)" || !slices.Equal(rows[1][3:7], []string{"经度", "纬度", "X", "Y"}) {
		t.Errorf("the head is %v", rows[:2])
	}
	table, _ := stake.Tables(d.Stakes, system)
	for i, r := range table {
		if diff := cmp.Diff(append([]string{}, rows[i+2]...), trimmed(r.Cells())); diff != "" {
			t.Error(diff)
		}
	}
	kind, err := book.GetCellType("界桩成果表", "F3")
	if err != nil || kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
		t.Errorf("X is of type %v, %v", kind, err)
	}
	certificate, err := excelize.OpenFile(filepath.Join(dir, "tables", "界桩移交证书.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = certificate.Close() }()
	pages, err := certificate.GetRows("界桩移交证书")
	if err != nil {
		t.Fatal(err)
	}
	titles := 0
	for _, r := range pages {
		if len(r) > 0 && r[0] == "河道管理范围界桩移交证书" {
			titles++
		}
	}
	if titles != len(d.Stakes) {
		t.Errorf("%d certificates for %d stakes", titles, len(d.Stakes))
	}
}

func trimmed(cells []string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// The tables of zones: each bank by itself, counties sum to the river to the centimetre that is printed, and a name is no formula.
func TestZoneTables(t *testing.T) {
	t.Parallel()
	dir, _, _ := packed(t, results(t), export.Options{Encoding: export.UTF8})
	read := func(name string) [][]string {
		b, err := os.ReadFile(filepath.Join(dir, "tables", name))
		if err != nil {
			t.Fatal(err)
		}
		text, ok := strings.CutPrefix(string(b), "\ufeff")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if !ok || err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return rows
	}
	if rows := read("岸线功能区.csv"); len(rows) != 9 || rows[1][0] != "L001" || rows[5][0] != "R001" || rows[1][2] != "开发利用区" || rows[1][11] != "贵阳市" {
		t.Errorf("%v", rows)
	}
	rows := read("按区(县)统计.csv")
	if len(rows) != 2+4+2 {
		t.Fatalf("%d rows", len(rows))
	}
	for bank, total := range map[string]int{"左岸": 6, "右岸": 7} {
		for _, column := range []int{4, 7, 10, 13, 16} {
			sum := 0.0
			for _, r := range rows[2:6] {
				if r[2] == bank {
					v, _ := strconv.ParseFloat(r[column], 64)
					sum += v
				}
			}
			if v, _ := strconv.ParseFloat(rows[total][column], 64); math.Abs(v-sum) > 0.011 || rows[total][2] != bank {
				t.Errorf("%s column %d: the river has %v, its counties %v", bank, column, v, sum)
			}
		}
	}
	if rows := read("岸线占用.csv"); rows[1][0] != "'=示例码头" || rows[1][9] != "K1+000" || rows[1][4] != "120.50" {
		t.Errorf("%v", rows[1])
	}
}

// Connectors along a bank are part of its line; one across the river is not.
func TestConnectorsAreOfTheLine(t *testing.T) {
	t.Parallel()
	d := results(t)
	line := d.Lines.Pieces[0].Line
	across := geom.NewLineStringFlat(geom.XY, append(slices.Clone(line.FlatCoords()[:2]), d.Lines.Pieces[1].Line.FlatCoords()[:2]...))
	d.Lines.Connectors = []demarc.Connector{
		{Kind: demarc.AtChange, Bank: geo.Left, AtM: 1000, Line: geom.NewLineStringFlat(geom.XY, line.FlatCoords()[:4])}, {Kind: demarc.AtEnd, Bank: geo.Both, Line: across},
	}
	d.Stakes, d.Zones, d.Flood, d.Areas = nil, nil, nil, nil
	dir, _, m := packed(t, d, export.Options{})
	text := tool(t, "ogr2ogr", "-f", "CSV", "/vsistdout/", filepath.Join(dir, "shp", "管理范围线.shp"))
	if m.Layers[0].Count != 5 || strings.Count(text, "连接线") != 1 || !strings.Contains(text, "K1+000") {
		t.Errorf("%+v %s", m.Layers, text)
	}
}

// What a Shapefile cannot hold is cut at a character, noted, and whole in the GeoPackage; what GBK cannot write is refused by name.
func TestTextThatDoesNotFit(t *testing.T) {
	t.Parallel()
	d := results(t)
	long := strings.Repeat("禁止建设", 60)
	for i := range d.Zones {
		d.Zones[i].Restraints = long
	}
	dir, _, m := packed(t, d, export.Options{})
	if len(m.Notes) != 1 || !strings.Contains(m.Notes[0], "restraints 有 8 条") {
		t.Errorf("notes %v", m.Notes)
	}
	if text := tool(t, "ogrinfo", "-ro", "-al", "-geom=NO", filepath.Join(dir, "shp", "岸线功能区.shp")); strings.Count(text, strings.Repeat("禁止建设", 31)+"禁止建\n") != 8 {
		t.Error("the Shapefile has not 127 characters of it")
	}
	if text := tool(t, "ogrinfo", "-ro", "-al", "-geom=NO", filepath.Join(dir, d.River+".gpkg"), "岸线功能区"); strings.Count(text, long+"\n") != 8 {
		t.Error("the GeoPackage has not all of it")
	}
	d.River = "示例𫚖河" // beyond GBK
	if _, err := export.Package(t.Context(), io.Discard, d, export.Options{Temp: temp(t)}); geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("got %v", err)
	}
	if _, _, m := packed(t, d, export.Options{Encoding: export.UTF8}); len(m.Files) == 0 {
		t.Error("nothing in UTF-8")
	}
}

// Options that mean nothing are refused by name, and nothing is written.
func TestPackageRefuses(t *testing.T) {
	t.Parallel()
	d := results(t)
	for want, o := range map[string]export.Options{
		"zone: EPSG:3857": {Zone: 3857}, "of 3 degrees 4534 to 4554": {Zone: 4326}, "a zone that it lies in, 4544, 4523, 4507, 4496": {Zone: 4549}, "zone: EPSG:4499": {Zone: 4499}, "encoding:": {Encoding: "Big5"}, "template:": {Template: "../house"}, "install gdal-bin": {Tools: "/nonexistent"},
	} {
		var out bytes.Buffer
		o.Temp = temp(t)
		if _, err := export.Package(t.Context(), &out, d, o); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 || geo.CodeOf(err) == geo.CodeInternal {
			t.Errorf("%s: got %v and %d bytes", want, err, out.Len())
		}
	}
	d.Dated = geo.Date{}
	if _, err := export.Package(t.Context(), io.Discard, d, export.Options{}); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("no date: %v", err)
	}
}

// A river is put into its zone, into the one beside it and into that of 6 degrees; not into one that it lies far from, where its coordinates would be right
// by arithmetic and of no use.
func TestZonesOfAPackage(t *testing.T) {
	t.Parallel()
	d := results(t) // at 106.5°E
	for zone, fits := range map[geo.SRID]bool{4545: true, 4507: true, 4546: false, 4543: false, 4508: false, 4495: false, 4498: false} {
		if _, err := export.Package(t.Context(), io.Discard, d, export.Options{Zone: zone, Temp: temp(t)}); (err == nil) != fits || err != nil && geo.CodeOf(err) != geo.CodeRefused {
			t.Errorf("EPSG:%d: %v", zone, err)
		}
	}
}

// Every template is whole; what is wrong with one is told by layer and field.
func TestTemplates(t *testing.T) {
	t.Parallel()
	if got := export.Templates(); !slices.Equal(got, []string{"house", "jzd", "sichuan"}) {
		t.Fatalf("%v", got)
	}
	for _, id := range export.Templates() {
		if template, err := export.TemplateNamed(id); err != nil || template.ID != id || template.Source.Mark == "" {
			t.Errorf("%s: %v %+v", id, err, template)
		}
	}
	head := "id: x\nsource: { text: y, mark: D }\nlayers:\n  - { name: a, dxf: A, of: %s, fields: [%s] }\n"
	for want, text := range map[string]string{
		"not of":        fmt.Sprintf(head, "road", ""),
		"is called":     fmt.Sprintf(head, "stake", "{ name: b, from: c, type: text, width: 1 }"),
		"ten bytes":     fmt.Sprintf(head, "stake", "{ name: 十一个字节以上, from: name, type: text, width: 1 }"),
		"from or value": fmt.Sprintf(head, "stake", "{ name: b, type: text, width: 1 }"),
		"of width":      fmt.Sprintf(head, "stake", "{ name: b, from: name, type: date, width: 1 }"),
		"cannot be":     "id: [",
		"an id":         "title: x",
	} {
		if _, err := export.ParseTemplate([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// The folder of a writer that was killed is swept by the next one, once it is old and nobody holds it.
func TestLeftFolderIsSwept(t *testing.T) {
	t.Parallel()
	dir := temp(t)
	old := time.Now().Add(-2 * gdal.StaleAfter)
	for _, name := range []string{"hetu-export-left", "hetu-export-held", "hetu-export-fresh", "other"} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if name == "hetu-export-held" {
			lock, err := gdal.Lock(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = lock.Close() }()
		}
		if name != "hetu-export-fresh" {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	d := results(t)
	d.Stakes, d.Zones, d.Flood = nil, nil, nil
	if _, err := export.Package(t.Context(), io.Discard, d, export.Options{Temp: dir}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if !slices.Equal(left, []string{"hetu-export-fresh", "hetu-export-held", "other"}) {
		t.Errorf("left are %v", left)
	}
}
