package duty

import (
	"cmp"
	"slices"

	"hetu/geo"
	"hetu/geo/lref"
)

// chain is what one river's answer is put together from.
type chain struct {
	question  Question
	river     int64
	reaches   []Reach // at the place
	posts     []Post
	divisions []Division
	boards    []Board
}

func (c chain) fill(f *RiverFound) {
	banks := []geo.Bank{f.Bank}
	if f.Bank == geo.Centre {
		banks = []geo.Bank{geo.Left, geo.Right}
	}
	for _, b := range banks {
		f.Banks = append(f.Banks, c.onBank(b))
	}
	f.RiverPosts = c.riverPosts()
	f.Heads = c.heads()
	f.Boards = c.boardsNear()
}

func (c chain) onBank(b geo.Bank) OnBank {
	out := OnBank{Bank: b, Levels: []OfLevel{}, MissingLevels: []geo.Level{}}
	for level := geo.Province; level <= geo.Village; level++ {
		of := OfLevel{Level: level, Reaches: []OfReach{}}
		for _, r := range c.reaches {
			if r.Level == level && (r.BankScope == geo.Both || r.BankScope == b) {
				of.Reaches = append(of.Reaches, c.ofReach(r))
			}
		}
		switch {
		case len(of.Reaches) > 0:
			out.Levels = append(out.Levels, of)
		case len(out.Levels) > 0:
			out.MissingLevels = append(out.MissingLevels, level)
		}
	}
	return out
}

func (c chain) ofReach(r Reach) OfReach {
	out := OfReach{Reach: r, FromLabel: lref.Label(r.FromM), ToLabel: lref.Label(r.ToM), Posts: []Seat{}}
	if i := slices.IndexFunc(c.divisions, func(d Division) bool { return d.ID == r.DivisionID }); i >= 0 {
		out.Division = &c.divisions[i]
	}
	for _, p := range c.posts {
		if p.ReachID != nil && *p.ReachID == r.ID {
			out.Posts = append(out.Posts, seat(p, c.question.At.AsOf))
		}
	}
	return out
}

// riverPosts gives the posts of the river as a whole, highest level first.
func (c chain) riverPosts() []Seat {
	out := []Seat{}
	for _, p := range c.posts {
		if p.RiverID != nil && *p.RiverID == c.river {
			out = append(out, seat(p, c.question.At.AsOf))
		}
	}
	slices.SortStableFunc(out, func(a, b Seat) int { return cmp.Compare(a.Level, b.Level) })
	return out
}

// heads gives the head chiefs of the divisions at the place and of those above them, highest first.
func (c chain) heads() []OfHead {
	out := []OfHead{}
	mine := c.chainOfDivisions()
	for _, d := range mine {
		h := OfHead{Division: d}
		for _, p := range c.posts {
			if p.DivisionID != nil && *p.DivisionID == d.ID && (p.Role == "head_chief" || p.Role == "deputy_head_chief") {
				h.Posts = append(h.Posts, seat(p, c.question.At.AsOf))
			}
		}
		if len(h.Posts) > 0 {
			out = append(out, h)
		}
	}
	return out
}

// chainOfDivisions walks up from the divisions of this river's reaches.
func (c chain) chainOfDivisions() []Division {
	byID := map[int64]Division{}
	for _, d := range c.divisions {
		byID[d.ID] = d
	}
	var out []Division
	seen := map[int64]bool{}
	for _, r := range c.reaches {
		for id := r.DivisionID; !seen[id]; {
			d, ok := byID[id]
			if !ok {
				break
			}
			seen[id] = true
			out = append(out, d)
			if d.ParentID == nil {
				break
			}
			id = *d.ParentID
		}
	}
	slices.SortFunc(out, func(a, b Division) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) })
	return out
}

// seat tells how a post stands on a day.
func seat(p Post, day geo.Date) Seat {
	s := Seat{
		ID: p.ID, Level: p.Level, Role: p.Role, DualRole: p.DualRole, Title: p.Title, ResponsibleUnit: p.ResponsibleUnit, PhonePublic: officePhone(p.PhonePublic),
		Vacant: true,
	}
	held := tenures(p.Appointments)
	for i, a := range p.Appointments {
		if !a.Valid.Contains(day) {
			continue
		}
		s.Holder = &Holder{
			Person: a.Person, Position: a.Position, Acting: a.Acting, Since: known(held[i].From), PublishDate: known(a.PublishDate), Document: a.Document, Note: a.Note,
		}
		s.Vacant = a.Acting
	}
	if s.Vacant {
		s.VacantSince = vacantSince(p, day)
	}
	return s
}

// tenures gives for each appointment how long its person held the post without a break: what adjoins in time, of one person
// and equally acting or not, is one tenure. The appointments are in order of time.
func tenures(appointments []Appointment) []geo.Period {
	goesOn := func(i int) bool {
		a, b := appointments[i], appointments[i+1]
		return a.PersonID == b.PersonID && a.Acting == b.Acting && !a.Valid.To.IsZero() && a.Valid.To.Time().Equal(b.Valid.From.Time())
	}
	out := make([]geo.Period, len(appointments))
	for i, a := range appointments {
		out[i] = a.Valid
		if i > 0 && goesOn(i-1) {
			out[i].From = out[i-1].From
		}
	}
	for i := len(out) - 2; i >= 0; i-- {
		if goesOn(i) {
			out[i].To = out[i+1].To
		}
	}
	return out
}

// vacantSince is the day the last regular holder's appointment ended; nil when there never was one.
func vacantSince(p Post, day geo.Date) *geo.Date {
	var last geo.Date
	for _, a := range p.Appointments {
		if !a.Acting && !a.Valid.To.IsZero() && !day.Before(a.Valid.To) && last.Before(a.Valid.To) {
			last = a.Valid.To
		}
	}
	return known(last)
}

func known(d geo.Date) *geo.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

// boardsNear gives the boards of the reaches at the place, nearest first.
func (c chain) boardsNear() []BoardAt {
	out := []BoardAt{}
	for _, b := range c.boards {
		if !slices.ContainsFunc(c.reaches, func(r Reach) bool { return slices.Contains(b.ReachIDs, r.ID) }) {
			continue
		}
		at := BoardAt{
			ID: b.ID, Page: BoardPage(b.ID, b.Code), Code: b.Code, Level: b.Level, SiteText: b.SiteText, State: b.State, InstalledOn: known(b.InstalledOn), ContentDate: known(b.ContentDate),
			Point: geo.LonLat{b.Lon, b.Lat}, DistanceM: lref.Distance(c.question.Lon, c.question.Lat, b.Lon, b.Lat),
		}
		at.StaleSince = c.staleSince(b)
		at.Stale = at.StaleSince != nil
		out = append(out, at)
	}
	slices.SortFunc(out, func(a, b BoardAt) int { return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), maxBoards)]
}

// staleSince is the first day from which a board has shown another chief of its reaches and level than is in office, as the review of
// boards tells it too. What it shows, where that is not stored, is taken to be what was right on the day of its text.
func (c chain) staleSince(b Board) *geo.Date {
	var h BoardHistory
	for _, p := range c.posts {
		if p.ReachID != nil && p.Level == b.Level && slices.Contains(b.ReachIDs, *p.ReachID) {
			h.Posts = append(h.Posts, Spell[Post]{Value: p})
		}
	}
	return StalenessOf(b.Text().ofOwnChiefs(h.Posts), h.Truth(), nil, Calendar{}, c.question.At.AsOf).Since
}
