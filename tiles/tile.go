package tiles

import "hetu/geo"

// MaxBytes bounds a tile before compression.
const MaxBytes = 500_000

// Tile is an encoded tile. No bytes means that nothing is there.
type Tile struct {
	Data    []byte
	Dropped int // features that had no room
	// Version is the number of the newest write that touched it, or of the write up to which its layer was loaded or settled.
	Version  int64
	Features int // that it shows
	Vertices int // that they are written with
}

// Coverage is where a layer has features, and how many. An empty layer has no box.
type Coverage struct {
	Count int64
	Box   geo.Extent
}
