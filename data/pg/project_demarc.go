package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/project"
)

// What is made from the lines of a project, and what they have to agree with.

// adjoinWithinM is how far from the end of a project's range another boundary may end and still be its neighbour.
const adjoinWithinM = 50

// subject reads what is made and checked of a project: its lines as they were announced, where they were, and what they are held against as of a day.
func (s source) subject(ctx context.Context, by access.Actor, p project.Project, today geo.Date) (project.Subject, error) {
	out := project.Subject{Project: p}
	pieces, err := s.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": p.ID, "day": date(day(p))})
	if err != nil {
		return out, err
	}
	out.Lines = project.Lines(pieces)
	if out.Stretch, err = s.stretch(ctx, duty.Moment{AsOf: today}, p.River, p.Route, p.FromM, p.ToM); err != nil {
		return out, err
	}
	out.Around, err = s.around(ctx, by, p, out.Stretch, today)
	return out, err
}

// WholeSubject is what a check of a project looks at, for the command line: who may open the database may see all of it.
func (s *Store) WholeSubject(ctx context.Context, id int64) (out project.Subject, err error) {
	err = s.whole(ctx, id, func(src source, p project.Project, today geo.Date) (err error) {
		out, err = src.subject(ctx, access.Actor{}, p, today)
		return err
	})
	return out, err
}

// whole reads a project for one who may see all of it.
func (s *Store) whole(ctx context.Context, id int64, read func(src source, p project.Project, today geo.Date) error) error {
	return s.byGrants(ctx, func(src source) error {
		rows, err := collectFrom[projectRow](ctx, src, "project_locked", pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return noProject(id)
		}
		return read(src, rows[0].project(), geo.DateOf(s.now()))
	})
}

// PackageSubject gives what is handed over of a project that somebody sees. Of an announced one it is all as of a day, which is that from which it is in
// force unless another is asked for: its lines that are in force then, stakes, zones, route, survey and divisions. A draft is as it is today.
func (s *Store) PackageSubject(ctx context.Context, by access.Actor, id int64, asOf geo.Date) (out project.Subject, err error) {
	err = s.inSight(ctx, by, id, func(src source, p project.Project) (err error) {
		out, err = src.handedOver(ctx, by, p, asOf, geo.DateOf(s.now()))
		return err
	})
	return out, err
}

// WholePackage is PackageSubject for the command line: who may open the database may see all of it.
func (s *Store) WholePackage(ctx context.Context, id int64) (out project.Subject, err error) {
	err = s.whole(ctx, id, func(src source, p project.Project, today geo.Date) (err error) {
		out, err = src.handedOver(ctx, access.Actor{}, p, geo.Date{}, today)
		return err
	})
	return out, err
}

func (s source) handedOver(ctx context.Context, by access.Actor, p project.Project, asOf, today geo.Date) (project.Subject, error) {
	on := asOf
	switch {
	case p.EffectiveFrom.IsZero() && !asOf.IsZero():
		return project.Subject{}, geo.FieldErrorf(geo.CodeRefused, "as_of", "the project is in force on no day yet: leave as_of out, and the package is of the draft as it is")
	case p.EffectiveFrom.IsZero():
		return s.subject(ctx, by, p, today)
	case asOf.IsZero():
		on = p.EffectiveFrom
	case asOf.Before(p.EffectiveFrom):
		return project.Subject{}, geo.FieldErrorf(geo.CodeRefused, "as_of", "the project is in force from %s on: take that day or a later one", p.EffectiveFrom)
	}
	out, err := s.subject(ctx, by, p, on)
	if err != nil {
		return out, err
	}
	pieces, err := s.standing(ctx, p, on)
	if err == nil && len(pieces) == 0 {
		err = geo.FieldErrorf(geo.CodeConflict, "as_of", "no line of the project is in force on %s", on)
	}
	out.On, out.Lines = on, project.Lines(pieces)
	return out, err
}

// around reads what a project's lines have to agree with.
func (s source) around(ctx context.Context, by access.Actor, p project.Project, st demarc.Stretch, today geo.Date) (out project.Around, err error) {
	e, err := aroundOf(st)
	if err != nil {
		return out, err
	}
	a := pgx.NamedArgs{
		"project": p.ID, "route": p.Route, "river": p.River, "from": p.FromM, "to": p.ToM, "within": adjoinWithinM, "day": date(later(day(p), today)),
		"west": e.West, "south": e.South, "east": e.East, "north": e.North,
	}
	if out.Neighbours, err = s.neighbours(ctx, who(a, by, seers())); err != nil {
		return out, err
	}
	if out.Others, err = s.otherRivers(ctx, a); err != nil {
		return out, err
	}
	if out.Things, err = collectFrom[project.Thing](ctx, s, "project_things", a); err != nil {
		return out, err
	}
	type written struct {
		WrittenAt time.Time
		RiverCode string
	}
	rows, err := collectFrom[written](ctx, s, "project_written", pgx.NamedArgs{"project": p.ID, "day": date(today)})
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		out.RiverCode, out.WrittenAt = r.RiverCode, r.WrittenAt
	}
	if out.Directory, err = collectFrom[project.River](ctx, s, "project_directory", pgx.NamedArgs{"division": p.Division, "river": p.River, "day": date(today)}); err != nil {
		return out, err
	}
	if out.Above, err = s.divisionsAbove(ctx, st.Divisions, today); err != nil {
		return out, err
	}
	if err := s.made(ctx, p, today, &out); err != nil {
		return out, err
	}
	if out.ZonesTaken, err = s.zonesTaken(ctx, p); err != nil {
		return out, err
	}
	if out.InForce, err = s.inForce(ctx, p, st.Route, today); err != nil {
		return out, err
	}
	if p.LegalDoc != 0 {
		doc, err := s.document(ctx, by, p.LegalDoc, "")
		if err != nil && geo.CodeOf(err) != geo.CodeNotFound {
			return out, err
		}
		if err == nil {
			out.Document = &doc
		}
	}
	return out, nil
}

// inForce reads the announced lines that a project may have to take the place of, with their stakes.
func (s source) inForce(ctx context.Context, p project.Project, route *geom.LineString, today geo.Date) ([]project.Standing, error) {
	if p.Status == project.Announced || p.Status == project.Superseded || p.Status == project.Withdrawn {
		return nil, nil
	}
	rows, err := collectFrom[announcedRow](ctx, s, "project_announced", pgx.NamedArgs{"route": p.Route, "river": p.River, "from": date(today), "ids": nil})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	requests, err := collectFrom[requestRow](ctx, s, "project_requests", pgx.NamedArgs{"project": p.ID})
	if err != nil {
		return nil, err
	}
	var out []project.Standing
	at := map[int64]int{} // by boundary; one that has rows of several days is told once
	ids := []int64{}
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if _, told := at[r.ID]; told || !ok {
			continue
		}
		at[r.ID], ids = len(out), append(ids, r.ID)
		a := project.Standing{Line: project.Line{ID: r.ID, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Geom: line, Project: orZero(r.ProjectID)}}
		a.On = a.RangeOn(route)
		if i := slices.IndexFunc(requests, func(q requestRow) bool { return q.BoundaryID == r.ID }); i >= 0 {
			a.Request = requests[i].Status
		}
		out = append(out, a)
	}
	stakes, err := collectFrom[stakeRow](ctx, s, "boundary_stakes", pgx.NamedArgs{"boundaries": ids, "from": date(today)})
	if err != nil {
		return nil, err
	}
	for _, k := range stakes {
		on, one := &out[at[k.BoundaryID]], project.StandingStake{Name: k.Name, MeasureM: k.at(route)}
		if !slices.Contains(on.Stakes, one) {
			on.Stakes = append(on.Stakes, one)
		}
	}
	return out, nil
}

// made reads the stakes and the zones of a project.
func (s source) made(ctx context.Context, p project.Project, today geo.Date, out *project.Around) error {
	stakes, err := s.stakes(ctx, p, today)
	if err != nil {
		return err
	}
	zones, err := s.zones(ctx, p, today)
	if err != nil {
		return err
	}
	for _, k := range stakes {
		out.Stakes, out.WrittenAt = append(out.Stakes, k.stake()), latest(out.WrittenAt, k.WrittenAt)
	}
	for _, z := range zones {
		zone, err := z.zone()
		if err != nil {
			return err
		}
		out.Zones, out.WrittenAt = append(out.Zones, zone), latest(out.WrittenAt, z.WrittenAt)
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func later(a, b geo.Date) geo.Date {
	if a.Before(b) {
		return b
	}
	return a
}

type ownedPiece struct {
	pieceRow
	Owner     string
	ProjectID *int64
}

func (r ownedPiece) piece() (demarc.Piece, error) {
	line, ok := r.Geom.(*geom.LineString)
	if !ok {
		return demarc.Piece{}, fmt.Errorf("boundary %d is a %T", r.ID, r.Geom)
	}
	return demarc.Piece{
		Bank: r.Bank, FromM: orZero(r.FromM), ToM: orZero(r.ToM), Basis: r.BasisKind, WidthM: orZero(r.WidthM), Source: r.Source, Reason: orEmpty(r.Reason), Line: line,
	}, nil
}

func (s source) neighbours(ctx context.Context, a pgx.NamedArgs) ([]project.Neighbour, error) {
	rows, err := collectFrom[ownedPiece](ctx, s, "project_neighbours", a)
	if err != nil {
		return nil, err
	}
	var out []project.Neighbour
	for i, r := range rows {
		p, err := r.piece()
		if err != nil {
			return nil, err
		}
		if i == 0 || orZero(rows[i-1].ProjectID) != orZero(r.ProjectID) {
			out = append(out, project.Neighbour{Name: r.Owner, Draft: r.Status != project.Announced})
		}
		last := &out[len(out)-1]
		last.Pieces = append(last.Pieces, p)
	}
	return out, nil
}

// otherRivers gives the announced boundaries of other rivers near a project.
func (s source) otherRivers(ctx context.Context, a pgx.NamedArgs) ([]project.OtherRiver, error) {
	type row struct {
		ownedPiece
		RiverID int64
		Route   geom.T
	}
	rows, err := collectFrom[row](ctx, s, "project_others", a)
	if err != nil {
		return nil, err
	}
	var out []project.OtherRiver
	for i, r := range rows {
		p, err := r.piece()
		if err != nil {
			return nil, err
		}
		if i == 0 || orZero(rows[i-1].ProjectID) != orZero(r.ProjectID) {
			route, ok := r.Route.(*geom.LineString)
			if !ok {
				return nil, fmt.Errorf("the route of boundary %d is a %T", r.ID, r.Route)
			}
			out = append(out, project.OtherRiver{River: r.RiverID, Name: r.Owner, Route: route})
		}
		last := &out[len(out)-1]
		last.Pieces = append(last.Pieces, p)
	}
	areas, err := collectFrom[struct {
		ID, RiverID int64
		Owner       string
		Geom        geom.T
	}](ctx, s, "project_other_areas", a)
	if err != nil {
		return nil, err
	}
	for _, r := range areas {
		area, ok := r.Geom.(*geom.MultiPolygon)
		if !ok {
			return nil, fmt.Errorf("area %d is a %T", r.ID, r.Geom)
		}
		out = append(out, project.OtherRiver{River: r.RiverID, Name: r.Owner, Area: area})
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, s.meet(ctx, a, out)
}

// meet tells other rivers where they meet a route.
func (s source) meet(ctx context.Context, a pgx.NamedArgs, others []project.OtherRiver) error {
	rows, err := collectFrom[struct {
		RiverID                       int64
		Lon, Lat                      float64
		Ends, TheirsComes, TheirsGoes bool
	}](ctx, s, "project_confluences", a)
	for _, r := range rows {
		c := project.Confluence{Lon: r.Lon, Lat: r.Lat, How: project.Meets}
		switch {
		case !r.Ends && r.TheirsComes && !r.TheirsGoes:
			c.How = project.FlowsIn
		case r.Ends && r.TheirsComes && r.TheirsGoes:
			c.How = project.IsMain
		}
		for i := range others {
			if others[i].River == r.RiverID {
				others[i].Confluences = append(others[i].Confluences, c)
			}
		}
	}
	return err
}

// RiversMet gives the announced boundaries of other rivers beside a stretch, with where they meet it.
func (s *Store) RiversMet(ctx context.Context, st demarc.Stretch, asOf geo.Date) (out []project.OtherRiver, err error) {
	e, err := aroundOf(st)
	if err != nil {
		return nil, err
	}
	err = s.byGrants(ctx, func(src source) (err error) {
		out, err = src.otherRivers(ctx, pgx.NamedArgs{"route": st.RouteID, "river": st.River, "day": date(asOf), "west": e.West, "south": e.South, "east": e.East, "north": e.North})
		return err
	})
	return out, err
}

// DivisionsAbove gives the divisions of a stretch, with their polygons, and all above them, without, as they are on a day; zero is today.
func (s *Store) DivisionsAbove(ctx context.Context, of []demarc.Division, on geo.Date) ([]demarc.Division, error) {
	if on.IsZero() {
		on = geo.DateOf(s.now())
	}
	return source{s.read, s.queries}.divisionsAbove(ctx, of, on)
}

func (s source) divisionsAbove(ctx context.Context, of []demarc.Division, day geo.Date) ([]demarc.Division, error) {
	type row struct {
		ID         int64
		Code, Name string
		Level      geo.Level
		ParentID   *int64
	}
	ids := []int64{}
	for _, d := range of {
		ids = append(ids, d.ID)
	}
	rows, err := collectFrom[row](ctx, s, "project_divisions_up", pgx.NamedArgs{"ids": ids, "day": date(day)})
	if err != nil {
		return nil, err
	}
	out := slices.Clone(of)
	for _, r := range rows {
		if !slices.Contains(ids, r.ID) {
			out = append(out, demarc.Division{ID: r.ID, Code: r.Code, Name: r.Name, Level: r.Level, Parent: orZero(r.ParentID)})
		}
	}
	return out, nil
}

// open reads the project of an edit of what is made from its lines, and holds it to be one that still has any.
func (e *edit) open(ctx context.Context, id int64) (project.Project, Key, error) {
	p, key, err := e.locked(ctx, id, roles(access.Planner), true)
	if err == nil && (p.Status == project.Withdrawn || p.Status == project.Superseded) {
		err = geo.Errorf(geo.CodeConflict, "the project is %s: nothing is made of its lines any more", p.Status)
	}
	return p, key, err
}

// MayPlan refuses him who is no planner of a project, without the writers' lock; the write itself looks once more.
func (s *Store) MayPlan(ctx context.Context, by access.Actor, id int64) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		e := &edit{source: source{tx, s.queries}, tx: tx, by: by, now: s.now()}
		_, _, err := e.locked(ctx, id, roles(access.Planner), true)
		return err
	})
}

// redraft makes the next revision of a project whose stakes or zones change. They are checked, approved and announced with its lines, so they change while
// it is a draft, and who changes them drafts. Stakes change once more when the lines are announced: then they are set in the field.
func (e *edit) redraft(ctx context.Context, p *project.Project, key Key, stakes bool, note string) error {
	switch {
	case p.Status == project.Draft, stakes && p.Status == project.Announced:
	case stakes:
		return geo.Errorf(geo.CodeConflict, "the project is %s, and its stakes change while it is a draft, and when it is announced: %s, or wait for the announcement", p.Status, project.Remedy(p.Status))
	default:
		return geo.Errorf(geo.CodeConflict, "the project is %s, and its zones change while it is a draft: %s", p.Status, project.Remedy(p.Status))
	}
	p.Revision++
	if p.Status == project.Draft && !slices.Contains(p.DraftedBy, e.by.Account) {
		p.DraftedBy = append(slices.Clone(p.DraftedBy), e.by.Account)
	}
	e.putProject(*p, key)
	return e.write(ctx, p.ID, project.Entry{Revision: p.Revision, Base: p.Revision - 1, Kind: "edit", Status: p.Status, Note: note})
}

// stale tells that a write of a project was built on an older revision: who changed what since, and when the one that it was built on was recorded.
func (e *edit) stale(ctx context.Context, p project.Project, base int) (*project.Stale, revision, error) {
	if err := hadRevision(p, base); err != nil {
		return nil, revision{}, err
	}
	log, err := e.log(ctx, p.ID, base, p.Revision-base)
	if err != nil {
		return nil, revision{}, err
	}
	stale := project.NewStale(base, p.Revision)
	for _, l := range log {
		stale.Since = append(stale.Since, project.Touched{Revision: l.Revision, By: l.By, At: l.At, Ranges: l.Ranges})
	}
	was, err := e.revision(ctx, p.ID, base)
	return stale, was, err
}

// standing gives the lines of a project that are in force on a day, or are to be.
func (s source) standing(ctx context.Context, p project.Project, on geo.Date) ([]project.Piece, error) {
	pieces, err := s.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": p.ID, "day": date(on)})
	return slices.DeleteFunc(pieces, func(piece project.Piece) bool {
		return piece.Status == project.Superseded || piece.Status == project.Withdrawn
	}), err
}

// KeepCheck keeps a run of the quality rules over a project that somebody sees.
func (s *Store) KeepCheck(ctx context.Context, by access.Actor, id int64, run project.CheckRun) error {
	if _, err := s.Project(ctx, by, id); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		e := &edit{source: source{tx, s.queries}, tx: tx}
		if err := e.exec(ctx, "edit_check_lock", pgx.NamedArgs{"project": id}); err != nil {
			return err
		}
		if err := e.exec(ctx, "edit_check_add", pgx.NamedArgs{
			"project": id, "revision": run.Revision, "account": by.Account, "name": by.Name, "at": s.now(), "body": run.Body,
		}); err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(run.Body))
		return s.audit(ctx, tx, access.Event{
			Actor: by, Action: "project_check", Object: fmt.Sprintf("project %d", id), Result: access.Done, Detail: fmt.Sprintf("revision %d, sha256 %s", run.Revision, hex.EncodeToString(sum[:])),
		})
	})
}

// LastCheck gives the last run of the quality rules over a project; geo.CodeNotFound when there was none.
func (s *Store) LastCheck(ctx context.Context, by access.Actor, id int64) (run project.CheckRun, err error) {
	err = s.inSight(ctx, by, id, func(src source, _ project.Project) error {
		rows, err := collectFrom[project.CheckRun](ctx, src, "project_check_last", pgx.NamedArgs{"project": id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return geo.NotFoundField("id", "the project was not checked yet: POST to its checks")
		}
		run = rows[0]
		return nil
	})
	return run, err
}
