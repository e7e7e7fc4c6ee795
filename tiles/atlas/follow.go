package atlas

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Follow takes in what is written to the source until ctx ends. While the source cannot be reached the atlas stays as it is;
// trouble is told each time it begins and, with nil, when it is over. snapshot is the file that is written now and then, "" for
// none; each time that fails it is told as a [SnapshotError], and what is drawn has no trouble.
func (a *Atlas) Follow(ctx context.Context, src Source, snapshot string, trouble func(error)) {
	saver := newSaver(a, snapshot)
	defer func() {
		if err := saver.wait(); err != nil && !errors.Is(err, context.Canceled) {
			trouble(err)
		}
	}()
	lost := false
	for ctx.Err() == nil {
		err := a.catchUp(ctx, src)
		if (err != nil) != lost && ctx.Err() == nil {
			lost = err != nil
			trouble(err)
		}
		if err != nil {
			pause(ctx, 200*time.Millisecond)
			continue
		}
		if err := saver.save(ctx); err != nil && ctx.Err() == nil {
			trouble(err)
		}
		if err := src.Wait(ctx); err != nil {
			pause(ctx, 200*time.Millisecond) // what it is, catchUp will say
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// catchUp takes in all that the feed has.
func (a *Atlas) catchUp(ctx context.Context, src Source) error {
	for {
		delta, err := src.Changes(ctx, a.State().Position)
		if err != nil {
			return err
		}
		if delta.Lost {
			return a.loadAnew(ctx, src, delta.At)
		}
		if len(delta.Touched) == 0 && len(delta.Reload) == 0 {
			a.reached(delta.reach)
		} else if err := a.take(ctx, src, &delta); err != nil {
			return err
		}
		if !delta.More {
			return nil
		}
	}
}

// loadAnew reads all of a source that was put back. Until it is there tiles are drawn as before.
func (a *Atlas) loadAnew(ctx context.Context, src Source, asked time.Time) error {
	to, version, err := src.Position(ctx)
	if err != nil {
		return err
	}
	delta := Delta{To: to, Version: version, At: asked, Lost: true}
	for name := range a.layers {
		delta.Reload = append(delta.Reload, name)
	}
	return a.take(ctx, src, &delta)
}

// take brings a stretch of the feed in, all of it before any tile is drawn.
func (a *Atlas) take(ctx context.Context, src Source, delta *Delta) error {
	edits, err := a.fetch(ctx, src, delta)
	if err != nil {
		return err
	}
	reloaded, err := a.reload(ctx, src, delta)
	if err != nil {
		return err
	}
	a.put(reloaded, edits, delta)
	a.tidy()
	a.borrowAgain()
	return nil
}

// put makes what was read the state of the atlas, and tells the watchers.
func (a *Atlas) put(reloaded map[string]*layer, edits []edit, delta *Delta) {
	var moved []Moved
	s := newScratch()
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, l := range reloaded {
		l.floor = delta.Version
		a.layers[name] = l
		moved = append(moved, Moved{layer: l, whole: true})
	}
	for _, e := range edits {
		moved = a.edit(e, delta.Version, moved)
	}
	for i := range moved {
		moved[i].scratch = s
	}
	if len(moved) > 0 {
		a.coverage = nil
		for _, w := range a.watchers {
			w(moved)
		}
	}
	for _, l := range a.layers {
		if lender := a.layers[l.decl.Along]; lender != nil && l.bed.of == lender.own {
			l.bed.steps = lender.steps // if they had to move to grow, nothing else keeps where they were
		}
	}
	a.reached(delta.reach) // not before the watchers: who reads the version may not find an older tile
}

// reach notes that all of the stretch is in.
func (d *Delta) reach(s *State) {
	s.Position, s.At, s.Version = d.To, d.At, max(s.Version, d.Version)
	if d.Lost {
		s.Version = d.Version // which counts lower
	}
}

// edit is the spans that a feature of a layer has now, and those of its names.
type edit struct {
	layer        string
	id           int64
	spans, names []Span
}

// fetch reads what was touched. A feature without spans is gone, and stands there without any.
func (a *Atlas) fetch(ctx context.Context, src Source, delta *Delta) ([]edit, error) {
	var edits []edit
	for name, ids := range delta.Touched {
		l := a.layers[name]
		if l == nil || len(ids) == 0 || slices.Contains(delta.Reload, name) {
			continue
		}
		first := len(edits)
		at := map[int64]int{}
		for _, id := range ids {
			if _, twice := at[id]; !twice {
				at[id] = len(edits)
				edits = append(edits, edit{layer: name, id: id})
			}
		}
		err := src.Fetch(ctx, name, ids, func(s *Span) error {
			if err := l.check(s); err != nil {
				return err
			}
			n, asked := at[s.ID]
			if !asked || n < first {
				return fmt.Errorf("%s %d was not asked for", name, s.ID)
			}
			edits[n].spans = append(edits[n].spans, s.clone())
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("fetch what was written of the layer %s: %w", name, err)
		}
		if names := a.layers[l.names]; names != nil {
			l.name(edits[first:], names)
		}
	}
	return edits, nil
}

// name finds the places of the names: of a large border that takes a second, and tiles are drawn meanwhile.
func (l *layer) name(edits []edit, names *layer) {
	var sc loading
	naming := newNaming(l, names, &sc)
	for i := range edits {
		for k := range edits[i].spans {
			for _, n := range naming.spans(l.kind, &edits[i].spans[k]) {
				edits[i].names = append(edits[i].names, n.clone())
			}
		}
	}
}

// clone copies what a span points at.
func (s *Span) clone() Span {
	c := *s
	c.Shape = Shape{Flat: slices.Clone(s.Shape.Flat), Parts: slices.Clone(s.Shape.Parts), Hole: slices.Clone(s.Shape.Hole)}
	c.Values = slices.Clone(s.Values)
	return c
}

// reload reads layers anew, and those of their names.
func (a *Atlas) reload(ctx context.Context, src Source, delta *Delta) (map[string]*layer, error) {
	fresh, loaded := newLayers(), map[string]*layer{}
	for _, name := range delta.Reload {
		l := fresh[name]
		if l == nil || l.place {
			continue
		}
		if err := l.load(ctx, src, fresh[l.names], func(Progress) {}); err != nil {
			return nil, err
		}
		loaded[name] = l
		if names := fresh[l.names]; names != nil {
			loaded[l.names] = names
		}
	}
	return gathered(loaded, a.layers), nil
}

// edit brings in one feature and the places of its names.
func (a *Atlas) edit(e edit, version int64, moved []Moved) []Moved {
	l := a.layers[e.layer]
	var sc loading
	stamp := func(l *layer) uint32 { return uint32(max(1, version-l.floor)) } //nolint:gosec // counts writes since a load
	moved = l.replace(e.id, e.spans, stamp(l), &sc, moved)
	names := a.layers[l.names]
	if names == nil {
		return moved
	}
	byID := map[int64][]Span{}
	for _, n := range e.names {
		byID[n.ID] = append(byID[n.ID], n)
	}
	for n := range int64(maxPlaces) {
		id := e.id*maxPlaces + n
		if byID[id] == nil && len(names.of(id)) == 0 {
			break // places are numbered without gaps
		}
		moved = names.replace(id, byID[id], stamp(names), &sc, moved)
	}
	return moved
}

// tidy settles layers that carry too much of what is not live any more. From then on the version of all their tiles is the
// newest. Tiles are drawn meanwhile: they read what is settled, and nobody else writes.
func (a *Atlas) tidy() {
	for name, l := range a.layers {
		if l.lost > 50_000 && l.lost > len(l.records)/8 {
			settled := l.settled()
			settled.gather(a.layers[l.decl.Along])
			settled.floor = a.State().Version
			a.mu.Lock()
			a.layers[name] = settled
			a.mu.Unlock()
		}
	}
}

// borrowAgain has layers borrow from what their lenders are now: from what those were they would keep it alive.
func (a *Atlas) borrowAgain() {
	for name, l := range a.layers {
		lender := a.layers[l.decl.Along]
		if lender == nil || l.loose || l.bed.of == lender.own {
			continue
		}
		again := *l
		again.records = slices.Clone(l.records)
		again.gather(lender)
		a.mu.Lock()
		a.layers[name] = &again
		a.mu.Unlock()
	}
}
