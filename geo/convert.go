package geo

import (
	"fmt"

	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"
)

// ToXY gives the X and Y of a stored geometry to orb, which does the arithmetic of tiles. Z and M are dropped here, by name,
// and nowhere else: orb's own readers misread them. Shapes: points, lines, polygons and their multi forms; nil for nil.
func ToXY(g geom.T) (orb.Geometry, error) {
	switch g := g.(type) {
	case nil:
		return nil, nil //nolint:nilnil // no geometry in, no geometry out
	case *geom.Point:
		if g.Empty() {
			return orb.MultiPoint{}, nil
		}
		return orb.Point{g.X(), g.Y()}, nil
	case *geom.MultiPoint:
		return orb.MultiPoint(toLine(g.FlatCoords(), g.Stride())), nil
	case *geom.LineString:
		return toLine(g.FlatCoords(), g.Stride()), nil
	case *geom.MultiLineString:
		out := make(orb.MultiLineString, g.NumLineStrings())
		for i := range out {
			out[i] = toLine(g.LineString(i).FlatCoords(), g.Stride())
		}
		return out, nil
	case *geom.Polygon:
		return toPolygon(g), nil
	case *geom.MultiPolygon:
		out := make(orb.MultiPolygon, g.NumPolygons())
		for i := range out {
			out[i] = toPolygon(g.Polygon(i))
		}
		return out, nil
	default:
		return nil, fmt.Errorf("a %T has no place in a tile", g)
	}
}

func toPolygon(g *geom.Polygon) orb.Polygon {
	out := make(orb.Polygon, g.NumLinearRings())
	for i := range out {
		out[i] = orb.Ring(toLine(g.LinearRing(i).FlatCoords(), g.Stride()))
	}
	return out
}

func toLine(flat []float64, stride int) orb.LineString {
	out := make(orb.LineString, len(flat)/stride)
	for i := range out {
		out[i] = orb.Point{flat[i*stride], flat[i*stride+1]}
	}
	return out
}
