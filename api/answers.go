package api

import (
	"context"

	"hetu/geo/duty"
)

// Store is what the resources read; data/pg has it.
type Store interface {
	reviewStore
	// Responsible answers who is responsible at a position, from one snapshot.
	Responsible(ctx context.Context, q duty.Question) (duty.Answer, error)
	// Rivers finds rivers by name or alias, best match first; an empty q gives all by name. At most limit. It gives the newest write that
	// they know of.
	Rivers(ctx context.Context, at duty.Moment, q string, limit int) ([]duty.ListedRiver, int64, error)
	// River gives one river with its tributaries and reaches; geo.CodeNotFound when it is not known.
	River(ctx context.Context, at duty.Moment, id int64) (duty.RiverDetail, error)
	// Places finds divisions and board sites by name, best match first. At most limit. It gives the newest write that they know of.
	Places(ctx context.Context, at duty.Moment, q string, limit int) ([]duty.Place, int64, error)
	// Board gives the notice board that a token means, with who answers for its place; geo.CodeNotFound when none is called so.
	Board(ctx context.Context, at duty.Moment, token string) (duty.BoardView, error)
	// RoutesOf gives routes by id, and all routes of rivers, the longest of a river first, XYM and downstream. A route of no river has
	// a river without id; what is not there is left out.
	RoutesOf(ctx context.Context, at duty.Moment, ids, rivers []int64) ([]duty.Route, error)
	profileStore
	traceStore
	stationingStore
	overlayStore
	projectStore
	demarcStore
	// HoldsSample tells whether anything in the store is sample data.
	HoldsSample(ctx context.Context) (bool, error)
	// Ping tells whether the database answers.
	Ping(ctx context.Context) error
}
