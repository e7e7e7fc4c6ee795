package export

import (
	"math"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
)

// Deliverable is what a package of results 成果包 hands over: one river's boundary with what belongs to it, on a day, in one version.
type Deliverable struct {
	River       string
	RiverCode   string
	Route       *geom.LineString // XYM, downstream: places on the lines are measured along it
	Lines       demarc.Lines
	Areas       []Area
	Stakes      []demarc.Stake
	Zones       []demarc.Zone
	Flood       []demarc.SurveyLine // design and historic flood lines
	Divisions   []demarc.Division   // those that the stretch lies in, with all above them
	Occupations []Occupation
	Announced   []AnnouncedRiver

	Unit    string   // that hands over 移交单位
	AsOf    geo.Date // the day whose state it is
	Version int64    // of the data
	Dated   geo.Date // the version's day: all times in the files are its
}

// Area is a ManagementArea 管理范围面 in one division.
type Area struct {
	Division int64
	AreaM2   float64            // on the ellipsoid
	Geom     *geom.MultiPolygon // XY
}

// Occupation is a row of the table of occupied shoreline 岸线占用: lengths of the two banks are never added up.
type Occupation struct {
	Name, Class      string // of the project
	Bank             geo.Bank
	County           string
	LengthM          float64
	Start, End       geo.LonLat
	StartK, EndK     float64
	ZoneTypes, Notes string
}

// AnnouncedRiver is a row of the table of an announcement 公告附表.
type AnnouncedRiver struct {
	Name, Start, End string
	LengthKm         *float64 // of the centre line, on the ellipsoid; nil: not known
	LeftKm, RightKm  *float64 // of the lines of each bank, never added up; nil: it has none
	Rule, Unit       string
}

// Encoding is that of text in Shapefiles and CSV tables.
type Encoding string

// The encodings. UTF8 tables begin with a byte order mark, without which spreadsheets take them for GBK.
const (
	GBK  Encoding = "GBK"
	UTF8 Encoding = "UTF-8"
)

// Options say how a package is written.
type Options struct {
	Encoding Encoding // of Shapefiles and CSV; GBK when it is not given
	Zone     geo.SRID // EPSG:4490, or a Gauss-Krüger zone of CGCS2000; 0: the 3-degree zone of the middle, without its number
	Template string   // of the layers; "house" when it is not given
	Tools    string   // folder of GDAL's tools; empty: /usr/bin
	Temp     string   // folder for what is written before it is packed; empty: the system's
}

// system is the reference system of what is written.
func (o Options) system(d Deliverable) (crs.System, error) {
	code := o.Zone
	if code == 0 {
		return middleZone(d), nil
	}
	s, ok := crs.ByEPSG(code)
	if !ok || s.Kind != crs.GaussKruger && code != geo.CGCS2000 {
		return crs.System{}, geo.FieldErrorf(geo.CodeRefused, "zone",
			"EPSG:%d is no system of results: write 4490, or a Gauss-Krüger zone of CGCS2000, of 3 degrees 4534 to 4554 (with the zone's number in the easting 4513 to 4533) or of 6 degrees 4502 to 4512 (4491 to 4501); the river lies in %s",
			code, zonesOf(d))
	}
	if s.Kind == crs.GaussKruger && math.Abs(middle(d)-s.CentralMeridian) > s.WidthDegrees()/2+besideZone {
		return crs.System{}, geo.FieldErrorf(geo.CodeRefused, "zone",
			"EPSG:%d is the zone about %g°E, and the river lies at %.2f°E, where its coordinates are none that anybody uses: write 4490, or a zone that it lies in, %s", code, s.CentralMeridian, middle(d), zonesOf(d))
	}
	return s, nil
}

// besideZone is by how many degrees the middle of a river may lie beside the zone that is asked for: rivers cross the edges of zones, and a county's maps
// are of one.
const besideZone = 1.0

// zonesOf names the zones that the middle of the boundary lies in.
func zonesOf(d Deliverable) string {
	var codes []string
	for _, s := range crs.ZonesAt(middle(d)) {
		codes = append(codes, strconv.Itoa(int(s.EPSG)))
	}
	return strings.Join(codes, ", ")
}
