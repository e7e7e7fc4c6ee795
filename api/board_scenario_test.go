package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// pageOf gives a page of a server, with all the bytes that it makes a browser load; scripts would come on top, so there may be none.
func pageOf(t *testing.T, srv *httptest.Server, path string) (status int, text string, loads int) {
	t.Helper()
	text, status = fetched(t, srv, path)
	if n := strings.Count(text, "<script"); n != strings.Count(text, `<script type="module" src="/assets/who-`) || n > 1 {
		t.Errorf("%s loads scripts besides the one that tells who is logged in:\n%s", path, text)
	}
	loads = len(text)
	for _, m := range regexp.MustCompile(`(?:src|rel="(?:icon|stylesheet)" href)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
		file, of := fetched(t, srv, m[1])
		if of != http.StatusOK {
			t.Errorf("%s loads %s, which is %d", path, m[1], of)
		}
		loads += len(file)
	}
	return status, text, loads
}

func fetched(t *testing.T, srv *httptest.Server, path string) (text string, status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), resp.StatusCode
}

// has holds a page to what stands on it and what does not.
func has(t *testing.T, name, text string, want []string, not ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: %q is not on the page", name, w)
		}
	}
	for _, n := range not {
		if strings.Contains(text, n) {
			t.Errorf("%s: %q is on the page", name, n)
		}
	}
	if t.Failed() {
		_, main, _ := strings.Cut(text, "<main")
		t.Log(main)
	}
}

// Scenario 30: the page that a board's QR code leads to: under 100 kB with all it loads, without a login and without scripts; the chief is today's, no person's mobile
// phone is told, and it leads to where problems are reported. The API tells its address, so that the code can be printed.
func TestScenario_30(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	var stale struct{ Boards []struct{ Page, Code string } }
	get(t, srv, "/api/v1/boards/stale?as_of=2018-05-20", &stale)
	if len(stale.Boards) == 0 || stale.Boards[0].Page != "/b/"+stale.Boards[0].Code {
		t.Fatalf("the API tells no page of boards: %+v", stale.Boards)
	}
	page := stale.Boards[0].Page
	for _, tt := range []struct {
		day       string
		want, not []string
	}{
		{"2018-05-06", []string{"与现在的记录相符", "示例河长·清镇市07"}, []string{"与现在不符", "暂缺"}},
		{"2018-05-20", []string{"牌面信息是 2017-04-20 的，与现在不符", "<s lang=\"zh-CN\">示例河长·清镇市07</s>", "<b lang=\"zh-CN\">示例河长·清镇市04（代管）</b>", "自 2018-05-07 起暂缺", "自 2018-05-07 起</small>"}, []string{"相符"}},
	} {
		status, text, loads := pageOf(t, srv, page+"?as_of="+tt.day)
		if status != http.StatusOK || loads > 100_000 {
			t.Errorf("%s: status %d, %d bytes", tt.day, status, loads)
		}
		has(t, tt.day, text, append(tt.want, `href="tel:08510000009"`, "监督电话", `href="/report?as_of=`+tt.day+`&amp;board=520181-B0017"`, "K0&#43;000 – K3&#43;330", "东门河左二支流", "附近的公示牌", "数据日期 "+tt.day), tt.not...)
	}
	_, english, _ := pageOf(t, srv, page+"?lang=en")
	has(t, "English", english, []string{"The text on the board dates from 2017-04-20 and is out of date", "示例河长·清镇市04 (acting)", "Supervision &#43;86 851 0000009", "Report a problem", `lang="en"`}, "监督", "牌面")
	_, text, loads := pageOf(t, srv, "/report?board=520181-B0017")
	has(t, "report", text, []string{"公示牌编号 520181-B0017", `href="tel:08510000009"`, "乱占", `href="/b/520181-B0017"`})
	if loads > 100_000 {
		t.Errorf("the page of reports loads %d bytes", loads)
	}
	// The answer at a board's place leads to the board, and so does the river's page.
	var near struct {
		Rivers []struct {
			River  struct{ ID int64 }
			Boards []struct{ Page string }
		}
	}
	get(t, srv, "/api/v1/responsible?lon=106.4076965&lat=26.5723401", &near)
	if len(near.Rivers) != 1 || len(near.Rivers[0].Boards) == 0 || near.Rivers[0].Boards[0].Page != page {
		t.Fatalf("%+v", near)
	}
	text, _ = fetched(t, srv, fmt.Sprintf("/r/%d", near.Rivers[0].River.ID))
	has(t, "river", text, []string{`href="` + page + `"`, "反映问题"})
}

// boardRows are boards of one reach, whose chief has a mobile phone of his own and whose office has one that is published.
func boardRows() []pg.Row {
	rec := func(key pg.Key, from, to geo.Date) pg.Record {
		return pg.Record{Key: key, Valid: geo.Period{From: from, To: to}, Source: "test"}
	}
	var none geo.Date
	since := geo.NewDate(2020, 1, 1)
	line := geom.NewLineStringFlat(geom.XY, []float64{106.41, 26.55, 106.45, 26.55, 106.49, 26.55})
	route := lref.Measured(line, "mouth")
	length := route.FlatCoords()[2]
	post := func(key pg.Key, role, title, phone string) pg.Row {
		return pg.Post{Record: rec(key, since, none), Level: geo.County, Role: role, DualRole: "none", Reach: "reach", Title: title, PhonePublic: phone, ResponsibleUnit: "西县水务局"}
	}
	holds := func(key, post, person pg.Key, from, to geo.Date) pg.Row {
		return pg.Appointment{Record: rec(key, from, to), Post: post, Person: person}
	}
	board := func(key pg.Key, code, site string, from, to geo.Date, lon float64, content map[string]any) pg.Row {
		return pg.Board{
			Record: rec(key, from, to), Code: code, Level: geo.County, Reaches: []pg.Key{"reach"}, Bank: geo.Left, Division: "west", SiteText: site, InstalledOn: from, ContentDate: from,
			State: "ok", Content: content, Geom: geom.NewPointFlat(geom.XY, []float64{lon, 26.5502}),
		}
	}
	changed, gone := geo.NewDate(2026, 6, 1), geo.NewDate(2026, 9, 1)
	printed := map[string]any{"river": "示例河", "phone": "13912345678", "chiefs": []any{
		map[string]any{"level": 3, "role": "chief", "dual_role": "none", "title": "县级河长", "name": "赵老", "phone": "139 1234 5678"},
	}}
	unnumbered := board("b6", "", "无号牌", since, none, 106.43, nil).(pg.Board)
	unnumbered.QRToken = "q-Ab_7"
	return []pg.Row{
		pg.Division{Record: rec("west", since, none), CodeScheme: "local", Code: "west", Name: "西县", Level: geo.County, Kind: "县"},
		pg.River{Record: rec("r", since, none), Name: "示例河", RiverKind: "river", Division: "west"},
		pg.Route{Record: rec("rt", since, none), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route},
		pg.Reach{Record: rec("reach", since, none), Name: "西县段", River: "r", Route: "rt", FromM: 0, ToM: length, BankScope: geo.Both, Level: geo.County, Division: "west", StartPlace: "源头", EndPlace: "河口", Geom: line},
		pg.Person{Record: rec("zhao", since, none), Name: "赵老"},
		pg.Person{Record: rec("qian", since, none), Name: "钱新"},
		pg.Person{Record: rec("sun", since, none), Name: "孙警官"},
		post("chief", "chief", "县级河长", "13800138000"), post("police", "river_police", "河道警长", "0851-2222222"),
		holds("a1", "chief", "zhao", since, changed), holds("a2", "chief", "qian", changed, none), holds("a3", "police", "sun", since, none),
		board("b1", "西/1", "大桥东头", since, none, 106.45, printed),
		board("b2", "旧-2", "老渡口", since, gone, 106.46, nil),
		board("b3", "同-3", "学校旁", since, none, 106.47, nil), board("b4", "同-3", "水闸旁", since, none, 106.48, nil),
		board("b5", "77", "村口", geo.NewDate(2026, 11, 1), none, 106.44, nil), unnumbered,
	}
}

// What a board's page tells of boards that were changed, taken down, not put up yet, called alike or not called at all; and that no person's own phone stands on it,
// though it was published, and printed on the board.
func TestBoardPage(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		if err := b.Add(t.Context(), boardRows()...); err != nil {
			t.Fatal(err)
		}
	})
	pages := map[string]string{}
	var near struct {
		Things []struct {
			ID   int64
			Name string
		}
	}
	get(t, srv, "/api/v1/nearest?lon=106.45&lat=26.55&kind=notice-boards&within=10000&limit=20", &near)
	for _, b := range near.Things {
		pages[b.Name] = fmt.Sprintf("/b/%d", b.ID)
	}
	mobiles := []string{"138", "139", "1234"}
	for _, tt := range []struct {
		name, path string
		status     int
		want, not  []string
	}{
		{"by what its code holds", "/b/q-Ab_7", 200, []string{"无号牌"}, mobiles},
		{"changed", "/b/%E8%A5%BF%2F1", 200, []string{"示例河公示牌", "与现在不符", "<s lang=\"zh-CN\">赵老</s>", "<b lang=\"zh-CN\">钱新</b>", "县级河长", "未公布电话", "西县水务局", "西县段", "左岸", "源头 → 河口", "href=\"/report?board=%E8%A5%BF%2F1\""}, mobiles},
		{"changed, in English", "/b/%E8%A5%BF%2F1?lang=en", 200, []string{"Notice board of 示例河", "is out of date", "Left bank", "Report a problem"}, append(mobiles, "牌面")},
		{"before the change", "/b/%E8%A5%BF%2F1?as_of=2026-05-31", 200, []string{"赵老", "2026-05-31 的情况"}, append(mobiles, "钱新")},
		{"taken down", "/b/%E6%97%A7-2", 200, []string{"已于 2026-09-01 撤除", "钱新", "附近的公示牌"}, []string{"与现在不符", "相符"}},
		{"taken down, in English", "/b/%E6%97%A7-2?lang=en", 200, []string{"was taken down on 2026-09-01"}, nil},
		{"before it was taken down", "/b/%E6%97%A7-2?as_of=2026-08-31", 200, []string{"老渡口"}, []string{"撤除"}},
		{"not there yet", "/b/77?as_of=2026-10-01", 200, []string{"自 2026-11-01 起设立", "村口"}, []string{"撤除"}},
		{"a number of digits", "/b/77", 200, []string{"村口"}, []string{"设立，这一天还没有"}},
		{"by its id", pages["无号牌"], 200, []string{"无号牌", "href=\"/report?board=" + strings.TrimPrefix(pages["无号牌"], "/b/")}, nil},
		{"two of a number", "/b/%E5%90%8C-3", 200, []string{"有 2 块公示牌", "学校旁", "水闸旁", pages["学校旁"], pages["水闸旁"]}, []string{"监督电话"}},
		{"one of the two", pages["水闸旁"], 200, []string{"水闸旁", "同-3"}, []string{"有 2 块"}},
		{"none of that number", "/b/nothing", 404, []string{"没有这块公示牌", "请核对牌上的编号", `name="q"`}, nil},
		{"none, in English", "/b/nothing?lang=en", 404, []string{"There is no such notice board"}, nil},
		{"no number", "/b/%00", 404, []string{"没有这块公示牌"}, nil},
		{"too long", "/b/" + strings.Repeat("9", 400), 404, []string{"没有这块公示牌"}, nil},
		{"bad day", "/b/77?as_of=x", 400, []string{"日期不正确"}, nil},
		{"known at a time", "/b/77?known_at=2026-01-01T00:00:00Z", 400, []string{"known_at"}, nil},
		{"report", "/report?board=%E8%A5%BF%2F1", 200, []string{"公示牌编号 西/1", "没有公布办公电话", "回到公示牌"}, mobiles},
		{"report at a place", "/report?lon=106.45&lat=26.5501", 200, []string{"示例河", "左岸", "乱采"}, mobiles},
		{"report of no place", "/report", 200, []string{"先查到河流或公示牌"}, nil},
		{"report of a place that is none", "/report?lon=1&lat=x", 400, []string{"数字"}, nil},
		{"report of no board", "/report?board=nothing", 404, []string{"没有这块公示牌"}, nil},
		{"report of no river", "/report?river=x", 404, []string{"没有这条河"}, nil},
		{"an answer", "/?lon=106.45&lat=26.5501", 200, []string{"href=\"/b/%E8%A5%BF%2F1\"", "反映问题", "未公布电话"}, []string{"13800138000"}},
	} {
		text, status := fetched(t, srv, tt.path)
		if status != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, status, tt.status)
		}
		if tt.status == http.StatusOK && len(text) > 40_000 {
			t.Errorf("%s has %d bytes", tt.name, len(text))
		}
		_, main, _ := strings.Cut(text, "<main")
		has(t, tt.name, main, tt.want, tt.not...)
	}
	for _, path := range []string{"/api/v1/responsible?lon=106.45&lat=26.55", "/api/v1/boards/stale"} {
		text, status := fetched(t, srv, path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		has(t, path, text, []string{"钱新"}, "1380013", "1391234", "139 1234")
	}
	resp := do(t, srv, http.MethodHead, "/b/77", nil)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-cache" || resp.Header.Get("Content-Language") != "zh-CN" {
		t.Errorf("HEAD: %d, %v", resp.StatusCode, resp.Header)
	}
}

func TestPersonalMobile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"13800138000": true, "138 0013 8000": true, "138-0013-8000": true, "+86 13800138000": true, "8613800138000": true, "008613800138000": true,
		"0851-1234567 / 19900000000": true, "张三 15012345678（手机）": true, "0472-0000123（示例）": false, "0851-13800138": false, "12345": false, "12369": false,
		"400-810-1380": false, "": false, "021-13800138000": true, "1380013800": false, "138001380001": false,
	} {
		if got := duty.PersonalMobile(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// The address that is printed stays that of its board, whatever number another has.
func TestBoardToken(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code *string
		want string
	}{{nil, "/b/7"}, {new("150207-B0001"), "/b/150207-B0001"}, {new("12"), "/b/7"}, {new("西/1"), "/b/%E8%A5%BF%2F1"}, {new(".."), "/b/7"}, {new(" x"), "/b/7"}, {new(""), "/b/7"}, {new("a?b#c"), "/b/a%3Fb%23c"}} {
		if got := duty.BoardPage(7, tt.code); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
