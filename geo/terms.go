package geo

// SRID names a coordinate reference system by its EPSG code.
type SRID int

// The systems that hetu stores, reads and draws in. Coordinates inside are always lon, lat (x, y).
const (
	CGCS2000    SRID = 4490 // stored
	WGS84       SRID = 4326
	WebMercator SRID = 3857 // tiles only, measures nothing
)

// Bank is a side of a river, told facing downstream (岸别).
type Bank string

// The banks. Both is the scope of a reach that has one chief for either side; Centre is a point on the centre line.
const (
	Left   Bank = "left"   // 左岸
	Right  Bank = "right"  // 右岸
	Both   Bank = "both"   // 两岸
	Centre Bank = "centre" // 河心
)

// Level is the rank of a division and of a chief (级别).
type Level int

// The levels of administration. A level is stored, never read from a name: a 社区 may be of town rank.
const (
	Province Level = 1 + iota // 省
	City                      // 市
	County                    // 县、区
	Town                      // 乡镇、街道、苏木
	Village                   // 村
	Grid                      // 网格
)

// Extent is an installation's bounds in degrees: west, south, east, north. Every stored geometry lies within.
type Extent struct{ West, South, East, North float64 }

// China is the default extent.
func China() Extent { return Extent{73, 3, 136, 54} }

// World is the extent of stores that hold rivers of anywhere, as tests do.
func World() Extent { return Extent{-180, -90, 180, 90} }

// Contains tells whether a position lies within the extent, edges included. NaN never does.
func (e Extent) Contains(lon, lat float64) bool {
	return lon >= e.West && lon <= e.East && lat >= e.South && lat <= e.North
}
