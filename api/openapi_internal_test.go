package api

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/project"
)

// The contract tells how a key and the two cookies of a session are sent, as the server reads them; and that what is public needs neither.
func TestContractTellsHowToLogIn(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		t.Fatal(err)
	}
	schemes := doc.Components.SecuritySchemes
	for name, want := range map[string]openapi3.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer"}, "session": {Type: "apiKey", In: "cookie", Name: cookieName}, "sessionOverHTTPS": {Type: "apiKey", In: "cookie", Name: secureCookieName},
	} {
		s := schemes[name]
		if s == nil || s.Value.Type != want.Type || s.Value.Scheme != want.Scheme || s.Value.In != want.In || s.Value.Name != want.Name || s.Value.Description == "" {
			t.Errorf("%s: %+v, want %+v", name, s, want)
		}
	}
	asked := map[string]bool{}
	for _, r := range doc.Security {
		for name := range r {
			asked[name] = true
		}
	}
	if len(asked) != len(schemes) || len(doc.Security) != len(schemes)+1 || len(doc.Security[0]) != 0 {
		t.Errorf("security %v of the schemes %v", doc.Security, schemes)
	}
	_, shown, _ := NewKey()
	if !regexp.MustCompile(keyInURL).MatchString(shown) || !strings.HasPrefix(schemes["key"].Value.BearerFormat, "hetu_") {
		t.Errorf("a key is %s, and told as %s", shown, schemes["key"].Value.BearerFormat)
	}
}

// ACCESS.md has every step of a project's life, with the roles that make it.
func TestAccessTellsTheSteps(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("ACCESS.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 6 || strings.HasPrefix(cells[1], "---") {
			continue
		}
		word := func(cell string) string { first, _, _ := strings.Cut(strings.TrimSpace(cell), " "); return first }
		told[word(cells[1])+" "+word(cells[2])] = strings.TrimSpace(cells[3])
	}
	delete(told, "from to")
	for _, s := range project.Steps() {
		want := geo.Listed(s.Roles)
		if s.May(1, []int64{1}) != nil && want != "" {
			want += ", no drafter"
		}
		step := string(s.From) + " " + string(s.To)
		if got, ok := told[step]; !ok || got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
		delete(told, step)
	}
	if len(told) > 0 {
		t.Errorf("no steps: %v", told)
	}
}

// Every resource that is routed is described, and every one that is described is routed. Pages are for people and are not in it;
// tiles do their own routing.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		t.Fatal(err)
	}
	srv, err := New(Config{Extent: geo.China(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	routed := map[string]bool{}
	err = srv.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil || strings.HasPrefix(route.GetName(), "page_") {
			return err
		}
		methods, err := route.GetMethods()
		if err != nil {
			return err
		}
		for _, method := range methods {
			routed[method+" "+path] = true
			if method == "HEAD" { // stands beside every GET
				continue
			}
			if item := doc.Paths.Value(path); item == nil || item.GetOperation(method) == nil {
				t.Errorf("%s %s (%s) is not described in openapi.yaml", method, path, route.GetName())
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !strings.HasPrefix(path, "/tiles/") && !routed[method+" "+path] {
				t.Errorf("%s %s is described in openapi.yaml, but nothing is there", method, path)
			}
			if op.Summary == "" || op.OperationID == "" || len(op.Tags) == 0 {
				t.Errorf("%s %s lacks a summary, an operationId or a tag", method, path)
			}
		}
	}
}
