package mvt_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"hetu/tiles/mvt"
	"hetu/tiles/mvttext"
)

func drawProperties(t *rapid.T) []mvt.Property {
	value := rapid.OneOf(rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.Float64(), func(f float64) any { return f }), rapid.Just[any](nil))
	var props []mvt.Property
	for _, name := range []string{"code", "level", "name"} {
		props = append(props, mvt.Property{Name: name, Value: value.Draw(t, name)})
	}
	return props
}

func drawLine(t *rapid.T) orb.LineString {
	number := rapid.Map(rapid.IntRange(-64, 4160), func(n int) float64 { return float64(n) })
	var ls orb.LineString
	for range rapid.IntRange(2, 50).Draw(t, "n") {
		ls = append(ls, orb.Point{number.Draw(t, "x"), number.Draw(t, "y")})
	}
	return ls
}

// What is written is what an independent reader reads, and Size tells its bytes before they are there.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := mvt.NewLayer("reach")
		var want []mvttext.Feature
		for id := range uint64(rapid.IntRange(0, 20).Draw(t, "features")) {
			ls, props := drawLine(t), drawProperties(t)
			if err := l.Add(id, ls, props); err != nil {
				t.Fatal(err)
			}
			f := mvttext.Feature{Layer: "reach", ID: id, Type: "LINESTRING", Parts: [][][2]int{nil}, Properties: map[string]any{}}
			for _, p := range ls {
				f.Parts[0] = append(f.Parts[0], [2]int{int(p[0]), int(p[1])})
			}
			for _, p := range props {
				if p.Value != nil {
					f.Properties[p.Name] = p.Value
				}
			}
			want = append(want, f)
		}
		data := l.Append(nil)
		if len(data) != l.Size() {
			t.Fatalf("%d bytes, Size says %d", len(data), l.Size())
		}
		got, err := mvttext.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Undo leaves a layer as if the feature had never been added.
func TestUndo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, two := mvt.NewLayer("reach"), mvt.NewLayer("reach")
		for id := range uint64(rapid.IntRange(1, 8).Draw(t, "features")) {
			ls, props, wrong := drawLine(t), drawProperties(t), drawProperties(t)
			if err := one.Add(id, drawLine(t), wrong); err != nil {
				t.Fatal(err)
			}
			one.Undo()
			for _, l := range []*mvt.Layer{one, two} {
				if err := l.Add(id, ls, props); err != nil {
					t.Fatal(err)
				}
			}
		}
		if one.Len() != two.Len() || !bytes.Equal(one.Append(nil), two.Append(nil)) {
			t.Fatal("a feature that was taken back left a trace")
		}
	})
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		g     orb.Geometry
		props []mvt.Property
	}{
		{"a line of one point", orb.LineString{{1, 1}}, nil},
		{"no points", orb.MultiPoint{}, nil},
		{"no polygon", orb.Polygon{}, nil},
		{"an open ring", orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, nil},
		{"a collection", orb.Collection{}, nil},
		{"a value of no type", orb.Point{1, 1}, []mvt.Property{{Name: "code", Value: "x"}, {Name: "level", Value: int32(1)}}},
	}
	for _, tt := range tests {
		l := mvt.NewLayer("x")
		if err := l.Add(1, tt.g, tt.props); err == nil {
			t.Errorf("%s was taken", tt.name)
		}
		if l.Len() != 0 || l.Size() != 0 || len(l.Append(nil)) != 0 {
			t.Errorf("%s left a trace", tt.name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	l := mvt.NewLayer("board")
	if err := l.Add(1, orb.Point{5, 6}, []mvt.Property{{Name: "code", Value: "x"}}); err != nil {
		f.Fatal(err)
	}
	f.Add(l.Append(nil))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = mvttext.Text(data) })
}
