package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/api"
	"hetu/geo"
	"hetu/geo/access"
)

// With a key no account, right, link, key or session is made or ended, though its owner may; and an administrator makes no link for himself, no key
// for another, and no password for who logs in elsewhere.
func TestKeysOpenNoDoors(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	west, town := s.division(t, "west"), s.division(t, "town")
	me, cookie := s.invited(t, "west-admin", access.Admin, west)
	other, _ := s.invited(t, "planner", access.Planner, town)
	key := "Authorization: " + newKey(t, s.store, me)
	elsewhere, err := s.store.NewAccount(t.Context(), access.Actor{}, access.Account{Name: "li", DisplayName: "李", Division: town, Issuer: "https://login.example", Subject: "u-1"})
	if err != nil {
		t.Fatal(err)
	}
	var held struct{ Grants []struct{ ID int64 } }
	mine, his := fmt.Sprintf("/api/v1/accounts/%d", me.Account), fmt.Sprintf("/api/v1/accounts/%d", other.Account)
	if a := s.send(t, "GET", his, nil, key); a.status != http.StatusOK || json.Unmarshal(a.body, &held) != nil || len(held.Grants) != 1 {
		t.Fatalf("what a key may read: %s", a)
	}
	newKeyBody := object{"name": "k", "roles": []string{"planner"}, "division": town, "ends_at": today().AddDate(0, 1, 0)}
	keyID := key[len("Authorization: Bearer hetu_"):][:12]
	tests := []struct {
		name, method, path string
		body               any
		as                 string
		want               int
	}{
		{"an account by a key", "POST", "/api/v1/accounts", object{"name": "new", "display_name": "新", "division": town}, key, 403},
		{"a right by a key", "POST", his + "/grants", object{"role": "reviewer", "division": town}, key, 403},
		{"a right taken by a key", "DELETE", fmt.Sprintf("%s/grants/%d", his, held.Grants[0].ID), nil, key, 403},
		{"a link by a key", "POST", his + "/invites", nil, key, 403},
		{"a link for its owner by a key", "POST", mine + "/invites", nil, key, 403},
		{"shut out by a key", "POST", his + "/disable", nil, key, 403},
		{"all sessions ended by a key", "DELETE", "/api/v1/sessions", nil, key, 403},
		{"a key revoked by a key", "DELETE", mine + "/keys/" + keyID, nil, key, 403},
		{"a link for himself", "POST", mine + "/invites", nil, cookie, 403},
		{"another's key", "POST", his + "/keys", newKeyBody, cookie, 403},
		{"a link for one who logs in elsewhere", "POST", fmt.Sprintf("/api/v1/accounts/%d/invites", elsewhere), nil, cookie, 422},
		{"another's keys listed", "GET", his + "/keys", nil, cookie, 200},
		{"a link", "POST", his + "/invites", nil, cookie, 201},
		{"his own key revoked", "DELETE", mine + "/keys/" + keyID, nil, cookie, 204},
	}
	for _, tt := range tests {
		if a := s.send(t, tt.method, tt.path, tt.body, tt.as); a.status != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, a, tt.want)
		}
	}
}

// A password that is changed turns the token that it is changed with, and takes the links with it; one that is reset takes the keys too.
func TestPasswordShutsWhatItOpened(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	west := s.division(t, "west")
	who, cookie := s.invited(t, "wang", access.Planner, west)
	admin, _ := s.invited(t, "west-admin", access.Admin, west)
	key := "Authorization: " + newKey(t, s.store, who)
	link := func(by access.Actor) string {
		token, hash := api.NewToken()
		if err := s.store.NewInvite(t.Context(), by, who.Account, hash, time.Hour); err != nil {
			t.Fatal(err)
		}
		return "/api/v1/invites/" + token
	}
	status := func(method, path string, body any, as ...string) int {
		return s.send(t, method, path, body, as...).status
	}
	before := link(admin)
	changed := s.send(t, "POST", "/api/v1/password", object{"old": goodPassword, "password": goodPassword + "2"}, cookie)
	if changed.status != http.StatusNoContent || changed.cookie() == "" || "Cookie: "+changed.cookie() == cookie {
		t.Fatalf("change: %s, %v", changed, changed.header)
	}
	if got := status("GET", "/api/v1/session", nil, cookie); got != http.StatusUnauthorized {
		t.Errorf("the token before the change: %d", got)
	}
	if got := status("GET", "/api/v1/session", nil, "Cookie: "+changed.cookie()); got != http.StatusOK {
		t.Errorf("the token after it: %d", got)
	}
	if got := status("POST", before, object{"password": goodPassword}); got != http.StatusNotFound {
		t.Errorf("a link from before the change: %d", got)
	}
	if got := status("GET", "/api/v1/session", nil, key); got != http.StatusOK {
		t.Errorf("a key after a change: %d", got)
	}
	if got := status("POST", link(admin), object{"password": goodPassword}); got != http.StatusNoContent {
		t.Fatalf("reset: %d", got)
	}
	if got := status("GET", "/api/v1/session", nil, key); got != http.StatusUnauthorized {
		t.Errorf("a key after a reset: %d", got)
	}
	// The county's administrator knows the link that he made: with it goes no right that he might not give.
	risen := link(admin)
	if _, err := s.store.Grant(t.Context(), access.Actor{}, who.Account, access.Grant{Role: access.Reviewer, Division: s.division(t, "city")}); err != nil {
		t.Fatal(err)
	}
	if got := status("POST", risen, object{"password": goodPassword}); got != http.StatusNotFound {
		t.Errorf("a link from before a rise in rights: %d", got)
	}
	shut := link(access.Actor{})
	for _, disabled := range []bool{true, false} {
		if err := s.store.Disable(t.Context(), access.Actor{}, who.Account, disabled); err != nil {
			t.Fatal(err)
		}
	}
	if got := status("POST", shut, object{"password": goodPassword}); got != http.StatusNotFound {
		t.Errorf("a link from before the account was shut: %d", got)
	}
}

// A session begins for the password that was looked at, not for one that was changed meanwhile, nor for an account that was shut.
func TestSessionOfTheOldPassword(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	who, _ := s.invited(t, "wang", access.Planner, s.division(t, "west"))
	looked, err := s.store.Account(t.Context(), "wang")
	if err != nil {
		t.Fatal(err)
	}
	open := func(password string) error {
		_, hash := api.NewToken()
		_, err := s.store.OpenSession(t.Context(), who, password, hash, "test")
		return err
	}
	if err := open(looked.Password); err != nil {
		t.Fatal(err)
	}
	if err := s.store.SetPassword(t.Context(), who, "another hash"); err != nil {
		t.Fatal(err)
	}
	if err := open(looked.Password); geo.CodeOf(err) != geo.CodeNobody {
		t.Errorf("after a change: %v", err)
	}
	if err := s.store.Disable(t.Context(), access.Actor{}, who.Account, true); err != nil {
		t.Fatal(err)
	}
	if err := open("another hash"); geo.CodeOf(err) != geo.CodeNobody {
		t.Errorf("of an account that is shut: %v", err)
	}
}

// What is for everyone is told to who has a cookie too, though nobody can say who he is.
func TestPublicWaitsForNoIdentity(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	_, cookie := s.invited(t, "wang", access.Planner, s.division(t, "west"))
	conn, err := pgx.Connect(t.Context(), s.db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE hetu.session IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	a := s.send(t, "GET", "/api/v1/rivers", nil, cookie)
	if waited := time.Since(began); a.status != http.StatusOK || waited > 4*time.Second {
		t.Errorf("after %s: %.200s", waited, a)
	}
}
