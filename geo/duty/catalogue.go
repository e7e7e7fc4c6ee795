package duty

import "hetu/geo"

// ListedRiver is a river in a list.
type ListedRiver struct {
	River
	Aliases      []string    `json:"aliases"`
	Division     *Name       `json:"division"`
	FlowsInto    *Name       `json:"flows_into"`
	BasinAreaKm2 *float64    `json:"basin_area_km2"`
	LengthM      *float64    `json:"length_m"` // of its routes, on the ellipsoid
	StreamOrder  *int        `json:"stream_order"`
	SourcePlace  *string     `json:"source_place"`
	MouthPlace   *string     `json:"mouth_place"`
	Point        *geo.LonLat `json:"point"` // lies on the river; null when it has no line
	Bbox         *[4]float64 `json:"bbox"`
	Source       string      `json:"source"`
}

// RiverDetail is one river with what belongs to it.
type RiverDetail struct {
	ListedRiver
	Tributaries []Name       `json:"tributaries"` // rivers that flow into it, by name
	Reaches     []RiverReach `json:"reaches"`     // by level, from the mouth up
	Version     int64        `json:"-"`           // the newest write that it knows of
}

// RiverReach is a reach of a river.
type RiverReach struct {
	Reach
	FromLabel string     `json:"from_label"`
	ToLabel   string     `json:"to_label"`
	Division  Name       `json:"division"`
	Point     geo.LonLat `json:"point"` // lies on the reach
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
	Code     *string     `json:"code"` // a board's number
	Kind     string      `json:"kind"` // division, board
	ID       int64       `json:"id"`
	Name     string      `json:"name"`
	NameEn   *string     `json:"name_en"`
	Division *string     `json:"division"` // the one above
	Point    geo.LonLat  `json:"point"`
	Bbox     *[4]float64 `json:"bbox"`
}
