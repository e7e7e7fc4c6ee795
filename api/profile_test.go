package api_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"github.com/xuri/excelize/v2"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// profileAnswer is a profile as the tests read it.
type profileAnswer struct {
	AsOf        string `json:"as_of"`
	DataVersion int64  `json:"data_version"`
	duty.Profile
}

func profileOf(t *testing.T, srv *httptest.Server, river, asOf string) profileAnswer {
	t.Helper()
	var p profileAnswer
	if status := get(t, srv, fmt.Sprintf("/api/v1/hydro/rivers/%d/profile?as_of=%s", riverID(t, srv, river), asOf), &p); status != http.StatusOK {
		t.Fatalf("profile of %s: status %d", river, status)
	}
	return p
}

func riverID(t *testing.T, srv *httptest.Server, name string) int64 {
	t.Helper()
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?q="+name, &list)
	if len(list.Rivers) == 0 || list.Rivers[0].Name != name {
		t.Fatalf("%s is not found: %+v", name, list.Rivers)
	}
	return list.Rivers[0].ID
}

// body asks without JSON in mind.
func body(t *testing.T, srv *httptest.Server, path string) (string, []byte) {
	t.Helper()
	resp, err := srv.Client().Get(srv.URL + path) //nolint:noctx // the server is the test's own
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v, %s", path, resp.StatusCode, err, out)
	}
	underTest(t, exchange{req: resp.Request, status: resp.StatusCode, header: resp.Header, body: out})
	return resp.Header.Get("Content-Type"), out
}

func itemsOf(p duty.Profile, kind duty.ItemKind) (out []duty.ProfileItem) {
	for _, r := range p.Routes {
		for _, i := range r.Items {
			if i.Kind == kind {
				out = append(out, i)
			}
		}
	}
	return out
}

// Of 猫跳河 everything that is stored stands in the profile, in order of measure, and 东门河 comes in at its mouth.
func TestProfileOfRiver(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	p := profileOf(t, srv, "猫跳河", "2018-04-20")
	if p.AsOf != "2018-04-20" || p.DataVersion == 0 || len(p.Routes) == 0 || p.Gaps != len(itemsOf(p.Profile, duty.GapItem)) {
		t.Fatalf("head and routes: %+v", p)
	}
	var detail duty.RiverDetail
	get(t, srv, fmt.Sprintf("/api/v1/rivers/%d?as_of=2018-04-20", p.River.ID), &detail)
	if got := len(itemsOf(p.Profile, duty.ReachItem)); got != len(detail.Reaches) || got == 0 {
		t.Errorf("%d reaches, stored are %d", got, len(detail.Reaches))
	}
	for _, r := range p.Routes {
		if r.RisesM <= r.EndsM || r.FromM != r.EndsM {
			t.Errorf("route %d is measured from its mouth, but rises at %v and ends at %v", r.RouteID, r.RisesM, r.EndsM)
		}
		if !slices.IsSortedFunc(r.Items, func(a, b duty.ProfileItem) int { return int(a.FromM*100) - int(b.FromM*100) }) {
			t.Errorf("route %d: items are not in order of measure", r.RouteID)
		}
	}
	stale := 0
	for _, b := range itemsOf(p.Profile, duty.BoardItem) {
		if b.StaleSince != nil {
			stale++
		}
	}
	if stale == 0 {
		t.Error("no board is stale five days after the chief changed")
	}
	mouth := slices.IndexFunc(itemsOf(p.Profile, duty.TributaryItem), func(i duty.ProfileItem) bool { return *i.Name == "东门河" })
	if mouth < 0 {
		t.Errorf("东门河 does not flow in: %+v", itemsOf(p.Profile, duty.TributaryItem))
	} else if m := itemsOf(p.Profile, duty.TributaryItem)[mouth]; m.Bank == geo.Centre || *m.OffsetM > 1 {
		t.Errorf("东门河 comes from the bank %s, %.1f m off", m.Bank, *m.OffsetM)
	}
}

// A post that nobody holds is a gap of its reach from that day, on its bank; an acting chief is told and is none.
func TestProfileVacancy(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	state := func(asOf string) string {
		p := profileOf(t, srv, "东门河左二支流", asOf)
		for _, r := range itemsOf(p.Profile, duty.ReachItem) {
			if *r.Level == geo.County {
				return *r.State
			}
		}
		return ""
	}
	if got := state("2018-05-06"); got != duty.Held {
		t.Errorf("before the chief left: %s", got)
	}
	if got := state("2018-05-07"); got != string(duty.ChiefActing) {
		t.Errorf("after: %s", got)
	}
}

// patchwork adds a river of 10 km that the county and the town manage: the county has no reach on the left bank below K4, the town's
// reach on both banks has a post that nobody holds, and what stands along it has a name that a spreadsheet would calculate.
func patchwork(t *testing.T, b *pg.Batch) {
	t.Helper()
	line := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{109.6, 40.7, 109.6, 40.61}), "mouth")
	flat := line.FlatCoords()
	end := flat[2]
	rec := func(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }
	reach := func(key pg.Key, level geo.Level, bank geo.Bank, from, to float64) pg.Row {
		return pg.Reach{
			Record: rec(key), Name: string(key), River: "patchwork", Route: "its route", FromM: from, ToM: to, BankScope: bank, Level: level, Division: "its town",
			Geom: geom.NewLineStringFlat(geom.XY, []float64{109.6, 40.7, 109.6, 40.61}),
		}
	}
	post := func(key, of pg.Key, level geo.Level) pg.Row {
		return pg.Post{Record: rec(key), Level: level, Role: "chief", DualRole: "none", Title: string(key), Reach: of}
	}
	rows := []pg.Row{
		pg.Division{Record: rec("its town"), CodeScheme: "local", Code: "t1", Name: "示例镇", Level: geo.Town, Kind: "镇"},
		pg.River{Record: rec("patchwork"), Name: "补丁沟", RiverKind: "gully", Division: "its town", ManagingLevels: []int16{3, 4}},
		pg.Route{Record: rec("its route"), River: "patchwork", MeasureOrigin: "mouth", FlowDir: "with", LengthM: lref.Length(line), Geom: line},
		reach("right", geo.County, geo.Right, 0, end), reach("left above", geo.County, geo.Left, 4000, end), reach("town", geo.Town, geo.Both, 0, end),
		post("of right", "right", geo.County), post("of left", "left above", geo.County), post("of town", "town", geo.Town),
		pg.Person{Record: rec("one"), Name: "示例甲"},
		pg.Appointment{Record: rec("a1"), Post: "of right", Person: "one"},
		pg.Appointment{Record: rec("a2"), Post: "of left", Person: "one"},
		pg.Board{
			Record: rec("board"), Level: geo.Town, Reaches: []pg.Key{"town"}, SiteText: "=1+1", State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{109.6005, 40.65}),
		},
	}
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
}

// What nobody answers for is a gap, on its bank and to its end: no reach at a level that manages the river, and a post without a holder.
func TestProfileGaps(t *testing.T) {
	t.Parallel()
	srv := serve(t, patchwork)
	p := profileOf(t, srv, "补丁沟", "2026-11-24")
	var got []string
	for _, g := range itemsOf(p.Profile, duty.GapItem) {
		got = append(got, fmt.Sprint(*g.State, " ", *g.Level, " ", g.Bank, " ", g.FromLabel, " ", g.ToLabel))
	}
	want := []string{"no_reach 3 left K0+000 K4+000", "chief_vacant 4 both K0+000 " + p.Routes[0].ToLabel}
	if diff := cmp.Diff(want, got); diff != "" || p.Gaps != 2 {
		t.Errorf("%d gaps: %s", p.Gaps, diff)
	}
	boards := itemsOf(p.Profile, duty.BoardItem)
	if len(boards) != 1 || boards[0].Bank != geo.Left || *boards[0].OffsetM < 40 || *boards[0].OffsetM > 45 {
		t.Errorf("a board east of water that runs south stands on its left bank: %+v", boards)
	}
	_, text := body(t, srv, fmt.Sprintf("/api/v1/hydro/rivers/%d/profile?f=csv", p.River.ID))
	if !strings.Contains(string(text), ",'=1+1,") {
		t.Errorf("CSV: a text would be calculated: %s", text)
	}
	_, text = body(t, srv, fmt.Sprintf("/api/v1/hydro/rivers/%d/profile?f=xlsx", p.River.ID))
	book, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("profile")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j, cell := range row {
			name, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if formula, _ := book.GetCellFormula("profile", name); formula != "" {
				t.Errorf("XLSX: %s is the formula %s", name, formula)
			}
			if kind, _ := book.GetCellType("profile", name); cell == "=1+1" && kind == excelize.CellTypeFormula {
				t.Errorf("XLSX: %s is no text", name)
			}
		}
	}
}

// The same profile goes out as GeoJSON, CSV and XLSX, the same bytes each time; a text that looks like a formula stays a text.
func TestProfileForms(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	p := profileOf(t, srv, "猫跳河", "2018-04-20")
	items := 0
	for _, r := range p.Routes {
		items += len(r.Items)
	}
	path := fmt.Sprintf("/api/v1/hydro/rivers/%d/longitudinal-list?as_of=2018-04-20&f=", p.River.ID)
	for form, mediaType := range map[string]string{
		"geojson": "application/geo+json", "csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	} {
		got, first := body(t, srv, path+form)
		if got != mediaType {
			t.Errorf("%s is %q", form, got)
		}
		if _, again := body(t, srv, path+form); !bytes.Equal(first, again) {
			t.Errorf("%s differs when it is asked for again", form)
		}
	}
	_, text := body(t, srv, path+"csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != items+1 || rows[0][0] != "kind" {
		t.Errorf("CSV: %d rows, want %d: %v", len(rows), items+1, err)
	}
	_, text = body(t, srv, path+"xlsx")
	book, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := book.GetRows("profile")
	if err != nil || len(sheet) != items+1 {
		t.Errorf("XLSX: %d rows, want %d: %v", len(sheet), items+1, err)
	}
}

func TestProfileBadInput(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	for path, want := range map[string]struct {
		status  int
		pointer string
	}{
		"/api/v1/hydro/rivers/abc/profile":                           {404, "id"},
		"/api/v1/hydro/rivers/424242/profile":                        {404, "id"},
		"/api/v1/hydro/rivers/99999999999999999999/profile":          {404, "id"},
		"/api/v1/hydro/rivers/1/profile?f=pdf":                       {400, "f"},
		"/api/v1/hydro/rivers/1/profile?f=":                          {400, "f"},
		"/api/v1/hydro/rivers/1/profile?f=json&f=csv":                {400, "f"},
		"/api/v1/hydro/rivers/1/profile?format=csv":                  {400, "format"},
		"/api/v1/hydro/rivers/1/longitudinal-list?as_of=2018-02-30":  {400, "as_of"},
		"/api/v1/hydro/rivers/1/longitudinal-list?known_at=tomorrow": {400, "known_at"},
	} {
		var p problemBody
		if status := get(t, srv, path, &p); status != want.status || p.Detail == "" {
			t.Errorf("%s: status %d, %+v", path, status, p)
		}
		if want.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != want.pointer) {
			t.Errorf("%s: names %+v, want %s", path, p.Errors, want.pointer)
		}
	}
}

// Profile and water quality tell the same mouths and the same things: a tributary that joins at nine degrees comes from its own side
// in both, and what names a route of the river and no river stands in both.
func TestProfileAndQualityAgree(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		rows, mouthM := confluence()
		for i, row := range rows {
			switch r := row.(type) {
			case pg.River:
				if r.Key != "干流" {
					r.FlowsInto = "干流"
					rows[i] = r
				}
			case pg.Route:
				if r.Key == "支流" {
					r.Geom = lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.48, 26.60285, 106.5, 26.6}), "mouth")
					r.LengthM = lref.Length(r.Geom)
					rows[i] = r
				}
			}
		}
		rows = slices.DeleteFunc(rows, func(row pg.Row) bool { _, edge := row.(pg.Edge); return edge })
		m := mouthM - 1000
		rows = append(rows, outfall("只有路线", "干流", 106.51, 26.6003, &m), outfall("只有河流", "干流", 106.52, 26.5997, nil))
		for i, row := range rows {
			if o, ok := row.(pg.Outfall); ok && o.Key == "只有路线" {
				o.River, o.Bank = "", geo.Left
				rows[i] = o
			}
		}
		rows = append(rows, pg.Section{
			Record: always("断面"), Name: "只有路线的断面", Kind: "control", Route: "干流", MeasureM: &m, Geom: geom.NewPointFlat(geom.XY, []float64{106.51, 26.6}),
		})
		if err := b.Add(t.Context(), rows...); err != nil {
			t.Fatal(err)
		}
	})
	told := func(kind, name string, bank geo.Bank, label string) string {
		return fmt.Sprint(kind, " ", name, " ", bank, " ", label)
	}
	var along, axis []string
	p := profileOf(t, srv, "干流", "2026-01-01")
	for _, r := range p.Routes {
		for _, i := range r.Items {
			switch i.Kind {
			case duty.TributaryItem:
				along = append(along, told("tributary", *i.Name, i.Bank, i.FromLabel))
			case duty.SectionItem, duty.OutfallItem:
				along = append(along, told(string(i.Kind), *i.Name, "", i.FromLabel))
			}
		}
	}
	q := qualityAlong(t, srv, "干流", "as_of=2026-01-01")
	for _, x := range q.Axis {
		switch x.Kind {
		case "tributary":
			axis = append(axis, told(x.Kind, x.Tributary.Name, x.Tributary.Bank, x.Tributary.Label))
		case "section":
			axis = append(axis, told(x.Kind, x.Section.Name, "", lref.Label(x.Section.MeasureM)))
		case "outfall":
			axis = append(axis, told(x.Kind, x.Outfall.Name, "", lref.Label(x.Outfall.MeasureM)))
		}
	}
	if diff := cmp.Diff([]string{"outfall 只有河流  K7+968", "outfall 只有路线  K8+960", "section 只有路线的断面  K8+960", "tributary 支流 left K9+960", "tributary 邻河 left K0+000"}, sorted(along)); diff != "" {
		t.Errorf("profile: %s", diff)
	}
	// What has no measure stored has no place on the axis of quality, which is told.
	if diff := cmp.Diff([]string{"outfall 只有路线  K8+960", "section 只有路线的断面  K8+960", "tributary 支流 left K9+960", "tributary 邻河 left K0+000"}, sorted(axis)); diff != "" {
		t.Errorf("quality: %s", diff)
	}
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}

// Of a river that has no reaches and that no level is said to manage, its page does not say that there are no gaps: nothing was looked at.
func TestPageOfARiverWithoutReachesClaimsNothing(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.40, 26.60, 106.45, 26.60}), "mouth")
		rec := pg.Record{Key: "r", Source: "test"}
		if err := b.Add(t.Context(), pg.River{Record: rec, Name: "新河", RiverKind: "river"}, pg.Route{Record: rec, River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: route.FlatCoords()[2], Geom: route}); err != nil {
			t.Fatal(err)
		}
	})
	var found struct{ Rivers []struct{ ID int64 } }
	get(t, srv, "/api/v1/rivers?q=新河", &found)
	for lang, want := range map[string]string{"zh": "有没有缺口还无从判断", "en": "whether there are gaps cannot be told"} {
		text, _ := fetched(t, srv, fmt.Sprintf("/r/%d?lang=%s", found.Rivers[0].ID, lang))
		has(t, lang, text, []string{want}, "没有缺口：", "No gaps:")
	}
}
