package mvttext_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/tiles/mvttext"
)

// put writes a field that holds bytes.
func put(number byte, body ...byte) []byte {
	return append([]byte{number<<3 | 2, byte(len(body))}, body...)
}

// packed writes numbers one after the other.
func packed(numbers ...uint64) (out []byte) {
	for _, n := range numbers {
		out = binary.AppendUvarint(out, n)
	}
	return out
}

// drawn is a tile of one layer "a" with one feature 7 of a type: 1 point, 2 line, 3 polygon.
func drawn(kind byte, commands ...uint64) []byte {
	feature := slices.Concat([]byte{1 << 3, 7, 3 << 3, kind}, put(4, packed(commands...)...))
	return put(3, slices.Concat([]byte{15 << 3, 2}, put(1, 'a'), put(2, feature...))...)
}

func TestText(t *testing.T) {
	t.Parallel()
	values := slices.Concat(put(4, put(1, []byte("甲")...)...), put(4, 6<<3, 5), put(4, 7<<3, 1), put(4, 3<<3|1, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f))
	keys := slices.Concat(put(3, []byte("name")...), put(3, []byte("level")...), put(3, []byte("wet")...), put(3, []byte("km")...))
	tagged := slices.Concat(put(2, 0, 0, 1, 1, 2, 2, 3, 3), []byte{3 << 3, 1}, put(4, 9, 10, 11))
	tests := []struct {
		name string
		tile []byte
		want string
	}{
		{"nothing", nil, ""},
		{"the point of section 4.3.5.1", drawn(1, 9, 50, 34), "layer a\n  7 POINT 25 17;\n"},
		{"the points of 4.3.5.2", drawn(1, 17, 10, 14, 3, 9), "layer a\n  7 POINT 5 7; 3 2;\n"},
		{"the line of 4.3.5.3", drawn(2, 9, 4, 4, 18, 0, 16, 16, 0), "layer a\n  7 LINESTRING 2 2,2 10,10 10;\n"},
		{"the lines of 4.3.5.4", drawn(2, 9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8), "layer a\n  7 LINESTRING 2 2,2 10,10 10; 1 1,3 5;\n"},
		{"the polygon of 4.3.5.5", drawn(3, 9, 6, 12, 18, 10, 12, 24, 44, 15), "layer a\n  7 POLYGON 3 6,8 12,20 34,3 6;\n"},
		{
			"the polygons of 4.3.5.6", drawn(3, 9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15),
			"layer a\n  7 POLYGON 0 0,10 0,10 10,0 10,0 0; 11 11,20 11,20 20,11 20,11 11; 13 13,13 17,17 17,17 13,13 13;\n",
		},
		{"values", put(3, slices.Concat([]byte{15 << 3, 2}, put(1, 'b'), put(2, tagged...), keys, values)...), "layer b\n  0 POINT 5 -6; km=1.5 level=-3 name=甲 wet=true\n"},
		{"another extent", put(3, slices.Concat([]byte{15 << 3, 1, 5 << 3, 64}, put(1, 'b'))...), "layer b version 1 extent 64\n"},
	}
	for _, tt := range tests {
		got, err := mvttext.Text(tt.tile)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", tt.name, err, diff)
		}
	}
}

// What the fixtures have no example of.
func TestRefused(t *testing.T) {
	t.Parallel()
	point := []byte{3 << 3, 1, 4<<3 | 2, 3, 9, 0, 0}
	layer := func(fields ...[]byte) []byte {
		return put(3, slices.Concat(append([][]byte{{15 << 3, 2}, put(1, 'a')}, fields...)...)...)
	}
	tests := []struct {
		name string
		tile []byte
		want string // in the error
	}{
		{"an outer ring that runs as a hole", drawn(3, 9, 0, 0, 18, 0, 20, 20, 0, 15), "the first ring is a hole"},
		{"a ring without area", drawn(3, 9, 0, 0, 18, 20, 0, 20, 0, 15), "no area"},
		{"a ring of two points", drawn(3, 9, 0, 0, 10, 20, 0, 15), "2 points"},
		{"a ring that is not closed", drawn(3, 9, 0, 0, 18, 20, 0, 0, 20), "not closed"},
		{"a ring closed twice", drawn(3, 9, 0, 0, 18, 20, 0, 0, 20, 15, 15), "command 7"},
		{"a line of one point", drawn(2, 9, 0, 0), "missing"},
		{"a line that begins at two points", drawn(2, 17, 0, 0, 2, 2, 10, 4, 4), "begins at 2"},
		{"a line that does not begin", drawn(2, 10, 4, 4), "command 2"},
		{"points by two commands", drawn(1, 9, 0, 0, 9, 2, 2), "one command"},
		{"a command that there is not", drawn(2, 9, 0, 0, 11, 4, 4), "command 3"},
		{"a command for nothing", drawn(1, 1), "0 points"},
		{"a key twice", layer(put(2, slices.Concat(put(2, 0, 0, 0, 0), point)...), put(3, 'k'), put(4, put(1, 'v')...)), "two values"},
		{"a value of two", layer(put(4, slices.Concat(put(1, 'v'), put(1, 'w'))...)), "two values"},
		{"a value of none", layer(put(4)), "none"},
		{"two names", layer(put(1, 'b')), "two fields 1"},
		{"no text", layer(put(3, 0xff)), "no text"},
		{"no extent", layer([]byte{5 << 3, 0}), "extent 0"},
		{"a layer cut off", []byte{3<<3 | 2, 9, 15 << 3}, "past the end"},
		{"a number cut off", []byte{3<<3 | 1, 0, 0}, "cut off"},
		{"a group", []byte{3<<3 | 3}, "wire type 3"},
	}
	for _, tt := range tests {
		if got, err := mvttext.Text(tt.tile); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %q and %v", tt.name, got, err)
		}
	}
}

// Whatever comes is read or refused, and what is read has the shape that its type says.
func FuzzDecode(f *testing.F) {
	f.Add(drawn(1, 9, 50, 34))
	f.Add(drawn(2, 9, 4, 4, 18, 0, 16, 16, 0))
	f.Add(drawn(3, 9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15))
	found, _ := filepath.Glob(filepath.Join(fixtures, "fixtures", "*", "tile.mvt"))
	for _, path := range found {
		if data, err := os.ReadFile(path); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		features, err := mvttext.Decode(data)
		if err != nil && features != nil {
			t.Fatalf("%d features and %v", len(features), err)
		}
		least := map[string]int{"POINT": 1, "LINESTRING": 2, "POLYGON": 4}
		for _, g := range features {
			for _, part := range g.Parts {
				if len(part) < least[g.Type] || (g.Type == "POLYGON" && part[0] != part[len(part)-1]) {
					t.Fatalf("a %s with %v", g.Type, part)
				}
			}
			if (len(g.Parts) == 0) != (g.Type == "UNKNOWN") {
				t.Fatalf("a %s of %d parts", g.Type, len(g.Parts))
			}
		}
	})
}
