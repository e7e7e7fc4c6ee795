package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/geo/rules"
)

// demarcStore keeps what is made from the lines of projects. Access is that of projectStore.
type demarcStore interface {
	// MayPlan refuses him who is no planner of a project, as its writes do: he is told so before anything is computed for him.
	MayPlan(ctx context.Context, by access.Actor, id int64) error
	ProjectStakes(ctx context.Context, by access.Actor, id int64) (project.Project, []project.Stake, error)
	// WriteStakes has the stakes of a project decided on by what stands, and written, as one; WriteZones the zones. The error is a [project.Stale] when
	// what stands is not what the write was built on.
	WriteStakes(ctx context.Context, by access.Actor, id int64, base project.StakeBase, place project.Placing, once project.Once) (made project.StakesMade, replayed bool, err error)
	WriteZones(ctx context.Context, by access.Actor, id int64, base int, cut func(project.Subject) ([]demarc.Zone, error), once project.Once) (made project.ZonesMade, replayed bool, err error)
	// Models gives the elevation models of a project. RoomForModel refuses him who may not add one, or added too much; AddModel keeps what was sent;
	// DropModel takes one away, and tells whether nothing else names its file.
	Models(ctx context.Context, by access.Actor, id int64) ([]project.Model, error)
	RoomForModel(ctx context.Context, by access.Actor, id int64) error
	AddModel(ctx context.Context, by access.Actor, id int64, m project.Model) error
	DropModel(ctx context.Context, by access.Actor, id int64, sha256 string) (last bool, err error)
	KeepCheck(ctx context.Context, by access.Actor, id int64, run project.CheckRun) error
	// LastCheck gives the last run of the rules; geo.CodeNotFound when there was none.
	LastCheck(ctx context.Context, by access.Actor, id int64) (project.CheckRun, error)
	// Version is the newest write that the store has.
	Version(ctx context.Context) (int64, error)
	// DivisionsAbove gives divisions with all above them, as they are on a day; zero is today.
	DivisionsAbove(ctx context.Context, of []demarc.Division, on geo.Date) ([]demarc.Division, error)
	// PackageSubject gives what is handed over of a project: of an announced one as of a day, zero being that from which it is in force.
	PackageSubject(ctx context.Context, by access.Actor, id int64, asOf geo.Date) (project.Subject, error)
}

// Packages writes what is handed over; data/export has it. The same project in the same state gives the same bytes.
type Packages interface {
	// Package writes a package of results 成果包 as a zip.
	Package(ctx context.Context, w io.Writer, p project.Package, o project.PackageOptions) error
	// StakeTable writes the stake table 界桩成果表 as CSV, with a byte order mark, or as XLSX.
	StakeTable(ctx context.Context, w io.Writer, p project.Package, xlsx bool) error
	// Certificates writes the handover certificates 移交证书 of the stakes, a page each, as XLSX.
	Certificates(ctx context.Context, w io.Writer, p project.Package) error
}

func (s *server) routeDemarcation(add func(method, path, name string, h handlerFunc), one string) {
	add(http.MethodPost, one+"/candidates", "project_candidates", s.candidates)
	add(http.MethodPost, one+"/lake-candidates", "project_lake_candidate", s.lakeCandidate)
	add(http.MethodGet, one+"/elevation-models", "project_models", s.models)
	add(http.MethodPost, one+"/elevation-models", "project_model_add", s.addModel)
	add(http.MethodDelete, one+"/elevation-models/{sha256}", "project_model_drop", s.dropModel)
	add(http.MethodPost, one+"/previews/{edit}", "project_preview", s.preview)
	add(http.MethodGet, one+"/area", "project_area", s.projectArea)
	add(http.MethodPost, one+"/checks", "project_check", s.check)
	add(http.MethodGet, one+"/checks", "project_checks", s.lastCheck)
	s.routeStakes(add, one)
	add(http.MethodGet, one+"/zones", "project_zones", s.zones)
	add(http.MethodPut, one+"/zones", "project_zones_put", s.putZones)
	add(http.MethodGet, one+"/zones/statistics", "project_zone_statistics", s.zoneStatistics)
	add(http.MethodGet, one+"/package.zip", "project_package", s.projectPackage)
}

// subject reads what is made of a project that the one who asks may see.
func (s *server) subject(r *http.Request, known ...string) (project.Subject, error) {
	id, err := s.projectID(r, known...)
	if err != nil {
		return project.Subject{}, err
	}
	return s.Store.Subject(r.Context(), actorOf(r.Context()), id)
}

func (s *server) checker() gate.Checker {
	if s.Rules == nil {
		return gate.Checker{}
	}
	return gate.Checker{Profiles: s.Rules, Memo: s.drawing.memo}
}

// widths gives the profile that a body names, or else the project's, which has to have widths.
func (s *server) widths(pointer, named string, p project.Project) (rules.Profile, error) {
	if named == "" {
		return s.checker().ProfileOf(p)
	}
	return s.partOf(pointer, named, rules.Widths)
}

// partOf gives a profile by name, which has to have a part.
func (s *server) partOf(pointer, id string, part rules.Part) (rules.Profile, error) {
	if s.Rules == nil {
		return rules.Profile{}, geo.Errorf(geo.CodeUnavailable, "this server has no rule profiles")
	}
	found, err := s.Rules.Get(id)
	if err != nil || !slices.Contains(found.Parts(), part) {
		return rules.Profile{}, geo.InvalidField(pointer, "%q is no profile with rules of %s; there are %s", shortened(id), part, geo.Listed(s.profilesWith(part)))
	}
	return found, nil
}

// sentWant is what a piece of a candidate is to rest on.
type sentWant struct {
	Bank        geo.Bank     `json:"bank"`
	FromM       *float64     `json:"from_m"`
	ToM         *float64     `json:"to_m"`
	Basis       demarc.Basis `json:"basis"`
	WidthM      *float64     `json:"width_m"`
	Survey      int64        `json:"survey_id"`
	ReturnYears int          `json:"return_years"`
	RiverWidthM float64      `json:"river_width_m"`
	Where       string       `json:"where"`
	Source      string       `json:"source"`
	Reason      string       `json:"reason"`
}

// candidates serves POST /api/v1/projects/{id}/candidates: the lines that the profile asks for, bank by bank, joined to the announced boundaries of
// tributaries and of the river that it flows into. Nothing is written; a commit writes.
func (s *server) candidates(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.subject(r)
	if err != nil {
		return err
	}
	var b struct {
		Profile string     `json:"profile"`
		Wants   []sentWant `json:"wants"`
		Flood   *sentFlood `json:"flood"`
	}
	if _, err := readSent(w, r, maxProjectBytes, &b); err != nil {
		return err
	}
	profile, err := s.widths("/profile", b.Profile, subject.Project)
	if err != nil {
		return err
	}
	wants, err := wantsOf(b.Wants, subject.Project)
	if err != nil {
		return err
	}
	var out lineCollection
	err = s.engine.do(r.Context(), func(ctx context.Context) error {
		flooded, err := s.flood(ctx, &subject, b.Flood)
		if err != nil {
			return err
		}
		lines, notes, err := demarc.Candidate(ctx, subject.Stretch, wants, *profile.Width)
		if err != nil {
			return wantsPointer(err)
		}
		lines, joined := gate.Joined(lines, subject.Stretch, subject.Around.Others)
		out = linesOf(lines)
		out.Notes = notesOf(slices.Concat(flooded, notes, joined))
		return nil
	})
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, struct {
		ProjectID   int64  `json:"project_id"`
		Revision    int    `json:"revision"`
		RuleProfile string `json:"rule_profile"`
		lineCollection
	}{subject.Project.ID, subject.Project.Revision, profile.Version(), out})
}

func wantsOf(sent []sentWant, p project.Project) (out []demarc.Want, err error) {
	for i, want := range sent {
		v, err := want.want(i, p)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (b sentWant) want(i int, p project.Project) (demarc.Want, error) {
	at := "/wants/" + strconv.Itoa(i)
	for _, t := range []struct{ name, text string }{{"/source", b.Source}, {"/reason", b.Reason}, {"/where", b.Where}} {
		if err := textOf(at+t.name, t.text, maxNote, false); err != nil {
			return demarc.Want{}, err
		}
	}
	w := demarc.Want{
		Bank: b.Bank, FromM: p.FromM, ToM: p.ToM, Basis: b.Basis, WidthM: b.WidthM, Survey: b.Survey, ReturnYears: b.ReturnYears, RiverWidthM: b.RiverWidthM,
		Where: b.Where, Source: b.Source, Reason: b.Reason,
	}
	if b.FromM != nil {
		w.FromM = *b.FromM
	}
	if b.ToM != nil {
		w.ToM = *b.ToM
	}
	return w, nil
}

// pieceFeature is a piece as a GeoJSON feature.
type pieceFeature struct {
	Type       string          `json:"type"`
	Geometry   line            `json:"geometry"`
	Properties pieceProperties `json:"properties"`
}

type pieceProperties struct {
	Bank       geo.Bank     `json:"bank"`
	FromM      float64      `json:"from_m"`
	ToM        float64      `json:"to_m"`
	FromLabel  string       `json:"from_label"`
	ToLabel    string       `json:"to_label"`
	Basis      demarc.Basis `json:"basis"`
	WidthM     float64      `json:"width_m"`
	Source     string       `json:"source"`
	Reason     string       `json:"reason"`
	Confidence float64      `json:"confidence"`
	LengthM    float64      `json:"length_m"`
}

// connectorFeature is a connector as a GeoJSON feature.
type connectorFeature struct {
	Type       string              `json:"type"`
	Geometry   line                `json:"geometry"`
	Properties connectorProperties `json:"properties"`
}

type connectorProperties struct {
	Kind    demarc.ConnectorKind `json:"kind"`
	Bank    geo.Bank             `json:"bank"`
	AtM     float64              `json:"at_m"`
	AtLabel string               `json:"at_label"`
	LengthM float64              `json:"length_m"`
}

// noteBody is what a planner should know of a candidate.
type noteBody struct {
	Code  string   `json:"code"`
	Bank  geo.Bank `json:"bank"`
	FromM float64  `json:"from_m"`
	ToM   float64  `json:"to_m"`
	Size  float64  `json:"size"`
	Zh    string   `json:"zh"`
	En    string   `json:"en"`
}

// lineCollection is lines as a FeatureCollection of their pieces, with what joins them beside it.
type lineCollection struct {
	Type       string             `json:"type"`
	Features   []pieceFeature     `json:"features"`
	Connectors []connectorFeature `json:"connectors"`
	Notes      []noteBody         `json:"notes"`
}

func linesOf(l demarc.Lines) lineCollection {
	out := lineCollection{Type: "FeatureCollection", Features: []pieceFeature{}, Connectors: []connectorFeature{}, Notes: []noteBody{}}
	for _, p := range l.Pieces {
		out.Features = append(out.Features, pieceFeature{"Feature", line{p.Line}, pieceProperties{
			Bank: p.Bank, FromM: p.FromM, ToM: p.ToM, FromLabel: lref.Label(p.FromM), ToLabel: lref.Label(p.ToM), Basis: p.Basis, WidthM: p.WidthM, Source: p.Source,
			Reason: p.Reason, Confidence: p.Confidence, LengthM: centimetres(lref.Length(p.Line)),
		}})
	}
	for _, c := range l.Connectors {
		out.Connectors = append(out.Connectors, connectorFeature{"Feature", line{c.Line}, connectorProperties{c.Kind, c.Bank, c.AtM, lref.Label(c.AtM), centimetres(c.LengthM)}})
	}
	return out
}

func notesOf(notes []demarc.Note) []noteBody {
	out := []noteBody{}
	for _, n := range notes {
		out = append(out, noteBody{n.Code, n.Bank, n.FromM, n.ToM, n.Size, n.Zh, n.En})
	}
	return out
}

// partBody is what of an area lies in one town.
type partBody struct {
	Division *int64   `json:"division_id"` // null: it lies in no division that is known
	Name     string   `json:"name"`
	Code     string   `json:"code"`
	AreaM2   float64  `json:"area_m2"`
	Geometry polygons `json:"geometry"`
}

// projectArea serves GET /api/v1/projects/{id}/area?revision=: the management area that the lines enclose, and its parts by town.
func (s *server) projectArea(w http.ResponseWriter, r *http.Request) error {
	p, err := parseParams(r, "revision")
	if err != nil {
		return err
	}
	revision, err := p.id("revision")
	if err != nil {
		return err
	}
	subject, err := s.subject(r, "revision")
	if err != nil {
		return err
	}
	if revision > 0 && int(revision) != subject.Project.Revision {
		_, pieces, err := s.Store.ProjectPieces(r.Context(), actorOf(r.Context()), subject.Project.ID, int(min(revision, 1<<30)))
		if err != nil {
			return err
		}
		subject.Lines, subject.Project.Revision = project.Lines(pieces), int(revision)
	}
	var area *geom.MultiPolygon
	var parts []demarc.DivisionPart
	err = s.engine.do(r.Context(), func(ctx context.Context) (err error) {
		area, parts, err = gate.AreaOf(ctx, gate.Drawn(subject), subject.Stretch)
		return err
	})
	if err != nil {
		return conflictWith(err, "the lines of the project enclose no area yet")
	}
	w.Header().Set("ETag", etagOf(subject.Project.Revision))
	return writePrivate(w, http.StatusOK, areaBody(subject, area, parts))
}

// conflictWith makes of what is wrong with stored lines a conflict, for the request is right.
func conflictWith(err error, what string) error {
	if geo.CodeOf(err) == geo.CodeInvalid {
		return geo.Wrapf(err, geo.CodeConflict, "%s: %v", what, err)
	}
	return err
}

func areaBody(subject project.Subject, area *geom.MultiPolygon, parts []demarc.DivisionPart) map[string]any {
	sum := 0.0
	bodies := []partBody{}
	for _, p := range parts {
		b := partBody{Division: idOrNull(p.Division), AreaM2: centimetres(p.AreaM2), Geometry: polygons{p.Geom}}
		for _, d := range subject.Stretch.Divisions {
			if d.ID == p.Division {
				b.Name, b.Code = d.Name, d.Code
			}
		}
		sum += p.AreaM2
		bodies = append(bodies, b)
	}
	return map[string]any{
		"project_id": subject.Project.ID, "revision": subject.Project.Revision, "area_m2": centimetres(sum), "geometry": polygons{area}, "parts": bodies,
	}
}
