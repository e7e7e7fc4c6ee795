package duty

import (
	"context"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Moment is a place on the two time axes: what was true on AsOf, as known at KnownAt. A zero KnownAt is now.
type Moment struct {
	AsOf    geo.Date
	KnownAt time.Time
}

// Source gives the rows that an answer is made of, each as of a moment.
type Source interface {
	// RoutesNear gives the routes whose line enters the box of radiusM metres around a position, and all routes of the rivers
	// of which a bank line enters the box of at least WidestM, or the announced management area holds the position.
	RoutesNear(ctx context.Context, at Moment, lon, lat, radiusM float64) ([]Route, error)
	// AreasAt gives the ids of the rivers whose announced management area holds the position.
	AreasAt(ctx context.Context, at Moment, lon, lat float64) ([]int64, error)
	// ReachesOf gives the reaches of routes.
	ReachesOf(ctx context.Context, at Moment, routes []int64) ([]Reach, error)
	// PostsOf gives the posts of reaches, of rivers and of divisions, each with all its appointments.
	PostsOf(ctx context.Context, at Moment, reaches, rivers, divisions []int64) ([]Post, error)
	// BoardsOf gives the boards that name one of the reaches.
	BoardsOf(ctx context.Context, at Moment, reaches []int64) ([]Board, error)
	// DivisionsUp gives divisions and everything above them.
	DivisionsUp(ctx context.Context, at Moment, ids []int64) ([]Division, error)
}

// River is what an answer says of a river.
type River struct {
	ID         int64       `json:"id"`
	CodeScheme *string     `json:"code_scheme"`
	Code       *string     `json:"code"`
	Name       string      `json:"name"`
	NameEn     *string     `json:"name_en"`
	Kind       string      `json:"kind"`
	Levels     []geo.Level `json:"levels"`
	Perennial  *bool       `json:"perennial"`
}

// Route is a centre line near the position: XYM, downstream. Banks holds the river's bank lines near it, if there are any.
// A route without them may come in stretches, each a Route of its own, which together have all of it that is near.
type Route struct {
	ID    int64
	River River
	Geom  *geom.LineString
	Ends  *[2]float64 // measures of the ends of the whole route; nil where Geom is all of it
	Banks []BankLine
	// How it is measured, where that was asked for: mouth, source or custom, and whether M was fitted to surveyed points.
	MeasureOrigin string
	Calibrated    bool
}

// Measures gives the smallest and the largest measure of the whole route.
func (r *Route) Measures() Range {
	if r.Ends != nil {
		return Range{min(r.Ends[0], r.Ends[1]), max(r.Ends[0], r.Ends[1])}
	}
	flat := r.Geom.FlatCoords()
	first, last := flat[2], flat[len(flat)-1]
	return Range{min(first, last), max(first, last)}
}

// BankLine is a surveyed line of one bank: XY or XYZ, of any length and direction.
type BankLine struct {
	Bank geo.Bank
	Geom *geom.LineString
}

// Reach is a reach as an answer tells it.
type Reach struct {
	ID         int64     `json:"id"`
	RouteID    int64     `json:"-"`
	Code       *string   `json:"code"`
	Name       *string   `json:"name"`
	Level      geo.Level `json:"level"`
	FromM      float64   `json:"from_m"`
	ToM        float64   `json:"to_m"`
	BankScope  geo.Bank  `json:"bank_scope"`
	StartPlace *string   `json:"start_place"`
	EndPlace   *string   `json:"end_place"`
	DivisionID int64     `json:"division_id"`
}

// Has tells whether a measure of the reach's route lies on it, as [Range.Holds] does.
func (r Reach) Has(m float64, route Range) bool { return Range{r.FromM, r.ToM}.Holds(m, route) }

// Post is a seat with all appointments that are known of it, in order of time.
type Post struct {
	ID              int64
	Level           geo.Level
	Role            string
	DualRole        string
	Title           string
	ResponsibleUnit *string
	PhonePublic     *string
	ReachID         *int64
	RiverID         *int64
	DivisionID      *int64
	Appointments    []Appointment
}

// Appointment is who held a post in a period. One appointment may come as several, whose periods adjoin, when only what is
// told of it changed.
type Appointment struct {
	PersonID    int64
	Person      string
	Position    *string
	Acting      bool
	Valid       geo.Period
	PublishDate geo.Date
	Document    *string
	Note        *string
}

// Board is a notice board of some reaches.
type Board struct {
	ID          int64
	Code        *string
	Level       geo.Level
	ReachIDs    []int64
	SiteText    *string
	State       string
	InstalledOn geo.Date
	ContentDate geo.Date
	Content     Content // what it shows; of one whose content is not stored, or cannot be read, nothing is known
	Lon, Lat    float64
}

// Division is an administrative division.
type Division struct {
	ID       int64     `json:"id"`
	Code     string    `json:"code"`
	Name     string    `json:"name"`
	NameEn   *string   `json:"name_en"`
	Level    geo.Level `json:"level"`
	Kind     string    `json:"kind"`
	ParentID *int64    `json:"-"`
}
