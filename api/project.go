package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/rules"
)

// projectStore is what boundary projects are kept in. Each method tells somebody only of projects over whose division, or a partner's, he has
// a role: the others are geo.CodeNotFound to him.
type projectStore interface {
	Projects(ctx context.Context, by access.Actor, f project.Filter) ([]project.Project, error)
	Project(ctx context.Context, by access.Actor, id int64) (project.Project, error)
	CreateProject(ctx context.Context, by access.Actor, n project.New, once project.Once) (made project.Made, replayed bool, err error)
	EditProject(ctx context.Context, by access.Actor, id int64, change project.Edit, once project.Once) (made project.Made, replayed bool, err error)
	// ProjectPieces gives the lines of a revision, 0 being the newest, with the project as it stands.
	ProjectPieces(ctx context.Context, by access.Actor, id int64, revision int) (project.Project, []project.Piece, error)
	// ProjectRoute gives the centre line that a project lies beside, XYM; AnnouncedBeside the lines that are in force there on a day.
	ProjectRoute(ctx context.Context, by access.Actor, id int64) (*geom.LineString, error)
	AnnouncedBeside(ctx context.Context, by access.Actor, id int64, asOf geo.Date) ([]project.Piece, error)
	ProjectLog(ctx context.Context, by access.Actor, id int64, after, limit int) ([]project.Entry, error)
	// Commit brings changes in; the error is a [project.Stale] when what they touch was touched since their base.
	Commit(ctx context.Context, by access.Actor, id int64, c project.Commit, extent geo.Extent, once project.Once) (made project.Made, replayed bool, err error)
	// Subject gives what a check of a project looks at.
	Subject(ctx context.Context, by access.Actor, id int64) (project.Subject, error)
	Transition(ctx context.Context, by access.Actor, id int64, m project.Move, once project.Once) (made project.Made, replayed bool, err error)
	ProjectFindings(ctx context.Context, by access.Actor, id int64) (project.Project, []project.Finding, error)
	Waive(ctx context.Context, by access.Actor, id, finding int64, reason string, once project.Once) (replayed bool, err error)
	ChangeRequests(ctx context.Context, by access.Actor, id int64) ([]project.ChangeRequest, error)
	AskChange(ctx context.Context, by access.Actor, id int64, boundaries []int64, cause, reason string, once project.Once) (replayed bool, err error)
	DecideChange(ctx context.Context, by access.Actor, id, request int64, approve bool, once project.Once) (replayed bool, err error)
	// Once does one of the small writes, of comments, runs of the rules and files, as [Identity.Once] does those of accounts; Answered looks for its answer
	// before the work for it is begun.
	Once(ctx context.Context, by access.Actor, once project.Once, done any, write func(context.Context) error) (replayed bool, err error)
	Answered(ctx context.Context, by access.Actor, once project.Once, done any) (replayed bool, err error)
	Comments(ctx context.Context, by access.Actor, id, after int64, limit int) ([]project.Comment, error)
	AddComment(ctx context.Context, by access.Actor, id int64, c project.Comment) (int64, error)
	ResolveComment(ctx context.Context, by access.Actor, id, comment int64, how string) error
	Leases(ctx context.Context, by access.Actor, id int64) ([]project.Lease, error)
	PutLease(ctx context.Context, by access.Actor, id int64, l project.Lease) ([]project.Lease, error)
	DropLease(ctx context.Context, by access.Actor, id int64, session string) error
	DraftOps(ctx context.Context, by access.Actor, id int64, session string, after, limit int) ([]project.Op, error)
	AppendOps(ctx context.Context, by access.Actor, id int64, session string, ops []project.Op) (project.OpenDraft, error)
	// DiscardOps ends the account's draft without a commit.
	DiscardOps(ctx context.Context, by access.Actor, id int64) (project.Discarded, error)
	BoundaryVersions(ctx context.Context, by access.Actor, id int64) ([]project.Version, error)
	// Document gives a document by id, or with id 0 by the hash of its file.
	Document(ctx context.Context, by access.Actor, id int64, sha256 string) (project.Document, error)
	// RoomForFile refuses a further file of somebody who sent many that no document names; FileSent keeps who sent one.
	RoomForFile(ctx context.Context, by access.Actor) error
	FileSent(ctx context.Context, by access.Actor, sha256 string, bytes int64) error
	// AddDocument files a document, with a file that he who files it sent or may read.
	AddDocument(ctx context.Context, by access.Actor, d project.Document, once project.Once) (made project.Document, replayed bool, err error)
}

func (s *server) routeProjects(rs *routes) {
	add := func(method, path, name string, h handlerFunc) {
		methods := []string{method}
		if method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		rs.add(path, name, h, s.problems, methods...)
	}
	const one = "/api/v1/projects/{id}"
	add(http.MethodGet, "/api/v1/projects", "project_list", s.projects)
	add(http.MethodPost, "/api/v1/projects", "project_create", s.createProject)
	add(http.MethodGet, one, "project", s.project)
	add(http.MethodPatch, one, "project_edit", s.editProject)
	add(http.MethodGet, one+"/commits", "project_commits", s.commits)
	add(http.MethodPost, one+"/commits", "project_commit", s.commit)
	add(http.MethodGet, one+"/versions/{revision}", "project_version", s.projectVersion)
	add(http.MethodPost, one+"/transitions", "project_move", s.transition)
	add(http.MethodGet, one+"/diff", "project_diff", s.projectDiff)
	add(http.MethodGet, one+"/draft/ops", "project_ops", s.draftOps)
	add(http.MethodPost, one+"/draft/ops", "project_ops_add", s.appendOps)
	add(http.MethodDelete, one+"/draft/ops", "project_ops_discard", s.discardOps)
	add(http.MethodGet, one+"/comments", "project_comments", s.comments)
	add(http.MethodPost, one+"/comments", "project_comment", s.addComment)
	add(http.MethodPost, one+"/comments/{comment}/resolve", "project_comment_resolve", s.resolveComment)
	add(http.MethodGet, one+"/leases", "project_leases", s.leases)
	add(http.MethodPut, one+"/leases/{session}", "project_lease_put", s.putLease)
	add(http.MethodDelete, one+"/leases/{session}", "project_lease_drop", s.dropLease)
	add(http.MethodGet, one+"/findings", "project_findings", s.findings)
	add(http.MethodPost, one+"/waivers", "project_waive", s.waive)
	add(http.MethodGet, one+"/change-requests", "project_requests", s.changeRequests)
	add(http.MethodPost, one+"/change-requests", "project_request", s.askChange)
	add(http.MethodPost, one+"/change-requests/{request}/decision", "project_request_decide", s.decideChange)
	add(http.MethodGet, "/api/v1/boundaries/{id}/versions", "boundary_versions", s.boundaryVersions)
	s.routeDemarcation(add, one)
	s.routeDocuments(add)
}

// projectBody is a project as it is told.
type projectBody struct {
	ID            int64            `json:"id"`
	Revision      int              `json:"revision"`
	Name          string           `json:"name"`
	River         int64            `json:"river_id"`
	RiverName     string           `json:"river_name"`
	Route         int64            `json:"route_id"`
	FromM         float64          `json:"from_m"`
	ToM           float64          `json:"to_m"`
	FromLabel     string           `json:"from_label"`
	ToLabel       string           `json:"to_label"`
	Division      int64            `json:"division_id"`
	LeadLevel     geo.Level        `json:"lead_level"`
	Partners      []int64          `json:"partner_division_ids"`
	RuleProfile   string           `json:"rule_profile"`
	StakeProfile  *string          `json:"stake_profile"` // null: as its rule profile says
	LegalDoc      *int64           `json:"legal_doc_id"`
	Status        project.Status   `json:"status"`
	Next          []project.Status `json:"next"` // what it can be made
	DraftedBy     []int64          `json:"drafted_by"`
	ApprovedBy    *int64           `json:"approved_by"`
	AnnouncedBy   *int64           `json:"announced_by"`
	EffectiveFrom *geo.Date        `json:"effective_from"`
	CreatedOn     geo.Date         `json:"created_on"`
	ChangedAt     time.Time        `json:"changed_at"`

	Enclaves    [][2]float64         `json:"enclaves"`
	TextLengths []project.TextLength `json:"text_lengths"`
}

func bodyOf(p project.Project) projectBody {
	b := projectBody{
		ID: p.ID, Revision: p.Revision, Name: p.Name, River: p.River, RiverName: p.RiverName, Route: p.Route, FromM: p.FromM, ToM: p.ToM,
		FromLabel: lref.Label(p.FromM), ToLabel: lref.Label(p.ToM), Division: p.Division, LeadLevel: p.LeadLevel, Partners: append([]int64{}, p.Partners...),
		RuleProfile: p.RuleProfile, StakeProfile: orNoText(p.StakeProfile), LegalDoc: idOrNull(p.LegalDoc), Status: p.Status, Next: project.Next(p.Status), DraftedBy: append([]int64{}, p.DraftedBy...),
		ApprovedBy: idOrNull(p.ApprovedBy), AnnouncedBy: idOrNull(p.AnnouncedBy), CreatedOn: p.CreatedOn, ChangedAt: p.ChangedAt.UTC(),
	}
	if !p.EffectiveFrom.IsZero() {
		b.EffectiveFrom = &p.EffectiveFrom
	}
	b.Enclaves, b.TextLengths = [][2]float64{}, []project.TextLength{}
	if d := p.Declared; d != nil {
		b.Enclaves, b.TextLengths = append(b.Enclaves, d.Enclaves...), append(b.TextLengths, d.TextLengths...)
	}
	return b
}

func idOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// projects serves GET /api/v1/projects?status=&river=&before=&limit=: the projects that one may see, the newest first.
func (s *server) projects(w http.ResponseWriter, r *http.Request) error {
	p, err := parseParams(r, "status", "river", "before", "limit")
	if err != nil {
		return err
	}
	var f project.Filter
	if f.Limit, err = p.limit(50, 200); err != nil {
		return err
	}
	if f.River, err = p.id("river"); err != nil {
		return err
	}
	if f.Before, err = p.id("before"); err != nil {
		return err
	}
	if f.Status = project.Status(p.values.Get("status")); p.values.Has("status") {
		if err := knownStatus("status", f.Status); err != nil {
			return err
		}
	}
	found, err := s.Store.Projects(r.Context(), actorOf(r.Context()), f)
	if err != nil {
		return err
	}
	out := make([]projectBody, 0, len(found))
	for _, p := range found {
		out = append(out, bodyOf(p))
	}
	return writePrivate(w, http.StatusOK, map[string]any{"projects": out})
}

func knownStatus(name string, status project.Status) error {
	for _, s := range project.Statuses() {
		if s == status {
			return nil
		}
	}
	return geo.InvalidField(name, "%q is no status; there are %s", shortened(string(status)), geo.Listed(project.Statuses()))
}

// project serves GET /api/v1/projects/{id}; its ETag is what a write says in If-Match.
func (s *server) project(w http.ResponseWriter, r *http.Request) error {
	id, err := s.projectID(r)
	if err != nil {
		return err
	}
	p, err := s.Store.Project(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etagOf(p.Revision))
	return writePrivate(w, http.StatusOK, bodyOf(p))
}

// projectID reads the id of a path whose resource has no parameters.
func (*server) projectID(r *http.Request, known ...string) (int64, error) {
	if _, err := parseParams(r, known...); err != nil {
		return 0, err
	}
	return pathID(r, "project")
}

// sentProject is a project that is to be begun.
type sentProject struct {
	Name        string    `json:"name"`
	River       int64     `json:"river_id"`
	Route       int64     `json:"route_id"`
	FromM       *float64  `json:"from_m"`
	ToM         *float64  `json:"to_m"`
	Division    int64     `json:"division_id"`
	LeadLevel   geo.Level `json:"lead_level"`
	Partners    []int64   `json:"partner_division_ids"`
	RuleProfile string    `json:"rule_profile"`
	LegalDoc    int64     `json:"legal_doc_id"`
	Note        string    `json:"note"`
}

const (
	maxProjectBytes = 64 << 10
	maxName         = 200
	maxNote         = 2000
	maxPartners     = 20
)

func (b sentProject) check() error {
	switch {
	case b.River < 1:
		return geo.InvalidField("/river_id", "is missing; give a river's id, found by /api/v1/rivers?q=")
	case b.Division < 1:
		return geo.InvalidField("/division_id", "is missing; give the division that leads the project")
	case b.LeadLevel < geo.Province || b.LeadLevel > geo.Village:
		return geo.InvalidField("/lead_level", "%d is no level: 1 province, 2 city, 3 county, 4 town, 5 village", b.LeadLevel)
	case len(b.Partners) > maxPartners:
		return geo.InvalidField("/partner_division_ids", "names %d divisions; at most %d work on one project", len(b.Partners), maxPartners)
	}
	if err := textOf("/name", b.Name, maxName, true); err != nil {
		return err
	}
	if err := textOf("/rule_profile", b.RuleProfile, maxQuery, true); err != nil {
		return err
	}
	return textOf("/note", b.Note, maxNote, false)
}

// hasWidths holds the profile of a project to be one that its lines can be drawn and checked by.
func (s *server) hasWidths(id string) error {
	if s.Rules == nil {
		return nil // a server without profiles draws and checks nothing
	}
	if found, err := s.Rules.Get(id); err != nil || found.Width == nil {
		return geo.FieldErrorf(geo.CodeRefused, "/rule_profile", "%q is no profile with rules of width; there are %s", shortened(id), geo.Listed(s.profilesWith(rules.Widths)))
	}
	return nil
}

// createProject serves POST /api/v1/projects: a project is begun.
func (s *server) createProject(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	var b sentProject
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	if err := s.hasWidths(b.RuleProfile); err != nil {
		return err
	}
	made, replayed, err := s.Store.CreateProject(r.Context(), actorOf(r.Context()), project.New{
		Name: b.Name, River: b.River, Route: b.Route, FromM: orNaN(b.FromM), ToM: orNaN(b.ToM), Division: b.Division, LeadLevel: b.LeadLevel, Partners: b.Partners,
		RuleProfile: b.RuleProfile, LegalDoc: b.LegalDoc, Note: b.Note,
	}, once)
	if err != nil {
		return err
	}
	return writeMade(w, http.StatusCreated, made, replayed, "/api/v1/projects/"+strconv.FormatInt(made.Project, 10))
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// sentEdit is what changes of a project.
type sentEdit struct {
	Name        *string    `json:"name"`
	LeadLevel   *geo.Level `json:"lead_level"`
	Partners    *[]int64   `json:"partner_division_ids"`
	RuleProfile *string    `json:"rule_profile"`
	LegalDoc    *int64     `json:"legal_doc_id"`
	Note        string     `json:"note"`

	Enclaves    *[][]float64          `json:"enclaves"`
	TextLengths *[]project.TextLength `json:"text_lengths"`
}

const (
	maxEnclaves    = 200
	maxTextLengths = 50
)

// declared reads what an edit declares: positions within enclaves, and lengths that texts tell.
func (b sentEdit) declared() (*[][2]float64, *[]project.TextLength, error) {
	var enclaves *[][2]float64
	if b.Enclaves != nil {
		if len(*b.Enclaves) > maxEnclaves {
			return nil, nil, geo.InvalidField("/enclaves", "names %d positions; a project has at most %d enclaves", len(*b.Enclaves), maxEnclaves)
		}
		enclaves = &[][2]float64{}
		for i, at := range *b.Enclaves {
			if len(at) != 2 || !geo.China().Contains(at[0], at[1]) {
				return nil, nil, geo.InvalidField(fmt.Sprintf("/enclaves/%d", i), "is no position in the country: give lon and lat in degrees, of a place within the hole that is meant")
			}
			*enclaves = append(*enclaves, [2]float64{at[0], at[1]})
		}
	}
	if b.TextLengths == nil {
		return enclaves, nil, nil
	}
	if len(*b.TextLengths) > maxTextLengths {
		return nil, nil, geo.InvalidField("/text_lengths", "has %d lengths; at most %d are kept", len(*b.TextLengths), maxTextLengths)
	}
	for i, t := range *b.TextLengths {
		at := fmt.Sprintf("/text_lengths/%d", i)
		switch {
		case !slices.Contains([]string{"route", "left", "right", "banks"}, t.Of):
			return nil, nil, geo.InvalidField(at+"/of", "%q is none of route, left, right, banks: say which length the text tells", shortened(t.Of))
		case !(t.Metres > 0 && t.Metres <= maxTextLengthM):
			return nil, nil, geo.InvalidField(at+"/metres", "has to be over 0 and at most %.0f m, not %g", maxTextLengthM, t.Metres)
		}
		if err := textOf(at+"/where", t.Where, maxName, true); err != nil {
			return nil, nil, err
		}
	}
	return enclaves, b.TextLengths, nil
}

// maxTextLengthM is longer than any river.
const maxTextLengthM = 10_000_000.0

func (b sentEdit) check() error {
	if b.Name != nil {
		if err := textOf("/name", *b.Name, maxName, true); err != nil {
			return err
		}
	}
	if b.RuleProfile != nil {
		if err := textOf("/rule_profile", *b.RuleProfile, maxQuery, true); err != nil {
			return err
		}
	}
	if b.LeadLevel != nil && (*b.LeadLevel < geo.Province || *b.LeadLevel > geo.Village) {
		return geo.InvalidField("/lead_level", "%d is no level: 1 province, 2 city, 3 county, 4 town, 5 village", *b.LeadLevel)
	}
	if b.Partners != nil && len(*b.Partners) > maxPartners {
		return geo.InvalidField("/partner_division_ids", "names %d divisions; at most %d work on one project", len(*b.Partners), maxPartners)
	}
	return textOf("/note", b.Note, maxNote, false)
}

// editProject serves PATCH /api/v1/projects/{id}: particulars of a draft change. River, range and division stay what they are.
func (s *server) editProject(w http.ResponseWriter, r *http.Request) error {
	id, base, err := s.named(r)
	if err != nil {
		return err
	}
	var b sentEdit
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	if b.RuleProfile != nil {
		if err := s.hasWidths(*b.RuleProfile); err != nil {
			return err
		}
	}
	enclaves, lengths, err := b.declared()
	if err != nil {
		return err
	}
	made, replayed, err := s.Store.EditProject(r.Context(), actorOf(r.Context()), id, project.Edit{
		Base: base, Enclaves: enclaves, TextLengths: lengths, Name: b.Name, LeadLevel: b.LeadLevel, Partners: b.Partners, RuleProfile: b.RuleProfile, LegalDoc: b.LegalDoc, Note: b.Note,
	}, once)
	if err != nil {
		return err
	}
	return writeMade(w, http.StatusOK, made, replayed, "")
}
