package gate

import (
	"context"
	"fmt"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	quality "hetu/geo/demarc/rules"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/rules"
)

// Profiles are where rule profiles are found; data/profiles has them.
type Profiles interface {
	Get(id string) (rules.Profile, error)
}

// Checker checks projects by their rule profiles.
type Checker struct {
	Profiles Profiles
	Memo     *Memo // keeps candidates; nil draws each anew
}

// Check is what a project passes before it is checked: all rules, over all of it.
func (c Checker) Check(ctx context.Context, s project.Subject) ([]demarc.Finding, error) {
	return c.CheckRange(ctx, s, nil)
}

// CheckRange is Check of a range of measures that was changed; nil is all.
func (c Checker) CheckRange(ctx context.Context, s project.Subject, changed *[2]float64) ([]demarc.Finding, error) {
	subject, err := c.SubjectContext(ctx, s)
	if err != nil {
		return nil, err
	}
	return quality.Check(ctx, subject, quality.Options{Range: changed})
}

// ProfileOf gives the rule profile of a project, which has to have widths.
func (c Checker) ProfileOf(p project.Project) (rules.Profile, error) {
	if c.Profiles == nil {
		return rules.Profile{}, geo.Errorf(geo.CodeUnavailable, "this server has no rule profiles")
	}
	found, err := c.Profiles.Get(p.RuleProfile)
	if err != nil || found.Width == nil {
		return rules.Profile{}, geo.FieldErrorf(geo.CodeConflict, "rule_profile", "the project follows %q, which is no profile with widths: give it one of /api/v1/profiles that has the part width", p.RuleProfile)
	}
	return found, nil
}

// Subject makes of a project what the rules look at.
func (c Checker) Subject(s project.Subject) (quality.Subject, error) {
	return c.SubjectContext(geo.Patient{}, s)
}

// SubjectContext is Subject that ends with the asker's error when nobody waits for it any more.
func (c Checker) SubjectContext(ctx geo.Asker, s project.Subject) (quality.Subject, error) {
	profile, err := c.ProfileOf(s.Project)
	if err != nil {
		return quality.Subject{}, err
	}
	out := quality.Subject{Stretch: s.Stretch, SRID: geo.CGCS2000, Lines: Connected(s.Lines, s.Stretch.Route), Profile: profileOf(profile)}
	out.FromM, out.ToM = s.Project.FromM, s.Project.ToM
	if area, parts, err := AreaOfContext(ctx, out.Lines, s.Stretch); err == nil {
		out.Area = area
		for _, p := range parts {
			out.Parts = append(out.Parts, quality.Part{Division: p.Division, Name: nameOf(p.Division, s.Stretch.Divisions), Geom: p.Geom})
		}
	}
	out.Candidate = c.Memo.candidate(ctx, s, profile)
	if err := ctx.Err(); err != nil { // what is missing is missing because it was not waited for
		return quality.Subject{}, fmt.Errorf("read a project: %w", err)
	}
	for _, n := range s.Around.Neighbours {
		out.Neighbours = append(out.Neighbours, neighbourOf(n, s))
	}
	for _, o := range s.Around.Others {
		if other, ok := otherOf(o, s.Stretch.Route); ok {
			out.Others = append(out.Others, other)
		}
	}
	for _, t := range s.Around.Things {
		if t.Geom != nil && len(t.Geom.FlatCoords()) > 1 {
			out.Things = append(out.Things, thingOf(t))
		}
	}
	out.Stakes, out.FirstNumbers = project.Stakes(s.Around.Stakes), firstNumbers(s.Around.Stakes)
	out.Zones = Outers(out.Lines, s.Around.Zones)
	out.Meta = metaOf(s)
	return out, nil
}

// AreaOf derives the area of lines and its parts by town (A8).
func AreaOf(l demarc.Lines, st demarc.Stretch) (*geom.MultiPolygon, []demarc.DivisionPart, error) {
	return AreaOfContext(geo.Patient{}, l, st)
}

// AreaOfContext is AreaOf that ends with the asker's error when nobody waits for it any more.
func AreaOfContext(ctx geo.Asker, l demarc.Lines, st demarc.Stretch) (*geom.MultiPolygon, []demarc.DivisionPart, error) {
	area, err := demarc.Area(l)
	if err != nil {
		return nil, nil, err
	}
	parts, err := demarc.SplitByDivisionContext(ctx, area, Towns(st.Divisions))
	return area, parts, err
}

func nameOf(id int64, divisions []demarc.Division) string {
	for _, d := range divisions {
		if d.ID == id {
			return d.Name
		}
	}
	return ""
}

// Candidate draws what the profile asks for where a project's pieces are, each on the basis that it says it has and at its own width where the
// profile leaves a choice; one that rests on a plan or on something else is compared with what the profile would rest on.
func Candidate(s project.Subject, width demarc.WidthProfile) (demarc.Lines, []demarc.Note, error) {
	return CandidateContext(geo.Patient{}, s, width)
}

// CandidateContext is Candidate that ends with the asker's error when nobody waits for it any more.
func CandidateContext(ctx geo.Asker, s project.Subject, width demarc.WidthProfile) (demarc.Lines, []demarc.Note, error) {
	st := s.Stretch
	st.FromM, st.ToM = s.Project.FromM, s.Project.ToM
	var wants []demarc.Want
	for _, p := range s.Lines.Pieces {
		w := demarc.Want{Bank: p.Bank, FromM: max(p.FromM, st.FromM), ToM: min(p.ToM, st.ToM), Basis: p.Basis}
		if p.Basis == demarc.Planned || p.Basis == demarc.Custom {
			w.Basis = ""
		} else if allowed(p, st, width) {
			w.WidthM = &p.WidthM
		}
		if w.FromM < w.ToM {
			wants = append(wants, w)
		}
	}
	lines, notes, err := demarc.CandidateContext(ctx, st, wants, width)
	if err != nil && ctx.Err() == nil {
		return demarc.CandidateContext(ctx, st, nil, width)
	}
	if err != nil {
		return demarc.Lines{}, nil, err
	}
	return lines, notes, nil
}

// allowed tells whether the profile allows a piece its width.
func allowed(p demarc.Piece, st demarc.Stretch, width demarc.WidthProfile) bool {
	classes := []int{0}
	if p.Basis == demarc.LeveeToe {
		classes = nil
		for _, l := range st.Survey {
			if l.Kind == demarc.ToeLine && l.Bank == p.Bank && !l.Riverside {
				classes = append(classes, l.LeveeClass)
			}
		}
	}
	return slices.ContainsFunc(classes, func(class int) bool {
		r, ok := width.Of(demarc.Situation{Basis: p.Basis, LeveeClass: class})
		return ok && p.WidthM >= r.LeastM && p.WidthM <= r.MostM
	})
}

// profileOf gives what of a profile the rules need.
func profileOf(p rules.Profile) quality.Profile {
	out := quality.Profile{Name: p.ID, Widths: *p.Width}
	if p.Stakes != nil {
		out.MaxStakeSpacingM = p.Stakes.BasicM
	}
	return out
}

// thingOf gives what stands at a place; of a line, its beginning.
func thingOf(t project.Thing) demarc.Thing {
	out := demarc.Thing{Kind: t.Kind, ID: t.ID, Name: t.Name, Geom: t.Geom}
	switch g := t.Geom.(type) {
	case *geom.Point, *geom.Polygon, *geom.MultiPolygon:
	default:
		out.Geom = geom.NewPointFlat(geom.XY, g.FlatCoords()[:2])
	}
	return out
}

func neighbourOf(n project.Neighbour, s project.Subject) quality.Neighbour {
	out := quality.Neighbour{Name: n.Name, Lines: Connected(demarc.Lines{Pieces: n.Pieces}, s.Stretch.Route)}
	middle := (n.Pieces[0].FromM + n.Pieces[0].ToM) / 2
	out.Upstream = (middle < s.Project.FromM) == Rises(s.Stretch.Route)
	if area, err := demarc.Area(out.Lines); err == nil {
		out.Area = area
	}
	return out
}

// confluenceM is how far along the route from a mouth the areas of two rivers may overlap, and how far off the route a mouth may lie.
const confluenceM = 500.0

// otherOf gives another river's area. Two rivers are declared to meet where the lower end of one lies beside the other.
func otherOf(o project.OtherRiver, route *geom.LineString) (quality.OtherRiver, bool) {
	out := quality.OtherRiver{Name: o.Name, Area: o.Area}
	if o.Area == nil && o.Route != nil {
		area, err := demarc.Area(Connected(demarc.Lines{Pieces: o.Pieces}, o.Route))
		if err != nil {
			return out, false
		}
		out.Area = area
	}
	meets := func(at lref.Hit) {
		if at.DistanceM <= confluenceM {
			out.Confluences = append(out.Confluences, quality.Confluence{FromM: at.MeasureM - confluenceM, ToM: at.MeasureM + confluenceM})
		}
	}
	if o.Route != nil {
		end := last(o.Route)
		meets(lref.Project(route, end[0], end[1]))
		mouth := last(route)
		if at := lref.Project(o.Route, mouth[0], mouth[1]); at.DistanceM <= confluenceM {
			meets(lref.Project(route, mouth[0], mouth[1]))
		}
	}
	return out, out.Area != nil
}

// firstNumbers gives the highest number that each bank's stakes had when they were first numbered: those that a person added came later.
func firstNumbers(stakes []project.Stake) map[geo.Bank]int {
	out := map[geo.Bank]int{}
	for _, k := range stakes {
		if k.Why != "hand" && k.Kind != demarc.Sign {
			out[k.Bank] = max(out[k.Bank], k.Number)
		}
	}
	return out
}

func metaOf(s project.Subject) quality.Meta {
	m := quality.Meta{
		Name: s.Project.Name, Code: fmt.Sprintf("project:%d", s.Project.ID), RiverCode: s.Around.RiverCode, Status: string(s.Project.Status), EffectiveFrom: s.Project.EffectiveFrom,
	}
	if m.RiverCode == "" { // most small rivers have no national code, and are known here by their id
		m.RiverCode = fmt.Sprintf("river:%d", s.Project.River)
	}
	if d := s.Around.Document; d != nil {
		m.LegalDoc = &quality.LegalDoc{Date: d.Dated}
		if d.Number != nil {
			m.LegalDoc.Number = *d.Number
		}
		if d.SHA256 != nil {
			m.LegalDoc.SHA256 = *d.SHA256
		}
	}
	return m
}
