package api

import (
	"testing"

	"hetu/geo"
	"hetu/geo/overlay"
)

// Whatever is sent is read or refused with a place, and what is read can be looked at.
func FuzzReadPolygon(f *testing.F) {
	for _, seed := range []string{
		`{"type":"Polygon","coordinates":[[[106.41,26.5],[106.42,26.5],[106.42,26.51],[106.41,26.5]]]}`,
		`{"type":"MultiPolygon","coordinates":[[[[106.41,26.5],[106.42,26.5],[106.42,26.51],[106.41,26.5]]]]}`,
		`{"type":"Feature","properties":{"a":[1]},"geometry":{"coordinates":[],"type":"Polygon"}}`,
		`{"type":"Polygon","coordinates":[[[1e400,null]]]}`, `[[[[`, `{"crs":{}}`, `{"type":"Polygon","coordinates":[[1,2],[3,4]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := readPolygon(body, geo.China())
		if (m == nil) == (err == nil) {
			t.Fatalf("polygon %v, error %v", m, err)
		}
		if err != nil {
			if code := geo.CodeOf(err); code != geo.CodeInvalid && code != geo.CodeRefused {
				t.Errorf("%v is %q", err, code)
			}
			return
		}
		if overlay.Check(m.geom) == nil && overlay.NewShape(m.geom).M2 < 0 {
			t.Error("a negative area")
		}
	})
}
