package crs_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/crs"
)

func read(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// The vectors are PROJ's: every system to the millimetre, forth and back.
func TestZonesAgainstPROJ(t *testing.T) {
	t.Parallel()
	var file struct{ Vectors []map[string][2]float64 }
	read(t, "cgcs2000_vectors.json", &file)
	n := 0
	for _, v := range file.Vectors {
		for name, want := range v {
			digits, ok := strings.CutSuffix(strings.TrimPrefix(name, "epsg"), "_xy")
			if !ok {
				continue
			}
			code, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatal(err)
			}
			s, ok := crs.ByEPSG(geo.SRID(code))
			if !ok {
				t.Fatalf("EPSG:%d is unknown", code)
			}
			x, y := s.FromLonLat(v["crs84"][0], v["crs84"][1])
			if math.Hypot(x-want[0], y-want[1]) > 0.001 {
				t.Errorf("%s: got %.6f %.6f, want %v", s, x, y, want)
			}
			lon, lat := s.ToLonLat(want[0], want[1])
			if math.Hypot(lon-v["crs84"][0], lat-v["crs84"][1]) > 1e-8 {
				t.Errorf("%s back: got %.10f %.10f, want %v", s, lon, lat, v["crs84"])
			}
			n++
		}
	}
	if n < 15 {
		t.Errorf("only %d vectors were tried", n)
	}
}

// Each vector lists what three implementations say; 2e-7 degrees of any of them is right.
func TestGCJ02(t *testing.T) {
	t.Parallel()
	var file struct {
		Vectors []map[string]json.RawMessage
	}
	read(t, "gcj02_vectors.json", &file)
	s := crs.System{Kind: crs.GCJ02}
	for _, v := range file.Vectors {
		pair := func(name string) (p [2]float64) {
			if err := json.Unmarshal(v[name], &p); err != nil {
				t.Fatal(err)
			}
			return p
		}
		in := pair("wgs84")
		x, y := s.FromLonLat(in[0], in[1])
		best := math.Inf(1)
		for _, name := range []string{"gcj02_gcoord", "gcj02_coordtransform", "gcj02_eviltransform"} {
			want := pair(name)
			best = min(best, max(math.Abs(x-want[0]), math.Abs(y-want[1])))
		}
		if best > 2e-7 {
			t.Errorf("%s: got %v %v, off by %g", v["name"], x, y, best)
		}
	}
}

func TestShiftedRoundTrip(t *testing.T) {
	t.Parallel()
	for _, kind := range []crs.Kind{crs.GCJ02, crs.BD09} {
		rapid.Check(t, func(rt *rapid.T) {
			s := crs.System{Kind: kind}
			lon, lat := rapid.Float64Range(73, 136).Draw(rt, "lon"), rapid.Float64Range(3, 54).Draw(rt, "lat")
			gotLon, gotLat := s.ToLonLat(s.FromLonLat(lon, lat))
			if math.Hypot(gotLon-lon, gotLat-lat) > 1e-9 {
				rt.Fatalf("%s: %v %v came back as %v %v", s, lon, lat, gotLon, gotLat)
			}
		})
	}
}

// BD-09 lies where its one known offset from GCJ-02 says, within the hundred metres that its waves make of it.
func TestBD09(t *testing.T) {
	t.Parallel()
	lon, lat := crs.System{Kind: crs.BD09}.FromLonLat(116.3975, 39.9087)
	gx, gy := crs.System{Kind: crs.GCJ02}.FromLonLat(116.3975, 39.9087)
	if d := math.Hypot(lon-gx-0.0065, lat-gy-0.006); d > 1e-3 {
		t.Errorf("BD-09 is %g degrees from GCJ-02 and its known offset", d)
	}
}

func TestZoneRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		code := rapid.IntRange(4491, 4554).Draw(rt, "code")
		s, ok := crs.ByEPSG(geo.SRID(code))
		if !ok {
			rt.Fatalf("EPSG:%d is unknown", code)
		}
		lon, lat := s.CentralMeridian+rapid.Float64Range(-4, 4).Draw(rt, "lon"), rapid.Float64Range(3, 54).Draw(rt, "lat")
		gotLon, gotLat := s.ToLonLat(s.FromLonLat(lon, lat))
		if math.Hypot(gotLon-lon, gotLat-lat) > 1e-11 {
			rt.Fatalf("%s: %v %v came back as %v %v", s, lon, lat, gotLon, gotLat)
		}
	})
}

func TestReadings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		x, y float64
		want []crs.Reading
	}{
		{"degrees", 114.3, 30.6, []crs.Reading{{Shape: crs.Degrees}}},
		{"degrees, latitude first", 30.6, 114.3, []crs.Reading{{Shape: crs.Degrees, Swapped: true}}},
		{"far west, latitude first", 39.5, 76, []crs.Reading{{Shape: crs.Degrees, Swapped: true}}},
		{"metres without a zone", 528770.2, 3386666.3, []crs.Reading{{Shape: crs.Metres}}},
		{"metres, northing first", 3386666.3, 528770.2, []crs.Reading{{Shape: crs.Metres, Swapped: true}}},
		{"zone 38", 38528770.2, 3386666.3, []crs.Reading{{Shape: crs.Numbered, Zone: 38}}},
		{"zone 38, northing first", 3386666.3, 38528770.2, []crs.Reading{{Shape: crs.Numbered, Zone: 38, Swapped: true}}},
		{"6-degree zone 19", 19528770.2, 3386666.3, []crs.Reading{{Shape: crs.Numbered, Zone: 19}}},
		{"web mercator", 12723817.8, 3580909.8, []crs.Reading{{Shape: crs.Web}}},
		{"web mercator or zone 13", 13523817.8, 3580909.8, []crs.Reading{{Shape: crs.Numbered, Zone: 13}, {Shape: crs.Web}}},
		{"nothing", 5, 80000, nil},
		{"not a number", math.NaN(), 30, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, crs.Readings(tt.x, tt.y, geo.China())); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestCarried(t *testing.T) {
	t.Parallel()
	for told, tt := range map[geo.SRID]struct {
		east float64
		want geo.SRID
	}{4547: {38528770, 4526}, 4526: {528770, 4547}, 4508: {19528770, 4497}, 4497: {528770, 4508}} {
		s, _ := crs.ByEPSG(told)
		got, ok := s.Carried(tt.east)
		if !ok || got.EPSG != tt.want {
			t.Errorf("EPSG:%d with easting %v: got %v, want EPSG:%d", told, tt.east, got, tt.want)
		}
	}
	s, _ := crs.ByEPSG(4547)
	if got, ok := s.Carried(528770); ok {
		t.Errorf("a plain easting in a plain zone was taken for %s", got)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, wkt string
		frame     crs.Frame
		system    string
	}{
		{"ESRI CGCS2000", `GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`, crs.Same, "CGCS2000 Gauss-Krüger CM 0E, false easting 0"},
		{"WGS 84 with its code", `GEOGCRS["WGS 84",ENSEMBLE["World Geodetic System 1984 ensemble",ELLIPSOID["WGS 84",6378137,298.257223563]],ID["EPSG",4326]]`, crs.Same, "EPSG:4326"},
		{"a zone of its own", `PROJCRS["CM 105.5",BASEGEOGCRS["x",DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,298.257222101]]],CONVERSION["x",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0],PARAMETER["Longitude of natural origin",105.5],PARAMETER["Scale factor at natural origin",1],PARAMETER["False easting",500000],PARAMETER["False northing",0]]]`, crs.Same, "CGCS2000 Gauss-Krüger CM 105.5E, false easting 500000"},
		{"Xian 80", `PROJCRS["Xian 1980 / 3-degree Gauss-Kruger CM 114E",BASEGEOGCRS["Xian 1980",DATUM["Xian 1980",ELLIPSOID["IAG 1975",6378140,298.257]]],ID["EPSG",2383]]`, crs.Other, ""},
		{"unnamed behind a bound", `BOUNDCRS[SOURCECRS[GEOGCRS["GRS 1980(IUGG, 1980)",DATUM["unknown",ELLIPSOID["GRS80",6378137,298.257222101]]]],TARGETCRS[GEOGCRS["WGS 84",DATUM["World Geodetic System 1984"],ID["EPSG",4326]]]]`, crs.Unnamed, ""},
		{"a drawing", `ENGCRS["Undefined Cartesian SRS",EDATUM[""]]`, crs.Unnamed, ""},
	}
	for _, tt := range tests {
		d, err := crs.Describe(tt.wkt)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if d.Frame != tt.frame {
			t.Errorf("%s: got frame %s, want %s", tt.name, d.Frame, tt.frame)
		}
		s, ok := d.System()
		if ok != (tt.system != "") || ok && s.Kind != crs.Geographic && s.String() != tt.system {
			t.Errorf("%s: got %v %v, want %q", tt.name, s, ok, tt.system)
		}
	}
	for _, bad := range []string{"", "x", "GEOGCRS[", `GEOGCRS["x"`, strings.Repeat("A[", 100), "+proj=longlat"} {
		if _, err := crs.Describe(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"EPSG:4547": "EPSG:4547", "4547": "EPSG:4547", "epsg:3857": "EPSG:3857", "cgcs2000": "EPSG:4490", "GCJ-02": "GCJ02", "bd09": "BD09"} {
		s, _, ok, err := crs.Named(name)
		if err != nil || !ok || s.String() != want {
			t.Errorf("%s: got %v %v %v, want %s", name, s, ok, err, want)
		}
	}
	if _, code, ok, err := crs.Named("EPSG:4269"); ok || err != nil || code != 4269 {
		t.Errorf("EPSG:4269: got %v %v %v, want the code for PROJ", code, ok, err)
	}
	for _, bad := range []string{"", "EPSG:", "/etc/passwd", "http://x", "EPSG:99999999"} {
		if _, _, _, err := crs.Named(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add(`GEOGCRS["WGS 84",DATUM["x"],ID["EPSG",4326]]`)
	f.Fuzz(func(_ *testing.T, wkt string) { _, _ = crs.Describe(wkt) })
}

func ExampleSystem_ToLonLat() {
	zone, _ := crs.ByEPSG(4547)
	lon, lat := zone.ToLonLat(528770.23725568, 3386666.25056236)
	_, _ = os.Stdout.WriteString(strconv.FormatFloat(lon, 'f', 6, 64) + " " + strconv.FormatFloat(lat, 'f', 6, 64))
	// Output: 114.300000 30.600000
}
