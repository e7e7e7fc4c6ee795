package pmtiles

import (
	"encoding/binary"
	"math"

	"hetu/geo"
)

const (
	magic      = "PMTiles\x03"
	headerSize = 127
	// frontSize is what a reader fetches first: the header and the root directory lie within it.
	frontSize = 16384
)

// Compression says how directories, metadata or tiles are packed.
type Compression uint8

// The compressions that this package writes and reads; the specification knows two more.
const (
	None Compression = 1
	Gzip Compression = 2
)

// typeMVT says that the tiles are Mapbox Vector Tiles.
const typeMVT = 1

// Section is a part of the file.
type Section struct{ Offset, Length uint64 }

func (s Section) end() uint64 { return s.Offset + s.Length }

// Header is the beginning of an archive.
type Header struct {
	Root, Metadata, Leaves, Data Section
	Addressed                    uint64 // tiles that can be asked for
	Entries                      uint64 // of all directories, each a run of equal tiles
	Contents                     uint64 // different tiles
	Clustered                    bool   // the tiles stand in the order of their ids
	Inner, Outer                 Compression
	Type                         uint8
	MinZoom, MaxZoom             int
	Bounds                       geo.Extent // in degrees, to seven decimals
	CenterLon, CenterLat         float64
	CenterZoom                   int
}

// unit is how the header counts degrees.
const unit = 1e7

func (h *Header) bytes() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	for _, s := range []Section{h.Root, h.Metadata, h.Leaves, h.Data} {
		b = binary.LittleEndian.AppendUint64(b, s.Offset)
		b = binary.LittleEndian.AppendUint64(b, s.Length)
	}
	for _, n := range []uint64{h.Addressed, h.Entries, h.Contents} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	clustered := byte(0)
	if h.Clustered {
		clustered = 1
	}
	b = append(b, clustered, byte(h.Inner), byte(h.Outer), h.Type, byte(h.MinZoom), byte(h.MaxZoom)) //nolint:gosec // zooms
	b = appendDegrees(b, h.Bounds.West, h.Bounds.South, h.Bounds.East, h.Bounds.North)
	b = append(b, byte(h.CenterZoom)) //nolint:gosec // a zoom
	return appendDegrees(b, h.CenterLon, h.CenterLat)
}

func appendDegrees(b []byte, degrees ...float64) []byte {
	for _, d := range degrees {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(math.Round(d*unit)))) //nolint:gosec // at most 1.8e9 either way
	}
	return b
}

// parseHeader reads a header, and checks that what it names lies in a file of this size.
func parseHeader(b []byte, size uint64) (Header, error) {
	if len(b) < headerSize || string(b[:len(magic)-1]) != magic[:len(magic)-1] {
		return Header{}, geo.Errorf(geo.CodeInvalid, "this is no PMTiles archive")
	}
	if b[len(magic)-1] != magic[len(magic)-1] {
		return Header{}, geo.Errorf(geo.CodeInvalid, "this is a PMTiles archive of version %d; only version 3 is read", b[len(magic)-1])
	}
	number := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	degrees := func(at int) float64 { return float64(int32(binary.LittleEndian.Uint32(b[at:]))) / unit } //nolint:gosec // signed there
	section := func(at int) Section { return Section{number(at), number(at + 8)} }
	h := Header{
		Root: section(8), Metadata: section(24), Leaves: section(40), Data: section(56),
		Addressed: number(72), Entries: number(80), Contents: number(88),
		Clustered: b[96] == 1, Inner: Compression(b[97]), Outer: Compression(b[98]), Type: b[99], MinZoom: int(b[100]), MaxZoom: int(b[101]),
		Bounds:     geo.Extent{West: degrees(102), South: degrees(106), East: degrees(110), North: degrees(114)},
		CenterZoom: int(b[118]), CenterLon: degrees(119), CenterLat: degrees(123),
	}
	for _, s := range []struct {
		name string
		Section
	}{{"root directory", h.Root}, {"metadata", h.Metadata}, {"leaf directories", h.Leaves}, {"tiles", h.Data}} {
		if s.Length > size || s.Offset > size-s.Length {
			return Header{}, geo.Errorf(geo.CodeInvalid, "the archive's %s end after the file of %d bytes", s.name, size)
		}
	}
	if h.Root.Offset < headerSize || h.Root.end() > frontSize {
		return Header{}, geo.Errorf(geo.CodeInvalid, "the archive's root directory lies outside the first %d bytes", frontSize)
	}
	if h.Inner != None && h.Inner != Gzip {
		return Header{}, geo.Errorf(geo.CodeInvalid, "the archive's directories are compressed in way %d; only gzip is read", h.Inner)
	}
	if h.MaxZoom > maxZoom || h.MinZoom > h.MaxZoom {
		return Header{}, geo.Errorf(geo.CodeInvalid, "the archive's zooms are %d to %d", h.MinZoom, h.MaxZoom)
	}
	return h, nil
}
