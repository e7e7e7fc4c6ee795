package lref_test

import (
	"math"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo/lref"
)

// meander draws a river as rivers run, with the angle of flow a sine of the way (Langbein and Leopold 1966): at a swing of over 90
// degrees the arms of a bend flow past each other as parallel channels. Bends are about 800 m of way long. It runs downstream.
func meander(rt *rapid.T) *geom.LineString {
	swing := rapid.Float64Range(0.2, 2.0).Draw(rt, "swing") // radians; at 2.2 the arms meet
	step := rapid.Float64Range(8, 30).Draw(rt, "step")
	heading := rapid.Float64Range(0, 2*math.Pi).Draw(rt, "heading")
	n := rapid.IntRange(40, 200).Draw(rt, "points")
	return sine(swing, step, heading, n)
}

func sine(swing, step, heading float64, n int) *geom.LineString {
	const perLat, perLon = 110780.0, 99600.0 // metres a degree near 清镇
	flat := []float64{106.4, 26.6}
	for i := range n - 1 {
		angle := heading + swing*math.Cos(2*math.Pi*float64(i)*step/800)
		x, y := flat[len(flat)-2], flat[len(flat)-1]
		flat = append(flat, x+step*math.Cos(angle)/perLon, y+step*math.Sin(angle)/perLat)
	}
	return geom.NewLineStringFlat(geom.XY, flat).SetSRID(4490)
}

// beside draws the bank line at an offset, from vertex to vertex of the route, with what lies beyond a bend's centre left out as a
// hand would leave it out: every vertex is the offset away from the whole route, but for what a bisector takes off.
func beside(route *geom.LineString, offset float64) *geom.LineString {
	var out []float64
	flat := route.FlatCoords()
	for i := 2; i < len(flat); i += 3 {
		p, err := lref.LocateOffset(route, flat[i], offset)
		if err != nil {
			panic(err)
		}
		if lref.Project(route, p.Lon, p.Lat).DistanceM > math.Abs(offset)*0.95 {
			out = append(out, p.Lon, p.Lat)
		}
	}
	return geom.NewLineStringFlat(geom.XY, out).SetSRID(4490)
}

func highest(route *geom.LineString) float64 {
	flat := route.FlatCoords()
	return max(flat[2], flat[len(flat)-1])
}

func far(a, b []float64) float64 { return lref.Distance(a[0], a[1], b[0], b[1]) }
