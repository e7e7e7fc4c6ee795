package pg

import (
	"context"
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
	"hetu/geo/project/gate"
)

// announcedRow is an announced boundary over some days.
type announcedRow struct {
	ID                 int64
	Key                string
	Name               *string
	RiverID            int64
	RouteID, ProjectID *int64
	Bank               geo.Bank
	FromM, ToM         *float64
	BasisKind          string
	RuleProfile        *string
	WidthM             *float64
	Source             string
	Reason             *string
	LegalDocID         *int64
	GeomSHA256         *string
	LeadLevel          *int
	ValidFrom, ValidTo *time.Time
	Geom               geom.T
}

// row is the row again, to be changed.
func (r announcedRow) row(e *edit) (Boundary, error) {
	line, ok := r.Geom.(*geom.LineString)
	if !ok {
		return Boundary{}, fmt.Errorf("boundary %d is a %T", r.ID, r.Geom)
	}
	e.know("boundary", Key(r.Key), r.ID)
	return Boundary{
		Record: Record{Key: Key(r.Key), Valid: geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}, Source: r.Source}, Name: orEmpty(r.Name), River: e.id("river", r.RiverID),
		Route: e.id("route", orZero(r.RouteID)), Bank: r.Bank, BasisKind: r.BasisKind, RuleProfile: orEmpty(r.RuleProfile), WidthM: r.WidthM, FromM: r.FromM, ToM: r.ToM,
		Status: string(project.Announced), LegalDoc: e.id("legal_doc", orZero(r.LegalDocID)), LeadLevel: r.LeadLevel, Geom: line, Project: e.id("project", orZero(r.ProjectID)),
		Reason: orEmpty(r.Reason), SHA256: orEmpty(r.GeomSHA256),
	}, nil
}

func (e *edit) announced(ctx context.Context, p project.Project, from geo.Date, ids []int64) ([]announcedRow, error) {
	return collectFrom[announcedRow](ctx, e.source, "project_announced", pgx.NamedArgs{"route": p.Route, "river": p.River, "from": date(from), "ids": ids})
}

// announce puts a project's lines in force from a day on, in the place of what was announced there. What it replaces is superseded from
// that day; what it replaces in part goes on with what is left of it.
func (e *edit) announce(ctx context.Context, m mover) error {
	if err := e.cleared(ctx, m.p.ID); err != nil {
		return err
	}
	doc, err := e.announcement(ctx, m)
	if err != nil {
		return err
	}
	if len(m.pieces) == 0 {
		return geo.Errorf(geo.CodeRefused, "the project has no line to announce")
	}
	if err := e.onRecord(ctx, m); err != nil {
		return err
	}
	was := m.p
	m.p.LegalDoc, m.p.EffectiveFrom, m.p.AnnouncedBy = doc.ID, m.EffectiveFrom, e.by.Account
	for _, piece := range m.pieces {
		piece.Status, piece.LegalDoc, piece.SHA256 = project.Announced, doc.ID, project.PieceSHA256(piece.Piece)
		e.putPiece(m.p, "", piece, geo.Since(m.EffectiveFrom), false)
	}
	zones, err := e.enforce(ctx, was, m)
	if err != nil {
		return err
	}
	if err := e.supersede(ctx, m, zones); err != nil {
		return err
	}
	return e.moved(ctx, m)
}

// announcement is the document that announces: with a number, a date and its file.
func (e *edit) announcement(ctx context.Context, m mover) (project.Document, error) {
	id := m.LegalDoc
	if id == 0 {
		id = m.p.LegalDoc
	}
	if id == 0 {
		return project.Document{}, geo.FieldErrorf(geo.CodeRefused, "/legal_doc_id", "is missing: a line is announced by a document")
	}
	doc, err := e.document(ctx, e.by, id, "")
	if err == nil {
		err = e.documentOf(ctx, m.p, doc)
	}
	switch {
	case geo.CodeOf(err) == geo.CodeNotFound:
		return doc, geo.FieldErrorf(geo.CodeRefused, "/legal_doc_id", "there is no document %d: file it first", id)
	case err != nil:
		return doc, err
	case doc.Kind != "announcement":
		return doc, geo.FieldErrorf(geo.CodeRefused, "/legal_doc_id", "the document %d is a %s; a line is announced by an announcement 公告", id, doc.Kind)
	case orEmpty(doc.Number) == "" || doc.Dated.IsZero() || orEmpty(doc.SHA256) == "":
		return doc, geo.FieldErrorf(geo.CodeRefused, "/legal_doc_id", "the document %d lacks its number, its date or its file: file it with all three", id)
	case m.EffectiveFrom.IsZero():
		return doc, geo.FieldErrorf(geo.CodeRefused, "/effective_from", "is missing: say from which day on the line is in force")
	case m.EffectiveFrom.Before(doc.Dated):
		return doc, geo.FieldErrorf(geo.CodeRefused, "/effective_from", "%s lies before the document's date, %s", m.EffectiveFrom, doc.Dated)
	case m.EffectiveFrom.Before(geo.DateOf(e.now).AddDays(-lateDays)):
		return doc, geo.FieldErrorf(geo.CodeRefused, "/effective_from", "%s is more than a year ago: what was announced then is brought in by an import", m.EffectiveFrom)
	}
	return doc, nil
}

// onRecord refuses a day from which the ground is not on record: of it there would be no package, and areas in no division.
func (e *edit) onRecord(ctx context.Context, m mover) error {
	var first *time.Time
	err := e.tx.QueryRow(ctx, e.queries["edit_first_day"], pgx.NamedArgs{
		"project": m.p.ID, "route": m.p.Route, "river": m.p.River, "division": m.p.Division, "day": date(later(geo.DateOf(e.now), m.EffectiveFrom)),
	}).Scan(&first)
	if err != nil {
		return interpret(fmt.Errorf("edit_first_day: %w", err))
	}
	if from := dateOf(first); !from.IsZero() && m.EffectiveFrom.Before(from) {
		return geo.FieldErrorf(geo.CodeRefused, "/effective_from", "%s lies before %s, from which day on the river, its route and the divisions of the lines are on record: take that day or a later one", m.EffectiveFrom, from)
	}
	return nil
}

// lateDays is how long after the day from which it is in force an announcement may still be entered, where it changes no line that was announced.
const lateDays = 366

// documentOf refuses a document that is neither of the division that leads nor of one above it.
func (e *edit) documentOf(ctx context.Context, p project.Project, doc project.Document) error {
	above := false
	if err := e.tx.QueryRow(ctx, e.queries["edit_division_above"], pgx.NamedArgs{"division": p.Division, "of": orZero(doc.Division)}).Scan(&above); err != nil {
		return interpret(fmt.Errorf("edit_division_above: %w", err))
	}
	if !above {
		return geo.FieldErrorf(geo.CodeRefused, "/legal_doc_id", "the document %d is not of the division that leads the project, nor of one above it: file the announcement for one of these", doc.ID)
	}
	return nil
}

// supersede ends what was announced where the project's lines and zones are, from the day that they are in force, and derives the areas anew.
func (e *edit) supersede(ctx context.Context, m mover, zones []zoneRow) error {
	route, err := e.routeLine(ctx, m.p.Route, geo.DateOf(e.now))
	if err != nil {
		return err
	}
	rows, err := e.announced(ctx, m.p, m.EffectiveFrom, nil)
	if err != nil {
		return err
	}
	pieces := project.Lines(m.pieces).Pieces
	old := &displacer{e: e, m: m, left: map[int64]int{}, parts: map[int64][]part{}}
	for _, piece := range pieces {
		old.after = append(old.after, gate.InForce{Piece: piece, Project: m.p.ID, Valid: geo.Since(m.EffectiveFrom)})
	}
	for _, r := range rows {
		row, err := r.row(e)
		if err != nil {
			return err
		}
		line := project.Line{ID: r.ID, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Geom: row.Geom, Project: orZero(r.ProjectID)}
		givesWay, rests, err := project.Beside(route, line, project.Taken(pieces, r.Bank))
		if err != nil {
			return err
		}
		if givesWay {
			old.cut(r, row, rests)
		} else {
			old.stays(r, row, line.RangeOn(route))
		}
	}
	if err := e.requested(ctx, m, old.rows); err != nil {
		return err
	}
	if err := old.moveStakes(ctx, route); err != nil {
		return err
	}
	if err := e.cutZones(ctx, m, route, zones); err != nil {
		return err
	}
	if err := e.deriveAreas(ctx, m, route, m.EffectiveFrom, old.after); err != nil {
		return err
	}
	return old.supersedeProjects(ctx)
}

// displacer ends rows from a day on and goes on with what is left of them.
type displacer struct {
	e     *edit
	m     mover
	rows  []announcedRow   // that gave way
	ids   []int64          // of their boundaries
	left  map[int64]int    // by project: how many lines of it go on with what is left
	parts map[int64][]part // by boundary that gave way: what of it goes on
	after []gate.InForce   // what is in force then
}

// part is a rest of a boundary under the key that it goes on by, for some days.
type part struct {
	duty.Range
	key   Key
	valid geo.Period
}

// stays notes a line that does not give way.
func (c *displacer) stays(r announcedRow, row Boundary, at duty.Range) {
	if orZero(r.RouteID) != c.m.p.Route {
		return // it may lie beside another route of the river
	}
	c.after = append(c.after, gate.InForce{
		Piece:   demarc.Piece{Bank: r.Bank, FromM: at.FromM, ToM: at.ToM, Basis: demarc.Basis(r.BasisKind), WidthM: orZero(r.WidthM), Source: r.Source, Line: row.Geom},
		Project: orZero(r.ProjectID), Document: orZero(r.LegalDocID), Valid: row.Valid,
	})
}

func (c *displacer) cut(r announcedRow, row Boundary, rests []project.Rest) {
	if row.Valid.From.IsZero() || row.Valid.From.Before(c.m.EffectiveFrom) {
		row.Valid.From = c.m.EffectiveFrom
	}
	for i, rest := range rests {
		next := row
		next.Key = KeyOf("rest", fmt.Sprint(r.ID), fmt.Sprint(c.m.p.ID), row.Valid.From.String(), fmt.Sprint(i+1))
		next.FromM, next.ToM, next.Geom = &rest.FromM, &rest.ToM, rest.Geom
		next.Route = c.e.id("route", c.m.p.Route)
		piece := demarc.Piece{Bank: r.Bank, FromM: rest.FromM, ToM: rest.ToM, Basis: demarc.Basis(r.BasisKind), WidthM: orZero(r.WidthM), Line: rest.Geom}
		next.SHA256 = project.PieceSHA256(piece)
		c.e.put(next)
		c.left[orZero(r.ProjectID)]++
		c.parts[r.ID] = append(c.parts[r.ID], part{duty.Range{FromM: rest.FromM, ToM: rest.ToM}, next.Key, row.Valid})
		piece.Source = r.Source
		c.after = append(c.after, gate.InForce{Piece: piece, Project: orZero(r.ProjectID), Document: orZero(r.LegalDocID), Valid: row.Valid})
	}
	row.Status = string(project.Superseded)
	c.e.put(row)
	c.rows, c.ids = append(c.rows, r), append(c.ids, r.ID)
	if _, known := c.left[orZero(r.ProjectID)]; !known {
		c.left[orZero(r.ProjectID)] = 0
	}
}

// supersedeProjects moves the projects on of whose lines none is in force for good any more.
func (c *displacer) supersedeProjects(ctx context.Context) error {
	for id, rests := range c.left {
		if id == 0 || id == c.m.p.ID || rests > 0 {
			continue
		}
		var left int
		if err := c.e.tx.QueryRow(ctx, c.e.queries["project_lines_left"], pgx.NamedArgs{"project": id, "but": c.ids}).Scan(&left); err != nil {
			return interpret(fmt.Errorf("project_lines_left: %w", err))
		}
		rows, err := collectFrom[projectRow](ctx, c.e.source, "project_locked", pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		if left > 0 || len(rows) == 0 || rows[0].Status != project.Announced {
			continue
		}
		was := rows[0].project()
		was.Revision++
		was.Status = project.Superseded
		c.e.putProject(was, rows[0].Key)
		note := fmt.Sprintf("superseded by project %d from %s", c.m.p.ID, c.m.EffectiveFrom)
		if err := c.e.write(ctx, id, project.Entry{Revision: was.Revision, Base: was.Revision - 1, Kind: "transition", Status: project.Superseded, Note: note}); err != nil {
			return err
		}
	}
	return nil
}

// requested refuses to touch announced lines without an approved change request for each, or past what the publisher may publish, and ends those
// requests. What is in force does not change for a day that is over.
func (e *edit) requested(ctx context.Context, m mover, touched []announcedRow) error {
	rows, err := collectFrom[requestRow](ctx, e.source, "project_requests", pgx.NamedArgs{"project": m.p.ID})
	if err != nil {
		return err
	}
	var ids []int64
	for _, r := range touched {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		i := slices.IndexFunc(rows, func(r requestRow) bool { return r.BoundaryID == id && r.Status == "approved" })
		if i < 0 {
			return geo.Errorf(geo.CodeConflict, "the boundary %d is announced: it changes with an approved change request of this project", id)
		}
		r := rows[i]
		r.Status = "done"
		e.putRequest(r)
	}
	today := geo.DateOf(e.now)
	if !m.EffectiveFrom.IsZero() && m.EffectiveFrom.Before(today) && len(touched) > 0 {
		return geo.FieldErrorf(geo.CodeRefused, "/effective_from", "%s is over, and lines that are announced change: take %s or a later day", m.EffectiveFrom, today)
	}
	return e.mayChange(ctx, touched, access.Publisher)
}

// mayChange refuses to touch announced lines to who has the role neither over the division whose project announced a line, nor over all the ground that
// it lies on: what a project takes from its neighbour its neighbour's people, or those of both, decide on.
func (e *edit) mayChange(ctx context.Context, lines []announcedRow, role access.Role) error {
	for _, r := range lines {
		if r.ProjectID != nil {
			may, err := e.may(ctx, *r.ProjectID, roles(role), false)
			if err != nil {
				return err
			}
			if may {
				continue
			}
		}
		outside, err := e.b.store.OutsideGrants(ctx, e.tx, e.by, r.Geom, role)
		if err != nil {
			return err
		}
		if outside != nil {
			return geo.Errorf(geo.CodeForbidden, "the boundary %d lies, wholly or in part, where you are no %s: one of the divisions that it lies in, or of those above, does this", r.ID, role)
		}
	}
	return nil
}

// withdraw takes an announced project back from a day on.
func (e *edit) withdraw(ctx context.Context, m mover) error {
	from := m.EffectiveFrom
	if from.IsZero() {
		from = geo.DateOf(e.now)
	}
	rows, err := e.announced(ctx, m.p, from, nil)
	if err != nil {
		return err
	}
	route, err := e.routeLine(ctx, m.p.Route, geo.DateOf(e.now))
	if err != nil {
		return err
	}
	var own []announcedRow
	rest := &displacer{e: e, m: m}
	for _, r := range rows {
		row, err := r.row(e)
		if err != nil {
			return err
		}
		if orZero(r.ProjectID) != m.p.ID {
			rest.stays(r, row, project.Line{FromM: r.FromM, ToM: r.ToM, Geom: row.Geom}.RangeOn(route))
			continue
		}
		if row.Valid.From.IsZero() || row.Valid.From.Before(from) {
			row.Valid.From = from
		}
		row.Status = string(project.Withdrawn)
		e.put(row)
		own, rest.ids = append(own, r), append(rest.ids, r.ID)
	}
	if err := e.requested(ctx, m, own); err != nil {
		return err
	}
	m.EffectiveFrom = from
	if err := rest.moveStakes(ctx, route); err != nil {
		return err
	}
	if err := e.endZones(ctx, m.p, from); err != nil {
		return err
	}
	if err := e.deriveAreas(ctx, m, route, from, rest.after); err != nil {
		return err
	}
	return e.moved(ctx, m)
}

type requestRow struct {
	ID                    int64
	Key                   string
	ProjectID, BoundaryID int64
	Cause, Reason, Status string
	AskedBy               *int64
	DecidedBy             *int64
	AskedOn               *time.Time
}

func (e *edit) putRequest(r requestRow) {
	if r.ID != 0 {
		e.know("change_request", Key(r.Key), r.ID)
	}
	e.put(ChangeRequest{
		Record: Record{Key: Key(r.Key), Valid: geo.Since(dateOf(r.AskedOn)), Source: "project"}, Boundary: e.id("boundary", r.BoundaryID), Cause: r.Cause, Reason: r.Reason,
		Status: r.Status, Project: e.id("project", r.ProjectID), AskedBy: r.AskedBy, DecidedBy: r.DecidedBy,
	})
}

// ChangeRequests gives the change requests of a project.
func (s *Store) ChangeRequests(ctx context.Context, by access.Actor, id int64) (out []project.ChangeRequest, err error) {
	err = s.inSight(ctx, by, id, func(src source, _ project.Project) error {
		rows, err := collectFrom[requestRow](ctx, src, "project_requests", pgx.NamedArgs{"project": id})
		for _, r := range rows {
			out = append(out, project.ChangeRequest{
				ID: r.ID, Project: r.ProjectID, Boundary: r.BoundaryID, Cause: r.Cause, Reason: r.Reason, Status: r.Status, AskedBy: orZero(r.AskedBy), Decided: r.DecidedBy, AskedOn: dateOf(r.AskedOn),
			})
		}
		return err
	})
	return out, err
}

// AskChange asks to change announced boundaries by a project.
func (s *Store) AskChange(ctx context.Context, by access.Actor, id int64, boundaries []int64, cause, reason string, once project.Once) (replayed bool, err error) {
	if _, err := s.Project(ctx, by, id); err != nil { // nobody waits for the writers' lock, nor takes it, for what he does not see
		return false, err
	}
	done := project.Made{Project: id}
	return s.edit(ctx, by, fmt.Sprintf("ask to change boundaries by project %d", id), once, &done, func(ctx context.Context, e *edit) error {
		p, _, err := e.locked(ctx, id, roles(access.Planner), false)
		if err != nil {
			return err
		}
		if p.Status == project.Superseded || p.Status == project.Withdrawn {
			return geo.Errorf(geo.CodeConflict, "the project is %s, and changes nothing any more", p.Status)
		}
		today := geo.DateOf(e.now)
		rows, err := e.announced(ctx, p, today, boundaries)
		if err != nil {
			return err
		}
		asked, err := collectFrom[requestRow](ctx, e.source, "project_requests", pgx.NamedArgs{"project": id})
		if err != nil {
			return err
		}
		for _, boundary := range boundaries {
			if !slices.ContainsFunc(rows, func(r announcedRow) bool { return r.ID == boundary }) {
				return geo.FieldErrorf(geo.CodeRefused, "/boundary_ids", "%d is no announced boundary of the project's route", boundary)
			}
			again := slices.IndexFunc(asked, func(r requestRow) bool { return r.BoundaryID == boundary })
			if again >= 0 && (asked[again].Status == "open" || asked[again].Status == "approved") {
				return geo.FieldErrorf(geo.CodeConflict, "/boundary_ids", "the project asks to change %d already", boundary)
			}
			day := today.Time()
			if again >= 0 {
				day = asked[again].AskedOn.UTC()
			}
			e.putRequest(requestRow{
				ID: known(asked, again), Key: string(KeyOf("change_request", fmt.Sprint(id), fmt.Sprint(boundary))), ProjectID: id, BoundaryID: boundary, Cause: cause, Reason: reason, Status: "open",
				AskedBy: &by.Account, AskedOn: &day,
			})
		}
		return nil
	})
}

// known gives the id of a request that was made before.
func known(asked []requestRow, i int) int64 {
	if i < 0 {
		return 0
	}
	return asked[i].ID
}

// DecideChange approves or refuses a change request; another than he who asked does.
func (s *Store) DecideChange(ctx context.Context, by access.Actor, id, request int64, approve bool, once project.Once) (replayed bool, err error) {
	if _, err := s.Project(ctx, by, id); err != nil { // nobody waits for the writers' lock, nor takes it, for what he does not see
		return false, err
	}
	done := project.Made{Project: id}
	return s.edit(ctx, by, fmt.Sprintf("decide the change request %d of project %d", request, id), once, &done, func(ctx context.Context, e *edit) error {
		p, _, err := e.locked(ctx, id, roles(access.Reviewer), false)
		if err != nil {
			return err
		}
		rows, err := collectFrom[requestRow](ctx, e.source, "project_requests", pgx.NamedArgs{"project": id})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(r requestRow) bool { return r.ID == request })
		switch {
		case i < 0:
			return geo.NotFoundField("request", "the project has no change request %d", request)
		case rows[i].Status != "open":
			return geo.Errorf(geo.CodeConflict, "the change request %d is %s already", request, rows[i].Status)
		case orZero(rows[i].AskedBy) == by.Account:
			return geo.Errorf(geo.CodeForbidden, "you asked for this change: another one decides on it")
		}
		drafters, err := e.drafters(ctx, p)
		if err != nil {
			return err
		}
		if slices.Contains(drafters, by.Account) {
			return geo.Errorf(geo.CodeForbidden, "you had a part in what this change is for: one who drafted nothing of the project decides on it")
		}
		r := rows[i]
		r.Status, r.DecidedBy = "refused", &by.Account
		if approve {
			lines, err := e.announced(ctx, p, geo.DateOf(e.now), []int64{r.BoundaryID})
			if err != nil {
				return err
			}
			if len(lines) == 0 {
				return geo.Errorf(geo.CodeConflict, "the boundary %d is not announced any more: there is nothing to change", r.BoundaryID)
			}
			if err := e.mayChange(ctx, lines, access.Reviewer); err != nil {
				return err
			}
			r.Status = "approved"
		}
		e.putRequest(r)
		return nil
	})
}
