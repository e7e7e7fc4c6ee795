package gate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	quality "hetu/geo/demarc/rules"
	"hetu/geo/demarc/stake"
	"hetu/geo/duty"
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
	subject, err := c.Subject(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := quality.Check(ctx, subject, quality.Options{Range: changed})
	if err != nil {
		return nil, err
	}
	return withDisplaced(found, s, s.Lines, changed), nil
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

// Subject makes of a project what the rules look at. It ends with the asker's error when nobody waits for it any more.
func (c Checker) Subject(ctx geo.Asker, s project.Subject) (quality.Subject, error) {
	profile, err := c.ProfileOf(s.Project)
	if err != nil {
		return quality.Subject{}, err
	}
	out := quality.Subject{Stretch: s.Stretch, SRID: geo.CGCS2000, Lines: Drawn(s), Profile: c.profileOf(profile, s.Project)}
	out.FromM, out.ToM = s.Project.FromM, s.Project.ToM
	if area, parts, err := AreaOf(ctx, out.Lines, s.Stretch); err == nil {
		out.Area = area
		for _, p := range parts {
			out.Parts = append(out.Parts, quality.Part{Division: p.Division, Name: nameOf(p.Division, s.Stretch.Divisions), Geom: p.Geom})
		}
	}
	out.Candidate, out.Unlooked = c.Memo.candidate(ctx, s, profile)
	if err := ctx.Err(); err != nil { // what is missing is missing because it was not waited for
		return quality.Subject{}, fmt.Errorf("read a project: %w", err)
	}
	for _, n := range s.Around.Neighbours {
		out.Neighbours = append(out.Neighbours, neighbourOf(n, s))
	}
	for _, o := range s.Around.Others {
		other, err := otherOf(o, s)
		if err != nil {
			out.Unlooked = append(out.Unlooked, unlookedOther(o.Name, err))
			continue
		}
		out.Others = append(out.Others, other)
	}
	for _, t := range s.Around.Things {
		if t.Geom != nil && len(t.Geom.FlatCoords()) > 1 {
			out.Things = append(out.Things, thingOf(t))
		}
	}
	out.Stakes, out.FirstNumbers = project.Stakes(s.Around.Stakes), firstNumbers(s.Around.Stakes)
	out.Zones = Outers(out.Lines, s.Around.Zones)
	out.Base = baseOf(s.Stretch)
	out.Meta, out.Enclaves = metaOf(s), enclavesOf(s.Project)
	return out, nil
}

// AreaOf derives the area of lines and its parts by town (A8). It ends with the asker's error when nobody waits for it any more.
func AreaOf(ctx geo.Asker, l demarc.Lines, st demarc.Stretch) (*geom.MultiPolygon, []demarc.DivisionPart, error) {
	area, err := demarc.Area(l)
	if err != nil {
		return nil, nil, err
	}
	parts, err := demarc.SplitByDivision(ctx, area, Towns(st.Divisions))
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
// profile leaves a choice; one that rests on a plan or on something else is compared with what the profile would rest on. Where a levee was surveyed
// beside a piece that says that it rests on something else, it is compared with the levee's line: a label does not make the guard land less. It ends with the asker's error when nobody waits for it any more.
func Candidate(ctx geo.Asker, s project.Subject, width demarc.WidthProfile) (demarc.Lines, []demarc.Note, error) {
	st := s.Stretch
	st.FromM, st.ToM = s.Project.FromM, s.Project.ToM
	levees := leveed(st, width)
	var wants []demarc.Want
	for _, p := range s.Lines.Pieces {
		all := duty.Union(duty.Range{FromM: max(p.FromM, st.FromM), ToM: min(p.ToM, st.ToM)})
		if p.Basis != demarc.LeveeToe {
			on := all.And(levees[p.Bank]).Over(leveedM)
			for _, r := range on {
				wants = append(wants, demarc.Want{Bank: p.Bank, FromM: r.FromM, ToM: r.ToM, Basis: demarc.LeveeToe})
			}
			all = all.Minus(on)
		}
		for _, r := range all.Over(0) {
			w := demarc.Want{Bank: p.Bank, FromM: r.FromM, ToM: r.ToM, Basis: p.Basis}
			if p.Basis == demarc.Planned || p.Basis == demarc.Custom {
				w.Basis = ""
			} else if allowed(p, st, width) {
				w.WidthM = &p.WidthM
			}
			wants = append(wants, w)
		}
	}
	lines, notes, err := demarc.Candidate(ctx, st, wants, width)
	if err != nil && ctx.Err() == nil {
		return demarc.Candidate(ctx, st, nil, width)
	}
	if err != nil {
		return demarc.Lines{}, nil, err
	}
	return lines, notes, nil
}

// leveedM is how long a levee has to stand beside a piece of another basis to be the one that the piece is compared with: where levee and natural bank
// meet, their pieces overlap by some metres.
const leveedM = 50.0

// leveed gives the ranges of each bank beside which the landside toe of a levee was surveyed for which the profile has guard land.
func leveed(st demarc.Stretch, width demarc.WidthProfile) map[geo.Bank]duty.Ranges {
	out, finder := map[geo.Bank]duty.Ranges{}, lref.NewFinder(st.Route)
	for _, l := range st.Survey {
		if l.Kind != demarc.ToeLine || l.Riverside || l.Line == nil || l.Line.NumCoords() < 2 {
			continue
		}
		if _, ok := width.Of(demarc.Situation{Basis: demarc.LeveeToe, LeveeClass: l.LeveeClass}); !ok {
			continue
		}
		a, b := first(l.Line), last(l.Line)
		from, to := finder.MeasureOf(a[0], a[1]), finder.MeasureOf(b[0], b[1])
		out[l.Bank] = duty.Union(append(out[l.Bank], duty.Range{FromM: min(from, to), ToM: max(from, to)})...)
	}
	return out
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
func (c Checker) profileOf(p rules.Profile, of project.Project) quality.Profile {
	out := quality.Profile{Name: p.ID, Widths: *p.Width}
	if spacing, err := c.SpacingOf(of); err == nil {
		out.MaxStakeSpacingM = spacing.Stakes.MostM()
	}
	return out
}

// SpacingOf gives the profile that says how close a project's stakes stand: the one that they were placed by, else its rule profile.
func (c Checker) SpacingOf(p project.Project) (rules.Profile, error) {
	if c.Profiles == nil {
		return rules.Profile{}, geo.Errorf(geo.CodeUnavailable, "this server has no rule profiles")
	}
	id := p.StakeProfile
	if id == "" {
		id = p.RuleProfile
	}
	found, err := c.Profiles.Get(id)
	if err != nil || found.Stakes == nil {
		return rules.Profile{}, geo.FieldErrorf(geo.CodeConflict, "profile", "the project follows %q, which does not say how close stakes stand: name a profile of /api/v1/profiles that has the part stakes", id)
	}
	return found, nil
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
	out.Upstream = (middle < s.Project.FromM) == demarc.Rises(s.Stretch.Route)
	if area, err := demarc.Area(out.Lines); err == nil {
		out.Area = area
	}
	return out
}

// otherOf gives another river's area, and where the two may overlap: at their confluences.
func otherOf(o project.OtherRiver, s project.Subject) (quality.OtherRiver, error) {
	out := quality.OtherRiver{Name: o.Name, Area: o.Area}
	if o.Area == nil && o.Route != nil {
		area, err := demarc.Area(Connected(demarc.Lines{Pieces: o.Pieces}, o.Route))
		if err != nil {
			return out, err
		}
		out.Area = area
	}
	for _, c := range o.Confluences {
		m, reach := reachOf(o, c, s)
		out.Confluences = append(out.Confluences, quality.Confluence{FromM: m - reach, ToM: m + reach})
		out.Main = out.Main || c.How == project.IsMain
	}
	return out, nil
}

// firstNumbers gives the highest number that each bank's stakes had when they were first numbered. Those that were given theirs later, by a person or when
// stakes were placed anew, stand wherever there was room.
func firstNumbers(stakes []project.Stake) map[geo.Bank]int {
	first, out := map[geo.Bank]time.Time{}, map[geo.Bank]int{}
	for _, k := range stakes {
		if k.Why == stake.ByHand || k.Kind == demarc.Sign {
			continue
		}
		switch at, known := first[k.Bank]; {
		case !known || k.Numbered.Before(at):
			first[k.Bank], out[k.Bank] = k.Numbered, k.Number
		case k.Numbered.Equal(at):
			out[k.Bank] = max(out[k.Bank], k.Number)
		}
	}
	return out
}
