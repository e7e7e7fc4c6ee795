package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/pmtiles"
)

// exporter is a store with the sample in it, and where files of it go.
type exporter struct {
	dir, out string
}

func newExporter(t *testing.T) *exporter {
	t.Helper()
	e := &exporter{dir: dataDir(t), out: t.TempDir()}
	serve(t, e.dir, "--sample") // each export would start a database of its own
	return e
}

// run exports to a file, and gives it and what was said.
func (e *exporter) run(t *testing.T, env []string, format, name string, args ...string) ([]byte, string) {
	t.Helper()
	path := filepath.Join(e.out, name)
	said, err := hetu(t, e.dir, env, append([]string{"export", format, path}, args...)...)
	if err != nil {
		t.Fatalf("export %s %v: %v: %s", format, args, err, said)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("export %s %v: %v, %v is left", format, args, err, left)
	}
	return b, said
}

func archiveOf(t *testing.T, b []byte) *pmtiles.Archive {
	t.Helper()
	a, err := pmtiles.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err = a.Verify(); err != nil {
		t.Fatal(err)
	}
	return a
}

// layersOf gives the names of an archive's layers, and its attribution and description.
func layersOf(t *testing.T, a *pmtiles.Archive) (names []string, attribution, description string) {
	t.Helper()
	text, err := a.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var metadata struct {
		Attribution, Description string

		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
	}
	if err = json.Unmarshal(text, &metadata); err != nil {
		t.Fatal(err)
	}
	for _, l := range metadata.VectorLayers {
		names = append(names, l.ID)
	}
	return names, metadata.Attribution, metadata.Description
}

// The command writes what was asked for, says what it did, and keeps the exit codes.
func TestExportTiles(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	whole, said := e.run(t, nil, "pmtiles", "whole.pmtiles")
	a := archiveOf(t, whole)
	names, attribution, description := layersOf(t, a)
	if a.MaxZoom != 14 || !slices.Contains(names, "river") || slices.Contains(names, "outfall") || slices.Contains(names, "draft") {
		t.Errorf("zooms %d to %d of %v", a.MinZoom, a.MaxZoom, names)
	}
	if !strings.Contains(attribution, "示意数据") || !strings.Contains(description, geo.DateOf(time.Now()).String()) {
		t.Errorf("attributed to %q, described as %q", attribution, description)
	}
	if !strings.Contains(said, "wrote") || !strings.Contains(said, "tiles") {
		t.Errorf("it said %q", said)
	}
	for _, processors := range []string{"1", "4"} {
		if b, _ := e.run(t, []string{"GOMAXPROCS=" + processors}, "pmtiles", "whole.pmtiles", "--force"); !bytes.Equal(b, whole) {
			t.Errorf("on %s processors: the bytes are others", processors)
		}
	}
	part, _ := e.run(t, nil, "pmtiles", "part.pmtiles", "--layers", "river,division", "--maxzoom", "9", "--bounds", "106,26,107,27", "--as-of", "2018-05-01")
	a = archiveOf(t, part)
	names, _, description = layersOf(t, a)
	if a.MaxZoom != 9 || !slices.Equal(names, []string{"division", "river"}) || a.Bounds.West < 106 || a.Bounds.East > 107 || !strings.Contains(description, "2018-05-01") {
		t.Errorf("%v in %v up to zoom %d, %q", names, a.Bounds, a.MaxZoom, description)
	}
	nowhere := filepath.Join(e.out, "nowhere.pmtiles")
	if said, err := hetu(t, e.dir, nil, "export", "pmtiles", nowhere, "--bounds", "1,1,2,2"); exitCode(err) != 1 || !strings.Contains(said, "nothing to write") {
		t.Errorf("where nothing is: %v: %s", err, said)
	}
	if left, err := filepath.Glob(nowhere + "*"); err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left", err, left)
	}
	if _, err := hetu(t, e.dir, nil, "export", "divisions", filepath.Join(e.out, "divisions.geojson")); err != nil {
		t.Errorf("a GeoJSON export: %v", err)
	}
}

func TestExportTilesAskedWrongly(t *testing.T) {
	t.Parallel()
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		says string
		args []string
	}{
		{"is there already; --force overwrites it", []string{there}},
		{"is a folder", []string{filepath.Dir(there)}},
		{"OUT is empty", []string{""}},
		{"is a device or a pipe", []string{pipe, "--force"}},
		{"cannot be written", []string{filepath.Join(there, "below", "out")}},
		{"--layers: there is no tile layer", []string{"new", "--layers", "rivers"}},
		{"drafts are not written to files", []string{"new", "--layers", "river,draft"}},
		{"--maxzoom 19", []string{"new", "--maxzoom", "19"}},
		{"--maxzoom -1", []string{"new", "--maxzoom=-1"}},
		{"where board begins", []string{"new", "--layers", "board", "--maxzoom", "9"}},
		{"--as-of", []string{"new", "--as-of", "gestern"}},
		{"no extent: write west,south,east,north", []string{"new", "--bounds", "1,2,3"}},
		{"west before east", []string{"new", "--bounds", "107,26,106,27"}},
		{"expected \"<out>\"", nil},
	}
	// Nothing of this needs a store.
	dir := filepath.Join(t.TempDir(), "unused")
	for _, tt := range tests {
		for _, format := range []string{"pmtiles", "mbtiles"} {
			out, err := hetu(t, dir, nil, append([]string{"export", format}, tt.args...)...)
			if exitCode(err) != 2 || !strings.Contains(out, tt.says) {
				t.Errorf("%s %v: exit %d: %s", format, tt.args, exitCode(err), out)
			}
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data folder was touched: %v", err)
	}
}

// GDAL reads the MBTiles file, its SQLite finds no fault in it, and it has as many tiles as the archive.
func TestExportMBTiles(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	whole, _ := e.run(t, nil, "mbtiles", "whole.mbtiles")
	archive, _ := e.run(t, nil, "pmtiles", "whole.pmtiles")
	out, err := exec.CommandContext(t.Context(), "ogrinfo", "-ro", "-q", filepath.Join(e.out, "whole.mbtiles")).CombinedOutput()
	for _, layer := range []string{"river (Multi Line String)", "division (Multi Polygon)", "board (Multi Point)"} {
		if err != nil || !strings.Contains(string(out), layer) {
			t.Errorf("%s: %v: %s", layer, err, out)
		}
	}
	// By another name GDAL asks SQLite and not its reader of tiles.
	path := filepath.Join(e.out, "whole.sqlite")
	if err = os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err = exec.CommandContext(t.Context(), "ogr2ogr", "-f", "CSV", "/vsistdout/", path, "-sql",
		"SELECT integrity_check AS sound, (SELECT count(*) FROM tiles) AS tiles FROM pragma_integrity_check").CombinedOutput()
	want := "sound,tiles\nok," + strconv.FormatUint(archiveOf(t, archive).Addressed, 10) + "\n"
	if err != nil || strings.ReplaceAll(string(out), `"`, "") != want {
		t.Errorf("%v: got %s, want %s", err, out, want)
	}
}

// An export that is killed goes on with the same command, and ends in the same bytes.
func TestKilledExportGoesOn(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	args := []string{"--maxzoom", "16"}
	want := map[string][]byte{}
	for _, format := range []string{"pmtiles", "mbtiles"} {
		want[format], _ = e.run(t, nil, format, "whole."+format, args...)
		points := []string{"export-data-synced", "export-marked", "export-finished"}
		if format == "mbtiles" {
			points[2] = "mbtiles-written"
		}
		for _, point := range points {
			name := point + "." + format
			path := filepath.Join(e.out, name)
			out, err := hetu(t, e.dir, []string{"HETU_FAULT=" + point}, append([]string{"export", format, path}, args...)...)
			if !killed(err) {
				t.Fatalf("fault point %s was not reached: %v: %s", point, err, out)
			}
			if _, err = os.Stat(path); err == nil {
				t.Errorf("killed at %s: %s is there", point, name)
			}
			if got, _ := e.run(t, nil, format, name, args...); !bytes.Equal(got, want[format]) {
				t.Errorf("killed at %s: the bytes of %s are others", point, name)
			}
		}
	}
}

// What another build has begun is not gone on with, also if that calls itself the same.
func TestExportOfAnotherBuildStartsAnew(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	want, _ := e.run(t, nil, "pmtiles", "whole.pmtiles")
	path := filepath.Join(e.out, "begun.pmtiles")
	cmd := command(t.Context(), t, e.dir, []string{"HETU_FAULT=export-marked"}, "export", "pmtiles", path)
	program, err := os.ReadFile(cmd.Path)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = filepath.Join(t.TempDir(), "hetu")
	if err = os.WriteFile(cmd.Path, append(program, 0), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); !killed(err) {
		t.Fatalf("the fault point was not reached: %v: %s", err, out)
	}
	if got, said := e.run(t, nil, "pmtiles", "begun.pmtiles"); !bytes.Equal(got, want) || !strings.Contains(said, "starting anew") {
		t.Errorf("%d bytes, want %d: %s", len(got), len(want), said)
	}
}

// Ctrl-C stops an export where it is, and says how it goes on.
func TestStoppedExportGoesOn(t *testing.T) {
	t.Parallel()
	e := newExporter(t)
	args := []string{"--maxzoom", "17"}
	want, _ := e.run(t, nil, "pmtiles", "whole.pmtiles", args...)
	path := filepath.Join(e.out, "stopped.pmtiles")
	cmd := command(t.Context(), t, e.dir, nil, append([]string{"export", "pmtiles", path}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 6000 {
		if info, err := os.Stat(path + ".partial"); err == nil && info.Size() > 1<<20 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); exitCode(err) != 1 || !strings.Contains(said.String(), "give the same command again to go on from there") {
		t.Errorf("stopped: %v: %s", err, &said)
	}
	got, text := e.run(t, nil, "pmtiles", "stopped.pmtiles", args...)
	if !bytes.Equal(got, want) || !strings.Contains(text, "going on from") {
		t.Errorf("after a stop: %d bytes, want %d: %s", len(got), len(want), text)
	}
}
