package api

import (
	"context"
	"fmt"
	"net/http"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// sentMove is a move as it is asked for.
type sentMove struct {
	To            project.Status `json:"to"`
	Note          string         `json:"note"`
	LegalDoc      int64          `json:"legal_doc_id"`
	EffectiveFrom string         `json:"effective_from"`
}

// transition serves POST /api/v1/projects/{id}/transitions: a project is checked, put to consultation, approved, announced, withdrawn, or made a
// draft again.
func (s *server) transition(w http.ResponseWriter, r *http.Request) error {
	id, base, err := s.named(r)
	if err != nil {
		return err
	}
	var b sentMove
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	m := project.Move{To: b.To, Base: base, Note: b.Note, LegalDoc: b.LegalDoc}
	if err := textOf("/note", b.Note, maxNote, false); err != nil {
		return err
	}
	if err := knownStatus("/to", b.To); err != nil {
		return err
	}
	if b.EffectiveFrom != "" {
		if m.EffectiveFrom, err = geo.ParseDate(b.EffectiveFrom); err != nil {
			return geo.InvalidField("/effective_from", "%v", err)
		}
	}
	if m.To == project.Checked {
		if m.Findings, m.FindingsOf, err = s.checkLines(r.Context(), id, base); err != nil {
			return err
		}
	}
	made, replayed, err := s.Store.Transition(r.Context(), actorOf(r.Context()), id, m, once)
	if err != nil {
		return err
	}
	return writeMade(w, http.StatusOK, made, replayed, "")
}

// maxBlockers bounds how many findings a refusal tells.
const maxBlockers = 100

// checkLines has the lines of a project checked, and tells the revision that it looked at. Findings are nil when nothing that checks lines is set up, and
// when there is nothing to check: the store says what that means, to those who may know. What has to be mended first is told one by one.
func (s *server) checkLines(ctx context.Context, id int64, base int) (findings *[]demarc.Finding, of int, err error) {
	if s.CheckFunc == nil {
		return nil, base, nil
	}
	subject, err := s.Store.Subject(ctx, actorOf(ctx), id)
	if err != nil {
		return nil, 0, err
	}
	of = subject.Project.Revision
	if of != base || subject.Project.Status != project.Draft || len(subject.Lines.Pieces) == 0 {
		return nil, of, nil // an empty list would say that it was looked at
	}
	subject.Around = subject.Around.Told() // what is found is read by all who see the project
	var found []demarc.Finding
	err = s.engine.do(ctx, func(ctx context.Context) (err error) {
		found, err = s.CheckFunc(ctx, subject)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	var blockers []geo.Field
	for _, f := range found {
		if f.Severity == demarc.Blocker && len(blockers) < maxBlockers {
			blockers = append(blockers, geo.Field{Name: f.Rule, Detail: fmt.Sprintf("%s %s to %s: %s %s", f.Bank, lref.Label(f.FromM), lref.Label(f.ToM), f.Zh, f.En)})
		}
	}
	if len(blockers) > 0 {
		return nil, 0, &geo.Error{Code: geo.CodeRefused, Msg: fmt.Sprintf("the check found %d faults that have to be mended first", len(blockers)), Fields: blockers}
	}
	if found == nil {
		found = []demarc.Finding{}
	}
	return &found, of, nil
}

// findingBody is a finding as it is told.
type findingBody struct {
	ID       int64  `json:"id"`
	Boundary *int64 `json:"boundary_id"`
	checkedFinding
	WaivedBy     *string `json:"waived_by"`
	WaiverReason *string `json:"waiver_reason"`
}

// findings serves GET /api/v1/projects/{id}/findings: what the last check found.
func (s *server) findings(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	p, found, err := s.Store.ProjectFindings(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	out := make([]findingBody, 0, len(found))
	for _, f := range found {
		b := findingBody{ID: f.ID, Boundary: idOrNull(f.Boundary), checkedFinding: checkedOf(f.Finding)}
		if f.WaivedBy != "" {
			b.WaivedBy, b.WaiverReason = &f.WaivedBy, &f.WaiverReason
		}
		out = append(out, b)
	}
	return writePrivate(w, http.StatusOK, map[string]any{"project_id": id, "revision": p.Revision, "findings": out})
}

// waive serves POST /api/v1/projects/{id}/waivers: a warning may stay, by name and reason.
func (s *server) waive(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	var b struct {
		Finding int64  `json:"finding_id"`
		Reason  string `json:"reason"`
	}
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	if err := textOf("/reason", b.Reason, maxNote, true); err != nil {
		return err
	}
	replayed, err := s.Store.Waive(r.Context(), actorOf(r.Context()), id, b.Finding, b.Reason, once)
	if err != nil {
		return err
	}
	return writeDone(w, http.StatusCreated, replayed, map[string]any{"finding_id": b.Finding})
}

// changeRequests serves GET /api/v1/projects/{id}/change-requests: which announced boundaries a project asks to change.
func (s *server) changeRequests(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	found, err := s.Store.ChangeRequests(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"change_requests": append([]project.ChangeRequest{}, found...)})
}

const maxRequests = 200

// askChange serves POST /api/v1/projects/{id}/change-requests: to change announced boundaries by this project, for a cause.
func (s *server) askChange(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	var b struct {
		Boundaries []int64 `json:"boundary_ids"`
		Cause      string  `json:"cause"`
		Reason     string  `json:"reason"`
	}
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	switch {
	case len(b.Boundaries) == 0 || len(b.Boundaries) > maxRequests:
		return geo.InvalidField("/boundary_ids", "names %d boundaries; ask to change 1 to %d", len(b.Boundaries), maxRequests)
	case b.Cause != "works" && b.Cause != "error" && b.Cause != "law":
		return geo.InvalidField("/cause", "%q is none of works, error, law", shortened(b.Cause))
	}
	if err := textOf("/reason", b.Reason, maxNote, true); err != nil {
		return err
	}
	replayed, err := s.Store.AskChange(r.Context(), actorOf(r.Context()), id, b.Boundaries, b.Cause, b.Reason, once)
	if err != nil {
		return err
	}
	return writeDone(w, http.StatusCreated, replayed, map[string]any{"boundary_ids": b.Boundaries})
}

// decideChange serves POST /api/v1/projects/{id}/change-requests/{request}/decision: a change request is approved or refused, by another than he
// who asked.
func (s *server) decideChange(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	request, err := pathPart(r, "request", "change request")
	if err != nil {
		return err
	}
	var b struct {
		Approve *bool `json:"approve"`
	}
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	if b.Approve == nil {
		return geo.InvalidField("/approve", "is missing; say true or false")
	}
	replayed, err := s.Store.DecideChange(r.Context(), actorOf(r.Context()), id, request, *b.Approve, once)
	if err != nil {
		return err
	}
	return writeDone(w, http.StatusOK, replayed, map[string]any{"approve": *b.Approve})
}
