package gate

import (
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// PackageOf makes of a project what is handed over; divisions are those of the stretch with all above them. The day that it is of, and the days and the
// number that are written into its files, are the project's own: neither today's nor the store's.
func PackageOf(s project.Subject, divisions []demarc.Division) project.Package {
	lines := Drawn(s)
	out := project.Package{Subject: s, Lines: lines, Divisions: divisions, AsOf: s.On, Version: s.Around.WrittenAt.UnixMicro()}
	if out.AsOf.IsZero() {
		out.AsOf = s.Project.EffectiveFrom
	}
	if out.AsOf.IsZero() {
		out.AsOf = s.Project.CreatedOn
	}
	out.Dated = geo.DateOf(s.Around.WrittenAt)
	if _, parts, err := AreaOf(geo.Patient{}, lines, s.Stretch); err == nil {
		out.Parts = parts
	}
	out.Around.Zones = Outers(lines, s.Around.Zones)
	for _, d := range divisions {
		if d.ID == s.Project.Division {
			out.Unit = d.Name
		}
	}
	return out
}

// RuleInWords tells what a rule profile is called and where it was read; "" where there is none of that id.
func RuleInWords(profiles Profiles, id string) string {
	p, err := profiles.Get(id)
	switch {
	case err != nil:
		return ""
	case p.Source.Text == "" || p.Source.Text == p.Title.Zh:
		return p.Title.Zh
	default:
		return p.Title.Zh + "（" + p.Source.Text + "）"
	}
}
