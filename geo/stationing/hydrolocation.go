package stationing

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// tieM is how much farther off than the nearest a place may be and still be answered.
const tieM = 20.0

// Hydrolocation is a place of a river at which a position may be meant to lie (rule A10).
type Hydrolocation struct {
	River     *duty.River `json:"river"` // null: the line is of no river
	Route     RouteTold   `json:"route"`
	MeasureM  Metres      `json:"measure_m"`
	Label     string      `json:"label"`
	Bank      geo.Bank    `json:"bank"`     // left, right, or centre: within a metre of the centre line (rule A9)
	OffsetM   Metres      `json:"offset_m"` // distance_m with the side as its sign: left is negative
	DistanceM Metres      `json:"distance_m"`
	Beyond    bool        `json:"beyond_end"` // the position lies past an end of the route
	Point     geo.LonLat  `json:"point"`      // of the route
	Reaches   []ReachHere `json:"reaches"`    // those that have the measure, of either bank
}

// Hydrolocated says where on rivers a position lies, nearest first.
type Hydrolocated struct {
	Lon     float64         `json:"lon"`
	Lat     float64         `json:"lat"`
	Tie     bool            `json:"tie"` // more than one place is as near
	Found   []Hydrolocation `json:"hydrolocations"`
	How     string          `json:"-"`
	Version int64           `json:"-"`
}

// PositionQuestion is a position, and how far off a line may lie.
type PositionQuestion struct {
	At       duty.Moment
	Lon, Lat float64
	MaxM     float64
}

// MeasureOn answers point -> K, bank, offset on one river (Q5): every place of every route of it, or of the one asked for, that is
// within 20 m as near as the nearest.
func MeasureOn(ctx context.Context, src Source, river On, q PositionQuestion) (Hydrolocated, error) {
	routes, err := routesOf(ctx, src, river)
	if err != nil {
		return Hydrolocated{}, err
	}
	found, nearestM := hydrolocations(routes, q)
	if len(found) == 0 {
		return Hydrolocated{}, tooFar(q, routes[0].River.Name, nearestM)
	}
	how := "seen from the route asked for"
	if river.Route == 0 {
		how = fmt.Sprintf("seen from all %d routes of the river", len(routes))
	}
	return hydrolocated(ctx, src, q, found, how)
}

// Hydrolocate answers which river a position lies on, whichever it is: every place that is within 20 m as near as the nearest.
func Hydrolocate(ctx context.Context, src Source, q PositionQuestion) (Hydrolocated, error) {
	routes, err := src.RoutesIn(ctx, q.At, duty.Box(q.Lon, q.Lat, q.MaxM))
	if err != nil {
		return Hydrolocated{}, fmt.Errorf("read routes near: %w", err)
	}
	found, _ := hydrolocations(routes, q)
	if len(found) == 0 {
		return Hydrolocated{}, nothingNear(ctx, src, q)
	}
	return hydrolocated(ctx, src, q, found, fmt.Sprintf("the nearest lines within %g m, and those not more than %g m farther off", q.MaxM, tieM))
}

// hydrolocations gives the places of routes that are as near as the nearest, and how far that is. Of places equally near the longer
// route's comes first, as the routes are given, then the upper.
func hydrolocations(routes []duty.Route, q PositionQuestion) (found []Hydrolocation, nearestM float64) {
	nearestM = math.Inf(1)
	for _, r := range routes {
		hits := lref.Candidates(r.Geom, q.Lon, q.Lat, tieM)
		if len(hits) == 0 {
			continue
		}
		nearestM = min(nearestM, hits[0].DistanceM)
		if hits[0].DistanceM > q.MaxM {
			continue
		}
		about := told(&r)
		for _, h := range hits {
			f := Hydrolocation{
				Route: about, MeasureM: Metres(h.MeasureM), Label: lref.Label(h.MeasureM), Bank: h.Bank, OffsetM: Metres(h.OffsetM), DistanceM: Metres(h.DistanceM),
				Beyond: h.Beyond && h.DistanceM > storedM, Point: geo.LonLat{h.Lon, h.Lat},
			}
			if r.River.ID != 0 {
				f.River = &r.River
			}
			found = append(found, f)
		}
	}
	found = slices.DeleteFunc(found, func(f Hydrolocation) bool { return float64(f.DistanceM) > min(nearestM+tieM, q.MaxM) })
	slices.SortStableFunc(found, func(a, b Hydrolocation) int { return cmp.Compare(a.DistanceM, b.DistanceM) })
	return found, nearestM
}

// storedM is what stored measures and positions are good to, in metres.
const storedM = network.SlackM

func hydrolocated(ctx context.Context, src Source, q PositionQuestion, found []Hydrolocation, how string) (Hydrolocated, error) {
	routes, measures := make([]RouteTold, len(found)), make([]float64, len(found))
	for i, f := range found {
		routes[i], measures[i] = f.Route, float64(f.MeasureM)
	}
	reaches, err := reachesAt(ctx, src, q.At, routes, measures)
	if err != nil {
		return Hydrolocated{}, err
	}
	for i := range found {
		found[i].Reaches = reaches[i]
	}
	version, err := src.Version(ctx)
	return Hydrolocated{Lon: q.Lon, Lat: q.Lat, Tie: len(found) > 1, Found: found, How: how, Version: version}, err
}

// farthestM is how far the nearest line is looked for, to say how far it is.
const farthestM = 100_000.0

// nothingNear says how far the nearest line is: a box is made larger until it holds a line that is no farther off than its sides, for
// then no line outside it is nearer.
func nothingNear(ctx context.Context, src Source, q PositionQuestion) error {
	for far := max(2*q.MaxM, 1000); far <= farthestM; far *= 2 {
		routes, err := src.RoutesIn(ctx, q.At, duty.Box(q.Lon, q.Lat, far))
		if err != nil {
			return fmt.Errorf("read routes near: %w", err)
		}
		if name, d := nearestOf(routes, q); d <= far {
			return tooFar(q, name, d)
		}
	}
	return &geo.Error{
		Code: geo.CodeNotFound, Msg: fmt.Sprintf("no river within %g m of the position, and none that is near: no centre line of %s is within some %g km", q.MaxM, q.At.AsOf, farthestM/2000),
		Fields: []geo.Field{{Name: "max_offset", Detail: "no river is near"}},
	}
}

func nearestOf(routes []duty.Route, q PositionQuestion) (name string, distanceM float64) {
	distanceM = math.Inf(1)
	for _, r := range routes {
		if d := lref.Project(r.Geom, q.Lon, q.Lat).DistanceM; d < distanceM {
			name, distanceM = r.River.Name, d
		}
	}
	return name, distanceM
}

// tooFar is the answer where no line is near enough: the distance, and what to ask instead.
func tooFar(q PositionQuestion, river string, nearestM float64) error {
	if river == "" {
		river = "a line of no river"
	}
	detail := fmt.Sprintf("no river within %g m of the position; the nearest, %s, is %.1f m off", q.MaxM, river, nearestM)
	return &geo.Error{Code: geo.CodeNotFound, Msg: detail, Fields: []geo.Field{{Name: "max_offset", Detail: fmt.Sprintf("the nearest is %.1f m off", nearestM)}}}
}
