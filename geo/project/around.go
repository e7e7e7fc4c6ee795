package project

import (
	"slices"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
)

// Around is what the lines of a project have to agree with, and what was made from them.
type Around struct {
	RiverCode  string            // in whatever scheme; "" where the river has none
	Directory  []River           // the rivers of the county 河流名录
	Above      []demarc.Division // the divisions of the stretch with all above them
	Neighbours []Neighbour
	Others     []OtherRiver
	Things     []Thing
	Stakes     []Stake
	Zones      []demarc.Zone
	ZonesTaken []demarc.Zone // of others of the river: their banks, ids and ranges alone
	InForce    []Standing    // what may have to give way when the project is announced; none of an announced one
	Document   *Document     // that the project is to be announced by
	// WrittenAt is when the newest of the project's particulars, lines, stakes and zones was recorded.
	WrittenAt time.Time
}

// River is a river of a county's directory; its code is with its scheme.
type River struct{ Name, Code string }

// Neighbour is a boundary of the same route that begins where the project ends, or ends where it begins 相邻管理范围: an announced one, or a draft of
// a project that the one who asks may see.
type Neighbour struct {
	Name   string
	Draft  bool
	Pieces []demarc.Piece
}

// Told is what of the surroundings everybody who sees the project may be told of: no drafts of others, which the one who asks may see and they may not.
func (a Around) Told() Around {
	a.Neighbours = slices.DeleteFunc(slices.Clone(a.Neighbours), func(n Neighbour) bool { return n.Draft })
	return a
}

// Standing is an announced line beside the project's route that is in force, or will be.
type Standing struct {
	Line
	On      duty.Range      // of the route, that it takes
	Request string          // how far a request of the project to change it is: "" none, open, approved, refused, done
	Stakes  []StandingStake // on it
}

// StandingStake is a stake on an announced line.
type StandingStake struct {
	Name     string
	MeasureM float64
}

// Displaced tells which announced lines give way where pieces are announced, in which range, and which of their stakes end with them.
func Displaced(inForce []Standing, pieces []demarc.Piece) (out []Standing) {
	for _, a := range inForce {
		taken, on := Taken(pieces, a.Bank), duty.Union(a.On)
		gone := on.And(taken).Over(meetWithinM)
		if len(gone) == 0 {
			continue
		}
		rests := on.Minus(taken).Over(meetWithinM)
		a.Stakes = slices.DeleteFunc(slices.Clone(a.Stakes), func(k StandingStake) bool {
			return slices.ContainsFunc(rests, func(r duty.Range) bool { return k.MeasureM >= r.FromM-stakeSlackM && k.MeasureM <= r.ToM+stakeSlackM })
		})
		a.On = duty.Range{FromM: gone[0].FromM, ToM: gone[len(gone)-1].ToM}
		out = append(out, a)
	}
	return out
}

// stakeSlackM is how far past the end of what is left of a line a stake may stand that stays with it.
const stakeSlackM = 0.01

// OtherRiver is the announced boundary of another river near the project's.
type OtherRiver struct {
	River       int64
	Name        string
	Route       *geom.LineString   // XYM, downstream; nil for an area that was imported
	Pieces      []demarc.Piece     // of one project
	Area        *geom.MultiPolygon // that was imported
	Confluences []Confluence       // where the two meet
}

// Confluence is where a project's route meets another river 汇口, by the river network.
type Confluence struct {
	Lon, Lat float64
	How      Meeting
}

// Meeting is how two rivers meet.
type Meeting string

// How another river may meet a project's.
const (
	FlowsIn Meeting = "flows_in" // the other one ends in the project's: it is its tributary 支流
	IsMain  Meeting = "is_main"  // the project's ends in the other one, which comes from above and goes on 干流
	Meets   Meeting = "meets"    // one begins where the other ends, both end there, or the other begins in the project's
)

// Thing is what stands at a place: a building 建筑物, a problem 问题.
type Thing struct {
	ID         int64
	Kind, Name string
	Geom       geom.T
}

// Stake is a stake of a project as it is stored.
type Stake struct {
	demarc.Stake
	ID          int64
	Version     int       // of what is known of it: a visit says which one it saw
	Numbered    time.Time // when it was given its number; zero where it is not stored yet
	Boundary    int64
	OffsetM     *float64 // off its line, at the last visit
	MapSheet    string
	State       string
	InstalledOn geo.Date
	CheckedOn   geo.Date
	PhotoSHA256 string
}

// Stakes gives stakes as those who check and print take them.
func Stakes(stakes []Stake) []demarc.Stake {
	out := make([]demarc.Stake, 0, len(stakes))
	for _, s := range stakes {
		out = append(out, s.Stake)
	}
	return out
}

// CheckRun is a run of the quality rules 质检: what was found, as it was answered.
type CheckRun struct {
	Revision int
	At       time.Time
	By       string
	Body     string // JSON
}

// Package is what goes into a project's package of results 成果包.
type Package struct {
	Subject
	Lines demarc.Lines          // with connectors, downstream
	Parts []demarc.DivisionPart // of the area, by town
	// Divisions are those of the stretch with all above them.
	Divisions []demarc.Division
	Unit      string   // that hands over
	Rule      string   // that the lines follow, in words, with where it was read; "": as its profile is called
	AsOf      geo.Date // whose state it is
	Dated     geo.Date // of the newest thing in it: all times in the files are its
	Version   int64
}

// PackageOptions say how a package is written.
type PackageOptions struct {
	Encoding string // GBK or UTF-8
	Zone     int    // EPSG code; 0: the 3-degree zone of the middle
	Template string
}
