package api

import (
	"log/slog"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
)

// RoutesForTest names every route that is routed.
func RoutesForTest(t *testing.T) []string {
	t.Helper()
	srv, err := New(Config{Extent: geo.China(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	err = srv.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		names = append(names, route.GetName())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
