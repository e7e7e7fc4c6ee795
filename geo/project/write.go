package project

import (
	"hetu/geo"
	"hetu/geo/demarc"
)

// StakeBase is what a write of stakes was decided on: a revision of the project, or of a visit the version of the one stake.
type StakeBase struct {
	Revision int
	Stake    int64 // of a visit; 0: the revision is meant
	Version  int   // of that stake
}

// StakeWrite is what is to become of the stakes of a project. A stake without an id is new.
type StakeWrite struct {
	Put   []Stake
	Gone  []Stake
	Visit geo.Date // the day on which stakes that stand were visited in the field: nothing is drafted. Zero: it is no visit
	// Profile is the spacing profile that they were placed by, which the project follows from then on; "": what it followed.
	Profile string
}

// StakesMade tells which stakes a write made.
type StakesMade struct {
	Project  int64    `json:"project_id"`
	Revision int      `json:"revision"` // of the project, now
	Placed   int      `json:"placed"`
	Removed  int      `json:"removed"`
	IDs      []int64  `json:"ids"`   // of those placed, in their order
	Names    []string `json:"names"` // of the same
}

// ZonesMade tells what became of the zones of a project.
type ZonesMade struct {
	Project  int64 `json:"project_id"`
	Revision int   `json:"revision"` // of the project, now
	Zones    int   `json:"zones"`
}

// Placing decides which stakes a project gets; taken are all that were ever given a number on its river.
type Placing func(s Subject, taken []demarc.Stake) (StakeWrite, error)
