package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A broken rule profile is refused at start with file, line and reason, before anything is made.
func TestBrokenProfileIsRefused(t *testing.T) {
	t.Parallel()
	dir, rules := dataDir(t), t.TempDir()
	text := "id: own\ntitle: { zh: 本地, en: Own }\nsource: { text: 本地规定, mark: V }\ndate: 2026\nboard:\n  update: { days: -3, count: calendar_days }\n"
	if err := os.WriteFile(filepath.Join(rules, "own.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"serve", "--listen", "127.0.0.1:0", "--profiles", rules}, {"ask", "--profiles", rules, "counts"}, {"serve", "--listen", "127.0.0.1:0", "--profiles", filepath.Join(rules, "none")},
	} {
		out, err := hetu(t, dir, nil, args...)
		exit, ok := err.(*exec.ExitError) //nolint:errorlint // os/exec gives it bare
		if !ok || exit.ExitCode() != 2 || args[len(args)-1] == rules && !strings.Contains(out, "own.yaml:6:19: board.update.days has to be a whole number from 1 to 366") {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
	if made, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(made) != 0 {
		t.Errorf("something was started: %v %v", made, err)
	}
}

// The reviews are asked on the command line as over HTTP; what a server is asked wrongly is told as such.
func TestAskReviews(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, err := hetu(t, dir, nil, "sample", "load"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for want, args := range map[string][]string{
		"no_board":       {"ask", "--as-of", "2018-01-01", "coverage", "--division", "150207", "--level", "4", "--summary"},
		"东门河左二支流":        {"ask", "--as-of", "2018-06-01", "stale", "--division", "520181", "--overdue"},
		"sections.count": {"ask", "--as-of", "2018-01-01", "counts", "--division", "520181"},
	} {
		if out, err := hetu(t, dir, nil, args...); err != nil || !strings.Contains(out, want) {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
	out, err := hetu(t, dir, nil, "ask", "quality", "424242")
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 || !strings.Contains(out, "there is no river 424242") { //nolint:errorlint // os/exec gives it bare
		t.Errorf("%v: %s", err, out)
	}
}

// The benchmark of questions runs as a person runs it, and its figures are there.
func TestBenchAsk(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, err := hetu(t, dir, nil, "sample", "load", "--reaches", "400", "--seed", "3"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := hetu(t, dir, nil, "bench", "ask", "--reaches", "401", "--seed", "3"); err == nil || !strings.Contains(out, "400 reaches, not 401") {
		t.Errorf("another store: %v: %s", err, out)
	}
	out, err := hetu(t, dir, nil, "bench", "ask", "--reaches", "400", "--seed", "3", "--runs", "1", "--requests", "50", "--json")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var cases []string
	for line := range strings.Lines(out) {
		var f figures
		if json.Unmarshal([]byte(line), &f) != nil || f.Case == "" {
			continue
		}
		cases = append(cases, f.Case)
		if f.P99 <= 0 || f.CPU <= 0 || f.Machine == "" {
			t.Errorf("%s", line)
		}
	}
	if got := strings.Join(cases, " "); got != "responsible coverage stale counts" {
		t.Errorf("cases: %s in %s", got, out)
	}
}
