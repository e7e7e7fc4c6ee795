package pmtiles

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo"
)

// The ids of zooms 0 to 2 as the specification's picture of the curve has them, and one of its example.
func TestIDKnown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		z, x, y int
		id      uint64
	}{
		{0, 0, 0, 0},
		{1, 0, 0, 1},
		{1, 0, 1, 2},
		{1, 1, 1, 3},
		{1, 1, 0, 4},
		{2, 0, 0, 5},
		{2, 1, 0, 6},
		{2, 1, 1, 7},
		{2, 0, 1, 8},
		{2, 0, 2, 9},
		{12, 3423, 1763, 19078479},
	}
	for _, tt := range tests {
		if got := ID(tt.z, tt.x, tt.y); got != tt.id {
			t.Errorf("%d/%d/%d: got %d, want %d", tt.z, tt.x, tt.y, got, tt.id)
		}
	}
}

// Ids and tiles name each other, neighbours on the curve are neighbours on the map, and a tile's quarters follow each other.
func TestIDRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.IntRange(0, maxZoom).Draw(t, "z")
		x, y := rapid.IntRange(0, 1<<z-1).Draw(t, "x"), rapid.IntRange(0, 1<<z-1).Draw(t, "y")
		id := ID(z, x, y)
		if gz, gx, gy := Place(id); gz != z || gx != x || gy != y {
			t.Fatalf("%d/%d/%d became %d and then %d/%d/%d", z, x, y, id, gz, gx, gy)
		}
		if nz, nx, ny := Place(id + 1); nz == z && max(nx-x, x-nx)+max(ny-y, y-ny) != 1 {
			t.Fatalf("after %d/%d/%d comes %d/%d/%d", z, x, y, nz, nx, ny)
		}
		if z > 0 && (id-firstOf(z))>>2 != ID(z-1, x>>1, y>>1)-firstOf(z-1) {
			t.Fatalf("%d/%d/%d does not stand among the quarters of its parent", z, x, y)
		}
	})
}

func TestHeaderRoundTrip(t *testing.T) {
	t.Parallel()
	h := Header{
		Root: Section{127, 900}, Metadata: Section{20000, 77}, Leaves: Section{20077, 0}, Data: Section{16384, 3616}, Addressed: 9, Entries: 8, Contents: 7,
		Clustered: true, Inner: Gzip, Outer: Gzip, Type: typeMVT, MinZoom: 2, MaxZoom: 14,
		Bounds:    geo.Extent{West: -73.1234567, South: -3.5, East: 136, North: 53.9999999},
		CenterLon: -31.5, CenterLat: 28.5000001, CenterZoom: 5,
	}
	got, err := parseHeader(h.bytes(), 20077)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h, got); diff != "" {
		t.Error(diff)
	}
	if _, err = parseHeader(h.bytes(), 20076); err == nil {
		t.Error("metadata that end after the file were taken")
	}
	h.Metadata.Offset = math.MaxUint64 - 5
	if _, err = parseHeader(h.bytes(), 20077); err == nil {
		t.Error("an offset that runs over was taken")
	}
	h.Metadata = Section{}
	h.Root.Length = frontSize
	if _, err = parseHeader(h.bytes(), 1<<30); err == nil {
		t.Error("a root directory beyond the first 16384 bytes was taken")
	}
}

func drawDirectory(t *rapid.T) []Entry {
	n := rapid.IntRange(1, 200).Draw(t, "n")
	entries := make([]Entry, n)
	id, end := uint64(0), uint64(0)
	for i := range entries {
		id += rapid.Uint64Range(0, 1<<30).Draw(t, "gap")
		e := &entries[i]
		e.ID, e.Run, e.Length = id, rapid.Uint32Range(0, 1<<20).Draw(t, "run"), rapid.Uint32Range(1, math.MaxUint32).Draw(t, "length")
		if e.Offset = end; rapid.Bool().Draw(t, "elsewhere") {
			e.Offset = rapid.Uint64Range(0, 1<<50).Draw(t, "offset")
		}
		id, end = id+max(uint64(e.Run), 1), e.Offset+uint64(e.Length)
	}
	return entries
}

func TestDirectoryRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawDirectory(t)
		b := directoryOf(want)
		got, err := parseDirectory(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if _, err = parseDirectory(b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("a directory that is cut off was taken")
		}
	})
}

// Whatever the bytes are, what is read of them is a directory whose ids rise, written again to the same meaning.
func FuzzDirectory(f *testing.F) {
	f.Add(directoryOf([]Entry{{0, 0, 10, 1}, {1, 10, 20, 2}, {9, 0, 10, 1}, {12, 0, 500, 0}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{1, 0, 1, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := parseDirectory(b)
		if err != nil {
			if geo.CodeOf(err) != geo.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		for i, e := range entries {
			if e.Length == 0 || i > 0 && e.ID <= entries[i-1].ID {
				t.Fatalf("entry %d is %+v", i, e)
			}
		}
		again, err := parseDirectory(directoryOf(entries))
		if diff := cmp.Diff(entries, again); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}

func FuzzMark(f *testing.F) {
	m := mark{next: 5, end: 30, check: 7, entries: []marked{{Entry: Entry{1, 0, 10, 1}, New: true, Sum: sum{1}}, {Entry: Entry{3, 10, 20, 2}}}}
	f.Add(m.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMark(b)
		if err != nil {
			return
		}
		again, err := parseMark(m.bytes())
		if err != nil || len(again.entries) != len(m.entries) || again.next != m.next || again.end != m.end {
			t.Fatal(err)
		}
	})
}

// The root directory of as many leaves as it may name fits, however badly they compress.
func TestRootFits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, zoom := range []int{14, 18, 22} {
		step := firstOf(zoom+1) / rootEntries
		entries := make([]Entry, rootEntries)
		offset := uint64(0)
		for i := range entries {
			entries[i] = Entry{ID: uint64(i)*step + random.Uint64N(step), Offset: offset, Length: 1<<20 + random.Uint32N(1<<20-1)}
			offset += uint64(entries[i].Length)
		}
		b, err := pack(directoryOf(entries))
		if err != nil || len(b) > maxRoot {
			t.Errorf("zoom %d: %d bytes, %v", zoom, len(b), err)
		}
	}
}

// What unpacks to more than any directory has is refused while it is being unpacked.
func TestUnpackBound(t *testing.T) {
	t.Parallel()
	b, err := pack(make([]byte, maxInner+1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = unpack(b, Gzip); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("got %v", err)
	}
}
