package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hetu/geo/access"
	"hetu/geo/project"
)

// overLines is a polygon over a part of the river.
func overLines() obj {
	return obj{"type": "Polygon", "coordinates": [][][]float64{{{106.41, 26.59}, {106.43, 26.59}, {106.43, 26.61}, {106.41, 26.61}, {106.41, 26.59}}}}
}

// drafts counts the boundaries that somebody is shown there, drafts among them; -1: there are no drafts for him at all.
func (p *plans) drafts(t *testing.T, key string) int {
	t.Helper()
	var answer struct{ Boundaries []struct{ ID int64 } }
	resp := p.call(t, key, http.MethodPost, "/api/v1/touches?drafts=true", overLines(), &answer, "Content-Type: application/geo+json")
	if resp.StatusCode == http.StatusNotFound {
		return -1
	}
	return len(answer.Boundaries)
}

// The draft of a project is shown in its own and its partners' divisions, wherever its lines lie: a county through which it only runs is not among them.
func TestDraftsAreSeenByTheirProjectsDivisions(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	at := p.begin(t)
	p.commit(t, p.planner, at, `If-Match: "1"`, p.change("left", 0, p.length, 30))
	if mine, theirs := p.drafts(t, p.planner), p.drafts(t, p.stranger); mine != 1 || theirs != 0 {
		t.Errorf("the town sees %d drafts, want 1; another county %d, want 0", mine, theirs)
	}
	p.must(t, p.planner, http.MethodPatch, at, obj{"partner_division_ids": []int64{p.other}}, nil, p.revision(t, at))
	if theirs := p.drafts(t, p.stranger); theirs != 1 {
		t.Errorf("the partner sees %d drafts, want 1", theirs)
	}
	seen, err := p.store.DraftsSeen(t.Context(), access.View{Divisions: []int64{p.other}})
	if err != nil || len(seen) != 1 {
		t.Errorf("the partner's tiles have %d drafts, want 1: %v", len(seen), err)
	}
}

// The audit tells of a refusal the same whether there is a project of that number or not.
func TestAuditTellsOfNoProject(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	at := p.begin(t)
	admin := newKey(t, p.store, newAccount(t, p.store, "chief", access.Admin, access.Everywhere))
	for _, path := range []string{at, "/api/v1/projects/424242", at + "/comments", "/api/v1/projects/424242/comments"} {
		if resp := p.call(t, p.stranger, http.MethodGet, path, nil, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
	for _, path := range []string{at, "/api/v1/projects/424242"} {
		if n := p.audited(t, admin, "refused", "GET "+path); n != 1 {
			t.Errorf("%s is refused in the audit %d times, want 1", path, n)
		}
	}
}

// Who keeps an account is not told what it did to projects of divisions that are not his.
func TestAuditOfAnAccountThatWorksElsewhere(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	guest := newAccount(t, p.store, "guest", access.Public, p.other)
	if _, err := p.store.Grant(t.Context(), access.Actor{}, guest.Account, access.Grant{Role: access.Planner, Division: p.town}); err != nil {
		t.Fatal(err)
	}
	guest.Grants = []access.Grant{{Role: access.Planner, Division: p.town}}
	key := newKey(t, p.store, guest)
	const name = "秘密项目"
	var made project.Made
	p.must(t, key, http.MethodPost, "/api/v1/projects", obj{"name": name, "river_id": p.river, "division_id": p.town, "lead_level": 4, "rule_profile": "width-kaiping"}, &made)
	at := fmt.Sprintf("/api/v1/projects/%d", made.Project)
	p.commit(t, key, at, `If-Match: "1"`, p.change("left", 0, p.length, 30))
	p.must(t, key, http.MethodPost, at+"/comments", obj{"revision": 1, "bank": "left", "from_m": 0, "to_m": 10, "text": "x"}, nil)
	p.must(t, key, http.MethodPost, "/api/v1/documents", obj{"kind": "notice", "title": name, "division_id": p.town}, nil)
	for _, tt := range []struct {
		division int64
		told     bool
	}{{p.other, false}, {p.lead, false}, {access.Everywhere, true}} {
		admin := newKey(t, p.store, newAccount(t, p.store, fmt.Sprintf("admin%d", tt.division), access.Admin, tt.division))
		for _, chain := range []string{"write", "access"} {
			var rows json.RawMessage
			p.must(t, admin, http.MethodGet, "/api/v1/audit?limit=1000&chain="+chain, nil, &rows)
			if number := fmt.Sprintf("project %d", made.Project); strings.Contains(string(rows), name) || strings.Contains(string(rows), number) != tt.told {
				t.Errorf("chain %s, to an administrator of %d: %s", chain, tt.division, rows)
			}
		}
	}
}

// audited counts the rows of the chain of accesses with a result and an object.
func (p *plans) audited(t *testing.T, admin, result, object string) (n int) {
	t.Helper()
	var rows struct {
		Records []struct{ Action, Object, Result string }
	}
	p.must(t, admin, http.MethodGet, "/api/v1/audit?limit=1000&chain=access", nil, &rows)
	for _, r := range rows.Records {
		if r.Result == result && (r.Object == object || r.Action == object) {
			n++
		}
	}
	return n
}
