package pg_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// life is what is expected of projects over the same banks, two of them and one for each that came to its end, driven by whoever.
type life struct {
	c        *county
	doc      int64
	today    geo.Date
	actors   []access.Actor
	roles    map[int64][]access.Role
	projects []*modelled
	begin    func() *modelled
	steps    int
	goals    []project.Step // those of the lifecycle that the history has not gone towards yet
	seen     *visited
}

// visited counts what was done, in all histories.
type visited struct {
	steps    map[string]int // by from and to
	requests map[string]int // changes of announced lines: asked, approved, refused, done
}

func (v *visited) step(from, to project.Status) { v.steps[fmt.Sprintf("%s to %s", from, to)]++ }

// all fails unless every step of the lifecycle was made, and a change request met every end.
func (v *visited) all(t *testing.T) {
	t.Helper()
	t.Logf("%v, change requests %v", v.steps, v.requests)
	for _, m := range project.Steps() {
		if v.steps[fmt.Sprintf("%s to %s", m.From, m.To)] == 0 {
			t.Errorf("no history has a project that was %s and became %s", m.From, m.To)
		}
	}
	for _, end := range []string{"asked", "approved", "refused", "done"} {
		if v.requests[end] == 0 {
			t.Errorf("no change request was %s", end)
		}
	}
}

// modelled is one project.
type modelled struct {
	id        int64
	status    project.Status
	revision  int
	drafters  []int64
	lines     bool
	stopped   []int64 // comments that stop approval
	warned    bool    // the check left a warning that is not waived
	took      []int64 // who waived what the check found, or asked for a change, and plans
	allowed   map[int64]bool
	inForce   geo.Period // of its lines
	boundary  [2]int64
	announced bool
}

// Whoever does what in whatever order: what is answered is what the model expects. One line is in force per bank and day; no drafter approves or
// announces; the history has no gap; and what was refused changed nothing. Each history goes, in an order of its own, towards every step of the lifecycle,
// whatever else is done between. What rapid draws beyond so many lifecycles is for shrinking one that fails.
func TestProjectLivesByTheModelTurns(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	var histories atomic.Int64
	var failed atomic.Bool
	c := newCounty(t, pgtest.Clock(func() time.Time { return day }))
	doc := c.documentOn(t, geo.DateOf(day))
	seen := &visited{map[string]int{}, map[string]int{}}
	rapid.Check(t, func(rt *rapid.T) {
		if histories.Add(1) > lifecycles && !failed.Load() {
			return
		}
		defer func() {
			if rt.Failed() {
				failed.Store(true)
			}
		}()
		l := newLife(t, c, doc, geo.DateOf(day), int(histories.Load()))
		l.seen = seen
		l.goals = rapid.Permutation(project.Steps()).Draw(rt, "goals")
		rt.Repeat(map[string]func(*rapid.T){
			"commit": l.commit, "move": l.move, "onward": l.onward, "towards": l.towards, "comment": l.comment, "resolve": l.resolve, "waive": l.waive, "change": l.change, "": l.check,
		})
		for len(l.goals) > 0 {
			l.towards(rt)
		}
		l.hold(rt)
	})
	seen.all(t)
}

// newLife makes a part of the river and its people for one history.
func newLife(t *testing.T, c *county, doc int64, today geo.Date, n int) *life {
	t.Helper()
	l := &life{c: c, doc: doc, today: today, roles: map[int64][]access.Role{}}
	for i, roles := range [][]access.Role{
		{access.Planner}, {access.Planner, access.Reviewer}, {access.Reviewer}, {access.Reviewer, access.Publisher}, {access.Publisher}, {access.Planner, access.Publisher}, {access.Office},
	} {
		a := c.account(t, fmt.Sprintf("life%d-%d", n, i), roles[0], c.town)
		for _, r := range roles[1:] {
			if err := c.Exec(t.Context(), "", "INSERT INTO hetu.account_grant (account_id, role, division_id, made_at) VALUES ($1, $2, $3, now())", a.Account, string(r), c.town); err != nil {
				t.Fatal(err)
			}
		}
		l.actors = append(l.actors, a)
		l.roles[a.Account] = roles
	}
	from := 100 * float64(n%90) // each history has a part of the river of its own
	l.begin = func() *modelled {
		p := &modelled{id: c.begin(t, from, from+100), status: project.Draft, revision: 1, drafters: []int64{c.planner.Account}, allowed: map[int64]bool{}}
		l.projects = append(l.projects, p)
		return p
	}
	l.begin()
	l.begin()
	return l
}

func (c *county) documentOn(t *testing.T, day geo.Date) int64 {
	t.Helper()
	number, sha := "甲政告〔2026〕9号", fmt.Sprintf("%064x", 9)
	if err := c.Store.FileSent(t.Context(), c.publisher, sha, 1); err != nil {
		t.Fatal(err)
	}
	d, _, err := c.Store.AddDocument(t.Context(), c.publisher, project.Document{Kind: "announcement", Number: &number, Title: "公告", Dated: day, SHA256: &sha, Division: &c.town}, project.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return d.ID
}

func (l *life) any(t *rapid.T) (*modelled, access.Actor) {
	return rapid.SampledFrom(l.projects).Draw(t, "project"), rapid.SampledFrom(l.actors).Draw(t, "actor")
}

func (l *life) has(a access.Actor, roles ...access.Role) bool {
	return slices.ContainsFunc(l.roles[a.Account], func(r access.Role) bool { return slices.Contains(roles, r) })
}

// want holds an answer against what is expected; "" is success.
func want(t *rapid.T, what string, err error, code geo.Code) bool {
	if code == "" && err != nil || code != "" && (err == nil || geo.CodeOf(err) != code) {
		t.Fatalf("%s: %v, want %q", what, err, code)
	}
	return err == nil
}

func (l *life) commit(t *rapid.T) {
	p, a := l.any(t)
	l.commitBy(t, p, a)
}

func (l *life) commitBy(t *rapid.T, p *modelled, a access.Actor) {
	read, err := l.c.Store.Project(t.Context(), l.actors[0], p.id)
	if err != nil {
		t.Fatal(err)
	}
	off := rapid.Float64Range(20, 60).Draw(t, "off")
	made, _, err := l.c.Store.Commit(t.Context(), a, p.id, project.Commit{Base: p.revision, Changes: changeOf(l.c.piece(geo.Left, read.FromM, read.ToM, off), l.c.piece(geo.Right, read.FromM, read.ToM, off))}, geo.China(), project.Once{})
	code := geo.Code("")
	switch {
	case !l.has(a, access.Planner):
		code = geo.CodeForbidden
	case p.status != project.Draft:
		code = geo.CodeConflict
	}
	if want(t, "commit by "+a.Name, err, code) {
		p.revision, p.lines = made.Revision, true
		if !slices.Contains(p.drafters, a.Account) {
			p.drafters = append(p.drafters, a.Account)
		}
	}
}

// onward brings a project one move or more further, by those who may make it.
func (l *life) onward(t *rapid.T) {
	p := rapid.SampledFrom(l.projects).Draw(t, "project")
	for range rapid.IntRange(1, 4).Draw(t, "moves") {
		next := map[project.Status]project.Status{project.Draft: project.Checked, project.Checked: project.Consulted, project.Consulted: project.Approved, project.Approved: project.Announced}[p.status]
		if next == "" {
			return // it is at its end
		}
		l.makeStep(t, p, next)
	}
}

// towards makes the next step that the history goes towards: it takes a project that can be brought to where that begins, or begins one.
func (l *life) towards(t *rapid.T) {
	if len(l.goals) == 0 {
		return // every step was made
	}
	goal := l.goals[0]
	l.goals = l.goals[1:]
	if goal.To == project.Superseded { // by the announcement of another one, which is refused that at first
		l.reach(t, l.bringable(t, goal.From), goal.From)
		another := l.begin()
		l.changeBy(t, another, l.actors[0], false)
		l.reach(t, another, project.Announced)
		return
	}
	p := l.bringable(t, goal.From)
	l.reach(t, p, goal.From)
	l.makeStep(t, p, goal.To)
}

// announcedForGood is the project whose lines are in force without an end, or nil.
func (l *life) announcedForGood() *modelled {
	for _, p := range l.projects {
		if p.announced && p.status == project.Announced && p.inForce.To.IsZero() {
			return p
		}
	}
	return nil
}

// bringable gives a project that can be brought to a status; of those that are announced one whose lines are in force without an end.
func (l *life) bringable(t *rapid.T, to project.Status) *modelled {
	var some []*modelled
	for _, p := range l.projects {
		if _, ok := pathTo(p.status, to); ok && (p.status != project.Announced || p == l.announcedForGood()) {
			some = append(some, p)
		}
	}
	if len(some) == 0 {
		return l.begin()
	}
	return rapid.SampledFrom(some).Draw(t, "bringable")
}

// pathTo gives the fewest moves that somebody can make from one status to another.
func pathTo(from, to project.Status) (path []project.Status, ok bool) {
	came := map[project.Status]project.Status{from: ""}
	for queue := []project.Status{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			for at := to; at != from; at = came[at] {
				path = append([]project.Status{at}, path...)
			}
			return path, true
		}
		for _, next := range project.Next(queue[0]) {
			if _, known := came[next]; !known {
				came[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil, false
}

// reach brings a project to a status.
func (l *life) reach(t *rapid.T, p *modelled, to project.Status) {
	path, ok := pathTo(p.status, to)
	if !ok {
		t.Fatalf("no way from %s to %s", p.status, to)
	}
	for _, next := range path {
		l.makeStep(t, p, next)
	}
}

// makeStep has a project moved by one who may, and clears away before what would stop it.
func (l *life) makeStep(t *rapid.T, p *modelled, next project.Status) {
	if next == project.Checked && !p.lines {
		l.commitBy(t, p, l.actors[0])
	}
	if next == project.Consulted && p.warned {
		l.waiveBy(t, p, l.actors[2])
	}
	for (next == project.Approved || next == project.Announced) && len(p.stopped) > 0 {
		l.resolveOf(t, p)
	}
	if next == project.Announced || p.status == project.Announced {
		l.changeBy(t, p, l.actors[0], true)
	}
	step, err := project.StepOf(p.status, next)
	if err != nil {
		t.Fatal(err)
	}
	var may []access.Actor
	for _, a := range l.actors {
		if l.has(a, step.Roles...) && step.May(a.Account, append(slices.Clone(p.drafters), p.took...)) == nil {
			may = append(may, a)
		}
	}
	l.moveTo(t, p, rapid.SampledFrom(may).Draw(t, "who may"), next)
	if p.status != next {
		t.Fatalf("project %d is %s and not %s", p.id, p.status, next)
	}
}

func (l *life) move(t *rapid.T) {
	p, a := l.any(t)
	l.moveTo(t, p, a, rapid.SampledFrom(project.Statuses()).Draw(t, "to"))
}

func (l *life) moveTo(t *rapid.T, p *modelled, a access.Actor, to project.Status) {
	m := project.Move{To: to, Base: p.revision, FindingsOf: p.revision, LegalDoc: l.doc, EffectiveFrom: l.today.AddDays(rapid.IntRange(0, 30).Draw(t, "days"))}
	warned := rapid.IntRange(0, 3).Draw(t, "warned") == 0
	m.Findings = &[]demarc.Finding{}
	if warned {
		m.Findings = &[]demarc.Finding{{Rule: "G12", Severity: demarc.Warning, Bank: geo.Left, Unit: "m", Zh: "宽", En: fmt.Sprint("wide ", p.revision), Size: float64(p.revision)}}
	}
	ids := l.displaced(p, m)
	made, _, err := l.c.Store.Transition(t.Context(), a, p.id, m, project.Once{})
	if !want(t, fmt.Sprintf("%s from %s to %s", a.Name, p.status, to), err, l.expected(p, a, m, ids)) {
		return
	}
	was := p.status
	l.seen.step(was, to)
	p.revision, p.status = made.Revision, to
	switch {
	case to == project.Checked:
		p.warned = warned
	case to == project.Announced:
		l.announced(t, p, m.EffectiveFrom, ids)
	case to == project.Withdrawn && was == project.Announced:
		l.done(p, ids)
		if m.EffectiveFrom.Before(p.inForce.To) || p.inForce.To.IsZero() {
			p.inForce.To = m.EffectiveFrom
		}
		if !p.inForce.From.Before(p.inForce.To) {
			p.announced = false
		}
	}
}

// displaced gives the announced boundaries that a move would change.
func (l *life) displaced(p *modelled, m project.Move) []int64 {
	var ids []int64
	for _, o := range l.projects {
		ends := o.inForce.To
		if !o.announced || !ends.IsZero() && !m.EffectiveFrom.Before(ends) {
			continue
		}
		if m.To == project.Announced && o != p || m.To == project.Withdrawn && o == p {
			ids = append(ids, o.boundary[0], o.boundary[1])
		}
	}
	return ids
}

func (l *life) expected(p *modelled, a access.Actor, m project.Move, displaced []int64) geo.Code {
	step, err := project.StepOf(p.status, m.To)
	switch {
	case err != nil:
		return geo.CodeOf(err)
	case !l.has(a, step.Roles...) || (m.To == project.Approved || m.To == project.Announced) && slices.Contains(append(slices.Clone(p.drafters), p.took...), a.Account):
		return geo.CodeForbidden
	case m.To == project.Checked && !p.lines:
		return geo.CodeRefused
	case m.To == project.Consulted && p.warned, (m.To == project.Approved || m.To == project.Announced) && len(p.stopped) > 0:
		return geo.CodeConflict
	case slices.ContainsFunc(displaced, func(id int64) bool { return !p.allowed[id] }):
		return geo.CodeConflict
	}
	return ""
}

// announced takes over what an announcement does.
func (l *life) announced(t *rapid.T, p *modelled, from geo.Date, displaced []int64) {
	l.done(p, displaced)
	_, pieces, err := l.c.Store.ProjectPieces(t.Context(), l.actors[0], p.id, 0)
	if err != nil || len(pieces) != 2 {
		t.Fatalf("%d pieces: %v", len(pieces), err)
	}
	for _, o := range l.projects {
		if o == p || !o.announced || !slices.Contains(displaced, o.boundary[0]) {
			continue
		}
		forGood := o.inForce.To.IsZero()
		o.inForce.To = from
		if !o.inForce.From.Before(from) {
			o.announced = false
		}
		if forGood && o.status == project.Announced {
			o.status = project.Superseded
			l.seen.step(project.Announced, project.Superseded)
			o.revision++
		}
	}
	p.announced, p.inForce, p.boundary = true, geo.Since(from), [2]int64{pieces[0].ID, pieces[1].ID}
}

// done ends the change requests that were used.
func (l *life) done(p *modelled, ids []int64) {
	for _, id := range ids {
		delete(p.allowed, id)
		l.seen.requests["done"]++
	}
}

func (l *life) comment(t *rapid.T) {
	p, a := l.any(t)
	read, err := l.c.Store.Project(t.Context(), l.actors[0], p.id)
	if err != nil {
		t.Fatal(err)
	}
	id, err := l.c.Store.AddComment(t.Context(), a, p.id, project.Comment{Revision: p.revision, Bank: geo.Left, FromM: read.FromM, ToM: read.ToM, Blocking: true, Text: "?"})
	code := geo.Code("")
	if l.has(a, access.Office) {
		code = geo.CodeForbidden
	}
	if want(t, "comment by "+a.Name, err, code) {
		p.stopped = append(p.stopped, id)
	}
}

func (l *life) resolve(t *rapid.T) {
	p := rapid.SampledFrom(l.projects).Draw(t, "project")
	if len(p.stopped) == 0 {
		t.Skip("nothing stops it")
	}
	l.resolveOf(t, p)
}

func (l *life) resolveOf(t *rapid.T, p *modelled) {
	if want(t, "resolve", l.c.Store.ResolveComment(t.Context(), l.actors[2], p.id, p.stopped[0], "!"), "") {
		p.stopped = p.stopped[1:]
	}
}

func (l *life) waive(t *rapid.T) {
	p, a := l.any(t)
	if p.status != project.Checked || !p.warned {
		t.Skip("nothing is to be waived")
	}
	l.waiveBy(t, p, a)
}

func (l *life) waiveBy(t *rapid.T, p *modelled, a access.Actor) {
	_, found, err := l.c.Store.ProjectFindings(t.Context(), l.actors[0], p.id)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v %v", found, err)
	}
	_, err = l.c.Store.Waive(t.Context(), a, p.id, found[0].ID, "现场核实", project.Once{})
	code := geo.Code("")
	if !l.has(a, access.Planner, access.Reviewer) {
		code = geo.CodeForbidden
	}
	if want(t, "waive by "+a.Name, err, code) {
		p.warned = false
		if l.has(a, access.Planner) {
			p.took = append(p.took, a.Account)
		}
	}
}

// change has a change of all that is announced asked for, by whoever plans, and approved or refused.
func (l *life) change(t *rapid.T) {
	p := rapid.SampledFrom(l.projects).Draw(t, "project")
	planners := slices.DeleteFunc(slices.Clone(l.actors), func(a access.Actor) bool { return !l.has(a, access.Planner) })
	l.changeBy(t, p, rapid.SampledFrom(planners).Draw(t, "asks"), rapid.Bool().Draw(t, "approve"))
}

func (l *life) changeBy(t *rapid.T, p *modelled, asks access.Actor, approve bool) {
	var ids []int64
	for _, o := range l.projects {
		if o.announced && (o.inForce.To.IsZero() || l.today.Before(o.inForce.To)) && !p.allowed[o.boundary[0]] {
			ids = append(ids, o.boundary[0], o.boundary[1])
		}
	}
	if len(ids) == 0 || p.status == project.Superseded || p.status == project.Withdrawn {
		return // nothing to be asked
	}
	if _, err := l.c.Store.AskChange(t.Context(), asks, p.id, ids, "works", "堤防加固", project.Once{}); err != nil {
		t.Fatal(err)
	}
	p.took = append(p.took, asks.Account)
	asked, err := l.c.Store.ChangeRequests(t.Context(), l.actors[0], p.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range asked {
		if r.Status != "open" {
			continue
		}
		l.seen.requests["asked"]++
		_, err := l.c.Store.DecideChange(t.Context(), asks, p.id, r.ID, true, project.Once{})
		want(t, "who asked decides", err, geo.CodeForbidden)
		if _, err := l.c.Store.DecideChange(t.Context(), l.actors[2], p.id, r.ID, approve, project.Once{}); err != nil {
			t.Fatal(err)
		}
		p.allowed[r.Boundary] = approve
		l.seen.requests[map[bool]string{true: "approved", false: "refused"}[approve]]++
	}
}

// check holds what is stored against the model, after every fourth step.
func (l *life) check(t *rapid.T) {
	if l.steps++; l.steps%4 == 0 {
		l.hold(t)
	}
}

func (l *life) hold(t *rapid.T) {
	for _, p := range l.projects {
		read, err := l.c.Store.Project(t.Context(), l.actors[0], p.id)
		if err != nil || read.Status != p.status || read.Revision != p.revision {
			t.Fatalf("project %d is %s in revision %d (%v), want %s in %d", p.id, read.Status, read.Revision, err, p.status, p.revision)
		}
		if slices.Contains(read.DraftedBy, read.ApprovedBy) || slices.Contains(read.DraftedBy, read.AnnouncedBy) {
			t.Fatalf("%+v: a drafter approved or announced", read)
		}
		log, err := l.c.Store.ProjectLog(t.Context(), l.actors[0], p.id, 0, 1000)
		if err != nil || len(log) != p.revision || log[len(log)-1].Revision != p.revision {
			t.Fatalf("project %d: %d entries, want %d: %v", p.id, len(log), p.revision, err)
		}
	}
	day := l.today.AddDays(rapid.IntRange(0, 31).Draw(t, "day"))
	var in []int64
	for _, p := range l.projects {
		if p.announced && p.inForce.Contains(day) {
			in = append(in, p.boundary[0], p.boundary[1])
		}
	}
	got, err := l.c.Store.AnnouncedBeside(t.Context(), l.actors[0], l.projects[0].id, day)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, g := range got {
		ids = append(ids, g.ID)
	}
	slices.Sort(in)
	slices.Sort(ids)
	if !slices.Equal(in, ids) || len(ids) > 2 {
		t.Fatalf("in force on %s are %v, want %v", day, ids, in)
	}
}
