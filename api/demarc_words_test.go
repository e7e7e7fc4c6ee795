package api_test

import (
	"net/http"
	"strings"
	"testing"

	"hetu/data/pg"
	"hetu/geo"
)

// Names, fields, lengths of texts and enclaves are held against what is stored, and what a rule could not look at is told beside what it found: it is
// kept with the check, and nothing waits for it.
func TestWordsOfAProjectAreChecked(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	run := s.check(t, at, nil)
	if run.Blockers+run.Warnings != 0 || run.Infos == 0 {
		t.Fatalf("a sound project:\n%v", run)
	}
	for _, want := range []string{"G16 info both", "G18 info both", "G19 info both"} {
		if !strings.Contains(run.String(), want) {
			t.Errorf("%q is not told:\n%v", want, run)
		}
	}
	// A length that the announcement tells.
	declare := func(body object) {
		t.Helper()
		s.must(t, s.planner, http.MethodPatch, at, body, nil, s.revision(t, at))
	}
	declare(object{"text_lengths": []object{{"of": "route", "metres": s.length * 1.5, "where": "公告"}}, "enclaves": [][]float64{{106.41, 26.6}}})
	if run = s.check(t, at, nil); len(run.of("G19")) != 1 || !strings.Contains(run.of("G19")[0].Zh, "公告") || run.Warnings != 1 {
		t.Errorf("a text that is wrong by half:\n%v", run)
	}
	var seen struct {
		Enclaves    [][]float64 `json:"enclaves"`
		TextLengths []struct {
			Of string `json:"of"`
		} `json:"text_lengths"`
	}
	s.must(t, s.planner, http.MethodGet, at, nil, &seen)
	if len(seen.Enclaves) != 1 || len(seen.TextLengths) != 1 || seen.TextLengths[0].Of != "route" {
		t.Errorf("%+v", seen)
	}
	for name, body := range map[string]object{
		"a position of one number": {"enclaves": [][]float64{{106.4}}},
		"a position abroad":        {"enclaves": [][]float64{{0, 0}}},
		"a length of nothing":      {"text_lengths": []object{{"of": "source", "metres": 5, "where": "公告"}}},
		"a length under nought":    {"text_lengths": []object{{"of": "route", "metres": -5, "where": "公告"}}},
		"a length nowhere":         {"text_lengths": []object{{"of": "route", "metres": 5, "where": ""}}},
	} {
		if resp := s.call(t, s.planner, http.MethodPatch, at, body, nil, s.revision(t, at)); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	declare(object{"text_lengths": []object{}, "enclaves": [][]float64{}})
	// What could not be looked at is kept with the check, and neither stops it nor takes a waiver.
	s.move(t, s.planner, at, object{"to": "checked"})
	var found findingsBody
	s.must(t, s.planner, http.MethodGet, at+"/findings", nil, &found)
	if len(found.Findings) == 0 || found.Findings[0].Severity != "info" {
		t.Fatalf("%+v", found)
	}
	if resp := s.call(t, s.reviewer, http.MethodPost, at+"/waivers", object{"finding_id": found.Findings[0].ID, "reason": "示例"}, nil); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("waived: %d", resp.StatusCode)
	}
	s.move(t, s.reviewer, at, object{"to": "consulted"})
	s.move(t, s.planner, at, object{"to": "draft"})
	// A second river of the name in the county, and a field that is too long.
	s.load(t, pg.River{Record: pg.Record{Key: "twin", Source: "another list"}, Name: "示例河", RiverKind: "ditch", Division: "county"},
		pg.Division{Record: pg.Record{Key: "county", Source: "测量 2026"}, CodeScheme: "local", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Parent: "city", Geom: square(106.3, 26.5, 106.6, 26.7)})
	if run = s.check(t, at, nil); len(run.of("G16")) != 1 || run.of("G16")[0].Severity != "blocker" {
		t.Errorf("two rivers of one name:\n%v", run)
	}
}
