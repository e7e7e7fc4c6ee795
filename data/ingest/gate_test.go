package ingest_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hetu/data/ingest"
	"hetu/data/pgtest"
	"hetu/geo"
)

const onePoint = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"甲","kind":"国控"},"geometry":{"type":"Point","coordinates":[106.4,26.6]}}]}`

// entry is one member of an archive that a test packs.
type entry struct {
	name string
	text string
	mode fs.FileMode
}

func pack(t *testing.T, name string, entries ...entry) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Archives that no honest program writes are refused before any member is written or read.
func TestHostileArchives(t *testing.T) {
	t.Parallel()
	point := entry{name: "a.geojson", text: onePoint}
	many := make([]entry, 51)
	for i := range many {
		many[i] = entry{name: strings.Repeat("x", i+1) + ".txt"}
	}
	deepKML := "<kml>" + strings.Repeat("<Folder>", 70) + strings.Repeat("</Folder>", 70) + "</kml>"
	tests := []struct {
		name, file string
		entries    []entry
		want       string
	}{
		{"upwards", "a.zip", []entry{{name: "../../x.geojson", text: onePoint}}, "leaves it"},
		{"absolute", "a.zip", []entry{{name: "/etc/x.geojson", text: onePoint}}, "leaves it"},
		{"backslashes", "a.zip", []entry{{name: `a\..\b.geojson`, text: onePoint}}, "leaves it"},
		{"drive letter", "a.zip", []entry{{name: `C:\x.geojson`, text: onePoint}}, "leaves it"},
		{"symlink", "a.zip", []entry{point, {name: "b.geojson", text: "/etc/passwd", mode: fs.ModeSymlink | 0o777}}, "symlink"},
		{"two of one name", "a.zip", []entry{{name: "1/a.geojson", text: onePoint}, {name: "2/A.geojson", text: onePoint}}, "two files named"},
		{"deep", "a.zip", []entry{{name: "1/2/3/4/a.geojson", text: onePoint}}, "deep"},
		{"many", "a.zip", many, "51 entries"},
		{"archive inside", "a.zip", []entry{point, {name: "b.zip", text: "PK"}}, "archive inside"},
		{"bomb", "a.zip", []entry{{name: "a.geojson", text: strings.Repeat(" ", 30<<20)}}, "zip bomb"},
		{"bomb in a KMZ", "a.kmz", []entry{{name: "doc.kml", text: "<kml>" + strings.Repeat(" ", 30<<20) + "</kml>"}}, "zip bomb"},
		{"nothing known", "a.zip", []entry{{name: "a.txt", text: "x"}}, "nothing that can be read"},
		{"a VRT", "a.zip", []entry{{name: "a.vrt", text: "<OGRVRTDataSource/>"}}, "nothing that can be read"},
		{"several files", "a.zip", []entry{point, {name: "b.geojson", text: onePoint}}, "--layer: a, b"},
		{"DTD in a KMZ", "a.kmz", []entry{{name: "doc.kml", text: `<!DOCTYPE kml [<!ENTITY x "y">]><kml>&x;</kml>`}}, "document type definition"},
		{"deep KML", "a.kmz", []entry{{name: "doc.kml", text: deepKML}}, "deeper than 64"},
		{"DTD in an XLSX", "a.xlsx", []entry{{name: "xl/workbook.xml", text: `<!DOCTYPE x><x/>`}}, "document type definition"},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		_, err := ingest.Run(t.Context(), db.Store, request(pack(t, tt.file, tt.entries...), "section"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	report, err := ingest.Run(t.Context(), db.Store, request(pack(t, "good.zip", entry{name: "数据/"}, entry{name: "数据/a.geojson", text: onePoint}, entry{name: "读我.txt"}), "section"))
	if err != nil || report.Accepted != 1 {
		t.Errorf("an honest archive: %v", err)
	}
}

func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, text, want string
		code                   geo.Code
	}{
		{"unknown ending", "a.shx2", "x", "are not read", geo.CodeRefused},
		{"VRT", "a.vrt", "<OGRVRTDataSource/>", "are not read", geo.CodeRefused},
		{"VRT under another name", "a.kml", "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/vsicurl/http://127.0.0.1/x.geojson</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>", "GDAL complains", geo.CodeRefused},
		{"address under another name", "a.geojson", `{"type":"FeatureCollection","features":[],"crs":{"type":"link","properties":{"href":"http://127.0.0.1/"}}}`, "", geo.CodeRefused},
		{"DTD", "a.kml", `<!DOCTYPE kml SYSTEM "http://127.0.0.1/x.dtd"><kml/>`, "document type definition", geo.CodeRefused},
		{"cut XML", "a.gpx", "<gpx><wpt>", "before it is complete", geo.CodeRefused},
		{"no JSON", "a.geojson", `{"type":"FeatureCollection","features":[`, "breaks at byte", geo.CodeRefused},
		{"deep JSON", "a.geojson", strings.Repeat("[", 100), "deeper than 64", geo.CodeRefused},
		{"no zip", "a.zip", "PK", "no readable zip", geo.CodeRefused},
		{"empty table", "a.csv", "name,x,y\n", "no rows", geo.CodeRefused},
		{"no heading", "a.csv", "", "no line of headings", geo.CodeRefused},
		{"broken quotes", "a.csv", "name,x,y\n\"甲,1,2\n", "broken at row 1", geo.CodeRefused},
		{"UTF-16", "a.csv", "\xFF\xFEn\x00", "UTF-16", geo.CodeRefused},
		{"no coordinates", "a.csv", "name,kind\n甲,国控\n", "no row", geo.CodeRefused},
		{"not there", "", "", "cannot be opened", geo.CodeNotFound},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "missing.csv")
		if tt.file != "" {
			path = write(t, tt.file, tt.text)
		}
		_, err := ingest.Run(t.Context(), db.Store, request(path, "section"))
		if err == nil || !strings.Contains(err.Error(), tt.want) || geo.CodeOf(err) != tt.code {
			t.Errorf("%s: got %v (%s), want %q (%s)", tt.name, err, geo.CodeOf(err), tt.want, tt.code)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.audit"); n != 0 {
		t.Errorf("refused files were written: %d audit rows", n)
	}
}

// Shapefiles whose headers do not fit their sizes are refused before a driver reads up to the cut.
func TestShapefileSizes(t *testing.T) {
	t.Parallel()
	read := func(name string) []byte {
		b, err := os.ReadFile(shared(t, "importer/shp-gbk-cpg/"+name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	shp, shx, dbf := read("rivers.shp"), read("rivers.shx"), read("rivers.dbf")
	fewer := bytes.Clone(dbf)
	binary.LittleEndian.PutUint32(fewer[4:], 100)
	tests := []struct {
		name          string
		shp, shx, dbf []byte
		want          string
	}{
		{"cut .shp", shp[:len(shp)-10], shx, dbf, ".shp declares"},
		{"cut .shx", shp, shx[:len(shx)-8], dbf, ".shx declares"},
		{"cut .dbf", shp, shx, dbf[:len(dbf)/2], "cut at row"},
		{".dbf of another file", shp, shx, fewer, "do not belong together"},
		{"no Shapefile", []byte("hello"), shx, dbf, "no Shapefile"},
		{"short .dbf", shp, shx, dbf[:20], "too short"},
	}
	db := pgtest.New(t)
	for _, tt := range tests {
		path := pack(t, "a.zip", entry{name: "河流.shp", text: string(tt.shp)}, entry{name: "河流.shx", text: string(tt.shx)}, entry{name: "河流.dbf", text: string(tt.dbf)})
		_, err := ingest.Run(t.Context(), db.Store, request(path, "river"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	_, err := ingest.Run(t.Context(), db.Store, request(pack(t, "a.zip", entry{name: "a.dbf", text: string(dbf)}), "river"))
	if err == nil || !strings.Contains(err.Error(), "no .shp beside it") {
		t.Errorf("a .dbf alone: got %v", err)
	}
}

// The sandbox is gone after an import, whatever became of it.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	temp, err := os.MkdirTemp("", "hetu-temp-") //nolint:usetesting // t.TempDir is closed to the child's user
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if err = os.Chmod(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	for text, code := range map[string]geo.Code{onePoint: "", "{": geo.CodeRefused, strings.Replace(onePoint, "国控", "x", 1): geo.CodeRefused} {
		req := request(write(t, "a.geojson", text), "section")
		req.Temp = temp
		if _, err = ingest.Run(t.Context(), db.Store, req); (err != nil) != (code != "") || err != nil && geo.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	req := request(write(t, "a.geojson", onePoint), "section")
	req.Temp, req.Yes = temp, false
	req.Confirm = func(*ingest.Report) (bool, error) { cancel(); return true, nil }
	if _, err = ingest.Run(ctx, db.Store, req); err == nil {
		t.Error("an import that was cancelled before the merge came through")
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the sandbox's folder: %v %v", left, err)
	}
	if n := count(t, db, "SELECT count(*) FROM staging.batch"); n != 0 {
		t.Errorf("%d batches are left", n)
	}
}
