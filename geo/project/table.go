package project

import (
	"hetu/geo"
	"hetu/geo/demarc"
)

// StakeTable is what was read of a stake table 界桩成果表 that somebody sent for a project. Nothing of it is stored yet.
type StakeTable struct {
	Rows []TableStake
	// CRS is the system that its X and Y are in, Encoding that of its text. What is guessed has to be confirmed with the rest.
	CRS, Encoding Reading
	Guesses       []Words
	Notes         []Words
}

// TableStake is a row of a stake table.
type TableStake struct {
	Row      int // from 1, below the head
	Name     string
	Number   int
	Kind     demarc.StakeKind
	Bank     geo.Bank
	Lon, Lat float64
	H1985    *float64
	Place    string
}

// Reading is how something of a file was understood: found in it, told, or guessed.
type Reading struct {
	Value string `json:"value"`
	How   string `json:"how"`
	Why   Words  `json:"why"`
}

// Words is a sentence in both languages.
type Words struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// TableAsk says how a stake table is to be read.
type TableAsk struct {
	XLSX   bool // else CSV
	Rows   int  // the most that are taken
	Zone   int  // EPSG code of its X and Y; 0: as the degrees beside them tell
	Extent geo.Extent
	Today  geo.Date
}
