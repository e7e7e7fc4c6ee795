package pg

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hetu/data/roster"
)

// RosterSource is where the roster has its rows from: it implements [roster.Source]. One goroutine uses it.
type RosterSource struct {
	store  *Store
	listen *pgxpool.Conn // hears of writes; nil until it is needed
}

// Roster gives the source of a roster. It keeps a connection, until Close.
func (s *Store) Roster() *RosterSource { return &RosterSource{store: s} }

// Close gives the connection back.
func (s *RosterSource) Close(ctx context.Context) {
	if s.listen != nil {
		_ = s.listen.Conn().Close(ctx) // it listens: nobody else is to have it
		s.listen.Release()
		s.listen = nil
	}
}

// Wait implements [roster.Source].
func (s *RosterSource) Wait(ctx context.Context) error {
	if s.listen == nil {
		conn, err := s.store.read.Acquire(ctx)
		if err != nil {
			return interpret(fmt.Errorf("listen for writes: %w", err))
		}
		s.listen = conn
		if _, err = conn.Exec(ctx, s.store.queries["roster_listen"]); err != nil {
			s.Close(context.WithoutCancel(ctx))
			return interpret(fmt.Errorf("listen for writes: %w", err))
		}
		return nil // what was written before it listened is not heard of
	}
	second, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := s.listen.Conn().WaitForNotification(second)
	if err == nil || (second.Err() != nil && ctx.Err() == nil && !s.listen.Conn().IsClosed()) {
		return nil
	}
	s.Close(context.WithoutCancel(ctx))
	return interpret(fmt.Errorf("listen for writes: %w", err))
}

// Open implements [roster.Source]: every reader has a transaction, and all of them the snapshot of the first.
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
	snapshot := ""
	for i := range readers {
		tx, err := v.store.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
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
		if _, err = tx.Exec(ctx, v.store.queries["roster_settings"]); err != nil {
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
		if err := tx.QueryRow(ctx, v.store.queries["roster_end"]).Scan(&d.To.XID, &d.To.Seq, &d.Version, &d.Held); err != nil {
			return fmt.Errorf("roster_end: %w", err)
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
		if err := tx.QueryRow(ctx, v.store.queries["store_version"]).Scan(&d.Version); err != nil {
			return fmt.Errorf("store_version: %w", err)
		}
		from := source{tx, v.store.queries}
		changes, err := collectFrom[rosterChange](ctx, from, "roster_changes", pgx.NamedArgs{"xid": after.XID, "seq": after.Seq, "limit": mostChanges})
		if err != nil {
			return err
		}
		if d.Lost = d.Version < version || len(changes) == mostChanges; d.Lost {
			return nil
		}
		for _, c := range changes {
			if c.Settled {
				d.To = roster.Position{XID: c.XID, Seq: c.Seq}
			} else {
				d.Held++
			}
		}
		d.Touched, d.Reload, err = touched(ctx, from, changes)
		return err
	})
	return d, err
}

type rosterChange struct {
	XID       uint64 `db:"xid"`
	Seq       int64
	Kind      string
	FeatureID *int64
	Settled   bool
}

// touched tells which rows of the roster changes may have touched: those of the features, and what shows them.
func touched(ctx context.Context, s source, changes []rosterChange) (map[roster.Kind][]int64, []roster.Kind, error) {
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
