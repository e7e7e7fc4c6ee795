package roster

import (
	"context"
	"fmt"
	"time"
)

// Follow loads the roster if it is not, and takes in what is written to the source until ctx ends. While the source cannot be
// reached the roster stays as it is; trouble is told each time it begins and, with nil, when it is over.
func (r *Roster) Follow(ctx context.Context, src Source, trouble func(error)) {
	lost := false
	for ctx.Err() == nil {
		err := r.catchUp(ctx, src)
		if (err != nil) != lost && ctx.Err() == nil {
			lost = err != nil
			trouble(err)
		}
		if err == nil {
			err = src.Wait(ctx)
		}
		if err != nil {
			pause(ctx, 200*time.Millisecond)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// catchUp makes the roster the record of now.
func (r *Roster) catchUp(ctx context.Context, src Source) error {
	if !r.state.Loaded { // only this goroutine writes the state
		return r.Load(ctx, src)
	}
	view, err := src.Open(ctx, 1)
	if err != nil {
		return fmt.Errorf("open the record: %w", err)
	}
	defer view.Close(ctx)
	delta, err := view.Since(ctx, r.state.Position, r.state.Version)
	if err != nil {
		return fmt.Errorf("read the change feed: %w", err)
	}
	if delta.Lost {
		return r.Load(ctx, src)
	}
	if delta.To == r.state.Position && delta.Version == r.state.Version && delta.Held == r.state.held {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.state.At = delta.At
		return nil
	}
	edits, whole := newBuild(r.lines, true), newBuild(r.lines, false)
	for k, ids := range delta.Touched {
		if len(ids) == 0 {
			continue // none is not all
		}
		if err := view.Read(ctx, k, ids, edits.emit()); err != nil {
			return fmt.Errorf("read the %s that were written: %w", k, err)
		}
	}
	for _, k := range delta.Reload {
		if err := view.Read(ctx, k, nil, whole.emit()); err != nil {
			return fmt.Errorf("load the %s: %w", k, err)
		}
	}
	r.take(&delta, edits, whole)
	r.fold()
	return nil
}

// take makes what was read the record, all of it at once.
func (r *Roster) take(delta *Delta, edits, whole *build) {
	fresh := record{}
	for _, k := range delta.Reload {
		whole.give(&fresh, k)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, ids := range delta.Touched {
		edits.edit(r.held, k, ids)
	}
	for _, k := range delta.Reload {
		r.held.takeOver(&fresh, k)
	}
	r.state = State{Loaded: true, Position: delta.To, Version: delta.Version, At: delta.At, held: delta.Held}
}

// takeOver takes the rows of a kind from another record.
func (r *record) takeOver(other *record, k Kind) {
	switch k {
	case BankLines:
		r.banks = other.banks
	case Areas:
		r.areas = other.areas
	default:
		for _, at := range k.tables() {
			r.tables[at] = other.tables[at]
		}
	}
}

// fold brings late rows in where there are many. Others ask meanwhile: the tables do not change, for nobody else writes.
func (r *Roster) fold() {
	for at, t := range r.held.tables {
		if t.full() {
			folded := t.fold()
			r.mu.Lock()
			r.held.tables[at] = folded
			r.mu.Unlock()
		}
	}
}
