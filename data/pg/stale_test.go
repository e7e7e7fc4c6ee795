package pg_test

import (
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/duty"
)

// staleBoards gives since when each board that is stale is so, by its code.
func staleBoards(t *testing.T, s *pg.Store, asOf string) map[string]string {
	t.Helper()
	out := map[string]string{}
	_, err := s.Boards(t.Context(), duty.BoardQuestion{At: duty.Moment{AsOf: day(asOf)}}, func(b duty.BoardCase) {
		found := duty.StalenessOf(b.Text, b.History.Truth(), nil, duty.Calendar{}, day(asOf))
		if found.Stale {
			out[*b.Code] = found.Since.String()
			t.Logf("%s: %+v", *b.Code, found.Fields)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// chiefsOfThree is a river with a reach over all of it at county, town and village, each with a chief in office.
func chiefsOfThree() []pg.Row {
	rows := append(townPost(), dutyRiver("river", 26.60)...)
	for _, of := range []struct {
		level geo.Level
		reach pg.Key
		title string
		who   pg.Key
	}{{geo.County, "county reach", "县级河长", "a"}, {geo.Town, "river reach", "镇级河长", "b"}, {geo.Village, "village reach", "村级河长", "c"}} {
		if of.level != geo.Town {
			reach, _ := dutyRiver("river", 26.60)[2].(pg.Reach)
			reach.Key, reach.Level = of.reach, of.level
			rows = append(rows, reach)
		}
		seat := pg.Post{Record: rec("post of " + of.reach), Level: of.level, Role: "chief", DualRole: "none", Reach: of.reach, Title: of.title}
		rows = append(rows, seat, pg.Appointment{Record: pg.Record{Key: "term of " + of.reach, Valid: geo.Since(day("2018-01-01")), Source: "test"}, Post: seat.Key, Person: of.who})
	}
	return rows
}

func boardOfThree(code pg.Key, lon float64) pg.Board {
	chief := func(level int, name string) any {
		return map[string]any{"level": level, "role": "chief", "name": name}
	}
	return pg.Board{
		Record: rec(code), Code: string(code), Level: geo.Town, Reaches: []pg.Key{"river reach"}, Division: "d", State: "ok", ContentDate: day("2018-02-01"),
		Content: map[string]any{"chiefs": []any{chief(3, "示例甲"), chief(4, "示例乙"), chief(5, "示例丙")}}, Geom: geom.NewPointFlat(geom.XY, []float64{lon, 26.6001}),
	}
}

// [from, to) is closed at the ends of the route: what a board at the source, or beyond it, shows of other levels is held against the reaches
// that end there.
func TestBoardAtTheEndsOfTheRoute(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, append(chiefsOfThree(), boardOfThree("beyond the source", 106.3995), boardOfThree("at the source", 106.40), boardOfThree("half way", 106.42),
		boardOfThree("at the mouth", 106.45), boardOfThree("beyond the mouth", 106.4505))...)
	if got := staleBoards(t, db.Store, "2018-06-01"); len(got) != 0 {
		t.Errorf("stale though all is right: %v", got)
	}
}

// A board that shows who had left before its text was made is stale, whoever is asked: the review of boards, who is responsible, and the
// profile of the river.
func TestBoardIsStaleWhoeverIsAsked(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const made, asOf = "2018-05-01", "2018-06-01"
	board := func(code pg.Key, lon float64, content map[string]any) pg.Row {
		return pg.Board{
			Record: rec(code), Code: string(code), Level: geo.Town, Reaches: []pg.Key{"river reach"}, State: "ok", ContentDate: day(made), Content: content,
			Geom: geom.NewPointFlat(geom.XY, []float64{lon, 26.6001}),
		}
	}
	shows := func(name string) map[string]any {
		return map[string]any{"notice": "示例", "chiefs": []any{map[string]any{"level": 4, "role": "chief", "name": name}}}
	}
	seat := pg.Post{Record: rec("seat"), Level: geo.Town, Role: "chief", DualRole: "none", Reach: "river reach", Title: "镇级河长"}
	first, second := holder("first", "a", "2017-01-01", "2018-04-02"), holder("second", "b", "2018-04-02", "")
	first.Post, second.Post = "seat", "seat"
	merge(t, db.Store, append(append(townPost(), dutyRiver("river", 26.60)...), seat, first, second,
		board("wrong from the start", 106.419, shows("示例甲")), board("right", 106.420, shows("示例乙")), board("not known", 106.421, nil))...)
	want := map[string]string{"wrong from the start": made}
	same := func(who string, got map[string]string) {
		t.Helper()
		if len(got) != len(want) || got["wrong from the start"] != made {
			t.Errorf("%s: stale are %v, want %v", who, got, want)
		}
	}
	same("the review of boards", staleBoards(t, db.Store, asOf))
	here, along := map[string]string{}, map[string]string{}
	a := answer(t, db.Store, 26.60, asOf)
	for _, b := range a.Rivers[0].Boards {
		if b.Stale {
			here[*b.Code] = b.StaleSince.String()
		}
	}
	if same("who is responsible", here); len(a.Rivers[0].Boards) != 3 {
		t.Errorf("%d boards", len(a.Rivers[0].Boards))
	}
	p, err := db.Store.Profile(t.Context(), duty.Moment{AsOf: day(asOf)}, a.Rivers[0].River.ID, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range p.Routes[0].Items {
		if i.StaleSince != nil {
			along[*i.Code] = i.StaleSince.String()
		}
	}
	same("the profile", along)
}
