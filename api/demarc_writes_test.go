package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// seenAs names the version of a stake that somebody saw, as a visit says it.
func (s *shore) seenAs(t *testing.T, at string, id int64) string {
	t.Helper()
	for _, k := range s.stakesOf(t, at) {
		if k.ID == id {
			return fmt.Sprintf(`If-Match: "%d"`, k.Version)
		}
	}
	t.Fatalf("%s has no stake %d", at, id)
	return ""
}

// signed brings a sign in that stands on the left line of a project, as an import does.
func (s *shore) signed(t *testing.T, at string, beside projectStake) projectStake {
	t.Helper()
	n := 1
	s.load(t, pg.Stake{
		Record: pg.Record{Key: pg.StakeKey("r", geo.Left, 1, true), Source: "告示牌普查"}, Boundary: pg.KeyOf("project", at[strings.LastIndex(at, "/")+1:], "left", "2-1"), Name: "告示牌001", Number: &n, Kind: "sign",
		Bank: geo.Left, MeasureM: &beside.MeasureM, Geom: geom.NewPointFlat(geom.XYZ, []float64{beside.Lon, beside.Lat, 0}),
	})
	for _, k := range s.stakesOf(t, at) {
		if k.Name == "告示牌001" {
			return k
		}
	}
	t.Fatal("the sign is not among the project's stakes")
	return projectStake{}
}

// A sign 告示牌 stays one when it is visited, and a stake a stake: neither becomes the other, nor takes the place of another of its number.
func TestVisitsKeepSignsAndStakesApart(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	first := s.stakesOf(t, at)[0]
	sign := s.signed(t, at, first)
	path := fmt.Sprintf("%s/stakes/%d/check-in", at, sign.ID)
	lon, lat := metres(sign.Lon, sign.Lat, 0, 0.8)
	var in projectStake
	s.must(t, s.planner, http.MethodPost, path, object{"lon": lon, "lat": lat, "state": "完好"}, &in, s.seenAs(t, at, sign.ID))
	if in.ID != sign.ID || in.Kind != "sign" || in.Name != "告示牌001" || in.CheckedOn != "2026-11-24" {
		t.Errorf("the sign became %+v", in)
	}
	stakes := s.stakesOf(t, at)
	if now := stakes[slices.IndexFunc(stakes, func(k projectStake) bool { return k.ID == first.ID })]; now.Version != first.Version || now.Kind != first.Kind || now.Name != first.Name {
		t.Errorf("the sign's visit changed the stake of its number: %+v", now)
	}
	for _, tt := range []struct {
		of   projectStake
		kind string
	}{{sign, "physical"}, {sign, "moved"}, {sign, "electronic"}, {first, "sign"}} {
		var p problemBody
		resp := s.call(t, s.planner, http.MethodPost, fmt.Sprintf("%s/stakes/%d/check-in", at, tt.of.ID), object{"lon": tt.of.Lon, "lat": tt.of.Lat, "kind": tt.kind}, &p, s.seenAs(t, at, tt.of.ID))
		if resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != "/kind" || !strings.Contains(p.Detail, "告示牌") {
			t.Errorf("%s said to be %s: %d %+v", tt.of.Name, tt.kind, resp.StatusCode, p)
		}
	}
	if after := s.stakesOf(t, at); !slices.EqualFunc(after, stakes, func(a, b projectStake) bool { return a.ID == b.ID && a.Version == b.Version }) {
		t.Errorf("what was refused changed something: %+v, was %+v", after, stakes)
	}
}

// Stakes placed anew get numbers above all given, wherever they stand, and the check passes: only first numbers follow the measures.
func TestStakesPlacedAnewPassTheCheck(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, pieces := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	before := s.stakesOf(t, at)
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, before[1].ID), nil, nil, s.revision(t, at))
	var added, made project.StakesMade
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"lon": before[1].Lon, "lat": before[1].Lat}, &added, s.revision(t, at))
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, before[3].ID), nil, nil, s.revision(t, at))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, &made, s.revision(t, at))
	after := s.stakesOf(t, at)
	highest := 0
	for _, k := range after {
		if k.Bank == geo.Left {
			highest = max(highest, k.Number)
		}
		if k.Name == added.Names[0] && k.Why != "hand" {
			t.Errorf("the stake put by hand became %+v", k)
		}
	}
	left := 0
	for _, k := range before {
		if k.Bank == geo.Left {
			left++
		}
	}
	if len(after) != len(before) || highest != left+2 {
		t.Fatalf("%d stakes where %d were, and the left bank's highest number is %d", len(after), len(before), highest)
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("placed anew:\n%v", run)
	}
	// The line moves outward for a part; the stakes of that part are others, in the middle of those that stay.
	s.commitPieces(t, s.planner, at, s.notched(t, pieces, geo.Left, 0.3, 0.6, 40, 44))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, &made, s.revision(t, at))
	if made.Removed == 0 {
		t.Errorf("no stake gave way: %+v", made)
	}
	if found := s.check(t, at, nil).of("G14"); len(found) != 0 {
		t.Errorf("after the line moved: %+v", found)
	}
	s.commitPieces(t, s.planner, at, pieces)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, nil, s.revision(t, at))
	s.move(t, s.planner, at, object{"to": "checked"})
}

// conflictOf is what a stale write of stakes or zones is told.
type conflictOf struct {
	Detail   string
	Conflict *struct {
		Revision    int
		Since       []struct{ By string }
		BaseStakes  []projectStake `json:"base_stakes"`
		TheirStakes []projectStake `json:"their_stakes"`
		BaseZones   []struct {
			RegionID string `json:"regionid"`
			Type     int
		} `json:"base_zones"`
		TheirZones []struct {
			RegionID string `json:"regionid"`
			Type     int
		} `json:"their_zones"`
	}
}

// Stakes and zones are written by who names what he saw: of two planners who read the same revision the second is told what the first wrote.
func TestNoUpdateOfStakesOrZonesIsLost(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	second := s.person(t, "li", access.Grant{Role: access.Planner, Division: s.lead})
	zones := func(kind int) object {
		var out []object
		for _, bank := range []string{"left", "right"} {
			out = append(out, object{"bank": bank, "from_m": 0, "to_m": s.length, "type": kind})
		}
		return object{"zones": out}
	}
	s.must(t, s.planner, http.MethodPut, at+"/zones", zones(1), nil, s.revision(t, at))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	stakes := s.stakesOf(t, at)
	visit := fmt.Sprintf("%s/stakes/%d/check-in", at, stakes[2].ID)
	for _, w := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, at + "/zones", zones(2)}, {http.MethodPost, at + "/stakes", object{"profile": "stakes-rural", "replace": true}},
		{http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, stakes[2].ID), nil}, {http.MethodPost, visit, object{"lon": stakes[2].Lon, "lat": stakes[2].Lat}},
	} {
		s.refused(t, http.StatusPreconditionRequired, s.planner, w.method, w.path, w.body)
		s.refused(t, http.StatusBadRequest, s.planner, w.method, w.path, w.body, "If-Match: *")
	}
	read := s.revision(t, at)
	s.refused(t, http.StatusBadRequest, s.planner, http.MethodPut, at+"/zones", zones(2), `If-Match: "99"`)
	s.must(t, second, http.MethodPut, at+"/zones", zones(2), nil, read)
	var c conflictOf
	if resp := s.call(t, s.planner, http.MethodPut, at+"/zones", zones(3), &c, read); resp.StatusCode != http.StatusPreconditionFailed || c.Conflict == nil ||
		len(c.Conflict.Since) != 1 || c.Conflict.Since[0].By != "li" || len(c.Conflict.BaseZones) != 2 || c.Conflict.BaseZones[0].Type != 1 || len(c.Conflict.TheirZones) != 2 || c.Conflict.TheirZones[1].Type != 2 {
		t.Errorf("zones on what is not there any more: %d %+v", resp.StatusCode, c)
	}

	read = s.revision(t, at)
	gone := fmt.Sprintf("%s/stakes/%d", at, stakes[4].ID)
	s.must(t, second, http.MethodDelete, gone, nil, nil, read)
	for _, w := range []struct {
		method, path string
		body         any
	}{{http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, stakes[5].ID), nil}, {http.MethodPost, at + "/stakes", object{"profile": "stakes-rural", "replace": true}}} {
		c = conflictOf{}
		if resp := s.call(t, s.planner, w.method, w.path, w.body, &c, read); resp.StatusCode != http.StatusPreconditionFailed || c.Conflict == nil ||
			len(c.Conflict.BaseStakes) != 1 || c.Conflict.BaseStakes[0].Name != stakes[4].Name || len(c.Conflict.TheirStakes) != 0 {
			t.Errorf("%s on what is not there any more: %d %+v", w.method, resp.StatusCode, c)
		}
	}

	saw := s.seenAs(t, at, stakes[2].ID)
	var in projectStake
	resp := s.must(t, second, http.MethodPost, visit, object{"lon": stakes[2].Lon, "lat": stakes[2].Lat, "state": "倾斜"}, &in, saw)
	if want := fmt.Sprintf("%q", fmt.Sprint(in.Version)); resp.Header.Get("Etag") != want || in.Version == stakes[2].Version {
		t.Errorf("after a visit the stake is %+v, its ETag %s", in, resp.Header.Get("Etag"))
	}
	c = conflictOf{}
	if resp := s.call(t, s.planner, http.MethodPost, visit, object{"lon": stakes[2].Lon, "lat": stakes[2].Lat, "state": "完好"}, &c, saw); resp.StatusCode != http.StatusPreconditionFailed || c.Conflict == nil ||
		len(c.Conflict.BaseStakes) != 1 || c.Conflict.BaseStakes[0].Kind != "electronic" || len(c.Conflict.TheirStakes) != 1 || c.Conflict.TheirStakes[0].Kind != "physical" {
		t.Errorf("a visit of what was visited meanwhile: %d %+v", resp.StatusCode, c)
	}
}
