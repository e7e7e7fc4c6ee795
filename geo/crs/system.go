package crs

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"hetu/geo"
)

// Kind is how a [System] relates to EPSG:4490.
type Kind string

// The kinds. Geographic covers every frame that is taken as CGCS2000 without a shift (the null datum shift of the house).
const (
	Geographic  Kind = "geographic"
	Mercator    Kind = "mercator"
	GaussKruger Kind = "gauss-kruger"
	GCJ02       Kind = "gcj02"
	BD09        Kind = "bd09"
)

// System is a reference system that converts to and from EPSG:4490 here, without PROJ.
type System struct {
	Kind            Kind
	EPSG            geo.SRID // 0 when it has none
	CentralMeridian float64  // degrees; Gauss-Krüger only
	FalseEasting    float64  // metres; Gauss-Krüger only
}

// String is the name that --crs takes.
func (s System) String() string {
	switch {
	case s.EPSG != 0:
		return "EPSG:" + strconv.Itoa(int(s.EPSG))
	case s.Kind == GCJ02:
		return "GCJ02"
	case s.Kind == BD09:
		return "BD09"
	default:
		return fmt.Sprintf("CGCS2000 Gauss-Krüger CM %gE, false easting %.0f", s.CentralMeridian, s.FalseEasting)
	}
}

// The first EPSG codes of the CGCS2000 Gauss-Krüger series and the first zone of each.
const (
	first6      geo.SRID = 4491 // 6 degrees, zone number in the easting, zone 13
	first6Plain geo.SRID = 4502
	first3      geo.SRID = 4513 // 3 degrees, zone number in the easting, zone 25
	first3Plain geo.SRID = 4534
	lowest6              = 13
	lowest3              = 25
	zones6               = 11
	zones3               = 21
)

const plainEasting = 500_000

// ByEPSG gives the system of an EPSG code: 4490, 4326, 3857, and the CGCS2000 zones 4491 to 4554. ok is false for others.
func ByEPSG(code geo.SRID) (s System, ok bool) {
	in := func(first geo.SRID, n int) (int, bool) {
		i := int(code - first)
		return i, i >= 0 && i < n
	}
	switch code {
	case geo.CGCS2000, geo.WGS84:
		return System{Kind: Geographic, EPSG: code}, true
	case geo.WebMercator:
		return System{Kind: Mercator, EPSG: code}, true
	}
	if i, ok := in(first6, zones6); ok {
		return sixDegree(lowest6+i, true), true
	}
	if i, ok := in(first6Plain, zones6); ok {
		return sixDegree(lowest6+i, false), true
	}
	if i, ok := in(first3, zones3); ok {
		return threeDegree(lowest3+i, true), true
	}
	if i, ok := in(first3Plain, zones3); ok {
		return threeDegree(lowest3+i, false), true
	}
	return System{}, false
}

// WidthDegrees is how wide a Gauss-Krüger zone is, 3 or 6; 0 for other systems.
func (s System) WidthDegrees() float64 {
	switch {
	case s.Kind != GaussKruger:
		return 0
	case s.EPSG >= first6 && s.EPSG < first6Plain+zones6:
		return 6
	}
	return 3
}

// ZonesAt gives the zones of CGCS2000 that a longitude lies in: of 3 degrees, then of 6, each without its number in the easting and with it.
func ZonesAt(lon float64) []System {
	three := min(max(int(math.Round(lon/3)), lowest3), lowest3+zones3-1)
	six := min(max(int(math.Floor(lon/6))+1, lowest6), lowest6+zones6-1)
	return []System{threeDegree(three, false), threeDegree(three, true), sixDegree(six, false), sixDegree(six, true)}
}

func threeDegree(zone int, numbered bool) System {
	s := System{Kind: GaussKruger, EPSG: first3Plain + geo.SRID(zone-lowest3), CentralMeridian: float64(3 * zone), FalseEasting: plainEasting}
	if numbered {
		s.EPSG, s.FalseEasting = first3+geo.SRID(zone-lowest3), plainEasting+1e6*float64(zone)
	}
	return s
}

func sixDegree(zone int, numbered bool) System {
	s := System{Kind: GaussKruger, EPSG: first6Plain + geo.SRID(zone-lowest6), CentralMeridian: float64(6*zone - 3), FalseEasting: plainEasting}
	if numbered {
		s.EPSG, s.FalseEasting = first6+geo.SRID(zone-lowest6), plainEasting+1e6*float64(zone)
	}
	return s
}

// Named reads what a person writes for --crs: EPSG:4547 (or 4547), CGCS2000, WGS84, GCJ02, BD09. Other EPSG codes come back
// with ok false and the code, for PROJ to convert.
func Named(name string) (s System, code geo.SRID, ok bool, err error) {
	switch n := strings.ToUpper(strings.NewReplacer("-", "", " ", "", "_", "").Replace(name)); n {
	case "CGCS2000":
		s, ok = ByEPSG(geo.CGCS2000)
		return s, s.EPSG, ok, nil
	case "WGS84":
		s, ok = ByEPSG(geo.WGS84)
		return s, s.EPSG, ok, nil
	case "GCJ02":
		return System{Kind: GCJ02}, 0, true, nil
	case "BD09", "BD09LL":
		return System{Kind: BD09}, 0, true, nil
	default:
		v, err := strconv.Atoi(strings.TrimPrefix(n, "EPSG:"))
		if err != nil || v < 1024 || v > 32767 && v < 100000 || v > 999999 {
			return System{}, 0, false, geo.InvalidField("crs", "%q names no reference system: write EPSG:4490, EPSG:4547 …, GCJ02 or BD09", name)
		}
		s, ok = ByEPSG(geo.SRID(v))
		return s, geo.SRID(v), ok, nil
	}
}

// ToLonLat gives the EPSG:4490 position, in degrees, of coordinates of the system: x is east or longitude, y north or
// latitude. Geographic systems come back as they are.
func (s System) ToLonLat(x, y float64) (lon, lat float64) {
	switch s.Kind {
	case Mercator:
		return x / mercatorRadius * 180 / math.Pi, math.Atan(math.Sinh(y/mercatorRadius)) * 180 / math.Pi
	case GaussKruger:
		lon, lat = inverse(x-s.FalseEasting, y)
		return s.CentralMeridian + lon, lat
	case GCJ02:
		return unshift(x, y)
	case BD09:
		return unshift(fromBaidu(x, y))
	default:
		return x, y
	}
}

// FromLonLat is the inverse of [System.ToLonLat].
func (s System) FromLonLat(lon, lat float64) (x, y float64) {
	switch s.Kind {
	case Mercator:
		return lon * math.Pi / 180 * mercatorRadius, math.Asinh(math.Tan(lat*math.Pi/180)) * mercatorRadius
	case GaussKruger:
		x, y = forward(lon-s.CentralMeridian, lat)
		return x + s.FalseEasting, y
	case GCJ02:
		return shift(lon, lat)
	case BD09:
		return toBaidu(shift(lon, lat))
	default:
		return lon, lat
	}
}

const mercatorRadius = 6378137.0
