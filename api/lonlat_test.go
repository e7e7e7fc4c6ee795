package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// Positions are told with seven decimals in every answer, however many a row has: a centimetre, and no more than anyone measured.
func TestPositionsAreToldToSevenDecimals(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		patchwork(t, b)
		// A line whose vertices have more than nine decimals, so that what lies on it has too.
		fine := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{109.5123456789, 40.7123456789, 109.5234567891, 40.6234567891}), "mouth")
		if err := b.Add(t.Context(),
			pg.River{Record: pg.Record{Key: "fine", Source: "test"}, Name: "细河", RiverKind: "river", Division: "its town"},
			pg.Route{Record: pg.Record{Key: "fine route", Source: "test"}, River: "fine", MeasureOrigin: "mouth", FlowDir: "with", LengthM: lref.Length(fine), Geom: fine},
			pg.Reach{
				Record: pg.Record{Key: "fine reach", Source: "test"}, River: "fine", Route: "fine route", FromM: 0, ToM: lref.Length(fine), BankScope: geo.Both, Level: geo.Town, Division: "its town",
				Geom: geom.NewLineStringFlat(geom.XY, []float64{109.5123456789, 40.7123456789, 109.5234567891, 40.6234567891}),
			},
			pg.Post{Record: pg.Record{Key: "fine post", Source: "test"}, Level: geo.Town, Role: "chief", DualRole: "none", Title: "细河镇级河长", Reach: "fine reach"},
			pg.Appointment{Record: pg.Record{Key: "fine chief", Source: "test", Valid: geo.Since(geo.NewDate(2020, 1, 1))}, Post: "fine post", Person: "one"},
			pg.Board{ // put up before the chief
				Record: pg.Record{Key: "fine board", Source: "test"}, Level: geo.Town, Reaches: []pg.Key{"fine reach"}, SiteText: "细处", State: "ok",
				InstalledOn: geo.NewDate(2010, 1, 1), ContentDate: geo.NewDate(2010, 1, 1), Geom: geom.NewPointFlat(geom.XY, []float64{109.518712345678, 40.667123456789}),
			},
		); err != nil {
			t.Fatal(err)
		}
	})
	river, patched := riverID(t, srv, "细河"), riverID(t, srv, "补丁沟")
	for _, path := range []string{
		"/api/v1/rivers?q=" + url.QueryEscape("细河"), fmt.Sprintf("/api/v1/rivers/%d", river), "/api/v1/places?q=" + url.QueryEscape("细处"),
		"/api/v1/responsible?lon=109.5187&lat=40.667", "/api/v1/responsible?lon=109.6006&lat=40.65", "/api/v1/boards/stale?as_of=2026-01-01",
		fmt.Sprintf("/api/v1/hydro/rivers/%d/profile", patched), fmt.Sprintf("/api/v1/hydro/rivers/%d/locate?m=1234.5", river), "/api/v1/hydro/hydrolocation?lon=109.5187&lat=40.667",
		"/api/v1/nearest?lon=109.6&lat=40.65&kind=notice-boards",
	} {
		_, text := body(t, srv, path)
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var answer any
		if err := decoder.Decode(&answer); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		points := pointsIn(answer)
		if len(points) == 0 {
			t.Errorf("%s tells no point: %s", path, text)
		}
		for _, n := range points {
			if _, decimals, _ := strings.Cut(n.String(), "."); len(decimals) > 7 {
				t.Errorf("%s: %s", path, n)
			}
		}
	}
}

// pointsIn gives the numbers of all members called point.
func pointsIn(v any) (out []json.Number) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			at, ok := member.([]any)
			for _, x := range at {
				if n, number := x.(json.Number); ok && number && name == "point" {
					out = append(out, n)
				}
			}
			out = append(out, pointsIn(member)...)
		}
	case []any:
		for _, x := range v {
			out = append(out, pointsIn(x)...)
		}
	}
	return out
}
