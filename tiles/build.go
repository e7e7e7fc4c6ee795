package tiles

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"hetu/tiles/mvt"
)

// MaxBytes bounds a tile before compression.
const MaxBytes = 500_000

// Tile is an encoded tile. No bytes means that nothing is there.
type Tile struct {
	Data     []byte
	Dropped  int   // features that had no room
	Version  int64 // number of the newest write that touched it
	Features int   // that it shows
	Vertices int   // that they are written with
}

// shaped is a feature as the tile shows it.
type shaped struct {
	layer int // index in the address's layers
	rank  int
	id    int64
	shape orb.Geometry
	props []mvt.Property
}

// Build makes the tile of an address, whole or an error: a layer that cannot be read fails the tile.
func Build(ctx context.Context, src Source, a Address) (Tile, error) {
	names := a.Set.at(a.Z)
	if len(names) == 0 {
		return Tile{}, nil
	}
	g := newGathering(a)
	for f, err := range src.TileFeatures(ctx, Query{Layers: names, Box: a.Box(), Zoom: a.Z, AsOf: a.AsOf}) {
		if err != nil {
			return Tile{}, fmt.Errorf("tile %s/%d/%d/%d: %w", a.Set.Name, a.Z, a.X, a.Y, err)
		}
		if err := g.add(f); err != nil {
			return Tile{}, fmt.Errorf("tile %s/%d/%d/%d: %w", a.Set.Name, a.Z, a.X, a.Y, err)
		}
	}
	return g.encode()
}

// gathering collects the shaped features of a tile.
type gathering struct {
	frame    *frame
	layers   []Layer
	index    map[string]int
	features []shaped
	least    []int // by layer: bytes that its features take at the least
	dropped  int
}

func newGathering(a Address) *gathering {
	g := &gathering{frame: newFrame(a.Z, a.X, a.Y), layers: a.Set.Layers, index: map[string]int{}, least: make([]int, len(a.Set.Layers))}
	for i, l := range g.layers {
		g.index[l.Name] = i
	}
	return g
}

// add shapes a feature. Of a layer that is over the bound by itself, the rest cannot have room either, since a layer's
// features come in the order they are kept: they are counted and not held in memory.
func (g *gathering) add(f Feature) error {
	i, ok := g.index[f.Layer]
	if !ok {
		return fmt.Errorf("the source gave a feature of layer %q, which was not asked for", f.Layer)
	}
	fields := g.layers[i].Fields
	if len(f.Values) != len(fields) {
		return fmt.Errorf("%s %d has %d values for %d fields", f.Layer, f.ID, len(f.Values), len(fields))
	}
	shape := g.frame.shape(f.Geometry)
	if shape == nil {
		return nil
	}
	if g.least[i] > MaxBytes {
		g.dropped++
		return nil
	}
	s := shaped{layer: i, rank: f.Rank, id: f.ID, shape: shape, props: make([]mvt.Property, 0, len(fields))}
	for j, v := range f.Values {
		if v != nil {
			s.props = append(s.props, mvt.Property{Name: fields[j].Name, Value: v})
		}
	}
	g.least[i] += 2*vertices(shape) + 2*len(s.props)
	g.features = append(g.features, s)
	return nil
}

// encode writes features in the order (rank, layer, id) until the tile is full; all that come later are dropped, so that a
// feature is never kept where a more important one was not.
func (g *gathering) encode() (Tile, error) {
	slices.SortFunc(g.features, func(a, b shaped) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.layer, b.layer), cmp.Compare(a.id, b.id))
	})
	layers := make([]*mvt.Layer, len(g.layers))
	for i, l := range g.layers {
		layers[i] = mvt.NewLayer(l.Name)
	}
	total := 0
	for n, f := range g.features {
		l := layers[f.layer]
		before := l.Size()
		if err := l.Add(uint64(f.id), f.shape, f.props); err != nil { //nolint:gosec // ids are positive, from a sequence
			return Tile{}, fmt.Errorf("%s %d: %w", g.layers[f.layer].Name, f.id, err)
		}
		if total+l.Size()-before > MaxBytes {
			l.Undo()
			g.dropped += len(g.features) - n
			break
		}
		total += l.Size() - before
	}
	if total == 0 {
		return Tile{Dropped: g.dropped}, nil
	}
	data := make([]byte, 0, total)
	for _, l := range layers {
		data = l.Append(data)
	}
	return Tile{Data: data, Dropped: g.dropped}, nil
}

// vertices counts the coordinate pairs that a shape is written with.
func vertices(g orb.Geometry) int {
	n := 0
	switch g := g.(type) {
	case orb.Point:
		n = 1
	case orb.MultiPoint:
		n = len(g)
	case orb.LineString:
		n = len(g)
	case orb.MultiLineString:
		for _, ls := range g {
			n += len(ls)
		}
	case orb.Polygon:
		for _, ring := range g {
			n += len(ring) - 1
		}
	case orb.MultiPolygon:
		for _, p := range g {
			n += vertices(p)
		}
	}
	return n
}
