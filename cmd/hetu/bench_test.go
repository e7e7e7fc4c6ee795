package main_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// figures are what the test looks at of a line of the benchmark.
type figures struct {
	Case     string  `json:"case"`
	Z        int     `json:"z"`
	CPU      float64 `json:"cpu_ms"`
	Baseline float64 `json:"baseline_cpu_ms"`
	Ratio    float64 `json:"ratio"`
	P99      float64 `json:"p99_ms"`
	Features float64 `json:"features"`
	Vertices float64 `json:"vertices"`
	Bytes    float64 `json:"bytes"`
	Tiles    int     `json:"tiles"`
	Builds   int     `json:"builds"`
	Edits    int     `json:"edits"`
	Moved    int     `json:"moved"`
	Touched  int     `json:"touched"`
	Wrong    *int    `json:"wrong"`
	Missing  *int    `json:"missing"`
	Values   *int    `json:"other_values"`
	Load     float64 `json:"load_s"`
	FromFile float64 `json:"snapshot_load_s"`
	AReach   float64 `json:"bytes_a_reach"`
	Resident float64 `json:"resident_bytes"`
	Short    *int    `json:"short"`
	Far      *int    `json:"too_far"`
	Machine  string  `json:"machine"`
}

// The benchmark runs as a person runs it, and its figures are there. What they are is for a quiet machine.
func TestBenchTiles(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, err := hetu(t, dir, nil, "sample", "load", "--reaches", "400", "--seed", "3"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := hetu(t, dir, nil, "bench", "tiles", "--reaches", "401", "--seed", "3"); err == nil || !strings.Contains(out, "400 reaches, not 401") {
		t.Errorf("another store: %v: %s", err, out)
	}
	out, err := hetu(t, dir, nil, "bench", "tiles", "--reaches", "400", "--seed", "3", "--runs", "1", "--tiles", "60", "--edit-for", "1s", "--requests", "800", "--json")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var cases []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var f figures
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		cases = append(cases, fmt.Sprintf("%s %d", f.Case, f.Z))
		whole := f.CPU > 0 && f.Baseline > 0 && f.Ratio > 0 && f.Features > 0 && f.Vertices > 0 && f.Bytes > 0 && f.Tiles > 0
		switch f.Case {
		case "cold", "warm":
			whole = whole && f.P99 > 0
		case "parity":
			whole = f.Tiles == 60 && f.Missing != nil && *f.Missing == 0 && f.Values != nil && *f.Values == 0 && f.Far != nil && *f.Far == 0 && f.Short != nil
		case "stampede":
			whole = f.Builds == f.Tiles && f.Builds > 0
		case "edit":
			whole = f.Edits > 0 && f.P99 > 0 && f.Wrong != nil && *f.Wrong == 0
		case "load":
			whole = f.Load > 0 && f.FromFile > 0 && f.AReach > 0 && f.Resident > 1e6
		case "moved":
			whole = f.Edits > 0 && f.Tiles > 1000 && f.Moved > 0 && f.Moved == f.Touched && f.Wrong != nil && *f.Wrong == 0
		}
		if !whole || f.Machine == "" {
			t.Errorf("%s", line)
		}
	}
	want := []string{
		"cold 5", "cold 8", "cold 10", "cold 12", "cold 14", "parity 0", "stampede 8",
		"warm 8", "warm 10", "warm 12", "warm 14", "edit 14", "moved 0", "export 0", "load 0",
	}
	if !slices.Equal(cases, want) {
		t.Errorf("got %v", cases)
	}
}

// A store that a person uses is not measured in by mistake.
func TestBenchRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--reaches", "5"}, "at least 10"},
		{[]string{"--reaches", "100", "--cases", "lukewarm"}, "there are cold, parity"},
		{[]string{"--reaches", "100", "--database-url", "host=x"}, "leave --database-url out"},
	} {
		out, err := hetu(t, dataDir(t), nil, append([]string{"bench", "tiles"}, tt.args...)...)
		if err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%v: %v: %s", tt.args, err, out)
		}
	}
}

// The benchmark of traces runs as a person runs it, and the graph finds what PostGIS finds; hetu ask traces the same store.
func TestBenchTrace(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, err := hetu(t, dir, nil, "sample", "load", "--reaches", "400", "--seed", "3"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := hetu(t, dir, nil, "bench", "trace", "--reaches", "400", "--seed", "3", "--runs", "2", "--json")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var cases []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var f struct {
			Case          string
			Found, Edges  int
			BaselineFound int     `json:"baseline_found"`
			GraphBytes    int     `json:"graph_bytes"`
			FirstByte     float64 `json:"first_p50_ms"`
			P50           float64 `json:"p50_ms"`
			Same          *bool
			Load          float64 `json:"load_s"`
			Machine       string
		}
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		cases = append(cases, f.Case)
		whole := f.P50 > 0 && f.Found > 10
		switch f.Case {
		case "load":
			whole = f.Edges == 400 && f.GraphBytes > 1000 && f.Load > 0
		case "ids":
			whole = whole && f.Same != nil && *f.Same && f.BaselineFound == f.Found
		case "stream", "stream without lines":
			whole = whole && f.FirstByte > 0
		}
		if !whole || f.Machine == "" {
			t.Errorf("%s", line)
		}
	}
	if want := []string{"load", "ids", "ordered", "stream", "stream without lines"}; !slices.Equal(cases, want) {
		t.Errorf("got %v", cases)
	}
	if out, err = hetu(t, dir, nil, "ask", "trace", "position", "120,30", "--mode", "UT"); err == nil || !strings.Contains(out, "distance") {
		t.Errorf("without a distance: %v: %s", err, out)
	}
}
