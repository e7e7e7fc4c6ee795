package network

import "hetu/geo"

// SlackM is how far in metres a stored measure may lie off the end of the route or of the part that it means: measures are stored to a
// centimetre. It is one for all that is placed: starts, marks, and what lies on a part.
const (
	SlackM  = 0.01
	slackMM = 10
)

// settle takes a measure that lies past an end of a route, by no more than the slack, to that end.
func (g *Graph) settle(r uint32, mm int64) int64 {
	low, high := g.measures(r)
	if mm < low && mm >= low-slackMM || mm > high && mm <= high+slackMM {
		return min(max(mm, low), high)
	}
	return mm
}

// Ends gives the measures at the upper end of a route and at its lower one, as far as its edges reach.
func (g *Graph) Ends(route int64) (upper, lower float64, ok bool) {
	r, ok := g.route(route)
	if !ok {
		return 0, 0, false
	}
	from, to := g.measures(r)
	low, high := metres(from), metres(to)
	if g.rising.has(r) {
		return high, low, true
	}
	return low, high, true
}

// Before gives the place from which a walk has a part of a route before it: its lower end upstream, its upper end
// downstream. It is on the edge of that part and not the node there, so that what joins or leaves beside the part is not
// walked. A part may reach a centimetre beyond the edges.
func (g *Graph) Before(part Range, mode Mode) (Place, error) {
	r, ok := g.route(part.Route)
	if !ok {
		return Place{}, geo.Errorf(geo.CodeNotFound, "route %d is not part of the network", part.Route)
	}
	rising := g.rising.has(r) == mode.up() // the measures grow as one walks
	m := part.ToM
	if rising {
		m = part.FromM
	}
	mm, ok := placed(m)
	if ok {
		mm = g.settle(r, mm)
		before, after := g.around(r, mm)
		if rising && after != none {
			return Place{g: g, edge: after, mm: mm}, nil
		}
		if before != none && (!rising || g.to(before) > mm) {
			return Place{g: g, edge: before, mm: mm}, nil
		}
	}
	low, high := g.measures(r)
	return Place{}, geo.Errorf(geo.CodeNotFound, "route %d has no edge at %.3f m: its edges lie between %.3f m and %.3f m", part.Route, m, metres(low), metres(high))
}
