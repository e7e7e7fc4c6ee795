package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// silentStore is a database that may not answer.
type silentStore struct {
	api.Store
	fault    error
	rosterAt time.Time // when the roster last heard of it
}

func (s *silentStore) Ping(context.Context) error { return s.fault }

func (s *silentStore) HoldsSample(context.Context) (bool, error) { return false, s.fault }

// serverOn starts the server on a store in memory and a database that answers with the fault; late is how far its clock goes ahead.
func serverOn(t *testing.T, s *silentStore, a *atlas.Atlas, late time.Duration) (*api.Server, *httptest.Server) {
	t.Helper()
	kept, err := cache.New(a, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(api.Config{
		Store: s, Atlas: a, Tiles: kept, Extent: geo.China(), Now: func() time.Time { return time.Now().Add(late) }, Log: slog.New(slog.DiscardHandler),
		RosterAtFunc: func() time.Time { return s.rosterAt },
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return handler, srv
}

type healthBody struct {
	Status   string    `json:"status"`
	DataAsOf time.Time `json:"data_as_of_time"`
	DataAgeS int       `json:"data_age_s"`
	Detail   string    `json:"detail"`
}

// /healthz is 200 as long as the process lives, and says since when the map or the roster has not heard of the database.
func TestHealth(t *testing.T) {
	t.Parallel()
	const never = -1
	tests := []struct {
		name   string
		fault  error
		late   time.Duration
		behind time.Duration // of the roster after the map; never is a roster that is not loaded
		status string
	}{
		{"all is well", nil, 0, 0, "ok"},
		{"the roster is not in memory", nil, 0, never, "ok"},
		{"the database does not answer", errors.New("no such socket"), 0, 0, "degraded"},
		{"the map has not heard of it for long", nil, 100 * time.Second, 0, "degraded"},
		{"the roster has not heard of it for long", nil, 0, 100 * time.Second, "degraded"},
		{"the database does not answer, the roster is not in memory", errors.New("no such socket"), 20 * time.Second, never, "degraded"},
		{"all of it", errors.New("no such socket"), 100 * time.Second, 50 * time.Second, "degraded"},
	}
	for _, tt := range tests {
		a := newTileStore().loaded(t)
		s := &silentStore{fault: tt.fault}
		if tt.behind != never {
			s.rosterAt = a.State().At.Add(-tt.behind)
		}
		_, srv := serverOn(t, s, a, tt.late)
		var h healthBody
		status := get(t, srv, "/healthz", &h)
		if status != http.StatusOK || h.Status != tt.status || (h.Detail == "") != (tt.status == "ok") {
			t.Errorf("%s: %d, %+v", tt.name, status, h)
		}
		behind := max(0, tt.behind)
		if age := time.Duration(h.DataAgeS) * time.Second; age > tt.late+behind+10*time.Second || age < tt.late+behind-time.Second {
			t.Errorf("%s: the data are %v old", tt.name, age)
		}
		if h.Status == "degraded" && time.Since(h.DataAsOf) > behind+time.Minute {
			t.Errorf("%s: the data are of %v", tt.name, h.DataAsOf)
		}
	}
}

// While the database is away the map goes on: tiles, TileJSON with the last word on whether the data are a sample.
func TestTilesWithoutDatabase(t *testing.T) {
	t.Parallel()
	store := newTileStore()
	store.put(t, "board", 1, geo.Date{}, []float64{108.655, 40.101}, nil)
	s := &silentStore{}
	_, srv := serverOn(t, s, store.loaded(t), 0)
	_, before := fetch(t, http.MethodGet, srv.URL+"/tiles/public/tilejson.json")
	s.fault = errors.New("no such socket")
	if res, after := fetch(t, http.MethodGet, srv.URL+"/tiles/public/tilejson.json"); res.StatusCode != http.StatusOK || string(after) != string(before) || strings.Contains(string(after), "示意") {
		t.Errorf("%d: %s, before %s", res.StatusCode, after, before)
	}
	if res, body := fetch(t, http.MethodGet, srv.URL+"/tiles/public"+theTile); res.StatusCode != http.StatusOK || len(body) == 0 {
		t.Errorf("%d: %s", res.StatusCode, body)
	}
	// Before anything was known, the data are taken for a sample.
	_, unknown := serverOn(t, s, newTileStore().loaded(t), 0)
	if _, body := fetch(t, http.MethodGet, unknown.URL+"/tiles/public/tilejson.json"); !strings.Contains(string(body), "示意数据") {
		t.Errorf("no notice: %s", body)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	handler, srv := serverOn(t, &silentStore{}, newTileStore().loaded(t), 0)
	if status := get(t, srv, "/readyz", nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	handler.Drain()
	if resp := do(t, srv, http.MethodGet, "/readyz", nil); resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("while draining: %d", resp.StatusCode)
	}
	_, loading := serverOn(t, &silentStore{}, atlas.New(), 0)
	if status := get(t, loading, "/readyz", nil); status != http.StatusServiceUnavailable {
		t.Errorf("while the map is loaded: %d", status)
	}
}

// Before the server is there the door answers for it.
func TestDoor(t *testing.T) {
	t.Parallel()
	door := &api.Door{}
	srv := httptest.NewServer(door)
	t.Cleanup(srv.Close)
	door.Tell("loading the map: reach 20000")
	var h healthBody
	if status := get(t, srv, "/healthz", &h); status != http.StatusOK || h.Status != "degraded" || !strings.Contains(h.Detail, "reach 20000") {
		t.Errorf("%d, %+v", status, h)
	}
	for _, path := range []string{"/readyz", "/", "/tiles/public" + theTile, "/api/v1/rivers"} {
		var p problemBody
		resp := do(t, srv, http.MethodGet, path, &p)
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.Contains(p.Detail, "reach 20000") {
			t.Errorf("%s: %d, %+v", path, resp.StatusCode, p)
		}
	}
	handler, _ := serverOn(t, &silentStore{}, newTileStore().loaded(t), 0)
	door.Open(handler)
	if status := get(t, srv, "/readyz", nil); status != http.StatusOK {
		t.Errorf("open: %d", status)
	}
}

// From a write in PostGIS to the tile: the version of the tile that it touches moves, and the TileJSON names the new one.
func TestTileFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge := func(rows ...pg.Row) {
		t.Helper()
		b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(t.Context(), rows...); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Merge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	section := func(key pg.Key, lon float64) pg.Row {
		return pg.Section{Record: pg.Record{Key: key, Source: "test"}, Name: "示例断面", Kind: "county", Geom: geom.NewPointFlat(geom.XY, []float64{lon, 40.101})}
	}
	merge(section("one", 108.655))
	a := atlas.New()
	if _, err := a.Load(t.Context(), db.Store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.Follow(ctx, db.Store.Atlas(), "", func(err error) { t.Log(err) })
	}()
	defer func() {
		stop()
		<-ended
	}()
	srv := httptest.NewServer(newTiles(t, a, a))
	defer srv.Close()
	first, body := fetch(t, http.MethodGet, srv.URL+"/tiles/section"+theTile)
	if layers := layersOf(t, body); len(layers) != 1 {
		t.Fatalf("%d: layers %v", first.StatusCode, layers)
	}
	merge(section("two", 108.656))
	version, err := db.Store.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if a.State().Version == version {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	second, longer := fetch(t, http.MethodGet, srv.URL+"/tiles/section"+theTile)
	if len(longer) <= len(body) || second.Header.Get("ETag") == first.Header.Get("ETag") || second.Header.Get("Hetu-Version") == first.Header.Get("Hetu-Version") {
		t.Errorf("%d bytes, then %d: %v", len(body), len(longer), second.Header)
	}
}
