package api_test

import (
	"testing"

	"hetu/data/pg"
	"hetu/geo/access"
)

// Whoever begins with the sample gets past the draft: along the river of it that is surveyed the candidate gives both banks, and nothing that a check
// finds stops them.
func TestABoundaryOfTheSampleIsChecked(t *testing.T) {
	t.Parallel()
	elsewhere := plainCourse(bankTops(30)...)
	elsewhere.lon -= 5
	s := newShore(t, elsewhere)
	addCounties(t, func(rows ...pg.Row) error {
		s.load(t, rows...)
		return nil
	})
	county := s.division(t, "清镇市")
	s.planner = newKey(t, s.store, newAccount(t, s.store, "qing", access.Planner, county))
	s.reviewer = newKey(t, s.store, newAccount(t, s.store, "zhen", access.Reviewer, county))
	rivers, _, err := s.store.Rivers(t.Context(), momentToday(), "争旗冲", 1)
	if err != nil || len(rivers) != 1 {
		t.Fatalf("%v %v", rivers, err)
	}
	at := s.project(t, s.planner, object{"name": "争旗冲划界", "river_id": rivers[0].ID, "division_id": county})
	pieces := s.candidate(t, at, object{}).pieces()
	if len(pieces) < 2 {
		t.Fatalf("the candidate has %d pieces", len(pieces))
	}
	s.commitPieces(t, s.planner, at, pieces)
	s.move(t, s.planner, at, object{"to": "checked"})
}
