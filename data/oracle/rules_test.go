package oracle_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pgtest"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// What the rules call simple and valid is what PostGIS does: of boundaries sound and spoiled, and of scribbles on a small grid, which
// touch, run over and cross themselves in every way.
func TestRulesAgreeWithPostGIS(t *testing.T) {
	t.Parallel()
	var lines []*geom.LineString
	var areas []*geom.MultiPolygon
	faults := rulestest.Faults()
	for seed := range uint64(150) {
		c := rulestest.Sound(seed)
		if seed%3 > 0 {
			faults[int(seed)%len(faults)].Seed(c)
		}
		for _, p := range c.Lines.Pieces {
			lines = append(lines, p.Line)
		}
		areas = append(areas, c.Ring())
		for _, m := range append(zonesOf(c), c.Area) {
			if m != nil {
				areas = append(areas, m)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 6000 {
		lines = append(lines, geom.NewLineStringFlat(geom.XY, scribble(r, 2+r.IntN(6))))
		areas = append(areas, scribbled(r))
	}
	d := pgtest.New(t)
	simple := agreed(t, d, "SELECT ST_IsSimple(ST_GeomFromText(w)) FROM unnest(@texts::text[]) WITH ORDINALITY AS u (w, i) ORDER BY i", texts(lines), func(i int) bool {
		_, ok := rules.Simple(lines[i])
		return ok
	})
	valid := agreed(t, d, "SELECT ST_IsValid(ST_GeomFromText(w)) FROM unnest(@texts::text[]) WITH ORDINALITY AS u (w, i) ORDER BY i", texts(areas), func(i int) bool {
		return rules.Valid(areas[i]) == nil
	})
	t.Logf("%d of %d lines are simple, %d of %d areas valid", simple, len(lines), valid, len(areas))
	if simple < 1000 || len(lines)-simple < 1000 || valid < 1000 || len(areas)-valid < 1000 {
		t.Error("too few of one kind")
	}
}

func zonesOf(c *rulestest.Case) []*geom.MultiPolygon {
	var out []*geom.MultiPolygon
	for _, z := range c.Zones {
		out = append(out, z.Geom)
	}
	for _, p := range c.Parts {
		out = append(out, p.Geom)
	}
	return out
}

func scribble(r *rand.Rand, n int) []float64 {
	var out []float64
	for range n {
		out = append(out, float64(r.IntN(5)), float64(r.IntN(5)))
	}
	if out[0] == out[2] && out[1] == out[3] && n == 2 {
		out[2]++ // a line of one place is none
	}
	return out
}

// scribbled is a polygon of one ring, or of two, or two polygons.
func scribbled(r *rand.Rand) *geom.MultiPolygon {
	ring := func(size int) []float64 {
		at, n := float64(r.IntN(3)), 3+r.IntN(4)
		var out []float64
		for range n {
			out = append(out, at+float64(r.IntN(size)), at+float64(r.IntN(size)))
		}
		return append(out, out[0], out[1])
	}
	a, b := ring(7), ring(3)
	switch r.IntN(3) {
	case 0:
		return geom.NewMultiPolygonFlat(geom.XY, a, [][]int{{len(a)}})
	case 1:
		return geom.NewMultiPolygonFlat(geom.XY, slices.Concat(a, b), [][]int{{len(a), len(a) + len(b)}})
	}
	return geom.NewMultiPolygonFlat(geom.XY, slices.Concat(a, b), [][]int{{len(a)}, {len(a) + len(b)}})
}

// agreed asks PostGIS about all, and gives of how many both say yes.
func agreed(t *testing.T, d *pgtest.Database, sql string, texts []string, ours func(i int) bool) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), sql, pgx.NamedArgs{"texts": texts})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil || len(theirs) != len(texts) {
		t.Fatalf("%d answers, %v", len(theirs), err)
	}
	yes := 0
	for i, want := range theirs {
		got := ours(i)
		if got != want {
			t.Errorf("PostGIS says %v, we say %v: %.300s", want, got, texts[i])
		}
		if got && want {
			yes++
		}
	}
	return yes
}

// texts writes geometries as WKT, every digit of them.
func texts[G geom.T](all []G) []string {
	out := make([]string, len(all))
	for i, g := range all {
		switch g := geom.T(g).(type) {
		case *geom.LineString:
			out[i] = "LINESTRING" + places(g.FlatCoords())
		case *geom.MultiPolygon:
			var polygons []string
			for k := range g.NumPolygons() {
				var rings []string
				for p, j := g.Polygon(k), 0; j < p.NumLinearRings(); j++ {
					rings = append(rings, places(p.LinearRing(j).FlatCoords()))
				}
				polygons = append(polygons, "("+strings.Join(rings, ",")+")")
			}
			out[i] = "MULTIPOLYGON(" + strings.Join(polygons, ",") + ")"
		}
	}
	return out
}

func places(flat []float64) string {
	var out []string
	for i := 0; i < len(flat); i += 2 {
		out = append(out, strconv.FormatFloat(flat[i], 'g', -1, 64)+" "+strconv.FormatFloat(flat[i+1], 'g', -1, 64))
	}
	return "(" + strings.Join(out, ",") + ")"
}
