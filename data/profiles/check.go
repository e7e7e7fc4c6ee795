package profiles

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/duty"
	"hetu/geo/quality"
	"hetu/geo/rules"
)

// fault is what is wrong with the value at a path; a step of a path is a key or an index.
type fault struct {
	path   []any
	reason string
}

// checker gathers the faults of one file.
type checker struct{ faults []fault }

func (c *checker) fault(path []any, format string, args ...any) {
	c.faults = append(c.faults, fault{path, fmt.Sprintf(format, args...)})
}

// at makes a path; the paths of two values never share memory.
func at(path []any, steps ...any) []any { return append(slices.Clone(path), steps...) }

func (c *checker) filled(path []any, text string) {
	if text == "" {
		c.fault(path, "is missing or empty")
	}
}

// positive wants a number that is finite and over 0.
func (c *checker) positive(path []any, v number) float64 {
	if !(v > 0) || math.IsInf(float64(v), 0) {
		c.fault(path, "has to be a number over 0, not %v", v)
	}
	return float64(v)
}

// notNegative wants a number that is finite and not under 0.
func (c *checker) notNegative(path []any, v number) float64 {
	if !(v >= 0) || math.IsInf(float64(v), 0) {
		c.fault(path, "has to be a number that is not negative, not %v", v)
	}
	return float64(v)
}

// count wants a whole number from least to most.
func (c *checker) count(path []any, v number, least, most int) int {
	if !(v >= number(least) && v <= number(most)) || v != number(math.Trunc(float64(v))) {
		c.fault(path, "has to be a whole number from %d to %d, not %v", least, most, v)
		return least
	}
	return int(v)
}

// oneOf wants one of some words.
func oneOf[T any](c *checker, path []any, word string, choices map[string]T) (out T) {
	out, ok := choices[word]
	if !ok {
		words := make([]string, 0, len(choices))
		for w := range choices {
			words = append(words, w)
		}
		slices.Sort(words)
		c.fault(path, "has to be one of %v, not %q", words, word)
	}
	return out
}

func levels() map[string]geo.Level {
	return map[string]geo.Level{"province": geo.Province, "city": geo.City, "county": geo.County, "town": geo.Town, "village": geo.Village}
}

// head checks what every file begins with.
func (c *checker) head(id string, title textPart, source sourcePart, date string) {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(id) {
		c.fault(at(nil, "id"), "has to be of small letters, digits and hyphens, not %q", id)
	}
	c.filled(at(nil, "title", "zh"), title.Zh)
	c.filled(at(nil, "title", "en"), title.En)
	c.source(at(nil, "source"), source)
	if !slices.ContainsFunc([]string{time.DateOnly, "2006-01", "2006"}, func(layout string) bool {
		_, err := time.Parse(layout, date)
		return err == nil
	}) && date != "unknown" {
		c.fault(at(nil, "date"), "has to be the day, month or year of the source, or unknown, not %q", date)
	}
}

func (c *checker) source(path []any, s sourcePart) rules.Source {
	c.filled(at(path, "text"), s.Text)
	marks := map[string]string{"S": "S", "V": "V", "M": "M", "D": "D"}
	return rules.Source{Text: s.Text, URL: s.URL, Mark: oneOf(c, at(path, "mark"), s.Mark, marks)}
}

func (c *checker) profile(f profileFile) rules.Profile {
	c.head(f.ID, f.Title, f.Source, f.Date)
	out := rules.Profile{ID: f.ID, Title: rules.Text(f.Title), Source: rules.Source(f.Source), Date: f.Date, Note: rules.Text(f.Note)}
	if f.Board != nil {
		c.board(f.Board, &out)
	}
	for i, p := range f.Patrol {
		out.Patrols = append(out.Patrols, c.patrol(at(nil, "patrol", i), f.ID, p))
	}
	if f.Quality != nil {
		out.Quality = c.quality(f.ID, f.Quality)
	}
	if t := f.Tolerance; t != nil {
		path := at(nil, "tolerance")
		out.Tolerance = &rules.Tolerance{OverlapM: c.notNegative(at(path, "overlap_m"), t.OverlapM), OverlapM2: c.notNegative(at(path, "overlap_m2"), t.OverlapM2)}
	}
	if f.Stakes != nil {
		out.Stakes = c.stakes(f)
	}
	if len(f.Width) > 0 {
		out.Width = c.widths(f)
	}
	if len(out.Parts()) == 0 {
		c.fault(nil, "has no rule: board, patrol, quality, tolerance, stakes or width")
	}
	return out
}

// widths reads how wide what a boundary rests on is guarded.
func (c *checker) widths(f profileFile) *demarc.WidthProfile {
	bases := map[string]demarc.Basis{}
	for _, b := range demarc.Bases() {
		bases[string(b)] = b
	}
	out := &demarc.WidthProfile{Profile: f.ID}
	for i, w := range f.Width {
		path := at(nil, "width", i)
		r := demarc.WidthRule{Basis: oneOf(c, at(path, "basis"), w.Basis, bases), Where: w.Where, Source: f.Source.Text, Mark: f.Source.Mark}
		if w.Source != (sourcePart{}) {
			s := c.source(at(path, "source"), w.Source)
			r.Source, r.Mark = s.Text, s.Mark
		}
		if len(w.Class) > 0 {
			from, to := c.pair(at(path, "class"), w.Class)
			r.ClassFrom, r.ClassTo = c.count(at(path, "class"), number(from), 1, 5), c.count(at(path, "class"), number(to), 1, 5)
		}
		if w.ReturnYears != 0 {
			r.ReturnYears = c.count(at(path, "return_years"), w.ReturnYears, 2, 10_000)
		}
		r.RiverUpToM = c.notNegative(at(path, "river_up_to_m"), w.RiverUpToM)
		r.LeastM, r.MostM = c.pair(at(path, "width_m"), w.WidthM)
		if len(w.ProtectionM) > 0 {
			r.ProtectionLeastM, r.ProtectionMostM = c.pair(at(path, "protection_m"), w.ProtectionM)
		}
		out.Rules = append(out.Rules, r)
	}
	return out
}

// pair wants one number that is not negative, or two of which the first is not the larger.
func (c *checker) pair(path []any, v []number) (least, most float64) {
	if len(v) < 1 || len(v) > 2 {
		c.fault(path, "has to be one number, or the least and the most")
		return 0, 0
	}
	least, most = c.notNegative(at(path, 0), v[0]), c.notNegative(at(path, len(v)-1), v[len(v)-1])
	if least > most {
		c.fault(path, "%v is more than %v: write the smaller first", least, most)
	}
	return least, most
}

// stakes reads how close stakes stand.
func (c *checker) stakes(f profileFile) *stake.Spacing {
	path, s := at(nil, "stakes"), f.Stakes
	out := &stake.Spacing{BasicM: c.notNegative(at(path, "basic_m"), s.BasicM), DenseM: c.notNegative(at(path, "dense_m"), s.DenseM), TurnDeg: c.notNegative(at(path, "turn_deg"), s.TurnDeg), KmMarks: s.KmMarks}
	out.Source, out.Mark = f.Source.Text, f.Source.Mark
	if s.Source != (sourcePart{}) {
		own := c.source(at(path, "source"), s.Source)
		out.Source, out.Mark = own.Text, own.Mark
	}
	switch {
	case out.BasicM < 1:
		c.fault(at(path, "basic_m"), "has to be 1 or more: so many metres along the line from one basic stake to the next")
	case out.DenseM > 0 && (out.DenseM < 1 || out.DenseM > out.BasicM):
		c.fault(at(path, "dense_m"), "has to lie between 1 and basic_m, or be 0 for none")
	case out.TurnDeg > 180:
		c.fault(at(path, "turn_deg"), "has to be 180 or less")
	}
	return out
}

func (c *checker) board(b *boardPart, out *rules.Profile) {
	if u := b.Update; u != nil {
		path := at(nil, "board", "update")
		working := oneOf(c, at(path, "count"), u.Count, map[string]bool{"calendar_days": false, "working_days": true})
		out.Update = &duty.UpdateDuty{Profile: out.ID, Days: c.count(at(path, "days"), u.Days, 1, 366), Working: working}
	}
	for i, d := range b.Density {
		path := at(nil, "board", "density", i)
		per := levels()
		per["reach"] = 0
		rule := duty.BoardRule{DivisionLevel: oneOf(c, at(path, "per"), d.Per, per), Min: c.count(at(path, "min"), d.Min, 1, 1000), EveryM: float64(d.EveryM)}
		if d.Boards != "" {
			rule.BoardLevel = oneOf(c, at(path, "boards"), d.Boards, levels())
		}
		if d.EveryM != 0 && !(d.EveryM >= 1) || math.IsInf(float64(d.EveryM), 0) { // under a metre the boards of a river are past counting
			c.fault(at(path, "every_m"), "has to be a metre or more, not %v", d.EveryM)
		}
		out.Boards = append(out.Boards, rule)
	}
	if s := b.Size; s != nil {
		path := at(nil, "board", "size")
		out.Size = &rules.BoardSize{WidthM: c.positive(at(path, "width_m"), s.WidthM), HeightM: c.positive(at(path, "height_m"), s.HeightM)}
	}
}

func (c *checker) patrol(path []any, id string, p patrolPart) duty.PatrolRule {
	out := duty.PatrolRule{
		Profile: id, Level: oneOf(c, at(path, "level"), p.Level, levels()),
		Period: oneOf(c, at(path, "period"), p.Period, map[string]duty.PatrolPeriod{
			"week": duty.EachWeek, "ten_days": duty.EachTenDays, "month": duty.EachMonth, "quarter": duty.EachQuarter,
		}),
		Min: c.count(at(path, "min"), p.Min, 1, 1000), MinTenDays: c.count(at(path, "min_ten_days"), p.MinTenDays, 0, 100),
		MinMinutes: c.notNegative(at(path, "min_minutes"), p.MinMinutes), MinMetres: c.notNegative(at(path, "min_metres"), p.MinMetres),
		MinGapH: c.notNegative(at(path, "min_gap_h"), p.MinGapH),
	}
	if p.MinTenDays > 0 && out.Period == duty.EachWeek {
		c.fault(at(path, "min_ten_days"), "is not for a rule of weeks: ten days are parts of a month")
	}
	if s := p.Season; s != nil {
		out.From = time.Month(c.count(at(path, "season", "from"), s.From, 1, 12))
		out.To = time.Month(c.count(at(path, "season", "to"), s.To, 1, 12))
	}
	return out
}

func (c *checker) quality(id string, q *qualityPart) *quality.Standard {
	path := at(nil, "quality", "indicators")
	out := &quality.Standard{Profile: id, StablePct: c.notNegative(at(nil, "quality", "stable_pct"), q.StablePct)}
	if len(q.Indicators) == 0 {
		c.fault(path, "is missing or empty")
	}
	for i, x := range q.Indicators {
		path := at(path, i)
		c.filled(at(path, "code"), x.Code)
		c.filled(at(path, "name", "zh"), x.Name.Zh)
		c.filled(at(path, "name", "en"), x.Name.En)
		c.filled(at(path, "unit"), x.Unit)
		if slices.ContainsFunc(out.Indicators, func(y quality.Indicator) bool { return y.Code == x.Code }) {
			c.fault(at(path, "code"), "%q is there already", x.Code)
		}
		source := c.source(at(path, "source"), x.Source)
		lower := len(x.Limits.Lower) > 0
		limits := c.limits(at(path, "limits"), x.Limits)
		out.Indicators = append(out.Indicators, quality.Indicator{
			Code: x.Code, Zh: x.Name.Zh, En: x.Name.En, Unit: x.Unit, Lower: lower, Limits: limits, Source: source.Text, Mark: source.Mark,
		})
	}
	return out
}

// limits wants five numbers, from I to V, that go one way: up where they are upper limits, down where they are lower ones.
func (c *checker) limits(path []any, l limitsPart) (out [5]float64) {
	values, key, way := l.Upper, "upper", number(1)
	if len(l.Lower) > 0 {
		values, key, way = l.Lower, "lower", -1
	}
	if len(l.Upper) > 0 && len(l.Lower) > 0 || len(values) != len(out) {
		c.fault(path, "has to be upper or lower, with five numbers for I to V")
		return out
	}
	for i, v := range values {
		out[i] = c.notNegative(at(path, key, i), v)
		if i > 0 && way*(v-values[i-1]) < 0 {
			c.fault(at(path, key, i), "%v is stricter than the class above, which has %v", v, values[i-1])
		}
	}
	return out
}

func (c *checker) calendar(f calendarFile) []duty.HolidayNotice {
	c.head(f.ID, f.Title, f.Source, f.Date)
	if len(f.Notices) == 0 {
		c.fault(at(nil, "notices"), "is missing or empty")
	}
	var out []duty.HolidayNotice
	for i, n := range f.Notices {
		path := at(nil, "notices", i)
		year := c.count(at(path, "year"), n.Year, 1949, 2100)
		if slices.ContainsFunc(out, func(o duty.HolidayNotice) bool { return o.Year == year }) {
			c.fault(at(path, "year"), "%d is there already", year)
		}
		if len(n.Numbers) == 0 {
			c.fault(at(path, "numbers"), "is missing or empty: a notice is known by its number")
		}
		notice := duty.HolidayNotice{Year: year, Numbers: n.Numbers}
		for k, h := range n.Holidays {
			from, to := c.date(at(path, "holidays", k, "from"), h.From), c.date(at(path, "holidays", k, "to"), h.To)
			notice.Holidays = append(notice.Holidays, geo.Period{From: from, To: to.AddDays(1)})
		}
		for k, d := range n.Working {
			notice.Working = append(notice.Working, c.date(at(path, "working", k), d))
		}
		if len(c.faults) == 0 {
			if _, err := duty.NewCalendar([]duty.HolidayNotice{notice}); err != nil {
				c.fault(path, "%v", err)
			}
		}
		out = append(out, notice)
	}
	return out
}

func (c *checker) date(path []any, text string) geo.Date {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		c.fault(path, "%q is no date: write 2026-11-24", text)
		return geo.Date{}
	}
	return geo.NewDate(d.Date())
}
