package pg_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/lref"
)

func line(flat ...float64) *geom.LineString { return geom.NewLineStringFlat(geom.XY, flat) }

func point(x, y float64) *geom.Point { return geom.NewPointFlat(geom.XY, []float64{x, y}) }

func rec(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }

// smallRiver is a division, a river of one route and one town reach over its length.
func smallRiver() []pg.Row {
	route := lref.Measured(line(106.40, 26.60, 106.41, 26.60, 106.42, 26.61), "mouth")
	length := route.FlatCoords()[2]
	return []pg.Row{
		pg.Division{Record: rec("d"), CodeScheme: "local", Code: "1", Name: "甲乡", Level: geo.Town, Kind: "乡"},
		pg.River{Record: rec("r"), Name: "示例河", RiverKind: "river", Division: "d"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route},
		reach("re", 0, length),
	}
}

func reach(key pg.Key, from, to float64) pg.Reach {
	return pg.Reach{
		Record: rec(key), River: "r", Route: "rt", FromM: from, ToM: to, BankScope: geo.Both, Level: geo.Town, Division: "d",
		Geom: line(106.40, 26.60, 106.41, 26.60, 106.42, 26.61),
	}
}

// What must not be stored is refused by the database itself, and nothing of its batch stays.
func TestNonsenseIsUnstorable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, append(townPost(), smallRiver()[1:]...)...)
	merge(t, db.Store, holder("1", "a", "2025-01-01", "2025-06-01"))
	board := pg.Board{Record: rec("b"), Level: geo.Town, Reaches: []pg.Key{"re"}, State: "ok", Geom: point(106.4, 26.6)}
	nan := math.NaN()
	tests := []struct {
		name string
		row  pg.Row
		want geo.Code
	}{
		{"a reach that ends before it begins", reach("x", 500, 100), geo.CodeRefused},
		{"a reach of no length", reach("x", 100, 100), geo.CodeRefused},
		{"a reach beyond its route", reach("x", 0, 99999), geo.CodeRefused},
		{"a reach whose measure is NaN", reach("x", nan, 100), geo.CodeRefused},
		{"two appointments of one post at one time", holder("2", "b", "2025-03-01", ""), geo.CodeConflict},
		{"a board with no reach", func() pg.Row { b := board; b.Reaches = []pg.Key{}; return b }(), geo.CodeRefused},
		{"a board on a reach that is not there", func() pg.Row { b := board; b.Reaches = []pg.Key{"re", "nowhere"}; return b }(), geo.CodeConflict},
		{"a board outside the extent", func() pg.Row { b := board; b.Geom = point(13.4, 52.5); return b }(), geo.CodeRefused},
		{"a board at NaN", func() pg.Row { b := board; b.Geom = point(nan, 26.6); return b }(), geo.CodeRefused},
		{"a reach with NaN inside", func() pg.Row {
			r := reach("x", 0, 100)
			r.Geom = line(106.40, 26.60, nan, 26.61, 106.42, 26.61)
			return r
		}(), geo.CodeRefused},
		{"a route with NaN in M", func() pg.Row {
			return pg.Route{
				Record: rec("x"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: 10,
				Geom: geom.NewLineStringFlat(geom.XYM, []float64{106.4, 26.6, 20, 106.41, 26.6, nan, 106.42, 26.6, 0}),
			}
		}(), geo.CodeRefused},
		{"a bank line with NaN in Z", func() pg.Row {
			return pg.BankLine{
				Record: rec("x"), Kind: "bank", River: "r", Bank: geo.Left,
				Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.4, 26.6, 1200, 106.41, 26.6, nan, 106.42, 26.6, 1190}),
			}
		}(), geo.CodeRefused},
		{"a bank line with infinite Z", func() pg.Row {
			return pg.BankLine{
				Record: rec("x"), Kind: "bank", River: "r", Bank: geo.Left,
				Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.4, 26.6, 1200, 106.41, 26.6, math.Inf(1)}),
			}
		}(), geo.CodeRefused},
		{"a polygon that crosses itself", pg.Area{
			Record: rec("x"), River: "r", Status: "announced",
			Geom: geom.NewMultiPolygonFlat(geom.XY, []float64{106, 26, 107, 27, 107, 26, 106, 27, 106, 26}, [][]int{{10}}),
		}, geo.CodeRefused},
		{"a post of nothing", pg.Post{Record: rec("x"), Level: geo.Town, Role: "chief", DualRole: "none", Title: "河长"}, geo.CodeRefused},
	}
	before := version(t, db.Store)
	for _, tt := range tests {
		err := refuse(t, db.Store, tt.name, tt.row)
		if got := geo.CodeOf(err); err == nil || got != tt.want {
			t.Errorf("%s: got %q (%v), want %q", tt.name, got, err, tt.want)
		}
		if e, ok := errors.AsType[*geo.Error](err); ok && strings.Contains(e.Msg, "Key (") {
			t.Errorf("%s: PostgreSQL speaks to the client: %s", tt.name, e.Msg)
		}
	}
	if after := version(t, db.Store); before != after {
		t.Errorf("a refused batch left a write: version %d became %d", before, after)
	}
	merge(t, db.Store, board)
}

func version(t *testing.T, s *pg.Store) int64 {
	t.Helper()
	v, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// refuse tries to store a row and gives the error.
func refuse(t *testing.T, s *pg.Store, name string, rows ...pg.Row) error {
	t.Helper()
	b, err := s.NewBatch(t.Context(), "test", name)
	if err != nil {
		t.Fatal(err)
	}
	if err = b.Add(t.Context(), rows...); err == nil {
		_, err = b.Merge(t.Context())
	}
	return err
}

// A level line that runs north-south has one X and one Z; the check of Z must not take that for a fault.
func TestLevelBankLineIsStorable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, append(smallRiver(), pg.BankLine{
		Record: rec("x"), Kind: "bank", River: "r", Bank: geo.Left,
		Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.4, 26.6, 1200, 106.4, 26.7, 1200, 106.5, 26.7, 1200}),
	})...)
}

func denied(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "42501"
}

// The roles can do what they are for and nothing more: reading reads, writing goes through merge() only.
func TestRoles(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, smallRiver()...)
	for _, role := range []string{"hetu_ro", "hetu_rw"} {
		for _, sql := range []string{
			"INSERT INTO river (id, key) VALUES (9999, 'x')", "UPDATE river_version SET name = 'x'", "DELETE FROM change", "TRUNCATE audit",
			"CREATE TABLE public.t ()", "SELECT ST_Buffer(geom, 1) FROM reach_version", "SELECT ST_HausdorffDistance(geom, geom, 0.1) FROM reach_version",
			"SELECT lo_from_bytea(0, 'x')", "SELECT pg_read_file('PG_VERSION')", "COPY river TO PROGRAM 'true'", "INSERT INTO hetu.setting VALUES ('x', '1')",
		} {
			if err := db.Exec(t.Context(), role, sql); !denied(err) {
				t.Errorf("%s may %s: %v", role, sql, err)
			}
		}
	}
	if err := db.Exec(t.Context(), "hetu_rw", "INSERT INTO staging.person (batch, n, key, id, valid, source, name, fate) VALUES (1, 1, 'x', 1, '(,)', 'x', 'x', 'a')"); !denied(err) {
		t.Errorf("hetu_rw decides what becomes of a staged row: %v", err)
	}
	if err := db.Exec(t.Context(), "hetu_ro", "SELECT hetu.merge(1, now(), 1)"); !denied(err) {
		t.Errorf("hetu_ro may merge: %v", err)
	}
	if err := db.Exec(t.Context(), "hetu_owner", "UPDATE river_version SET name = 'x'"); err == nil || !strings.Contains(err.Error(), "history") {
		t.Errorf("the owner changed history: %v", err)
	}
	if err := db.Exec(t.Context(), "hetu_owner", "DELETE FROM river_version"); err == nil {
		t.Error("the owner deleted history")
	}
}

// A staged row cannot take another's id, and no clock of the caller's can move the record time away from the database's.
func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, townPost()...)
	stage := func(key, id string) string {
		return "WITH b AS (INSERT INTO staging.batch (at, actor, what) VALUES (now(), 'x', 'x') RETURNING id) " +
			"INSERT INTO staging.person (batch, n, key, id, valid, source, name, is_sample) SELECT id, 1, '" + key + "', " + id + ", '(,)', 'x', 'x', true FROM b"
	}
	if err := db.Exec(t.Context(), "hetu_rw", stage("z", "(SELECT id FROM hetu.person WHERE key = 'a')")); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(t.Context(), "hetu_rw", "SELECT hetu.merge(max(id), now(), 1) FROM staging.batch"); err == nil || !strings.Contains(err.Error(), "id of another") {
		t.Errorf("a row took another's id: %v", err)
	}
	for _, when := range []string{"'infinity'", "'2999-01-01'", "NULL"} {
		if err := db.Exec(t.Context(), "hetu_rw", "SELECT hetu.merge(max(id), "+when+", 1) FROM staging.batch"); err == nil || !strings.Contains(err.Error(), "correct the clock") {
			t.Errorf("a merge at %s: %v", when, err)
		}
	}
}

// A batch says one thing of a feature for each day, whatever is stored already.
func TestOneRowADay(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, townPost()...)
	gone := pg.Appointment{Record: pg.Record{Key: "1", Valid: geo.Since(day("2025-06-01")), Gone: true, Source: "test"}, Post: "p", Person: "a"}
	for range 2 {
		err := refuse(t, db.Store, "put and gone", holder("1", "a", "2025-01-01", ""), gone)
		if geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "twice for the same days") {
			t.Errorf("got %v", err)
		}
		merge(t, db.Store, holder("1", "a", "2025-01-01", ""))
	}
}

// A route cannot be shortened under a reach, nor end before it.
func TestRouteKeepsItsReaches(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := smallRiver()
	merge(t, db.Store, rows...)
	route, ok := rows[2].(pg.Route)
	if !ok {
		t.Fatalf("row 2 is a %T", rows[2])
	}
	shorter := route
	shorter.Geom = lref.Measured(line(106.40, 26.60, 106.41, 26.60), "mouth")
	shorter.LengthM = shorter.Geom.FlatCoords()[2]
	if err := refuse(t, db.Store, "shorter", shorter); geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "outside its route") {
		t.Errorf("a shorter route: %v", err)
	}
	ended := route
	ended.Record = pg.Record{Key: "rt", Valid: geo.Since(day("2026-01-01")), Gone: true, Source: "test"}
	if err := refuse(t, db.Store, "ended", ended); geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "not there for all the days") {
		t.Errorf("a route that ends: %v", err)
	}
}

// What a crash of the database takes out of staging is missed by the merge.
func TestLostStagingIsRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]pg.Row, 5000)
	for i := range rows {
		rows[i] = pg.Person{Record: rec(pg.Key(rune(0x4e00 + i))), Name: "示例", IsSample: true}
	}
	if err = b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
	// PostgreSQL empties unlogged tables when it recovers.
	if err = db.Exec(t.Context(), "hetu_owner", "TRUNCATE staging.person"); err != nil {
		t.Fatal(err)
	}
	if err = b.Add(t.Context(), pg.Person{Record: rec("last"), Name: "示例"}); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Merge(t.Context()); geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "1 of 5001 staged rows") {
		t.Errorf("got %v", err)
	}
}

// What hetu_ro can execute of the extensions is this list. A function that is added here was looked at: it ends in time.
func TestFunctionAllowList(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.DSN("hetu_ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `SELECT DISTINCT proname::text FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		WHERE has_function_privilege(p.oid, 'execute') AND pronamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`_st_dwithin _st_intersects box2d box3d bytea contains_2d geometry geometry_contains geometry_distance_box geometry_eq geometry_overlaps
		geometry_same geometry_within is_contained_2d overlaps_2d pgis_asmvt_combinefn pgis_asmvt_deserialfn pgis_asmvt_finalfn pgis_asmvt_serialfn
		pgis_asmvt_transfn pgis_geometry_accum_transfn postgis_index_supportfn postgis_lib_version postgis_version st_asbinary st_asgeojson st_asmvt
		st_asmvtgeom st_combinebbox st_difference st_dimension st_dwithin st_endpoint st_extent st_force2d st_intersection st_intersects st_isvaliddetail st_lineinterpolatepoint st_m st_makeenvelope st_makepoint
		st_npoints st_point st_pointonsurface st_setsrid st_srid st_startpoint st_tileenvelope st_transform st_unaryunion st_x st_xmax st_xmin st_y st_ymax st_ymin st_z`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
