package pg_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

// drawnLayers are the layers that the store has: all but those of names.
func drawnLayers() []tiles.Layer {
	return slices.DeleteFunc(tiles.Catalogue(), func(l tiles.Layer) bool { return l.Names != "" })
}

func layerNames() []string {
	var out []string
	for _, l := range drawnLayers() {
		out = append(out, l.Name)
	}
	return out
}

// history writes at random: few things, few words and few days, so that the same is written again, neighbours are equal and
// spans meet. What breaks a rule of the store is refused as a whole and changes nothing.
type history struct {
	*rand.Rand
	db      *pgtest.Database
	conn    *pgx.Conn // of the superuser, for what no Row can say
	stored  int
	refused int
}

const historyDays = 14

func historyDay(n int) geo.Date { return day("2020-01-01").AddDays(37 * n) }

func pick[T any](h *history, of ...T) T { return of[h.IntN(len(of))] }

func (h *history) key(kind string, n int) pg.Key { return pg.Key(fmt.Sprintf("%s%d", kind, h.IntN(n))) }

func (h *history) record(key pg.Key) pg.Record {
	from, to := h.IntN(historyDays), h.IntN(historyDays)
	if from == to {
		to++
	}
	p := geo.Period{From: historyDay(min(from, to)), To: historyDay(max(from, to))}
	switch h.IntN(5) {
	case 0:
		p.From = geo.Date{}
	case 1:
		p.To = geo.Date{}
	case 2:
		p = geo.Period{}
	}
	return pg.Record{Key: key, Valid: p, Source: "test", Gone: h.IntN(6) == 0}
}

func (h *history) point() *geom.Point { return point(106+float64(h.IntN(3)), 26+float64(h.IntN(3))) }

func (h *history) line() *geom.LineString {
	return line(106, 26, 106.1+float64(h.IntN(3))/10, 26.1, 106.5, 26.5)
}

func (h *history) level() geo.Level {
	return pick(h, geo.Province, geo.City, geo.County, geo.Town, geo.Village)
}

func optional[T any](h *history, v T) *T {
	if h.IntN(3) == 0 {
		return nil
	}
	return &v
}

const (
	historyRivers = 4
	historyRoutes = 6
)

// riverOf is the river that a route and its reaches are on.
func riverOf(route pg.Key) pg.Key {
	if route == "route5" {
		return ""
	}
	return pg.Key(fmt.Sprintf("river%d", (route[5]-'0')/2))
}

func (h *history) river(key pg.Key) pg.Row {
	return pg.River{
		Record: h.record(key), CodeScheme: "local", Code: pick(h, "1", "2"), Name: pick(h, "甲河", "乙河"), NameEn: pick(h, "", "A"), RiverKind: pick(h, "river", "gully"),
		BasinAreaKm2: optional(h, pick(h, 5.0, 20, 60, 300, 2000, 4000, 20_000, 60_000, 300_000)), LengthKm: optional(h, float64(1+h.IntN(3))), Perennial: optional(h, h.IntN(2) == 0),
		StreamOrder: optional(h, 1+h.IntN(9)), ManagingLevels: pick(h, nil, []int16{4, 2}, []int16{5}, []int16{3, 3, 1}), FlowsInto: pick(h, "", h.key("river", historyRivers)),
	}
}

func (h *history) route(key pg.Key) pg.Row {
	m := float64(1000 + h.IntN(2))
	return pg.Route{
		Record: h.record(key), River: riverOf(key), MeasureOrigin: "mouth", FlowDir: "with", LengthM: m, StreamOrder: optional(h, 1+h.IntN(9)),
		Geom: geom.NewLineStringFlat(geom.XYM, []float64{106, 26, m, 106.2 + float64(h.IntN(2))/10, 26.2, 500, 106.5, 26.5, 0}),
	}
}

func (h *history) reach(key pg.Key) pg.Row {
	route := h.key("route", historyRoutes-1)
	from := float64(100 * h.IntN(5))
	return pg.Reach{
		Record: h.record(key), CodeScheme: "local", Code: pick(h, "1", "2"), Name: pick(h, "", "上段"), River: riverOf(route), Route: route, FromM: from, ToM: from + 300,
		BankScope: pick(h, geo.Both, geo.Left, geo.Right), Level: h.level(), Division: h.key("division", 3), Geom: h.line(),
	}
}

func (h *history) division(key pg.Key) pg.Row {
	r := pg.Division{
		Record: h.record(key), CodeScheme: "local", Code: pick(h, "1", "2"), Name: pick(h, "甲县", "乙县"), NameEn: pick(h, "", "A"), Level: h.level(), Kind: pick(h, "县", "区"),
	}
	if h.IntN(4) > 0 {
		r.Geom = tileSquare(106, 26, 1+float64(h.IntN(2)))
	}
	return r
}

// row makes a row of any kind that a layer shows, or of one that none does.
func (h *history) row() pg.Row {
	switch h.IntN(16) {
	case 0, 1:
		return h.river(h.key("river", historyRivers))
	case 2, 3:
		return h.route(h.key("route", historyRoutes))
	case 4, 5, 6:
		return h.reach(h.key("reach", 5))
	case 7:
		return h.division(h.key("division", 3))
	case 8:
		return pg.Post{
			Record: h.record(h.key("post", 4)), Level: geo.Town, Role: pick(h, "chief", "chief", "lake_chief", "river_police"), DualRole: "none", Reach: h.key("reach", 5), Title: pick(h, "河长", "段长"),
		}
	case 9, 10:
		return pg.Appointment{Record: h.record(h.key("appointment", 6)), Post: h.key("post", 4), Person: h.key("person", 2), Note: pick(h, "", "代")}
	case 11:
		return pg.Board{
			Record: h.record(h.key("board", 4)), Code: pick(h, "1", "2"), Level: h.level(), Reaches: pick(h, []pg.Key{h.key("reach", 5)}, []pg.Key{"reach0", "reach1"}), Bank: pick(h, "", geo.Left),
			Division: pick(h, "", h.key("division", 3)), SiteText: pick(h, "", "桥头"), InstalledOn: pick(h, geo.Date{}, day("2019-05-05")), State: pick(h, "ok", "faded"), Geom: h.point(),
		}
	case 12, 13:
		route := pick(h, "", h.key("route", historyRoutes-1))
		return pg.Boundary{
			Record: h.record(h.key("boundary", 5)), Name: pick(h, "", "甲段"), River: h.key("river", historyRivers), Route: route, Bank: pick(h, geo.Left, geo.Right), BasisKind: "levee_toe",
			FromM: pick(h, nil, optional(h, 200.0)), ToM: optional(h, 450.0), Status: pick(h, "draft", "approved", "announced", "announced", "announced", "superseded"), Geom: h.line(),
		}
	case 14:
		if h.IntN(2) == 0 {
			return pg.Section{
				Record: h.record(h.key("section", 2)), Code: pick(h, "", "1"), Name: pick(h, "甲断面", "乙断面"), Kind: pick(h, "national", "provincial", "city", "county"),
				River: pick(h, "", h.key("river", historyRivers)), TargetClass: optional(h, 1+h.IntN(6)), Division: pick(h, "", h.key("division", 3)), Geom: h.point(),
			}
		}
		return pg.Outfall{
			Record: h.record(h.key("outfall", 2)), Code: pick(h, "", "1"), Name: "甲口", Kind: "污水处理厂", Approval: pick(h, "approved", "none"), Monitor: optional(h, h.IntN(2) == 0),
			River: pick(h, "", h.key("river", historyRivers)), Bank: pick(h, "", geo.Right), Geom: h.point(),
		}
	default:
		return pg.Plan{Record: h.record(h.key("plan", 3)), Name: "方案", River: h.key("river", historyRivers), Edition: 1 + h.IntN(2), Status: pick(h, "draft", "approved", "in_force")}
	}
}

// always makes a row true for all days.
func always(row pg.Row) pg.Row {
	all := func(r pg.Record) pg.Record { return pg.Record{Key: r.Key, Source: r.Source} }
	switch r := row.(type) {
	case pg.River:
		r.Record = all(r.Record)
		return r
	case pg.Route:
		r.Record = all(r.Record)
		return r
	case pg.Reach:
		r.Record = all(r.Record)
		return r
	case pg.Division:
		r.Record = all(r.Record)
		return r
	}
	return row
}

func newHistory(t *testing.T, seed uint64) *history {
	t.Helper()
	h := &history{Rand: rand.New(rand.NewPCG(seed, 7)), db: pgtest.New(t)}
	var err error
	if h.conn, err = pgx.Connect(t.Context(), h.db.DSN("")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.conn.Close(context.Background()) })
	var rows []pg.Row
	for i := range historyRivers {
		rows = append(rows, always(h.river(pg.Key(fmt.Sprintf("river%d", i)))))
	}
	for i := range historyRoutes {
		rows = append(rows, always(h.route(pg.Key(fmt.Sprintf("route%d", i)))))
	}
	for i := range 3 {
		rows = append(rows, always(h.division(pg.Key(fmt.Sprintf("division%d", i)))))
	}
	for i := range 5 {
		rows = append(rows, always(h.reach(pg.Key(fmt.Sprintf("reach%d", i)))))
	}
	for i := range 4 {
		rows = append(rows, pg.Post{Record: tileRecord(pg.Key(fmt.Sprintf("post%d", i))), Level: geo.Town, Role: "chief", DualRole: "none", Reach: h.key("reach", 5), Title: "河长"})
	}
	rows = append(rows, pg.Person{Record: tileRecord("person0"), Name: "示例甲", IsSample: true}, pg.Person{Record: tileRecord("person1"), Name: "示例乙", IsSample: true})
	merge(t, h.db.Store, rows...)
	return h
}

// write brings a batch of one to three rows in, or sees it refused.
func (h *history) write(t *testing.T) {
	t.Helper()
	if h.IntN(20) == 0 {
		h.planReach(t)
		return
	}
	b, err := h.db.Store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	for range 1 + h.IntN(3) {
		if err = b.Add(t.Context(), h.row()); err != nil {
			t.Fatal(err)
		}
	}
	switch _, err = b.Merge(t.Context()); geo.CodeOf(err) {
	case geo.CodeRefused, geo.CodeConflict:
		h.refused++
	default:
		if err != nil {
			t.Fatal(err)
		}
		h.stored++
	}
}

// planReach writes a plan of a reach, for which there is no Row.
func (h *history) planReach(t *testing.T) {
	t.Helper()
	from := h.IntN(historyDays)
	err := h.db.Exec(t.Context(), "hetu_rw", `WITH b AS (SELECT hetu.open_batch(now(), 'test', 'a plan of a reach') AS id), staged AS (
			INSERT INTO staging.plan (batch, n, key, id, gone, valid, source, name, reach_id, status)
			SELECT b.id, 1, r.key, r.id, $1, daterange($2, $3), 'test', '方案', k.id, $4 FROM b, hetu.resolve('plan', ARRAY['reach plan']) r, hetu.reach k WHERE k.key = $5 RETURNING batch)
		SELECT FROM staged`, h.IntN(4) == 0, historyDay(from).Time(), historyDay(from+1+h.IntN(4)).Time(), pick(h, "draft", "in_force"), string(h.key("reach", 5)))
	if err == nil {
		err = h.db.Exec(t.Context(), "hetu_rw", "SELECT hetu.merge(max(id), now(), 1) FROM staging.batch")
	}
	if err != nil {
		t.Fatal(err)
	}
	h.stored++
}

// spans are the spans of layers, by layer and feature.
type spans map[string]map[int64][]atlas.Span

func copyOf(s *atlas.Span) atlas.Span {
	c := *s
	c.Shape = atlas.Shape{Flat: slices.Clone(s.Shape.Flat), Parts: slices.Clone(s.Shape.Parts), Hole: slices.Clone(s.Shape.Hole)}
	c.Values = slices.Clone(s.Values)
	return c
}

// loadAll loads every layer. The spans of a feature must come one after the other, in the order of their days, and differ where
// they meet.
func loadAll(t *testing.T, src *pg.AtlasSource) spans {
	t.Helper()
	out := spans{}
	for _, layer := range layerNames() {
		out[layer] = map[int64][]atlas.Span{}
		last := int64(0)
		err := src.Load(t.Context(), layer, func(s *atlas.Span) error {
			if s.ID != last && out[layer][s.ID] != nil {
				return fmt.Errorf("the spans of %s %d do not stand together", layer, s.ID)
			}
			last = s.ID
			if before := out[layer][s.ID]; len(before) > 0 {
				p := before[len(before)-1]
				if p.To > s.From {
					return fmt.Errorf("%s %d: the days %d to %d follow %d to %d", layer, s.ID, s.From, s.To, p.From, p.To)
				}
				if same := copyOf(s); p.To == s.From {
					p.From, p.To = same.From, same.To
					if equalSpans([]atlas.Span{p}, []atlas.Span{same}) {
						return fmt.Errorf("%s %d: two spans that meet at day %d are the same", layer, s.ID, s.From)
					}
				}
			}
			out[layer][s.ID] = append(out[layer][s.ID], copyOf(s))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func spanOptions() cmp.Options {
	return cmp.Options{cmpopts.IgnoreUnexported(atlas.Span{}), cmpopts.EquateEmpty()}
}

func equalSpans(a, b []atlas.Span) bool { return cmp.Equal(a, b, spanOptions()) }

// flat gives a geometry's positions, parts and holes.
func flat(t *testing.T, g orb.Geometry) atlas.Shape {
	t.Helper()
	var s atlas.Shape
	add := func(part []orb.Point) {
		for _, p := range part {
			s.Flat = append(s.Flat, p[0], p[1])
		}
		s.Parts = append(s.Parts, len(part))
	}
	switch g := g.(type) {
	case orb.Point:
		add([]orb.Point{g})
	case orb.LineString:
		add(g)
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				add(r)
			}
		}
	default:
		t.Fatalf("a feature is a %T", g)
	}
	return s
}

func value(t *testing.T, v any) atlas.Value {
	t.Helper()
	switch v := v.(type) {
	case nil:
		return atlas.Value{}
	case string:
		return atlas.TextValue(v)
	case int64:
		return atlas.IntValue(v)
	case bool:
		return atlas.BoolValue(v)
	}
	t.Fatalf("a value is a %T", v)
	return atlas.Value{}
}

// labelled gives the routes that carry the names of their rivers on a day.
func (h *history) labelled(t *testing.T, asOf geo.Date) map[int64]bool {
	t.Helper()
	rows, err := h.conn.Query(t.Context(), `SELECT DISTINCT ON (o.river_id) o.id FROM hetu.route_version o JOIN hetu.river_version v ON v.id = o.river_id
		WHERE upper_inf(o.recorded) AND upper_inf(v.recorded) AND o.valid @> $1::date AND v.valid @> $1::date ORDER BY o.river_id, o.length_m DESC, o.id`, asOf.Time())
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out
}

// compare holds spans against what the statements of the tiles say of a day.
func (h *history) compare(t *testing.T, have spans, asOf geo.Date) {
	t.Helper()
	label := h.labelled(t, asOf)
	d := atlas.DayOf(asOf, 0)
	conn := tileConn(t, h.db)
	for _, layer := range layerNames() {
		want := map[int64]atlas.Span{}
		for _, f := range tileFeatures(t, conn, layer, asOf) {
			s := atlas.Span{ID: f.ID, Rank: f.Rank, Label: layer == "river" && label[f.ID], Shape: flat(t, f.Geometry)}
			for _, v := range f.Values {
				s.Values = append(s.Values, value(t, v))
			}
			want[f.ID] = s
		}
		got := map[int64]atlas.Span{}
		for id, of := range have[layer] {
			for _, s := range of {
				if s.From <= d && d < s.To {
					s.From, s.To = 0, 0
					got[id] = s
				}
			}
		}
		if diff := cmp.Diff(want, got, spanOptions()); diff != "" {
			t.Fatalf("%s on %s: %s", layer, asOf, diff)
		}
	}
}

// After any history the spans of the atlas say of every day what the statements of the tiles say, and a feature that is fetched
// has the spans that it was loaded with.
func TestSpansAreTheTiles(t *testing.T) {
	t.Parallel()
	for turn := range turns {
		h := newHistory(t, uint64(turn))
		src := h.db.Store.Atlas()
		for range 250 {
			h.write(t)
		}
		if h.stored < 100 || h.refused > h.stored {
			t.Fatalf("of the batches %d were stored, %d refused", h.stored, h.refused)
		}
		all := loadAll(t, src)
		byIndex := h.db.Store.Atlas()
		byIndex.SeveralForTest(0)
		if diff := cmp.Diff(all, loadAll(t, byIndex), spanOptions()); diff != "" {
			t.Fatalf("read by the index it is other spans: %s", diff)
		}
		for n := -1; n <= historyDays+1; n++ {
			h.compare(t, all, historyDay(n))
			h.compare(t, all, historyDay(n).AddDays(-1))
		}
		for layer, features := range all {
			ids := slices.Sorted(maps.Keys(features))
			if len(ids) == 0 {
				t.Errorf("the layer %s has nothing to compare", layer)
			}
			ids = append(ids[len(ids)/2:], 1<<40)
			if got, want := fetch(t, src, layer, ids), features; !fetched(got, want, ids) {
				t.Errorf("%s: %v are fetched as %v", layer, ids, got)
			}
		}
	}
}

func fetch(t *testing.T, src *pg.AtlasSource, layer string, ids []int64) map[int64][]atlas.Span {
	t.Helper()
	out := map[int64][]atlas.Span{}
	err := src.Fetch(t.Context(), layer, ids, func(s *atlas.Span) error {
		out[s.ID] = append(out[s.ID], copyOf(s))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func fetched(got, want map[int64][]atlas.Span, ids []int64) bool {
	n := 0
	for _, id := range ids {
		if !equalSpans(got[id], want[id]) {
			return false
		}
		if len(want[id]) > 0 {
			n++
		}
	}
	return len(got) == n
}

// follow takes in the feed until it has all that is written, which a writer in any database of the server holds back.
func (h *history) follow(t *testing.T, src *pg.AtlasSource, at *atlas.Position, take func(atlas.Delta)) {
	t.Helper()
	var end atlas.Position
	if err := h.conn.QueryRow(t.Context(), "SELECT xid, seq, (extract(epoch FROM at) * 1000000)::bigint FROM hetu.change ORDER BY xid DESC, seq DESC LIMIT 1").Scan(&end.XID, &end.Seq, &end.At); err != nil {
		t.Fatal(err)
	}
	for range 3000 {
		if *at == end {
			return
		}
		d, err := src.Changes(t.Context(), *at)
		if err != nil {
			t.Fatal(err)
		}
		if d.To == *at {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		take(d)
		*at = d.To
	}
	t.Fatal("the feed did not come to its end in 30 s")
}

// What a write of any kind changes of any feature is among what the feed says it touches: who fetches that has what a fresh load
// has. Exact invalidation stands on it.
func TestChangesTouchWhatChanges(t *testing.T) {
	t.Parallel()
	for turn := range turns {
		h := newHistory(t, 1000+uint64(turn))
		src := h.db.Store.Atlas()
		at, _, err := src.Position(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		have := loadAll(t, src)
		changed, touched := 0, 0
		for range 50 {
			for range 1 + h.IntN(3) {
				h.write(t)
			}
			named := map[string][]int64{}
			h.follow(t, src, &at, func(d atlas.Delta) {
				for _, layer := range d.Reload {
					t.Errorf("the layer %s is to be read anew after a few writes", layer)
				}
				for layer, ids := range d.Touched {
					named[layer] = append(named[layer], ids...)
				}
			})
			for layer, ids := range named {
				slices.Sort(ids)
				named[layer] = slices.Compact(ids)
			}
			now := loadAll(t, src)
			for _, layer := range layerNames() {
				for _, id := range slices.Sorted(maps.Keys(both(have[layer], now[layer]))) {
					if equalSpans(have[layer][id], now[layer][id]) {
						continue
					}
					changed++
					if !slices.Contains(named[layer], id) {
						t.Fatalf("%s %d changed, and is not among the touched %v: %s", layer, id, named, cmp.Diff(have[layer][id], now[layer][id], spanOptions()))
					}
				}
				touched += len(named[layer])
				if got := fetch(t, src, layer, named[layer]); !fetched(got, now[layer], named[layer]) {
					t.Fatalf("%s: %v are fetched as %v", layer, named[layer], got)
				}
			}
			have = now
		}
		t.Logf("%d features changed, %d were touched", changed, touched)
		if changed < 100 {
			t.Errorf("only %d features changed", changed)
		}
	}
}

func both(a, b map[int64][]atlas.Span) map[int64]bool {
	out := map[int64]bool{}
	for id := range a {
		out[id] = true
	}
	for id := range b {
		out[id] = true
	}
	return out
}

// A layer that does not exist is no layer; what the reader says is what the caller gets, and the connection is given up.
func TestLoadEnds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	src := db.Store.Atlas()
	enough := errors.New("enough")
	for _, read := range map[string]func(string, func(*atlas.Span) error) error{
		"load": func(layer string, emit func(*atlas.Span) error) error { return src.Load(t.Context(), layer, emit) },
		"fetch": func(layer string, emit func(*atlas.Span) error) error {
			return src.Fetch(t.Context(), layer, reachIDs(t, src), emit)
		},
	} {
		for range 10 { // more than the pool has connections
			if err := read("reach", func(*atlas.Span) error { return enough }); !errors.Is(err, enough) {
				t.Errorf("got %v", err)
			}
		}
		if err := read("river_label", func(*atlas.Span) error { return nil }); geo.CodeOf(err) != geo.CodeNotFound {
			t.Errorf("got %v", err)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := src.Load(stopped, "reach", func(*atlas.Span) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func reachIDs(t *testing.T, src *pg.AtlasSource) []int64 {
	t.Helper()
	var ids []int64
	if err := src.Load(t.Context(), "reach", func(s *atlas.Span) error { ids = append(ids, s.ID); return nil }); err != nil {
		t.Fatal(err)
	}
	return ids
}
