package api

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"hetu/api/web"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

// pages are the HTML pages: "/", "/r/{id}", "/b/{token}" and "/report", which answer without scripts, and "/map".
type pages struct {
	store      Store
	extent     geo.Extent // positions outside of it are refused
	now        func() time.Time
	log        *slog.Logger
	tolerance  func() (rules.Profile, error)
	sample     func(context.Context) bool // the store holds sample data: every page says so
	approvalNo string                     // 审图号, printed on every page; "" when there is none
	people     *people                    // nil: nobody can log in
	root       func(*http.Request) string // the URL that this server is reached by
}

// Limits of what a page lists.
const (
	pageRivers      = 1000 // on the start page
	pageResults     = 50
	pageGroupInView = 24 // rivers of one area that are shown before "n more"
	pageQueryRunes  = 100
	pageNearBoards  = 3
	pageRoughM      = 500.0
	pageAbsurdM     = 1e6
	pageAssetsFor   = "public, max-age=31536000, immutable"
)

// registerPages adds the pages and their files to the routes.
func registerPages(routes *routes, p pages) error {
	files := web.Pages()
	assets, err := web.Assets()
	if err != nil {
		return err
	}
	site := &pageSite{pages: p, assets: assets, words: map[string]web.Words{}}
	for _, lang := range []string{web.Chinese, web.English} {
		if site.words[lang], err = web.ReadWords(lang); err != nil {
			return err
		}
	}
	if site.entries, err = web.Entries(assets); err != nil {
		return err
	}
	tokens, err := fs.ReadFile(files, "styles/tokens.css")
	if err != nil {
		return fmt.Errorf("read the page's style: %w", err)
	}
	style, err := fs.ReadFile(files, "styles/page.css")
	if err != nil {
		return fmt.Errorf("read the page's style: %w", err)
	}
	site.style = template.CSS(string(tokens) + string(style)) //nolint:gosec // our own embedded file
	if site.templates, err = template.New("pages").ParseFS(files, "templates/*.html"); err != nil {
		return fmt.Errorf("parse the page templates: %w", err)
	}
	get := []string{http.MethodGet, http.MethodHead}
	documents := func(h handlerFunc) http.Handler { return handle(p.log, h) }
	routes.add("/", "page_find", site.find, site.handle, get...)
	routes.add("/r/{id:[0-9]+}", "page_river", site.river, site.handle, get...)
	routes.add("/map", "page_map", site.mapPage, site.handle, get...)
	routes.add("/assets/{name}", "page_asset", site.asset, documents, get...)
	routes.add("/{name:favicon\\.(?:svg|ico)}", "page_favicon", site.favicon, documents, get...)
	site.boardPages(routes)
	site.loginPages(routes)
	routes.router.NotFoundHandler = site.notFound()
	return nil
}

// notFound answers an address that nothing stands at: a browser that was sent to a page gets a page, others a problem.
func (s *pageSite) notFound() http.Handler {
	nothing := func(_ http.ResponseWriter, r *http.Request) error {
		return geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
	}
	page, document := s.handle(nothing), handle(s.log, nothing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		for _, data := range []string{"/api/", "/tiles/", "/assets/", "/problems/"} {
			if strings.HasPrefix(r.URL.Path, data) {
				document.ServeHTTP(w, r)
				return
			}
		}
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			document.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// pageSite is what all pages share; nothing in it changes.
type pageSite struct {
	pages
	assets    fs.FS
	entries   map[string]web.Entry
	templates *template.Template
	words     map[string]web.Words // by language
	style     template.CSS
}

// handle writes a page's error as a page: a sentence, a remedy and a way back, with the status that the API would give.
func (s *pageSite) handle(h handlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		p := problemIn(r.Context(), err)
		if p.Status >= http.StatusInternalServerError {
			s.log.Log(r.Context(), severity(r.Context()), "page failed", slog.String("path", loggedPath(r.URL.Path)), slog.Int("status", p.Status), slog.Any("cause", err))
		}
		v := s.view(r, geo.DateOf(s.now()))
		v.Problem, v.Past = &p, false
		v.Title = v.Words["error_title"]
		if after := p.retryAfter(); after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(after))
		}
		if err := s.render(w, "error.html", p.Status, v); err != nil {
			s.log.ErrorContext(r.Context(), "error page failed", slog.Any("cause", err))
		}
	})
}

// pageContent is what a template is filled from.
type pageContent interface{ language() string }

func (v *pageView) language() string { return v.Lang }

// render fills a template before anything is sent, so that a fault in it is an error and not half a page.
func (s *pageSite) render(w http.ResponseWriter, name string, status int, v pageContent) error {
	var out strings.Builder
	if err := s.templates.ExecuteTemplate(&out, name, v); err != nil {
		return fmt.Errorf("fill %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.language())
	h.Set("Cache-Control", "no-cache")
	if _, private := v.(*loginView); private || status >= http.StatusBadRequest {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err := w.Write([]byte(out.String()))
	if err != nil {
		return fmt.Errorf("send %s: %w", name, err)
	}
	return nil
}

// find is the start page: the search and its results, or who is responsible at a position.
func (s *pageSite) find(w http.ResponseWriter, r *http.Request) error {
	at, v, err := s.moment(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	status := http.StatusOK
	v.Title = v.Words["tagline"]
	v.Search = strings.TrimSpace(cleanText(query.Get("q")))
	if n := []rune(v.Search); len(n) > pageQueryRunes {
		v.Search = string(n[:pageQueryRunes])
	}
	switch {
	case query.Has("lon") || query.Has("lat"):
		lon, lat, fault := s.position(v, query)
		if fault != "" {
			v.PositionFault, status = fault, http.StatusBadRequest
			break
		}
		if err = s.answer(r, at, v, lon, lat); err != nil {
			return err
		}
	case v.Search != "":
		if v.Rivers, _, err = s.store.Rivers(r.Context(), at, v.Search, pageResults); err != nil {
			return fmt.Errorf("find rivers: %w", err)
		}
		if v.Places, _, err = s.store.Places(r.Context(), at, v.Search, pageResults); err != nil {
			return fmt.Errorf("find places: %w", err)
		}
		v.Title = v.Search
	default:
		rivers, _, err := s.store.Rivers(r.Context(), at, "", pageRivers)
		if err != nil {
			return fmt.Errorf("list rivers: %w", err)
		}
		v.Groups = pageGroups(rivers)
	}
	return s.render(w, "find.html", status, v)
}

// cleanText leaves out what no name can hold, and the database would refuse.
func cleanText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// answer fills in who is responsible at a position, and how far off the device says that the position may be.
func (s *pageSite) answer(r *http.Request, at duty.Moment, v *pageView, lon, lat float64) error {
	v.Position, v.Title = &[2]float64{lon, lat}, v.Words["answer_title"]
	if rough, err := strconv.ParseFloat(r.URL.Query().Get("accuracy"), 64); err == nil && rough > pageRoughM && rough < pageAbsurdM {
		v.RoughM = rough
	}
	answer, err := s.store.Responsible(r.Context(), duty.Question{Lon: lon, Lat: lat, At: at})
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	v.Answer = &answer
	return nil
}

// position reads lon and lat. What is wrong with them is told in the reader's language, above the search.
func (s *pageSite) position(v *pageView, query url.Values) (lon, lat float64, fault string) {
	lon, isLon := parseNumber(strings.TrimSpace(query.Get("lon")))
	lat, isLat := parseNumber(strings.TrimSpace(query.Get("lat")))
	switch e := s.extent; {
	case !isLon || !isLat:
		return 0, 0, v.Words["position_number"]
	case e.Contains(lon, lat):
		return lon, lat, ""
	case e.Contains(lat, lon):
		return 0, 0, v.Words["position_swapped"]
	default:
		return 0, 0, fmt.Sprintf(v.Words["position_outside"], e.West, e.East, e.South, e.North)
	}
}

// river is the page of one river.
func (s *pageSite) river(w http.ResponseWriter, r *http.Request) error {
	at, v, err := s.moment(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return geo.Errorf(geo.CodeNotFound, "no river has the id %s", mux.Vars(r)["id"])
	}
	river, err := s.store.River(r.Context(), at, id)
	if err != nil {
		return fmt.Errorf("read river %d: %w", id, err)
	}
	v.Detail, v.Title = &river, v.Name(river.Name, river.NameEn)
	tolerance, err := s.tolerance()
	if err != nil {
		return fmt.Errorf("read how short a gap is none: %w", err)
	}
	along, err := s.store.Profile(r.Context(), at, id, tolerance.Tolerance.OverlapM)
	if err != nil {
		return fmt.Errorf("read the profile of river %d: %w", id, err)
	}
	v.Along = &along
	for _, reach := range river.Reaches {
		if n := len(v.Reaches); n == 0 || v.Reaches[n-1].Level != reach.Level {
			v.Reaches = append(v.Reaches, pageReaches{Level: reach.Level})
		}
		last := &v.Reaches[len(v.Reaches)-1]
		last.Reaches = append(last.Reaches, reach)
	}
	return s.render(w, "river.html", http.StatusOK, v)
}

// mapPage is the shell of the map; its script does the rest and says so when it cannot.
func (s *pageSite) mapPage(w http.ResponseWriter, r *http.Request) error {
	_, v, err := s.moment(r)
	if err != nil {
		return err
	}
	v.Title = v.Words["map_title"]
	if entry, ok := s.entries["src/map.tsx"]; ok {
		v.Entry = &entry
	}
	return s.render(w, "map.html", http.StatusOK, v)
}

// moment reads as_of and starts a view.
func (s *pageSite) moment(r *http.Request) (duty.Moment, *pageView, error) {
	if r.URL.Query().Has("known_at") { // passed over, it would show another state than was asked for
		return duty.Moment{}, nil, geo.InvalidField("known_at", "is not for pages, which tell what is known now: leave it out, or ask the API under /api/v1/")
	}
	today := geo.DateOf(s.now())
	day := today
	if text := strings.TrimSpace(r.URL.Query().Get("as_of")); text != "" {
		var err error
		if day, err = geo.ParseDate(text); err != nil {
			return duty.Moment{}, nil, geo.InvalidField("as_of", "%s", err)
		}
	}
	v := s.view(r, day)
	v.Past = day != today
	return duty.Moment{AsOf: day}, v, nil
}

func (s *pageSite) view(r *http.Request, day geo.Date) *pageView {
	lang := web.Chinese
	if r.URL.Query().Get("lang") == web.English {
		lang = web.English
	}
	v := &pageView{View: web.View{
		Lang: lang, AsOf: day, Now: geo.DateOf(s.now()), Sample: s.sample(r.Context()), ApprovalNo: s.approvalNo, Style: s.style,
		// A link to //host leads to that host: the path of this page begins with one slash, whatever was asked for.
		Path: "/" + strings.TrimLeft(r.URL.Path, `/\`), Query: r.URL.Query(), Words: s.words[lang],
	}}
	if near, ok := s.entries["src/near.ts"]; ok {
		v.Near = near.Script
	}
	if who, ok := s.entries["src/who.ts"]; ok {
		v.Who = who.Script
	}
	return v
}

// pageView is what a template is filled from; each page sets what it shows.
type pageView struct {
	web.View
	Search        string             // what was searched for
	Rivers        []duty.ListedRiver // found
	Places        []duty.Place       // found
	Groups        []pageGroup        // of the start page
	Position      *[2]float64
	PositionFault string
	RoughM        float64 // how far off the device says its position may be, when that is much
	Answer        *duty.Answer
	Detail        *duty.RiverDetail
	Along         *duty.Profile // of Detail
	Reaches       []pageReaches
	Board         *duty.BoardView
	Offices       []pageOffice // that take reports of a place
	Problem       *problem
	Entry         *web.Entry // of the map; nil when it was not built
}

// OfBoard tells whether the page is a board's, or would be if there were one.
func (v *pageView) OfBoard() bool {
	return strings.HasPrefix(v.Path, "/b/") || v.Query.Get("board") != ""
}

// Supervision gives the phone for supervision at the page's board on its day.
func (v *pageView) Supervision() string { return v.Board.Supervision(v.AsOf) }

// ReportKinds are the kinds of what is reported 四乱, and what runs in.
func (v *pageView) ReportKinds() []string { return []string{"occupy", "dig", "dump", "build", "drain"} }

// NearBoards gives the boards that stand nearest to the page's own.
func (v *pageView) NearBoards() []duty.BoardAt {
	var out []duty.BoardAt
	for _, place := range v.Board.Places {
		for _, b := range place.Boards {
			if !slices.ContainsFunc(out, func(had duty.BoardAt) bool { return had.ID == b.ID }) {
				out = append(out, b)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b duty.BoardAt) int { return cmp.Compare(a.DistanceM, b.DistanceM) })
	return out[:min(len(out), pageNearBoards)]
}

// pageGroup is the rivers of one area on the start page, the highest managed first.
type pageGroup struct {
	Division *duty.Name
	Rivers   []duty.ListedRiver
	InView   []duty.ListedRiver
	Rest     []duty.ListedRiver
}

// pageReaches is a river's reaches of one level.
type pageReaches struct {
	Level   geo.Level
	Reaches []duty.RiverReach
}

// BadDay tells whether the fault is the page's date.
func (v *pageView) BadDay() bool {
	return v.Problem != nil && slices.ContainsFunc(v.Problem.Errors, func(f problemField) bool { return f.Pointer == "as_of" })
}

func pageGroups(rivers []duty.ListedRiver) []pageGroup {
	var out []pageGroup
	for _, r := range rivers {
		i := slices.IndexFunc(out, func(g pageGroup) bool {
			return g.Division == nil && r.Division == nil || g.Division != nil && r.Division != nil && g.Division.ID == r.Division.ID
		})
		if i < 0 {
			out = append(out, pageGroup{Division: r.Division})
			i = len(out) - 1
		}
		out[i].Rivers = append(out[i].Rivers, r)
	}
	for i := range out {
		g := &out[i]
		slices.SortStableFunc(g.Rivers, func(a, b duty.ListedRiver) int {
			return cmp.Or(cmp.Compare(pageRank(a), pageRank(b)), cmp.Compare(basinOf(b), basinOf(a)))
		})
		n := min(len(g.Rivers), pageGroupInView)
		g.InView, g.Rest = g.Rivers[:n], g.Rivers[n:]
	}
	return out
}

// pageRank is the highest level that manages a river; the unmanaged come last.
func pageRank(r duty.ListedRiver) geo.Level {
	if len(r.Levels) == 0 {
		return geo.Grid + 1
	}
	return slices.Min(r.Levels)
}

func basinOf(r duty.ListedRiver) float64 {
	if r.BasinAreaKm2 == nil {
		return 0
	}
	return *r.BasinAreaKm2
}

// asset sends a built file. A missing one is a 404, never a page: MapLibre's worker would take that for a script.
func (s *pageSite) asset(w http.ResponseWriter, r *http.Request) error {
	return s.send(w, r, "assets/"+mux.Vars(r)["name"], pageAssetsFor)
}

func (s *pageSite) favicon(w http.ResponseWriter, r *http.Request) error {
	return s.send(w, r, "favicon.svg", "public, max-age=86400")
}

func (s *pageSite) send(w http.ResponseWriter, r *http.Request, name, cache string) error {
	kind := pageType(name)
	if kind == "" || !fs.ValidPath(name) {
		return geo.Errorf(geo.CodeNotFound, "there is no file %s", name)
	}
	h := w.Header()
	body, err := []byte(nil), error(nil)
	for _, c := range []struct{ suffix, encoding string }{{".br", "br"}, {".gz", "gzip"}, {"", ""}} {
		if c.encoding != "" && !pageAccepts(r, c.encoding) {
			continue
		}
		if body, err = fs.ReadFile(s.assets, name+c.suffix); err == nil {
			if c.encoding != "" {
				h.Set("Content-Encoding", c.encoding)
			}
			break
		}
	}
	if err != nil {
		return geo.Wrapf(err, geo.CodeNotFound, "there is no file %s", name)
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Encoding")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err = w.Write(body); err != nil { //nolint:gosec // G705: our own embedded file, of a type that we set
		return fmt.Errorf("send %s: %w", name, err)
	}
	return nil
}

// pageAccepts tells whether the client takes an encoding: named in Accept-Encoding and not with q=0.
func pageAccepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !ok || err != nil || weight > 0
		}
	}
	return false
}

// pageType gives the media type of a file that the pages may load, "" for any other. It does not ask the machine, which may
// know no .mjs.
func pageType(name string) string {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "js", "mjs":
		return "text/javascript; charset=utf-8"
	case "css":
		return "text/css; charset=utf-8"
	case "svg":
		return "image/svg+xml"
	case "png":
		return "image/png"
	case "woff2":
		return "font/woff2"
	default:
		return ""
	}
}
