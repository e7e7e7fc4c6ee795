package project

import (
	"slices"
	"strings"

	"hetu/geo"
	"hetu/geo/access"
)

// Status is where a project stands, and with it its lines 状态.
type Status string

// The statuses.
const (
	Draft      Status = "draft"      // 草稿
	Checked    Status = "checked"    // 自检通过
	Consulted  Status = "consulted"  // 公示
	Approved   Status = "approved"   // 审定
	Announced  Status = "announced"  // 公告
	Superseded Status = "superseded" // 已被替代
	Withdrawn  Status = "withdrawn"  // 已撤回
)

// Statuses lists them in the order of a project's life.
func Statuses() []Status {
	return []Status{Draft, Checked, Consulted, Approved, Announced, Superseded, Withdrawn}
}

// Step is one of the lifecycle, and the roles that may make it over the division that leads.
type Step struct {
	From, To Status
	Roles    []access.Role // none: it follows from the announcement of another project
}

// Steps lists every one there is. The database has the same list.
func Steps() []Step {
	planner, reviewer, publisher := access.Planner, access.Reviewer, access.Publisher
	return []Step{
		{Draft, Checked, []access.Role{planner}},
		{Checked, Draft, []access.Role{planner, reviewer}},
		{Checked, Consulted, []access.Role{reviewer}},
		{Consulted, Draft, []access.Role{planner, reviewer}},
		{Consulted, Approved, []access.Role{reviewer}},
		{Approved, Draft, []access.Role{reviewer}},
		{Approved, Announced, []access.Role{publisher}},
		{Announced, Superseded, nil},
		{Draft, Withdrawn, []access.Role{planner, publisher}},
		{Checked, Withdrawn, []access.Role{publisher}},
		{Consulted, Withdrawn, []access.Role{publisher}},
		{Approved, Withdrawn, []access.Role{publisher}},
		{Announced, Withdrawn, []access.Role{publisher}},
	}
}

// StepOf finds the step from one status to another; geo.CodeConflict when there is none that somebody can ask for.
func StepOf(from, to Status) (Step, error) {
	for _, m := range Steps() {
		if m.From == from && m.To == to && len(m.Roles) > 0 {
			return m, nil
		}
	}
	next := Next(from)
	if !slices.Contains(Statuses(), to) {
		return Step{}, geo.InvalidField("/to", "%q is no status; there are %s", string(to), geo.Listed(Statuses()))
	}
	if len(next) == 0 {
		return Step{}, geo.FieldErrorf(geo.CodeConflict, "/to", "the project is %s, and stays so: begin a project that changes its lines", from)
	}
	return Step{}, geo.FieldErrorf(geo.CodeConflict, "/to", "the project is %s and becomes %s next, not %s", from, strings.Replace(geo.Listed(next), ", ", " or ", len(next)), to)
}

// Next lists what a project that has a status can be made.
func Next(from Status) []Status {
	out := []Status{}
	for _, m := range Steps() {
		if m.From == from && len(m.Roles) > 0 {
			out = append(out, m.To)
		}
	}
	return out
}

// Remedy says how something that only a draft has is changed in a project that has a status, as the end of a sentence.
func Remedy(s Status) string {
	if slices.Contains(Next(s), Draft) {
		return "make it a draft again first"
	}
	return "it becomes none again, so begin a project that changes it"
}

// May tells whether somebody may make the step, apart from his roles: who ever drafted a project neither approves nor announces it.
func (m Step) May(account int64, draftedBy []int64) error {
	if (m.To == Approved || m.To == Announced) && slices.Contains(draftedBy, account) {
		return geo.Errorf(geo.CodeForbidden, "you drafted this project: another one makes it %s", m.To)
	}
	return nil
}
