package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// sentLines are pieces of both banks that are not committed.
type sentLines []struct {
	Bank geo.Bank `json:"bank"`
	sentPiece
}

// lines reads pieces, and holds them to the limits of a commit.
func (b sentLines) lines(at string, p project.Project, extent geo.Extent) (demarc.Lines, error) {
	var out demarc.Lines
	changes := map[geo.Bank]*project.Change{}
	for i, sent := range b {
		where := fmt.Sprintf("%s/%d", at, i)
		if sent.Bank != geo.Left && sent.Bank != geo.Right {
			return out, geo.InvalidField(where+"/bank", "%q is neither left nor right", shortened(string(sent.Bank)))
		}
		piece, err := sent.piece(where, sent.Bank)
		if err != nil {
			return out, err
		}
		if changes[sent.Bank] == nil {
			changes[sent.Bank] = &project.Change{Range: project.Range{Bank: sent.Bank, FromM: p.FromM, ToM: p.ToM}}
		}
		changes[sent.Bank].Pieces = append(changes[sent.Bank].Pieces, piece)
		out.Pieces = append(out.Pieces, piece)
	}
	if len(out.Pieces) > project.MaxPieces {
		return out, geo.FieldErrorf(geo.CodeRefused, at, "holds %d pieces; at most %d are looked at at once", len(out.Pieces), project.MaxPieces)
	}
	vertices := 0
	var drawn []*geom.LineString
	for _, piece := range out.Pieces {
		drawn = append(drawn, piece.Line)
		vertices += piece.Line.NumCoords()
		flat := piece.Line.FlatCoords()
		for i := 0; i+1 < len(flat); i += 2 {
			if !extent.Contains(flat[i], flat[i+1]) {
				return out, geo.FieldErrorf(geo.CodeRefused, at, "%g, %g lies outside this installation's extent; a position is lon, lat", flat[i], flat[i+1])
			}
		}
	}
	if vertices > project.MaxCommitVertices {
		return out, geo.FieldErrorf(geo.CodeRefused, at, "holds %d vertices; at most %d are looked at at once", vertices, project.MaxCommitVertices)
	}
	return out, geo.AtField(rules.Tangled(drawn...), at)
}

// sentPreview is an edit that is tried.
type sentPreview struct {
	Pieces   *sentLines `json:"pieces"` // nil: those of the project
	Piece    int        `json:"piece"`
	AtM      *float64   `json:"at_m"`
	Metres   *float64   `json:"metres"`
	Borders  bool       `json:"borders"`
	Geometry *lineBody  `json:"geometry"`
}

// preview serves POST /api/v1/projects/{id}/previews/{edit}: what an edit would make of the lines. Nothing is written.
func (s *server) preview(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.subject(r)
	if err != nil {
		return err
	}
	var b sentPreview
	if _, err := readSent(w, r, maxCommitBytes, &b); err != nil {
		return err
	}
	if b.Pieces != nil {
		if subject.Lines, err = b.Pieces.lines("/pieces", subject.Project, s.Extent); err != nil {
			return err
		}
	}
	lines := gate.Drawn(subject)
	edit := mux.Vars(r)["edit"]
	if edit == "buffer" {
		return s.buffer(r.Context(), w, b, subject.Project, lines)
	}
	var made demarc.Preview
	err = s.engine.do(r.Context(), func(context.Context) (err error) {
		made, err = b.preview(edit, subject, lines)
		return err
	})
	if err != nil {
		return previewPointer(err)
	}
	out := linesOf(gate.Connected(made.Lines, subject.Stretch.Route))
	return writePrivate(w, http.StatusOK, struct {
		ProjectID int64       `json:"project_id"`
		Revision  int         `json:"revision"`
		Edit      string      `json:"edit"`
		Changed   changedBody `json:"changed"`
		lineCollection
	}{subject.Project.ID, subject.Project.Revision, edit, changedBody{centimetres(made.MaxShiftM), centimetres(made.GainedM2), centimetres(made.LostM2), made.PiecesWas, made.Pieces}, out})
}

// changedBody is what an edit would change.
type changedBody struct {
	MaxShiftM float64 `json:"max_shift_m"`
	GainedM2  float64 `json:"gained_m2"`
	LostM2    float64 `json:"lost_m2"`
	PiecesWas int     `json:"pieces_was"`
	Pieces    int     `json:"pieces"`
}

func (b sentPreview) preview(edit string, s project.Subject, l demarc.Lines) (demarc.Preview, error) {
	number := func(name string, v *float64) (float64, error) {
		if v == nil {
			return 0, geo.InvalidField("/"+name, "is missing; %s takes it", edit)
		}
		return *v, nil
	}
	switch edit {
	case "split":
		if b.Borders {
			return demarc.PreviewSplitAtBorders(l, s.Stretch.Route, gate.Towns(s.Stretch.Divisions))
		}
		m, err := number("at_m", b.AtM)
		if err != nil {
			return demarc.Preview{}, err
		}
		return demarc.PreviewSplit(l, s.Stretch.Route, b.Piece, m)
	case "merge":
		return demarc.PreviewMerge(l, b.Piece)
	case "reshape":
		drawn, err := lineOf("/geometry", b.Geometry)
		if err != nil {
			return demarc.Preview{}, err
		}
		return demarc.PreviewReshape(l, b.Piece, drawn)
	case "offset", "thin":
		m, err := number("metres", b.Metres)
		if err != nil {
			return demarc.Preview{}, err
		}
		if edit == "thin" {
			return demarc.PreviewThin(l, m)
		}
		return demarc.PreviewOffset(l, b.Piece, m)
	case "edge-match":
		return b.edgeMatch(s, l)
	default:
		return demarc.Preview{}, geo.NotFoundField("edit", "%q is no edit that is previewed; there are buffer, split, merge, reshape, offset, thin and edge-match", shortened(edit))
	}
}

// edgeMatch moves the ends of the lines to those of the neighbours.
func (b sentPreview) edgeMatch(s project.Subject, l demarc.Lines) (demarc.Preview, error) {
	within := 0.1
	if b.Metres != nil {
		within = *b.Metres
	}
	var theirs demarc.Lines
	out := demarc.Preview{Lines: l, PiecesWas: len(l.Pieces), Pieces: len(l.Pieces)}
	if len(s.Around.Neighbours) == 0 {
		return out, geo.Errorf(geo.CodeConflict, "no boundary of the route ends or begins where the project does: there is nothing to match")
	}
	for _, n := range s.Around.Neighbours {
		theirs = gate.Connected(demarc.Lines{Pieces: n.Pieces}, s.Stretch.Route)
		made, err := demarc.PreviewEdgeMatch(out.Lines, theirs, within)
		if err != nil {
			return out, err
		}
		made.MaxShiftM = max(made.MaxShiftM, out.MaxShiftM)
		made.GainedM2, made.LostM2, made.PiecesWas = made.GainedM2+out.GainedM2, made.LostM2+out.LostM2, out.PiecesWas
		out = made
	}
	return out, nil
}

// previewPointer gives the fields of the engine's errors as JSON pointers of the body.
func previewPointer(err error) error {
	return renamedFields(err, map[string]string{"piece": "/piece", "m": "/at_m", "metres": "/metres", "line": "/geometry"})
}

func (s *server) buffer(ctx context.Context, w http.ResponseWriter, b sentPreview, p project.Project, l demarc.Lines) error {
	if b.Piece < 0 || b.Piece >= len(l.Pieces) {
		return geo.InvalidField("/piece", "there is no piece %d: the lines have %d, counted from 0", b.Piece, len(l.Pieces))
	}
	if b.Metres == nil {
		return geo.InvalidField("/metres", "is missing; buffer takes it")
	}
	var area *geom.MultiPolygon
	var m2 float64
	err := s.engine.do(ctx, func(context.Context) (err error) {
		area, m2, err = demarc.PreviewBuffer(l.Pieces[b.Piece], *b.Metres)
		return err
	})
	if err != nil {
		return previewPointer(err)
	}
	return writePrivate(w, http.StatusOK, map[string]any{
		"project_id": p.ID, "revision": p.Revision, "edit": "buffer", "area_m2": centimetres(m2), "geometry": polygons{area},
	})
}
