package pg_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mvttext"
)

// What make test does of it; make soak does 25 times as much.
const (
	followReaches = 500
	followEdits   = 400 * turns
	followTiles   = 40 + 40*turns
)

// Four writers edit everything that tiles show, the listener's connection is cut again and again, transactions that have
// written stay open while others commit: in the end the atlas that followed draws what a fresh load draws.
func TestAtlasFollowsTurns(t *testing.T) {
	t.Parallel()
	db, rows := network(t, followReaches)
	source := db.Store.Atlas()
	a := loaded(t, db.Store)
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { a.Follow(ctx, source, "", func(err error) { t.Logf("following: %v", err) }) })
	var disturbing sync.WaitGroup
	quiet, calm := context.WithCancel(t.Context())
	disturbing.Go(func() { cutListeners(quiet, t, db) })
	disturbing.Go(func() { stayOpen(quiet, t, db) })
	var writing sync.WaitGroup
	for w := range 4 {
		writing.Go(func() { editAtRandom(t, db.Store, rows, rand.New(rand.NewPCG(7, uint64(w))), followEdits/4) })
	}
	writing.Wait()
	calm()
	disturbing.Wait()
	heard(t, db.Store, a)
	stop()
	following.Wait()
	compareTiles(t, a, loaded(t, db.Store), rows)
}

// compareTiles draws random tiles of both, where the rows are, on several days.
func compareTiles(t *testing.T, a, fresh *atlas.Atlas, rows []pg.Row) {
	t.Helper()
	set, err := tiles.ParseSet("public")
	if err != nil {
		t.Fatal(err)
	}
	draft, err := tiles.ParseSet("draft,outfall")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(9, 9))
	drawn, bytesDrawn := 0, 0
	for drawn < followTiles {
		reach, ok := rows[r.IntN(len(rows))].(pg.Reach)
		if !ok {
			continue
		}
		flat := reach.Geom.FlatCoords()
		z := 4 + r.IntN(12)
		x, y := tileAt(z, flat[0], flat[1])
		addr := tiles.Address{Set: set, Z: z, X: x, Y: y, AsOf: geo.NewDate(2018+r.IntN(12), 6, 1)}
		if drawn%10 == 0 {
			addr.Set = draft
		}
		if drawn%7 == 0 {
			addr.Grid, addr.Y = tiles.CGCS2000Quad, int((90-flat[1])/360*float64(int(1)<<z))
		}
		got, want := a.Tile(addr, nil), fresh.Tile(addr, nil)
		if !bytes.Equal(got.Data, want.Data) {
			t.Fatalf("%s/%d/%d/%d/%d on %s differs from a fresh load: %s", addr.Set.Name, addr.Grid, z, x, y, addr.AsOf, cmp.Diff(text(t, want), text(t, got)))
		}
		drawn++
		bytesDrawn += len(want.Data)
	}
	t.Logf("%d tiles, %d bytes", drawn, bytesDrawn)
	if bytesDrawn == 0 {
		t.Error("all tiles are empty")
	}
}

// editAtRandom writes rows of the network again, changed at random, one or a few at a time.
func editAtRandom(t *testing.T, s *pg.Store, rows []pg.Row, r *rand.Rand, edits int) {
	t.Helper()
	for range edits {
		batch, err := s.NewBatch(t.Context(), "test", "edit")
		if err != nil {
			t.Error(err)
			return
		}
		for range 1 + r.IntN(2) {
			row := redrawn(rows[r.IntN(len(rows))], r)
			if row == nil {
				continue
			}
			if err = batch.Add(t.Context(), row); err != nil {
				t.Error(err)
				return
			}
		}
		if _, err = batch.Merge(t.Context()); err == nil {
			continue
		}
		// Two changes of one feature in a batch, and a reach off its route, are refused; that is as it should be.
		if code := geo.CodeOf(err); code != geo.CodeConflict && code != geo.CodeInvalid {
			t.Error(err)
			return
		}
		if err := batch.Drop(t.Context()); err != nil {
			t.Error(err)
			return
		}
	}
}

// redrawn gives a row with another content or other days, or none if tiles do not show it.
func redrawn(row pg.Row, r *rand.Rand) pg.Row {
	record := func(rec pg.Record) pg.Record {
		rec.Valid = geo.Since(geo.NewDate(2018+r.IntN(10), 1, 1))
		if r.IntN(3) == 0 {
			rec.Valid.To = rec.Valid.From.AddDays(1 + r.IntN(900))
		}
		return rec
	}
	name := fmt.Sprintf("改%d", r.IntN(50))
	switch row := row.(type) {
	case pg.Division:
		row.Record, row.Name = record(row.Record), name
		return row
	case pg.River:
		order := 1 + r.IntN(8)
		row.Record, row.Name, row.StreamOrder = record(row.Record), name, &order
		return row
	case pg.Route:
		row.Valid.From = geo.NewDate(2020, 1, 1) // its reaches need it on all their days
		row.Geom = bent(row.Geom, r)
		return row
	case pg.Reach:
		row.Name, row.Geom = name, bent(row.Geom, r)
		return row
	case pg.Post:
		row.Record = record(row.Record)
		row.Gone = r.IntN(4) == 0
		return row
	case pg.Appointment:
		row.Record = record(row.Record)
		row.Gone = r.IntN(2) == 0
		return row
	case pg.Board:
		row.Record, row.SiteText = record(row.Record), name
		row.Geom = geom.NewPointFlat(geom.XY, []float64{row.Geom.X() + r.Float64()*0.01, row.Geom.Y()})
		row.Gone = r.IntN(4) == 0
		return row
	case pg.Boundary:
		row.Record = record(row.Record)
		row.Status = []string{"draft", "announced", "approved", "withdrawn"}[r.IntN(4)]
		row.Geom = bent(row.Geom, r)
		return row
	case pg.Section:
		row.Record, row.Name = record(row.Record), name
		return row
	default:
		return nil
	}
}

// bent gives a line with one vertex moved a little.
func bent(line *geom.LineString, r *rand.Rand) *geom.LineString {
	out := line.Clone()
	at := r.IntN(out.NumCoords()) * out.Stride()
	out.FlatCoords()[at] += (r.Float64() - 0.5) * 0.002
	return out
}

func text(t *testing.T, tile tiles.Tile) string {
	t.Helper()
	s, err := mvttext.Text(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tileAt(z int, lon, lat float64) (x, y int) {
	n := float64(int(1) << z)
	return int((lon + 180) / 360 * n), int((0.5 - math.Atanh(math.Sin(lat*math.Pi/180))/(2*math.Pi)) * n)
}

// cutListeners ends the connections that listen, now and then.
func cutListeners(ctx context.Context, t *testing.T, db *pgtest.Database) {
	t.Helper()
	for ctx.Err() == nil {
		err := db.Exec(ctx, "", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%' AND pid <> pg_backend_pid()`)
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		rest(ctx, 300*time.Millisecond)
	}
}

// stayOpen keeps transactions open that have a number and write nothing: what commits meanwhile must wait for them.
func stayOpen(ctx context.Context, t *testing.T, db *pgtest.Database) {
	t.Helper()
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, db.DSN(""))
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			return
		}
		if _, err = conn.Exec(ctx, "BEGIN; SELECT pg_current_xact_id()"); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		rest(ctx, 200*time.Millisecond)
		_ = conn.Close(context.WithoutCancel(ctx))
		rest(ctx, 100*time.Millisecond)
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
