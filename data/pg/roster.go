package pg

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"hetu/data/roster"
	"hetu/tiles/atlas"
)

// RosterSource is the store as the roster reads it: it implements [roster.Source]. Its [Feed] wakes it.
type RosterSource struct {
	*Feed
	store *Store
}

var _ roster.Source = (*RosterSource)(nil)

// Roster gives the store as the roster reads it.
func (s *Store) Roster() *RosterSource { return &RosterSource{Feed: s.leisurelyFeed(), store: s} }

// Open implements [roster.Source]: every reader has a transaction, and all of them the snapshot of the first. One reader alone
// follows, and uses the plans that are kept for that.
func (s *RosterSource) Open(ctx context.Context, readers int) (roster.View, error) {
	v := &rosterView{store: s.store, free: make(chan pgx.Tx, readers)}
	if err := v.open(ctx, readers); err != nil {
		v.Close(ctx)
		return nil, interpret(fmt.Errorf("take a snapshot: %w", err))
	}
	return v, nil
}

// rosterView is a snapshot of the store.
type rosterView struct {
	store *Store
	all   []pgx.Tx
	free  chan pgx.Tx
}

func (v *rosterView) open(ctx context.Context, readers int) error {
	snapshot, pool := "", v.store.read
	if readers == 1 {
		pool = v.store.follow
	}
	for i := range readers {
		tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return err
		}
		v.all = append(v.all, tx)
		switch {
		case i > 0:
			_, err = tx.Exec(ctx, "SET TRANSACTION SNAPSHOT '"+snapshot+"'") // its grammar has no parameter here
		case readers > 1:
			if err = tx.QueryRow(ctx, v.store.queries["roster_export"]).Scan(&snapshot); err == nil && !regexp.MustCompile(`^[0-9A-F-]+$`).MatchString(snapshot) {
				err = fmt.Errorf("a snapshot is called %q", snapshot)
			}
		}
		if err != nil {
			return err
		}
		v.free <- tx
	}
	return nil
}

// Close implements [roster.View].
func (v *rosterView) Close(ctx context.Context) {
	for _, tx := range v.all {
		_ = tx.Rollback(context.WithoutCancel(ctx))
	}
}

// with lends a transaction that nobody reads from.
func (v *rosterView) with(ctx context.Context, read func(pgx.Tx) error) error {
	select {
	case tx := <-v.free:
		defer func() { v.free <- tx }()
		return interpret(read(tx))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// End implements [roster.View].
func (v *rosterView) End(ctx context.Context) (roster.Delta, error) {
	d := roster.Delta{At: v.store.now()}
	err := v.with(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, v.store.queries["store_version"]).Scan(&d.Version); err != nil {
			return fmt.Errorf("store_version: %w", err)
		}
		var c Change
		switch err := tx.QueryRow(ctx, v.store.queries["change_end"]).Scan(&c.XID, &c.Seq, &c.At, &c.AuditID); {
		case err == nil:
			d.To = roster.Position(c.Position())
		case !errors.Is(err, pgx.ErrNoRows):
			return fmt.Errorf("change_end: %w", err)
		}
		return nil
	})
	return d, err
}

const (
	// A roster that slept through so many changes is loaded anew.
	mostChanges = 100_000
	// Of a kind of which more rows are touched, all are read.
	mostTouched = 20_000
)

// Since implements [roster.View].
func (v *rosterView) Since(ctx context.Context, after roster.Position, version int64) (roster.Delta, error) {
	d := roster.Delta{To: after, At: v.store.now()}
	err := v.with(ctx, func(tx pgx.Tx) error {
		holds, statements := true, &pgx.Batch{}
		statements.Queue(v.store.queries["store_version"]).QueryRow(func(row pgx.Row) error { return row.Scan(&d.Version) })
		if after != (roster.Position{}) {
			statements.Queue(v.store.queries["change_at"], positionArgs(atlas.Position(after))).QueryRow(func(row pgx.Row) error { return row.Scan(&holds) })
		}
		if err := tx.SendBatch(ctx, statements).Close(); err != nil {
			return fmt.Errorf("store_version and change_at: %w", err)
		}
		from := source{tx, v.store.queries}
		changes, err := collectFrom[Change](ctx, from, "change_read", pgx.NamedArgs{"xid": after.XID, "seq": after.Seq, "limit": mostChanges})
		if err != nil {
			return err
		}
		if d.Lost = !holds || d.Version < version || len(changes) >= mostChanges; d.Lost {
			return nil
		}
		for _, c := range changes {
			switch {
			case !c.Settled:
				d.Held++
			case c.XID > d.To.XID || c.Seq > d.To.Seq: // transactions come in order, what one wrote does not
				d.To = roster.Position(c.Position())
			}
		}
		d.Touched, d.Reload, err = touched(ctx, from, changes)
		return err
	})
	return d, err
}

// touched tells which rows of the roster changes may have touched: those of the features, and what shows them.
func touched(ctx context.Context, s source, changes []Change) (map[roster.Kind][]int64, []roster.Kind, error) {
	kinds := map[string]roster.Kind{
		"river": roster.Rivers, "route": roster.Routes, "reach": roster.Reaches, "division": roster.Divisions, "post": roster.Posts, "board": roster.Boards,
		"bank_line": roster.BankLines, "area": roster.Areas, "appointment": roster.Appointments, "person": roster.Appointments, "legal_doc": roster.Appointments,
	}
	ids, whole := map[string][]int64{}, map[roster.Kind]bool{}
	for _, c := range changes {
		k, ok := kinds[c.Kind]
		switch {
		case !ok:
		case c.FeatureID == nil:
			whole[k] = true
		default:
			ids[c.Kind] = append(ids[c.Kind], *c.FeatureID)
		}
	}
	out := map[roster.Kind][]int64{}
	for kind, of := range ids {
		if k := kinds[kind]; k != roster.Appointments {
			out[k] = of
		}
	}
	if named := len(ids["appointment"]) + len(ids["person"]) + len(ids["legal_doc"]); named > mostTouched {
		whole[roster.Appointments] = true
	} else if named > 0 && !whole[roster.Appointments] {
		rows, err := s.db.Query(ctx, s.queries["roster_posts_of"], pgx.NamedArgs{"appointments": ids["appointment"], "persons": ids["person"], "documents": ids["legal_doc"]})
		if err != nil {
			return nil, nil, fmt.Errorf("roster_posts_of: %w", err)
		}
		if out[roster.Appointments], err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return nil, nil, fmt.Errorf("roster_posts_of: %w", err)
		}
	}
	for k, of := range out {
		slices.Sort(of)
		out[k] = slices.Compact(of)
		if len(out[k]) > mostTouched {
			whole[k] = true
		}
	}
	for k := range whole {
		delete(out, k)
	}
	return out, slices.Sorted(maps.Keys(whole)), nil
}
