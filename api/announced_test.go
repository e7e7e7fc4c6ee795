package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
)

// park is a square over both banks, about a place a share of the way down, as the body of a question.
func (s *shore) park(t *testing.T, share, halfM float64) object {
	t.Helper()
	at := besideAt(t, s.route, geo.Left, share, 0)
	w, south := metres(at[0], at[1], -halfM, -halfM)
	e, n := metres(at[0], at[1], halfM, halfM)
	return object{"type": "Polygon", "coordinates": [][][]float64{{{w, south}, {e, south}, {e, n}, {w, n}, {w, south}}}}
}

func (s *shore) touches(t *testing.T, polygon object, asOf string) (out touchesBody) {
	t.Helper()
	s.must(t, "", http.MethodPost, "/api/v1/touches?as_of="+asOf, polygon, &out, "Content-Type: application/geo+json")
	return out
}

// moved gives pieces of which one bank's line stands so many metres from the river, for a reason.
func (s *shore) moved(t *testing.T, pieces []pieceOf, bank geo.Bank, offM float64) []pieceOf {
	t.Helper()
	out := slices.Clone(pieces)
	for i := range out {
		if out[i].Bank != bank {
			continue
		}
		out[i].Basis, out[i].Reason, out[i].Line = "custom", "堤防加固", drawnLine{Type: "LineString"}
		flat := beside(t, s.route, bank, 0, 1, offM)
		for k := 0; k+1 < len(flat); k += 2 {
			out[i].Line.Coordinates = append(out[i].Line.Coordinates, [2]float64{flat[k], flat[k+1]})
		}
	}
	return out
}

// problemAt is a problem beside the left bank, half-way along.
func problemAt(t *testing.T, c course, key pg.Key, offM float64, found string) pg.Row {
	t.Helper()
	day, err := geo.ParseDate(found)
	if err != nil {
		t.Fatal(err)
	}
	at := besideAt(t, c.line(), geo.Left, 0.45, offM)
	return pg.Problem{Record: pg.Record{Key: key, Source: "巡查"}, Type: "乱占", SpotNo: string(key), Status: "found", FoundOn: day, River: "r", Geom: geom.NewPointFlat(geom.XY, at)}
}

// Scenarios 28, 29 and 32 of an announcement, with no area that anybody made: from the day that its lines are in force, who is responsible (Q1), what a
// polygon touches (Q2), what lies on other land (Q10) and whether a problem lies inside (Q14) are answered by the area between them; a later
// announcement widens it from its own day on, under the same id, and withdrawn it is no more.
func TestScenario_28_29_32_Announced(t *testing.T) {
	t.Parallel()
	c := plainCourse(bankTops(30)...)
	farm := besideAt(t, c.line(), geo.Left, 0.45, 35)
	x, y := metres(farm[0], farm[1], 10, 10)
	c.more = []pg.Row{
		problemAt(t, c, "p-early", 50, "2026-01-01"), problemAt(t, c, "p-late", 50, "2026-11-24"), problemAt(t, c, "p-in", 37, "2026-11-24"),
		pg.Land{Record: pg.Record{Key: "farm", Source: "三调"}, Theme: "永久基本农田", Geom: square(farm[0], farm[1], x, y)},
	}
	s := newShore(t, c)
	first, pieces := s.drawn(t)
	s.announce(t, first, "甲政告〔2026〕28号", "2026-11-24")
	var derived areaOf
	s.must(t, s.planner, http.MethodGet, first+"/area", nil, &derived)
	second := s.project(t, s.planner, object{"name": "加固后划界"})
	s.commitPieces(t, s.planner, second, s.moved(t, pieces, geo.Left, 60))
	s.asksFor(t, first, second)
	s.announce(t, second, "甲政告〔2026〕29号", "2026-12-20")

	s.foundInArea(t, derived)
	s.landInArea(t)
	s.insideOrOut(t)
	s.areaOfBoth(t, second)
}

// foundInArea asks who is responsible for a place between the bank and the line, and what a park touches.
func (s *shore) foundInArea(t *testing.T, derived areaOf) {
	t.Helper()
	at := besideAt(t, s.route, geo.Left, 0.45, 38)
	for _, tt := range []struct {
		day, how string
		areas    int
	}{{"2026-11-23", "nearest_bank", 0}, {"2026-11-24", "inside_area", 2}, {"2026-12-19", "inside_area", 2}, {"2026-12-20", "inside_area", 2}} {
		var who struct{ Rivers []struct{ How string } }
		s.must(t, "", http.MethodGet, fmt.Sprintf("/api/v1/responsible?lon=%.7f&lat=%.7f&as_of=%s", at[0], at[1], tt.day), nil, &who)
		if len(who.Rivers) != 1 || who.Rivers[0].How != tt.how {
			t.Errorf("Q1 on %s: %+v, want %s", tt.day, who.Rivers, tt.how)
		}
		park := s.touches(t, s.park(t, 0.5, 5000), tt.day)
		if len(park.Areas) != tt.areas {
			t.Errorf("Q2 on %s: %d areas, want %d", tt.day, len(park.Areas), tt.areas)
		}
		if tt.areas > 0 && park.Areas[0].Document == nil {
			t.Errorf("Q2 on %s: the area has no document", tt.day)
		}
		if sum := park.InManagementArea.Part; tt.day < "2026-12-20" && tt.areas > 0 && math.Abs(sum-derived.AreaM2) > 0.5 {
			t.Errorf("Q2 on %s: %.2f m² in the area, its lines enclose %.2f", tt.day, sum, derived.AreaM2)
		}
	}
	small := s.touches(t, s.park(t, 0.25, 200), "2026-11-24") // a park of both banks
	if len(small.Areas) != 1 || small.Areas[0].ByBank == nil || small.Areas[0].ByBank.LeftM2 <= 0 || small.Areas[0].ByBank.RightM2 <= 0 {
		t.Errorf("a park on both banks: %+v", small.Areas)
	}
}

func (s *shore) landInArea(t *testing.T) {
	t.Helper()
	for day, partly := range map[string]int{"2026-11-23": 0, "2026-11-24": 1, "2026-12-20": 1} {
		var land struct {
			Count   int
			TotalM2 float64 `json:"total_m2"`
		}
		s.must(t, "", http.MethodGet, "/api/v1/overlaps?as_of="+day, nil, &land)
		if land.Count != partly || partly > 0 && land.TotalM2 <= 0 {
			t.Errorf("Q10 on %s: %+v, want %d", day, land, partly)
		}
	}
}

func (s *shore) insideOrOut(t *testing.T) {
	t.Helper()
	ids := map[string]int64{}
	for _, p := range s.touches(t, s.park(t, 0.5, 5000), "2026-12-20").Problems {
		ids[*p.Name] = p.ID
	}
	for key, want := range map[string][2]string{"p-early": {"unknown", "inside"}, "p-late": {"outside", "inside"}, "p-in": {"inside", "inside"}} {
		var out struct{ Then, Now struct{ Verdict string } }
		s.must(t, "", http.MethodGet, fmt.Sprintf("/api/v1/problems/%d/inside?as_of=2026-12-20", ids[key]), nil, &out)
		if got := [2]string{out.Then.Verdict, out.Now.Verdict}; got != want {
			t.Errorf("Q14 of %s: %v, want %v", key, got, want)
		}
	}
}

// areaOfBoth holds the versions of the area against each other, and withdraws what was announced last.
func (s *shore) areaOfBoth(t *testing.T, second string) {
	t.Helper()
	before, after := s.touches(t, s.park(t, 0.5, 5000), "2026-12-19"), s.touches(t, s.park(t, 0.5, 5000), "2026-12-20")
	gained := 0.0
	for i := range before.Areas {
		if before.Areas[i].ID != after.Areas[i].ID {
			t.Fatalf("the area %d has become %d", before.Areas[i].ID, after.Areas[i].ID)
		}
		var diff struct{ Gained, Lost *struct{ M2 float64 } }
		s.must(t, "", http.MethodGet, fmt.Sprintf("/api/v1/areas/%d/diff?from=2026-12-19&to=2026-12-20&as_of=2026-12-20", after.Areas[i].ID), nil, &diff)
		if diff.Lost.M2 > 1 {
			t.Errorf("Q11: %.2f m² lost", diff.Lost.M2)
		}
		gained += diff.Gained.M2
	}
	if want := after.InManagementArea.Part - before.InManagementArea.Part; math.Abs(gained-want) > 1 || want < 19*s.length {
		t.Errorf("Q11: %.2f m² gained, Q2 has %.2f more", gained, want)
	}
	s.asksFor(t, second, second)
	s.move(t, s.publisher, second, object{"to": "withdrawn", "effective_from": "2026-12-30"})
	for day, n := range map[string]int{"2026-12-29": 2, "2026-12-30": 0} {
		if got := s.touches(t, s.park(t, 0.5, 5000), day); len(got.Areas) != n {
			t.Errorf("withdrawn from the 30th, on %s %d areas are in force, want %d", day, len(got.Areas), n)
		}
	}
}

// fourZones cuts banks into four zones between two measures.
func fourZones(from, to float64, banks ...string) object {
	var out []object
	for _, bank := range banks {
		for i := range 4 {
			out = append(out, object{"bank": bank, "from_m": from + (to-from)*float64(i)/4, "to_m": from + (to-from)*float64(i+1)/4, "type": i + 1, "basis": "岸线规划"})
		}
	}
	return object{"zones": out}
}

// Part of an announced line is replaced: until the new one is in force nothing changes; from then on the zones of both tile the bank, none twice and no
// ground without one, with ids of the river's own count; the stakes beside what is left are found as before, those beside what was taken give way to the new ones;
// and the area is that between the lines that are in force.
func TestPartOfAnAnnouncedLineIsReplaced(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	first, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPut, first+"/zones", fourZones(0, s.length, "left", "right"), nil, s.revision(t, first))
	s.must(t, s.planner, http.MethodPost, first+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, first))
	s.announce(t, first, "甲政告〔2026〕1号", "2026-11-24")

	second := s.project(t, s.planner, object{"name": "局部调整", "from_m": 800.0, "to_m": 1400.0})
	s.commitPieces(t, s.planner, second, s.candidate(t, second, object{}).pieces())
	s.must(t, s.planner, http.MethodPut, second+"/zones", fourZones(800, 1400, "left", "right"), nil, s.revision(t, second))
	s.must(t, s.planner, http.MethodPost, second+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, second))
	s.tellsWhatGivesWay(t, first, second)
	s.asksFor(t, first, second)
	s.announce(t, second, "甲政告〔2026〕2号", "2026-12-20")

	before, after := s.touches(t, s.park(t, 0.5, 5000), "2026-12-19"), s.touches(t, s.park(t, 0.5, 5000), "2026-12-20")
	s.zonesTile(t, before, after)
	stakes := s.stakesGoOn(t, first, second, before, after)
	if math.Abs(before.InManagementArea.Part-after.InManagementArea.Part) > 20 || len(after.Areas) < len(before.Areas) {
		t.Errorf("the area was %.1f m² and is %.1f", before.InManagementArea.Part, after.InManagementArea.Part)
	}
	// Stakes beside what is left and beside what is to be taken are visited before: the one is still found then, the other still gives way.
	all := s.stakesOf(t, first)
	taken := slices.IndexFunc(all, func(k projectStake) bool { return k.MeasureM > 800 && k.MeasureM < 1400 })
	for _, k := range []projectStake{stakes[0], all[taken]} {
		s.must(t, s.planner, http.MethodPost, fmt.Sprintf("%s/stakes/%d/check-in", first, k.ID), object{"lon": k.Lon, "lat": k.Lat}, nil, s.seenAs(t, first, k.ID))
	}
	if again := s.touches(t, s.park(t, 0.5, 5000), "2026-12-20"); len(again.Stakes) != len(after.Stakes) {
		t.Errorf("%d stakes after a visit, were %d", len(again.Stakes), len(after.Stakes))
	}
}

// tellsWhatGivesWay holds a check of a project against what it is to take from another: both lines, each with the remedy, and just the stakes within its range.
func (s *shore) tellsWhatGivesWay(t *testing.T, first, second string) {
	t.Helper()
	var check struct {
		Findings []struct{ Rule, Severity, En string }
	}
	s.must(t, s.planner, http.MethodPost, second+"/checks", nil, &check)
	lines, told := 0, ""
	for _, f := range check.Findings {
		switch {
		case f.Rule == "G18" && f.Severity == "info" && strings.Contains(f.En, "it takes an approved change request"):
			lines++
		case f.Rule == "G14" && f.Severity == "info" && strings.Contains(f.En, "stakes end with the boundary"):
			told += f.En
		}
	}
	if lines != 2 {
		t.Errorf("%d lines give way by %+v", lines, check.Findings)
	}
	for _, k := range s.stakesOf(t, first) {
		if goes := k.MeasureM > 800 && k.MeasureM < 1400; k.MeasureM != 800 && k.MeasureM != 1400 && strings.Contains(told, k.Name) != goes {
			t.Errorf("%s at %.2f goes: %v; told: %s", k.Name, k.MeasureM, goes, told)
		}
	}
}

// asksFor has a project ask to change the lines of one, and that approved.
func (s *shore) asksFor(t *testing.T, first, second string) {
	t.Helper()
	var seen projectSeen
	s.must(t, s.planner, http.MethodGet, first, nil, &seen)
	var v struct {
		Pieces []struct{ ID int64 }
	}
	s.must(t, s.planner, http.MethodGet, fmt.Sprintf("%s/versions/%d", first, seen.Revision), nil, &v)
	var ids []int64
	for _, p := range v.Pieces {
		ids = append(ids, p.ID)
	}
	s.must(t, s.planner, http.MethodPost, second+"/change-requests", object{"boundary_ids": ids, "cause": "works", "reason": "堤防加固"}, nil)
	var asked struct {
		ChangeRequests []struct {
			ID     int64
			Status string
		} `json:"change_requests"`
	}
	s.must(t, s.planner, http.MethodGet, second+"/change-requests", nil, &asked)
	for _, c := range asked.ChangeRequests {
		if c.Status != "open" {
			continue
		}
		s.must(t, s.reviewer, http.MethodPost, fmt.Sprintf("%s/change-requests/%d/decision", second, c.ID), object{"approve": true}, nil)
	}
}

// zonesTile holds the zones of two days against each other.
func (s *shore) zonesTile(t *testing.T, before, after touchesBody) {
	t.Helper()
	sums := func(of touchesBody) (m2 float64, ids map[string]bool) {
		ids = map[string]bool{}
		for _, z := range of.Zones {
			if *z.Bank == geo.Left {
				m2 += z.OverlapM2
			}
			if ids[*z.Name] {
				t.Errorf("two zones are called %s", *z.Name)
			}
			ids[*z.Name] = true
		}
		return m2, ids
	}
	was, ids := sums(before)
	now, newIDs := sums(after)
	if len(ids) != 8 || len(newIDs) != 18 || math.Abs(was-now) > 20 || was < 1000 {
		t.Errorf("%d zones of %.2f m² on the left bank have become %d of %.2f m²", len(ids), was, len(newIDs), now)
	}
}

// stakesGoOn holds the stakes of two days against what the projects say of theirs, and gives the first project's that stay.
func (s *shore) stakesGoOn(t *testing.T, first, second string, before, after touchesBody) []projectStake {
	t.Helper()
	var stay []projectStake
	for _, k := range s.stakesOf(t, first) {
		if k.MeasureM < 800 || k.MeasureM > 1400 {
			stay = append(stay, k)
		}
	}
	added := s.stakesOf(t, second)
	if len(stay) == len(before.Stakes) || len(stay) == 0 || len(added) == 0 || len(after.Stakes) != len(stay)+len(added) {
		t.Errorf("%d stakes before, %d after; %d should stay and %d are new", len(before.Stakes), len(after.Stakes), len(stay), len(added))
	}
	for _, k := range stay {
		for _, day := range []string{"2026-12-19", "2026-12-20"} {
			var near struct{ Things []json.RawMessage }
			s.must(t, "", http.MethodGet, fmt.Sprintf("/api/v1/nearest?kind=stakes&limit=1&lon=%.7f&lat=%.7f&within=60&as_of=%s", k.Lon, k.Lat, day), nil, &near)
			if len(near.Things) != 1 {
				t.Errorf("Q13 finds no stake by %s on %s", k.Name, day)
			}
		}
	}
	return stay
}

// Zones are counted along the river and not by project: one that begins where another ends goes on counting.
func TestZonesAreNumberedByRiver(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	var got []string
	for _, r := range [][2]float64{{1500, s.length}, {0, 1500}} { // measures fall downstream
		at := s.project(t, s.planner, object{"from_m": r[0], "to_m": r[1]})
		s.commitPieces(t, s.planner, at, s.candidate(t, at, object{}).pieces())
		for range 2 { // cut again, they keep their numbers
			s.must(t, s.planner, http.MethodPut, at+"/zones", fourZones(r[0], r[1], "left", "right"), nil, s.revision(t, at))
		}
		var listed struct {
			Zones []struct {
				RegionID string `json:"regionid"`
			}
		}
		s.must(t, s.planner, http.MethodGet, at+"/zones", nil, &listed)
		for _, z := range listed.Zones {
			got = append(got, z.RegionID)
		}
	}
	if want := []string{"L001", "L002", "L003", "L004", "R001", "R002", "R003", "R004", "L005", "L006", "L007", "L008", "R005", "R006", "R007", "R008"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
