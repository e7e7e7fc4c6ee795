package api

import (
	"context"
	"errors"
	"runtime"
	"time"

	"hetu/geo"
)

const (
	// enginePatience bounds what is made of the lines of one project: candidates, checks, areas, packages. It holds the wait for a turn too.
	enginePatience = 30 * time.Second
	// engineWaiting is how many may wait for a turn; each holds its body.
	engineWaiting = 16
	tooManyLines  = "too many lines are looked at at the moment: ask again in a few seconds"
)

// engine bounds how much is computed of lines, or of photos, at a time: each may keep a processor busy for seconds. It has turns of its own, so that who asks
// about polygons waits for no planner.
type engine struct {
	turns, waiting chan struct{}
	late           string // what is told when the time is over
	busy           string // what is told when too many wait
}

// newEngine is for what is computed and not written: it leaves a processor to the others.
func newEngine() *engine {
	return &engine{make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)), make(chan struct{}, engineWaiting), "ask for a part of the river", tooManyLines}
}

// newPlacing is for stakes and zones, which are computed while the store holds its writers' lock, one at a time whatever happens here. Those that wait for
// that lock, behind an import for instance, take no turn of a candidate or a check.
func newPlacing() *engine {
	return &engine{make(chan struct{}, 1), make(chan struct{}, engineWaiting), "something else may be writing, such as an import: nothing was changed, ask again in a few minutes, or for a part of the river", tooManyLines}
}

// newPhotos is for photos: what a stranger's camera wrote may take long, and nobody who asks for a candidate or a check waits for it.
func newPhotos() *engine {
	return &engine{make(chan struct{}, 1), make(chan struct{}, engineWaiting), "make the photo smaller", "too many photos are looked at at the moment: send it again in a few seconds"}
}

// do computes something when it is its turn. A body has to be read before, and an answer is written after: nobody keeps a turn by a slow line.
func (e *engine) do(ctx context.Context, compute func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, enginePatience)
	defer cancel()
	if err := e.turn(ctx); err != nil {
		return err
	}
	defer func() { <-e.turns }()
	err := compute(ctx)
	if err != nil && ctx.Err() != nil { // what is done is done, however late: a write is never told as one that failed
		return geo.Wrapf(errors.Join(ctx.Err(), err), geo.CodeUnavailable, "what was asked for took longer than %v: %s", enginePatience, e.late)
	}
	return err
}

// turn waits for one, among not too many.
func (e *engine) turn(ctx context.Context) error {
	select {
	case e.turns <- struct{}{}:
		return nil
	default:
	}
	select {
	case e.waiting <- struct{}{}:
		defer func() { <-e.waiting }()
	default:
		return geo.Errorf(geo.CodeUnavailable, "%s", e.busy)
	}
	select {
	case e.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return geo.Wrapf(ctx.Err(), geo.CodeUnavailable, "%s", e.busy)
	}
}
