package pg_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/duty"
	"hetu/geo/overlay"
)

// star is a polygon around a position that does not cross itself.
func star(r *rand.Rand, lon, lat, radius float64) *geom.MultiPolygon {
	n := 3 + r.IntN(60)
	flat := make([]float64, 0, 2*n+2)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.1) / float64(n))
		d := radius * (0.1 + 0.9*r.Float64())
		flat = append(flat, lon+d*cos, lat+d*sin)
	}
	return geom.NewMultiPolygonFlat(geom.XY, append(flat, flat[0], flat[1]), [][]int{{len(flat) + 2}}).SetSRID(4490)
}

func superuser(t *testing.T, db *pgtest.Database) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if err := pgxgeom.Register(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Areas along straight edges are those of an equal-area projection once edges are short, and within a millionth those of PostGIS's geography
// (SRID 4490, its own spheroid), which is good to a tenth of a square metre a vertex.
func TestAreaAgreesWithPostGIS(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	conn := superuser(t, db)
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		p := star(r, 75+60*r.Float64(), 5+47*r.Float64(), math.Pow(10, -4+3.7*r.Float64()))
		var equal, geography float64
		if err := conn.QueryRow(t.Context(), "SELECT ST_Area(ST_Transform(ST_Segmentize($1::geometry, 0.0005), 6933)), ST_Area(ST_Segmentize($1::geometry, 0.002)::geography)", p).Scan(&equal, &geography); err != nil {
			t.Fatal(err)
		}
		got := overlay.AreaM2(p)
		if math.Abs(got-equal) > 0.02+1e-7*equal || math.Abs(got-geography) > 0.05+2e-6*geography {
			t.Errorf("got %v m², equal-area %v, geography %v", got, equal, geography)
		}
	}
}

// What two polygons have in common is the same whichever is stored, and the same by two other ways: as what is left when the rest is
// taken off, and as what their union lacks of their sum. So parts sum to the whole.
func TestOverlapAgreesWithOtherWays(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	r := rand.New(rand.NewPCG(3, 4))
	var rows []pg.Row
	polygons := make([]*geom.MultiPolygon, 12)
	for i := range polygons {
		polygons[i] = star(r, 106.4+0.01*r.Float64(), 26.5+0.01*r.Float64(), 0.01)
		rows = append(rows, pg.Land{Record: rec(pg.Key(rune('a' + i))), Theme: "parcel", Geom: polygons[i]})
	}
	merge(t, db.Store, rows...)
	today, _ := geo.ParseDate("2026-11-24")
	err := db.Store.Overlay(t.Context(), access.View{All: true}, func(src overlay.Source) error {
		common := map[[2]int]float64{}
		for i, a := range polygons {
			found, err := src.Features(t.Context(), overlay.Find{At: duty.Moment{AsOf: today}, Kinds: []string{overlay.Land}, Polygon: a, Cut: true})
			if err != nil {
				return err
			}
			for _, f := range found {
				j := indexOf(polygons, f.Geom)
				common[[2]int{i, j}] = overlay.NewShape(f.Part).M2
			}
		}
		for i, a := range polygons {
			for j, b := range polygons {
				got, x, y := common[[2]int{i, j}], overlay.NewShape(a), overlay.NewShape(b)
				rest, err := src.Minus(t.Context(), x, y)
				if err != nil {
					return err
				}
				both := geom.NewMultiPolygon(geom.XY).SetSRID(4490)
				_ = both.Push(x.Geom.Polygon(0))
				_ = both.Push(y.Geom.Polygon(0))
				union, err := src.Union(t.Context(), both)
				if err != nil {
					return err
				}
				if math.Abs(got-common[[2]int{j, i}]) > 1e-3 || math.Abs(got-(x.M2-rest.M2)) > 1e-3 || math.Abs(got-(x.M2+y.M2-union.M2)) > 1e-3 {
					t.Errorf("%d and %d: %v and %v, as the rest's rest %v, by the union %v", i, j, got, common[[2]int{j, i}], x.M2-rest.M2, x.M2+y.M2-union.M2)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func indexOf(polygons []*geom.MultiPolygon, g geom.T) int {
	for i, p := range polygons {
		if overlay.NewShape(p).M2 == overlay.NewShape(g).M2 {
			return i
		}
	}
	return -1
}

// comb is a polygon of n teeth that point north, or east.
func comb(n int, north bool) *geom.MultiPolygon {
	const w, s, size = 106.0, 26.0, 0.5
	flat := []float64{w, s}
	add := func(along, across float64) {
		if north {
			flat = append(flat, w+size*along, s+size*across)
		} else {
			flat = append(flat, w+size*across, s+size*along)
		}
	}
	for i := range n {
		add(float64(i)/float64(n), 1)
		add((float64(i)+0.5)/float64(n), 0.01)
	}
	add(1, 0)
	flat = append(flat, w, s)
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}}).SetSRID(4490)
}

// PostGIS does not look at the time while it finds crossings, so a polygon that would cross what is stored millions of times never gets there.
func TestCombsAreRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, pg.Land{Record: rec("comb"), Theme: "parcel", Geom: comb(1000, false)})
	today, _ := geo.ParseDate("2026-11-24")
	for teeth, want := range map[int]geo.Code{4900: geo.CodeRefused, 2: ""} {
		polygon := comb(teeth, true)
		if f := overlay.Check(polygon); f != nil {
			t.Fatalf("the comb is no polygon: %v", f)
		}
		err := db.Store.Overlay(t.Context(), access.View{All: true}, func(src overlay.Source) error {
			_, err := src.Features(t.Context(), overlay.Find{At: duty.Moment{AsOf: today}, Kinds: []string{overlay.Land}, Polygon: polygon, Cut: true})
			return err
		})
		if (err == nil) != (want == "") || err != nil && geo.CodeOf(err) != want {
			t.Errorf("%d teeth: %v", teeth, err)
		}
	}
}

// Without drafts no number and no day tells what was never announced, and no number what was struck from the record.
func TestOverlayVersionsTellWhatWasAnnounced(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	db := pgtest.New(t, pgtest.Clock(func() time.Time { return now }))
	area := func(key pg.Key, status, name string) pg.Row {
		flat := []float64{106.40, 26.5, 106.45, 26.5, 106.45, 26.6, 106.40, 26.6, 106.40, 26.5}
		return pg.Area{Record: rec(key), Name: name, River: "river", Status: status, Geom: geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{10}})}
	}
	merge(t, db.Store, append(append(townPost(), dutyRiver("river", 26.55)...), area("secret", "draft", "1"), area("open", "announced", "1"), area("late", "announced", "1"))...)
	for _, next := range [][]pg.Row{
		{area("secret", "superseded", "2"), area("open", "announced", "2")},
		{area("secret", "superseded", "3"), area("open", "superseded", "3"), area("late", "withdrawn", "2")},
	} {
		now = now.Add(time.Hour)
		merge(t, db.Store, next...)
	}
	conn := superuser(t, db)
	ids := map[string]int64{}
	for _, key := range []string{"secret", "open", "late"} {
		var id int64
		if err := conn.QueryRow(t.Context(), "SELECT id FROM hetu.area WHERE key = $1", key).Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids[key] = id
	}
	early := time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		key     string
		version int
		known   time.Time
		drafts  bool
		told    bool
	}{
		{"secret", 1, time.Time{}, false, false},
		{"secret", 2, time.Time{}, false, false},
		{"secret", 3, time.Time{}, false, false},
		{"secret", 0, time.Time{}, false, false},
		{"secret", 1, early, false, false},
		{"secret", 1, time.Time{}, true, true},
		{"secret", 3, time.Time{}, true, true},
		{"secret", 0, time.Time{}, true, true},
		{"open", 1, time.Time{}, false, false},
		{"open", 2, time.Time{}, false, false},
		{"open", 3, time.Time{}, false, true},
		{"open", 0, time.Time{}, false, true},
		{"open", 1, early, false, true},
		{"open", 2, early, false, false},
		{"open", 2, early, true, false},
		{"open", 1, time.Time{}, true, true},
		{"late", 1, time.Time{}, false, false},
		{"late", 2, time.Time{}, false, false},
		{"late", 2, time.Time{}, true, true},
	} {
		err := db.Store.Overlay(t.Context(), access.View{All: true}, func(src overlay.Source) error {
			_, err := src.Version(t.Context(), duty.Moment{AsOf: day("2026-03-01"), KnownAt: tt.known}, overlay.Area, ids[tt.key], tt.version, tt.drafts)
			return err
		})
		if told := err == nil; told != tt.told || err != nil && geo.CodeOf(err) != geo.CodeNotFound {
			t.Errorf("%s version %d, known at %v, drafts %v: %v, want told %v", tt.key, tt.version, tt.known, tt.drafts, err, tt.told)
		}
	}
}
