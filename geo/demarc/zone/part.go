package zone

import (
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// Part gives what of a zone lies between two measures of its route (XYM, downstream), with the zone's id: the places of both its lines opposite the
// measures are joined, as [Build] does it. Of the zone's outer line the two ends are enough. The error is of geo.CodeRefused where the zone is not of the
// form that Build makes, or has no part there.
func Part(route *geom.LineString, z demarc.Zone, fromM, toM float64) (demarc.Zone, error) {
	outer, water, ok := linesOf(z)
	if !ok {
		return demarc.Zone{}, geo.FieldErrorf(geo.CodeRefused, "zones", "the zone %s cannot be cut at %s and %s: it does not lie between two lines", z.RegionID, lref.Label(fromM), lref.Label(toM))
	}
	b := banked{asker: geo.Patient{}, stretch: demarc.Stretch{Route: route, FromM: z.FromM, ToM: z.ToM}, bank: z.Bank}
	side, err := newSide(geo.Patient{}, route, demarc.RunOf(z.Bank, outer))
	if err == nil {
		b.water, err = newSide(geo.Patient{}, route, demarc.RunOf(z.Bank, water))
	}
	if err != nil {
		return demarc.Zone{}, err
	}
	c := Cut{Bank: z.Bank, FromM: fromM, ToM: toM, Type: z.Type, Basis: z.Basis, Restraints: z.Restraints}
	o, w := []float64{0, side.run.LengthM()}, []float64{0, b.water.run.LengthM()}
	for k, m := range []float64{b.upstream(c), b.downstream(c)} {
		if m <= z.FromM+tilesWithinM || m >= z.ToM-tilesWithinM { // an end of the zone itself
			continue
		}
		if o[k], err = side.opposite(m); err != nil {
			return demarc.Zone{}, err
		}
		if w[k], err = b.water.opposite(m); err != nil {
			return demarc.Zone{}, err
		}
	}
	return b.zone(z.RegionID, c, side, o, w)
}

// linesOf takes the ring of a zone apart into the outer line and the line near the water, both downstream. The ring runs counter-clockwise: on the right
// bank down the outer line, on the left up it.
func linesOf(z demarc.Zone) (outer, water *geom.LineString, ok bool) {
	if z.Geom == nil || z.Geom.NumPolygons() != 1 || z.Geom.Polygon(0).NumLinearRings() != 1 || z.Outer == nil || z.Outer.NumCoords() < 2 {
		return nil, nil, false
	}
	ring := pointsOf(z.Geom.Polygon(0).LinearRing(0))
	start, end := z.Outer.Coord(0), z.Outer.Coord(z.Outer.NumCoords()-1)
	first, last := [2]float64{start[0], start[1]}, [2]float64{end[0], end[1]}
	if (turning(ring) > 0) == (z.Bank == geo.Left) { // now it runs down the outer line, and up the water's
		slices.Reverse(ring)
	}
	at := slices.Index(ring, first)
	if at < 0 {
		return nil, nil, false
	}
	ring = slices.Concat(ring[at:], ring[:at])
	for i, p := range ring {
		if p == last && i > 0 && i < len(ring)-2 {
			outer = lineOf(ring[:i+1])
			slices.Reverse(ring[i+1:])
			return outer, lineOf(ring[i+1:]), true
		}
	}
	return nil, nil, false
}

// pointsOf gives the places of a ring, the first not again.
func pointsOf(ring *geom.LinearRing) [][2]float64 {
	flat, stride := ring.FlatCoords(), ring.Stride()
	var out [][2]float64
	for i := 0; i+stride < len(flat); i += stride {
		out = append(out, [2]float64{flat[i], flat[i+1]})
	}
	return out
}

// turning is twice the area of a ring, positive where it runs counter-clockwise.
func turning(ring [][2]float64) float64 {
	sum := 0.0
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += (p[0]-ring[0][0])*(q[1]-ring[0][1]) - (q[0]-ring[0][0])*(p[1]-ring[0][1])
	}
	return sum
}

func lineOf(line [][2]float64) *geom.LineString {
	flat := make([]float64, 0, 2*len(line))
	for _, p := range line {
		flat = append(flat, p[0], p[1])
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}
