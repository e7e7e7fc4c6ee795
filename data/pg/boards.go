package pg

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// Boards gives each board that stands on the day, by id, with what it shows and all that it had to show over time (Q9). It gives the
// newest write that they know of.
func (s *Store) Boards(ctx context.Context, q duty.BoardQuestion, each func(duty.BoardCase)) (version int64, err error) {
	return s.review(ctx, func(src source) error {
		divisions, err := src.scopeOf(ctx, q.At, q.Scope)
		if err != nil {
			return err
		}
		picked, err := src.ids(ctx, "stale_pick", with(args(q.At), "river", q.Scope.River, "divisions", divisions))
		if err != nil {
			return err
		}
		if err = src.paged(ctx); err != nil {
			return err
		}
		for ids := range slices.Chunk(picked, reviewPage) {
			p := boardPage{source: src, at: q.At}
			if err = p.read(ctx, ids); err != nil {
				return err
			}
			for i := range p.boards {
				each(p.boards[i].BoardCase)
			}
		}
		return nil
	})
}

// boardPage is some boards, with what is read to tell what they had to show.
type boardPage struct {
	source
	at      duty.Moment
	boards  []boardRead
	reaches map[int64][]reachSpell
	posts   []duty.Spell[duty.Post]
	of      [3]map[int64][]int // which of the posts are of a reach, a river, a division
}

// boardRead is a board in the making.
type boardRead struct {
	duty.BoardCase
	bank     geo.Bank
	division int64
	at       map[int64][]geo.Period // the reaches that it names or that hold its place, and when
	upwards  []int64                // the divisions that it stands in, and those of its reaches, with all above
}

// shows tells whether it is known which chiefs the board shows.
func (b *boardRead) shows() bool { return b.Text.Content.Chiefs != nil }

// reachSpell is a named reach over some days.
type reachSpell struct {
	duty.Reach
	RiverID int64
	River   string
	Valid   geo.Period
}

func (p *boardPage) read(ctx context.Context, ids []int64) error {
	if err := p.readBoards(ctx, ids); err != nil {
		return err
	}
	for _, read := range []func(context.Context) error{p.readReaches, p.readBeside, p.readDivisions, p.readPosts, p.readHashes, p.readCodes} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	for i := range p.boards {
		p.fill(&p.boards[i])
	}
	return nil
}

func (p *boardPage) readBoards(ctx context.Context, ids []int64) error {
	type row struct {
		ID                       int64
		Code                     *string
		Level                    geo.Level
		ReachIds                 []int64 //nolint:revive // the column's name
		Bank                     *geo.Bank
		DivisionID               *int64
		SiteText                 *string
		State                    string
		InstalledOn, ContentDate *time.Time
		Content                  []byte
		Lon, Lat                 float64
	}
	rows, err := collectFrom[row](ctx, p.source, "stale_boards", with(args(p.at), "boards", ids))
	if err != nil {
		return err
	}
	for _, r := range rows {
		b := boardRead{at: map[int64][]geo.Period{}, bank: geo.Both}
		b.Board = duty.Board{
			ID: r.ID, Code: r.Code, Level: r.Level, ReachIDs: r.ReachIds, SiteText: r.SiteText, State: r.State,
			InstalledOn: dateOf(r.InstalledOn), ContentDate: dateOf(r.ContentDate), Lon: r.Lon, Lat: r.Lat,
		}
		var unread error
		b.Content, unread = duty.ReadContent(r.Content)
		b.Unread, b.Text = unread != nil, b.Board.Text()
		if r.Bank != nil {
			b.bank = *r.Bank
		}
		if r.DivisionID != nil {
			b.division = *r.DivisionID
		}
		p.boards = append(p.boards, b)
	}
	return nil
}

func (p *boardPage) readReaches(ctx context.Context) error {
	type row struct {
		ID, RiverID, RouteID       int64
		Level                      geo.Level
		FromM, ToM                 float64
		BankScope                  geo.Bank
		DivisionID                 int64
		River                      string
		Name, StartPlace, EndPlace *string
		ValidFrom, ValidTo         *time.Time
	}
	var named []int64
	for _, b := range p.boards {
		named = append(named, b.ReachIDs...)
	}
	rows, err := collectFrom[row](ctx, p.source, "stale_reaches", with(args(p.at), "reaches", named))
	p.reaches = map[int64][]reachSpell{}
	for _, r := range rows {
		p.reaches[r.ID] = append(p.reaches[r.ID], reachSpell{
			Reach: duty.Reach{
				ID: r.ID, RouteID: r.RouteID, Name: r.Name, Level: r.Level, FromM: r.FromM, ToM: r.ToM, BankScope: r.BankScope, StartPlace: r.StartPlace,
				EndPlace: r.EndPlace, DivisionID: r.DivisionID,
			},
			RiverID: r.RiverID, River: r.River, Valid: geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)},
		})
	}
	for i := range p.boards {
		for s := range p.named(&p.boards[i]) {
			p.boards[i].at[s.ID] = append(p.boards[i].at[s.ID], s.Valid)
		}
	}
	return err
}

// named gives the spells of the reaches that a board names.
func (p *boardPage) named(b *boardRead) iter.Seq[reachSpell] {
	return func(yield func(reachSpell) bool) {
		for _, id := range b.ReachIDs {
			for _, s := range p.reaches[id] {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// readBeside finds the reaches of other levels at the places of boards that show chiefs of several.
func (p *boardPage) readBeside(ctx context.Context) error {
	type place struct {
		m     float64
		route duty.Range
	}
	at := map[int64]place{}
	var boards, routes []int64
	var measures []float64
	var banks []*geo.Bank
	lines, err := p.lines(ctx)
	if err != nil {
		return err
	}
	for i := range p.boards {
		b := &p.boards[i]
		line, ok := lines[p.routeOf(b)]
		if !ok || !b.shows() {
			continue
		}
		on := place{lref.Project(line, b.Lon, b.Lat).MeasureM, (&duty.Route{Geom: line}).Measures()}
		at[b.ID] = on
		boards, routes, measures = append(boards, b.ID), append(routes, p.routeOf(b)), append(measures, on.m)
		if bank := b.bank; bank == geo.Both {
			banks = append(banks, nil)
		} else {
			banks = append(banks, &bank)
		}
	}
	type row struct {
		BoardID, ID        int64
		FromM, ToM         float64
		ValidFrom, ValidTo *time.Time
	}
	rows, err := collectFrom[row](ctx, p.source, "stale_beside", with(args(p.at), "boards", boards, "routes", routes, "measures", measures, "banks", banks))
	for _, r := range rows {
		i, _ := slices.BinarySearchFunc(p.boards, r.BoardID, func(b boardRead, id int64) int { return cmp.Compare(b.ID, id) })
		reach := duty.Reach{FromM: r.FromM, ToM: r.ToM}
		if b := &p.boards[i]; !slices.Contains(b.ReachIDs, r.ID) && reach.Has(at[b.ID].m, at[b.ID].route) {
			b.at[r.ID] = append(b.at[r.ID], geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)})
		}
	}
	return err
}

// lines gives the routes of boards that show chiefs.
func (p *boardPage) lines(ctx context.Context) (map[int64]*geom.LineString, error) {
	var ids []int64
	for i := range p.boards {
		if b := &p.boards[i]; b.shows() {
			ids = append(ids, p.routeOf(b))
		}
	}
	slices.Sort(ids)
	routes, err := p.RoutesOf(ctx, p.at, slices.Compact(ids), nil)
	out := make(map[int64]*geom.LineString, len(routes))
	for _, r := range routes {
		out[r.ID] = r.Geom
	}
	return out, err
}

// routeOf is the route of the first reach that the board names on the day; 0 if there is none.
func (p *boardPage) routeOf(b *boardRead) int64 {
	for s := range p.named(b) {
		if s.Valid.Contains(p.at.AsOf) {
			return s.RouteID
		}
	}
	return 0
}

// readDivisions finds the divisions whose head chiefs a board may show.
func (p *boardPage) readDivisions(ctx context.Context) error {
	var lowest []int64
	for i := range p.boards {
		b := &p.boards[i]
		if !b.shows() {
			continue
		}
		b.upwards = append(b.upwards, b.division)
		for s := range p.named(b) {
			b.upwards = append(b.upwards, s.DivisionID)
		}
		lowest = append(lowest, b.upwards...)
	}
	slices.Sort(lowest)
	found, err := p.DivisionsUp(ctx, p.at, slices.Compact(lowest))
	parents := map[int64]int64{}
	for _, d := range found {
		if d.ParentID != nil {
			parents[d.ID] = *d.ParentID
		}
	}
	for i := range p.boards {
		b := &p.boards[i]
		for _, d := range slices.Clone(b.upwards) {
			for up := parents[d]; up != 0 && !slices.Contains(b.upwards, up); up = parents[up] {
				b.upwards = append(b.upwards, up)
			}
		}
	}
	return err
}

func (p *boardPage) readPosts(ctx context.Context) error {
	var reaches, rivers, divisions []int64
	for i := range p.boards {
		b := &p.boards[i]
		reaches = slices.AppendSeq(reaches, maps.Keys(b.at))
		divisions = append(divisions, b.upwards...)
		if b.shows() {
			for s := range p.named(b) {
				rivers = append(rivers, s.RiverID)
			}
		}
	}
	for _, ids := range []*[]int64{&reaches, &rivers, &divisions} {
		slices.Sort(*ids)
		*ids = slices.Compact(*ids)
	}
	type row struct {
		RowID, ID                    int64
		Level                        geo.Level
		Role, DualRole, Title        string
		PhonePublic                  *string
		ReachID, RiverID, DivisionID *int64
		PostFrom, PostTo             *time.Time
		PersonID                     *int64
		Person, Position             *string
		Acting                       *bool
		ValidFrom, ValidTo           *time.Time
	}
	rows, err := collectFrom[row](ctx, p.source, "stale_posts", with(args(p.at), "reaches", reaches, "rivers", rivers, "divisions", divisions))
	last := int64(0)
	p.of = [3]map[int64][]int{{}, {}, {}}
	for _, r := range rows {
		if r.RowID != last {
			last = r.RowID
			for owner, id := range []*int64{r.ReachID, r.RiverID, r.DivisionID} {
				if id != nil {
					p.of[owner][*id] = append(p.of[owner][*id], len(p.posts))
				}
			}
			p.posts = append(p.posts, duty.Spell[duty.Post]{Valid: geo.Period{From: dateOf(r.PostFrom), To: dateOf(r.PostTo)}, Value: duty.Post{
				ID: r.ID, Level: r.Level, Role: r.Role, DualRole: r.DualRole, Title: r.Title, PhonePublic: r.PhonePublic,
				ReachID: r.ReachID, RiverID: r.RiverID, DivisionID: r.DivisionID,
			}})
		}
		if r.PersonID == nil || r.Person == nil || r.Acting == nil {
			continue
		}
		post := &p.posts[len(p.posts)-1].Value
		post.Appointments = append(post.Appointments, duty.Appointment{
			PersonID: *r.PersonID, Person: *r.Person, Position: r.Position, Acting: *r.Acting, Valid: geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)},
		})
	}
	return err
}

// readHashes reads the boundaries that maps on boards show.
func (p *boardPage) readHashes(ctx context.Context) error {
	var routes []int64
	for i := range p.boards {
		if b := &p.boards[i]; b.Text.Content.Boundary != "" {
			for s := range p.named(b) {
				routes = append(routes, s.RouteID)
			}
		}
	}
	if len(routes) == 0 {
		return nil
	}
	type row struct {
		RouteID            int64
		Bank               geo.Bank
		FromM, ToM         *float64
		Hash               string
		ValidFrom, ValidTo *time.Time
	}
	rows, err := collectFrom[row](ctx, p.source, "stale_boundaries", with(args(p.at), "routes", routes))
	for i := range p.boards {
		b := &p.boards[i]
		for _, r := range rows {
			beside := func(s reachSpell) bool {
				return s.RouteID == r.RouteID && (b.bank == geo.Both || r.Bank == b.bank) && (r.FromM == nil || *r.FromM < s.ToM) && (r.ToM == nil || *r.ToM > s.FromM)
			}
			if slices.ContainsFunc(slices.Collect(p.named(b)), beside) {
				b.History.Boundaries = append(b.History.Boundaries, duty.Spell[string]{Valid: geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}, Value: r.Hash})
			}
		}
	}
	return err
}

// readCodes reads the tokens of boards that show a QR code.
func (p *boardPage) readCodes(ctx context.Context) error {
	var ids []int64
	for i := range p.boards {
		if p.boards[i].Text.Content.QR != "" {
			ids = append(ids, p.boards[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	type row struct {
		ID                 int64
		Token              string
		ValidFrom, ValidTo *time.Time
	}
	rows, err := collectFrom[row](ctx, p.source, "stale_codes", with(args(p.at), "boards", ids))
	for _, r := range rows {
		i, _ := slices.BinarySearchFunc(p.boards, r.ID, func(b boardRead, id int64) int { return cmp.Compare(b.ID, id) })
		h := &p.boards[i].History
		h.QRs = append(h.QRs, duty.Spell[string]{Valid: geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}, Value: r.Token})
	}
	return err
}

// fill puts a board's history together.
func (p *boardPage) fill(b *boardRead) {
	for s := range p.named(b) {
		length := s.ToM - s.FromM
		place := duty.ShownPlace{River: s.River, LengthM: &length}
		for _, of := range []struct {
			to   *string
			from *string
		}{{&place.Reach, s.Name}, {&place.Start, s.StartPlace}, {&place.End, s.EndPlace}} {
			if of.from != nil {
				*of.to = *of.from
			}
		}
		b.History.Places = append(b.History.Places, duty.Spell[duty.ShownPlace]{Valid: s.Valid, Value: place})
		if s.Valid.Contains(p.at.AsOf) && !slices.Contains(b.Rivers, s.River) {
			b.Rivers = append(b.Rivers, s.River)
		}
	}
	p.fillPosts(b)
	shown := &b.Text.Content
	prefer(b.History.Boundaries, &shown.Boundary)
	prefer(b.History.QRs, &shown.QR)
	if !slices.ContainsFunc(b.History.Phones, func(s duty.Spell[string]) bool { return s.Value == shown.Phone }) {
		shown.Phone = "" // of an office that the store does not know: whether it is right nobody can tell
	}
	prefer(b.History.Phones, &shown.Phone)
}

// prefer puts first what a board shows: of several that hold at once, each is right. What nothing is known of is not asked about.
func prefer(spells []duty.Spell[string], shown *string) {
	if len(spells) == 0 {
		*shown = ""
	}
	slices.SortStableFunc(spells, func(a, b duty.Spell[string]) int {
		rank := func(s duty.Spell[string]) int {
			if s.Value == *shown {
				return 0
			}
			return 1
		}
		return cmp.Compare(rank(a), rank(b))
	})
}

// fillPosts takes the posts that the board has to show. Of a level and a role that is the posts of the reaches there; where these have
// none, those of the river as a whole, then those of the division that the board stands in. Head chiefs may be any above.
func (p *boardPage) fillPosts(b *boardRead) {
	type kind struct {
		level geo.Level
		role  string
	}
	served := map[kind]bool{}
	for owner := range 3 {
		serves := map[kind]bool{}
		for _, i := range p.candidates(b, owner) {
			s := p.posts[i]
			k := kind{s.Value.Level, s.Value.Role}
			if served[k] {
				continue
			}
			for _, valid := range b.when(p, s.Value, owner) {
				if valid, ok := both(valid, s.Valid); ok {
					serves[k] = true
					b.take(duty.Spell[duty.Post]{Valid: valid, Value: s.Value})
				}
			}
		}
		maps.Copy(served, serves)
	}
}

// candidates gives the places among the posts of those that a board's reaches (owner 0), rivers (1) or divisions (2) have.
func (p *boardPage) candidates(b *boardRead, owner int) []int {
	var ids []int64
	switch owner {
	case 0:
		ids = slices.Collect(maps.Keys(b.at))
	case 1:
		for s := range p.named(b) {
			ids = append(ids, s.RiverID)
		}
	default:
		ids = append(ids, b.upwards...)
	}
	slices.Sort(ids)
	var out []int
	for _, id := range slices.Compact(ids) {
		out = append(out, p.of[owner][id]...)
	}
	slices.Sort(out)
	return out
}

// when tells on which days a post answers for the place of a board, looked at by its owner: 0 a reach, 1 a river, 2 a division.
func (b *boardRead) when(p *boardPage, post duty.Post, owner int) []geo.Period {
	switch {
	case owner == 0 && post.ReachID != nil:
		if !b.shows() && (post.Level != b.Level || !slices.Contains(b.ReachIDs, *post.ReachID)) {
			return nil
		}
		return b.at[*post.ReachID]
	case owner == 1 && post.RiverID != nil && b.shows():
		var out []geo.Period
		for s := range p.named(b) {
			if s.RiverID == *post.RiverID {
				out = append(out, s.Valid)
			}
		}
		return out
	case owner == 2 && post.DivisionID != nil && b.shows():
		head := post.Role == "head_chief" || post.Role == "deputy_head_chief"
		if *post.DivisionID == b.division || head && slices.Contains(b.upwards, *post.DivisionID) {
			return []geo.Period{{}}
		}
	}
	return nil
}

func (b *boardRead) take(s duty.Spell[duty.Post]) {
	b.History.Posts = append(b.History.Posts, s)
	if s.Value.Level == b.Level && s.Value.PhonePublic != nil {
		b.History.Phones = append(b.History.Phones, duty.Spell[string]{Valid: s.Valid, Value: *s.Value.PhonePublic})
	}
}

// both gives the days that two periods have in common.
func both(a, b geo.Period) (geo.Period, bool) {
	if a.From.Before(b.From) {
		a.From = b.From
	}
	if a.To.IsZero() || !b.To.IsZero() && b.To.Before(a.To) {
		a.To = b.To
	}
	return a, a.To.IsZero() || a.From.Before(a.To)
}
