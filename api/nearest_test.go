package api_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/stationing"
)

// confluence is a main river that runs 20 km east, a tributary from the north at its middle, and another river that comes near and never joins.
func confluence() (rows []pg.Row, mouthM float64) {
	line := func(flat ...float64) *geom.LineString {
		return lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	}
	main, tributary := line(106.4, 26.6, 106.5, 26.6, 106.6, 26.6), line(106.5, 26.7, 106.5, 26.6)
	apart := line(106.4, 26.603, 106.6, 26.603)
	mouthM = main.FlatCoords()[5]
	node := func(key pg.Key, kind string, lon, lat float64) pg.Row {
		return pg.Node{Record: always(key), Kind: kind, Geom: geom.NewPointFlat(geom.XY, []float64{lon, lat})}
	}
	edge := func(key, route pg.Key, from, to float64, upper, lower pg.Key) pg.Row {
		return pg.Edge{Record: always(key), Route: route, FromM: from, ToM: to, From: upper, To: lower, Main: true}
	}
	river := func(key pg.Key, route *geom.LineString) []pg.Row {
		return []pg.Row{
			pg.River{Record: always(key), Name: string(key), RiverKind: "river"},
			pg.Route{Record: always(key), River: key, MeasureOrigin: "mouth", FlowDir: "with", LengthM: lref.Length(route), Geom: route},
		}
	}
	rows = append(rows, pg.Division{Record: always("county"), CodeScheme: "local", Code: "520181", Name: "示例县", Level: geo.County, Kind: "县"})
	rows = append(rows, river("干流", main)...)
	rows = append(rows, river("支流", tributary)...)
	rows = append(rows, river("邻河", apart)...)
	return append(rows,
		node("a", "source", 106.4, 26.6), node("b", "junction", 106.5, 26.6), node("c", "outlet", 106.6, 26.6), node("d", "source", 106.5, 26.7),
		node("e", "source", 106.4, 26.603), node("f", "outlet", 106.6, 26.603),
		edge("ab", "干流", mouthM, lref.Length(main), "a", "b"), edge("bc", "干流", 0, mouthM, "b", "c"), edge("db", "支流", 0, lref.Length(tributary), "d", "b"),
		edge("ef", "邻河", 0, lref.Length(apart), "e", "f"),
	), mouthM
}

func outfall(key, river pg.Key, lon, lat float64, m *float64) pg.Row {
	o := pg.Outfall{Record: always(key), Name: string(key), Kind: "industrial", Approval: "approved", River: river, MeasureM: m, Geom: geom.NewPointFlat(geom.XY, []float64{lon, lat})}
	if m != nil {
		o.Route = river
	}
	return o
}

// By water the nearest is up or down the network, however near another river runs; by air it is the nearest whatever its river.
func TestNearest(t *testing.T) {
	t.Parallel()
	rows, mouthM := confluence()
	stored := mouthM - 2000
	rows = append(rows,
		outfall("邻", "邻河", 106.4601, 26.6031, nil), outfall("上游", "干流", 106.45, 26.6003, nil), outfall("支", "支流", 106.5002, 26.62, nil),
		outfall("下游", "干流", 106.52, 26.5998, &stored), outfall("无河", "", 106.4603, 26.6005, nil),
		pg.Reach{
			Record: always("reach"), River: "干流", Route: "干流", FromM: 0, ToM: mouthM, BankScope: geo.Both, Level: geo.County, Division: "county",
			Geom: geom.NewLineStringFlat(geom.XY, []float64{106.5, 26.6, 106.6, 26.6}),
		},
		pg.Board{Record: always("board"), Level: geo.County, Reaches: []pg.Key{"reach"}, Division: "county", SiteText: "示例桥头", State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{106.53, 26.6004})},
		pg.Section{Record: always("section"), Name: "示例断面", Kind: "control", River: "干流", Geom: geom.NewPointFlat(geom.XY, []float64{106.4, 26.6})},
	)
	srv := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		if err := b.Add(t.Context(), rows...); err != nil {
			t.Fatal(err)
		}
	})
	const here = "lon=106.46&lat=26.6002"
	air := asks[stationing.Nearest](t, srv, "/api/v1/nearest?%s&kind=outfalls&by=air", here)
	if diff := cmp.Diff([]string{"无河 none", "邻 none", "上游 up", "支 none", "下游 down"}, ways(air)); diff != "" {
		t.Errorf("by air: %s", diff)
	}
	water := asks[stationing.Nearest](t, srv, "/api/v1/nearest?%s&kind=outfalls&by=water", here)
	if diff := cmp.Diff([]string{"上游 up", "下游 down"}, ways(water)); diff != "" {
		t.Errorf("by water: %s", diff)
	}
	for _, w := range water.Things {
		i := slices.IndexFunc(air.Things, func(a stationing.NearThing) bool { return a.ID == w.ID })
		if diff := cmp.Diff(air.Things[i], w); diff != "" {
			t.Errorf("one thing is told in two ways: %s", diff)
		}
	}
	want := lref.Distance(106.46, 26.6, 106.5, 26.6) + 2000
	if d := water.Things[1]; math.Abs(float64(*d.WaterM)-want) > 0.2 || *d.Label != lref.Label(stored) || water.Hydrolocation.River.Name != "干流" {
		t.Errorf("downstream by the stored measure: %v m, not %v, at %s, from %+v", *d.WaterM, want, *d.Label, water.Hydrolocation)
	}
	if near := asks[stationing.Nearest](t, srv, "/api/v1/nearest?%s&kind=outfalls&by=water&within=3000", here); near.Count != 1 {
		t.Errorf("within 3 km: %v", ways(near))
	}
	if one := asks[stationing.Nearest](t, srv, "/api/v1/nearest?%s&kind=outfalls&limit=1", here); one.Count != 1 || *one.Things[0].Name != "无河" {
		t.Errorf("the one: %v", ways(one))
	}
	board := asks[stationing.Nearest](t, srv, "/api/v1/nearest?%s&kind=notice-boards&by=water", here)
	if board.Count != 1 || math.Abs(float64(*board.Things[0].WaterM)-lref.Distance(106.46, 26.6, 106.53, 26.6)) > 0.2 || board.Things[0].River.Name != "干流" {
		t.Errorf("a board is seen from its reach's route: %+v", board.Things)
	}
	section := asks[stationing.Nearest](t, srv, "/api/v1/nearest?%s&kind=monitoring-sections&by=water", here)
	if section.Count != 1 || *section.Things[0].Way != "up" || section.Things[0].Label == nil || *section.Things[0].Label != lref.Label(lref.Distance(106.4, 26.6, 106.5, 26.6)+mouthM) {
		t.Errorf("a section at the source: %+v", section.Things)
	}
	fromTributary := asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=106.5001&lat=26.65&kind=outfalls&by=water&within=20000")
	if diff := cmp.Diff([]string{"支 down", "下游 down"}, ways(fromTributary)); diff != "" {
		t.Errorf("down a tributary and on, not up the main river: %s", diff)
	}
}

func ways(a stationing.Nearest) (out []string) {
	for _, t := range a.Things {
		way := "none"
		if t.Way != nil {
			way = *t.Way
		}
		out = append(out, *t.Name+" "+way)
	}
	return out
}

// Of the sample every outfall is nearest to itself, both ways, and is no way off along the water.
func TestNearestOfSample(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	all := asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=106.4&lat=26.6&kind=outfalls&limit=100&within=100000")
	if all.Count == 0 {
		t.Fatal("the sample has no outfalls")
	}
	for _, o := range all.Things[:min(len(all.Things), 5)] {
		for _, by := range []string{"air", "water"} {
			self := asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=%v&lat=%v&kind=outfalls&limit=1&by=%s", o.Point[0], o.Point[1], by)
			if self.Count != 1 || self.Things[0].ID != o.ID || self.Things[0].AirM > 0.02 || self.Things[0].WaterM == nil || *self.Things[0].WaterM > 1 {
				t.Errorf("%s by %s: %+v", *o.Name, by, self.Things)
			}
		}
	}
	again := asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=106.4&lat=26.6&kind=outfalls&limit=100&within=100000")
	if diff := cmp.Diff(all, again); diff != "" {
		t.Errorf("asked again: %s", diff)
	}
}

// Stakes stand only on announced boundaries, and their exact place is for those who may see drafts.
func TestNearestStakes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Clock(today))
	rows, _ := confluence()
	for _, status := range []string{"announced", "draft"} {
		rows = append(rows, pg.Boundary{
			Record: always(pg.Key(status)), River: "干流", Route: "干流", Bank: geo.Left, BasisKind: "custom", Status: status,
			Geom: geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.601, 106.5, 26.601}),
		})
	}
	b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
	if err == nil {
		err = b.Add(t.Context(), rows...)
	}
	if err == nil {
		_, err = b.Merge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	// Nothing writes stakes yet.
	if err := db.Exec(t.Context(), "", `WITH s AS (INSERT INTO hetu.stake (key) SELECT key FROM hetu.boundary RETURNING id, key)
		INSERT INTO hetu.stake_version (id, version, valid, recorded, source, boundary_id, name, kind, bank, measure_m, geom)
		SELECT s.id, 1, '(,)', tstzrange('2026-01-01', NULL), 'test', b.id, '干流-左001', 'electronic', 'left', 14000.5, ST_SetSRID(ST_MakePoint(106.4612345, 26.6009876, 0), 4490)
		FROM s JOIN hetu.boundary b USING (key)`); err != nil {
		t.Fatal(err)
	}
	for _, staff := range []bool{false, true} {
		cfg := config(t, db.Store)
		cfg.MayDraftFunc = func(*http.Request) bool { return staff }
		handler, err := api.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(handler)
		t.Cleanup(srv.Close)
		a := asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=106.46&lat=26.6002&kind=stakes&by=water")
		if a.Count != 1 {
			t.Fatalf("stakes: %+v", a.Things)
		}
		s, stands := a.Things[0], geo.LonLat{106.4612345, 26.6009876}
		node := stands.Snapped(50)
		within := func(at geo.LonLat, m float64) int {
			return asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=%v&lat=%v&kind=stakes&within=%v", at[0], at[1], m).Count
		}
		if staff {
			if a.PrecisionM != nil || *s.Name != "干流-左001" || s.Point != stands || *s.Label != "K14+001" || *s.MeasureM != 14000.5 {
				t.Errorf("for staff: %+v", s)
			}
			if within(stands, 1) != 1 || within(node, 1) != 0 {
				t.Error("for staff a stake is found where it stands, and there alone")
			}
			continue
		}
		// All that the public is told follows from the node.
		onRiver := lref.Distance(node[0], 26.6, 106.6, 26.6)
		if a.PrecisionM == nil || *a.PrecisionM != 50 || s.Name != nil || s.Code != nil || s.Point != node ||
			math.Abs(float64(s.AirM)-lref.Distance(106.46, 26.6002, node[0], node[1])) > 0.01 || math.Abs(float64(*s.MeasureM)-onRiver) > 0.1 || *s.Label != lref.Label(onRiver) {
			t.Errorf("for the public: %+v, label %s, node %v", s, *s.Label, node)
		}
		if within(stands, 1) != 0 || within(node, 1) != 1 {
			t.Error("a question about a metre tells where a stake stands")
		}
		// The node lies nearer than the stake: what is looked for goes by it, and not by the box of the place.
		beyond := geo.LonLat{node[0] + 3*(node[0]-stands[0]), node[1] + 3*(node[1]-stands[1])}
		if d := lref.Distance(beyond[0], beyond[1], node[0], node[1]); within(beyond, d+0.5) != 1 || within(beyond, d-0.5) != 0 {
			t.Errorf("a stake %v m off by its node is not found by that", d)
		}
	}
}
