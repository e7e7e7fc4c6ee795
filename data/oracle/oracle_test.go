package oracle_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"hetu/data/oracle"
	"hetu/data/pgtest"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/mvttext"
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
	o, err := oracle.Open(t.Context(), d.DSN("hetu_owner"), geo.DateOf(time.Now()), func(s string) { t.Log(time.Now(), s) })
	if err != nil {
		t.Fatal(err)
	}
	places, err := o.Places(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(places), places[0])
	set, _ := tiles.ParseSet("public")
	for z := range 19 {
		p := places[len(places)/2]
		n := float64(int(1) << z)
		x := int((p[0] + 180) / 360 * n)
		y := int((0.5 - math.Atanh(math.Sin(p[1]*math.Pi/180))/2/math.Pi) * n)
		data, err := o.Tile(t.Context(), tiles.Address{Set: set, Z: z, X: x, Y: y})
		if err != nil {
			t.Fatal(err)
		}
		fs, err := mvttext.Decode(data)
		if err != nil {
			t.Error(err)
		}
		m := map[string]int{}
		for _, f := range fs {
			m[f.Layer]++
		}
		t.Log(z, len(data), fmt.Sprint(m))
	}
}
