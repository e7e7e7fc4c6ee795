// Package waters holds the river network in memory as traces walk it, and follows the store.
//
// Why (2026-11): a graph is of one day, and a network seldom changes. So one graph is held, that of now, with the days on which the
// network is the same; it is built anew as a whole when the feed tells of an edge or a route, which takes some seconds for a
// million edges. Other days, and what was known earlier, are read from the store when they are asked for; a few are kept. Anyone may ask
// for any day, and each costs a whole network of memory and of the database's time: so two are read at once, no more, and few may wait.
// What was known at a time since which the network was not written is what is known now: each such time would else be a read of its own.
package waters

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/network"
)

// Network 水系 is the river network as of a moment, as the store gives it.
type Network struct {
	Rows     network.Rows
	Version  int64     // the newest write in it
	Written  time.Time // the newest write to edges, nodes or routes, of any day; zero: not told
	From, To geo.Date  // it is the same on the days [From, To); a zero date is open
}

// Position is a place in the change feed: the writing transaction, the row's number, and when it was written in microseconds since
// 1970. The zero value is its beginning.
type Position struct {
	XID uint64
	Seq int64
	At  int64
}

// Delta is what was written after a position.
type Delta struct {
	To      Position
	Version int64     // the newest write in it; 0 if there was nothing
	At      time.Time // when the source was asked
	Touched bool      // an edge, a node or a route was written
	More    bool      // there is more to read at once
	Lost    bool      // the source has no such position any more: it was put back
}

// Source is where the network comes from; data/pg has it.
type Source interface {
	// Network reads the network as of a moment.
	Network(ctx context.Context, at duty.Moment) (Network, error)
	// End gives the end of the change feed.
	End(ctx context.Context) (Position, error)
	// Since tells what was written after a position.
	Since(ctx context.Context, after Position) (Delta, error)
	// Wait returns when something may have been written since it was last called, at the latest after a second; an error
	// says that the source cannot be reached now.
	Wait(ctx context.Context) error
}

const (
	maxWait  = 16               // networks that wait to be read; more are refused
	kept     = 3                // networks of other moments that are kept
	atOnce   = 2                // networks that are read at once for those who ask
	readWait = 45 * time.Second // that one may take to be read: who waits for it must be told before the server cuts the connection, at 60 s
)

// Waters is the network in memory.
type Waters struct {
	source Source
	now    func() time.Time
	turns  chan struct{} // one for each read that may go on

	mu      sync.Mutex
	asked   map[string]*reading
	held    *graph
	older   []*graph // of other moments, the one asked for last first
	at      Position // in the feed; of the goroutine that follows
	loaded  bool     // that goroutine's too
	renewed int      // how often held was read: what began to be read before the last time may lack what was written since
}

// graph is the network of some days.
type graph struct {
	*network.Graph
	version  int64
	written  time.Time   // see Network
	moment   duty.Moment // it was read for
	from, to geo.Date
}

func (g *graph) isOf(at duty.Moment) bool {
	return g.moment.KnownAt.Equal(at.KnownAt) && !at.AsOf.Before(g.from) && (g.to.IsZero() || at.AsOf.Before(g.to))
}

// New makes one that reads a network when it is first asked for, or by Load or Follow.
func New(source Source, now func() time.Time) *Waters {
	return &Waters{source: source, now: now, turns: make(chan struct{}, atOnce), asked: map[string]*reading{}}
}

// reading is a network that is being read, or waits for its turn. All who ask for its moment wait for it.
type reading struct {
	key  string
	at   duty.Moment
	done chan struct{} // closed when graph and err are there
	gone chan struct{} // closed when nobody waits for it and it has not begun

	waiting int
	begun   bool
	graph   *graph
	err     error
}

// Graph gives the network as of a moment, and the newest write that it knows of.
func (w *Waters) Graph(ctx context.Context, at duty.Moment) (*network.Graph, int64, error) {
	at = w.settled(at)
	if g := w.find(at); g != nil {
		return g.Graph, g.version, nil
	}
	r, err := w.join(ctx, at)
	if err != nil {
		return nil, 0, err
	}
	select {
	case <-r.done:
		if r.err != nil {
			return nil, 0, r.err
		}
		return r.graph.Graph, r.graph.version, nil
	case <-ctx.Done():
		w.leave(r)
		return nil, 0, ctx.Err()
	}
}

// settled is a moment as known now, where the held network was not written since the time at which it was to be known. Only the held one
// says so: it alone follows what is written.
func (w *Waters) settled(at duty.Moment) duty.Moment {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil && !w.held.written.IsZero() && !at.KnownAt.Before(w.held.written) {
		at.KnownAt = time.Time{}
	}
	return at
}

// join begins to wait for a network, and has it read if nobody has yet. What one request began to read others wait for; it ends with none
// of them. It is refused where too many wait for others.
func (w *Waters) join(ctx context.Context, at duty.Moment) (*reading, error) {
	key := at.AsOf.String() + " " + at.KnownAt.Format(time.RFC3339Nano)
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.asked[key]
	if r == nil {
		if len(w.asked) >= atOnce+maxWait {
			return nil, geo.Errorf(geo.CodeUnavailable, "%d networks of other days or earlier known_at wait to be read already: ask again later, or about today without known_at, which is in memory", maxWait)
		}
		r = &reading{key: key, at: at, done: make(chan struct{}), gone: make(chan struct{})}
		w.asked[key] = r
		go w.serve(context.WithoutCancel(ctx), r)
	}
	r.waiting++
	return r, nil
}

// leave stops waiting for a network. One that still waits for its turn is not read for nobody.
func (w *Waters) leave(r *reading) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.waiting--; r.waiting == 0 && !r.begun && w.asked[r.key] == r {
		delete(w.asked, r.key)
		close(r.gone)
	}
}

// begin tells whether somebody still waits, and from then on the network is read whoever leaves.
func (w *Waters) begin(r *reading) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.begun = w.asked[r.key] == r
	return r.begun
}

// serve reads a network when it is its turn.
func (w *Waters) serve(ctx context.Context, r *reading) {
	select {
	case w.turns <- struct{}{}:
		defer func() { <-w.turns }()
	case <-r.gone:
		return
	}
	if !w.begin(r) {
		return
	}
	if r.graph = w.find(r.at); r.graph == nil { // one that was read meanwhile may be of this day too
		r.graph, r.err = w.readSoon(ctx, r.at)
	}
	w.mu.Lock()
	delete(w.asked, r.key)
	w.mu.Unlock()
	close(r.done)
}

// readSoon reads a network that somebody waits for, and keeps it.
func (w *Waters) readSoon(ctx context.Context, at duty.Moment) (*graph, error) {
	soon, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	turn := w.turn()
	g, err := w.read(soon, at)
	switch {
	case err == nil:
		w.keep(g, turn)
	case soon.Err() != nil:
		return nil, geo.Wrapf(err, geo.CodeUnavailable, "the network of %s could not be read within %v; ask again later, or about today, which is in memory", at.AsOf, readWait)
	}
	return g, err
}

func (w *Waters) find(at duty.Moment) *graph {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil && w.held.isOf(at) {
		return w.held
	}
	for i, g := range w.older {
		if g.isOf(at) {
			copy(w.older[1:], w.older[:i])
			w.older[0] = g
			return g
		}
	}
	return nil
}

func (w *Waters) turn() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.renewed
}

// keep keeps a network that was begun to be read in a turn, if that is not over.
func (w *Waters) keep(g *graph, turn int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if turn != w.renewed {
		return
	}
	w.older = slices.Insert(w.older, 0, g)
	w.older = w.older[:min(len(w.older), kept)]
}

func (w *Waters) read(ctx context.Context, at duty.Moment) (*graph, error) {
	n, err := w.source.Network(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("read the network: %w", err)
	}
	g, err := network.NewGraph(n.Rows)
	if err != nil {
		return nil, fmt.Errorf("make the graph of the network: %w", err)
	}
	return &graph{g, n.Version, n.Written, at, n.From, n.To}, nil
}

// Load reads the network of now, for Follow to keep it so.
func (w *Waters) Load(ctx context.Context) error { return w.catchUp(ctx) }

// Follow reads the network of now, if Load did not, and takes in what is written to the source until ctx ends. While the source cannot be reached
// the network stays as it is; trouble is told each time it begins and, with nil, when it is over.
func (w *Waters) Follow(ctx context.Context, trouble func(error)) {
	lost := false
	for ctx.Err() == nil {
		err := w.catchUp(ctx)
		if (err != nil) != lost && ctx.Err() == nil {
			lost = err != nil
			trouble(err)
		}
		if err == nil {
			err = w.source.Wait(ctx)
		}
		if err != nil {
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

// catchUp makes the held network that of now.
func (w *Waters) catchUp(ctx context.Context) error {
	anew := !w.loaded
	if anew {
		at, err := w.source.End(ctx) // before the rows are read: what is written meanwhile is read twice
		if err != nil {
			return err
		}
		w.at = at
	}
	version := int64(0)
	for more := !anew; more; {
		d, err := w.source.Since(ctx, w.at)
		if err != nil {
			return err
		}
		if d.Lost {
			w.loaded = false
			return w.catchUp(ctx)
		}
		anew, more, w.at, version = anew || d.Touched, d.More, d.To, max(version, d.Version)
	}
	today := duty.Moment{AsOf: geo.DateOf(w.now())}
	if !anew && w.held.isOf(today) { // only this goroutine writes it
		w.pass(version)
		return nil
	}
	w.loaded = false // until it is read: what was told of it would be lost
	g, err := w.read(ctx, today)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held, w.older, w.loaded = g, nil, true
	w.renewed++
	return nil
}

// pass notes a write that did not touch the network.
func (w *Waters) pass(version int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if version > w.held.version {
		same := *w.held
		same.version = version
		w.held = &same
	}
}
