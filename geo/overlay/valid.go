package overlay

import (
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Fault is why a polygon cannot be used, and where.
type Fault struct {
	Part, Ring int // of a MultiPolygon, from 0; -1 where it is the polygon as a whole
	Lon, Lat   float64
	Placed     bool // Lon, Lat say where
	Reason     string
}

// Error says what is wrong and where.
func (f *Fault) Error() string {
	if !f.Placed {
		return f.Reason
	}
	return fmt.Sprintf("%s at %.7f, %.7f", f.Reason, f.Lon, f.Lat)
}

// Check finds a ring of a polygon from outside, whose rings are closed, that encloses nothing, and edges that pass through each other.
// The other rules of a valid polygon are for PostGIS to say, which a polygon that crosses itself thousands of times would keep busy.
func Check(m *geom.MultiPolygon) *Fault {
	var all edges
	var of [][2]int // part and ring of each edge
	for i := range m.NumPolygons() {
		p := m.Polygon(i)
		for j := range p.NumLinearRings() {
			ring := p.LinearRing(j).FlatCoords()
			if ordered(ring, m.Stride(), j == 0) == nil {
				return nothingIn(i, j, ring)
			}
			all.add(ring, m.Stride())
			for len(of) < len(all.at)/4 {
				of = append(of, [2]int{i, j})
			}
		}
	}
	all.index()
	if f := crossing(&all, of); f != nil {
		return f
	}
	for i := range m.NumPolygons() {
		for j := range m.Polygon(i).NumLinearRings() {
			if ring := m.Polygon(i).LinearRing(j).FlatCoords(); ringM2(ring, m.Stride()) == 0 {
				return nothingIn(i, j, ring)
			}
		}
	}
	return nil
}

func nothingIn(part, ring int, flat []float64) *Fault {
	return &Fault{Part: part, Ring: ring, Lon: flat[0], Lat: flat[1], Placed: true, Reason: "the ring encloses nothing, for all its places lie on one line"}
}

// crossing finds where an edge passes through another.
func crossing(all *edges, of [][2]int) (fault *Fault) {
	for i := 0; i < len(all.at) && fault == nil; i += 4 {
		x1, y1, x2, y2 := all.at[i], all.at[i+1], all.at[i+2], all.at[i+3]
		all.each(geo.Extent{West: min(x1, x2), South: min(y1, y2), East: max(x1, x2), North: max(y1, y2)}, func(j int) bool {
			if j <= i {
				return true
			}
			x3, y3, x4, y4 := all.at[j], all.at[j+1], all.at[j+2], all.at[j+3]
			a, b := cross(x1, y1, x2, y2, x3, y3), cross(x1, y1, x2, y2, x4, y4)
			if !(a*b < 0 && cross(x3, y3, x4, y4, x1, y1)*cross(x3, y3, x4, y4, x2, y2) < 0) {
				return true
			}
			t := a / (a - b)
			fault = &Fault{Part: of[j/4][0], Ring: of[j/4][1], Lon: x3 + (x4-x3)*t, Lat: y3 + (y4-y3)*t, Placed: true, Reason: "the polygon's edges cross each other"}
			return false
		})
	}
	return fault
}
