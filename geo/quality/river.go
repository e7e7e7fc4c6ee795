package quality

import (
	"cmp"
	"math"
	"slices"

	"hetu/geo"
	"hetu/geo/lref"
)

// River is what the water-quality profile of one river is told from.
type River struct {
	Routes   []Route // the longest first
	Sections []SectionAt
	Outfalls []Outfall
	Mouths   []Mouth
}

// Route is a route of the river with the measures of its ends.
type Route struct {
	ID    int64   `json:"route_id"`
	FromM float64 `json:"from_m"`
	ToM   float64 `json:"to_m"`
}

// Place is where something lies on the river.
type Place struct {
	RouteID  *int64   `json:"route_id"` // null: not known
	MeasureM *float64 `json:"measure_m"`
	Label    string   `json:"label"`
	Bank     geo.Bank `json:"bank,omitempty"`
}

// PlaceAt is a place on a route.
func PlaceAt(route *int64, m *float64, bank geo.Bank) Place {
	p := Place{RouteID: route, MeasureM: m, Bank: bank}
	if route == nil || m == nil {
		return Place{Bank: bank}
	}
	p.Label = lref.Label(*m)
	return p
}

// SectionAt is a section with its samplings, the newest first.
type SectionAt struct {
	ID        int64
	Code      *string
	Name      string
	Kind      string
	Target    Class // 0: it has none
	Place     Place
	Samplings []Sampling
}

// Sampling is the values of one day.
type Sampling struct {
	On     geo.Date
	Values []Value
}

// Outfall is an outfall 入河排污口 on the river.
type Outfall struct {
	ID        int64   `json:"id"`
	Code      *string `json:"code"`
	Name      string  `json:"name"`
	Kind      string  `json:"kind"`
	Approval  string  `json:"approval"`
	Monitored *bool   `json:"monitored"`
	Place
}

// Mouth is where a tributary flows in. Its bank is the side that it comes from. One that ends more than 500 m off has no place.
type Mouth struct {
	RiverID int64    `json:"river_id"`
	Name    string   `json:"name"`
	OffM    *float64 `json:"off_m"` // from the tributary's end to the river's line; null: one of them has none
	Place
}

// Standing is how a section stands: its newest valid sampling against its target, and those before.
type Standing struct {
	Result
	Code      *string   `json:"code"`
	Kind      string    `json:"kind"`
	SampledOn *geo.Date `json:"sampled_on"` // null: no sampling of the period is valid
	Place
	Trend    Trend     `json:"trend"`     // of the pollution index against the sampling before
	Index    *float64  `json:"index"`     // of the indicators that both have
	Before   *Earlier  `json:"before"`    // null: there is none
	Passed   geo.Share `json:"passed"`    // samplings of the period that pass, of those that are valid
	Unstable bool      `json:"unstable"`  // some of them pass and some do not
	Series   []Sampled `json:"samplings"` // the newest first
}

// Earlier is the sampling that the trend is told against.
type Earlier struct {
	On    geo.Date `json:"on"`
	Class Class    `json:"class"`
	Index *float64 `json:"index"`
}

// Sampled is one valid sampling of a section.
type Sampled struct {
	On    geo.Date `json:"on"`
	Class Class    `json:"class"`
	Pass  *bool    `json:"pass"` // null: the section has no target
	Worst []string `json:"worst"`
}

// Profile is the water quality along a river (Q17).
type Profile struct {
	Rate          geo.Share  `json:"rate"`   // sections that pass, of those with a valid sample and a target
	Routes        []Route    `json:"routes"` // the longest first; each has an axis of its own
	Axis          []AxisItem `json:"axis"`   // by route, then by K, from low to high
	WithoutSample []Named    `json:"without_sample"`
	WithoutTarget []Named    `json:"without_target"`
	WithoutPlace  []AxisItem `json:"without_place"` // of which no K is known
}

// Named names a section.
type Named struct {
	ID   int64   `json:"id"`
	Code *string `json:"code"`
	Name string  `json:"name"`
}

// AxisItem is one thing on the river: exactly one of the three is not null.
type AxisItem struct {
	Kind    string    `json:"kind"` // section, outfall, tributary
	Section *Standing `json:"section,omitempty"`
	Outfall *Outfall  `json:"outfall,omitempty"`
	Mouth   *Mouth    `json:"tributary,omitempty"`
}

func (a AxisItem) place() Place {
	switch {
	case a.Section != nil:
		return a.Section.Place
	case a.Outfall != nil:
		return a.Outfall.Place
	default:
		return a.Mouth.Place
	}
}

func (a AxisItem) id() int64 {
	switch {
	case a.Section != nil:
		return a.Section.ID
	case a.Outfall != nil:
		return a.Outfall.ID
	default:
		return a.Mouth.RiverID
	}
}

// Along puts a river's sections, outfalls and tributary mouths on one axis and holds the sections against their targets.
func (s Standard) Along(r River) Profile {
	out := Profile{Routes: r.Routes, Axis: []AxisItem{}, WithoutSample: []Named{}, WithoutTarget: []Named{}, WithoutPlace: []AxisItem{}}
	order := map[int64]int{}
	for i, route := range r.Routes {
		order[route.ID] = i
	}
	put := func(item AxisItem) {
		p := item.place()
		if p.RouteID != nil && p.MeasureM != nil {
			if _, ok := order[*p.RouteID]; ok {
				out.Axis = append(out.Axis, item)
				return
			}
		}
		out.WithoutPlace = append(out.WithoutPlace, item)
	}
	for _, section := range r.Sections {
		standing := s.standing(section)
		put(AxisItem{Kind: "section", Section: &standing})
		name := Named{section.ID, section.Code, section.Name}
		switch {
		case standing.Class == 0:
			out.WithoutSample = append(out.WithoutSample, name)
		case section.Target == 0:
			out.WithoutTarget = append(out.WithoutTarget, name)
		case standing.Pass:
			out.Rate = out.Rate.Add(geo.ShareOf(1, 1))
		default:
			out.Rate = out.Rate.Add(geo.ShareOf(0, 1))
		}
	}
	for i := range r.Outfalls {
		put(AxisItem{Kind: "outfall", Outfall: &r.Outfalls[i]})
	}
	for i := range r.Mouths {
		put(AxisItem{Kind: "tributary", Mouth: &r.Mouths[i]})
	}
	slices.SortStableFunc(out.Axis, func(a, b AxisItem) int {
		p, q := a.place(), b.place()
		return cmp.Or(cmp.Compare(order[*p.RouteID], order[*q.RouteID]), cmp.Compare(*p.MeasureM, *q.MeasureM), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.id(), b.id()))
	})
	return out
}

// Newest gives the newest sampling of which a value can be used; nil if there is none.
func (s Standard) Newest(samplings []Sampling) *Sampling {
	for i := range samplings {
		if s.Grade(samplings[i].Values).Class != 0 {
			return &samplings[i]
		}
	}
	return nil
}

// standing tells how one section stands.
func (s Standard) standing(section SectionAt) Standing {
	out := Standing{Code: section.Code, Kind: section.Kind, Place: section.Place, Trend: Unknown, Series: []Sampled{}}
	as := Section{ID: section.ID, Name: section.Name, Target: section.Target}
	newest := s.Newest(section.Samplings)
	if newest != nil {
		as.Values, out.SampledOn = newest.Values, &newest.On
	}
	out.Result = s.Assess([]Section{as}).only()
	var before *Sampling
	for i := range section.Samplings {
		x := &section.Samplings[i]
		g := s.Grade(x.Values)
		if g.Class == 0 {
			continue
		}
		sampled := Sampled{On: x.On, Class: g.Class, Worst: g.Worst}
		if section.Target != 0 {
			pass := g.Class <= section.Target
			sampled.Pass = &pass
			out.Passed = out.Passed.Add(geo.ShareOf(map[bool]int{true: 1}[pass], 1))
		}
		out.Series = append(out.Series, sampled)
		if x != newest && before == nil {
			before = x
			out.Before = &Earlier{On: x.On, Class: g.Class}
		}
	}
	out.Unstable = out.Passed.Part > 0 && out.Passed.Part < out.Passed.Whole
	if before != nil {
		was, is, ok := s.Indices(before.Values, newest.Values, section.Target)
		if ok {
			out.Before.Index, out.Index = &was, &is
			out.Trend = TrendOf(was, is, s.StablePct)
		}
	}
	return out
}

// only gives the one result of the assessment of one section.
func (a Assessment) only() Result {
	return slices.Concat(a.Results, a.WithoutSample, a.WithoutTarget)[0]
}

// Indices gives the pollution index 综合污染指数 of two samplings, so that they can be compared: the mean, over the indicators that both
// have, of the value over the limit of the target class (III where there is none, or a class without a limit); of an indicator with
// lower limits the other way round, up to mostOver. It is rounded to four decimals; false where nothing is in common.
func (s Standard) Indices(before, after []Value, target Class) (was, is float64, ok bool) {
	if target < 1 || target > 5 {
		target = 3
	}
	w, i := s.meanOver(before, target), s.meanOver(after, target)
	n := 0.0
	for _, x := range s.Indicators { // in the order of the profile: the sum of floats depends on it
		a, okA := w[x.Code]
		b, okB := i[x.Code]
		if okA && okB {
			was, is, n = was+a, is+b, n+1
		}
	}
	if n == 0 {
		return 0, 0, false
	}
	round := func(v float64) float64 { return math.Round(v/n*1e4) / 1e4 }
	return round(was), round(is), true
}

// mostOver bounds how much one value with a lower limit may weigh: water without any oxygen is a hundred times as bad as the limit, and
// not infinitely, which no mean could take in.
const mostOver = 100.0

// meanOver gives of each indicator the mean of value over limit.
func (s Standard) meanOver(values []Value, target Class) map[string]float64 {
	sums, counts := map[string]float64{}, map[string]float64{}
	for _, v := range s.Grade(values).Values {
		x := s.Indicators[slices.IndexFunc(s.Indicators, func(x Indicator) bool { return x.Code == v.Indicator })]
		ratio := v.Value / x.Limits[target-1]
		if x.Lower {
			ratio = min(x.Limits[target-1]/v.Value, mostOver)
		}
		if math.IsInf(ratio, 0) || math.IsNaN(ratio) {
			continue
		}
		sums[v.Indicator] += ratio
		counts[v.Indicator]++
	}
	for code, n := range counts {
		sums[code] /= n
	}
	return sums
}
