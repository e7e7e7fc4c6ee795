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

// toldEvery is after how many features progress is told.
const toldEvery = 20000

// load reads a layer from the source, and the places of its names into theirs.
func (l *layer) load(ctx context.Context, src Source, names *layer, tell func(Progress)) error {
	own, named := filling{layer: l}, filling{layer: names}
	var naming *naming
	if names != nil {
		naming = newNaming(l, names, &own.scratch)
	}
	features := 0
	err := src.Load(ctx, l.decl.Name, func(s *Span) error {
		if err := l.check(s); err != nil {
			return err
		}
		own.add(s)
		if naming != nil {
			spans := naming.spans(l.kind, s)
			for i := range spans {
				named.add(&spans[i])
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
	own.end()
	if names != nil {
		named.end()
	}
	tell(Progress{Layer: l.decl.Name, Features: features, Done: true})
	return nil
}

// filling fills an empty layer piece by piece, and joins the pieces at the end: to let arrays of a hundred megabytes grow
// would copy them many times.
type filling struct {
	layer   *layer
	current *layer
	pieces  []*layer
	scratch loading
}

// pieceSize is how many vertices a piece has.
const pieceSize = 1 << 20

func (f *filling) add(s *Span) {
	f.scratch.forget() // whoever gives spans uses their arrays again
	if f.current == nil || len(f.current.steps) >= pieceSize {
		f.current = f.current.next(f.layer)
		f.layer.dict.reserve(len(f.layer.dict.bytes) / (len(f.pieces) + 1))
		f.pieces = append(f.pieces, f.current)
	}
	if r, b, ok := f.current.take(s, &f.scratch); ok {
		f.current.records, f.current.boxes = append(f.current.records, r), append(f.current.boxes, b)
	}
}

// next gives the piece after this one, nil before the first, with room for as much.
func (l *layer) next(whole *layer) *layer {
	out := &layer{decl: whole.decl, kind: whole.kind, place: whole.place, dict: whole.dict, periods: whole.periods}
	if l == nil {
		return out
	}
	room := func(n int) int { return n + n/8 }
	out.steps, out.values = make([]uint32, 0, room(len(l.steps))), make([]uint32, 0, room(len(l.values)))
	out.records, out.boxes = make([]record, 0, room(len(l.records))), make([]box, 0, room(len(l.boxes)))
	return out
}

func (f *filling) end() {
	l := f.layer
	var at mark
	values := 0
	for _, p := range f.pieces {
		p.shift(at, uint32(values))
		m := p.mark()
		at.steps, at.parts, at.longs, at.chunks, at.few = at.steps+m.steps, at.parts+m.parts, at.longs+m.longs, at.chunks+m.chunks, at.few+m.few
		values += len(p.values)
	}
	l.steps = join(f.pieces, func(p *layer) *[]uint32 { return &p.steps })
	l.parts = join(f.pieces, func(p *layer) *[]part { return &p.parts })
	l.longs = join(f.pieces, func(p *layer) *[]long { return &p.longs })
	l.chunks = join(f.pieces, func(p *layer) *[]chunk { return &p.chunks })
	l.few = join(f.pieces, func(p *layer) *[]uint32 { return &p.few })
	l.values = join(f.pieces, func(p *layer) *[]uint32 { return &p.values })
	l.records = join(f.pieces, func(p *layer) *[]record { return &p.records })
	l.boxes = join(f.pieces, func(p *layer) *[]box { return &p.boxes })
}

// shift makes a piece point to where its columns will stand behind others.
func (l *layer) shift(at mark, values uint32) {
	steps, parts, longs, chunks, few := uint32(at.steps), uint32(at.parts), uint32(at.longs), uint32(at.chunks), uint32(at.few) //nolint:gosec // the columns have fewer than 2^32 entries
	for i := range l.records {
		r := &l.records[i]
		r.step, r.values = r.step+steps, r.values+values
		if r.part&lone == 0 {
			r.part += parts
		}
	}
	for i := range l.parts {
		if l.parts[i].long > 0 {
			l.parts[i].long += longs
		}
	}
	ofRun := func(r *run, by uint32) {
		if r.vertices == 0 {
			return
		}
		for k := r.chunk; ; k++ {
			l.chunks[k].step += by
			if l.chunks[k].vertex == r.vertices-1 {
				break
			}
		}
		r.chunk += chunks
	}
	for i := range l.longs {
		ofRun(&l.longs[i].all, steps)
		for k := range l.longs[i].few {
			ofRun(&l.longs[i].few[k], few)
		}
	}
}

// join puts an array of all pieces together and takes it from them.
func join[T any](pieces []*layer, of func(*layer) *[]T) []T {
	n := 0
	for _, p := range pieces {
		n += len(*of(p))
	}
	out := make([]T, 0, n+n/32+1024) // room for a few edits
	for _, p := range pieces {
		out = append(out, *of(p)...)
		*of(p) = nil
	}
	return out
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
