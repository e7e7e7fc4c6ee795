package pg

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/ewkb"

	"hetu/geo"
	"hetu/tiles/atlas"
)

// shapes gives geometries of every type and layout with the shape that each is read as.
func shapes(random *rand.Rand) map[string]struct {
	geom geom.T
	want atlas.Shape
} {
	out := map[string]struct {
		geom geom.T
		want atlas.Shape
	}{}
	for _, layout := range []geom.Layout{geom.XY, geom.XYZ, geom.XYM, geom.XYZM} {
		run := func(n int) (flat, xy []float64) {
			for range n {
				p := make([]float64, layout.Stride())
				for i := range p {
					p[i] = random.Float64()*360 - 180
				}
				flat, xy = append(flat, p...), append(xy, p[0], p[1])
			}
			return flat, xy
		}
		flat, xy := run(1)
		out["point "+layout.String()] = struct {
			geom geom.T
			want atlas.Shape
		}{geom.NewPointFlat(layout, flat).SetSRID(4490), atlas.Shape{Flat: xy, Parts: []int{1}}}
		n := 2 + random.IntN(300)
		flat, xy = run(n)
		out["line "+layout.String()] = struct {
			geom geom.T
			want atlas.Shape
		}{geom.NewLineStringFlat(layout, flat).SetSRID(4490), atlas.Shape{Flat: xy, Parts: []int{n}}}
		for _, holes := range []int{0, 2} {
			want := atlas.Shape{}
			flat, ends := []float64{}, [][]int{}
			for range 1 + random.IntN(3) {
				var rings []int
				for ring := range 1 + holes {
					n := 4 + random.IntN(20)
					f, xy := run(n)
					flat = append(flat, f...)
					rings = append(rings, len(flat))
					want.Flat, want.Parts = append(want.Flat, xy...), append(want.Parts, n)
					if holes > 0 {
						want.Hole = append(want.Hole, ring > 0)
					}
				}
				ends = append(ends, rings)
			}
			out["polygons "+layout.String()+strings.Repeat(" hole", holes)] = struct {
				geom geom.T
				want atlas.Shape
			}{geom.NewMultiPolygonFlat(layout, flat, ends).SetSRID(4490), want}
		}
	}
	return out
}

// Every type and layout is read as go-geom wrote it, into arrays that held another geometry before; whatever is cut off its end
// or put behind it is noticed.
func TestReadShape(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var got atlas.Shape
	for name, tt := range shapes(random) {
		data, err := ewkb.Marshal(tt.geom, binary.LittleEndian)
		if err != nil {
			t.Fatal(err)
		}
		if err := readShape(data, &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(atlas.Shape{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for n := range data {
			if err := readShape(data[:n:n], &got); err == nil {
				t.Fatalf("%s: %d of %d bytes were taken for the whole", name, n, len(data))
			}
		}
		if err := readShape(append(slices.Clone(data), 0), &got); err == nil {
			t.Errorf("%s: a byte too many was not noticed", name)
		}
	}
}

// What no layer has is refused.
func TestReadShapeRefuses(t *testing.T) {
	t.Parallel()
	point := geom.NewPointFlat(geom.XY, []float64{1, 2})
	marshal := func(g geom.T, order binary.ByteOrder) []byte {
		data, err := ewkb.Marshal(g, order)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	long := marshal(geom.NewLineStringFlat(geom.XY, []float64{1, 2, 3, 4}).SetSRID(4490), binary.LittleEndian)
	binary.LittleEndian.PutUint32(long[9:], 1<<31)
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "ends before"},
		{"another SRID", marshal(geom.NewPointFlat(geom.XY, []float64{1, 2}).SetSRID(4326), binary.LittleEndian), "SRID 4326"},
		{"no SRID", marshal(point, binary.LittleEndian), "wrong place"},
		{"big-endian", marshal(geom.NewPointFlat(geom.XY, []float64{1, 2}).SetSRID(4490), binary.BigEndian), "byte order"},
		{"a polygon", marshal(geom.NewPolygonFlat(geom.XY, []float64{0, 0, 1, 0, 1, 1, 0, 0}, []int{8}).SetSRID(4490), binary.LittleEndian), "type 3"},
		{"a count beyond the end", long, "ends before"},
	}
	for _, tt := range tests {
		var s atlas.Shape
		if err := readShape(tt.data, &s); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// Whatever the bytes are, reading ends with a shape that fits together, or an error, and takes no more memory than they are long.
func FuzzReadShape(f *testing.F) {
	for _, s := range shapes(rand.New(rand.NewPCG(3, 4))) {
		data, err := ewkb.Marshal(s.geom, binary.LittleEndian)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s atlas.Shape
		if readShape(data, &s) != nil {
			return
		}
		n := 0
		for _, p := range s.Parts {
			n += p
		}
		if 2*n != len(s.Flat) || 8*len(s.Flat) > len(data) || (len(s.Hole) != 0 && len(s.Hole) != len(s.Parts)) {
			t.Errorf("%d positions, %d numbers, %d parts, %d holes of %d bytes", n, len(s.Flat), len(s.Parts), len(s.Hole), len(data))
		}
	})
}

// The rows of a COPY are the same in whatever pieces its bytes come; one that is cut off or goes on is refused.
func TestCopyReader(t *testing.T) {
	t.Parallel()
	stream := []byte(copySignature)
	stream = binary.BigEndian.AppendUint32(stream, 0)
	stream = append(binary.BigEndian.AppendUint32(stream, 3), "ext"...)
	want := [][]string{{"a", "\x00null"}, {"", "long " + strings.Repeat("x", 500)}, {"b", "c"}}
	for _, row := range want {
		stream = binary.BigEndian.AppendUint16(stream, 2)
		for _, v := range row {
			if v == "\x00null" {
				stream = binary.BigEndian.AppendUint32(stream, 0xffffffff)
			} else {
				stream = append(binary.BigEndian.AppendUint32(stream, uint32(len(v))), v...)
			}
		}
	}
	stream = binary.BigEndian.AppendUint16(stream, 0xffff)
	read := func(data []byte, piece int) (rows [][]string, whole bool, err error) {
		r := &copyReader{columns: 2, values: make([][]byte, 2), row: func(columns [][]byte) error {
			var row []string
			for _, c := range columns {
				if c == nil {
					c = []byte("\x00null")
				}
				row = append(row, string(c))
			}
			rows = append(rows, row)
			return nil
		}}
		for p := range slices.Chunk(slices.Clone(data), piece) {
			if _, err := r.Write(p); err != nil {
				return nil, false, err
			}
			clear(p) // what was given is the writer's again
		}
		return rows, r.ended && len(r.rest) == 0, nil
	}
	for piece := 1; piece <= len(stream); piece++ {
		got, whole, err := read(stream, piece)
		if diff := cmp.Diff(want, got); diff != "" || !whole || err != nil {
			t.Fatalf("in pieces of %d: %v %v %s", piece, whole, err, diff)
		}
	}
	for n := range stream {
		if _, whole, err := read(stream[:n], max(n, 1)); whole && err == nil {
			t.Errorf("%d of %d bytes were taken for the whole", n, len(stream))
		}
	}
	for _, more := range [][]byte{{0, 2, 0, 0, 0, 0, 0, 0, 0, 0}, {0}} {
		if _, whole, err := read(append(slices.Clone(stream), more...), 7); whole && err == nil {
			t.Errorf("% x after the end was not noticed", more)
		}
	}
	other := slices.Clone(stream)
	other[0] = 'X'
	if _, _, err := read(other, len(other)); err == nil {
		t.Error("bytes that are no COPY were read")
	}
}

// Ranges of days are read with their open ends, as PostgreSQL writes them.
func TestReadDays(t *testing.T) {
	t.Parallel()
	day := func(s string) atlas.Day {
		d, err := geo.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return atlas.DayOf(d, 0)
	}
	bound := func(n int32) []byte {
		return append([]byte{0, 0, 0, 4}, binary.BigEndian.AppendUint32(nil, uint32(n))...)
	}
	tests := []struct {
		name string
		data []byte
		want days
		bad  bool
	}{
		{name: "all", data: []byte{0x18}, want: allDays},
		{name: "none", data: []byte{0x01}},
		{name: "a year", data: slices.Concat([]byte{0x02}, bound(0), bound(366)), want: days{day("2000-01-01"), day("2001-01-01")}},
		{name: "since", data: slices.Concat([]byte{0x12}, bound(-1)), want: days{day("1999-12-31"), atlas.LastDay}},
		{name: "until", data: slices.Concat([]byte{0x08}, bound(9862)), want: days{atlas.FirstDay, day("2027-01-01")}},
		{name: "until infinity", data: slices.Concat([]byte{0x02}, bound(0), bound(0x7fffffff)), want: days{day("2000-01-01"), atlas.LastDay}},
		{name: "a bound is missing", data: slices.Concat([]byte{0x02}, bound(0)), bad: true},
		{name: "no bytes", bad: true},
	}
	for _, tt := range tests {
		c := columns{values: [][]byte{tt.data}}
		if got := c.days(); (c.err != nil) != tt.bad || (!tt.bad && got != tt.want) {
			t.Errorf("%s: got %v, %v", tt.name, got, c.err)
		}
	}
}
