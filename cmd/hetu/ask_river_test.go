package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A river goes by its name, an alias or its English name if one alone has it; several are listed, and none is taken by chance.
func TestRiverNamed(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("as_of") != "2018-05-01" {
			t.Errorf("asked %s, without the day", r.URL)
		}
		all := []map[string]any{
			{"id": 1, "name": "清水河", "aliases": []string{"清河"}, "division": map[string]any{"id": 9, "name": "甲县"}},
			{"id": 2, "name": "清水河", "flows_into": map[string]any{"id": 3, "name": "黄河"}},
			{"id": 3, "name": "黄河", "name_en": "Yellow River"},
			{"id": 4, "name": "小清水河"},
		}
		found := []map[string]any{}
		for _, river := range all {
			text, _ := json.Marshal(river)
			if strings.Contains(strings.ToLower(string(text)), strings.ToLower(r.URL.Query().Get("q"))) {
				found = append(found, river)
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"rivers": found})
	}))
	t.Cleanup(srv.Close)
	q := &askCmd{AsOf: "2018-05-01"}
	for name, want := range map[string]int64{"清河": 1, "黄河": 3, "yellow river": 3, "小清水河": 4} {
		if id, err := q.riverNamed(t.Context(), srv.URL, name); err != nil || id != want {
			t.Errorf("%s: got %d, %v", name, id, err)
		}
	}
	for name, says := range map[string][]string{
		"清水河": {"2 rivers", "  1  清水河  甲县", "  2  清水河  into 黄河"}, "清水": {"come near", "  4  小清水河"}, "长江": {"no river is called 长江"},
	} {
		_, err := q.riverNamed(t.Context(), srv.URL, name)
		for _, s := range says {
			if err == nil || !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %v does not say %q", name, err, s)
			}
		}
	}
}

// Every question about a river finds it by its name the same way, on the day and at the time that is asked about.
func TestQuestionsOfRiverByName(t *testing.T) {
	t.Parallel()
	const known = "2026-06-01T00:00:00Z"
	rivers := []map[string]any{{"id": 7, "name": "猫跳河", "aliases": []string{"鸭池河"}}, {"id": 8, "name": "小清水河"}}
	questions := map[string]func(ctx context.Context, a *app, q *askCmd, river string) error{
		"profile": func(ctx context.Context, a *app, q *askCmd, river string) error {
			return (&askProfileCmd{River: river}).Run(ctx, a, q)
		},
		"quality": func(ctx context.Context, a *app, q *askCmd, river string) error {
			return (&askQualityCmd{River: river}).Run(ctx, a, q)
		},
		"handovers": func(ctx context.Context, a *app, q *askCmd, river string) error {
			return (&askHandoversCmd{River: river, Level: "county"}).Run(ctx, a, q)
		},
	}
	for question, run := range questions {
		var paths []string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("as_of") != "2018-05-01" || r.URL.Query().Get("known_at") != known {
				t.Errorf("%s: asked %s, without the day or the time", question, r.URL)
			}
			paths = append(paths, r.URL.Path)
			found := []map[string]any{}
			for _, river := range rivers {
				if text, _ := json.Marshal(river); strings.Contains(string(text), r.URL.Query().Get("q")) {
					found = append(found, river)
				}
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"rivers": found})
		}))
		t.Cleanup(srv.Close)
		q, a := &askCmd{Server: srv.URL, AsOf: "2018-05-01", KnownAt: known}, &app{stdout: io.Discard}
		for _, river := range []string{"猫跳河", "鸭池河", "7"} {
			paths = nil
			if err := run(t.Context(), a, q, river); err != nil || paths[len(paths)-1] != "/api/v1/hydro/rivers/7/"+question {
				t.Errorf("%s of %s: asked %v, %v", question, river, paths, err)
			}
		}
		if err := run(t.Context(), a, q, "清水"); err == nil || !strings.Contains(err.Error(), "come near") {
			t.Errorf("%s of a part of a name: %v", question, err)
		}
	}
}
