package atlas_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"hetu/tiles/atlas"
)

// follow lets an atlas take in all that a store has.
func follow(tb testing.TB, a *atlas.Atlas, s *store) {
	tb.Helper()
	ctx, stop := context.WithCancel(tb.Context())
	var following sync.WaitGroup
	following.Go(func() { a.Follow(ctx, s, "", func(err error) { tb.Error(err) }) })
	reach(tb, a, s)
	stop()
	following.Wait()
}

// reach waits until an atlas that follows has all that the store has.
func reach(tb testing.TB, a *atlas.Atlas, s *store) {
	tb.Helper()
	for !caughtUp(a, s) {
		_ = s.Wait(tb.Context())
	}
}

func caughtUp(a *atlas.Atlas, s *store) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.State().Position.Seq == int64(len(s.feed))
}

// While the source is gone the atlas draws what it has; when it is back the atlas goes on, and nothing is lost. Trouble is told
// once when it begins and once when it is over.
func TestFollowGoesOn(t *testing.T) {
	t.Parallel()
	s := newStore()
	board := func(u float64) {
		s.put("board", 1, span("board", 10, parts(12, 3250, 1675, []float64{u, 5}), nil))
	}
	board(10)
	a := s.load(t)
	ctx, stop := context.WithCancel(t.Context())
	told := make(chan error, 10)
	var following sync.WaitGroup
	following.Go(func() { a.Follow(ctx, s, "", func(err error) { told <- err }) })
	before := a.Tile(address(t, "board", 12, 3250, 1675), nil)

	gone := errors.New("cable cut")
	s.fail(gone)
	if err := <-told; !errors.Is(err, gone) {
		t.Errorf("told %v", err)
	}
	since := a.State().At
	board(20)
	board(30)
	if tile := a.Tile(address(t, "board", 12, 3250, 1675), nil); !bytes.Equal(tile.Data, before.Data) {
		t.Error("a tile changed while nothing could be read")
	}
	s.fail(nil)
	if err := <-told; err != nil {
		t.Errorf("told %v", err)
	}
	reach(t, a, s)
	stop()
	following.Wait()
	if len(told) != 0 {
		t.Errorf("told once more: %v", <-told)
	}
	if tile := a.Tile(address(t, "board", 12, 3250, 1675), nil); bytes.Equal(tile.Data, before.Data) || tile.Version != s.version(3) {
		t.Errorf("version %d", tile.Version)
	}
	if !a.State().At.After(since) {
		t.Error("the atlas does not know that it is current again")
	}
}

// What does not come with one read of the feed comes with the next, and the state is of the last.
func TestFollowTakesStretches(t *testing.T) {
	t.Parallel()
	s := newStore()
	s.put("board", 1, span("board", 10, parts(12, 3250, 1675, []float64{1, 5}), nil))
	a := s.load(t)
	for i := range int64(8) {
		s.put("board", 1+i%3, span("board", 10, parts(12, 3250, 1675, []float64{float64(100 * i), 5}), nil))
	}
	s.put("board", 4, span("board", 10, parts(12, 3250, 1675, []float64{7, 7}), nil))
	s.bulk("board") // of the layer as it is at the end
	s.put("board", 2)
	s.stretch, s.reads = 4, 0
	follow(t, a, s)
	addr := address(t, "board", 12, 3250, 1675)
	got, want := a.Tile(addr, nil), s.load(t).Tile(addr, nil)
	if s.reads != 3 || !bytes.Equal(got.Data, want.Data) || got.Features != 3 || got.Version != s.version(12) {
		t.Errorf("after %d reads %d features of version %d", s.reads, got.Features, got.Version)
	}
}

// Many edits of one feature leave one feature, and tiles that were not touched keep their version, until the layer is
// settled: then all have the newest.
func TestFollowSettles(t *testing.T) {
	t.Parallel()
	s := newStore()
	for i := range int64(100) {
		s.put("board", i+1, span("board", 10, parts(12, 3250, 1675, []float64{float64(i), 5}), nil))
	}
	a := s.load(t)
	far := address(t, "board", 12, 3300, 1675)
	was := a.Tile(far, nil).Version
	for n := range 600 {
		for i := range int64(100) {
			s.put("board", i+1, span("board", 10, parts(12, 3250, 1675, []float64{float64(i), float64(6 + n)}), nil))
		}
		follow(t, a, s)
		if n == 0 && a.Tile(far, nil).Version != was {
			t.Error("a tile that was not touched has another version")
		}
	}
	addr := address(t, "board", 12, 3250, 1675)
	got, want := a.Tile(addr, nil), s.load(t).Tile(addr, nil)
	if !bytes.Equal(got.Data, want.Data) || got.Features != 100 {
		t.Errorf("%d features", got.Features)
	}
	if a.Tile(far, nil).Version == was {
		t.Error("60,000 edits of 100 features were not settled")
	}
}

// Where the name of a border of many bends stands takes long to find. Tiles are drawn meanwhile.
func TestTilesAreDrawnWhileANameIsPlaced(t *testing.T) {
	t.Parallel()
	const z, x, y, bends = 12, 3250, 1675, 60_000
	s := newStore()
	s.put("board", 1, span("board", 10, parts(z, x, y, []float64{10, 5}), nil))
	a := s.load(t)
	var border []float64
	for i := range bends {
		sin, cos := math.Sincos(2 * math.Pi * float64(i%(bends-1)) / (bends - 1))
		r := 2000 - float64(i%2)*1500*float64(min(i, bends-1-i, 1))
		border = append(border, 2048+r*cos, 2048+r*sin)
	}
	s.put("division", 2, span("division", 0, parts(z, x, y, border), map[string]any{"name": "九原区"}))
	begun := time.Now()
	var following sync.WaitGroup
	following.Go(func() { follow(t, a, s) })
	longest := time.Duration(0)
	for !caughtUp(a, s) {
		asked := time.Now()
		a.Tile(address(t, "board", z, x, y), nil)
		longest = max(longest, time.Since(asked))
	}
	whole := time.Since(begun)
	following.Wait()
	if longest > whole/2 {
		t.Errorf("a tile took %v of the %v in which the name was placed", longest, whole)
	}
	if tile := a.Tile(address(t, "division_label", z, x, y), nil); tile.Features != 1 {
		t.Errorf("%d names", tile.Features)
	}
}
