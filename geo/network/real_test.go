package network_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
		kind := network.River
		for _, key := range []string{"waterway", "category"} {
			switch f.Properties[key] {
			case "canal", "diversion":
				kind = network.Canal
			case "ditch", "drain":
				kind = network.Ditch
			}
		}
		lines = append(lines, network.Line{Index: i, Group: name, Kind: kind, Geom: geom.NewLineStringFlat(geom.XY, flat)})
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
	_, exact := network.Build(lines, network.Options{SnapM: -1, Crossings: network.CrossingsKeep})
	if len(lines) != 76 || exact.ComponentsAtEnds != 45 || len(exact.Components) != 19 || exact.SnappedEnds+exact.SnappedOnto != 0 {
		t.Errorf("%d lines, %d components at ends, %d after splitting, %d snapped", len(lines), exact.ComponentsAtEnds, len(exact.Components), exact.SnappedEnds)
	}
	n, r := network.Build(lines, network.Options{})
	if len(r.Dangling) == 0 || len(r.Components) > 19 {
		t.Errorf("%d dangling ends, %d components", len(r.Dangling), len(r.Components))
	}
	t.Logf("within a metre: %d components, %d and %d snapped, by at most %.3f m; %d edges, %d routes", len(r.Components), r.SnappedEnds, r.SnappedOnto, r.LargestShiftM, len(n.Edges), len(n.Routes()))
}

func readWalker(t *testing.T) ([]network.Line, []feature) {
	t.Helper()
	cmd := exec.Command("ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", "/vsistdout/", shared(t, "nhdplus-walker/walker.gpkg"))
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return readLines(t, data, "GNIS_NAME")
}

func TestWalker(t *testing.T) {
	t.Parallel()
	lines, features := readWalker(t)
	n, r := network.Build(lines, network.Options{})
	if len(lines) != 62 || len(n.Edges) != 62 || len(r.Components) != 1 || len(n.Nodes) != 63 {
		t.Errorf("%d lines, %d edges, %d nodes, %d components: no tree", len(lines), len(n.Edges), len(n.Nodes), len(r.Components))
	}
	if r.Flow.Inner != 36 || r.Flow.Through != 36 || r.Flow.Reversed() {
		t.Errorf("flow: %+v", r.Flow)
	}
	right := 0
	far, short := 0.0, 0.0
	for i, e := range n.Edges {
		p := features[e.Line].Properties
		if float64(e.Order) == p["StreamOrde"] {
			right++
		}
		pathKm, _ := p["Pathlength"].(float64)
		ourKm := 0.0
		for d := mainBelow(n, i); d >= 0; d = mainBelow(n, d) {
			km, _ := features[n.Edges[d].Line].Properties["LENGTHKM"].(float64)
			ourKm += km
		}
		far = max(far, math.Abs(ourKm-pathKm))
		if pathKm > 0 {
			short = max(short, 1-e.ToMouthM/1000/pathKm)
		}
	}
	if right != 62 {
		t.Errorf("the order is that of NHDPlus on %d of 62 reaches", right)
	}
	// The lines of the file are simpler than those that NHDPlus measured, so the way is told by its lengths, and ours apart.
	if far > 0.0005 || short > 0.25 {
		t.Errorf("the way to the mouth is %.4f km from that of NHDPlus, and ours shorter by up to %.1f %%", far, short*100)
	}
	stems := sameStem(n, features)
	t.Logf("the way to the mouth is that of NHDPlus to %.4f km, ours shorter by up to %.1f %%; %d of 62 reaches are of the same stem", far, short*100, stems)
	if stems != 62 {
		t.Errorf("the main stem is that of NHDPlus on %d of 62 reaches", stems)
	}
	_, turned := network.Build(lines, network.Options{Against: true})
	if !turned.Flow.Reversed() {
		t.Errorf("a network turned round is not suspected: %+v", turned.Flow)
	}
}

func mainBelow(n *network.Network, edge int) int {
	for _, i := range n.OutOf(n.Edges[edge].To) {
		if n.Edges[i].Main {
			return i
		}
	}
	return -1
}

// sameStem counts the edges whose stem has the same reaches in NHDPlus.
func sameStem(n *network.Network, features []feature) (count int) {
	ours, theirs := map[int][]int{}, map[float64][]int{}
	path := func(e network.Edge) float64 { v, _ := features[e.Line].Properties["LevelPathI"].(float64); return v }
	for i, e := range n.Edges {
		ours[e.StemOf] = append(ours[e.StemOf], i)
		theirs[path(e)] = append(theirs[path(e)], i)
	}
	for _, e := range n.Edges {
		if slices.Equal(ours[e.StemOf], theirs[path(e)]) {
			count++
		}
	}
	return count
}

// Coarse lines of a whole country: tributaries stop short, some lines lie on others, and the report says where.
func TestNaturalEarth(t *testing.T) {
	t.Parallel()
	lines, _ := readLines(t, readFile(t, "naturalearth-china/rivers.geojson"), "name_zh")
	n, r := network.Build(lines, network.Options{})
	t.Logf("%d lines, %d edges, %d components, %+v, %v", len(lines), len(n.Edges), len(r.Components), r.Directed, r.Doubted)
	for _, d := range r.Doubts {
		if d.Lon < 93 || d.Lon > 124 || d.Lat < 17 || d.Lat > 47 || len(d.Lines) == 0 {
			t.Errorf("got %+v", d)
		}
	}
}

// With the mouth of the Walker named every reach has the direction it has, however its lines were digitised.
func TestWalkerByItsMouth(t *testing.T) {
	t.Parallel()
	lines, _ := readWalker(t)
	want, _ := network.Build(lines, network.Options{})
	for i := range lines {
		if i%3 == 0 {
			lines[i] = flip(lines[i])
		}
	}
	got, r := network.Build(lines, network.Options{Outlets: []network.Outfall{{Lon: -122.9227958, Lat: 38.2212867}}})
	if diff := same(want, got); diff != "" || r.Directed[0].Turned != 21 {
		t.Errorf("turned %d; %s", r.Directed[0].Turned, diff)
	}
	for i := range lines { // now one in seven
		if (i%3 == 0) != (i%7 == 3) {
			lines[i] = flip(lines[i])
		}
	}
	again, r := network.Build(lines, network.Options{})
	if diff := same(want, again); diff != "" || r.Directed[0].Why != network.NothingElse {
		t.Errorf("with the outlet looked for: %+v; %s", r.Directed, diff)
	}
}
