package pg_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mvttext"
)

func tileRecord(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }

func tilePoint(lon, lat float64) *geom.Point {
	return geom.NewPointFlat(geom.XY, []float64{lon, lat})
}

func tileSquare(lon, lat, side float64) *geom.MultiPolygon {
	flat := []float64{lon, lat, lon + side, lat, lon + side, lat + side, lon, lat + side, lon, lat}
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}})
}

// tileRows is a river of 1,000 m with what stands on it, eastwards from lon, lat; n makes the keys its own.
func tileRows(n int, lon, lat float64) []pg.Row {
	k := func(kind string) pg.Key { return pg.Key(fmt.Sprintf("%s%d", kind, n)) }
	order, target, yes := 2, 3, true
	ls := geom.NewLineStringFlat(geom.XY, []float64{lon, lat, lon + 0.005, lat + 0.001, lon + 0.01, lat})
	route := geom.NewLineStringFlat(geom.XYM, []float64{lon, lat, 1000, lon + 0.005, lat + 0.001, 500, lon + 0.01, lat, 0})
	reach := func(key pg.Key, level geo.Level) pg.Reach {
		return pg.Reach{
			Record: tileRecord(key), Name: string(key), River: k("river"), Route: k("route"), FromM: 0, ToM: 1000, BankScope: geo.Both,
			Level: level, Division: k("division"), Geom: ls,
		}
	}
	return []pg.Row{
		pg.Division{Record: tileRecord(k("division")), CodeScheme: "local", Code: strconv.Itoa(150000 + n), Name: "示例区", NameEn: "Example", Level: geo.County, Kind: "区", Geom: tileSquare(lon-0.01, lat-0.01, 0.03)},
		pg.River{
			Record: tileRecord(k("river")), CodeScheme: "local", Code: "R-" + strconv.Itoa(n), Name: "示例河", RiverKind: "river", Perennial: &yes, StreamOrder: &order,
			ManagingLevels: []int16{4, 3},
		},
		pg.Route{Record: tileRecord(k("route")), River: k("river"), MeasureOrigin: "mouth", FlowDir: "with", LengthM: 1000, Geom: route},
		reach(k("county reach"), geo.County), reach(k("town reach"), geo.Town),
		pg.Boundary{Record: tileRecord(k("drawn")), River: k("river"), Route: k("route"), Bank: geo.Left, BasisKind: "levee_toe", Status: "draft", Geom: ls},
		pg.Boundary{
			Record: pg.Record{Key: k("announced"), Source: "test", Valid: geo.Since(day("2026-03-01"))}, River: k("river"), Route: k("route"),
			Bank: geo.Left, BasisKind: "levee_toe", Status: "announced", Geom: ls,
		},
		pg.Person{Record: tileRecord(k("person")), Name: "示例甲", IsSample: true},
		pg.Post{Record: tileRecord(k("post")), Level: geo.County, Role: "chief", DualRole: "none", Reach: k("county reach"), Title: "河长"},
		pg.Appointment{Record: pg.Record{Key: k("appointment"), Source: "test", Valid: geo.Period{From: day("2026-01-01"), To: day("2026-06-01")}}, Post: k("post"), Person: k("person")},
		pg.Board{
			Record: tileRecord(k("board")), Code: "B-" + strconv.Itoa(n), Level: geo.Town, Reaches: []pg.Key{k("town reach")}, Bank: geo.Left, SiteText: "桥头", State: "ok",
			Division: k("division"), InstalledOn: day("2025-05-05"), Geom: tilePoint(lon+0.005, lat+0.001),
		},
		pg.Section{Record: tileRecord(k("section")), Name: "示例断面", Kind: "county", River: k("river"), TargetClass: &target, Geom: tilePoint(lon+0.01, lat)},
		pg.Outfall{Record: tileRecord(k("outfall")), Name: "示例口", Kind: "污水处理厂", Approval: "approved", River: k("river"), Geom: tilePoint(lon+0.004, lat)},
	}
}

// loaded gives the atlas of a store.
func loaded(t *testing.T, s *pg.Store) *atlas.Atlas {
	t.Helper()
	a := atlas.New()
	if _, err := a.Load(t.Context(), s.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	return a
}

func tileText(t *testing.T, s *pg.Store, set, z, x, y, asOf string) string {
	t.Helper()
	a, err := tiles.WebMercatorQuad.ParseAddress(set, z, x, y, day(asOf))
	if err != nil {
		t.Fatal(err)
	}
	tile := loaded(t, s).Tile(a, nil)
	text, err := mvttext.Text(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// One river with everything on it, asked for on three days and at three zooms. Ids are drawn in no order: they are left out.
func TestTileOfStore(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	const reach = " LINESTRING 801 712,1034 651,1267 712; bank_scope=both division=示例区 division_code=150001 "
	const county, town = " level=3 name=county reach1 river=示例河\n", " level=4 name=town reach1 river=示例河\n"
	const boundary = "layer boundary\n LINESTRING 801 712,1034 651,1267 712; bank=left basis=levee_toe effective=2026-03-01 river=示例河 status=announced version=1\n"
	tests := []struct{ name, set, z, x, y, asOf, want string }{
		{"everything that is public", "board,boundary,division,reach,river,section", "12", "3284", "1549", "2026-04-01", `layer board
 POINT 1034 651; bank=left code=B-1 division=示例区 level=4 site=桥头 state=ok
` + boundary + `layer division
 POLYGON 335 0,335 -64,1733 -64,1733 0,1733 1321,335 1321,335 0; code=150001 kind=区 level=3 name=示例区 name_en=Example
layer reach
` + reach + "has_board=false has_boundary=true has_chief=true has_plan=false" + county +
			reach + "has_board=true has_boundary=true has_chief=false has_plan=false" + town + `layer river
 LINESTRING 801 712,1034 651,1267 712; code=R-1 levels=3,4 name=示例河 order=2 perennial=true river_kind=river
layer section
 POINT 1267 712; kind=county name=示例断面 river=示例河 target=3
`},
		{"the office's", "outfall", "12", "3284", "1549", "2026-04-01", "layer outfall\n POINT 987 712; approval=approved kind=污水处理厂 name=示例口 river=示例河\n"},
		{
			"after the chief left", "boundary,reach", "12", "3284", "1549", "2026-07-01",
			boundary + "layer reach\n" + reach + "has_board=false has_boundary=true has_chief=false has_plan=false" + county + reach + "has_board=true has_boundary=true has_chief=false has_plan=false" + town,
		},
		{
			"before the boundary was announced", "boundary,reach", "12", "3284", "1549", "2026-02-01",
			"layer reach\n" + reach + "has_board=false has_boundary=false has_chief=true has_plan=false" + county + reach + "has_board=true has_boundary=false has_chief=false has_plan=false" + town,
		},
		{"from afar: the county and its river", "board,boundary,division,reach,river,section", "9", "410", "193", "2026-04-01", "layer division\n POLYGON 2090 2496,2264 2496,2264 2726,2090 2726,2090 2496; code=150001 kind=区 level=3 name=示例区 name_en=Example\nlayer river\n LINESTRING 2148 2649,2177 2641,2206 2649; levels=3,4 name=示例河 order=2 perennial=true river_kind=river\n"},
	}
	ids := regexp.MustCompile(`(?m)^  [0-9]+| river_id=[0-9]+`)
	for _, tt := range tests {
		got := ids.ReplaceAllString(tileText(t, db.Store, tt.set, tt.z, tt.x, tt.y, tt.asOf), "")
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// The vertices of a tile are where PostGIS's own ST_AsMVTGeom puts them, within the unit that it rounds otherwise.
func TestTileAgreesWithPostGIS(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	a, err := tiles.WebMercatorQuad.ParseAddress("board,outfall,reach,river,section", "12", "3284", "1549", day("2026-04-01"))
	if err != nil {
		t.Fatal(err)
	}
	tile := loaded(t, db.Store).Tile(a, nil)
	features, err := mvttext.Decode(tile.Data)
	if err != nil || len(features) != 6 {
		t.Fatalf("%d features, %v", len(features), err)
	}
	for _, f := range features {
		table := map[string]string{"river": "route"}[f.Layer]
		if table == "" {
			table = f.Layer
		}
		rows, err := conn.Query(t.Context(), "SELECT st_x(p.geom)::int, st_y(p.geom)::int FROM hetu."+table+`_version v
			CROSS JOIN LATERAL st_dumppoints(st_asmvtgeom(st_transform(st_force2d(v.geom), 3857), st_tileenvelope(12, 3284, 1549)::box2d, 4096, 64)) p WHERE v.id = $1 ORDER BY p.path`, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		oracle, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p [2]int, err error) {
			err = row.Scan(&p[0], &p[1])
			return p, err
		})
		if err != nil {
			t.Fatal(err)
		}
		near := func(p, q [2]int) bool { return max(p[0]-q[0], q[0]-p[0], p[1]-q[1], q[1]-p[1]) <= 1 }
		if !slices.EqualFunc(f.Parts[0], oracle, near) {
			t.Errorf("%s: got %v, PostGIS has %v", f.Layer, f.Parts[0], oracle)
		}
	}
}

// Each layer's statement gives id, rank and geometry, then the fields of the catalogue, by name and in its order.
func TestTileColumns(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn := tileConn(t, db)
	for _, l := range drawnLayers() {
		rows, err := conn.Query(t.Context(), tileSQL(t, l.Name), tileArgs(0, 0, 1, 1, day("2026-04-01")))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range rows.FieldDescriptions() {
			got = append(got, f.Name)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		want := []string{"id", "rank", "geom"}
		for _, f := range l.Fields {
			want = append(want, f.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", l.Name, diff)
		}
	}
}

func tileConn(t *testing.T, db *pgtest.Database) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN("hetu_ro")+" search_path=hetu,public")
	if err != nil {
		t.Fatal(err)
	}
	if err := pgxgeom.Register(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func tileSQL(t *testing.T, layer string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "tile", layer+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func tileArgs(west, south, east, north float64, asOf geo.Date) pgx.NamedArgs {
	return pgx.NamedArgs{"west": west, "south": south, "east": east, "north": north, "zoom": tiles.MaxZoom, "as_of": asOf.Time()}
}

// tileFeature is a row of a tile's statement.
type tileFeature struct {
	ID       int64
	Rank     int
	Geometry orb.Geometry
	Values   []any // in the order of the layer's fields
}

// tileFeatures gives all that is drawn of a layer on a day, as the statement of testdata/tile says: the layer as SQL alone has
// it, which what the atlas is fed with is held against.
func tileFeatures(t *testing.T, conn *pgx.Conn, layer string, asOf geo.Date) []tileFeature {
	t.Helper()
	rows, err := conn.Query(t.Context(), tileSQL(t, layer), tileArgs(-180, -90, 180, 90, asOf))
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f tileFeature, err error) {
		values, err := row.Values()
		if err != nil {
			return f, err
		}
		for i, v := range values {
			switch v := v.(type) {
			case int16:
				values[i] = int64(v)
			case int32:
				values[i] = int64(v)
			}
		}
		id, isID := values[0].(int64)
		rank, isRank := values[1].(int64)
		shape, isShape := values[2].(geom.T)
		if !isID || !isRank || !isShape {
			return f, fmt.Errorf("a row begins with %T, %T, %T", values[0], values[1], values[2])
		}
		f = tileFeature{ID: id, Rank: int(rank), Values: values[3:]}
		f.Geometry, err = geo.ToXY(shape)
		return f, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	merge(t, db.Store, tileRows(2, 109.65, 41.1)...)
	a := loaded(t, db.Store)
	got := a.Coverage(day("2026-04-01"))
	line := geo.Extent{West: 108.65, South: 40.1, East: 109.66, North: 41.101}
	want := map[string]tiles.Coverage{
		"board":    {Count: 2, Box: geo.Extent{West: 108.655, South: 40.101, East: 109.655, North: 41.101}},
		"boundary": {Count: 2, Box: line},
		"division": {Count: 2, Box: geo.Extent{West: 108.64, South: 40.09, East: 109.67, North: 41.12}},
		"outfall":  {Count: 2, Box: geo.Extent{West: 108.654, South: 40.1, East: 109.654, North: 41.1}},
		"reach":    {Count: 4, Box: line},
		"river":    {Count: 2, Box: line},
		"section":  {Count: 2, Box: geo.Extent{West: 108.66, South: 40.1, East: 109.66, North: 41.1}},
	}
	for name := range got {
		if _, asked := want[name]; !asked {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); diff != "" { // about a decimetre
		t.Error(diff)
	}
	if early := a.Coverage(day("2026-02-01")); early["boundary"] != (tiles.Coverage{}) {
		t.Errorf("before the first boundary: %+v", early["boundary"])
	}
}
