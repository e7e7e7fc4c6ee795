package cache_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// store is a source in memory: boards, rivers and divisions about one place.
type store struct {
	mu    sync.Mutex
	spans map[string]map[int64][]atlas.Span
	log   []written
	wake  chan struct{}
}

type written struct {
	layer string
	id    int64
}

func newStore(r *rand.Rand) *store {
	s := &store{spans: map[string]map[int64][]atlas.Span{"board": {}, "river": {}, "division": {}}, wake: make(chan struct{}, 1)}
	for range 200 {
		s.edit(r)
	}
	return s
}

// edit writes, changes or deletes a feature at random.
func (s *store) edit(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := written{[]string{"board", "river", "division"}[r.IntN(3)], 1 + r.Int64N(60)}
	switch {
	case r.IntN(5) == 0:
		delete(s.spans[w.layer], w.id)
	case r.IntN(2) == 0 && len(s.spans[w.layer][w.id]) > 0: // a value or a day only
		old := s.spans[w.layer][w.id][0]
		old.Values = values(r, w.layer)
		old.To = atlas.LastDay - atlas.Day(r.IntN(2))
		s.spans[w.layer][w.id] = []atlas.Span{old}
	default:
		s.spans[w.layer][w.id] = []atlas.Span{span(r, w)}
	}
	s.log = append(s.log, w)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// write gives a feature these spans, and the number of the write.
func (s *store) write(layer string, spans ...atlas.Span) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans[layer][spans[0].ID] = spans
	s.log = append(s.log, written{layer, spans[0].ID})
	return int64(len(s.log))
}

// The features lie in the square 3284/1549 of zoom 12 and about it.
func span(r *rand.Rand, w written) atlas.Span {
	lon, lat := 108.5+r.Float64()*0.3, 40+r.Float64()*0.3
	out := atlas.Span{ID: w.id, From: atlas.FirstDay, To: atlas.LastDay, Label: true, Values: values(r, w.layer)}
	if r.IntN(3) == 0 {
		out.From = atlas.DayOf(today(), 0)
	}
	var flat []float64
	switch w.layer {
	case "board":
		out.Rank, flat = 10+r.IntN(3), []float64{lon, lat}
	case "river":
		out.Rank = 4 + r.IntN(8)
		for i := range 2 + r.IntN(60) {
			flat = append(flat, lon+float64(i)*0.002, lat+r.Float64()*0.004)
		}
	default:
		out.Rank = r.IntN(10)
		n, size := 4+r.IntN(20), 0.01+r.Float64()*0.1
		for i := range n {
			turn := 2 * math.Pi * float64(i) / float64(n)
			flat = append(flat, lon+size*math.Cos(turn), lat+size*math.Sin(turn))
		}
		flat = append(flat, flat[:2]...)
	}
	out.Shape = atlas.Shape{Flat: flat, Parts: []int{len(flat) / 2}}
	return out
}

func values(r *rand.Rand, layer string) []atlas.Value {
	set, err := tiles.ParseSet(layer)
	if err != nil {
		panic(err)
	}
	out := make([]atlas.Value, len(set.Layers[0].Fields))
	for i, f := range set.Layers[0].Fields {
		if f.Name == "name" || f.Name == "code" {
			out[i] = atlas.TextValue("示例" + strconv.Itoa(r.IntN(20)))
		}
	}
	return out
}

func (s *store) Position(context.Context) (atlas.Position, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return atlas.Position{Seq: int64(len(s.log))}, int64(len(s.log)), nil
}

func (*store) Holds(context.Context, atlas.Position, int64) (bool, error) { return true, nil }

func (*store) Count(context.Context, string) (int, error) { return 0, nil }

func (s *store) Load(ctx context.Context, layer string, emit func(*atlas.Span) error) error {
	var ids []int64
	for id := range int64(61) {
		ids = append(ids, id)
	}
	return s.Fetch(ctx, layer, ids, emit)
}

func (s *store) Fetch(_ context.Context, layer string, ids []int64, emit func(*atlas.Span) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		for _, sp := range s.spans[layer][id] {
			if err := emit(&sp); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *store) Changes(_ context.Context, after atlas.Position) (atlas.Delta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := atlas.Delta{To: after, At: time.Now(), Touched: map[string][]int64{}}
	for _, w := range s.log[after.Seq:] {
		d.To.Seq++
		d.Version = d.To.Seq
		d.Touched[w.layer] = append(d.Touched[w.layer], w.id)
	}
	return d, nil
}

func (s *store) Wait(ctx context.Context) error {
	select {
	case <-s.wake:
	case <-ctx.Done():
	}
	return nil
}

// running loads an atlas from a store, follows it, and keeps its tiles.
func running(t *testing.T, s *store, bound int64) (*atlas.Atlas, *cache.Cache) {
	t.Helper()
	a := atlas.New()
	if _, err := a.Load(t.Context(), s, "", nil); err != nil {
		t.Fatal(err)
	}
	c := newCache(t, a, bound)
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() {
		a.Follow(ctx, s, "", func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	})
	t.Cleanup(following.Wait)
	t.Cleanup(stop)
	return a, c
}

// caughtUp waits until the atlas has all that was written.
func (s *store) caughtUp(a *atlas.Atlas) {
	for {
		if _, version, _ := s.Position(context.Background()); a.State().Version == version {
			return
		}
		time.Sleep(50 * time.Microsecond)
	}
}

// about gives the addresses of the squares that the store's features lie in, in both grids, of some sets and days.
func about(t *testing.T) []tiles.Address {
	t.Helper()
	var out []tiles.Address
	for _, name := range []string{"public", "board", "division_label,river_label"} {
		set, err := tiles.ParseSet(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, asOf := range []geo.Date{today(), today().AddDays(-1)} {
			for _, z := range []int{1, 4, 7, 10, 11, 13} {
				n := float64(int(1) << z)
				x0, x1 := int(288.4/360*n), int(289/360.0*n)
				for x := x0; x <= x1; x++ {
					for y := int(49.6 / 360 * n); y <= int(50.1/360*n); y++ {
						out = append(out, tiles.Address{Set: set, Grid: tiles.CGCS2000Quad, Z: z, X: x, Y: y, AsOf: asOf})
					}
					for y := int(0.3773 * n); y <= int(0.3787*n); y++ {
						out = append(out, tiles.Address{Set: set, Z: z, X: x, Y: y, AsOf: asOf})
					}
				}
			}
		}
	}
	return out
}

func get(t *testing.T, c *cache.Cache, a *tiles.Address) (version int64, data []byte) {
	t.Helper()
	tile := c.Hit(a)
	if tile == nil {
		var err error
		if tile, err = c.Tile(t.Context(), *a, cache.Zstd); err != nil {
			t.Error(err)
			return 0, nil
		}
	}
	return tile.Version, unpacked(t, tile, cache.Identity)
}

func name(a *tiles.Address) string {
	return fmt.Sprintf("%s %d/%d/%d of grid %d on %s", a.Set.Name, a.Z, a.X, a.Y, a.Grid, a.AsOf)
}

// After an edit exactly those tiles are gone that are drawn differently, or that have the feature, and the rest is what would
// be drawn now.
func TestEditDropsWhatItTouches(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	s := newStore(r)
	a, c := running(t, s, 64<<20)
	squares := about(t)
	versions := make([]int64, len(squares))
	const edits = 20
	gone := 0
	for range edits {
		for i := range squares {
			versions[i], _ = get(t, c, &squares[i])
		}
		s.edit(r)
		s.caughtUp(a)
		for i := range squares {
			fresh := a.Tile(squares[i], nil)
			there := c.Hit(&squares[i]) != nil
			if there != (fresh.Version == versions[i]) {
				t.Fatalf("%s: kept %v, its version was %d and is %d", name(&squares[i]), there, versions[i], fresh.Version)
			}
			if _, data := get(t, c, &squares[i]); !bytes.Equal(data, fresh.Data) {
				t.Fatalf("%s: a stale tile of %d bytes, a fresh one has %d", name(&squares[i]), len(data), len(fresh.Data))
			}
			if !there {
				gone++
			}
		}
	}
	t.Logf("%d of %d tiles were dropped by %d edits", gone, edits*len(squares), edits)
	if gone == 0 {
		t.Error("no edit touched a tile")
	}
}

// While edits come, a request never gets what was drawn before an edit that was there when it was made; and when they end the
// cache has what a fresh build draws. A small cache throws tiles out all the while.
func TestNoStaleTileInTurns(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]int64{"a cache for all": 64 << 20, "a small cache": 200 << 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			noStaleTile(t, bound)
		})
	}
}

func noStaleTile(t *testing.T, bound int64) {
	t.Helper()
	seeds := rand.New(rand.NewPCG(5, 5))
	s := newStore(seeds)
	a, c := running(t, s, bound)
	squares := about(t)
	ctx, stop := context.WithTimeout(t.Context(), staleFor)
	defer stop()
	var all sync.WaitGroup
	writer := rand.New(rand.NewPCG(seeds.Uint64(), 1))
	all.Go(func() {
		for ctx.Err() == nil {
			s.edit(writer)
			time.Sleep(time.Duration(writer.IntN(500)) * time.Microsecond)
		}
	})
	all.Go(func() { c.Improve(ctx) })
	for range 4 {
		r := rand.New(rand.NewPCG(seeds.Uint64(), 2))
		all.Go(func() {
			for ctx.Err() == nil {
				square := &squares[r.IntN(len(squares))]
				if r.IntN(2) == 0 { // some are asked for by many
					square = &squares[r.IntN(40)]
				}
				before := a.Tile(*square, nil)
				version, data := get(t, c, square) //nolint:contextcheck // a request is not cut off when the time is over
				if version < before.Version || (version == before.Version && !bytes.Equal(data, before.Data)) {
					t.Errorf("%s: version %d, %d bytes; before it was %d, %d bytes", name(square), version, len(data), before.Version, len(before.Data))
					return
				}
			}
		})
	}
	all.Wait()
	s.caughtUp(a)
	for i := range squares {
		fresh := a.Tile(squares[i], nil)
		if version, data := get(t, c, &squares[i]); version != fresh.Version || !bytes.Equal(data, fresh.Data) {
			t.Fatalf("%s: a stale tile", name(&squares[i]))
		}
	}
	t.Logf("%d edits", len(s.log))
}

// A tile was drawn and is being compressed when an edit comes. Who asks after the edit does not get it, though who asked before
// still waits for it.
func TestAskedAfterTheEdit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(rand.New(rand.NewPCG(7, 7)))
		a := &slow{Atlas: atlas.New(), goOn: make(chan struct{})}
		if _, err := a.Load(t.Context(), s, "", nil); err != nil {
			t.Fatal(err)
		}
		c := newCache(t, a, 64<<20)
		square := address(t, "public", 4, 12, 6)
		var before, after int64
		var all sync.WaitGroup
		all.Go(func() { before, _ = get(t, c, &square) })
		synctest.Wait()
		edit := s.write("river", atlas.Span{
			ID: 1, From: atlas.FirstDay, To: atlas.LastDay, Rank: 4, Values: make([]atlas.Value, 9),
			Shape: atlas.Shape{Flat: []float64{108.5, 40, 108.9, 40.3}, Parts: []int{2}},
		})
		ctx, stop := context.WithCancel(t.Context())
		all.Go(func() { a.Follow(ctx, s, "", func(error) {}) })
		synctest.Wait()
		all.Go(func() { after, _ = get(t, c, &square) })
		synctest.Wait()
		close(a.goOn)
		stop()
		all.Wait()
		if before >= edit || after != edit {
			t.Errorf("who asked before the edit %d got version %d, who asked after it %d", edit, before, after)
		}
	})
}

// slow is an atlas whose tiles take their time when they are drawn and no edit is held up any more.
type slow struct {
	*atlas.Atlas
	goOn chan struct{}
}

func (a *slow) Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile {
	t := a.Atlas.Tile(addr, keep)
	<-a.goOn
	return t
}

// A layer that was read anew takes all its tiles with it, and leaves those of other layers.
func TestReloadDropsALayer(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 6))
	s := &reloading{store: newStore(r)}
	a := atlas.New()
	if _, err := a.Load(t.Context(), s, "", nil); err != nil {
		t.Fatal(err)
	}
	c := newCache(t, a, 64<<20)
	boards, labels := address(t, "board", 12, 3284, 1549), address(t, "division_label", 12, 3284, 1549)
	_, _ = get(t, c, &boards)
	_, _ = get(t, c, &labels)
	ctx, stop := context.WithCancel(t.Context())
	s.mu.Lock()
	s.log = append(s.log, written{})
	s.mu.Unlock()
	var following sync.WaitGroup
	following.Go(func() { a.Follow(ctx, s, "", func(error) {}) })
	s.caughtUp(a)
	stop()
	following.Wait()
	if c.Hit(&boards) == nil || c.Hit(&labels) != nil {
		t.Errorf("the board's tile is kept: %v; the division's label's: %v", c.Hit(&boards) != nil, c.Hit(&labels) != nil)
	}
}

// reloading is a store whose divisions were written in bulk.
type reloading struct{ *store }

func (s *reloading) Changes(ctx context.Context, after atlas.Position) (atlas.Delta, error) {
	d, err := s.store.Changes(ctx, after)
	if len(d.Touched) > 0 {
		d.Touched, d.Reload = nil, []string{"division"}
	}
	return d, err
}
