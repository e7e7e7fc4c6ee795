package profiles

import (
	"io/fs"
	"strings"
	"testing"
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
