package api

import (
	"context"

	"hetu/geo"
	"hetu/geo/duty"
)

// Store is what the resources read; data/pg has it.
type Store interface {
	duty.Source
	// Rivers finds rivers by name or alias, best match first; an empty q gives all by name. At most limit.
	Rivers(ctx context.Context, at duty.Moment, q string, limit int) ([]River, error)
	// River gives one river with its tributaries and reaches; geo.CodeNotFound when it is not known.
	River(ctx context.Context, at duty.Moment, id int64) (RiverDetail, error)
	// Places finds divisions and board sites by name, best match first. At most limit.
	Places(ctx context.Context, at duty.Moment, q string, limit int) ([]Place, error)
	// Counts counts what a division and everything below it has; a zero division is the whole store.
	Counts(ctx context.Context, at duty.Moment, division string) (Counts, error)
	// Extent is the installation's extent.
	Extent(ctx context.Context) (geo.Extent, error)
	// Version is the number of the newest write.
	Version(ctx context.Context) (int64, error)
	// Ping tells whether the database answers.
	Ping(ctx context.Context) error
}

// River is a river in a list.
type River struct {
	duty.River
	Aliases      []string    `json:"aliases"`
	Division     *Name       `json:"division"`
	FlowsInto    *Name       `json:"flows_into"`
	BasinAreaKm2 *float64    `json:"basin_area_km2"`
	LengthM      *float64    `json:"length_m"` // of its routes, on the ellipsoid
	StreamOrder  *int        `json:"stream_order"`
	SourcePlace  *string     `json:"source_place"`
	MouthPlace   *string     `json:"mouth_place"`
	Point        *[2]float64 `json:"point"` // lies on the river; null when it has no line
	Bbox         *[4]float64 `json:"bbox"`
	Source       string      `json:"source"`
}

// RiverDetail is one river with what belongs to it.
type RiverDetail struct {
	River
	Tributaries []Name       `json:"tributaries"` // rivers that flow into it, by name
	Reaches     []RiverReach `json:"reaches"`     // by level, from the mouth up
}

// RiverReach is a reach of a river.
type RiverReach struct {
	duty.Reach
	FromLabel string     `json:"from_label"`
	ToLabel   string     `json:"to_label"`
	Division  Name       `json:"division"`
	Point     [2]float64 `json:"point"` // lies on the reach
}

// Name names a thing that has an answer of its own.
type Name struct {
	ID     int64   `json:"id"`
	Name   string  `json:"name"`
	NameEn *string `json:"name_en"`
	Code   *string `json:"code"`
}

// Place is a division or a board site.
type Place struct {
	Kind     string      `json:"kind"` // division, board
	ID       int64       `json:"id"`
	Name     string      `json:"name"`
	NameEn   *string     `json:"name_en"`
	Division *string     `json:"division"` // the one above
	Point    [2]float64  `json:"point"`
	Bbox     *[4]float64 `json:"bbox"`
}

// Counts are the stored figures of a division and everything below it, each with the sources its rows come from, and the
// claims that sources make beside them. Contradictions are told, never settled.
type Counts struct {
	Division       *Name           `json:"division"`
	Divisions      []LevelCount    `json:"divisions"`
	Rivers         RiverCounts     `json:"rivers"`
	Reaches        []LevelCount    `json:"reaches"`
	Posts          []LevelCount    `json:"posts"`
	Persons        []LevelCount    `json:"persons"`
	Boards         []LevelCount    `json:"boards"`
	Uncovered      int             `json:"reaches_without_chief"`
	Plans          map[string]int  `json:"plans"` // rivers by the state of their plan; "none" is the rest
	Claims         []Claim         `json:"claims"`
	Contradictions []Contradiction `json:"contradictions"`
}

// LevelCount is a count at one level.
type LevelCount struct {
	Level   geo.Level `json:"level"`
	Kind    string    `json:"kind,omitempty"`
	Count   int       `json:"count"`
	Sources []string  `json:"sources"`
}

// RiverCounts counts rivers.
type RiverCounts struct {
	Count         int               `json:"count"`
	Basin50       int               `json:"basin_50_km2"` // with a basin of 50 km² or more
	Seasonal      int               `json:"seasonal"`
	ManagedAt     map[geo.Level]int `json:"managed_at"` // by managing level; a river may have several
	HighestLevels map[geo.Level]int `json:"highest_level"`
	Sources       []string          `json:"sources"`
}

// Claim is a figure that a source states.
type Claim struct {
	Measure string  `json:"measure"`
	Value   float64 `json:"value"`
	Unit    *string `json:"unit"`
	Article string  `json:"article"`
	Quote   *string `json:"quote"`
}

// Contradiction is a set of claims that cannot all be true, or a claim against what is stored.
type Contradiction struct {
	Rule   string  `json:"rule"`
	Detail string  `json:"detail"`
	Claims []Claim `json:"claims"`
	Stored *int    `json:"stored"`
}
