package rules

import (
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
)

// Subject is what is checked: a drawn boundary, and all that it has to agree with. Geometry is in degrees, lon before lat, of any layout;
// what is empty or nil is not there, and a rule that needs it then has nothing to say, unless it is the rule that it be there.
type Subject struct {
	demarc.Stretch
	SRID geo.SRID // that the geometry is declared to be in; EPSG:4490

	Lines demarc.Lines
	Area  *geom.MultiPolygon // 管理范围面, derived from the lines
	Parts []Part             // of the area, by town
	// Enclaves are the holes of the area that are declared, each named by a position within.
	Enclaves []geom.Coord
	// OneBank tells that the boundary is of one bank only, as where the other belongs to another county; "" is both.
	OneBank geo.Bank

	Neighbours []Neighbour
	Others     []OtherRiver
	Base       *BaseRiver
	Candidate  *demarc.Lines  // by the rules of the same profile; nil: nothing to compare with
	Things     []demarc.Thing // buildings and problems, for G13 to find between drawn line and candidate

	Stakes []demarc.Stake
	// FirstNumbers is the highest number that each bank's stakes had when they were first numbered. A stake with a higher one was
	// added later and may stand anywhere, for a number is never given twice; of a bank that is not named, all were numbered at once.
	FirstNumbers map[geo.Bank]int
	StakeTable   []StakeRow
	Zones        []demarc.Zone
	NearWater    demarc.SurveyKind // what zones reach down to 临水边界线; "": the water's edge of a bank, or else its bank top

	Meta    Meta
	Profile Profile

	// Unlooked is what those who gathered the subject could not get for a rule, and why.
	Unlooked []Unlooked
}

// Unlooked is what a rule could not look at 未检查. It is told as a finding of its own severity, for silence would say that nothing is wrong.
type Unlooked struct {
	Rule       string
	Bank       geo.Bank
	FromM, ToM float64 // both 0: the whole stretch
	Zh, En     string  // why
}

// Part is what of the area lies in one town.
type Part struct {
	Division int64
	Name     string
	Geom     *geom.MultiPolygon
}

// Neighbour is the boundary of the same river in the county or town next to it.
type Neighbour struct {
	Name     string
	Upstream bool // it ends where ours begins, at the upper end of the stretch
	Lines    demarc.Lines
	Area     *geom.MultiPolygon
}

// OtherRiver is another river's management area, and where the two are declared to meet.
type OtherRiver struct {
	Name        string
	Area        *geom.MultiPolygon
	Confluences []Confluence
	// Main tells that our river flows into it: our lines may stop on its boundary, before the end of the stretch (A6).
	Main bool
}

// Confluence is a declared one 汇口: the range of our route's measures along which the two areas may overlap.
type Confluence struct{ FromM, ToM float64 }

// BaseRiver is the river as the base network has it: centre lines, and bank lines where it has them. Without it the route and the surveyed
// banks are taken.
type BaseRiver struct{ Centre, Banks []*geom.LineString }

// StakeRow is a row of the printed stake table 界桩成果表.
type StakeRow struct {
	Name     string
	MeasureM float64
	Lon, Lat float64    // of eight decimals
	NorthX   float64    // X: north
	EastY    float64    // Y: east
	System   crs.System // that X and Y are in; the zero System: the table has none
}

// Meta is what is told of the boundary in words.
type Meta struct {
	Name, Code      string
	NoCodes         bool // boundaries have no codes of their own where this one is kept
	RiverCode       string
	Status          string // draft, checked, consulted, approved, announced, superseded, withdrawn
	CheckedFor      string // the status it is to get; "" is its own
	EffectiveFrom   geo.Date
	LegalDoc        *LegalDoc
	Fields          []Field
	TextLengths     []TextLength
	Directory       []RiverEntry // the rivers of the county
	Listed          []string     // names that the county's river list 河流名录 has: each has to be in Directory
	KnownDivisions  []int64      // ids that exist; nil: those of the stretch
	OtherCodes      []string     // codes of the other boundaries
	RequireRiverIDs bool         // rivers of the directory without a code are a fault
}

// LegalDoc is the document that a boundary is announced by.
type LegalDoc struct {
	Number string
	Date   geo.Date
	SHA256 string
}

// Field is one value of the deliverables' tables that must not be blank or must be of a list.
type Field struct {
	Name     string
	Value    string
	OneOf    []string // nil: any
	Optional bool
	MaxBytes int // 0: no bound
}

// LengthOf is what a length in a text is of.
type LengthOf string

// What a length may be of: the sum of both banks is what announcements count, and statistics must say which they mean.
const (
	LengthOfRoute LengthOf = "route"
	LengthOfLeft  LengthOf = "left"
	LengthOfRight LengthOf = "right"
	LengthOfBanks LengthOf = "banks" // left and right together
)

// TextLength is a length that a text tells.
type TextLength struct {
	Of     LengthOf
	Metres float64
	Where  string // in which text
}

// RiverEntry is a river of a county's directory.
type RiverEntry struct{ Name, Code string }

// Profile is what of a rule profile the rules need.
type Profile struct {
	Name             string
	Widths           demarc.WidthProfile
	Situation        demarc.Situation // what is known of the river, for widths that depend on it; its basis and class are each piece's
	MaxStakeSpacingM float64          // along the line; 0: not checked
}

// Options tell what is looked at.
type Options struct {
	// Range is the part of the route's measures that was changed, [from, to]; nil is the whole. The findings are those of the whole
	// that touch it.
	Range *[2]float64
	// Only are the rules that are asked; nil is all.
	Only []string
}
