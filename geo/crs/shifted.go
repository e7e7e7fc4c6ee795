package crs

import "math"

// GCJ-02 (火星坐标) shifts positions in China by up to some 700 m along two smooth waves; BD-09 shifts those once more. Both
// are unpublished; the formulas here are those on which the public implementations agree to 2e-7 degrees. Hetu stores neither:
// data in them comes in only when told so, and goes out only labelled.
const (
	shiftMajor = 6378245.0
	shiftE2    = 0.00669342162296594323
)

// shifted tells whether GCJ-02 shifts a position: within the box that all implementations use for China.
func shifted(lon, lat float64) bool {
	return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271
}

// shift takes a WGS 84 position to GCJ-02; outside of China it is unchanged.
func shift(lon, lat float64) (x, y float64) {
	if !shifted(lon, lat) {
		return lon, lat
	}
	dLon, dLat := waves(lon-105, lat-35)
	sin, cos := math.Sincos(lat * math.Pi / 180)
	magic := 1 - shiftE2*sin*sin
	root := math.Sqrt(magic)
	return lon + dLon*180/(shiftMajor/root*cos*math.Pi), lat + dLat*180/(shiftMajor*(1-shiftE2)/(magic*root)*math.Pi)
}

// waves gives the shift in metres east and north.
func waves(x, y float64) (east, north float64) {
	sin := func(v float64) float64 { return math.Sin(v * math.Pi) }
	common := (20*sin(6*x) + 20*sin(2*x)) * 2 / 3
	north = -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + common
	north += (20*sin(y)+40*sin(y/3))*2/3 + (160*sin(y/12)+320*sin(y/30))*2/3
	east = 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + common
	east += (20*sin(x)+40*sin(x/3))*2/3 + (150*sin(x/12)+300*sin(x/30))*2/3
	return east, north
}

// unshift is the inverse of shift, by fixed-point iteration: the waves are gentle, so each step gains two digits.
func unshift(x, y float64) (lon, lat float64) {
	lon, lat = x, y
	for range 20 {
		sx, sy := shift(lon, lat)
		dx, dy := x-sx, y-sy
		lon, lat = lon+dx, lat+dy
		if math.Abs(dx)+math.Abs(dy) < 1e-13 {
			break
		}
	}
	return lon, lat
}

const baiduTurn = math.Pi * 3000 / 180

// toBaidu takes a GCJ-02 position to BD-09.
func toBaidu(x, y float64) (bx, by float64) {
	r := math.Hypot(x, y) + 0.00002*math.Sin(y*baiduTurn)
	turn := math.Atan2(y, x) + 0.000003*math.Cos(x*baiduTurn)
	sin, cos := math.Sincos(turn)
	return r*cos + 0.0065, r*sin + 0.006
}

// fromBaidu is the inverse of toBaidu, by the same iteration as unshift.
func fromBaidu(bx, by float64) (x, y float64) {
	x, y = bx-0.0065, by-0.006
	for range 20 {
		tx, ty := toBaidu(x, y)
		dx, dy := bx-tx, by-ty
		x, y = x+dx, y+dy
		if math.Abs(dx)+math.Abs(dy) < 1e-13 {
			break
		}
	}
	return x, y
}
