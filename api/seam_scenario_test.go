package api_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"testing"

	"hetu/tiles/mvttext"
)

// across is where the lines of a tile cross the edge that it shares with the next one east, by layer and feature: in tile units of the row from its top.
type across map[string][]float64

// noSeam holds the tiles to either side of an edge near a zone's border against each other, on several zooms: each line of the river and of its boundary crosses the edge in
// both of them at one place, to a unit, and where one runs on into the other's ground it lies on the other's line.
func (s *shore) noSeam(t *testing.T, border float64) {
	t.Helper()
	if _, err := s.atlas.Load(t.Context(), s.store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	flat := s.route.FlatCoords()
	looked := 0
	for z := 12; z <= 17; z++ {
		n := math.Exp2(float64(z))
		x := int(math.Round((border + 180) / 360 * n))
		lon := float64(x)/n*360 - 180
		if lon < flat[0]+0.001 || lon > flat[len(flat)-3]-0.001 {
			continue // the river meets no edge of this zoom near the border
		}
		i := 0
		for flat[i+3] < lon {
			i += 3
		}
		lat := flat[i+1] + (flat[i+4]-flat[i+1])*(lon-flat[i])/(flat[i+3]-flat[i])
		y := int(math.Floor((1 - math.Asinh(math.Tan(lat*math.Pi/180))/math.Pi) / 2 * n))
		crossings := map[string]int{}
		for row := y - 1; row <= y+1; row++ {
			west, east := s.layersOf(t, z, x-1, row), s.layersOf(t, z, x, row)
			a, b := crossing(west, 4096), crossing(east, 0)
			for key := range a {
				crossings[key] += len(a[key])
			}
			if len(a) != len(b) {
				t.Errorf("%d/%d/%d: %d lines reach the edge, and %d leave it", z, x, row, len(a), len(b))
			}
			for key, at := range a {
				if len(at) != len(b[key]) {
					t.Errorf("%d/%d/%d: %s crosses the edge at %v to the west and at %v to the east of it", z, x, row, key, at, b[key])
					continue
				}
				for k := range at {
					if math.Abs(at[k]-b[key][k]) > 1 {
						t.Errorf("%d/%d/%d: %s crosses the edge at %.2f and at %.2f", z, x, row, key, at[k], b[key][k])
					}
				}
			}
			s.oneLine(t, fmt.Sprintf("%d/%d/%d", z, x, row), west, east)
		}
		kinds := map[string]int{}
		for key, n := range crossings {
			var layer string
			_, _ = fmt.Sscan(key, &layer)
			kinds[layer] += n
		}
		if kinds["river"] != 1 || kinds["boundary"] != 2 {
			t.Errorf("zoom %d: lines that cross the edge at %.4f: %v, want the river and two banks", z, lon, kinds)
		}
		looked++
	}
	if looked < 3 {
		t.Errorf("the river meets a tile's edge near %.1f on %d zooms only", border, looked)
	}
}

// layersOf gives the layers of a tile; none of an empty one.
func (s *shore) layersOf(t *testing.T, z, x, y int) []mvttext.Layer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/tiles/boundary,river/%d/%d/%d.mvt", s.URL, z, x, y), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%d/%d/%d: %d %v", z, x, y, resp.StatusCode, err)
	}
	layers, err := mvttext.Layers(body)
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

// eachLine calls f for each line of a tile. Labels are points, and no lines.
func eachLine(layers []mvttext.Layer, f func(key string, line [][2]int)) {
	for _, l := range layers {
		for _, feature := range l.Features {
			if feature.Type == "LINESTRING" {
				for _, part := range feature.Parts {
					f(fmt.Sprint(l.Name, " ", feature.ID), part)
				}
			}
		}
	}
}

// crossing gives where the lines of a tile cross a vertical edge within the tile's own rows.
func crossing(layers []mvttext.Layer, edge int) across {
	out := across{}
	eachLine(layers, func(key string, line [][2]int) {
		for i := 0; i+1 < len(line); i++ {
			a, b := line[i], line[i+1]
			if (a[0] < edge) == (b[0] < edge) && a[0] != edge && b[0] != edge || a[0] == b[0] {
				continue
			}
			y := float64(a[1]) + float64(b[1]-a[1])*float64(edge-a[0])/float64(b[0]-a[0])
			if y < 0 || y > 4096 || slices.ContainsFunc(out[key], func(had float64) bool { return math.Abs(had-y) < 0.5 }) { // two segments meet on the edge
				continue
			}
			out[key] = append(out[key], y)
		}
	})
	for key := range out {
		slices.Sort(out[key])
	}
	return out
}

// oneLine holds what a tile draws beyond its edge against what the next tile draws there.
func (s *shore) oneLine(t *testing.T, name string, west, east []mvttext.Layer) {
	t.Helper()
	lines := func(layers []mvttext.Layer, shift int) map[string][][][2]int {
		out := map[string][][][2]int{}
		eachLine(layers, func(key string, line [][2]int) {
			moved := make([][2]int, len(line))
			for i, v := range line {
				moved[i] = [2]int{v[0] + shift, v[1]}
			}
			out[key] = append(out[key], moved)
		})
		return out
	}
	a, b := lines(west, 0), lines(east, 4096)
	inside := func(of, other map[string][][][2]int, within func(x int) bool) {
		for key, parts := range of {
			for _, part := range parts {
				for _, v := range part {
					if within(v[0]) && v[1] >= 0 && v[1] <= 4096 && len(other[key]) > 0 && offLine(v, other[key]) > 1 {
						t.Errorf("%s: %s has %v beyond the edge, %.1f units off the next tile's line", name, key, v, offLine(v, other[key]))
					}
				}
			}
		}
	}
	inside(a, b, func(x int) bool { return x > 4096 })
	inside(b, a, func(x int) bool { return x < 4096 })
}

// offLine is how far a vertex lies off some lines, in tile units.
func offLine(v [2]int, parts [][][2]int) float64 {
	best := math.Inf(1)
	for _, part := range parts {
		for i := 0; i+1 < len(part); i++ {
			ax, ay := float64(part[i][0]), float64(part[i][1])
			dx, dy := float64(part[i+1][0])-ax, float64(part[i+1][1])-ay
			px, py := float64(v[0])-ax, float64(v[1])-ay
			share := 0.0
			if l := dx*dx + dy*dy; l > 0 {
				share = min(1, max(0, (px*dx+py*dy)/l))
			}
			best = min(best, math.Hypot(px-share*dx, py-share*dy))
		}
	}
	return best
}
