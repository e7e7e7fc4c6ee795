package api

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// maxCommitBytes bounds a commit: forty thousand positions with nine decimals.
const maxCommitBytes = 4 << 20

// sentCommit is a commit as it is sent.
type sentCommit struct {
	Note    string       `json:"note"`
	Changes []sentChange `json:"changes"`
}

type sentChange struct {
	Bank   geo.Bank    `json:"bank"`
	FromM  *float64    `json:"from_m"`
	ToM    *float64    `json:"to_m"`
	Pieces []sentPiece `json:"pieces"`
}

type sentPiece struct {
	FromM    *float64     `json:"from_m"`
	ToM      *float64     `json:"to_m"`
	Basis    demarc.Basis `json:"basis"`
	WidthM   *float64     `json:"width_m"`
	Source   string       `json:"source"`
	Reason   string       `json:"reason"`
	Geometry *lineBody    `json:"geometry"`
}

// commit serves POST /api/v1/projects/{id}/commits: lines of a draft change, range by range. If-Match names the revision that they were built on;
// on an older one they are taken when nothing that they touch was touched since, else 412 tells what both wrote.
func (s *server) commit(w http.ResponseWriter, r *http.Request) error {
	id, base, err := s.named(r)
	if err != nil {
		return err
	}
	var b sentCommit
	once, err := readSent(w, r, maxCommitBytes, &b)
	if err != nil {
		return err
	}
	c, err := b.commit(base)
	if err != nil {
		return err
	}
	made, replayed, err := s.Store.Commit(r.Context(), actorOf(r.Context()), id, c, s.Extent, once)
	if err != nil {
		return err
	}
	return writeMade(w, http.StatusCreated, made, replayed, fmt.Sprintf("/api/v1/projects/%d/versions/%d", id, made.Revision))
}

func (b sentCommit) commit(base int) (project.Commit, error) {
	c := project.Commit{Base: base, Note: b.Note}
	if err := textOf("/note", b.Note, maxNote, false); err != nil {
		return c, err
	}
	for i, ch := range b.Changes {
		at := fmt.Sprintf("/changes/%d", i)
		if ch.FromM == nil || ch.ToM == nil {
			return c, geo.InvalidField(at+"/from_m", "is missing; a range has from_m and to_m, in the route's measures")
		}
		change := project.Change{Range: project.Range{Bank: ch.Bank, FromM: *ch.FromM, ToM: *ch.ToM}}
		for j, p := range ch.Pieces {
			piece, err := p.piece(fmt.Sprintf("%s/pieces/%d", at, j), ch.Bank)
			if err != nil {
				return c, err
			}
			change.Pieces = append(change.Pieces, piece)
		}
		c.Changes = append(c.Changes, change)
	}
	return c, nil
}

func (p sentPiece) piece(at string, bank geo.Bank) (demarc.Piece, error) {
	switch {
	case p.FromM == nil || p.ToM == nil:
		return demarc.Piece{}, geo.InvalidField(at+"/from_m", "is missing; a piece has from_m and to_m, in the route's measures")
	case p.WidthM == nil:
		return demarc.Piece{}, geo.InvalidField(at+"/width_m", "is missing; say how far the line stands from what it rests on")
	}
	for _, t := range []struct{ name, text string }{{"/source", p.Source}, {"/reason", p.Reason}} {
		if err := textOf(at+t.name, t.text, maxNote, false); err != nil {
			return demarc.Piece{}, err
		}
	}
	line, err := lineOf(at+"/geometry", p.Geometry)
	return demarc.Piece{Bank: bank, FromM: *p.FromM, ToM: *p.ToM, Basis: p.Basis, WidthM: *p.WidthM, Source: p.Source, Reason: p.Reason, Line: line}, err
}

// projectPage reads which page of what a project has is asked for.
func projectPage(r *http.Request) (id, after int64, limit int, err error) {
	p, err := parseParams(r, "after", "limit")
	if err != nil {
		return 0, 0, 0, err
	}
	if id, err = pathID(r, "project"); err != nil {
		return 0, 0, 0, err
	}
	if after, err = p.id("after"); err != nil {
		return 0, 0, 0, err
	}
	limit, err = p.limit(200, 1000)
	return id, after, limit, err
}

// commits serves GET /api/v1/projects/{id}/commits?after=&limit=: the log of a project, every revision once.
func (s *server) commits(w http.ResponseWriter, r *http.Request) error {
	id, after, limit, err := projectPage(r)
	if err != nil {
		return err
	}
	log, err := s.Store.ProjectLog(r.Context(), actorOf(r.Context()), id, int(min(after, 1<<30)), limit)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"commits": log})
}

// projectVersion serves GET /api/v1/projects/{id}/versions/{revision}: the lines as they stood in a revision.
func (s *server) projectVersion(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	raw := mux.Vars(r)["revision"]
	revision, err := strconv.ParseInt(raw, 10, 32)
	if err != nil || revision < 1 {
		return geo.NotFoundField("revision", "%q is no revision; revisions are whole numbers from 1", shortened(raw))
	}
	_, pieces, err := s.Store.ProjectPieces(r.Context(), actorOf(r.Context()), id, int(revision))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etagOf(int(revision)))
	return writePrivate(w, http.StatusOK, map[string]any{"project_id": id, "revision": revision, "pieces": piecesOf(pieces)})
}

// boundaryVersions serves GET /api/v1/boundaries/{id}/versions: the versions of a boundary that one may know of.
func (s *server) boundaryVersions(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	id, err := pathID(r, "boundary")
	if err != nil {
		return err
	}
	versions, err := s.Store.BoundaryVersions(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"versions": versions})
}
