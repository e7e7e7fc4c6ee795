package duty

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Tributary 支流 is a river that flows into another, with all its routes whole, the longest first.
type Tributary struct {
	Name
	Routes []Route
}

// Mouth 河口 is where a tributary flows in.
type Mouth struct {
	RouteID  int64 // of the river that it flows into
	MeasureM float64
	OffM     float64    // from the end of the tributary's line to the river's
	Bank     geo.Bank   // that the water comes from
	End      [2]float64 // of the tributary's line, lon and lat
}

const (
	// mouthWithinM is how far off a river's line another may end and still be told to flow into it there.
	mouthWithinM = 500.0
	// oneMouthM is how far apart along a route two ends may lie and still be one mouth.
	oneMouthM = 1.0
	// A tributary is walked up from its mouth in steps of sideStepM until it lies sideClearM off the river, at most over sideReachM: at
	// the mouth itself the two lines are one, and one that joins at a sharp angle stays within a metre of the other for long.
	sideStepM, sideClearM, sideReachM = 5.0, 5.0, 300.0
)

// Mouths finds where a tributary flows into a river: the lower ends of its routes that lie within 500 m of one of the river's, each on
// the nearest of those. An end at which it flows into a route of its own is none, and of two at one place the longer route's stands.
// nearestM is how far off the nearest end lies; +Inf where either has no route.
func (t Tributary) Mouths(river []Route) (mouths []Mouth, nearestM float64) {
	nearestM = math.Inf(1)
	for i, r := range t.Routes {
		flat := r.Geom.FlatCoords()
		end := [2]float64{flat[len(flat)-3], flat[len(flat)-2]}
		on, hit := nearestRoute(river, end)
		if on == nil || t.hasBelow(i, end, hit.DistanceM) {
			continue
		}
		nearestM = min(nearestM, hit.DistanceM)
		if hit.DistanceM > mouthWithinM {
			continue
		}
		m := Mouth{RouteID: on.ID, MeasureM: hit.MeasureM, OffM: hit.DistanceM, Bank: sideOf(on.Geom, r.Geom), End: end}
		if !m.among(mouths) {
			mouths = append(mouths, m)
		}
	}
	return mouths, nearestM
}

// hasBelow tells whether another route of the tributary goes on below the end of one, nearer to it than the river is.
func (t Tributary) hasBelow(of int, end [2]float64, riverM float64) bool {
	for i, other := range t.Routes {
		if i == of {
			continue
		}
		flat := other.Geom.FlatCoords()
		hit := lref.Project(other.Geom, end[0], end[1])
		if hit.DistanceM < riverM && math.Abs(hit.MeasureM-flat[len(flat)-1]) > oneMouthM {
			return true
		}
	}
	return false
}

func (m Mouth) among(mouths []Mouth) bool {
	for _, o := range mouths {
		if o.RouteID == m.RouteID && math.Abs(o.MeasureM-m.MeasureM) <= oneMouthM {
			return true
		}
	}
	return false
}

// nearestRoute gives the route nearest to a position, of equals the first; nil where there is none.
func nearestRoute(routes []Route, at [2]float64) (nearest *Route, hit lref.Hit) {
	for i := range routes {
		if h := lref.Project(routes[i].Geom, at[0], at[1]); nearest == nil || h.DistanceM < hit.DistanceM {
			nearest, hit = &routes[i], h
		}
	}
	return nearest, hit
}

// sideOf tells from which bank of a route a tributary comes: that of the first place up it that lies clearly off the route, else of
// the one that lies farthest off.
func sideOf(route, tributary *geom.LineString) geo.Bank {
	flat := tributary.FlatCoords()
	var best lref.Hit
	walked := 0.0
	for i := len(flat) - 3; i >= 0 && walked <= sideReachM; i -= 3 {
		above := max(i-3, 0) // at the upper end the place itself is looked at
		length := lref.Distance(flat[i], flat[i+1], flat[above], flat[above+1])
		n := max(1, math.Ceil(length/sideStepM))
		for k := 0.0; k < n && walked+length*k/n <= sideReachM; k++ {
			hit := lref.Project(route, flat[i]+(flat[above]-flat[i])*k/n, flat[i+1]+(flat[above+1]-flat[i+1])*k/n)
			if hit.DistanceM > sideClearM {
				return hit.Bank
			}
			if best.Bank == "" || hit.DistanceM > best.DistanceM {
				best = hit
			}
		}
		walked += length
	}
	return best.Bank
}
