package duty

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"hetu/geo"
)

// Content is what a board shows 公示内容, or would show if its text were made on a day. A nil or empty part of a board's text
// is not shown, and cannot be out of date; Chiefs nil is not known, and taken to be right on the day of the text, for there is
// no board without chiefs.
type Content struct {
	Places   []ShownPlace `json:"places,omitempty"` // one for each reach
	Chiefs   []ShownChief `json:"chiefs"`
	Phone    string       `json:"phone,omitempty"`    // for supervision 监督电话
	Boundary string       `json:"boundary,omitempty"` // SHA-256 of the boundary on its map
	QR       string       `json:"qr,omitempty"`       // the token in its code
}

// ReadContent reads what is stored of a board's content, as JSON; nil is nothing. Members that are not known here are passed over: a
// notice, a slogan.
func ReadContent(stored []byte) (Content, error) {
	if stored == nil {
		return Content{}, nil
	}
	var c struct {
		ShownPlace
		Content
	}
	if err := json.Unmarshal(stored, &c); err != nil {
		return Content{}, fmt.Errorf("read what a board shows: %w", err)
	}
	if c.ShownPlace != (ShownPlace{}) { // of a board of one reach
		c.Places = append(c.Places, c.ShownPlace)
	}
	return c.Content, nil
}

// ShownPlace is what a board says of a reach.
type ShownPlace struct {
	River   string   `json:"river,omitempty"`
	Reach   string   `json:"reach,omitempty"`
	Start   string   `json:"start,omitempty"`
	End     string   `json:"end,omitempty"`
	LengthM *float64 `json:"length_m,omitempty"`
}

// ShownChief is a chief on a board.
type ShownChief struct {
	Level    geo.Level `json:"level"`
	Role     string    `json:"role"`
	DualRole string    `json:"dual_role,omitempty"`
	Acting   bool      `json:"acting,omitempty"`
	Title    string    `json:"title,omitempty"`
	Name     string    `json:"name"`
	Position string    `json:"position,omitempty"`
	Phone    string    `json:"phone,omitempty"`
}

// BoardText is what a board shows since a day.
type BoardText struct {
	Level   geo.Level
	Made    geo.Date // content date; zero: not known, and nothing is taken to have been right
	Content Content
}

// Truth is what a board has to show from a day on, until the next.
type Truth struct {
	From    geo.Date // zero: since ever
	Content Content
}

// UpdateDuty is how long a board may go on showing what was before a change 更新时限.
type UpdateDuty struct {
	Profile string
	Days    int
	Working bool // working days, else calendar days
}

// StaleReason is the kind of field that is out of date.
type StaleReason string

// The reasons (Q9).
const (
	StaleName     StaleReason = "name"         // of the river or the reach
	StaleReach    StaleReason = "reach_end"    // its start, end or length
	StaleChief    StaleReason = "chief"        // somebody else is in office, or nobody
	StalePost     StaleReason = "post"         // a chief's title or position
	StalePhone    StaleReason = "phone"        // a chief's or the one for supervision
	StaleBoundary StaleReason = "boundary_map" // another boundary is in force
	StaleQR       StaleReason = "qr"
)

// StaleField is one field of a board that is out of date.
type StaleField struct {
	Reason  StaleReason `json:"reason"`
	Level   *geo.Level  `json:"level"` // of chiefs, posts and their phones
	Shown   string      `json:"shown"`
	Now     string      `json:"now"`     // "" where there is nothing to show: the seat is vacant
	Changed geo.Date    `json:"changed"` // the day from which what is shown was no longer so; the day of the text where it never was
	Since   geo.Date    `json:"since"`   // that day, not before the text was made
}

// Staleness is how a board stands on a day.
type Staleness struct {
	AsOf   geo.Date     `json:"as_of"`
	Stale  bool         `json:"stale"`
	Since  *geo.Date    `json:"since"` // the first day of the longest-standing field
	Fields []StaleField `json:"fields"`
	Duties []Overdue    `json:"duties"` // one for each update duty asked for; none while the board is not stale
}

// Overdue is how a stale board stands under one update duty.
type Overdue struct {
	Profile      string   `json:"profile"`
	Days         int      `json:"days"`
	Working      bool     `json:"working_days"`
	Changed      geo.Date `json:"changed"`      // the earliest change that the board does not show; "" where no day is known
	Due          geo.Date `json:"due"`          // the last day to bring the board up to date; likewise
	Overdue      bool     `json:"overdue"`      // from the day after
	DaysOverdue  int      `json:"days_overdue"` // calendar days past Due
	WeekendsOnly []int    `json:"weekends_only"`
}

// StalenessOf tells whether a board is out of date on a day, since when and of what, and whether it is overdue under each
// duty (Q9). Text is what stood on the board on that day, truth what it had to show, in order of time. The day of the change
// is day 0: under 15 calendar days a board is overdue on day 16.
func StalenessOf(text BoardText, truth []Truth, duties []UpdateDuty, calendar Calendar, asOf geo.Date) Staleness {
	out := Staleness{AsOf: asOf, Fields: []StaleField{}, Duties: []Overdue{}}
	now := indexAt(truth, asOf)
	if now < 0 {
		return out
	}
	shown := text.Content
	if made := indexAt(truth, text.Made); shown.Chiefs == nil && !text.Made.IsZero() && made >= 0 {
		shown.Chiefs = truth[made].Content.Chiefs
	}
	for _, f := range fieldsOf(shown, text.Level) {
		if f.same(truth[now].Content) {
			continue
		}
		changed := f.changed(truth[:now+1], text.Made)
		since := changed
		if since.Before(text.Made) {
			since = text.Made
		}
		out.Fields = append(out.Fields, StaleField{f.reason, f.level, withoutMobiles(f.shown), withoutMobiles(f.now(truth[now].Content)), changed, since})
	}
	if len(out.Fields) == 0 {
		return out
	}
	var since, changed geo.Date
	for _, f := range out.Fields {
		since, changed = earlier(since, f.Since), earlier(changed, f.Changed)
	}
	out.Stale, out.Since = true, known(since)
	for _, d := range duties {
		out.Duties = append(out.Duties, d.stand(changed, calendar, asOf))
	}
	return out
}

// Text gives what the board shows since when.
func (b *Board) Text() BoardText {
	return BoardText{Level: b.Level, Made: b.ContentDate, Content: b.Content}
}

// ofOwnChiefs leaves of a text what can be held against the posts of the board's own reaches and level: its chiefs of the roles that
// these posts have. Who else it shows, and what else, is for the review of boards to say, which reads what they had to show of it.
func (t BoardText) ofOwnChiefs(posts []Spell[Post]) BoardText {
	if t.Content.Chiefs == nil {
		return t
	}
	own := []ShownChief{}
	for _, c := range t.Content.Chiefs {
		if c.Level == t.Level && slices.ContainsFunc(posts, func(p Spell[Post]) bool { return p.Value.Role == c.Role }) {
			own = append(own, c)
		}
	}
	t.Content = Content{Chiefs: own}
	return t
}

// earlier is the earlier of two days of which either may not be known.
func earlier(a, b geo.Date) geo.Date {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// stand tells how a board that does not show a change stands under the duty.
func (d UpdateDuty) stand(changed geo.Date, calendar Calendar, asOf geo.Date) Overdue {
	out := Overdue{Profile: d.Profile, Days: d.Days, Working: d.Working, Changed: changed, WeekendsOnly: []int{}}
	if changed.IsZero() {
		return out
	}
	if d.Working {
		due, only := calendar.After(changed, d.Days)
		out.Due, out.WeekendsOnly = due, append(out.WeekendsOnly, only...)
	} else {
		out.Due = changed.AddDays(d.Days)
	}
	out.Overdue = out.Due.Before(asOf)
	out.DaysOverdue = max(0, out.Due.DaysUntil(asOf))
	return out
}

// indexAt is the truth of a day, -1 where there is none.
func indexAt(truth []Truth, d geo.Date) int {
	n, _ := slices.BinarySearchFunc(truth, d, func(t Truth, d geo.Date) int {
		return cmp.Or(t.From.Time().Compare(d.Time()), -1)
	})
	return n - 1
}

// field is one field that a board shows.
type field struct {
	reason StaleReason
	level  *geo.Level
	shown  string
	same   func(Content) bool
	now    func(Content) string
}

// changed walks back from the last truth, which differs from what is shown, to the day it did not. Where it always did, the
// text was wrong when it was made.
func (f field) changed(truth []Truth, made geo.Date) geo.Date {
	for i := len(truth) - 1; i > 0; i-- {
		if f.same(truth[i-1].Content) {
			return truth[i].From
		}
	}
	if made.IsZero() {
		return truth[0].From
	}
	return made
}
