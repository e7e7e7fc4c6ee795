package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/duty"
)

// reviewPage is how many rivers, or boards, a review reads at a time, all that belongs to them included: what it needs of memory does
// not grow with the store.
const reviewPage = 500

// review reads the store, all from one snapshot, and gives the newest write in it.
func (s *Store) review(ctx context.Context, read func(src source) error) (version int64, err error) {
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return 0, interpret(fmt.Errorf("begin an answer: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := tx.QueryRow(ctx, s.queries["store_version"]).Scan(&version); err != nil {
		return 0, interpret(fmt.Errorf("store_version: %w", err))
	}
	return version, read(source{tx, s.queries})
}

// paged has the statements that follow go by index: a page is small whatever the statistics say.
func (s source) paged(ctx context.Context) error { return s.settings(ctx, "review_settings") }

// settings runs a statement that sets how those after it are planned.
func (s source) settings(ctx context.Context, query string) error {
	rows, err := s.db.Query(ctx, s.queries[query])
	if err != nil {
		return interpret(fmt.Errorf("%s: %w", query, err))
	}
	rows.Close()
	return interpret(rows.Err())
}

// ids reads a statement that gives ids.
func (s source) ids(ctx context.Context, query string, a pgx.NamedArgs) ([]int64, error) {
	rows, err := s.db.Query(ctx, s.queries[query], a)
	if err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	return out, nil
}

// divisionOf gives the division of a code.
func (s source) divisionOf(ctx context.Context, at duty.Moment, code string) (*duty.Name, error) {
	found, err := collectFrom[duty.Name](ctx, s, "division_by_code", with(args(at), "division", code))
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, geo.NotFoundField("division", "%d divisions have the code %q on %s; the code of a county is like 150207", len(found), code, at.AsOf)
	}
	return &found[0], nil
}

// scopeOf checks a scope and gives the divisions of it; nil is any.
func (s source) scopeOf(ctx context.Context, at duty.Moment, of duty.Scope) (divisions []int64, err error) {
	if of.River != nil {
		found, err := s.ids(ctx, "find_river", with(args(at), "id", *of.River))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, geo.NotFoundField("river", "there is no river %d on %s; ids are found by /api/v1/rivers?q=", *of.River, at.AsOf)
		}
	}
	if of.Division == "" {
		return nil, nil
	}
	if _, err = s.divisionOf(ctx, at, of.Division); err != nil {
		return nil, err
	}
	return s.ids(ctx, "review_divisions", with(args(at), "division", of.Division))
}
