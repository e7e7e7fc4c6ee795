package project

import (
	"hetu/geo"
	"hetu/geo/demarc"
)

// Once is the idempotency key of a write, and the hash of what was asked; without a key it is done as often as it is asked for.
type Once struct{ Key, SHA256 string }

// Filter says which projects are wanted.
type Filter struct {
	Status Status // "": any
	River  int64  // 0: any
	Before int64  // those with a smaller id; 0: all
	Limit  int
}

// New is what a project is made of.
type New struct {
	Name        string
	River       int64
	Route       int64   // 0: the longest of the river that holds the range
	FromM, ToM  float64 // NaN: an end of the route
	Division    int64
	LeadLevel   geo.Level
	Partners    []int64
	RuleProfile string
	LegalDoc    int64
	Note        string
}

// Made tells which revision of which project a write made.
type Made struct {
	Project  int64 `json:"project_id"`
	Revision int   `json:"revision"`
}

// Edit is what changes of a project's particulars; nil is what stays.
type Edit struct {
	Base        int
	Name        *string
	LeadLevel   *geo.Level
	Partners    *[]int64
	RuleProfile *string
	LegalDoc    *int64 // 0: none
	Enclaves    *[][2]float64
	TextLengths *[]TextLength
	Note        string
}

// Move asks for the next status of a project.
type Move struct {
	To            Status
	Base          int // the revision that it was decided on
	Note          string
	LegalDoc      int64             // of an announcement; 0: the project's own
	EffectiveFrom geo.Date          // of an announcement, or of the withdrawal of an announced one
	Findings      *[]demarc.Finding // of a check; nil: nothing looked
	FindingsOf    int               // the revision that the check looked at, which has to be Base
}
