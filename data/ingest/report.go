package ingest

import (
	"hetu/geo"
)

// How tells where a statement about a file comes from.
type How string

// A thing is found in the file, told on the command line, or guessed; a guess needs a yes.
const (
	Found   How = "found"
	Told    How = "told"
	Guessed How = "guessed"
)

// Finding is one such statement.
type Finding struct {
	Value string   `json:"value"`
	How   How      `json:"how"`
	Why   Sentence `json:"why"`
}

// Refusal is a row that cannot be stored.
type Refusal struct {
	Row    int      `json:"row"` // counted from 1 as the file has them, without a heading
	Line   int      `json:"line,omitempty"`
	Reason Sentence `json:"reason"`
	Remedy Sentence `json:"remedy"`
}

// Column is a heading and the field it is read into.
type Column struct {
	Heading string `json:"heading"`
	Field   string `json:"field"`
	How     How    `json:"how"`
}

// NetworkReport is what became of the lines of a river file.
type NetworkReport struct {
	Lines            int     `json:"lines"`
	Edges            int     `json:"edges"`
	Nodes            int     `json:"nodes"`
	Routes           int     `json:"routes"`
	Components       int     `json:"components"`
	ComponentsAtEnds int     `json:"components_at_ends"`
	LargestShare     float64 `json:"largest_share"` // of the whole length
	InnerNodes       int     `json:"inner_nodes"`
	FlowThrough      int     `json:"flow_through"`
	Snapped          int     `json:"snapped"` // ends that were moved onto a node or a line
	LargestShiftM    float64 `json:"largest_shift_m"`
	Dangling         int     `json:"dangling"` // ends that meet nothing: sources, mouths, and lines that stop short
	Duplicates       int     `json:"duplicates"`
	Cycles           int     `json:"cycles"`
	Nameless         int     `json:"nameless"` // rows without a river: edges of no river

	Directions []FlowDirection `json:"directions"`
	Doubts     []NetworkDoubt  `json:"doubts,omitempty"` // of each kind the first two hundred
	Doubted    map[string]int  `json:"doubted,omitempty"`
}

// Merged counts what the merge does with the rows of one entity.
type Merged struct {
	Entity    string `json:"entity"`
	Added     int64  `json:"added"`
	Changed   int64  `json:"changed"`
	Unchanged int64  `json:"unchanged"`
	Ended     int64  `json:"ended"`
}

// Report is what an import found and did, for the person who has to say yes.
type Report struct {
	File     string         `json:"file"`
	SHA256   string         `json:"sha256"`
	Driver   string         `json:"driver"`
	Layer    string         `json:"layer"`
	Target   string         `json:"target"`
	Source   string         `json:"source"`
	From     geo.Date       `json:"valid_from"`
	Encoding Finding        `json:"encoding"`
	CRS      Finding        `json:"crs"`
	Guesses  []Sentence     `json:"guesses,omitempty"` // what else is guessed
	Read     int            `json:"rows_read"`
	Accepted int            `json:"rows_accepted"`
	LeftOut  int            `json:"rows_left_out"` // not of the asked-for kind, as roads among OSM lines
	Refused  int            `json:"rows_refused"`
	Refusals []Refusal      `json:"refusals,omitempty"` // the first thousand
	Columns  []Column       `json:"columns"`
	Unused   []string       `json:"unused_columns,omitempty"`
	Unmapped []string       `json:"unmapped_fields,omitempty"`
	UnusedM  int            `json:"rows_with_unused_m,omitempty"`
	UnusedZ  int            `json:"rows_with_unused_z,omitempty"`
	Network  *NetworkReport `json:"network,omitempty"`
	Notes    []Sentence     `json:"notes,omitempty"`
	Merge    []Merged       `json:"merge,omitempty"`
	Stored   bool           `json:"stored"`

	refused []refused // all of them
}

// refused is one refused row as the file of refused rows has it.
type refused struct {
	row    int
	reason string
}

// Guessed tells whether anything rests on a guess, so that a yes is needed.
func (r *Report) Guessed() bool {
	return r.Encoding.How == Guessed || r.CRS.How == Guessed || len(r.Guesses) > 0
}

// Changes counts the rows that the merge adds, changes or ends.
func (r *Report) Changes() (n int64) {
	for _, m := range r.Merge {
		n += m.Added + m.Changed + m.Ended
	}
	return n
}

func (r *Report) note(s *Sentence) { r.Notes = append(r.Notes, *s) }

// refuse counts a row that cannot be stored and lists it while there is room.
func (r *Report) refuse(at row, reason, remedy *Sentence) {
	r.Refused++
	r.refused = append(r.refused, refused{row: at.n, reason: reason.En})
	if len(r.Refusals) < maxShown {
		if remedy == nil {
			remedy = sayf("mend the row, or take the rest with --skip-refused", "修改此行,或用 --skip-refused 只导入其余行")
		}
		r.Refusals = append(r.Refusals, Refusal{Row: at.n, Line: at.line, Reason: *reason, Remedy: *remedy})
	}
}
