package demarc

import (
	"slices"

	"hetu/geo"
)

// WidthRule is how wide the guard land 护堤地 or offset of a basis is, in one situation. Zero fields ask for nothing.
type WidthRule struct {
	Basis              Basis
	ClassFrom, ClassTo int     // of the levee, both included
	ReturnYears        int     // of the design flood
	RiverUpToM         float64 // for rivers that are at most so wide
	Where              string  // a situation that no figure tells, as built_up or sea_dyke; only asked for by name

	LeastM, MostM                     float64 // equal where the rule is one figure
	ProtectionLeastM, ProtectionMostM float64 // of the protection area 保护范围 beyond it; 0 is none
	Source, Mark                      string
}

// WidthProfile 宽度规则 is the widths of a place.
type WidthProfile struct {
	Profile string // its id
	Rules   []WidthRule
}

// Situation is what a width depends on. What is not known is 0 or "".
type Situation struct {
	Basis       Basis
	LeveeClass  int
	ReturnYears int
	RiverWidthM float64
	Where       string
}

// Of gives the rule for a situation: of those that it does not contradict the one that says most about it; if what they ask for is not
// known, the widest, for land that is left out in doubt is lost to the river. False where the profile has none.
func (p WidthProfile) Of(s Situation) (WidthRule, bool) {
	var best WidthRule
	most, found := -1, false
	for _, r := range p.Rules {
		said, ok := r.says(s)
		if !ok {
			continue
		}
		if said > most || said == most && r.wider(best) {
			best, most, found = r, said, true
		}
	}
	return best, found
}

// wider tells whether a rule is the wider of two; of rivers up to a width, that of the narrower river says more.
func (r WidthRule) wider(than WidthRule) bool {
	if r.RiverUpToM > 0 && than.RiverUpToM > 0 && r.RiverUpToM != than.RiverUpToM {
		return r.RiverUpToM < than.RiverUpToM
	}
	return r.MostM > than.MostM
}

// says weighs the conditions of the rule that the situation is known to meet; false if it contradicts one.
func (r WidthRule) says(s Situation) (count int, ok bool) {
	if r.Basis != s.Basis || r.Where != s.Where {
		return 0, false
	}
	conditions := []struct {
		asked, known, met bool
		weight            int
	}{
		{r.ClassFrom > 0, s.LeveeClass > 0, s.LeveeClass >= r.ClassFrom && s.LeveeClass <= r.ClassTo, 1},
		{r.ReturnYears > 0, s.ReturnYears > 0, s.ReturnYears == r.ReturnYears, 1},
		// An exception for small rivers must be shown to hold; where it does it goes before what holds for all.
		{r.RiverUpToM > 0, true, s.RiverWidthM > 0 && s.RiverWidthM <= r.RiverUpToM, 4},
	}
	for _, c := range conditions {
		switch {
		case !c.asked || !c.known:
		case !c.met:
			return 0, false
		default:
			count += c.weight
		}
	}
	return count, true
}

// width is that of a want: its own, or the upper end of the profile's range.
func (p WidthProfile) width(w Want, line SurveyLine) (metres float64, source string, err error) {
	if w.WidthM != nil {
		return *w.WidthM, w.Source, nil
	}
	r, ok := p.Of(Situation{w.Basis, line.LeveeClass, w.ReturnYears, w.RiverWidthM, w.Where})
	if !ok {
		if w.Basis == Planned || w.Basis == Custom {
			return 0, w.Source, nil // the line itself
		}
		return 0, "", geo.InvalidField("width_m", "the width profile %q has no width for %s: choose another profile, or give the width", p.Profile, w.Basis)
	}
	return r.MostM, r.Source, nil
}

// known tells whether a basis is one.
func (b Basis) known() bool { return slices.Contains(Bases(), b) }
