package roster_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/roster"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

func rec(key pg.Key, from, to string) pg.Record {
	return pg.Record{Key: key, Source: "test", Valid: geo.Period{From: day(from), To: day(to)}}
}

// write merges rows and gives what became of it.
func write(ctx context.Context, s *pg.Store, rows ...pg.Row) error {
	b, err := s.NewBatch(ctx, "test", "roster")
	if err != nil {
		return err
	}
	if err = b.Add(ctx, rows...); err != nil {
		_ = b.Drop(ctx)
		return err
	}
	_, err = b.Merge(ctx)
	return err
}

func mustWrite(t *testing.T, s *pg.Store, rows ...pg.Row) {
	t.Helper()
	if err := write(t.Context(), s, rows...); err != nil {
		t.Fatal(err)
	}
}

// fill adds what a source of samples gives.
func fill(t *testing.T, s *pg.Store, rows func(ctx context.Context, add func(ctx context.Context, rows ...pg.Row) error) error) {
	t.Helper()
	b, err := s.NewBatch(t.Context(), "test", "roster")
	if err != nil {
		t.Fatal(err)
	}
	if err = rows(t.Context(), func(ctx context.Context, rows ...pg.Row) error { return b.Add(ctx, rows...) }); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func loaded(t *testing.T, db *pgtest.Database, l roster.Lines) *roster.Roster {
	t.Helper()
	r := roster.New(l)
	if err := r.Load(t.Context(), db.Store.Roster()); err != nil {
		t.Fatal(err)
	}
	return r
}

// river is a river of one route through positions, with a town reach on each bank and a county reach on both.
func river(key pg.Key, origin string, calibrated bool, flat []float64) []pg.Row {
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	if calibrated { // stakes from another survey: not in proportion to the length
		m := route.FlatCoords()
		for i := 2; i < len(m); i += 3 {
			m[i] = 5000 + 1.02*m[i] + 40*math.Sin(m[i]/300)
		}
	}
	m := route.FlatCoords()
	from, to := m[len(m)-1], m[2]
	reach := func(name pg.Key, level geo.Level, bank geo.Bank, from, to float64) pg.Row {
		return pg.Reach{
			Record: rec(key+name, "", ""), Name: string(key + name), River: key, Route: key + " route", FromM: from, ToM: to, BankScope: bank, Level: level, Division: "town",
			Geom: geom.NewLineStringFlat(geom.XY, flat),
		}
	}
	half := m[3*(len(m)/6)+2]
	return []pg.Row{
		pg.River{Record: rec(key, "", ""), Name: string(key), RiverKind: "canal", Division: "town", ManagingLevels: []int16{3, 4}},
		pg.Route{Record: rec(key+" route", "", ""), River: key, MeasureOrigin: origin, Calibrated: calibrated, FlowDir: "with", LengthM: lref.Length(route), Geom: route},
		reach(" left", geo.Town, geo.Left, from, to), reach(" right", geo.Town, geo.Right, from, half), reach(" both", geo.County, geo.Both, half, to),
	}
}

// wilderness is what the samples do not have: coordinates that no decimal number is, measures that are not in proportion,
// bank lines, areas of all kinds, posts of all owners, histories of persons and documents.
func wilderness(t *testing.T, s *pg.Store) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(3, 4))
	wild := func(lon, lat float64, n int) []float64 {
		flat := []float64{lon, lat}
		turn := 0.0
		for range n {
			turn += rnd.NormFloat64() * 0.3
			lon += 0.0007 * math.Cos(math.Sin(turn))
			lat += 0.0007 * math.Sin(math.Sin(turn))
			flat = append(flat, lon+rnd.Float64()*1e-5, lat+rnd.Float64()*1e-5)
		}
		return flat
	}
	rows := []pg.Row{
		pg.Division{Record: rec("city", "", ""), CodeScheme: "local", Code: "w1", Name: "野市", Level: geo.City, Kind: "市"},
		pg.Division{Record: rec("town", "", "2025-01-01"), CodeScheme: "local", Code: "w2", Name: "野镇", NameEn: "Wild", Level: geo.Town, Kind: "镇", Parent: "city"},
		pg.Division{Record: rec("town", "2025-01-01", ""), CodeScheme: "local", Code: "w2", Name: "野街道", Level: geo.Town, Kind: "街道", Parent: "city"},
		pg.LegalDoc{Record: rec("doc", "", ""), Kind: "appointment", Number: "野〔2024〕1号", Title: "任命"},
		pg.LegalDoc{Record: rec("untitled", "", ""), Kind: "notice", Title: "通知"},
	}
	rows = append(rows, river("straight", "mouth", false, wild(100.0, 30.0, 400))...)
	rows = append(rows, river("staked", "custom", true, wild(100.0, 30.2, 300))...)
	wide := []float64{100.5, 30.0, 100.52, 30.0, 100.54, 30.001}
	rows = append(rows, river("wide", "mouth", false, wide)...)
	bank := func(key pg.Key, side geo.Bank, flat ...float64) pg.Row {
		return pg.BankLine{Record: rec(key, "2023-01-01", ""), Kind: "bank", River: "wide", Bank: side, Geom: geom.NewLineStringFlat(geom.XYZ, flat)}
	}
	ring := func(west, south, east, north float64) []float64 {
		return []float64{west, south, east, south, east, north, west, north, west, south}
	}
	area := func(key, river pg.Key, status string, shape *geom.MultiPolygon) pg.Row {
		return pg.Area{Record: rec(key, "2024-01-01", ""), River: river, Status: status, Geom: shape}
	}
	holed := geom.NewMultiPolygonFlat(geom.XY, append(ring(100.0, 29.98, 100.1, 30.02), 100.04, 30.005, 100.04, 30.01, 100.06, 30.01, 100.06, 30.005, 100.04, 30.005), [][]int{{10, 20}})
	rows = append(
		rows,
		bank("north", geo.Left, 100.5, 30.012, 1, 100.54, 30.013, 2), bank("south", geo.Right, 100.54, 29.99, 1, 100.52, 29.993, 1, 100.5, 29.99, 2),
		area("announced", "straight", "announced", holed), area("draft", "staked", "draft", geom.NewMultiPolygonFlat(geom.XY, ring(100, 30.19, 100.1, 30.21), [][]int{{10}})),
		area("two", "staked", "announced", geom.NewMultiPolygonFlat(geom.XY, slices.Concat(ring(100.02, 30.1, 100.03, 30.3), ring(100.05, 30.1, 100.06, 30.3)), [][]int{{10}, {20}})),
		pg.Person{Record: rec("one", "", "2024-06-01"), Name: "示例甲"}, pg.Person{Record: rec("one", "2024-06-01", ""), Name: "示例甲（更名）"},
		pg.Person{Record: rec("two", "", ""), Name: "示例乙"}, pg.Person{Record: rec("late", "2026-01-01", ""), Name: "示例丙"},
		pg.Person{Record: rec("three", "", "2020-01-01"), Name: "示例丁"}, pg.Person{Record: rec("three", "2020-01-01", "2025-01-01"), Name: "示例丁（更名）"},
		pg.Person{Record: rec("three", "2025-01-01", ""), Name: "示例丁（误）"},
	)
	post := func(key pg.Key, level geo.Level, role, dual string) pg.Post {
		return pg.Post{Record: rec(key, "", ""), Level: level, Role: role, DualRole: dual, Title: string(key)}
	}
	head, deputy, whole, left, right, county := post("head", geo.City, "head_chief", "party"), post("deputy", geo.City, "deputy_head_chief", "government"),
		post("whole", geo.City, "chief", "none"), post("left", geo.Town, "chief", "none"), post("right", geo.Town, "civil_chief", "none"), post("county", geo.County, "chief", "party")
	head.Division, deputy.Division, whole.River, left.Reach, right.Reach, county.Reach = "city", "city", "straight", "straight left", "straight right", "straight both"
	left.PhonePublic, left.ResponsibleUnit = "0000-1", "野镇水务站"
	term := func(key, post, person pg.Key, from, to string, acting bool, doc pg.Key) pg.Row {
		return pg.Appointment{Record: rec(key, from, to), Post: post, Person: person, Acting: acting, AppointDoc: doc, Position: "职务", PublishDate: day("2024-02-02"), Note: string(key)}
	}
	rows = append(
		rows, head, deputy, whole, left, right, county,
		term("t1", "left", "one", "2022-01-01", "2024-03-01", false, "doc"), term("t2", "left", "one", "2024-03-01", "2024-09-01", false, ""),
		term("t3", "left", "two", "2024-10-01", "2025-02-01", true, "untitled"), term("t4", "left", "late", "2025-02-01", "", false, ""),
		term("t5", "head", "two", "", "", false, ""), term("t6", "whole", "one", "2023-01-01", "2023-06-01", false, ""),
		term("t8", "right", "three", "2026-01-01", "", false, ""), term("t7", "county", "late", "2020-01-01", "", false, "doc"),
		pg.Board{
			Record: rec("board", "", ""), Level: geo.Town, Reaches: []pg.Key{"straight left", "straight right"}, Code: "w-1", SiteText: "桥头", State: "ok",
			InstalledOn: day("2023-01-01"), ContentDate: day("2023-06-01"), Geom: geom.NewPointFlat(geom.XY, []float64{100.02, 30.001}),
		},
		pg.Board{
			Record: rec("outdated", "", ""), Level: geo.Town, Reaches: []pg.Key{"straight left"}, State: "ok", ContentDate: day("2023-06-01"),
			Content: map[string]any{"slogan": "护河", "chiefs": []any{map[string]any{"level": 4, "role": "chief", "name": "示例戊"}}},
			Geom:    geom.NewPointFlat(geom.XY, []float64{100.021, 30.001}),
		},
	)
	mustWrite(t, s, rows...)
	// What is said twice of one thing is history, which the roster does not have and the answers do not show.
	left.Title = "左岸河长"
	gone := func(key pg.Key, from string) pg.Row {
		r := pg.Person{Record: rec(key, from, ""), Name: "示例"}
		r.Gone = true
		return r
	}
	mustWrite(t, s, left, gone("two", ""), gone("three", "2025-01-01"))
}

// positions gives places on, near and some way off random positions of the lines that begin between two meridians.
func positions(l *lines, rnd *rand.Rand, west, east float64, n int) [][2]float64 {
	ids := make([]int64, 0, len(l.byID))
	for id, r := range l.byID {
		if lon := r[0].flat[0]; lon > west && lon < east {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	out := make([][2]float64, 0, n)
	for range n {
		flat := l.byID[ids[rnd.IntN(len(ids))]][0].flat
		i := rnd.IntN(len(flat)/2-1) * 2
		share, off := rnd.Float64(), math.Pow(rnd.Float64(), 3)*0.008
		if rnd.IntN(5) == 0 {
			share = 0 // at a position of the line itself
		}
		angle := rnd.Float64() * 2 * math.Pi
		out = append(out, [2]float64{flat[i] + (flat[i+2]-flat[i])*share + off*math.Cos(angle), flat[i+1] + (flat[i+3]-flat[i+1])*share + off*math.Sin(angle)})
	}
	return out
}

// The roster answers as the database does: distances and measures to 2 cm, everything else alike.
func TestAnswersAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	fill(t, db.Store, sample.Counties)
	fill(t, db.Store, func(ctx context.Context, add func(context.Context, ...pg.Row) error) error {
		return sample.Generate(ctx, sample.Spec{Reaches: 3000, Seed: 7}, add)
	})
	wilderness(t, db.Store)
	l := linesOf(t, db)
	r := loaded(t, db, l)
	rnd := rand.New(rand.NewPCG(1, 2))
	ask := append(positions(l, rnd, 73, 136, 500), positions(l, rnd, 99.9, 100.6, 300)...) // the wilderness is three lines among thousands
	for range 150 {
		ask = append(ask, [2]float64{99.99 + rnd.Float64()*0.12, 29.97 + rnd.Float64()*0.26}, [2]float64{100.49 + rnd.Float64()*0.06, 29.98 + rnd.Float64()*0.04})
	}
	days := []string{"2017-12-31", "2018-05-07", "2018-06-01", "2022-06-01", "2023-03-03", "2024-08-01", "2024-09-15", "2025-01-15", "2026-11-24"}
	seen := map[string]int{}
	unsure := 0
	for _, at := range ask {
		q := duty.Question{Lon: at[0], Lat: at[1], At: duty.Moment{AsOf: day(days[rnd.IntN(len(days))])}, RadiusM: []float64{0, 100, 2000}[rnd.IntN(3)]}
		want, err := db.Store.Responsible(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, ok, err := r.Responsible(t.Context(), q)
		if err != nil || !ok {
			t.Fatalf("%+v: answered %v, %v", q, ok, err)
		}
		count(seen, want)
		if onEdge(want) {
			unsure++
			continue
		}
		if diff := differ(want, got); diff != "" {
			t.Errorf("%v on %s, radius %g: %s", at, q.At.AsOf, q.RadiusM, diff)
		}
	}
	t.Logf("%d positions, %d of them too near an edge to compare; seen: %v", len(ask), unsure, seen)
	if unsure > len(ask)/20 {
		t.Errorf("%d of %d positions were not compared", unsure, len(ask))
	}
	for _, what := range []string{"nothing", "tie", duty.InsideArea, duty.NearestBank, duty.NearestCentre, "acting", "vacant", "held", "stale", "boards", "river posts", "heads", "document", "note", "centre", "low"} {
		if seen[what] == 0 {
			t.Errorf("no answer had: %s", what)
		}
	}
}

// count notes what an answer has, so that the test knows what it has compared.
func count(seen map[string]int, a duty.Answer) {
	note := func(what string, when bool) {
		if when {
			seen[what]++
		}
	}
	note("nothing", len(a.Rivers) == 0)
	note("tie", a.Tie)
	for _, f := range a.Rivers {
		seen[f.How]++
		note("centre", f.Bank == geo.Centre)
		note(f.Confidence, true)
		note("boards", len(f.Boards) > 0)
		note("river posts", len(f.RiverPosts) > 0)
		note("heads", len(f.Heads) > 0)
		for _, b := range f.Boards {
			note("stale", b.Stale)
		}
		for _, b := range f.Banks {
			for _, l := range b.Levels {
				for _, reach := range l.Reaches {
					for _, p := range reach.Posts {
						note("vacant", p.Vacant)
						note("held", !p.Vacant)
						note("acting", p.Holder != nil && p.Holder.Acting)
						note("document", p.Holder != nil && p.Holder.Document != nil)
						note("note", p.Holder != nil && p.Holder.Note != nil)
					}
				}
			}
		}
	}
}

// onEdge tells whether 2 cm more or less would make another answer of it: by the radius, the tie, the centre line or the
// confidence.
func onEdge(a duty.Answer) bool {
	near := func(x, y float64) bool { return math.Abs(x-y) < 0.02 && x != y }
	nearest := math.Inf(1)
	for _, f := range a.Rivers {
		nearest = min(nearest, f.DistanceM)
	}
	for _, f := range a.Rivers {
		if near(f.DistanceM, a.RadiusM) || near(f.DistanceM, nearest+20) || near(f.DistanceM, 1) || near(f.DistanceM, a.RadiusM/2) || near(f.DistanceM, 20) {
			return true
		}
	}
	return false
}

// slide is how far the nearest point of a line may lie off along it: 2 cm, and seen from far off half a millimetre for each
// metre, which is what it turns by where positions are 60 m apart and known to 13 mm.
func slide(a duty.Answer, f duty.RiverFound) float64 {
	return 0.02 + 5e-4*lref.Distance(a.Lon, a.Lat, f.Point[0], f.Point[1])
}

// differ compares two answers, distances to 2 cm.
func differ(want, got duty.Answer) string {
	if len(want.Rivers) != len(got.Rivers) {
		return cmp.Diff(text(want), text(got))
	}
	for i := range want.Rivers {
		w, g := &want.Rivers[i], &got.Rivers[i]
		far := slide(want, *w)
		if math.Abs(w.DistanceM-g.DistanceM) > 0.02 || math.Abs(w.MeasureM-g.MeasureM) > far || lref.Distance(w.Point[0], w.Point[1], g.Point[0], g.Point[1]) > far {
			return cmp.Diff([]any{w.RouteID, w.DistanceM, w.MeasureM, w.Point}, []any{g.RouteID, g.DistanceM, g.MeasureM, g.Point})
		}
		if g.MeasureLabel != lref.Label(g.MeasureM) {
			return cmp.Diff(lref.Label(g.MeasureM), g.MeasureLabel)
		}
		g.DistanceM, g.MeasureM, g.MeasureLabel, g.Point = w.DistanceM, w.MeasureM, w.MeasureLabel, w.Point
	}
	return cmp.Diff(text(want), text(got))
}

func text(a duty.Answer) string {
	out, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(out)
}
