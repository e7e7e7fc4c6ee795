package oracle_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hetu/data/oracle"
	"hetu/data/pgtest"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

func TestX(t *testing.T) {
	d := pgtest.New(t)
	b, err := d.Store.NewBatch(t.Context(), "test", "counties")
	if err != nil {
		t.Fatal(err)
	}
	if err := sample.Counties(t.Context(), b.Add); err != nil {
		t.Fatal(err)
	}
	if err := sample.Generate(t.Context(), sample.Spec{Reaches: 3000, Seed: 1}, b.Add); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, err := oracle.Open(t.Context(), d.DSN("hetu_owner"), geo.DateOf(time.Now()), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := atlas.New()
	if _, err := a.Load(t.Context(), d.Store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	places, err := o.Places(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, _ := tiles.ParseSet("public")
	r := rand.New(rand.NewPCG(1, 2))
	var all [2]oracle.Parity
	for i := range 400 {
		z := 13 + i % 6
		p := places[r.IntN(len(places))]
		n := float64(int(1) << z)
		x := int((p[0] + 180) / 360 * n)
		y := int((0.5 - math.Atanh(math.Sin(p[1]*math.Pi/180))/2/math.Pi) * n)
		addr := tiles.Address{Set: set, Z: z, X: x, Y: y, AsOf: geo.DateOf(time.Now())}
		want, err := o.Tile(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		tile := a.Tile(addr, nil)
		k := 0
		if z >= oracle.ExactZoom {
			k = 1
		}
		if err := all[k].Add(addr, tile.Data, want, tile.Dropped); err != nil {
			t.Error(err)
		}
	}
	for k := range all {
		t.Log(all[k].String(), all[k].Vertices, "quantiles", all[k].Quantile(.5), all[k].Quantile(.9), all[k].Quantile(.99), all[k].Quantile(.999))
	}
}
