package sample_test

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// grown is what a spec generates, sorted into kinds.
type grown struct {
	divisions  []pg.Division
	rivers     []pg.River
	routes     map[pg.Key]pg.Route
	nodes      map[pg.Key]pg.Node
	edges      []pg.Edge
	reaches    []pg.Reach
	boundaries []pg.Boundary
	boards     []pg.Board
	posts      []pg.Post
	terms      []pg.Appointment
	persons    []pg.Person
	sections   []pg.Section
}

func generated(t *testing.T, spec sample.Spec) grown {
	t.Helper()
	g := grown{routes: map[pg.Key]pg.Route{}, nodes: map[pg.Key]pg.Node{}}
	err := sample.Generate(t.Context(), spec, func(_ context.Context, rows ...pg.Row) error {
		for _, row := range rows {
			switch row := row.(type) {
			case pg.Division:
				g.divisions = append(g.divisions, row)
			case pg.River:
				g.rivers = append(g.rivers, row)
			case pg.Route:
				g.routes[row.Key] = row
			case pg.Node:
				g.nodes[row.Key] = row
			case pg.Edge:
				g.edges = append(g.edges, row)
			case pg.Reach:
				g.reaches = append(g.reaches, row)
			case pg.Boundary:
				g.boundaries = append(g.boundaries, row)
			case pg.Board:
				g.boards = append(g.boards, row)
			case pg.Post:
				g.posts = append(g.posts, row)
			case pg.Appointment:
				g.terms = append(g.terms, row)
			case pg.Person:
				g.persons = append(g.persons, row)
			case pg.Section:
				g.sections = append(g.sections, row)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// orders gives the Strahler order of each reach as package network sees it from the lines alone, and the network.
func (g grown) orders(t *testing.T) (*network.Network, network.Report) {
	t.Helper()
	lines := make([]network.Line, len(g.reaches))
	for i, r := range g.reaches {
		lines[i] = network.Line{Index: i, Group: string(r.River), Geom: r.Geom}
	}
	// A few generated reaches cross; it is by their ends that they hang together.
	n, report := network.Build(lines, network.Options{Crossings: network.CrossingsKeep})
	return n, report
}

func within(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	t.Logf("%s: %.4g", what, got)
	if !(got >= low && got <= high) {
		t.Errorf("%s: got %v, want %v to %v", what, got, low, high)
	}
}

// tileAt gives the column and row of the web Mercator tile that holds a position.
func tileAt(lon, lat float64, zoom int) [2]int {
	n, sin := float64(int(1)<<zoom), math.Sin(lat*math.Pi/180)
	return [2]int{int((lon + 180) / 360 * n), int((0.5 - math.Atanh(sin)/(2*math.Pi)) * n)}
}

// The figures that data-notes.md and decisions.md ask for.
func TestGeneratedStatistics(t *testing.T) {
	t.Parallel()
	const reaches = 20000
	g := generated(t, sample.Spec{Reaches: reaches, Seed: 1})
	n, report := g.orders(t)

	counts := []int{len(g.reaches), len(g.edges), len(g.boards), len(g.boundaries)}
	if diff := cmp.Diff([]int{reaches, reaches, reaches / 5, reaches / 10}, counts); diff != "" {
		t.Errorf("reaches, edges, boards, boundaries: %s", diff)
	}
	vertices, lengths, sinuous := 0, []float64{}, []float64{}
	for _, r := range g.reaches {
		f := r.Geom.FlatCoords()
		m := r.ToM - r.FromM
		vertices += r.Geom.NumCoords()
		lengths = append(lengths, m)
		sinuous = append(sinuous, m/lref.Distance(f[0], f[1], f[len(f)-2], f[len(f)-1]))
	}
	slices.Sort(lengths)
	slices.Sort(sinuous)
	total := 0.0
	for _, m := range lengths {
		total += m
	}
	within(t, "vertices a reach", float64(vertices)/reaches, 29, 35)
	within(t, "vertices a km", float64(vertices)/total*1000, 12, 15.5)
	within(t, "mean length m", total/reaches, 1600, 2600)
	within(t, "median length m", lengths[reaches/2], 1200, 2000)
	within(t, "p90 length m", lengths[reaches*9/10], 3000, 5000)
	within(t, "longest m", lengths[reaches-1], 6000, 40000)
	within(t, "sinuosity p10", sinuous[reaches/10], 1, 1.05)
	within(t, "sinuosity p50", sinuous[reaches/2], 1.04, 1.2)
	within(t, "sinuosity p90", sinuous[reaches*9/10], 1.15, 1.6)

	share := make([]float64, 20)
	minor := 0
	for _, e := range n.Edges {
		share[e.Order] += 100.0 / reaches
		if !e.Main {
			minor++
		}
	}
	t.Logf("shares by order: %.1f", share[1:10])
	for i, want := range []float64{55.2, 21.9, 11.0, 6.0, 3.0} {
		within(t, "share of an order", share[i+1], want-[]float64{5, 4, 3, 3, 3}[i], want+[]float64{5, 4, 3, 3, 3}[i])
	}
	within(t, "side channels", float64(minor)/reaches, 0.01, 0.01)
	within(t, "largest basin", float64(report.Components[0].Edges)/reaches, 0.1, 1)
	for _, v := range report.Blocked {
		if n.Nodes[v].Kind != network.Outlet {
			t.Errorf("the flow ends at node %d: %+v", v, n.Nodes[v])
		}
	}
	if report.Flow.Reversed() || report.Cycles != 0 || len(report.Duplicates) != 0 {
		t.Errorf("flow %+v, %d cycles, %d duplicates", report.Flow, report.Cycles, len(report.Duplicates))
	}
	in := make([]float64, 8)
	for v := range n.Nodes {
		in[min(7, len(n.Into(v)))] += 100 / float64(len(n.Nodes))
	}
	t.Logf("in-degrees of nodes %%: %.1f", in)

	tiles := map[[2]int]bool{}
	for _, r := range g.reaches {
		for f := r.Geom.FlatCoords(); len(f) > 0; f = f[2:] {
			tiles[tileAt(f[0], f[1], 14)] = true
		}
	}
	within(t, "z14 tiles a reach", float64(len(tiles))/reaches, 0.45, 0.55)
	vertices = 0
	for _, b := range g.boundaries {
		vertices += b.Geom.NumCoords()
	}
	within(t, "vertices a boundary", float64(vertices)/float64(len(g.boundaries)), 143, 153)
}

// Reaches lie within their routes and are parts of them; nodes and edges fit; boundaries keep to their bank.
func TestGeneratedRowsFit(t *testing.T) {
	t.Parallel()
	g := generated(t, sample.Spec{Reaches: 2000, Seed: 7})
	for i, r := range g.reaches {
		route := g.routes[r.Route]
		if r.FromM < 0 || r.ToM > route.LengthM || !(r.FromM < r.ToM) || r.River != route.River {
			t.Fatalf("reach %s: %v to %v of %v", r.Key, r.FromM, r.ToM, route.LengthM)
		}
		part, err := lref.Substring(route.Geom, r.FromM, r.ToM)
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(part.FlatCoords(), r.Geom.FlatCoords()) {
			t.Fatalf("reach %s is not its route's part", r.Key)
		}
		e := g.edges[i]
		from, to, f := g.nodes[e.From], g.nodes[e.To], r.Geom.FlatCoords()
		if e.Route != r.Route || e.FromM != r.FromM || !cmp.Equal(from.Geom.FlatCoords(), f[:2]) || !cmp.Equal(to.Geom.FlatCoords(), f[len(f)-2:]) {
			t.Fatalf("edge %s does not go with its reach", e.Key)
		}
	}
	for _, b := range g.boundaries {
		f := b.Geom.FlatCoords()
		for i := 0; i < len(f); i += 2 {
			for _, s := range []float64{0, 0.5} {
				k := min(i+2, len(f)-2)
				hit := lref.Project(g.routes[b.Route].Geom, f[i]+(f[k]-f[i])*s, f[i+1]+(f[k+1]-f[i+1])*s)
				if hit.Bank != b.Bank && hit.Bank != geo.Centre && !hit.Beyond {
					t.Errorf("boundary %s of the %s bank: %v m on the %s at vertex %d", b.Key, b.Bank, hit.DistanceM, hit.Bank, i/2)
				}
			}
		}
	}
	chiefs := map[pg.Key]int{}
	for _, p := range g.posts {
		if p.Reach != "" && p.Level == geo.Town {
			chiefs[p.Reach]++
		}
	}
	if len(chiefs) != len(g.reaches) {
		t.Errorf("%d of %d reaches have a town's post", len(chiefs), len(g.reaches))
	}
}

// Towns tile the land: they sum to the provinces, and each lies in the division above it.
func TestGeneratedDivisions(t *testing.T) {
	t.Parallel()
	g := generated(t, sample.Spec{Reaches: 20000, Seed: 3})
	area := map[geo.Level]float64{}
	parents := map[pg.Key]pg.Division{}
	for _, d := range g.divisions {
		parents[d.Key] = d
		area[d.Level] += d.Geom.Area()
		if p, ok := parents[d.Parent]; d.Level > geo.Province && (!ok || p.Level != d.Level-1 || !p.Geom.Bounds().Overlaps(geom.XY, d.Geom.Bounds())) {
			t.Errorf("%s lies in no division", d.Name)
		}
	}
	for level := geo.City; level <= geo.Town; level++ {
		if math.Abs(area[level]-area[geo.Province]) > 1e-9 {
			t.Errorf("level %d covers %v, provinces %v", level, area[level], area[geo.Province])
		}
	}
	t.Logf("%d divisions, %d persons, %d posts, %d appointments, %d sections, %d rivers, %d nodes", len(g.divisions), len(g.persons), len(g.posts), len(g.terms), len(g.sections), len(g.rivers), len(g.nodes))
}

func TestGenerateSameBytes(t *testing.T) {
	t.Parallel()
	spec := sample.Spec{Reaches: 2000, Seed: 42}
	first, err := sample.Write(t.Context(), spec, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	again, err := sample.Write(t.Context(), spec, dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	other, err := sample.Write(t.Context(), sample.Spec{Reaches: 2000, Seed: 43}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if cmp.Equal(first.Files, other.Files) {
		t.Error("another seed gives the same files")
	}
	for _, f := range first.Files {
		checkLayer(t, dir, f)
	}
}

// checkLayer reads a file back: each line is a feature with a key of its own.
func checkLayer(t *testing.T, dir string, f sample.File) {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, f.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	keys := map[string]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var feature struct {
			Type       string
			Properties struct{ Key, Source string }
			Geometry   *struct{ Type string }
		}
		if err := json.Unmarshal(lines.Bytes(), &feature); err != nil || feature.Type != "Feature" || feature.Properties.Source == "" {
			t.Fatalf("%s: %v: %s", f.Name, err, lines.Bytes())
		}
		keys[feature.Properties.Key] = true
	}
	if len(keys) != f.Features {
		t.Errorf("%s: %d keys, %d features", f.Name, len(keys), f.Features)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	for _, reaches := range []int{-1, 0, 9, 1 << 30} {
		err := sample.Generate(t.Context(), sample.Spec{Reaches: reaches}, nil)
		if geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%d reaches: got %v", reaches, err)
		}
	}
}

func TestGenerateSmall(t *testing.T) {
	t.Parallel()
	for reaches := 10; reaches < 400; reaches += 13 {
		if g := generated(t, sample.Spec{Reaches: reaches, Seed: uint64(reaches)}); len(g.reaches) != reaches {
			t.Errorf("got %d reaches, want %d", len(g.reaches), reaches)
		}
	}
}

// A generated network goes into a real store, and a second time it changes nothing.
func TestLoadGenerated(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	load := func() []pg.Merged {
		b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err = sample.Generate(t.Context(), sample.Spec{Reaches: 2000, Seed: 5}, b.Add); err != nil {
			t.Fatal(err)
		}
		merged, err := b.Merge(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return merged
	}
	began := time.Now()
	for _, m := range load() {
		if m.Changed+m.Unchanged+m.Ended != 0 || m.Added == 0 || (m.Entity == "reach" && m.Added != 2000) {
			t.Errorf("the first load: %+v", m)
		}
	}
	t.Logf("loaded in %v", time.Since(began))
	for _, m := range load() {
		if m.Added+m.Changed+m.Ended != 0 {
			t.Errorf("the second load: %+v", m)
		}
	}
}
