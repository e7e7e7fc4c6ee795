package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/overlay"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// renamedFields renames the fields of an error: the engine names its own words, and who sent a body is told by JSON pointers.
func renamedFields(err error, names map[string]string) error {
	e, ok := errors.AsType[*geo.Error](err)
	if !ok {
		return err
	}
	renamed := *e
	renamed.Fields = nil
	for _, f := range e.Fields {
		if to, ok := names[f.Name]; ok {
			f.Name = to
		}
		renamed.Fields = append(renamed.Fields, f)
	}
	return &renamed
}

// wantsPointer gives wants[3].from_m as /wants/3/from_m. What is wrong with the survey is no fault of the request.
func wantsPointer(err error) error {
	e, ok := errors.AsType[*geo.Error](err)
	if !ok {
		return err
	}
	renamed := *e
	renamed.Fields = nil
	for _, f := range e.Fields {
		if strings.HasPrefix(f.Name, "survey[") {
			renamed.Code = geo.CodeConflict
		}
		f.Name = "/" + strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(f.Name)
		renamed.Fields = append(renamed.Fields, f)
	}
	return &renamed
}

// checkedFinding is a finding of a run.
type checkedFinding struct {
	Rule      string            `json:"rule"`
	Severity  demarc.Severity   `json:"severity"`
	Bank      geo.Bank          `json:"bank"`
	FromM     float64           `json:"from_m"`
	ToM       float64           `json:"to_m"`
	FromLabel string            `json:"from_label"`
	ToLabel   string            `json:"to_label"`
	Size      float64           `json:"size"`
	Unit      string            `json:"unit"`
	Zh        string            `json:"zh"`
	En        string            `json:"en"`
	Place     *overlay.Geometry `json:"place"`
}

// checkBody is a run of the rules as it is told.
type checkBody struct {
	Project     int64            `json:"project_id"`
	Revision    int              `json:"revision"`
	RuleProfile string           `json:"rule_profile"`
	Committed   bool             `json:"committed"` // false: lines of the body were looked at
	FromM       *float64         `json:"from_m"`    // the range that was looked at; null: all
	ToM         *float64         `json:"to_m"`
	Blockers    int              `json:"blockers"`
	Warnings    int              `json:"warnings"`
	Infos       int              `json:"infos"` // what rules could not look at, and what gives way
	Truncated   bool             `json:"truncated"`
	Findings    []checkedFinding `json:"findings"`
}

// maxFindings bounds how many findings an answer tells; of a run that is larger than maxKeptBytes the first maxKept are kept.
const (
	maxFindings  = 5000
	maxKept      = 500
	maxKeptBytes = 4 << 20
)

// check serves POST /api/v1/projects/{id}/checks?from=&to=: what the quality rules G1 to G21 find in the lines of the project, or in those of the body,
// which are not written. With a range, what they find of the whole that touches it.
func (s *server) check(w http.ResponseWriter, r *http.Request) error {
	asked, err := s.askedCheck(w, r)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if replayed, err := s.Store.Answered(r.Context(), actorOf(r.Context()), asked.once, &answer); err != nil {
		return err
	} else if replayed {
		return writeDone(w, http.StatusOK, true, answer)
	}
	profile, err := s.checker().ProfileOf(asked.of)
	if err != nil {
		return err
	}
	found, own, err := s.lookThrough(r.Context(), &asked)
	if err != nil {
		return err
	}
	out := checkOf(asked.of, found)
	out.RuleProfile, out.Committed = profile.Version(), asked.pieces == nil
	if asked.changed != nil {
		out.FromM, out.ToM = &asked.changed[0], &asked.changed[1]
	}
	if asked.pieces != nil || asked.changed != nil || own {
		return writePrivate(w, http.StatusOK, out) // nothing is kept of it: asked again it is looked at again
	}
	if replayed, err := s.keepCheck(r, out, asked.once, &answer); err != nil {
		return err
	} else if replayed {
		return writeDone(w, http.StatusOK, true, answer)
	}
	return writePrivate(w, http.StatusOK, out)
}

// askedCheck is what a check is to look at.
type askedCheck struct {
	of      project.Project
	changed *[2]float64 // nil: all of it
	pieces  *sentLines  // nil: what is committed
	once    project.Once
}

func (s *server) askedCheck(w http.ResponseWriter, r *http.Request) (out askedCheck, err error) {
	p, err := parseParams(r, "from", "to")
	if err != nil {
		return out, err
	}
	id, err := s.projectID(r, "from", "to")
	if err != nil {
		return out, err
	}
	if out.of, err = s.Store.Project(r.Context(), actorOf(r.Context()), id); err != nil {
		return out, err
	}
	if out.changed, err = rangeAsked(p, out.of); err != nil {
		return out, err
	}
	if r.ContentLength == 0 {
		out.once, err = onceOf(r, nil)
		return out, err
	}
	var b struct {
		Pieces *sentLines `json:"pieces"`
	}
	out.once, err = readSent(w, r, maxCommitBytes, &b)
	out.pieces = b.Pieces
	return out, err
}

// lookThrough takes a turn to find what is asked for, in the project as it is by then; own says that it tells of drafts that not everybody sees who sees the
// project.
func (s *server) lookThrough(ctx context.Context, asked *askedCheck) (found []demarc.Finding, own bool, err error) {
	err = s.engine.do(ctx, func(ctx context.Context) error {
		prepared, err := s.prepared(ctx, asked.of.ID)
		if err != nil {
			return err
		}
		asked.of = prepared.Project()
		own = slices.ContainsFunc(prepared.Subject().Around.Neighbours, func(n project.Neighbour) bool { return n.Draft })
		found, err = s.found(ctx, prepared, asked.pieces, asked.changed)
		return err
	})
	return found, own, err
}

// found checks what a project has, or the lines of a body in their place.
func (s *server) found(ctx context.Context, prepared *gate.Prepared, sent *sentLines, changed *[2]float64) ([]demarc.Finding, error) {
	if sent == nil {
		return prepared.Check(ctx, changed)
	}
	lines, err := sent.lines("/pieces", prepared.Project(), s.Extent)
	if err != nil {
		return nil, err
	}
	if prepared.Fits(lines) {
		return prepared.CheckLines(ctx, lines, changed)
	}
	subject := prepared.Subject()
	subject.Lines = lines
	return s.checker().CheckRange(ctx, subject, changed)
}

// rangeAsked reads the range that is looked at.
func rangeAsked(p params, of project.Project) (*[2]float64, error) {
	if !p.values.Has("from") && !p.values.Has("to") {
		return nil, nil //nolint:nilnil // all of it
	}
	out := [2]float64{of.FromM, of.ToM}
	for i, name := range []string{"from", "to"} {
		if !p.values.Has(name) {
			continue
		}
		v, err := p.number(name)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	if !(out[0] < out[1]) || math.IsInf(out[0], 0) || math.IsInf(out[1], 0) {
		return nil, geo.InvalidField("from", "a range runs from a smaller to a larger measure, not from %g to %g", out[0], out[1])
	}
	return &out, nil
}

func checkOf(p project.Project, found []demarc.Finding) checkBody {
	out := checkBody{Project: p.ID, Revision: p.Revision, Findings: []checkedFinding{}}
	for _, f := range found {
		switch f.Severity {
		case demarc.Blocker:
			out.Blockers++
		case demarc.Warning:
			out.Warnings++
		default:
			out.Infos++
		}
		if len(out.Findings) == maxFindings {
			out.Truncated = true
			continue
		}
		out.Findings = append(out.Findings, checkedOf(f))
	}
	return out
}

func checkedOf(f demarc.Finding) checkedFinding {
	out := checkedFinding{
		Rule: f.Rule, Severity: f.Severity, Bank: f.Bank, FromM: centimetres(f.FromM), ToM: centimetres(f.ToM), FromLabel: lref.Label(f.FromM), ToLabel: lref.Label(f.ToM),
		Size: f.Size, Unit: f.Unit, Zh: f.Zh, En: f.En,
	}
	if f.Place != nil && len(f.Place.FlatCoords()) > 0 {
		out.Place = &overlay.Geometry{T: f.Place}
	}
	return out
}

// keepCheck keeps a run, and what is answered to who asks for it again by its idempotency key.
func (s *server) keepCheck(r *http.Request, run checkBody, once project.Once, answer *json.RawMessage) (replayed bool, err error) {
	body, err := json.Marshal(run)
	if err == nil && len(body) > maxKeptBytes {
		run.Findings, run.Truncated = run.Findings[:min(len(run.Findings), maxKept)], true
		body, err = json.Marshal(run)
	}
	if err != nil {
		return false, fmt.Errorf("keep a check: %w", err)
	}
	by := actorOf(r.Context())
	return s.Store.Once(r.Context(), by, once, answer, func(ctx context.Context) error {
		*answer = body
		return s.Store.KeepCheck(ctx, by, run.Project, project.CheckRun{Revision: run.Revision, By: by.Name, Body: string(body)})
	})
}

// lastCheck serves GET /api/v1/projects/{id}/checks: the last run over all that the project has.
func (s *server) lastCheck(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	run, err := s.Store.LastCheck(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"by": run.By, "at": run.At.UTC(), "check": json.RawMessage(run.Body)})
}
