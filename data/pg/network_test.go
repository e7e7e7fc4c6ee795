package pg_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	rivers "hetu/geo/network"
)

// networks is how many random networks are stored; each is walked in all modes, one in thirty from every edge of it, the others from one.
const networks = 10_000

// wildRows makes a small network of any shape: routes walk from node to node at random, so they meet, part, run in circles and twice
// between the same nodes, and count from the mouth or the source.
func wildRows(rng *rand.Rand, n int) []pg.Row {
	rec := func(kind string, k int) pg.Record {
		return pg.Record{Key: pg.KeyOf(kind, fmt.Sprint(n), fmt.Sprint(k)), Source: "test"}
	}
	var rows []pg.Row
	nodes, named, edges := 2+rng.IntN(7), 1+rng.IntN(3), 0
	for k := range nodes {
		rows = append(rows, pg.Node{Record: rec("node", k), Kind: "junction", Geom: geom.NewPointFlat(geom.XY, []float64{105, 30})})
	}
	for k := range named {
		rows = append(rows, pg.River{Record: rec("river", k), Name: "x", RiverKind: "river"})
	}
	for k := range 1 + rng.IntN(5) {
		origin, order := []string{"mouth", "source"}[rng.IntN(2)], 1+rng.IntN(3)
		route := pg.Route{Record: rec("route", k), MeasureOrigin: origin, FlowDir: "with", StreamOrder: &order}
		if r := rng.IntN(named + 1); r < named {
			route.River = rec("river", r).Key
		}
		at, node := 0.0, rng.IntN(nodes)
		for range 1 + rng.IntN(4) {
			next := (node + 1 + rng.IntN(nodes-1)) % nodes
			e := pg.Edge{Record: rec("edge", edges), Route: route.Key, FromM: at, ToM: at + float64(1+rng.IntN(3)), From: rec("node", node).Key, To: rec("node", next).Key, Main: rng.IntN(3) > 0}
			if origin == "mouth" { // it goes up as its measures grow
				e.From, e.To = e.To, e.From
			}
			rows = append(rows, e)
			at, node = e.ToM, next
			edges++
		}
		route.LengthM = at
		flat := []float64{105, 30, 0, 105.1, 30, at}
		if origin == "mouth" {
			flat[2], flat[5] = at, 0
		}
		route.Geom = geom.NewLineStringFlat(geom.XYM, flat)
		rows = append(rows, route)
	}
	return rows
}

// All ways: the recursive query, whose UNION ends circles. The main way chooses one edge at each node by the words of [rivers.Mode]
// and ends where it has been.
const (
	allWays = `WITH RECURSIVE w AS (
		SELECT e.id, e.far FROM ways e WHERE e.up = $2 AND e.id = $1
		UNION SELECT e.id, e.far FROM w JOIN ways e ON e.up = $2 AND e.near = w.far)
		SELECT DISTINCT id FROM w`
	mainWay = `WITH RECURSIVE w AS (
		SELECT e.id, e.far, e.route, e.river, ARRAY[e.far] AS path, true AS goes FROM ways e WHERE e.up = $2 AND e.id = $1
		UNION SELECT n.id, n.far, n.route, n.river, w.path || n.far, NOT n.far = ANY (w.path) AND n.id <> $1
		FROM w CROSS JOIN LATERAL (SELECT e.* FROM ways e WHERE e.up = $2 AND e.near = w.far
			ORDER BY CASE WHEN $2 THEN 1 ELSE (NOT e.main)::int END, e.route <> w.route, e.river <> w.river, NOT e.main,
				e.stream_order DESC, e.span DESC, e.length DESC, e.id LIMIT 1) n
		WHERE w.goes)
		SELECT DISTINCT id FROM w`
)

// waysTable lists each edge twice, as a walk up and down comes upon it.
const waysTable = `CREATE TEMP TABLE ways AS
	SELECT u.up, e.id, CASE WHEN u.up THEN e.to_node_id ELSE e.from_node_id END AS near, CASE WHEN u.up THEN e.from_node_id ELSE e.to_node_id END AS far,
		e.route_id AS route, coalesce(r.river_id, -r.id) AS river, e.main, r.stream_order, e.to_m - e.from_m AS length,
		max(e.to_m) OVER (PARTITION BY u.up, e.route_id) - min(e.from_m) OVER (PARTITION BY u.up, e.route_id) AS span
	FROM hetu.edge_version e JOIN hetu.route_version r ON r.id = e.route_id CROSS JOIN (VALUES (true), (false)) u (up);
	CREATE INDEX ON ways (up, near); CREATE INDEX ON ways (up, id); ANALYZE ways`

// The edges that a trace of the stored network finds are those of PostGIS's recursive query, in all modes, on random networks.
func TestTraceEqualsRecursiveQuery(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rng := rand.New(rand.NewPCG(16, 4))
	mergeRows(t, db, func(add func(...pg.Row)) {
		for n := range networks {
			add(wildRows(rng, n)...)
		}
	})
	stored, err := db.Store.Network().Network(t.Context(), duty.Moment{AsOf: geo.NewDate(2026, 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g, err := rivers.NewGraph(stored.Rows)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.PgConn().Exec(t.Context(), waysTable).ReadAll(); err != nil {
		t.Fatal(err)
	}
	part := partsOf(t, conn)
	walks, of := 0, make([]int, networks) // edges of each network
	for _, e := range stored.Rows.Edges {
		n := part[e.FromNode]
		if of[n]++; of[n] > 1 && n%30 > 0 {
			continue
		}
		for mode, query := range map[rivers.Mode]string{rivers.UpAll: allWays, rivers.DownAll: allWays, rivers.UpMain: mainWay, rivers.DownMain: mainWay} {
			rows, err := conn.Query(t.Context(), query, e.ID, mode == rivers.UpAll || mode == rivers.UpMain)
			if err != nil {
				t.Fatal(err)
			}
			want, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil {
				t.Fatal(err)
			}
			from, err := g.Before(rivers.Range{Route: e.Route, FromM: e.FromM, ToM: e.ToM}, mode)
			if err != nil {
				t.Fatal(err)
			}
			got, err := g.IDs(nil, from, mode, rivers.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s from edge %d: got %v, PostGIS has %v", mode, e.ID, got, want)
			}
			walks++
		}
	}
	t.Logf("%d walks of %d networks", walks, networks)
}

// partsOf tells of each node to which network it belongs: its key begins with the number.
func partsOf(t *testing.T, conn *pgx.Conn) map[int64]int {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT id, split_part(key, ':', 2)::int FROM hetu.node")
	if err != nil {
		t.Fatal(err)
	}
	out, id, n := map[int64]int{}, int64(0), 0
	if _, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { out[id] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func mergeRows(t *testing.T, db *pgtest.Database, fill func(add func(...pg.Row))) {
	t.Helper()
	b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	fill(func(rows ...pg.Row) {
		if err := b.Add(t.Context(), rows...); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// oneEdge is a network of one edge on a route whose measures are a tenth short, as calibrated ones may be.
func oneEdge(calibrated bool, valid geo.Period) []pg.Row {
	rec := func(key string) pg.Record { return pg.Record{Key: pg.KeyOf("one", key), Source: "test", Valid: valid} }
	line := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{105, 30, 105.1, 30}), "source")
	long := line.FlatCoords()[5]
	line.FlatCoords()[5] = 0.9 * long
	return []pg.Row{
		pg.Node{Record: rec("a"), Kind: "source", Geom: geom.NewPointFlat(geom.XY, []float64{105, 30})},
		pg.Node{Record: rec("b"), Kind: "outlet", Geom: geom.NewPointFlat(geom.XY, []float64{105.1, 30})},
		pg.Route{Record: rec("r"), MeasureOrigin: "source", FlowDir: "with", Calibrated: calibrated, LengthM: long, Geom: line},
		pg.Edge{Record: rec("e"), Route: rec("r").Key, FromM: 0, ToM: 0.9 * long, From: rec("a").Key, To: rec("b").Key, Main: true},
	}
}

// The length of an edge of a calibrated route is that of its line, and of any other that of its measures.
func TestNetworkLengths(t *testing.T) {
	t.Parallel()
	for _, calibrated := range []bool{false, true} {
		db := pgtest.New(t)
		mergeRows(t, db, func(add func(...pg.Row)) { add(oneEdge(calibrated, geo.Period{})...) })
		n, err := db.Store.Network().Network(t.Context(), duty.Moment{AsOf: geo.NewDate(2026, 1, 1)})
		if err != nil {
			t.Fatal(err)
		}
		e := n.Rows.Edges[0]
		want := 0.0
		if calibrated {
			want = e.ToM / 0.9
		}
		if d := e.LengthM - want; d > 1e-3 || d < -1e-3 {
			t.Errorf("calibrated %v: %v m, want %v", calibrated, e.LengthM, want)
		}
	}
}

// The days on which a network is the same are those around the day asked for up to where a row begins or ends.
func TestNetworkDays(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	db := pgtest.New(t, pgtest.Clock(func() time.Time { return clock }))
	from, to := geo.NewDate(2020, 1, 1), geo.NewDate(2022, 1, 1)
	mergeRows(t, db, func(add func(...pg.Row)) { add(oneEdge(false, geo.Period{From: from, To: to})...) })
	for _, tt := range []struct {
		day, from, to geo.Date
		edges         int
	}{
		{geo.NewDate(2019, 6, 1), geo.Date{}, from, 0},
		{from, from, to, 1},
		{to.AddDays(-1), from, to, 1},
		{to, to, geo.Date{}, 0},
	} {
		n, err := db.Store.Network().Network(t.Context(), duty.Moment{AsOf: tt.day})
		if err != nil {
			t.Fatal(err)
		}
		if n.From != tt.from || n.To != tt.to || len(n.Rows.Edges) != tt.edges {
			t.Errorf("%v: %d edges, the same from %v to %v", tt.day, len(n.Rows.Edges), n.From, n.To)
		}
	}
	n, err := db.Store.Network().Network(t.Context(), duty.Moment{AsOf: from, KnownAt: clock.Add(-time.Hour)})
	if err != nil || len(n.Rows.Edges) != 0 {
		t.Errorf("before it was known: %v, %d edges", err, len(n.Rows.Edges))
	}
	if n, err = db.Store.Network().Network(t.Context(), duty.Moment{AsOf: from, KnownAt: clock.Add(time.Hour)}); err != nil || len(n.Rows.Edges) != 1 {
		t.Errorf("after it was known: %v, %d edges", err, len(n.Rows.Edges))
	}
}

// The network tells when it was last written, which a write to something else does not move, and before which it was not as it is.
func TestNetworkTellsItsNewestWrite(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	db := pgtest.New(t, pgtest.Clock(func() time.Time { return now }))
	written := func(known time.Time) (time.Time, int) {
		n, err := db.Store.Network().Network(t.Context(), duty.Moment{AsOf: geo.NewDate(2026, 3, 1), KnownAt: known})
		if err != nil {
			t.Fatal(err)
		}
		return n.Written, len(n.Rows.Edges)
	}
	if at, _ := written(time.Time{}); !at.IsZero() {
		t.Errorf("an empty store was written at %v", at)
	}
	first := now
	merge(t, db.Store, append(townPost(), wildRows(rand.New(rand.NewPCG(1, 1)), 1)...)...)
	now = now.Add(time.Hour)
	merge(t, db.Store, pg.Person{Record: rec("other"), Name: "示例丁", IsSample: true})
	at, edges := written(time.Time{})
	if !at.Equal(first) || edges == 0 {
		t.Errorf("written at %v with %d edges, want %v", at, edges, first)
	}
	if _, n := written(first); n != edges {
		t.Errorf("%d edges as known at the write, want %d", n, edges)
	}
	if _, n := written(first.Add(-time.Microsecond)); n != 0 {
		t.Errorf("%d edges as known before it", n)
	}
}
