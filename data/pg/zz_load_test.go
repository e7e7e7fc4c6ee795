package pg_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hetu/data/pg"
	"hetu/tiles/atlas"
)

func zzStore(t *testing.T) *pg.Store {
	dsn := "host=/tmp/m1pg4/sock dbname=hetu"
	s, err := pg.Open(t.Context(), pg.Config{ReadDSN: dsn + " user=hetu_ro", WriteDSN: dsn + " user=hetu_rw", Now: time.Now})
	if err != nil { t.Fatal(err) }
	t.Cleanup(s.Close)
	return s
}

func TestZZLoad(t *testing.T) {
	os.Setenv("ZZ_PGDATA", "/tmp/m1pg4/pg")
	src := zzStore(t).Atlas()
	layers := strings.Fields(os.Getenv("ZZ_LAYERS"))
	if len(layers) == 0 { layers = strings.Fields("board boundary division draft outfall section reach river") }
	for _, l := range layers {
		g0, t0 := zzMe(), time.Now()
		n, v := 0, 0
		var ms0, ms1 runtime.MemStats
		runtime.ReadMemStats(&ms0)
		stop := make(chan float64)
		go func() { // the backend goes away at the end: its CPU is looked at all the time
			top := 0.0
			p0 := zzPG(t)
			for { select { case <-stop: stop <- top; return; case <-time.After(150*time.Millisecond): top = max(top, zzPG(t)-p0) } }
		}()
		err := src.Load(t.Context(), l, func(s *atlas.Span) error { n++; v += len(s.Shape.Flat)/2; return nil })
		if err != nil { t.Fatal(err) }
		wall := time.Since(t0).Seconds()
		stop <- 0
		top := <-stop
		runtime.ReadMemStats(&ms1)
		fmt.Printf("%-9s %8d spans %9d vertices  wall %5.2f  go %5.2f  pg %5.2f  alloc %d MB\n", l, n, v, wall, zzMe()-g0, top, (ms1.TotalAlloc-ms0.TotalAlloc)>>20)
	}
}

func TestZZFetch(t *testing.T) {
	os.Setenv("ZZ_PGDATA", "/tmp/m1pg4/pg")
	src := zzStore(t).Atlas()
	ids := map[string][]int64{}
	for _, l := range strings.Fields("board boundary section reach river division") {
		i := 0
		ctx, cancel := context.WithCancel(t.Context())
		_ = src.Load(ctx, l, func(s *atlas.Span) error { ids[l] = append(ids[l], s.ID); i++; if i > 20000 { return fmt.Errorf("enough") }; return nil })
		cancel()
		for _, n := range []int{1, 10, 50} {
			var d []time.Duration
			g0, p0 := zzMe(), zzPG(t)
			for range 300 {
				var want []int64
				for range n { want = append(want, ids[l][rand.IntN(len(ids[l]))]) }
				at := time.Now()
				got := 0
				if err := src.Fetch(t.Context(), l, want, func(s *atlas.Span) error { got++; return nil }); err != nil { t.Fatal(err) }
				d = append(d, time.Since(at))
				if got == 0 { t.Fatal("none") }
			}
			g, p := zzMe()-g0, zzPG(t)-p0
			slices.Sort(d)
			fmt.Printf("fetch %d %s: p50 %v p99 %v  go %.2f pg %.2f ms\n", n, l, d[150], d[297], g*1000/300, p*1000/300)
		}
	}
}
