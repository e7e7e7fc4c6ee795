package api

import (
	"maps"
	"net/http"
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/quality"
	"hetu/geo/rules"
)

// countsAnswer is the answer to Q18.
type countsAnswer struct {
	head
	duty.Counts
	Sections sectionCounts `json:"sections"`
}

// sectionCounts tells how the water-quality sections 断面 stand, each by its newest valid sampling. The lists have at most mostListed.
type sectionCounts struct {
	Count         int             `json:"count"`
	Passing       geo.Share       `json:"passing"` // of river sections with a valid sample and a target: drinking-water sources are held against other targets
	ByKind        []sectionsOfOne `json:"by_kind"` // by the name of the kind
	WithoutSample listedNames     `json:"without_sample"`
	WithoutTarget listedNames     `json:"without_target"`
}

// sectionsOfOne tells how the sections of one kind stand.
type sectionsOfOne struct {
	Kind    string    `json:"kind"`
	Count   int       `json:"count"`
	Passing geo.Share `json:"passing"` // of those with a valid sample and a target
}

// drinkingSource is the kind of the sections at drinking-water sources 饮用水源, which are no river sections.
const drinkingSource = "drinking_source"

type listedNames struct {
	Count int             `json:"count"`
	List  []quality.Named `json:"list"`
}

func (l *listedNames) add(of quality.SectionAt) {
	l.Count++
	if len(l.List) < mostListed {
		l.List = append(l.List, quality.Named{ID: of.ID, Code: of.Code, Name: of.Name})
	}
}

// mostListed is how many sections that are in no rate are listed.
const mostListed = 100

const howCounts = "rows in force on the day, of the division and all below it; a rate names its whole; sections by their newest valid sampling up to the day"

// counts serves GET /api/v1/counts: the stored figures of a division with their sources, rates, and the claims that sources make beside
// them (Q18).
func (s *server) counts(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "division", "profile")
	if err != nil {
		return err
	}
	division, err := p.text("division")
	if err != nil {
		return err
	}
	profile, err := s.ruleProfile(p, defaultQuality, rules.WaterQuality)
	if err != nil {
		return err
	}
	counts, sections, version, err := s.Store.Counts(r.Context(), at, division)
	if err != nil {
		return err
	}
	return writeJSON(w, countsAnswer{headOf(at, version, howCounts).by(profile), counts, countSections(sections, profile.Quality)})
}

func countSections(sections []quality.SectionAt, by *quality.Standard) sectionCounts {
	out := sectionCounts{
		Count: len(sections), ByKind: []sectionsOfOne{}, WithoutSample: listedNames{List: []quality.Named{}}, WithoutTarget: listedNames{List: []quality.Named{}},
	}
	kinds := map[string]*sectionsOfOne{}
	for _, x := range sections {
		kind := kinds[x.Kind]
		if kind == nil {
			kind = &sectionsOfOne{Kind: x.Kind}
			kinds[x.Kind] = kind
		}
		kind.Count++
		newest := by.Newest(x.Samplings)
		switch {
		case newest == nil:
			out.WithoutSample.add(x)
		case x.Target == 0:
			out.WithoutTarget.add(x)
		default:
			passes := 0
			if by.Grade(newest.Values).Class <= x.Target {
				passes = 1
			}
			kind.Passing = kind.Passing.Add(geo.ShareOf(passes, 1))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		out.ByKind = append(out.ByKind, *kinds[name])
		if name != drinkingSource {
			out.Passing = out.Passing.Add(kinds[name].Passing)
		}
	}
	return out
}
