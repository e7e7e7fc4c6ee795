package pg_test

import (
	"testing"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
)

// BenchmarkMergeOfOneBoard is what one small edit costs the database.
func BenchmarkMergeOfOneBoard(b *testing.B) {
	db := pgtest.New(b)
	bring := func(rows ...pg.Row) {
		batch, err := db.Store.NewBatch(b.Context(), "bench", "a board")
		if err == nil {
			err = batch.Add(b.Context(), rows...)
		}
		if err == nil {
			_, err = batch.Merge(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	bring(smallRiver()...)
	at := 0
	edit := func() {
		at++
		bring(pg.Board{Record: rec("b"), Level: geo.Town, Reaches: []pg.Key{"re"}, State: "ok", SiteText: string(rune(0x4e00 + at%2000)), Geom: point(106.4, 26.6)})
	}
	for range 20 {
		edit()
	}
	for b.Loop() {
		edit()
	}
}
