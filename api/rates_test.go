package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hetu/api"
	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
)

// A key has a minute's requests, its owner's other key and sessions have their own; more are answered 429 with the time to wait, and are answered again
// after it. All sessions of a person are one, and the public is not counted.
func TestRequestsOfKeysAndPersons(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t, func(cfg *api.Config) { cfg.RequestsPerMinute = 6 })
	west := s.division(t, "west")
	who, cookie := s.invited(t, "wang", access.Planner, west)
	token, hash := api.NewToken()
	if _, err := s.store.OpenSession(t.Context(), who, storedPassword(t, s.store, who), hash, "another"); err != nil {
		t.Fatal(err)
	}
	first, second := "Authorization: "+newKey(t, s.store, who), "Authorization: "+newKey(t, s.store, who)
	ask := func(as ...string) answer { return s.send(t, "GET", "/api/v1/projects", nil, as...) }
	for name, as := range map[string][]string{"a key": {first}, "another key": {second}, "two sessions": {cookie, "Cookie: hetu_session=" + token}} {
		for i := range 6 {
			if a := ask(as[i%len(as)]); a.status != http.StatusOK {
				t.Errorf("%s, request %d: %s", name, i+1, a)
			}
		}
		for _, sent := range as {
			a := ask(sent)
			if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "10" || !strings.Contains(string(a.body), "at most 6 a minute") {
				t.Errorf("%s, the seventh: Retry-After %q, %s", name, a.header.Get("Retry-After"), a)
			}
		}
	}
	for range 20 {
		if a := s.send(t, "GET", "/api/v1/rivers", nil); a.status != http.StatusOK {
			t.Fatalf("the public: %s", a)
		}
	}
	*s.clock = s.clock.Add(9 * time.Second)
	if a := ask(first); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "1" {
		t.Errorf("nine seconds later: Retry-After %q, %s", a.header.Get("Retry-After"), a)
	}
	*s.clock = s.clock.Add(time.Second)
	if a, b := ask(first), ask(first); a.status != http.StatusOK || b.status != http.StatusTooManyRequests {
		t.Errorf("ten seconds later: %s, then %s", a, b)
	}
}

func storedPassword(t *testing.T, store *pg.Store, who access.Actor) string {
	t.Helper()
	a, err := store.Account(t.Context(), who.Name)
	if err != nil {
		t.Fatal(err)
	}
	return a.Password
}

// An address that sent too many keys that are none is told to wait; a key that was good from there
// lately goes on.
func TestKeysThatFail(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	who, _ := s.invited(t, "wang", access.Planner, s.division(t, "west"))
	good, fresh := "Authorization: "+newKey(t, s.store, who), "Authorization: "+newKey(t, s.store, who)
	ask := func(key string) answer { return s.send(t, "GET", "/api/v1/projects", nil, key) }
	if a := ask(good); a.status != http.StatusOK {
		t.Fatal(a)
	}
	n := 0
	fail := func() answer {
		n++
		return ask(fmt.Sprintf("Authorization: Bearer hetu_abcdef012345_%04d", n))
	}
	for range 30 {
		if a := fail(); a.status != http.StatusUnauthorized {
			t.Fatalf("failure %d: %s", n, a)
		}
	}
	if a := fail(); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "2" || !strings.Contains(string(a.body), "this address") {
		t.Errorf("one more: Retry-After %q, %s", a.header.Get("Retry-After"), a)
	}
	if a := ask(fresh); a.status != http.StatusTooManyRequests {
		t.Errorf("a key never seen from there: %s", a)
	}
	for range 5 {
		if a := ask(good); a.status != http.StatusOK {
			t.Errorf("a key that was good before: %s", a)
		}
	}
	*s.clock = s.clock.Add(2 * time.Second)
	if a := ask(fresh); a.status != http.StatusOK {
		t.Errorf("two seconds later: %s", a)
	}
	if a, b := fail(), fail(); a.status != http.StatusUnauthorized || b.status != http.StatusTooManyRequests {
		t.Errorf("the good one took none: %s, then %s", a, b)
	}
	// A key that ended is no better than one that never was.
	keys, err := s.store.Keys(t.Context(), who, who.Account)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := s.store.EndKey(t.Context(), access.Actor{}, who.Account, k.ID); err != nil && geo.CodeOf(err) != geo.CodeNotFound {
			t.Fatal(err)
		}
	}
	if a, b := ask(good), ask(good); a.status != http.StatusUnauthorized || b.status != http.StatusTooManyRequests {
		t.Errorf("after it ended: %s, then %s", a, b)
	}
}
