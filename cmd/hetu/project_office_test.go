package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/cluster"
	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
)

type object = map[string]any

// office is a server on a store of its own, where the boundary of a river is drawn, checked and announced, and which is killed meanwhile.
type office struct {
	dir, temp, next              string // the data folder, that of temporary files, and the file that names where the server dies next
	server                       *server
	planner, reviewer, publisher string // keys
	county, river                int64
	length                       float64
}

// newOffice starts a server with a river of 10 km and those who mark its boundary.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{dir: dataDir(t), temp: dataDir(t)}
	o.next = filepath.Join(dataDir(t), "next")
	o.serve(t)
	store := o.store(t)
	defer store.Close()
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.40, 26.60, 106.45, 26.60, 106.50, 26.60}), "mouth")
	o.length = route.FlatCoords()[2]
	b, err := store.NewBatch(t.Context(), "test", "the ground")
	if err != nil {
		t.Fatal(err)
	}
	rec := func(key string) pg.Record { return pg.Record{Key: pg.Key(key), Source: "test"} }
	ground := geom.NewMultiPolygonFlat(geom.XY, []float64{106.3, 26.5, 106.6, 26.5, 106.6, 26.7, 106.3, 26.7, 106.3, 26.5}, [][]int{{10}})
	err = b.Add(t.Context(),
		pg.Division{Record: rec("county"), CodeScheme: "local", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Geom: ground},
		pg.River{Record: rec("r"), CodeScheme: "local", Code: "R1", Name: "示例河", RiverKind: "river", Division: "county"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: o.length, Geom: route},
	)
	if err == nil {
		_, err = b.Merge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	o.county, o.river = o.number(t, "SELECT id FROM hetu.division"), o.number(t, "SELECT id FROM hetu.river")
	o.person(t, store, "admin", access.Admin) // with none each start makes a link for one
	for name, role := range map[string]access.Role{"wang": access.Planner, "zhao": access.Reviewer, "qian": access.Publisher} {
		*map[access.Role]*string{access.Planner: &o.planner, access.Reviewer: &o.reviewer, access.Publisher: &o.publisher}[role] = o.person(t, store, name, role)
	}
	return o
}

// person makes an account that has a role over the county, and gives a key of his.
func (o *office) person(t *testing.T, store *pg.Store, name string, role access.Role) string {
	t.Helper()
	by := access.Actor{Name: "test"}
	account, err := store.NewAccount(t.Context(), by, access.Account{Name: name, DisplayName: name, Division: o.county})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = store.Grant(t.Context(), by, account, access.Grant{Role: role, Division: o.county}); err != nil {
		t.Fatal(err)
	}
	id, shown, hash := api.NewKey()
	if err = store.NewKey(t.Context(), by, access.Key{ID: id, Account: account, Name: "test", Roles: []access.Role{role}, Division: o.county, EndsAt: time.Now().AddDate(0, 0, 2)}, hash); err != nil {
		t.Fatal(err)
	}
	return shown
}

// env is what all processes of the office are told.
func (o *office) env() []string { return []string{"TMPDIR=" + o.temp, "HETU_FAULT_FILE=" + o.next} }

func (o *office) serve(t *testing.T) {
	t.Helper()
	o.server = serveWith(t, o.dir, o.env())
}

func (o *office) dsn(t *testing.T, role cluster.Role) string {
	t.Helper()
	at, err := cluster.Locate(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	return at.DSN(role)
}

func (o *office) store(t *testing.T) *pg.Store {
	t.Helper()
	s, err := pg.Open(t.Context(), pg.Config{ReadDSN: o.dsn(t, cluster.ReadOnly), WriteDSN: o.dsn(t, cluster.ReadWrite), ReadConns: 1, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// text gives the one text that a question of SQL has for an answer.
func (o *office) text(t *testing.T, sql string, args ...any) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), o.dsn(t, cluster.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err = conn.QueryRow(t.Context(), sql, args...).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func (o *office) number(t *testing.T, sql string, args ...any) (n int64) {
	t.Helper()
	if _, err := fmt.Sscan(o.text(t, "SELECT ("+sql+")::text", args...), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// request is what is asked of the server.
type request struct {
	key, method, path string
	body              []byte
	header            []string // as "Name: value"
}

// jsonOf is a request with a body of JSON.
func jsonOf(key, method, path string, body any, header ...string) request {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // of the test's own making
	}
	return request{key, method, path, text, append(header, "Content-Type: application/json")}
}

// answer is what comes back; err says that none came, or half of one.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (a answer) String() string {
	return fmt.Sprintf("%d %v %.300s", a.status, a.err, a.body)
}

// ok tells whether what was asked for was done, as far as was told.
func (a answer) ok() bool { return a.err == nil && a.status < http.StatusMultipleChoices }

// ask sends a request once, on a connection of its own: what is asked again is asked by the test.
func (o *office) ask(ctx context.Context, r request) answer {
	req, err := http.NewRequestWithContext(ctx, r.method, o.server.url+r.path, bytes.NewReader(r.body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	for _, h := range r.header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}, Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, body, errors.Join(err, resp.Body.Close())}
}

// must asks for what is to be done, and reads the answer.
func (o *office) must(t *testing.T, r request, into any) answer {
	t.Helper()
	a := o.ask(t.Context(), r)
	if !a.ok() {
		t.Fatalf("%s %s: %v; the server said: %s", r.method, r.path, a, o.server.stderr)
	}
	if into != nil {
		if err := json.Unmarshal(a.body, into); err != nil {
			t.Fatalf("%s %s: %v: %v", r.method, r.path, err, a)
		}
	}
	return a
}

// begin begins a project over the whole river, and gives its path.
func (o *office) begin(t *testing.T) string {
	t.Helper()
	var made struct {
		ID int64 `json:"project_id"`
	}
	o.must(t, jsonOf(o.planner, http.MethodPost, "/api/v1/projects", object{
		"name": "示例河划界", "river_id": o.river, "division_id": o.county, "lead_level": 3, "rule_profile": "width-kaiping",
	}), &made)
	return fmt.Sprintf("/api/v1/projects/%d", made.ID)
}

// revision is that of a project, as a header.
func (o *office) revision(t *testing.T, project string) string {
	t.Helper()
	return "If-Match: " + o.must(t, request{key: o.reviewer, method: http.MethodGet, path: project}, nil).header.Get("Etag")
}

// lines are those of both banks, of so many vertices, so far from the river.
func (o *office) lines(vertices int, off float64) object {
	var changes []object
	for bank, side := range map[string]float64{"left": 1, "right": -1} {
		var line [][]float64
		for i := range vertices {
			line = append(line, []float64{106.40 + 0.1*float64(i)/float64(vertices-1), 26.60 + side*off/110_700})
		}
		changes = append(changes, object{"bank": bank, "from_m": 0, "to_m": o.length, "pieces": []object{{
			"from_m": 0, "to_m": o.length, "basis": "natural_bank", "width_m": 10, "reason": "测试", "geometry": object{"type": "LineString", "coordinates": line},
		}}})
	}
	return object{"note": "测试", "changes": changes}
}

// committing is a commit of both banks.
func (o *office) committing(t *testing.T, project, key string, vertices int, off float64) request {
	t.Helper()
	return jsonOf(o.planner, http.MethodPost, project+"/commits", o.lines(vertices, off), o.revision(t, project), "Idempotency-Key: "+key)
}

func (o *office) move(t *testing.T, key, project string, body object) {
	t.Helper()
	o.must(t, jsonOf(key, http.MethodPost, project+"/transitions", body, o.revision(t, project)), nil)
}

// approved draws a boundary and brings it to where it can be announced, in the place of another project's when there is one.
func (o *office) approved(t *testing.T, was string, off float64) string {
	t.Helper()
	project := o.begin(t)
	o.must(t, o.committing(t, project, project, 3, off), nil)
	if was != "" {
		o.changeOf(t, was, project)
	}
	o.move(t, o.planner, project, object{"to": "checked"})
	var found struct {
		Findings []struct {
			ID       int64   `json:"id"`
			Severity string  `json:"severity"`
			WaivedBy *string `json:"waived_by"`
		} `json:"findings"`
	}
	o.must(t, request{key: o.reviewer, method: http.MethodGet, path: project + "/findings"}, &found)
	for _, f := range found.Findings {
		if f.Severity == "info" {
			continue // what could not be looked at is not waived
		}
		o.must(t, jsonOf(o.reviewer, http.MethodPost, project+"/waivers", object{"finding_id": f.ID, "reason": "示例"}), nil)
	}
	o.move(t, o.reviewer, project, object{"to": "consulted"})
	o.move(t, o.reviewer, project, object{"to": "approved"})
	return project
}

// changeOf has a project asked to change what another announced, and lets it.
func (o *office) changeOf(t *testing.T, was, project string) {
	t.Helper()
	var seen struct {
		Revision int `json:"revision"`
	}
	var lines struct {
		Pieces []struct {
			ID int64 `json:"id"`
		} `json:"pieces"`
	}
	o.must(t, request{key: o.planner, method: http.MethodGet, path: was}, &seen)
	o.must(t, request{key: o.planner, method: http.MethodGet, path: fmt.Sprintf("%s/versions/%d", was, seen.Revision)}, &lines)
	ids := []int64{}
	for _, p := range lines.Pieces {
		ids = append(ids, p.ID)
	}
	o.must(t, jsonOf(o.planner, http.MethodPost, project+"/change-requests", object{"boundary_ids": ids, "cause": "works", "reason": "堤防加固"}), nil)
	var asked struct {
		Requests []struct {
			ID int64 `json:"id"`
		} `json:"change_requests"`
	}
	o.must(t, request{key: o.planner, method: http.MethodGet, path: project + "/change-requests"}, &asked)
	for _, r := range asked.Requests {
		o.must(t, jsonOf(o.reviewer, http.MethodPost, fmt.Sprintf("%s/change-requests/%d/decision", project, r.ID), object{"approve": true}), nil)
	}
}

// filing sends the file of an announcement.
func (o *office) filing(text []byte) request {
	return request{key: o.publisher, method: http.MethodPost, path: "/api/v1/documents/files", body: text, header: []string{"Content-Type: application/pdf"}}
}

// announcement files the announcement of which a file was sent.
func (o *office) announcement(t *testing.T, number, sha256 string) (id int64) {
	t.Helper()
	var made struct {
		ID int64 `json:"id"`
	}
	o.must(t, jsonOf(o.publisher, http.MethodPost, "/api/v1/documents", object{
		"kind": "announcement", "number": number, "title": "关于公布示例河管理范围的公告", "issuer": "甲县人民政府", "dated": geo.DateOf(time.Now()).String(), "file_sha256": sha256, "division_id": o.county,
	}), &made)
	return made.ID
}

// backEnd is the process of PostgreSQL that writes for the server, or any other that works for it.
func (o *office) backEnd(ctx context.Context, conn *pgx.Conn) (pid int, err error) {
	err = conn.QueryRow(ctx, "SELECT pid FROM pg_stat_activity WHERE usename IN ('hetu_rw', 'hetu_ro') ORDER BY usename DESC, state <> 'idle' DESC, random() LIMIT 1").Scan(&pid)
	return pid, err
}

// whole fails unless all that is stored fits together: every revision has its entry, its audit row and its place in the feed; the lines of a project are
// of its status, all of one write; one line is in force on each bank and day; nothing is left in staging.
func (o *office) whole(t *testing.T, when string) {
	t.Helper()
	var faults []string
	for what, sql := range map[string]string{
		"revisions without an entry in the log":     `SELECT count(*) FROM hetu.project_version v WHERE NOT EXISTS (SELECT FROM hetu.project_commit l WHERE (l.project_id, l.revision) = (v.id, v.revision))`,
		"entries without a revision":                `SELECT count(*) FROM hetu.project_commit l WHERE NOT EXISTS (SELECT FROM hetu.project_version v WHERE (l.project_id, l.revision) = (v.id, v.revision))`,
		"revisions without an audit row":            `SELECT count(*) FROM hetu.project_version v WHERE NOT EXISTS (SELECT FROM hetu.audit a WHERE a.at = lower(v.recorded))`,
		"revisions without their place in the feed": `SELECT count(*) FROM hetu.project_version v WHERE NOT EXISTS (SELECT FROM hetu.change c WHERE (c.kind, c.feature_id, c.at) = ('project', v.id, lower(v.recorded)))`,
		"lines without their place in the feed":     `SELECT count(*) FROM hetu.boundary_version v WHERE NOT EXISTS (SELECT FROM hetu.change c WHERE (c.kind, c.feature_id, c.at) = ('boundary', v.id, lower(v.recorded)))`,
		"projects with lines of two writes or another status": `SELECT count(*) FROM hetu.project_version p WHERE upper_inf(p.recorded) AND p.status NOT IN ('superseded', 'withdrawn') AND EXISTS (
			SELECT FROM hetu.boundary_version b WHERE b.project_id = p.id AND upper_inf(b.recorded) AND upper_inf(b.valid) AND b.status <> 'superseded'
			HAVING count(*) NOT IN (0, 2) OR count(DISTINCT lower(b.recorded)) > 1 OR count(*) FILTER (WHERE b.status <> p.status) > 0)`,
		"days with two lines in force on a bank": `SELECT count(*) FROM hetu.boundary_version a JOIN hetu.boundary_version b ON a.id < b.id AND a.bank = b.bank AND a.valid && b.valid
			WHERE a.status = 'announced' AND b.status = 'announced' AND upper_inf(a.recorded) AND upper_inf(b.recorded)`,
		"announced lines without a document of a file": `SELECT count(*) FROM hetu.boundary_version b WHERE b.status = 'announced' AND NOT EXISTS (
			SELECT FROM hetu.legal_doc_version d JOIN hetu.file f ON f.sha256 = d.file_sha256 WHERE d.id = b.legal_doc_id AND upper_inf(d.recorded)) OR b.status = 'announced' AND b.geom_sha256 IS NULL`,
		"batches in staging": `SELECT count(*) FROM staging.batch`,
	} {
		faults = append(faults, fmt.Sprintf("SELECT '%s' AS what, (%s) AS n", what, sql))
	}
	if found := o.text(t, "SELECT coalesce(string_agg(n || ' ' || what, ', '), '') FROM ("+strings.Join(faults, " UNION ALL ")+") f WHERE n > 0"); found != "" {
		t.Errorf("%s: %s", when, found)
	}
	store := o.store(t)
	defer store.Close()
	if v, err := store.VerifyAudit(t.Context()); err != nil || v.Fault != nil {
		t.Errorf("%s: the audit does not hold: %v %+v", when, err, v.Fault)
	}
}

// all is a fingerprint of every row of every table, but of those that say when a key was used.
func (o *office) all(t *testing.T) string {
	t.Helper()
	tables := o.text(t, `SELECT string_agg(format('SELECT %L AS t, count(*) AS n, md5(coalesce(string_agg(r::text, E''\n'' ORDER BY r::text), '''')) AS sum FROM %I.%I r', schemaname || '.' || tablename, schemaname, tablename), ' UNION ALL ')
		FROM pg_tables WHERE schemaname IN ('hetu', 'staging') AND tablename NOT IN ('api_key', 'session')`)
	return o.text(t, "SELECT string_agg(t || ' ' || n || ' ' || sum, E'\n' ORDER BY t) FROM ("+tables+") x")
}

// differing are the lines of two fingerprints that differ.
func differing(a, b string) string {
	var out []string
	was := strings.Split(a, "\n")
	for i, line := range strings.Split(b, "\n") {
		if i >= len(was) || was[i] != line {
			out = append(out, line)
		}
	}
	return strings.Join(out, "; ")
}

// temporaries lists what is left of temporary files, but for what PostgreSQL keeps.
func (o *office) temporaries(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(o.temp, "hetu-export-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// killHard sends SIGKILL to a process, which may be gone.
func killHard(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// dieNext has the server die at a point; "" lets it live.
func (o *office) dieNext(t *testing.T, point string) {
	t.Helper()
	err := os.Remove(o.next)
	if point != "" {
		err = os.WriteFile(o.next, []byte(point), 0o600)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}
