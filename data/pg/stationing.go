package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/duty"
	"hetu/geo/network"
	"hetu/geo/stationing"
)

// Locate answers river + K -> place.
func (s *Store) Locate(ctx context.Context, q stationing.LocateQuestion) (stationing.Located, error) {
	made, err := atOnce(ctx, s, func(src source) (stationing.Made[stationing.Located], error) { return stationing.Locate(ctx, src, q) })
	if err != nil {
		return stationing.Located{}, err
	}
	return made(ctx)
}

// MeasureOn answers point -> K on a river.
func (s *Store) MeasureOn(ctx context.Context, river stationing.On, q stationing.PositionQuestion) (stationing.Hydrolocated, error) {
	return atOnce(ctx, s, func(src source) (stationing.Hydrolocated, error) { return stationing.MeasureOn(ctx, src, river, q) })
}

// Hydrolocate answers which river a position lies on.
func (s *Store) Hydrolocate(ctx context.Context, q stationing.PositionQuestion) (stationing.Hydrolocated, error) {
	return atOnce(ctx, s, func(src source) (stationing.Hydrolocated, error) { return stationing.Hydrolocate(ctx, src, q) })
}

// Segment answers range -> lines.
func (s *Store) Segment(ctx context.Context, q stationing.SegmentQuestion) (stationing.Segment, error) {
	made, err := atOnce(ctx, s, func(src source) (stationing.Made[stationing.Segment], error) {
		return stationing.SegmentOf(ctx, src, q)
	})
	if err != nil {
		return stationing.Segment{}, err
	}
	return made(ctx)
}

// Nearest answers what is nearest to a position, by air or along the network. Stakes are exact that stand where the view has a role.
func (s *Store) Nearest(ctx context.Context, view access.View, g *network.Graph, q stationing.NearestQuestion) (stationing.Nearest, error) {
	return atOnce(ctx, s, func(src source) (stationing.Nearest, error) {
		seen, err := src.tree(ctx, view)
		if err != nil {
			return stationing.Nearest{}, err
		}
		return stationing.FindNearest(ctx, nearSource{src, seen}, g, q)
	})
}

// tree gives the divisions of a view and all below them; nil is all.
func (s source) tree(ctx context.Context, view access.View) ([]int64, error) {
	switch {
	case view.All:
		return nil, nil
	case view.Nothing():
		return []int64{}, nil
	}
	rows, err := s.db.Query(ctx, s.queries["draft_tree"], pgx.NamedArgs{"divisions": view.Divisions})
	if err != nil {
		return nil, interpret(fmt.Errorf("draft_tree: %w", err))
	}
	tree, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[[]int64])
	return tree, interpret(err)
}

// nearSource is a source for somebody who has a role in some divisions; nil is all.
type nearSource struct {
	source
	seen []int64
}

// atOnce answers from one snapshot, so that a merge cannot tear the answer.
func atOnce[T any](ctx context.Context, s *Store, answer func(source) (T, error)) (out T, err error) {
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return out, interpret(fmt.Errorf("begin an answer: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return answer(source{tx, s.queries})
}

var _ stationing.Source = source{}

// Version implements [stationing.Source].
func (s source) Version(ctx context.Context) (int64, error) {
	rows, err := s.db.Query(ctx, s.queries["store_version"])
	if err != nil {
		return 0, interpret(fmt.Errorf("store_version: %w", err))
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
	return v, interpret(err)
}

// RiverName implements [stationing.Source].
func (s source) RiverName(ctx context.Context, at duty.Moment, id int64) (string, error) {
	rows, err := collectFrom[riverRow](ctx, s, "river_find", with(args(at), "ids", []int64{id}, "q", "", "limit", 1))
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", geo.Errorf(geo.CodeNotFound, "there is no river %d on %s", id, at.AsOf)
	}
	return rows[0].Name, nil
}

// RoutesIn implements [stationing.Source].
func (s source) RoutesIn(ctx context.Context, at duty.Moment, b geo.Extent) ([]duty.Route, error) {
	return s.routes(ctx, "routes_in", within(args(at), b))
}

// within adds a box.
func within(a pgx.NamedArgs, b geo.Extent) pgx.NamedArgs {
	return with(a, "west", b.West, "south", b.South, "east", b.East, "north", b.North)
}

// BankLinesOf implements [stationing.Source].
func (s source) BankLinesOf(ctx context.Context, at duty.Moment, river int64, b geo.Extent) ([]stationing.BankLine, error) {
	type row struct {
		ID   int64
		Bank geo.Bank
		Name *string
		Geom geom.T
	}
	rows, err := collectFrom[row](ctx, s, "bank_lines_of", with(within(args(at), b), "river", river))
	if err != nil {
		return nil, err
	}
	out := make([]stationing.BankLine, 0, len(rows))
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return nil, fmt.Errorf("bank line %d is a %T", r.ID, r.Geom)
		}
		out = append(out, stationing.BankLine{ID: r.ID, Bank: r.Bank, Name: r.Name, Geom: line})
	}
	return out, nil
}

// ThingsIn implements [stationing.Source]; no stake is told exactly.
func (s source) ThingsIn(ctx context.Context, at duty.Moment, kind stationing.Kind, b geo.Extent, routes []int64) ([]stationing.Thing, error) {
	return nearSource{s, []int64{}}.ThingsIn(ctx, at, kind, b, routes)
}

// ThingsIn implements [stationing.Source].
func (s nearSource) ThingsIn(ctx context.Context, at duty.Moment, kind stationing.Kind, b geo.Extent, routes []int64) ([]stationing.Thing, error) {
	return collectFrom[stationing.Thing](ctx, s.source, "near_"+string(kind), with(within(args(at), b), "routes", routes, "seen", s.seen))
}
