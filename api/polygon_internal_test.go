package api

import (
	"testing"

	"hetu/geo"
	"hetu/geo/overlay"
)

// A polygon may name the system that it is in anyway, in each way that there is of writing it.
func TestPolygonInDegrees(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"EPSG:4490": true, "epsg:4326": true, "urn:ogc:def:crs:EPSG::4490": true, "urn:ogc:def:crs:OGC:1.3:CRS84": true,
		"http://www.opengis.net/def/crs/OGC/1.3/CRS84": true, "http://www.opengis.net/def/crs/EPSG/0/4490": true,
		"EPSG:4545": false, "EPSG:44901": false, "4490": false, "urn:ogc:def:crs:EPSG::4545 (not 4490)": false, "": false,
	} {
		if got := inDegrees(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

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
