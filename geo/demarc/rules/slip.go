package rules

import (
	"math"

	"hetu/geo/boxes"
)

// slip is how a coordinate may have been written wrong.
type slip string

const (
	noSlip    slip = ""
	swapped   slip = "swapped"
	tenTimes  slip = "ten times"
	tenthPart slip = "a tenth"
	zoned     slip = "zoned"
)

// slip tells how a coordinate that lies nowhere near the river was meant: the first change that puts it there.
func (w *wild) slip(river box) slip {
	near := river.Grown(slipNearDeg)
	fits := func(lon, lat float64) bool { return near.Meets(boxes.Of(lon, lat, lon, lat)) }
	if math.IsNaN(w.lon) || math.IsNaN(w.lat) {
		return noSlip
	}
	if fits(w.lat, w.lon) {
		return swapped
	}
	for _, by := range []struct {
		f   float64
		how slip
	}{{0.1, tenTimes}, {10, tenthPart}, {0.01, tenTimes}, {100, tenthPart}} {
		if fits(w.lon*by.f, w.lat) || fits(w.lon, w.lat*by.f) || fits(w.lon*by.f, w.lat*by.f) || fits(w.lat*by.f, w.lon) || fits(w.lat, w.lon*by.f) {
			return by.how
		}
	}
	return noSlip
}
