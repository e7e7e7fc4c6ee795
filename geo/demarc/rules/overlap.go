package rules

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo/boxes"
	"hetu/geo/overlay"
)

// overlapped is a place at which two areas overlap.
type overlapped struct {
	place      geom.T
	fromM, toM float64
	m2, deepM  float64
}

// overlaps finds where the area and another overlap. The edge of what they share is the part of either's edge that lies in the other, so
// its area is had without cutting polygons: parts that end where others begin are joined to rings.
func (c *checker) overlaps(other *region) []overlapped {
	if c.area.empty() || other.empty() || !c.area.box.Meets(other.box) {
		return nil
	}
	var chains [][]float64
	for _, pair := range [][2]*overlay.Shape{{c.area.ordered(), other.ordered()}, {other.ordered(), c.area.ordered()}} {
		for i := range pair[0].Geom.NumPolygons() {
			for p, j := pair[0].Geom.Polygon(i), 0; j < p.NumLinearRings(); j++ {
				chains = append(chains, inside(p.LinearRing(j).FlatCoords(), pair[1])...)
			}
		}
	}
	var out []overlapped
	for _, ring := range c.joined(chains) {
		out = append(out, c.overlapped(ring, other))
	}
	return out
}

// inside gives the parts of a ring that lie in a shape. Only what lies in the shape's box is cut.
func inside(ring []float64, s *overlay.Shape) [][]float64 {
	e := s.Box()
	near := box{X0: e.West, Y0: e.South, X1: e.East, Y1: e.North}
	var out [][]float64
	for i := 0; i+3 < len(ring); i += 2 {
		from := i
		for i+3 < len(ring) && boxes.Of(ring[i], ring[i+1], ring[i+2], ring[i+3]).Meets(near) {
			i += 2
		}
		if i > from {
			parts, _ := s.Inside(geom.NewLineStringFlat(geom.XY, ring[from:i+2]))
			for _, p := range parts {
				out = append(out, p.Flat)
			}
		}
	}
	return out
}

// joined makes rings, in the plane, of chains that end where others begin.
func (c *checker) joined(chains [][]float64) [][]float64 {
	used := make([]bool, len(chains))
	var out [][]float64
	for i := range chains {
		if used[i] {
			continue
		}
		used[i] = true
		ring := c.toPlane(nil, chains[i])
		for {
			n := len(ring)
			next, best := -1, math.Hypot(ring[0]-ring[n-2], ring[1]-ring[n-1])
			for k := range chains {
				if used[k] {
					continue
				}
				x, y := c.plane.To(chains[k][0], chains[k][1])
				if d := math.Hypot(x-ring[n-2], y-ring[n-1]); d < best {
					next, best = k, d
				}
			}
			if next < 0 {
				break
			}
			used[next] = true
			ring = c.toPlane(ring, chains[next])
		}
		out = append(out, append(ring, ring[0], ring[1]))
	}
	return out
}

func (c *checker) toPlane(out, flat []float64) []float64 {
	for i := 0; i+1 < len(flat); i += 2 {
		x, y := c.plane.To(flat[i], flat[i+1])
		out = append(out, x, y)
	}
	return out
}

func (c *checker) overlapped(ring []float64, other *region) overlapped {
	o := overlapped{place: c.point(ring[0], ring[1]), fromM: math.Inf(1), toM: math.Inf(-1), m2: ringM2(ring)}
	for i := 0; i+1 < len(ring); i += 2 {
		m := c.measureAt(ring[i], ring[i+1])
		o.fromM, o.toM = min(o.fromM, m), max(o.toM, m)
		o.deepM = max(o.deepM, c.area.edgeM(ring[i], ring[i+1]), other.edgeM(ring[i], ring[i+1]))
	}
	return o
}
