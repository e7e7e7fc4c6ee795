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

// visitedStore is one with a stake on a line, for whose photo there is room.
type visitedStore struct{ heldStore }

func (visitedStore) Subject(context.Context, access.Actor, int64) (project.Subject, error) {
	line := geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6003, 106.5, 26.6003})
	length := lref.Length(line)
	out := project.Subject{Stretch: demarc.Stretch{Route: lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.5, 26.6}), "mouth"), ToM: length}}
	out.Lines.Pieces = []demarc.Piece{{Bank: geo.Left, ToM: length, Basis: demarc.NaturalBank, Line: line}}
	out.Around.Stakes = []project.Stake{{ID: 1, Version: 1, Stake: demarc.Stake{Name: "左001", Number: 1, Kind: demarc.Electronic, Bank: geo.Left, Lon: 106.45, Lat: 26.6003}}}
	return out, nil
}

func (visitedStore) MayPlan(context.Context, access.Actor, int64) error { return nil }

func (visitedStore) RoomForFile(context.Context, access.Actor) error { return nil }

// noFiles keeps none.
type noFiles struct{ Files }

// Photos have turns of their own: whoever sends one that takes long, and those who wait for him, hold no turn of a candidate or a check, and are told what they
// wait for.
func TestPhotosTakeTurnsOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{Config: Config{Store: visitedStore{}, Files: noFiles{}, Now: time.Now}, engine: newEngine(), photos: newPhotos()}
		ctx := context.WithValue(t.Context(), visitKey{}, access.Visit{Actor: access.Actor{Account: 1, Grants: []access.Grant{{Role: access.Planner}}}})
		lon, lat := 106.45, 26.6003
		keep := func() error {
			_, err := s.keepPhoto(ctx, 1, project.StakeBase{Stake: 1, Version: 1}, sentVisit{Lon: &lon, Lat: &lat, Photo: []byte("no photo")}, geo.NewDate(2026, 11, 24))
			return err
		}
		if err := keep(); geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "no JPEG") {
			t.Errorf("a photo that is none: %v", err)
		}
		s.photos.turns <- struct{}{}
		var all sync.WaitGroup
		for range engineWaiting {
			all.Go(func() {
				if err := keep(); geo.CodeOf(err) != geo.CodeUnavailable || !strings.Contains(err.Error(), "too many photos") {
					t.Errorf("a photo that waited: %v", err)
				}
			})
		}
		synctest.Wait()
		if waiting, taken := len(s.photos.waiting), len(s.engine.turns)+len(s.engine.waiting); waiting != engineWaiting || taken != 0 {
			t.Errorf("%d wait for photos, and %d turns of lines are taken", waiting, taken)
		}
		if err := keep(); geo.CodeOf(err) != geo.CodeUnavailable {
			t.Errorf("one more than may wait: %v", err)
		}
		all.Wait()
	})
}
