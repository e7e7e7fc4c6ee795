package profiles

import (
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// Whatever a file holds, it is taken or refused with a place.
func FuzzFile(f *testing.F) {
	entries, err := fs.ReadDir(builtIn, ".")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		text, err := read(builtIn, e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.HasPrefix(e.Name(), "calendar-"), text)
	}
	f.Fuzz(func(t *testing.T, calendar bool, text []byte) {
		l := loader{ids: map[string]string{}, years: map[int]string{}}
		name := "own.yaml"
		if calendar {
			name = "calendar-own.yaml"
		}
		l.file(name, text)
		for _, fault := range l.faults {
			if strings.Count(fault.Name, ":") != 2 || fault.Detail == "" {
				t.Errorf("%+v", fault)
			}
		}
		if taken := len(l.ids) == 1; taken == (len(l.faults) > 0) {
			t.Errorf("%d taken, %+v", len(l.ids), l.faults)
		}
	})
}

// Text that is nested without end is refused before it is parsed, with its line, and takes no memory to speak of.
func TestNestedText(t *testing.T) { //nolint:paralleltest // what is allocated is that of the whole process
	indented := ""
	for i := range 200 {
		indented += strings.Repeat(" ", i) + "a:\n"
	}
	deep := map[string]string{
		"[":       strings.Repeat("[", maxBytes),
		"{a: ":    strings.Repeat("{a: ", maxBytes/4),
		"[ \"]\"": strings.Repeat("[ \"]\", ", maxBytes/7),
		"- ":      strings.Repeat("- ", maxBytes/2),
		"? ":      strings.Repeat("? ", maxBytes/2),
		"[? ":     "[" + strings.Repeat("? ", maxBytes/2-1),
		"&a ":     strings.Repeat("&a ", maxBytes/3),
		"!a ":     strings.Repeat("!a ", maxBytes/3),
		"a:":      indented,
		"line 2":  "id: x\n" + strings.Repeat("[", 1000),
	}
	for name, text := range deep {
		l := loader{ids: map[string]string{}, years: map[int]string{}}
		grown := allocated(func() { l.file("own.yaml", []byte(text)) })
		if len(l.faults) != 1 || !strings.Contains(l.faults[0].Detail, "nested deeper than 64 levels") || !strings.HasPrefix(l.faults[0].Name, "own.yaml:") || grown > 64<<20 {
			t.Errorf("%s: %+v after %d bytes", name, l.faults, grown)
		}
		if name == "line 2" && !strings.HasPrefix(l.faults[0].Name, "own.yaml:2:") {
			t.Errorf("%s is told at %s", name, l.faults[0].Name)
		}
	}
	if err := nested([]byte(strings.Repeat("[", maxLevels) + strings.Repeat("]", maxLevels))); err != nil {
		t.Errorf("%d levels: %v", maxLevels, err)
	}
	folder := fstest.MapFS{"own.yaml": {Data: make([]byte, maxBytes+1)}}
	if _, err := read(folder, "own.yaml"); err == nil || !strings.Contains(err.Error(), "65536 bytes") {
		t.Errorf("a large file: %v", err)
	}
}

// allocated gives how many bytes all goroutines took while f ran.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
