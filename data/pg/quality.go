package pg

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"hetu/geo"
	"hetu/geo/duty"
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

// mouths gives where the rivers that flow into a river do. One that ends nowhere near it has no place.
func (s source) mouths(ctx context.Context, at duty.Moment, river int64, routes []duty.Route) ([]quality.Mouth, error) {
	tributaries, err := s.Tributaries(ctx, at, river)
	if err != nil {
		return nil, err
	}
	cents := func(m float64) float64 { return math.Round(m*100) / 100 }
	out := make([]quality.Mouth, 0, len(tributaries))
	for _, t := range tributaries {
		mouths, nearestM := t.Mouths(routes)
		for _, m := range mouths {
			at := cents(m.MeasureM)
			out = append(out, quality.Mouth{RiverID: t.ID, Name: t.Name.Name, Place: quality.PlaceAt(&m.RouteID, &at, m.Bank), OffM: new(cents(m.OffM))})
		}
		if len(mouths) == 0 {
			nowhere := quality.Mouth{RiverID: t.ID, Name: t.Name.Name}
			if !math.IsInf(nearestM, 1) {
				nowhere.OffM = new(cents(nearestM))
			}
			out = append(out, nowhere)
		}
	}
	return out, nil
}
