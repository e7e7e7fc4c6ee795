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
)

// Responsible answers Q1. A position with no river within the radius has an empty answer, not an error.
func Responsible(ctx context.Context, src Source, q Question) (Answer, error) {
	if q.RadiusM == 0 {
		q.RadiusM = DefaultRadiusM
	}
	a := Answer{Lon: q.Lon, Lat: q.Lat, AsOf: q.At.AsOf, RadiusM: q.RadiusM, Rivers: []RiverFound{}}
	if !q.At.KnownAt.IsZero() {
		a.KnownAt = &q.At.KnownAt
	}
	found, err := nearest(ctx, src, q)
	if err != nil || len(found) == 0 {
		return a, err
	}
	a.Rivers, a.Tie = found, len(found) > 1
	if err := answerFor(ctx, src, q, a.Rivers); err != nil {
		return Answer{}, err
	}
	return a, nil
}

// nearest finds the rivers that are as near as the nearest, each by its nearest route, and those whose area holds the
// position.
func nearest(ctx context.Context, src Source, q Question) ([]RiverFound, error) {
	routes, err := src.RoutesNear(ctx, q.At, q.Lon, q.Lat, q.RadiusM)
	if err != nil {
		return nil, fmt.Errorf("find routes near: %w", err)
	}
	inside, err := src.AreasAt(ctx, q.At, q.Lon, q.Lat)
	if err != nil {
		return nil, fmt.Errorf("find areas: %w", err)
	}
	byRiver := map[int64]RiverFound{}
	for _, r := range routes {
		f := locate(r, q)
		if slices.Contains(inside, r.River.ID) {
			f.How = InsideArea
		} else if f.DistanceM > q.RadiusM {
			continue
		}
		if was, ok := byRiver[r.River.ID]; !ok || f.DistanceM < was.DistanceM {
			byRiver[r.River.ID] = f
		}
	}
	smallest := math.Inf(1)
	for _, f := range byRiver {
		smallest = min(smallest, f.DistanceM)
	}
	var out []RiverFound
	for _, f := range byRiver {
		if f.How == InsideArea || f.DistanceM <= smallest+tieWithinM {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b RiverFound) int {
		return cmp.Or(cmp.Compare(rankOf(a.How), rankOf(b.How)), cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(a.River.ID, b.River.ID))
	})
	for i := range out {
		out[i].Confidence = confidence(out[i], len(out), q.RadiusM)
	}
	return out, nil
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

// locate sees the position from a route: measure and bank from the centre line, distance from the bank line if there is one.
func locate(r Route, q Question) RiverFound {
	hit := lref.Project(r.Geom, q.Lon, q.Lat)
	f := RiverFound{
		River: r.River, RouteID: r.ID, How: NearestCentre, DistanceM: hit.DistanceM, MeasureM: hit.MeasureM, MeasureLabel: lref.Label(hit.MeasureM),
		Bank: hit.Bank, Beyond: hit.Beyond, Point: [2]float64{hit.Lon, hit.Lat}, Banks: []OnBank{}, Heads: []OfHead{}, Boards: []BoardAt{},
	}
	for i, line := range r.Banks {
		d := lref.Project(withM(line), q.Lon, q.Lat).DistanceM
		if i == 0 || d < f.DistanceM {
			f.DistanceM, f.How = d, NearestBank
		}
	}
	return f
}

// withM gives a bank line (XYZ) the layout that Project reads; its measures are not used.
func withM(line *geom.LineString) *geom.LineString {
	if line.Layout() == geom.XYM {
		return line
	}
	return lref.Measured(line, "source")
}

// answerFor fills in reaches, posts and boards for all rivers found, with one question to the source for each kind.
func answerFor(ctx context.Context, src Source, q Question, found []RiverFound) error {
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
			if r.RouteID == f.RouteID && holds(r, f, reaches) {
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
	posts, err := src.PostsOf(ctx, q.At, reachIDs, rivers, above)
	if err != nil {
		return fmt.Errorf("find posts: %w", err)
	}
	boards, err := src.BoardsOf(ctx, q.At, reachIDs)
	if err != nil {
		return fmt.Errorf("find boards: %w", err)
	}
	for i := range found {
		c := chain{question: q, reaches: here[found[i].RouteID], posts: posts, divisions: divisions, boards: boards}
		c.fill(&found[i])
	}
	return nil
}

// holds tells whether a reach has the place: its measure in [FromM, ToM), closed where no reach of the level goes on, which
// is at the route's length; and its bank, where both banks are asked for on the centre line.
func holds(r Reach, f RiverFound, all []Reach) bool {
	if r.BankScope != geo.Both && f.Bank != geo.Centre && r.BankScope != f.Bank {
		return false
	}
	const end = 1e-6
	if f.MeasureM >= r.FromM && f.MeasureM < r.ToM {
		return true
	}
	if math.Abs(f.MeasureM-r.ToM) > end {
		return false
	}
	goesOn := slices.ContainsFunc(all, func(o Reach) bool {
		return o.RouteID == r.RouteID && o.Level == r.Level && o.ToM > r.ToM+end && o.FromM <= r.ToM+end
	})
	return !goesOn
}
