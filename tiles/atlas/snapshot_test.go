package atlas_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"hetu/tiles/atlas"
)

// saved writes a snapshot of a store as Follow writes it.
func saved(t *testing.T, s *store, path string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	a, done := s.load(t), make(chan struct{})
	go func() {
		defer close(done)
		a.Follow(ctx, s, path, func(err error) { t.Error(err) })
	}()
	for {
		if _, err := os.Stat(path); err == nil {
			break
		}
		_ = s.Wait(ctx)
	}
	stop()
	<-done
}

func someStore() *store {
	s := newStore()
	example := rapid.Custom(func(rt *rapid.T) *store {
		for i := range 40 {
			layer := []string{"board", "division", "reach", "river"}[i%4]
			s.put(layer, int64(i+1), drawSpans(rt, layer)...)
		}
		return s
	})
	return example.Example(7)
}

// What is read from a snapshot draws the same as what was read from the store, and goes on with the feed.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	s := someStore()
	path := filepath.Join(t.TempDir(), "atlas")
	saved(t, s, path)
	s.put("board", 1, span("board", 10, parts(editZ, editX, editY, []float64{4000, 4000}), map[string]any{"code": "new"}))
	a := atlas.New()
	fromFile := 0
	unused, err := a.Load(t.Context(), s, path, func(p atlas.Progress) {
		if p.Snapshot {
			fromFile++
		}
	})
	if unused != nil || err != nil || fromFile == 0 {
		t.Fatal(unused, err, fromFile)
	}
	got, want := drawAll(t, a), drawAll(t, s.load(t))
	for i, addr := range editTiles(t) {
		if !bytes.Equal(got[i].Data, want[i].Data) {
			t.Errorf("%s differs", key(addr))
		}
	}
}

// What a process that was killed left is removed, whatever the file is called; a file that only stands beside it is not ours.
func TestSnapshotLeavesOtherFiles(t *testing.T) {
	t.Parallel()
	s := someStore()
	for _, name := range []string{"map", "map[1]"} {
		path := filepath.Join(t.TempDir(), name)
		for _, other := range []string{".pmtiles", ".unfinished-1", ".unfinished-2"} {
			if err := os.WriteFile(path+other, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		saved(t, s, path)
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 2 || entries[0].Name() != name || entries[1].Name() != name+".pmtiles" {
			t.Errorf("there is %v, %v", entries, err)
		}
	}
}

// A snapshot that cannot be written is told as that, once until it is due again, and the atlas goes on.
func TestSnapshotIsNotWritten(t *testing.T) {
	t.Parallel()
	s := someStore()
	a := s.load(t)
	ctx, stop := context.WithCancel(t.Context())
	told, done := make(chan error, 9), make(chan struct{})
	go func() {
		defer close(done)
		a.Follow(ctx, s, filepath.Join(t.TempDir(), "nowhere", "atlas"), func(err error) { told <- err })
	}()
	if _, snapshot := errors.AsType[*atlas.SnapshotError](<-told); !snapshot {
		t.Error("something else was told")
	}
	s.put("board", 1)
	reach(t, a, s)
	stop()
	<-done
	if len(told) > 0 {
		t.Errorf("then it was told %v", <-told)
	}
}

// A file that is not whole, or of another store, is told and not used: the atlas is read from the source.
func TestSnapshotIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := someStore()
	path := filepath.Join(t.TempDir(), "atlas")
	saved(t, s, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := drawAll(t, s.load(t))
	check := func(name string, content []byte, src *store) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		a := atlas.New()
		unused, err := a.Load(t.Context(), src, path, nil)
		if unused == nil || err != nil {
			t.Errorf("%s: unused because of %v, err %v", name, unused, err)
			return
		}
		for i, got := range drawAll(t, a) {
			if src == s && !bytes.Equal(got.Data, want[i].Data) {
				t.Errorf("%s: tiles differ", name)
			}
		}
	}
	for at := 0; at < len(whole); at += 1 + len(whole)/200 {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x10
		check("a bit turned", damaged, s)
	}
	for _, n := range []int{0, 5, 20, len(whole) / 2, len(whole) - 1} {
		check("cut off", whole[:n], s)
	}
	check("longer", append(bytes.Clone(whole), 0), s)
	other := someStore()
	other.first = 5000
	check("of another store", whole, other)
	check("of a store that was put back", whole, newStore())
	again := someStore()
	again.began = 5000
	check("of a store that was put back and has counted to the same numbers again", whole, again)
}

// A source that fails while it is asked makes no atlas.
func TestLoadFails(t *testing.T) {
	t.Parallel()
	s := someStore()
	s.fail(errors.New("cable cut"))
	a := atlas.New()
	if _, err := a.Load(t.Context(), s, "", nil); err == nil || a.State().Loaded {
		t.Error(err, a.State())
	}
	s = newStore()
	s.put("board", 1, atlas.Span{From: 1, To: 2, Rank: 10, Shape: parts(12, 1, 1, []float64{1, 1})})
	if _, err := a.Load(t.Context(), s, "", nil); err == nil {
		t.Error("a feature without values was taken")
	}
}
