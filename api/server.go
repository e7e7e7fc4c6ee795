// Package api is HTTP: one file a resource. It parses a request into types, asks once, and renders; it knows no SQL and
// never imports data. Own JSON is snake_case; errors are RFC 9457 problem documents.
package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/klauspost/compress/gzhttp"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/tiles/cache"
)

// Config is what the server is made of.
type Config struct {
	Store  Store
	Extent geo.Extent
	Now    func() time.Time
	Log    *slog.Logger
	// Atlas is what tiles are drawn from, and Tiles keeps them.
	Atlas Atlas
	Tiles *cache.Cache
	// Waters is the river network that traces walk.
	Waters Waters
	// Files keeps the files of documents. Nil is a server that takes none.
	Files Files
	// Elevations reads elevation models. Nil is a server that takes none.
	Elevations Elevations
	// CheckFunc checks the lines of a project by the quality rules. Without it no project passes its check.
	CheckFunc func(ctx context.Context, subject project.Subject) ([]demarc.Finding, error)
	// Packages writes packages of results, stake tables and certificates. Nil is a server that writes none.
	Packages Packages
	// StakeTables reads stake tables that were sent. Nil is a server that reads none.
	StakeTables StakeTables
	// Rules are the rule profiles that answers follow.
	Rules Rules
	// RosterAtFunc tells when who answers for what, in memory, was last known to be the newest; the zero time while it is not there
	// and the database is asked. Nil is always that.
	RosterAtFunc func() time.Time
	// Identity is who may. Nil is a server that nobody can log in to.
	Identity Identity
	// OIDC is the provider by which persons may log in; nil: by password alone.
	OIDC *OIDCConfig
	// RequestsPerMinute is how many requests of a key, or of a person by all his sessions, are answered in a minute; 0: all. A person with all
	// his keys is answered three times that. Tiles are not counted.
	RequestsPerMinute int
	// TrustedProxies are those whose X-Forwarded-For and X-Forwarded-Proto are taken.
	TrustedProxies []netip.Prefix
	// MayDraftFunc tells who may see all boundaries that are not announced yet, whoever he is: on a planner's own machine. Nil is nobody;
	// others see those of the divisions in which they have a role.
	MayDraftFunc func(*http.Request) bool
	// PublicPrecisionM is the grid, in metres, whose nodes stakes are told by to those who have no role where they stand; 0: exactly, to everyone.
	PublicPrecisionM float64
	// Root is the URL that clients reach the server by, without a slash at its end; empty takes it from each request.
	Root string
	// ApprovalNo is the map's approval number 审图号; empty on an intranet.
	ApprovalNo string
}

// Server is the HTTP side of hetu.
type Server struct {
	handler  http.Handler
	router   *mux.Router // all but the tiles; the tests hold it against the contract
	tiles    *Tiles
	draining *atomic.Bool
}

type server struct {
	Config
	overlays
	*people
	drawing  *preparedProjects
	engine   *engine
	placing  *engine // of stakes and zones
	photos   *engine
	tiles    *Tiles
	draining *atomic.Bool
}

// New routes every resource.
func New(cfg Config) (*Server, error) {
	s := &server{Config: cfg, overlays: newOverlays(), engine: newEngine(), placing: newPlacing(), photos: newPhotos(), people: newPeople(cfg), drawing: &preparedProjects{memo: gate.NewMemo()}, draining: &atomic.Bool{}}
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	routes := &routes{router: router, guards: s.guards}
	get := func(path, name string, h handlerFunc) {
		routes.add(path, name, h, s.problems, http.MethodGet, http.MethodHead)
	}
	asYAML, asJSON, err := contractDocuments()
	if err != nil {
		return nil, err
	}
	get("/api/v1/openapi.yaml", "contract_yaml", asYAML)
	get("/api/v1/openapi.json", "contract_json", asJSON)
	get("/healthz", "health", s.health)
	get("/readyz", "ready", s.ready)
	get("/problems/{slug}", "problem", s.problemPage)
	get("/api/v1/rivers", "rivers", s.rivers)
	get("/api/v1/rivers/{id}", "river", s.river)
	get("/api/v1/places", "places", s.places)
	get("/api/v1/responsible", "responsible", s.responsible)
	get("/api/v1/counts", "counts", within(reportPatience, lessReport, s.counts))
	get("/api/v1/hydro/rivers/{id}/profile", "river_profile", within(reportPatience, lessPlace, s.profile))
	get("/api/v1/hydro/rivers/{id}/longitudinal-list", "river_longitudinal_list", within(reportPatience, lessPlace, s.profile))
	get("/api/v1/hydro/{source}/{id}/navigation/{mode}/flowlines", "flowlines", s.flowlines)
	get("/api/v1/hydro/{source}/{id}/navigation/{mode}/ids", "trace ids", within(reportPatience, lessTrace, s.traceIDs))
	get("/api/v1/hydro/{source}/{id}/navigation/{mode}/{features}", "trace features", within(reportPatience, lessTrace, s.traceFeatures))
	get("/api/v1/hydro/rivers/{id}/handovers", "handovers", within(reportPatience, lessPlace, s.handovers))
	get("/api/v1/hydro/rivers/{id}/locate", "locate", within(reportPatience, lessPlace, s.locate))
	get("/api/v1/hydro/rivers/{id}/measure", "measure", within(reportPatience, lessPlace, s.measure))
	get("/api/v1/hydro/rivers/{id}/segment", "segment", within(reportPatience, lessPlace, s.segment))
	get("/api/v1/hydro/hydrolocation", "hydrolocation", within(reportPatience, lessPlace, s.hydrolocation))
	get("/api/v1/nearest", "nearest", within(reportPatience, lessPlace, s.nearest))
	get("/api/v1/profiles", "profiles", s.profiles)
	get("/api/v1/coverage", "coverage", within(reportPatience, lessReport, s.coverage))
	get("/api/v1/boards/stale", "stale boards", within(reportPatience, lessReport, s.staleBoards))
	get("/api/v1/hydro/rivers/{id}/quality", "river quality", s.riverQuality)
	post := func(path, name string, h handlerFunc) {
		routes.add(path, name, h, s.problems, http.MethodPost)
	}
	post("/api/v1/patrols/check", "patrols", s.patrols)
	s.routeOverlays(get, post)
	s.routeProjects(routes)
	del := func(path, name string, h handlerFunc) { routes.add(path, name, h, s.problems, http.MethodDelete) }
	s.routeSessions(get, post, del)
	s.routeAccounts(get, post, del)
	check := &sampleCheck{store: cfg.Store, atlas: cfg.Atlas, now: cfg.Now}
	if err := registerPages(routes, pages{store: cfg.Store, extent: cfg.Extent, now: cfg.Now, log: cfg.Log, tolerance: s.tolerance, sample: check.sample, approvalNo: cfg.ApprovalNo, people: s.people, root: func(r *http.Request) string { return s.tiles.root(r) }}); err != nil {
		return nil, fmt.Errorf("set up the pages: %w", err)
	}
	if routes.err != nil {
		return nil, routes.err
	}
	router.MethodNotAllowedHandler = notAllowed(router)
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.EnableZstd(false))
	if err != nil {
		return nil, fmt.Errorf("set up compression: %w", err)
	}
	var seen func(context.Context, access.View) (map[int64]bool, error)
	if cfg.Store != nil {
		seen = cfg.Store.DraftsSeen
	}
	s.tiles = NewTiles(TilesConfig{
		Atlas: cfg.Atlas, Cache: cfg.Tiles, Now: cfg.Now, Log: cfg.Log, Root: cfg.Root, NoticeFunc: check.notice, Extent: cfg.Extent,
		ViewFunc: s.tileView, ListsFunc: s.listView, SeenFunc: seen,
	})
	return &Server{handler: s.around(compress(router)), router: router, draining: s.draining, tiles: s.tiles}, nil
}

// routes registers handlers, each behind the policy of its name. Its first fault is kept.
type routes struct {
	router *mux.Router
	guards *guards
	err    error
}

func (rs *routes) add(path, name string, h handlerFunc, answer func(handlerFunc) http.Handler, methods ...string) {
	guarded, err := rs.guards.guard(name, h)
	if err != nil {
		rs.err = errors.Join(rs.err, err)
		return
	}
	rs.router.Handle(path, answer(guarded)).Methods(methods...).Name(name)
}

// problems writes the errors of a handler as problem documents.
func (s *server) problems(h handlerFunc) http.Handler { return handle(s.Log, h) }

// ServeHTTP implements [http.Handler]. Tiles pass by the router and all that is put around the other answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/tiles/") {
		s.tiles.ServeHTTP(w, r)
		return
	}
	s.handler.ServeHTTP(w, r)
}

// Drain makes /readyz say no, so that a balancer sends no more.
func (s *Server) Drain() { s.draining.Store(true) }

// around is what every answer passes, also 404 and 405, which mux's own middleware does not see.
func (s *server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := requestID()
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "+
			"img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		started := s.Now()
		defer s.finish(w, r, id, started)
		next.ServeHTTP(w, r)
	})
}

// finish is deferred around every request: it answers for a handler that panicked, and logs.
func (s *server) finish(w http.ResponseWriter, r *http.Request, id string, started time.Time) {
	ctx := r.Context()
	if cause := recover(); cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // the value itself is compared, as net/http does
		s.Log.ErrorContext(ctx, "handler panicked", slog.String("request_id", id), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		writeProblem(w, problemOf(geo.Errorf(geo.CodeInternal, "panic")))
	}
	s.Log.DebugContext(ctx, "request", slog.String("request_id", id), slog.String("method", r.Method), slog.String("path", loggedPath(r.URL.Path)),
		slog.Duration("took", s.Now().Sub(started)))
}

// loggedPath is a path without the token of an invitation, which a log must not keep.
func loggedPath(path string) string {
	for _, link := range []string{"/invite/", "/api/v1/invites/"} {
		if strings.HasPrefix(path, link) {
			return link + "…"
		}
	}
	return path
}

func requestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// notAllowed answers 405 with the methods that the path does have.
func notAllowed(router *mux.Router) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			probe := r.Clone(r.Context())
			probe.Method = method
			var match mux.RouteMatch
			if router.Match(probe, &match) && match.MatchErr == nil && match.Route != nil {
				allow = append(allow, method)
			}
		}
		slices.Sort(allow)
		w.Header().Set("Allow", strings.Join(allow, ", "))
		p := methodNotAllowed()
		p.Instance, p.Detail = r.URL.Path, r.Method+" is not possible here; possible: "+strings.Join(allow, ", ")
		writeProblem(w, p)
	})
}

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(append(body, '\n'))
	return nil
}

// health is the answer of /healthz.
type health struct {
	Status string `json:"status"` // ok, or degraded: tiles go on, and what needs the database may not
	// Of a degraded server: when the data were last known to be the newest, and how long ago that is.
	DataAsOf *time.Time `json:"data_as_of_time,omitempty"`
	DataAgeS *int64     `json:"data_age_s,omitempty"`
	Detail   string     `json:"detail,omitempty"`
}

// pingPatience bounds how long /healthz waits for the database.
const pingPatience = 2 * time.Second

// health serves /healthz: 200 while the process lives; degraded when the database does not answer, or the atlas or the roster has
// not heard of it for long.
func (s *server) health(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), pingPatience)
	defer cancel()
	ping := s.Store.Ping(ctx)
	at := s.newest()
	age := max(0, s.Now().Sub(at))
	if ping == nil && age < staleAfter {
		return writeJSON(w, health{Status: "ok"})
	}
	at, seconds := at.UTC().Truncate(time.Second), int64(age/time.Second)
	h := health{Status: "degraded", DataAsOf: &at, DataAgeS: &seconds, Detail: "the database does not answer; the map goes on with the data of data_as_of_time"}
	if ping == nil {
		h.Detail = "the database answers, but what was written since data_as_of_time is not yet on the map or in who is responsible; see the log"
	}
	return writeJSON(w, h)
}

// newest tells when all that is answered from memory was last known to be the newest: the map and the roster follow the database
// each on its own.
func (s *server) newest() time.Time {
	at := s.Atlas.State().At
	if s.RosterAtFunc == nil {
		return at
	}
	if roster := s.RosterAtFunc(); !roster.IsZero() && roster.Before(at) {
		return roster
	}
	return at
}

// ready serves /readyz: 200 unless the map is not loaded, or the server is about to stop.
func (s *server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.draining.Load() {
		return geo.Errorf(geo.CodeUnavailable, "the server is stopping")
	}
	if !s.Atlas.State().Loaded {
		return notLoaded()
	}
	return writeJSON(w, map[string]string{"status": "ready"})
}

// problemPage serves /problems/{slug}, where a problem's type points: what it means.
func (s *server) problemPage(w http.ResponseWriter, r *http.Request) error {
	code := geo.Code(mux.Vars(r)["slug"])
	for _, p := range []problem{methodNotAllowed(), unsupportedMediaType()} { // which are of HTTP alone, and no code of ours
		if p.Type == "/problems/"+string(code) {
			return writeJSON(w, map[string]any{"title": p.Title, "status": p.Status})
		}
	}
	if statusOf(code) == http.StatusInternalServerError && code != geo.CodeInternal {
		return geo.Errorf(geo.CodeNotFound, "no problem is called %q", string(code))
	}
	return writeJSON(w, map[string]any{"title": titleOf(code), "status": statusOf(code)})
}
