package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
)

const goodPassword = "Kunlun-7 Heyuan"

// staffed is a server on a store with two counties below a city, and its clock.
type staffed struct {
	srv   *httptest.Server
	store *pg.Store
	db    *pgtest.Database
	clock *time.Time
}

func serveStaffed(t *testing.T, change ...func(*api.Config)) *staffed {
	t.Helper()
	now := today()
	s := &staffed{clock: &now}
	s.db = pgtest.New(t, pgtest.Clock(func() time.Time { return *s.clock }))
	s.store = s.db.Store
	b, err := s.store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	division := func(key, parent pg.Key, level geo.Level) pg.Row {
		return pg.Division{Record: pg.Record{Key: key, Source: "test"}, CodeScheme: "local", Code: string(key), Name: "示例" + string(key), Level: level, Kind: "x", Parent: parent}
	}
	if err = b.Add(t.Context(), division("city", "", geo.City), division("east", "city", geo.County), division("west", "city", geo.County), division("town", "west", geo.Town)); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := config(t, s.store)
	cfg.Now = func() time.Time { return *s.clock }
	for _, f := range change {
		f(&cfg)
	}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.srv = httptest.NewServer(handler)
	t.Cleanup(s.srv.Close)
	return s
}

func (s *staffed) division(t *testing.T, code string) int64 {
	t.Helper()
	id, _, err := s.store.Division(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// answer is one exchange, held against the contract.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) cookie() string {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		return c.Name + "=" + c.Value
	}
	return ""
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// send sends JSON, as a browser's script does; headers are "Name: value".
func (s *staffed) send(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	var sent []byte
	if raw, ok := body.(string); ok {
		sent = []byte(raw)
	} else if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.srv.URL+path, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	underTest(t, exchange{req: req, sent: sent, status: resp.StatusCode, header: resp.Header, body: got})
	return answer{resp.StatusCode, resp.Header, got}
}

type object = map[string]any

// invited makes an account by the API's own way: an invitation is taken with a password. It gives the account and the cookie.
func (s *staffed) invited(t *testing.T, name string, role access.Role, division int64) (access.Actor, string) {
	t.Helper()
	who := newAccount(t, s.store, name, role, division)
	token, hash := api.NewToken()
	if err := s.store.NewInvite(t.Context(), access.Actor{}, who.Account, hash, time.Hour); err != nil {
		t.Fatal(err)
	}
	a := s.send(t, "POST", "/api/v1/invites/"+token, object{"password": goodPassword})
	if a.status != http.StatusNoContent || a.cookie() == "" {
		t.Fatalf("take the invitation: %s", a)
	}
	return who, "Cookie: " + a.cookie()
}

// noDivision asks, as one who may everything, for divisions that there are not: the member is named, with where ids are found, and PostgreSQL is not heard.
func (s *staffed) noDivision(t *testing.T, cookie string) {
	t.Helper()
	var made struct{ ID int64 }
	if a := s.send(t, "POST", "/api/v1/accounts", object{"name": "wu", "display_name": "吴", "division": nil}, cookie); a.status != http.StatusCreated || json.Unmarshal(a.body, &made) != nil {
		t.Fatalf("an account: %s", a)
	}
	for _, tt := range []struct {
		path string
		body object
		want int
	}{
		{"/api/v1/accounts", object{"name": "zheng", "display_name": "郑", "division": 999_999}, http.StatusUnprocessableEntity},
		{"/api/v1/accounts", object{"name": "zheng", "display_name": "郑", "division": "520181"}, http.StatusBadRequest},
		{fmt.Sprintf("/api/v1/accounts/%d/grants", made.ID), object{"role": "planner", "division": 999_999}, http.StatusUnprocessableEntity},
	} {
		a := s.send(t, "POST", tt.path, tt.body, cookie)
		if a.status != tt.want || !bytes.Contains(a.body, []byte(`"/division"`)) || !bytes.Contains(a.body, []byte("/api/v1/places?q=")) || bytes.Contains(a.body, []byte("Key (")) {
			t.Errorf("%s %v: %s", tt.path, tt.body, a)
		}
	}
}

// A link is taken once; the first administrator's makes him, with a name of his choice and rights everywhere, and works for nobody after.
func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	first, hash := api.NewToken()
	if err := s.store.NewInvite(t.Context(), access.Actor{}, 0, hash, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	weak := s.send(t, "POST", "/api/v1/invites/"+first, object{"name": "Zhang.San", "display_name": "张三", "password": "zhang.san-A1"})
	if weak.status != http.StatusUnprocessableEntity {
		t.Errorf("a password with the user name in it: %s", weak)
	}
	nameless := s.send(t, "POST", "/api/v1/invites/"+first, object{"password": goodPassword})
	if nameless.status != http.StatusBadRequest || !bytes.Contains(nameless.body, []byte(`"/name"`)) || !bytes.Contains(nameless.body, []byte(`"/display_name"`)) {
		t.Errorf("neither name is given, and not both are asked for: %s", nameless)
	}
	a := s.send(t, "POST", "/api/v1/invites/"+first, object{"name": "Zhang.San", "display_name": "张三", "password": goodPassword})
	if a.status != http.StatusNoContent {
		t.Fatalf("take the link: %s", a)
	}
	var who struct {
		Name   string
		Grants []struct {
			Role     string
			Division *int64
		}
	}
	me := s.send(t, "GET", "/api/v1/session", nil, "Cookie: "+a.cookie())
	if err := json.Unmarshal(me.body, &who); err != nil || who.Name != "zhang.san" || len(who.Grants) != 1 || who.Grants[0].Role != "admin" || who.Grants[0].Division != nil {
		t.Errorf("the first administrator is %s: %v", me, err)
	}
	if me.header.Get("Cache-Control") != "no-store" {
		t.Errorf("who one is may be kept: %v", me.header)
	}
	s.noDivision(t, "Cookie: "+a.cookie())
	if again := s.send(t, "POST", "/api/v1/invites/"+first, object{"name": "other", "display_name": "x", "password": goodPassword}); again.status != http.StatusNotFound {
		t.Errorf("the link works twice: %s", again)
	}
	late, hash := api.NewToken()
	if err := s.store.NewInvite(t.Context(), access.Actor{}, 0, hash, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if second := s.send(t, "POST", "/api/v1/invites/"+late, object{"name": "other", "display_name": "x", "password": goodPassword}); second.status != http.StatusNotFound {
		t.Errorf("a first administrator is made while there is one: %s", second)
	}
}

// A session has a token of its own making, changed when rights change, and ends when it is idle, old, logged out, or its account is shut.
func TestSessions(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	who, cookie := s.invited(t, "wang", access.Planner, s.division(t, "west"))
	forged := "Cookie: hetu_session=" + strings.Repeat("A", 43)
	if a := s.send(t, "GET", "/api/v1/session", nil, forged); a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
		t.Errorf("a forged cookie: %s", a)
	}
	// Who plants a cookie does not share the session that begins with it.
	in := s.send(t, "POST", "/api/v1/session", object{"name": "WANG", "password": goodPassword}, forged)
	if in.status != http.StatusCreated || strings.Contains(forged, in.cookie()) {
		t.Fatalf("log in: %s", in)
	}
	if set := in.header.Get("Set-Cookie"); !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") || !strings.Contains(set, "Path=/") {
		t.Errorf("the cookie is %q", set)
	}
	// A login within a session ends it.
	again := s.send(t, "POST", "/api/v1/session", object{"name": "wang", "password": goodPassword}, cookie)
	if a := s.send(t, "GET", "/api/v1/session", nil, cookie); a.status != http.StatusUnauthorized {
		t.Errorf("the session before the login goes on: %s", a)
	}
	cookie = "Cookie: " + again.cookie()
	// Rights changed: another token, and the one before is good for requests that are under way alone.
	*s.clock = s.clock.Add(time.Second)
	if _, err := s.store.Grant(t.Context(), access.Actor{}, who.Account, access.Grant{Role: access.Reviewer, Division: s.division(t, "town")}); err != nil {
		t.Fatal(err)
	}
	turned := s.send(t, "GET", "/api/v1/session", nil, cookie)
	if turned.status != http.StatusOK || turned.cookie() == "" || !bytes.Contains(turned.body, []byte("reviewer")) {
		t.Fatalf("after the rights changed: %s", turned)
	}
	if a := s.send(t, "GET", "/api/v1/session", nil, cookie); a.status != http.StatusOK || a.cookie() != "" {
		t.Errorf("a request under way: %s", a)
	}
	*s.clock = s.clock.Add(time.Minute)
	if a := s.send(t, "GET", "/api/v1/session", nil, cookie); a.status != http.StatusUnauthorized {
		t.Errorf("the token before is still good: %s", a)
	}
	cookie = "Cookie: " + turned.cookie()
	var list struct {
		Sessions []struct {
			ID      int64
			Current bool
		}
	}
	if a := s.send(t, "GET", "/api/v1/sessions", nil, cookie); json.Unmarshal(a.body, &list) != nil || len(list.Sessions) != 2 {
		t.Fatalf("the sessions: %s", a)
	}
	for _, one := range list.Sessions {
		if !one.Current {
			if a := s.send(t, "DELETE", fmt.Sprintf("/api/v1/sessions/%d", one.ID), nil, cookie); a.status != http.StatusNoContent {
				t.Errorf("end the other: %s", a)
			}
		}
	}
	if a := s.send(t, "GET", "/api/v1/session", nil, "Cookie: "+in.cookie()); a.status != http.StatusUnauthorized {
		t.Errorf("a revoked session goes on: %s", a)
	}
	for range 20 { // in use all the time
		*s.clock = s.clock.Add(25 * time.Minute)
		if a := s.send(t, "GET", "/api/v1/session", nil, cookie); (a.status == http.StatusOK) != s.clock.Before(today().Add(8*time.Hour)) {
			t.Errorf("at %s: %s", s.clock, a)
		}
	}
	idle := s.send(t, "POST", "/api/v1/session", object{"name": "wang", "password": goodPassword})
	*s.clock = s.clock.Add(31 * time.Minute)
	if a := s.send(t, "GET", "/api/v1/session", nil, "Cookie: "+idle.cookie()); a.status != http.StatusUnauthorized {
		t.Errorf("idle for 31 minutes: %s", a)
	}
	in = s.send(t, "POST", "/api/v1/session", object{"name": "wang", "password": goodPassword})
	if err := s.store.Disable(t.Context(), access.Actor{}, who.Account, true); err != nil {
		t.Fatal(err)
	}
	if a := s.send(t, "GET", "/api/v1/session", nil, "Cookie: "+in.cookie()); a.status != http.StatusUnauthorized {
		t.Errorf("shut out, and goes on: %s", a)
	}
	if a := s.send(t, "POST", "/api/v1/session", object{"name": "wang", "password": goodPassword}); a.status != http.StatusUnauthorized {
		t.Errorf("shut out, and logs in: %s", a)
	}
}

// Five failures lock a name for an address, whether anybody has the name or not, with the same words; later it is open again.
func TestLockOut(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	s.invited(t, "wang", access.Planner, s.division(t, "west"))
	try := func(name, password string) answer {
		return s.send(t, "POST", "/api/v1/session", object{"name": name, "password": password})
	}
	for range 4 {
		try("wang", "wrong")
	}
	if a := try("wang", goodPassword); a.status != http.StatusCreated {
		t.Fatalf("the fifth try is right: %s", a)
	}
	for i := range 5 {
		known, unknown := try("wang", "wrong"), try("nobody", "wrong")
		if known.status != http.StatusUnauthorized || string(known.body) != string(unknown.body) {
			t.Errorf("try %d: %s and %s", i, known, unknown)
		}
	}
	known, unknown := try("wang", goodPassword), try("nobody", goodPassword)
	if known.status != http.StatusTooManyRequests || string(known.body) != string(unknown.body) || known.header.Get("Retry-After") == "" {
		t.Errorf("locked: %s and %s", known, unknown)
	}
	*s.clock = s.clock.Add(15*time.Minute + time.Second)
	if a := try("wang", goodPassword); a.status != http.StatusCreated {
		t.Errorf("after 15 minutes: %s", a)
	}
}

// What comes from a page of another site, what is too large, and what says a thing twice is refused.
func TestForgedAndBadBodies(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	who, cookie := s.invited(t, "wang", access.Planner, s.division(t, "west"))
	credentials := object{"name": "wang", "password": goodPassword}
	key := newKey(t, s.store, who)
	tests := []struct {
		name, method, path string
		body               any
		headers            []string
		want               int
	}{
		{"cross-site login", "POST", "/api/v1/session", credentials, []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"cross-site by Origin", "POST", "/api/v1/session", credentials, []string{"Origin: https://evil.example"}, 403},
		{"cross-site logout", "DELETE", "/api/v1/session", nil, []string{cookie, "Sec-Fetch-Site: same-site"}, 403},
		{"our own page", "POST", "/api/v1/session", credentials, []string{"Sec-Fetch-Site: same-origin"}, 201},
		{"a form is no JSON", "POST", "/api/v1/session", "name=wang", []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		{"a name twice", "POST", "/api/v1/session", `{"name":"wang","name":"admin","password":"x"}`, nil, 400},
		{"a name twice, in two cases", "POST", "/api/v1/session", `{"name":"wang","password":"x","Name":"admin"}`, nil, 400},
		{"something after", "POST", "/api/v1/session", `{"name":"wang","password":"x"}{}`, nil, 400},
		{"unknown member", "POST", "/api/v1/session", `{"name":"wang","password":"x","role":"admin"}`, nil, 400},
		{"deep", "POST", "/api/v1/session", strings.Repeat(`[`, 5000), nil, 400},
		{"huge", "POST", "/api/v1/session", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413},
		{"not UTF-8", "POST", "/api/v1/session", "{\"name\":\"\xff\",\"password\":\"\\u0000\"}", nil, 400},
		{"key in a URL", "GET", "/api/v1/rivers?limit=1&q=" + strings.TrimPrefix(key, "Bearer "), nil, nil, 400},
		{"key in a path", "GET", "/api/v1/rivers/" + strings.TrimPrefix(key, "Bearer "), nil, nil, 400},
		{"key of another's secret", "GET", "/api/v1/session", nil, []string{"Authorization: " + key[:len(key)-1] + "~"}, 401},
		{"no key", "GET", "/api/v1/rivers", nil, []string{"Authorization: Bearer x"}, 401},
		{"key as Basic", "GET", "/api/v1/session", nil, []string{"Authorization: Basic aGV0dTp4"}, 401},
		{"key", "GET", "/api/v1/session", nil, []string{"Authorization: " + key}, 200},
		{"a key changes no password", "POST", "/api/v1/password", object{"old": goodPassword, "password": goodPassword + "2"}, []string{"Authorization: " + key}, 403},
		{"a key makes no key", "POST", fmt.Sprintf("/api/v1/accounts/%d/keys", who.Account), object{"name": "x", "roles": []string{"planner"}, "division": nil, "ends_at": today().AddDate(0, 0, 1)}, []string{"Authorization: " + key}, 403},
		{"password: the old one wrong", "POST", "/api/v1/password", object{"old": "x", "password": goodPassword + "2"}, []string{cookie}, 422},
		{"password: too common", "POST", "/api/v1/password", object{"old": goodPassword, "password": "Password123!"}, []string{cookie}, 422},
		{"password", "POST", "/api/v1/password", object{"old": goodPassword, "password": goodPassword + "2"}, []string{cookie}, 204},
	}
	for _, tt := range tests {
		if a := s.send(t, tt.method, tt.path, tt.body, tt.headers...); a.status != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, a, tt.want)
		}
	}
	*s.clock = today().AddDate(0, 2, 0)
	if a := s.send(t, "GET", "/api/v1/session", nil, "Authorization: "+key); a.status != http.StatusUnauthorized {
		t.Errorf("a key past its end: %s", a)
	}
}

// An administrator of a county keeps the accounts of his county, grants within it, and not to himself; of others he learns nothing.
func TestAdministratorsKeepTheirOwn(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	west, east, town, city := s.division(t, "west"), s.division(t, "east"), s.division(t, "town"), s.division(t, "city")
	me, cookie := s.invited(t, "west-admin", access.Admin, west)
	other := newAccount(t, s.store, "east-planner", access.Planner, east)
	boss := newAccount(t, s.store, "city-admin", access.Admin, city)
	var made struct {
		ID     int64
		Invite string
	}
	a := s.send(t, "POST", "/api/v1/accounts", object{"name": "new", "display_name": "新", "division": town}, cookie)
	if a.status != http.StatusCreated || json.Unmarshal(a.body, &made) != nil || !strings.Contains(made.Invite, "/invite/") {
		t.Fatalf("a new account: %s", a)
	}
	mine := fmt.Sprintf("/api/v1/accounts/%d", made.ID)
	var grant struct{ ID int64 }
	granted := s.send(t, "POST", mine+"/grants", object{"role": "planner", "division": town}, cookie)
	if granted.status != http.StatusCreated || json.Unmarshal(granted.body, &grant) != nil {
		t.Fatalf("grant: %s", granted)
	}
	of := func(who access.Actor, rest string) string {
		return fmt.Sprintf("/api/v1/accounts/%d%s", who.Account, rest)
	}
	tests := []struct {
		name, method, path string
		body               any
		want               int
	}{
		{"a role beside his county", "POST", mine + "/grants", object{"role": "planner", "division": east}, 403},
		{"a role above it", "POST", mine + "/grants", object{"role": "planner", "division": city}, 403},
		{"a role everywhere", "POST", mine + "/grants", object{"role": "admin", "division": nil}, 403},
		{"everywhere by leaving it out", "POST", mine + "/grants", object{"role": "admin"}, 400},
		{"no role", "POST", mine + "/grants", object{"role": "public", "division": town}, 400},
		{"to himself", "POST", of(me, "/grants"), object{"role": "planner", "division": west}, 403},
		{"to another county's", "POST", of(other, "/grants"), object{"role": "planner", "division": town}, 404},
		{"another county's account", "GET", of(other, ""), nil, 404},
		{"his own boss's link", "POST", of(boss, "/invites"), nil, 404},
		{"his boss is shut out", "POST", of(boss, "/disable"), nil, 404},
		{"himself shut out", "POST", of(me, "/disable"), nil, 403},
		{"another's keys", "GET", of(other, "/keys"), nil, 404},
		{"an account elsewhere", "POST", "/api/v1/accounts", object{"name": "x", "display_name": "x", "division": east}, 403},
		{"a name that is taken", "POST", "/api/v1/accounts", object{"name": "East-Planner", "display_name": "x", "division": town}, 409},
		{"the grant is taken back", "DELETE", mine + fmt.Sprintf("/grants/%d", grant.ID), nil, 204},
		{"twice", "DELETE", mine + fmt.Sprintf("/grants/%d", grant.ID), nil, 404},
		{"the account is shut out", "POST", mine + "/disable", nil, 204},
		{"a key with more than he may", "POST", of(me, "/keys"), object{"name": "k", "roles": []string{"admin"}, "division": east, "ends_at": today().AddDate(0, 1, 0)}, 422},
		{"a key", "POST", of(me, "/keys"), object{"name": "k", "roles": []string{"admin"}, "division": town, "ends_at": today().AddDate(0, 1, 0)}, 201},
	}
	for _, tt := range tests {
		if a := s.send(t, tt.method, tt.path, tt.body, cookie); a.status != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, a, tt.want)
		}
	}
	list := s.send(t, "GET", "/api/v1/accounts", nil, cookie)
	if bytes.Contains(list.body, []byte("east-planner")) || bytes.Contains(list.body, []byte("city-admin")) || !bytes.Contains(list.body, []byte(`"new"`)) {
		t.Errorf("the accounts that he keeps: %s", list)
	}
	audit := s.send(t, "GET", "/api/v1/audit?limit=1000", nil, cookie)
	for _, want := range []string{`"grant"`, `"refused"`, `"login"`, `"key_new"`} {
		if !bytes.Contains(audit.body, []byte(want)) {
			t.Errorf("the audit tells no %s: %s", want, audit)
		}
	}
	if _, planner := s.invited(t, "planner", access.Planner, west); s.send(t, "GET", "/api/v1/accounts", nil, planner).status != http.StatusForbidden {
		t.Error("a planner lists the accounts")
	}
	if a := s.send(t, "GET", "/api/v1/accounts", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the public lists the accounts: %s", a)
	}
}

// A page is the same for everybody, whoever is logged in, so that it may be kept: who it is is told by /login, and by a script where a cookie says that there
// is somebody.
func TestPagesAreTheSameForAll(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	_, cookie := s.invited(t, "wang", access.Planner, s.division(t, "west"))
	for _, path := range []string{"/", "/?q=x", "/map", "/r/1"} {
		public, known := s.send(t, "GET", path, nil), s.send(t, "GET", path, nil, cookie)
		if string(public.body) != string(known.body) || public.status != known.status || public.header.Get("Cache-Control") != known.header.Get("Cache-Control") ||
			public.header.Get("Vary") != known.header.Get("Vary") || strings.Contains(known.header.Get("Vary"), "Cookie") || known.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v, logged in %d %v", path, public.status, public.header, known.status, known.header)
		}
	}
	if body := string(s.send(t, "GET", "/", nil).body); !strings.Contains(body, `id="who" href="/login" data-as="已登录：%s" data-out="退出登录"`) {
		t.Error("the page has no place for who is logged in")
	}
	if page := s.send(t, "GET", "/login", nil, cookie); !strings.Contains(string(page.body), "已登录：") || page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("/login: %s", page)
	}
	here := func(a answer) string {
		for _, c := range (&http.Response{Header: a.header}).Cookies() {
			if c.Name == "hetu_here" {
				return fmt.Sprintf("%s %d %t", c.Value, c.MaxAge, c.HttpOnly)
			}
		}
		return ""
	}
	in := s.send(t, "POST", "/api/v1/session", object{"name": "wang", "password": goodPassword})
	if in.cookie() == "" || !strings.HasPrefix(in.cookie(), "hetu_session=") || here(in) != "1 28800 false" {
		t.Errorf("logging in: %v", in.header)
	}
	if out := s.send(t, "DELETE", "/api/v1/session", nil, "Cookie: "+in.cookie()); here(out) != "1 -1 false" {
		t.Errorf("logging out: %v", out.header)
	}
	if gone := s.send(t, "GET", "/", nil, "Cookie: "+in.cookie()); here(gone) != "1 -1 false" {
		t.Errorf("with a session that ended: %v", gone.header)
	}
}
