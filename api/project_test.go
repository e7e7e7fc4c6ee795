package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/files"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/profiles"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
	"hetu/tiles/mvttext"
)

// plans is a server with a county of two towns, another county, and a river of ten kilometres that runs east through the first.
type plans struct {
	*httptest.Server
	store                         *pg.Store
	atlas                         *atlas.Atlas
	river, lead, town, other      int64
	planner, second               string // keys of planners of the town
	reviewer, publisher, stranger string
	length                        float64
}

func square(west, south, east, north float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{west, south, east, south, east, north, west, north, west, south}, [][]int{{10}})
}

// byRules checks lines by the quality rules, as the server does.
func byRules(ctx context.Context, s project.Subject) ([]demarc.Finding, error) {
	set, err := profiles.Load("")
	if err != nil {
		return nil, err
	}
	return gate.Checker{Profiles: set}.Check(ctx, s)
}

func newPlans(t *testing.T, check func(context.Context, project.Subject) ([]demarc.Finding, error)) *plans {
	t.Helper()
	return newPlansOn(t, pgtest.New(t, pgtest.Clock(today)), check)
}

func newPlansOn(t *testing.T, db *pgtest.Database, check func(context.Context, project.Subject) ([]demarc.Finding, error)) *plans {
	t.Helper()
	p := &plans{store: db.Store, atlas: atlas.New()}
	p.fill(t)
	if _, err := p.atlas.Load(t.Context(), db.Store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	kept, err := cache.New(p.atlas, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t, db.Store)
	cfg.Atlas, cfg.Tiles, cfg.Identity, cfg.Files, cfg.CheckFunc = p.atlas, kept, db.Store, files.New(t.TempDir()), check
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.Server = httptest.NewServer(handler)
	t.Cleanup(p.Close)
	return p
}

func (p *plans) fill(t *testing.T) {
	t.Helper()
	rec := func(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.40, 26.60, 106.45, 26.60, 106.50, 26.60}), "mouth")
	p.length = route.FlatCoords()[2]
	b, err := p.store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	err = b.Add(t.Context(),
		pg.Division{Record: rec("county"), CodeScheme: "local", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Geom: square(106.3, 26.5, 106.6, 26.7)},
		pg.Division{Record: rec("town"), CodeScheme: "local", Code: "520181101", Name: "甲乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: square(106.3, 26.5, 106.6, 26.7)},
		pg.Division{Record: rec("other"), CodeScheme: "local", Code: "520182", Name: "乙县", Level: geo.County, Kind: "县", Geom: square(106.6, 26.5, 106.9, 26.7)},
		pg.River{Record: rec("r"), CodeScheme: "local", Code: "HL0001", Name: "示例河", RiverKind: "river", Division: "county"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: p.length, Geom: route},
		pg.Problem{Record: rec("spot"), Type: "乱占", Status: "found", FoundOn: geo.DateOf(today()), River: "r", Geom: geom.NewPointFlat(geom.XY, []float64{106.42, 26.6 + 40.0/110_700})},
	)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	rivers, _, err := p.store.Rivers(t.Context(), momentToday(), "示例河", 1)
	if err != nil || len(rivers) != 1 {
		t.Fatalf("%v %v", rivers, err)
	}
	p.river = rivers[0].ID
	p.lead, p.town, p.other = p.division(t, "甲县"), p.division(t, "甲乡"), p.division(t, "乙县")
	p.planner = newKey(t, p.store, newAccount(t, p.store, "wang", access.Planner, p.town))
	p.second = newKey(t, p.store, newAccount(t, p.store, "li", access.Planner, p.town))
	p.reviewer = newKey(t, p.store, newAccount(t, p.store, "zhao", access.Reviewer, p.lead))
	p.publisher = newKey(t, p.store, newAccount(t, p.store, "qian", access.Publisher, p.lead))
	p.stranger = newKey(t, p.store, newAccount(t, p.store, "yi", access.Planner, p.other))
}

func (p *plans) division(t *testing.T, name string) int64 {
	t.Helper()
	found, _, err := p.store.Places(t.Context(), momentToday(), name, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Kind == "division" && f.Name == name {
			return f.ID
		}
	}
	t.Fatalf("no division %s in %+v", name, found)
	return 0
}

// call sends a request with a key, holds the exchange against the contract and reads the answer into v.
func (p *plans) call(t *testing.T, key, method, path string, body, v any, headers ...string) *http.Response {
	t.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		sent = b
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	if sent != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", key)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := p.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	underTest(t, exchange{req: req, sent: sent, status: resp.StatusCode, header: resp.Header, body: answer})
	if v != nil && len(answer) > 0 {
		if err := json.Unmarshal(answer, v); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
	if t.Failed() || resp.StatusCode >= 500 {
		t.Logf("%s %s: %d %.2000s", method, path, resp.StatusCode, answer)
	}
	return resp
}

// must is call of what is to succeed.
func (p *plans) must(t *testing.T, key, method, path string, body, v any, headers ...string) *http.Response {
	t.Helper()
	var problem problemBody
	into := &json.RawMessage{}
	resp := p.call(t, key, method, path, body, into, headers...)
	if resp.StatusCode >= 300 {
		_ = json.Unmarshal(*into, &problem)
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, *into)
	}
	if v != nil {
		if err := json.Unmarshal(*into, v); err != nil {
			t.Fatal(err)
		}
	}
	return resp
}

type obj = map[string]any

// begin makes a project over the whole river.
func (p *plans) begin(t *testing.T) string {
	t.Helper()
	var made project.Made
	resp := p.must(t, p.planner, http.MethodPost, "/api/v1/projects", obj{
		"name": "示例河划界", "river_id": p.river, "division_id": p.town, "lead_level": 4, "rule_profile": "width-kaiping",
	}, &made)
	want := fmt.Sprintf("/api/v1/projects/%d", made.Project)
	if resp.StatusCode != http.StatusCreated || resp.Header.Get("Location") != want || resp.Header.Get("Etag") != `"1"` {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return want
}

// revision is that of a project, as a header.
func (p *plans) revision(t *testing.T, at string) string {
	t.Helper()
	return "If-Match: " + p.must(t, p.reviewer, http.MethodGet, at, nil, nil).Header.Get("Etag")
}

// change is a line of one bank over a range, off metres from the river.
func (p *plans) change(bank string, from, to, off float64) obj {
	lat := 26.6 + off/110_700
	if bank == "right" {
		lat = 26.6 - off/110_700
	}
	lon := func(m float64) float64 { return 106.50 - m/p.length*0.1 }
	line := obj{"type": "LineString", "coordinates": [][]float64{{lon(to), lat}, {(lon(from) + lon(to)) / 2, lat}, {lon(from), lat}}}
	return obj{"bank": bank, "from_m": from, "to_m": to, "pieces": []obj{
		{"from_m": from, "to_m": to, "basis": "natural_bank", "width_m": 10, "reason": "测试", "geometry": line},
	}}
}

func (p *plans) commit(t *testing.T, key, at, ifMatch string, changes ...obj) *http.Response {
	t.Helper()
	return p.call(t, key, http.MethodPost, at+"/commits", obj{"note": "测试", "changes": changes}, nil, ifMatch)
}

func (p *plans) move(t *testing.T, key, at string, body obj) {
	t.Helper()
	p.must(t, key, http.MethodPost, at+"/transitions", body, nil, p.revision(t, at))
}

// announcement files a document with its file, and gives its id and the file's address.
func (p *plans) announcement(t *testing.T, number, text string) (id int64, file string) {
	t.Helper()
	var kept struct {
		SHA256 string `json:"sha256"`
	}
	resp := p.must(t, p.publisher, http.MethodPost, "/api/v1/documents/files", []byte("%PDF-1.7 "+text), &kept, "Content-Type: application/pdf")
	var d struct {
		ID int64 `json:"id"`
	}
	p.must(t, p.publisher, http.MethodPost, "/api/v1/documents", obj{
		"kind": "announcement", "number": number, "title": "关于公布示例河管理范围的公告", "issuer": "甲县人民政府", "dated": "2026-11-24", "file_sha256": kept.SHA256, "division_id": p.lead,
	}, &d)
	return d.ID, resp.Header.Get("Location")
}

// announce takes a project from its draft to the announcement.
func (p *plans) announce(t *testing.T, at, number, effective string) (file string) {
	t.Helper()
	p.move(t, p.planner, at, obj{"to": "checked"})
	p.waiveAll(t, at)
	p.move(t, p.reviewer, at, obj{"to": "consulted"})
	p.move(t, p.reviewer, at, obj{"to": "approved"})
	doc, file := p.announcement(t, number, number)
	p.move(t, p.publisher, at, obj{"to": "announced", "legal_doc_id": doc, "effective_from": effective})
	return file
}

// findingsBody are stored findings; open leaves out what could not be looked at, which is not waived.
type findingsBody struct {
	Findings []struct {
		ID       int64   `json:"id"`
		Rule     string  `json:"rule"`
		Severity string  `json:"severity"`
		WaivedBy *string `json:"waived_by"`
		En       string  `json:"en"`
	}
}

func (b *findingsBody) open() {
	kept := b.Findings[:0]
	for _, f := range b.Findings {
		if f.Severity != "info" {
			kept = append(kept, f)
		}
	}
	b.Findings = kept
}

func (p *plans) waiveAll(t *testing.T, at string) {
	t.Helper()
	var found findingsBody
	p.must(t, p.planner, http.MethodGet, at+"/findings", nil, &found)
	found.open()
	for _, f := range found.Findings {
		if f.WaivedBy == nil {
			p.must(t, p.reviewer, http.MethodPost, at+"/waivers", obj{"finding_id": f.ID, "reason": "示例"}, nil)
		}
	}
}

// tile gives the boundaries of a tile that has all of the river, as text.
func (p *plans) tile(t *testing.T, set, asOf string) string {
	t.Helper()
	d, err := geo.ParseDate(asOf)
	if err != nil {
		t.Fatal(err)
	}
	addr, err := tiles.WebMercatorQuad.ParseAddress(set, "11", "1629", "866", d)
	if err != nil {
		t.Fatal(err)
	}
	a := atlas.New()
	if _, err := a.Load(t.Context(), p.store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	text, err := mvttext.Text(a.Tile(addr, nil).Data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Scenario 28: v1 is published, then changed after the levee was rebuilt: v2 is in force later. Tiles and Q2 differ before and after that day, the
// diff gives what was gained and lost, and the old document still opens by its hash.
func TestScenario_28(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	first := p.begin(t)
	p.commit(t, p.planner, first, `If-Match: "1"`, p.change("left", 0, p.length, 30), p.change("right", 0, p.length, 30))
	oldFile := p.announce(t, first, "甲政告〔2026〕1号", "2026-12-01")

	second := p.begin(t)
	p.commit(t, p.planner, second, `If-Match: "1"`, p.change("left", 0, p.length, 50), p.change("right", 0, p.length, 20))
	p.changesAnnounced(t, first, second)
	p.announce(t, second, "甲政告〔2027〕2号", "2027-06-01")

	before, between, after := p.tile(t, "boundary", "2026-11-30"), p.tile(t, "boundary", "2027-05-31"), p.tile(t, "boundary", "2027-06-01")
	if strings.Contains(before, "LINESTRING") || strings.Count(between, "LINESTRING") != 2 || strings.Count(after, "LINESTRING") != 2 || between == after {
		t.Errorf("tiles:\n%s\n%s\n%s", before, between, after)
	}
	touched := func(asOf string) string {
		polygon := obj{"type": "Polygon", "coordinates": [][][]float64{{{106.41, 26.59}, {106.43, 26.59}, {106.43, 26.61}, {106.41, 26.61}, {106.41, 26.59}}}}
		var answer struct {
			Boundaries []struct {
				ID       int64
				Document *struct{ Number string }
			}
		}
		p.must(t, "", http.MethodPost, "/api/v1/touches?as_of="+asOf, polygon, &answer, "Content-Type: application/geo+json")
		var numbers []string
		for _, b := range answer.Boundaries {
			if b.Document != nil {
				numbers = append(numbers, b.Document.Number)
			}
		}
		return strings.Join(numbers, " ")
	}
	if a, b, c := touched("2026-11-30"), touched("2027-05-31"), touched("2027-06-01"); a != "" || b != "甲政告〔2026〕1号 甲政告〔2026〕1号" || c != "甲政告〔2027〕2号 甲政告〔2027〕2号" {
		t.Errorf("Q2: %q, %q, %q", a, b, c)
	}
	p.diffOf28(t, second)
	file := p.call(t, "", http.MethodGet, oldFile, nil, nil)
	if file.StatusCode != http.StatusOK || file.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the old document: %d %v", file.StatusCode, file.Header)
	}
	var old projectSeen
	p.must(t, p.planner, http.MethodGet, first, nil, &old)
	if old.Status != "superseded" {
		t.Errorf("the first project is %s", old.Status)
	}
}

type projectSeen struct {
	ID       int64  `json:"id"`
	Revision int    `json:"revision"`
	Status   string `json:"status"`
}

// changesAnnounced asks, and has approved, that a project changes what another announced; before that it is not announced.
func (p *plans) changesAnnounced(t *testing.T, first, second string) {
	t.Helper()
	var v struct {
		Pieces []struct {
			ID int64 `json:"id"`
		}
	}
	var seen projectSeen
	p.must(t, p.planner, http.MethodGet, first, nil, &seen)
	p.must(t, p.planner, http.MethodGet, fmt.Sprintf("%s/versions/%d", first, seen.Revision), nil, &v)
	var ids []int64
	for _, b := range v.Pieces {
		ids = append(ids, b.ID)
	}
	p.must(t, p.planner, http.MethodPost, second+"/change-requests", obj{"boundary_ids": ids, "cause": "works", "reason": "堤防加固"}, nil)
	var asked struct {
		ChangeRequests []struct {
			ID     int64  `json:"id"`
			Status string `json:"status"`
		} `json:"change_requests"`
	}
	p.must(t, p.planner, http.MethodGet, second+"/change-requests", nil, &asked)
	if len(asked.ChangeRequests) != 2 {
		t.Fatalf("%+v", asked)
	}
	for _, c := range asked.ChangeRequests {
		p.must(t, p.reviewer, http.MethodPost, fmt.Sprintf("%s/change-requests/%d/decision", second, c.ID), obj{"approve": true}, nil)
	}
}

// diffOf28 holds the diff of what was in force against a strip computed by hand: twenty metres out on the left, ten in on the right, 9.95 km long.
func (p *plans) diffOf28(t *testing.T, second string) {
	t.Helper()
	var diff struct {
		Banks []struct {
			Bank     string
			LargestM float64 `json:"largest_m"`
			Gained   struct {
				M2     float64
				Towns  []struct{ Division struct{ Name string } }
				Inside []struct{ Kind string }
			}
			Lost struct{ M2 float64 }
		}
	}
	p.must(t, p.planner, http.MethodGet, second+"/diff?from=announced&as_of=2027-05-31", nil, &diff)
	if len(diff.Banks) != 2 {
		t.Fatalf("%+v", diff)
	}
	left, right := diff.Banks[0], diff.Banks[1]
	near := func(got, want float64) bool { return got > want*0.99 && got < want*1.01 }
	if !near(left.Gained.M2, 20*p.length) || left.Lost.M2 != 0 || !near(left.LargestM, 20) {
		t.Errorf("left: %+v, want %f", left, 20*p.length)
	}
	if !near(right.Lost.M2, 10*p.length) || right.Gained.M2 != 0 || !near(right.LargestM, 10) {
		t.Errorf("right: %+v, want %f", right, 10*p.length)
	}
	if len(left.Gained.Towns) != 1 || left.Gained.Towns[0].Division.Name != "甲乡" || len(left.Gained.Inside) != 1 {
		t.Errorf("left, gained: %+v", left.Gained)
	}
}

// Who has no role over a project's division or a partner's is told of nothing that it has, in the words that he would be told if it were not there.
func TestProjectsAreSecret(t *testing.T) {
	t.Parallel()
	p := newPlans(t, byRules)
	at := p.begin(t)
	p.commit(t, p.planner, at, `If-Match: "1"`, p.change("left", 0, p.length, 30))
	p.must(t, p.reviewer, http.MethodPost, at+"/comments", obj{"revision": 2, "bank": "left", "from_m": 0, "to_m": 10, "text": "?"}, nil)
	const none = "/api/v1/projects/424242"
	paths := []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "", nil},
		{http.MethodGet, "/commits", nil},
		{http.MethodGet, "/versions/2", nil},
		{http.MethodGet, "/diff?from=1", nil},
		{http.MethodGet, "/draft/ops", nil},
		{http.MethodGet, "/comments", nil},
		{http.MethodGet, "/leases", nil},
		{http.MethodGet, "/findings", nil},
		{http.MethodGet, "/change-requests", nil},
		{http.MethodPatch, "", obj{"name": "x"}},
		{http.MethodPost, "/commits", obj{"changes": []obj{p.change("left", 0, 10, 30)}}},
		{http.MethodPost, "/transitions", obj{"to": "checked"}},
		{http.MethodPost, "/comments", obj{"revision": 1, "bank": "left", "from_m": 0, "to_m": 10, "text": "?"}},
		{http.MethodPost, "/comments/1/resolve", obj{"resolution": "x"}},
		{http.MethodPut, "/leases/abcdefgh", obj{"bank": "left", "from_m": 0, "to_m": 10}},
		{http.MethodDelete, "/leases/abcdefgh", nil},
		{http.MethodPost, "/waivers", obj{"finding_id": 1, "reason": "x"}},
		{http.MethodPost, "/change-requests", obj{"boundary_ids": []int64{1}, "cause": "works", "reason": "x"}},
		{http.MethodPost, "/change-requests/1/decision", obj{"approve": true}},
		{http.MethodPost, "/draft/ops", obj{"session": "abcdefgh", "ops": []obj{{"seq": 1, "base_revision": 1, "op": obj{}}}}},
	}
	for _, tt := range paths {
		for name, key := range map[string]string{"public": "", "another county's": p.stranger} {
			for _, ifMatch := range []string{`If-Match: "1"`, "X-None: 1"} {
				var is, isNot problemBody
				a := p.call(t, key, tt.method, at+tt.path, tt.body, &is, ifMatch)
				b := p.call(t, key, tt.method, none+tt.path, tt.body, &isNot, ifMatch)
				if a.StatusCode != http.StatusNotFound || b.StatusCode != http.StatusNotFound {
					t.Errorf("%s: %s %s: %d, where there is none %d", name, tt.method, tt.path, a.StatusCode, b.StatusCode)
				}
				is.Detail, is.Instance = strings.ReplaceAll(is.Detail, at[strings.LastIndex(at, "/")+1:], "424242"), isNot.Instance
				for i := range is.Errors {
					is.Errors[i].Detail = strings.ReplaceAll(is.Errors[i].Detail, at[strings.LastIndex(at, "/")+1:], "424242")
				}
				if d := cmp.Diff(isNot, is); d != "" {
					t.Errorf("%s: %s %s: what is there is told: %s", name, tt.method, tt.path, d)
				}
			}
		}
	}
	var listed struct{ Projects []projectSeen }
	p.must(t, p.stranger, http.MethodGet, "/api/v1/projects", nil, &listed)
	if len(listed.Projects) != 0 {
		t.Errorf("listed to another county: %+v", listed)
	}
	if resp := p.call(t, "", http.MethodGet, "/api/v1/projects", nil, nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the list to the public: %d", resp.StatusCode)
	}
	if text := p.tile(t, "boundary", "2026-12-01"); strings.Contains(text, "LINESTRING") {
		t.Errorf("a draft is in the public's tile: %s", text)
	}
}

func momentToday() duty.Moment { return duty.Moment{AsOf: geo.DateOf(today())} }
