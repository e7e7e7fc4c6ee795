package duty

import "hetu/geo"

// Answer says who is responsible at a position.
type Answer struct {
	Version int64        `json:"-"` // the newest write that it knows of
	Lon     float64      `json:"lon"`
	Lat     float64      `json:"lat"`
	RadiusM float64      `json:"radius_m"`
	Tie     bool         `json:"tie"`    // more than one river is as near
	Rivers  []RiverFound `json:"rivers"` // nearest first; empty: no river within the radius
}

// How a river was found.
const (
	InsideArea    = "inside_area"    // the position lies in its management area 管理范围
	NearestBank   = "nearest_bank"   // it has a bank line here: the distance is to that, and 0 between the banks
	NearestCentre = "nearest_centre" // it has no bank line here: the distance is to its centre line
)

// RiverFound is one river near the position, and who answers for it there.
type RiverFound struct {
	River        River      `json:"river"`
	RouteID      int64      `json:"route_id"`
	How          string     `json:"how"`
	DistanceM    float64    `json:"distance_m"`
	MeasureM     float64    `json:"measure_m"`
	MeasureLabel string     `json:"measure_label"`
	Bank         geo.Bank   `json:"bank"` // centre: both banks are answered
	Beyond       bool       `json:"beyond_end"`
	Point        geo.LonLat `json:"point"`      // of the route, lon and lat
	Confidence   string     `json:"confidence"` // high, medium, low
	Banks        []OnBank   `json:"banks"`
	RiverPosts   []Seat     `json:"river_posts"` // posts of the river as a whole, highest level first
	Heads        []OfHead   `json:"head_chiefs"`
	Boards       []BoardAt  `json:"boards"`
}

// OnBank is the chain of responsibility on one bank, highest level first.
type OnBank struct {
	Bank          geo.Bank    `json:"bank"`
	Levels        []OfLevel   `json:"levels"`
	MissingLevels []geo.Level `json:"missing_levels"` // levels between the highest and village that have no reach here
}

// OfLevel is what one level has at the place: its reaches, more than one when they overlap.
type OfLevel struct {
	Level   geo.Level `json:"level"`
	Reaches []OfReach `json:"reaches"`
}

// OfReach is a reach with its posts.
type OfReach struct {
	Reach
	FromLabel string    `json:"from_label"`
	ToLabel   string    `json:"to_label"`
	Division  *Division `json:"division"`
	Posts     []Seat    `json:"posts"` // empty: no post was ever made for this reach
}

// OfHead is a division with its head chiefs 总河长.
type OfHead struct {
	Division Division `json:"division"`
	Posts    []Seat   `json:"posts"`
}

// Seat is a post on the day: held, vacant, or vacant and in the hands of an acting chief.
type Seat struct {
	ID              int64     `json:"id"`
	Level           geo.Level `json:"level"`
	Role            string    `json:"role"`
	DualRole        string    `json:"dual_role"`
	Title           string    `json:"title"`
	ResponsibleUnit *string   `json:"responsible_unit"`
	PhonePublic     *string   `json:"phone_public"`
	Vacant          bool      `json:"vacant"`
	VacantSince     *geo.Date `json:"vacant_since"`
	Holder          *Holder   `json:"holder"` // null: nobody, not even acting
}

// Holder is who holds a seat on the day.
type Holder struct {
	Person      string    `json:"person"`
	Position    *string   `json:"position"`
	Acting      bool      `json:"acting"`
	Since       *geo.Date `json:"since"`
	PublishDate *geo.Date `json:"publish_date"`
	Document    *string   `json:"document"`
	Note        *string   `json:"note"`
}

// BoardAt is a notice board of the answer's reaches. It is stale while the chiefs of its level, on any reach that it names, are
// not those that it shows, or where that is not stored, those of the day of its text: see [StalenessOf].
type BoardAt struct {
	ID          int64      `json:"id"`
	Page        string     `json:"page"` // path of its page, as a QR code on it has it
	Code        *string    `json:"code"`
	Level       geo.Level  `json:"level"`
	SiteText    *string    `json:"site_text"`
	State       string     `json:"state"`
	InstalledOn *geo.Date  `json:"installed_on"`
	ContentDate *geo.Date  `json:"content_date"`
	Stale       bool       `json:"stale"`
	StaleSince  *geo.Date  `json:"stale_since"`
	Point       geo.LonLat `json:"point"`
	DistanceM   float64    `json:"distance_m"` // from the position
}
