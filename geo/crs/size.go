package crs

import "hetu/geo"

// Shape is what coordinates look like by their size alone.
type Shape string

// The shapes. Metres are eastings of six digits, which fit every zone; Numbered ones begin with the number of their zone.
const (
	Degrees  Shape = "degrees"
	Metres   Shape = "metres"
	Numbered Shape = "numbered"
	Web      Shape = "web"
)

// Reading is one way to understand a pair of coordinates.
type Reading struct {
	Shape   Shape
	Zone    int  // of Numbered
	Swapped bool // the first of the pair is latitude or northing
}

// Readings gives the ways a pair of coordinates can be understood within an extent; none when it fits nothing. Degrees that
// lie in the extent as they stand are never called swapped.
func Readings(x, y float64, within geo.Extent) []Reading {
	if within.Contains(x, y) {
		return []Reading{{Shape: Degrees}}
	}
	if within.Contains(y, x) {
		return []Reading{{Shape: Degrees, Swapped: true}}
	}
	var out []Reading
	for _, swapped := range []bool{false, true} {
		east, north := x, y
		if swapped {
			east, north = y, x
		}
		out = append(out, planeReadings(east, north, swapped, within)...)
	}
	return out
}

// planeReadings reads metres. A zone reaches no more than 400 km either side of its meridian, and northings of the extent lie
// between those of its edges.
func planeReadings(east, north float64, swapped bool, within geo.Extent) []Reading {
	var out []Reading
	if north < within.South*110_000 || north > within.North*112_000 || north < 100_000 {
		return nil
	}
	reach := func(v float64) bool { return v >= 100_000 && v <= 900_000 }
	switch zone := int(east / 1e6); {
	case zone == 0:
		// A northing under 900 km could be an easting, and the other way round: then the pair itself cannot tell, and as it
		// stands wins.
		if reach(east) {
			out = append(out, Reading{Shape: Metres, Swapped: swapped})
		}
	case reach(east-1e6*float64(zone)) && (zone >= lowest6 && zone < lowest6+zones6 || zone >= lowest3 && zone < lowest3+zones3):
		out = append(out, Reading{Shape: Numbered, Zone: zone, Swapped: swapped})
	}
	web := System{Kind: Mercator}
	if lon, lat := web.ToLonLat(east, north); east > 1e6 && within.Contains(lon, lat) {
		out = append(out, Reading{Shape: Web, Swapped: swapped})
	}
	return out
}

// Candidates gives the systems that a reading may mean, all of them of CGCS2000: one for degrees, for numbered eastings and
// for Web Mercator, every zone for plain metres. Which datum the numbers are of no size can tell: a candidate is a guess.
func (r Reading) Candidates() []System {
	switch r.Shape {
	case Degrees:
		return []System{{Kind: Geographic, EPSG: geo.CGCS2000}}
	case Web:
		return []System{{Kind: Mercator, EPSG: geo.WebMercator}}
	case Numbered:
		if r.Zone < lowest6+zones6 {
			return []System{sixDegree(r.Zone, true)}
		}
		return []System{threeDegree(r.Zone, true)}
	default:
		var out []System
		for zone := lowest3; zone < lowest3+zones3; zone++ {
			out = append(out, threeDegree(zone, false))
		}
		for zone := lowest6; zone < lowest6+zones6; zone++ {
			out = append(out, sixDegree(zone, false))
		}
		return out
	}
}

// Carried gives the system that coordinates of a told system are really of, when their size contradicts it: eastings with a
// zone number under a system without, or without one under a system with. ok is false when there is nothing to say.
func (s System) Carried(east float64) (System, bool) {
	if s.Kind != GaussKruger || s.EPSG == 0 {
		return System{}, false
	}
	zone := int(east / 1e6)
	switch {
	case s.FalseEasting == plainEasting && zone >= lowest6 && zone < lowest6+zones6:
		return sixDegree(zone, true), true
	case s.FalseEasting == plainEasting && zone >= lowest3 && zone < lowest3+zones3:
		return threeDegree(zone, true), true
	case s.FalseEasting != plainEasting && zone == 0:
		if s.EPSG >= first3 {
			return threeDegree(int(s.CentralMeridian/3), false), true
		}
		return sixDegree(int(s.CentralMeridian+3)/6, false), true
	}
	return System{}, false
}
