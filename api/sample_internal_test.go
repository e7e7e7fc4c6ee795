package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// deafStore counts how often it is asked for the sample, and does not answer.
type deafStore struct {
	Store

	asked int
}

func (s *deafStore) HoldsSample(context.Context) (bool, error) {
	s.asked++
	return false, context.DeadlineExceeded
}

// A database that does not answer is not asked by one request after the other: each would wait for it, and for those before.
func TestSampleOfADatabaseThatHangs(t *testing.T) {
	t.Parallel()
	store, now := &deafStore{}, time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	c := &sampleCheck{store: store, atlas: drawnAtlas{}, now: func() time.Time { return now }}
	ask := func(want int) {
		t.Helper()
		for range 20 {
			if !c.sample(t.Context()) {
				t.Error("before anything was known, the data are not taken for a sample")
			}
		}
		if store.asked != want {
			t.Errorf("asked %d times, want %d", store.asked, want)
		}
	}
	ask(1)
	now = now.Add(sampleRest)
	ask(2)
}

// What a TileJSON is compressed with is used again: it has a megabyte.
func TestTileJSONAllocates(t *testing.T) {
	served := plainTiles(t, 100)
	ask := func() {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/tiles/public/tilejson.json", http.NoBody)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Content-Encoding"), "gzip") {
			t.Fatalf("%d: %v", w.Code, w.Header())
		}
	}
	ask()
	const n, most = 100, 600_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		ask()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / n; each > most {
		t.Errorf("%d bytes each", each)
	}
}
