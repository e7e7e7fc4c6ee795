package main_test

import (
	"bytes"
	"context"
	encoding "encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hetu/data/cluster"
)

// mapStore is a store on which servers come and go that keep the map in a file.
type mapStore struct {
	url  string
	file string
}

// newMapStore gives an empty store at a database that is new.
func newMapStore(t *testing.T, url string) *mapStore {
	t.Helper()
	m := &mapStore{url: url, file: filepath.Join(t.TempDir(), "map[1].snapshot")} // a name that a pattern would read otherwise
	m.run(t, "db", "migrate")
	return m
}

func (m *mapStore) run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := hetu(t, t.TempDir(), []string{"HETU_DATABASE_URL=" + m.url}, args...); err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
}

// write makes the map another one.
func (m *mapStore) write(t *testing.T, reaches, seed int) {
	t.Helper()
	m.run(t, "sample", "load", "--reaches", strconv.Itoa(reaches), "--seed", strconv.Itoa(seed))
}

// unused is what a server says that does not use the file.
const unused = "the snapshot of the map is not used"

// keep runs a server that keeps the map in the file, until it is there anew, and gives what the server drew and what it said. Of
// what servers before it began nothing is left then.
func (m *mapStore) keep(t *testing.T) (drawn map[string]string, said string) {
	t.Helper()
	before, _ := os.Stat(m.file)
	s := serve(t, t.TempDir(), "--database-url", m.url, "--snapshot", m.file)
	if status, _, body := ask(t, s.url+"/readyz", ""); status != http.StatusOK {
		t.Errorf("/readyz: %d: %s", status, body)
	}
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		now, err := os.Stat(m.file)
		if err == nil && (before == nil || !os.SameFile(before, now)) {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("the snapshot is not written anew: %s", s.stderr)
		}
	}
	drawn = drawnBy(t, s)
	s.stop()
	if left := m.begun(t); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	return drawn, s.stderr.String()
}

// fresh gives what a server draws that has no file.
func (m *mapStore) fresh(t *testing.T) map[string]string {
	t.Helper()
	s := serve(t, t.TempDir(), "--database-url", m.url)
	defer s.stop()
	return drawnBy(t, s)
}

// begun gives the files beside the snapshot: those that are being written.
func (m *mapStore) begun(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(m.file))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != filepath.Base(m.file) {
			names = append(names, e.Name())
		}
	}
	return names
}

// content gives the file as it is; nil before it is there.
func (m *mapStore) content(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(m.file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}

// drawnBy gives tiles of all zooms in the middle of what a server has.
func drawnBy(t *testing.T, s *server) map[string]string {
	t.Helper()
	_, _, text := ask(t, s.url+"/tiles/public/tilejson.json", "")
	var doc struct{ Bounds [4]float64 }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	lon, lat := (doc.Bounds[0]+doc.Bounds[2])/2, (doc.Bounds[1]+doc.Bounds[3])/2*math.Pi/180
	drawn, size := map[string]string{}, 0
	for z := range 15 {
		wide := float64(int(1) << z)
		x, y := int(wide*(lon+180)/360), int(wide*(1-math.Asinh(math.Tan(lat))/math.Pi)/2)
		for _, at := range [][2]int{{x, y}, {x + 1, y}, {x, y + 1}, {x + 1, y + 1}} {
			path := fmt.Sprintf("/tiles/public/%d/%d/%d.mvt", z, min(at[0], 1<<z-1), min(at[1], 1<<z-1))
			status, _, body := ask(t, s.url+path, "")
			if status != http.StatusOK && status != http.StatusNoContent {
				t.Errorf("%s: %d: %s", path, status, body)
			}
			drawn[path] = body
			size += len(body)
		}
	}
	if size == 0 {
		t.Fatal("nothing is drawn")
	}
	return drawn
}

func sameDrawn(t *testing.T, name string, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d tiles, want %d", name, len(got), len(want))
	}
	for path, body := range want {
		if got[path] != body {
			t.Errorf("%s: %s has %d bytes, not the %d of a server without a snapshot", name, path, len(got[path]), len(body))
		}
	}
}

// A server that is killed while it writes the snapshot, at any moment, leaves the old one whole or the new one whole.
func TestKillDuringSnapshot(t *testing.T) {
	t.Parallel()
	m := newMapStore(t, external(t))
	m.write(t, killReaches, 1)
	start := func(env ...string) *exec.Cmd {
		t.Helper()
		cmd := command(t.Context(), t, t.TempDir(), env, "serve", "--listen", "127.0.0.1:0", "--database-url", m.url, "--snapshot", m.file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	check := func(name string, before []byte) {
		t.Helper()
		which := "the new one"
		if bytes.Equal(m.content(t), before) {
			which = "the old one"
		}
		left := m.begun(t)
		t.Logf("%s: %s is there, and %d files begun", name, which, len(left))
		if len(left) > 1 {
			t.Errorf("%s: %v is there", name, left)
		}
		drawn, said := m.keep(t)
		if strings.Contains(said, unused) {
			t.Errorf("%s: %s is not whole: %s", name, which, said)
		}
		sameDrawn(t, name, drawn, m.fresh(t))
	}
	// How long it takes, seen from the first one, which is killed at its end.
	cmd := start()
	began := m.seen(t)
	for time.Since(began) < time.Minute {
		if _, err := os.Stat(m.file); err == nil {
			break
		}
		time.Sleep(100 * time.Microsecond)
	}
	whole := time.Since(began)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	check("killed when it was there", nil)
	for i := range killTurns {
		m.write(t, 100, 100+i)
		before := m.content(t)
		if i == 0 {
			before = nil
			_ = os.Remove(m.file)
		}
		share := (float64(i) + rand.Float64()) / float64(killTurns)
		at := time.Duration(float64(whole) * share * share) // early rather than late: the later ones take less time than the first
		cmd := start()
		m.seen(t)
		time.Sleep(at)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		check(fmt.Sprintf("killed after %v of %v", at.Round(100*time.Microsecond), whole.Round(100*time.Microsecond)), before)
	}
	for i, point := range []string{"snapshot-begun", "snapshot-written", "snapshot-synced", "snapshot-moved"} {
		m.write(t, 100, 200+i)
		before := m.content(t)
		cmd := start("HETU_FAULT=" + point)
		patience := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		if err := cmd.Wait(); !killed(err) {
			t.Fatalf("fault point %s was not reached: %v", point, err)
		}
		patience.Stop()
		if old := bytes.Equal(m.content(t), before); old == (point == "snapshot-moved") {
			t.Errorf("killed at %s: the old one is there: %v", point, old)
		}
		check("killed at "+point, before)
	}
}

// seen waits until a snapshot is begun.
func (m *mapStore) seen(t *testing.T) time.Time {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(100 * time.Microsecond) {
		if len(m.begun(t)) > 0 {
			break
		}
	}
	return time.Now()
}

// A file that is damaged, or not of this hetu or this store, is said to be so once; what is drawn is read from the database, and
// the file is written anew.
func TestBrokenSnapshotIsNotTrusted(t *testing.T) {
	t.Parallel()
	m := newMapStore(t, external(t))
	m.write(t, 300, 1)
	m.keep(t)
	whole, want := m.content(t), m.fresh(t)
	turned := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	other := newMapStore(t, external(t))
	other.write(t, 300, 1)
	other.keep(t)
	tests := []struct {
		name, says string
		content    []byte
	}{
		{"empty", "no snapshot", nil},
		{"another file", "no snapshot", []byte("PMTiles\x03")},
		{"of an older form", "no snapshot", bytes.Replace(whole, []byte("hetu atlas "), []byte("hetu atlaz "), 1)},
		{"a bit turned in the head", "damaged", turned(40)},
		{"a bit turned in an array", "damaged", turned(len(whole) / 2)},
		{"a bit turned at the end", "damaged", turned(len(whole) - 1)},
		{"cut off in the head", "damaged", whole[:100]},
		{"cut off", "bytes", whole[:len(whole)-len(whole)/3]},
		{"of another hetu", "another version of hetu", headed(t, whole, "program", 1)},
		{"of another store", "another store", other.content(t)},
	}
	for _, tt := range tests {
		if err := os.WriteFile(m.file, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		drawn, said := m.keep(t)
		if strings.Count(said, unused) != 1 || !strings.Contains(said, tt.says) {
			t.Errorf("%s: it said %s", tt.name, said)
		}
		sameDrawn(t, tt.name, drawn, want)
		if got := m.content(t); !bytes.Equal(got, whole) {
			t.Errorf("%s: %d bytes were written anew, not the %d of before", tt.name, len(got), len(whole))
		}
	}
	drawn, said := m.keep(t)
	if strings.Contains(said, unused) {
		t.Errorf("written anew: it said %s", said)
	}
	sameDrawn(t, "written anew", drawn, want)
}

// An export reads the file that it is told of, and says why when it does not.
func TestExportReadsSnapshot(t *testing.T) {
	t.Parallel()
	m := newMapStore(t, external(t))
	m.write(t, 300, 1)
	m.keep(t)
	export := func(name string, env []string, args ...string) ([]byte, string) {
		t.Helper()
		out := filepath.Join(t.TempDir(), name)
		said, err := hetu(t, t.TempDir(), append(env, "HETU_DATABASE_URL="+m.url), append([]string{"export", "pmtiles", out, "--maxzoom", "9"}, args...)...)
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, said)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b, said
	}
	want, _ := export("without", nil)
	for _, tt := range []struct {
		name    string
		content []byte
		used    bool
	}{
		{"whole", m.content(t), true},
		{"damaged", m.content(t)[:100], false},
	} {
		if err := os.WriteFile(m.file, tt.content, 0o600); err != nil {
			t.Fatal(err)
		}
		byFlag, said := export("flag", nil, "--snapshot", m.file)
		byEnv, alsoSaid := export("env", []string{"HETU_SNAPSHOT=" + m.file})
		if strings.Contains(said, unused) == tt.used || strings.Contains(alsoSaid, unused) == tt.used {
			t.Errorf("%s: it said %q, and %q", tt.name, said, alsoSaid)
		}
		if !bytes.Equal(byFlag, want) || !bytes.Equal(byEnv, want) {
			t.Errorf("%s: the bytes are others", tt.name)
		}
	}
}

// headed gives a snapshot whose head says something else, and is whole.
func headed(t *testing.T, snapshot []byte, name string, value any) []byte {
	t.Helper()
	at := bytes.IndexByte(snapshot, '\n') + 1
	n := encoding.LittleEndian.Uint64(snapshot[at:])
	text, rest := snapshot[at+8:at+8+int(n)], snapshot[at+8+int(n)+4:]
	var head map[string]any
	if err := json.Unmarshal(text, &head); err != nil {
		t.Fatal(err)
	}
	head[name] = value
	text, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	b := encoding.LittleEndian.AppendUint64(bytes.Clone(snapshot[:at]), uint64(len(text)))
	b = encoding.LittleEndian.AppendUint32(append(b, text...), crc32.Checksum(text, crc32.MakeTable(crc32.Castagnoli)))
	return append(b, rest...)
}

// backup is a PostgreSQL whose files are copied, and put back.
type backup struct {
	*cluster.Cluster
	home, kept string
}

func newBackup(t *testing.T) *backup {
	t.Helper()
	b := &backup{home: dataDir(t)}
	b.kept = b.home + ".kept"
	t.Cleanup(func() { _ = os.RemoveAll(b.kept) })
	b.start(t)
	execute(t, b.DSN(cluster.Superuser), "CREATE DATABASE ext")
	return b
}

func (b *backup) start(t *testing.T) {
	t.Helper()
	var err error
	if b.Cluster, err = cluster.Start(t.Context(), cluster.Config{DataDir: b.home, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
}

func (b *backup) stop(t *testing.T) {
	t.Helper()
	if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// copy keeps the files as they are now.
func (b *backup) copy(t *testing.T) {
	t.Helper()
	b.stop(t)
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", b.home, b.kept).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b.start(t)
}

// putBack makes the store what it was when it was copied.
func (b *backup) putBack(t *testing.T) {
	t.Helper()
	b.stop(t)
	if err := os.RemoveAll(b.home); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(b.kept, b.home); err != nil {
		t.Fatal(err)
	}
	b.start(t)
}

// A store that is put back to what it was has the same numbers again for other writes: an import that is given again, corrected.
func TestSnapshotOfStoreThatWasPutBack(t *testing.T) {
	t.Parallel()
	b := newBackup(t)
	defer func() { b.stop(t) }()
	m := newMapStore(t, b.DSN(cluster.Superuser)+" dbname=ext")
	b.copy(t)
	m.write(t, 300, 1)
	m.keep(t)
	b.putBack(t)
	m.write(t, 400, 2)
	drawn, said := m.keep(t)
	if strings.Count(said, unused) != 1 {
		t.Errorf("it said %s", said)
	}
	sameDrawn(t, "put back", drawn, m.fresh(t))
}

// A store that is put back under a server counts lower, and then past what the server has: map and roster are of what it is now.
func TestStoreIsPutBackUnderServer(t *testing.T) {
	t.Parallel()
	b := newBackup(t)
	defer func() { b.stop(t) }()
	m := newMapStore(t, b.DSN(cluster.Superuser)+" dbname=ext")
	m.write(t, 300, 1)
	b.copy(t)
	s := serve(t, t.TempDir(), "--database-url", m.url)
	defer s.stop()
	m.run(t, "sample", "load")
	const chief = "/api/v1/responsible?lon=109.73574&lat=40.65318&as_of=2018-05-01"
	eventually := func(what string, ok func() bool) {
		t.Helper()
		for began := time.Now(); !ok(); time.Sleep(100 * time.Millisecond) {
			if time.Since(began) > time.Minute {
				t.Fatalf("%s: %s", what, s.stderr)
			}
		}
	}
	answer := func() string {
		_, _, body := ask(t, s.url+chief, "")
		return body
	}
	eventually("the chief of the sample is not known", func() bool { return strings.Contains(answer(), "示例") })
	b.putBack(t)
	for seed := range 3 {
		m.write(t, 300+seed, 2+seed)
	}
	fresh := serve(t, t.TempDir(), "--database-url", m.url)
	defer fresh.stop()
	eventually("the roster of before is asked", func() bool {
		_, _, want := ask(t, fresh.url+chief, "")
		return answer() == want && !strings.Contains(want, "示例")
	})
	want := drawnBy(t, fresh)
	eventually("the map of before is drawn", func() bool { return maps.Equal(drawnBy(t, s), want) })
}
