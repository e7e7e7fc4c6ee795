package atlas_test

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

// store is a source in memory, with a feed.
type store struct {
	mu       sync.Mutex
	features map[string]map[int64][]atlas.Span
	feed     []written
	first    int64 // version of the first write
	began    int64 // when that was, in microseconds; they are a microsecond apart
	stretch  int   // of the feed that is read at a time; 0 is all
	reads    int   // of the feed that brought something
	down     error
}

type written struct {
	layer string
	id    int64 // 0: the whole layer
}

func newStore() *store {
	return &store{features: map[string]map[int64][]atlas.Span{}, first: 1000}
}

// put writes a feature: its spans are what it is from now on, none end it.
func (s *store) put(layer string, id int64, spans ...atlas.Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.features[layer] == nil {
		s.features[layer] = map[int64][]atlas.Span{}
	}
	for i := range spans {
		spans[i].ID = id
	}
	s.features[layer][id] = spans
	s.feed = append(s.feed, written{layer, id})
}

func (s *store) bulk(layer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feed = append(s.feed, written{layer, 0})
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

func (s *store) version(n int) int64 {
	if n == 0 {
		return 0
	}
	return s.first + int64(n) - 1
}

// position is the place in the feed after n writes.
func (s *store) position(n int64) atlas.Position {
	return atlas.Position{XID: 1, Seq: n, At: s.began + n}
}

func (s *store) Position(context.Context) (atlas.Position, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.position(int64(len(s.feed))), s.version(len(s.feed)), s.down
}

func (s *store) Holds(_ context.Context, at atlas.Position, version int64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return at.Seq <= int64(len(s.feed)) && at == s.position(at.Seq) && version == s.version(int(at.Seq)), s.down
}

func (s *store) Count(_ context.Context, layer string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.features[layer]), s.down
}

func (s *store) Load(ctx context.Context, layer string, emit func(*atlas.Span) error) error {
	s.mu.Lock()
	ids := slices.Sorted(maps.Keys(s.features[layer]))
	s.mu.Unlock()
	return s.Fetch(ctx, layer, ids, emit)
}

func (s *store) Fetch(_ context.Context, layer string, ids []int64, emit func(*atlas.Span) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		for _, span := range s.features[layer][id] {
			if err := emit(&span); err != nil {
				return err
			}
		}
	}
	return s.down
}

func (s *store) Changes(_ context.Context, after atlas.Position) (atlas.Delta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := atlas.Delta{To: s.position(int64(len(s.feed))), At: time.Now(), Touched: map[string][]int64{}}
	if after.Seq == d.To.Seq || s.down != nil {
		return d, s.down
	}
	s.reads++
	if d.More = s.stretch > 0 && d.To.Seq-after.Seq > int64(s.stretch); d.More {
		d.To = s.position(after.Seq + int64(s.stretch))
	}
	d.Version = s.version(int(d.To.Seq))
	for _, w := range s.feed[after.Seq:d.To.Seq] {
		if w.id == 0 {
			d.Reload = append(d.Reload, w.layer)
		} else {
			d.Touched[w.layer] = append(d.Touched[w.layer], w.id)
		}
	}
	return d, nil
}

func (s *store) Wait(ctx context.Context) error {
	select {
	case <-time.After(time.Millisecond):
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// load gives an atlas of all that the store has.
func (s *store) load(tb testing.TB) *atlas.Atlas {
	tb.Helper()
	a := atlas.New()
	if _, err := a.Load(tb.Context(), s, "", nil); err != nil {
		tb.Fatal(err)
	}
	return a
}

// values gives the values of a layer's fields, by name.
func values(layer string, named map[string]any) []atlas.Value {
	var out []atlas.Value
	for _, l := range tiles.Catalogue() {
		if l.Name != layer {
			continue
		}
		for _, f := range l.Fields {
			switch v := named[f.Name].(type) {
			case string:
				out = append(out, atlas.TextValue(v))
			case int:
				out = append(out, atlas.IntValue(int64(v)))
			case float64:
				out = append(out, atlas.FloatValue(v))
			case bool:
				out = append(out, atlas.BoolValue(v))
			default:
				out = append(out, atlas.Value{})
			}
		}
	}
	return out
}

// span is a span of all days.
func span(layer string, rank int, shape atlas.Shape, named map[string]any) atlas.Span {
	return atlas.Span{From: atlas.FirstDay, To: atlas.LastDay, Rank: rank, Shape: shape, Values: values(layer, named)}
}

// at gives the lon, lat of a place in a tile, in tile units.
func at(z, x, y int, u, v float64) (lon, lat float64) {
	n := float64(int(1) << z)
	return (float64(x)+u/4096)/n*360 - 180, math.Atan(math.Sinh(math.Pi*(1-2*(float64(y)+v/4096)/n))) * 180 / math.Pi
}

// parts makes a shape of parts given in tile units of one tile.
func parts(z, x, y int, each ...[]float64) atlas.Shape {
	var s atlas.Shape
	for _, uv := range each {
		for i := 0; i < len(uv); i += 2 {
			lon, lat := at(z, x, y, uv[i], uv[i+1])
			s.Flat = append(s.Flat, lon, lat)
		}
		s.Parts = append(s.Parts, len(uv)/2)
	}
	return s
}

func today() geo.Date { return geo.NewDate(2026, 11, 24) }

func address(tb testing.TB, set string, z, x, y int) tiles.Address {
	tb.Helper()
	a, err := tiles.WebMercatorQuad.ParseAddress(set, strconv.Itoa(z), strconv.Itoa(x), strconv.Itoa(y), today())
	if err != nil {
		tb.Fatal(err)
	}
	return a
}
