// Package rules is what a rule profile 规则集 is: the rules of a place, each with its source. They are data, read elsewhere; answers
// name the profile that they follow. Nothing here does I/O.
package rules

import (
	"slices"

	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/duty"
	"hetu/geo/quality"
)

// Text is a text in both languages of the house.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Source is where a rule was read. Mark is S for the work summaries that the project was made from, V for what was checked in
// public material, M for what is from memory, D for what was derived.
type Source struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Mark string `json:"mark"`
}

// BoardSize is how large a board has to be.
type BoardSize struct {
	WidthM  float64 `json:"width_m"`
	HeightM float64 `json:"height_m"`
}

// Tolerance is what is too small to be meant.
type Tolerance struct {
	OverlapM  float64 `json:"overlap_m"`  // of stretches of a route
	OverlapM2 float64 `json:"overlap_m2"` // of areas
}

// Profile is a set of rules with its source. A part that it does not have is nil or empty.
type Profile struct {
	ID     string
	Digest string // the first eight hexadecimal digits of the SHA-256 of the file that it was read from
	Title  Text
	Source Source
	Date   string // of the source: 2022, 2022-06, 2022-06-08 or unknown
	Note   Text

	Update    *duty.UpdateDuty
	Boards    []duty.BoardRule
	Size      *BoardSize
	Patrols   []duty.PatrolRule
	Quality   *quality.Standard
	Tolerance *Tolerance
	Stakes    *stake.Spacing
	Width     *demarc.WidthProfile
}

// Version names the profile and what it said, as board-hebei@1f3a9c02: a file that is changed under its id gives another one, so that
// answers by the one and the other can be told apart.
func (p Profile) Version() string { return p.ID + "@" + p.Digest }

// Part is a kind of rules that a profile may have.
type Part string

// The parts.
const (
	BoardUpdate  Part = "board_update"  // how long a board may stay out of date
	BoardDensity Part = "board_density" // how many boards there have to be
	BoardSizes   Part = "board_size"
	Patrols      Part = "patrol"
	WaterQuality Part = "quality"
	Tolerances   Part = "tolerance"
	Stakes       Part = "stakes" // how close boundary stakes stand
	Widths       Part = "width"  // of guard land and offsets, by what a boundary rests on
)

// Parts gives the parts that the profile has.
func (p Profile) Parts() []Part {
	has := map[Part]bool{
		BoardUpdate: p.Update != nil, BoardDensity: len(p.Boards) > 0, BoardSizes: p.Size != nil, Patrols: len(p.Patrols) > 0,
		WaterQuality: p.Quality != nil, Tolerances: p.Tolerance != nil, Stakes: p.Stakes != nil, Widths: p.Width != nil,
	}
	all := []Part{BoardUpdate, BoardDensity, BoardSizes, Patrols, WaterQuality, Tolerances, Stakes, Widths}
	return slices.DeleteFunc(all, func(part Part) bool { return !has[part] })
}
