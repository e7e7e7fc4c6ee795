package duty

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Along is what lies along a route (沿程): the river that it is of, nil if of none, and its reaches by level, then measure.
type Along struct {
	River   *Name
	Reaches []Reach
}

// Site is a thing that has its place on a river (沿线要素): a section, an outfall, a board, a problem, a reach.
type Site struct {
	ID         int64
	Code, Name *string
	Kind       string
	State      *string
	Level      *geo.Level
	Routes     []int64  // it lies on one of them: the one that is stored, or those of its river or its reaches
	MeasureM   *float64 // on the only one of Routes; nil: the nearest point counts
	ToM        *float64 // where it ends, of what has a length
	Bank       *geo.Bank
	Lon, Lat   float64
	Geom       geom.T // EPSG:4490
}

// SiteOn is where a site lies on a river.
type SiteOn struct {
	Site

	Route        int64
	AtM          float64
	OffsetM      float64 // of its point from the centre line, left negative; 0 for what has a length
	Side         geo.Bank
	Stored       bool // the measure is the stored one, and not the nearest point's
	OnLon, OnLat float64
}

// On finds the place of a site on the lines of its routes: at the stored measure, else at the point of the nearest of them, of
// equals the lower id. It is false where no line of them is there.
func (s Site) On(lines map[int64]*geom.LineString) (SiteOn, bool) {
	out, best := SiteOn{Site: s}, math.Inf(1)
	for _, id := range s.Routes {
		line := lines[id]
		if line == nil {
			continue
		}
		hit := lref.Project(line, s.Lon, s.Lat)
		if hit.DistanceM > best || hit.DistanceM == best && id > out.Route || math.IsInf(hit.DistanceM, 1) {
			continue
		}
		best = hit.DistanceM
		out.Route, out.AtM, out.OffsetM, out.Side, out.OnLon, out.OnLat = id, hit.MeasureM, hit.OffsetM, hit.Bank, hit.Lon, hit.Lat
	}
	if math.IsInf(best, 1) {
		return out, false
	}
	if s.MeasureM != nil && len(s.Routes) == 1 {
		lon, lat, err := lref.Locate(lines[out.Route], *s.MeasureM)
		if err != nil {
			return out, false
		}
		out.AtM, out.Stored, out.OnLon, out.OnLat = *s.MeasureM, true, lon, lat
	}
	if s.ToM != nil {
		out.OffsetM, out.Side = 0, geo.Both
	}
	if s.Bank != nil {
		out.Side = *s.Bank
	}
	return out, true
}
