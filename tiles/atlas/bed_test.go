package atlas_test

import (
	"bytes"
	"testing"

	"hetu/tiles/atlas"
)

// Reaches borrow from their river, also again when it was read anew or moved and settled, and are drawn as if they did not.
func TestReachesBorrow(t *testing.T) {
	t.Parallel()
	var uv []float64
	for i := range 300 {
		uv = append(uv, 2500+10*float64(i), 3900+float64(i*i%97))
	}
	line := func(from, to int) atlas.Shape { return parts(editZ, editX, editY, uv[2*from:2*to]) }
	lent, own := newStore(), newStore()
	lent.put("river", 1, span("river", 9, line(0, 300), nil))
	own.put("river", 1, span("river", 9, parts(editZ, editX, editY, []float64{0, 0, 1, 9}), nil))
	for _, s := range []*store{lent, own} {
		for i := range 10 {
			old, now := span("reach", 9, line(30*i, 30*i+30), map[string]any{"code": "a"}), span("reach", 9, line(30*i, 30*i+30), map[string]any{"code": "b"})
			old.To, now.From = 20004, 20004
			s.put("reach", int64(i+10), old, now)
			s.put("reach", int64(i+20), span("reach", 9, line(30*i, 30*i+20), nil))
		}
	}
	a, b := lent.load(t), own.load(t)
	a.Gather(t.Context(), lent)
	b.Gather(t.Context(), own)
	if got, none := atlas.Borrowed(a), atlas.Borrowed(b); got != 30 || none != 0 {
		t.Fatalf("%d records borrow, %d where there is nothing to borrow from", got, none)
	}
	same := func(when string) {
		t.Helper()
		for _, addr := range editTiles(t) {
			addr.Set = address(t, "reach", addr.Z, 0, 0).Set
			if got, want := a.Tile(addr, nil), b.Tile(addr, nil); !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s: %s differs", when, key(addr))
			}
		}
	}
	same("loaded")
	lent.bulk("river")
	follow(t, a, lent)
	if got := atlas.Borrowed(a); got != 30 {
		t.Errorf("%d records borrow when the river was read anew", got)
	}
	same("the river was read anew")
	lent.put("river", 1, span("river", 9, line(100, 300), nil))
	follow(t, a, lent)
	same("the river is shorter")
	atlas.Settle(a)
	if got := atlas.Borrowed(a); got >= 30 || got < 18 {
		t.Errorf("%d records borrow from a river that is shorter", got)
	}
	same("settled")
}
