package api_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hetu/api"
	"hetu/data/pgtest"
	"hetu/data/profiles"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

// Every answer says of which day and which data it is, by which rules, and how it was found.
func TestHeadOfEveryAnswer(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?q=昆都仑河", &list)
	river := list.Rivers[0].ID
	for path, rule := range map[string]string{
		"/api/v1/rivers?q=河":                                   "",
		fmt.Sprintf("/api/v1/rivers/%d?", river):               "",
		"/api/v1/places?q=镇":                                   "",
		"/api/v1/responsible?lon=109.73574&lat=40.65318":       "",
		"/api/v1/counts?":                                      "quality-river",
		"/api/v1/coverage?summary=true":                        "board-each-reach",
		"/api/v1/boards/stale?":                                "board-hebei",
		fmt.Sprintf("/api/v1/hydro/rivers/%d/quality?", river): "quality-river",
		fmt.Sprintf("/api/v1/hydro/rivers/%d/profile?", river): "tolerance-default",
		"/api/v1/overlaps?":                                    "tolerance-default",
	} {
		var head struct {
			AsOf    string  `json:"as_of"`
			Known   *string `json:"known_at"`
			Version int64   `json:"data_version"`
			Rule    *string `json:"rule_profile"`
			How     string
		}
		const known = "2026-11-24T04:00:00Z"
		if status := get(t, srv, path+"&as_of=2018-01-01&known_at="+known, &head); status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
		}
		named := ""
		if head.Rule != nil {
			named, _, _ = strings.Cut(*head.Rule, "@")
		}
		if head.AsOf != "2018-01-01" || head.Known == nil || *head.Known != known || head.Version == 0 || head.How == "" || named != rule {
			t.Errorf("%s: %+v by %q, want by %q", path, head, named, rule)
		}
	}
}

// ownRules starts a server with a rule profile of its own.
func ownRules(t *testing.T, days int) (*httptest.Server, []byte) {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Appendf(nil, "id: own\ntitle: { zh: 本地, en: Own }\nsource: { text: 本地规定, mark: V }\ndate: 2026\nboard:\n  update: { days: %d, count: calendar_days }\n", days)
	if err := os.WriteFile(filepath.Join(dir, "own.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := profiles.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t, pgtest.New(t, pgtest.Clock(today)).Store)
	cfg.Rules = set
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv, text
}

// A rule profile that is edited under its id is another one to who reads the answers; which file it was anybody can check.
func TestRuleProfileTellsWhatItSaid(t *testing.T) {
	t.Parallel()
	var seen []string
	for _, days := range []int{15, 30} {
		srv, text := ownRules(t, days)
		got := staleOf(t, srv, "profile=own").RuleProfile
		if want := fmt.Sprintf("own@%x", sha256.Sum256(text))[:len("own@")+8]; got != want {
			t.Errorf("%d days: got %s, want %s", days, got, want)
		}
		var list struct {
			Profiles []struct {
				ID   string
				Rule string `json:"rule_profile"`
			}
		}
		get(t, srv, "/api/v1/profiles", &list)
		for _, p := range list.Profiles {
			if p.ID == "own" && p.Rule != got {
				t.Errorf("listed as %s, followed as %s", p.Rule, got)
			}
		}
		seen = append(seen, got)
	}
	if seen[0] == seen[1] {
		t.Errorf("15 days and 30 are both %s", seen[0])
	}
}

// withoutTolerance is rules that do not say what is too small to be meant.
type withoutTolerance struct{ api.Rules }

func (r withoutTolerance) Get(id string) (rules.Profile, error) {
	p, err := r.Rules.Get(id)
	p.Tolerance = nil
	return p, err
}

// Without a rule of what is too small to be meant, what needs it is refused and not answered as if the smallest gap were one.
func TestNoTolerance(t *testing.T) {
	t.Parallel()
	cfg := config(t, pgtest.New(t, pgtest.Clock(today)).Store)
	cfg.Rules = withoutTolerance{cfg.Rules}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	for _, path := range []string{"/api/v1/coverage", "/api/v1/hydro/rivers/1/profile", "/api/v1/overlaps"} {
		var p problemBody
		if status := get(t, srv, path, &p); status != http.StatusServiceUnavailable || !strings.Contains(p.Detail, "tolerance-default") {
			t.Errorf("%s: status %d, %+v", path, status, p)
		}
	}
}
