package pg_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles"
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

func tileText(t *testing.T, s *pg.Store, set, z, x, y, asOf string) string {
	t.Helper()
	a, err := tiles.ParseAddress(set, z, x, y, day(asOf))
	if err != nil {
		t.Fatal(err)
	}
	tile, err := tiles.Build(t.Context(), s, a)
	if err != nil {
		t.Fatal(err)
	}
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
 POINT 1034 651; bank=left code=B-1 division=示例区 installed_on=2025-05-05 level=4 site=桥头 state=ok
` + boundary + `layer division
 POLYGON 334 1322,334 64,334 0,334 -64,1734 -64,1734 0,1734 64,1734 1322,334 1322; code=150001 kind=区 level=3 name=示例区 name_en=Example
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
		{"from afar: the county and its river", "board,boundary,division,reach,river,section", "9", "410", "193", "2026-04-01", "layer division\n POLYGON 2088 2724,2088 2496,2264 2496,2264 2724,2088 2724; code=150001 kind=区 level=3 name=示例区 name_en=Example\nlayer river\n LINESTRING 2148 2649,2177 2641,2206 2649; code=R-1 levels=3,4 name=示例河 order=2 perennial=true river_kind=river\n"},
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
	a, err := tiles.ParseAddress("board,outfall,reach,river,section", "12", "3284", "1549", day("2026-04-01"))
	if err != nil {
		t.Fatal(err)
	}
	tile, err := tiles.Build(t.Context(), db.Store, a)
	if err != nil {
		t.Fatal(err)
	}
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
		rows, err := conn.Query(t.Context(), tileSQL(t, l.Name), tileArgs(0, 0, 1, 1))
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

// Each layer's statement finds its features by the GiST index on the geometry. A few thousand rows fit into so few pages that
// reading them all is as cheap, so the planner is told not to: what is proved is that the statement can use the index.
func TestTileIndex(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var rows []pg.Row
	for i := range 1000 {
		rows = append(rows, tileRows(i, 80+float64(i%40), 20+float64(i/40))...)
	}
	merge(t, db.Store, rows...)
	if err := db.Exec(t.Context(), "", "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	conn := tileConn(t, db)
	if _, err := conn.Exec(t.Context(), "SET enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	for _, l := range drawnLayers() {
		table := map[string]string{"river": "route", "draft": "boundary"}[l.Name]
		if table == "" {
			table = l.Name
		}
		plan, err := conn.Query(t.Context(), "EXPLAIN (FORMAT text) "+tileSQL(t, l.Name), tileArgs(90, 25, 90.3, 25.3))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(plan, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(lines, "\n"); !strings.Contains(text, table+"_version_geom_idx") {
			t.Errorf("%s does not use the index on its geometry:\n%s", l.Name, text)
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
	text, err := os.ReadFile(filepath.Join("sql", "tile_"+layer+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func tileArgs(west, south, east, north float64) pgx.NamedArgs {
	return pgx.NamedArgs{"west": west, "south": south, "east": east, "north": north, "zoom": 18, "as_of": day("2026-04-01").Time()}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	merge(t, db.Store, tileRows(2, 109.65, 41.1)...)
	got, err := db.Store.Coverage(t.Context(), day("2026-04-01"))
	if err != nil {
		t.Fatal(err)
	}
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
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	early, err := db.Store.Coverage(t.Context(), day("2026-02-01"))
	if err != nil || early["boundary"] != (tiles.Coverage{}) {
		t.Errorf("before the first boundary: %+v, %v", early["boundary"], err)
	}
}

// A layer that does not exist fails the tile; a reader that stops early gives its connection back.
func TestTileFeaturesEnds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	q := tiles.Query{Layers: []string{"reach"}, Box: geo.World(), Zoom: 18, AsOf: day("2026-04-01")}
	for range 20 { // more than the pool has connections
		for _, err := range db.Store.TileFeatures(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	q.Layers = []string{"reach", "nothing"}
	var last error
	for _, err := range db.Store.TileFeatures(t.Context(), q) {
		last = err
	}
	if geo.CodeOf(last) != geo.CodeNotFound {
		t.Errorf("got %v", last)
	}
}
