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
	run("", "user", "grant", "zhang.san", "reviewer")
	run("hetu_", "user", "key", "zhang.san", "--for", "test", "--role", "planner", "--days", "30")
	run("zhang.san\t张三\tplanner everywhere, reviewer everywhere", "user", "list")
	run("", "user", "disable", "zhang.san")
	run("(disabled)", "user", "list")
	run("access: 14 rows, whole", "db", "verify-audit")
}
