package ingest

import (
	"context"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
)

// written is a row's coordinates as the table has them.
type written struct {
	lon, lat, north, east float64
	degrees, metres       bool
}

// agreeM is how far the degrees and the metres of a row may lie apart: degrees are printed with 8 decimals, a millimetre.
const agreeM = 0.01

// placeStakes gives the rows of a stake table their places. X and Y are what is stored, for they are printed finest; degrees beside them
// tell the zone, and catch what slipped in either.
func placeStakes(ctx context.Context, j *job) error {
	rows := make([]written, len(j.table.rows))
	both, metres := 0, 0
	for i := range j.table.rows {
		w, reason := j.written(j.table.rows[i])
		if reason != nil && j.table.rows[i].fault == nil {
			j.table.rows[i].fault = reason
		}
		rows[i] = w
		if w.metres {
			metres++
		}
		if w.metres && w.degrees {
			both++
		}
	}
	for i, w := range rows {
		at := &j.table.rows[i]
		switch {
		case at.fault != nil:
		case w.metres && both == 0:
			at.shape = xy(w.east, w.north)
		case w.degrees && metres == 0:
			at.shape = xy(w.lon, w.lat)
		}
	}
	if both == 0 {
		return j.placeShapes(ctx)
	}
	return j.placeByBoth(rows)
}

func xy(x, y float64) *shape {
	return &shape{kind: "POINT", layout: geom.XY, flat: []float64{x, y}, ends: []int{2}}
}

// written reads a row's coordinates.
func (j *job) written(at row) (w written, reason *Sentence) {
	read := func(name string) (v float64, there, ok bool) {
		text := trimDegrees(j.cols.get(at, name))
		if text == "" {
			return 0, false, true
		}
		v, ok = coordinate(text)
		if !ok {
			reason = sayf("%q is no coordinate", "%q 不是坐标", clip(j.cols.get(at, name)))
		}
		return v, true, ok
	}
	var lonOK, latOK, northOK, eastOK, a, b bool
	w.lon, a, lonOK = read("lon")
	w.lat, b, latOK = read("lat")
	w.degrees = a && b && lonOK && latOK
	w.north, a, northOK = read("north")
	w.east, b, eastOK = read("east")
	w.metres = a && b && northOK && eastOK
	if reason == nil && !w.degrees && !w.metres {
		reason = sayf("the row has no coordinates", "该行没有坐标")
	}
	return w, reason
}

// reading is how metres are understood: in a zone, X north or the other way round.
type reading struct {
	zone    geo.SRID
	swapped bool
}

// at gives the place of a row's metres in a reading.
func (r reading) at(w written) (lon, lat float64) {
	s, _ := crs.ByEPSG(r.zone)
	if r.swapped {
		return s.ToLonLat(w.north, w.east)
	}
	return s.ToLonLat(w.east, w.north)
}

func (r reading) agrees(w written) bool {
	lon, lat := r.at(w)
	return math.Abs(lon-w.lon) < 1e-4 && math.Abs(lat-w.lat) < 1e-4 && lref.Distance(lon, lat, w.lon, w.lat) <= agreeM
}

// readingsOf gives the readings in which a row's metres are where its degrees are. Zones of six degrees are none that stakes are in.
func readingsOf(w written) []reading {
	var out []reading
	for _, near := range []float64{-3, 0, 3} {
		for _, numbered := range []bool{false, true} {
			for _, swapped := range []bool{false, true} {
				if r := (reading{stake.ZoneOf(w.lon+near, numbered).EPSG, swapped}); r.agrees(w) {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// placeByBoth decides by the rows in which degrees and metres agree how the metres are to be read, and holds every row against it.
func (j *job) placeByBoth(rows []written) error {
	votes := map[reading]int{}
	for i, w := range rows {
		if j.table.rows[i].fault == nil && w.metres && w.degrees {
			for _, r := range readingsOf(w) {
				votes[r]++
			}
		}
	}
	var winner reading
	for r, n := range votes {
		if best := votes[winner]; n > best || n == best && (r.zone < winner.zone || r.zone == winner.zone && !r.swapped) {
			winner = r
		}
	}
	if winner.zone == 0 {
		return geo.Errorf(geo.CodeRefused, "in no row do X and Y agree with longitude and latitude in any 3-degree zone of CGCS2000: look at which system each is in, or leave one pair out with --map HEADING=-")
	}
	if err := j.sayZone(winner); err != nil {
		return err
	}
	if winner.swapped {
		j.report.Guesses = append(j.report.Guesses, *sayf("X and Y are swapped in the table, from row 1 on: X is taken as east", "全表 X、Y 颠倒(自第 1 行起):X 按东坐标处理"))
	}
	for i := range rows {
		at := &j.table.rows[i]
		if at.fault != nil {
			continue
		}
		if at.fault = slipIn(rows[i], winner, votes[winner]); at.fault != nil {
			continue
		}
		lon, lat := winner.at(rows[i])
		at.shape = xy(lon, lat)
		j.markOutside(at, &reference{})
	}
	return nil
}

// sayZone reports the zone; one that was told has to be that of the table.
func (j *job) sayZone(r reading) error {
	s, _ := crs.ByEPSG(r.zone)
	j.report.CRS = Finding{Value: s.String(), How: Found, Why: *sayf("the longitudes and latitudes of the table agree with it", "与表中经纬度相符")}
	if j.req.CRS == "" {
		return nil
	}
	told, code, _, err := crs.Named(j.req.CRS)
	if err != nil {
		return err
	}
	if code != r.zone {
		return geo.Errorf(geo.CodeRefused, "row 1: X and Y agree with longitude and latitude in %s, and not in %s, which was told: leave --crs out", s, told)
	}
	j.report.CRS.How, j.report.CRS.Why = Told, *sayf("told with --crs", "由 --crs 指定")
	return nil
}

// slipIn finds what is wrong with a row whose degrees and metres do not agree as those of the other rows do: swapped, in another zone,
// with or without the zone's number, ten times off; else how far apart they lie. A row with one pair alone cannot be held against the
// other and is refused, so that no slip comes in unseen.
func slipIn(w written, winner reading, others int) *Sentence {
	if !w.metres || !w.degrees {
		return sayf("the row has one pair of coordinates, and the others have two", "该行只有一对坐标,其余行有两对")
	}
	if winner.agrees(w) {
		return nil
	}
	for _, r := range readingsOf(w) {
		s, _ := crs.ByEPSG(r.zone)
		switch {
		case r.swapped != winner.swapped:
			return sayf("X and Y are swapped in this row, against the other %d", "仅此行 X、Y 颠倒(其余 %d 行不是)", others)
		default:
			return sayf("Y is that of %s, and the other rows are in %s", "Y 属于 %s,其余行属于 %s", s, winner.zoneName())
		}
	}
	for _, f := range []float64{10, 0.1} {
		for name, slipped := range map[string]written{
			"X": {w.lon, w.lat, w.north / f, w.east, true, true}, "Y": {w.lon, w.lat, w.north, w.east / f, true, true},
			"经度": {w.lon / f, w.lat, w.north, w.east, true, true}, "纬度": {w.lon, w.lat / f, w.north, w.east, true, true},
		} {
			if winner.nearly(slipped) {
				return sayf("%s looks ten times off: the other coordinates of the row say so", "%s 似乎差了十倍:与该行其他坐标不符", name)
			}
		}
	}
	lon, lat := winner.at(w)
	d := lref.Distance(lon, lat, w.lon, w.lat)
	return sayf("X and Y lie %.3f m from the longitude and latitude of the row", "X、Y 与该行经纬度相距 %.3f 米", d)
}

func (r reading) zoneName() string {
	s, _ := crs.ByEPSG(r.zone)
	return s.String()
}

// nearly takes a row whose one number lost a digit: what is left agrees to a metre.
func (r reading) nearly(w written) bool {
	lon, lat := r.at(w)
	return math.Abs(lon-w.lon) < 1e-4 && math.Abs(lat-w.lat) < 1e-4 && lref.Distance(lon, lat, w.lon, w.lat) <= 1
}
