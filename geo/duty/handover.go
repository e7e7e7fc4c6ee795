package duty

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Handovers tells where a river passes from one division of a level into the next, and who hands over to whom (Q6).
type Handovers struct {
	River           Name         `json:"river"`
	Level           geo.Level    `json:"level"`
	Handovers       []Handover   `json:"handovers"`        // down the river, route by route, the longest route first
	BorderStretches []BankBorder `json:"border_stretches"` // where it is the border itself 界河
	Version         int64        `json:"-"`                // the newest write in the rows that it was made of
}

// How a border was found.
const (
	ByReaches  = "reaches"              // the ends of reaches
	ByOutlines = "outlines"             // the outlines of divisions
	ByBoth     = "reaches_and_outlines" // both, see outline_offset_m
)

// Handover is a border that a route passes (交界).
type Handover struct {
	RouteID      int64       `json:"route_id"`
	MeasureM     float64     `json:"measure_m"`
	MeasureLabel string      `json:"measure_label"`
	Bank         geo.Bank    `json:"bank"`
	Point        *geo.LonLat `json:"point"` // null: the line of the route has no such measure
	FoundBy      string      `json:"found_by"`
	// The outlines alone have it, where reaches of the level run on in one division. No trace stops there.
	AgainstReaches bool    `json:"against_reaches"`
	Upper          OnSide  `json:"upper"` // hands over
	Lower          OnSide  `json:"lower"` // takes over
	GapM           float64 `json:"gap_m"` // between the two reaches, nobody's, or between two outlines
	OverlapM       float64 `json:"overlap_m"`
	// How far upstream of measure_m the outlines of the divisions cross the route; negative downstream. Null: they do not, or it
	// was found by them alone.
	OutlineOffsetM *float64   `json:"outline_offset_m"`
	SectionAbove   *SectionAt `json:"section_above"` // the nearest on the route; null: none
	SectionBelow   *SectionAt `json:"section_below"`
}

// OnSide is one side of a border: its division and, where it was found by one, the reach with its posts.
type OnSide struct {
	Division Division `json:"division"`
	Reach    *OfReach `json:"reach"`
}

// SectionAt is a water-quality section near a border.
type SectionAt struct {
	ID           int64   `json:"id"`
	Code         *string `json:"code"`
	Name         *string `json:"name"`
	MeasureM     float64 `json:"measure_m"`
	MeasureLabel string  `json:"measure_label"`
	DistanceM    float64 `json:"distance_m"` // along the route
}

// BankBorder is a part of a route with a division on each bank.
type BankBorder struct {
	RouteID   int64   `json:"route_id"`
	FromM     float64 `json:"from_m"`
	ToM       float64 `json:"to_m"`
	FromLabel string  `json:"from_label"`
	ToLabel   string  `json:"to_label"`
	FoundBy   string  `json:"found_by"`
	SideKnown bool    `json:"side_known"` // false: found by outlines, which do not tell who is on the left
	Left      OnSide  `json:"left"`
	Right     OnSide  `json:"right"`
}

// HandoverSource gives the rows that [HandoversOf] is made of.
type HandoverSource interface {
	// RiverRoutes gives a river and its routes with their lines, the longest first. No routes: it has none.
	RiverRoutes(ctx context.Context, at Moment, river int64) (Name, []Route, error)
	ReachesOf(ctx context.Context, at Moment, routes []int64) ([]Reach, error)
	DivisionsUp(ctx context.Context, at Moment, ids []int64) ([]Division, error)
	PostsOf(ctx context.Context, at Moment, reaches, rivers, divisions []int64) ([]Post, error)
	// SectionsOn gives the water-quality sections of routes.
	SectionsOn(ctx context.Context, at Moment, routes []int64) ([]Site, error)
	// Outlines gives the outlines of divisions of a level that routes meet.
	Outlines(ctx context.Context, at Moment, level geo.Level, routes []int64) ([]Outline, error)
	// Version gives the newest write in the rows.
	Version(ctx context.Context) (int64, error)
}

// HandoversOf answers Q6.
func HandoversOf(ctx context.Context, src HandoverSource, at Moment, river int64, level geo.Level) (Handovers, error) {
	h := handing{at: at, level: level}
	name, routes, err := src.RiverRoutes(ctx, at, river)
	if err != nil {
		return Handovers{}, fmt.Errorf("find the river: %w", err)
	}
	out := Handovers{River: name, Level: level, Handovers: []Handover{}, BorderStretches: []BankBorder{}}
	if out.Version, err = src.Version(ctx); err != nil || len(routes) == 0 {
		return out, err
	}
	if err := h.read(ctx, src, routes); err != nil {
		return Handovers{}, err
	}
	for i := range routes {
		h.route(&routes[i], &out)
	}
	return out, nil
}

// handing is what one answer is put together from.
type handing struct {
	at        Moment
	level     geo.Level
	reaches   map[int64][]Reach
	outlines  []Outline
	divisions []Division
	sections  map[int64][]SiteOn
	chain     chain
}

func (h *handing) read(ctx context.Context, src HandoverSource, routes []Route) error {
	ids, lines := make([]int64, len(routes)), map[int64]*geom.LineString{}
	for i, r := range routes {
		ids[i], lines[r.ID] = r.ID, r.Geom
	}
	reaches, err := src.ReachesOf(ctx, h.at, ids)
	if err != nil {
		return fmt.Errorf("find reaches: %w", err)
	}
	h.reaches = map[int64][]Reach{}
	var reachIDs, divisionIDs []int64
	for _, r := range reaches {
		h.reaches[r.RouteID] = append(h.reaches[r.RouteID], r)
		reachIDs, divisionIDs = append(reachIDs, r.ID), append(divisionIDs, r.DivisionID)
	}
	if h.divisions, err = src.DivisionsUp(ctx, h.at, divisionIDs); err != nil {
		return fmt.Errorf("find divisions: %w", err)
	}
	posts, err := src.PostsOf(ctx, h.at, reachIDs, nil, nil)
	if err != nil {
		return fmt.Errorf("find posts: %w", err)
	}
	h.chain = chain{question: Question{At: h.at}, posts: posts, divisions: h.divisions}
	if h.outlines, err = src.Outlines(ctx, h.at, h.level, ids); err != nil {
		return fmt.Errorf("find the outlines of divisions: %w", err)
	}
	sections, err := src.SectionsOn(ctx, h.at, ids)
	if err != nil {
		return fmt.Errorf("find sections: %w", err)
	}
	h.sections = map[int64][]SiteOn{}
	for _, s := range sections {
		if on, ok := s.On(lines); ok {
			h.sections[on.Route] = append(h.sections[on.Route], on)
		}
	}
	return nil
}

// route adds what one route passes, down the river.
func (h *handing) route(r *Route, out *Handovers) {
	borders, stretches := Crossings(r.ID, r.Geom, h.reaches[r.ID], h.divisions, h.level, h.outlines)
	flat := r.Geom.FlatCoords()
	rising := flat[2] > flat[len(flat)-1] // upstream
	if rising {
		slices.Reverse(borders)
	}
	for _, b := range borders {
		out.Handovers = append(out.Handovers, h.handover(r, b, rising))
	}
	for _, s := range stretches {
		b := BankBorder{
			RouteID: r.ID, FromM: s.Range.FromM, ToM: s.Range.ToM, FromLabel: lref.Label(s.Range.FromM), ToLabel: lref.Label(s.Range.ToM),
			FoundBy: ByOutlines, SideKnown: s.ByReaches, Left: h.side(s.Left), Right: h.side(s.Right),
		}
		if s.ByReaches {
			b.FoundBy = ByReaches
		}
		out.BorderStretches = append(out.BorderStretches, b)
	}
}

func (h *handing) handover(r *Route, b Border, rising bool) Handover {
	upper, lower, sign := b.Low, b.High, -1.0
	if rising {
		upper, lower, sign = b.High, b.Low, 1
	}
	out := Handover{
		RouteID: r.ID, MeasureM: b.MeasureM, MeasureLabel: lref.Label(b.MeasureM), Bank: b.Bank, FoundBy: ByReaches,
		Upper: h.side(upper), Lower: h.side(lower), GapM: b.GapM, OverlapM: b.OverlapM, AgainstReaches: b.Against,
	}
	switch {
	case b.ByReaches && b.ByOutlines:
		out.FoundBy = ByBoth
		off := math.Round(sign*(b.OutlineM-b.MeasureM)*1000) / 1000
		out.OutlineOffsetM = &off
	case b.ByOutlines:
		out.FoundBy = ByOutlines
	}
	if lon, lat, err := lref.Locate(r.Geom, b.MeasureM); err == nil {
		out.Point = &geo.LonLat{lon, lat}
	}
	for _, s := range h.sections[r.ID] {
		d := sign * (s.AtM - b.MeasureM) // upstream
		nearest := &out.SectionAbove
		if d < 0 {
			nearest = &out.SectionBelow
		}
		if *nearest == nil || math.Abs(d) < (*nearest).DistanceM {
			*nearest = &SectionAt{ID: s.ID, Code: s.Code, Name: s.Name, MeasureM: s.AtM, MeasureLabel: lref.Label(s.AtM), DistanceM: math.Abs(d)}
		}
	}
	return out
}

func (h *handing) side(p Piece) OnSide {
	out := OnSide{Division: p.Division}
	if p.Reach != nil {
		r := h.chain.ofReach(*p.Reach)
		out.Reach = &r
	}
	return out
}
