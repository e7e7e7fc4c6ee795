package export

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// calibrated is a straight river of some 4 km whose kilometre stones count ten times as fast as the way, from the mouth.
func calibrated() *geom.LineString {
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.48, 26.6, 106.50, 26.6, 106.52, 26.6}), "mouth")
	flat := route.FlatCoords()
	for i := 2; i < len(flat); i += 3 {
		flat[i] = 5000 + 10*flat[i]
	}
	return route
}

// The table of an announcement tells lengths, which on a route that was calibrated by kilometre stones are not the differences of its measures; each bank has
// its own; and the rule is told in words.
func TestAnnouncedLengthsAreLengths(t *testing.T) {
	t.Parallel()
	route := calibrated()
	low, high, _ := lref.Ends(route)
	left := geom.NewLineStringFlat(geom.XY, []float64{106.48, 26.601, 106.52, 26.601})
	p := project.Package{Subject: project.Subject{Project: project.Project{FromM: low, ToM: high, RuleProfile: "width-kaiping"}, Stretch: demarc.Stretch{RiverName: "示例河", Route: route, FromM: low, ToM: high}}}
	p.Lines.Pieces, p.Rule = []demarc.Piece{{Bank: geo.Left, FromM: low, ToM: high, Line: left}}, "广东开平河道管理范围（开平市河道管理范围划定公告）"
	got := DeliverableOf(p).Announced[0]
	if got.LengthKm == nil || math.Abs(*got.LengthKm*1000-lref.Length(route)) > 0.001 || got.LeftKm == nil || math.Abs(*got.LeftKm*1000-lref.Length(left)) > 0.001 || got.RightKm != nil {
		t.Errorf("%+v; the river is %.3f m long", got, lref.Length(route))
	}
	if got.Rule != p.Rule || got.Start != lref.Label(low) || got.End != lref.Label(high) {
		t.Errorf("%+v", got)
	}
}

// A piece that the border of towns cuts is written in parts, each with the measures of its own ends, whichever way measures run.
func TestPartsTellTheirOwnEnds(t *testing.T) {
	t.Parallel()
	square := func(w, e float64) *geom.MultiPolygon {
		return geom.NewMultiPolygonFlat(geom.XY, []float64{w, 26.5, e, 26.5, e, 26.7, w, 26.7, w, 26.5}, [][]int{{10}})
	}
	for _, origin := range []string{"mouth", "source"} {
		route := calibrated()
		if origin == "source" {
			route = lref.Measured(route, "source")
		}
		low, high, _ := lref.Ends(route)
		d := Deliverable{Route: route, Divisions: []demarc.Division{
			{ID: 1, Code: "1", Level: geo.Town, Geom: square(106.4, 106.49)}, {ID: 2, Code: "2", Level: geo.Town, Geom: square(106.49, 106.6)},
		}}
		d.Lines.Pieces = []demarc.Piece{{Bank: geo.Left, FromM: low, ToM: high, Line: geom.NewLineStringFlat(geom.XY, []float64{106.48, 26.601, 106.52, 26.601})}}
		parts := newContents(d, middleZone(d)).boundary()
		if len(parts) != 2 {
			t.Fatalf("%d parts", len(parts))
		}
		border := lref.Project(route, 106.49, 26.601).MeasureM
		up, down := [2]float64{border, high}, [2]float64{low, border}
		if origin == "source" {
			up[0], up[1], down[0], down[1] = low, border, border, high
		}
		for i, want := range [][2]float64{up, down} {
			from, _ := parts[i].values["from_m"].(float64) //nolint:errcheck // 0 is told
			to, _ := parts[i].values["to_m"].(float64)     //nolint:errcheck // 0 is told
			if math.Abs(from-want[0]) > 0.05 || math.Abs(to-want[1]) > 0.05 || parts[i].values["from_k"] != lref.Label(from) {
				t.Errorf("%s, part %d: %.2f to %.2f, want %.2f", origin, i, from, to, want)
			}
		}
	}
}
