package rules_test

import (
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// A border that runs over the corner of an area cuts off a triangle: that is a part of its town, and no fault. A ring of two places is, and so is a triangle
// that is drawn as the whole area.
func TestCornerCutOffByABorder(t *testing.T) {
	t.Parallel()
	sound := rulestest.Sound(1).Subject
	flat := sound.Route.FlatCoords()
	x, y := flat[0], flat[1]
	triangle := []float64{x, y, x + 0.0002, y, x + 0.0001, y + 0.0002, x, y}
	twice := []float64{x, y, x + 0.0002, y, x, y, x + 0.0002, y, x, y}
	polygon := func(ring []float64) *geom.MultiPolygon {
		return geom.NewMultiPolygonFlat(geom.XY, ring, [][]int{{len(ring)}})
	}
	part, whole := sound, sound
	for name, c := range map[string]struct {
		ring []float64
		as   func(*geom.MultiPolygon) rules.Subject
		told int
	}{
		"part of three places": {triangle, func(m *geom.MultiPolygon) rules.Subject {
			part.Parts = []rules.Part{{Name: "甲乡", Geom: m}}
			return part
		}, 0},
		"part of two places": {twice, func(m *geom.MultiPolygon) rules.Subject {
			part.Parts = []rules.Part{{Name: "甲乡", Geom: m}}
			return part
		}, 1},
		"area of three places": {triangle, func(m *geom.MultiPolygon) rules.Subject { whole.Area, whole.Parts = m, nil; return whole }, 1},
	} {
		found, err := rules.Check(t.Context(), c.as(polygon(c.ring)), rules.Options{Only: []string{"G2"}})
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, f := range found {
			if strings.Contains(f.En, "distinct points") {
				told++
			}
		}
		if told != c.told || c.told == 0 && len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}
