package network_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo/network"
)

// shared finds a file of the real data that lies beside the project. Where the folder is missing the test is left out, by
// its name: the one skip allowed.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		folder := filepath.Join(dir, "shared", "data")
		if _, err := os.Stat(folder); err == nil {
			return filepath.Join(folder, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("%s needs shared/data beside the project, which is not there", t.Name())
		}
		dir = up
	}
}

type feature struct {
	Properties map[string]any
	Geometry   struct {
		Type        string
		Coordinates [][]float64
	}
}

func readLines(t *testing.T, data []byte, group string) ([]network.Line, []feature) {
	t.Helper()
	var doc struct{ Features []feature }
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var lines []network.Line
	for i, f := range doc.Features {
		if f.Geometry.Type != "LineString" {
			t.Fatalf("feature %d is a %s", i, f.Geometry.Type)
		}
		var flat []float64
		for _, p := range f.Geometry.Coordinates {
			flat = append(flat, p[0], p[1])
		}
		name, _ := f.Properties[group].(string)
		lines = append(lines, network.Line{Index: i, Group: name, Geom: geom.NewLineStringFlat(geom.XY, flat)})
	}
	return lines, doc.Features
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTuanRiver(t *testing.T) {
	t.Parallel()
	lines, _ := readLines(t, readFile(t, "tuan-river-dengzhou/rivers.geojson"), "name_zh")
	n, r := network.Build(lines, network.Options{})
	if len(lines) != 19 || len(r.Components) != 3 || math.Round(r.Components[0].Share*100) != 78 {
		t.Errorf("%d lines, components %+v", len(lines), r.Components)
	}
	if r.Flow.Inner != 13 || r.Flow.Through != 13 || r.Flow.Reversed() || r.Cycles != 0 {
		t.Errorf("flow: %+v, cycles %d", r.Flow, r.Cycles)
	}
	byRiver := map[string]int{}
	for _, route := range n.Routes() {
		byRiver[route.Group]++
	}
	t.Logf("%+v; routes of each river: %v", r, byRiver)
	if byRiver["湍河"] != 1 {
		t.Errorf("the six lines of 湍河 follow each other: got %d routes", byRiver["湍河"])
	}
}

func TestLiechtenstein(t *testing.T) {
	t.Parallel()
	lines, _ := readLines(t, readFile(t, "osm-liechtenstein-2013/li13-w.geojson"), "name")
	_, exact := network.Build(lines, network.Options{SnapM: -1})
	if len(lines) != 76 || exact.ComponentsAtEnds != 45 || len(exact.Components) != 19 || exact.SnappedEnds+exact.SnappedOnto != 0 {
		t.Errorf("%d lines, %d components at ends, %d after splitting, %d snapped", len(lines), exact.ComponentsAtEnds, len(exact.Components), exact.SnappedEnds)
	}
	n, r := network.Build(lines, network.Options{})
	if len(r.Dangling) == 0 || len(r.Components) > 19 {
		t.Errorf("%d dangling ends, %d components", len(r.Dangling), len(r.Components))
	}
	t.Logf("within a metre: %d components, %d and %d snapped, by at most %.3f m; %d edges, %d routes", len(r.Components), r.SnappedEnds, r.SnappedOnto, r.LargestShiftM, len(n.Edges), len(n.Routes()))
}

func TestWalker(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", "/vsistdout/", shared(t, "nhdplus-walker/walker.gpkg"))
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines, features := readLines(t, data, "GNIS_NAME")
	n, r := network.Build(lines, network.Options{})
	if len(lines) != 62 || len(n.Edges) != 62 || len(r.Components) != 1 || len(n.Nodes) != 63 {
		t.Errorf("%d lines, %d edges, %d nodes, %d components: no tree", len(lines), len(n.Edges), len(n.Nodes), len(r.Components))
	}
	if r.Flow.Inner != 36 || r.Flow.Through != 36 || r.Flow.Reversed() {
		t.Errorf("flow: %+v", r.Flow)
	}
	right := 0
	for _, e := range n.Edges {
		if float64(e.Order) == features[e.Line].Properties["StreamOrde"] {
			right++
		}
	}
	if right != 62 {
		t.Errorf("the order is that of NHDPlus on %d of 62 reaches", right)
	}
	_, turned := network.Build(lines, network.Options{Against: true})
	if !turned.Flow.Reversed() {
		t.Errorf("a network turned round is not suspected: %+v", turned.Flow)
	}
}
