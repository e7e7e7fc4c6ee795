package ingest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"hetu/data/gdal"
	"hetu/geo"
)

// openTemp is a folder that the child's user can enter.
func openTemp(t *testing.T) string {
	t.Helper()
	return script(t, "").Dir
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Another process of the child's user can put nothing in the place of what is read later; a table that no child reads it
// cannot even see.
func TestSandboxIsNotTheChilds(t *testing.T) {
	t.Parallel()
	temp := openTemp(t)
	for name, readable := range map[string]bool{"a.csv": false, "a.geojson": true} {
		s, err := openSource(put(t, t.TempDir(), name, `{"name":"x"}`), "", temp, bounds{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.close)
		if os.Geteuid() != 0 {
			t.Log("only root has another user for the child")
			return
		}
		tries := map[string]bool{
			"ln -sf /etc/shadow '" + s.path + "'": false, "mv '" + s.path + "' '" + s.path + ".x'": false, "echo >> '" + s.path + "'": false,
			"chmod 777 '" + s.dir + "'": false, "mv '" + s.dir + "' '" + s.dir + ".x'": false, "echo > '" + s.work + "/x'": true, "cat '" + s.path + "'": readable,
		}
		for try, want := range tries {
			cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", try)
			cmd.Dir = "/"
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: gdal.Nobody, Gid: gdal.Nobody}}
			if out, err := cmd.CombinedOutput(); (err == nil) != want {
				t.Errorf("%s: nobody may %s: %v %s", name, try, err, out)
			}
		}
	}
}

func TestLinksAreNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(dir, "in.csv")
	if err := os.Symlink(put(t, dir, "secret", "name\nroot\n"), link); err != nil {
		t.Fatal(err)
	}
	s := &source{name: "a.csv", path: link}
	if _, err := s.readText(); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("got %v", err)
	}
	if _, _, err := headOf(link, 4); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("got %v", err)
	}
}

// What a killed import left is removed by the next one; what another import holds, or has just made, is not.
func TestSweep(t *testing.T) {
	t.Parallel()
	temp := openTemp(t)
	old := time.Now().Add(-2 * gdal.StaleAfter)
	held := &source{}
	if err := held.makeSandbox(temp); err != nil {
		t.Fatal(err)
	}
	dirs := map[string]bool{"hetu-import-1": false, "hetu-import-2": true, "other": true, filepath.Base(held.dir): true}
	for name := range dirs {
		dir := filepath.Join(temp, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, dir, "in.csv", "x")
		if name == "hetu-import-2" {
			continue // fresh
		}
		if err := os.Chtimes(dir, old, old); err != nil {
			t.Fatal(err)
		}
	}
	gdal.Sweep(temp, sandboxPrefix)
	for name, stays := range dirs {
		if _, err := os.Stat(filepath.Join(temp, name)); (err == nil) != stays {
			t.Errorf("%s: %v, want it to stay: %v", name, err, stays)
		}
	}
	held.close()
	if _, err := os.Stat(held.dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("a closed sandbox is there")
	}
}

// A table or a header that is much larger in memory than in the file is refused before it is there.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures the process
	lines := "name,x,y\n"
	tests := []struct {
		name, text, want string
	}{
		{"a line of commas", lines + strings.Repeat(",", 50<<20), "more columns than the 2000"},
		{"a heading of commas", strings.Repeat(",", 50<<20), "more columns than the 2000"},
		{"lines of commas", lines + strings.Repeat(strings.Repeat(",", 1999)+"\n", 25_000), "more than 20000000 cells"},
		{"a line of letters", lines + strings.Repeat("x", 80<<20), "longer than"},
		{"a line in quotes", lines + `"` + strings.Repeat(",\n", 40<<20), "longer than"},
	}
	for _, tt := range tests { //nolint:paralleltest // see above
		s := &source{name: "a.csv", path: put(t, t.TempDir(), "a.csv", tt.text)}
		tt.text = ""
		grown := growth(func() {
			if _, err := s.readText(); err == nil || !strings.Contains(err.Error(), tt.want) || geo.CodeOf(err) != geo.CodeTooLarge {
				t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
			}
		})
		if grown > 600<<20 {
			t.Errorf("%s: it took %d MB", tt.name, grown>>20)
		}
	}
	head := "Version 300\r\nCharset \"WindowsSimpChinese\"\r\nDelimiter \",\"\r\n"
	s := &source{name: "a.mif", path: put(t, t.TempDir(), "a.mif", head)}
	if err := os.Truncate(s.path, 400<<20); err != nil {
		t.Fatal(err)
	}
	if grown := growth(func() {
		if err := s.neutralCharset(); err != nil {
			t.Error(err)
		}
	}); grown > 10<<20 {
		t.Errorf("a large .mif took %d MB", grown>>20)
	}
	got, size, err := headOf(s.path, 60)
	if err != nil || s.cpg != "WindowsSimpChinese" || size != 400<<20-11 || !bytes.HasPrefix(got, []byte("Version 300\r\nCharset \"Neutral\"\r\nDelimiter \",\"\r\n")) {
		t.Errorf("got %v %q %d %q", err, s.cpg, size, got)
	}
}

// growth tells how many bytes f allocates in all.
func growth(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestCells(t *testing.T) {
	t.Parallel()
	got := cells([]string{"1", "-1.5", "=1+1", "+x", "-x", "@x"}, []string{"\tx", "\rx", "a\x00b", "甲\u202e", "", "+86", "\xff"})
	want := []string{"1", "-1.5", "'=1+1", "'+x", "'-x", "'@x", `'\tx`, `'\rx`, `a\x00b`, `甲\u202e`, "", "+86", `\xff`}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"1.5": 1.5, "-2": -2, "1e3": 1000, "1,234": 1234, "12,345,678.9": 12345678.9, ".5": .5} {
		if got, ok := decimal(text, true); !ok || got != want {
			t.Errorf("%s: got %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "1,5", "1,50", "1234,567", ",123", "1.5,6", "0x1p10", "1_000", "inf", "nan", "1e999", "12m", "1 5", "1,-23"} {
		if got, ok := decimal(text, true); ok {
			t.Errorf("%s: got %v", text, got)
		}
	}
	if _, ok := decimal("1,234", false); ok {
		t.Error("a comma in what is not grouped")
	}
}

// Whatever the document is, it is taken or refused with a reason.
func FuzzJSON(f *testing.F) {
	f.Add(`{"crs":{"type":"name","properties":{"name":"x"}},"features":[{"geometry":{"coordinates":[[1,2,3,4]]}}]}`)
	f.Add(`[1,"a",null,{"a":[]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		err := checkJSON("a", strings.NewReader(text))
		if _, ok := errors.AsType[*geo.Error](err); err != nil && !ok {
			t.Errorf("%q: the fault is not told: %v", text, err)
		}
	})
}
