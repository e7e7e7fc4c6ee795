package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/files"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// secret is a draft's name: it stands in no answer to those who may not see it.
const secret = "秘密草案线"

// exactStake is the name of a stake of the announced line: it is told with its exact place, to those who have a role there alone.
const exactStake = "示例河-左007"

// accessLine is a line of ACCESS.md.
type accessLine struct {
	route, method, path, body     string
	public, none, inside, outside string
	told                          string // what is told inside and not outside: the draft, or the stake's name; "" is neither
}

// accessTable reads ACCESS.md.
func accessTable(t *testing.T) []accessLine {
	t.Helper()
	text, err := os.ReadFile("ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []accessLine
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 10 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "route" {
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		method, path, ok := strings.Cut(cells[2], " ")
		if !ok {
			t.Fatalf("ACCESS.md: no method and path in %q", line)
		}
		out = append(out, accessLine{cells[1], method, path, cells[3], cells[4], cells[5], cells[6], cells[7], cells[8]})
	}
	return out
}

// statusFor reads a cell for a role: "403, planner 201".
func statusFor(t *testing.T, cell string, role access.Role) int {
	t.Helper()
	first, rest, _ := strings.Cut(cell, ",")
	status := strings.TrimSpace(first)
	for part := range strings.SplitSeq(rest, ",") {
		if of, s, ok := strings.Cut(strings.TrimSpace(part), " "); ok && of == string(role) {
			status = s
		}
	}
	n, err := strconv.Atoi(status)
	if err != nil {
		t.Fatalf("ACCESS.md: %q is no status", cell)
	}
	return n
}

// accessWorld is a server with a draft and an announced boundary in one of two counties, and what lines name of it.
type accessWorld struct {
	srv   *httptest.Server
	store *pg.Store
	vars  map[string]string
	west  int64
	east  int64
	n     int
	open  map[string]string // the cookies of sessions that nothing was done to
}

func box(west, south, east, north float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{west, south, east, south, east, north, west, north, west, south}, [][]int{{10}})
}

// accessRows are two counties below a city; all else lies in the first.
func accessRows() []pg.Row {
	rec := func(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }
	division := func(key pg.Key, name string, level geo.Level, parent pg.Key, at *geom.MultiPolygon) pg.Row {
		return pg.Division{Record: rec(key), CodeScheme: "local", Code: string(key), Name: name, Level: level, Kind: "x", Parent: parent, Geom: at}
	}
	along := func(lat float64) *geom.LineString {
		return geom.NewLineStringFlat(geom.XY, []float64{106.41, lat, 106.45, lat, 106.49, lat})
	}
	route := lref.Measured(along(26.55), "mouth")
	length := route.FlatCoords()[2]
	boundary := func(key pg.Key, name, status string, lat float64) pg.Row {
		return pg.Boundary{Record: rec(key), Name: name, River: "r", Route: "rt", Bank: geo.Left, BasisKind: "planned", Status: status, FromM: new(0.0), ToM: &length, Geom: along(lat)}
	}
	area := func(key pg.Key, name, status string, lat float64) pg.Row {
		return pg.Area{Record: rec(key), Name: name, River: "r", Division: "west", Status: status, Geom: box(106.41, lat, 106.49, lat+0.002)}
	}
	return []pg.Row{
		division("city", "示例市", geo.City, "", nil), division("west", "西县", geo.County, "city", box(106.4, 26.5, 106.5, 26.6)), division("east", "东县", geo.County, "city", box(106.5, 26.5, 106.6, 26.6)),
		pg.River{Record: rec("r"), CodeScheme: "local", Code: "HL0001", Name: "示例河", RiverKind: "river", Division: "west"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route},
		pg.Node{Record: rec("n1"), Kind: "source", Geom: geom.NewPointFlat(geom.XY, []float64{106.41, 26.55})},
		pg.Node{Record: rec("n2"), Kind: "outlet", Geom: geom.NewPointFlat(geom.XY, []float64{106.49, 26.55})},
		pg.Edge{Record: rec("e"), Route: "rt", FromM: 0, ToM: length, From: "n1", To: "n2", Main: true},
		pg.Reach{Record: rec("reach"), River: "r", Route: "rt", FromM: 0, ToM: length, BankScope: geo.Both, Level: geo.County, Division: "west", Geom: along(26.55)},
		pg.Board{Record: rec("board"), Code: "西-1", Level: geo.County, Reaches: []pg.Key{"reach"}, Division: "west", SiteText: "桥头", State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{106.45, 26.5502})},
		boundary("announced", "已公告线", "announced", 26.551), boundary("draft", secret, "draft", 26.552),
		pg.Stake{Record: rec("stake"), Boundary: "announced", Name: exactStake, Number: new(7), Kind: "electronic", Bank: geo.Left, Division: "west", Geom: geom.NewPointFlat(geom.XYZ, []float64{106.4512345, 26.5510123, 0})},
		area("announced_area", "已公告范围", "announced", 26.545), area("draft_area", secret, "draft", 26.548),
		pg.Problem{Record: rec("problem"), Type: "采砂", Status: "found", SpotNo: "1", FoundOn: geo.DateOf(today()), River: "r", Geom: geom.NewPointFlat(geom.XY, []float64{106.45, 26.546})},
	}
}

func newAccessWorld(t *testing.T) *accessWorld {
	t.Helper()
	db := pgtest.New(t, pgtest.Clock(today))
	b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err = b.Add(t.Context(), accessRows()...); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := atlas.New()
	if _, err := m.Load(t.Context(), db.Store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	kept, err := cache.New(m, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t, db.Store)
	cfg.Atlas, cfg.Tiles, cfg.PublicPrecisionM, cfg.Files = m, kept, 50, files.New(t.TempDir())
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := &accessWorld{store: db.Store, vars: map[string]string{}, open: map[string]string{}, srv: httptest.NewServer(handler)}
	t.Cleanup(w.srv.Close)
	conn, err := pgx.Connect(t.Context(), db.DSN("hetu_ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for kind, keys := range map[string][]string{"boundary": {"announced", "draft"}, "area": {"announced_area", "draft_area"}, "problem": {"problem"}, "river": {"r"}, "division": {"west", "east", "city"}} {
		for _, key := range keys {
			var id int64
			if err := conn.QueryRow(t.Context(), "SELECT id FROM "+pgx.Identifier{"hetu", kind}.Sanitize()+" WHERE key = $1", key).Scan(&id); err != nil {
				t.Fatal(err)
			}
			w.vars[key] = strconv.FormatInt(id, 10)
		}
	}
	w.vars["river"] = w.vars["r"]
	w.west, _ = strconv.ParseInt(w.vars["west"], 10, 64)
	w.east, _ = strconv.ParseInt(w.vars["east"], 10, 64)
	river, _ := strconv.ParseInt(w.vars["r"], 10, 64)
	made, _, err := db.Store.CreateProject(t.Context(), newAccount(t, db.Store, "beginner", access.Planner, w.west), project.New{
		Name: "划界项目", River: river, FromM: math.NaN(), ToM: math.NaN(), Division: w.west, LeadLevel: geo.County, RuleProfile: "p",
	}, project.Once{})
	if err != nil {
		t.Fatal(err)
	}
	w.vars["project"] = strconv.FormatInt(made.Project, 10)
	const zoom = 14
	side := math.Exp2(zoom)
	x := int((106.45 + 180) / 360 * side)
	y := int((0.5 - math.Atanh(math.Sin(26.552*math.Pi/180))/(2*math.Pi)) * side)
	w.vars["draft_tile"] = fmt.Sprintf("%d/%d/%d", zoom, x, y)
	w.vars["polygon"] = `{"type":"Polygon","coordinates":[[[106.42,26.54],[106.48,26.54],[106.48,26.56],[106.42,26.56],[106.42,26.54]]]}`
	return w
}

// asker is one of those as whom the table is asked.
type asker struct {
	name   string
	role   access.Role
	inside bool
	who    access.Actor
}

func (w *accessWorld) askers(t *testing.T) []asker {
	t.Helper()
	out := []asker{{name: "the public", role: access.Public}, {name: "an account without rights", role: access.Public, who: newAccount(t, w.store, "none", access.Public, w.west)}}
	for _, role := range access.Granted() {
		out = append(out, asker{string(role) + " inside", role, true, newAccount(t, w.store, string(role)+"-in", role, w.west)},
			asker{string(role) + " outside", role, false, newAccount(t, w.store, string(role)+"-out", role, w.east)})
	}
	return out
}

func (l accessLine) want(t *testing.T, a asker) int {
	t.Helper()
	switch {
	case !a.who.Known():
		return statusFor(t, l.public, a.role)
	case a.role == access.Public:
		return statusFor(t, l.none, a.role)
	case a.inside:
		return statusFor(t, l.inside, a.role)
	default:
		return statusFor(t, l.outside, a.role)
	}
}

// session opens one for an asker, and gives its cookie.
func (w *accessWorld) session(t *testing.T, a asker) string {
	t.Helper()
	if !a.who.Known() {
		return ""
	}
	if cookie := w.open[a.name]; cookie != "" {
		return cookie
	}
	token, hash := api.NewToken()
	if _, err := w.store.OpenSession(t.Context(), a.who, "", hash, "test"); err != nil {
		t.Fatal(err)
	}
	w.open[a.name] = "hetu_session=" + token
	return w.open[a.name]
}

// fill puts in what a line names, and makes what each asking needs afresh.
func (w *accessWorld) fill(t *testing.T, text string, a asker) string {
	t.Helper()
	made := map[string]string{}
	return regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllStringFunc(text, func(name string) string {
		name = strings.Trim(name, "{}")
		switch name {
		case "n", "kept", "grant", "key", "invite", "session":
			if made[name] == "" {
				w.make(t, name, a, made)
			}
			return made[name]
		case "self":
			return strconv.FormatInt(max(a.who.Account, 1), 10)
		default:
			if w.vars[name] == "" {
				t.Fatalf("ACCESS.md: nothing is called {%s}", name)
			}
			return w.vars[name]
		}
	})
}

func (w *accessWorld) make(t *testing.T, name string, a asker, made map[string]string) {
	t.Helper()
	w.n++
	switch name {
	case "n":
		made[name] = strconv.Itoa(w.n)
	case "session":
		made[name] = "1"
		if a.who.Known() {
			_, hash := api.NewToken()
			id, err := w.store.OpenSession(t.Context(), a.who, "", hash, "other")
			if err != nil {
				t.Fatal(err)
			}
			made[name] = strconv.FormatInt(id, 10)
		}
	case "invite":
		token, hash := api.NewToken()
		kept := newAccount(t, w.store, fmt.Sprintf("invited%d", w.n), access.Public, w.west)
		if err := w.store.NewInvite(t.Context(), access.Actor{}, kept.Account, hash, time.Hour); err != nil {
			t.Fatal(err)
		}
		made[name] = token
	case "kept", "grant", "key": // one account for a line
		kept := newAccount(t, w.store, fmt.Sprintf("kept%d", w.n), access.Planner, w.west)
		id, _, hash := api.NewKey()
		if err := w.store.NewKey(t.Context(), kept, access.Key{ID: id, Account: kept.Account, Name: "k", Roles: []access.Role{access.Planner}, EndsAt: today().AddDate(0, 1, 0)}, hash); err != nil {
			t.Fatal(err)
		}
		account, err := w.store.Account(t.Context(), kept.Name)
		if err != nil {
			t.Fatal(err)
		}
		made["kept"], made["grant"], made["key"] = strconv.FormatInt(kept.Account, 10), strconv.FormatInt(account.Grants[0].ID, 10), id
	}
}

// ask asks a line as somebody, and gives status and body.
func (w *accessWorld) ask(ctx context.Context, t *testing.T, l accessLine, a asker) (int, string) {
	t.Helper()
	filled := w.fill(t, l.path+"\n"+l.body, a)
	path, body, _ := strings.Cut(filled, "\n")
	req, err := http.NewRequestWithContext(ctx, l.method, w.srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.HasPrefix(body, "{") {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	if cookie := w.session(t, a); cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if l.method != http.MethodGet {
		delete(w.open, a.name)
	}
	underTest(t, exchange{req: req, sent: []byte(body), status: resp.StatusCode, header: resp.Header, body: got})
	return resp.StatusCode, string(got)
}

// ACCESS.md is what the server does, for every route and role; of a draft nobody outside its division is told.
func TestAccessTable(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	askers := w.askers(t)
	lined := map[string]bool{}
	for _, l := range accessTable(t) {
		lined[l.route] = true
		for _, a := range askers {
			status, body := w.ask(t.Context(), t, l, a)
			if want := l.want(t, a); status != want {
				t.Errorf("%s %s as %s: %d, want %d: %.300s", l.method, l.path, a.name, status, want, body)
			}
			for what, name := range map[string]string{"draft": secret, "stake": exactStake} {
				told := strings.Contains(body, name) || strings.Contains(body, jsonOf(name))
				if told && !a.inside {
					t.Errorf("%s %s tells %s of the %s", l.method, l.path, a.name, what)
				}
				if strings.Contains(l.told, what) && a.inside && !told {
					t.Errorf("%s %s does not tell %s of the %s: %.300s", l.method, l.path, a.name, what, body)
				}
			}
		}
	}
	for _, route := range append(api.RoutesForTest(t), "tiles_index", "tilejson", "tile") {
		if !lined[route] {
			t.Errorf("the route %s has no line in ACCESS.md", route)
		}
	}
}

// A stake is told exactly to those who have a role where it stands or above, and to all others by the nodes of the public grid, in every answer that tells
// of stakes: scenario 31.
func TestStakesAreExactWhereOneWorks(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	city := w.vars["city"]
	above, err := strconv.ParseInt(city, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	stands := geo.LonLat{106.4512345, 26.5510123}
	node := stands.Snapped(50)
	for _, tt := range []struct {
		asker
		exact bool
	}{
		{asker{name: "the public"}, false},
		{asker{name: "without rights", who: newAccount(t, w.store, "none", access.Public, w.west)}, false},
		{asker{name: "west", who: newAccount(t, w.store, "west", access.Office, w.west)}, true},
		{asker{name: "the city above", who: newAccount(t, w.store, "city", access.Office, above)}, true},
		{asker{name: "everywhere", who: newAccount(t, w.store, "all", access.Office, access.Everywhere)}, true},
		{asker{name: "east", who: newAccount(t, w.store, "east", access.Planner, w.east)}, false},
		{asker{name: "an administrator of the east", who: newAccount(t, w.store, "admin", access.Admin, w.east)}, false},
	} {
		at := node
		if tt.exact {
			at = stands
		}
		for _, l := range []accessLine{
			{method: "GET", path: "/api/v1/nearest?lon=106.4512&lat=26.551&kind=stakes"},
			{method: "GET", path: "/api/v1/nearest?lon=106.4512&lat=26.551&kind=stakes&by=water"},
			{method: "POST", path: "/api/v1/touches?geometry=true", body: w.vars["polygon"]},
		} {
			status, body := w.ask(t.Context(), t, l, tt.asker)
			if place := fmt.Sprintf("[%v,%v]", at[0], at[1]); status != 200 || !strings.Contains(body, place) || strings.Contains(body, exactStake) != tt.exact {
				t.Errorf("%s, %s: %d, want the place %s: %.800s", tt.name, l.path, status, place, body)
			}
		}
	}
}

// jsonOf is a text as JSON may write it.
func jsonOf(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return strings.Trim(string(text), `"`)
}
