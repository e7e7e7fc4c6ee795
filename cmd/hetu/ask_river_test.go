package main

import (
	"encoding/json"
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
