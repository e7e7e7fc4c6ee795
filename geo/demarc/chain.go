package demarc

import (
	"math"
	"sort"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Run is a part of one bank's boundary line without a break: pieces one behind the other, with the connectors along the bank that join
// them. A bank has several where the line is open, as at the mouth of a tributary.
type Run struct {
	Bank  geo.Bank
	Flat  []float64 // XY, downstream, no vertex twice
	Along []float64 // metres on the ellipsoid from the run's upstream end, of each vertex
	Parts []Part
}

// Part is what a stretch of a run is: a piece, or a connector between two.
type Part struct {
	From       int     // the vertex that it begins at
	FromM, ToM float64 // the range of the route's measures that it lies opposite; equal for a connector at one place
	Connector  bool
}

// joinWithinM is how far apart two ends may lie and still be one place 接边容差.
const joinWithinM = 0.1

// RunsOf gives a bank's line run by run, downstream: pieces that meet are joined, and so are those with a connector of the bank between
// their ends; connectors at mouths belong to the area alone and join nothing.
func (l Lines) RunsOf(bank geo.Bank) []Run {
	var out []Run
	for _, p := range l.Of(bank) {
		if p.Line == nil || p.Line.NumCoords() < 2 {
			continue
		}
		if n := len(out) - 1; n < 0 || !l.joined(&out[n], p) {
			out = append(out, Run{Bank: bank})
		}
		run := &out[len(out)-1]
		run.part(Part{FromM: p.FromM, ToM: p.ToM}, p.Line)
	}
	for i := range out {
		out[i].measure()
	}
	return out
}

// joined tells whether a run goes on with a piece, and adds the connector where one leads there.
func (l Lines) joined(run *Run, next Piece) bool {
	n := len(run.Flat)
	lon, lat := run.Flat[n-2], run.Flat[n-1]
	first := next.Line.Coord(0)
	if near(lon, lat, first[0], first[1]) {
		return true
	}
	for _, c := range l.Connectors {
		if c.Bank != next.Bank || c.Line == nil || c.Line.NumCoords() < 2 || c.Kind != AtChange && c.Kind != AtBorder {
			continue
		}
		a, b := c.Line.Coord(0), c.Line.Coord(c.Line.NumCoords()-1)
		if near(lon, lat, a[0], a[1]) && near(first[0], first[1], b[0], b[1]) {
			run.part(Part{FromM: c.AtM, ToM: c.AtM, Connector: true}, c.Line)
			return true
		}
	}
	return false
}

func near(lon1, lat1, lon2, lat2 float64) bool {
	return math.Abs(lat1-lat2) < 1e-4 && lref.Distance(lon1, lat1, lon2, lat2) <= joinWithinM
}

// part adds a line to a run. Its first vertex is left out where the run's last is the same.
func (r *Run) part(p Part, line *geom.LineString) {
	p.From = max(0, len(r.Flat)/2-1)
	flat, stride := line.FlatCoords(), line.Stride()
	for i := 0; i+1 < len(flat); i += stride {
		if n := len(r.Flat); n >= 2 && r.Flat[n-2] == flat[i] && r.Flat[n-1] == flat[i+1] {
			continue
		}
		r.Flat = append(r.Flat, flat[i], flat[i+1])
	}
	r.Parts = append(r.Parts, p)
}

func (r *Run) measure() {
	r.Along = make([]float64, len(r.Flat)/2)
	for v := 1; v < len(r.Along); v++ {
		r.Along[v] = r.Along[v-1] + lref.Length(geom.NewLineStringFlat(geom.XY, r.Flat[2*v-2:2*v+2]))
	}
}

// LengthM is the run's length on the ellipsoid.
func (r *Run) LengthM() float64 {
	if len(r.Along) == 0 {
		return 0
	}
	return r.Along[len(r.Along)-1]
}

// Line is the run as one line, XY.
func (r *Run) Line() *geom.LineString { return geom.NewLineStringFlat(geom.XY, r.Flat) }

// Between gives the run between two ways along it, XY: its vertices there, and the two places themselves.
func (r *Run) Between(from, to float64) []float64 {
	lon, lat := r.At(from)
	out := []float64{lon, lat}
	add := func(lon, lat float64) {
		if n := len(out); out[n-2] != lon || out[n-1] != lat {
			out = append(out, lon, lat)
		}
	}
	for v, along := range r.Along {
		if along > from && along < to {
			add(r.Flat[2*v], r.Flat[2*v+1])
		}
	}
	add(r.At(to))
	return out
}

// At gives the place of a run at a way along it; beyond an end, the end.
func (r *Run) At(along float64) (lon, lat float64) {
	v := min(max(sort.SearchFloat64s(r.Along, along), 1), len(r.Along)-1)
	t := 0.0
	if l := r.Along[v] - r.Along[v-1]; l > 0 {
		t = min(1, max(0, (along-r.Along[v-1])/l))
	}
	x1, y1, x2, y2 := r.Flat[2*v-2], r.Flat[2*v-1], r.Flat[2*v], r.Flat[2*v+1]
	switch t {
	case 0:
		return x1, y1
	case 1:
		return x2, y2
	}
	return x1 + (x2-x1)*t, y1 + (y2-y1)*t
}

// Measured is the run as one line, XYM, M being the metres from its upstream end.
func (r *Run) Measured() *geom.LineString {
	xym := make([]float64, 0, len(r.Along)*3)
	for v, along := range r.Along {
		xym = append(xym, r.Flat[2*v], r.Flat[2*v+1], along)
	}
	return geom.NewLineStringFlat(geom.XYM, xym)
}

// RunOf makes a run of one line by itself.
func RunOf(bank geo.Bank, line *geom.LineString) Run {
	r := Run{Bank: bank}
	r.part(Part{}, line)
	r.measure()
	return r
}
