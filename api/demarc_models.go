package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// Elevations reads elevation models 数字高程模型; data/dem has it.
type Elevations interface {
	// Spool takes a file in, to its end, that is gone when it is closed. One that is larger than limit is geo.CodeTooLarge.
	Spool(ctx context.Context, r io.Reader, limit int64) (io.ReadSeekCloser, error)
	// Grid gives the heights of a model in a window of degrees; nil is all of it. Errors are of geo.CodeRefused, geo.CodeTooLarge or geo.CodeInvalid; the
	// fields are crs and window.
	Grid(ctx context.Context, file io.ReadSeeker, of project.Model, window *geo.Extent) (demarc.DEM, error)
}

const (
	// maxModelFile bounds the file of an elevation model: the cells of 5 m around 20 km of a river, and much more.
	maxModelFile = 100 << 20
	// houseDatum is the datum of the heights that levels and models have; see domain.md 2.1.
	houseDatum = "1985"
	// maxLevels bounds the levels of a flood: one each hundred metres of the longest stretch.
	maxLevels = 5000
)

// modelBody is an elevation model as it is told.
type modelBody struct {
	SHA256 string    `json:"sha256"`
	Bytes  int64     `json:"bytes"`
	Name   string    `json:"name"`
	CRS    *string   `json:"crs"` // that was said; null: the file's own
	Datum  string    `json:"datum"`
	Source string    `json:"source"`
	Cols   int       `json:"cols"`
	Rows   int       `json:"rows"`
	CellM  float64   `json:"cell_m"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

func modelOf(m project.Model) modelBody {
	return modelBody{m.SHA256, m.Bytes, m.Name, orNoText(m.CRS), m.Datum, m.Source, m.Cols, m.Rows, math.Round(m.CellM*1000) / 1000, m.By, m.At.UTC()}
}

// models serves GET /api/v1/projects/{id}/elevation-models: those that were sent for a project.
func (s *server) models(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Models(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	out := make([]modelBody, 0, len(found))
	for _, m := range found {
		out = append(out, modelOf(m))
	}
	return writePrivate(w, http.StatusOK, map[string]any{"project_id": id, "models": out})
}

// addModel serves POST /api/v1/projects/{id}/elevation-models?name=&source=&crs=&datum=: an elevation model for the project, whose candidates it floods. It
// is read once as it comes, around the project's stretch: what cannot be used is refused then, and nothing of it is kept.
func (s *server) addModel(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r, "name", "source", "crs", "datum")
	if err != nil {
		return err
	}
	by := actorOf(r.Context())
	if err := s.Store.RoomForModel(r.Context(), by, id); err != nil {
		return err
	}
	if kind := r.Header.Get("Content-Type"); kind != "image/tiff" {
		return &mediaTypeError{"the body's type is " + strconv.Quote(shortened(kind)) + "; send an elevation model as image/tiff, a GeoTIFF: gdal_translate makes one of most grids", []string{"image/tiff"}}
	}
	m, err := modelSaid(r)
	if err != nil {
		return err
	}
	if s.Elevations == nil || s.Files == nil {
		return geo.Errorf(geo.CodeUnavailable, "this server takes no elevation models")
	}
	if r.ContentLength > maxModelFile {
		return geo.Errorf(geo.CodeTooLarge, "the elevation model is larger than %d bytes: cut it to the river, or to cells of a few metres", maxModelFile)
	}
	subject, err := s.Store.Subject(r.Context(), by, id)
	if err != nil {
		return err
	}
	if m, err = s.takeModel(r, m, subject.Stretch); err != nil {
		return err
	}
	if err := s.Store.AddModel(r.Context(), by, id, m); err != nil {
		return err
	}
	m.By, m.At = by.Name, s.Now()
	w.Header().Set("Location", fmt.Sprintf("/api/v1/projects/%d/elevation-models/%s", id, m.SHA256))
	return writePrivate(w, http.StatusCreated, modelOf(m))
}

// modelSaid reads what is said of a model, which its file does not say.
func modelSaid(r *http.Request) (m project.Model, err error) {
	p, err := parseParams(r, "name", "source", "crs", "datum")
	if err != nil {
		return m, err
	}
	m = project.Model{Name: p.values.Get("name"), Source: p.values.Get("source"), CRS: p.values.Get("crs"), Datum: houseDatum}
	for _, t := range []struct{ at, text string }{{"name", m.Name}, {"source", m.Source}} {
		if err := textOf(t.at, t.text, maxName, true); err != nil {
			return m, err
		}
	}
	if d := p.values.Get("datum"); p.values.Has("datum") && d != houseDatum {
		return m, geo.InvalidField("datum", "%q: heights are of the 1985 datum (EPSG:5737) here; convert the model, and say 1985", shortened(d))
	}
	if m.CRS == "" {
		return m, nil
	}
	if ok, err := regexp.MatchString("^EPSG:[0-9]{4,6}$", m.CRS); err != nil || !ok {
		return m, geo.InvalidField("crs", "%q is no code: write it as EPSG:4547", shortened(m.CRS))
	}
	return m, nil
}

// takeModel reads a model around a stretch as it comes, and keeps its file.
func (s *server) takeModel(r *http.Request, m project.Model, st demarc.Stretch) (project.Model, error) {
	body := bufio.NewReader(r.Body)
	head, _ := body.Peek(4) //nolint:errcheck // a shorter file is none
	if !slices.Contains([]string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"}, string(head)) {
		return m, geo.Errorf(geo.CodeRefused, "the file is no GeoTIFF: it begins otherwise")
	}
	file, err := s.Elevations.Spool(r.Context(), body, maxModelFile)
	if err != nil {
		return m, err
	}
	defer func() { _ = file.Close() }()
	err = s.engine.do(r.Context(), func(ctx context.Context) error {
		window := st.ModelWindow()
		grid, err := s.Elevations.Grid(ctx, file, m, &window)
		m.Cols, m.Rows = grid.Cols, grid.Rows
		if err == nil {
			m.CellM = grid.CellM()
		}
		return err
	})
	if err != nil {
		return m, renamedFields(err, map[string]string{"window": "body"})
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return m, fmt.Errorf("keep an elevation model: %w", err)
	}
	m.SHA256, m.Bytes, err = s.Files.Keep(r.Context(), file, maxModelFile)
	return m, err
}

// dropModel serves DELETE /api/v1/projects/{id}/elevation-models/{sha256}: a model is taken away, and its file where nothing else names it.
func (s *server) dropModel(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	sha := mux.Vars(r)["sha256"]
	if err := knownSHA256("sha256", sha); err != nil {
		return err
	}
	last, err := s.Store.DropModel(r.Context(), actorOf(r.Context()), id, sha)
	if err != nil {
		return err
	}
	if last && s.Files != nil {
		if err := s.Files.Remove(r.Context(), sha); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func knownSHA256(at, sha string) error {
	if ok, err := regexp.MatchString("^[0-9a-f]{64}$", sha); err != nil || !ok {
		return geo.NotFoundField(at, "%q is no SHA-256 in hexadecimal digits", shortened(sha))
	}
	return nil
}

// sentFlood is a flood of a stretch: its levels over one of the project's elevation models.
type sentFlood struct {
	Model    string      `json:"model"` // its SHA-256
	Historic bool        `json:"historic"`
	Source   string      `json:"source"`
	Levels   []sentLevel `json:"levels"`
}

type sentLevel struct {
	AtM     *float64 `json:"at_m"`
	HeightM *float64 `json:"height_m"`
}

// flood adds the edges of a flood to what was surveyed of a stretch (A3), and tells what should be known of it.
func (s *server) flood(ctx context.Context, subject *project.Subject, b *sentFlood) ([]demarc.Note, error) {
	if b == nil {
		return nil, nil
	}
	levels, err := b.levels()
	if err != nil {
		return nil, err
	}
	window := subject.Stretch.ModelWindow()
	grid, err := s.grid(ctx, subject.Project.ID, "/flood/model", b.Model, &window)
	if err != nil {
		return nil, err
	}
	flood, notes, err := demarc.FloodLines(ctx, subject.Stretch, grid, levels)
	if err != nil {
		return nil, wantsPointer(renamedFields(err, map[string]string{"levels": "flood/levels", "dem": "flood/model"}))
	}
	subject.Stretch.Survey = append(slices.Clone(subject.Stretch.Survey), flood.Survey()...)
	return notes, nil
}

func (b *sentFlood) levels() ([]demarc.Level, error) {
	if err := textOf("/flood/source", b.Source, maxNote, false); err != nil {
		return nil, err
	}
	if len(b.Levels) > maxLevels {
		return nil, geo.FieldErrorf(geo.CodeRefused, "/flood/levels", "has %d levels; a flood has at most %d", len(b.Levels), maxLevels)
	}
	var out []demarc.Level
	for i, l := range b.Levels {
		at := "/flood/levels/" + strconv.Itoa(i)
		if l.AtM == nil {
			return nil, geo.InvalidField(at+"/at_m", "is missing; give the measure, in metres, that the level is at")
		}
		if err := heightOf(at+"/height_m", l.HeightM); err != nil {
			return nil, err
		}
		out = append(out, demarc.Level{MeasureM: *l.AtM, HeightM: *l.HeightM, Historic: b.Historic, Datum: houseDatum, Source: b.Source})
	}
	return out, nil
}

func heightOf(at string, h *float64) error {
	if h == nil || !(*h > -500 && *h < 9000) {
		return geo.InvalidField(at, "has to be a height in metres, datum 1985")
	}
	return nil
}

// grid reads one of a project's elevation models.
func (s *server) grid(ctx context.Context, id int64, at, sha string, window *geo.Extent) (grid demarc.DEM, err error) {
	if s.Elevations == nil || s.Files == nil {
		return grid, geo.Errorf(geo.CodeUnavailable, "this server takes no elevation models")
	}
	found, err := s.Store.Models(ctx, actorOf(ctx), id)
	if err != nil {
		return grid, err
	}
	i := slices.IndexFunc(found, func(m project.Model) bool { return m.SHA256 == sha })
	if i < 0 {
		return grid, geo.InvalidField(at, "%q is no elevation model of the project: send its file to elevation-models first, and name the sha256 that it gives", shortened(sha))
	}
	file, err := s.Files.Open(ctx, sha)
	if geo.CodeOf(err) == geo.CodeNotFound {
		return grid, geo.FieldErrorf(geo.CodeConflict, at, "the file of %q is not kept here any more: send it again", found[i].Name)
	}
	if err != nil {
		return grid, err
	}
	defer func() { _ = file.Close() }()
	grid, err = s.Elevations.Grid(ctx, file, found[i], window)
	return grid, renamedFields(err, map[string]string{"window": at, "crs": at})
}
