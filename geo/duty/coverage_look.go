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
	rules  CoverageRules
	asOf   geo.Date
	routes map[int64]Range
	byID   map[int64]*Reach
	seats  map[int64][]Seat      // chiefs' of reaches
	ofAll  map[geo.Level][]Seat  // chiefs' of the river as a whole
	boards map[int64][]geo.Level // that name a reach
	out    RiverCoverage

	metres map[looked]map[geo.Bank]geo.Share
	all    map[looked]map[int64]bool // items looked at, true where something was found; rivers have their id with a minus
}

// part is a stretch that a rule is asked of: a reach, or of no reach what is left of the river.
type part struct {
	item    int64
	reach   *Reach
	routeID int64
	Range
}

func newCover(f RiverFacts, rules CoverageRules, asOf geo.Date) *cover {
	c := &cover{
		RiverFacts: f, rules: rules, asOf: asOf, routes: map[int64]Range{}, byID: map[int64]*Reach{}, seats: map[int64][]Seat{},
		ofAll: map[geo.Level][]Seat{}, boards: map[int64][]geo.Level{}, metres: map[looked]map[geo.Bank]geo.Share{}, all: map[looked]map[int64]bool{},
		out: RiverCoverage{RiverID: f.ID, Name: f.Name, Levels: []LevelCoverage{}, Findings: []Finding{}},
	}
	for _, r := range f.Routes {
		c.routes[r.RouteID] = r.Range
		c.out.LengthM += r.LengthM()
	}
	c.out.LengthM = mm(c.out.LengthM)
	for i := range f.Reaches {
		c.byID[f.Reaches[i].ID] = &f.Reaches[i]
	}
	for _, p := range f.Posts {
		switch {
		case !IsChief(p.Role):
		case p.ReachID != nil:
			c.seats[*p.ReachID] = append(c.seats[*p.ReachID], seat(p, asOf))
		case p.RiverID != nil && *p.RiverID == f.ID:
			c.ofAll[p.Level] = append(c.ofAll[p.Level], seat(p, asOf))
		}
	}
	for _, b := range f.Boards {
		for _, r := range b.ReachIDs {
			c.boards[r] = append(c.boards[r], b.Level)
		}
	}
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
		c.stretches(0, b, c.river(nil))
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
		route, ok := c.routes[r.RouteID]
		if ok && r.Level == level && (bank == geo.Both || r.BankScope == geo.Both || r.BankScope == bank) {
			out = append(out, part{r.ID, r, r.RouteID, Range{max(r.FromM, route.FromM), min(r.ToM, route.ToM)}})
		}
	}
	return out
}

// river gives all of the river's routes but what the parts have.
func (c *cover) river(but []part) []part {
	var out []part
	held := byRoute(but)
	for _, r := range c.Routes {
		for _, x := range Union(r.Range).Minus(Union(held[r.RouteID]...)).Over(c.rules.OverlapM) {
			out = append(out, part{-c.ID, nil, r.RouteID, x})
		}
	}
	return out
}

func byRoute(parts []part) map[int64][]Range {
	out := map[int64][]Range{}
	for _, p := range parts {
		out[p.routeID] = append(out[p.routeID], p.Range)
	}
	return out
}

// lengthOf sums what is made of the parts of each route, route after route: the sum of floats depends on their order.
func (c *cover) lengthOf(parts []part, of func(...Range) Ranges) float64 {
	sum, by := 0.0, byRoute(parts)
	for _, r := range c.Routes {
		sum += of(by[r.RouteID]...).LengthM()
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
	c.tell(NoReach, level, bank, c.river(nil), stretchesOf(missing), nil)
	doubled := c.lengthOf(parts, func(rs ...Range) Ranges { return Doubled(rs...).Over(c.rules.OverlapM) })
	c.tell(Overlap, level, bank, parts, c.pairs(parts), &doubled)
	return ofRiver
}

// pairs gives the stretches that two reaches have, each pair for itself.
func (c *cover) pairs(parts []part) []found {
	var out []found
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b part) int { return compareStretch(a.routeID, b.routeID, a.Range, b.Range) })
	for i, a := range parts {
		for _, b := range parts[i+1:] {
			if b.routeID != a.routeID || b.FromM >= a.ToM {
				break
			}
			for _, r := range Doubled(a.Range, b.Range).Over(c.rules.OverlapM) {
				out = append(out, found{stretch(a.routeID, r, a.item, b.item), []int64{a.item, b.item}})
			}
		}
	}
	return out
}

// chiefs looks for who is in office on each part.
func (c *cover) chiefs(level geo.Level, bank geo.Bank, parts []part) {
	by := map[Rule][]part{}
	for _, p := range parts {
		seats := c.ofAll[level]
		if p.reach != nil {
			seats = c.seats[p.reach.ID]
		}
		if rule := officeOf(seats); rule != "" {
			by[rule] = append(by[rule], p)
		}
	}
	for _, rule := range []Rule{NoChiefPost, ChiefVacant, ChiefActing, SeatVacant} {
		c.tell(rule, level, bank, parts, stretchesOf(by[rule]), nil)
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
				s := stretch(p.routeID, p.Range, p.item)
				s.Have, s.Need = &have, &need
				lack = append(lack, found{s, []int64{p.item}})
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
		parts = append(parts, part{run.DivisionID, nil, run.RouteID, run.Range})
		lengths[run.DivisionID] += run.LengthM()
	}
	var lack []found
	for _, p := range parts {
		have, need := 0, rule.need(lengths[p.item], c.rules.OverlapM)
		for _, b := range c.Boards {
			if (rule.BoardLevel == 0 || b.Level == rule.BoardLevel) && slices.Contains(b.Divisions, p.item) {
				have++
			}
		}
		if have < need {
			s := stretch(p.routeID, p.Range)
			s.DivisionID, s.Have, s.Need = &p.item, &have, &need
			lack = append(lack, found{s, []int64{p.item}})
		}
	}
	c.tell(FewBoards, rule.DivisionLevel, geo.Both, parts, lack, nil)
}

// runs gives where the river runs in divisions of a level, each metre of a division once: as it was given, else where the
// level has reaches.
func (c *cover) runs(level geo.Level) []DivisionRun {
	var of []DivisionRun
	for _, d := range c.Divisions {
		if d.Level == level {
			of = append(of, d)
		}
	}
	if len(of) == 0 {
		for _, p := range c.at(level, geo.Both) {
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
		return slices.ContainsFunc(c.Sections, func(s RoutePlace) bool {
			return s.RouteID == p.routeID && p.Holds(s.MeasureM, c.routes[p.routeID].ToM, storedWithinM)
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
		held := map[int64]Ranges{}
		for route, rs := range byRoute(need.held) {
			held[route] = Union(rs...)
		}
		var lack []part
		for _, p := range parts {
			for _, r := range Union(p.Range).Minus(held[p.routeID]).Over(c.rules.OverlapM) {
				lack = append(lack, part{p.item, p.reach, p.routeID, r})
			}
		}
		c.tell(need.rule, level, bank, parts, stretchesOf(lack), nil)
	}
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
		return c.river(nil)
	}
	if r := c.byID[*reach]; r != nil && (r.BankScope == geo.Both || r.BankScope == bank) {
		return []part{{routeID: r.RouteID, Range: Range{r.FromM, r.ToM}}}
	}
	return nil
}

// found is a stretch with the items that it is found of.
type found struct {
	Stretch
	items []int64
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
		out = append(out, found{s, []int64{p.item}})
	}
	return out
}

// tell notes what a rule found among the parts that it looked at: metres, if given, where the stretches have some in common.
func (c *cover) tell(rule Rule, level geo.Level, bank geo.Bank, parts []part, what []found, metres *float64) {
	key := looked{rule, level}
	if c.all[key] == nil {
		c.all[key], c.metres[key] = map[int64]bool{}, map[geo.Bank]geo.Share{}
	}
	items, share := map[int64]bool{}, geo.Share{}
	for _, p := range parts {
		items[p.item] = false
		share.Whole += p.LengthM()
	}
	f := Finding{Rule: rule, Level: level, Bank: bank}
	for _, x := range what {
		share.Part += x.LengthM()
		f.Stretches = append(f.Stretches, x.Stretch)
		for _, item := range x.items {
			items[item] = true
		}
	}
	if metres != nil {
		share.Part = *metres
	}
	share = geo.Share{Part: mm(share.Part), Whole: mm(share.Whole)}
	for item, is := range items {
		c.all[key][item] = c.all[key][item] || is
	}
	c.metres[key][bank] = c.metres[key][bank].Add(share)
	if len(what) == 0 {
		return
	}
	slices.SortStableFunc(f.Stretches, func(a, b Stretch) int { return compareStretch(a.RouteID, b.RouteID, a.Range, b.Range) })
	f.Metres, f.Items = share, itemsOf(items)
	c.out.Findings = append(c.out.Findings, f)
}

func compareStretch(routeA, routeB int64, a, b Range) int {
	return cmp.Or(cmp.Compare(routeA, routeB), cmp.Compare(a.FromM, b.FromM), cmp.Compare(a.ToM, b.ToM))
}

func itemsOf(items map[int64]bool) geo.Share {
	n := 0
	for _, is := range items {
		if is {
			n++
		}
	}
	return geo.ShareOf(n, len(items))
}

// addTo adds the river to the totals.
func (c *cover) addTo(sums map[looked]*RuleTotal) {
	for key := range c.all {
		t := sums[key]
		if t == nil {
			t = &RuleTotal{Rule: key.rule, Level: key.level, Metres: map[geo.Bank]geo.Share{}}
			sums[key] = t
		}
		t.Items = t.Items.Add(itemsOf(c.all[key]))
		for bank, m := range c.metres[key] {
			sum := t.Metres[bank].Add(m)
			t.Metres[bank] = geo.Share{Part: mm(sum.Part), Whole: mm(sum.Whole)}
		}
	}
}
