package rules

import (
	"math"

	gogeom "github.com/twpayne/go-geom"

	"hetu/geo"
)

// What lines may have in common with themselves and each other, and still be looked at: a draft crosses itself here and there, and G1 says where. Of n
// segments n² may meet, and what is made from lines, here and in the database, takes as long as they do so often.
const (
	mostCrossings        = 1_000
	knotsEach, knotsMore = 8, 1_000     // crossings and what touches or lies on each other, by segment and beside: a line may be drawn twice
	pairsEach, pairsMore = 20, 10_000   // of segments whose boxes meet, which may or may not
	stepsEach, stepsMore = 500, 100_000 // of the search for them
	longestKm            = 30_000       // of all: both banks of the longest river are a third of it
)

// Tangled refuses lines (any layout, degrees) that cross themselves or each other at more than a thousand places, whose segments lie about each other as
// those of no bank do, or that are longer than any river: each is told by counting, before anything is made of them. The error is of geo.CodeRefused.
func Tangled(lines ...*gogeom.LineString) error {
	flats, counts := make([][]float64, len(lines)), make([]int, len(lines))
	km := 0.0
	for i, line := range lines {
		flats[i] = distinct(line.FlatCoords(), line.Stride())
		counts[i] = len(flats[i])/2 - 1
		for _, v := range flats[i] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return geo.Errorf(geo.CodeRefused, "a vertex has a coordinate that is no number")
			}
		}
		km += roughKm(flats[i])
	}
	if km > longestKm {
		return geo.Errorf(geo.CodeRefused, "the lines are %.0f km long, and no boundary is longer than %d: draw them along the banks", km, longestKm)
	}
	t := treeOf(flats...)
	n := len(t.segs)
	s := tangleSearch{t, counts, mostCrossings, knotsEach*n + knotsMore, pairsEach*n + pairsMore, stepsEach*n + stepsMore}
	for i := range t.segs {
		if !s.from(i) {
			a := t.segs[i]
			return geo.Errorf(geo.CodeRefused, "the lines meet themselves or each other too often, near %.6f, %.6f and elsewhere: draw them along the banks", a.x1, a.y1)
		}
	}
	return nil
}

// roughKm is the length of a line on a sphere.
func roughKm(flat []float64) float64 {
	degrees := 0.0
	for i := 2; i+1 < len(flat); i += 2 {
		degrees += math.Hypot(flat[i+1]-flat[i-1], (flat[i]-flat[i-2])*math.Cos(flat[i+1]*math.Pi/180))
	}
	return degrees * 111.32
}

// tangleSearch counts down where the segments of a tree meet, and its own steps.
type tangleSearch struct {
	*tree
	counts                         []int
	crossings, knots, pairs, steps int
}

func (s *tangleSearch) over() bool { return min(s.crossings, s.knots, s.pairs, s.steps) < 0 }

// from looks for segments after i that meet it; false when it was too much.
func (s *tangleSearch) from(i int) bool {
	a := s.segs[i]
	return s.rows.EachUpTo(&s.steps, a.box(), func(from, to int) bool {
		for j := max(from, i+1); j < to; j++ {
			b := s.segs[j]
			if !b.box().Meets(a.box()) {
				continue
			}
			s.pairs--
			switch how, x, y := meet(a, b); {
			case how == cross:
				s.crossings, s.knots = s.crossings-1, s.knots-1
			case how != apart && (how != touch || !goesOn(a, b, s.counts, x, y)):
				s.knots--
			}
		}
		return !s.over()
	})
}
