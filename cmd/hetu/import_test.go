package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// riversFile writes n lines of invented rivers, each a chain of two, as GeoJSON.
func riversFile(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		x, y := 106+float64(i%200)*0.01, 26+float64(i/200)*0.01
		fmt.Fprintf(&b, `{"type":"Feature","properties":{"河流名称":"示例河%05d"},"geometry":{"type":"LineString","coordinates":[[%.4f,%.4f],[%.4f,%.4f],[%.4f,%.4f]]}}`,
			i/2, x, y, x+0.005, y+0.001, x+0.009, y)
	}
	b.WriteString("]}")
	path := filepath.Join(t.TempDir(), "rivers.geojson")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// rivers counts the rivers and routes of the store.
func rivers(t *testing.T, dir string) string {
	t.Helper()
	out, err := hetu(t, dir, nil, "db", "psql", "--", "-At", "-c", "SELECT (SELECT count(*) FROM river_version), (SELECT count(*) FROM route_version), (SELECT count(*) FROM edge_version)")
	if err != nil {
		t.Fatalf("count: %v: %s", err, out)
	}
	return strings.TrimSpace(out)
}

// The command tells what it would do, asks, and keeps the exit codes: 0 done, 1 refused, 2 asked wrongly or not confirmed.
func TestImportCommand(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	serve(t, dir)
	file := riversFile(t, 40)
	folder := filepath.Dir(file)
	table := filepath.Join(folder, "断面.csv")
	if err := os.WriteFile(table, []byte("断面,类型,经度,纬度\n甲,国控,106.4,26.6\n乙,国控,106.5,x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		says string
		then string // rivers, routes, edges
	}{
		{"nobody to ask", []string{file, "--as", "river"}, 2, "not confirmed", "0|0|0"},
		{"a dry run", []string{file, "--as", "river", "--dry-run"}, 0, "40 read, 40 accepted", "0|0|0"},
		{"in Chinese", []string{file, "--as", "河流", "--dry-run", "--lang", "zh"}, 0, "读取 40,接受 40", "0|0|0"},
		{"no such kind", []string{file, "--as", "lake", "--yes"}, 2, "known are river, division", "0|0|0"},
		{"a bad date", []string{file, "--as", "river", "--valid-from", "gestern"}, 2, "write 2026-11-24", "0|0|0"},
		{"no such file", []string{filepath.Join(folder, "x.shp"), "--as", "river", "--yes"}, 1, "cannot be opened", "0|0|0"},
		{"the wrong geometry", []string{file, "--as", "section", "--set", "kind=国控", "--map", "河流名称=name", "--yes"}, 1, "holds lines", "0|0|0"},
		{"a refused row", []string{table, "--as", "section", "--map", "断面=name", "--yes"}, 1, "row 2: \"x\" is no coordinate", "0|0|0"},
		{"the rest", []string{table, "--as", "section", "--map", "断面=name", "--yes", "--skip-refused"}, 0, "stored: 1 rows", "0|0|0"},
		{"a yes", []string{file, "--as", "river", "--yes", "--source", "测试"}, 0, "stored:", "20|40|40"},
		{"again", []string{file, "--as", "river", "--yes", "--source", "测试"}, 0, "nothing changed", "20|40|40"},
	}
	for _, tt := range tests {
		out, err := hetu(t, dir, nil, append([]string{"import"}, tt.args...)...)
		if got := exitCode(err); got != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%s: exit %d, want %d and %q: %s", tt.name, got, tt.code, tt.says, out)
		}
		if got := rivers(t, dir); got != tt.then {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.then)
		}
	}
	if _, err := os.Stat(table + ".refused.csv"); err != nil {
		t.Error(err)
	}
	cmd := command(t.Context(), t, dir, nil, "import", table, "--as", "section", "--map", "断面=name", "--json", "--yes")
	out, err := cmd.Output()
	var report struct {
		Refused int `json:"rows_refused"`
		CRS     struct{ How string }
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil || exitCode(err) != 1 || report.Refused != 1 || report.CRS.How != "guessed" {
		t.Errorf("the JSON report: exit %d, %v: %s", exitCode(err), jsonErr, out)
	}
}

// An import that is killed at any moment leaves nothing or all, and can simply be run again.
func TestKilledImportLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	serve(t, dir)
	file := riversFile(t, 4000)
	args := []string{"import", file, "--as", "river", "--yes", "--source", "测试"}
	for _, point := range []string{"import-parsed", "import-staging", "import-before-merge", "merge-before-commit"} {
		out, err := hetu(t, dir, []string{"HETU_FAULT=" + point}, args...)
		if !killed(err) {
			t.Fatalf("fault point %s was not reached: %v: %s", point, err, out)
		}
		settle(t, dir)
		if got := rivers(t, dir); got != "0|0|0" {
			t.Fatalf("killed at %s: %s rows are stored", point, got)
		}
	}
	started := time.Now()
	if out, err := hetu(t, dir, nil, append(args, "--dry-run")...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole := time.Since(started)
	for i := range killTurns {
		cmd := command(t.Context(), t, dir, nil, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(float64(whole) * (float64(i) + rand.Float64()) / float64(killTurns)))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		settle(t, dir)
		if got := rivers(t, dir); got != "0|0|0" && got != "2000|4000|4000" {
			t.Fatalf("killed in turn %d: %s rows are stored", i, got)
		}
	}
	if out, err := hetu(t, dir, nil, args...); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := rivers(t, dir); got != "2000|4000|4000" {
		t.Errorf("after all: %s", got)
	}
}
