package pg_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
)

func square(west, south, east, north float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{west, south, east, south, east, north, west, north, west, south}, [][]int{{10}})
}

// twoCounties are a city with two counties side by side, and a town in the first; the city has no polygon.
func twoCounties() []pg.Row {
	division := func(key pg.Key, name string, level geo.Level, parent pg.Key, at *geom.MultiPolygon) pg.Row {
		return pg.Division{Record: rec(key), CodeScheme: "local", Code: string(key), Name: name, Level: level, Kind: "x", Parent: parent, Geom: at}
	}
	return []pg.Row{
		division("city", "示例市", geo.City, "", nil),
		division("east", "东县", geo.County, "city", square(106.5, 26.5, 106.6, 26.6)),
		division("west", "西县", geo.County, "city", square(106.4, 26.5, 106.5, 26.6)),
		division("town", "西乡", geo.Town, "west", square(106.4, 26.5, 106.45, 26.6)),
	}
}

// divisionID gives the id of a division by its code.
func divisionID(t *testing.T, s *pg.Store, code string) int64 {
	t.Helper()
	id, _, err := s.Division(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// person makes an account with a role in a division; "" is the whole installation.
func person(t *testing.T, s *pg.Store, name string, role access.Role, division string) access.Actor {
	t.Helper()
	at := access.Everywhere
	if division != "" {
		at = divisionID(t, s, division)
	}
	id, err := s.NewAccount(t.Context(), access.Actor{}, access.Account{Name: name, DisplayName: name, Division: at})
	if err != nil {
		t.Fatal(err)
	}
	if role != access.Public {
		if _, err := s.Grant(t.Context(), access.Actor{}, id, access.Grant{Role: role, Division: at}); err != nil {
			t.Fatal(err)
		}
	}
	return access.Actor{Account: id, Name: name, Grants: []access.Grant{{Role: role, Division: at}}}
}

// Who gives rights is not who uses them for the map, whoever of the two came first and wherever.
func TestAdministratorsDoNotDraw(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	admin, planner := person(t, db.Store, "admin", access.Admin, "west"), person(t, db.Store, "planner", access.Planner, "west")
	for _, tt := range []struct {
		account int64
		role    access.Role
		code    geo.Code
	}{
		{admin.Account, access.Planner, geo.CodeConflict},
		{admin.Account, access.Reviewer, geo.CodeConflict},
		{admin.Account, access.Publisher, geo.CodeConflict},
		{admin.Account, access.Office, ""},
		{planner.Account, access.Admin, geo.CodeConflict},
		{planner.Account, access.Reviewer, ""},
	} {
		_, err := db.Store.Grant(t.Context(), access.Actor{}, tt.account, access.Grant{Role: tt.role, Division: divisionID(t, db.Store, "east")})
		if (err != nil) != (tt.code != "") || err != nil && geo.CodeOf(err) != tt.code {
			t.Errorf("%s to the account %d: %v, want %q", tt.role, tt.account, err, tt.code)
		}
	}
}

// A grant holds in its division and all below it, and nowhere else; outside is told which part lies there.
func TestGrantsHoldBelowTheirDivision(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	city, west := person(t, db.Store, "city", access.Planner, "city"), person(t, db.Store, "west", access.Planner, "west")
	office, all := person(t, db.Store, "office", access.Office, "west"), person(t, db.Store, "all", access.Planner, "")
	inWest, across, alongBorder := line(106.41, 26.55, 106.49, 26.55), line(106.49, 26.55, 106.51, 26.55), line(106.500005, 26.51, 106.500005, 26.59)
	tests := []struct {
		name     string
		who      access.Actor
		division string
		may      bool
		geom     geom.T
		outside  float64 // the length of the part outside, in degrees; 0: none
	}{
		{"the county's planner in its town", west, "town", true, inWest, 0},
		{"in the county beside it", west, "east", false, across, 0.01},
		{"a hand's breadth over the border", west, "west", true, alongBorder, 0},
		{"above it", west, "city", false, line(106.51, 26.55, 106.52, 26.55), 0.01},
		{"the city's, which is its counties", city, "east", true, across, 0},
		{"the city's outside all counties", city, "city", true, line(106.59, 26.55, 106.61, 26.55), 0.01},
		{"another role", office, "west", false, inWest, 0.08},
		{"everywhere", all, "east", true, line(110, 30, 111, 30), 0},
		{"nobody", access.Actor{}, "west", false, inWest, 0.08},
	}
	for _, tt := range tests {
		id := divisionID(t, db.Store, tt.division)
		b, err := db.Store.NewBatch(t.Context(), "test", tt.name)
		if err != nil {
			t.Fatal(err)
		}
		b.Before(func(ctx context.Context, tx pgx.Tx) error {
			may, err := db.Store.May(ctx, tx, tt.who, id, access.Planner)
			if err != nil || may != tt.may {
				t.Errorf("%s: may is %v, want %v: %v", tt.name, may, tt.may, err)
			}
			outside, err := db.Store.OutsideGrants(ctx, tx, tt.who, tt.geom, access.Planner)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			got := 0.0
			if l, ok := outside.(*geom.LineString); ok {
				got = l.Length()
			} else if outside != nil {
				t.Errorf("%s: outside is a %T", tt.name, outside)
			}
			if got < tt.outside-0.0001 || got > tt.outside+0.0001 {
				t.Errorf("%s: %g degrees lie outside, want %g", tt.name, got, tt.outside)
			}
			return nil
		})
		if _, err := b.Preview(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A key may what its owner may, or less: its roles, its division, while the owner has them and is let in.
func TestKeyIsLessThanItsOwner(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	owner := person(t, db.Store, "owner", access.Planner, "city")
	west, east := divisionID(t, db.Store, "west"), divisionID(t, db.Store, "east")
	key := access.Key{ID: "abcdef012345", Account: owner.Account, Name: "survey", Roles: []access.Role{access.Planner}, Division: west, EndsAt: db.Store.NowForTest().AddDate(0, 1, 0)}
	if err := db.Store.NewKey(t.Context(), owner, key, sha256.Sum256([]byte("secret"))); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Store.KeyActor(t.Context(), key.ID, sha256.Sum256([]byte("another"))); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("the key goes by another secret: %v", err)
	}
	if n := countAs(t, db, "SELECT count(*) FROM hetu.api_key WHERE used_at IS NOT NULL"); n != 0 {
		t.Error("a key counts as used by one who has not its secret")
	}
	actor, err := db.Store.KeyActor(t.Context(), key.ID, sha256.Sum256([]byte("secret")))
	if err != nil || len(actor.Grants) != 1 || actor.Grants[0] != (access.Grant{Role: access.Planner, Division: west}) {
		t.Fatalf("the key stands for %+v: %v", actor, err)
	}
	more := key
	more.ID, more.Roles = "abcdef012346", []access.Role{access.Planner, access.Publisher}
	if err := db.Store.NewKey(t.Context(), owner, more, sha256.Sum256(nil)); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("a key may more than its owner: %v", err)
	}
	more.Roles, more.EndsAt = key.Roles, key.EndsAt.AddDate(2, 0, 0)
	if err := db.Store.NewKey(t.Context(), owner, more, sha256.Sum256(nil)); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a key lives for two years: %v", err)
	}
	if may := mayNow(t, db.Store, actor, west); !may {
		t.Error("the key may not in its division")
	}
	if may := mayNow(t, db.Store, actor, east); may {
		t.Error("the key may beside its division, where its owner may")
	}
	account, err := db.Store.Account(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Store.EndGrant(t.Context(), access.Actor{}, owner.Account, account.Grants[0].ID); err != nil {
		t.Fatal(err)
	}
	if may := mayNow(t, db.Store, actor, west); may {
		t.Error("the key may what its owner may no more")
	}
}

func mayNow(t *testing.T, s *pg.Store, who access.Actor, division int64) (may bool) {
	t.Helper()
	b, err := s.NewBatch(t.Context(), "test", "may")
	if err != nil {
		t.Fatal(err)
	}
	b.Before(func(ctx context.Context, tx pgx.Tx) (err error) {
		may, err = s.May(ctx, tx, who, division, access.Planner)
		return err
	})
	if _, err := b.Preview(t.Context()); err != nil {
		t.Fatal(err)
	}
	return may
}

// What is looked at before a merge decides over it: an error leaves nothing behind, and the audit says who wrote.
func TestBeforeAMerge(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	who := person(t, db.Store, "west", access.Planner, "west")
	who.IP, who.RequestID = "192.0.2.7", "r1"
	write := func(verdict error) error {
		b, err := db.Store.NewBatch(t.Context(), "test", "a person")
		if err != nil {
			t.Fatal(err)
		}
		b.By(who).Before(func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO hetu.login_failure VALUES ('x', 'x', 1, now())"); err != nil { // a table without versions
				return err
			}
			return verdict
		})
		if err = b.Add(t.Context(), pg.Person{Record: rec("p"), Name: "示例"}); err != nil {
			t.Fatal(err)
		}
		_, err = b.Merge(t.Context())
		return err
	}
	no := geo.Errorf(geo.CodeForbidden, "no")
	if err := write(no); !errors.Is(err, no) {
		t.Fatalf("got %v", err)
	}
	if n := countAs(t, db, "SELECT count(*) FROM hetu.login_failure") + countAs(t, db, "SELECT count(*) FROM hetu.person"); n != 0 {
		t.Fatalf("a refused merge left %d rows", n)
	}
	if err := write(nil); err != nil {
		t.Fatal(err)
	}
	if n := countAs(t, db, "SELECT count(*) FROM hetu.audit WHERE actor = 'west' AND account_id IS NOT NULL AND ip = '192.0.2.7' AND request_id = 'r1'"); n != 1 {
		t.Errorf("%d rows of the audit tell who wrote", n)
	}
	if n := countAs(t, db, "SELECT count(*) FROM hetu.login_failure"); n != 1 {
		t.Errorf("%d plain rows were written", n)
	}
}

func countAs(t *testing.T, db *pgtest.Database, sql string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The audit is added to and never changed, whoever tries; who reads the map reads neither accounts nor who wrote.
func TestAuditIsKept(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	if err := db.Store.Audit(t.Context(), access.Event{Action: "test", Result: access.Refused}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"audit", "access_audit"} {
		for _, sql := range []string{"UPDATE hetu." + table + " SET actor = 'x'", "DELETE FROM hetu." + table, "TRUNCATE hetu." + table} {
			if err := db.Exec(t.Context(), "hetu_owner", sql); err == nil || !strings.Contains(err.Error(), "only ever added to") {
				t.Errorf("the owner may %s: %v", sql, err)
			}
			for _, role := range []string{"hetu_rw", "hetu_ro", "hetu_backup"} {
				if err := db.Exec(t.Context(), role, sql); !denied(err) {
					t.Errorf("%s may %s: %v", role, sql, err)
				}
			}
		}
	}
	for _, sql := range []string{
		"SELECT actor FROM hetu.audit", "SELECT * FROM hetu.access_audit", "SELECT * FROM hetu.account", "SELECT * FROM hetu.session", "SELECT * FROM hetu.api_key",
		"SELECT * FROM hetu.project_commit", "SELECT * FROM hetu.comment", "SELECT * FROM hetu.draft_op", "SELECT * FROM hetu.lease", "SELECT * FROM hetu.idempotency", "SELECT * FROM hetu.project_move",
		"SELECT * FROM hetu.project_check", "SELECT hetu.project_may(1, NULL, '{admin}', 1, true)", "SELECT hetu.division_may(1, NULL, '{admin}', 1)", "SELECT hetu.grants_of(1, NULL)", "SELECT hetu.audit_access(now(), 1, 'x', NULL, NULL, NULL, 'x', NULL, 'done', NULL)",
	} {
		if err := db.Exec(t.Context(), "hetu_ro", sql); !denied(err) {
			t.Errorf("hetu_ro may %s: %v", sql, err)
		}
	}
	if err := db.Exec(t.Context(), "hetu_rw", "INSERT INTO hetu.access_audit (at, actor, action, result, body, prev, hash) VALUES (now(), 'x', 'x', 'done', '', '', '')"); !denied(err) {
		t.Errorf("hetu_rw writes the audit by another path: %v", err)
	}
}

// Whatever is changed behind the audit's back is found, and named: a row of the audit, what was hashed, a version that was changed, put in or taken away.
func TestVerifyAuditFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	merge(t, db.Store, townPost()...)
	merge(t, db.Store, holder("1", "a", "2025-01-01", ""))
	merge(t, db.Store, holder("1", "b", "2025-06-01", "2025-07-01")) // closes a version and cuts it in three
	who := person(t, db.Store, "west", access.Planner, "west")
	if err := db.Store.Audit(t.Context(), access.Event{Actor: who, Action: "test", Object: "x", Result: access.Refused}); err != nil {
		t.Fatal(err)
	}
	whole, err := db.Store.VerifyAudit(t.Context())
	if err != nil || whole.Fault != nil || len(whole.Chains) != 2 || whole.Chains[0].Rows != 4 || whole.Chains[1].Rows != 5 || whole.Versions < 6 {
		t.Fatalf("untouched: %+v, %+v, %v", whole, whole.Fault, err)
	}
	if holds, err := db.Store.AuditHolds(t.Context(), "write", strconv.FormatInt(whole.Chains[0].ID, 10), whole.Chains[0].Hash); err != nil || !holds {
		t.Errorf("the head does not hold: %v", err)
	}
	tests := []struct{ name, sql, want string }{
		{"who wrote", "UPDATE hetu.audit SET actor = 'somebody else' WHERE id = (SELECT min(id) + 1 FROM hetu.audit)", "its actor is not what was hashed"},
		{"when", "UPDATE hetu.audit SET at = at - interval '1 day' WHERE id = (SELECT min(id) FROM hetu.audit)", "its at_us"},
		{"what was hashed", "UPDATE hetu.audit SET body = body || ' '::bytea WHERE id = (SELECT min(id) FROM hetu.audit)", "what was hashed was changed"},
		{"both", "UPDATE hetu.audit SET what = 'x', body = convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, '{what}', '\"x\"')::text, 'UTF8') WHERE id = (SELECT min(id) FROM hetu.audit)", "what was hashed was changed"},
		{"both, with a hash that fits", "WITH n AS (SELECT id, prev, convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, '{what}', '\"x\"')::text, 'UTF8') AS body FROM hetu.audit ORDER BY id LIMIT 1) " +
			"UPDATE hetu.audit a SET what = 'x', body = n.body, hash = sha256(n.prev || n.body) FROM n WHERE n.id = a.id", "does not follow"},
		{"a row is gone", "DELETE FROM hetu.audit WHERE id = (SELECT min(id) + 1 FROM hetu.audit)", "does not follow"},
		{"a refusal is gone", "DELETE FROM hetu.access_audit WHERE id = (SELECT min(id) FROM hetu.access_audit)", "does not follow"},
		{"a refusal's address", "UPDATE hetu.access_audit SET ip = '192.0.2.1' WHERE action = 'test'", "its ip"},
		{"a version", "UPDATE hetu.person_version SET name = '示例丁' WHERE name = '示例丙'", "the versions of person are not those"},
		{"a hair of a polygon", "UPDATE hetu.division_version SET geom = st_translate(geom, 0.000000001, 0) WHERE name = '东县'", "the versions of division"},
		{"how long it was valid", "UPDATE hetu.appointment_version SET valid = daterange('2025-01-01', '2025-06-02') WHERE version = 1 AND NOT upper_inf(recorded)", "the versions of appointment"},
		{"a version is closed", "UPDATE hetu.person_version SET recorded = tstzrange(lower(recorded), now()) WHERE name = '示例甲'", "belong to no write"},
		{"a version is put in", "INSERT INTO hetu.person_version (name, id, version, valid, recorded, source) SELECT 'x', id, 2, '(,)', tstzrange(now() - interval '1 hour', now()), 'x' FROM hetu.person WHERE key = 'a'", "belong to no write"},
		{"versions are gone", "DELETE FROM hetu.appointment_version", "are gone"},
	}
	for _, tt := range tests {
		conn, err := pgx.Connect(t.Context(), db.DSN(""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "SET session_replication_role = replica; SET timezone = 'Asia/Shanghai'"); err != nil { // no trigger hinders the superuser
			t.Fatal(err)
		}
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), tt.sql); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		got, err := db.Store.VerifyForTest(t.Context(), tx)
		if err != nil || got.Fault == nil || !strings.Contains(got.Fault.What, tt.want) {
			t.Errorf("%s: found %+v, %v; want %q", tt.name, got.Fault, err, tt.want)
		}
		_ = conn.Close(t.Context())
	}
}

func textOf(t *testing.T, db *pgtest.Database, sql string, args ...any) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// While an import holds the writers' lock people log in, are refused and are granted rights: their chain is another.
func TestAccessWaitsForNoImport(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	conn, err := pgx.Connect(t.Context(), db.DSN("hetu_rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT hetu.lock_writers()"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	who := person(t, db.Store, "west", access.Planner, "west")
	if _, err := db.Store.OpenSession(ctx, who, "", sha256.Sum256([]byte("token")), "test"); err != nil {
		t.Error(err)
	}
	if _, err := db.Store.Visit(ctx, sha256.Sum256([]byte("token"))); err != nil {
		t.Error(err)
	}
	if err := db.Store.Audit(ctx, access.Event{Actor: who, Action: "test", Result: access.Refused}); err != nil {
		t.Error(err)
	}
}

// An address is locked for all names after many failures, a try that was not made is none, and one that succeeds is none.
func TestTriesOfAnAddress(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	try := func(name, ip string) bool {
		allowed, err := db.Store.TryLogin(t.Context(), name, ip)
		if err != nil {
			t.Fatal(err)
		}
		return allowed
	}
	for i := range 12 {
		if !try("wang", "192.0.2.1") {
			t.Fatalf("try %d, of which none was made, is not allowed", i)
		}
		if err := db.Store.NotTried(t.Context(), "wang", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if !try("li", "192.0.2.1") {
			t.Fatalf("login %d is not allowed", i)
		}
		if err := db.Store.LoggedIn(t.Context(), "li", "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
	}
	allowed := 0
	for i := range 60 {
		if try("name"+strconv.Itoa(i), "192.0.2.1") {
			allowed++
		}
	}
	if allowed != 40 {
		t.Errorf("%d tries of one address are allowed, want 40", allowed)
	}
	if try("li", "192.0.2.1") || !try("li", "192.0.2.2") {
		t.Error("the lock is not that address's")
	}
}

// Who writes accounts past the program, with the program's own rights, is told in the chain; and a right that was given is made no other.
func TestIdentityIsToldOfByTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	who := person(t, db.Store, "west", access.Planner, "west")
	id := strconv.FormatInt(who.Account, 10)
	for _, sql := range []string{
		"UPDATE hetu.account_grant SET role = 'admin'", "UPDATE hetu.account_grant SET division_id = NULL", "UPDATE hetu.account_grant SET ended_at = NULL, account_id = 1",
		"UPDATE hetu.api_key SET roles = '{admin}'", "UPDATE hetu.api_key SET hash = ''", "UPDATE hetu.account SET name = 'x'", "UPDATE hetu.account SET issuer = 'x', subject = 'x'",
		"UPDATE hetu.session SET account_id = 1", "UPDATE hetu.invite SET account_id = 1", "DELETE FROM hetu.account_grant", "DELETE FROM hetu.api_key",
		"ALTER TABLE hetu.account DISABLE TRIGGER tell_identity",
	} {
		if err := db.Exec(t.Context(), "hetu_rw", sql); !denied(err) && (err == nil || !strings.Contains(err.Error(), "must be owner")) {
			t.Errorf("hetu_rw may %s: %v", sql, err)
		}
	}
	for _, write := range []struct{ sql, object, detail string }{
		{"INSERT INTO hetu.account_grant (account_id, role, made_at) VALUES (" + id + ", 'admin', now())", "account_grant", `"role": "admin"`},
		{"UPDATE hetu.account SET password_hash = 'secret' WHERE id = " + id, "account " + id, "password_hash"},
		{"INSERT INTO hetu.session (hash, account_id, made_at, turned_at, seen_at, ends_at, ip, agent) VALUES (sha256('x'), " + id + ", now(), now(), now(), now() + interval '1 hour', '', '')", "session", `"account_id": ` + id},
		{"INSERT INTO hetu.invite (hash, account_id, made_at, ends_at) VALUES (sha256('x'), " + id + ", now(), now() + interval '1 hour')", "invite of account " + id, "ends_at"},
		{"INSERT INTO hetu.api_key (id, hash, account_id, name, roles, made_at, ends_at) VALUES ('abcdef012345', sha256('x'), " + id + ", 'k', '{admin}', now(), now() + interval '1 hour')", "api_key abcdef012345", `"roles": ["admin"]`},
	} {
		if err := db.Exec(t.Context(), "hetu_rw", write.sql); err != nil {
			t.Fatalf("%s: %v", write.sql, err)
		}
		told := textOf(t, db, "SELECT actor || ' ' || object || ' ' || detail FROM hetu.access_audit ORDER BY id DESC LIMIT 1")
		if !strings.HasPrefix(told, "database role ") || !strings.Contains(told, write.object) || !strings.Contains(told, write.detail) || strings.Contains(told, "secret") || strings.Contains(told, `"hash"`) {
			t.Errorf("%s: told %q", write.sql, told)
		}
	}
	rows := countAs(t, db, "SELECT count(*) FROM hetu.access_audit")
	if err := db.Exec(t.Context(), "hetu_rw", "UPDATE hetu.api_key SET used_at = now(); UPDATE hetu.session SET seen_at = now()"); err != nil {
		t.Fatal(err)
	}
	if n := countAs(t, db, "SELECT count(*) FROM hetu.access_audit"); n != rows {
		t.Errorf("that a key is used is told %d times", n-rows)
	}
	if v, err := db.Store.VerifyAudit(t.Context()); err != nil || v.Fault != nil {
		t.Errorf("the chain: %+v, %v", v.Fault, err)
	}
}
