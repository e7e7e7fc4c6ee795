package main_test

import (
	"regexp"
	"strings"
	"testing"
)

// Accounts are made, granted and shut out from the command line; the audit of it verifies.
func TestUserCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	serve(t, dir)
	run := func(want string, args ...string) string {
		t.Helper()
		out, err := hetu(t, dir, nil, args...)
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("hetu %s: %v, %q; want %q", strings.Join(args, " "), err, out, want)
		}
		return out
	}
	out := run("/invite/", "user", "add", "Zhang.San", "--display-name", "张三", "--role", "planner")
	if !regexp.MustCompile(`https?://\S+/invite/[A-Za-z0-9_-]{43}`).MatchString(out) {
		t.Errorf("no link in %q", out)
	}
	for _, want := range []string{"Beijing time (UTC+8)", "--link URL"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %q", want, out)
		}
	}
	if out := run("/invite/", "user", "add", "qian", "--link", "https://map.example.org"); strings.Contains(out, "--link") || !strings.Contains(out, " https://map.example.org/invite/") {
		t.Errorf("a link for another address: %q", out)
	}
	run("", "user", "grant", "zhang.san", "reviewer")
	run("hetu_", "user", "key", "zhang.san", "--for", "test", "--role", "planner", "--days", "30")
	run("zhang.san\t张三\tplanner everywhere, reviewer everywhere", "user", "list")
	run("", "user", "disable", "zhang.san")
	run("(disabled)", "user", "list")
	run("access: 18 rows, whole", "db", "verify-audit")
}

// The help of a flag tells its default, beside what kind of value it takes and its environment variable.
func TestHelpTellsDefaults(t *testing.T) {
	t.Parallel()
	out, err := hetu(t, t.TempDir(), nil, "serve", "--help")
	if err != nil {
		t.Fatal(err, out)
	}
	out = strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"--listen=HOST:PORT Address to listen on. Default: 127.0.0.1:8080 ($HETU_LISTEN).", "names. Default: 50 ($HETU_PUBLIC_PRECISION).", "0: all. Default: 1200 ($HETU_REQUESTS_PER_MINUTE).", "in MB. Default: 256 ($HETU_TILE_CACHE).",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	if strings.Count(out, "Default: atlas.snapshot") != 1 {
		t.Errorf("a default is told twice: %s", out)
	}
}
