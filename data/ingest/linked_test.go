package ingest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twpayne/go-geom"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/data/ingest"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
)

// finder looks things up in a test's database.
type finder struct {
	*pg.Store
	pool *pgxpool.Pool
}

func newFinder(t *testing.T, db *pgtest.Database) finder {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	cfg.AfterConnect = pgxgeom.Register
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return finder{db.Store, pool}
}

const inForce = " v.valid @> $2::date AND upper_inf(v.recorded)"

func (f finder) FindDivisions(ctx context.Context, words []string, asOf geo.Date) (out []pg.Division, err error) {
	rows, err := f.pool.Query(ctx, "SELECT k.key, v.code, v.name, v.level FROM hetu.division_version v JOIN hetu.division k USING (id) WHERE (v.code = ANY ($1) OR v.name = ANY ($1)) AND"+inForce, words, asOf.Time())
	if err != nil {
		return nil, err
	}
	var d pg.Division
	_, err = pgx.ForEachRow(rows, []any{&d.Key, &d.Code, &d.Name, &d.Level}, func() error { out = append(out, d); return nil })
	return out, err
}

func (f finder) FindRivers(ctx context.Context, words []string, asOf geo.Date) (out []pg.River, err error) {
	rows, err := f.pool.Query(ctx, `SELECT k.key, coalesce(v.code, ''), v.name, v.aliases, coalesce(d.key, '') FROM hetu.river_version v JOIN hetu.river k USING (id)
		LEFT JOIN hetu.division d ON d.id = v.division_id WHERE (v.code = ANY ($1) OR v.name = ANY ($1) OR v.aliases && $1) AND`+inForce, words, asOf.Time())
	if err != nil {
		return nil, err
	}
	var r pg.River
	_, err = pgx.ForEachRow(rows, []any{&r.Key, &r.Code, &r.Name, &r.Aliases, &r.Division}, func() error { out = append(out, r); return nil })
	return out, err
}

func (f finder) FindRoutes(ctx context.Context, rivers []pg.Key, asOf geo.Date) (out []pg.Route, err error) {
	words := make([]string, len(rivers))
	for i, k := range rivers {
		words[i] = string(k)
	}
	rows, err := f.pool.Query(ctx, `SELECT k.key, r.key, v.geom FROM hetu.route_version v JOIN hetu.route k USING (id) JOIN hetu.river r ON r.id = v.river_id
		WHERE r.key = ANY ($1) AND`+inForce, words, asOf.Time())
	if err != nil {
		return nil, err
	}
	var r pg.Route
	var g geom.T
	_, err = pgx.ForEachRow(rows, []any{&r.Key, &r.River, &g}, func() error {
		line, ok := g.(*geom.LineString)
		if !ok {
			return fmt.Errorf("route %s is a %T", r.Key, g)
		}
		r.Geom = line
		out = append(out, r)
		return nil
	})
	return out, err
}

func (f finder) FindReaches(ctx context.Context, words []string, asOf geo.Date) (out []pg.Reach, err error) {
	rows, err := f.pool.Query(ctx, `SELECT k.key, coalesce(v.code, ''), coalesce(v.name, ''), v.level FROM hetu.reach_version v JOIN hetu.reach k USING (id)
		WHERE (v.code = ANY ($1) OR v.name = ANY ($1)) AND`+inForce, words, asOf.Time())
	if err != nil {
		return nil, err
	}
	var r pg.Reach
	_, err = pgx.ForEachRow(rows, []any{&r.Key, &r.Code, &r.Name, &r.Level}, func() error { out = append(out, r); return nil })
	return out, err
}

const (
	townCSV  = "名称,代码,级别\n甲乡,522301100,4\n"
	riverCSV = "河流名称,行政区划,WKT\n示例河,甲乡,\"LINESTRING (106.40 26.60,106.45 26.60,106.50 26.60)\"\n"
)

// seed imports a town and a river of 10 km that flows east, and gives a way to import more.
func seed(t *testing.T) (*pgtest.Database, func(as, csv string, change ...func(*ingest.Request)) (*ingest.Report, error)) {
	t.Helper()
	db := pgtest.New(t)
	f := newFinder(t, db)
	run := func(as, csv string, change ...func(*ingest.Request)) (*ingest.Report, error) {
		req := request(write(t, as+".csv", csv), as)
		req.Source, req.CRS = "测试", "EPSG:4490"
		for _, c := range change {
			c(&req)
		}
		return ingest.Run(t.Context(), f, req)
	}
	if _, err := run("division", townCSV); err != nil {
		t.Fatal(err)
	}
	if _, err := run("river", riverCSV); err != nil {
		t.Fatal(err)
	}
	return db, run
}

// What refers to rivers and divisions finds them by name or code, is placed on the river, and comes in twice unchanged.
func TestLinkedTargets(t *testing.T) {
	t.Parallel()
	db, run := seed(t)
	twice := func(as, csv string) {
		t.Helper()
		first, err := run(as, csv)
		if err != nil {
			t.Fatalf("%s: %v", as, err)
		}
		again, err := run(as, csv)
		if err != nil || again.Changes() != 0 || first.Changes() == 0 {
			t.Errorf("%s: %v, the second time %+v", as, err, again.Merge)
		}
	}
	twice("reach", "河流,行政区划,级别,河段名称,起点里程,终点里程\n示例河,522301100,乡级,上段,K5+000,K9+900\n示例河,甲乡,4,下段,0,5000\n")
	twice("boundary", "河流,岸别,划界依据,WKT\n示例河,左岸,堤脚,\"LINESTRING (106.49 26.601,106.41 26.601)\"\n示例河,,设计洪水位,\"LINESTRING (106.41 26.599,106.49 26.599)\"\n")
	twice("board", "河段,级别,公示牌编号,行政区划,位置,二维码,经度,纬度\n上段,乡,GSP-1,甲乡,桥头,wx-GSP-1,106.41,26.6001\n\"上段,下段\",乡,GSP-2,甲乡,码头,wx-GSP-2,106.45,26.6001\n")
	twice("section", "断面名称,断面类型,河流,水质目标,经度,纬度\n桥头断面,省控,示例河,Ⅲ类,106.45,26.6\n")
	twice("outfall", "排污口名称,排污口类型,审批情况,河流,经度,纬度\n示例排口,工业,已审批,示例河,106.45,26.5995\n")
	for what, sql := range map[string]string{
		"reaches on the river":      "SELECT count(*) FROM hetu.reach_version WHERE division_id IS NOT NULL AND ST_NPoints(geom) >= 2 AND to_m <= 9900",
		"boundaries run downstream": "SELECT count(*) FROM hetu.boundary_version WHERE ST_X(ST_StartPoint(geom)) < ST_X(ST_EndPoint(geom)) AND status = 'draft' AND bank = CASE WHEN ST_Y(ST_StartPoint(geom)) > 26.6 THEN 'left' ELSE 'right' END",
		"boards":                    "SELECT count(*) FROM hetu.board_version WHERE cardinality(reach_ids) = CASE code WHEN 'GSP-1' THEN 1 ELSE 2 END AND qr_token = 'wx-' || code",
	} {
		if n := count(t, db, sql); n != 2 {
			t.Errorf("%s: %d of 2", what, n)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.outfall_version WHERE bank = 'right' AND measure_m BETWEEN 4900 AND 5100"); n != 1 {
		t.Error("the outfall is not at K5 on the right bank")
	}
}

func TestLinkedRefusals(t *testing.T) {
	t.Parallel()
	_, run := seed(t)
	tests := []struct{ name, as, csv, want string }{
		{"no column", "boundary", "名称,WKT\n甲,\"LINESTRING (106.41 26.601,106.49 26.601)\"\n", "a boundary needs what no column gives: river (河流"},
		{"unknown river", "boundary", "河流,WKT\n乙河,\"LINESTRING (106.41 26.601,106.49 26.601)\"\n", `the river "乙河" is not stored`},
		{"wrong bank", "boundary", "河流,岸别,WKT\n示例河,右,\"LINESTRING (106.41 26.601,106.49 26.601)\"\n", "lies on the left bank"},
		{"far off", "boundary", "河流,WKT\n示例河,\"LINESTRING (106.41 26.7,106.49 26.7)\"\n", "m from its river's centre line"},
		{"unknown division", "reach", "河流,行政区划,级别,from_m,to_m\n示例河,丁乡,4,0,5\n", `the division "丁乡" is not stored`},
		{"no measures", "reach", "河流,行政区划,级别,from_m,to_m\n示例河,甲乡,4,,\n", "needs two measures"},
		{"beyond the river", "reach", "河流,行政区划,级别,from_m,to_m\n示例河,甲乡,4,0,99999\n", "reaches beyond its route"},
		{"unknown reach", "board", "河段,级别,经度,纬度\n上段,4,106.41,26.6\n", `the reach "上段" is not stored`},
		{"no level", "board", "河段,级别,经度,纬度\n上段,大,106.41,26.6\n", `"大" is no level`},
		{"no kind", "outfall", "名称,经度,纬度\n甲,106.41,26.6\n", "kind (排污口类型"},
		{"polygon as reach", "reach", "河流,行政区划,级别,WKT\n示例河,甲乡,4,\"POLYGON ((106 26,107 26,107 27,106 26))\"\n", "holds polygons, and a reach is a line"},
		{"one key twice", "section", "名称,kind,code,经度,纬度\n甲,国控,1,106.4,26.6\n乙,国控,1,106.5,26.6\n", "row 2: the row repeats row 1"},
	}
	for _, tt := range tests {
		_, err := run(tt.as, tt.csv)
		if err == nil || !strings.Contains(err.Error(), tt.want) || geo.CodeOf(err) != geo.CodeRefused {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Ends that miss each other by less than the tolerance are one node; a river drawn in two pieces is one route.
func TestSnap(t *testing.T) {
	t.Parallel()
	_, run := seed(t)
	csv := "河流名称,WKT\n甲河,\"LINESTRING (107 26,107.01 26)\"\n甲河,\"LINESTRING (107.010004 26,107.02 26)\"\n,\"LINESTRING (107.015 26.01,107.015 26)\"\n"
	report, err := run("river", csv)
	if err != nil {
		t.Fatal(err)
	}
	if n := report.Network; n.Components != 1 || n.Routes != 2 || n.Snapped == 0 || n.Nameless != 1 {
		t.Errorf("with 1 m: got %+v", *n)
	}
	report, err = run("river", csv, func(r *ingest.Request) { r.SnapM, r.Source = -1, "别处" })
	if err != nil {
		t.Fatal(err)
	}
	if n := report.Network; n.Components != 2 || n.Snapped != 0 { // the brook ends on the river exactly, which is no snapping
		t.Errorf("without: got %+v", *n)
	}
}

// The file's M is the measure when told so, and must be one.
func TestUseM(t *testing.T) {
	t.Parallel()
	db, run := seed(t)
	useM := func(r *ingest.Request) { r.UseM = true }
	csv := "name,WKT\n乙河,\"LINESTRING M (108 26 5000,108.01 26 4000,108.02 26 3000)\"\n"
	if _, err := run("river", csv, useM); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.route_version WHERE calibrated AND measure_origin = 'custom' AND ST_M(ST_StartPoint(geom)) = 5000 AND ST_M(ST_EndPoint(geom)) = 3000"); n != 1 {
		t.Error("the measures of the file are not stored")
	}
	for text, want := range map[string]string{
		strings.Replace(csv, "4000", "nan", 1):  "vertex 2 has no measure",
		strings.Replace(csv, "4000", "6000", 1): "neither rises nor falls",
		strings.Replace(strings.ReplaceAll(csv, "00,", ","), " M (108 26 50,108.01 26 40,108.02 26 3000)", " (108 26,108.01 26)", 1): "has no M",
	} {
		if _, err := run("river", text, useM); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Kilometre stones tell the measures of the river that they name, and each edge's with it; other rivers are measured from the mouth.
func TestKmPoints(t *testing.T) {
	t.Parallel()
	db, run := seed(t)
	lines := "name,WKT\n乙河,\"LINESTRING (108 26,108.01 26,108.02 26)\"\n丙溪,\"LINESTRING (108.01 26.01,108.01 26)\"\n"
	const stones = "河流,桩号,经度,纬度\n乙河,K12+000,108.005,26.0001\n乙河,K11+000,108.015,26\n"
	by := func(csv string) func(*ingest.Request) {
		path := write(t, "stones.csv", csv)
		return func(r *ingest.Request) { r.KmPoints = path }
	}
	before := count(t, db, "SELECT count(*) FROM hetu.route_version")
	for csv, want := range map[string]string{
		strings.Replace(stones, "乙河,K12", "丁河,K12", 1):                      `row 1 is of the river "丁河", which the file does not have`,
		strings.Replace(stones, "26.0001", "26.1", 1):                       "m off its river",
		strings.Replace(stones, "K12+000", "十二", 1):                         "write it as K12+345",
		stones + "乙河,K11+500,108.0175,26\n":                                 "must rise or fall",
		strings.Replace(stones, "桩号", "说明", 1):                              "measure",
		strings.ReplaceAll(stones, ",108.0", ",18.0"):                       "kilometre points in stones.csv",
		"河流,桩号,经度,纬度\n" + strings.Repeat("乙河,K1+000,108.005,26\n", 100_001): "100001 rows, and an import takes at most 100000 kilometre points",
	} {
		_, err := run("river", lines, by(csv))
		if err == nil || strings.Count(err.Error(), want) != 1 { // its sentence is told once
			t.Errorf("got %v, want %q once", err, want)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.route_version") - before; n != 0 {
		t.Fatalf("%d routes are stored by imports that were refused", n)
	}
	if _, err := run("river", lines, by(stones)); err != nil {
		t.Fatal(err)
	}
	// 0.01 degree is 1,001.2 m here, and between the stones 1,000 m of measure; beyond them a metre is a metre.
	for where, want := range map[string]int{
		"calibrated AND measure_origin = 'custom' AND jsonb_array_length(calib_points) = 2 AND calib_points->0 = '{\"lon\":108.005,\"lat\":26.0001,\"measure_m\":12000}'": 1,
		"calibrated AND abs(ST_M(ST_StartPoint(geom)) - 12500.59) < 0.01 AND abs(ST_M(ST_EndPoint(geom)) - 10499.41) < 0.01 AND ST_NPoints(geom) = 5":                     1,
		"NOT calibrated AND measure_origin = 'mouth' AND calib_points IS NULL AND ST_M(ST_EndPoint(geom)) = 0 AND ST_X(ST_StartPoint(geom)) = 108.01":                     1,
	} {
		if n := count(t, db, "SELECT count(*) FROM hetu.route_version WHERE "+where); n != want {
			t.Errorf("%d routes have %s, want %d", n, where, want)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.edge_version WHERE abs(from_m - 11500) < 0.01 AND abs(to_m - 12500.59) < 0.01 OR abs(to_m - 11500) < 0.01 AND abs(from_m - 10499.41) < 0.01"); n != 2 {
		t.Errorf("%d of the two edges lie at their measures", n)
	}
}

// Lines that are measured each for itself have no one measure when they join to one route.
func TestUseMOfJoinedLines(t *testing.T) {
	t.Parallel()
	_, run := seed(t)
	csv := "name,WKT\n乙河,\"LINESTRING M (108 26 1000,108.01 26 0)\"\n乙河,\"LINESTRING M (108.01 26 800,108.02 26 0)\"\n"
	_, err := run("river", csv, func(r *ingest.Request) { r.UseM = true })
	if err == nil || !strings.Contains(err.Error(), "neither rises nor falls all the way") {
		t.Errorf("got %v", err)
	}
	if _, err = run("river", csv); err != nil {
		t.Errorf("without --use-m: %v", err)
	}
}

// One layer in several systems lies at one place.
func TestSamePlace(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, c := range []struct{ path, crs, transform string }{
		{"importer/crs-4547-gk3-cm114", "", ""},
		{"importer/crs-2383-xian80-gk3-cm114", "", "null"},
		{"importer/crs-missing-prj-metres", "EPSG:4547", ""},
	} {
		req := request(shared(t, c.path), "river")
		req.CRS, req.Transform, req.Source = c.crs, c.transform, c.path
		if _, err := ingest.Run(t.Context(), db.Store, req); err != nil {
			t.Fatal(err)
		}
	}
	// The lines are those of the first file to 1e-7 degrees, a centimetre.
	n := count(t, db, `SELECT count(*) FROM hetu.route_version a WHERE source = $1 AND NOT EXISTS (SELECT FROM hetu.route_version b
		WHERE b.source <> a.source AND ST_HausdorffDistance(ST_Force2D(a.geom), ST_Force2D(b.geom)) < 1e-7)`, "importer/crs-2383-xian80-gk3-cm114")
	if n != 0 {
		t.Errorf("%d lines lie elsewhere", n)
	}
}

// Divisions hang under what stands above them by their codes, imported level by level.
func TestDivisionParents(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	f := newFinder(t, db)
	for _, name := range []string{"province", "prefecture", "county"} {
		req := request(shared(t, "synthetic-divisions/divisions.gpkg"), "division")
		req.Layer = name
		if _, err := ingest.Run(t.Context(), f, req); err != nil {
			t.Fatal(err)
		}
	}
	for level, want := range map[int][2]int{1: {31, 31}, 2: {291, 0}, 3: {2409, 0}} { // 441900 东莞市 has no counties: it is a prefecture and stands in both layers
		all := count(t, db, "SELECT count(*) FROM hetu.division_version WHERE level = $1", level)
		orphans := count(t, db, "SELECT count(*) FROM hetu.division_version WHERE level = $1 AND parent_id IS NULL", level)
		if all != want[0] || orphans > want[1] {
			t.Errorf("level %d: %d divisions, %d under none", level, all, orphans)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.division_version c JOIN hetu.division_version p ON p.id = c.parent_id WHERE left(c.code, 2) <> left(p.code, 2) OR c.level <= p.level"); n != 0 {
		t.Errorf("%d divisions hang under a wrong one", n)
	}
}

// A second source that draws the same lines has rivers of its own and takes nothing from those of the first.
func TestTwoSources(t *testing.T) {
	t.Parallel()
	db, run := seed(t)
	report, err := run("river", riverCSV, func(r *ingest.Request) { r.Source = "别处" })
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range report.Merge {
		if m.Changed+m.Ended != 0 {
			t.Errorf("the second source changed %+v", m)
		}
	}
	if n := count(t, db, "SELECT count(DISTINCT river_id) FROM hetu.route_version WHERE upper_inf(recorded)"); n != 2 {
		t.Errorf("%d rivers have a route, want 2", n)
	}
}

// A river that was brought in without a code gets one when its source brings it in again with it: it stays the river that it was, with its route, and a
// third import changes nothing. A river of the name that another source brings in with a code is another.
func TestAStoredRiverGetsItsCode(t *testing.T) {
	t.Parallel()
	db, run := seed(t)
	coded := "河流名称,河流代码,编码体系,行政区划,WKT\n" + strings.Replace(strings.SplitN(riverCSV, "\n", 2)[1], "示例河,", "示例河,R1,local,", 1)
	for turn := range 2 {
		report, err := run("river", coded)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range report.Merge {
			if m.Added+m.Ended != 0 || m.Changed != map[bool]int64{true: 1}[turn == 0 && m.Entity == "river"] {
				t.Errorf("turn %d: %+v", turn, m)
			}
		}
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.river_version v JOIN hetu.route_version r ON r.river_id = v.id AND upper_inf(r.recorded) WHERE v.code = 'R1' AND v.code_scheme = 'local' AND upper_inf(v.recorded) AND upper_inf(v.valid)"); n != 1 {
		t.Errorf("%d rivers with the code have a route", n)
	}
	if _, err := run("river", strings.ReplaceAll(coded, "R1", "R2"), func(r *ingest.Request) { r.Source = "别处" }); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "SELECT count(*) FROM hetu.river"); n != 2 {
		t.Errorf("%d rivers, want 2", n)
	}
}
