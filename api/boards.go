package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

// staleBoard is a board in the answer to Q9.
type staleBoard struct {
	ID          int64             `json:"id"`
	Page        string            `json:"page"`
	Code        *string           `json:"code"`
	Level       geo.Level         `json:"level"`
	Rivers      []string          `json:"rivers"`
	ReachIDs    []int64           `json:"reach_ids"`
	SiteText    *string           `json:"site_text"`
	State       string            `json:"state"`
	Point       geo.LonLat        `json:"point"`
	ContentDate *geo.Date         `json:"content_date"`
	Since       *geo.Date         `json:"since"`   // stale since
	Changed     *geo.Date         `json:"changed"` // the earliest change that it does not show; null where no day is known
	Due         *geo.Date         `json:"due"`     // the last day to bring it up to date
	Overdue     bool              `json:"overdue"`
	DaysOverdue int               `json:"days_overdue"`
	WeekendOnly []int             `json:"weekends_only"` // years of which no notice of holidays is known
	Unread      bool              `json:"content_unread"`
	Reasons     []duty.StaleField `json:"reasons"`
}

// staleAnswer is the answer to Q9.
type staleAnswer struct {
	head
	Division  *string      `json:"division"` // code
	River     *int64       `json:"river_id"`
	Days      int          `json:"days"` // that the profile allows
	Working   bool         `json:"working_days"`
	Stale     geo.Share    `json:"stale"`   // of the boards that stand
	Overdue   geo.Share    `json:"overdue"` // of the stale ones
	Unread    int          `json:"content_unread"`
	Truncated bool         `json:"truncated"`
	Boards    []staleBoard `json:"boards"` // the longest overdue first
}

const howStale = "what each board shows (or, where that is not stored, what was right on the day of its text) against posts, appointments, phones, reaches, boundaries and codes over time"

// staleBoards serves GET /api/v1/boards/stale: boards that show what is not so any more (Q9).
func (s *server) staleBoards(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "river", "division", "profile", "overdue", "limit")
	if err != nil {
		return err
	}
	q := duty.BoardQuestion{At: at}
	if q.Scope, err = p.scope(); err != nil {
		return err
	}
	overdue, err := p.truth("overdue", false)
	if err != nil {
		return err
	}
	limit, err := p.limit(1000, 10_000)
	if err != nil {
		return err
	}
	profile, err := s.ruleProfile(p, defaultBoards, rules.BoardUpdate)
	if err != nil {
		return err
	}
	list := staleList{duty: *profile.Update, calendar: s.Rules.Calendar(), asOf: at.AsOf, overdue: overdue, limit: limit, boards: []staleBoard{}}
	version, err := s.Store.Boards(r.Context(), q, list.add)
	if err != nil {
		return err
	}
	list.cut()
	return writeJSON(w, staleAnswer{
		head: headOf(at, version, howStale).by(profile), Division: textOrNull(q.Scope.Division), River: q.Scope.River,
		Days: profile.Update.Days, Working: profile.Update.Working, Stale: list.stale, Overdue: list.late, Unread: list.unread,
		Truncated: list.truncated, Boards: list.boards,
	})
}

// staleList gathers the boards that are longest overdue.
type staleList struct {
	duty        duty.UpdateDuty
	calendar    duty.Calendar
	asOf        geo.Date
	overdue     bool // only these
	limit       int
	stale, late geo.Share
	unread      int
	truncated   bool
	boards      []staleBoard
}

func (l *staleList) add(b duty.BoardCase) {
	l.stale.Whole++
	if b.Unread {
		l.unread++
	}
	found := duty.StalenessOf(b.Text, b.History.Truth(), []duty.UpdateDuty{l.duty}, l.calendar, l.asOf)
	if !found.Stale {
		return
	}
	l.stale.Part++
	l.late.Whole++
	under := found.Duties[0]
	if under.Overdue {
		l.late.Part++
	} else if l.overdue {
		return
	}
	l.boards = append(l.boards, staleBoard{
		ID: b.ID, Page: duty.BoardPage(b.ID, b.Code), Code: b.Code, Level: b.Level, Rivers: b.Rivers, ReachIDs: b.ReachIDs, SiteText: b.SiteText, State: b.State,
		Point: geo.LonLat{b.Lon, b.Lat}, ContentDate: dayOrNull(b.ContentDate), Since: found.Since, Changed: dayOrNull(under.Changed), Due: dayOrNull(under.Due),
		Overdue: under.Overdue, DaysOverdue: under.DaysOverdue, WeekendOnly: under.WeekendsOnly, Unread: b.Unread, Reasons: found.Fields,
	})
	if len(l.boards) >= 2*l.limit+1000 {
		l.cut()
	}
}

// cut keeps the first so many boards.
func (l *staleList) cut() {
	slices.SortFunc(l.boards, func(a, b staleBoard) int {
		return cmp.Or(cmp.Compare(b.DaysOverdue, a.DaysOverdue), a.since().Compare(b.since()), cmp.Compare(a.ID, b.ID))
	})
	if len(l.boards) > l.limit {
		l.truncated, l.boards = true, slices.Clip(l.boards[:l.limit])
	}
}

// since is the day from which the board is stale; of none it is long ago.
func (b *staleBoard) since() time.Time {
	if b.Since == nil {
		return time.Time{}
	}
	return b.Since.Time()
}

func dayOrNull(d geo.Date) *geo.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}
