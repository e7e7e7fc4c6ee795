package api_test

import (
	"fmt"
	"net/http"
	"slices"
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
	s.wordsOfRefusals(t, at)
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
	s.told(t, http.StatusConflict, http.MethodPatch, at, object{"name": "x"}, "make it a draft again first")
	s.told(t, http.StatusForbidden, http.MethodPost, at+"/transitions", object{"to": "consulted"}, "takes the role reviewer over")
	s.told(t, http.StatusConflict, http.MethodPost, at+"/transitions", object{"to": "announced"}, "draft or consulted or withdrawn")
	s.move(t, s.reviewer, at, object{"to": "consulted"})
	s.move(t, s.planner, at, object{"to": "draft"})
	// A second river of the name in the county, and a field that is too long.
	s.load(t, pg.River{Record: pg.Record{Key: "twin", Source: "another list"}, Name: "示例河", RiverKind: "ditch", Division: "county"},
		pg.Division{Record: pg.Record{Key: "county", Source: "测量 2026"}, CodeScheme: "local", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Parent: "city", Geom: square(106.3, 26.5, 106.6, 26.7)})
	if run = s.check(t, at, nil); len(run.of("G16")) != 1 || run.of("G16")[0].Severity != "blocker" {
		t.Errorf("two rivers of one name:\n%v", run)
	}
}

// told holds what the planner asks for to be refused, and the refusal to have some words.
func (s *shore) told(t *testing.T, status int, method, path string, body any, words ...string) {
	t.Helper()
	at := strings.Join(strings.Split(path, "/")[:5], "/")
	headers := []string{}
	if !strings.HasSuffix(at, "/projects") && strings.Count(at, "/") > 3 {
		headers = append(headers, s.revision(t, at))
	}
	s.toldOn(t, status, method, path, body, headers, words...)
}

func (s *shore) toldOn(t *testing.T, status int, method, path string, body any, headers []string, words ...string) {
	t.Helper()
	var p struct {
		Detail string
		Errors []struct{ Pointer, Detail string }
	}
	resp := s.call(t, s.planner, method, path, body, &p, headers...)
	text := fmt.Sprint(p)
	if resp.StatusCode != status || slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
		t.Errorf("%s %s %v: %d %s; want %d %v", method, path, body, resp.StatusCode, text, status, words)
	}
}

// wordsOfRefusals asks for what cannot be: each refusal names the place and what belongs there.
func (s *shore) wordsOfRefusals(t *testing.T, at string) {
	t.Helper()
	begun := object{"name": "x", "river_id": s.river, "division_id": s.lead, "lead_level": 3, "rule_profile": "kaiping"}
	s.toldOn(t, http.StatusUnprocessableEntity, http.MethodPost, "/api/v1/projects", begun, nil, "/rule_profile", "width-kaiping, ")
	begun["rule_profile"] = "stakes-rural" // there, and without widths
	s.toldOn(t, http.StatusUnprocessableEntity, http.MethodPost, "/api/v1/projects", begun, nil, "/rule_profile", "width-national")
	s.told(t, http.StatusUnprocessableEntity, http.MethodPatch, at, object{"rule_profile": "kaipin"}, "/rule_profile", "width-kaiping")
	for _, path := range []string{at, at + "/transitions", at + "/commits"} {
		method := map[bool]string{true: http.MethodPatch, false: http.MethodPost}[path == at]
		body := map[string]object{at: {"name": "x"}, at + "/transitions": {"to": "checked"}, at + "/commits": {"changes": []object{{"bank": "left", "from_m": 0, "to_m": 10, "pieces": []object{}}}}}[path]
		s.toldOn(t, http.StatusBadRequest, method, path, body, []string{`If-Match: "99"`}, "If-Match", "99 is none of them")
	}
	zones := []object{{"bank": "left", "from_m": 0, "to_m": 5, "type": 1}, {"bank": "right", "from_m": 0, "to_m": 5, "type": 5}}
	s.told(t, http.StatusUnprocessableEntity, http.MethodPut, at+"/zones", object{"zones": zones}, "/zones/1/type", "5 is no type of zone")
	s.told(t, http.StatusBadRequest, http.MethodPut, at+"/zones", object{"zones": []object{{"bank": "left", "fromm": 0}}}, "/zones/0/fromm", "from_m, to_m, type")
}
