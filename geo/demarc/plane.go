package demarc

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo/crs"
)

// Plane is a flat map in metres, x east and y north, in which offsets of a stretch are made: the Gauss-Krüger projection about the
// meridian through its middle. It is no zone of the country, so that a river across the edge of one has no seam; its lengths are
// true on that meridian and at most 31 ppm too long 50 km away.
type Plane struct{ system crs.System }

// NewPlane makes the plane of lines (any layout, degrees); the middle is that of their extent. Without a vertex it is that of 105°E.
func NewPlane(lines ...*geom.LineString) Plane {
	west, east := math.Inf(1), math.Inf(-1)
	for _, line := range lines {
		flat, stride := line.FlatCoords(), line.Stride()
		for i := 0; i < len(flat); i += stride {
			west, east = min(west, flat[i]), max(east, flat[i])
		}
	}
	middle := 105.0
	if west <= east {
		middle = (west + east) / 2
	}
	return Plane{crs.System{Kind: crs.GaussKruger, CentralMeridian: middle, FalseEasting: 500000}}
}

// To gives a position in degrees as metres.
func (p Plane) To(lon, lat float64) (x, y float64) { return p.system.FromLonLat(lon, lat) }

// From is the inverse of To.
func (p Plane) From(x, y float64) (lon, lat float64) { return p.system.ToLonLat(x, y) }
