package api_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// Stakes stand as close as the profile says that they were placed by, at first the project's own; where one is taken away, G14 tells the gap.
func TestStakeSpacingIsHeldTo(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	for _, tt := range []struct {
		name, follows string
		body          object
		mostM         float64
	}{
		{"the rule profile's", "width-kaiping", object{}, 200},
		{"with dense ones", "stakes-dense", object{"profile": "stakes-dense", "replace": true}, 50},
		{"of a rural river", "stakes-rural", object{"profile": "stakes-rural", "replace": true}, 500},
		{"as before", "stakes-rural", object{"replace": true}, 500},
	} {
		s.must(t, s.planner, http.MethodPost, at+"/stakes", tt.body, nil, s.revision(t, at))
		var seen struct {
			StakeProfile *string `json:"stake_profile"`
		}
		s.must(t, s.planner, http.MethodGet, at, nil, &seen)
		if seen.StakeProfile == nil || *seen.StakeProfile != tt.follows {
			t.Errorf("%s: the project follows %v", tt.name, seen.StakeProfile)
		}
		if run := s.check(t, at, nil); run.Blockers != 0 {
			t.Errorf("%s:\n%v", tt.name, run)
		}
		stakes := s.stakesOf(t, at)
		longest := 0.0
		for i, k := range stakes {
			if i > 0 && stakes[i-1].Bank == k.Bank {
				longest = max(longest, k.MeasureM-stakes[i-1].MeasureM)
			}
		}
		if tt.name == "the rule profile's" && (longest > tt.mostM*1.1 || longest < tt.mostM*0.5) {
			t.Errorf("%s: the longest way between two is %.0f m", tt.name, longest)
		}
		gone := slices.IndexFunc(stakes, func(k projectStake) bool { return k.Bank == geo.Right && k.Why == "fill" })
		s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, stakes[gone].ID), nil, nil, s.revision(t, at))
		run := s.check(t, at, nil)
		found := run.of("G14")
		if len(found) != 1 || found[0].Severity != "blocker" || found[0].Bank != "right" || found[0].Place == nil || found[0].Size <= tt.mostM || !strings.Contains(found[0].En, fmt.Sprintf("%.0f m is the most", tt.mostM)) {
			t.Errorf("%s, without %s:\n%v", tt.name, stakes[gone].Name, run)
		}
		var p problemBody
		if resp := s.call(t, s.planner, http.MethodPost, at+"/transitions", object{"to": "checked"}, &p, s.revision(t, at)); resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Pointer != "G14" {
			t.Errorf("%s: checked with a gap: %d %+v", tt.name, resp.StatusCode, p)
		}
	}
	var p problemBody
	if resp := s.call(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "patrol-sixian", "replace": true}, &p, s.revision(t, at)); resp.StatusCode != http.StatusBadRequest || !strings.Contains(p.Detail, "width-national") {
		t.Errorf("placed by a profile of patrols: %d %+v", resp.StatusCode, p)
	}
}

// A sign 告示牌 stands where it was put up, has a number of its own along the whole river that is not given again, goes into a table of its own, and stays a
// sign when it is visited.
func TestSignsAreNumberedAlongTheRiver(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{}, nil, s.revision(t, at))
	before := len(s.stakesOf(t, at))
	var made project.StakesMade
	for i, bank := range []geo.Bank{geo.Left, geo.Right} {
		p := besideAt(t, s.route, bank, 0.3, 46)
		s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"kind": "sign", "lon": p[0], "lat": p[1]}, &made, s.revision(t, at))
		if want := fmt.Sprintf("告示牌%03d", i+1); made.Placed != 1 || made.Names[0] != want {
			t.Fatalf("made %v, want %s", made.Names, want)
		}
		k := s.stakesOf(t, at)[slices.IndexFunc(s.stakesOf(t, at), func(k projectStake) bool { return k.ID == made.IDs[0] })]
		if k.Kind != "sign" || k.Bank != bank || k.Place == "" || k.OffsetM == nil || math.Abs(*k.OffsetM-6) > 0.1 || lref.Distance(k.Lon, k.Lat, p[0], p[1]) > 0.001 {
			t.Errorf("%+v", k)
		}
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("with signs:\n%v", run)
	}
	visit := fmt.Sprintf("%s/stakes/%d/check-in", at, made.IDs[0])
	p := besideAt(t, s.route, geo.Right, 0.3, 47)
	var in projectStake
	s.must(t, s.planner, http.MethodPost, visit, object{"lon": p[0], "lat": p[1], "state": "完好"}, &in, s.seenAs(t, at, made.IDs[0]))
	if in.Kind != "sign" || in.Name != "告示牌002" || in.ID != made.IDs[0] {
		t.Errorf("visited: %+v", in)
	}
	var problem problemBody
	if resp := s.call(t, s.planner, http.MethodPost, visit, object{"lon": p[0], "lat": p[1], "kind": "physical"}, &problem, s.seenAs(t, at, made.IDs[0])); resp.StatusCode != http.StatusUnprocessableEntity || problem.Errors[0].Pointer != "/kind" {
		t.Errorf("a sign becomes a stake: %d %+v", resp.StatusCode, problem)
	}
	files := s.unzipped(t, at+"/package.zip?encoding=UTF-8")
	if rows := tableOf(t, files["tables/告示牌成果表.csv"]); len(rows) != 2 || rows[0][8] != "告示牌" {
		t.Errorf("the table of signs: %v, of %d files", rows, len(files))
	}
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, made.IDs[0]), nil, nil, s.revision(t, at))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"kind": "sign", "lon": p[0], "lat": p[1]}, &made, s.revision(t, at))
	if made.Names[0] != "告示牌003" {
		t.Errorf("after 002 was taken away: %v", made.Names)
	}
	for _, tt := range []struct {
		pointer string
		status  int
		body    object
	}{
		{"/lon", http.StatusBadRequest, object{"kind": "sign"}},
		{"/kind", http.StatusBadRequest, object{"kind": "moved", "lon": p[0], "lat": p[1]}},
		{"/lon", http.StatusBadRequest, object{"kind": "sign", "lon": p[0], "lat": p[1] + 0.01}},
	} {
		if resp := s.call(t, s.planner, http.MethodPost, at+"/stakes", tt.body, &problem, s.revision(t, at)); resp.StatusCode != tt.status || problem.Errors[0].Pointer != tt.pointer {
			t.Errorf("%v: %d %+v", tt.body, resp.StatusCode, problem)
		}
	}
	if now := len(s.stakesOf(t, at)); now != before+2 {
		t.Errorf("%d stakes and signs, want %d", now, before+2)
	}
}
