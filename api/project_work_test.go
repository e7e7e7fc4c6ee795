package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/demarc"
)

// What a commit says in If-Match decides: none is 428, a revision whose ranges nobody touched since goes in, else 412 tells base and theirs. Sent again with
// its key it is answered as before and not done twice; another request under the key is refused.
func TestCommitsOverHTTP(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	at := p.begin(t)
	if resp := p.commit(t, p.planner, at, "X-None: 1", p.change("left", 0, 1000, 30)); resp.StatusCode != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d", resp.StatusCode)
	}
	for _, bad := range []string{"If-Match: *", "If-Match: 1", `If-Match: "x"`, `If-Match: "0"`, `If-Match: "99"`} {
		if resp := p.commit(t, p.planner, at, bad, p.change("left", 0, 1000, 30)); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, resp.StatusCode)
		}
	}
	first := obj{"changes": []obj{p.change("left", 0, 1000, 30)}}
	var made, again struct{ Revision int }
	p.must(t, p.planner, http.MethodPost, at+"/commits", first, &made, `If-Match: "1"`, "Idempotency-Key: k1")
	resp := p.must(t, p.planner, http.MethodPost, at+"/commits", first, &again, `If-Match: "1"`, "Idempotency-Key: k1")
	if made.Revision != 2 || again.Revision != 2 || resp.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("sent again: %d, then %d", made.Revision, again.Revision)
	}
	if resp := p.call(t, p.planner, http.MethodPost, at+"/commits", obj{"changes": []obj{p.change("left", 0, 1000, 31)}}, nil, `If-Match: "1"`, "Idempotency-Key: k1"); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("another request under the key: %d", resp.StatusCode)
	}
	if resp := p.commit(t, p.second, at, `If-Match: "1"`, p.change("right", 0, 1000, 30)); resp.StatusCode != http.StatusCreated {
		t.Errorf("the other bank, on an older revision: %d", resp.StatusCode)
	}
	p.conflict(t, at)
}

func (p *plans) conflict(t *testing.T, at string) {
	t.Helper()
	var told struct {
		Status   int
		Conflict struct {
			Revision     int
			Since        []struct{ By string }
			Base, Theirs []struct{ Bank string }
		}
	}
	resp := p.call(t, p.second, http.MethodPost, at+"/commits", obj{"changes": []obj{p.change("left", 0, 1000, 40)}}, &told, `If-Match: "1"`)
	if c := told.Conflict; resp.StatusCode != http.StatusPreconditionFailed || c.Revision != 3 || len(c.Since) != 1 || c.Since[0].By != "wang" || len(c.Base) != 0 || len(c.Theirs) != 1 {
		t.Errorf("%d %+v", resp.StatusCode, told)
	}
	var log struct {
		Commits []struct {
			Revision int
			By       string
		}
	}
	p.must(t, p.reviewer, http.MethodGet, at+"/commits", nil, &log)
	for i, l := range log.Commits {
		if l.Revision != i+1 {
			t.Errorf("the log: %+v", log)
		}
	}
	if len(log.Commits) != 3 {
		t.Errorf("the log: %+v", log)
	}
}

// Bad bodies are refused at their place and change nothing; positions come back with the nine decimals that were sent.
func TestBadCommits(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	at := p.begin(t)
	line := func(text string) string {
		return `{"changes":[{"bank":"left","from_m":0,"to_m":9900,"pieces":[{"from_m":0,"to_m":9900,"basis":"natural_bank","width_m":10,"geometry":` + text + `}]}]}`
	}
	tests := []struct {
		body   string
		status int
	}{
		{``, 400},
		{`{`, 400},
		{`[]`, 400},
		{`{"changes":[]}`, 422},
		{`{"changes":[{"bank":"left"}]}`, 400},
		{`{"changes":[{"bank":"both","from_m":0,"to_m":1}]}`, 422},
		{`{"changes":[{"bank":"left","from_m":0,"to_m":1e999}]}`, 400},
		{`{"changes":[{"bank":"left","from_m":0,"to_m":1,"x":1}]}`, 400},
		{`{"changes":[{"bank":"left","from_m":0,"to_m":1,"bank":"right"}]}`, 400},
		{line(`{"type":"Point","coordinates":[[106.4,26.6],[106.5,26.6]]}`), 400},
		{line(`{"type":"LineString","coordinates":[[106.4,26.6]]}`), 422},
		{line(`{"type":"LineString","coordinates":[[106.4,26.6,1],[106.5,26.6,1]]}`), 400},
		{line(`{"type":"LineString","coordinates":[[26.6,106.4],[26.6,106.5]]}`), 422},
		{line(`{"type":"LineString","coordinates":[[106.4,26.6],[106.4,26.6]]}`), 422},
		{line(`{"type":"LineString","coordinates":[["106.4",26.6],[106.5,26.6]]}`), 400},
		{line(`{"type":"LineString","coordinates":[[106.7,26.6],[106.8,26.6]]}`), 422}, // beside no part of the route
		{line(`{"type":"LineString","coordinates":[[106.40,26.601],[106.40,26.9],[106.5,26.601]]}`), 403},
		{line(`{"type":"LineString","coordinates":[[106.40,26.601],[106.41,26.601]]}`), 422}, // beside another part

		{strings.Replace(line(`null`), "natural_bank", "\\u0000", 1), 400},
	}
	for _, tt := range tests {
		var told problemBody
		resp := p.call(t, p.planner, http.MethodPost, at+"/commits", []byte(tt.body), &told, `If-Match: "1"`)
		if resp.StatusCode != tt.status || told.Status != tt.status || told.Detail == "" {
			t.Errorf("%.120s: %d %+v, want %d", tt.body, resp.StatusCode, told, tt.status)
		}
	}
	sent := line(`{"type":"LineString","coordinates":[[106.400512345,26.601234567],[106.4999999999,26.6]]}`)
	p.must(t, p.planner, http.MethodPost, at+"/commits", []byte(sent), nil, `If-Match: "1"`)
	var v json.RawMessage
	p.must(t, p.planner, http.MethodGet, at+"/versions/2", nil, &v)
	if !strings.Contains(string(v), `[[106.400512345,26.601234567],[106.5,26.6]]`) {
		t.Errorf("it came back as %s", v)
	}
}

// The operations of a draft are numbered: sent again they are passed over, and neither a gap nor another operation under a number is taken.
func TestDraftOps(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	at := p.begin(t)
	op := func(seq int, text string) obj { return obj{"seq": seq, "base_revision": 1, "op": obj{"kind": text}} }
	send := func(key string, ops ...obj) (int, int) {
		var told struct {
			Last int `json:"last_seq"`
		}
		resp := p.call(t, key, http.MethodPost, at+"/draft/ops", obj{"session": "session-1", "ops": ops}, &told)
		return resp.StatusCode, told.Last
	}
	for _, tt := range []struct {
		key          string
		ops          []obj
		status, last int
	}{
		{p.planner, []obj{op(1, "a"), op(2, "b")}, 200, 2},
		{p.planner, []obj{op(1, "a"), op(2, "b"), op(3, "c")}, 200, 3},
		{p.planner, []obj{op(2, "b")}, 200, 3},
		{p.planner, []obj{op(5, "e")}, 409, 0},
		{p.planner, []obj{op(3, "x")}, 409, 0},
		{p.planner, []obj{op(4, "d"), op(6, "f")}, 400, 0},
		{p.second, []obj{op(4, "d")}, 409, 0},
		{p.reviewer, []obj{op(4, "d")}, 403, 0},
	} {
		if status, last := send(tt.key, tt.ops...); status != tt.status || last != tt.last {
			t.Errorf("%v: %d, last %d, want %d, %d", tt.ops, status, last, tt.status, tt.last)
		}
	}
	var kept struct {
		Ops []struct {
			Seq int
			By  string
			Op  struct{ Kind string }
		}
	}
	p.must(t, p.reviewer, http.MethodGet, at+"/draft/ops?session=session-1&after=1", nil, &kept)
	if len(kept.Ops) != 2 || kept.Ops[1].Op.Kind != "c" || kept.Ops[0].By != "wang" {
		t.Errorf("%+v", kept)
	}
}

// What an account has open in a project is bounded, in number and in bytes, and so is a day; what is over is refused whole, and a commit or a discard makes
// room again.
func TestDraftOpsAreBounded(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Clock(today))
	p := newPlansOn(t, db, nil)
	at := p.begin(t)
	last := map[string]int{}
	var told struct {
		Detail string
		Last   int   `json:"last_seq"`
		Ops    int   `json:"open_ops"`
		Bytes  int64 `json:"open_bytes"`
	}
	// send appends n operations of so many bytes, as a session.
	send := func(want int, session string, n, bytes int) {
		t.Helper()
		sent := []obj{}
		for i := range n {
			sent = append(sent, obj{"seq": last[session] + 1 + i, "base_revision": 1, "op": obj{"x": strings.Repeat("x", bytes-len(`{"x":""}`))}})
		}
		if resp := p.call(t, p.planner, http.MethodPost, at+"/draft/ops", obj{"session": session, "ops": sent}, &told); resp.StatusCode != want {
			t.Fatalf("%d of %d bytes: %d, want %d: %+v", n, bytes, resp.StatusCode, want, told)
		}
		if want == http.StatusOK {
			last[session] += n
		}
	}
	for range 19 {
		send(200, "session-1", 500, 10)
	}
	send(200, "session-2", 499, 10) // of another session, and yet his
	send(409, "session-2", 2, 10)
	if !strings.Contains(told.Detail, "10001 operations") || !strings.Contains(told.Detail, "commit what you drew, or discard") {
		t.Errorf("says %q", told.Detail)
	}
	send(200, "session-2", 1, 10)
	if told.Ops != 10_000 || told.Bytes != 100_000 {
		t.Errorf("full: %+v", told)
	}
	send(409, "session-1", 1, 10)
	var gone struct {
		Ops   int
		Bytes int64
	}
	p.must(t, p.planner, http.MethodDelete, at+"/draft/ops", nil, &gone)
	if gone.Ops != 10_000 || gone.Bytes != 100_000 {
		t.Errorf("discarded: %+v", gone)
	}

	const mib = 1 << 20
	for range 10 {
		send(200, "session-1", 3, mib/4)
	}
	send(200, "session-1", 2, mib/4-5)
	send(413, "session-1", 1, 11)
	if !strings.Contains(told.Detail, "8388609 bytes") || !strings.Contains(told.Detail, "commit what you drew, or discard") {
		t.Errorf("says %q", told.Detail)
	}
	send(200, "session-1", 1, 10)
	if told.Bytes != 8*mib {
		t.Errorf("full: %+v", told)
	}
	p.must(t, p.planner, http.MethodPost, at+"/commits", obj{"changes": []obj{p.change("left", 0, 1000, 30)}}, nil, `If-Match: "1"`)
	send(200, "session-1", 1, 10)
	if told.Ops != 1 {
		t.Errorf("after a commit: %+v", told)
	}

	if err := db.Exec(t.Context(), "", "UPDATE hetu.draft SET day_ops = 49999"); err != nil {
		t.Fatal(err)
	}
	send(200, "session-1", 1, 10)
	send(429, "session-1", 1, 10)
	if !strings.Contains(told.Detail, "go on tomorrow") {
		t.Errorf("says %q", told.Detail)
	}
	if err := db.Exec(t.Context(), "", "UPDATE hetu.draft SET day = day - 1"); err != nil {
		t.Fatal(err)
	}
	send(200, "session-1", 1, 10)
}

// A comment that stops approval does until a reviewer or its maker resolves it; a lease keeps nobody away, and the log tells over whose a commit went.
func TestCommentsAndLeases(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	at := p.begin(t)
	var made struct {
		ID int64 `json:"comment_id"`
	}
	p.must(t, p.reviewer, http.MethodPost, at+"/comments", obj{"revision": 1, "bank": "left", "from_m": 10, "to_m": 20, "lon": 106.45, "lat": 26.6, "blocking": true, "text": "此处线位有误"}, &made)
	resolve := fmt.Sprintf("%s/comments/%d/resolve", at, made.ID)
	if resp := p.call(t, p.planner, http.MethodPost, resolve, obj{"resolution": "没有问题"}, nil); resp.StatusCode != http.StatusForbidden {
		t.Errorf("the planner whom it stops resolves it: %d", resp.StatusCode)
	}
	p.must(t, p.reviewer, http.MethodPost, resolve, obj{"resolution": "已改"}, nil)
	if resp := p.call(t, p.reviewer, http.MethodPost, resolve, obj{"resolution": "已改"}, nil); resp.StatusCode != http.StatusConflict {
		t.Errorf("resolved again: %d", resp.StatusCode)
	}
	for _, bad := range []obj{
		{"revision": 9, "bank": "left", "from_m": 10, "to_m": 20, "text": "?"},
		{"revision": 1, "bank": "left", "from_m": 10, "to_m": 1e7, "text": "?"},
		{"revision": 1, "bank": "left", "from_m": 10, "to_m": 20, "text": "?", "reply_to": 1},
	} {
		if resp := p.call(t, p.reviewer, http.MethodPost, at+"/comments", bad, nil); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, resp.StatusCode)
		}
	}
	var leases struct {
		Leases []struct {
			By    string
			Until time.Time
		}
	}
	p.must(t, p.second, http.MethodPut, at+"/leases/session-2", obj{"bank": "left", "from_m": 500, "to_m": 600}, &leases)
	if len(leases.Leases) != 1 || leases.Leases[0].By != "li" || !leases.Leases[0].Until.Equal(today().Add(2*time.Minute)) {
		t.Errorf("%+v", leases)
	}
	if resp := p.call(t, p.planner, http.MethodPut, at+"/leases/session-2", obj{"bank": "left", "from_m": 500, "to_m": 600}, nil); resp.StatusCode != http.StatusConflict {
		t.Errorf("another's session: %d", resp.StatusCode)
	}
	p.commit(t, p.planner, at, `If-Match: "1"`, p.change("left", 0, 1000, 30))
	var log struct{ Commits []struct{ Overrode []int64 } }
	p.must(t, p.planner, http.MethodGet, at+"/commits?after=1", nil, &log)
	if len(log.Commits) != 1 || len(log.Commits[0].Overrode) != 1 {
		t.Errorf("%+v", log)
	}
	p.must(t, p.second, http.MethodDelete, at+"/leases/session-2", nil, nil)
	p.must(t, p.planner, http.MethodGet, at+"/leases", nil, &leases)
	if len(leases.Leases) != 0 {
		t.Errorf("%+v", leases)
	}
}

// What is no document is not kept, and a document names a file that was sent.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	for _, tt := range []struct {
		kind, text string
		status     int
	}{{"application/pdf", "%PDF", 422}, {"application/pdf", "MZ binary", 422}, {"image/png", "%PDF-1.7", 422}, {"text/html", "<script>", 415}, {"application/pdf", "%PDF-1.7", 201}} {
		if resp := p.call(t, p.publisher, http.MethodPost, "/api/v1/documents/files", []byte(tt.text), nil, "Content-Type: "+tt.kind); resp.StatusCode != tt.status {
			t.Errorf("%s %q: %d, want %d", tt.kind, tt.text, resp.StatusCode, tt.status)
		}
	}
	noted := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0feXIfMM\x00* a place")
	var kept struct{ SHA256 string }
	p.must(t, p.publisher, http.MethodPost, "/api/v1/documents/files", noted, &kept, "Content-Type: image/png")
	if whole := sha256.Sum256(noted); kept.SHA256 != hex.EncodeToString(whole[:]) {
		t.Errorf("a picture is not kept as it came: %s", kept.SHA256)
	}
	sum := sha256.Sum256([]byte("%PDF-1.7"))
	sent := hex.EncodeToString(sum[:])
	for _, tt := range []struct {
		change obj
		status int
	}{{obj{"kind": "x"}, 400}, {obj{"file_sha256": strings.Repeat("0", 64)}, 422}, {obj{"file_sha256": "0"}, 400}, {obj{"dated": "2026-02-30"}, 400}, {obj{"title": "公告\u202e"}, 400}, {obj{"number": "1\n2"}, 400}, {obj{"division_id": p.other}, 403}, {obj{}, 201}} {
		body := obj{"kind": "announcement", "title": "公告", "division_id": p.lead, "file_sha256": sent}
		maps.Copy(body, tt.change)
		if resp := p.call(t, p.publisher, http.MethodPost, "/api/v1/documents", body, nil); resp.StatusCode != tt.status {
			t.Errorf("%v: %d, want %d", tt.change, resp.StatusCode, tt.status)
		}
	}
	for name, want := range map[string]int{p.publisher: 200, p.stranger: 404, "": 404} { // it announces nothing yet
		if resp := p.call(t, name, http.MethodGet, "/api/v1/documents/files/"+sent, nil, nil); resp.StatusCode != want {
			t.Errorf("%q reads the file: %d, want %d", name, resp.StatusCode, want)
		}
	}
}

// Two versions of ten thousand vertices each are compared in a moment.
func TestDiffOfLongLines(t *testing.T) {
	t.Parallel()
	p := newPlans(t, nil)
	at := p.begin(t)
	wavy := func(off, phase float64) obj {
		const n = 9999
		coordinates := make([][]float64, 0, n)
		for i := range n {
			s := float64(i) / (n - 1)
			coordinates = append(coordinates, []float64{106.40 + 0.1*s, 26.6 + (off+3*math.Sin(s*800+phase))/110_700})
		}
		return obj{"bank": "left", "from_m": 0, "to_m": p.length, "pieces": []obj{
			{"from_m": 0, "to_m": p.length, "basis": demarc.NaturalBank, "width_m": 10, "geometry": obj{"type": "LineString", "coordinates": coordinates}},
		}}
	}
	for i, c := range []obj{wavy(30, 0), wavy(40, 2)} {
		if resp := p.commit(t, p.planner, at, fmt.Sprintf(`If-Match: "%d"`, i+1), c); resp.StatusCode != http.StatusCreated {
			t.Fatalf("%d", resp.StatusCode)
		}
	}
	var diff struct {
		Banks []struct {
			Bank         geo.Bank
			LargestM     float64 `json:"largest_m"`
			Gained, Lost struct{ M2 float64 }
		}
	}
	started := time.Now()
	p.must(t, p.planner, http.MethodGet, at+"/diff?from=2&geometry=false", nil, &diff)
	t.Logf("the diff took %v", time.Since(started))
	left := diff.Banks[0]
	if got := left.Gained.M2 - left.Lost.M2; math.Abs(got-10*p.length) > 0.01*10*p.length || left.LargestM < 12 || left.LargestM > 17 {
		t.Errorf("%+v", left)
	}
}
