package pg_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles/atlas"
)

// changes reads the feed until it has n rows: a writer in any database of the server, as parallel tests are, holds it back.
func changes(t *testing.T, s *pg.Store, after atlas.Position, n int) []pg.Change {
	t.Helper()
	for range 600 {
		got, _, err := s.Feed().Read(t.Context(), after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) >= n {
			return got
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the feed did not give %d rows in 30 s", n)
	return nil
}

// The feed has one row for each feature that a write touched, with the box of what was and what is; a write that changes
// nothing leaves none; reading on from the last position misses nothing.
func TestFeed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, smallRiver()...)
	first := changes(t, db.Store, atlas.Position{}, 4)
	var kinds []string
	for _, c := range first {
		kinds = append(kinds, c.Kind+" "+c.Op)
	}
	if want := []string{"division put", "river put", "route put", "reach put"}; !slices.Equal(kinds, want) {
		t.Fatalf("got %v, want %v", kinds, want)
	}
	merge(t, db.Store, smallRiver()...)
	board := pg.Board{Record: rec("b"), Level: geo.Town, Reaches: []pg.Key{"re"}, State: "ok", Geom: point(106.4, 26.6)}
	merge(t, db.Store, board)
	board.Geom = point(106.5, 26.7)
	merge(t, db.Store, board)
	rest := changes(t, db.Store, first[len(first)-1].Position(), 2)
	if len(rest) != 2 || *rest[1].Version != 2 || !slices.Equal(rest[1].Box, []float64{106.4, 26.6, 106.5, 26.7}) {
		t.Errorf("got %+v, want the board put and moved", rest)
	}
}

// While a transaction that has written is open, what committed after it began is held back.
func TestFeedHoldsBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.DSN("hetu_owner"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = tx.Exec(t.Context(), "INSERT INTO hetu.setting VALUES ('open', '1')"); err != nil {
		t.Fatal(err)
	}
	merge(t, db.Store, smallRiver()...)
	held, _, err := db.Store.Feed().Read(t.Context(), atlas.Position{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err = tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	free := changes(t, db.Store, atlas.Position{}, 4)
	if len(held) != 0 || len(free) != 4 {
		t.Errorf("%d changes were given while an older writer was open, %d after; want 0 and 4", len(held), len(free))
	}
}

// More than 10,000 features of one kind are told as one bulk row.
func TestFeedBulk(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := make([]pg.Row, 10001)
	for i := range rows {
		rows[i] = pg.Person{Record: rec(pg.Key("p" + string(rune('a'+i%26)) + string(rune(0x4e00+i)))), Name: "示例", IsSample: true}
	}
	merge(t, db.Store, rows...)
	got := changes(t, db.Store, atlas.Position{}, 1)
	if len(got) != 1 || got[0].Op != "bulk" || got[0].FeatureID != nil {
		t.Errorf("got %+v, want one bulk row", got)
	}
}
