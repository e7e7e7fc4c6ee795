package lref

import (
	"cmp"
	"math"
	"slices"

	"hetu/geo"
)

const (
	// maxPlaces is how many places of the route a sample may lie opposite, the nearest of those at which the route comes near.
	maxPlaces = 16
	// maxHeld is how many places of the sample before it may still lie opposite, those with the best ways.
	maxHeld = 6
	// A place of the route may be opposite a sample that is not farther off than aroundTimes the most that any sample lies off the route,
	// and at least aroundLeast metres: what is farther is another arm, and to look at all of a long route for every sample takes seconds.
	aroundTimes, aroundLeast = 4, 500.0
)

// opposite is a place of the route that a sample may lie opposite, with the integrals along the route up to it.
type opposite struct {
	q, x, y float64
	d2      float64 // squared metres to the sample
	sum     moments
	cost    float64 // of the best way that ends here
	before  int     // the place of the sample before on that way
}

// moments are the integrals of 1, x, y and x² + y² along a line in a plane: with them the integral of the squared distance to any
// point is had at once.
type moments struct{ one, x, y, square float64 }

// add goes on along a straight line from one point to another.
func (m moments) add(x1, y1, x2, y2 float64) moments {
	l := math.Hypot(x2-x1, y2-y1)
	m.one += l
	m.x += l * (x1 + x2) / 2
	m.y += l * (y1 + y2) / 2
	m.square += l * (x1*x1 + x1*x2 + x2*x2 + y1*y1 + y1*y2 + y2*y2) / 3
	return m
}

// between is the integral of the squared distance to a point along the line from m to n, whichever comes first.
func (m moments) between(n moments, x, y float64) float64 {
	return math.Abs(n.square - m.square - 2*x*(n.x-m.x) - 2*y*(n.y-m.y) + (x*x+y*y)*(n.one-m.one))
}

// follow tells every sample of a bank line which place of the route it lies opposite, and turns the samples so that they run
// downstream. Of all ways to walk both lines it takes the one with the least sum of squared distances, told along the bank line and
// along the route alike: to jump to another arm costs the whole loop that is left out. A way never steps back, or it would go up and
// down the nearer of two arms rather than round the bend; where the bank line itself steps back, in an inlet, it stays opposite one
// place. It is dynamic programming over the places at which the route comes near each sample, once for either direction that the
// bank line may be drawn in.
func follow(ctx geo.Asker, route []float64, samples []sample) error {
	m := newMetric(route, samples)
	beside := newSurroundings(route)
	around := aroundTimes * beside.farthest(samples, aroundLeast/aroundTimes)
	near := make([][]opposite, len(samples))
	for i := range samples {
		if err := asked(ctx, i); err != nil {
			return err
		}
		near[i] = m.opposites(samples[i], beside, around)
	}
	with, costWith, err := m.walk(ctx, near, 1)
	if err != nil {
		return err
	}
	against, costAgainst, err := m.walk(ctx, near, -1)
	if err != nil {
		return err
	}
	drawnAgainst := costAgainst < costWith
	if drawnAgainst {
		with = against
	}
	for i := range samples {
		samples[i].q = with[i]
	}
	if drawnAgainst {
		slices.Reverse(samples)
	}
	m.settle(samples)
	return nil
}

// settle brings the ends of a bank line to the places that they lie opposite. Past its last sample nothing asks for the route, so that the best way
// holds the last few back, for about as far as the line lies off: from there each goes on along the route while that comes nearer.
func (m *metric) settle(samples []sample) {
	n := len(samples)
	for i := heldFrom(samples, n-1, -1) + 1; i > 0 && i < n; i++ {
		samples[i].q = m.nearer(samples[i-1].q, samples[i], 1)
	}
	for i := heldFrom(samples, 0, 1) - 1; i >= 0 && i < n-1; i-- {
		samples[i].q = m.nearer(samples[i+1].q, samples[i], -1)
	}
}

// heldFrom gives the last sample, from one on, that lies opposite the same place.
func heldFrom(samples []sample, i, step int) int {
	for k := i + step; k >= 0 && k < len(samples) && samples[k].q == samples[i].q; k += step {
		i = k
	}
	return i
}

// nearer goes along the route from a place, downstream (1) or up (-1), while it comes nearer to a sample.
func (m *metric) nearer(q float64, s sample, step float64) float64 {
	px, py := m.to(s.lon, s.lat)
	last := float64(len(m.xy)/2 - 1)
	for {
		v := math.Floor(q) // the segment that the way goes on along
		if step < 0 && v == q {
			v--
		}
		if v < 0 || v >= last {
			return q
		}
		x, y := m.xy[2*int(v)], m.xy[2*int(v)+1]
		dx, dy := m.xy[2*int(v)+2]-x, m.xy[2*int(v)+3]-y
		at := q
		if l := dx*dx + dy*dy; l > 0 {
			at = v + min(1, max(0, ((px-x)*dx+(py-y)*dy)/l))
		}
		if (at-q)*step <= 0 {
			return q
		}
		if q = at; at != v && at != v+1 {
			return q
		}
	}
}

// asked tells now and then whether the asker has gone.
func asked(ctx geo.Asker, i int) error {
	if i%askedEvery == 0 {
		return ctx.Err()
	}
	return nil
}

// askedEvery is after how many samples the asker is looked for: some tens of microseconds.
const askedEvery = 64

// farthest is how far the farthest of some samples lies off the line, and at least so far: of those that are seen at a glance to lie nearer it is not asked.
func (s *surroundings) farthest(samples []sample, least float64) float64 {
	for _, at := range samples {
		p := newPlane(at.lon, at.lat)
		if s.besideLast(p, spot{at: -1, d2: math.Inf(1)}).d2 <= least*least {
			continue
		}
		if near, ok := s.nearestOfAll(at.lon, at.lat); ok {
			least = max(least, math.Sqrt(near.d2))
		}
	}
	return least
}

// walk finds the best way for a bank line that is drawn with the flow (1) or against it (-1), and what it costs.
func (m *metric) walk(ctx geo.Asker, near [][]opposite, drawn float64) (way []float64, cost float64, err error) {
	steps := make([][]opposite, len(near))
	for i := range near {
		if err := asked(ctx, i); err != nil {
			return nil, 0, err
		}
		steps[i] = slices.Clone(near[i])
		if i > 0 {
			steps[i] = append(steps[i], m.held(steps[i-1], i)...)
		}
		for k := range steps[i] {
			m.arrive(steps, i, k, drawn)
		}
	}
	last := steps[len(steps)-1]
	k := 0
	for j := range last {
		if last[j].cost < last[k].cost {
			k = j
		}
	}
	cost = last[k].cost
	way = make([]float64, len(steps))
	for i := len(steps) - 1; i >= 0; i-- {
		way[i] = steps[i][k].q
		k = steps[i][k].before
	}
	return way, cost, nil
}

// metric is the plane in which a bank line is laid beside its route. It need not be exact far off: it tells arms apart, and what is
// cut is found anew.
type metric struct {
	plane
	route  []float64
	xy     []float64 // of the vertices of the route
	upTo   []moments // at the vertices of the route
	bank   []float64 // x, y of the samples
	weight []float64 // metres of bank line that a sample stands for
}

func newMetric(route []float64, samples []sample) *metric {
	mid := samples[len(samples)/2]
	m := &metric{plane: newPlane(mid.lon, mid.lat), route: route, upTo: make([]moments, len(route)/3), weight: make([]float64, len(samples))}
	for i := 0; i < len(route); i += 3 {
		x, y := m.to(route[i], route[i+1])
		m.xy = append(m.xy, x, y)
		if v := i / 3; v > 0 {
			m.upTo[v] = m.upTo[v-1].add(m.xy[2*v-2], m.xy[2*v-1], x, y)
		}
	}
	for i, s := range samples {
		x, y := m.to(s.lon, s.lat)
		m.bank = append(m.bank, x, y)
		if i > 0 {
			half := math.Hypot(x-m.bank[2*i-2], y-m.bank[2*i-1]) / 2
			m.weight[i-1] += half
			m.weight[i] += half
		}
	}
	return m
}

// opposites gives the places that a sample may lie opposite, of the parts of the route that come near it.
func (m *metric) opposites(s sample, beside *surroundings, around float64) []opposite {
	found := beside.places(s.lon, s.lat, around)
	if len(found) > maxPlaces {
		slices.SortStableFunc(found, func(a, b spot) int { return cmp.Compare(a.d2, b.d2) })
		found = found[:maxPlaces]
	}
	out := make([]opposite, len(found))
	for i, f := range found {
		v := f.at / 3
		x1, y1, x2, y2 := m.xy[2*v], m.xy[2*v+1], m.xy[2*v+2], m.xy[2*v+3]
		x, y := x1+(x2-x1)*f.along, y1+(y2-y1)*f.along
		out[i] = opposite{q: float64(v) + f.along, x: x, y: y, d2: f.d2, sum: m.upTo[v].add(x1, y1, x, y)}
	}
	return out
}

// held gives the places of the sample before as places of sample i.
func (m *metric) held(before []opposite, i int) []opposite {
	out := slices.Clone(before)
	if len(out) > maxHeld {
		slices.SortStableFunc(out, func(a, b opposite) int { return cmp.Compare(a.cost, b.cost) })
		out = out[:maxHeld]
	}
	for k := range out {
		dx, dy := out[k].x-m.bank[2*i], out[k].y-m.bank[2*i+1]
		out[k].d2 = dx*dx + dy*dy
	}
	return out
}

// arrive finds the best way to place k of sample i.
func (m *metric) arrive(steps [][]opposite, i, k int, drawn float64) {
	to := &steps[i][k]
	to.cost = m.weight[i] * to.d2
	if i == 0 {
		return
	}
	x, y := (m.bank[2*i-2]+m.bank[2*i])/2, (m.bank[2*i-1]+m.bank[2*i+1])/2
	best := math.Inf(1)
	for j := range steps[i-1] {
		from := &steps[i-1][j]
		if (to.q-from.q)*drawn < 0 {
			continue
		}
		if c := from.cost + from.sum.between(to.sum, x, y); c < best {
			best, to.before = c, j
		}
	}
	to.cost += best
}
