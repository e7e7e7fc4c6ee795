package roster

import (
	"context"
	"math"
	"time"

	"hetu/geo"
)

// Day is a civil day of Asia/Shanghai, counted from 1970-01-01.
type Day int32

// The open ends of a [Span].
const (
	FirstDay Day = math.MinInt32
	LastDay  Day = math.MaxInt32
)

// NoDay is a day that is not known.
const NoDay = FirstDay

// dayOf counts a date.
func dayOf(d geo.Date) Day {
	return Day(math.Floor(float64(d.Time().Unix()) / 86400))
}

// date is the way back; the ends of a span are no date.
func (d Day) date() geo.Date {
	if d == FirstDay || d == LastDay {
		return geo.Date{}
	}
	return geo.NewDate(1970, 1, 1+int(d))
}

// Span is the days [From, To) on which a row is true.
type Span struct{ From, To Day }

func (s Span) holds(d Day) bool { return s.From <= d && d < s.To }

// Text is a text of a row, good as long as the row; nil is none.
type Text []byte

// River is a version of a river.
type River struct {
	ID                                   int64
	Valid                                Span
	CodeScheme, Code, Name, NameEn, Kind Text
	Levels                               []geo.Level
	Perennial                            *bool
}

// Route is a version of a route that belongs to a river. Line is lon, lat and M in turn, as stored: downstream, EPSG:4490.
type Route struct {
	ID, River int64
	Valid     Span
	Line      []float64
}

// Reach is a version of a reach.
type Reach struct {
	ID, Route, Division              int64
	Valid                            Span
	Level                            geo.Level
	FromM, ToM                       float64
	BankScope                        Text
	Code, Name, StartPlace, EndPlace Text
}

// Division is a version of a division.
type Division struct {
	ID                       int64
	Parent                   *int64
	Valid                    Span
	Level                    geo.Level
	Code, Name, NameEn, Kind Text
}

// Owner is what a post is of.
type Owner uint8

// The owners.
const (
	OfReach Owner = iota
	OfRiver
	OfDivision
)

// Post is a version of a post of one owner.
type Post struct {
	ID, OwnerID                  int64
	Of                           Owner
	Valid                        Span
	Level                        geo.Level
	Role, DualRole, Title        Text
	ResponsibleUnit, PhonePublic Text
}

// Appointment is a version of an appointment. Person is the name for its time, Document what appointed.
type Appointment struct {
	Post, PersonID         int64
	Valid                  Span
	Acting                 bool
	Person, Position, Note Text
	Document               Text
	Published              Day
}

// Board is a version of a board. Content is what it shows, as JSON.
type Board struct {
	ID                     int64
	Reaches                []int64
	Valid                  Span
	Level                  geo.Level
	Code, SiteText, State  Text
	InstalledOn, ContentOn Day
	Lon, Lat               float64
	Content                Text
}

// BankLine is a version of a surveyed bank of a river. Line is lon and lat in turn.
type BankLine struct {
	ID, River int64
	Valid     Span
	Bank      geo.Bank
	Line      []float64
}

// Area is a version of an announced management area. Flat is lon and lat in turn, Rings tells how many positions each ring has, a
// ring's last being its first, and Hole which rings are holes of the shell before; empty if none is.
type Area struct {
	ID, River int64
	Valid     Span
	Flat      []float64
	Rings     []int
	Hole      []bool
}

// Kind is a kind of row.
type Kind uint8

// The kinds. Of those that stand in tables two tables more have no rows of their own: the routes of a river, the boards of a
// reach.
const (
	Rivers Kind = iota
	Routes
	Reaches
	Divisions
	Posts
	Appointments // known by their posts
	Boards
	routesOf
	boardsOf
	BankLines
	Areas

	tabled = BankLines // how many tables there are
)

// kinds gives all kinds, those of which there is most first.
func kinds() []Kind {
	return []Kind{Routes, Reaches, Appointments, Posts, Rivers, Boards, Divisions, BankLines, Areas}
}

// tables gives the tables that the rows of a kind stand in.
func (k Kind) tables() []Kind {
	switch k {
	case Routes:
		return []Kind{Routes, routesOf}
	case Boards:
		return []Kind{Boards, boardsOf}
	default:
		return []Kind{k}
	}
}

// String names the kind.
func (k Kind) String() string {
	return []string{"rivers", "routes", "reaches", "divisions", "posts", "appointments", "boards", "routes of rivers", "boards of reaches", "bank lines", "areas"}[k]
}

// Position is a place in the change feed: the writing transaction, the row's number, and when it was written in microseconds since
// 1970, for a store that was put back counts the same numbers again. The zero value is its beginning.
type Position struct {
	XID uint64
	Seq int64
	At  int64
}

// Delta is what was written since a position.
type Delta struct {
	To      Position         // where to go on
	Version int64            // number of the store's newest write
	Held    int              // changes after To that are seen already, and will be told again
	At      time.Time        // when the source was asked
	Touched map[Kind][]int64 // ids of what may differ; of appointments, the posts
	Reload  []Kind           // kinds of which too much was written to name it
	Lost    bool             // too much for that, or the store is not the one that the position is of: load anew
}

// Source is where the rows come from; data/pg has it.
type Source interface {
	// Open takes a view of the store, for as many readers at once.
	Open(ctx context.Context, readers int) (View, error)
	// Wait returns when something may have been written since it was last called, at the latest after a second; an error
	// says that the source cannot be reached now.
	Wait(ctx context.Context) error
}

// View is the present record as it was at one moment.
type View interface {
	// Since tells what was written after a position, up to the moment of the view. version is the newest write known there.
	Since(ctx context.Context, after Position, version int64) (Delta, error)
	// End tells where to go on after the view; nothing is touched by it.
	End(ctx context.Context) (Delta, error)
	// Read gives the rows of a kind: those of some ids, or with nil all.
	Read(ctx context.Context, kind Kind, ids []int64, emit *Emit) error
	// Close ends the view.
	Close(ctx context.Context)
}

// Emit takes the rows of each kind. A row and what it points at are good until it returns.
type Emit struct {
	River       func(*River) error
	Route       func(*Route) error
	Reach       func(*Reach) error
	Division    func(*Division) error
	Post        func(*Post) error
	Appointment func(*Appointment) error
	Board       func(*Board) error
	BankLine    func(*BankLine) error
	Area        func(*Area) error
}

// Lines is where the lines of rivers are; the atlas has it. Positions are lon and lat in turn, in the stored order, to about a
// centimetre or two, and what is given is the caller's.
type Lines interface {
	// Stretches gives the stretches of all lines of a layer that hold on a day which enter a box: total is how many positions
	// the line has, first the number of the first one given. A stretch begins and ends at a number that every divides or at an
	// end of the line; what lies between two stretches of a line does not enter the box.
	Stretches(layer string, box geo.Extent, asOf geo.Date, every int, each func(id int64, first, total int, flat []float64))
	// Line gives the whole of one line; nil if there is none on that day.
	Line(layer string, id int64, asOf geo.Date) []float64
	// Merges tells whether two neighbouring positions of a line are one to it, so that the second is not among those it gives.
	Merges(lon1, lat1, lon2, lat2 float64) bool
}

// riverLayer is the layer of routes.
const riverLayer = "river"
