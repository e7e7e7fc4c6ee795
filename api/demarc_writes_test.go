package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// seenAs names the version of a stake that somebody saw, as a visit says it.
func (s *shore) seenAs(t *testing.T, at string, id int64) string {
	t.Helper()
	for _, k := range s.stakesOf(t, at) {
		if k.ID == id {
			return fmt.Sprintf(`If-Match: "%d"`, k.Version)
		}
	}
	t.Fatalf("%s has no stake %d", at, id)
	return ""
}

// signed brings a sign in that stands on the left line of a project, as an import does.
func (s *shore) signed(t *testing.T, at string, beside projectStake) projectStake {
	t.Helper()
	n := 1
	s.load(t, pg.Stake{
		Record: pg.Record{Key: pg.StakeKey("r", geo.Left, 1, true), Source: "告示牌普查"}, Boundary: pg.KeyOf("project", at[strings.LastIndex(at, "/")+1:], "left", "2-1"), Name: "告示牌001", Number: &n, Kind: "sign",
		Bank: geo.Left, MeasureM: &beside.MeasureM, Geom: geom.NewPointFlat(geom.XYZ, []float64{beside.Lon, beside.Lat, 0}),
	})
	for _, k := range s.stakesOf(t, at) {
		if k.Name == "告示牌001" {
			return k
		}
	}
	t.Fatal("the sign is not among the project's stakes")
	return projectStake{}
}

// A sign 告示牌 stays one when it is visited, and a stake a stake: neither becomes the other, nor takes the place of another of its number.
func TestVisitsKeepSignsAndStakesApart(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	first := s.stakesOf(t, at)[0]
	sign := s.signed(t, at, first)
	path := fmt.Sprintf("%s/stakes/%d/check-in", at, sign.ID)
	lon, lat := metres(sign.Lon, sign.Lat, 0, 0.8)
	var in projectStake
	s.must(t, s.planner, http.MethodPost, path, object{"lon": lon, "lat": lat, "state": "完好"}, &in, s.seenAs(t, at, sign.ID))
	if in.ID != sign.ID || in.Kind != "sign" || in.Name != "告示牌001" || in.CheckedOn != "2026-11-24" {
		t.Errorf("the sign became %+v", in)
	}
	stakes := s.stakesOf(t, at)
	if now := stakes[slices.IndexFunc(stakes, func(k projectStake) bool { return k.ID == first.ID })]; now.Version != first.Version || now.Kind != first.Kind || now.Name != first.Name {
		t.Errorf("the sign's visit changed the stake of its number: %+v", now)
	}
	for _, tt := range []struct {
		of   projectStake
		kind string
	}{{sign, "physical"}, {sign, "moved"}, {sign, "electronic"}, {first, "sign"}} {
		var p problemBody
		resp := s.call(t, s.planner, http.MethodPost, fmt.Sprintf("%s/stakes/%d/check-in", at, tt.of.ID), object{"lon": tt.of.Lon, "lat": tt.of.Lat, "kind": tt.kind}, &p, s.seenAs(t, at, tt.of.ID))
		if resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != "/kind" || !strings.Contains(p.Detail, "告示牌") {
			t.Errorf("%s said to be %s: %d %+v", tt.of.Name, tt.kind, resp.StatusCode, p)
		}
	}
	if after := s.stakesOf(t, at); !slices.EqualFunc(after, stakes, func(a, b projectStake) bool { return a.ID == b.ID && a.Version == b.Version }) {
		t.Errorf("what was refused changed something: %+v, was %+v", after, stakes)
	}
}

// Stakes placed anew get numbers above all given, wherever they stand, and the check passes: only first numbers follow the measures.
func TestStakesPlacedAnewPassTheCheck(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, pieces := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	before := s.stakesOf(t, at)
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, before[1].ID), nil, nil, s.revision(t, at))
	var added, made project.StakesMade
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"lon": before[1].Lon, "lat": before[1].Lat}, &added, s.revision(t, at))
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, before[3].ID), nil, nil, s.revision(t, at))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, &made, s.revision(t, at))
	after := s.stakesOf(t, at)
	highest := 0
	for _, k := range after {
		if k.Bank == geo.Left {
			highest = max(highest, k.Number)
		}
		if k.Name == added.Names[0] && k.Why != "hand" {
			t.Errorf("the stake put by hand became %+v", k)
		}
	}
	left := 0
	for _, k := range before {
		if k.Bank == geo.Left {
			left++
		}
	}
	if len(after) != len(before) || highest != left+2 {
		t.Fatalf("%d stakes where %d were, and the left bank's highest number is %d", len(after), len(before), highest)
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("placed anew:\n%v", run)
	}
	// The line moves outward for a part; the stakes of that part are others, in the middle of those that stay.
	s.commitPieces(t, s.planner, at, s.notched(t, pieces, geo.Left, 0.3, 0.6, 40, 44))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, &made, s.revision(t, at))
	if made.Removed == 0 {
		t.Errorf("no stake gave way: %+v", made)
	}
	if found := s.check(t, at, nil).of("G14"); len(found) != 0 {
		t.Errorf("after the line moved: %+v", found)
	}
	s.commitPieces(t, s.planner, at, pieces)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, nil, s.revision(t, at))
	s.move(t, s.planner, at, object{"to": "checked"})
}

// conflictOf is what a stale write of stakes or zones is told.
type conflictOf struct {
	Detail   string
	Conflict *struct {
		Revision    int
		Since       []struct{ By string }
		BaseStakes  []projectStake `json:"base_stakes"`
		TheirStakes []projectStake `json:"their_stakes"`
		BaseZones   []struct {
			RegionID string `json:"regionid"`
			Type     int
		} `json:"base_zones"`
		TheirZones []struct {
			RegionID string `json:"regionid"`
			Type     int
		} `json:"their_zones"`
	}
}

// Stakes and zones are written by who names what he saw: of two planners who read the same revision the second is told what the first wrote.
func TestNoUpdateOfStakesOrZonesIsLost(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	second := s.person(t, "li", access.Grant{Role: access.Planner, Division: s.lead})
	zones := func(kind int) object {
		var out []object
		for _, bank := range []string{"left", "right"} {
			out = append(out, object{"bank": bank, "from_m": 0, "to_m": s.length, "type": kind})
		}
		return object{"zones": out}
	}
	s.must(t, s.planner, http.MethodPut, at+"/zones", zones(1), nil, s.revision(t, at))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	stakes := s.stakesOf(t, at)
	visit := fmt.Sprintf("%s/stakes/%d/check-in", at, stakes[2].ID)
	for _, w := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, at + "/zones", zones(2)},
		{http.MethodPost, at + "/stakes", object{"profile": "stakes-rural", "replace": true}},
		{http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, stakes[2].ID), nil},
		{http.MethodPost, visit, object{"lon": stakes[2].Lon, "lat": stakes[2].Lat}},
	} {
		s.refused(t, http.StatusPreconditionRequired, s.planner, w.method, w.path, w.body)
		s.refused(t, http.StatusBadRequest, s.planner, w.method, w.path, w.body, "If-Match: *")
	}
	read := s.revision(t, at)
	s.refused(t, http.StatusBadRequest, s.planner, http.MethodPut, at+"/zones", zones(2), `If-Match: "99"`)
	s.must(t, second, http.MethodPut, at+"/zones", zones(2), nil, read)
	var c conflictOf
	if resp := s.call(t, s.planner, http.MethodPut, at+"/zones", zones(3), &c, read); resp.StatusCode != http.StatusPreconditionFailed || c.Conflict == nil ||
		len(c.Conflict.Since) != 1 || c.Conflict.Since[0].By != "li" || len(c.Conflict.BaseZones) != 2 || c.Conflict.BaseZones[0].Type != 1 || len(c.Conflict.TheirZones) != 2 || c.Conflict.TheirZones[1].Type != 2 {
		t.Errorf("zones on what is not there any more: %d %+v", resp.StatusCode, c)
	}

	read = s.revision(t, at)
	gone := fmt.Sprintf("%s/stakes/%d", at, stakes[4].ID)
	s.must(t, second, http.MethodDelete, gone, nil, nil, read)
	for _, w := range []struct {
		method, path string
		body         any
	}{{http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, stakes[5].ID), nil}, {http.MethodPost, at + "/stakes", object{"profile": "stakes-rural", "replace": true}}} {
		c = conflictOf{}
		if resp := s.call(t, s.planner, w.method, w.path, w.body, &c, read); resp.StatusCode != http.StatusPreconditionFailed || c.Conflict == nil ||
			len(c.Conflict.BaseStakes) != 1 || c.Conflict.BaseStakes[0].Name != stakes[4].Name || len(c.Conflict.TheirStakes) != 0 {
			t.Errorf("%s on what is not there any more: %d %+v", w.method, resp.StatusCode, c)
		}
	}

	saw := s.seenAs(t, at, stakes[2].ID)
	var in projectStake
	resp := s.must(t, second, http.MethodPost, visit, object{"lon": stakes[2].Lon, "lat": stakes[2].Lat, "state": "倾斜"}, &in, saw)
	if want := fmt.Sprintf("%q", fmt.Sprint(in.Version)); resp.Header.Get("Etag") != want || in.Version == stakes[2].Version {
		t.Errorf("after a visit the stake is %+v, its ETag %s", in, resp.Header.Get("Etag"))
	}
	c = conflictOf{}
	if resp := s.call(t, s.planner, http.MethodPost, visit, object{"lon": stakes[2].Lon, "lat": stakes[2].Lat, "state": "完好"}, &c, saw); resp.StatusCode != http.StatusPreconditionFailed || c.Conflict == nil ||
		len(c.Conflict.BaseStakes) != 1 || c.Conflict.BaseStakes[0].Kind != "electronic" || len(c.Conflict.TheirStakes) != 1 || c.Conflict.TheirStakes[0].Kind != "physical" {
		t.Errorf("a visit of what was visited meanwhile: %d %+v", resp.StatusCode, c)
	}
}

// clocked is a shore whose clock a test sets to noon of a day.
func clocked(t *testing.T, begins string, c course) (s *shore, set func(day string)) {
	t.Helper()
	var at atomic.Int64
	set = func(day string) {
		noon, err := time.Parse("2006-01-02 15:04", day+" 04:00")
		if err != nil {
			t.Fatal(err)
		}
		at.Store(noon.UnixNano())
	}
	set(begins)
	return newShoreAt(t, c, func() time.Time { return time.Unix(0, at.Load()).UTC() }), set
}

// kindOn asks what stake is told of at a place on a day: its kind; "" is none.
func (s *shore) kindOn(t *testing.T, k projectStake, day string) string {
	t.Helper()
	polygon := object{"type": "Polygon", "coordinates": [][][]float64{{{k.Lon - 0.0001, k.Lat - 0.0001}, {k.Lon + 0.0001, k.Lat - 0.0001}, {k.Lon + 0.0001, k.Lat + 0.0001}, {k.Lon - 0.0001, k.Lat + 0.0001}, {k.Lon - 0.0001, k.Lat - 0.0001}}}}
	var raw json.RawMessage
	s.must(t, s.planner, http.MethodPost, "/api/v1/touches?as_of="+day, polygon, &raw, "Content-Type: application/geo+json")
	found := regexp.MustCompile(`"kind":"stake"[^}]*?"type":"([a-z]+)"`).FindSubmatch(raw)
	if found == nil {
		return ""
	}
	return string(found[1])
}

// What a visit finds is so from its day on, and stakes are set once more when the lines are in force: what the map said of the days before stays.
func TestStakesInTheFieldLeaveThePast(t *testing.T) {
	t.Parallel()
	s, set := clocked(t, "2026-11-10", plainCourse(bankTops(30)...)) // the database refuses days that have not come
	at, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	s.move(t, s.planner, at, object{"to": "checked"})
	s.refused(t, http.StatusConflict, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, s.revision(t, at))
	s.move(t, s.planner, at, object{"to": "draft"})
	s.move(t, s.planner, at, object{"to": "checked"})
	s.waiveAll(t, at)
	s.move(t, s.reviewer, at, object{"to": "consulted"})
	s.move(t, s.reviewer, at, object{"to": "approved"})
	doc := s.filed(t, s.publisher, s.lead, "2026-11-10", "甲政告〔2026〕15号")
	s.move(t, s.publisher, at, object{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-11-10"})
	stakes := s.stakesOf(t, at)
	k, gone := stakes[3], stakes[5]

	set("2026-11-16")
	visit := fmt.Sprintf("%s/stakes/%d/check-in", at, k.ID)
	north := map[geo.Bank]float64{geo.Left: 0.8, geo.Right: -0.8}[k.Bank]
	lon, lat := metres(k.Lon, k.Lat, 0, north)
	var in projectStake
	s.must(t, s.planner, http.MethodPost, visit, object{"lon": lon, "lat": lat, "on": "2026-11-14"}, &in, s.seenAs(t, at, k.ID))
	for day, want := range map[string]string{"2026-11-10": "electronic", "2026-11-13": "electronic", "2026-11-14": "moved", "2026-11-16": "moved"} {
		if got := s.kindOn(t, k, day); got != want {
			t.Errorf("on %s the stake is said to be %q, want %s", day, got, want)
		}
	}
	if in.ID != k.ID || in.CheckedOn != "2026-11-14" {
		t.Errorf("after the visit: %+v", in)
	}
	s.refused(t, http.StatusUnprocessableEntity, s.planner, http.MethodPost, visit, object{"lon": k.Lon, "lat": k.Lat, "on": "2026-11-12"}, s.seenAs(t, at, k.ID))

	// A stake is lost, and another set: who may draw here may, and the project stays announced.
	body := object{"lon": gone.Lon, "lat": gone.Lat}
	s.refused(t, http.StatusForbidden, s.reviewer, http.MethodPost, at+"/stakes", body, s.revision(t, at))
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, gone.ID), nil, nil, s.revision(t, at))
	before := s.revision(t, at)
	var made project.StakesMade
	s.must(t, s.planner, http.MethodPost, at+"/stakes", body, &made, before)
	if made.Placed != 1 || s.revision(t, at) == before || slices.ContainsFunc(stakes, func(o projectStake) bool { return o.Name == made.Names[0] }) {
		t.Errorf("set while announced: %+v", made)
	}
	var now projectSeen
	s.must(t, s.planner, http.MethodGet, at, nil, &now)
	if now.Status != "announced" {
		t.Errorf("the project is %s", now.Status)
	}
	after := s.stakesOf(t, at)
	set("2026-11-17")
	for _, o := range after {
		if o.Name == made.Names[0] {
			s.must(t, s.planner, http.MethodPost, fmt.Sprintf("%s/stakes/%d/check-in", at, o.ID), object{"lon": o.Lon, "lat": o.Lat}, nil, s.seenAs(t, at, o.ID))
		}
	}
	for day, want := range map[string]string{"2026-11-15": "electronic", "2026-11-16": "electronic", "2026-11-17": "physical"} {
		if got := s.kindOn(t, gone, day); got != want {
			t.Errorf("on %s what stands there is said to be %q, want %s", day, got, want)
		}
	}
	s.refused(t, http.StatusConflict, s.planner, http.MethodPut, at+"/zones", object{"zones": []object{{"bank": "left", "from_m": 0, "to_m": s.length, "type": 1}, {"bank": "right", "from_m": 0, "to_m": s.length, "type": 1}}}, s.revision(t, at))
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-dense", "replace": true}, nil, s.revision(t, at))
	if found := s.check(t, at, nil).of("G14"); len(found) != 0 {
		t.Errorf("placed anew while announced: %+v", found)
	}
}

// What somebody saw by a grant is not told him any more when it ends, though what it was told from is kept ready.
func TestChecksForgetWithTheGrant(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	half := math.Round(s.length / 2)
	at := s.project(t, s.planner, object{"to_m": half})
	s.commitPieces(t, s.planner, at, s.candidate(t, at, object{}).pieces())
	maker := s.person(t, "maker", access.Grant{Role: access.Planner, Division: s.lead}, access.Grant{Role: access.Planner, Division: s.other})
	beyond := s.project(t, maker, object{"from_m": half, "division_id": s.other, "name": "乙县划界"})
	var drawn candidateOf
	s.must(t, maker, http.MethodPost, beyond+"/candidates", object{}, &drawn)
	other := drawn.pieces()
	for i := range other {
		other[i].Line.Coordinates = slices.Clone(other[i].Line.Coordinates)
		for k := range other[i].Line.Coordinates {
			other[i].Line.Coordinates[k][1] += 0.00005 // five metres
		}
	}
	body := []object{}
	for _, p := range other {
		body = append(body, object{"bank": p.Bank, "from_m": p.FromM, "to_m": p.ToM, "pieces": sent([]pieceOf{p})})
	}
	s.must(t, maker, http.MethodPost, beyond+"/commits", object{"changes": body}, nil, `If-Match: "1"`)
	who := newAccount(t, s.store, "both", access.Planner, s.lead)
	id, err := s.store.Grant(t.Context(), access.Actor{}, who.Account, access.Grant{Role: access.Planner, Division: s.other})
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t, s.store, who)
	tells := func() bool {
		var run json.RawMessage
		s.must(t, key, http.MethodPost, at+"/checks", nil, &run)
		return strings.Contains(string(run), "乙县划界")
	}
	first, kept := tells(), tells()
	if !first || !kept {
		t.Fatal("the check tells nothing of the draft beyond its end, of which he may know")
	}
	if err := s.store.EndGrant(t.Context(), access.Actor{}, who.Account, id); err != nil {
		t.Fatal(err)
	}
	if tells() {
		t.Error("the check tells of a draft by a grant that ended")
	}
}

// jpegOf is a photo as a phone sends it.
func jpegOf(t *testing.T, side int) []byte {
	t.Helper()
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, side, side)), nil); err != nil {
		t.Fatal(err)
	}
	return photo.Bytes()
}

// deepPNG is a picture of 16 bits a colour, which no camera takes.
func deepPNG(t *testing.T) []byte {
	t.Helper()
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewNRGBA64(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return photo.Bytes()
}

// A photo is kept of a visit that is written, and counts among its sender's files until then.
func TestPhotosOfVisitsAreCounted(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	k := s.stakesOf(t, at)[1]
	conn, err := pgx.Connect(t.Context(), s.db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	files := func() (n int) {
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM hetu.file").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	path := fmt.Sprintf("%s/stakes/%d/check-in", at, k.ID)
	s.refused(t, http.StatusUnprocessableEntity, s.planner, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat + 0.01, "photo": jpegOf(t, 8)}, s.seenAs(t, at, k.ID))
	s.refused(t, http.StatusUnprocessableEntity, s.planner, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat, "photo": deepPNG(t)}, s.seenAs(t, at, k.ID))
	s.refused(t, http.StatusForbidden, s.reviewer, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat, "photo": jpegOf(t, 9)}, s.seenAs(t, at, k.ID))
	s.refused(t, http.StatusPreconditionFailed, s.planner, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat, "photo": jpegOf(t, 10)}, `If-Match: "7"`)
	if n := files(); n != 0 {
		t.Errorf("visits that were refused left %d photos", n)
	}
	s.must(t, s.planner, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat, "photo": jpegOf(t, 11)}, nil, s.seenAs(t, at, k.ID))
	if n := files(); n != 1 {
		t.Errorf("a visit left %d photos", n)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO hetu.file (sha256, account_id, bytes, at) SELECT repeat('a', 64), account_id, 500 << 20, now() FROM hetu.file LIMIT 1"); err != nil {
		t.Fatal(err)
	}
	s.refused(t, http.StatusConflict, s.planner, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat, "photo": jpegOf(t, 12)}, s.seenAs(t, at, k.ID))
	s.must(t, s.planner, http.MethodPost, path, object{"lon": k.Lon, "lat": k.Lat}, nil, s.seenAs(t, at, k.ID))
}

// What is asked for twice under one key is done once, also when both ask at the same time: comments, their resolution, files, and runs of the rules.
func TestAskedTwiceDoneOnce(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	comment := object{"revision": 1, "bank": "left", "from_m": 0, "to_m": 10, "blocking": true, "text": "?"}
	var wg sync.WaitGroup
	made := make([]struct {
		ID int64 `json:"comment_id"`
	}, 4)
	for i := range made {
		wg.Go(func() {
			s.must(t, s.reviewer, http.MethodPost, at+"/comments", comment, &made[i], "Idempotency-Key: c")
		})
	}
	wg.Wait()
	var listed struct{ Comments []json.RawMessage }
	s.must(t, s.reviewer, http.MethodGet, at+"/comments", nil, &listed)
	for _, m := range made {
		if m != made[0] || m.ID == 0 || len(listed.Comments) != 1 {
			t.Errorf("%d comments, answered %+v", len(listed.Comments), made)
		}
	}
	resolve := fmt.Sprintf("%s/comments/%d/resolve", at, made[0].ID)
	for _, w := range []struct {
		name, key, path string
		body, other     any
		headers         []string
	}{
		{"comment", s.reviewer, at + "/comments", comment, object{"revision": 1, "bank": "left", "from_m": 0, "to_m": 10, "text": "!"}, nil},
		{"resolution", s.reviewer, resolve, object{"resolution": "x"}, object{"resolution": "y"}, nil},
		{"file", s.planner, "/api/v1/documents/files", []byte("%PDF-1.7 a"), []byte("%PDF-1.7 b"), []string{"Content-Type: application/pdf"}},
		{"check", s.planner, at + "/checks", nil, object{}, nil},
	} {
		headers := append([]string{"Idempotency-Key: of " + w.name}, w.headers...)
		var first, second json.RawMessage
		was := s.must(t, w.key, http.MethodPost, w.path, w.body, &first, headers...)
		again := s.must(t, w.key, http.MethodPost, w.path, w.body, &second, headers...)
		if was.Header.Get("Idempotency-Replayed") != "" || again.Header.Get("Idempotency-Replayed") != "true" || again.StatusCode != was.StatusCode || !bytes.Equal(first, second) {
			t.Errorf("%s: answered %s, then %d %s", w.name, first, again.StatusCode, second)
		}
		s.refused(t, http.StatusUnprocessableEntity, w.key, http.MethodPost, w.path, w.other, headers...)
		s.refused(t, http.StatusBadRequest, w.key, http.MethodPost, w.path, w.body, append(slices.Clone(w.headers), "Idempotency-Key: "+strings.Repeat("x", 201))...)
	}
	s.refused(t, http.StatusUnprocessableEntity, s.planner, http.MethodPost, at+"/checks?from=0&to=100", nil, "Idempotency-Key: of check")
	var runs, sentOnce int
	conn, err := pgx.Connect(t.Context(), s.db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err := conn.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM hetu.project_check), (SELECT count(*) FROM hetu.access_audit WHERE action = 'document_file_add')").Scan(&runs, &sentOnce); err != nil {
		t.Fatal(err)
	}
	if runs != 1 || sentOnce != 1 {
		t.Errorf("%d runs and %d files", runs, sentOnce)
	}
}

// Accounts, rights and keys are made once for an idempotency key; what is secret of them is told once and kept nowhere in clear.
func TestAccountsAskedTwiceAreMadeOnce(t *testing.T) {
	t.Parallel()
	s := serveStaffed(t)
	town := s.division(t, "town")
	me, cookie := s.invited(t, "admin", access.Admin, s.division(t, "west"))
	other := newAccount(t, s.store, "other", access.Public, town)
	his, mine := fmt.Sprintf("/api/v1/accounts/%d", other.Account), fmt.Sprintf("/api/v1/accounts/%d", me.Account)
	var secrets []string
	for _, w := range []struct {
		name, method, path, secret string
		body, changed              any
	}{
		{"account", "POST", "/api/v1/accounts", "invite", object{"name": "new", "display_name": "新", "division": town}, object{"name": "newer", "display_name": "新", "division": town}},
		{"grant", "POST", his + "/grants", "", object{"role": "planner", "division": town}, object{"role": "reviewer", "division": town}},
		{"link", "POST", his + "/invites", "invite", nil, object{}},
		{"key", "POST", mine + "/keys", "key", object{"name": "k", "roles": []string{"admin"}, "division": town, "ends_at": today().AddDate(0, 1, 0)}, object{"name": "l", "roles": []string{"admin"}, "division": town, "ends_at": today().AddDate(0, 1, 0)}},
		{"shut out", "POST", his + "/disable", "", nil, nil},
	} {
		key := "Idempotency-Key: of " + w.name
		first, second := s.send(t, w.method, w.path, w.body, cookie, key), s.send(t, w.method, w.path, w.body, cookie, key)
		if first.status >= 300 || second.status != first.status || second.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s: %s, then %s", w.name, first, second)
			continue
		}
		if w.changed != nil && w.name != "link" {
			if a := s.send(t, w.method, w.path, w.changed, cookie, key); a.status != http.StatusUnprocessableEntity {
				t.Errorf("another %s under the key: %s", w.name, a)
			}
		}
		if first.status == http.StatusNoContent {
			continue
		}
		was, now := map[string]any{}, map[string]any{}
		if err := errors.Join(json.Unmarshal(first.body, &was), json.Unmarshal(second.body, &now)); err != nil {
			t.Fatal(err)
		}
		if secret, ok := was[w.secret].(string); ok {
			secrets = append(secrets, secret[strings.LastIndexAny(secret, "/_")+1:])
			delete(was, w.secret)
		}
		if diff := cmp.Diff(was, now); diff != "" {
			t.Errorf("%s: the second answer differs beyond the secret:\n%s", w.name, diff)
		}
	}
	if len(secrets) != 3 {
		t.Fatalf("%d secrets were told", len(secrets))
	}
	conn, err := pgx.Connect(t.Context(), s.db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var kept string
	var accounts, keys, grants int
	if err := conn.QueryRow(t.Context(), `SELECT (SELECT string_agg(answer, ' ') FROM hetu.idempotency), (SELECT count(*) FROM hetu.account WHERE name LIKE 'new%'),
		(SELECT count(*) FROM hetu.api_key), (SELECT count(*) FROM hetu.account_grant WHERE account_id = $1)`, other.Account).Scan(&kept, &accounts, &keys, &grants); err != nil {
		t.Fatal(err)
	}
	if accounts != 1 || keys != 1 || grants != 1 {
		t.Errorf("%d accounts, %d keys, %d grants", accounts, keys, grants)
	}
	for _, secret := range secrets {
		if strings.Contains(kept, secret) {
			t.Errorf("a secret is kept in clear: %s", kept)
		}
	}
	// A day later the key is a new one; the account's name is taken now, which is another answer.
	*s.clock = s.clock.Add(24*time.Hour + time.Minute)
	_, cookie = s.invited(t, "admin2", access.Admin, s.division(t, "west"))
	if a := s.send(t, "POST", "/api/v1/accounts", object{"name": "new", "display_name": "新", "division": town}, cookie, "Idempotency-Key: of account"); a.status != http.StatusConflict {
		t.Errorf("another's key of the same name: %s", a)
	}
}
