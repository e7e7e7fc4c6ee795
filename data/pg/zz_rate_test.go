package pg_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/tiles/atlas"
)

func TestZZRate(t *testing.T) {
	os.Setenv("ZZ_PGDATA", "/tmp/m1pg4/pg")
	s := zzStore(t)
	src := s.Atlas()
	var rows []pg.Row
	for i := range 40 { rows = append(rows, tileRows(100+i, 100+float64(i%8), 30+float64(i/8))...) }
	merge(t, s, rows...)
	at, _, err := src.Position(t.Context())
	if err != nil { t.Fatal(err) }
	var mu sync.Mutex
	committed := map[int64]time.Time{}
	applied := map[int64]time.Time{}
	var writeTook []time.Duration
	stop := make(chan struct{})
	var wg, fg sync.WaitGroup
	var deltas, fetched int
	fg.Add(1)
	go func() {
		defer fg.Done()
		for {
			d, err := src.Changes(t.Context(), at)
			if err != nil { t.Error(err); return }
			if d.To != at { deltas++ }
			for layer, ids := range d.Touched {
				if err := src.Fetch(t.Context(), layer, ids, func(s *atlas.Span) error { fetched++; return nil }); err != nil { t.Error(err) }
			}
			at = d.To
			now := time.Now()
			mu.Lock()
			for v := range committed { if v <= d.Version { if _, ok := applied[v]; !ok { applied[v] = now } } }
			if d.Version > 0 { applied[-d.Version] = now }
			mu.Unlock()
			select { case <-stop: return; default: }
			if err := src.Wait(t.Context()); err != nil { t.Error(err); return }
		}
	}()
	g0, p0, t0 := zzMe(), zzPG(t), time.Now()
	var took []time.Duration
	for w := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			tick := time.NewTicker(40 * time.Millisecond)
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range 250 {
				<-tick.C
				n := 100 + r.IntN(40)
				k := func(kind string) pg.Key { return pg.Key(fmt.Sprintf("%s%d", kind, n)) }
				var row pg.Row
				lon, lat := 100+float64((n-100)%8), 30+float64((n-100)/8)
				switch r.IntN(3) {
				case 0:
					row = pg.Board{Record: tileRecord(k("board")), Code: "B", Level: geo.Town, Reaches: []pg.Key{k("town reach")}, Bank: geo.Left, SiteText: fmt.Sprint(r.Int()), State: "ok", Division: k("division"), Geom: tilePoint(lon+r.Float64()/100, lat)}
				case 1:
					row = pg.Reach{Record: tileRecord(k("town reach")), Name: fmt.Sprint(r.Int()), River: k("river"), Route: k("route"), FromM: 0, ToM: 1000, BankScope: geo.Both, Level: geo.Town, Division: k("division"), Geom: line(lon, lat, lon+0.005, lat+r.Float64()/100, lon+0.01, lat)}
				default:
					row = pg.Boundary{Record: tileRecord(k("announced")), River: k("river"), Route: k("route"), Bank: geo.Left, BasisKind: "levee_toe", Status: "announced", ToM: new(float64(r.IntN(900)+1)), Geom: line(lon, lat, lon+0.005, lat+r.Float64()/100, lon+0.01, lat)}
				}
				t1 := time.Now()
				b, _ := s.NewBatch(t.Context(), "w", "x")
				_ = b.Add(t.Context(), row)
				if _, err := b.Merge(t.Context()); err != nil { t.Error(err); continue }
				now := time.Now()
				v, _ := s.Version(t.Context()) // at least this write's
				mu.Lock()
				took = append(took, now.Sub(t1))
				if _, ok := committed[v]; !ok { committed[v] = now }
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	g, p, wall := zzMe()-g0, zzPG(t)-p0, time.Since(t0).Seconds()
	time.Sleep(1500 * time.Millisecond)
	close(stop)
	fg.Wait()
	_ = writeTook
	var lat []time.Duration
	for v, c := range committed { if a, ok := applied[v]; ok { lat = append(lat, a.Sub(c)) } else if a, ok := applied[-v]; ok { lat = append(lat, a.Sub(c)) } }
	slices.Sort(lat); slices.Sort(took)
	fmt.Printf("rate %.0f/s  edit p50 %v p99 %v  applied after commit p50 %v p99 %v max %v (n %d)  deltas %d fetched %d  cpu pg %.2f go %.2f cores\n", 1000/wall, took[len(took)/2], took[len(took)*99/100], lat[len(lat)/2], lat[len(lat)*99/100], lat[len(lat)-1], len(lat), deltas, fetched, p/wall, g/wall)
}
