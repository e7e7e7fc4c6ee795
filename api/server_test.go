package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/profiles"
	"hetu/data/waters"
	"hetu/geo"
	"hetu/tiles/cache"
)

// today is the day on which the tests ask.
func today() time.Time { return time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) }

// serve starts the server on a store that holds what fill adds.
func serve(t *testing.T, fill func(*testing.T, *pg.Batch)) *httptest.Server {
	t.Helper()
	db := pgtest.New(t, pgtest.Clock(today))
	b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	fill(t, b)
	if _, err = b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := config(t, db.Store)
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv
}

// config is of a server on a store, whose map is empty.
func config(t *testing.T, store *pg.Store) api.Config {
	t.Helper()
	empty := newTileStore().loaded(t)
	kept, err := cache.New(empty, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := profiles.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return api.Config{Store: store, Identity: store, Atlas: empty, Tiles: kept, Waters: waters.New(store.Network(), today), Rules: rules, Extent: geo.China(), Now: today, Log: slog.New(slog.DiscardHandler), PublicPrecisionM: 50}
}

func nothing(*testing.T, *pg.Batch) {}

// get asks for a path and reads the JSON answer into v; it gives the status.
func get(t *testing.T, srv *httptest.Server, path string, v any) int {
	t.Helper()
	return do(t, srv, http.MethodGet, path, v).StatusCode
}

func do(t *testing.T, srv *httptest.Server, method, path string, v any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	underTest(t, exchange{req: req, status: resp.StatusCode, header: resp.Header, body: body})
	if v != nil {
		if err := json.Unmarshal(body, v); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, body)
		}
	}
	return resp
}

type problemBody struct {
	Type, Title, Detail, Instance string
	Status                        int
	Errors                        []struct{ Pointer, Detail string }
}

// Bad input is told by the parameter's name, with the right status, and never as a 500 or a silent default.
func TestBadInput(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	tests := []struct {
		path    string
		status  int
		pointer string
	}{
		{"/api/v1/responsible", 400, "lon"},
		{"/api/v1/responsible?lon=109.9", 400, "lat"},
		{"/api/v1/responsible?lon=abc&lat=40", 400, "lon"},
		{"/api/v1/responsible?lon=NaN&lat=40", 400, "lon"},
		{"/api/v1/responsible?lon=1e999&lat=40", 400, "lon"},
		{"/api/v1/responsible?lon=0x1p7&lat=40", 400, ""},
		{"/api/v1/responsible?lon=2.35&lat=48.85", 400, "lon"},
		{"/api/v1/responsible?lon=40.6&lat=109.9", 400, "lon"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&as_of=2026-02-30", 400, "as_of"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&as_of=yesterday", 400, "as_of"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&as_of=", 400, "as_of"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&known_at=2026-01-01", 400, "known_at"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&radius=0", 400, "radius"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&radius=0.5", 400, "radius"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&radius=90000", 400, "radius"},
		{"/api/v1/responsible?lon=109.9&lon=110&lat=40.6", 400, "lon"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&asof=2026-01-01", 400, "asof"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&x=%ff", 400, "x"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&known_at=0001-01-01T00:00:00Z", 400, "known_at"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&as_of=9999-12-31T23:59:59Z", 400, "as_of"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&known_at=2026-01-01T00:00:00%2B24:00", 400, "known_at"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&known_at=2026-01-01T00:00:00%2B23:60", 400, "known_at"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&known_at=2026-01-01T00:00:00%2B10:60", 400, "known_at"},
		{"/api/v1/responsible?lon=109.9&lat=40.6&known_at=2026-11-24T04:01:01Z", 400, "known_at"},
		{"//api/v1/rivers", 404, ""},
		{"/api/v1/rivers?limit=0", 400, "limit"},
		{"/api/v1/rivers?limit=ten", 400, "limit"},
		{"/api/v1/rivers?q=%00", 400, "q"},
		{"/api/v1/rivers?%zz", 400, "%zz"},
		{"/api/v1/rivers?q=%zz", 400, "q"},
		{"/api/v1/rivers?limit=3&q=a;b", 400, "q"},
		{"/api/v1/rivers?=%zz", 400, "query"},
		{"/api/v1/rivers/abc", 404, "id"},
		{"/api/v1/rivers/99999999999999999999", 404, "id"},
		{"/api/v1/rivers/424242", 404, "id"},
		{"/api/v1/rivers?limit=" + strings.Repeat("河", 5000), 400, "limit"},
		{"/api/v1/places", 400, "q"},
		{"/api/v1/counts?division=", 400, "division"},
		{"/api/v1/counts?division=%20", 400, "division"},
		{"/api/v1/counts?division=999999", 404, "division"},
		{"/api/v1/nothing", 404, ""},
		{"/problems/none", 404, ""},
	}
	for _, tt := range tests {
		var p problemBody
		resp := do(t, srv, http.MethodGet, tt.path, &p)
		if resp.StatusCode != tt.status || p.Status != tt.status || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: status %d, body %+v", tt.path, resp.StatusCode, p)
		}
		if tt.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer) {
			t.Errorf("%s: names %+v, want %s", tt.path, p.Errors, tt.pointer)
		}
		if p.Detail == "" || p.Type == "" {
			t.Errorf("%s: says nothing: %+v", tt.path, p)
		}
		if len(p.Detail) > 2000 || !utf8.ValidString(p.Detail) {
			t.Errorf("%.100s: %d bytes are said", tt.path, len(p.Detail))
		}
	}
}

func TestMethodNotAllowed(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	var p problemBody
	resp := do(t, srv, http.MethodPost, "/api/v1/rivers", &p)
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" || p.Status != 405 {
		t.Errorf("status %d, Allow %q, body %+v", resp.StatusCode, resp.Header.Get("Allow"), p)
	}
	if resp := do(t, srv, http.MethodHead, "/api/v1/rivers", nil); resp.StatusCode != http.StatusOK {
		t.Errorf("HEAD: status %d", resp.StatusCode)
	}
}

func TestEmptyStoreAnswers(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	for _, path := range []string{"/healthz", "/readyz", "/api/v1/rivers", "/api/v1/counts", "/api/v1/places?q=x", "/api/v1/responsible?lon=109.9&lat=40.6", "/problems/invalid", "/problems/method-not-allowed", "/problems/unsupported-media-type"} {
		var body map[string]any
		if status := get(t, srv, path, &body); status != http.StatusOK {
			t.Errorf("%s: status %d, %v", path, status, body)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	for _, path := range []string{"/healthz", "/nothing"} {
		resp := do(t, srv, http.MethodGet, path, nil)
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Request-Id"} {
			if resp.Header.Get(name) == "" {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
}
