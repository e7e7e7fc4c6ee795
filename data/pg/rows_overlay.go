package pg

import (
	"strconv"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Protection is a ProtectionArea 保护范围, outside the management area.
type Protection struct {
	Record
	Name     string             `db:"name"`
	River    Key                `db:"river_id"`
	Division Key                `db:"division_id"`
	WidthM   *float64           `db:"width_m"`
	Status   string             `db:"status"`
	LegalDoc Key                `db:"legal_doc_id"`
	Geom     *geom.MultiPolygon `db:"geom"`
}

// Zone is a ShorelineZone 岸线功能区 of one bank.
type Zone struct {
	Record
	River      Key                `db:"river_id"`
	Type       int                `db:"type"` // 1 保护区, 2 保留区, 3 控制利用区, 4 开发利用区
	RegionID   string             `db:"regionid"`
	Side       geo.Bank           `db:"side"`
	Basis      string             `db:"basis"`
	Restraints string             `db:"restraints"`
	Route      Key                `db:"route_id"`
	FromM      *float64           `db:"from_m"` // of the route
	ToM        *float64           `db:"to_m"`
	LenKm      *float64           `db:"len_km"`    // along the outer line, on the ellipsoid
	AreaM2     *float64           `db:"area_m2"`   // on the ellipsoid
	StartLon   *float64           `db:"start_lon"` // of the outer line, upstream
	StartLat   *float64           `db:"start_lat"`
	EndLon     *float64           `db:"end_lon"`
	EndLat     *float64           `db:"end_lat"`
	Project    Key                `db:"project_id"` // the zone of a draft is told as the draft is
	Geom       *geom.MultiPolygon `db:"geom"`
}

// Stake is a boundary stake 界桩; geometry XYZ, whose Z is 0 where no height is known: H1985 tells. Its key, [StakeKey], is made of its
// river, bank and number, so that a number is never another stake's.
type Stake struct {
	Record
	Boundary    Key         `db:"boundary_id"`
	Name        string      `db:"name"`
	Number      *int        `db:"number"`
	Kind        string      `db:"kind"` // electronic, physical, moved, sign
	Tier        string      `db:"tier"` // basic, dense
	Bank        geo.Bank    `db:"bank"`
	MeasureM    *float64    `db:"measure_m"`
	H1985       *float64    `db:"h_1985"`
	Division    Key         `db:"division_id"`
	Place       string      `db:"place"`
	MapSheet    string      `db:"map_sheet"`
	OffsetM     *float64    `db:"offset_from_line_m"`
	Why         string      `db:"why"`
	InstalledOn geo.Date    `db:"installed_on"`
	CheckedOn   geo.Date    `db:"checked_on"`
	PhotoSHA256 string      `db:"photo_sha256"`
	State       string      `db:"state"`
	Geom        *geom.Point `db:"geom"`
}

// StakeKey is the natural key of a stake: river, bank and number. Signs are counted by river, and have a key of their own kind.
func StakeKey(river Key, bank geo.Bank, number int, sign bool) Key {
	if sign {
		return KeyOf("sign", string(river), strconv.Itoa(number))
	}
	return KeyOf("stake", string(river), string(bank), strconv.Itoa(number))
}

// ZoneKey is the natural key of a shoreline zone: river and region id.
func ZoneKey(river Key, regionID string) Key { return KeyOf("zone", string(river), regionID) }

// Problem is a 问题: a point, a line or polygons.
type Problem struct {
	Record
	Type    string   `db:"type"`
	Subtype string   `db:"subtype"`
	SpotNo  string   `db:"spot_no"`
	Status  string   `db:"status"` // found, assigned, rectifying, applied, closed
	FoundOn geo.Date `db:"found_on"`
	River   Key      `db:"river_id"`
	Geom    geom.T   `db:"geom"`
}

// PlanItem is an item of one of a plan's lists.
type PlanItem struct {
	Record
	Plan      Key      `db:"plan_id"`
	List      string   `db:"list"` // problem, target, task, measure, responsibility
	Text      string   `db:"text"`
	FromM     *float64 `db:"from_m"`
	ToM       *float64 `db:"to_m"`
	OwnerUnit string   `db:"owner_unit"`
	Geom      geom.T   `db:"geom"`
}

// Land is a LandDesignation 其他用地.
type Land struct {
	Record
	Theme      string             `db:"theme"` // 永久基本农田, 生态保护红线, 城镇开发边界, 自然保护区, 饮用水源保护区
	Name       string             `db:"name"`
	Authority  string             `db:"authority"`
	SurveyedOn geo.Date           `db:"surveyed_on"`
	Geom       *geom.MultiPolygon `db:"geom"`
}

// Entity implements [Row].
func (Protection) Entity() string { return "protection" }

// Entity implements [Row].
func (Zone) Entity() string { return "zone" }

// Entity implements [Row].
func (Stake) Entity() string { return "stake" }

// Entity implements [Row].
func (Problem) Entity() string { return "problem" }

// Entity implements [Row].
func (PlanItem) Entity() string { return "plan_item" }

// Entity implements [Row].
func (Land) Entity() string { return "land" }
