package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/api"
	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
)

// words are those of which one stands in what an answer tells of a thing: a draft, what an announced project keeps to those who work on it, a stake with its
// name and exact place, and an announced line.
func words() map[string][]string {
	return map[string][]string{"draft": {secret}, "work": {internal}, "stake": {exactStake, brookStakes}, "line": {brookLine}}
}

// tells finds the words of a thing in an answer.
func tells(body, what string) bool {
	return slices.ContainsFunc(words()[what], func(word string) bool { return strings.Contains(body, word) || strings.Contains(body, jsonOf(word)) })
}

// accessLine is a line of ACCESS.md.
type accessLine struct {
	route, method, path, ifMatch, body string
	public, none, inside, outside      string
	told                               string // of words: a line to all, the others inside alone
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
		path, ifMatch, _ := strings.Cut(path, " If-Match: ")
		out = append(out, accessLine{cells[1], method, path, ifMatch, cells[3], cells[4], cells[5], cells[6], cells[7], cells[8]})
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

// reply is what a line was answered.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

// ask asks a line as somebody.
func (w *accessWorld) ask(ctx context.Context, t *testing.T, l accessLine, a asker) reply {
	t.Helper()
	return w.send(ctx, t, l, a, w.fill(t, l.asked(), a))
}

// asked is what is sent of a line.
func (l accessLine) asked() string { return l.path + "\n" + l.ifMatch + "\n" + l.body }

// send asks a line that is filled in.
func (w *accessWorld) send(ctx context.Context, t *testing.T, l accessLine, a asker, filled string) reply {
	t.Helper()
	parts := strings.SplitN(filled, "\n", 3)
	path, ifMatch, body := parts[0], parts[1], parts[2]
	req, err := http.NewRequestWithContext(ctx, l.method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.HasPrefix(body, "{") {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
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
	if l.endsSessions() {
		delete(w.open, a.name)
	}
	underTest(t, exchange{req: req, sent: []byte(body), status: resp.StatusCode, header: resp.Header, body: got})
	return reply{resp.StatusCode, resp.Header, string(got)}
}

// endsSessions tells whether an asker may have to log in again after a line.
func (l accessLine) endsSessions() bool {
	return l.method != http.MethodGet && !strings.HasPrefix(l.path, "/api/v1/projects") && !strings.HasPrefix(l.path, "/api/v1/documents")
}

// likeNone holds a refusal of somebody outside against what he is answered where there is no such thing: nothing but the numbers that were asked for differs.
func (w *accessWorld) likeNone(ctx context.Context, t *testing.T, l accessLine, a asker, is reply) {
	t.Helper()
	nobodys := w.nobodys(l.asked())
	if nobodys == l.asked() {
		return
	}
	isNot := w.send(ctx, t, l, a, w.fill(t, nobodys, a))
	if d := cmp.Diff(isNot.bare(), is.bare()); d != "" {
		t.Errorf("%s %s tells %s that there is such a thing: %s", l.method, l.path, a.name, d)
	}
}

// unversioned is an answer without its time and without the data version, which every write of whatever kind makes a new one.
func (r reply) unversioned() reply {
	r.Header = r.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Content-Length", "Hetu-Data-Age"} {
		r.Header.Del(name)
	}
	versioned := regexp.MustCompile(`("data_version":|[?;&]v=|u0026v=)[0-9]+`)
	if bare := versioned.ReplaceAllString(r.Body, "$1#"); bare != r.Body {
		r.Header.Del("Etag") // it is that of the text
		r.Body = bare
	}
	return r
}

// bare is an answer without what differs between any two, and with all its numbers the same.
func (r reply) bare() reply {
	r.Header = r.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Content-Length"} {
		r.Header.Del(name)
	}
	r.Body = regexp.MustCompile(`[0-9a-f]{64}|[0-9]+`).ReplaceAllString(r.Body, "#")
	return r
}

// ACCESS.md is what the server does, for every route and role; of a draft nobody outside its division is told, by no status, word, count, address or tag.
func TestAccessTable(t *testing.T) {
	t.Parallel()
	w := newAccessWorld(t)
	table, askers := accessTable(t), w.askers(t)
	before := w.seenOutside(t, table, askers)
	w.draft(t)
	w.holdExports(t)
	for ask, is := range w.seenOutside(t, table, askers) {
		if d := cmp.Diff(before[ask], is); d != "" {
			t.Errorf("%s is another answer since there is a draft: %s", ask, d)
		}
	}
	lined := map[string]bool{}
	for _, l := range table {
		lined[l.route] = true
		t.Run(l.route, func(t *testing.T) {
			for _, a := range askers {
				w.hold(t, l, a)
			}
		})
	}
	for _, route := range append(api.RoutesForTest(t), "tiles_index", "tilejson", "tile") {
		if !lined[route] {
			t.Errorf("the route %s has no line in ACCESS.md", route)
		}
	}
}

// hold asks a line as somebody, and holds the answer against the table.
func (w *accessWorld) hold(t *testing.T, l accessLine, a asker) {
	t.Helper()
	if l.route == "project_package" && l.inside == "200" && a.inside && a.role != access.Planner {
		return // it takes its time: the line beside it asks as all roles for one that cannot be made
	}
	got := w.ask(t.Context(), t, l, a)
	if want := l.want(t, a); got.Status != want {
		t.Errorf("%s %s as %s: %d, want %d: %.300s", l.method, l.path, a.name, got.Status, want, got.Body)
	}
	for what := range words() {
		told, all := tells(got.Body, what), what == "line"
		if told && !a.inside && !all {
			t.Errorf("%s %s tells %s of the %s: %.300s", l.method, l.path, a.name, what, got.Body)
		}
		if strings.Contains(l.told, what) && (a.inside || all) && !told {
			t.Errorf("%s %s does not tell %s of the %s: %.300s", l.method, l.path, a.name, what, got.Body)
		}
	}
	if got.Status >= http.StatusBadRequest && (!a.who.Known() || a.role == access.Planner && !a.inside) {
		w.likeNone(t.Context(), t, l, a, got)
	}
}

// seenOutside asks all that the public is answered, as the public and as a planner of another division.
func (w *accessWorld) seenOutside(t *testing.T, table []accessLine, askers []asker) map[string]reply {
	t.Helper()
	out := map[string]reply{}
	for _, l := range table {
		if reads := l.method == http.MethodGet || l.route == "touches" || l.route == "occupied"; !reads || l.public != "200" || w.nobodys(l.path) != l.path || l.route == "page_invite" {
			continue
		}
		for _, a := range askers {
			if a.who.Known() && (a.role != access.Planner || a.inside) {
				continue
			}
			out[fmt.Sprintf("%s %s %s as %s", l.method, l.path, l.body, a.name)] = w.ask(t.Context(), t, l, a).unversioned()
		}
	}
	for layer, text := range w.exports(t) {
		out["the export of "+layer] = reply{Body: text}
	}
	return out
}

// exports gives the layers of the map as they are exported.
func (w *accessWorld) exports(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, layer := range w.store.ExportLayers() {
		out[layer] = ""
		err := w.store.Export(t.Context(), momentToday(), layer, func(f pg.Exported) error {
			out[layer] += fmt.Sprintf("%s %s %v\n", f.Key, f.Properties, f.Geom)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// holdExports looks for what exports tell: the announced line, and nothing of a draft, of the work on a line or of a stake.
func (w *accessWorld) holdExports(t *testing.T) {
	t.Helper()
	all := ""
	for layer, text := range w.exports(t) {
		for what := range words() {
			if what != "line" && tells(text, what) {
				t.Errorf("the export of %s tells of the %s: %.800s", layer, what, text)
			}
		}
		all += text
	}
	if !tells(all, "line") {
		t.Errorf("no export tells of the line: %.800s", all)
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
			got := w.ask(t.Context(), t, l, tt.asker)
			if place := fmt.Sprintf("[%v,%v]", at[0], at[1]); got.Status != http.StatusOK || !strings.Contains(got.Body, place) || strings.Contains(got.Body, exactStake) != tt.exact {
				t.Errorf("%s, %s: %d, want the place %s: %.800s", tt.name, l.path, got.Status, place, got.Body)
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
