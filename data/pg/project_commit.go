package pg

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// Commit brings changes of a planner into a project, as its next revision. Built on an older one they go in when nothing that they touch
// was touched since; else the error is a [project.Stale]. Positions are kept to nine decimals. The operations that he has open in the project end with it:
// what stands for them goes into the commit's row of the audit.
func (s *Store) Commit(ctx context.Context, by access.Actor, id int64, c project.Commit, extent geo.Extent, once project.Once) (made project.Made, replayed bool, err error) {
	c = c.Rounded()
	if err := s.opposite(ctx, by, id, c, extent); err != nil {
		return made, false, err
	}
	replayed, err = s.edit(ctx, by, fmt.Sprintf("commit to project %d", id), once, &made, func(ctx context.Context, e *edit) error {
		p, key, err := e.locked(ctx, id, roles(access.Planner), true)
		if err != nil {
			return err
		}
		if p.Status != project.Draft {
			return geo.Errorf(geo.CodeConflict, "the project is %s, and lines change while it is a draft: %s", p.Status, project.Remedy(p.Status))
		}
		if err := c.Check(p, extent); err != nil {
			return err
		}
		standing, err := e.pieces(ctx, "project_touched", withRanges(pgx.NamedArgs{"project": id, "day": date(day(p))}, c.Ranges()))
		if err != nil {
			return err
		}
		if err := e.fresh(ctx, p, c, standing); err != nil {
			return err
		}
		applied, err := c.Apply(standing)
		if err != nil {
			return err
		}
		if err := e.inGrants(ctx, applied, standing); err != nil {
			return err
		}
		made = project.Made{Project: id, Revision: p.Revision + 1}
		if _, err := e.endDraft(ctx, id, made.Revision, false); err != nil {
			return err
		}
		return e.commit(ctx, p, key, c, applied)
	})
	return made, replayed, err
}

// opposite holds the measures of a commit against where its lines lie. It is looked at before the writers' lock is taken, as it takes its time; the route
// may be another when the commit goes in, which changes nothing that a check would not find.
func (s *Store) opposite(ctx context.Context, by access.Actor, id int64, c project.Commit, extent geo.Extent) error {
	var route *geom.LineString
	open := false
	err := s.inSight(ctx, by, id, func(src source, p project.Project) (err error) {
		open = p.Status == project.Draft && c.Check(p, extent) == nil // else the edit says what is wrong
		route, err = src.routeLine(ctx, p.Route, geo.DateOf(s.now()))
		return err
	})
	if err != nil || !open {
		return err
	}
	return c.Opposite(route)
}

// hadRevision holds a base to be a revision that the project has had: of a later one nothing was changed since.
func hadRevision(p project.Project, base int) error {
	if base < 1 || base > p.Revision {
		return geo.InvalidField("If-Match", "the project has revisions 1 to %d, and %d is none of them", p.Revision, base)
	}
	return nil
}

// stands holds a base to be the newest revision.
func stands(p project.Project, base int) error {
	if err := hadRevision(p, base); err != nil || base == p.Revision {
		return err
	}
	return project.NewStale(base, p.Revision)
}

// fresh holds the base of a commit against what was touched since.
func (e *edit) fresh(ctx context.Context, p project.Project, c project.Commit, standing []project.Piece) error {
	if c.Base == p.Revision {
		return nil
	}
	if err := hadRevision(p, c.Base); err != nil {
		return err
	}
	log, err := e.log(ctx, p.ID, c.Base, p.Revision-c.Base)
	if err != nil {
		return err
	}
	var since []project.Touched
	for _, l := range log {
		since = append(since, project.Touched{Revision: l.Revision, By: l.By, At: l.At, Ranges: l.Ranges})
	}
	conflicts := c.Conflicts(since)
	if len(conflicts) == 0 {
		return nil
	}
	stale := project.NewStale(c.Base, p.Revision)
	stale.Since, stale.Theirs = conflicts, standing
	was, err := e.piecesAt(ctx, p.ID, c.Base)
	if err != nil {
		return err
	}
	for _, piece := range was {
		if slices.ContainsFunc(c.Changes, func(ch project.Change) bool { return ch.Overlaps(project.RangeOf(piece.Piece)) }) {
			stale.Base = append(stale.Base, piece)
		}
	}
	return stale
}

// inGrants refuses lines, new ones and those they replace, that lie outside the divisions that the planner may draw in. The two are asked about apart:
// a line runs along the one that it replaces, and may meet it at every step.
func (e *edit) inGrants(ctx context.Context, a project.Applied, standing []project.Piece) error {
	for _, pieces := range [][]project.Piece{a.Put, standing} {
		if err := e.linesInGrants(ctx, pieces); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) linesInGrants(ctx context.Context, pieces []project.Piece) error {
	lines := geom.NewMultiLineString(geom.XY).SetSRID(int(geo.CGCS2000))
	for _, p := range pieces {
		if err := lines.Push(geom.NewLineStringFlat(geom.XY, p.Line.FlatCoords())); err != nil {
			return fmt.Errorf("collect lines: %w", err)
		}
	}
	if lines.NumLineStrings() == 0 {
		return nil
	}
	outside, err := e.b.store.OutsideGrants(ctx, e.tx, e.by, lines, access.Planner)
	if err != nil {
		return err
	}
	if outside == nil || len(outside.FlatCoords()) < 2 {
		return nil
	}
	at := outside.FlatCoords()
	return geo.FieldErrorf(geo.CodeForbidden, "/changes", "a line, or one that it replaces, lies outside the divisions that you may draw in, near %.6f, %.6f: leave that part to its planner", at[0], at[1])
}

// commit writes the next revision.
func (e *edit) commit(ctx context.Context, p project.Project, key Key, c project.Commit, a project.Applied) error {
	p.Revision++
	if !slices.Contains(p.DraftedBy, e.by.Account) {
		p.DraftedBy = append(slices.Clone(p.DraftedBy), e.by.Account)
	}
	e.putProject(p, key)
	valid := geo.Since(p.CreatedOn)
	for _, gone := range a.Gone {
		e.putPiece(p, "", gone, valid, true)
	}
	for i, put := range a.Put {
		e.putPiece(p, KeyOf("project", fmt.Sprint(p.ID), string(put.Bank), fmt.Sprintf("%d-%d", p.Revision, i+1)), put, valid, false)
	}
	sha := c.SHA256()
	return e.write(ctx, p.ID, project.Entry{Revision: p.Revision, Base: c.Base, Kind: "commit", Status: p.Status, Ranges: c.Ranges(), SHA256: &sha, Note: c.Note})
}

// EditProject changes the particulars of a project that is a draft, as its next revision.
func (s *Store) EditProject(ctx context.Context, by access.Actor, id int64, change project.Edit, once project.Once) (made project.Made, replayed bool, err error) {
	replayed, err = s.edit(ctx, by, fmt.Sprintf("edit the project %d", id), once, &made, func(ctx context.Context, e *edit) error {
		p, key, err := e.locked(ctx, id, roles(access.Planner), false)
		if err != nil {
			return err
		}
		if p.Status != project.Draft {
			return geo.Errorf(geo.CodeConflict, "the project is %s, and its particulars change while it is a draft: %s", p.Status, project.Remedy(p.Status))
		}
		if err := stands(p, change.Base); err != nil {
			return err
		}
		if err := e.change(ctx, &p, change); err != nil {
			return err
		}
		p.Revision++
		if !slices.Contains(p.DraftedBy, by.Account) {
			p.DraftedBy = append(slices.Clone(p.DraftedBy), by.Account)
		}
		e.putProject(p, key)
		made = project.Made{Project: id, Revision: p.Revision}
		return e.write(ctx, id, project.Entry{Revision: p.Revision, Base: change.Base, Kind: "edit", Status: p.Status, Note: change.Note})
	})
	return made, replayed, err
}

func (e *edit) change(ctx context.Context, p *project.Project, change project.Edit) error {
	if change.Name != nil {
		p.Name = *change.Name
	}
	if change.LeadLevel != nil {
		p.LeadLevel = *change.LeadLevel
		if err := e.leads(ctx, *p); err != nil {
			return err
		}
	}
	if change.RuleProfile != nil {
		p.RuleProfile = *change.RuleProfile
	}
	p.Declared = p.Declared.With(change.Enclaves, change.TextLengths)
	if change.Partners != nil {
		p.Partners = *change.Partners
		if _, _, _, err := e.route(ctx, project.New{River: p.River, Route: p.Route, FromM: p.FromM, ToM: p.ToM, Division: p.Division, Partners: p.Partners}); err != nil {
			return err
		}
	}
	if change.LegalDoc != nil {
		p.LegalDoc = *change.LegalDoc
		return e.documentKnown(ctx, p.LegalDoc)
	}
	return nil
}
