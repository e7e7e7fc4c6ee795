package ingest_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hetu/data/ingest"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
)

const oneRiver = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"示例河01","code":"R1"},"geometry":{"type":"LineString","coordinates":[[106.4,26.6],[106.45,26.61]]}}]}`

// geoPackage writes one river by GDAL and then runs SQL on it, with the schema writable.
func geoPackage(t *testing.T, statements ...string) string {
	t.Helper()
	in, path := write(t, "in.geojson", oneRiver), filepath.Join(t.TempDir(), "a.gpkg")
	do := func(env, tool string, args ...string) {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Env = append(os.Environ(), env)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	do("OGR_SQLITE_JOURNAL=WAL", "ogr2ogr", "-f", "GPKG", path, in, "-nln", "a")
	for _, s := range statements {
		do("OGR_SQLITE_PRAGMA=writable_schema=1", "ogrinfo", "-q", path, "-sql", s)
	}
	return path
}

// A GeoPackage whose schema reads other files by a virtual table, or by what a view makes of one, is not read; an honest one
// is, spatial index, triggers and write-ahead log included.
func TestGeoPackageReachesNoOtherFile(t *testing.T) {
	t.Parallel()
	const (
		virtual = `CREATE VIRTUAL TABLE vt USING VirtualText(''/etc/passwd'',''UTF-8'',0,POINT,NONE,'':'')`
		view    = `CREATE VIEW v AS SELECT 1 AS fid, (SELECT geom FROM a) AS geom, name FROM a`
		layer   = `INSERT INTO gpkg_contents SELECT 'NAME',data_type,'NAME',description,last_change,min_x,min_y,max_x,max_y,srs_id FROM gpkg_contents`
		column  = `INSERT INTO gpkg_geometry_columns SELECT 'NAME',column_name,geometry_type_name,srs_id,z,m FROM gpkg_geometry_columns`
	)
	insert := func(kind, sql string, page int) string {
		return fmt.Sprintf(`INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES('%s','vt','vt',%d,'%s')`, kind, page, sql)
	}
	named := func(name, sql string) string { return strings.ReplaceAll(sql, "NAME", name) }
	tests := []struct {
		name       string
		statements []string
		layer      string
		want       string
	}{
		{name: "honest"},
		{"a view of a virtual table", []string{insert("table", virtual, 0), strings.Replace(view, "name FROM a", "COL001 AS name FROM vt", 1), named("v", layer), named("v", column)}, "v", `has "vt", which is no plain table`},
		{"a virtual table", []string{insert("table", virtual, 0)}, "a", `has "vt", which is no plain table`},
		{"one that says it has a page", []string{insert("table", virtual, 3)}, "a", `has "vt", which is no plain table`},
		{"one that calls itself an index", []string{insert("index", virtual, 0)}, "a", "GDAL complains"},
		{"one named as an index", []string{strings.ReplaceAll(strings.ReplaceAll(insert("table", virtual, 0), "'vt'", "'rtree_vt_geom'"), "TABLE vt", "TABLE rtree_vt_geom")}, "a", "which is no plain table"},
		{"a view", []string{view, named("v", layer), named("v", column)}, "v", `has the view "v"`},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		req := request(geoPackage(t, tt.statements...), "river")
		req.Layer = tt.layer
		report, err := ingest.Run(t.Context(), db.Store, req)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || geo.CodeOf(err) != geo.CodeRefused):
			t.Errorf("%s: got %v and %+v, want %q", tt.name, err, report, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "root") {
			t.Errorf("%s: the refusal tells text of the other file: %v", tt.name, err)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.river_version"); n != 1 {
		t.Errorf("got %d rivers, want the honest one", n)
	}
}

// Keys of plain parts stay as they were stored; a colon or percent sign in a part cannot be taken for one between parts.
func TestKeyOf(t *testing.T) {
	t.Parallel()
	for want, got := range map[pg.Key]pg.Key{
		"code:GB/T 2260:520113": pg.CodeKey("GB/T 2260", "520113"), "name:水利局:湍河": pg.KeyOf("name", "水利局", "湍河"),
		"code:a%3Ab:c": pg.CodeKey("a:b", "c"), "code:a:b%3Ac": pg.CodeKey("a", "b:c"), "code:a%253Ab:c": pg.CodeKey("a%3Ab", "c"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A scheme, source, name or code with a colon does not take over what another one names.
func TestKeysDoNotCollide(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, in := range [][4]string{{"甲", "a:b", "c", "s1"}, {"乙", "a", "b:c", "s1"}, {"b:x", "", "", "a"}, {"x", "", "", "a:b"}, {"丙", "a", "b%3Ac", "s1"}} {
		text := fmt.Sprintf("name,kind,code,code_scheme,x,y\n%s,国控,%s,%s,106.4,26.6\n", in[0], in[2], in[1])
		req := request(write(t, "a.csv", text), "section")
		req.Source = in[3]
		if report, err := ingest.Run(t.Context(), db.Store, req); err != nil || rowsOf(report.Merge, "section") != 1 || report.Merge[0].Added != 1 {
			t.Errorf("%v: got %v %+v", in, err, report)
		}
	}
	if n := count(t, db, "SELECT count(DISTINCT id) FROM hetu.section_version"); n != 5 {
		t.Errorf("got %d sections of 5", n)
	}
}

// GDAL would fetch what a GeoJSON links to, and drivers keep what they like of members that stand twice.
func TestHostileJSON(t *testing.T) {
	t.Parallel()
	with := func(members string) string { return `{` + members + `,` + onePoint[1:] }
	tests := []struct{ name, text, want string }{
		{"a link", with(`"crs":{"type":"link","properties":{"href":"http://127.0.0.1:9/"}}`), `type "link"`},
		{"an URL", with(`"CRS":{"properties":{"url":"http://127.0.0.1:9/"},"Type":"URL"}`), "not followed"},
		{"an address as name", with(`"crs":{"type":"name","properties":{"name":"http://127.0.0.1:9/"}}`), "not followed"},
		{"below a feature", strings.Replace(onePoint, `"type":"Feature",`, `"type":"Feature","crs":{"type":"EPSG","properties":{"code":4490}},`, 1), `type "EPSG"`},
		{"a member twice", with(`"type":"x"`), `member "type" twice`},
		{"a name twice", strings.Replace(onePoint, `"name":"甲"`, `"name":"甲","name":"乙"`, 1), `member "name" twice`},
		{"five numbers", strings.Replace(onePoint, "106.4,26.6", "106.4,26.6,1,2,3", 1), "more than four numbers"},
		{"a value of 20 MB", with(`"x":"` + strings.Repeat("x", 20<<20) + `"`), "longer than"},
		{"a name", with(`"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}`), ""},
		{"an attribute called crs", strings.Replace(onePoint, `"name":`, `"crs":{"type":"link","href":"http://x/"},"coordinates":[1,2,3,4,5],"name":`, 1), ""},
		{"no crs", with(`"crs":null`), ""},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		_, err := ingest.Run(t.Context(), db.Store, request(write(t, "a.geojson", tt.text), "section"))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// refusing gives a table of n refused rows and one good one.
func refusing(t *testing.T, n int, name string) ingest.Request {
	t.Helper()
	text := "name,kind,x,y\n好,国控,106.4,26.6\n" + strings.Repeat(name+",none,106.4,26.6\n", n)
	req := request(write(t, "a.csv", text), "section")
	req.SkipRefused, req.CRS, req.Encoding = true, "EPSG:4490", "UTF-8"
	return req
}

func TestRefusedRowsFile(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	t.Run("all of them, harmless to a spreadsheet", func(t *testing.T) {
		t.Parallel()
		req := refusing(t, 1500, `"=cmd|' /C calc'!A0"`)
		if _, err := ingest.Run(t.Context(), db.Store, req); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(req.Path + ".refused.csv")
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil || len(rows) != 1501 || rows[1500][2] != "'=cmd|' /C calc'!A0" || rows[1][4] != "106.4" {
			t.Errorf("got %d rows, %v, the last %v", len(rows), err, rows[len(rows)-1])
		}
		if _, err := ingest.Run(t.Context(), db.Store, req); err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("a second time: got %v", err)
		}
	})
	t.Run("no link is followed", func(t *testing.T) {
		t.Parallel()
		req, other := refusing(t, 1, "x"), filepath.Join(t.TempDir(), "other")
		if err := os.Symlink(other, req.Path+".refused.csv"); err != nil {
			t.Fatal(err)
		}
		if _, err := ingest.Run(t.Context(), db.Store, req); err == nil || !strings.Contains(err.Error(), "move it away") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Lstat(other); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the link was followed: %v", err)
		}
	})
	t.Run("not without a yes", func(t *testing.T) {
		t.Parallel()
		req := refusing(t, 1, "x")
		req.Yes, req.Confirm = false, func(*ingest.Report) (bool, error) { return false, nil }
		if _, err := ingest.Run(t.Context(), db.Store, req); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("got %v", err)
		}
		if _, err := os.Lstat(req.Path + ".refused.csv"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file was written: %v", err)
		}
	})
}

// What a file says cannot move a terminal's cursor, add lines to the report or turn its text around; JSON keeps it exactly.
func TestReportForgery(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const forged = "\x1b[2J\nrows: 1 read, 1 accepted\n\u202egnp\u2066\u009b1m"
	text := "name,kind,x,y,\"" + forged + "\"\n甲,国控,106.4,26.6,\n"
	for _, lang := range []string{"en", "zh"} {
		report, err := ingest.Run(t.Context(), db.Store, request(write(t, "a\x1b]0;x\a.csv", text), "section"))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := report.Print(&out, lang); err != nil {
			t.Fatal(err)
		}
		if bad := regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f-\x{9f}\x{202e}\x{2066}]|\nrows: 1 read, 1 accepted\n`).FindString(out.String()); bad != "" {
			t.Errorf("the report has %q: %s", bad, out.String())
		}
		if !strings.Contains(out.String(), `\x1b[2J\nrows`) || !strings.Contains(out.String(), `\u202egnp`) {
			t.Errorf("the heading is not shown: %s", out.String())
		}
		if !slices.Contains(report.Unused, forged) {
			t.Errorf("the JSON report has %q", report.Unused)
		}
	}
	_, err := ingest.Run(t.Context(), db.Store, func() ingest.Request {
		req := request(write(t, "a.csv", text), "section")
		req.Map = map[string]string{"none": "name"}
		return req
	}())
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\n\u202e") {
		t.Errorf("the error tells %q", err)
	}
}

// What drivers open as an archive or as XML is looked at wherever it stands.
func TestHostileMembers(t *testing.T) {
	t.Parallel()
	packed := func(name string, entries ...entry) string {
		b, err := os.ReadFile(pack(t, name, entries...))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	dtd := entry{name: "xl/workbook.xml", text: "<!DOCTYPE x><x/>"}
	bomb := entry{name: "doc.kml", text: "<kml>" + strings.Repeat(" ", 30<<20) + "</kml>"}
	folder := func(name, text string) string { return filepath.Dir(write(t, name, text)) }
	tests := []struct{ name, path, want string }{
		{"xlsx in a zip", pack(t, "a.zip", entry{name: "a.xlsx", text: packed("a.xlsx", dtd)}), "document type definition"},
		{"xlsx in a folder", folder("a.xlsx", packed("a.xlsx", dtd)), "document type definition"},
		{"kmz in a folder", folder("a.kmz", packed("a.kmz", bomb)), "zip bomb"},
		{"XML as PBF", write(t, "a.pbf", `<?xml version="1.0"?><!DOCTYPE osm><osm version="0.6"></osm>`), "no OSM PBF"},
		{"XML as GeoPackage", write(t, "a.gpkg", "<x/>"), "no GeoPackage"},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		if _, err := ingest.Run(t.Context(), db.Store, request(tt.path, "section")); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// varied gives n different characters: text that no index can pack.
func varied(n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = rune(0x4e00 + i*7919%20000)
	}
	return string(out)
}

// A row whose text the store cannot hold, or whose number can be read in two ways, is refused by its number.
func TestHostileRows(t *testing.T) {
	t.Parallel()
	line := "LINESTRING (106.4 26.6,106.45 26.61)"
	tests := []struct{ name, river, area, wkt, want string }{
		{"NUL in what is looked up", "甲,a\x00b", "1", line, "division has a control character"},
		{"bytes that are no text", "甲,\xff", "1", line, "not whole UTF-8"},
		{"NUL", "a\x00b", "1", line, "control character"},
		{"two million characters", strings.Repeat("河", 2_000_000), "1", line, "more than 1000 characters"},
		{"decimal comma", "甲", "\"1,5\"", line, "basin_area_km2 is"},
		{"hexadecimal", "甲", "0x1p10", line, "basin_area_km2 is"},
		{"hexadecimal coordinate", "甲", "1", "LINESTRING (0x1p6 26.6,106.45 26.61)", "cannot be read"},
		{"thousands", "乙", "\"1,234.5\"", line, ""},
		{"a long name", varied(800), "1e3", line, ""},
		{"a name that no index holds", varied(1000), "1", line, "longer than 2500 bytes"},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		if !strings.Contains(tt.river, ",") {
			tt.river += ","
		}
		req := request(write(t, "a.csv", "name,division,basin_area_km2,wkt\n"+tt.river+","+tt.area+",\""+tt.wkt+"\"\n"), "river")
		req.Encoding = "UTF-8"
		_, err := ingest.Run(t.Context(), db.Store, req)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), "row 1: ") || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %.300v, want %q", tt.name, err, tt.want)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.river_version WHERE basin_area_km2 IN (1234.5, 1000)"); n != 2 {
		t.Errorf("got %d rivers of 2", n)
	}
}
