package atlas

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"hetu/tiles"
	"hetu/tiles/huge"
)

// Progress tells how a load goes on: so many features of a layer are there, or all of them.
type Progress struct {
	Layer    string
	Features int
	Done     bool
	Snapshot bool // it was read from the file
}

// Load fills the atlas: from the snapshot file, if there is one, it is whole and it was taken of this source, else from the
// source. Then it takes in what was written since. tell may be nil; it is called from one goroutine at a time. A snapshot
// that is not used is no error: why is told by the second result.
func (a *Atlas) Load(ctx context.Context, src Source, snapshot string, tell func(Progress)) (unused, err error) {
	if tell == nil {
		tell = func(Progress) {}
	}
	var told sync.Mutex
	one := func(p Progress) {
		told.Lock()
		defer told.Unlock()
		tell(p)
	}
	loaded, unused := a.loadSnapshot(ctx, src, snapshot, one)
	if !loaded {
		if err := a.loadSource(ctx, src, one); err != nil {
			return unused, err
		}
	}
	if err := a.catchUp(ctx, src); err != nil {
		return unused, err
	}
	a.reached(func(s *State) { s.Loaded = true })
	return unused, nil
}

func (a *Atlas) loadSnapshot(ctx context.Context, src Source, path string, tell func(Progress)) (bool, error) {
	if path == "" {
		return false, nil
	}
	layers, state, err := readSnapshot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	same, err := src.Holds(ctx, state.Position, state.Version)
	if err != nil {
		return false, err
	}
	if !same {
		return false, errors.New("it was taken of another store, or of what this one was before it was restored")
	}
	a.mu.Lock()
	a.layers = layers
	a.mu.Unlock()
	a.reached(func(s *State) { *s = state })
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		tell(Progress{Layer: name, Features: len(layers[name].records), Done: true, Snapshot: true})
	}
	return true, nil
}

// loadSource reads every layer, some at once.
func (a *Atlas) loadSource(ctx context.Context, src Source, tell func(Progress)) error {
	at, version, err := src.Position(ctx)
	if err != nil {
		return fmt.Errorf("find the end of the change feed: %w", err)
	}
	layers := newLayers()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(3)
	// The large ones first, so that the small ones fill in beside the last of them.
	for _, name := range loadOrder(layers) {
		l, names := layers[name], layers[layers[name].names]
		group.Go(func() error { return l.load(ctx, src, names, tell) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	layers = settledAll(layers)
	for _, l := range layers {
		l.floor = version
	}
	a.mu.Lock()
	a.layers = layers
	a.mu.Unlock()
	a.reached(func(s *State) { *s = State{Position: at, Version: version} })
	return nil
}

// settledAll settles layers, some at once, and leaves them loose.
func settledAll(layers map[string]*layer) map[string]*layer {
	out := map[string]*layer{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(2)
	for name, l := range layers {
		group.Go(func() error {
			done := l.settled()
			done.loose = true
			mu.Lock()
			defer mu.Unlock()
			out[name] = done
			return nil
		})
	}
	_ = group.Wait() // none fails
	return out
}

// gathered settles and gathers layers, some at once. They borrow from each other, or from others that are there.
func gathered(layers, others map[string]*layer) map[string]*layer {
	out := map[string]*layer{}
	var mu sync.Mutex
	// What others borrow from has to be there before them.
	for _, borrows := range [2]bool{false, true} {
		var group errgroup.Group
		group.SetLimit(2)
		for name, l := range layers {
			if (l.decl.Along != "") != borrows {
				continue
			}
			mu.Lock()
			lender := cmp.Or(out[l.decl.Along], others[l.decl.Along])
			mu.Unlock()
			group.Go(func() error {
				done := l.settled().gather(lender)
				mu.Lock()
				defer mu.Unlock()
				out[name] = done
				return nil
			})
		}
		_ = group.Wait() // none fails
	}
	return out
}

// lendersFirst names layers, those that others borrow from before them.
func lendersFirst(layers map[string]*layer) []string {
	names := slices.Sorted(maps.Keys(layers))
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(len(layers[a].decl.Along), len(layers[b].decl.Along))
	})
	return names
}

// Gather makes tiles faster and the atlas smaller after a load, which leaves this out to be done sooner: see [layer.gather]. Tiles
// are drawn meanwhile, and between two layers what was written is taken in. It is for the goroutine that follows, before it does.
func (a *Atlas) Gather(ctx context.Context, src Source) {
	for _, name := range lendersFirst(a.layers) {
		l := a.layers[name]
		if !l.loose || ctx.Err() != nil {
			continue
		}
		var whole *layer
		if l.isSettled() {
			same := *l
			whole, same.records = &same, append(make([]record, 0, cap(l.records)), l.records...)
		} else {
			whole = l.settled()
			whole.floor = a.State().Version
		}
		whole.gather(a.layers[l.decl.Along])
		a.mu.Lock()
		a.layers[name] = whole
		a.mu.Unlock()
		_ = a.catchUp(ctx, src) // what is wrong will be told by Follow
	}
}

// loadOrder names the layers that a source has, those that are largest in most stores first.
func loadOrder(layers map[string]*layer) []string {
	order := []string{"river", "reach", "boundary", "board"}
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		if !layers[name].place && !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	return order
}

const (
	// toldEvery is after how many features progress is told.
	toldEvery = 20000
	// firstRoom is after how many room is made for all of them, before the arrays have grown to what is slow to copy.
	firstRoom = 2000
)

// load reads a layer from the source, and the places of its names into theirs.
func (l *layer) load(ctx context.Context, src Source, names *layer, tell func(Progress)) error {
	all, err := src.Count(ctx, l.decl.Name)
	if err != nil {
		return fmt.Errorf("count the layer %s: %w", l.decl.Name, err)
	}
	var own, named loading
	var naming *naming
	if names != nil {
		naming = newNaming(l, names, &own)
	}
	features, last := 0, int64(0)
	err = src.Load(ctx, l.decl.Name, func(s *Span) error {
		if err := l.check(s); err != nil {
			return err
		}
		if s.ID != last {
			if features == firstRoom {
				l.makeRoom(features, all)
				names.makeRoom(features, all)
			}
			if features > 0 && features%toldEvery == 0 {
				tell(Progress{Layer: l.decl.Name, Features: features})
				l.makeRoom(features, all)
				names.makeRoom(features, all)
			}
			features++
			last = s.ID
		}
		l.load1(s, &own)
		if naming != nil {
			spans := naming.spans(l.kind, s)
			for i := range spans {
				names.load1(&spans[i], &named)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the layer %s: %w", l.decl.Name, err)
	}
	tell(Progress{Layer: l.decl.Name, Features: features, Done: true})
	return nil
}

// load1 adds a span to a layer that is being loaded.
func (l *layer) load1(s *Span, sc *loading) {
	sc.forget() // whoever gives spans uses their arrays again
	if r, b, ok := l.take(s, sc); ok {
		l.records, l.boxes = append(l.records, r), append(l.boxes, b)
	}
}

// makeRoom makes room for all features of a layer, large as those seen: arrays of a hundred megabytes that grow are copied many
// times, and to touch new memory costs as much as what is done with it.
func (l *layer) makeRoom(seen, all int) {
	if l == nil || all <= seen {
		return
	}
	times := float64(all) / float64(seen)
	l.steps, l.few, l.parts = huge.Times(l.steps, times), huge.Times(l.few, times), huge.Times(l.parts, times)
	l.longs, l.chunks, l.values = huge.Times(l.longs, times), huge.Times(l.chunks, times), huge.Times(l.values, times)
	l.records, l.boxes = huge.Times(l.records, times), huge.Times(l.boxes, times)
	l.dict.makeRoom(times)
}

// check refuses a span that a source must not give.
func (l *layer) check(s *Span) error {
	n := 0
	for _, p := range s.Shape.Parts {
		n += p
	}
	switch {
	case len(s.Values) != len(l.decl.Fields):
		return fmt.Errorf("%s %d has %d values for %d fields", l.decl.Name, s.ID, len(s.Values), len(l.decl.Fields))
	case 2*n != len(s.Shape.Flat):
		return fmt.Errorf("%s %d has %d numbers for %d positions", l.decl.Name, s.ID, len(s.Shape.Flat), n)
	case s.Rank < 0 || s.Rank > tiles.MaxZoom || s.From >= s.To || s.ID <= 0:
		return fmt.Errorf("%s %d is drawn from zoom %d on the days %d to %d", l.decl.Name, s.ID, s.Rank, s.From, s.To)
	}
	return nil
}
