package pg

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Position is a place in the change feed; the zero value is its beginning.
type Position struct {
	XID string // the writing transaction's id
	Seq int64
}

// Change is one row of the feed: a feature that was put or ended, or a whole layer that changed (op bulk, no feature).
type Change struct {
	XID       string `db:"xid"`
	Seq       int64
	At        time.Time
	Kind      string // entity
	Op        string // put, end, bulk
	FeatureID *int64
	Version   *int32
	Box       []float64 // west, south, east, north of the old and the new geometry, degrees; nil where there is none
}

// Position is where a reader goes on after this change.
func (c Change) Position() Position { return Position{XID: c.XID, Seq: c.Seq} }

// Changes reads up to limit changes after a position, oldest first. What a running transaction may still precede is held
// back, so a reader that goes on from the last position misses nothing.
func (s *Store) Changes(ctx context.Context, after Position, limit int) ([]Change, error) {
	if after.XID == "" {
		after.XID = "0"
	}
	return collect[Change](ctx, s, "change_read", pgx.NamedArgs{"xid": after.XID, "seq": after.Seq, "limit": limit})
}
