package pg_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/sample"
	"hetu/tiles/atlas"
)

// stretches counts the reads of a feed after which there was more.
type stretches struct {
	*pg.AtlasSource
	more int
}

func (s *stretches) Changes(ctx context.Context, after atlas.Position) (atlas.Delta, error) {
	d, err := s.AtlasSource.Changes(ctx, after)
	if d.More {
		s.more++
	}
	return d, err
}

// network makes a store of a generated network, and gives its rows.
func network(t *testing.T, reaches int) (*pgtest.Database, []pg.Row) {
	t.Helper()
	db := pgtest.New(t)
	var rows []pg.Row
	batch, err := db.Store.NewBatch(t.Context(), "test", "network")
	if err != nil {
		t.Fatal(err)
	}
	err = sample.Generate(t.Context(), sample.Spec{Reaches: reaches, Seed: 3}, func(ctx context.Context, more ...pg.Row) error {
		rows = append(rows, more...)
		return batch.Add(ctx, more...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = batch.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, rows
}

// heard waits until an atlas that follows has the newest write. The end of the feed is no goal: a writer in another database of
// the server holds it back.
func heard(t *testing.T, s *pg.Store, a *atlas.Atlas) {
	t.Helper()
	merge(t, s, pg.River{Record: rec("the last"), Name: "最后", RiverKind: "river"})
	want, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; a.State().Version != want; n++ {
		if n > 6000 {
			t.Fatalf("the atlas has the writes up to %d, not %d", a.State().Version, want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// An atlas that slept through more than is read at a time takes it in stretch by stretch.
func TestAtlasSlept(t *testing.T) {
	t.Parallel()
	db, rows := network(t, 200)
	a := loaded(t, db.Store)
	editAtRandom(t, db.Store, rows, rand.New(rand.NewPCG(3, 3)), 60)
	src := &stretches{AtlasSource: db.Store.Atlas()}
	src.ByRowsForTest(5)
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { a.Follow(ctx, src, "", func(err error) { t.Errorf("following: %v", err) }) })
	heard(t, db.Store, a)
	stop()
	following.Wait()
	if src.more < 2 {
		t.Errorf("there was more after %d reads; want three stretches", src.more)
	}
	compareTiles(t, a, loaded(t, db.Store), rows)
}
