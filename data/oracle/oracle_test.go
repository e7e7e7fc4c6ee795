package oracle_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"hetu/data/oracle"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mvttext"
	"hetu/tiles/mvttext/vectortile"
)

const web = "../../api/web"

// The sample counties and a network of some thousand reaches, drawn by the atlas and by PostGIS, are the same map.
func TestParity(t *testing.T) {
	t.Parallel()
	d, o := open(t)
	a := atlas.New()
	if _, err := a.Load(t.Context(), d.Store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	places, err := o.Places(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, err := tiles.ParseSet("board,boundary,division,draft,outfall,reach,river,section")
	if err != nil {
		t.Fatal(err)
	}
	var parity oracle.Parity
	var drawn [][]byte
	for _, addr := range places.Around(set, tiles.WebMercatorQuad, today(), 400, 1) {
		want, err := o.Tile(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		tile := a.Tile(addr, nil)
		if err := parity.Add(addr, tile.Data, want, tile.Dropped); err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, tile.Data)
	}
	t.Log(&parity)
	if parity.Features < 5000 || parity.Missing > 0 || parity.Values > 0 || parity.Far > 0 || parity.Short > parity.Features/1000 {
		t.Error("they differ")
	}
	decodes(t, drawn)
}

// decodes proves that the decoder of the renderers reads what ours reads.
func decodes(t *testing.T, drawn [][]byte) {
	t.Helper()
	for i, got := range vectortile.Decode(t, web, drawn) {
		features, err := mvttext.Decode(drawn[i])
		if err != nil {
			t.Fatal(err)
		}
		want := vectortile.Floats(features)
		if len(want)+len(got) > 0 && !reflect.DeepEqual(want, got) {
			t.Errorf("tile %d: %s", i, cmp.Diff(want, got))
		}
	}
}

// open gives a store with both samples and the oracle of it.
func open(t *testing.T) (*pgtest.Database, *oracle.Oracle) {
	t.Helper()
	d := pgtest.New(t)
	b, err := d.Store.NewBatch(t.Context(), "test", "both samples")
	if err != nil {
		t.Fatal(err)
	}
	if err = sample.Counties(t.Context(), b.Add); err != nil {
		t.Fatal(err)
	}
	if err = sample.Generate(t.Context(), sample.Spec{Reaches: 3000, Seed: 1}, b.Add); err != nil {
		t.Fatal(err)
	}
	merge(t, b)
	o, err := oracle.Open(t.Context(), d.DSN("hetu_owner"), today(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Drop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d, o
}

func merge(t *testing.T, b *pg.Batch) {
	t.Helper()
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func today() geo.Date { return geo.DateOf(time.Now()) }

// What is stored in EPSG:4490 is projected as its numbers are, on the sphere of EPSG:3857.
func TestProjection(t *testing.T) {
	t.Parallel()
	d, _ := open(t)
	conn, err := pgx.Connect(t.Context(), d.DSN("hetu_owner"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `SELECT st_x(b.geom), st_y(b.geom), st_x(o.geom), st_y(o.geom)
		FROM hetu_oracle.board o JOIN hetu.board_version b USING (id) WHERE upper_inf(b.recorded)`)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var lon, lat, x, y float64
	_, err = pgx.ForEachRow(rows, []any{&lon, &lat, &x, &y}, func() error {
		const radius = 6378137
		n++
		wantX, wantY := radius*lon*math.Pi/180, radius*math.Atanh(math.Sin(lat*math.Pi/180))
		if math.Hypot(x-wantX, y-wantY) > 1e-6 {
			t.Errorf("%v %v is at %v %v, not at %v %v", lon, lat, x, y, wantX, wantY)
		}
		return nil
	})
	if err != nil || n < 100 {
		t.Errorf("%d boards, %v", n, err)
	}
}

// A tile is where the data are, and the same seed draws the same.
func TestPlaces(t *testing.T) {
	t.Parallel()
	places := oracle.Places{{109.5, 40.5}, {109.6, 40.6}, {106.4, 26.5}}
	set, err := tiles.ParseSet(tiles.PublicSet)
	if err != nil {
		t.Fatal(err)
	}
	got := places.Tiles(set, today(), 5, 10, 1)
	var found [][2]int
	for _, a := range got {
		found = append(found, [2]int{a.X, a.Y})
	}
	slices.SortFunc(found, func(a, b [2]int) int { return a[0]*1000 + a[1] - b[0]*1000 - b[1] })
	if diff := cmp.Diff([][2]int{{25, 12}, {25, 13}}, found); diff != "" {
		t.Error(diff)
	}
	if again := places.Tiles(set, today(), 5, 10, 1); !reflect.DeepEqual(got, again) {
		t.Error("the same seed drew other tiles")
	}
	for i, a := range places.Around(set, tiles.WebMercatorQuad, today(), 40, 1) {
		if last := 1<<a.Z - 1; a.Z != i%19 || a.X < 0 || a.Y < 0 || a.X > last || a.Y > last {
			t.Errorf("%d is %+v", i, a)
		}
	}
}
