package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/overlay"
	"hetu/geo/project"
)

// bankDiff is what changed of one bank.
type bankDiff struct {
	Bank geo.Bank `json:"bank"`
	overlay.LineDiff
}

// projectDiff serves GET /api/v1/projects/{id}/diff?from=&to=&as_of=&geometry=: what changed between two revisions, or between the lines in
// force and a revision (Q11).
func (s *server) projectDiff(w http.ResponseWriter, r *http.Request) error {
	p, id, c, err := s.askedDiff(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	to, err := p.id("to")
	if err != nil {
		return err
	}
	is, pieces, err := s.Store.ProjectPieces(ctx, actorOf(ctx), id, int(min(to, 1<<30)))
	if err != nil {
		return geo.AtField(err, "to")
	}
	if to == 0 {
		to = int64(is.Revision)
	}
	was, err := s.piecesFrom(ctx, id, p, c.At.AsOf)
	if err != nil {
		return err
	}
	route, err := s.Store.ProjectRoute(ctx, actorOf(ctx), id)
	if err != nil {
		return err
	}
	banks, err := s.bankDiffs(ctx, c, route, was, pieces)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{"from": p.values.Get("from"), "to": to, "as_of": c.At.AsOf, "banks": banks})
}

// askedDiff reads of which project what is asked for, and how it is to be told.
func (s *server) askedDiff(r *http.Request) (p params, id int64, c overlay.Change, err error) {
	p, at, err := s.asked(r, "from", "to", "geometry")
	if err != nil {
		return p, 0, c, err
	}
	if !at.KnownAt.IsZero() {
		return p, 0, c, geo.InvalidField("known_at", "has no say in it: a revision is what it was")
	}
	if id, err = pathID(r, "project"); err != nil {
		return p, 0, c, err
	}
	tolerance, err := s.tolerance()
	if err != nil {
		return p, 0, c, err
	}
	c = overlay.Change{At: at, Kind: overlay.Boundary, TinyM2: tolerance.Tolerance.OverlapM2}
	c.Geometry, err = p.truth("geometry", true)
	return p, id, c, err
}

// piecesFrom reads what is compared with: a revision, or announced.
func (s *server) piecesFrom(ctx context.Context, id int64, p params, asOf geo.Date) ([]project.Piece, error) {
	from := p.values.Get("from")
	if from == string(project.Announced) {
		return s.Store.AnnouncedBeside(ctx, actorOf(ctx), id, asOf)
	}
	n, err := strconv.ParseInt(from, 10, 32)
	if err != nil || n < 1 {
		return nil, geo.InvalidField("from", "%q is neither a revision, counted from 1, nor announced", shortened(from))
	}
	_, pieces, err := s.Store.ProjectPieces(ctx, actorOf(ctx), id, int(n))
	return pieces, geo.AtField(err, "from")
}

func (s *server) bankDiffs(ctx context.Context, c overlay.Change, route *geom.LineString, was, is []project.Piece) ([]bankDiff, error) {
	out := []bankDiff{}
	err := s.overlay(ctx, func(ctx context.Context, src overlay.Source, _ int64) error {
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			diff, err := overlay.CompareLines(ctx, src, c, route, project.Join(route, was, bank), project.Join(route, is, bank))
			if err != nil {
				return err
			}
			out = append(out, bankDiff{bank, diff})
		}
		return nil
	})
	return out, err
}
