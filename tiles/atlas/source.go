package atlas

import (
	"context"
	"math"
	"time"

	"hetu/geo"
)

// Day is a civil day of Asia/Shanghai, counted from 1970-01-01.
type Day int32

// The open ends of a span's days.
const (
	FirstDay Day = math.MinInt32
	LastDay  Day = math.MaxInt32
)

// DayOf counts a date; no date is no day, so it is asked for with the end that is open.
func DayOf(d geo.Date, open Day) Day {
	if d.IsZero() {
		return open
	}
	return Day(math.Floor(float64(d.Time().Unix()) / 86400))
}

// Span is a feature of a layer over the days [From, To), over which nothing that is drawn of it changes. The spans of a
// feature do not overlap, and neighbours differ.
type Span struct {
	ID       int64
	From, To Day
	Rank     int  // the first zoom it is drawn at
	Label    bool // its name is written: for rivers, that this is the route that carries the river's name
	Shape    Shape
	Values   []Value // in the order of the layer's fields

	place *place // where a name stands, in the layers of names
}

// Shape is a geometry, lon/lat in degrees, EPSG:4490. Flat holds the positions of all parts (points, lines, rings; a ring's
// last position is its first); Parts holds for each how many positions it has. Hole tells which rings are holes of the
// polygon begun before; empty if none is.
type Shape struct {
	Flat  []float64
	Parts []int
	Hole  []bool
}

// Kind is the type of a [Value].
type Kind uint8

// The kinds. None is a value that is not there.
const (
	None Kind = iota
	Text
	Int
	Float
	Bool
)

// Value is a property's value. The zero value is none.
type Value struct {
	Kind Kind
	Text string
	Num  uint64 // of an int64, a bool; the bits of a float64
}

// TextValue is a text; an empty one too.
func TextValue(s string) Value { return Value{Kind: Text, Text: s} }

// IntValue is a whole number.
func IntValue(n int64) Value { return Value{Kind: Int, Num: uint64(n)} } //nolint:gosec // only its bits are kept

// FloatValue is a number.
func FloatValue(f float64) Value { return Value{Kind: Float, Num: math.Float64bits(f)} }

// BoolValue is yes or no.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, Num: 1}
	}
	return Value{Kind: Bool}
}

// Position is a place in the change feed: the writing transaction, the row's number, and when it was written in microseconds since
// 1970, for a store that was put back counts the same numbers again. The zero value is its beginning.
type Position struct {
	XID uint64 `json:"xid"`
	Seq int64  `json:"seq"`
	At  int64  `json:"at"`
}

// Delta is what a stretch of the change feed touches.
type Delta struct {
	To      Position           // where to go on; the position asked from if there was nothing
	Version int64              // number of the newest write in it; 0 if there was nothing
	At      time.Time          // when the source was asked
	Touched map[string][]int64 // by layer, the features to be fetched anew: those written, and those that show what was written
	Reload  []string           // layers that changed as a whole, by more rows than the feed holds
	More    bool               // there is more to read at once
	Lost    bool               // the source has no such position any more: it was put back, and all is to be loaded anew
}

// Source is where the atlas has its features from; data/pg has it. Every method reads what is committed when it is called:
// a feature that is fetched may be newer than the delta that named it, never older.
type Source interface {
	// Position gives the end of the feed and the newest write's number (0 for an empty store). What is loaded after it has
	// all that stands in the feed before it.
	Position(ctx context.Context) (Position, int64, error)
	// Holds tells whether the feed has this position and that write: whether a snapshot was taken of this store.
	Holds(ctx context.Context, at Position, version int64) (bool, error)
	// Count tells about how many features a layer has, so that there is room for them; 0 if that is not known.
	Count(ctx context.Context, layer string) (int, error)
	// Load gives every span of a layer, the spans of a feature one after the other. The span and what it points at are good
	// until emit returns.
	Load(ctx context.Context, layer string, emit func(*Span) error) error
	// Fetch gives the spans of some features of a layer, as Load does; a feature without any is gone.
	Fetch(ctx context.Context, layer string, ids []int64, emit func(*Span) error) error
	// Changes reads the feed after a position.
	Changes(ctx context.Context, after Position) (Delta, error)
	// Wait returns when something may have been written since it was last called, at the latest after a second; an error
	// says that the source cannot be reached now.
	Wait(ctx context.Context) error
}
