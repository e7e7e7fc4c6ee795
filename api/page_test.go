package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/twpayne/go-geom"

	"hetu/api/web"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/rules"
)

// pageStore is a store of one river, made by hand: a gully into 黄河 with a vacant post, an acting chief and a stale board.
type pageStore struct {
	Store
	fault error
}

func (s pageStore) Rivers(_ context.Context, _ duty.Moment, q string, _ int) ([]duty.ListedRiver, int64, error) {
	all := []duty.ListedRiver{pageGully(), pageYellow()}
	var out []duty.ListedRiver
	for _, r := range all {
		if strings.Contains(r.Name, q) {
			out = append(out, r)
		}
	}
	return out, 1, s.fault
}

func (s pageStore) River(_ context.Context, _ duty.Moment, id int64) (duty.RiverDetail, error) {
	switch id {
	case 1:
		return duty.RiverDetail{ListedRiver: pageYellow(), Tributaries: []duty.Name{{ID: 2, Name: "梅力更沟", NameEn: new("Meiligeng Gully")}}}, nil
	case 2:
		return duty.RiverDetail{ListedRiver: pageGully(), Reaches: []duty.RiverReach{{
			Reach: pageReach(), FromLabel: "K0+000", ToLabel: "K9+000", Division: duty.Name{ID: 9, Name: "示例一镇"}, Point: [2]float64{109.6, 40.65},
		}}}, nil
	default:
		return duty.RiverDetail{}, geo.Errorf(geo.CodeNotFound, "no river has the id %d", id)
	}
}

func (s pageStore) Profile(ctx context.Context, at duty.Moment, id int64, overlapM float64) (duty.Profile, error) {
	return duty.ProfileOf(ctx, s, at, id, overlapM)
}

func (s pageStore) RiverWhole(_ context.Context, _ duty.Moment, id int64) (duty.ListedRiver, []duty.Route, error) {
	if id == 1 {
		return pageYellow(), nil, nil
	}
	line := geom.NewLineStringFlat(geom.XY, []float64{109.6, 40.7, 109.6, 40.6})
	return pageGully(), []duty.Route{{ID: 7, River: pageGully().River, Geom: lref.Measured(line, "mouth")}}, s.fault
}

func (s pageStore) Alongside(context.Context, duty.Moment, int64, []int64) ([]duty.Alongside, error) {
	return []duty.Alongside{{Kind: duty.OutfallItem, ID: 40, Name: new("示例<排口>"), State: new("pending"), At: [2]float64{109.601, 40.65}}}, nil
}

func (s pageStore) Tributaries(context.Context, duty.Moment, int64) ([]duty.Tributary, error) {
	return nil, nil
}

func (s pageStore) Announced(context.Context, duty.Moment, int64) ([]duty.AnnouncedLine, error) {
	return nil, nil
}

func (s pageStore) Places(_ context.Context, _ duty.Moment, q string, _ int) ([]duty.Place, int64, error) {
	if q != "示例一镇" {
		return nil, 1, nil
	}
	return []duty.Place{{Kind: "division", ID: 9, Name: "示例一镇", Point: [2]float64{109.6, 40.65}}}, 1, nil
}

func (s pageStore) Responsible(ctx context.Context, q duty.Question) (duty.Answer, error) {
	return duty.Responsible(ctx, s, q)
}

func (s pageStore) RoutesNear(_ context.Context, _ duty.Moment, lon, _, _ float64) ([]duty.Route, error) {
	if lon > 110 {
		return nil, s.fault
	}
	line := geom.NewLineStringFlat(geom.XY, []float64{109.6, 40.7, 109.6, 40.6})
	return []duty.Route{{ID: 7, River: pageGully().River, Geom: lref.Measured(line, "mouth")}}, s.fault
}

func (s pageStore) AreasAt(context.Context, duty.Moment, float64, float64) ([]int64, error) {
	return nil, nil
}

func (s pageStore) ReachesOf(context.Context, duty.Moment, []int64) ([]duty.Reach, error) {
	return []duty.Reach{pageReach()}, nil
}

func (s pageStore) PostsOf(context.Context, duty.Moment, []int64, []int64, []int64) ([]duty.Post, error) {
	reach := int64(5)
	post := func(id int64, dual, title string, a ...duty.Appointment) duty.Post {
		return duty.Post{
			ID: id, Level: geo.Town, Role: "chief", DualRole: dual, Title: title, ReachID: &reach, PhonePublic: new("0472-0000123"), ResponsibleUnit: new("示例水务所"), Appointments: a,
		}
	}
	return []duty.Post{
		post(20, "party", "示例一镇党委书记、梅力更沟镇级河长", duty.Appointment{Person: "示例甲", Valid: geo.Since(geo.NewDate(2024, 1, 1))}),
		post(21, "government", "示例一镇镇长、梅力更沟镇级河长",
			duty.Appointment{Person: "示例乙", Valid: geo.Period{From: geo.NewDate(2024, 1, 1), To: geo.NewDate(2026, 3, 1)}},
			duty.Appointment{Person: "示例<丙>", Acting: true, Valid: geo.Since(geo.NewDate(2026, 3, 1))}),
	}, nil
}

func (s pageStore) BoardsOf(context.Context, duty.Moment, []int64) ([]duty.Board, error) {
	return []duty.Board{{
		ID: 30, Level: geo.Town, ReachIDs: []int64{5}, SiteText: new("110 国道桥头"), State: "ok", ContentDate: geo.NewDate(2025, 5, 1), Lon: 109.6, Lat: 40.651,
	}}, nil
}

func (s pageStore) DivisionsUp(context.Context, duty.Moment, []int64) ([]duty.Division, error) {
	return []duty.Division{{ID: 9, Code: "150207101000", Name: "示例一镇", Level: geo.Town, Kind: "镇"}}, nil
}

func pageYellow() duty.ListedRiver {
	return duty.ListedRiver{
		River:    duty.River{ID: 1, Name: "黄河", NameEn: new("Yellow River"), Kind: "river", Levels: []geo.Level{2, 3, 4}, Perennial: new(true)},
		Division: &duty.Name{ID: 8, Name: "九原区", NameEn: new("Jiuyuan District")}, BasinAreaKm2: new(752443.0), Point: &geo.LonLat{109.7, 40.52},
	}
}

func pageGully() duty.ListedRiver {
	return duty.ListedRiver{
		River:    duty.River{ID: 2, Name: "梅力更沟", NameEn: new("Meiligeng Gully"), Kind: "gully", Levels: []geo.Level{3, 4}, Perennial: new(false)},
		Division: &duty.Name{ID: 8, Name: "九原区", NameEn: new("Jiuyuan District")}, FlowsInto: &duty.Name{ID: 1, Name: "黄河", NameEn: new("Yellow River")},
		LengthM: new(28123.4), Point: &geo.LonLat{109.6, 40.65},
	}
}

func pageReach() duty.Reach {
	return duty.Reach{ID: 5, RouteID: 7, Name: new("梅力更沟示例一镇段"), Level: geo.Town, FromM: 0, ToM: 50_000, BankScope: geo.Both, DivisionID: 9}
}

func pageServer(t *testing.T, s pageStore) http.Handler {
	t.Helper()
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	served := &routes{router: router, guards: newGuards(Config{Log: slog.New(slog.DiscardHandler), Now: time.Now})}
	err := registerPages(served, pages{
		store: s, tolerance: pageTolerance, extent: geo.China(), log: slog.New(slog.DiscardHandler), sample: func(context.Context) bool { return true }, approvalNo: "示例审图号",
		now: func() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) },
	})
	if err = errors.Join(err, served.err); err != nil {
		t.Fatal(err)
	}
	return router
}

func pageGet(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := pageServer(t, pageStore{})
	for _, c := range []struct {
		name, path string
		status     int
		has, hasNo []string
	}{
		{"start", "/", 200, []string{`<html lang="zh-CN">`, "九原区", `href="/r/1"`, "示意数据", "示例审图号", `href="/?lang=en"`}, []string{"lang=en&amp;lang"}},
		{"start in English", "/?lang=en", 200, []string{`<html lang="en">`, "Jiuyuan District", `href="/r/1?lang=en"`, "Schematic sample data", `href="/"`}, []string{"查询"}},
		{"search", "/?q=梅力更", 200, []string{"梅力更沟", `href="/r/2"`, "汇入"}, []string{`href="/r/1"`}},
		{"search for a place", "/?q=示例一镇", 200, []string{"示例一镇", `lat=40.65&amp;lon=109.6`}, nil},
		{"search with what no name holds", "/?q=%00%ff梅力更", 200, []string{`href="/r/2"`}, nil},
		{"nothing found", "/?q=无此河", 200, []string{"没有找到“无此河”"}, nil},
		{"search is text", "/?q=%3Cscript%3E", 200, []string{"&lt;script&gt;"}, []string{"<script>"}},
		{
			"chain", "/?lon=109.6001&lat=40.65", 200, []string{
				"左岸", "示例甲", "示例&lt;丙&gt;", "代管", "自 2026-03-01 起暂缺", `href="tel:04720000123"`, "公示牌内容自 2026-03-01 起已过期", "按最近的河道中心线找到", "距河", "村级", "河长（党委）", "责任单位：示例水务所",
			}, []string{"示例乙", "<丙>", "%!", "%!"},
		},
		{"chain in English", "/?lon=109.6001&lat=40.65&lang=en", 200, []string{"Left bank", "&#43;86 472 0000123", "Vacant since 2026-03-01", "River chief (Party)"}, nil},
		{"chain of another day", "/?lon=109.6001&lat=40.65&as_of=2025-01-01", 200, []string{"示例乙", "2025-01-01 的情况", "看今天", `href="/r/2?as_of=2025-01-01"`}, []string{"代管", "已过期"}},
		{"both banks on the centre line", "/?lon=109.6&lat=40.65", 200, []string{"两岸"}, []string{"右岸"}},
		{"rough position", "/?lon=109.6&lat=40.65&accuracy=1200", 200, []string{"位置误差约 1.2 公里"}, nil},
		{"absurd accuracy", "/?lon=109.6&lat=40.65&accuracy=Inf", 200, []string{"示例甲"}, []string{"误差"}},
		{"no river near", "/?lon=111&lat=40.65", 200, []string{"500 米内没有登记的河流"}, nil},
		{"position is no number", "/?lon=abc&lat=40", 400, []string{"经度和纬度要写成数字", `role="alert"`}, nil},
		{"position swapped", "/?lon=40.6&lat=109.7", 400, []string{"写反"}, nil},
		{"position outside", "/?lon=10&lat=10", 400, []string{"73 到 136"}, nil},
		{"position is NaN", "/?lon=NaN&lat=40", 400, []string{"数字"}, nil},
		{"bad day", "/?as_of=yesterday", 400, []string{"2026-11-24 这样", "回到查询页"}, nil},
		{"river with tributaries", "/r/1", 200, []string{"汇入黄河的河流", `href="/r/2"`, "梅力更沟", "常年有水", `href="/map?sel=river%3A1"`}, nil},
		{"seasonal river with reaches", "/r/2", 200, []string{"季节性河流", "梅力更沟示例一镇段", "K0&#43;000", "谁负责", `href="/r/1"`, "28.1 公里"}, nil},
		{"river in English", "/r/2?lang=en", 200, []string{"Meiligeng Gully", "Seasonal", "Flows into"}, nil},
		{"unknown river", "/r/999", 404, []string{"没有这条河", "回到查询页"}, nil},
		{"river number too large", "/r/99999999999999999999", 404, []string{"没有这条河"}, nil},
		{"map", "/map", 200, []string{`<noscript>`, `data-today="2026-11-24"`}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := pageGet(t, h, c.path)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			body := w.Body.String()
			for _, text := range c.has {
				if !strings.Contains(body, text) {
					t.Errorf("%q is not on the page", text)
				}
			}
			for _, text := range c.hasNo {
				if strings.Contains(body, text) {
					t.Errorf("%q is on the page", text)
				}
			}
			if len(body) > 40_000 {
				t.Errorf("the page has %d bytes", len(body))
			}
			if t.Failed() {
				_, main, _ := strings.Cut(body, "<main")
				t.Log(main)
			}
		})
	}
}

func TestPagesWhenTheStoreIsAway(t *testing.T) {
	t.Parallel()
	h := pageServer(t, pageStore{fault: geo.Errorf(geo.CodeUnavailable, "the database did not answer; host=secret")})
	w := pageGet(t, h, "/")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if body := w.Body.String(); !strings.Contains(body, "数据库暂时没有响应") || strings.Contains(body, "secret") {
		t.Error(body)
	}
}

func TestPageHead(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	pageServer(t, pageStore{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/r/1", nil))
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
}

func TestMissingAssetIsNoPage(t *testing.T) {
	t.Parallel()
	h := pageServer(t, pageStore{})
	for _, path := range []string{"/assets/no-such.mjs", "/assets/manifest.json", "/assets/..%2fmanifest.json", "/assets/.keep"} {
		w := pageGet(t, h, path)
		if w.Code != http.StatusNotFound || strings.Contains(w.Header().Get("Content-Type"), "html") {
			t.Errorf("%s: status %d, type %q", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestAcceptedEncoding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		want   bool
	}{{"gzip, br", true}, {"gzip", false}, {"br;q=0", false}, {"BR ; q=0.5", true}, {"", false}, {"brotli", false}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", c.header)
		if got := pageAccepts(r, "br"); got != c.want {
			t.Errorf("%q: got %v, want %v", c.header, got, c.want)
		}
	}
}

// TestWords holds the two languages to the same keys and the same parts, and the templates to keys that are there.
func TestWords(t *testing.T) {
	t.Parallel()
	zh, err := web.ReadWords(web.Chinese)
	if err != nil {
		t.Fatal(err)
	}
	en, err := web.ReadWords(web.English)
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`%[a-z]`)
	for key, text := range zh {
		if en[key] == "" {
			t.Errorf("%s has no English", key)
		}
		if a, b := strings.Join(parts.FindAllString(text, -1), ""), strings.Join(parts.FindAllString(en[key], -1), ""); a != b {
			t.Errorf("%s: parts %q and %q", key, a, b)
		}
	}
	for key := range en {
		if zh[key] == "" {
			t.Errorf("%s has no Chinese", key)
		}
	}
}

// A browser that follows a wrong link gets a page with a way back; a program gets a problem document.
func TestPageNotFound(t *testing.T) {
	t.Parallel()
	h := pageServer(t, pageStore{})
	for path, want := range map[string]string{"/nothing": "text/html; charset=utf-8", "/api/v1/nothing": "application/problem+json"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != want {
			t.Errorf("%s: %d, %s", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

// Whatever path is asked for, a page links to none but ours.
func TestPageLinksToNoOtherHost(t *testing.T) {
	t.Parallel()
	h := pageServer(t, pageStore{})
	for _, path := range []string{"//evil.example/x", "///evil.example/x", `/\evil.example/x`, "/%2Fevil.example/x", "/%5Cevil.example/x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://hetu/", nil)
		var err error
		if r.URL, err = url.ParseRequestURI(path); err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if body := w.Body.String(); w.Code != http.StatusNotFound || !strings.Contains(body, `href="/evil.example/x?lang=en"`) {
			t.Errorf("%s: %d, %s", path, w.Code, body)
		}
	}
}

// A page that cannot show what was known at a time says so, and does not show what is known now.
func TestPageKnowsNoOtherTime(t *testing.T) {
	t.Parallel()
	h := pageServer(t, pageStore{})
	for _, path := range []string{"/", "/r/1", "/map"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?known_at=2020-01-01T00:00:00Z", nil))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "known_at") {
			t.Errorf("%s: %d, %s", path, w.Code, w.Body)
		}
	}
}

// pageTolerance is the rule of how short a gap is none.
func pageTolerance() (rules.Profile, error) {
	return rules.Profile{ID: "tolerance-default", Tolerance: &rules.Tolerance{OverlapM: 0.01}}, nil
}
