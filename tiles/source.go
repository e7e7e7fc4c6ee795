package tiles

import (
	"context"
	"iter"

	"github.com/paulmach/orb"

	"hetu/geo"
)

// Query asks for the features of some layers that are drawn in a box at a zoom on a day.
type Query struct {
	Layers []string
	Box    geo.Extent
	Zoom   int
	AsOf   geo.Date
}

// Feature is one feature of one layer. Rank is the first zoom it is drawn at: what has the greatest is dropped first when a
// tile is full. Geometry is lon/lat, EPSG:4490, whole: it is cut here, so that neighbours cut the same line. Values stand in
// the order of the layer's fields; nil is none.
type Feature struct {
	Layer    string
	ID       int64
	Rank     int
	Geometry orb.Geometry
	Values   []any
}

// Coverage is where a layer has features, and how many. An empty layer has no box.
type Coverage struct {
	Count int64
	Box   geo.Extent
}

// Source is where features come from; data/pg has it.
type Source interface {
	// TileFeatures gives the features of the query, layer by layer as asked, each in the order (rank, id), all of one
	// snapshot. An error ends the sequence.
	TileFeatures(ctx context.Context, q Query) iter.Seq2[Feature, error]
	// Coverage tells for every layer of the catalogue what it has on a day.
	Coverage(ctx context.Context, asOf geo.Date) (map[string]Coverage, error)
	// Version is the number of the newest write: what was built at one version is good until the next.
	Version(ctx context.Context) (int64, error)
}
