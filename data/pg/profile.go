package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/duty"
)

// Profile tells what lies along a river, all from one snapshot. A gap up to overlapM is none.
func (s *Store) Profile(ctx context.Context, at duty.Moment, id int64, overlapM float64) (duty.Profile, error) {
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return duty.Profile{}, interpret(fmt.Errorf("begin a profile: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	p, err := duty.ProfileOf(ctx, source{tx, s.queries}, at, id, overlapM)
	if err != nil {
		return p, err
	}
	if err := tx.QueryRow(ctx, s.queries["store_version"]).Scan(&p.Version); err != nil {
		return p, interpret(fmt.Errorf("store_version: %w", err))
	}
	return p, nil
}

func (s source) RiverWhole(ctx context.Context, at duty.Moment, id int64) (duty.ListedRiver, []duty.Route, error) {
	rivers, err := collectFrom[riverRow](ctx, s, "river_find", with(args(at), "ids", []int64{id}, "q", "", "limit", 1))
	if err != nil {
		return duty.ListedRiver{}, nil, err
	}
	if len(rivers) == 0 {
		return duty.ListedRiver{}, nil, geo.Errorf(geo.CodeNotFound, "there is no river %d on %s; ids are found by /api/v1/rivers?q=", id, at.AsOf)
	}
	routes, err := s.RoutesOf(ctx, at, nil, []int64{id})
	return rivers[0].listed(), routes, err
}

func (s source) Alongside(ctx context.Context, at duty.Moment, river int64, routes []int64) ([]duty.Alongside, error) {
	type row struct {
		Kind                    duty.ItemKind
		ID                      int64
		Code, Name, Type, State *string
		TargetClass             *int
		Bank                    *geo.Bank
		RouteID                 *int64
		MeasureM                *float64
		Lon, Lat                float64
	}
	rows, err := collectFrom[row](ctx, s, "profile_alongside", with(args(at), "id", river, "routes", routes))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Alongside, 0, len(rows))
	for _, r := range rows {
		out = append(out, duty.Alongside{
			Kind: r.Kind, ID: r.ID, Code: r.Code, Name: r.Name, Type: r.Type, State: r.State, TargetClass: r.TargetClass, Bank: r.Bank, RouteID: r.RouteID,
			MeasureM: r.MeasureM, At: [2]float64{r.Lon, r.Lat},
		})
	}
	return out, nil
}

// Tributaries gives the rivers that flow into a river, by name, with their routes.
func (s source) Tributaries(ctx context.Context, at duty.Moment, river int64) ([]duty.Tributary, error) {
	names, err := collectFrom[duty.Name](ctx, s, "river_tributaries", with(args(at), "id", river))
	if err != nil {
		return nil, err
	}
	out, ids, index := make([]duty.Tributary, len(names)), make([]int64, len(names)), map[int64]int{}
	for i, n := range names {
		out[i].Name, ids[i], index[n.ID] = n, n.ID, i
	}
	routes, err := s.RoutesOf(ctx, at, nil, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if i, ok := index[r.River.ID]; ok {
			out[i].Routes = append(out[i].Routes, r)
		}
	}
	return out, nil
}

func (s source) Announced(ctx context.Context, at duty.Moment, river int64) ([]duty.AnnouncedLine, error) {
	type row struct {
		ID                                 int64
		Name                               *string
		Bank                               geo.Bank
		Basis                              string
		RouteID                            *int64
		FromM, ToM                         *float64
		StartLon, StartLat, EndLon, EndLat float64
	}
	rows, err := collectFrom[row](ctx, s, "profile_boundaries", with(args(at), "id", river))
	if err != nil {
		return nil, err
	}
	out := make([]duty.AnnouncedLine, 0, len(rows))
	for _, r := range rows {
		out = append(out, duty.AnnouncedLine{
			ID: r.ID, Name: r.Name, Bank: r.Bank, Basis: r.Basis, RouteID: r.RouteID, FromM: r.FromM, ToM: r.ToM,
			Ends: [2][2]float64{{r.StartLon, r.StartLat}, {r.EndLon, r.EndLat}},
		})
	}
	return out, nil
}
