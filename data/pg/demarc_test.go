package pg_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// Areas and lengths are those of PostGIS's geography on the ellipsoid of EPSG:4490 to a billionth, where edges are so short that a line that
// is straight in degrees and a geodesic are one; also across 106°30′E and 109°30′E, the edges of three-degree zones. Areas are compared over
// counties of thousands of km²: PostGIS's own is good to some hundredths of a square metre, which is more than a billionth of a field.
func TestAreaAndLengthAreThoseOfGeography(t *testing.T) {
	t.Parallel()
	conn := superuser(t, pgtest.New(t))
	r := rand.New(rand.NewPCG(10, 9))
	worstArea, worstLength := 0.0, 0.0
	for i := range 3 {
		lon, lat := []float64{106.5, 109.5, 75 + 60*r.Float64()}[i%3], 5+47*r.Float64()
		p, small := star(r, lon, lat, 0.15+0.1*r.Float64()), star(r, lon, lat, 0.004)
		line := geom.NewLineStringFlat(geom.XY, small.FlatCoords()).SetSRID(4490)
		var area, length float64
		const query = `SELECT st_area(st_segmentize($1::geometry, 0.0005)::geography), st_length($2::geometry::geography)`
		if err := conn.QueryRow(t.Context(), query, p, line).Scan(&area, &length); err != nil {
			t.Fatal(err)
		}
		worstArea = max(worstArea, math.Abs(overlay.AreaM2(p)/area-1))
		worstLength = max(worstLength, math.Abs(lref.Length(line)/length-1))
	}
	t.Logf("the worst area is off by %.2g, the worst length by %.2g", worstArea, worstLength)
	if worstArea > 1e-9 || worstLength > 1e-9 {
		t.Error("more than a billionth")
	}
}

// On gentle rivers, across the edges of zones, the lines of a candidate are PostGIS's offset curves of the banks, and its area the river with
// a buffer of either bank.
func TestCandidateIsPostGISsOffsetCurve(t *testing.T) {
	t.Parallel()
	conn := superuser(t, pgtest.New(t))
	r := rand.New(rand.NewPCG(11, 2))
	for i := range 6 {
		s := gentle(r, []float64{106.5, 109.5, 75 + 60*r.Float64()}[i%3], 20+25*r.Float64())
		plane := demarc.NewPlane(s.Route)
		width := 5 + 15*r.Float64()
		profile := demarc.WidthProfile{Rules: []demarc.WidthRule{{Basis: demarc.NaturalBank, LeastM: width, MostM: width}}}
		lines, notes, err := demarc.Candidate(geo.Patient{}, s, nil, profile)
		if err != nil || len(notes) > 0 || len(lines.Pieces) != 2 {
			t.Fatal(err, notes)
		}
		for k, p := range lines.Pieces {
			// The right bank is drawn upstream, so that land lies to the left of either.
			var off, missed float64
			const query = `WITH o AS (SELECT st_offsetcurve($1::geometry, $2::float8, 'quad_segs=64 join=round mitre_limit=2.0') AS curve, $3::geometry AS line)
				SELECT (SELECT max(st_distance(d.geom, o.curve)) FROM st_dumppoints(st_segmentize(o.line, 5)) d
				        WHERE st_distance(d.geom, st_startpoint(o.curve)) > 60 AND st_distance(d.geom, st_endpoint(o.curve)) > 60),
				       (SELECT max(st_distance(d.geom, o.line)) FROM st_dumppoints(st_segmentize(o.curve, 5)) d
				        WHERE st_distance(d.geom, st_startpoint(o.curve)) > 60 AND st_distance(d.geom, st_endpoint(o.curve)) > 60) FROM o`
			if err := conn.QueryRow(t.Context(), query, inPlane(plane, s.Survey[k].Line), width, inPlane(plane, p.Line)).Scan(&off, &missed); err != nil {
				t.Fatal(err)
			}
			if off > 0.05 || missed > 0.05 {
				t.Errorf("river %d, %s: %.3f m off the curve, and the curve %.3f m off it", i, p.Bank, off, missed)
			}
		}
		area, err := demarc.Area(lines)
		if err != nil {
			t.Fatal(err)
		}
		var valid bool
		var m2 float64
		if err := conn.QueryRow(t.Context(), `SELECT st_isvalid($1::geometry), st_area(st_segmentize($1::geometry, 0.0001)::geography)`, area).Scan(&valid, &m2); err != nil {
			t.Fatal(err)
		}
		if !valid || math.Abs(overlay.AreaM2(area)/m2-1) > 1e-7 {
			t.Errorf("river %d: valid %v, %.3f m², PostGIS has %.3f", i, valid, overlay.AreaM2(area), m2)
		}
	}
}

// gentle is a river of about 4 km with bends wider than any width, its bank tops about 25 m beside it, the right one drawn upstream.
func gentle(r *rand.Rand, lon, lat float64) demarc.Stretch {
	place := demarc.NewPlane(geom.NewLineStringFlat(geom.XY, []float64{lon, lat}))
	x0, y0 := place.To(lon, lat)
	swing, wave, dir := 80+100*r.Float64(), 300+200*r.Float64(), 2*math.Pi*r.Float64()
	sin, cos := math.Sincos(dir)
	beside := func(off float64, upstream bool) *geom.LineString {
		var out []float64
		for s := -2000.0; s <= 2000; s += 20 {
			at := s
			if upstream {
				at = -s
			}
			slope := swing / wave * math.Cos(at/wave)
			n := math.Hypot(1, slope)
			x, y := at-off*slope/n, swing*math.Sin(at/wave)+off/n
			lon, lat := place.From(x0+x*cos-y*sin, y0+x*sin+y*cos)
			out = append(out, lon, lat)
		}
		return geom.NewLineStringFlat(geom.XY, out).SetSRID(4490)
	}
	s := demarc.Stretch{Route: lref.Measured(beside(0, false), "mouth"), Survey: []demarc.SurveyLine{
		{ID: 1, Kind: demarc.BankTop, Bank: geo.Left, Line: beside(25, false)},
		{ID: 2, Kind: demarc.BankTop, Bank: geo.Right, Line: beside(-25, true)},
	}}
	_, s.ToM, _ = lref.Ends(s.Route)
	return s
}

// inPlane gives a line in the metres of a plane, without a system, running downstream as the route does.
func inPlane(plane demarc.Plane, line *geom.LineString) *geom.LineString {
	in := line.FlatCoords()
	out := make([]float64, 0, len(in))
	for i := 0; i < len(in); i += 2 {
		x, y := plane.To(in[i], in[i+1])
		out = append(out, x, y)
	}
	return geom.NewLineStringFlat(geom.XY, out)
}
