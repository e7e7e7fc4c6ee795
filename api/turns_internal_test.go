package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/mux"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// heldStore is one whose writers' lock another holds: who writes waits until his time is over.
type heldStore struct{ Store }

func (heldStore) Project(context.Context, access.Actor, int64) (project.Project, error) {
	return project.Project{ID: 1}, nil
}

func (heldStore) Subject(context.Context, access.Actor, int64) (project.Subject, error) {
	return project.Subject{Stretch: demarc.Stretch{Route: lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.5, 26.6}), "mouth")}}, nil
}

func (heldStore) WriteStakes(ctx context.Context, _ access.Actor, _ int64, _ project.StakeBase, _ project.Placing, _ project.Once) (project.StakesMade, bool, error) {
	<-ctx.Done()
	return project.StakesMade{}, false, ctx.Err()
}

func (heldStore) WriteZones(ctx context.Context, _ access.Actor, _ int64, _ int, _ func(project.Subject) ([]demarc.Zone, error), _ project.Once) (project.ZonesMade, bool, error) {
	<-ctx.Done()
	return project.ZonesMade{}, false, ctx.Err()
}

// Stakes, zones and their statistics take a turn and have a deadline: while somebody writes, few wait, the next is told at once to come again, all are told
// so when their time is over, and nobody who asks for a candidate waits for them.
func TestPlacingTakesTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{Config: Config{Store: heldStore{}, Extent: geo.China(), Now: time.Now}, engine: newEngine(), placing: newPlacing()}
		at := `"lon":106.4,"lat":26.6`
		writes := []struct {
			h    handlerFunc
			body string
		}{{s.placeStakes, "{" + at + "}"}, {s.removeStake, ""}, {s.checkInStake, "{" + at + "}"}, {s.putZones, `{"zones":[]}`}}
		call := func(h handlerFunc, body string) error {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("If-Match", `"1"`)
			return h(httptest.NewRecorder(), mux.SetURLVars(r, map[string]string{"id": "1", "stake": "1"}))
		}
		began := time.Now()
		var all sync.WaitGroup
		for i := range 1 + engineWaiting {
			all.Go(func() {
				w := writes[i%len(writes)]
				if err := call(w.h, w.body); geo.CodeOf(err) != geo.CodeUnavailable || time.Since(began) != enginePatience {
					t.Errorf("write %d, after %v: %v", i, time.Since(began), err)
				}
			})
		}
		synctest.Wait()
		for i, w := range writes {
			if err := call(w.h, w.body); geo.CodeOf(err) != geo.CodeUnavailable || time.Since(began) != 0 {
				t.Errorf("write %d beyond those that may wait, after %v: %v", i, time.Since(began), err)
			}
		}
		if err := call(s.zoneStatistics, ""); err != nil || time.Since(began) != 0 {
			t.Errorf("statistics meanwhile, after %v: %v", time.Since(began), err)
		}
		all.Wait()

		began = time.Now()
		for range cap(s.engine.turns) {
			s.engine.turns <- struct{}{}
		}
		if err := call(s.zoneStatistics, ""); geo.CodeOf(err) != geo.CodeUnavailable || time.Since(began) != enginePatience {
			t.Errorf("statistics while all turns are taken, after %v: %v", time.Since(began), err)
		}
	})
}

// What was written is told so, also when it came late; what failed because it was late is told as that.
func TestLateIsNotFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := newPlacing()
		if err := e.do(t.Context(), func(context.Context) error { time.Sleep(2 * enginePatience); return nil }); err != nil {
			t.Errorf("written late: %v", err)
		}
		err := e.do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if geo.CodeOf(err) != geo.CodeUnavailable || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("too late: %v", err)
		}
	})
}
