package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/tiles/atlas"
)

// Change is one row of the feed: a feature that was put or ended, or a whole kind that changed (op bulk, no feature).
type Change struct {
	XID       uint64 `db:"xid"` // the writing transaction
	Seq       int64
	At        time.Time
	Kind      string // entity
	Op        string // put, end, bulk
	FeatureID *int64
	Version   *int32
	Box       []float64 // west, south, east, north of the old and the new geometry, degrees; nil where there is none
	AuditID   int64     // the number of the write
	Settled   bool      // no change that is committed later can come before it
}

// Position is where a reader goes on after this change.
func (c Change) Position() atlas.Position {
	return atlas.Position{XID: c.XID, Seq: c.Seq, At: c.At.UnixMicro()}
}

// Feed reads the change feed. Each reader has its own, and uses it from one goroutine.
type Feed struct {
	store     *Store
	gather    time.Duration // how long after a notification others are waited for, to be read with it
	listener  *pgx.Conn
	held      int  // reads in a row that found changes which were not settled
	overslept bool // the last wait ended without a notification
}

// gathered is how long after a write it is read by those who need not show it at once.
const gathered = 50 * time.Millisecond

// Feed gives the change feed to one reader.
func (s *Store) Feed() *Feed { return &Feed{store: s} }

// leisurelyFeed gives it to one who reads several writes together.
func (s *Store) leisurelyFeed() *Feed { return &Feed{store: s, gather: gathered} }

// Read gives the changes after a position, oldest first: limit or a few more, for transactions are not cut. What a running
// transaction may still precede is held back, so a reader that goes on from the last position misses nothing. A feed that
// has lost the position is of a store that was put back: what it says is of no use to this reader.
func (f *Feed) Read(ctx context.Context, after atlas.Position, limit int) (changes []Change, lost bool, err error) {
	statements := &pgx.Batch{}
	statements.Queue(f.store.queries["change_read"], pgx.NamedArgs{"xid": after.XID, "seq": after.Seq, "limit": limit}).Query(func(rows pgx.Rows) (err error) {
		changes, err = pgx.CollectRows(rows, pgx.RowToStructByName[Change])
		return err
	})
	if after != (atlas.Position{}) { // asked last: a store that is put back between the two has not been read as the one before
		statements.Queue(f.store.queries["change_at"], positionArgs(after)).QueryRow(func(row pgx.Row) error {
			holds := false
			err := row.Scan(&holds)
			lost = !holds
			return err
		})
	}
	if err := f.store.follow.SendBatch(ctx, statements).Close(); err != nil {
		return nil, false, interpret(fmt.Errorf("read the change feed: %w", err))
	}
	if lost {
		return nil, true, nil
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Or(cmp.Compare(a.XID, b.XID), cmp.Compare(a.Seq, b.Seq)) })
	settled := len(changes)
	if at := slices.IndexFunc(changes, func(c Change) bool { return !c.Settled }); at >= 0 {
		settled = at
	}
	f.noticed(ctx, settled, len(changes)-settled)
	return changes[:settled], false, nil
}

// noticed keeps what a read says of how long to wait, and whether notifications come at all.
func (f *Feed) noticed(ctx context.Context, settled, held int) {
	if f.overslept && settled > 0 && f.held == 0 {
		f.deafen(ctx) // a connection can be cut so that nobody hears of it
	}
	f.overslept = false
	if held == 0 {
		f.held = 0
	} else if f.held < 7 {
		f.held++
	}
}

// Position gives the end of the feed and the newest write's number; 0 for an empty feed.
func (f *Feed) Position(ctx context.Context) (at atlas.Position, version int64, err error) {
	var c Change
	row := f.store.follow.QueryRow(ctx, f.store.queries["change_end"])
	switch err := row.Scan(&c.XID, &c.Seq, &c.At, &c.AuditID); {
	case errors.Is(err, pgx.ErrNoRows):
		return atlas.Position{}, 0, nil
	case err != nil:
		return atlas.Position{}, 0, interpret(fmt.Errorf("find the end of the change feed: %w", err))
	}
	return c.Position(), c.AuditID, nil
}

// Wait returns when something may have been written since it was last called: on a notification or soon after it, at once after the connection
// that listens was made anew, after a second at the latest, and sooner while changes are held back, since what frees them tells
// nobody. An error says that the database cannot be reached now. When ctx ends, so does the connection.
func (f *Feed) Wait(ctx context.Context) error {
	if f.listener == nil {
		return f.listen(ctx)
	}
	patience := time.Second
	if f.held > 0 {
		patience = time.Millisecond << f.held
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := f.listener.WaitForNotification(wait)
	switch {
	case err == nil:
		f.gatherMore(ctx)
		return nil
	case ctx.Err() != nil:
		f.deafen(ctx)
		return ctx.Err()
	case wait.Err() != nil && !f.listener.IsClosed():
		f.overslept = f.held == 0
		return nil
	default:
		f.deafen(ctx)
		return f.listen(ctx)
	}
}

// gatherMore takes the notifications that come soon after one: whoever writes much is not asked of each write what it was.
func (f *Feed) gatherMore(ctx context.Context) {
	if f.gather == 0 {
		return
	}
	wait, cancel := context.WithTimeout(ctx, f.gather)
	defer cancel()
	for wait.Err() == nil && !f.listener.IsClosed() { // what is wrong with it the next wait finds
		_, _ = f.listener.WaitForNotification(wait)
	}
}

func (f *Feed) listen(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, f.store.follow.Config().ConnConfig)
	if err != nil {
		return interpret(fmt.Errorf("listen for changes: %w", err))
	}
	if _, err := conn.Exec(ctx, "SET ROLE hetu_ro; LISTEN hetu_change"); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return interpret(fmt.Errorf("listen for changes: %w", err))
	}
	f.listener = conn
	return nil
}

// deafen gives the listening connection up; the next wait makes another.
func (f *Feed) deafen(ctx context.Context) {
	if f.listener == nil {
		return
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = f.listener.Close(closing)
	f.listener = nil
}
