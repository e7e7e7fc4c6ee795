package pg_test

import (
	"fmt"
	"os"
	"testing"
	"path/filepath"
	"strings"
	"syscall"
	"strconv"
	"time"
	"slices"

	"github.com/twpayne/go-geom"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
)

func TestZZEdit(t *testing.T) {
	dsn := os.Getenv("ZZ_DSN")
	var s *pg.Store
	if dsn == "" {
		db := pgtest.New(t)
		merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
		s = db.Store
	} else {
		var err error
		s, err = pg.Open(t.Context(), pg.Config{ReadDSN: dsn + " user=hetu_ro", WriteDSN: dsn + " user=hetu_rw", Now: time.Now})
		if err != nil { t.Fatal(err) }
		merge(t, s, tileRows(1, 108.65, 40.1)...)
	}
	ls := geom.NewLineStringFlat(geom.XY, []float64{108.65, 40.1, 108.655, 40.101, 108.66, 40.1})
	pgCPU0, me0, t0 := zzPG(t), zzMe(), time.Now()
	var boards, reaches, appts []time.Duration
	for i := range 200 {
		at := time.Now()
		merge(t, s, pg.Board{Record: tileRecord("board1"), Code: "B-1", Level: geo.Town, Reaches: []pg.Key{"town reach1"}, Bank: geo.Left, SiteText: fmt.Sprintf("桥头%d", time.Now().UnixNano()), State: "ok", Division: "division1", InstalledOn: day("2025-05-05"), Geom: tilePoint(108.655, 40.101)})
		boards = append(boards, time.Since(at))
		at = time.Now()
		merge(t, s, pg.Reach{Record: tileRecord("town reach1"), Name: fmt.Sprintf("n%d", time.Now().UnixNano()), River: "river1", Route: "route1", FromM: 0, ToM: 1000, BankScope: geo.Both, Level: geo.Town, Division: "division1", Geom: ls})
		reaches = append(reaches, time.Since(at))
		at = time.Now()
		merge(t, s, pg.Appointment{Record: pg.Record{Key: "appointment1", Source: "test", Valid: geo.Period{From: day("2026-01-01"), To: day("2026-06-01").AddDays(i%3)}}, Post: "post1", Person: "person1", Note: fmt.Sprint(time.Now().UnixNano())})
		appts = append(appts, time.Since(at))
	}
	fmt.Printf("per edit: pg %.2f ms, go %.2f ms, wall %.2f\n", (zzPG(t)-pgCPU0)*1000/600, (zzMe()-me0)*1000/600, time.Since(t0).Seconds()*1000/600)
	for _, d := range [][]time.Duration{boards, reaches, appts} {
		d = d[10:]
		slices.Sort(d)
		fmt.Println("p50", d[len(d)/2], "p90", d[len(d)*9/10], "min", d[0])
	}
}

// zzPG sums CPU seconds of the postgres processes under the postmaster whose data dir is ZZ_PGDATA.
func zzPG(t *testing.T) float64 {
	b, err := os.ReadFile(os.Getenv("ZZ_PGDATA") + "/postmaster.pid")
	if err != nil { t.Fatal(err) }
	pm, _, _ := strings.Cut(string(b), "\n")
	sum := 0.0
	dirs, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, d := range dirs {
		b, err := os.ReadFile(d)
		if err != nil { continue }
		_, rest, ok := strings.Cut(string(b), ") ")
		if !ok { continue }
		f := strings.Fields(rest)
		if f[1] == pm {
			u, _ := strconv.ParseFloat(f[11], 64)
			v, _ := strconv.ParseFloat(f[12], 64)
			sum += (u + v) / 100
		} else if !strings.HasPrefix(d, "/proc/"+pm+"/") { continue } else {
			u, _ := strconv.ParseFloat(f[13], 64)
			v, _ := strconv.ParseFloat(f[14], 64)
			sum += (u + v) / 100
		}
	}
	return sum
}
func zzMe() float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(0, &r)
	return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)/1e6
}
