package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/geo/duty"
)

// walks is a body of patrols of half an hour and 2 km at nine on these days of June 2018.
func walks(minutes float64, days ...int) string {
	var list []string
	for i, d := range days {
		list = append(list, fmt.Sprintf(`{"id":%d,"start":"2018-06-%02dT09:00:00+08:00","minutes":%g,"metres":2000}`, i+1, d, minutes))
	}
	return `{"patrols":[` + strings.Join(list, ",") + `]}`
}

// Four patrols in the first ten days of a month are too few in the two others; two, one and one are enough; four minutes are no patrol
// in Si County.
func TestScenario_14(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	tests := []struct {
		query, body, want string
	}{
		{"profile=patrol-seed-town&level=town", walks(30, 1, 3, 5, 8), "fails, 4 counted, too_few_in_ten_days from 2018-06-11, too_few_in_ten_days from 2018-06-21"},
		{"", walks(30, 2, 10, 20, 21), "passes, 4 counted"},
		{"profile=patrol-sixian&level=4", walks(4, 2), "fails, 0 counted, 1 too_short, too_few from 2018-06-01"},
		{"profile=patrol-sixian&level=4", walks(5, 2), "passes, 1 counted"},
	}
	for _, tt := range tests {
		var a struct {
			duty.PatrolCheck
			RuleProfile *string `json:"rule_profile"`
		}
		if resp := post(t, srv, "/api/v1/patrols/check?as_of=2018-06-15&"+tt.query, "application/json", tt.body, &a); resp.StatusCode != http.StatusOK || a.RuleProfile == nil {
			t.Fatalf("%s: status %d, by %v", tt.query, resp.StatusCode, a.RuleProfile)
		}
		got := fmt.Sprintf("%s, %d counted", map[bool]string{true: "passes", false: "fails"}[a.Pass], len(a.Counted))
		for _, r := range a.Refused {
			got += fmt.Sprintf(", %d %s", r.ID, r.Faults[0])
		}
		for _, l := range a.Lacks {
			got += fmt.Sprintf(", %s from %s", l.Fault, l.From)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s: %s", tt.query, tt.body, diff)
		}
	}
}

func TestPatrolsBadInput(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	const start = `"start":"2018-06-01T09:00:00+08:00"`
	tests := []struct {
		query, contentType, body string
		status                   int
		pointer                  string
	}{
		{"", "text/plain", walks(30, 1), 415, ""},
		{"", "application/json", "", 400, ""},
		{"", "application/json", `[]`, 400, "/"},
		{"", "application/json", `{"patrols":[{` + start + `}]} {}`, 400, ""},
		{"", "application/json", `{"patrols":[{"begin":1}]}`, 400, ""},
		{"", "application/json", `{}`, 400, "/patrols"},
		{"", "application/json", `{"patrols":null}`, 400, "/patrols"},
		{"", "application/json", `{"patrols":[{` + start + `,"minutes":1,"metres":1}]}`, 400, "/patrols/0/id"},
		{"", "application/json", `{"patrols":[{"id":0}]}`, 400, "/patrols/0/start"},
		{"", "application/json", `{"patrols":[{"id":1,` + start + `,"metres":1}]}`, 400, "/patrols/0/minutes"},
		{"", "application/json", `{"patrols":[{"id":1,` + start + `,"minutes":1}]}`, 400, "/patrols/0/metres"},
		{"", "application/json", `{"patrols":[{"id":1,` + start + `,"minutes":-1}]}`, 400, "/patrols/0/minutes"},
		{"", "application/json", `{"patrols":[{"id":1,` + start + `,"minutes":1,"metres":1e300}]}`, 400, "/patrols/0/metres"},
		{"", "application/json", `{"patrols":[{"id":1,` + start + `,"minutes":1,"metres":1},{"id":1,` + start + `,"minutes":1,"metres":1}]}`, 400, "/patrols/1/id"},
		{"", "application/json", `{"patrols":[{"id":1,"start":"0001-01-01T00:00:00Z"}]}`, 400, "/patrols/0/start"},
		{"", "application/json", `{"patrols":[{"id":1e40}]}`, 400, "/patrols.id"},
		{"", "application/json", `{"patrols":[` + strings.Repeat(`{},`, 5000) + `{}]}`, 400, "/patrols"},
		{"", "application/json", `{"patrols":"` + strings.Repeat("x", 1<<20) + `"}`, 413, ""},
		{"profile=board-hebei", "application/json", walks(30, 1), 400, "profile"},
		{"profile=patrol-seed-town&level=village", "application/json", walks(30, 1), 400, "level"},
		{"level=street", "application/json", walks(30, 1), 400, "level"},
		{"as_of=x", "application/json", walks(30, 1), 400, "as_of"},
		{"known_at=2020-01-01T00:00:00Z", "application/json", walks(30, 1), 400, "known_at"},
		{"who=x", "application/json", walks(30, 1), 400, "who"},
	}
	for _, tt := range tests {
		var p struct {
			Errors []struct {
				Pointer string `json:"pointer"`
			} `json:"errors"`
		}
		resp := post(t, srv, "/api/v1/patrols/check?"+tt.query, tt.contentType, tt.body, &p)
		pointer := ""
		if len(p.Errors) > 0 {
			pointer = p.Errors[0].Pointer
		}
		if resp.StatusCode != tt.status || pointer != tt.pointer {
			t.Errorf("%s %.60s: got %d %q, want %d %q", tt.query, tt.body, resp.StatusCode, pointer, tt.status, tt.pointer)
		}
	}
}
