package mvt_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/tiles/mvt"
	"hetu/tiles/mvttext"
)

// value draws a value as it is read, and as a layer holds it.
func value(t *rapid.T) (any, []byte) {
	switch rapid.IntRange(0, 3).Draw(t, "type") {
	case 0:
		s := rapid.String().Draw(t, "text")
		return s, mvt.AppendText(nil, s)
	case 1:
		n := rapid.Int64().Draw(t, "number")
		return n, mvt.AppendInt(nil, n)
	case 2:
		b := rapid.Bool().Draw(t, "bool")
		return b, mvt.AppendBool(nil, b)
	default:
		f := rapid.Float64().Draw(t, "float")
		return f, mvt.AppendDouble(nil, math.Float64bits(f))
	}
}

func drawParts(t *rapid.T, least int) (lines [][]mvt.XY, read [][][2]int) {
	number := rapid.Int32Range(-70000, 70000)
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		var line []mvt.XY
		var part [][2]int
		for range rapid.IntRange(least, 20).Draw(t, "n") {
			x, y := number.Draw(t, "x"), number.Draw(t, "y")
			if n := len(line); n > 0 && line[n-1] == (mvt.XY{X: x, Y: y}) {
				x++ // a line to where it is, no reader takes
			}
			line, part = append(line, mvt.XY{X: x, Y: y}), append(part, [2]int{int(x), int(y)})
		}
		lines, read = append(lines, line), append(read, part)
	}
	return lines, read
}

// What is written is what an independent reader reads; Size tells its bytes before they are there; and a layer as it was after
// any feature is what was written until then.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l mvt.Layer
		l.Reset("another")
		l.Key("left over")
		l.Reset("reach")
		var g mvt.Geometry
		var want []mvttext.Feature
		marks := []mvt.Mark{l.Mark()}
		for id := range uint64(rapid.IntRange(0, 8).Draw(t, "features")) {
			f := mvttext.Feature{Layer: "reach", ID: id, Properties: map[string]any{}}
			var tags []uint32
			for _, name := range []string{"code", "level"} {
				v, encoded := value(t)
				f.Properties[name] = v
				tags = append(tags, l.Key(name), l.Value(encoded))
			}
			g.Reset()
			kind := rapid.SampledFrom([]mvt.Type{mvt.Point, mvt.Line, mvt.Polygon}).Draw(t, "kind")
			draw(t, kind, &g, &f)
			l.Feature(id, tags, kind, &g)
			want = append(want, f)
			marks = append(marks, l.Mark())
		}
		for n, m := range marks {
			data := l.Append(nil, m)
			if len(data) != l.Size(m) {
				t.Fatalf("%d bytes, Size says %d", len(data), l.Size(m))
			}
			got, err := mvttext.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[:n], got); diff != "" && n > 0 {
				t.Fatal(diff)
			}
		}
	})
}

func draw(t *rapid.T, kind mvt.Type, g *mvt.Geometry, f *mvttext.Feature) {
	switch kind {
	case mvt.Point:
		lines, read := drawParts(t, 1)
		g.Points(lines[0])
		f.Type = "POINT"
		for _, p := range read[0] {
			f.Parts = append(f.Parts, [][2]int{p})
		}
	case mvt.Line:
		lines, read := drawParts(t, 2)
		for _, line := range lines {
			g.Line(line)
		}
		f.Type, f.Parts = "LINESTRING", read
	case mvt.Polygon:
		// One triangle: what rings a polygon may have is for the reader to judge.
		g.Ring([]mvt.XY{{X: 0, Y: 0}, {X: 10, Y: 0}, {X: 0, Y: 10}})
		f.Type, f.Parts = "POLYGON", [][][2]int{{{0, 0}, {10, 0}, {0, 10}, {0, 0}}}
	}
}

func TestVertices(t *testing.T) {
	t.Parallel()
	var g mvt.Geometry
	g.Line([]mvt.XY{{X: 1, Y: 1}, {X: 2, Y: 2}})
	g.Ring([]mvt.XY{{X: 0, Y: 0}, {X: 10, Y: 0}, {X: 0, Y: 10}})
	if g.Vertices != 5 {
		t.Errorf("%d vertices", g.Vertices)
	}
	was := bytes.Clone(g.Commands)
	g.Reset()
	g.Line([]mvt.XY{{X: 1, Y: 1}, {X: 2, Y: 2}})
	g.Ring([]mvt.XY{{X: 0, Y: 0}, {X: 10, Y: 0}, {X: 0, Y: 10}})
	if !bytes.Equal(g.Commands, was) {
		t.Error("a geometry that was reset is written otherwise")
	}
}
