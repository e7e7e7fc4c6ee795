package api_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

// tileStore is a source in memory, with a feed.
type tileStore struct {
	mu       sync.Mutex
	features map[string]map[int64]atlas.Span
	feed     []tileWrite
	wake     chan struct{}
}

type tileWrite struct {
	layer string
	id    int64
}

func newTileStore() *tileStore {
	return &tileStore{features: map[string]map[int64]atlas.Span{}, wake: make(chan struct{}, 1)}
}

// put writes a feature of one part; values are by field, and all else about it is of no interest.
func (s *tileStore) put(t *testing.T, layer string, id int64, from geo.Date, flat []float64, values map[string]atlas.Value) {
	t.Helper()
	set, err := tiles.ParseSet(layer)
	if err != nil {
		t.Fatal(err)
	}
	span := atlas.Span{
		ID: id, From: atlas.DayOf(from, atlas.FirstDay), To: atlas.LastDay, Rank: set.Layers[0].MinZoom, Label: true,
		Shape: atlas.Shape{Flat: flat, Parts: []int{len(flat) / 2}},
	}
	for _, f := range set.Layers[0].Fields {
		span.Values = append(span.Values, values[f.Name])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.features[layer] == nil {
		s.features[layer] = map[int64]atlas.Span{}
	}
	s.features[layer][id] = span
	s.feed = append(s.feed, tileWrite{layer, id})
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// version is the number of the newest write.
func (s *tileStore) version() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.feed))
}

func (s *tileStore) Position(context.Context) (atlas.Position, int64, error) {
	return atlas.Position{Seq: s.version()}, s.version(), nil
}

func (*tileStore) Holds(context.Context, atlas.Position, int64) (bool, error) { return true, nil }

func (*tileStore) Count(context.Context, string) (int, error) { return 0, nil }

func (s *tileStore) Load(_ context.Context, layer string, emit func(*atlas.Span) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range s.features[layer] {
		if err := emit(&span); err != nil {
			return err
		}
	}
	return nil
}

func (s *tileStore) Fetch(_ context.Context, layer string, ids []int64, emit func(*atlas.Span) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if span, ok := s.features[layer][id]; ok {
			if err := emit(&span); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *tileStore) Changes(_ context.Context, after atlas.Position) (atlas.Delta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := atlas.Delta{To: atlas.Position{Seq: int64(len(s.feed))}, At: time.Now(), Touched: map[string][]int64{}}
	for _, w := range s.feed[after.Seq:] {
		d.Version = d.To.Seq
		d.Touched[w.layer] = append(d.Touched[w.layer], w.id)
	}
	return d, nil
}

func (s *tileStore) Wait(ctx context.Context) error {
	select {
	case <-s.wake:
	case <-ctx.Done():
	}
	return nil
}

// loaded gives an atlas of the store that follows it.
func (s *tileStore) loaded(t *testing.T) *atlas.Atlas {
	t.Helper()
	a := atlas.New()
	if _, err := a.Load(t.Context(), s, "", nil); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { a.Follow(ctx, s, "", func(error) {}) })
	t.Cleanup(following.Wait)
	t.Cleanup(stop)
	return a
}

// caughtUp waits until an atlas has all that was written.
func (s *tileStore) caughtUp(t *testing.T, a *atlas.Atlas) {
	t.Helper()
	for a.State().Version < s.version() {
		time.Sleep(time.Millisecond)
	}
}
