package ingest_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hetu/data/ingest"
	"hetu/data/pgtest"
	"hetu/geo"
)

// fileCase is one file of ../shared/data with what must become of it.
type fileCase struct {
	path, as string
	with     func(*ingest.Request)
	world    bool

	refused string // part of the error; empty: it comes in
	code    geo.Code
	rows    int // accepted
	entity  string
	stored  int64  // rows of entity
	enc     string // encoding, with "?" after a guess
	crs     string // part of the reference system, with "?" after a guess
	check   func(t *testing.T, r *ingest.Report)
	names   []string // that must be stored, in Chinese
}

func set(pairs ...string) func(*ingest.Request) {
	return func(r *ingest.Request) {
		r.Set = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			r.Set[pairs[i]] = pairs[i+1]
		}
	}
}

func both(fs ...func(*ingest.Request)) func(*ingest.Request) {
	return func(r *ingest.Request) {
		for _, f := range fs {
			f(r)
		}
	}
}

func skip(r *ingest.Request) { r.SkipRefused = true }

func layer(name string) func(*ingest.Request) { return func(r *ingest.Request) { r.Layer = name } }
func inCRS(name string) func(*ingest.Request) { return func(r *ingest.Request) { r.CRS = name } }
func through(name string) func(*ingest.Request) {
	return func(r *ingest.Request) { r.Transform = name }
}

func mapped(pairs ...string) func(*ingest.Request) {
	return func(r *ingest.Request) {
		r.Map = map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			r.Map[pairs[i]] = pairs[i+1]
		}
	}
}

// importerCases are the dresses of one layer and the broken ones.
func importerCases() []fileCase {
	rivers := []string{"黄河", "长江", "汉江"}
	section := set("kind", "国控")
	return []fileCase{
		{path: "importer/shp-gbk-ldid77-nocpg", as: "river", rows: 222, entity: "river", stored: 66, enc: "GB18030", crs: "WGS 84", names: rivers},
		{path: "importer/shp-gbk-cpg/rivers.shp", as: "river", rows: 222, entity: "river", stored: 66, enc: "GB18030", crs: "WGS 84", names: rivers},
		{path: "importer/shp-utf8-cpg", as: "河流", rows: 222, entity: "river", stored: 66, enc: "UTF-8", crs: "WGS 84", names: rivers},
		{path: "importer/shp-utf8-nocpg", as: "river", rows: 222, entity: "river", stored: 66, enc: "UTF-8?", crs: "WGS 84", names: rivers},
		{path: "importer/shp-longfieldnames-truncated", as: "river", rows: 222, entity: "river", stored: 66, enc: "UTF-8", names: rivers, check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			if !slices.ContainsFunc(r.Notes, func(s ingest.Sentence) bool { return strings.Contains(s.En, `taken for "河流名称"`) }) {
				t.Errorf("the cut heading is not reported: %v", r.Notes)
			}
		}},
		{path: "importer/rivers_gbk.mif", as: "river", rows: 222, entity: "river", enc: "GB18030", crs: "datum World Geodetic System 1984"},
		{path: "importer/crs-4490-cgcs2000-geographic", as: "division", with: set("level", "1", "code_scheme", "ISO 3166-2"), rows: 31, entity: "division", stored: 31, enc: "GB18030", names: []string{"甘肃省", "广西壮族自治区"}},
		{path: "importer/crs-4547-gk3-cm114", as: "river", rows: 27, entity: "river", enc: "GB18030", crs: "EPSG:4547"},
		{path: "importer/crs-2383-xian80-gk3-cm114", as: "river", refused: "another datum (Xian 1980)", code: geo.CodeRefused},
		{path: "importer/crs-2383-xian80-gk3-cm114", as: "river", with: through("null"), rows: 27, entity: "river", crs: "EPSG:2383"},
		{path: "importer/crs-missing-prj-degrees", as: "river", rows: 222, entity: "river", stored: 66, crs: "EPSG:4490?"},
		{path: "importer/crs-missing-prj-metres", as: "river", refused: "EPSG:4547", code: geo.CodeRefused},
		{path: "importer/crs-missing-prj-metres", as: "river", with: inCRS("EPSG:4547"), rows: 27, entity: "river", crs: "EPSG:4547"},
		{path: "importer/geojson-rfc7946.geojson", as: "section", with: section, rows: 400, entity: "section", stored: 400, enc: "UTF-8", crs: "WGS 84", names: []string{"玉门", "涿州"}},
		{path: "importer/geojson-rfc7946.geojson", as: "river", refused: "holds points, and a river is a line", code: geo.CodeRefused},
		{path: "importer/geojson-crs-member-3857.geojson", as: "section", with: section, rows: 400, entity: "section", stored: 400, crs: "EPSG:3857", names: []string{"玉门"}},
		{path: "importer/rivers_gk114.dxf", as: "river", refused: "EPSG:4547", code: geo.CodeRefused},
		{path: "importer/rivers_gk114.dxf", as: "river", with: inCRS("EPSG:4547"), rows: 27, entity: "route"},
		{path: "importer/rivers.kml", as: "river", rows: 222, entity: "river", stored: 66, crs: "WGS 84", names: rivers},
		{path: "importer/rivers.kmz", as: "river", rows: 222, entity: "river", stored: 66, names: rivers},
		{path: "importer/rivers.gdb.zip", as: "river", refused: "rivers, prov", code: geo.CodeInvalid},
		{path: "importer/rivers.gdb.zip", as: "river", with: layer("rivers"), rows: 222, entity: "river", stored: 66, names: rivers},
		{path: "importer/rivers.gdb.zip", as: "division", with: both(layer("prov"), set("level", "1", "code_scheme", "ISO 3166-2")), rows: 31, entity: "division", stored: 31},
		{path: "importer/multi_layer.gpkg", as: "river", refused: "r0, p0, a0, rivers", code: geo.CodeInvalid},
		{path: "importer/multi_layer.gpkg", as: "river", with: layer("rivers"), rows: 222, entity: "river", stored: 66, names: rivers},
		{path: "importer/multi_layer.gpkg", as: "river", with: layer("prov"), refused: "holds polygons, and a river is a line", code: geo.CodeRefused},
		{path: "importer/multi_layer.gpkg", as: "river", with: layer("nothing"), refused: "no layer", code: geo.CodeInvalid},
		{path: "importer/places.xlsx", as: "section", with: section, refused: "51 of 400 rows are refused, so nothing is stored; first row 8: the row has no name", code: geo.CodeRefused},
		{path: "importer/places.xlsx", as: "section", with: both(section, skip), rows: 349, entity: "section", stored: 349, crs: "EPSG:4490?", names: []string{"玉门"}},
		{path: "importer/places_wkt.csv", as: "section", with: section, rows: 400, entity: "section", stored: 400, enc: "UTF-8?", crs: "EPSG:4490?", names: []string{"玉门"}},
		{path: "importer/places_xy.csv", as: "section", with: section, rows: 400, entity: "section", stored: 400, enc: "UTF-8?", crs: "EPSG:4490?", names: []string{"玉门"}},
		{path: "importer/places_xy_gb18030.csv", as: "section", with: section, rows: 400, entity: "section", stored: 400, enc: "GB18030?", crs: "EPSG:4490?", names: []string{"玉门"}},
		{path: "importer/places_xy_utf8bom.csv", as: "section", with: section, rows: 400, entity: "section", stored: 400, enc: "UTF-8", crs: "EPSG:4490?", names: []string{"玉门"}},
		{path: "importer/shp-z", as: "river", rows: 222, entity: "river", stored: 66, names: rivers, check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			if r.UnusedZ != 222 {
				t.Errorf("got %d rows with an unused Z, want 222", r.UnusedZ)
			}
		}},
		{path: "importer/shp-z", as: "bank_line", with: set("bank", "左"), rows: 222, entity: "bank_line"},
		{path: "importer/shp-m", as: "river", rows: 222, entity: "river", stored: 66, names: rivers, check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			if r.UnusedM != 222 {
				t.Errorf("got %d rows with an unused M, want 222", r.UnusedM)
			}
		}},
		{path: "importer/broken-no-shx", as: "river", refused: ".shx is missing", code: geo.CodeRefused},
		{path: "importer/broken-no-dbf", as: "river", refused: "no attributes", code: geo.CodeRefused},
		{path: "importer/broken-short-dbf", as: "river", refused: "cut at row 111", code: geo.CodeRefused},
		{path: "importer/broken-truncated.geojson", as: "river", refused: "breaks at byte 22389", code: geo.CodeRefused},
		{path: "importer/broken-nan.geojson", as: "section", with: set("kind", "国控", "name", "x"), refused: "breaks at byte 116", code: geo.CodeRefused},
	}
}

// otherCases are the real networks and divisions.
func otherCases() []fileCase {
	const none = "nothing is imported as"
	return []fileCase{
		{path: "tuan-river-dengzhou/rivers.geojson", as: "river", rows: 19, entity: "river", stored: 6, names: []string{"湍河", "唐白河"}, check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			n := r.Network
			if n.Components != 3 || n.LargestShare < 0.77 || n.LargestShare > 0.79 || n.FlowThrough != n.InnerNodes {
				t.Errorf("got %+v, want 3 components, the largest 78 %%, and flow through every inner node", *n)
			}
		}},
		{path: "tuan-river-dengzhou/canals.geojson", as: "river", rows: 4, entity: "river", stored: 4, names: []string{"腰兴渠"}},
		{path: "tuan-river-dengzhou/admin-boundaries.geojson", as: "division", with: both(mapped("id", "code"), set("level", "县", "code_scheme", "geoBoundaries")), rows: 3, entity: "division", stored: 3, names: []string{"新野县", "邓州市"}},
		{path: "tuan-river-dengzhou/admin-boundaries.geojson", as: "division", refused: "code (行政区划代码", code: geo.CodeRefused},
		{path: "tuan-river-dengzhou/osm-reservoir-surfaces.geojson", as: "reservoir", refused: none, code: geo.CodeInvalid},
		{path: "tuan-river-dengzhou/places.geojson", as: "place", refused: none, code: geo.CodeInvalid},
		{path: "tuan-river-dengzhou/hydraulic-structures.geojson", as: "structure", refused: none, code: geo.CodeInvalid},
		{path: "tuan-river-dengzhou/historical-channels.geojson", as: "channel", refused: none, code: geo.CodeInvalid},
		{path: "osm-liechtenstein-2013/li13-w.geojson", as: "river", world: true, rows: 76, entity: "river", check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			n := r.Network
			if n.ComponentsAtEnds != 45 || n.Components > 19 || n.Dangling == 0 || n.Nameless == 0 {
				t.Errorf("got %+v, want 45 components at the ends, 19 or fewer after splitting, and the dangling ends", *n)
			}
		}},
		{path: "osm-liechtenstein-2013/liechtenstein-2013.osm.pbf", as: "river", world: true, refused: "points, lines", code: geo.CodeInvalid},
		{path: "osm-liechtenstein-2013/liechtenstein-2013.osm.pbf", as: "river", world: true, with: layer("lines"), entity: "river", check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			if r.LeftOut == 0 || r.Accepted == 0 || r.Accepted+r.LeftOut != r.Read {
				t.Errorf("got %d of %d rows and %d left out", r.Accepted, r.Read, r.LeftOut)
			}
		}},
		{path: "nhdplus-walker/walker.gpkg", as: "river", world: true, with: mapped("GNIS_NAME", "name"), refused: "does not say which datum", code: geo.CodeRefused},
		{path: "nhdplus-walker/walker.gpkg", as: "river", world: true, with: both(inCRS("EPSG:4269"), mapped("GNIS_NAME", "name")), rows: 62, entity: "edge", crs: "EPSG:4269", check: func(t *testing.T, r *ingest.Report) {
			t.Helper()
			if n := r.Network; n.Components != 1 || n.InnerNodes != 36 || n.FlowThrough != 36 || n.Cycles != 0 {
				t.Errorf("got %+v, want a tree with flow through 36 of 36 nodes", *n)
			}
		}},
		{path: "nhdplus-walker/walker_cats.gpkg", as: "division", world: true, refused: "GDAL complains", code: geo.CodeRefused},
		{path: "naturalearth-china/rivers.geojson", as: "river", rows: 228, entity: "river", names: nil},
		{path: "naturalearth-china/lakes.geojson", as: "lake", refused: none, code: geo.CodeInvalid},
		{path: "naturalearth-china/places.geojson", as: "place", refused: none, code: geo.CodeInvalid},
		{path: "synthetic-divisions/divisions.gpkg", as: "division", with: layer("province"), rows: 31, entity: "division", stored: 31, names: []string{"北京市"}},
		{path: "synthetic-divisions/divisions.gpkg", as: "division", with: layer("prefecture"), rows: 291, entity: "division", stored: 291, names: []string{"无锡市"}},
		{path: "synthetic-divisions/divisions.gpkg", as: "division", with: layer("county"), rows: 2410, entity: "division", stored: 2410, names: []string{"石景山区"}},
	}
}

// Every map file under ../shared/data comes in, or is refused with the reason that its README gives; what came in once
// changes nothing the second time.
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, c := range append(importerCases(), otherCases()...) {
		name := c.path + " as " + c.as
		if c.refused != "" {
			name += " refused"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tryFile(t, c)
		})
	}
}

func tryFile(t *testing.T, c fileCase) {
	t.Helper()
	req := request(shared(t, c.path), c.as)
	if c.with != nil {
		c.with(&req)
	}
	req.RefusedFile = filepath.Join(t.TempDir(), "refused.csv")
	extent := geo.China()
	if c.world {
		extent = geo.World()
	}
	db := pgtest.New(t, pgtest.Extent(extent))
	report, err := ingest.Run(t.Context(), db.Store, req)
	if c.refused != "" {
		if err == nil || !strings.Contains(err.Error(), c.refused) || geo.CodeOf(err) != c.code {
			t.Fatalf("got %v (%s), want %q (%s)", err, geo.CodeOf(err), c.refused, c.code)
		}
		if n := count(t, db, "SELECT count(*) FROM hetu.audit") + count(t, db, "SELECT count(*) FROM staging.batch"); n != 0 {
			t.Errorf("a refused file left %d rows", n)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	checkReport(t, c, report)
	for _, n := range c.names {
		if count(t, db, "SELECT count(*) FROM hetu."+c.entity+"_version WHERE name = $1", n) == 0 {
			t.Errorf("%s is not stored", n)
		}
	}
	req.RefusedFile += ".again"
	again, err := ingest.Run(t.Context(), db.Store, req)
	if err != nil {
		t.Fatal(err)
	}
	if again.Changes() != 0 {
		t.Errorf("the second import changed %+v", again.Merge)
	}
	if c.entity == "river" || c.entity == "division" || c.entity == "section" {
		if n := count(t, db, "SELECT count(*) FROM hetu."+c.entity+"_version WHERE name ~ '[\uFFFD?]'"); n != 0 {
			t.Errorf("%d names are damaged", n)
		}
	}
}

func checkReport(t *testing.T, c fileCase, r *ingest.Report) {
	t.Helper()
	if !r.Stored || c.rows != 0 && r.Accepted != c.rows || r.Accepted+r.LeftOut+r.Refused != r.Read {
		t.Errorf("got %d of %d rows, %d refused, stored %v; want %d", r.Accepted, r.Read, r.Refused, r.Stored, c.rows)
	}
	if got := rowsOf(r.Merge, c.entity); c.stored != 0 && got != c.stored || got == 0 {
		t.Errorf("got %d rows of %s, want %d: %+v", got, c.entity, c.stored, r.Merge)
	}
	said := func(f ingest.Finding) string {
		if f.How == ingest.Guessed {
			return f.Value + "?"
		}
		return f.Value
	}
	if c.enc != "" && said(r.Encoding) != c.enc {
		t.Errorf("got encoding %s, want %s", said(r.Encoding), c.enc)
	}
	if got := said(r.CRS); !strings.Contains(got, c.crs) || strings.HasSuffix(got, "?") && !strings.HasSuffix(c.crs, "?") {
		t.Errorf("got %s, want %s", got, c.crs)
	}
	if c.check != nil {
		c.check(t, r)
	}
}
