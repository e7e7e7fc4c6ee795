package api_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hetu/geo"
	"hetu/geo/duty"
)

func responsible(t *testing.T, srv *httptest.Server, lon, lat float64, asOf string) duty.Answer {
	t.Helper()
	var a duty.Answer
	if status := get(t, srv, fmt.Sprintf("/api/v1/responsible?lon=%.7f&lat=%.7f&as_of=%s", lon, lat, asOf), &a); status != 200 {
		t.Fatalf("responsible at %v %v: status %d", lon, lat, status)
	}
	return a
}

// only gives the one river found.
func only(t *testing.T, a duty.Answer, name string) duty.RiverFound {
	t.Helper()
	if len(a.Rivers) != 1 || a.Rivers[0].River.Name != name || a.Tie {
		t.Fatalf("found %d rivers, tie %v, want only %s: %+v", len(a.Rivers), a.Tie, name, a.Rivers)
	}
	return a.Rivers[0]
}

// reachesAt gives the reaches of one level on a bank.
func reachesAt(b duty.OnBank, level geo.Level) []duty.OfReach {
	for _, l := range b.Levels {
		if l.Level == level {
			return l.Reaches
		}
	}
	return nil
}

// Scenario 10: on a border river the field 30 m off the left bank is the left division's, and the right one's across.
func TestScenario_10(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	tests := []struct {
		lon, lat float64
		bank     geo.Bank
		town     string
	}{
		{106.3133290, 26.8332363, geo.Left, "示例一乡"},
		{106.3137504, 26.8328492, geo.Right, "示例二乡"},
	}
	for _, tt := range tests {
		f := only(t, responsible(t, srv, tt.lon, tt.lat, "2018-01-01"), "示例河09")
		if f.Bank != tt.bank || len(f.Banks) != 1 || f.Banks[0].Bank != tt.bank {
			t.Errorf("bank: got %s, want %s", f.Bank, tt.bank)
		}
		if f.How != duty.NearestCentre || f.DistanceM < 29 || f.DistanceM > 31 || f.Confidence != "high" {
			t.Errorf("found %s at %.1f m, confidence %s", f.How, f.DistanceM, f.Confidence)
		}
		town := reachesAt(f.Banks[0], geo.Town)
		if len(town) != 1 || town[0].Division == nil || town[0].Division.Name != tt.town || len(town[0].Posts) != 2 {
			t.Fatalf("%s bank: %+v, want one reach of %s with two chiefs", tt.bank, town, tt.town)
		}
		for _, p := range town[0].Posts {
			if p.Vacant || p.Holder == nil || !strings.Contains(p.Holder.Person, "示例") {
				t.Errorf("%s: %+v", p.Title, p)
			}
		}
	}
}

// Scenario 11: 12 m from each of two rivers at their confluence both are answered, and it is said that they tie.
func TestScenario_11(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	for _, tt := range []struct {
		lon, lat float64
		rivers   []string
	}{
		{109.8662955, 40.5261960, []string{"昆都仑河", "黄河"}},
		{106.3784535, 26.5728348, []string{"东门河", "猫跳河"}},
	} {
		a := responsible(t, srv, tt.lon, tt.lat, "2018-01-01")
		var names []string
		for _, f := range a.Rivers {
			names = append(names, f.River.Name)
			if f.Confidence == "high" {
				t.Errorf("%s: a tie is told with high confidence", f.River.Name)
			}
			if len(f.Banks) == 0 || len(f.Banks[0].Levels) == 0 {
				t.Errorf("%s: no chain", f.River.Name)
			}
		}
		slices.Sort(names)
		if !a.Tie || !slices.Equal(names, tt.rivers) {
			t.Errorf("tie %v between %v, want %v", a.Tie, names, tt.rivers)
		}
	}
}

// Scenario 12: the county chief of 东门河左二支流 left and none followed: vacant, in the hands of an acting chief; the board,
// which still names the old one, is stale from that day.
func TestScenario_12_Vacancy(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	county := func(asOf string) (duty.Seat, []duty.BoardAt) {
		f := only(t, responsible(t, srv, 106.4118531, 26.5636444, asOf), "东门河左二支流")
		if f.Bank != geo.Left {
			t.Errorf("bank: %s", f.Bank)
		}
		reaches := reachesAt(f.Banks[0], geo.County)
		if len(reaches) != 1 || len(reaches[0].Posts) != 1 {
			t.Fatalf("county reaches: %+v", reaches)
		}
		var boards []duty.BoardAt
		for _, b := range f.Boards {
			if b.Level == geo.County {
				boards = append(boards, b)
			}
		}
		return reaches[0].Posts[0], boards
	}
	before, boards := county("2018-05-06")
	if before.Vacant || before.Holder == nil || before.Holder.Acting {
		t.Errorf("before: %+v", before)
	}
	for _, b := range boards {
		if b.Stale {
			t.Errorf("a board is stale before the change: %+v", b)
		}
	}
	after, boards := county("2018-06-01")
	if !after.Vacant || after.VacantSince == nil || after.VacantSince.String() != "2018-05-07" || after.Holder == nil || !after.Holder.Acting {
		t.Errorf("after: %+v", after)
	}
	if len(boards) == 0 {
		t.Error("no county board is near")
	}
	for _, b := range boards {
		if !b.Stale || b.StaleSince == nil || b.StaleSince.String() != "2018-05-07" {
			t.Errorf("board %+v, want stale since 2018-05-07", b)
		}
	}
}

// Scenario 13: 猫跳河 changed its chief in April and its boards in May: stale between the two days only, and as_of shows
// the chief of the day.
func TestScenario_13_BoardReplaced(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	chief := func(asOf string) (string, bool) {
		f := only(t, responsible(t, srv, 106.3704464, 26.7150494, asOf), "猫跳河")
		reaches := reachesAt(f.Banks[0], geo.County)
		if len(reaches) != 1 || reaches[0].Posts[0].Holder == nil {
			t.Fatalf("county reaches: %+v", reaches)
		}
		stale := slices.ContainsFunc(f.Boards, func(b duty.BoardAt) bool { return b.Level == geo.County && b.Stale })
		return reaches[0].Posts[0].Holder.Person, stale
	}
	oldName, stale := chief("2018-04-15")
	if stale {
		t.Error("stale before the change")
	}
	newName, stale := chief("2018-04-16")
	if !stale || newName == oldName {
		t.Errorf("on the day of the change: chief %s after %s, stale %v", newName, oldName, stale)
	}
	if _, stale = chief("2018-05-17"); !stale {
		t.Error("not stale the day before the board was replaced")
	}
	if name, stale := chief("2018-05-18"); stale || name != newName {
		t.Errorf("after the replacement: chief %s, stale %v", name, stale)
	}
}

// A river's point lies on it, and whoever asks there is answered with that river. On its centre line both banks are told.
func TestRiverPointLiesOnRiver(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?limit=1000&as_of=2018-01-01", &list)
	if len(list.Rivers) != 90 {
		t.Fatalf("%d rivers, want 90", len(list.Rivers))
	}
	for _, r := range list.Rivers {
		if r.Point == nil {
			t.Errorf("%s has no point", r.Name)
			continue
		}
		a := responsible(t, srv, r.Point[0], r.Point[1], "2018-01-01")
		i := slices.IndexFunc(a.Rivers, func(f duty.RiverFound) bool { return f.River.ID == r.ID })
		if i < 0 {
			t.Errorf("%s is not found at its own point", r.Name)
			continue
		}
		if f := a.Rivers[i]; f.DistanceM > 0.05 || f.Bank != geo.Centre || len(f.Banks) != 2 {
			t.Errorf("%s: %.3f m off, bank %s, %d banks", r.Name, f.DistanceM, f.Bank, len(f.Banks))
		}
	}
}

// Rivers are found by a part of a name, in English, and by the river they flow into.
func TestRiverSearch(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	for q, want := range map[string]string{"哈德门": "哈德门沟", "昆都仑河": "昆都仑河", "yellow": "黄河"} {
		var list struct{ Rivers []duty.ListedRiver }
		get(t, srv, "/api/v1/rivers?q="+q, &list)
		if len(list.Rivers) == 0 || list.Rivers[0].Name != want {
			t.Errorf("%s: %+v, want %s first", q, list.Rivers, want)
			continue
		}
		if want != "黄河" && (list.Rivers[0].FlowsInto == nil || list.Rivers[0].FlowsInto.Name != "黄河") {
			t.Errorf("%s flows into %+v", want, list.Rivers[0].FlowsInto)
		}
	}
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?q=黄河", &list)
	var detail duty.RiverDetail
	get(t, srv, fmt.Sprintf("/api/v1/rivers/%d", list.Rivers[0].ID), &detail)
	if len(detail.Tributaries) < 3 || len(detail.Reaches) == 0 {
		t.Errorf("黄河 has the tributaries %+v and %d reaches", detail.Tributaries, len(detail.Reaches))
	}
}

// Nothing near is an empty answer, not an error and not the nearest name by chance.
func TestNothingNear(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	if a := responsible(t, srv, 100, 30, "2018-01-01"); len(a.Rivers) != 0 || a.Tie {
		t.Errorf("in the middle of nowhere: %+v", a)
	}
}
