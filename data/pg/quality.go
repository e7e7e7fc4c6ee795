package pg

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/quality"
)

// mostSamplings is how many samplings of a section are told, the newest.
const mostSamplings = 100

// WaterOf gives what the water quality along a river is told from, and the newest write in it. Samplings are those of the days in
// between, both included; a zero day is open.
func (s *Store) WaterOf(ctx context.Context, at duty.Moment, river int64, between geo.Period) (out quality.River, version int64, err error) {
	version, err = s.review(ctx, func(src source) error {
		if _, err := src.scopeOf(ctx, at, duty.Scope{River: &river}); err != nil {
			return err
		}
		routes, err := src.RoutesOf(ctx, at, nil, []int64{river})
		if err != nil {
			return err
		}
		ids := make([]int64, 0, len(routes))
		out.Routes = []quality.Route{}
		for _, r := range routes {
			flat := r.Geom.FlatCoords()
			first, last := flat[2], flat[len(flat)-1]
			ids, out.Routes = append(ids, r.ID), append(out.Routes, quality.Route{ID: r.ID, FromM: min(first, last), ToM: max(first, last)})
		}
		a := with(args(at), "river", river, "routes", ids)
		if out.Sections, err = src.sectionsOf(ctx, "quality_sections", a, between, mostSamplings); err != nil {
			return err
		}
		if out.Outfalls, err = src.outfalls(ctx, a); err != nil {
			return err
		}
		out.Mouths, err = src.mouths(ctx, at, river, routes)
		return err
	})
	return out, version, err
}

// dayOrNull is a day as a parameter; no day is NULL.
func dayOrNull(d geo.Date) pgtype.Date { return pgtype.Date{Time: d.Time(), Valid: !d.IsZero()} }

// sectionsOf gives the sections that a statement tells of, with their newest samplings.
func (s source) sectionsOf(ctx context.Context, query string, a pgx.NamedArgs, between geo.Period, days int) ([]quality.SectionAt, error) {
	type row struct {
		ID         int64
		Code       *string
		Name, Kind string
		Target     quality.Class
		RouteID    *int64
		MeasureM   *float64
	}
	rows, err := collectFrom[row](ctx, s, query, a)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	samplings, err := s.samplings(ctx, with(a, "sections", ids), between, days)
	out := make([]quality.SectionAt, 0, len(rows))
	for _, r := range rows {
		out = append(out, quality.SectionAt{
			ID: r.ID, Code: r.Code, Name: r.Name, Kind: r.Kind, Target: r.Target, Place: quality.PlaceAt(r.RouteID, r.MeasureM, ""), Samplings: samplings[r.ID],
		})
	}
	return out, err
}

// samplings gives the newest samplings of sections, by section, the newest first.
func (s source) samplings(ctx context.Context, a pgx.NamedArgs, between geo.Period, days int) (map[int64][]quality.Sampling, error) {
	type row struct {
		SectionID int64
		TakenOn   time.Time
		Indicator string
		Value     float64
		Unit      string
		Usable    bool
	}
	rows, err := collectFrom[row](ctx, s, "quality_samples", with(a, "from", dayOrNull(between.From), "to", dayOrNull(between.To), "days", days))
	out := map[int64][]quality.Sampling{}
	for _, r := range rows {
		on := geo.NewDate(r.TakenOn.Date())
		of := out[r.SectionID]
		if len(of) == 0 || of[len(of)-1].On != on {
			of = append(of, quality.Sampling{On: on})
		}
		last := &of[len(of)-1]
		last.Values = append(last.Values, quality.Value{Indicator: r.Indicator, Value: r.Value, Unit: r.Unit, Unusable: !r.Usable})
		out[r.SectionID] = of
	}
	return out, err
}

func (s source) outfalls(ctx context.Context, a pgx.NamedArgs) ([]quality.Outfall, error) {
	type row struct {
		ID                   int64
		Code                 *string
		Name, Kind, Approval string
		Monitored            *bool
		RouteID              *int64
		MeasureM             *float64
		Bank                 *geo.Bank
	}
	rows, err := collectFrom[row](ctx, s, "quality_outfalls", a)
	out := make([]quality.Outfall, 0, len(rows))
	for _, r := range rows {
		bank := geo.Bank("")
		if r.Bank != nil {
			bank = *r.Bank
		}
		out = append(out, quality.Outfall{
			ID: r.ID, Code: r.Code, Name: r.Name, Kind: r.Kind, Approval: r.Approval, Monitored: r.Monitored, Place: quality.PlaceAt(r.RouteID, r.MeasureM, bank),
		})
	}
	return out, err
}

// mouths gives where the rivers that flow into a river end: the end of the longest route of each, on the nearest of the river's routes.
func (s source) mouths(ctx context.Context, at duty.Moment, river int64, routes []duty.Route) ([]quality.Mouth, error) {
	tributaries, err := collectFrom[duty.Name](ctx, s, "river_tributaries", with(args(at), "id", river))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(tributaries))
	for _, t := range tributaries {
		ids = append(ids, t.ID)
	}
	lines, err := s.RoutesOf(ctx, at, nil, ids)
	longest := map[int64]*geom.LineString{}
	for _, l := range lines {
		if longest[l.River.ID] == nil {
			longest[l.River.ID] = l.Geom
		}
	}
	out := make([]quality.Mouth, 0, len(tributaries))
	for _, t := range tributaries {
		m := quality.Mouth{RiverID: t.ID, Name: t.Name}
		if line := longest[t.ID]; line != nil {
			m.Place, m.OffM = mouthOn(routes, line)
		}
		out = append(out, m)
	}
	return out, err
}

// fromSideM is how far above its mouth it is looked at from which side a tributary comes.
const fromSideM = 50.0

// mouthOn finds the place of a tributary's end on routes. Which bank it comes from is told a little above: the end lies on the line.
func mouthOn(routes []duty.Route, tributary *geom.LineString) (quality.Place, float64) {
	flat := tributary.FlatCoords()
	end := len(flat) - 3
	var on *duty.Route
	best := lref.Hit{DistanceM: math.Inf(1)}
	for i := range routes {
		if h := lref.Project(routes[i].Geom, flat[end], flat[end+1]); h.DistanceM < best.DistanceM {
			on, best = &routes[i], h
		}
	}
	if on == nil {
		return quality.Place{}, 0
	}
	k := end
	for k > 0 && lref.Distance(flat[k], flat[k+1], flat[end], flat[end+1]) < fromSideM {
		k -= 3
	}
	m := math.Round(best.MeasureM*100) / 100
	return quality.PlaceAt(&on.ID, &m, lref.Project(on.Geom, flat[k], flat[k+1]).Bank), math.Round(best.DistanceM*100) / 100
}
