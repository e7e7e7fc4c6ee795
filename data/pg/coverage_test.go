package pg_test

import (
	"maps"
	"math"
	"slices"
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

// A plan that is not approved is told by no count and by no gap: its river stands with those that have none, and an older edition that is
// in force still counts.
func TestPlansNotApprovedAreNotTold(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := townPost()
	want := map[string]int{"none": 5, "approved": 1, "in_force": 2, "closed": 1}
	lacks := map[string]bool{"none": true, "draft": true, "comment": true, "revised": true, "reviewed": true, "closed": true}
	lat := 26.50
	for _, state := range []string{"none", "draft", "comment", "revised", "reviewed", "approved", "in_force", "closed", "next"} {
		river := pg.Key(state)
		rows = append(rows, dutyRiver(river, lat)...)
		lat += 0.01
		plan := pg.Plan{Record: rec(river + " plan"), Name: state, River: river, Edition: 1, Status: state}
		switch state {
		case "none":
			continue
		case "next": // a new edition is being drafted
			plan.Status = "in_force"
			rows = append(rows, pg.Plan{Record: rec("next plan 2"), Name: state, River: river, Edition: 2, Status: "draft"})
		}
		rows = append(rows, plan)
	}
	merge(t, db.Store, rows...)
	at := duty.Moment{AsOf: day("2018-06-01")}
	counts, _, _, err := db.Store.Counts(t.Context(), at, "")
	if err != nil || !maps.Equal(counts.Plans, want) {
		t.Errorf("plans %v, %v; want %v", counts.Plans, err, want)
	}
	_, _, err = db.Store.Coverage(t.Context(), duty.CoverageQuestion{At: at, Rules: duty.CoverageRules{OverlapM: 0.01}}, func(c duty.RiverCoverage) {
		lacking := slices.ContainsFunc(c.Findings, func(f duty.Finding) bool { return f.Rule == duty.NoPlan })
		if lacking != lacks[c.Name] {
			t.Errorf("%s: lacks a plan: %v, want %v", c.Name, lacking, lacks[c.Name])
		}
	})
	if err != nil {
		t.Error(err)
	}
}
