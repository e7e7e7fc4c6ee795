package stake

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// Row is a row of the stake table 界桩成果表, as it is printed: degrees with 8 decimals, metres with 4, heights with 2. X is north and
// Y east, as tables of the country have them.
type Row struct {
	Name, K, Place, Lon, Lat, X, Y, H, Note string
}

// Cells gives the row in the order of [Head].
func (r Row) Cells() []string {
	return []string{r.Name, r.K, r.Place, r.Lon, r.Lat, r.X, r.Y, r.H, r.Note}
}

// Head is the two-row head of the table; what is empty in the first row belongs to the cell before it, in the second to the cell above.
func Head() [2][]string {
	return [2][]string{
		{"桩名(编号)", "里程", "所在位置(地名)", "坐标(2000国家大地坐标系)", "", "", "", "高程(1985国家高程基准)", "备注"},
		{"", "", "", "经度", "纬度", "X", "Y", "", ""},
	}
}

// KindNote is what the last column calls a kind.
func KindNote(k demarc.StakeKind) string {
	switch k {
	case demarc.Physical:
		return "实体桩"
	case demarc.Moved:
		return "移位桩"
	case demarc.Sign:
		return "告示牌"
	default:
		return "电子桩"
	}
}

// ZoneOf gives the 3-degree zone that a longitude lies in; numbered: its eastings begin with the zone's number.
func ZoneOf(lon float64, numbered bool) crs.System {
	const first, firstPlain, lowest, highest = 4513, 4534, 25, 45
	n := geo.SRID(min(max(math.Round(lon/3), lowest), highest) - lowest)
	code := firstPlain + n
	if numbered {
		code = first + n
	}
	s, _ := crs.ByEPSG(code) // every code in the range has one
	return s
}

// Tables lays stakes out in a zone: the stakes themselves, and signs 告示牌 as a second table. Both are sorted by measure, then bank, left
// first, then number.
func Tables(stakes []demarc.Stake, zone crs.System) (table, signs []Row) {
	sorted := slices.Clone(stakes)
	slices.SortStableFunc(sorted, func(a, b demarc.Stake) int {
		return cmp.Or(cmp.Compare(a.MeasureM, b.MeasureM), cmp.Compare(a.Bank, b.Bank), cmp.Compare(a.Number, b.Number))
	})
	for _, s := range sorted {
		if r := RowOf(s, zone); s.Kind == demarc.Sign {
			signs = append(signs, r)
		} else {
			table = append(table, r)
		}
	}
	return table, signs
}

// RowOf lays one stake out.
func RowOf(s demarc.Stake, zone crs.System) Row {
	east, north := zone.FromLonLat(s.Lon, s.Lat)
	r := Row{
		Name: s.Name, K: lref.Label(s.MeasureM), Place: s.Place, Lon: "E" + fixed(s.Lon, 8), Lat: "N" + fixed(s.Lat, 8),
		X: fixed(north, 4), Y: fixed(east, 4), Note: KindNote(s.Kind),
	}
	if s.H1985 != nil {
		r.H = fixed(*s.H1985, 2)
	}
	return r
}

func fixed(v float64, decimals int) string {
	p := math.Pow10(decimals)
	return strconv.FormatFloat(math.Round(v*p)/p+0, 'f', decimals, 64) // + 0: -0 becomes 0
}

// MapSheet is the number of the 1:10 000 map sheet 图幅号 that a position lies on, by GB/T 13989: the sheet of 1:1 000 000, G, and the
// row from the north and the column from the west of its 96 by 96 sheets, J50G015010. "" outside of the northern hemisphere's sheets.
func MapSheet(lon, lat float64) string {
	const high, wide, n = 4.0 / 96, 6.0 / 96, 96
	if !(lat >= 0 && lat < 88 && lon >= -180 && lon < 180) {
		return ""
	}
	band, zone := math.Floor(lat/4), math.Floor(lon/6)
	row := n - int(min(math.Floor((lat-4*band)/high), n-1))
	col := int(min(math.Floor((lon-6*zone)/wide), n-1)) + 1
	return string(rune('A'+int(band))) + pad(int(zone)+31, 2) + "G" + pad(row, 3) + pad(col, 3)
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}
