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
	"hetu/geo/project"
)

// Transition moves a project to its next status, and its lines with it. Announced, they take the place of what was announced there.
func (s *Store) Transition(ctx context.Context, by access.Actor, id int64, m project.Move, once project.Once) (made project.Made, replayed bool, err error) {
	replayed, err = s.edit(ctx, by, fmt.Sprintf("project %d becomes %s", id, m.To), once, &made, func(ctx context.Context, e *edit) error {
		p, key, err := e.locked(ctx, id, seers(), false)
		if err != nil {
			return err
		}
		step, err := project.StepOf(p.Status, m.To)
		if err != nil {
			return err
		}
		if _, _, err := e.locked(ctx, id, roles(step.Roles...), false); err != nil {
			return err
		}
		if err := stands(p, m.Base); err != nil {
			return err
		}
		drafters, err := e.drafters(ctx, p)
		if err != nil {
			return err
		}
		if err := step.May(by.Account, drafters); err != nil {
			return err
		}
		// Who had approved or announced it before he asked for something stays what he was.
		p.DraftedBy = slices.DeleteFunc(drafters, func(id int64) bool { return id == p.ApprovedBy || id == p.AnnouncedBy })
		pieces, err := e.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": id, "day": date(day(p))})
		if err != nil {
			return err
		}
		was := p.Status
		p.Revision++
		p.Status = m.To
		made = project.Made{Project: id, Revision: p.Revision}
		return e.move(ctx, mover{was: was, p: p, key: key, pieces: pieces, Move: m})
	})
	return made, replayed, err
}

// drafters gives all who had a part in a project: who drew, who made stakes and zones, who asked for announced lines to be changed, and the planners
// who waived what the check found.
func (e *edit) drafters(ctx context.Context, p project.Project) ([]int64, error) {
	rows, err := collectFrom[struct{ ID int64 }](ctx, e.source, "edit_drafters", pgx.NamedArgs{"project": p.ID, "division": p.Division})
	if err != nil {
		return nil, err
	}
	out := slices.Clone(p.DraftedBy)
	for _, r := range rows {
		if !slices.Contains(out, r.ID) {
			out = append(out, r.ID)
		}
	}
	return out, nil
}

// mover is what a move is made of.
type mover struct {
	project.Move
	was    project.Status
	p      project.Project // as it will be
	key    Key
	pieces []project.Piece
}

func (e *edit) move(ctx context.Context, m mover) error {
	var err error
	switch {
	case m.To == project.Draft:
		m.p.ApprovedBy = 0
	case m.To == project.Checked:
		err = e.checked(ctx, m)
	case m.To == project.Consulted:
		err = e.allWaived(ctx, m.p.ID)
	case m.To == project.Approved:
		m.p.ApprovedBy = e.by.Account
		err = e.cleared(ctx, m.p.ID)
	case m.To == project.Announced:
		return e.announce(ctx, m)
	case m.was == project.Announced:
		return e.withdraw(ctx, m)
	}
	if err != nil {
		return err
	}
	for _, piece := range m.pieces {
		piece.Status = m.To
		e.putPiece(m.p, "", piece, geo.Since(m.p.CreatedOn), false)
	}
	return e.moved(ctx, m)
}

// moved writes the project's row and its log.
func (e *edit) moved(ctx context.Context, m mover) error {
	e.putProject(m.p, m.key)
	return e.write(ctx, m.p.ID, project.Entry{Revision: m.p.Revision, Base: m.Base, Kind: "transition", Status: m.p.Status, Note: m.Note})
}

type findingRow struct {
	ID                     int64
	Key                    string
	BoundaryID             *int64
	Run, Rule              string
	Severity               demarc.Severity
	Bank                   *geo.Bank
	FromM, ToM, Size       *float64
	Unit, DetailEn         *string
	Detail                 string
	WaivedBy, WaiverReason *string
	Since                  *time.Time
	Geom                   geom.T
}

func (r findingRow) finding() project.Finding {
	f := project.Finding{
		ID: r.ID, Boundary: orZero(r.BoundaryID), Run: r.Run, WaivedBy: orEmpty(r.WaivedBy), WaiverReason: orEmpty(r.WaiverReason), Finding: demarc.Finding{
			Rule: r.Rule, Severity: r.Severity, Bank: geo.Both, FromM: orZero(r.FromM), ToM: orZero(r.ToM), Place: r.Geom, Size: orZero(r.Size), Unit: orEmpty(r.Unit),
			Zh: r.Detail, En: orEmpty(r.DetailEn),
		},
	}
	if r.Bank != nil {
		f.Bank = *r.Bank
	}
	return f
}

// ProjectFindings gives what the last check of a project found.
func (s *Store) ProjectFindings(ctx context.Context, by access.Actor, id int64) (p project.Project, out []project.Finding, err error) {
	err = s.inSight(ctx, by, id, func(src source, seen project.Project) error {
		p = seen
		rows, err := collectFrom[findingRow](ctx, src, "project_findings", pgx.NamedArgs{"project": id})
		for _, r := range rows {
			out = append(out, r.finding())
		}
		return err
	})
	return p, out, err
}

// checked stores what a check found of just the revision that stands. What was found before and waived stays waived, while it is the same.
func (e *edit) checked(ctx context.Context, m mover) error {
	if m.FindingsOf != m.Base { // the row's, which move compared under the lock
		return project.NewStale(m.FindingsOf, m.Base)
	}
	if len(m.pieces) == 0 {
		return geo.Errorf(geo.CodeRefused, "the project has no line yet: commit its pieces first")
	}
	if m.Findings == nil {
		return geo.Errorf(geo.CodeUnavailable, "lines cannot be checked at the moment: nothing that checks them is set up")
	}
	if f := slices.IndexFunc(*m.Findings, func(f demarc.Finding) bool { return f.Severity == demarc.Blocker }); f >= 0 {
		return geo.Errorf(geo.CodeRefused, "the check found what has to be mended first: %s", (*m.Findings)[f].En)
	}
	rows, err := collectFrom[findingRow](ctx, e.source, "project_findings", pgx.NamedArgs{"project": m.p.ID})
	if err != nil {
		return err
	}
	before := map[string]findingRow{}
	for _, r := range rows {
		before[r.Key] = r
	}
	for _, f := range *m.Findings {
		key := findingKey(m.p.ID, f)
		was, known := before[string(key)]
		delete(before, string(key))
		if known {
			e.know("finding", key, was.ID)
		}
		e.putFinding(m, key, f, orEmpty(was.WaivedBy), orEmpty(was.WaiverReason), false)
	}
	for key, was := range before {
		e.know("finding", Key(key), was.ID)
		e.putFinding(m, Key(key), was.finding().Finding, "", "", true)
	}
	return nil
}

// findingKey names a finding by what it is and where, so that one that is found again is the same.
func findingKey(id int64, f demarc.Finding) Key {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s %s %.0f %.0f %.2f %s\n", f.Rule, f.Severity, f.Bank, f.FromM, f.ToM, f.Size, f.Zh)
	if f.Place != nil {
		for _, v := range f.Place.FlatCoords() {
			_, _ = fmt.Fprintf(h, "%.6f ", v)
		}
	}
	return KeyOf("finding", fmt.Sprint(id), hex.EncodeToString(h.Sum(nil)[:16]))
}

func (e *edit) putFinding(m mover, key Key, f demarc.Finding, waivedBy, reason string, gone bool) {
	row := Finding{
		Record: Record{Key: key, Source: "check", Gone: gone}, Project: e.id("project", m.p.ID), Run: fmt.Sprint(m.Base), Rule: f.Rule, Severity: string(f.Severity),
		Bank: f.Bank, FromM: &f.FromM, ToM: &f.ToM, Size: &f.Size, Unit: f.Unit, Detail: f.Zh, DetailEn: f.En, WaivedBy: waivedBy, WaiverReason: reason,
	}
	if f.Place != nil && len(f.Place.FlatCoords()) > 0 {
		row.Geom = f.Place
	}
	for _, p := range m.pieces {
		if row.Boundary == "" && (f.Bank == p.Bank || f.Bank == geo.Both) && p.FromM <= f.ToM && f.FromM <= p.ToM {
			row.Boundary = e.id("boundary", p.ID)
		}
	}
	e.put(row)
}

// allWaived refuses to go on while a warning is not waived.
func (e *edit) allWaived(ctx context.Context, id int64) error {
	rows, err := collectFrom[findingRow](ctx, e.source, "project_findings", pgx.NamedArgs{"project": id})
	if err != nil {
		return err
	}
	open := 0
	for _, r := range rows {
		if r.WaivedBy == nil && r.Severity != demarc.Info {
			open++
		}
	}
	if open > 0 {
		return geo.Errorf(geo.CodeConflict, "%d findings of the check are neither mended nor waived: waive each with a name and a reason", open)
	}
	return nil
}

// cleared refuses to go on while something stops approval.
func (e *edit) cleared(ctx context.Context, id int64) error {
	var open int
	if err := e.tx.QueryRow(ctx, e.queries["edit_comments_open"], pgx.NamedArgs{"project": id}).Scan(&open); err != nil {
		return interpret(fmt.Errorf("edit_comments_open: %w", err))
	}
	if open > 0 {
		return geo.Errorf(geo.CodeConflict, "%d comments have to be dealt with before: resolve them", open)
	}
	return e.allWaived(ctx, id)
}

// Waive says by name and reason that a warning may stay.
func (s *Store) Waive(ctx context.Context, by access.Actor, id, finding int64, reason string, once project.Once) (replayed bool, err error) {
	if _, err := s.Project(ctx, by, id); err != nil { // nobody waits for the writers' lock, nor takes it, for what he does not see
		return false, err
	}
	done := project.Made{Project: id}
	return s.edit(ctx, by, fmt.Sprintf("waive the finding %d of project %d", finding, id), once, &done, func(ctx context.Context, e *edit) error {
		p, _, err := e.locked(ctx, id, roles(access.Planner, access.Reviewer), false)
		if err != nil {
			return err
		}
		if p.Status != project.Checked {
			return geo.Errorf(geo.CodeConflict, "findings are waived after a check, before consultation; the project is %s", p.Status)
		}
		rows, err := collectFrom[findingRow](ctx, e.source, "project_findings", pgx.NamedArgs{"project": id})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(r findingRow) bool { return r.ID == finding })
		if i < 0 {
			return geo.NotFoundField("finding", "the project has no finding %d", finding)
		}
		r := rows[i]
		if r.Severity == demarc.Info {
			return geo.FieldErrorf(geo.CodeRefused, "/finding_id", "this tells what a rule could not look at, or what gives way: it stops nothing, and is not waived")
		}
		if r.Severity != demarc.Warning {
			return geo.FieldErrorf(geo.CodeRefused, "/finding_id", "a finding that is a %s is mended, not waived", r.Severity)
		}
		e.know("finding", Key(r.Key), r.ID)
		row := Finding{
			Record: Record{Key: Key(r.Key), Source: "check"}, Project: e.id("project", id), Boundary: e.id("boundary", orZero(r.BoundaryID)), Run: r.Run, Rule: r.Rule,
			Severity: string(r.Severity), Bank: r.finding().Bank, FromM: r.FromM, ToM: r.ToM, Size: r.Size, Unit: orEmpty(r.Unit), Detail: r.Detail, DetailEn: orEmpty(r.DetailEn),
			WaivedBy: by.Name, WaiverReason: reason,
		}
		if r.Geom != nil {
			row.Geom = r.Geom
		}
		e.put(row)
		return nil
	})
}
