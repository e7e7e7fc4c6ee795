package ingest

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// stoneRiver is a river of one route of so many vertices, with stones along it.
func stoneRiver(vertices, stones int) (*rivers, []network.Route) {
	flat := make([]float64, 0, 2*vertices)
	for i := range vertices {
		flat = append(flat, 100+float64(i)*0.0003, 30+float64(i%7)*0.0001)
	}
	r := &rivers{j: &job{report: &Report{}}, byKey: map[pg.Key]*pg.River{"甲河": {Name: "甲河"}}, order: []pg.Key{"甲河"}, stonesOf: map[string][]kmPoint{}}
	for i := range stones {
		v := i * vertices / stones
		r.stonesOf["甲河"] = append(r.stonesOf["甲河"], kmPoint{lref.Calibration{Lon: flat[2*v], Lat: flat[2*v+1] + 0.0005, MeasureM: float64(1000 * i)}, i + 1})
	}
	return r, []network.Route{{Group: "甲河", Geom: geom.NewLineStringFlat(geom.XY, flat)}}
}

// A route is measured once, not once for each of its stones: that took 2 MB a stone here.
func TestKmPointsMeasureARouteOnce(t *testing.T) { //nolint:paralleltest // what is allocated is that of the whole process
	r, routes := stoneRiver(40_000, 1_500)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	of, err := r.stones(t.Context(), routes)
	runtime.ReadMemStats(&after)
	if err != nil || len(of[0]) != 1_500 {
		t.Fatalf("%d stones, %v", len(of[0]), err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("%d bytes were taken", grown)
	}
}

// Who stops an import need not wait for the last stone.
func TestKmPointsStop(t *testing.T) {
	t.Parallel()
	r, routes := stoneRiver(100, 10)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := r.stones(ctx, routes); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A river that is called the same by its name, its code and an alias is one river; two that share a word are two.
func TestKmPointsOfARiverNamedTwice(t *testing.T) {
	t.Parallel()
	r, routes := stoneRiver(100, 10)
	r.byKey["甲河"].Code, r.byKey["甲河"].Aliases = "甲河", []string{"甲河", "甲水"}
	if of, err := r.stones(t.Context(), routes); err != nil || len(of[0]) != 10 {
		t.Errorf("%d stones, %v", len(of[0]), err)
	}
	r.byKey["乙河"], r.order = &pg.River{Name: "乙河", Aliases: []string{"甲河"}}, append(r.order, "乙河")
	if _, err := r.stones(t.Context(), routes); err == nil || !strings.Contains(err.Error(), "two rivers are called") {
		t.Errorf("got %v", err)
	}
}
