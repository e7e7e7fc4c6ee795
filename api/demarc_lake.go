package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/project"
)

// sentLake asks for the boundary of a lake or reservoir: by a level over an elevation model, from a place in the lake, or by a surveyed shore.
type sentLake struct {
	Name     string   `json:"name"`
	Lon      *float64 `json:"lon"`
	Lat      *float64 `json:"lat"`
	Model    string   `json:"model"` // its SHA-256
	HeightM  *float64 `json:"height_m"`
	Historic bool     `json:"historic"`
	Survey   int64    `json:"survey_id"`
	Profile  string   `json:"profile"`
	Where    string   `json:"where"`
	WidthM   *float64 `json:"width_m"`
	Source   string   `json:"source"`
}

// lakeShore is what the boundary of a lake rests on.
type lakeShore struct {
	line   *geom.LineString
	basis  demarc.Basis
	class  int // of a levee
	source string
	notes  []demarc.Note
}

// lakeStake is where a stake of a lake is to stand.
type lakeStake struct {
	Name string  `json:"name"`
	Lon  float64 `json:"lon"`
	Lat  float64 `json:"lat"`
}

// lakeBody is the boundary of a lake, as a GeoJSON feature of its ring with what belongs to it.
type lakeBody struct {
	Type       string         `json:"type"`
	Geometry   line           `json:"geometry"`
	Properties lakeProperties `json:"properties"`
	Area       polygons       `json:"area"`
	Stakes     []lakeStake    `json:"stakes"`
	Notes      []noteBody     `json:"notes"`
}

type lakeProperties struct {
	Basis   demarc.Basis `json:"basis"`
	WidthM  float64      `json:"width_m"`
	Source  string       `json:"source"`
	LengthM float64      `json:"length_m"`
	AreaM2  float64      `json:"area_m2"`
}

// lakeCandidate serves POST /api/v1/projects/{id}/lake-candidates: the boundary of a lake or reservoir by the project's river (A4), which is a ring at the
// profile's width outward of the shore, and where its stakes stand. Nothing is written.
func (s *server) lakeCandidate(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.subject(r)
	if err != nil {
		return err
	}
	var b sentLake
	if _, err := readSent(w, r, maxProjectBytes, &b); err != nil {
		return err
	}
	if err := b.check(s.Extent); err != nil {
		return err
	}
	profile, err := s.widths("/profile", b.Profile, subject.Project)
	if err != nil {
		return err
	}
	var out lakeBody
	err = s.engine.do(r.Context(), func(ctx context.Context) error {
		shore, err := s.shore(ctx, subject, b)
		if err != nil {
			return err
		}
		out, err = b.bounded(shore, *profile.Width, subject.Project.RiverName)
		return err
	})
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, struct {
		ProjectID   int64  `json:"project_id"`
		Revision    int    `json:"revision"`
		RuleProfile string `json:"rule_profile"`
		lakeBody
	}{subject.Project.ID, subject.Project.Revision, profile.Version(), out})
}

func (b sentLake) check(extent geo.Extent) error {
	for _, t := range []struct {
		at, text string
		most     int
	}{{"/name", b.Name, maxName}, {"/source", b.Source, maxNote}, {"/where", b.Where, maxName}} {
		if err := textOf(t.at, t.text, t.most, false); err != nil {
			return err
		}
	}
	switch {
	case b.Survey != 0 && (b.Model != "" || b.HeightM != nil || b.Lon != nil || b.Lat != nil):
		return geo.InvalidField("/survey_id", "a lake is drawn by its surveyed shore, or by a level over an elevation model: send one of the two")
	case b.Survey != 0:
		return nil
	case b.Model == "":
		return geo.InvalidField("/model", "is missing; give an elevation model with height_m, lon and lat, or the survey_id of a surveyed shore")
	case b.Lon == nil || b.Lat == nil:
		return geo.InvalidField("/lon", "is missing; give lon and lat of a place in the lake")
	case !extent.Contains(*b.Lon, *b.Lat):
		return geo.InvalidField("/lon", "%g, %g lies outside this installation's extent; a position is lon, lat", *b.Lon, *b.Lat)
	}
	return heightOf("/height_m", b.HeightM)
}

// shore finds what the boundary rests on.
func (s *server) shore(ctx context.Context, subject project.Subject, b sentLake) (lakeShore, error) {
	if b.Survey != 0 {
		i := slices.IndexFunc(subject.Stretch.Survey, func(l demarc.SurveyLine) bool { return l.ID == b.Survey })
		if i < 0 {
			return lakeShore{}, geo.InvalidField("/survey_id", "no survey line %d lies beside the project", b.Survey)
		}
		l := subject.Stretch.Survey[i]
		return lakeShore{l.Line, l.Basis(), l.LeveeClass, l.Source, nil}, nil
	}
	grid, err := s.grid(ctx, subject.Project.ID, "/model", b.Model, nil)
	if err != nil {
		return lakeShore{}, err
	}
	level := demarc.Level{HeightM: *b.HeightM, Historic: b.Historic, Datum: houseDatum, Source: b.Source}
	flood, ring, notes, err := demarc.LakeRing(ctx, grid, level, *b.Lon, *b.Lat)
	if err != nil {
		return lakeShore{}, renamedFields(err, map[string]string{"levels": "/height_m", "dem": "/model"})
	}
	basis := demarc.DesignFlood
	if b.Historic {
		basis = demarc.HistoricFlood
	}
	return lakeShore{ring, basis, 0, flood.Source, notes}, nil
}

// bothSources names where a width was read and where the shore was.
func bothSources(width, shore string) string {
	if width == "" || width == shore {
		return shore
	}
	return strings.TrimSuffix(width+"; "+shore, "; ")
}

// bounded draws the boundary around a shore, at the width that was asked for, or else the profile's; where that has none it is the shore.
func (b sentLake) bounded(shore lakeShore, widths demarc.WidthProfile, river string) (lakeBody, error) {
	width, source := widths.WidthOf(demarc.Situation{Basis: shore.basis, LeveeClass: shore.class, Where: b.Where})
	if b.WidthM != nil {
		width, source = *b.WidthM, b.Source
	}
	lake, notes, err := demarc.LakeBoundary(shore.line, width)
	if err != nil {
		return lakeBody{}, renamedFields(err, map[string]string{"width_m": "/width_m", "survey": "/survey_id"})
	}
	name := b.Name
	if name == "" {
		name = river
	}
	out := lakeBody{
		Type: "Feature", Geometry: line{lake.Ring}, Area: polygons{lake.Area}, Stakes: []lakeStake{}, Notes: notesOf(slices.Concat(shore.notes, notes)),
		Properties: lakeProperties{shore.basis, lake.WidthM, bothSources(source, shore.source), centimetres(lake.LengthM()), centimetres(lake.AreaM2)},
	}
	for i, at := range lake.Around(stake.LakeStakes) {
		out.Stakes = append(out.Stakes, lakeStake{stake.LakeName(name, i+1), at[0], at[1]})
	}
	return out, nil
}
