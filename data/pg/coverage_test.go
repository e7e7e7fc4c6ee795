package pg_test

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/duty"
)

// How many boards stand in a division along a river is measured by the outlines of divisions: a village has no reach of its own here.
func TestCoverageOfDivisionsByOutlines(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	village := func(key pg.Key, west, east float64) pg.Row {
		flat := []float64{west, 26.59, east, 26.59, east, 26.61, west, 26.61, west, 26.59}
		return pg.Division{
			Record: rec(key), CodeScheme: "local", Code: string(key), Name: string(key), Level: geo.Village, Kind: "村", Parent: "d",
			Geom: geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{10}}),
		}
	}
	merge(t, db.Store, append(append(townPost(), dutyRiver("river", 26.60)...),
		village("v1", 106.39, 106.43), village("v2", 106.43, 106.46), village("elsewhere", 106.50, 106.52),
		pg.Board{Record: rec("board"), Level: geo.Town, Reaches: []pg.Key{"river reach"}, Division: "v1", State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{106.42, 26.6001})})...)
	rules := duty.CoverageRules{Boards: []duty.BoardRule{{DivisionLevel: geo.Village, Min: 1}}, OverlapM: 0.01}
	var rivers []duty.RiverCoverage
	totals, _, err := db.Store.Coverage(t.Context(), duty.CoverageQuestion{At: duty.Moment{AsOf: day("2018-06-01")}, Rules: rules}, func(c duty.RiverCoverage) { rivers = append(rivers, c) })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range totals.Rules {
		if r.Rule == duty.FewBoards && (r.Items.Part != 1 || r.Items.Whole != 2) {
			t.Errorf("few boards: %+v", r)
		}
	}
	if got := totals.NothingToMeasure(rules.Boards); len(got) != 0 {
		t.Errorf("nothing to measure at %v", got)
	}
	found := 0
	for _, f := range rivers[0].Findings {
		if f.Rule != duty.FewBoards {
			continue
		}
		found++
		// v2 has the river from its mouth, K0, to 106.43: 0.02 of 0.05 degrees.
		whole := rivers[0].LengthM
		if s := f.Stretches[0]; len(f.Stretches) != 1 || s.FromM != 0 || math.Abs(s.ToM-0.4*whole) > 1 || *s.Have != 0 || *s.Need != 1 {
			t.Errorf("%+v of %v m", f.Stretches, whole)
		}
	}
	if found != 1 {
		t.Errorf("%d findings of too few boards: %+v", found, rivers[0].Findings)
	}
}
