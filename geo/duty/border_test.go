package duty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// The borders of these tests are of a route of 100 km that runs east along 30° N, its measures from the source, through counties whose
// outlines are boxes; a county is written by its letter.

const routeKm = 100

func hundredKm() *geom.LineString {
	flat := make([]float64, 0, 3*(routeKm+1))
	for k := range routeKm + 1 {
		flat = append(flat, lonOf(float64(k)), 30, 1000*float64(k))
	}
	return geom.NewLineStringFlat(geom.XYM, flat)
}

// lonOf gives the longitude of a kilometre of the route.
func lonOf(k float64) float64 { return 110 + k/100 }

func countyOf(letter rune) duty.Division {
	return duty.Division{ID: int64(letter), Code: string(letter), Name: string(letter), Level: geo.County}
}

func boxed(letter rune, fromKm, toKm float64) duty.Outline {
	w, e := lonOf(fromKm), lonOf(toKm)
	return duty.Outline{
		Division: countyOf(letter), Routes: []int64{1},
		Geom: geom.NewMultiPolygonFlat(geom.XY, []float64{w, 29, e, 29, e, 31, w, 31, w, 29}, [][]int{{10}}),
	}
}

func reachOf(id int64, of duty.Division, level geo.Level, fromKm, toKm float64) duty.Reach {
	return duty.Reach{ID: id, RouteID: 1, FromM: 1000 * fromKm, ToM: 1000 * toKm, Level: level, BankScope: geo.Both, DivisionID: of.ID}
}

func toldBorders(borders []duty.Border) (out []string) {
	for _, b := range borders {
		by := ""
		if b.ByReaches {
			by += " reaches"
		}
		if b.ByOutlines {
			by += " outlines"
		}
		if b.Against {
			by += " against"
		}
		out = append(out, fmt.Sprintf("%s-%s %s gap %g over %g%s", b.Low.Division.Name, b.High.Division.Name, lref.Label(b.MeasureM), b.GapM, b.OverlapM, by))
	}
	return out
}

// Where no reach of the level lies the outlines count, whatever reaches of other levels there are.
func TestCrossings(t *testing.T) {
	t.Parallel()
	city := duty.Division{ID: 1, Name: "city", Level: geo.City}
	divisions := []duty.Division{city, countyOf('A'), countyOf('B'), countyOf('C'), countyOf('D')}
	ab := []duty.Outline{boxed('A', -1, 50), boxed('B', 50, 101)}
	tests := map[string]struct {
		reaches  []duty.Reach
		outlines []duty.Outline
		want     []string
	}{
		"no reach":                   {nil, ab, []string{"A-B K50+000 gap 0 over 0 outlines"}},
		"a reach of the city":        {[]duty.Reach{reachOf(1, city, geo.City, 0, 100)}, ab, []string{"A-B K50+000 gap 0 over 0 outlines"}},
		"a reach on the first tenth": {[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 10)}, ab, []string{"A-B K50+000 gap 0 over 0 outlines"}},
		"a reach that passes the outline": {
			[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 100)}, ab, []string{"A-B K50+000 gap 0 over 0 outlines against"},
		},
		"reaches and outlines": {
			[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 49), reachOf(2, countyOf('B'), geo.County, 49.5, 100)},
			ab,
			[]string{"A-B K49+000 gap 500 over 0 reaches outlines"},
		},
		"one county has reaches, a little beyond its outline": {
			[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 50.5)}, ab, []string{"A-B K50+500 gap 0 over 0 reaches outlines"},
		},
		"one county has reaches, its outline is not stored": {
			[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 50)}, ab[1:], []string{"A-B K50+000 gap 0 over 0 reaches"},
		},
		"the lower county has reaches": {
			[]duty.Reach{reachOf(1, countyOf('B'), geo.County, 50, 100)}, ab, []string{"A-B K50+000 gap 0 over 0 reaches outlines"},
		},
		// The county between has no stored outline: its length is the gap.
		"a middle county without outline": {nil, []duty.Outline{boxed('A', -1, 10), boxed('C', 50, 60)}, []string{"A-C K10+000 gap 40000 over 0 outlines"}},
		// What lies within A is passed without a border, and A reaches to C.
		"a reach within another": {
			[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 60), reachOf(2, countyOf('B'), geo.County, 10, 20), reachOf(3, countyOf('C'), geo.County, 60, 100)},
			nil,
			[]string{"A-C K60+000 gap 0 over 0 reaches"},
		},
		"an outline within another": {
			nil, []duty.Outline{boxed('A', -1, 60), boxed('B', 10, 20), boxed('C', 60, 101)}, []string{"A-C K60+000 gap 0 over 0 outlines"},
		},
		"reaches that overlap": {
			[]duty.Reach{reachOf(1, countyOf('A'), geo.County, 0, 60), reachOf(2, countyOf('B'), geo.County, 10, 20), reachOf(3, countyOf('C'), geo.County, 55, 100)},
			nil,
			[]string{"A-C K60+000 gap 0 over 5000 reaches"},
		},
	}
	for name, tt := range tests {
		borders, _ := duty.Crossings(1, hundredKm(), tt.reaches, divisions, geo.County, tt.outlines)
		if diff := cmp.Diff(tt.want, toldBorders(borders)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A river on the border of two outlines is a stretch of the border but where reaches of the level have both its banks.
func TestBorderStretchesBesideReaches(t *testing.T) {
	t.Parallel()
	both := []duty.Outline{boxed('A', -1, 40), boxed('B', -1, 40)}
	left, right := reachOf(1, countyOf('A'), geo.County, 0, 10), reachOf(2, countyOf('B'), geo.County, 0, 10)
	left.BankScope, right.BankScope = geo.Left, geo.Right
	_, stretches := duty.Crossings(1, hundredKm(), []duty.Reach{left, right}, []duty.Division{countyOf('A'), countyOf('B')}, geo.County, both)
	var got []string
	for _, s := range stretches {
		got = append(got, fmt.Sprintf("%s %s %.0f-%.0f %v", s.Left.Division.Name, s.Right.Division.Name, s.Range.FromM, s.Range.ToM, s.ByReaches))
	}
	if diff := cmp.Diff([]string{"A B 0-10000 true", "A B 10000-40000 false"}, got); diff != "" {
		t.Error(diff)
	}
}

// river is a river of one route, as [duty.HandoversOf] reads it.
type river struct {
	reaches   []duty.Reach
	divisions []duty.Division
}

func (r river) RiverRoutes(context.Context, duty.Moment, int64) (duty.Name, []duty.Route, error) {
	return duty.Name{ID: 1, Name: "river"}, []duty.Route{{ID: 1, Geom: hundredKm()}}, nil
}

func (r river) ReachesOf(context.Context, duty.Moment, []int64) ([]duty.Reach, error) {
	return r.reaches, nil
}

func (r river) DivisionsUp(context.Context, duty.Moment, []int64) ([]duty.Division, error) {
	return r.divisions, nil
}

func (river) PostsOf(context.Context, duty.Moment, []int64, []int64, []int64) ([]duty.Post, error) {
	return nil, nil
}

func (river) SectionsOn(context.Context, duty.Moment, []int64) ([]duty.Site, error) { return nil, nil }

func (river) Outlines(context.Context, duty.Moment, geo.Level, []int64) ([]duty.Outline, error) {
	return nil, nil
}

func (river) Version(context.Context) (int64, error) { return 7, nil }

// A border at a measure that the line does not have has no point; it is not put at 0, 0.
func TestHandoverBeyondTheLine(t *testing.T) {
	t.Parallel()
	divisions := []duty.Division{countyOf('A'), countyOf('B'), countyOf('C')}
	src := river{divisions: divisions, reaches: []duty.Reach{
		reachOf(1, divisions[0], geo.County, 0, 50), reachOf(2, divisions[1], geo.County, 50, 100.5), reachOf(3, divisions[2], geo.County, 100.5, 101),
	}}
	got, err := duty.HandoversOf(t.Context(), src, duty.Moment{}, 1, geo.County)
	if err != nil || len(got.Handovers) != 2 || got.Version != 7 {
		t.Fatalf("%+v, %v", got, err)
	}
	if p := got.Handovers[0].Point; p == nil || *p != [2]float64{lonOf(50), 30} {
		t.Errorf("the border on the line is at %v", p)
	}
	text, err := json.Marshal(got.Handovers[1])
	if err != nil || !strings.Contains(string(text), `"point":null`) {
		t.Errorf("the border beyond the line: %s, %v", text, err)
	}
}
