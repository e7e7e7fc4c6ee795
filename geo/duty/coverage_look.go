package duty

import (
	"cmp"
	"math"
	"slices"

	"hetu/geo"
	"hetu/geo/lref"
)

// looked is one rule at one level.
type looked struct {
	rule  Rule
	level geo.Level
}

// cover is the coverage of one river in the making.
type cover struct {
	RiverFacts
	rules     CoverageRules
	asOf      geo.Date
	byID      map[int64]int        // places of the reaches
	seats     [][]Seat             // chiefs' of each reach
	ofAll     map[geo.Level][]Seat // chiefs' of the river as a whole
	boards    [][]geo.Level        // that name each reach
	whole     []part               // the river
	divisions map[int64]int        // numbers of those that a rule asked of, after the reaches' and the river's
	told      []telling
	out       RiverCoverage
}

// telling is what one rule found at one level, by item: a store has many small rivers, and maps for each would be most of the work.
type telling struct {
	looked
	metres [3]geo.Share // by bank, as bankIndex numbers them
	banks  [3]bool      // looked at
	items  []mark
}

// mark is what is known of an item: not looked at, nothing found, something found.
type mark uint8

const (
	clean mark = 1 + iota
	flawed
)

func bankIndex(b geo.Bank) int { return slices.Index([]geo.Bank{geo.Left, geo.Right, geo.Both}, b) }

// part is a stretch that a rule is asked of: a reach, or of no reach what is left of the river.
type part struct {
	item    int // the place of the reach; after them comes the river, then divisions
	reach   *Reach
	id      int64 // of the division, if it is a part of one
	routeID int64
	Range
}

func newCover(f RiverFacts, rules CoverageRules, asOf geo.Date) *cover {
	c := &cover{
		RiverFacts: f, rules: rules, asOf: asOf, byID: make(map[int64]int, len(f.Reaches)), seats: make([][]Seat, len(f.Reaches)),
		ofAll: map[geo.Level][]Seat{}, boards: make([][]geo.Level, len(f.Reaches)), divisions: map[int64]int{},
		out: RiverCoverage{RiverID: f.ID, Name: f.Name, Levels: []LevelCoverage{}, Findings: []Finding{}},
	}
	for _, r := range f.Routes {
		c.out.LengthM += r.LengthM()
	}
	c.out.LengthM = mm(c.out.LengthM)
	for i := range f.Reaches {
		c.byID[f.Reaches[i].ID] = i
	}
	for _, p := range f.Posts {
		switch {
		case !IsChief(p.Role):
		case p.ReachID != nil:
			if i, ok := c.byID[*p.ReachID]; ok {
				c.seats[i] = append(c.seats[i], seat(p, asOf))
			}
		case p.RiverID != nil && *p.RiverID == f.ID:
			c.ofAll[p.Level] = append(c.ofAll[p.Level], seat(p, asOf))
		}
	}
	for _, b := range f.Boards {
		for _, r := range b.ReachIDs {
			if i, ok := c.byID[r]; ok {
				c.boards[i] = append(c.boards[i], b.Level)
			}
		}
	}
	c.whole = c.river(nil)
	return c
}

// look asks every rule at every level that manages the river or has reaches of it.
func (c *cover) look() {
	if c.out.LengthM == 0 {
		return
	}
	levels := slices.Clone(c.Levels)
	for _, r := range c.Reaches {
		levels = append(levels, r.Level)
	}
	slices.Sort(levels)
	banks := []geo.Bank{geo.Left, geo.Right}
	for _, b := range banks {
		c.stretches(0, b, c.whole)
	}
	for _, level := range slices.Compact(levels) {
		of := LevelCoverage{Level: level, Reaches: len(c.at(level, geo.Both))}
		for _, b := range banks {
			parts := c.at(level, b)
			rest := c.extent(level, b, parts)
			c.chiefs(level, b, append(slices.Clone(parts), rest...))
			c.boardsOfReaches(level, b, parts)
			c.sections(level, b, parts)
			c.stretches(level, b, parts)
			held := geo.Share{Part: mm(c.lengthOf(parts, Union)), Whole: c.out.LengthM}
			if b == geo.Left {
				of.Left = held
			} else {
				of.Right = held
			}
		}
		c.out.Levels = append(c.out.Levels, of)
	}
	for _, rule := range c.rules.Boards {
		if rule.DivisionLevel != 0 && (rule.BoardLevel == 0 || slices.Contains(c.Levels, rule.BoardLevel)) {
			c.boardsOfDivisions(rule)
		}
	}
}

// at gives the reaches of a level on a bank, cut to their routes; with [geo.Both] those of either.
func (c *cover) at(level geo.Level, bank geo.Bank) []part {
	var out []part
	for i := range c.Reaches {
		r := &c.Reaches[i]
		route, ok := c.route(r.RouteID)
		if ok && r.Level == level && (bank == geo.Both || r.BankScope == geo.Both || r.BankScope == bank) {
			out = append(out, part{item: i, reach: r, routeID: r.RouteID, Range: Range{max(r.FromM, route.FromM), min(r.ToM, route.ToM)}})
		}
	}
	return out
}

// route gives a route; rivers have few.
func (c *cover) route(id int64) (RouteSpan, bool) {
	for _, r := range c.Routes {
		if r.RouteID == id {
			return r, true
		}
	}
	return RouteSpan{}, false
}

// river gives all of the river's routes but what the parts have.
func (c *cover) river(but []part) []part {
	var out []part
	for _, r := range c.Routes {
		for _, x := range Union(r.Range).Minus(Union(on(r.RouteID, but)...)).Over(c.rules.OverlapM) {
			out = append(out, part{item: len(c.Reaches), routeID: r.RouteID, Range: x})
		}
	}
	return out
}

// on gives what parts have on a route.
func on(route int64, parts []part) []Range {
	if len(parts) == 0 {
		return nil
	}
	out := make([]Range, 0, len(parts))
	for _, p := range parts {
		if p.routeID == route {
			out = append(out, p.Range)
		}
	}
	return out
}

// lengthOf sums what is made of the parts of each route, route after route: the sum of floats depends on their order.
func (c *cover) lengthOf(parts []part, of func(...Range) Ranges) float64 {
	sum := 0.0
	for _, r := range c.Routes {
		sum += of(on(r.RouteID, parts)...).LengthM()
	}
	return sum
}

// mm rounds to a millimetre: measures are stored to a centimetre, and sums of them end in digits that mean nothing.
func mm(m float64) float64 { return math.Round(m*1000) / 1000 }

// extent looks for what the reaches of a level leave out and have twice. What they leave out is not missing where the level
// has a chief of the whole river; it is given back then, for the rules about chiefs.
func (c *cover) extent(level geo.Level, bank geo.Bank, parts []part) (ofRiver []part) {
	missing := c.river(parts)
	if len(c.ofAll[level]) > 0 {
		ofRiver, missing = missing, nil
	}
	c.tell(NoReach, level, bank, c.whole, stretchesOf(missing), nil)
	doubled := c.lengthOf(parts, func(rs ...Range) Ranges { return Doubled(rs...).Over(c.rules.OverlapM) })
	c.tell(Overlap, level, bank, parts, c.pairs(parts), &doubled)
	return ofRiver
}

// pairs gives the stretches that two reaches have, each pair for itself.
func (c *cover) pairs(parts []part) []found {
	if len(parts) < 2 {
		return nil
	}
	var out []found
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b part) int { return compareStretch(a.routeID, b.routeID, a.Range, b.Range) })
	for i, a := range parts {
		for _, b := range parts[i+1:] {
			if b.routeID != a.routeID || b.FromM >= a.ToM {
				break
			}
			for _, r := range Doubled(a.Range, b.Range).Over(c.rules.OverlapM) {
				out = append(out, found{stretch(a.routeID, r, a.reach.ID, b.reach.ID), [2]int{a.item, b.item}})
			}
		}
	}
	return out
}

// chiefs looks for who is in office on each part.
func (c *cover) chiefs(level geo.Level, bank geo.Bank, parts []part) {
	rules := [4]Rule{NoChiefPost, ChiefVacant, ChiefActing, SeatVacant}
	var by [len(rules)][]part
	for _, p := range parts {
		seats := c.ofAll[level]
		if p.reach != nil {
			seats = c.seats[p.item]
		}
		if i := slices.Index(rules[:], officeOf(seats)); i >= 0 {
			by[i] = append(by[i], p)
		}
	}
	for i, rule := range rules {
		c.tell(rule, level, bank, parts, stretchesOf(by[i]), nil)
	}
}

// IsChief tells whether a role is that of who answers for a stretch of water: 河长, 湖长, 库长.
func IsChief(role string) bool {
	return role == "chief" || role == "lake_chief" || role == "reservoir_chief"
}

// officeOf is the rule that seats fall under; "" where each has its regular holder.
func officeOf(seats []Seat) Rule {
	regular, acting := 0, 0
	for _, s := range seats {
		switch {
		case !s.Vacant:
			regular++
		case s.Holder != nil:
			acting++
		}
	}
	switch {
	case len(seats) == 0:
		return NoChiefPost
	case regular == len(seats):
		return ""
	case regular > 0:
		return SeatVacant
	case acting > 0:
		return ChiefActing
	default:
		return ChiefVacant
	}
}

// boardsOfReaches looks for reaches that fewer boards of their level name than the profile asks for.
func (c *cover) boardsOfReaches(level geo.Level, bank geo.Bank, parts []part) {
	for _, rule := range c.rules.Boards {
		if rule.DivisionLevel != 0 || rule.BoardLevel != 0 && rule.BoardLevel != level {
			continue
		}
		var lack []found
		for _, p := range parts {
			have, need := 0, rule.need(p.LengthM(), c.rules.OverlapM)
			for _, l := range c.boards[p.item] {
				if l == level {
					have++
				}
			}
			if have < need {
				s := stretch(p.routeID, p.Range, p.reach.ID)
				s.Have, s.Need = &have, &need
				lack = append(lack, found{s, [2]int{p.item, p.item}})
			}
		}
		c.tell(NoBoard, level, bank, parts, lack, nil)
	}
}

// boardsOfDivisions looks for divisions in which too few boards stand for the length that the river runs in them.
func (c *cover) boardsOfDivisions(rule BoardRule) {
	var parts []part
	lengths := map[int64]float64{}
	for _, run := range c.runs(rule.DivisionLevel) {
		parts = append(parts, part{item: c.numberOf(run.DivisionID), id: run.DivisionID, routeID: run.RouteID, Range: run.Range})
		lengths[run.DivisionID] += run.LengthM()
	}
	var lack []found
	for _, p := range parts {
		have, need := 0, rule.need(lengths[p.id], c.rules.OverlapM)
		for _, b := range c.Boards {
			if (rule.BoardLevel == 0 || b.Level == rule.BoardLevel) && slices.Contains(b.Divisions, p.id) {
				have++
			}
		}
		if have < need {
			s := stretch(p.routeID, p.Range)
			s.DivisionID, s.Have, s.Need = &p.id, &have, &need
			lack = append(lack, found{s, [2]int{p.item, p.item}})
		}
	}
	c.tell(FewBoards, rule.DivisionLevel, geo.Both, parts, lack, nil)
}

// numberOf gives the number of a division among the items.
func (c *cover) numberOf(division int64) int {
	if _, ok := c.divisions[division]; !ok {
		c.divisions[division] = len(c.Reaches) + 1 + len(c.divisions)
	}
	return c.divisions[division]
}

// runs gives where the river, or what is looked at of it, runs in divisions of a level, each metre of a division once: as it was given,
// and of a division of which nothing was given where it has reaches of the level.
func (c *cover) runs(level geo.Level) []DivisionRun {
	var of []DivisionRun
	for _, d := range c.Divisions {
		route, ok := c.route(d.RouteID)
		d.Range = Range{max(d.FromM, route.FromM), min(d.ToM, route.ToM)}
		if ok && d.Level == level && d.LengthM() > c.rules.OverlapM {
			of = append(of, d)
		}
	}
	given := of
	for _, p := range c.at(level, geo.Both) {
		if !slices.ContainsFunc(given, func(d DivisionRun) bool { return d.DivisionID == p.reach.DivisionID }) {
			of = append(of, DivisionRun{p.reach.DivisionID, level, p.routeID, p.Range})
		}
	}
	type key struct{ division, route int64 }
	by := map[key][]Range{}
	for _, d := range of {
		by[key{d.DivisionID, d.RouteID}] = append(by[key{d.DivisionID, d.RouteID}], d.Range)
	}
	var out []DivisionRun
	for k, rs := range by {
		for _, r := range Union(rs...) {
			out = append(out, DivisionRun{k.division, level, k.route, r})
		}
	}
	slices.SortFunc(out, func(a, b DivisionRun) int {
		return cmp.Or(compareStretch(a.RouteID, b.RouteID, a.Range, b.Range), cmp.Compare(a.DivisionID, b.DivisionID))
	})
	return out
}

// sections looks for reaches on which no section lies.
func (c *cover) sections(level geo.Level, bank geo.Bank, parts []part) {
	without := slices.DeleteFunc(slices.Clone(parts), func(p part) bool {
		if len(c.Sections) == 0 {
			return false
		}
		route, _ := c.route(p.routeID)
		return slices.ContainsFunc(c.Sections, func(s RoutePlace) bool {
			return s.RouteID == p.routeID && p.Holds(s.MeasureM, route.ends())
		})
	})
	c.tell(NoSection, level, bank, parts, stretchesOf(without), nil)
}

// stretches looks for what of the parts has no announced boundary, no civil chief and no plan. These need not keep to the
// reaches: a village's civil chief serves the town's reach too.
func (c *cover) stretches(level geo.Level, bank geo.Bank, parts []part) {
	for _, need := range []struct {
		rule Rule
		held []part
	}{{NoBoundary, c.bounded(bank)}, {NoCivilChief, c.civil(bank)}, {NoPlan, c.planned(bank)}} {
		lack := c.without(parts, need.held)
		c.tell(need.rule, level, bank, parts, stretchesOf(lack), nil)
	}
}

// without gives what of the parts nothing is held of.
func (c *cover) without(parts, held []part) []part {
	var unions []Ranges // of the routes
	if len(held) > 0 {
		unions = make([]Ranges, len(c.Routes))
		for i, r := range c.Routes {
			unions[i] = Union(on(r.RouteID, held)...)
		}
	}
	lack := make([]part, 0, len(parts))
	for _, p := range parts {
		var has Ranges
		if i := slices.IndexFunc(c.Routes, func(r RouteSpan) bool { return r.RouteID == p.routeID }); i >= 0 && unions != nil {
			has = unions[i]
		}
		if p.FromM >= p.ToM { // cut away: nothing is left that could lack anything
			continue
		}
		for _, r := range (Ranges{p.Range}).Minus(has).Over(c.rules.OverlapM) {
			piece := p
			piece.Range = r
			lack = append(lack, piece)
		}
	}
	return lack
}

func (c *cover) bounded(bank geo.Bank) []part {
	var out []part
	for _, b := range c.Boundaries {
		if b.Bank == geo.Both || b.Bank == bank {
			out = append(out, part{routeID: b.RouteID, Range: b.Range})
		}
	}
	return out
}

func (c *cover) civil(bank geo.Bank) []part {
	var out []part
	for _, p := range c.Posts {
		if p.Role == "civil_chief" && seat(p, c.asOf).Holder != nil {
			out = append(out, c.serves(p.ReachID, bank)...)
		}
	}
	return out
}

func (c *cover) planned(bank geo.Bank) []part {
	var out []part
	for _, p := range c.Plans {
		if !p.Closed {
			out = append(out, c.serves(p.ReachID, bank)...)
		}
	}
	return out
}

// serves gives where what belongs to a reach, or with nil to the river, holds on a bank.
func (c *cover) serves(reach *int64, bank geo.Bank) []part {
	if reach == nil {
		return c.whole
	}
	i, ok := c.byID[*reach]
	if !ok {
		return nil
	}
	if r := &c.Reaches[i]; r.BankScope == geo.Both || r.BankScope == bank {
		return []part{{routeID: r.RouteID, Range: Range{r.FromM, r.ToM}}}
	}
	return nil
}

// found is a stretch with the items that it is found of.
type found struct {
	Stretch
	items [2]int // twice the same where it is of one
}

func stretch(route int64, r Range, reaches ...int64) Stretch {
	return Stretch{RouteID: route, Range: r, FromLabel: lref.Label(r.FromM), ToLabel: lref.Label(r.ToM), Reaches: reaches}
}

func stretchesOf(parts []part) []found {
	out := make([]found, 0, len(parts))
	for _, p := range parts {
		s := stretch(p.routeID, p.Range)
		if p.reach != nil {
			s.Reaches = []int64{p.reach.ID}
		}
		out = append(out, found{s, [2]int{p.item, p.item}})
	}
	return out
}

// tell notes what a rule found among the parts that it looked at: metres, if given, where the stretches have some in common.
func (c *cover) tell(rule Rule, level geo.Level, bank geo.Bank, parts []part, what []found, metres *float64) {
	share := geo.Share{}
	items := make([]mark, len(c.Reaches)+1+len(c.divisions))
	for _, p := range parts {
		items[p.item] = clean
		share.Whole += p.LengthM()
	}
	for _, x := range what {
		share.Part += x.LengthM()
		items[x.items[0]], items[x.items[1]] = flawed, flawed
	}
	if metres != nil {
		share.Part = *metres
	}
	share = geo.Share{Part: mm(share.Part), Whole: mm(share.Whole)}
	c.note(looked{rule, level}, bankIndex(bank), share, items)
	if len(what) == 0 {
		return
	}
	f := Finding{Rule: rule, Level: level, Bank: bank, Metres: share, Items: itemsOf(items), Stretches: make([]Stretch, 0, len(what))}
	for _, x := range what {
		f.Stretches = append(f.Stretches, x.Stretch)
	}
	slices.SortStableFunc(f.Stretches, func(a, b Stretch) int { return compareStretch(a.RouteID, b.RouteID, a.Range, b.Range) })
	c.out.Findings = append(c.out.Findings, f)
}

// note adds what was looked at of a bank to what the rule found at the level.
func (c *cover) note(key looked, bank int, share geo.Share, items []mark) {
	i := slices.IndexFunc(c.told, func(t telling) bool { return t.looked == key })
	if i < 0 {
		i = len(c.told)
		c.told = append(c.told, telling{looked: key, items: make([]mark, len(items))})
	}
	t := &c.told[i]
	t.metres[bank], t.banks[bank] = t.metres[bank].Add(share), true
	if len(t.items) < len(items) {
		t.items = append(t.items, make([]mark, len(items)-len(t.items))...)
	}
	for n, m := range items {
		t.items[n] = max(t.items[n], m)
	}
}

func compareStretch(routeA, routeB int64, a, b Range) int {
	return cmp.Or(cmp.Compare(routeA, routeB), cmp.Compare(a.FromM, b.FromM), cmp.Compare(a.ToM, b.ToM))
}

func itemsOf(items []mark) geo.Share {
	n, all := 0, 0
	for _, m := range items {
		if m != 0 {
			all++
		}
		if m == flawed {
			n++
		}
	}
	return geo.ShareOf(n, all)
}

// addTo adds the river to the totals.
func (c *cover) addTo(sums map[looked]*RuleTotal) {
	for i := range c.told {
		t := &c.told[i]
		sum := sums[t.looked]
		if sum == nil {
			sum = &RuleTotal{Rule: t.rule, Level: t.level, Metres: map[geo.Bank]geo.Share{}}
			sums[t.looked] = sum
		}
		sum.Items = sum.Items.Add(itemsOf(t.items))
		for n, bank := range []geo.Bank{geo.Left, geo.Right, geo.Both} {
			if t.banks[n] {
				both := sum.Metres[bank].Add(t.metres[n])
				sum.Metres[bank] = geo.Share{Part: mm(both.Part), Whole: mm(both.Whole)}
			}
		}
	}
}
