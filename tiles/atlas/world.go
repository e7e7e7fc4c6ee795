package atlas

import (
	"math"
	"sync"

	"hetu/tiles"
	"hetu/tiles/label"
	"hetu/tiles/mvt"
)

// The world is the Mercator square, 2^31 units wide: about 19 mm at the equator, half a tile unit of the last zoom.
// x runs east from 180° W, y south from 85.05° N.
const (
	worldBits = label.WorldBits
	worldSize = 1 << worldBits
	// tileBits is the width of a tile in tile units, 4096.
	tileBits = 12
	// buffer is how far a tile draws beyond its square, in tile units, so that strokes and icons meet across the edge.
	buffer = 64
)

// shiftAt is by how many bits a world unit is smaller than a tile unit at a zoom.
func shiftAt(zoom int) uint { return uint(worldBits - tileBits - zoom) }

// point is a position in the world.
type point struct{ x, y uint32 }

// box is a part of the world, both ends included.
type box struct{ minX, minY, maxX, maxY uint32 }

// nowhere is the box of nothing; it grows by extend.
func nowhere() box { return box{math.MaxUint32, math.MaxUint32, 0, 0} }

func (b *box) extend(p point) {
	b.minX, b.minY = min(b.minX, p.x), min(b.minY, p.y)
	b.maxX, b.maxY = max(b.maxX, p.x), max(b.maxY, p.y)
}

func (b *box) join(c box) {
	b.minX, b.minY = min(b.minX, c.minX), min(b.minY, c.minY)
	b.maxX, b.maxY = max(b.maxX, c.maxX), max(b.maxY, c.maxY)
}

// meets tells whether two boxes have a place in common: if none of four differences is negative, for a search asks it a thousand
// times and no processor foresees the answers.
func (b *box) meets(c box) bool {
	return int32((c.maxX-b.minX)|(b.maxX-c.minX)|(c.maxY-b.minY)|(b.maxY-c.minY)) >= 0 //nolint:gosec // the world is 2^31 wide
}

// project puts a position in degrees into the world. What lies beyond the Mercator square is put on its rim.
func project(lon, lat float64) point {
	at := inWorld(lon, lat)
	return point{toWorld(at.x), toWorld(at.y)}
}

// exact is a position in world units that is not rounded. It is no array of two, which would go by way of memory.
type exact struct{ x, y float64 }

// inWorld does the same without rounding.
func inWorld(lon, lat float64) exact {
	return exact{(lon + 180) * (worldSize / 360.0), southing(lat) * worldSize}
}

// The square ends at 85.05 degrees; the table of its rows goes a little farther.
const (
	tableEnd  = 86
	tableStep = 1.0 / 256
)

// southings is the fraction of the square's height, from the north, at latitudes from south to north, and how much it grows in a
// step. Between two of them a cubic is right to a ten thousandth of a world unit, in a tenth of the time of sine and logarithm; a map
// has a hundred million positions.
var southings = sync.OnceValue(func() *[2*tableEnd/tableStep + 1][2]float64 { //nolint:gochecknoglobals // a table
	var t [2*tableEnd/tableStep + 1][2]float64
	for i := range t {
		sin, cos := math.Sincos((float64(i)*tableStep - tableEnd) * (math.Pi / 180))
		t[i] = [2]float64{0.5 - math.Log((1+sin)/(1-sin))/(4*math.Pi), -tableStep / (360 * cos)}
	}
	return &t
})

func southing(lat float64) float64 {
	if !(lat > -tableEnd) {
		return 1
	}
	if lat >= tableEnd {
		return 0
	}
	at, t := southings(), (lat+tableEnd)*(1/tableStep)
	i := int(t)
	t -= float64(i)
	a, b := &at[i], &at[i+1]
	rise := b[0] - a[0]
	return a[0] + t*(a[1]+t*(3*rise-2*a[1]-b[1]+t*(a[1]+b[1]-2*rise)))
}

func toWorld(v float64) uint32 {
	v += 0.5
	switch {
	case !(v >= 0):
		return 0
	case v >= worldSize:
		return worldSize - 1
	default:
		return uint32(v)
	}
}

// unproject is the way back, in degrees.
func unproject(p point) (lon, lat float64) {
	return float64(p.x)/worldSize*360 - 180, latitude(float64(p.y) / worldSize)
}

// latitude of a fraction of the Mercator square's height, from the north.
func latitude(fraction float64) float64 {
	return math.Atan(math.Sinh(math.Pi*(1-2*fraction))) * (180 / math.Pi)
}

// plate puts a y of the world on the lon/lat plane of the same scale, on which 360 degrees are as wide as the world, from 90° N down: the
// grid of CGCS2000 has the same x, and this y.
func plate(y uint32) int64 {
	return int64(math.Round((90 - latitude(float64(y)/worldSize)) * (worldSize / 360.0)))
}

// square is a tile's place: shift turns world units into tile units, left and top are its corner in tile units.
type square struct {
	grid      tiles.Grid
	zoom      int
	class     uint32 // the vertices of this and lower ones are drawn
	shift     uint
	left, top int64
}

func squareOf(grid tiles.Grid, zoom, x, y int) square {
	return square{grid: grid, zoom: zoom, class: classOf(zoom), shift: shiftAt(zoom), left: int64(x) << tileBits, top: int64(y) << tileBits}
}

// local gives a position in tile units from the tile's corner, rounded as the same position is in every tile.
func (s *square) local(x, y uint32) (int32, int32) {
	half := int64(1) << s.shift >> 1
	wy := int64(y)
	if s.grid == tiles.CGCS2000Quad {
		wy = plate(y)
	}
	return int32((int64(x)+half)>>s.shift - s.left), int32((wy+half)>>s.shift - s.top) //nolint:gosec // at most 2^30
}

// reach gives the part of the world that is drawn into a tile with a margin of so many tile units: 0 is the square itself. One
// unit more is taken on each side for what rounding moves.
func (s *square) reach(margin int64) box {
	margin++
	minX, maxX := clampWorld((s.left-margin)<<s.shift), clampWorld((s.left+mvt.Extent+margin)<<s.shift)
	minY, maxY := (s.top-margin)<<s.shift, (s.top+mvt.Extent+margin)<<s.shift
	if s.grid == tiles.CGCS2000Quad {
		return box{minX, fromPlate(minY), maxX, fromPlate(maxY)}
	}
	return box{minX, clampWorld(minY), maxX, clampWorld(maxY)}
}

// fromPlate is the way back from plate.
func fromPlate(y int64) uint32 {
	lat := 90 - float64(y)*(360.0/worldSize)
	if lat >= 90 {
		return 0
	}
	if lat <= -90 {
		return worldSize - 1
	}
	return project(0, lat).y
}

func clampWorld(v int64) uint32 { return uint32(min(max(v, 0), worldSize-1)) }

// rangeOf gives the tiles of a zoom, both ends included, whose squares and buffers a box can touch.
func rangeOf(grid tiles.Grid, zoom int, b box) (x0, y0, x1, y1 int) {
	shift := shiftAt(zoom)
	minY, maxY, rows := int64(b.minY), int64(b.maxY), 1<<zoom
	if grid == tiles.CGCS2000Quad {
		minY, maxY, rows = plate(b.minY), plate(b.maxY), max(1, rows/2)
	}
	tile := func(v, margin int64) int { return int((v>>shift + margin) >> tileBits) }
	bound := func(v, n int) int { return min(max(v, 0), n-1) }
	return bound(tile(int64(b.minX), -buffer-1), 1<<zoom), bound(tile(minY, -buffer-1), rows),
		bound(tile(int64(b.maxX), buffer+1), 1<<zoom), bound(tile(maxY, buffer+1), rows)
}
