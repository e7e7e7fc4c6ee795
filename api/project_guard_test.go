package api_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// person makes an account with roles over divisions, and gives its key.
func (p *plans) person(t *testing.T, name string, grants ...access.Grant) string {
	t.Helper()
	a := newAccount(t, p.store, name, grants[0].Role, grants[0].Division)
	for _, g := range grants[1:] {
		if _, err := p.store.Grant(t.Context(), access.Actor{}, a.Account, g); err != nil {
			t.Fatal(err)
		}
	}
	a.Grants = grants
	return newKey(t, p.store, a)
}

// refused holds an answer to be a refusal.
func (p *plans) refused(t *testing.T, status int, key, method, path string, body any, headers ...string) {
	t.Helper()
	if resp := p.call(t, key, method, path, body, nil, headers...); resp.StatusCode != status {
		t.Errorf("%s %s: %d, want %d", method, path, resp.StatusCode, status)
	}
}

// filed files an announcement of a division.
func (p *plans) filed(t *testing.T, key string, division int64, dated, text string) int64 {
	t.Helper()
	var kept struct {
		SHA256 string `json:"sha256"`
	}
	p.must(t, key, http.MethodPost, "/api/v1/documents/files", []byte("%PDF-1.7 "+text), &kept, "Content-Type: application/pdf")
	var d struct {
		ID int64 `json:"id"`
	}
	p.must(t, key, http.MethodPost, "/api/v1/documents", obj{"kind": "announcement", "number": text, "title": "公告", "dated": dated, "file_sha256": kept.SHA256, "division_id": division}, &d)
	return d.ID
}

// A county takes nothing from its neighbour alone: the change request is approved, and the new line announced, by those who may over the old line's
// project or over all its ground. Its document is one of the division that leads, and nothing that is in force changes for days that are over.
func TestNeighboursLineIsNotDisplacedAlone(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	old := p.begin(t)
	p.commit(t, p.planner, old, `If-Match: "1"`, p.change("left", 0, p.length, 30), p.change("right", 0, p.length, 30))
	p.announce(t, old, "甲政告〔2026〕1号", "2026-11-25")

	both := p.person(t, "both", access.Grant{Role: access.Planner, Division: p.other}, access.Grant{Role: access.Planner, Division: p.town})
	reviewer := p.person(t, "yi-reviewer", access.Grant{Role: access.Reviewer, Division: p.other})
	publisher := p.person(t, "yi-publisher", access.Grant{Role: access.Publisher, Division: p.other})
	var made project.Made
	p.must(t, both, http.MethodPost, "/api/v1/projects", obj{"name": "乙县划界", "river_id": p.river, "division_id": p.other, "lead_level": 3, "rule_profile": "width-kaiping"}, &made)
	at := fmt.Sprintf("/api/v1/projects/%d", made.Project)
	rev := func() string { return "If-Match: " + p.must(t, both, http.MethodGet, at, nil, nil).Header.Get("Etag") }
	p.must(t, both, http.MethodPost, at+"/commits", obj{"changes": []obj{p.change("left", 0, p.length, 60), p.change("right", 0, p.length, 60)}}, nil, rev())

	var v struct{ Pieces []struct{ ID int64 } }
	var seen projectSeen
	p.must(t, p.planner, http.MethodGet, old, nil, &seen)
	p.must(t, p.planner, http.MethodGet, fmt.Sprintf("%s/versions/%d", old, seen.Revision), nil, &v)
	p.must(t, both, http.MethodPost, at+"/change-requests", obj{"boundary_ids": []int64{v.Pieces[0].ID, v.Pieces[1].ID}, "cause": "works", "reason": "?"}, nil)
	var asked struct {
		ChangeRequests []struct{ ID int64 } `json:"change_requests"`
	}
	p.must(t, both, http.MethodGet, at+"/change-requests", nil, &asked)
	of := p.person(t, "both-reviewer", access.Grant{Role: access.Reviewer, Division: p.other}, access.Grant{Role: access.Reviewer, Division: p.lead})
	for _, r := range asked.ChangeRequests {
		decision := fmt.Sprintf("%s/change-requests/%d/decision", at, r.ID)
		p.refused(t, http.StatusForbidden, reviewer, http.MethodPost, decision, obj{"approve": true})
		p.must(t, of, http.MethodPost, decision, obj{"approve": true}, nil)
	}
	p.must(t, both, http.MethodPost, at+"/transitions", obj{"to": "checked"}, nil, rev())
	var found findingsBody
	p.must(t, both, http.MethodGet, at+"/findings", nil, &found)
	found.open()
	for _, f := range found.Findings {
		p.must(t, reviewer, http.MethodPost, at+"/waivers", obj{"finding_id": f.ID, "reason": "示例"}, nil)
	}
	p.must(t, reviewer, http.MethodPost, at+"/transitions", obj{"to": "consulted"}, nil, rev())
	p.must(t, reviewer, http.MethodPost, at+"/transitions", obj{"to": "approved"}, nil, rev())
	doc := p.filed(t, publisher, p.other, "2026-11-01", "乙政告1号")
	theirs := p.filed(t, p.publisher, p.lead, "2026-11-01", "甲政告9号")
	p.refused(t, http.StatusForbidden, publisher, http.MethodPost, at+"/transitions", obj{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-12-10"}, rev())
	wide := p.person(t, "both-publisher", access.Grant{Role: access.Publisher, Division: p.other}, access.Grant{Role: access.Publisher, Division: p.lead})
	p.refused(t, http.StatusUnprocessableEntity, wide, http.MethodPost, at+"/transitions", obj{"to": "announced", "legal_doc_id": theirs, "effective_from": "2026-12-10"}, rev())
	p.refused(t, http.StatusUnprocessableEntity, wide, http.MethodPost, at+"/transitions", obj{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-11-23"}, rev())
	p.must(t, wide, http.MethodPost, at+"/transitions", obj{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-12-10"}, nil, rev())
}

// An announcement is entered within a year; a project is led at no level above its division's.
func TestDatesAndLevelsOfProjects(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nilFindings)
	p.refused(t, http.StatusUnprocessableEntity, p.planner, http.MethodPost, "/api/v1/projects", obj{"name": "x", "river_id": p.river, "division_id": p.town, "lead_level": 1, "rule_profile": "width-kaiping"})
	at := p.begin(t)
	p.refused(t, http.StatusUnprocessableEntity, p.planner, http.MethodPatch, at, obj{"lead_level": 3}, `If-Match: "1"`)
	p.commit(t, p.planner, at, `If-Match: "1"`, p.change("left", 0, p.length, 30))
	p.move(t, p.planner, at, obj{"to": "checked"})
	p.move(t, p.reviewer, at, obj{"to": "consulted"})
	p.move(t, p.reviewer, at, obj{"to": "approved"})
	doc := p.filed(t, p.publisher, p.lead, "2015-01-01", "甲政告1号")
	p.refused(t, http.StatusUnprocessableEntity, p.publisher, http.MethodPost, at+"/transitions", obj{"to": "announced", "legal_doc_id": doc, "effective_from": "2016-01-01"}, p.revision(t, at))
	p.must(t, p.publisher, http.MethodPost, at+"/transitions", obj{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-06-01"}, nil, p.revision(t, at))
}

func nilFindings(context.Context, project.Subject) ([]demarc.Finding, error) {
	return []demarc.Finding{}, nil
}

// Who plans, and waives what the check found or asks for a change, had a part in the project: another approves and announces it.
func TestWhoWaivesOrAsksDoesNotApprove(t *testing.T) {
	t.Parallel()
	p := newPlans(t, func(context.Context, project.Subject) ([]demarc.Finding, error) {
		return []demarc.Finding{{Rule: "G12", Severity: demarc.Warning, Bank: geo.Left, Unit: "m", Zh: "宽", En: "wide", Size: 1}}, nil
	})
	at := p.begin(t)
	p.commit(t, p.planner, at, `If-Match: "1"`, p.change("left", 0, p.length, 30))
	p.move(t, p.planner, at, obj{"to": "checked"})
	two := p.person(t, "two", access.Grant{Role: access.Planner, Division: p.lead}, access.Grant{Role: access.Reviewer, Division: p.lead})
	var found findingsBody
	p.must(t, two, http.MethodGet, at+"/findings", nil, &found)
	p.must(t, two, http.MethodPost, at+"/waivers", obj{"finding_id": found.Findings[0].ID, "reason": "示例"}, nil)
	p.move(t, p.reviewer, at, obj{"to": "consulted"})
	p.refused(t, http.StatusForbidden, two, http.MethodPost, at+"/transitions", obj{"to": "approved"}, p.revision(t, at))
	p.move(t, p.reviewer, at, obj{"to": "approved"})
	doc, _ := p.announcement(t, "甲政告1号", "1")
	p.move(t, p.publisher, at, obj{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-12-01"})

	second := p.begin(t)
	p.commit(t, p.planner, second, `If-Match: "1"`, p.change("left", 0, p.length, 40))
	var v struct{ Pieces []struct{ ID int64 } }
	var seen projectSeen
	p.must(t, p.planner, http.MethodGet, at, nil, &seen)
	p.must(t, p.planner, http.MethodGet, fmt.Sprintf("%s/versions/%d", at, seen.Revision), nil, &v)
	asker := p.person(t, "asker", access.Grant{Role: access.Planner, Division: p.lead}, access.Grant{Role: access.Reviewer, Division: p.lead})
	p.must(t, asker, http.MethodPost, second+"/change-requests", obj{"boundary_ids": []int64{v.Pieces[0].ID}, "cause": "works", "reason": "?"}, nil)
	p.commit(t, two, second, p.revision(t, second), p.change("left", 0, p.length, 41))
	var asked struct {
		ChangeRequests []struct{ ID int64 } `json:"change_requests"`
	}
	p.must(t, two, http.MethodGet, second+"/change-requests", nil, &asked)
	p.refused(t, http.StatusForbidden, two, http.MethodPost, fmt.Sprintf("%s/change-requests/%d/decision", second, asked.ChangeRequests[0].ID), obj{"approve": true})
	p.move(t, p.planner, second, obj{"to": "checked"})
	p.waiveAll(t, second)
	p.move(t, p.reviewer, second, obj{"to": "consulted"})
	p.refused(t, http.StatusForbidden, asker, http.MethodPost, second+"/transitions", obj{"to": "approved"}, p.revision(t, second))
	p.move(t, p.reviewer, second, obj{"to": "approved"})
}

// Stakes and zones change, and stakes are visited, while the project is a draft, and that makes a drafter; from the check to the announcement they stay.
func TestStakesAndZonesChangeInDraftsOnly(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	maker := s.person(t, "maker", access.Grant{Role: access.Planner, Division: s.lead}, access.Grant{Role: access.Reviewer, Division: s.lead})
	before := s.revision(t, at)
	s.must(t, maker, http.MethodPost, at+"/stakes", obj{"profile": "stakes-rural"}, nil, s.revision(t, at))
	if after := s.revision(t, at); after == before {
		t.Errorf("stakes were placed and the project is still at %s", after)
	}
	var zones []obj
	for _, bank := range []string{"left", "right"} {
		zones = append(zones, obj{"bank": bank, "from_m": 0, "to_m": s.length, "type": 1, "basis": "岸线规划", "restraints": "禁止新建"})
	}
	s.must(t, s.planner, http.MethodPatch, at, obj{"partner_division_ids": []int64{s.other}}, nil, s.revision(t, at))
	stranger := s.person(t, "partner", access.Grant{Role: access.Planner, Division: s.other})
	s.refused(t, http.StatusForbidden, stranger, http.MethodPut, at+"/zones", obj{"zones": zones}, s.revision(t, at))
	s.must(t, maker, http.MethodPut, at+"/zones", obj{"zones": zones}, nil, s.revision(t, at))
	s.refused(t, http.StatusForbidden, stranger, http.MethodPut, at+"/zones", obj{"zones": []obj{}}, s.revision(t, at))

	stakes := s.stakesOf(t, at)
	visit := fmt.Sprintf("%s/stakes/%d/check-in", at, stakes[0].ID)
	visitor := s.person(t, "visitor", access.Grant{Role: access.Planner, Division: s.lead}, access.Grant{Role: access.Reviewer, Division: s.lead})
	before = s.revision(t, at)
	s.must(t, visitor, http.MethodPost, visit, obj{"lon": stakes[0].Lon, "lat": stakes[0].Lat}, nil, s.seenAs(t, at, stakes[0].ID))
	if after := s.revision(t, at); after == before {
		t.Errorf("one who had no part in the project visited a stake, and it is still at %s", after)
	}
	s.move(t, s.planner, at, obj{"to": "checked"})
	s.refused(t, http.StatusConflict, s.planner, http.MethodPost, at+"/stakes", obj{"profile": "stakes-rural", "replace": true}, s.revision(t, at))
	s.refused(t, http.StatusConflict, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, stakes[0].ID), nil, s.revision(t, at))
	s.refused(t, http.StatusConflict, s.planner, http.MethodPut, at+"/zones", obj{"zones": []obj{}}, s.revision(t, at))
	stays := func() {
		t.Helper()
		s.refused(t, http.StatusConflict, s.planner, http.MethodPost, visit, obj{"lon": stakes[0].Lon, "lat": stakes[0].Lat}, s.seenAs(t, at, stakes[0].ID))
	}
	stays()
	s.waiveAll(t, at)
	s.move(t, s.reviewer, at, obj{"to": "consulted"})
	stays()
	for _, key := range []string{maker, visitor} {
		s.refused(t, http.StatusForbidden, key, http.MethodPost, at+"/transitions", obj{"to": "approved"}, s.revision(t, at))
	}
	s.move(t, s.reviewer, at, obj{"to": "approved"})
	stays()
}

// Whoever knows the hash of another's file does not get the file by filing a document with it.
func TestFilesAreFiledByWhoSentThem(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	var kept struct {
		SHA256 string `json:"sha256"`
	}
	p.must(t, p.publisher, http.MethodPost, "/api/v1/documents/files", []byte("%PDF-1.7 secret"), &kept, "Content-Type: application/pdf")
	filed := obj{"kind": "notice", "title": "x", "division_id": p.other, "file_sha256": kept.SHA256}
	p.refused(t, http.StatusUnprocessableEntity, p.stranger, http.MethodPost, "/api/v1/documents", filed)
	p.refused(t, http.StatusNotFound, p.stranger, http.MethodGet, "/api/v1/documents/files/"+kept.SHA256, nil)
	p.must(t, p.publisher, http.MethodPost, "/api/v1/documents", obj{"kind": "notice", "title": "x", "division_id": p.lead, "file_sha256": kept.SHA256}, nil)
	p.must(t, p.reviewer, http.MethodPost, "/api/v1/documents", obj{"kind": "notice", "title": "of one that he may read", "division_id": p.lead, "file_sha256": kept.SHA256}, nil)
	p.refused(t, http.StatusUnprocessableEntity, p.stranger, http.MethodPost, "/api/v1/documents", filed)
	admin := newKey(t, p.store, newAccount(t, p.store, "chief", access.Admin, access.Everywhere))
	if n := p.audited(t, admin, "done", kept.SHA256); n != 1 {
		t.Errorf("the audit tells of the file %d times, want 1", n)
	}
}

// A comment that stops approval is resolved neither by a reviewer of a partner nor by one who drafted; the audit tells who made it and who resolved it.
func TestBlockingCommentsAreResolvedByTheLead(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	at := p.begin(t)
	p.must(t, p.planner, http.MethodPatch, at, obj{"partner_division_ids": []int64{p.other}}, nil, `If-Match: "1"`)
	drafter := p.person(t, "drafter", access.Grant{Role: access.Planner, Division: p.lead}, access.Grant{Role: access.Reviewer, Division: p.lead})
	partner := p.person(t, "partner", access.Grant{Role: access.Reviewer, Division: p.other})
	p.commit(t, drafter, at, `If-Match: "2"`, p.change("left", 0, p.length, 30))
	var made struct {
		ID int64 `json:"comment_id"`
	}
	p.must(t, p.publisher, http.MethodPost, at+"/comments", obj{"revision": 1, "bank": "left", "from_m": 10, "to_m": 20, "blocking": true, "text": "此处线位有误"}, &made)
	resolve := fmt.Sprintf("%s/comments/%d/resolve", at, made.ID)
	for _, key := range []string{partner, drafter} {
		p.refused(t, http.StatusForbidden, key, http.MethodPost, resolve, obj{"resolution": "没有问题"})
	}
	p.must(t, p.reviewer, http.MethodPost, resolve, obj{"resolution": "已改"}, nil)
	admin := newKey(t, p.store, newAccount(t, p.store, "chief", access.Admin, access.Everywhere))
	for _, action := range []string{"project_comment", "project_comment_resolve"} {
		if n := p.audited(t, admin, "done", action); n != 1 {
			t.Errorf("%s is in the audit %d times, want 1", action, n)
		}
	}
}
