package duty

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Profile is a river from end to end 纵向一览: what lies along each of its routes, in order of measure.
type Profile struct {
	River      ListedRiver     `json:"river"`
	RiverPosts []Seat          `json:"river_posts"` // of the river as a whole, highest level first
	Levels     []LevelCoverage `json:"levels"`      // that manage it or have reaches of it, highest first
	Gaps       int             `json:"gaps"`
	Routes     []ProfileRoute  `json:"routes"` // the longest first
	Version    int64           `json:"-"`      // the newest write that it knows of
}

// ProfileRoute is a route with what lies along it, from its smallest measure up.
type ProfileRoute struct {
	RouteID int64 `json:"route_id"`
	Range
	FromLabel string           `json:"from_label"`
	ToLabel   string           `json:"to_label"`
	RisesM    float64          `json:"rises_m"` // the measure of the upstream end,
	EndsM     float64          `json:"ends_m"`  // and of the downstream end
	Items     []ProfileItem    `json:"items"`
	Line      *geom.LineString `json:"-"` // XYM, downstream
}

// ItemKind is what kind of thing lies along a river.
type ItemKind string

// The kinds, in the order in which those at one place are told.
const (
	GapItem       ItemKind = "gap" // a stretch without a reach at a level that manages the river, or without a chief
	ReachItem     ItemKind = "reach"
	BoundaryItem  ItemKind = "boundary" // announced
	TributaryItem ItemKind = "tributary"
	SectionItem   ItemKind = "section"
	OutfallItem   ItemKind = "outfall"
	BoardItem     ItemKind = "board"
)

func rankOfKind(k ItemKind) int {
	return slices.Index([]ItemKind{GapItem, ReachItem, BoundaryItem, TributaryItem, SectionItem, OutfallItem, BoardItem}, k)
}

// ProfileItem is one thing along a river. What lies at a place has both its measures there.
type ProfileItem struct {
	Kind  ItemKind   `json:"kind"`
	ID    *int64     `json:"id"` // of a gap the reach that has no chief; null: no reach
	Code  *string    `json:"code"`
	Name  *string    `json:"name"`
	Level *geo.Level `json:"level"`
	Bank  geo.Bank   `json:"bank"`
	Range
	FromLabel   string     `json:"from_label"`
	ToLabel     string     `json:"to_label"`
	Division    *Name      `json:"division"`
	Type        *string    `json:"type"`  // of a section, an outfall; the basis of a boundary
	State       *string    `json:"state"` // of a gap its rule, of a reach how its posts are held, of a board, of an outfall its approval
	TargetClass *int       `json:"target_class"`
	StaleSince  *geo.Date  `json:"stale_since"` // of a board that does not show who is in office
	Posts       []Seat     `json:"posts"`       // of a reach
	Point       geo.LonLat `json:"point"`       // where it is, of a stretch half way
	OffsetM     *float64   `json:"offset_m"`    // how far from the route's line
}

// How the posts of a reach are held; what is missing is told by the name of its [Rule].
const Held = "held"

// ProfileSource gives what a profile is made of, each as of a moment and all from one snapshot.
type ProfileSource interface {
	// RiverWhole gives a river with all its routes whole, the longest first; geo.CodeNotFound when it is not known.
	RiverWhole(ctx context.Context, at Moment, id int64) (ListedRiver, []Route, error)
	// Alongside gives the sections and outfalls of a river or of one of its routes.
	Alongside(ctx context.Context, at Moment, river int64, routes []int64) ([]Alongside, error)
	// Tributaries gives the rivers that flow into a river, by name.
	Tributaries(ctx context.Context, at Moment, river int64) ([]Tributary, error)
	// Announced gives the announced management boundaries of a river.
	Announced(ctx context.Context, at Moment, river int64) ([]AnnouncedLine, error)
	ReachesOf(ctx context.Context, at Moment, routes []int64) ([]Reach, error)
	PostsOf(ctx context.Context, at Moment, reaches, rivers, divisions []int64) ([]Post, error)
	BoardsOf(ctx context.Context, at Moment, reaches []int64) ([]Board, error)
	DivisionsUp(ctx context.Context, at Moment, ids []int64) ([]Division, error)
}

// Alongside is a thing by a river.
type Alongside struct {
	Kind        ItemKind
	ID          int64
	Code, Name  *string
	Type, State *string
	TargetClass *int
	Bank        *geo.Bank
	RouteID     *int64 // where its measure is stored
	MeasureM    *float64
	At          [2]float64
}

// AnnouncedLine is an announced boundary line.
type AnnouncedLine struct {
	ID         int64
	Name       *string
	Bank       geo.Bank
	Basis      string
	RouteID    *int64 // where its measures are stored
	FromM, ToM *float64
	Ends       [2][2]float64
}

// ProfileOf tells what lies along a river on a day. A gap up to overlapM is none, as in the coverage report.
func ProfileOf(ctx context.Context, src ProfileSource, at Moment, id int64, overlapM float64) (Profile, error) {
	river, routes, err := src.RiverWhole(ctx, at, id)
	if err != nil {
		return Profile{}, err
	}
	p := profile{at: at, overlapM: overlapM, river: river, posts: map[int64][]Post{}}
	for _, r := range routes {
		whole := r.Measures()
		flat := r.Geom.FlatCoords()
		p.routes = append(p.routes, ProfileRoute{
			RouteID: r.ID, Range: whole, FromLabel: lref.Label(whole.FromM), ToLabel: lref.Label(whole.ToM), RisesM: flat[2], EndsM: flat[len(flat)-1],
			Items: []ProfileItem{}, Line: r.Geom,
		})
	}
	if err := p.read(ctx, src); err != nil {
		return Profile{}, err
	}
	return p.told(), nil
}

// profile is a profile in the making.
type profile struct {
	at         Moment
	overlapM   float64
	river      ListedRiver
	routes     []ProfileRoute
	reaches    []Reach
	boards     []Board
	all        []Post
	posts      map[int64][]Post // by reach
	divisions  []Division
	alongside  []Alongside
	flowsIn    []Tributary
	boundaries []AnnouncedLine
}

func (p *profile) read(ctx context.Context, src ProfileSource) (err error) {
	var routes, reaches, divisions []int64
	for _, r := range p.routes {
		routes = append(routes, r.RouteID)
	}
	if p.reaches, err = src.ReachesOf(ctx, p.at, routes); err != nil {
		return fmt.Errorf("find reaches: %w", err)
	}
	for _, r := range p.reaches {
		reaches, divisions = append(reaches, r.ID), append(divisions, r.DivisionID)
	}
	if p.divisions, err = src.DivisionsUp(ctx, p.at, divisions); err != nil {
		return fmt.Errorf("find divisions: %w", err)
	}
	if p.boards, err = src.BoardsOf(ctx, p.at, reaches); err != nil {
		return fmt.Errorf("find boards: %w", err)
	}
	for _, b := range p.boards {
		reaches = append(reaches, b.ReachIDs...) // a board is stale by the posts of all its reaches
	}
	slices.Sort(reaches)
	if p.all, err = src.PostsOf(ctx, p.at, slices.Compact(reaches), []int64{p.river.ID}, nil); err != nil {
		return fmt.Errorf("find posts: %w", err)
	}
	for _, post := range p.all {
		if post.ReachID != nil {
			p.posts[*post.ReachID] = append(p.posts[*post.ReachID], post)
		}
	}
	if p.alongside, err = src.Alongside(ctx, p.at, p.river.ID, routes); err != nil {
		return fmt.Errorf("find sections and outfalls: %w", err)
	}
	if p.flowsIn, err = src.Tributaries(ctx, p.at, p.river.ID); err != nil {
		return fmt.Errorf("find tributaries: %w", err)
	}
	if p.boundaries, err = src.Announced(ctx, p.at, p.river.ID); err != nil {
		return fmt.Errorf("find announced boundaries: %w", err)
	}
	return nil
}

func (p *profile) told() Profile {
	out := Profile{River: p.river, RiverPosts: chain{question: Question{At: p.at}, river: p.river.ID, posts: p.all}.riverPosts()}
	for i := range p.reaches {
		p.addReach(&p.reaches[i])
	}
	out.Levels, out.Gaps = p.addGaps()
	for _, b := range p.boundaries {
		p.addBoundary(b)
	}
	for _, a := range p.alongside {
		p.addAlongside(a)
	}
	for _, t := range p.flowsIn {
		p.addMouths(t)
	}
	for _, b := range p.boards {
		p.addBoard(b)
	}
	for _, r := range p.routes {
		slices.SortFunc(r.Items, compareItems)
	}
	out.Routes = p.routes
	return out
}

func compareItems(a, b ProfileItem) int {
	value := func(id *int64) int64 {
		if id == nil {
			return 0
		}
		return *id
	}
	level := func(l *geo.Level) geo.Level {
		if l == nil {
			return 0
		}
		return *l
	}
	return cmp.Or(cmp.Compare(a.FromM, b.FromM), cmp.Compare(rankOfKind(a.Kind), rankOfKind(b.Kind)), cmp.Compare(level(a.Level), level(b.Level)),
		cmp.Compare(a.Bank, b.Bank), cmp.Compare(a.ToM, b.ToM), cmp.Compare(value(a.ID), value(b.ID)))
}

// add puts an item on its route.
func (p *profile) add(route int64, item ProfileItem) {
	i := slices.IndexFunc(p.routes, func(r ProfileRoute) bool { return r.RouteID == route })
	if i < 0 {
		return
	}
	r := &p.routes[i]
	item.FromLabel, item.ToLabel = lref.Label(item.FromM), lref.Label(item.ToM)
	if item.Posts == nil {
		item.Posts = []Seat{}
	}
	if item.Point == (geo.LonLat{}) {
		middle := min(max((item.FromM+item.ToM)/2, r.FromM), r.ToM)
		if lon, lat, err := lref.Locate(r.Line, middle); err == nil { // there is no error on the line
			item.Point = geo.LonLat{lon, lat}
		}
	}
	item.Point = item.Point.Rounded() // for the tables, whose numbers are not told as JSON
	r.Items = append(r.Items, item)
}

func (p *profile) addReach(r *Reach) {
	item := ProfileItem{Kind: ReachItem, ID: &r.ID, Code: r.Code, Name: r.Name, Level: &r.Level, Bank: r.BankScope, Range: Range{r.FromM, r.ToM}, Division: p.division(r.DivisionID)}
	var chiefs []Seat
	for _, post := range p.posts[r.ID] {
		s := seat(post, p.at.AsOf)
		item.Posts = append(item.Posts, s)
		if IsChief(post.Role) {
			chiefs = append(chiefs, s)
		}
	}
	state := Held
	if lack := officeOf(chiefs); lack != "" {
		state = string(lack)
	}
	item.State = &state
	p.add(r.RouteID, item)
}

func (p *profile) division(id int64) *Name {
	i := slices.IndexFunc(p.divisions, func(d Division) bool { return d.ID == id })
	if i < 0 {
		return nil
	}
	d := &p.divisions[i]
	return &Name{ID: d.ID, Name: d.Name, NameEn: d.NameEn, Code: &d.Code}
}

// addGaps takes from the coverage of the river what nobody answers for. A gap that both banks have is one.
func (p *profile) addGaps() ([]LevelCoverage, int) {
	f := RiverFacts{ID: p.river.ID, Name: p.river.Name, Levels: p.river.Levels, Reaches: p.reaches, Posts: p.all}
	for _, r := range p.routes {
		f.Routes = append(f.Routes, RouteSpan{RouteID: r.RouteID, Range: r.Range})
	}
	var coverage RiverCoverage
	Coverage(slices.Values([]RiverFacts{f}), CoverageRules{OverlapM: p.overlapM}, p.at.AsOf, func(c RiverCoverage) { coverage = c })
	type place struct {
		looked
		Range
		route, reach int64
	}
	var order []place
	banks := map[place]geo.Bank{}
	for _, found := range coverage.Findings {
		if found.Rule != NoReach && found.Rule != NoChiefPost && found.Rule != ChiefVacant || found.Level == 0 {
			continue
		}
		for _, s := range found.Stretches {
			at := place{looked{found.Rule, found.Level}, s.Range, s.RouteID, 0}
			if len(s.Reaches) > 0 {
				at.reach = s.Reaches[0]
			}
			if _, twice := banks[at]; twice {
				banks[at] = geo.Both
				continue
			}
			order = append(order, at)
			banks[at] = found.Bank
		}
	}
	for _, at := range order {
		item := ProfileItem{Kind: GapItem, Level: &at.level, Bank: banks[at], Range: at.Range, State: new(string(at.rule))}
		if i := slices.IndexFunc(p.reaches, func(r Reach) bool { return r.ID == at.reach }); i >= 0 {
			item.ID, item.Name, item.Code, item.Division = &p.reaches[i].ID, p.reaches[i].Name, p.reaches[i].Code, p.division(p.reaches[i].DivisionID)
		}
		p.add(at.route, item)
	}
	return coverage.Levels, len(order)
}

// nearest sees a position from the river's route that is nearest to it.
func (p *profile) nearest(at [2]float64) (route int64, hit lref.Hit) {
	for _, r := range p.routes {
		if h := lref.Project(r.Line, at[0], at[1]); route == 0 || h.DistanceM < hit.DistanceM {
			route, hit = r.RouteID, h
		}
	}
	return route, hit
}

// has tells whether a stored measure is one of a route of the river.
func (p *profile) has(route *int64, measures ...*float64) bool {
	if route == nil {
		return false
	}
	i := slices.IndexFunc(p.routes, func(r ProfileRoute) bool { return r.RouteID == *route })
	return i >= 0 && !slices.ContainsFunc(measures, func(m *float64) bool {
		return m == nil || *m < p.routes[i].FromM-storedWithinM || *m > p.routes[i].ToM+storedWithinM
	})
}

func (p *profile) addAlongside(a Alongside) {
	route, hit := p.nearest(a.At)
	if route == 0 {
		return
	}
	bank, m := hit.Bank, hit.MeasureM
	if a.Bank != nil {
		bank = *a.Bank
	}
	if p.has(a.RouteID, a.MeasureM) {
		route, m = *a.RouteID, *a.MeasureM
	}
	p.add(route, ProfileItem{
		Kind: a.Kind, ID: &a.ID, Code: a.Code, Name: a.Name, Bank: bank, Range: Range{m, m}, Type: a.Type, State: a.State, TargetClass: a.TargetClass,
		Point: a.At, OffsetM: &hit.DistanceM,
	})
}

func (p *profile) addMouths(t Tributary) {
	river := make([]Route, len(p.routes))
	for i, r := range p.routes {
		river[i] = Route{ID: r.RouteID, Geom: r.Line}
	}
	mouths, _ := t.Mouths(river)
	for _, m := range mouths {
		p.add(m.RouteID, ProfileItem{
			Kind: TributaryItem, ID: &t.ID, Code: t.Code, Name: &t.Name.Name, Bank: m.Bank, Range: Range{m.MeasureM, m.MeasureM}, Point: m.End, OffsetM: &m.OffM,
		})
	}
}

func (p *profile) addBoundary(b AnnouncedLine) {
	item := ProfileItem{Kind: BoundaryItem, ID: &b.ID, Name: b.Name, Bank: b.Bank, Type: &b.Basis}
	if p.has(b.RouteID, b.FromM, b.ToM) {
		item.Range = Range{*b.FromM, *b.ToM}
		p.add(*b.RouteID, item)
		return
	}
	route, start := p.nearest(b.Ends[0])
	if route == 0 {
		return
	}
	i := slices.IndexFunc(p.routes, func(r ProfileRoute) bool { return r.RouteID == route })
	end := lref.Project(p.routes[i].Line, b.Ends[1][0], b.Ends[1][1])
	item.Range = Range{min(start.MeasureM, end.MeasureM), max(start.MeasureM, end.MeasureM)}
	p.add(route, item)
}

func (p *profile) addBoard(b Board) {
	route, hit := p.nearest([2]float64{b.Lon, b.Lat})
	if route == 0 {
		return
	}
	p.add(route, ProfileItem{
		Kind: BoardItem, ID: &b.ID, Code: b.Code, Name: b.SiteText, Level: &b.Level, Bank: hit.Bank, Range: Range{hit.MeasureM, hit.MeasureM}, State: &b.State,
		StaleSince: chain{question: Question{At: p.at}, posts: p.postsOf(b.ReachIDs)}.staleSince(b), Point: [2]float64{b.Lon, b.Lat}, OffsetM: &hit.DistanceM,
	})
}

func (p *profile) postsOf(reaches []int64) (out []Post) {
	for _, r := range reaches {
		out = append(out, p.posts[r]...)
	}
	return out
}
