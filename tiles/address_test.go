package tiles_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/geo"
	"hetu/tiles"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, set, z, x, y string
		code               geo.Code // "" is no error
		field              string
	}{
		{"the world", "public", "0", "0", "0", "", ""},
		{"the last tile", "reach", "18", "262143", "262143", "", ""},
		{"past the last column", "reach", "18", "262144", "0", geo.CodeNotFound, ""},
		{"past the last row", "reach", "3", "0", "8", geo.CodeNotFound, ""},
		{"past the last zoom", "reach", "19", "0", "0", geo.CodeNotFound, ""},
		{"before the first column", "reach", "3", "-1", "0", geo.CodeNotFound, ""},
		{"more digits than any number", "reach", "3", strings.Repeat("9", 40), "0", geo.CodeNotFound, ""},
		{"a zoom that is no number", "reach", "z", "0", "0", geo.CodeInvalid, "z"},
		{"a column with a point", "reach", "3", "1.0", "0", geo.CodeInvalid, "x"},
		{"a row with a sign", "reach", "3", "1", "+1", geo.CodeInvalid, "y"},
		{"a row with a leading zero", "reach", "3", "1", "01", geo.CodeInvalid, "y"},
		{"an empty row", "reach", "3", "1", "", geo.CodeInvalid, "y"},
		{"minus nothing", "reach", "3", "1", "-0", geo.CodeInvalid, "y"},
		{"a layer that is not", "reaches", "3", "1", "0", geo.CodeNotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tiles.WebMercatorQuad.ParseAddress(tt.set, tt.z, tt.x, tt.y, day())
			code, field := geo.Code(""), ""
			if err != nil {
				code, field = geo.CodeOf(err), fieldOf(t, err)
			}
			if code != tt.code || field != tt.field {
				t.Errorf("got %q about %q, want %q about %q (%v)", code, field, tt.code, tt.field, err)
			}
		})
	}
}

// The grid of 天地图's c: level 1 is two tiles, each next one has twice as many columns and rows; 18 is the last.
func TestParseAddressCGCS2000(t *testing.T) {
	t.Parallel()
	tests := []struct {
		z, x, y string
		code    geo.Code
	}{
		{"0", "0", "0", geo.CodeNotFound},
		{"1", "1", "0", ""},
		{"1", "2", "0", geo.CodeNotFound},
		{"1", "0", "1", geo.CodeNotFound},
		{"2", "3", "1", ""},
		{"2", "0", "2", geo.CodeNotFound},
		{"18", "262143", "131071", ""},
		{"18", "0", "131072", geo.CodeNotFound},
		{"19", "0", "0", geo.CodeNotFound},
	}
	for _, tt := range tests {
		a, err := tiles.CGCS2000Quad.ParseAddress("public", tt.z, tt.x, tt.y, day())
		code := geo.Code("")
		if err != nil {
			code = geo.CodeOf(err)
		}
		if code != tt.code || (err == nil && a.Grid != tiles.CGCS2000Quad) {
			t.Errorf("%s/%s/%s: %v, %+v", tt.z, tt.x, tt.y, err, a)
		}
	}
}

func fieldOf(t *testing.T, err error) string {
	t.Helper()
	e, ok := err.(*geo.Error) //nolint:errorlint // these are made, not wrapped
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	if len(e.Fields) == 0 {
		return ""
	}
	return e.Fields[0].Name
}

func FuzzParseAddress(f *testing.F) {
	f.Add("public", "8", "204", "106")
	f.Add("reach,board", "-1", "99999999999999999999", "0x1")
	f.Fuzz(func(t *testing.T, set, z, x, y string) {
		a, err := tiles.WebMercatorQuad.ParseAddress(set, z, x, y, day())
		if err != nil {
			if code := geo.CodeOf(err); code != geo.CodeInvalid && code != geo.CodeNotFound {
				t.Fatalf("%v is %s", err, code)
			}
			return
		}
		if strconv.Itoa(a.Z) != z || strconv.Itoa(a.X) != x || strconv.Itoa(a.Y) != y || len(a.Set.Layers) == 0 || len(a.Set.Layers) > 12 {
			t.Fatalf("%q/%q/%q/%q was read as %+v", set, z, x, y, a)
		}
	})
}

func TestParseSet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, name, layers string
		code               geo.Code
	}{
		{"public", "public", "board,boundary,division,division_label,reach,river,river_label,section", ""},
		{"outfall", "outfall", "outfall", ""},
		{"river,board,river", "board,river", "board,river", ""},
		{"", "", "", geo.CodeNotFound},
		{"river,", "", "", geo.CodeNotFound},
		{"public,river", "", "", geo.CodeNotFound},
		{"River", "", "", geo.CodeNotFound},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m", "", "", geo.CodeInvalid},
		{strings.Repeat("river,", 100), "", "", geo.CodeInvalid},
	}
	for _, tt := range tests {
		set, err := tiles.ParseSet(tt.text)
		var names []string
		for _, l := range set.Layers {
			names = append(names, l.Name)
		}
		code := geo.Code("")
		if err != nil {
			code = geo.CodeOf(err)
		}
		if diff := cmp.Diff([]string{tt.name, tt.layers, string(tt.code)}, []string{set.Name, strings.Join(names, ","), string(code)}); diff != "" {
			t.Errorf("%q: %s", tt.text, diff)
		}
	}
	_, err := tiles.ParseSet("river,lakes")
	want := `there is no tile layer "lakes"; there are board, boundary, division, division_label, draft, outfall, reach, river, river_label, section, and the set public`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	last := ""
	for _, l := range tiles.Catalogue() {
		if l.Name <= last {
			t.Errorf("%s stands after %s", l.Name, last)
		}
		last = l.Name
		if l.MinZoom < 0 || l.MinZoom > l.MaxZoom || l.MaxZoom > tiles.MaxZoom || l.Zh == "" || l.En == "" || (l.Collection == "") != (l.Names != "" || l.Name == "draft") {
			t.Errorf("%+v", l)
		}
		seen := map[string]bool{}
		for _, f := range l.Fields {
			if seen[f.Name] || f.Zh == "" || f.En == "" {
				t.Errorf("%s: %+v", l.Name, f)
			}
			seen[f.Name] = true
		}
	}
}

func day() geo.Date { return geo.NewDate(2026, 11, 24) }
