package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

type src struct{ spans map[string][]atlas.Span }

func (s *src) Position(context.Context) (atlas.Position, int64, error) { return atlas.Position{}, 1, nil }
func (s *src) Holds(context.Context, atlas.Position, int64) (bool, error) { return true, nil }
func (s *src) Load(_ context.Context, layer string, emit func(*atlas.Span) error) error {
	for i := range s.spans[layer] {
		if err := emit(&s.spans[layer][i]); err != nil {
			return err
		}
	}
	return nil
}
func (s *src) Fetch(context.Context, string, []int64, func(*atlas.Span) error) error { return nil }
func (s *src) Changes(_ context.Context, p atlas.Position) (atlas.Delta, error) { return atlas.Delta{To: p, At: time.Now()}, nil }
func (s *src) Wait(ctx context.Context) error { <-ctx.Done(); return nil }

func shape(g geom.T) atlas.Shape {
	var flat []float64
	stride := g.Stride()
	f := g.FlatCoords()
	for i := 0; i < len(f); i += stride {
		flat = append(flat, f[i], f[i+1])
	}
	s := atlas.Shape{Flat: flat}
	if mp, ok := g.(*geom.MultiPolygon); ok {
		for i := range mp.NumPolygons() {
			for k := range mp.Polygon(i).NumLinearRings() {
				s.Parts = append(s.Parts, mp.Polygon(i).LinearRing(k).NumCoords())
				s.Hole = append(s.Hole, k > 0)
			}
		}
		return s
	}
	s.Parts = []int{len(flat) / 2}
	return s
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	s := &src{spans: map[string][]atlas.Span{}}
	var id int64
	t := atlas.TextValue
	iv := func(i int) atlas.Value { return atlas.IntValue(int64(i)) }
	orders := map[pg.Key]int{}
	names := map[pg.Key]string{}
	main := map[pg.Key]bool{}
	snap := "/tmp/zz.snap"
	a := atlas.New()
	_, serr := os.Stat(snap)
	var samples []tiles.Address
	set, _ := tiles.ParseSet("public")
	rng := rand.New(rand.NewPCG(1, 2))
	zs := zlist()
	counts := map[int]int{5: 50, 8: 200, 10: 400, 12: 800, 14: 1500}
	if serr != nil || len(os.Args) > 2 {
		sample.Generate(context.Background(), sample.Spec{Reaches: n, Seed: 1}, func(_ context.Context, rows ...pg.Row) error {
			for _, row := range rows {
				id++
				sp := atlas.Span{ID: id, From: atlas.FirstDay, To: atlas.LastDay}
				layer := ""
				switch r := row.(type) {
				case pg.River:
					orders[r.Key] = *r.StreamOrder
					names[r.Key] = r.Name
				case pg.Route:
					layer = "river"
					o := orders[r.River]
					sp.Rank = []int{12, 12, 10, 9, 8, 7, 6, 5, 4, 4, 4}[o]
					if o == 1 {
						sp.Rank = 10
					}
					sp.Label = !main[r.River]
					main[r.River] = true
					sp.Values = []atlas.Value{t(string(r.River)), t(names[r.River]), {}, iv(int(id)), t("river"), t("3,4"), atlas.BoolValue(o > 1), iv(o), {}}
					sp.Shape = shape(r.Geom)
				case pg.Reach:
					layer = "reach"
					sp.Rank = 12
					if orders[r.River] > 2 {
						sp.Rank = 11
					}
					sp.Values = []atlas.Value{t(r.Code), t(r.Name), t(names[r.River]), iv(int(id / 5)), iv(4), t("town" + r.Code[:9]), t(r.Code[:9]), t("both"), atlas.BoolValue(true), atlas.BoolValue(id%5 == 0), atlas.BoolValue(id%7 == 0), atlas.BoolValue(false)}
					sp.Shape = shape(r.Geom)
					f := r.Geom.FlatCoords()
					for i, z := range zs {
						if i >= 0 && rng.IntN(n) < counts[z] {
							x, y := tileOf(z, f[0], f[1])
							samples = append(samples, tiles.Address{Set: set, Z: z, X: x, Y: y, AsOf: geo.NewDate(2026, 11, 24)})
						}
					}
				case pg.Boundary:
					if r.Status != "announced" {
						continue
					}
					layer = "boundary"
					sp.Rank = 11
					sp.Values = []atlas.Value{{}, t(names[r.River]), t(string(r.Bank)), t(r.BasisKind), t(r.Status), iv(1), t("2020-01-01")}
					sp.Shape = shape(r.Geom)
				case pg.Board:
					layer = "board"
					sp.Rank = 11
					sp.Values = []atlas.Value{t(r.Code), iv(4), t(r.State), {}, t(r.SiteText), t("town"), t("2021-01-01"), t("2021-01-01")}
					sp.Shape = shape(r.Geom)
				case pg.Division:
					if r.Geom == nil {
						continue
					}
					layer = "division"
					sp.Rank = []int{0, 0, 4, 6, 9, 11}[r.Level]
					sp.Values = []atlas.Value{t(r.Code), t(r.Name), {}, iv(int(r.Level)), t("x")}
					sp.Shape = shape(r.Geom)
				}
				if layer != "" {
					s.spans[layer] = append(s.spans[layer], sp)
				}
			}
			return nil
		})
		fmt.Println("generated")
		for l, sp := range s.spans {
			v := 0
			for _, x := range sp {
				v += len(x.Shape.Flat) / 2
			}
			fmt.Println(l, len(sp), v)
		}
		f, _ := os.Create("/tmp/load.prof")
		pprof.StartCPUProfile(f)
		c, w := cpu(), time.Now()
		_, err := a.Load(context.Background(), s, "", nil)
		fmt.Println("load", time.Since(w), "cpu", cpu()-c, err)
		pprof.StopCPUProfile()
		names, orders, main = nil, nil, nil
		s.spans = map[string][]atlas.Span{}
		runtime.GC()
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println("heap MB", m.HeapAlloc>>20)
		os.Remove(snap)
		ctx, stop := context.WithCancel(context.Background())
		w = time.Now()
		go a.Follow(ctx, s, snap, func(err error) { fmt.Println(err) })
		for {
			if _, err := os.Stat(snap); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		st, _ := os.Stat(snap)
		fmt.Println("snapshot", time.Since(w), st.Size()>>20, "MB")
		stop()
	} else {
		c, w := cpu(), time.Now()
		unused, err := a.Load(context.Background(), s, snap, nil)
		fmt.Println("snapshot load", time.Since(w), "cpu", cpu()-c, unused, err)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println("heap MB", m.HeapAlloc>>20)
		b, _ := os.ReadFile("/proc/self/status")
		i := 0
		for j, line := range splitLines(string(b)) {
			_ = j
			if len(line) > 5 && line[:5] == "VmRSS" {
				fmt.Println(line)
			}
			i++
		}
		sample.Generate(context.Background(), sample.Spec{Reaches: n, Seed: 1}, func(_ context.Context, rows ...pg.Row) error {
			for _, row := range rows {
				if r, ok := row.(pg.Reach); ok {
					f := r.Geom.FlatCoords()
					for i, z := range zs {
						if i >= 0 && rng.IntN(n) < counts[z] {
							x, y := tileOf(z, f[0], f[1])
							samples = append(samples, tiles.Address{Set: set, Z: z, X: x, Y: y, AsOf: geo.NewDate(2026, 11, 24)})
						}
					}
				}
			}
			return nil
		})
	}
	runtime.GC()
	f, _ := os.Create("/tmp/tile.prof")
	pprof.StartCPUProfile(f)
	defer pprof.StopCPUProfile()
	var zw, _ = gzip.NewWriterLevel(nil, 1)
	var sink countW
	for _, z := range zs {
		var list []tiles.Address
		for _, ad := range samples {
			if ad.Z == z {
				list = append(list, ad)
			}
		}
		for _, ad := range list {
			a.Tile(ad, nil)
		}
		rounds := 20
		c := cpu()
		var feats, verts, bytes int
		var datas [][]byte
		for r := range rounds {
			for _, ad := range list {
				t := a.Tile(ad, nil)
				if r == 0 {
					feats += t.Features
					verts += t.Vertices
					bytes += len(t.Data)
					datas = append(datas, t.Data)
				}
			}
		}
		d := cpu() - c
		c = cpu()
		for _, b := range datas {
			zw.Reset(&sink)
			zw.Write(b)
			zw.Close()
		}
		g := cpu() - c
		k := len(list)
		fmt.Printf("z%d tiles %d  build %.1f us  gzip1 %.1f us  features %d vertices %d bytes %d\n", z, k, float64(d.Microseconds())/float64(k*rounds), float64(g.Microseconds())/float64(k), feats/k, verts/k, bytes/k)
	}
}

type countW int

func (c *countW) Write(b []byte) (int, error) { *c += countW(len(b)); return len(b), nil }

func splitLines(s string) (out []string) {
	for len(s) > 0 {
		i := 0
		for i < len(s) && s[i] != '\n' {
			i++
		}
		out = append(out, s[:i])
		s = s[min(i+1, len(s)):]
	}
	return
}

func tileOf(z int, lon, lat float64) (int, int) {
	ext := float64(int(1) << z)
	return int((lon + 180) / 360 * ext), int((0.5 - atanhsin(lat)) * ext)
}
