package demarc

import (
	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Basis is what a piece of a boundary rests on 划界依据.
type Basis string

// The bases.
const (
	LeveeToe      Basis = "levee_toe"      // 堤脚: the landside toe of a levee, and the width of its guard land 护堤地
	Revetment     Basis = "revetment"      // 护岸: the top of a revetted bank
	NaturalBank   Basis = "natural_bank"   // 自然岸坎: the top of a natural bank
	DesignFlood   Basis = "design_flood"   // 设计洪水位
	HistoricFlood Basis = "historic_flood" // 历史最高洪水位
	Planned       Basis = "planned"        // 规划
	Custom        Basis = "custom"         // 其他
)

// Bases lists them in the order above.
func Bases() []Basis {
	return []Basis{LeveeToe, Revetment, NaturalBank, DesignFlood, HistoricFlood, Planned, Custom}
}

// Piece is the part of one bank's boundary line that rests on one basis 分段.
type Piece struct {
	Bank       geo.Bank // Left or Right
	FromM, ToM float64  // the range [FromM, ToM) of the route's measures it lies opposite
	Basis      Basis
	WidthM     float64          // how far the line stands from what it rests on, landward
	Source     string           // where the width and the survey were read
	Confidence float64          // of a candidate, 0 to 1: the share of its length that lies where the rule puts it, before mending
	Reason     string           // why it was drawn or moved so, in the planner's words
	Line       *geom.LineString // XY, running downstream
}

// ConnectorKind is what a connector closes.
type ConnectorKind string

// The kinds.
const (
	AtChange ConnectorKind = "basis_change" // A5: where the basis or the width changes along a bank
	AtMouth  ConnectorKind = "mouth"        // A6: across the open mouth of a tributary; belongs to the area only
	AtBorder ConnectorKind = "border"       // A7: along the border of a division, or across the river at it
	AtEnd    ConnectorKind = "end"          // A8: across the river at an end of the stretch
)

// Connector 连接线 joins the lines of pieces, or closes an area.
type Connector struct {
	Kind    ConnectorKind
	Bank    geo.Bank // Both where it crosses the river
	AtM     float64
	LengthM float64          // on the ellipsoid
	Line    *geom.LineString // XY; along a bank it runs downstream, across the river from left to right
}

// Lines are the boundary of a stretch: the pieces of both banks, each bank's in order downstream, and what joins them.
type Lines struct {
	Pieces     []Piece
	Connectors []Connector
}

// Of gives one bank's pieces, in their order.
func (l Lines) Of(bank geo.Bank) []Piece {
	var out []Piece
	for _, p := range l.Pieces {
		if p.Bank == bank {
			out = append(out, p)
		}
	}
	return out
}

// SurveyKind is what a surveyed line shows.
type SurveyKind string

// The kinds; the words are those of the store's bank lines.
const (
	BankTop    SurveyKind = "bank"        // 岸顶: the edge of a natural or revetted bank
	ToeLine    SurveyKind = "levee_toe"   // 堤脚, the landside one unless said
	CrestLine  SurveyKind = "levee_crest" // 堤顶
	FloodLine  SurveyKind = "flood"       // 洪水位线
	OldLine    SurveyKind = "boundary"    // an earlier boundary
	WaterEdge  SurveyKind = "water_edge"  // 水边线
	PlannedWay SurveyKind = "planned"     // a planned line
)

// SurveyLine is a surveyed line of one bank 测量线, kept apart from what is drawn by it.
type SurveyLine struct {
	ID         int64
	Kind       SurveyKind
	Bank       geo.Bank
	Revetted   bool
	LeveeClass int  // 1 to 5; 0 is none
	Riverside  bool // of a toe: it is the one on the water's side
	Historic   bool // of a flood line: the highest known, not the design flood
	Source     string
	Line       *geom.LineString // XY or XYZ; drawn in either direction
}

// Division is an AdminDivision 行政区划 that a stretch lies in.
type Division struct {
	ID     int64
	Code   string
	Name   string
	Level  geo.Level
	Parent int64
	Geom   *geom.MultiPolygon
}

// Stretch is what a boundary is made for: a part of a river's route, with what was surveyed of it.
type Stretch struct {
	River      int64
	RiverName  string
	RouteID    int64            // 0: not told
	Route      *geom.LineString // XYM, running downstream
	FromM, ToM float64
	Survey     []SurveyLine
	Divisions  []Division
}

// Severity is what a finding stops.
type Severity string

// The severities of domain.md 4.4.
const (
	Blocker Severity = "blocker" // B: stops publishing
	Warning Severity = "warning" // W: takes a waiver with a name and a reason
	Info    Severity = "info"    // stops nothing: what a rule could not look at, so that nothing was found there and nothing was proved; what gives way; what is wrong beside
)

// Finding is what a quality rule found 质检问题: where, how large, and in words what is wrong and what helps.
type Finding struct {
	Rule       string // G1 to G21
	Severity   Severity
	Bank       geo.Bank // Left, Right, or Both where it is of the whole
	FromM, ToM float64  // the range of the route it concerns; equal at a point
	Place      geom.T   // XY; nil where it has no place, as a missing name
	Size       float64  // of what is wrong, in Unit
	Unit       string   // m, m2, deg, 1 (a count or ratio)
	Zh, En     string
}

// StakeKind is what stands, or is meant to stand, at a place 桩类型.
type StakeKind string

// The kinds.
const (
	Electronic StakeKind = "electronic" // 电子桩
	Physical   StakeKind = "physical"   // 实体桩
	Moved      StakeKind = "moved"      // 移位桩: a physical one that stands off its line
	Sign       StakeKind = "sign"       // 告示牌
)

// StakeTier is how a stake stands among the others.
type StakeTier string

// The tiers.
const (
	Basic StakeTier = "basic" // 基本桩
	Dense StakeTier = "dense" // 加密桩
)

// Stake is a boundary stake 界桩.
type Stake struct {
	Name     string // 河名-左001
	Number   int    // within its bank; never given twice
	Kind     StakeKind
	Tier     StakeTier
	Bank     geo.Bank
	MeasureM float64  // the route's measure that it lies opposite
	Lon, Lat float64  // EPSG:4490
	H1985    *float64 // metres, datum 1985
	Division int64    // its town
	Place    string   // 所在位置(地名)
	Why      string   // end, border, basis_change, turn, fill
}

// ZoneType is a type of shoreline zone 岸线功能区.
type ZoneType int

// The types.
const (
	Protected  ZoneType = 1 + iota // 保护区
	Reserved                       // 保留区
	Controlled                     // 控制利用区
	Developed                      // 开发利用区
)

// Zone is a shoreline zone: a part of the shoreline of one bank.
type Zone struct {
	Type       ZoneType
	RegionID   string // L001, R001; from upstream down, per bank
	Bank       geo.Bank
	FromM, ToM float64
	Basis      string
	Restraints string
	LenKm      float64            // along the outer line, on the ellipsoid
	AreaM2     float64            // on the ellipsoid
	Geom       *geom.MultiPolygon // XY
	Outer      *geom.LineString   // the part of the outer line that it lies behind; XY, downstream: its ends are the zone's start and end
}
