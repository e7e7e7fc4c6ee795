package profiles

import (
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// What the files hold, key by key; check.go makes sense of it.

// number is a number that was written as one: the reader by itself takes "15" in quotes, and cuts 1.5 to 1 for an int.
type number float64

// UnmarshalYAML implements [yaml.NodeUnmarshaler].
func (n *number) UnmarshalYAML(node ast.Node) error {
	switch v := node.(type) {
	case *ast.IntegerNode:
		f, err := strconv.ParseFloat(fmt.Sprint(v.Value), 64)
		*n = number(f)
		return err
	case *ast.FloatNode:
		*n = number(v.Value)
		return nil
	default: // a NaN or an infinity too: no rule has one
		return &yaml.SyntaxError{Message: "has to be a number", Token: node.GetToken()}
	}
}

type profileFile struct {
	ID        string         `yaml:"id"`
	Title     textPart       `yaml:"title"`
	Source    sourcePart     `yaml:"source"`
	Date      string         `yaml:"date"`
	Note      textPart       `yaml:"note"`
	Board     *boardPart     `yaml:"board"`
	Patrol    []patrolPart   `yaml:"patrol"`
	Quality   *qualityPart   `yaml:"quality"`
	Tolerance *tolerancePart `yaml:"tolerance"`
	Stakes    *stakesPart    `yaml:"stakes"`
	Width     []widthPart    `yaml:"width"`
}

type textPart struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en"`
}

type sourcePart struct {
	Text string `yaml:"text"`
	URL  string `yaml:"url"`
	Mark string `yaml:"mark"`
}

type boardPart struct {
	Update  *updatePart   `yaml:"update"`
	Density []densityPart `yaml:"density"`
	Size    *sizePart     `yaml:"size"`
}

type updatePart struct {
	Days  number `yaml:"days"`
	Count string `yaml:"count"` // calendar_days, working_days
}

type densityPart struct {
	Per    string `yaml:"per"`    // reach, or the level of the divisions
	Boards string `yaml:"boards"` // level of the boards that count; none: any, of reaches their own
	Min    number `yaml:"min"`
	EveryM number `yaml:"every_m"`
}

type sizePart struct {
	WidthM  number `yaml:"width_m"`
	HeightM number `yaml:"height_m"`
}

type patrolPart struct {
	Level      string      `yaml:"level"`
	Period     string      `yaml:"period"`
	Min        number      `yaml:"min"`
	MinTenDays number      `yaml:"min_ten_days"`
	MinMinutes number      `yaml:"min_minutes"`
	MinMetres  number      `yaml:"min_metres"`
	MinGapH    number      `yaml:"min_gap_h"`
	Season     *seasonPart `yaml:"season"`
}

type seasonPart struct {
	From number `yaml:"from"` // months
	To   number `yaml:"to"`
}

type qualityPart struct {
	StablePct  number          `yaml:"stable_pct"`
	Indicators []indicatorPart `yaml:"indicators"`
}

type indicatorPart struct {
	Code   string     `yaml:"code"`
	Name   textPart   `yaml:"name"`
	Unit   string     `yaml:"unit"`
	Limits limitsPart `yaml:"limits"`
	Source sourcePart `yaml:"source"`
}

type limitsPart struct {
	Upper []number `yaml:"upper"` // one of the two
	Lower []number `yaml:"lower"`
}

type tolerancePart struct {
	OverlapM  number `yaml:"overlap_m"`
	OverlapM2 number `yaml:"overlap_m2"`
}

type stakesPart struct {
	BasicM  number     `yaml:"basic_m"`
	DenseM  number     `yaml:"dense_m"`
	TurnDeg number     `yaml:"turn_deg"`
	KmMarks bool       `yaml:"km_marks"`
	Source  sourcePart `yaml:"source"` // none: that of the file
}

// widthPart is a rule of a width; what it does not ask for is left out.
type widthPart struct {
	Basis       string     `yaml:"basis"`
	Class       []number   `yaml:"class"` // of the levee: from, to
	ReturnYears number     `yaml:"return_years"`
	RiverUpToM  number     `yaml:"river_up_to_m"`
	Where       string     `yaml:"where"`
	WidthM      []number   `yaml:"width_m"`      // one figure, or a range
	ProtectionM []number   `yaml:"protection_m"` // one figure, or a range
	Source      sourcePart `yaml:"source"`       // none: that of the file
}

type calendarFile struct {
	ID      string       `yaml:"id"`
	Title   textPart     `yaml:"title"`
	Source  sourcePart   `yaml:"source"`
	Date    string       `yaml:"date"`
	Notices []noticePart `yaml:"notices"`
}

type noticePart struct {
	Year     number      `yaml:"year"`
	Numbers  []string    `yaml:"numbers"`
	Holidays []rangePart `yaml:"holidays"`
	Working  []string    `yaml:"working"`
}

type rangePart struct {
	From string `yaml:"from"`
	To   string `yaml:"to"` // the last day
}
