package tiles

// Grid is a way to cut the world into tiles.
type Grid uint8

const (
	// WebMercatorQuad is the grid of the OGC's Two Dimensional Tile Matrix Set of this name, EPSG:3857.
	WebMercatorQuad Grid = iota
	// CGCS2000Quad is the grid that 天地图 calls c: EPSG:4490, lon/lat. Level n has 2^n by 2^(n-1) tiles of 360/2^n degrees,
	// rows counted from 90° N; level 1 is two tiles.
	CGCS2000Quad
)
