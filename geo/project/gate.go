package project

import (
	"hetu/geo"
	"hetu/geo/demarc/rules"
)

// RulesSubject gives what the quality rules look at of what is stored: the stretch, its survey and divisions, and the lines. What is derived
// or stands elsewhere, such as area, candidate, neighbours and stakes, is for the caller to add; a rule that needs it says nothing without.
func (s Subject) RulesSubject() rules.Subject {
	out := rules.Subject{Stretch: s.Stretch, SRID: geo.CGCS2000, Lines: s.Lines}
	out.Meta.Name, out.Meta.Status, out.Meta.CheckedFor = s.Project.Name, string(s.Project.Status), string(Checked)
	return out
}
