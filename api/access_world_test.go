package api_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
)

const (
	// secret stands in all that a draft has: it stands in no answer to those who may not see one.
	secret = "秘密"
	// internal stands in what an announced project keeps to those who work on it.
	internal = "内部"
	// exactStake is the name of a stake of an announced line: it is told with its exact place, to those who have a role there alone. So are the stakes that
	// projects placed, whose names begin with brookStakes.
	exactStake, brookStakes = "示例河-左007", "小溪-"
	// brookLine is the name of the line that a project announced, and the number of its document begins with it.
	brookLine = "小溪划界"
)

// accessWorld is a server with an announced boundary in one of two counties, a project that announced another and, once there is a draft, what is not announced
// yet; and what lines name of it.
type accessWorld struct {
	*shore
	vars map[string]string
	west int64
	east int64
	n    int
	open map[string]string // the cookies of sessions that nothing was done to
}

func accessRecord(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }

// accessAlong is beside the river whose boundaries were brought in; a project is none of theirs.
func accessAlong(lat float64) *geom.LineString {
	return geom.NewLineStringFlat(geom.XY, []float64{106.41, lat, 106.45, lat, 106.49, lat})
}

func accessBoundary(key pg.Key, name, status string, lat float64) pg.Row {
	length := lref.Measured(accessAlong(26.55), "mouth").FlatCoords()[2]
	return pg.Boundary{Record: accessRecord(key), Name: name, River: "r", Route: "rt", Bank: geo.Left, BasisKind: "planned", Status: status, FromM: new(0.0), ToM: &length, Geom: accessAlong(lat)}
}

func accessArea(key pg.Key, name, status string, lat float64) pg.Row {
	return pg.Area{Record: accessRecord(key), Name: name, River: "r", Division: "west", Status: status, Geom: square(106.41, lat, 106.49, lat+0.002)}
}

// accessRows are two counties below a city; all else lies in the first.
func accessRows() []pg.Row {
	rec := accessRecord
	division := func(key pg.Key, name string, level geo.Level, parent pg.Key, at *geom.MultiPolygon) pg.Row {
		return pg.Division{Record: rec(key), CodeScheme: "local", Code: string(key), Name: name, Level: level, Kind: "x", Parent: parent, Geom: at}
	}
	route := lref.Measured(accessAlong(26.55), "mouth")
	length := route.FlatCoords()[2]
	return []pg.Row{
		division("city", "示例市", geo.City, "", nil), division("west", "西县", geo.County, "city", square(106.4, 26.5, 106.5, 26.6)), division("east", "东县", geo.County, "city", square(106.5, 26.5, 106.6, 26.6)),
		division("town", "西镇", geo.Town, "west", square(106.4, 26.5, 106.5, 26.6)),
		pg.River{Record: rec("r"), CodeScheme: "local", Code: "HL0001", Name: "示例河", RiverKind: "river", Division: "west"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route},
		pg.Node{Record: rec("n1"), Kind: "source", Geom: geom.NewPointFlat(geom.XY, []float64{106.41, 26.55})},
		pg.Node{Record: rec("n2"), Kind: "outlet", Geom: geom.NewPointFlat(geom.XY, []float64{106.49, 26.55})},
		pg.Edge{Record: rec("e"), Route: "rt", FromM: 0, ToM: length, From: "n1", To: "n2", Main: true},
		pg.Reach{Record: rec("reach"), River: "r", Route: "rt", FromM: 0, ToM: length, BankScope: geo.Both, Level: geo.County, Division: "west", Geom: accessAlong(26.55)},
		pg.Board{Record: rec("board"), Code: "西-1", Level: geo.County, Reaches: []pg.Key{"reach"}, Division: "west", SiteText: "桥头", State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{106.45, 26.5502})},
		accessBoundary("announced", "已公告线", "announced", 26.551), accessArea("announced_area", "已公告范围", "announced", 26.545),
		pg.Stake{Record: rec("stake"), Boundary: "announced", Name: exactStake, Number: new(7), Kind: "electronic", Bank: geo.Left, Division: "west", Geom: geom.NewPointFlat(geom.XYZ, []float64{106.4512345, 26.5510123, 0})},
		pg.Problem{Record: rec("problem"), Type: "采砂", Status: "found", SpotNo: "1", FoundOn: geo.DateOf(today()), River: "r", Geom: geom.NewPointFlat(geom.XY, []float64{106.45, 26.546})},
	}
}

// brook is the river of the projects: the draft lies along its lower half, what is announced along its upper.
func brook() course {
	return course{lon: 106.41, lat: 26.58, lengthM: 2400, swing: 0.4, origin: "mouth", surveys: bankTops(30)}
}

func newAccessWorld(t *testing.T) *accessWorld {
	t.Helper()
	db, c := pgtest.New(t, pgtest.Clock(today)), brook()
	w := &accessWorld{shore: &shore{plans: &plans{store: db.Store}, route: c.line(), db: db}, vars: map[string]string{}, open: map[string]string{}}
	flat := w.route.FlatCoords()
	w.length = max(flat[2], flat[len(flat)-1])
	rec := accessRecord
	w.load(t, append(append(accessRows(),
		pg.River{Record: rec("brook"), CodeScheme: "local", Code: "HL0002", Name: "小溪", RiverKind: "river", Division: "west"},
		pg.Route{Record: rec("brook_rt"), River: "brook", MeasureOrigin: c.origin, FlowDir: "with", LengthM: w.length, Geom: w.route},
	), w.surveyRows(t, c, "brook")...)...)
	w.start(t, today)
	w.named(t, "boundary", "announced")
	w.named(t, "area", "announced_area")
	w.named(t, "problem", "problem")
	w.named(t, "river", "r", "brook")
	w.named(t, "division", "west", "east", "city")
	w.vars["river"] = w.vars["r"]
	w.west, w.east, w.river = w.id(t, "west"), w.id(t, "east"), w.id(t, "brook")
	w.lead = w.west
	w.staff(t)
	w.vars["draft_tile"], w.vars["brook_tile"] = tileOf(14, 106.45, 26.552), tileOf(12, 106.42, 26.58)
	w.vars["polygon"] = `{"type":"Polygon","coordinates":[[[106.42,26.54],[106.48,26.54],[106.48,26.56],[106.42,26.56],[106.42,26.54]]]}`
	w.vars["brook_polygon"] = `{"type":"Polygon","coordinates":[[[106.405,26.57],[106.44,26.57],[106.44,26.59],[106.405,26.59],[106.405,26.57]]]}`
	w.vars["nobody"], w.vars["none"] = "4242424", strings.Repeat("0", 64)
	w.announced(t)
	w.redraw(t)
	return w
}

// redraw brings the map up to what is stored.
func (w *accessWorld) redraw(t *testing.T) {
	t.Helper()
	if _, err := w.atlas.Load(t.Context(), w.store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
}

// tileOf is the tile of a place, as z/x/y.
func tileOf(zoom int, lon, lat float64) string {
	side := math.Exp2(float64(zoom))
	return fmt.Sprintf("%d/%d/%d", zoom, int((lon+180)/360*side), int((0.5-math.Atanh(math.Sin(lat*math.Pi/180))/(2*math.Pi))*side))
}

// named makes the ids of rows known by their keys.
func (w *accessWorld) named(t *testing.T, kind string, keys ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.db.DSN("hetu_ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, key := range keys {
		var id int64
		if err := conn.QueryRow(t.Context(), "SELECT id FROM "+pgx.Identifier{"hetu", kind}.Sanitize()+" WHERE key = $1", key).Scan(&id); err != nil {
			t.Fatal(err)
		}
		w.vars[key] = strconv.FormatInt(id, 10)
	}
}

func (w *accessWorld) id(t *testing.T, name string) int64 {
	t.Helper()
	id, err := strconv.ParseInt(w.vars[name], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// announced has a project announce the line of the brook's upper half.
func (w *accessWorld) announced(t *testing.T) {
	t.Helper()
	at := w.worked(t, "announced_", brookLine, internal, math.Ceil(w.length*0.55), math.Floor(w.length))
	w.announce(t, at, brookLine+"〔2026〕23号", "2026-11-24")
	var seen struct {
		Doc      int64 `json:"legal_doc_id"`
		Revision int
	}
	w.must(t, w.planner, http.MethodGet, at, nil, &seen)
	w.vars["announced_revision"] = strconv.Itoa(seen.Revision)
	w.vars["announcement"] = strconv.FormatInt(seen.Doc, 10)
	var doc struct {
		SHA256 string `json:"file_sha256"`
	}
	w.must(t, w.planner, http.MethodGet, "/api/v1/documents/"+w.vars["announcement"], nil, &doc)
	w.vars["announcement_file"] = doc.SHA256
}

// draft brings in what is not announced yet: a line and an area of the one river, and a project on the other.
func (w *accessWorld) draft(t *testing.T) {
	t.Helper()
	w.load(t, accessBoundary("draft", secret+"草案线", "draft", 26.552), accessArea("draft_area", secret+"草案范围", "draft", 26.548))
	w.named(t, "boundary", "draft")
	w.named(t, "area", "draft_area")
	at := w.worked(t, "", secret+"划界项目", secret, 0, math.Floor(w.length*0.45))
	w.vars["file"], w.vars["document"] = w.filedInternally(t)
	var model sentModel
	flat := ground(t, 106.40, 26.572, 106.442, 26.588, []string{"-a_srs", "EPSG:4490"}, func(_, lat float64) float64 { return 100 + math.Abs(lat-26.58)*1e4 })
	w.must(t, w.planner, http.MethodPost, at+"/elevation-models?name="+secret+"&source=x", flat, &model, tiff)
	w.vars["model"] = model.SHA256
	w.redraw(t)
}

// worked begins a project over a part of the brook and does all that is done before it is checked; a word stands in all texts of it. What lines name is kept
// under a prefix.
func (w *accessWorld) worked(t *testing.T, prefix, name, word string, from, to float64) (at string) {
	t.Helper()
	at = w.project(t, w.planner, object{"name": name, "note": word + "说明", "from_m": from, "to_m": to})
	pieces := w.candidate(t, at, object{}).pieces()
	for i := range pieces {
		pieces[i].Reason = word + "理由"
	}
	w.commitPieces(t, w.planner, at, pieces)
	w.must(t, w.planner, http.MethodPut, at+"/zones", fourZones(from, to, "left", "right"), nil, w.revision(t, at))
	w.must(t, w.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, w.revision(t, at))
	stake := w.stakesOf(t, at)[0]
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	visit := fmt.Sprintf("%s/stakes/%d/check-in", at, stake.ID)
	w.must(t, w.planner, http.MethodPost, visit, object{"lon": stake.Lon, "lat": stake.Lat, "kind": "physical", "state": word + "完好", "photo": photo.Bytes()}, nil, w.seenAs(t, at, stake.ID))
	w.must(t, w.reviewer, http.MethodPost, at+"/comments", object{"revision": 2, "bank": "left", "from_m": from, "to_m": to, "text": word + "意见"}, nil)
	w.check(t, at, nil)
	var v struct{ Pieces []struct{ ID int64 } }
	w.must(t, w.planner, http.MethodGet, at+"/versions/2", nil, &v)
	w.vars[prefix+"project"] = at[strings.LastIndex(at, "/")+1:]
	w.vars[prefix+"stake"] = strconv.FormatInt(stake.ID, 10)
	w.vars[prefix+"line"] = strconv.FormatInt(v.Pieces[0].ID, 10)
	w.vars[prefix+"from"], w.vars[prefix+"to"] = fmt.Sprint(from), fmt.Sprint(to)
	return at
}

// filedInternally files a document that binds nothing.
func (w *accessWorld) filedInternally(t *testing.T) (file, id string) {
	t.Helper()
	var kept struct{ SHA256 string }
	w.must(t, w.planner, http.MethodPost, "/api/v1/documents/files", []byte("%PDF-1.7 "+secret), &kept, "Content-Type: application/pdf")
	var d struct{ ID int64 }
	w.must(t, w.planner, http.MethodPost, "/api/v1/documents", object{"kind": "approval", "title": secret + "批复", "file_sha256": kept.SHA256, "division_id": w.west}, &d)
	return kept.SHA256, strconv.FormatInt(d.ID, 10)
}

// comment makes one that stops the approval of the draft, by its reviewer, and gives its id.
func (w *accessWorld) comment(t *testing.T) string {
	t.Helper()
	var made struct {
		ID int64 `json:"comment_id"`
	}
	w.must(t, w.reviewer, http.MethodPost, "/api/v1/projects/"+w.vars["project"]+"/comments", object{"revision": 1, "bank": "left", "from_m": 0, "to_m": 10, "text": secret, "blocking": true}, &made)
	return strconv.FormatInt(made.ID, 10)
}

// request gives the id of a change request of the draft that is open: for the line that is announced beside it.
func (w *accessWorld) request(t *testing.T) string {
	t.Helper()
	path := "/api/v1/projects/" + w.vars["project"] + "/change-requests"
	for {
		var asked struct {
			ChangeRequests []struct {
				ID     int64
				Status string
			} `json:"change_requests"`
		}
		w.must(t, w.planner, http.MethodGet, path, nil, &asked)
		for _, r := range asked.ChangeRequests {
			if r.Status == "open" {
				return strconv.FormatInt(r.ID, 10)
			}
		}
		w.must(t, w.planner, http.MethodPost, path, object{"boundary_ids": []int64{w.id(t, "announced_line")}, "cause": "works", "reason": secret}, nil)
	}
}

// nobodys gives a line, its path and its body, with ids that nothing has in the place of what those outside may not know of.
func (*accessWorld) nobodys(text string) string {
	return strings.NewReplacer("{announced_project}", "{nobody}", "{project}", "{nobody}", "{line}", "{nobody}", "{draft}", "{nobody}", "{draft_area}", "{nobody}",
		"{document}", "{nobody}", "{file}", "{none}").Replace(text)
}

// session opens one for an asker, and gives its cookie.
func (w *accessWorld) session(t *testing.T, a asker) string {
	t.Helper()
	if !a.who.Known() {
		return ""
	}
	if cookie := w.open[a.name]; cookie != "" {
		return cookie
	}
	token, hash := api.NewToken()
	if _, err := w.store.OpenSession(t.Context(), a.who, "", hash, "test"); err != nil {
		t.Fatal(err)
	}
	w.open[a.name] = "hetu_session=" + token
	return w.open[a.name]
}

// fill puts in what a line names, and makes what each asking needs afresh.
func (w *accessWorld) fill(t *testing.T, text string, a asker) string {
	t.Helper()
	made := map[string]string{}
	return regexp.MustCompile(`\{[a-z_]+\}`).ReplaceAllStringFunc(text, func(name string) string {
		name = strings.Trim(name, "{}")
		switch name {
		case "n", "kept", "grant", "key", "invite", "session", "comment", "request":
			if made[name] == "" {
				w.make(t, name, a, made)
			}
			return made[name]
		case "self":
			return strconv.FormatInt(max(a.who.Account, 1), 10)
		default:
			if w.vars[name] == "" {
				t.Fatalf("ACCESS.md: nothing is called {%s}", name)
			}
			return w.vars[name]
		}
	})
}

func (w *accessWorld) make(t *testing.T, name string, a asker, made map[string]string) {
	t.Helper()
	w.n++
	switch name {
	case "comment":
		made[name] = w.comment(t)
	case "request":
		made[name] = w.request(t)
	case "n":
		made[name] = strconv.Itoa(w.n)
	case "session":
		made[name] = "1"
		if a.who.Known() {
			_, hash := api.NewToken()
			id, err := w.store.OpenSession(t.Context(), a.who, "", hash, "other")
			if err != nil {
				t.Fatal(err)
			}
			made[name] = strconv.FormatInt(id, 10)
		}
	case "invite":
		token, hash := api.NewToken()
		kept := newAccount(t, w.store, fmt.Sprintf("invited%d", w.n), access.Public, w.west)
		if err := w.store.NewInvite(t.Context(), access.Actor{}, kept.Account, hash, time.Hour); err != nil {
			t.Fatal(err)
		}
		made[name] = token
	case "kept", "grant", "key": // one account for a line
		kept := newAccount(t, w.store, fmt.Sprintf("kept%d", w.n), access.Planner, w.west)
		id, _, hash := api.NewKey()
		if err := w.store.NewKey(t.Context(), kept, access.Key{ID: id, Account: kept.Account, Name: "k", Roles: []access.Role{access.Planner}, EndsAt: today().AddDate(0, 1, 0)}, hash); err != nil {
			t.Fatal(err)
		}
		account, err := w.store.Account(t.Context(), kept.Name)
		if err != nil {
			t.Fatal(err)
		}
		made["kept"], made["grant"], made["key"] = strconv.FormatInt(kept.Account, 10), strconv.FormatInt(account.Grants[0].ID, 10), id
	}
}
