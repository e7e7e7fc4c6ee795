package api

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// Atlas tells what the tiles are drawn from; [atlas.Atlas] is it.
type Atlas interface {
	// State tells how far the atlas has come.
	State() atlas.State
	// Coverage tells for every layer of the catalogue what it has on a day.
	Coverage(asOf geo.Date) map[string]tiles.Coverage
}

// TilesConfig is what the tile resources need. Atlas, Cache, Now and Log are required.
type TilesConfig struct {
	Atlas Atlas
	Cache *cache.Cache
	Now   func() time.Time
	Log   *slog.Logger
	// Root is the URL that clients reach the server by, such as https://map.example.org, without a slash at the end.
	// Empty takes it from each request.
	Root string
	// NoticeFunc gives what every map that draws the tiles shows, for instance 示意数据; "" is nothing. Nil is never anything.
	NoticeFunc func(context.Context) string
	// Extent is given as the bounds of a set that has no features yet.
	Extent geo.Extent
	// ViewFunc tells which drafts the sender of a request may see; its error is what he is answered who may see none. Nil is nobody.
	ViewFunc func(*http.Request) (access.View, error)
	// ListsFunc is ViewFunc for the list of sets, in which it is no refusal that one is left out.
	ListsFunc func(*http.Request) access.View
	// SeenFunc gives the drafts of a view that does not show all.
	SeenFunc func(context.Context, access.View) (map[int64]bool, error)
}

// Tiles answers everything below /tiles/. It does its own routing: a tile that is in memory is asked for in some microseconds,
// of which a router would take a good part.
type Tiles struct {
	cfg     TilesConfig
	headers tileHeaders
	day     atomic.Pointer[civilDay]

	setsMu sync.Mutex
	sets   atomic.Pointer[map[string]*askedSet] // by the spelling of a request

	writers sync.Pool // of *gzip.Writer
}

// NewTiles makes the tile resources.
func NewTiles(cfg TilesConfig) *Tiles {
	t := &Tiles{cfg: cfg, headers: newTileHeaders(), writers: sync.Pool{New: newGzipWriter}}
	t.sets.Store(&map[string]*askedSet{})
	return t
}

// ServeHTTP implements [http.Handler] for paths that begin with /tiles/.
func (t *Tiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer t.finish(w, r)
	var ask tileAsk
	var err error
	if t.plain(r, &ask) {
		err = t.answer(w, r, &ask)
	} else {
		err = t.route(w, r)
	}
	if err != nil {
		t.fail(w, r, err)
	}
}

// finish is deferred around every request: it answers for a handler that panicked.
func (t *Tiles) finish(w http.ResponseWriter, r *http.Request) {
	if cause := recover(); cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // the value itself is compared, as net/http does
		id := requestID()
		t.cfg.Log.ErrorContext(r.Context(), "handler panicked", slog.String("request_id", id), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		w.Header().Set("X-Request-Id", id)
		writeProblem(w, problemOf(geo.Errorf(geo.CodeInternal, "panic")))
	}
	if t.cfg.Log.Enabled(r.Context(), slog.LevelDebug) {
		t.cfg.Log.DebugContext(r.Context(), "request", slog.String("method", r.Method), slog.String("path", r.URL.Path))
	}
}

// fail writes what went wrong. That there is too much to do is not for the log: it would be
// written to all the more.
func (t *Tiles) fail(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	t.headers.security(h)
	t.headers.share(h)
	p := problemIn(r.Context(), err)
	if p.Status == http.StatusInternalServerError {
		id := requestID()
		h.Set("X-Request-Id", id)
		t.cfg.Log.ErrorContext(r.Context(), "request failed", slog.String("request_id", id), slog.String("path", r.URL.Path), slog.Any("cause", err))
	}
	p.Instance = r.URL.Path
	writeProblem(w, p)
}

// tileHandler answers a request for one of the resources of the tiles; parts are what the path names.
type tileHandler func(w http.ResponseWriter, r *http.Request, parts tileParts) error

// tileParts is what stands in a path, as the client meant it.
type tileParts struct {
	grid         tiles.Grid
	set, z, x, y string
}

// cgcs2000 is the part of a path that says that the tiles are those of the other grid.
const cgcs2000 = "cgcs2000"

// route finds the resource of a path.
func (t *Tiles) route(w http.ResponseWriter, r *http.Request) error {
	handler, parts, err := t.find(r)
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		t.headers.security(w.Header())
		return handler(w, r, parts)
	case http.MethodOptions:
		t.preflight(w)
		return nil
	default:
		t.headers.share(w.Header())
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		p := methodNotAllowed()
		p.Instance, p.Detail = r.URL.Path, r.Method+" is not possible here; possible: GET, HEAD, OPTIONS"
		writeProblem(w, p)
		return nil
	}
}

// find reads a path as it was sent: some clients send the comma of a composite as %2C.
func (t *Tiles) find(r *http.Request) (tileHandler, tileParts, error) {
	path, below := strings.CutPrefix(r.URL.EscapedPath(), "/tiles/")
	sent := strings.SplitN(path, "/", 7)
	parts := tileParts{grid: tiles.WebMercatorQuad}
	if len(sent) > 1 && sent[1] == cgcs2000 {
		parts.grid = tiles.CGCS2000Quad
		sent = append(sent[:1:1], sent[2:]...)
	}
	var handler tileHandler
	switch {
	case below && path == "":
		return t.index, parts, nil
	case below && len(sent) == 2 && sent[1] == "tilejson.json":
		handler, sent = t.tileJSON, []string{sent[0], "", "", ""}
	case below && len(sent) == 4 && strings.HasSuffix(sent[3], ".mvt"):
		handler, sent[3] = t.tile, strings.TrimSuffix(sent[3], ".mvt")
	default:
		return nil, parts, geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
	}
	for i, to := range []*string{&parts.set, &parts.z, &parts.x, &parts.y} {
		var err error
		if *to, err = url.PathUnescape(sent[i]); err != nil {
			return nil, parts, geo.InvalidField([]string{"set", "z", "x", "y"}[i], "%.40q cannot be read", sent[i])
		}
	}
	return handler, parts, nil
}

// preflight answers the question whether scripts of other sites may ask. What they may is read only.
func (t *Tiles) preflight(w http.ResponseWriter) {
	h := w.Header()
	t.headers.share(h)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Max-Age", "86400")
	h.Set("Allow", "GET, HEAD, OPTIONS")
	w.WriteHeader(http.StatusNoContent)
}

// view tells which drafts of a set the sender of a request may see. Who may see none is answered as if the set were not there.
func (t *Tiles) view(r *http.Request, drafts bool) (access.View, error) {
	switch {
	case !drafts:
		return access.View{}, nil
	case t.cfg.ViewFunc == nil:
		return access.View{}, geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
	default:
		return t.cfg.ViewFunc(r)
	}
}

// sift gives what of the drafts a view shows, for drawing; nil where it is all.
func (t *Tiles) sift(ctx context.Context, drafts bool, view access.View) (func(id int64) bool, error) {
	if !drafts || view.All {
		return nil, nil //nolint:nilnil // nothing is kept back
	}
	seen, err := t.cfg.SeenFunc(ctx, view)
	return func(id int64) bool { return seen[id] }, err
}

// tileSet is an entry of the index.
type tileSet struct {
	Name       string    `json:"name"`
	Title      string    `json:"title"`
	Public     bool      `json:"public"`
	Layers     []string  `json:"layers"`
	Collection string    `json:"collection,omitempty"`
	MinZoom    int       `json:"min_zoom"`
	MaxZoom    int       `json:"max_zoom"`
	TileJSON   string    `json:"tilejson"`
	Tiles      string    `json:"tiles"`
	CGCS2000   *tileGrid `json:"cgcs2000"`
}

// tileGrid is where a set is in the other grid.
type tileGrid struct {
	TileJSON string `json:"tilejson"`
	Tiles    string `json:"tiles"`
}

// index lists the sets: public, and each layer by itself.
func (t *Tiles) index(w http.ResponseWriter, r *http.Request, _ tileParts) error {
	if _, err := t.query(r); err != nil {
		return err
	}
	names := []string{tiles.PublicSet}
	for _, l := range tiles.Catalogue() {
		names = append(names, l.Name)
	}
	var body struct {
		Sets []tileSet `json:"sets"`
	}
	for _, name := range names {
		set, err := tiles.ParseSet(name)
		if err != nil {
			return err
		}
		if set.Drafts() && !t.listsDrafts(r) {
			continue
		}
		first, last := set.Zooms()
		entry := tileSet{
			Name: name, Title: "公开图层 / public layers", Public: set.Public(), MinZoom: first, MaxZoom: last,
			TileJSON: t.base(r, set, tiles.WebMercatorQuad) + "/tilejson.json", Tiles: t.template(r, set, tiles.WebMercatorQuad, nil),
			CGCS2000: &tileGrid{t.base(r, set, tiles.CGCS2000Quad) + "/tilejson.json", t.template(r, set, tiles.CGCS2000Quad, nil)},
		}
		for _, l := range set.Layers {
			entry.Layers = append(entry.Layers, l.Name)
		}
		if name != tiles.PublicSet {
			entry.Title, entry.Collection = set.Layers[0].Zh+" / "+set.Layers[0].En, set.Layers[0].Collection
		}
		body.Sets = append(body.Sets, entry)
	}
	t.headers.share(w.Header())
	return t.sendJSON(w, r, t.headers.short[0], body)
}

// listsDrafts tells whether the index names the set of drafts to the sender of a request. That it does not is no refusal: it was not asked for.
func (t *Tiles) listsDrafts(r *http.Request) bool {
	if t.cfg.ListsFunc == nil {
		return false
	}
	return !t.cfg.ListsFunc(r).Nothing()
}

// tileJSON describes a set. The tiles' URL in it names the day and the data version, so that tiles may be kept for ever.
func (t *Tiles) tileJSON(w http.ResponseWriter, r *http.Request, parts tileParts) error {
	q, err := t.query(r)
	if err != nil {
		return err
	}
	set, err := tiles.ParseSet(parts.set)
	if err != nil {
		return err
	}
	view, err := t.view(r, set.Drafts())
	if err != nil {
		return err
	}
	state := t.cfg.Atlas.State()
	if !state.Loaded {
		return notLoaded()
	}
	pin := url.Values{"as_of": {q.asOf.String()}, "v": {strconv.FormatInt(state.Version, 10)}}
	notice := ""
	if t.cfg.NoticeFunc != nil {
		notice = t.cfg.NoticeFunc(r.Context())
	}
	coverage := t.cfg.Atlas.Coverage(q.asOf)
	if set.Drafts() && !view.All { // where the drafts of others lie, and how many there are
		coverage = maps.Clone(coverage)
		delete(coverage, "draft")
	}
	doc, err := tiles.Describe(set, parts.grid, t.template(r, set, parts.grid, pin), notice, coverage, t.cfg.Extent)
	if err != nil {
		return err
	}
	control := t.headers.private
	if set.Public() {
		control = t.headers.short
		t.headers.share(w.Header())
	}
	if age, old := t.age(state); old {
		w.Header().Set("Hetu-Data-Age", age)
	}
	return t.sendJSON(w, r, control[0], doc)
}

func notLoaded() error {
	return geo.Errorf(geo.CodeUnavailable, "the map is being loaded; /readyz tells how far it is")
}

// base gives the URL of a set in a grid.
func (t *Tiles) base(r *http.Request, set tiles.Set, grid tiles.Grid) string {
	s := t.root(r) + "/tiles/" + set.Name
	if grid == tiles.CGCS2000Quad {
		s += "/" + cgcs2000
	}
	return s
}

// template gives the URL of a set's tiles.
func (t *Tiles) template(r *http.Request, set tiles.Set, grid tiles.Grid, query url.Values) string {
	s := t.base(r, set, grid) + "/{z}/{x}/{y}.mvt"
	if len(query) > 0 {
		s += "?" + query.Encode()
	}
	return s
}

func (t *Tiles) root(r *http.Request) string {
	if t.cfg.Root != "" {
		return t.cfg.Root
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// tileQuery is the query of a tile resource: the day, and the data version that the URL was made for.
type tileQuery struct {
	asOf      geo.Date
	dated     bool // as_of was given
	version   int64
	versioned bool
}

func (t *Tiles) query(r *http.Request) (tileQuery, error) {
	p, err := parseParams(r, "as_of", "v")
	if err != nil {
		return tileQuery{}, err
	}
	at, err := p.moment(t.cfg.Now())
	if err != nil {
		return tileQuery{}, err
	}
	q := tileQuery{asOf: at.AsOf, versioned: p.values.Has("v"), dated: p.values.Has("as_of")}
	if q.versioned {
		if q.version, err = strconv.ParseInt(p.values.Get("v"), 10, 64); err != nil || q.version < 0 {
			return tileQuery{}, geo.InvalidField("v", "%.40q is no data version: take it from tilejson.json", p.values.Get("v"))
		}
	}
	return q, nil
}
