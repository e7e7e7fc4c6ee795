package pmtiles

// maxZoom is the last zoom whose tile ids this package knows; the last id is far from the end of a uint64.
const maxZoom = 26

// ID is the number of a tile: zooms follow each other, and within a zoom the tiles stand along a Hilbert curve, so that what is
// near on the map is near in the file. The four parts of a tile follow each other, as the four parts of its number's place do.
func ID(z, x, y int) uint64 { return firstOf(z) + onCurve(z, uint64(x), uint64(y)) } //nolint:gosec // of the grid, not negative

// Place is the way back from [ID].
func Place(id uint64) (z, x, y int) {
	z = zoomOf(id)
	x, y = fromCurve(z, id-firstOf(z))
	return z, x, y
}

// firstOf is the id of a zoom's first tile: so many tiles have the zooms before it.
func firstOf(z int) uint64 { return (uint64(1)<<(2*z) - 1) / 3 }

func zoomOf(id uint64) int {
	z := 0
	for z < maxZoom && id >= firstOf(z+1) {
		z++
	}
	return z
}

// onCurve gives the place of a tile on its zoom's curve.
func onCurve(z int, x, y uint64) (place uint64) {
	for s := uint64(1) << z >> 1; s > 0; s >>= 1 {
		right, lower := x&s != 0, y&s != 0
		switch {
		case right && lower:
			place += 2 * s * s
		case right:
			place += 3 * s * s
		case lower:
			place += s * s
		}
		x, y = turned(x&(s-1), y&(s-1), s, right, lower)
	}
	return place
}

// fromCurve is the way back from onCurve.
func fromCurve(z int, place uint64) (x, y int) {
	var tx, ty uint64
	for s := uint64(1); s < uint64(1)<<z; s <<= 1 {
		quarter := place & 3
		place >>= 2
		right, lower := quarter >= 2, quarter == 1 || quarter == 2
		tx, ty = turned(tx, ty, s, right, lower)
		if right {
			tx += s
		}
		if lower {
			ty += s
		}
	}
	return int(tx), int(ty)
}

// turned gives a position in a quarter s wide as the curve runs through it: the two upper quarters hold it turned.
func turned(x, y, s uint64, right, lower bool) (uint64, uint64) {
	switch {
	case lower:
		return x, y
	case right:
		return s - 1 - y, s - 1 - x
	default:
		return y, x
	}
}
