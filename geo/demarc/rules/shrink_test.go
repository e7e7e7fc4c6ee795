package rules_test

import (
	"math"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
	"hetu/geo/overlay"
)

// Where a line was moved over some tens of metres G13 tells of all the land that the area lost by it, at the measures that it was moved at.
func TestShrinkIsWhatTheAreaLost(t *testing.T) {
	t.Parallel()
	compared := 0
	for seed := range uint64(40) {
		c := rulestest.Sound(seed)
		before, err := demarc.Area(c.Lines)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Shift(4, -6) {
			continue
		}
		after, err := demarc.Area(c.Lines)
		if err != nil {
			t.Fatal(err)
		}
		lost := overlay.AreaM2(before) - overlay.AreaM2(after)
		if got := ofRule(check(t, c.Subject, nil), "G13"); len(got) != 1 || math.Abs(got[0].Size-lost) > 1+lost/50 {
			t.Errorf("seed %d: %.1f m² were lost, found %+v", seed, lost, got)
		}
		compared++
	}
	if compared < 12 {
		t.Errorf("only %d were compared", compared)
	}
}

// A house that reaches into the strip is named though no corner of it lies within.
func TestHouseThatReachesIn(t *testing.T) {
	t.Parallel()
	c, at := seeded(t, "notch")
	x, y := c.XY(at.Lon, at.Lat)
	ring := func(wide, deep float64) []float64 {
		var out []float64
		for _, p := range [][2]float64{{-wide, -deep}, {wide, -deep}, {wide, deep}, {-wide, deep}, {-wide, -deep}} {
			lon, lat := c.LonLat(x+p[0], y+p[1])
			out = append(out, lon, lat)
		}
		return out
	}
	long, square := ring(40, 1), ring(40, 40)
	c.Things = []demarc.Thing{
		{Kind: "building", Name: "长房", Geom: geom.NewPolygonFlat(geom.XY, long, []int{len(long)})},
		{Kind: "building", Name: "大院", Geom: geom.NewMultiPolygonFlat(geom.XY, square, [][]int{{len(square)}})},
		{Kind: "building", Name: "远处", Geom: geom.NewPointFlat(geom.XY, []float64{at.Lon + 0.01, at.Lat})},
	}
	want := "in which stand 长房, 大院:"
	if found := ofRule(check(t, c.Subject, nil), "G13"); len(found) != 1 || !strings.Contains(found[0].En, want) {
		t.Errorf("%v lacks %q", found, want)
	}
}

// A boundary of one bank, as where the other belongs to another county, needs no line on the other, and its area goes to the middle of the river.
func TestOneBank(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		c := rulestest.Sound(seed)
		s := c.Subject
		s.OneBank = geo.Left
		s.Lines.Pieces, s.Lines.Connectors = s.Lines.Of(geo.Left), nil
		for _, k := range c.Lines.Connectors {
			if k.Bank == geo.Left {
				s.Lines.Connectors = append(s.Lines.Connectors, k)
			}
		}
		s.Area, s.Parts, s.Neighbours, s.Zones, s.Stakes, s.StakeTable = c.LeftHalf(), nil, nil, nil, nil, nil
		s.Meta.TextLengths = []rules.TextLength{}
		for _, f := range check(t, s, nil) {
			t.Errorf("seed %d: %s %s at %.0f: %s", seed, f.Rule, f.Bank, f.FromM, f.En)
		}
		s.OneBank = ""
		if len(ofRule(check(t, s, nil), "G4")) == 0 {
			t.Errorf("seed %d: the right bank is not missed", seed)
		}
	}
}

// Widths that the profile has for another class, or asks for by the river's width, are those that count.
func TestWidthOfTheClass(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		c := rulestest.Sound(seed)
		c.Profile.Widths.Rules[0].LeastM = 18 // of classes 1 to 3; the levees of class 2 stand 15 m off
		levee := false
		for _, l := range c.Survey {
			levee = levee || l.LeveeClass == 2
		}
		found := check(t, c.Subject, nil)
		if got := len(ofRule(found, "G7")) > 0 && len(ofRule(found, "G12")) > 0; got != levee {
			t.Errorf("seed %d: a levee of class 2 %v, found %v", seed, levee, got)
		}
	}
}
