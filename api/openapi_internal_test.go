package api

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"

	"hetu/geo"
)

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
