package gate_test

import (
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// found checks a project and gives the findings of a rule.
func found(t *testing.T, s project.Subject, rule string) []demarc.Finding {
	t.Helper()
	all, err := gate.Checker{Profiles: oneProfile{}}.Check(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var out []demarc.Finding
	for _, f := range all {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	return out
}

func has(all []demarc.Finding, severity demarc.Severity, words string) bool {
	for _, f := range all {
		if f.Severity == severity && strings.Contains(f.En, words) {
			return true
		}
	}
	return false
}

// A leveed stretch that is said to rest on a natural bank is compared with the levee's line: it loses its guard land to nobody's knowledge otherwise.
func TestCandidateRestsOnTheLeveeThatWasSurveyed(t *testing.T) {
	t.Parallel()
	s := subject("source")
	// The toe stands 30 m from the bank top, beside the lower half of the left bank; the line is drawn a metre landward of it.
	at := func(off float64) float64 { return 26.60 + 0.0003 + off/110_780 }
	s.Stretch.Survey = append(s.Stretch.Survey, demarc.SurveyLine{ID: 9, Kind: demarc.ToeLine, Bank: geo.Left, LeveeClass: 2, Source: "测量", Line: line(106.41, at(30), 106.42, at(30))})
	s.Lines.Pieces[0].Line = line(106.41, at(31), 106.42, at(31))
	for _, rule := range []string{"G7", "G13"} {
		lost := false
		for _, f := range found(t, s, rule) {
			lost = lost || f.Bank == geo.Left && f.Severity != demarc.Info && f.Size > 10
		}
		if !lost {
			t.Errorf("%s does not find that fourteen metres of guard land are lost: %+v", rule, found(t, s, rule))
		}
	}
	s.Lines.Pieces[0].Line, s.Lines.Pieces[0].Basis, s.Lines.Pieces[0].WidthM = line(106.41, at(45), 106.42, at(45)), demarc.LeveeToe, 15
	for _, rule := range []string{"G7", "G13"} {
		if all := found(t, s, rule); len(all) > 0 {
			t.Errorf("fifteen metres from the toe: %+v", all)
		}
	}
}

// Names, codes, fields and lengths are those that are stored; what is not there is told as not looked at, and nothing is made up in its place.
func TestWordsAreThoseThatAreStored(t *testing.T) {
	t.Parallel()
	s := subject("source")
	if all := found(t, s, "G16"); !has(all, demarc.Blocker, "The code of the river of the boundary is blank") || !has(all, demarc.Info, "no codes of their own") || !has(all, demarc.Info, "no directory") {
		t.Errorf("nothing is stored: %+v", all)
	}
	if all := found(t, s, "G19"); len(all) != 1 || !has(all, demarc.Info, "no text tells a length") {
		t.Errorf("no text: %+v", all)
	}
	s.Around.RiverCode, s.Around.Directory = "FB1", []project.River{{Name: "示例河", Code: "a:FB1"}, {Name: "示例河", Code: "a:FB2"}}
	if all := found(t, s, "G16"); !has(all, demarc.Info, `2 rivers named "示例河"`) || has(all, demarc.Blocker, "") {
		t.Errorf("two rivers of one name with codes: %+v", all)
	}
	s.Around.Directory[1].Code = ""
	if all := found(t, s, "G16"); !has(all, demarc.Blocker, `2 rivers named "示例河"`) || has(all, demarc.Blocker, "code of the river") {
		t.Errorf("two rivers of one name, one without a code: %+v", all)
	}
	s.Project.Declared = &project.Declared{TextLengths: []project.TextLength{{Of: "route", Metres: 1500, Where: "公告"}}}
	if all := found(t, s, "G19"); !has(all, demarc.Warning, "tells 1500 m") {
		t.Errorf("a text that tells 1,500 m of two kilometres: %+v", all)
	}
	town := geom.NewMultiPolygonFlat(geom.XY, []float64{106.3, 26.5, 106.5, 26.5, 106.5, 26.7, 106.3, 26.7, 106.3, 26.5}, [][]int{{10}})
	s.Stretch.Divisions = []demarc.Division{{ID: 5, Name: "甲镇", Code: "520181100000", Level: geo.Town, Parent: 4, Geom: town}}
	s.Around.Above = []demarc.Division{{ID: 5, Name: "甲镇", Level: geo.Town, Parent: 4}}
	s.Around.Zones = []demarc.Zone{{Type: demarc.Protected, RegionID: "L001", Bank: geo.Left, Basis: strings.Repeat("河", 101)}}
	if all := found(t, s, "G18"); !has(all, demarc.Blocker, `The field "区(县)（甲镇）" is blank`) || !has(all, demarc.Blocker, `"basis（L001）" has 202 bytes`) {
		t.Errorf("a town without a county: %+v", all)
	}
	s.Around.Above = append(s.Around.Above, demarc.Division{ID: 4, Name: "甲县", Level: geo.County})
	if all := found(t, s, "G18"); has(all, demarc.Blocker, "区(县)") {
		t.Errorf("a town of a county: %+v", all)
	}
	s.Around.Stakes = []project.Stake{{Stake: demarc.Stake{Name: "示例河-左001", Number: 1, Kind: demarc.Electronic, Bank: geo.Left, Lon: 106.40, Lat: 26.6004, Division: 77, Why: "end"}}}
	if all := found(t, s, "G16"); !has(all, demarc.Blocker, "The division 77 of stake") {
		t.Errorf("a stake in a division that is none: %+v", all)
	}
}

// What could not be looked at is told with its reason: a candidate that cannot be drawn, and a river beside this one whose lines close no area.
func TestCheckSaysWhatItCouldNotLookAt(t *testing.T) {
	t.Parallel()
	s := subject("source")
	s.Around.Others = []project.OtherRiver{{Name: "支沟", Route: s.Stretch.Route, Pieces: s.Lines.Pieces[:1]}}
	if all := found(t, s, "G11"); len(all) != 1 || !has(all, demarc.Info, "the lines of 支沟 close no area") {
		t.Errorf("a river with one line: %+v", all)
	}
	s.Stretch.Survey = s.Stretch.Survey[:1]
	if all := found(t, s, "G13"); !has(all, demarc.Info, "of the right bank") {
		t.Errorf("a bank that was not surveyed: %+v", all)
	}
	s.Stretch.Survey = nil
	for _, rule := range []string{"G6", "G7", "G12", "G13"} {
		if all := found(t, s, rule); !has(all, demarc.Info, "Not looked at: ") {
			t.Errorf("without a survey %s says %+v", rule, all)
		}
	}
}

// A hole in the area that is declared as an enclave stops nothing; one that is not does.
func TestEnclavesAreDeclared(t *testing.T) {
	t.Parallel()
	s := subject("source")
	outer := []float64{106.39, 26.59, 106.43, 26.59, 106.43, 26.61, 106.39, 26.61, 106.39, 26.59}
	hole := []float64{106.409, 26.5999, 106.409, 26.6001, 106.411, 26.6001, 106.411, 26.5999, 106.409, 26.5999}
	town := geom.NewMultiPolygonFlat(geom.XY, append(outer, hole...), [][]int{{10, 20}})
	s.Stretch.Divisions = []demarc.Division{{ID: 5, Name: "甲镇", Level: geo.Town, Geom: town}}
	if all := found(t, s, "G2"); !has(all, demarc.Blocker, "no declared enclave") {
		t.Fatalf("a hole: %+v", all)
	}
	s.Project.Declared = s.Project.Declared.With(&[][2]float64{{106.41, 26.60}}, nil)
	if all := found(t, s, "G2"); has(all, demarc.Blocker, "no declared enclave") {
		t.Errorf("a declared enclave: %+v", all)
	}
}

// What a project takes the place of when it is announced is told while it is checked, all of it at once: each announced line with how far its change is
// asked for, and the stakes that end with it. Lines beside it and stakes on what is left of a line are not told.
func TestWhatGivesWayIsTold(t *testing.T) {
	t.Parallel()
	s := subject("mouth")
	middle := (s.Project.FromM + s.Project.ToM) / 2
	standing := func(id int64, bank geo.Bank, from, to float64, request string, stakes ...project.StandingStake) project.Standing {
		return project.Standing{Line: project.Line{ID: id, Bank: bank, Geom: line(106.40, 26.6004, 106.42, 26.6004)}, On: duty.Range{FromM: from, ToM: to}, Request: request, Stakes: stakes}
	}
	s.Around.InForce = []project.Standing{
		standing(11, geo.Left, s.Project.FromM-500, middle, "", project.StandingStake{Name: "左001", MeasureM: s.Project.FromM - 100}, project.StandingStake{Name: "左002", MeasureM: middle - 100}),
		standing(12, geo.Right, middle, s.Project.ToM, "approved"), standing(13, geo.Right, s.Project.ToM, s.Project.ToM+100, ""),
	}
	all := found(t, s, "G18")
	if !has(all, demarc.Info, "boundary 11: it takes an approved change request") || !has(all, demarc.Info, "boundary 12: its change is approved") || has(all, demarc.Info, "boundary 13") {
		t.Errorf("lines: %+v", all)
	}
	if all := found(t, s, "G14"); !has(all, demarc.Info, "1 stakes end with the boundary 11: 左002.") || has(all, demarc.Info, "左001") {
		t.Errorf("stakes: %+v", all)
	}
	s.Around.InForce = s.Around.InForce[2:]
	if all := found(t, s, "G18"); has(all, demarc.Info, "takes the place") {
		t.Errorf("nothing gives way: %+v", all)
	}
}
