package atlas

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"hetu/tiles"
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
	a.mu.Lock()
	a.state.Loaded = true
	a.mu.Unlock()
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
	a.layers, a.state = layers, state
	a.mu.Unlock()
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
	for name, l := range layers {
		layers[name] = l.settled()
		layers[name].floor = version
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.layers, a.state = layers, State{Position: at, Version: version, At: time.Now()}
	return nil
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

// toldEvery is after how many features progress is told.
const toldEvery = 20000

// load reads a layer from the source, and the places of its names into theirs.
func (l *layer) load(ctx context.Context, src Source, names *layer, tell func(Progress)) error {
	var sc loading
	var naming *naming
	if names != nil {
		naming = newNaming(l, names)
	}
	features := 0
	err := src.Load(ctx, l.decl.Name, func(s *Span) error {
		if err := l.check(s); err != nil {
			return err
		}
		l.load1(s, &sc)
		if naming != nil {
			for _, n := range naming.spans(l.kind, s) {
				names.load1(&n, &sc)
			}
		}
		if features++; features%toldEvery == 0 {
			tell(Progress{Layer: l.decl.Name, Features: features})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the layer %s: %w", l.decl.Name, err)
	}
	tell(Progress{Layer: l.decl.Name, Features: features, Done: true})
	return nil
}

func (l *layer) load1(s *Span, sc *loading) {
	if r, b, ok := l.take(s, sc); ok {
		l.records, l.boxes = append(l.records, r), append(l.boxes, b)
	}
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
