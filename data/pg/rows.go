package pg

import (
	"strings"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Key is a natural key, by which a row of a batch names another entity: "code:SCHEME:CODE" where there is a code.
type Key string

// CodeKey is the natural key of what has a code.
func CodeKey(scheme, code string) Key { return KeyOf("code", scheme, code) }

// KeyOf composes a natural key of its kind and parts that strangers wrote. A colon in a part is written %3A and a percent sign
// %25, so that no two lists of parts give one key; parts without either stand as they are.
func KeyOf(kind string, parts ...string) Key {
	escape := strings.NewReplacer("%", "%25", ":", "%3A")
	var b strings.Builder
	b.WriteString(kind)
	for _, part := range parts {
		b.WriteString(":" + escape.Replace(part))
	}
	return Key(b.String())
}

// Record is what every row of a [Batch] has: its natural key, the civil days it is true for, where it was read, and whether
// it says that the thing was no more in that time.
type Record struct {
	Key    Key
	Valid  geo.Period
	Source string
	Gone   bool
}

func (r Record) record() Record { return r }

// Row is one version of one entity: one of the structs below. Empty strings, zero days and nil pointers are stored as NULL.
// Geometry is EPSG:4490, lon/lat.
type Row interface {
	record() Record
	// Entity is the table the row goes to.
	Entity() string
}

// Division is an AdminDivision 行政区划.
type Division struct {
	Record
	CodeScheme string             `db:"code_scheme"`
	Code       string             `db:"code"`
	Name       string             `db:"name"`
	NameEn     string             `db:"name_en"`
	Level      geo.Level          `db:"level"`
	Kind       string             `db:"kind"`
	Parent     Key                `db:"parent_id"`
	Geom       *geom.MultiPolygon `db:"geom"` // XY; nil when only the name is known
}

// LegalDoc is a document 文件 that binds a geometry or an appointment.
type LegalDoc struct {
	Record
	Kind   string   `db:"kind"`
	Number string   `db:"number"`
	Title  string   `db:"title"`
	Issuer string   `db:"issuer"`
	Dated  geo.Date `db:"dated"`
	URL    string   `db:"url"`
	// SHA256 is the hash of the file that it is, Division whose document it is.
	SHA256   string `db:"file_sha256"`
	Division Key    `db:"division_id"`
}

// River is a 河流; its line is that of its routes.
type River struct {
	Record
	CodeScheme     string   `db:"code_scheme"`
	Code           string   `db:"code"`
	Name           string   `db:"name"`
	NameEn         string   `db:"name_en"`
	Aliases        []string `db:"aliases"`
	Division       Key      `db:"division_id"`
	RiverKind      string   `db:"river_kind"` // river, gully 沟, canal, ditch
	BasinAreaKm2   *float64 `db:"basin_area_km2"`
	LengthKm       *float64 `db:"length_km"`
	Perennial      *bool    `db:"perennial"`
	SourcePlace    string   `db:"source_place"`
	MouthPlace     string   `db:"mouth_place"`
	FlowsInto      Key      `db:"flows_into_id"`
	StreamOrder    *int     `db:"stream_order"` // Strahler
	ManagingLevels []int16  `db:"managing_levels"`
	CrossType      string   `db:"cross_type"`
}

// Route is a centre line 河道中心线. Its geometry is XYM and runs downstream; M is metres on the ellipsoid from the origin,
// so it falls along the line where the origin is the mouth. FlowDir tells how the source had digitised it.
type Route struct {
	Record
	River         Key              `db:"river_id"`       // empty: an edge of no river
	MeasureOrigin string           `db:"measure_origin"` // mouth, source, custom
	Calibrated    bool             `db:"calibrated"`
	CalibPoints   []CalibPoint     `db:"calib_points"` // nil: M is the file's, or counted from the origin
	FlowDir       string           `db:"flow_dir"`     // with, against
	LengthM       float64          `db:"length_m"`
	StreamOrder   *int             `db:"stream_order"`
	Geom          *geom.LineString `db:"geom"`
}

// CalibPoint is a surveyed kilometre stone 千米桩 that a route was measured by, in degrees and metres.
type CalibPoint struct {
	Lon      float64 `json:"lon"`
	Lat      float64 `json:"lat"`
	MeasureM float64 `json:"measure_m"`
}

// Node is a point of the network 水系网络.
type Node struct {
	Record
	Kind string      `db:"kind"` // source, junction, outlet, boundary, flowRegulation
	Geom *geom.Point `db:"geom"`
}

// Edge is a piece of a route between two nodes; From is the upstream one.
type Edge struct {
	Record
	Route      Key     `db:"route_id"`
	FromM      float64 `db:"from_m"`
	ToM        float64 `db:"to_m"`
	From       Key     `db:"from_node_id"`
	To         Key     `db:"to_node_id"`
	Main       bool    `db:"main"`
	Divergence bool    `db:"divergence"`
}

// Reach is a 河段: the part [FromM, ToM) of a route that one level's chief answers for. Geom is that part, XY, downstream.
type Reach struct {
	Record
	CodeScheme string           `db:"code_scheme"`
	Code       string           `db:"code"`
	Name       string           `db:"name"`
	River      Key              `db:"river_id"`
	Route      Key              `db:"route_id"`
	FromM      float64          `db:"from_m"`
	ToM        float64          `db:"to_m"`
	BankScope  geo.Bank         `db:"bank_scope"`
	Level      geo.Level        `db:"level"`
	Division   Key              `db:"division_id"`
	StartPlace string           `db:"start_place"` // at the upstream end
	EndPlace   string           `db:"end_place"`
	Geom       *geom.LineString `db:"geom"`
}

// BankLine is a 岸线, levee 堤防 or flood line 洪水位线; geometry XYZ.
type BankLine struct {
	Record
	Kind       string           `db:"kind"` // bank, levee_toe, levee_crest, flood
	River      Key              `db:"river_id"`
	Bank       geo.Bank         `db:"bank"`
	Name       string           `db:"name"`
	LeveeClass *int             `db:"levee_class"` // 1 to 5
	ToeSide    string           `db:"toe_side"`    // riverside, landside
	FloodKind  string           `db:"flood_kind"`  // design, historic
	Geom       *geom.LineString `db:"geom"`
}

// Boundary is a ManagementBoundary 管理范围线 along one bank; geometry XY, downstream.
type Boundary struct {
	Record
	Name        string           `db:"name"`
	River       Key              `db:"river_id"`
	Route       Key              `db:"route_id"`
	Bank        geo.Bank         `db:"bank"`
	BasisKind   string           `db:"basis_kind"`
	RuleProfile string           `db:"rule_profile"`
	WidthM      *float64         `db:"width_m"`
	FromM       *float64         `db:"from_m"`
	ToM         *float64         `db:"to_m"`
	Status      string           `db:"status"`
	LegalDoc    Key              `db:"legal_doc_id"`
	LeadLevel   *int             `db:"lead_level"`
	Geom        *geom.LineString `db:"geom"`
	Project     Key              `db:"project_id"` // that made it; empty: it was imported
	Reason      string           `db:"reason"`
	SHA256      string           `db:"geom_sha256"` // of an announced one
}

// Area is a ManagementArea 管理范围面.
type Area struct {
	Record
	Name     string             `db:"name"`
	River    Key                `db:"river_id"`
	Division Key                `db:"division_id"`
	Status   string             `db:"status"`
	LegalDoc Key                `db:"legal_doc_id"`
	AreaM2   *float64           `db:"area_m2"`
	Project  Key                `db:"project_id"` // by whose announcement it is what it is; empty: it was not derived from lines
	Route    Key                `db:"route_id"`   // beside which it lies, and the range of its measures
	FromM    *float64           `db:"from_m"`
	ToM      *float64           `db:"to_m"`
	Geom     *geom.MultiPolygon `db:"geom"`
}

// Person holds posts. In the sample all are invented and say so.
type Person struct {
	Record
	Name     string `db:"name"`
	IsSample bool   `db:"is_sample"`
}

// Post is a seat 河长职位 of a reach, a river or a division; persons come and go by [Appointment].
type Post struct {
	Record
	Level           geo.Level `db:"level"`
	Role            string    `db:"role"`      // head_chief 总河长, deputy_head_chief, chief 河长, civil_chief …
	DualRole        string    `db:"dual_role"` // party, government, none
	Division        Key       `db:"division_id"`
	River           Key       `db:"river_id"`
	Reach           Key       `db:"reach_id"`
	Title           string    `db:"title"`
	ResponsibleUnit string    `db:"responsible_unit"`
	PhonePublic     string    `db:"phone_public"`
}

// Appointment is who holds a post when 河长任职; acting 代管 when the post itself is vacant.
type Appointment struct {
	Record
	Post        Key      `db:"post_id"`
	Person      Key      `db:"person_id"`
	Position    string   `db:"position"`
	Acting      bool     `db:"acting"`
	AppointDoc  Key      `db:"appoint_doc_id"`
	PublishDate geo.Date `db:"publish_date"`
	Note        string   `db:"note"`
}

// Board is a NoticeBoard 公示牌; it names at least one reach.
type Board struct {
	Record
	Code        string         `db:"code"`
	Level       geo.Level      `db:"level"`
	Reaches     []Key          `db:"reach_ids"`
	Bank        geo.Bank       `db:"bank"`
	Division    Key            `db:"division_id"`
	SiteText    string         `db:"site_text"`
	InstalledOn geo.Date       `db:"installed_on"`
	ContentDate geo.Date       `db:"content_date"`
	Content     map[string]any `db:"content_snapshot"`
	QRToken     string         `db:"qr_token"` // what its QR code says last: the page of the board is asked for by it
	State       string         `db:"state"`    // ok, tilted, broken, deformed, faded, aged
	LastChecked geo.Date       `db:"last_checked"`
	Geom        *geom.Point    `db:"geom"`
}

// Section is a 水质断面.
type Section struct {
	Record
	Code        string      `db:"code"`
	Name        string      `db:"name"`
	Kind        string      `db:"kind"`
	River       Key         `db:"river_id"`
	Route       Key         `db:"route_id"`
	MeasureM    *float64    `db:"measure_m"`
	TargetClass *int        `db:"target_class"`
	Division    Key         `db:"assess_division_id"`
	Geom        *geom.Point `db:"geom"`
}

// Sample is a water sample 水质样 of a section.
type Sample struct {
	Record
	Section   Key       `db:"section_id"`
	TakenAt   time.Time `db:"taken_at"`
	Indicator string    `db:"indicator"`
	Value     *float64  `db:"value"`
	Unit      string    `db:"unit"`
	Class     *int      `db:"class"` // 1 to 5, 6 = 劣V
	Method    string    `db:"method"`
	Usable    bool      `db:"usable"`
}

// Outfall is an 入河排污口.
type Outfall struct {
	Record
	Code     string      `db:"code"`
	Name     string      `db:"name"`
	Kind     string      `db:"kind"`
	Approval string      `db:"approval"` // approved, pending, none, closing
	Monitor  *bool       `db:"monitored"`
	River    Key         `db:"river_id"`
	Route    Key         `db:"route_id"`
	MeasureM *float64    `db:"measure_m"`
	Bank     geo.Bank    `db:"bank"`
	Division Key         `db:"division_id"`
	Geom     *geom.Point `db:"geom"`
}

// Plan is a 一河一策 of a river.
type Plan struct {
	Record
	Name       string `db:"name"`
	River      Key    `db:"river_id"`
	Edition    int    `db:"edition"`
	Status     string `db:"status"` // draft, comment, revised, reviewed, approved, in_force, closed
	OwnerLevel *int   `db:"owner_level"`
}

// Claim is a figure that a source states and that is no row of ours; claims are compared, never averaged.
type Claim struct {
	Record
	Division Key     `db:"division_id"`
	Measure  string  `db:"measure"`
	Value    float64 `db:"value"`
	Unit     string  `db:"unit"`
	Article  string  `db:"article"`
	Quote    string  `db:"quote"`
}

// Entity implements [Row].
func (Division) Entity() string { return "division" }

// Entity implements [Row].
func (LegalDoc) Entity() string { return "legal_doc" }

// Entity implements [Row].
func (River) Entity() string { return "river" }

// Entity implements [Row].
func (Route) Entity() string { return "route" }

// Entity implements [Row].
func (Node) Entity() string { return "node" }

// Entity implements [Row].
func (Edge) Entity() string { return "edge" }

// Entity implements [Row].
func (Reach) Entity() string { return "reach" }

// Entity implements [Row].
func (BankLine) Entity() string { return "bank_line" }

// Entity implements [Row].
func (Boundary) Entity() string { return "boundary" }

// Entity implements [Row].
func (Area) Entity() string { return "area" }

// Entity implements [Row].
func (Person) Entity() string { return "person" }

// Entity implements [Row].
func (Post) Entity() string { return "post" }

// Entity implements [Row].
func (Appointment) Entity() string { return "appointment" }

// Entity implements [Row].
func (Board) Entity() string { return "board" }

// Entity implements [Row].
func (Section) Entity() string { return "section" }

// Entity implements [Row].
func (Sample) Entity() string { return "sample" }

// Entity implements [Row].
func (Outfall) Entity() string { return "outfall" }

// Entity implements [Row].
func (Plan) Entity() string { return "plan" }

// Entity implements [Row].
func (Claim) Entity() string { return "claim" }
