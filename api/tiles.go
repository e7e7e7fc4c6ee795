package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/klauspost/compress/gzip"

	"hetu/geo"
	"hetu/tiles"
)

// How long a cache may keep a public answer. With ?v= the URL names the data version, and TileJSON names the day beside it, so
// the answer never changes. What is not public is kept by nobody.
const (
	cacheShort   = "public, max-age=60, stale-while-revalidate=300"
	cacheForever = "public, max-age=31536000, immutable"
	cachePrivate = "private, no-store"
)

// TilesConfig is what the tile resources need. Source and Now are required.
type TilesConfig struct {
	Source tiles.Source
	Now    func() time.Time
	// Root is the URL that clients reach the server by, such as https://map.example.org, without a slash at the end.
	// Empty takes it from each request.
	Root string
	// Notice gives what every map that draws the tiles shows, for instance 示意数据; "" is nothing. Nil is never anything.
	Notice func(context.Context) string
	// Extent is given as the bounds of a set that has no features yet.
	Extent geo.Extent
}

// Tiles answers /tiles/.
type Tiles struct {
	cfg      TilesConfig
	coverage coverageCache
}

// NewTiles makes the tile resources.
func NewTiles(cfg TilesConfig) *Tiles { return &Tiles{cfg: cfg} }

// Register adds the routes of the tile resources.
func (t *Tiles) Register(router *mux.Router, log *slog.Logger) {
	for _, route := range []struct {
		name, path string
		handler    handlerFunc
	}{
		{"tile_sets", "/tiles/", t.Index},
		{"tilejson", "/tiles/{set}/tilejson.json", t.TileJSON},
		{"tile", "/tiles/{set}/{z}/{x}/{y}.mvt", t.Tile},
	} {
		router.Handle(route.path, handle(log, route.handler)).Methods(http.MethodGet, http.MethodHead).Name(route.name)
	}
}

// tileSet is an entry of the index.
type tileSet struct {
	Name       string   `json:"name"`
	Title      string   `json:"title"`
	Public     bool     `json:"public"`
	Layers     []string `json:"layers"`
	Collection string   `json:"collection,omitempty"`
	MinZoom    int      `json:"min_zoom"`
	MaxZoom    int      `json:"max_zoom"`
	TileJSON   string   `json:"tilejson"`
	Tiles      string   `json:"tiles"`
}

// Index lists the sets: public, and each layer by itself.
func (t *Tiles) Index(w http.ResponseWriter, r *http.Request) error {
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
		first, last := set.Zooms()
		entry := tileSet{
			Name: name, Title: "公开图层 / public layers", Public: set.Public(), MinZoom: first, MaxZoom: last,
			TileJSON: t.root(r) + "/tiles/" + name + "/tilejson.json", Tiles: t.template(r, set, nil),
		}
		for _, l := range set.Layers {
			entry.Layers = append(entry.Layers, l.Name)
		}
		if name != tiles.PublicSet {
			entry.Title, entry.Collection = set.Layers[0].Zh+" / "+set.Layers[0].En, set.Layers[0].Collection
		}
		body.Sets = append(body.Sets, entry)
	}
	return sendJSON(w, r, cacheShort, body)
}

// TileJSON describes a set. The tiles' URL in it names the day and the data version, so that tiles may be kept for ever.
func (t *Tiles) TileJSON(w http.ResponseWriter, r *http.Request) error {
	q, err := t.query(r)
	if err != nil {
		return err
	}
	name, err := pathVar(r, "set")
	if err != nil {
		return err
	}
	set, err := tiles.ParseSet(name)
	if err != nil {
		return err
	}
	version, err := t.cfg.Source.Version(r.Context())
	if err != nil {
		return err
	}
	coverage, err := t.coverage.get(r.Context(), t.cfg.Source, version, q.asOf)
	if err != nil {
		return err
	}
	pin := url.Values{"as_of": {q.asOf.String()}, "v": {strconv.FormatInt(version, 10)}}
	notice := ""
	if t.cfg.Notice != nil {
		notice = t.cfg.Notice(r.Context())
	}
	doc, err := tiles.Describe(set, t.template(r, set, pin), notice, coverage, t.cfg.Extent)
	if err != nil {
		return err
	}
	return sendJSON(w, r, cacheOf(set, false), doc)
}

// Tile answers one tile; 204 where nothing is.
func (t *Tiles) Tile(w http.ResponseWriter, r *http.Request) error {
	q, err := t.query(r)
	if err != nil {
		return err
	}
	address, err := tileAddress(r, q.asOf)
	if err != nil {
		return err
	}
	forever, err := t.isPinned(r.Context(), q)
	if err != nil {
		return err
	}
	tile, err := tiles.Build(r.Context(), t.cfg.Source, address)
	if err != nil {
		return err
	}
	if tile.Dropped > 0 {
		w.Header().Set("Hetu-Dropped", strconv.Itoa(tile.Dropped))
	}
	return send(w, r, "application/vnd.mapbox-vector-tile", cacheOf(address.Set, forever), tile.Data)
}

func tileAddress(r *http.Request, asOf geo.Date) (tiles.Address, error) {
	var parts [4]string
	for i, name := range []string{"set", "z", "x", "y"} {
		var err error
		if parts[i], err = pathVar(r, name); err != nil {
			return tiles.Address{}, err
		}
	}
	return tiles.ParseAddress(parts[0], parts[1], parts[2], parts[3], asOf)
}

// isPinned tells whether the URL can only ever mean what it means now: it names its day, and the store's newest version.
// Another version must not be kept: a later one would be kept as what it was before, an earlier one as what it became.
func (t *Tiles) isPinned(ctx context.Context, q tileQuery) (bool, error) {
	if !q.versioned || !q.dated {
		return false, nil
	}
	version, err := t.cfg.Source.Version(ctx)
	if err != nil {
		return false, err
	}
	return q.version == version, nil
}

// template gives the URL of a set's tiles.
func (t *Tiles) template(r *http.Request, set tiles.Set, query url.Values) string {
	s := t.root(r) + "/tiles/" + set.Name + "/{z}/{x}/{y}.mvt"
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

func cacheOf(set tiles.Set, forever bool) string {
	switch {
	case !set.Public():
		return cachePrivate
	case forever:
		return cacheForever
	default:
		return cacheShort
	}
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

// pathVar gives a part of the path as the client meant it: the router hands it over as it was sent, and some clients send the
// comma of a composite as %2C.
func pathVar(r *http.Request, name string) (string, error) {
	sent := mux.Vars(r)[name]
	text, err := url.PathUnescape(sent)
	if err != nil {
		return "", geo.InvalidField(name, "%.40q cannot be read", sent)
	}
	return text, nil
}

// coverageCache keeps what the layers cover until something is written: it takes a pass over every table.
type coverageCache struct {
	mu      sync.Mutex
	version int64
	days    map[geo.Date]map[string]tiles.Coverage
}

// coverageDays bounds how many days of one version are kept.
const coverageDays = 64

func (c *coverageCache) get(ctx context.Context, src tiles.Source, version int64, asOf geo.Date) (map[string]tiles.Coverage, error) {
	c.mu.Lock()
	found, ok := c.days[asOf]
	ok = ok && c.version == version
	c.mu.Unlock()
	if ok {
		return found, nil
	}
	found, err := src.Coverage(ctx, asOf)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.days == nil || c.version != version || len(c.days) >= coverageDays {
		c.version, c.days = version, map[geo.Date]map[string]tiles.Coverage{}
	}
	c.days[asOf] = found
	return found, nil
}

func sendJSON(w http.ResponseWriter, r *http.Request, cache string, doc any) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return send(w, r, "application/json", cache, append(body, '\n'))
}

// send answers with a body that caches may compare: strong ETag of the content and the encoding, 304 when the client has it,
// 204 when there is none, gzip where it is welcome. Compression writes no time and no name: equal bodies are equal bytes.
func send(w http.ResponseWriter, r *http.Request, contentType, cache string, body []byte) error {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:16])
	compressed := len(body) > 0 && acceptsGzip(r.Header.Values("Accept-Encoding"))
	if compressed {
		tag += "-gzip"
	}
	h := w.Header()
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", cache)
	if !slices.Contains(h.Values("Vary"), "Accept-Encoding") { // what compresses other resources may have said so
		h.Add("Vary", "Accept-Encoding")
	}
	if hasTag(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if len(body) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if compressed {
		var err error
		if body, err = gzipped(body); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that left gets nothing
	}
	return nil
}

func gzipped(body []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// hasTag compares If-None-Match weakly, as RFC 9110 section 13.1.2 wants it.
func hasTag(headers []string, tag string) bool {
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		item = strings.TrimSpace(item)
		if item == "*" || strings.TrimPrefix(item, "W/") == `"`+tag+`"` {
			return true
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding: gzip by name, else by *; a weight of zero refuses it.
func acceptsGzip(headers []string) bool {
	star := false
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, params, _ := strings.Cut(item, ";")
		welcome := true
		if weight, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			q, err := strconv.ParseFloat(weight, 64)
			welcome = err == nil && q > 0
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return welcome
		case "*":
			star = welcome
		}
	}
	return star
}
