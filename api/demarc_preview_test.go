package api_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"hetu/geo"
	"hetu/geo/lref"
)

type previewOf struct {
	candidateOf
	Edit    string
	AreaM2  float64 `json:"area_m2"`
	Changed struct {
		MaxShiftM float64 `json:"max_shift_m"`
		GainedM2  float64 `json:"gained_m2"`
		LostM2    float64 `json:"lost_m2"`
		PiecesWas int     `json:"pieces_was"`
		Pieces    int
	}
}

func (s *shore) preview(t *testing.T, at, edit string, body object) previewOf {
	t.Helper()
	var out previewOf
	s.must(t, s.planner, http.MethodPost, at+"/previews/"+edit, body, &out)
	return out
}

// Each edit shows what it would make of the lines, and how much of them it would move, and writes nothing.
func TestPreviewsShowWhatAnEditWouldDo(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, pieces := s.drawn(t)
	revision := s.revision(t, at)
	about := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.03*want {
			t.Errorf("%s: %.2f, want about %.2f", what, got, want)
		}
	}
	length := lref.Length(pieces[0].Line.geom())
	offset := s.preview(t, at, "offset", object{"piece": 0, "metres": 5})
	about("offset, shift", offset.Changed.MaxShiftM, 5)
	about("offset, gained", offset.Changed.GainedM2, 5*length)
	if offset.Changed.LostM2 != 0 || offset.pieces()[0].WidthM != pieces[0].WidthM+5 {
		t.Errorf("offset: %+v", offset.Changed)
	}
	split := s.preview(t, at, "split", object{"piece": 0, "at_m": s.length / 2})
	if split.Changed.Pieces != 3 || split.Changed.PiecesWas != 2 || split.Changed.MaxShiftM > 0.001 {
		t.Errorf("split: %+v", split.Changed)
	}
	merged := s.preview(t, at, "merge", object{"piece": 0, "pieces": split.pieces()})
	if merged.Changed.Pieces != 2 || merged.Changed.MaxShiftM > 0.001 {
		t.Errorf("merge: %+v", merged.Changed)
	}
	borders := s.preview(t, at, "split", object{"borders": true})
	if borders.Changed.Pieces != 4 {
		t.Errorf("split at borders: %+v", borders.Changed)
	}
	if thin := s.preview(t, at, "thin", object{"metres": 0.5}); thin.Changed.MaxShiftM > 0.5 || len(thin.pieces()[0].Line.Coordinates) >= len(pieces[0].Line.Coordinates) {
		t.Errorf("thin: %+v", thin.Changed)
	}
	about("buffer", s.preview(t, at, "buffer", object{"piece": 0, "metres": 10}).AreaM2, 20*length+math.Pi*100)
	line := pieces[0].Line.Coordinates
	from, to := line[len(line)/3], line[len(line)/3+4]
	x, y := metres((from[0]+to[0])/2, (from[1]+to[1])/2, 0, 8)
	drawn := drawnLine{Type: "LineString", Coordinates: [][2]float64{from, {x, y}, to}}
	if reshaped := s.preview(t, at, "reshape", object{"piece": 0, "geometry": drawn}); reshaped.Changed.MaxShiftM < 5 || reshaped.Changed.GainedM2 <= 0 {
		t.Errorf("reshape: %+v", reshaped.Changed)
	}
	for _, tt := range []struct {
		edit, pointer string
		body          object
		status        int
	}{
		{"offset", "/piece", object{"piece": 9, "metres": 5}, http.StatusBadRequest},
		{"offset", "/metres", object{"piece": 0}, http.StatusBadRequest},
		{"split", "/at_m", object{"piece": 0, "at_m": -5}, http.StatusBadRequest},
		{"reshape", "/geometry", object{"piece": 0}, http.StatusBadRequest},
		{"thin", "/metres", object{"metres": 1e9}, http.StatusBadRequest},
		{"buffer", "/metres", object{"piece": 0}, http.StatusBadRequest},
		{"edge-match", "", object{}, http.StatusConflict},
		{"twist", "edit", object{}, http.StatusNotFound},
	} {
		var p problemBody
		resp := s.call(t, s.planner, http.MethodPost, at+"/previews/"+tt.edit, tt.body, &p)
		if resp.StatusCode != tt.status || tt.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer) {
			t.Errorf("%s %v: %d %+v", tt.edit, tt.body, resp.StatusCode, p)
		}
	}
	if now := s.revision(t, at); now != revision {
		t.Errorf("the previews wrote: %s, was %s", now, revision)
	}
}

// Two counties meet on one river: the ends of their lines are brought to one place by edge-match, and G9 tells while they are not.
func TestNeighboursMeet(t *testing.T) {
	t.Parallel()
	c := plainCourse(bankTops(30)...)
	c.middle = c.lon + 0.008
	s := newShore(t, c)
	half := s.length / 2
	lower := s.project(t, s.planner, object{"from_m": 0, "to_m": half, "name": "下段"})
	upper := s.project(t, s.planner, object{"from_m": half, "to_m": s.length, "name": "上段"})
	s.commitPieces(t, s.planner, lower, s.candidate(t, lower, object{}).pieces())
	shifted := s.candidate(t, upper, object{}).pieces()
	for i := range shifted {
		last := len(shifted[i].Line.Coordinates) - 1
		shifted[i].Line.Coordinates[last][0], shifted[i].Line.Coordinates[last][1] = metres(shifted[i].Line.Coordinates[last][0], shifted[i].Line.Coordinates[last][1], 0, map[geo.Bank]float64{geo.Left: 0.6, geo.Right: -0.6}[shifted[i].Bank])
	}
	s.commitPieces(t, s.planner, upper, shifted)
	run := s.check(t, upper, nil)
	if found := run.of("G9"); len(found) != 2 || !strings.Contains(found[0].En, "下段") {
		t.Fatalf("apart:\n%v", run)
	}
	matched := s.preview(t, upper, "edge-match", object{"metres": 1})
	if matched.Changed.MaxShiftM < 0.5 || matched.Changed.MaxShiftM > 0.7 {
		t.Errorf("%+v", matched.Changed)
	}
	s.commitPieces(t, s.planner, upper, matched.pieces())
	if run := s.check(t, upper, nil); run.Blockers != 0 {
		t.Errorf("matched:\n%v", run)
	}
	if stakes := fmt.Sprint(s.stakesOf(t, upper)); stakes != "[]" {
		t.Errorf("stakes: %s", stakes)
	}
}
