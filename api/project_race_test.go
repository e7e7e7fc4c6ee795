package api_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"hetu/api"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// betweenStore has something done each time a project was read for a check, before the answer goes on.
type betweenStore struct {
	api.Store
	once sync.Once
	then func()
}

func (s *betweenStore) Subject(ctx context.Context, by access.Actor, id int64) (project.Subject, error) {
	subject, err := s.Store.Subject(ctx, by, id)
	s.once.Do(s.then)
	return subject, err
}

// Who names a revision that is not there yet, and commits it while his check is on the way, passes with no finding at all no more: the commit comes
// between the two reads, each time.
func TestCheckOfARevisionToCome(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Clock(today))
	p := &plans{store: db.Store}
	p.fill(t)
	between := &betweenStore{Store: db.Store}
	cfg := config(t, db.Store)
	cfg.Store, cfg.Identity = between, db.Store
	cfg.CheckFunc = func(context.Context, project.Subject) ([]demarc.Finding, error) {
		return []demarc.Finding{{Rule: "G1", Severity: demarc.Blocker, Bank: geo.Left, Zh: "坏", En: "bad"}}, nil
	}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.Server = httptest.NewServer(handler)
	t.Cleanup(p.Close)
	at := p.begin(t)
	if resp := p.commit(t, p.planner, at, "If-Match: \"1\"", p.change("left", 0, p.length, 30)); resp.StatusCode != http.StatusCreated {
		t.Fatalf("committed: %d", resp.StatusCode)
	}
	between.then = func() {
		if resp := p.commit(t, p.planner, at, "If-Match: \"2\"", p.change("left", 0, p.length, -30)); resp.StatusCode != http.StatusCreated {
			t.Errorf("committed in between: %d", resp.StatusCode)
		}
	}
	var stale problemBody
	if resp := p.call(t, p.planner, http.MethodPost, at+"/transitions", obj{"to": "checked"}, &stale, "If-Match: \"3\""); resp.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("%d %+v", resp.StatusCode, stale)
	}
	var now struct{ Status string }
	if p.must(t, p.planner, http.MethodGet, at, nil, &now); now.Status != "draft" {
		t.Errorf("the project is %s", now.Status)
	}
}

// A line that meets itself a hundred thousand times is refused wherever lines are sent, before anything is made of it: by a bound on the work, not by a
// clock. Before, it kept the engine for a minute and the database, with the writers' lock held, for longer.
func TestZigzagIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	at := p.begin(t)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: a test
	var zigzag [][2]float64
	for range 800 {
		zigzag = append(zigzag, [2]float64{106.40 + r.Float64()/10, 26.6 + r.Float64()/100})
	}
	left := p.change("left", 0, p.length, 30)
	piece := left["pieces"].([]obj)[0]
	piece["geometry"] = obj{"type": "LineString", "coordinates": zigzag}
	sent := obj{"bank": "left"}
	maps.Copy(sent, piece)
	for path, body := range map[string]obj{
		"/commits":         {"changes": []obj{left}},
		"/checks":          {"pieces": []obj{sent}},
		"/previews/buffer": {"pieces": []obj{sent}, "piece": 0, "metres": 10},
		"/previews/thin":   {"pieces": []obj{sent}, "metres": 1},
	} {
		var told problemBody
		if resp := p.call(t, p.planner, http.MethodPost, at+path, body, &told, "If-Match: \"1\""); resp.StatusCode != http.StatusUnprocessableEntity || len(told.Errors) != 1 {
			t.Errorf("%s: %d %+v", path, resp.StatusCode, told)
		}
	}
}
