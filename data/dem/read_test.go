package dem_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hetu/data/dem"
	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/project"
)

// slope is an ASCII grid of 60 by 40 cells of 10 m in zone 35 (EPSG:4547 has its meridian at 114°E): heights rise by 0.1 m a column and 1 m a row.
func slope(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("ncols 60\nnrows 40\nxllcorner 500000\nyllcorner 3300000\ncellsize 10\nNODATA_value -9999\n")
	for r := range 40 {
		for c := range 60 {
			v := 100 + 0.1*float64(c) + float64(r)
			if r == 5 && c == 7 {
				v = -9999
			}
			fmt.Fprintf(&b, "%.2f ", v)
		}
		b.WriteByte('\n')
	}
	return write(t, "slope.asc", b.String())
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func convert(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// An ASCII grid and the GeoTIFF of it are the same model, in their own zone.
func TestReadsGrids(t *testing.T) {
	t.Parallel()
	asc := slope(t)
	tif := filepath.Join(t.TempDir(), "slope.tif")
	convert(t, "gdal_translate", "-q", "-a_srs", "EPSG:4547", asc, tif)
	for _, req := range []dem.Request{{Path: asc, CRS: "EPSG:4547"}, {Path: tif}} {
		req.Datum = "1985"
		got, err := dem.Read(t.Context(), req)
		if err != nil {
			t.Fatal(req.Path, err)
		}
		if got.System.Kind != crs.GaussKruger || got.System.CentralMeridian != 114 || got.Cols != 60 || got.Rows != 40 || got.X != 500000 || got.Y != 3300400 || got.CellX != 10 || got.Datum != "1985" {
			got.Heights = nil
			t.Errorf("%s: %+v", req.Path, got)
			continue
		}
		if h := got.Heights[3*60+20]; math.Abs(float64(h)-105) > 0.001 || !math.IsNaN(float64(got.Heights[5*60+7])) {
			t.Errorf("%s: %v", req.Path, h)
		}
	}
}

// A window takes whole cells around it; a file of another system comes in EPSG:4490, at the same places.
func TestReadsWindowsAndOtherSystems(t *testing.T) {
	t.Parallel()
	asc := slope(t)
	zone, _ := crs.ByEPSG(4547)
	west, south := zone.ToLonLat(500105, 3300105)
	east, north := zone.ToLonLat(500195, 3300195)
	got, err := dem.Read(t.Context(), dem.Request{Path: asc, CRS: "EPSG:4547", Window: &geo.Extent{West: west, South: south, East: east, North: north}})
	if err != nil || got.Cols < 10 || got.Cols > 12 || got.X > 500105 || got.Y < 3300195 {
		t.Fatalf("%d by %d from %.1f %.1f, %v", got.Cols, got.Rows, got.X, got.Y, err)
	}
	if h, want := float64(got.Heights[0]), 100+0.1*(got.X-500000)/10+(3300400-got.Y)/10; math.Abs(h-want) > 0.001 {
		t.Errorf("%.3f, not %.3f", h, want)
	}
	utm := filepath.Join(t.TempDir(), "utm.tif")
	convert(t, "gdalwarp", "-q", "-s_srs", "EPSG:4547", "-t_srs", "EPSG:32649", "-r", "bilinear", asc, utm)
	got, err = dem.Read(t.Context(), dem.Request{Path: utm})
	if err != nil || got.System.Kind != crs.Geographic {
		t.Fatal(got.System, err)
	}
	lon, lat := zone.ToLonLat(500305, 3300205) // column 30, row 19
	i := int((got.Y-lat)/got.CellY)*got.Cols + int((lon-got.X)/got.CellX)
	if h := float64(got.Heights[i]); math.Abs(h-122) > 1.2 {
		t.Errorf("%.2f m, not about 122", h)
	}
}

// What GDAL complains of a file does not tell where this machine keeps it.
func TestRefusalsTellNoPath(t *testing.T) {
	t.Parallel()
	temp, err := os.MkdirTemp("", "hetu-test-") // not below TempDir of the test, which the child's user may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // G302: the child's user has to enter it
		t.Fatal(err)
	}
	for _, garbage := range []string{"II*\x00\x08\x00\x00\x00", "II*\x00 garbage, and much more of it"} {
		_, err := dem.Read(t.Context(), dem.Request{Path: write(t, "a.tif", garbage), Temp: temp})
		if geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "GDAL complains") {
			t.Errorf("%q: %v", garbage, err)
			continue
		}
		if said := err.Error(); strings.Contains(said, temp) || strings.Contains(said, "hetu-dem-") || strings.Contains(said, "/in.tif") {
			t.Errorf("%q tells a path: %s", garbage, said)
		}
	}
}

// A model that was sent has fewer cells than one of the command line, for others wait while it is read: too many are refused before any is looked at, also of
// a file that has to be brought to another system, whose cells are counted as they would be then.
func TestModelsThatAreSentAreSmaller(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	model := func(name string, args ...string) *os.File {
		path := filepath.Join(dir, name)
		convert(t, append(append([]string{"gdal_create", "-q", "-ot", "Byte", "-burn", "7", "-co", "SPARSE_OK=TRUE"}, args...), path)...)
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	straight := model("a.tif", "-outsize", "3600", "3600", "-a_srs", "EPSG:4490", "-a_ullr", "106.3", "26.7", "106.5", "26.5")
	other := model("b.tif", "-outsize", "3600", "3600", "-a_srs", "EPSG:32648", "-a_ullr", "630000", "2960000", "650000", "2940000")
	whole := &geo.Extent{West: 106.2, South: 26.4, East: 106.6, North: 26.8}
	part := &geo.Extent{West: 106.4, South: 26.6, East: 106.41, North: 26.61}
	for _, tt := range []struct {
		name   string
		file   *os.File
		window *geo.Extent
		code   geo.Code
	}{
		{"as it is", straight, whole, geo.CodeTooLarge},
		{"as it is, without a window", straight, nil, geo.CodeTooLarge},
		{"a part of it", straight, part, ""},
		{"of another system", other, whole, geo.CodeTooLarge},
		{"of another system, a part", other, part, ""},
	} {
		if _, err := tt.file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		grid, err := dem.Models{}.Grid(t.Context(), tt.file, project.Model{Datum: "1985"}, tt.window)
		switch {
		case geo.CodeOf(err) != tt.code && (err != nil || tt.code != ""):
			t.Errorf("%s: %v", tt.name, err)
		case err != nil && !strings.Contains(err.Error(), "times as wide"):
			t.Errorf("%s: no remedy is told: %v", tt.name, err)
		case err == nil && (grid.Cols < 100 || grid.Cols*grid.Rows > 100_000):
			t.Errorf("%s: %d by %d cells", tt.name, grid.Cols, grid.Rows)
		}
	}
}

// What is no model is refused with a reason and without a crash, and nothing is left behind.
func TestRefusesWhatIsNoModel(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(slope(t))
	if err != nil {
		t.Fatal(err)
	}
	tif := filepath.Join(t.TempDir(), "slope.tif")
	convert(t, "gdal_translate", "-q", "-a_srs", "EPSG:4547", slope(t), tif)
	image, err := os.ReadFile(tif)
	if err != nil {
		t.Fatal(err)
	}
	temp, err := os.MkdirTemp("", "hetu-test-") // not below TempDir of the test, which the child's user may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // G302: the child's user has to enter it
		t.Fatal(err)
	}
	outside := &geo.Extent{West: 100, South: 30, East: 100.1, North: 30.1}
	tests := []struct {
		name string
		req  dem.Request
		code geo.Code
	}{
		{"no file", dem.Request{Path: filepath.Join(temp, "nothing.tif")}, geo.CodeInvalid},
		{"a folder", dem.Request{Path: temp}, geo.CodeInvalid},
		{"another format", dem.Request{Path: write(t, "a.tif", "<VRTDataset/>")}, geo.CodeRefused},
		{"no system", dem.Request{Path: slope(t)}, geo.CodeInvalid},
		{"a system that is none", dem.Request{Path: slope(t), CRS: "EPSG:banana"}, geo.CodeInvalid},
		{"a shifted system", dem.Request{Path: slope(t), CRS: "GCJ02"}, geo.CodeInvalid},
		{"outside the window", dem.Request{Path: slope(t), CRS: "EPSG:4547", Window: outside}, geo.CodeInvalid},
		{"cut text", dem.Request{Path: write(t, "a.asc", string(whole[:len(whole)/2])), CRS: "EPSG:4547"}, geo.CodeRefused},
		{"cut image", dem.Request{Path: write(t, "b.tif", string(image[:len(image)/2]))}, geo.CodeRefused},
		{"a head alone", dem.Request{Path: write(t, "c.tif", "II*\x00\x08\x00\x00\x00")}, geo.CodeRefused},
		{"too many cells", dem.Request{Path: write(t, "d.asc", "ncols 100000\nnrows 100000\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n"), CRS: "EPSG:4547"}, geo.CodeTooLarge},
	}
	for _, tt := range tests {
		tt.req.Temp = temp
		if _, err := dem.Read(t.Context(), tt.req); geo.CodeOf(err) != tt.code {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
