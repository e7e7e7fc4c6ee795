package duty

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Question is a position to ask about.
type Question struct {
	Lon, Lat float64
	RadiusM  float64 // 0 is DefaultRadiusM
	At       Moment
}

const (
	// DefaultRadiusM is how far a river is looked for (Q1).
	DefaultRadiusM = 500.0
	// tieWithinM is how much farther than the nearest a river may be and still be answered.
	tieWithinM = 20.0
	// maxBoards bounds the boards of one river's answer; the nearest stay.
	maxBoards = 10
	// WidestM is how far off a bank line of a river is looked for whose centre line is near: what a river measures across.
	WidestM = 3000.0
	// storedWithinM is how far a stored measure may lie off the place that it means: the end of a route, or a position of it.
	storedWithinM = 0.01
)

// Box is the box of radiusM metres around a position, in degrees, a little too large rather than too small.
func Box(lon, lat, radiusM float64) geo.Extent {
	dLat := radiusM / 110000
	dLon := dLat / max(0.01, math.Cos(lat*math.Pi/180))
	return geo.Extent{West: lon - dLon, South: lat - dLat, East: lon + dLon, North: lat + dLat}
}

// place is where a position lies on a river, with what the answer is looked up by.
type place struct {
	RiverFound
	route Range // its measures, from end to end
}

// Responsible answers Q1. A position with no river within the radius has an empty answer, not an error.
func Responsible(ctx context.Context, src Source, q Question) (Answer, error) {
	if q.RadiusM == 0 {
		q.RadiusM = DefaultRadiusM
	}
	a := Answer{Lon: q.Lon, Lat: q.Lat, RadiusM: q.RadiusM, Rivers: []RiverFound{}}
	found, err := nearest(ctx, src, q)
	if err != nil || len(found) == 0 {
		return a, err
	}
	if err := answerFor(ctx, src, q, found); err != nil {
		return Answer{}, err
	}
	for _, f := range found {
		a.Rivers = append(a.Rivers, f.RiverFound)
	}
	a.Tie = len(found) > 1
	return a, nil
}

// nearest finds the rivers that are as near as the nearest, each by its nearest route, and those whose area holds the
// position.
func nearest(ctx context.Context, src Source, q Question) ([]place, error) {
	routes, err := src.RoutesNear(ctx, q.At, q.Lon, q.Lat, q.RadiusM)
	if err != nil {
		return nil, fmt.Errorf("find routes near: %w", err)
	}
	inside, err := src.AreasAt(ctx, q.At, q.Lon, q.Lat)
	if err != nil {
		return nil, fmt.Errorf("find areas: %w", err)
	}
	byRiver := map[int64]place{}
	for _, r := range routes {
		f := locate(r, q)
		if slices.Contains(inside, r.River.ID) {
			f.How = InsideArea
		} else if f.DistanceM > q.RadiusM {
			continue
		}
		if was, ok := byRiver[r.River.ID]; !ok || nearer(f, was, q) {
			byRiver[r.River.ID] = f
		}
	}
	smallest := math.Inf(1)
	for _, f := range byRiver {
		smallest = min(smallest, f.DistanceM)
	}
	var out []place
	for _, f := range byRiver {
		if f.How == InsideArea || f.DistanceM <= smallest+tieWithinM {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b place) int {
		return cmp.Or(cmp.Compare(rankOf(a.How), rankOf(b.How)), cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(a.River.ID, b.River.ID))
	})
	for i := range out {
		out[i].Confidence = confidence(out[i].RiverFound, len(out), q.RadiusM)
	}
	return out, nil
}

// nearer tells which of two routes of a river the position is on: they have the river's bank lines in common, so the
// centre line decides between equals.
func nearer(a, b place, q Question) bool {
	centre := func(p place) float64 { return lref.Distance(q.Lon, q.Lat, p.Point[0], p.Point[1]) }
	return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(centre(a), centre(b))) < 0
}

func rankOf(how string) int {
	if how == InsideArea {
		return 0
	}
	return 1
}

// confidence is high inside an area or close to the only river, low past a river's end or far off.
func confidence(f RiverFound, rivers int, radius float64) string {
	switch {
	case f.Beyond && f.DistanceM > tieWithinM || f.DistanceM > radius/2 && f.How != InsideArea:
		return "low"
	case rivers > 1:
		return "medium"
	default:
		return "high"
	}
}

// locate sees the position from a route: measure and bank from the centre line, distance from the bank line on the position's
// side where one faces it. Between the centre line and that bank line the position lies in the river: the distance is 0.
func locate(r Route, q Question) place {
	hit := lref.Project(r.Geom, q.Lon, q.Lat)
	f := place{RiverFound: RiverFound{
		River: r.River, RouteID: r.ID, How: NearestCentre, DistanceM: hit.DistanceM, MeasureM: hit.MeasureM, MeasureLabel: lref.Label(hit.MeasureM),
		Bank: hit.Bank, Beyond: hit.Beyond, Point: geo.LonLat{hit.Lon, hit.Lat}, Banks: []OnBank{}, RiverPosts: []Seat{}, Heads: []OfHead{}, Boards: []BoardAt{},
	}}
	f.route = r.Measures()
	for _, b := range r.Banks {
		if (hit.Bank != geo.Centre && b.Bank != hit.Bank) || !faces(b.Geom, r.Geom, hit.MeasureM) {
			continue
		}
		d := 0.0
		if crosses(b.Geom, f.Point, [2]float64{q.Lon, q.Lat}) {
			d = lref.Project(withM(b.Geom), q.Lon, q.Lat).DistanceM
		} else if hit.Beyond {
			continue // past the end of the centre line nothing tells that the river still lies between its banks
		}
		if f.How != NearestBank || d < f.DistanceM {
			f.DistanceM, f.How = d, NearestBank
		}
	}
	return f
}

// faces tells whether a measure of the route lies between those of the two ends of a bank line.
func faces(bank, route *geom.LineString, m float64) bool {
	flat := bank.FlatCoords()
	last := flat[len(flat)-bank.Stride():]
	a, b := lref.Project(route, flat[0], flat[1]).MeasureM, lref.Project(route, last[0], last[1]).MeasureM
	return m >= min(a, b) && m <= max(a, b)
}

// crosses tells whether the way from one point to another ends on the other side of a line: it crosses it an odd number of
// times.
func crosses(line *geom.LineString, from, to [2]float64) bool {
	side := func(a, b, p [2]float64) bool { return (b[0]-a[0])*(p[1]-a[1])-(b[1]-a[1])*(p[0]-a[0]) >= 0 }
	flat, stride := line.FlatCoords(), line.Stride()
	odd := false
	for i := stride; i < len(flat); i += stride {
		a, b := [2]float64{flat[i-stride], flat[i-stride+1]}, [2]float64{flat[i], flat[i+1]}
		if side(from, to, a) != side(from, to, b) && side(a, b, from) != side(a, b, to) {
			odd = !odd
		}
	}
	return odd
}

// withM gives a bank line (XYZ) the layout that Project reads; its measures are not used.
func withM(line *geom.LineString) *geom.LineString {
	if line.Layout() == geom.XYM {
		return line
	}
	return lref.Measured(line, "source")
}

// answerFor fills in reaches, posts and boards for all rivers found, with one question to the source for each kind.
func answerFor(ctx context.Context, src Source, q Question, found []place) error {
	routes := make([]int64, len(found))
	rivers := make([]int64, len(found))
	for i, f := range found {
		routes[i], rivers[i] = f.RouteID, f.River.ID
	}
	reaches, err := src.ReachesOf(ctx, q.At, routes)
	if err != nil {
		return fmt.Errorf("find reaches: %w", err)
	}
	here := map[int64][]Reach{}
	var reachIDs, divisionIDs []int64
	for _, f := range found {
		for _, r := range reaches {
			if r.RouteID == f.RouteID && holds(r, f) {
				here[f.RouteID] = append(here[f.RouteID], r)
				reachIDs, divisionIDs = append(reachIDs, r.ID), append(divisionIDs, r.DivisionID)
			}
		}
	}
	divisions, err := src.DivisionsUp(ctx, q.At, divisionIDs)
	if err != nil {
		return fmt.Errorf("find divisions: %w", err)
	}
	var above []int64
	for _, d := range divisions {
		above = append(above, d.ID)
	}
	boards, err := src.BoardsOf(ctx, q.At, reachIDs)
	if err != nil {
		return fmt.Errorf("find boards: %w", err)
	}
	for _, b := range boards {
		reachIDs = append(reachIDs, b.ReachIDs...) // a board is stale by the posts of all its reaches
	}
	slices.Sort(reachIDs)
	posts, err := src.PostsOf(ctx, q.At, slices.Compact(reachIDs), rivers, above)
	if err != nil {
		return fmt.Errorf("find posts: %w", err)
	}
	for i := range found {
		f := &found[i].RiverFound
		c := chain{question: q, river: f.River.ID, reaches: here[f.RouteID], posts: posts, divisions: divisions, boards: boards}
		c.fill(f)
	}
	return nil
}

// holds tells whether a reach has the place: its measure, and its bank, where both banks are asked for on the centre line.
func holds(r Reach, f place) bool {
	if r.BankScope != geo.Both && f.Bank != geo.Centre && r.BankScope != f.Bank {
		return false
	}
	return r.Has(f.MeasureM, f.route)
}
