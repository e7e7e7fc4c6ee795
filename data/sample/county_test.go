package sample_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

const (
	jiuyuan  = "150207"
	qingzhen = "520181"
)

// rows gives what Counties adds for one county, told by the order in which it adds them.
func rows(tb testing.TB, county string) []pg.Row {
	tb.Helper()
	var batches [][]pg.Row
	err := sample.Counties(tb.Context(), func(_ context.Context, rows ...pg.Row) error {
		batches = append(batches, rows)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return batches[map[string]int{jiuyuan: 0, qingzhen: 1}[county]]
}

func of[T pg.Row](rows []pg.Row) []T {
	var out []T
	for _, r := range rows {
		if t, ok := r.(T); ok {
			out = append(out, t)
		}
	}
	return out
}

func where[T any](all []T, keep func(T) bool) []T {
	var out []T
	for _, t := range all {
		if keep(t) {
			out = append(out, t)
		}
	}
	return out
}

func count[T pg.Row](rows []pg.Row, keep func(T) bool) int { return len(where(of[T](rows), keep)) }

func on(year int, month time.Month, d int) geo.Date { return geo.NewDate(year, month, d) }

// chiefs counts the posts of a level's chiefs that are held on a day, and the persons who hold them.
func chiefs(rows []pg.Row, level geo.Level, day geo.Date, roles ...string) (posts, persons int) {
	of1 := map[pg.Key]bool{}
	for _, p := range of[pg.Post](rows) {
		if p.Level != level || !slices.Contains(roles, p.Role) {
			continue
		}
		for _, a := range of[pg.Appointment](rows) {
			if a.Post == p.Key && a.Valid.Contains(day) {
				posts++
				of1[a.Person] = true
			}
		}
	}
	return posts, len(of1)
}

func TestJiuyuanFigures(t *testing.T) {
	t.Parallel()
	all := rows(t, jiuyuan)
	day := on(2017, 12, 31)
	got := map[string]int{}
	has := func(level int16) func(pg.River) bool {
		return func(r pg.River) bool { return slices.Contains(r.ManagingLevels, level) }
	}
	got["F01 towns"] = count(all, func(d pg.Division) bool { return d.Level == geo.Town })
	got["F01 rivers"] = len(of[pg.River](all))
	got["F02 of 50 km² and more"] = count(all, func(r pg.River) bool { return *r.BasinAreaKm2 >= 50 })
	got["F03 seasonal"] = count(all, func(r pg.River) bool { return !*r.Perennial })
	got["F04 district"] = count(all, has(3))
	got["F04 city"] = count(all, has(2))
	posts, persons := chiefs(all, geo.County, day, "chief")
	got["F05 posts"], got["F05 persons"] = posts, persons
	got["F06 reaches"] = count(all, func(r pg.Reach) bool { return r.Level == geo.Town })
	posts, persons = chiefs(all, geo.Town, day, "chief")
	got["F07 posts"], got["F07 persons"] = posts, persons
	got["F07 reaches with two"] = count(all, func(p pg.Post) bool { return p.Level == geo.Town && p.DualRole == "party" })
	got["F08 reaches without a chief"] = len(vacant(all, day))
	got["F09 head and deputy"], _ = chiefs(all, geo.County, day, "head_chief", "deputy_head_chief")
	for _, level := range []geo.Level{geo.City, geo.County, geo.Town} {
		got[fmt.Sprintf("F11 boards of level %d", level)] = count(all, func(b pg.Board) bool { return b.Level == level })
	}
	boarded := map[pg.Key]bool{}
	for _, b := range of[pg.Board](all) {
		boarded[b.Reaches[0]] = true
	}
	got["F11 town reaches without a board"] = count(all, func(r pg.Reach) bool { return r.Level == geo.Town && !boarded[r.Key] })
	got["F12 published on the day"] = count(all, func(a pg.Appointment) bool { return a.PublishDate == on(2017, 12, 1) && a.AppointDoc != "" })
	got["F12 appointments"] = len(of[pg.Appointment](all))
	got["F13 drafts"] = count(all, func(p pg.Plan) bool { return p.Status == "draft" })
	want := map[string]int{
		"F01 towns": 8, "F01 rivers": 16, "F02 of 50 km² and more": 5, "F03 seasonal": 15, "F04 district": 6, "F04 city": 4,
		"F05 posts": 6, "F05 persons": 5, "F06 reaches": 26, "F07 posts": 38, "F07 persons": 38, "F07 reaches with two": 12,
		"F08 reaches without a chief": 0, "F09 head and deputy": 2, "F11 boards of level 2": 4, "F11 boards of level 3": 2,
		"F11 boards of level 4": 11, "F11 town reaches without a board": 15, "F12 published on the day": 50, "F12 appointments": 50, "F13 drafts": 12,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	names := map[string]bool{}
	for _, r := range of[pg.River](all) {
		names[r.Name] = true
	}
	for name := range strings.FieldsSeq("黄河 昆都仑河 二道沙河 四道沙河 梅力更沟 乌兰不浪沟 大坝沟 哈德门沟 门道沟 东柏树沟 西柏树沟 胡鲁斯太沟 阿贵沟 花沟 白石头沟 虎奔汉沟") {
		if !names[name] {
			t.Errorf("F01: %s is missing", name)
		}
	}
}

// vacant gives the reaches that nobody answers for on a day.
func vacant(all []pg.Row, day geo.Date) []pg.Key {
	held := map[pg.Key]bool{}
	for _, a := range of[pg.Appointment](all) {
		held[a.Post] = held[a.Post] || (a.Valid.Contains(day) && !a.Acting)
	}
	answered := map[pg.Key]bool{}
	for _, p := range of[pg.Post](all) {
		answered[p.Reach] = answered[p.Reach] || held[p.Key]
	}
	var out []pg.Key
	for _, r := range of[pg.Reach](all) {
		if !answered[r.Key] {
			out = append(out, r.Key)
		}
	}
	return out
}

func TestQingzhenFigures(t *testing.T) {
	t.Parallel()
	all := rows(t, qingzhen)
	day := on(2017, 12, 31)
	got := map[string]int{}
	for _, kind := range []string{"镇", "乡", "社区"} {
		got["F39 "+kind] = count(all, func(d pg.Division) bool { return d.Kind == kind && d.Level == geo.Town })
	}
	got["F39 villages"] = count(all, func(d pg.Division) bool { return d.Level == geo.Village })
	got["F40 heads"], _ = chiefs(all, geo.County, day, "head_chief")
	got["F40 deputies of towns"], _ = chiefs(all, geo.Town, day, "deputy_head_chief")
	_, got["F40 town chiefs"] = chiefs(all, geo.Town, day, "chief")
	_, got["F40 village chiefs"] = chiefs(all, geo.Village, day, "chief")
	_, got["F41 persons"] = chiefs(all, geo.County, day, "chief", "head_chief")
	got["F42 rivers"] = len(of[pg.River](all))
	got["F42 county rivers"] = count(all, func(r pg.River) bool { return r.ManagingLevels[0] == 3 })
	got["F42 claims of town rivers"] = count(all, func(c pg.Claim) bool { return c.Measure == "town_rivers" })
	got["F43 claims of units"] = count(all, func(c pg.Claim) bool { return c.Measure == "river_units" || c.Measure == "river_communities" })
	boards := where(of[pg.Board](all), func(b pg.Board) bool { return b.Valid.Contains(day) })
	got["F44 county boards"] = len(where(boards, func(b pg.Board) bool { return b.Level == geo.County }))
	got["F44 town and village boards"] = len(where(boards, func(b pg.Board) bool { return b.Level > geo.County }))
	april, november := passing(all, on(2017, 4, 27)), passing(all, on(2017, 11, 30))
	got["F45 sections"], got["F45 pass"] = april["county"], april["county pass"]
	got["F45 sources"] = april["drinking_source"]
	got["F46 sections"], got["F46 fail"] = november["county"], november["county"]-november["county pass"]
	for _, approval := range []string{"approved", "pending", "closing"} {
		got["F47 "+approval] = count(all, func(o pg.Outfall) bool { return o.Approval == approval })
	}
	got["F47 monitored"] = count(all, func(o pg.Outfall) bool { return *o.Monitor && o.Approval != "closing" })
	got["reaches without a chief"] = len(vacant(all, day))
	want := map[string]int{
		"F39 镇": 6, "F39 乡": 3, "F39 社区": 7, "F39 villages": 181, "F40 heads": 2, "F40 deputies of towns": 16, "F40 town chiefs": 32,
		"F40 village chiefs": 362, "F41 persons": 16, "F42 rivers": 74, "F42 county rivers": 14, "F42 claims of town rivers": 2, "F43 claims of units": 4,
		"F44 county boards": 56, "F44 town and village boards": 71, "F45 sections": 54, "F45 pass": 26, "F45 sources": 9,
		"F46 sections": 54, "F46 fail": 4, // the three of 东门河, and 长冲河下游 in its last sample
		"F47 approved": 7, "F47 pending": 2, "F47 closing": 1, "F47 monitored": 9, "reaches without a chief": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rate := fmt.Sprintf("%.2f", 100*float64(april["county pass"])/float64(april["county"])); rate != "48.15" {
		t.Errorf("F45: got %s %%, want 48.15 %%", rate)
	}
}

// passing counts by kind the sections sampled by a day, and those whose last sample passes: its worst indicator is no worse
// than the target.
func passing(all []pg.Row, by geo.Date) map[string]int {
	type last struct {
		at    time.Time
		class int
	}
	worst := map[pg.Key]last{}
	for _, s := range of[pg.Sample](all) {
		l := worst[s.Section]
		if by.Before(geo.DateOf(s.TakenAt)) || s.TakenAt.Before(l.at) {
			continue
		}
		if s.TakenAt.After(l.at) {
			l = last{at: s.TakenAt}
		}
		l.class = max(l.class, *s.Class)
		worst[s.Section] = l
	}
	out := map[string]int{}
	for _, s := range of[pg.Section](all) {
		if l, ok := worst[s.Key]; ok {
			out[s.Kind]++
			if l.class <= *s.TargetClass {
				out[s.Kind+" pass"]++
			}
		}
	}
	return out
}

// 长冲河's lower section swings between pass and fail.
func TestUnstableSection(t *testing.T) {
	t.Parallel()
	all := rows(t, qingzhen)
	var key pg.Key
	for _, s := range of[pg.Section](all) {
		if s.Name == "长冲河下游断面" {
			key = s.Key
		}
	}
	var got []int
	for _, s := range of[pg.Sample](all) {
		if s.Section == key && s.Indicator == "NH3-N" {
			got = append(got, *s.Class)
		}
	}
	if want := []int{4, 3, 4, 3, 4, 3, 4, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("got the classes %v, want %v", got, want)
	}
}

// Scenario 13: 猫跳河's boards show the old chief only between the change and their replacement.
// Scenario 12: those of 东门河左二支流 show a chief who has left; an acting one stands in.
func TestChangeOfChiefs(t *testing.T) {
	t.Parallel()
	all := rows(t, qingzhen)
	tests := []struct {
		river  string
		day    geo.Date
		acting bool
		stale  bool
	}{
		{"猫跳河", on(2018, 4, 15), false, false},
		{"猫跳河", on(2018, 4, 16), false, true},
		{"猫跳河", on(2018, 5, 17), false, true},
		{"猫跳河", on(2018, 5, 18), false, false},
		{"东门河左二支流", on(2018, 5, 6), false, false},
		{"东门河左二支流", on(2018, 5, 7), true, true},
		{"长冲河", on(2026, 1, 1), false, false},
	}
	for _, tt := range tests {
		reach := where(of[pg.Reach](all), func(r pg.Reach) bool {
			return r.River == sample.RiverKey(qingzhen, tt.river) && r.Level == geo.County
		})[0].Key
		post := where(of[pg.Post](all), func(p pg.Post) bool { return p.Reach == reach })[0].Key
		holder := where(of[pg.Appointment](all), func(a pg.Appointment) bool { return a.Post == post && a.Valid.Contains(tt.day) })[0]
		name := where(of[pg.Person](all), func(p pg.Person) bool { return p.Key == holder.Person })[0].Name
		boards := where(of[pg.Board](all), func(b pg.Board) bool { return b.Reaches[0] == reach && b.Valid.Contains(tt.day) })
		if len(boards) != 4 || holder.Acting != tt.acting {
			t.Errorf("%s on %s: got %d boards, acting %v", tt.river, tt.day, len(boards), holder.Acting)
		}
		for _, b := range boards {
			if stale := !strings.Contains(fmt.Sprint(b.Content["chiefs"]), name); stale != tt.stale {
				t.Errorf("%s on %s: the chief is %s, the board shows %v", tt.river, tt.day, name, b.Content["chiefs"])
			}
		}
	}
}

// Nothing real: every person is marked in the flag and in the name, every phone in its text.
func TestEverythingInventedSaysSo(t *testing.T) {
	t.Parallel()
	for _, all := range [][]pg.Row{rows(t, jiuyuan), rows(t, qingzhen)} {
		for _, p := range of[pg.Person](all) {
			if !p.IsSample || !strings.HasPrefix(p.Name, "示例河长·") {
				t.Errorf("person %s is not marked", p.Name)
			}
		}
		for _, p := range of[pg.Post](all) {
			if !strings.HasSuffix(p.PhonePublic, "（示例）") {
				t.Errorf("the phone %s is not marked", p.PhonePublic)
			}
		}
		for _, a := range of[pg.Appointment](all) {
			if !strings.Contains(a.Position, "示例") {
				t.Errorf("the position %s is not marked", a.Position)
			}
		}
		for _, b := range of[pg.Board](all) {
			chiefs, ok := b.Content["chiefs"].([]any)
			if b.Content["notice"] != sample.Notice || b.Content["phone"] == "" || !ok || len(chiefs) == 0 {
				t.Errorf("board %s lacks content: %v", b.Code, b.Content)
			}
		}
	}
}

// Reaches tile [0, L] of each river on each level and bank, and their lines are as long as their ranges.
func TestReachesTile(t *testing.T) {
	t.Parallel()
	for _, all := range [][]pg.Row{rows(t, jiuyuan), rows(t, qingzhen)} {
		length := map[pg.Key]float64{}
		for _, r := range of[pg.Route](all) {
			length[r.River] = r.LengthM
		}
		reaches := map[string][]pg.Reach{}
		for _, r := range of[pg.Reach](all) {
			for _, bank := range []geo.Bank{geo.Left, geo.Right} {
				if r.BankScope == geo.Both || r.BankScope == bank {
					id := fmt.Sprint(r.River, r.Level, bank)
					reaches[id] = append(reaches[id], r)
				}
			}
			if got := lref.Length(r.Geom); math.Abs(got-(r.ToM-r.FromM)) > 0.01 {
				t.Errorf("%s: its line is %.3f m long, its range %.3f m", r.Name, got, r.ToM-r.FromM)
			}
		}
		for _, r := range of[pg.River](all) {
			for _, level := range r.ManagingLevels {
				for _, bank := range []geo.Bank{geo.Left, geo.Right} {
					at := 0.0
					for _, x := range reaches[fmt.Sprint(r.Key, level, bank)] {
						if x.FromM != at {
							t.Errorf("%s begins at %v, not at %v", x.Name, x.FromM, at)
						}
						at = x.ToM
					}
					if at != length[r.Key] {
						t.Errorf("%s, level %d: its reaches end at %v of %v", r.Name, level, at, length[r.Key])
					}
				}
			}
		}
	}
}

func TestStatedLengths(t *testing.T) {
	t.Parallel()
	want := map[string]float64{"东门河": 4400, "争旗冲": 2900, "暗流河": 14611.8}
	for _, r := range of[pg.River](rows(t, qingzhen)) {
		if (r.LengthKm != nil) != (want[r.Name] > 0) {
			t.Errorf("%s: a stated length is %v", r.Name, r.LengthKm != nil)
		}
	}
	for _, r := range of[pg.Route](rows(t, qingzhen)) {
		for name, m := range want {
			if r.Key == sample.RiverKey(qingzhen, name) && math.Abs(r.LengthM-m) > 0.1 {
				t.Errorf("F56: %s is %.3f m long, want %v m", name, r.LengthM, m)
			}
		}
	}
}

// A line of a river or a border, as points.
type line [][2]float64

func points(flat []float64, stride int) line {
	var out line
	for i := 0; i < len(flat); i += stride {
		out = append(out, [2]float64{flat[i], flat[i+1]})
	}
	return out
}

// crossings counts where two lines meet other than at a vertex of both.
func crossings(a, b line) int {
	n := 0
	for i := 1; i < len(a); i++ {
		for j := 1; j < len(b); j++ {
			p, q, r, s := a[i-1], a[i], b[j-1], b[j]
			if p == r || p == s || q == r || q == s {
				continue
			}
			side := func(o, d, x [2]float64) bool { return (d[0]-o[0])*(x[1]-o[1])-(d[1]-o[1])*(x[0]-o[0]) > 0 }
			if side(p, q, r) != side(p, q, s) && side(r, s, p) != side(r, s, q) {
				n++
			}
		}
	}
	return n
}

// inside tells whether a position lies within a polygon of one ring.
func inside(g *geom.MultiPolygon, p [2]float64) bool {
	ring := points(g.FlatCoords(), 2)
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

// Rivers meet at shared vertices only, run downstream into what they flow into, and stay in their county; so does what
// stands on them.
func TestRiversAndWhatStandsOnThem(t *testing.T) {
	t.Parallel()
	for code, all := range map[string][]pg.Row{jiuyuan: rows(t, jiuyuan), qingzhen: rows(t, qingzhen)} {
		county := where(of[pg.Division](all), func(d pg.Division) bool { return d.Code == code })[0].Geom
		lines := map[pg.Key]line{}
		var keys []pg.Key
		for _, r := range of[pg.Route](all) {
			lines[r.Key] = points(r.Geom.FlatCoords(), 3)
			keys = append(keys, r.Key)
			if n := len(lines[r.Key]); n < 30 || n > 120 {
				t.Errorf("%s has %d vertices", r.Key, n)
			}
		}
		for i, k := range keys {
			for _, p := range lines[k] {
				if !inside(county, p) {
					t.Errorf("%s leaves the county at %v", k, p)
				}
			}
			for _, l := range keys[:i] {
				if n := crossings(lines[k], lines[l]); n > 0 {
					t.Errorf("%s crosses %s %d times", k, l, n)
				}
			}
		}
		for _, r := range of[pg.River](all) {
			l := lines[r.Key]
			if r.FlowsInto != "" && !slices.Contains(lines[r.FlowsInto], l[len(l)-1]) {
				t.Errorf("%s does not end on %s", r.Name, r.FlowsInto)
			}
		}
		var stands []*geom.Point
		for _, b := range of[pg.Board](all) {
			stands = append(stands, b.Geom)
		}
		for _, s := range of[pg.Section](all) {
			stands = append(stands, s.Geom)
		}
		for _, o := range of[pg.Outfall](all) {
			stands = append(stands, o.Geom)
		}
		for _, p := range stands {
			if !inside(county, [2]float64{p.X(), p.Y()}) {
				t.Errorf("a point stands outside the county at %v", p.FlatCoords())
			}
		}
	}
}

// Every edge joins the nodes at its ends, and from every node the water finds its way out.
func TestNetworkIsConnected(t *testing.T) {
	t.Parallel()
	for _, all := range [][]pg.Row{rows(t, jiuyuan), rows(t, qingzhen)} {
		nodes := map[pg.Key]*geom.Point{}
		down := map[pg.Key]pg.Key{}
		for _, n := range of[pg.Node](all) {
			nodes[n.Key] = n.Geom
		}
		routes := map[pg.Key]*geom.LineString{}
		for _, r := range of[pg.Route](all) {
			routes[r.Key] = r.Geom
		}
		for _, e := range of[pg.Edge](all) {
			down[e.From] = e.To
			for m, n := range map[float64]pg.Key{e.FromM: e.To, e.ToM: e.From} {
				lon, lat, err := lref.Locate(routes[e.Route], m)
				if err != nil {
					t.Fatal(err)
				}
				if d := lref.Distance(lon, lat, nodes[n].X(), nodes[n].Y()); d > 0.01 {
					t.Errorf("edge %s: node %s lies %.3f m off", e.Key, n, d)
				}
			}
		}
		ends := map[pg.Key]bool{}
		for n := range nodes {
			steps := 0
			for down[n] != "" && steps < 1000 {
				n = down[n]
				steps++
			}
			ends[n] = true
		}
		if len(ends) != 1 {
			t.Errorf("the network ends at %d nodes, want 1: %v", len(ends), ends)
		}
	}
}

// project sees a position from a river.
func project(all []pg.Row, county, river string, lon, lat float64) lref.Hit {
	for _, r := range of[pg.Route](all) {
		if r.Key == sample.RiverKey(county, river) {
			return lref.Project(r.Geom, lon, lat)
		}
	}
	return lref.Hit{}
}

// Scenario 10: on the left bank of the border river one town answers, on the right bank the other; the border is the river.
func TestBorderRiver(t *testing.T) {
	t.Parallel()
	all := rows(t, qingzhen)
	for _, r := range of[pg.Reach](all) {
		if r.River != sample.RiverKey(qingzhen, "示例河09") {
			continue
		}
		town := where(of[pg.Division](all), func(d pg.Division) bool { return d.Key == r.Division })[0]
		for _, m := range []float64{500, 2000, 4000, 6000} {
			at := off(t, all, qingzhen, "示例河09", m, r.BankScope, 30)
			if hit := project(all, qingzhen, "示例河09", at[0], at[1]); hit.Bank != r.BankScope || !inside(town.Geom, at) {
				t.Errorf("%s at %v m: got %+v", r.Name, m, hit)
			}
		}
	}
}

// off gives the position so many metres off a river on a bank.
func off(tb testing.TB, all []pg.Row, county, river string, m float64, bank geo.Bank, metres float64) [2]float64 {
	tb.Helper()
	for _, r := range of[pg.Route](all) {
		if r.Key != sample.RiverKey(county, river) {
			continue
		}
		lon, lat, err := lref.Locate(r.Geom, m)
		if err != nil {
			tb.Fatal(err)
		}
		lon2, lat2, _ := lref.Locate(r.Geom, m-1)
		k := math.Cos(lat * math.Pi / 180)
		dx, dy := (lon2-lon)*k, lat2-lat
		f := metres / 111_200 / math.Hypot(dx, dy)
		if bank == geo.Right {
			f = -f
		}
		return [2]float64{lon - dy*f/k, lat + dx*f}
	}
	tb.Fatalf("no river %s", river)
	return [2]float64{}
}

// Scenario 11: where two rivers join there is a place 12 m from each.
func TestConfluence(t *testing.T) {
	t.Parallel()
	tests := []struct{ county, tributary, main string }{
		{jiuyuan, "昆都仑河", "黄河"},
		{qingzhen, "东门河", "猫跳河"},
	}
	for _, tt := range tests {
		all := rows(t, tt.county)
		at := between(all, tt.county, tt.tributary, tt.main, 12)
		a, b := project(all, tt.county, tt.tributary, at[0], at[1]), project(all, tt.county, tt.main, at[0], at[1])
		if math.Abs(a.DistanceM-12) > 0.1 || math.Abs(b.DistanceM-12) > 0.1 {
			t.Errorf("%s into %s: %v is %.2f m and %.2f m away", tt.tributary, tt.main, at, a.DistanceM, b.DistanceM)
		}
	}
}

// between gives the position so many metres from a tributary and from the river it joins,
// between it and that river's lower part: on the bisector of the segments there.
func between(all []pg.Row, county, tributary, main string, metres float64) [2]float64 {
	lines := map[pg.Key]line{}
	for _, r := range of[pg.Route](all) {
		lines[r.Key] = points(r.Geom.FlatCoords(), 3)
	}
	t, m := lines[sample.RiverKey(county, tributary)], lines[sample.RiverKey(county, main)]
	mouth := t[len(t)-1]
	k := math.Cos(mouth[1] * math.Pi / 180)
	unit := func(p [2]float64) (x, y float64) {
		x, y = (p[0]-mouth[0])*k, p[1]-mouth[1]
		l := math.Hypot(x, y)
		return x / l, y / l
	}
	i := slices.Index(m, mouth)
	ax, ay := unit(t[len(t)-2])
	bx, by := unit(m[i+1])
	cos := ax*bx + ay*by
	far := metres / math.Sqrt((1-cos)/2) / 111_200 / math.Hypot(ax+bx, ay+by)
	return [2]float64{mouth[0] + (ax+bx)*far/k, mouth[1] + (ay+by)*far}
}

// Scenario 7: loaded twice, the second time adds no row; PostGIS finds every geometry valid, and the towns tile their county.
func TestScenario_07(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	load := func() []pg.Merged {
		b, err := db.Store.NewBatch(t.Context(), "test", "sample counties")
		if err != nil {
			t.Fatal(err)
		}
		if err = sample.Counties(t.Context(), b.Add); err != nil {
			t.Fatal(err)
		}
		merged, err := b.Merge(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return merged
	}
	for _, m := range load() {
		if m.Added == 0 || m.Changed+m.Unchanged+m.Ended > 0 {
			t.Errorf("first load: %+v", m)
		}
	}
	for _, m := range load() {
		if m.Unchanged == 0 || m.Added+m.Changed+m.Ended > 0 {
			t.Errorf("second load: %+v", m)
		}
	}
	const tiling = `DO $$ BEGIN
		IF EXISTS (SELECT FROM hetu.division_version c, LATERAL (SELECT st_union(t.geom) AS u, sum(st_area(t.geom)) AS a FROM hetu.division_version t WHERE t.parent_id = c.id AND t.level = 4) t
			WHERE c.level = 3 AND (st_area(st_symdifference(c.geom, t.u)) > 1e-12 OR abs(t.a - st_area(c.geom)) > 1e-12)) THEN
			RAISE 'towns do not tile their county';
		END IF;
		IF EXISTS (SELECT FROM hetu.board_version b, hetu.division_version d WHERE d.id = b.division_id AND d.level = 4 AND NOT st_contains(d.geom, b.geom)) THEN
			RAISE 'a board stands outside its town';
		END IF;
		IF EXISTS (SELECT FROM hetu.reach_version r, hetu.division_version d WHERE d.id = r.division_id AND d.level = 4
			AND st_length(st_difference(r.geom, d.geom)::geography) > 1000 AND r.bank_scope = 'both') THEN
			RAISE 'a reach runs over a kilometre outside its town';
		END IF;
	END $$`
	if err := db.Exec(t.Context(), "", tiling); err != nil {
		t.Error(err)
	}
}

// Each river has a code of its own, or no project along it could ever be checked (G16); the code says that it is of the sample.
func TestEveryRiverHasACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	codes := map[string]string{}
	for _, county := range []string{jiuyuan, qingzhen} {
		for _, r := range of[pg.River](rows(t, county)) {
			if other, taken := codes[r.Code]; taken || r.CodeScheme != "local" || !strings.HasPrefix(r.Code, "SL"+county) || !strings.Contains(r.Source, "示例：河流编码") {
				t.Errorf("%s has the code %s:%q, as has %q", r.Name, r.CodeScheme, r.Code, other)
			}
			codes[r.Code] = r.Name
		}
	}
	if len(codes) != 16+74 {
		t.Errorf("%d codes", len(codes))
	}
}

// Whoever begins with the sample can draft a boundary: of one river the tops of both banks are there, invented and marked so, and a candidate rests on them
// from end to end.
func TestOneRiverIsSurveyed(t *testing.T) {
	t.Parallel()
	all := rows(t, qingzhen)
	key := sample.RiverKey(qingzhen, "争旗冲")
	st := demarc.Stretch{RiverName: "争旗冲"}
	for _, r := range where(of[pg.Route](all), func(r pg.Route) bool { return r.River == key }) {
		st.Route = r.Geom
		st.FromM, st.ToM, _ = lref.Ends(r.Geom)
	}
	for i, b := range of[pg.BankLine](all) {
		if b.River != key || !strings.Contains(b.Source, "示例：岸线") || !strings.HasSuffix(b.Name, "（示例）") {
			t.Errorf("%+v", b)
		}
		st.Survey = append(st.Survey, demarc.SurveyLine{ID: int64(i + 1), Kind: demarc.BankTop, Bank: b.Bank, Source: b.Source, Line: b.Geom})
	}
	lines, notes, err := demarc.Candidate(geo.Patient{}, st, nil, demarc.WidthProfile{Profile: "x", Rules: []demarc.WidthRule{{Basis: demarc.NaturalBank, LeastM: 10, MostM: 10, Source: "示例"}}})
	if err != nil || len(lines.Of(geo.Left)) != 1 || len(lines.Of(geo.Right)) != 1 || slices.ContainsFunc(notes, func(n demarc.Note) bool { return n.Code == demarc.NoteGap || n.Code == demarc.NoteSide }) {
		t.Fatalf("%d pieces, %+v, %v", len(lines.Pieces), notes, err)
	}
	for _, p := range lines.Pieces {
		if p.FromM > st.FromM+1 || p.ToM < st.ToM-1 {
			t.Errorf("%s bank: %.1f to %.1f of %.1f", p.Bank, p.FromM, p.ToM, st.ToM)
		}
	}
}
