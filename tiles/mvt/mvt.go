// Package mvt writes Mapbox Vector Tiles, version 2, extent 4096: https://github.com/mapbox/vector-tile-spec/tree/master/2.1.
//
// Why not orb's writer: it needs gogo/protobuf, which nobody maintains, panics on an empty line, and allocates for every
// feature. This one is fed with what the atlas holds ready, knows a tile's size at every feature, and can be cut there.
package mvt

import "encoding/binary"

// Extent is the width and height of a tile in tile units.
const Extent = 4096

// The wire types of protobuf that tiles use, beside 0 for a varint.
const (
	wireFixed64 = 1
	wireBytes   = 2
)

// The fields of the specification's messages: number<<3|wire type.
const (
	tileLayer = 3<<3 | wireBytes

	layerName    = 1<<3 | wireBytes
	layerFeature = 2<<3 | wireBytes
	layerKey     = 3<<3 | wireBytes
	layerValue   = 4<<3 | wireBytes
	layerExtent  = 5 << 3
	layerVersion = 15 << 3

	featureID       = 1 << 3
	featureTags     = 2<<3 | wireBytes
	featureType     = 3 << 3
	featureGeometry = 4<<3 | wireBytes

	valueString = 1<<3 | wireBytes
	valueDouble = 3<<3 | wireFixed64
	valueUint   = 5 << 3
	valueSint   = 6 << 3
	valueBool   = 7 << 3
)

// The commands of the specification.
const (
	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

// Type is a geometry type.
type Type byte

// The geometry types of the specification.
const (
	Point   Type = 1
	Line    Type = 2
	Polygon Type = 3
)

// Layer is a layer that is being written. Equal calls give equal bytes.
type Layer struct {
	name                   string
	features, keys, values []byte
	nKeys, nValues         uint32
	n                      int
}

// Reset makes it an empty layer of a name.
func (l *Layer) Reset(name string) {
	*l = Layer{name: name, features: l.features[:0], keys: l.keys[:0], values: l.values[:0]}
}

// Key adds a property's name and gives its number.
func (l *Layer) Key(name string) uint32 {
	l.keys = field(l.keys, layerKey, uint64(len(name)))
	l.keys = append(l.keys, name...)
	l.nKeys++
	return l.nKeys - 1
}

// Value adds a value, as AppendText and the like wrote it, and gives its number.
func (l *Layer) Value(encoded []byte) uint32 {
	l.values = append(l.values, encoded...)
	l.nValues++
	return l.nValues - 1
}

// Feature adds a feature. tags are numbers of keys and values in turn.
func (l *Layer) Feature(id uint64, tags []uint32, kind Type, g *Geometry) {
	size := 0
	for _, t := range tags {
		size += uvarintSize(int(t))
	}
	body := 1 + uvarint64Size(id) + 2 + 1 + uvarintSize(len(g.Commands)) + len(g.Commands)
	if size > 0 {
		body += 1 + uvarintSize(size) + size
	}
	out := field(l.features, layerFeature, uint64(body)) //nolint:gosec // a size is never negative
	out = field(out, featureID, id)
	if size > 0 {
		out = field(out, featureTags, uint64(size))
		for _, t := range tags {
			if t < 1<<7 {
				out = append(out, byte(t))
			} else {
				out = binary.AppendUvarint(out, uint64(t))
			}
		}
	}
	out = append(out, featureType, byte(kind))
	l.features = bytesField(out, featureGeometry, g.Commands)
	l.n++
}

// Mark is a layer as it was after a feature.
type Mark struct{ features, keys, values, n int }

// Mark gives the layer as it is.
func (l *Layer) Mark() Mark { return Mark{len(l.features), len(l.keys), len(l.values), l.n} }

// Size is how many bytes the layer as it was takes in a tile; an empty one takes none.
func (l *Layer) Size(m Mark) int {
	if m.n == 0 {
		return 0
	}
	body := l.bodySize(m)
	return 1 + uvarintSize(body) + body
}

// Append writes the layer as it was behind dst; an empty one is not written.
func (l *Layer) Append(dst []byte, m Mark) []byte {
	if m.n == 0 {
		return dst
	}
	dst = field(dst, tileLayer, uint64(l.bodySize(m))) //nolint:gosec // a size is never negative
	dst = field(dst, layerName, uint64(len(l.name)))
	dst = append(dst, l.name...)
	dst = append(dst, l.features[:m.features]...)
	dst = append(dst, l.keys[:m.keys]...)
	dst = append(dst, l.values[:m.values]...)
	dst = field(dst, layerExtent, Extent)
	return field(dst, layerVersion, 2)
}

// bodySize counts the fields of Append: the name, the three lists, the extent in three bytes and the version in two.
func (l *Layer) bodySize(m Mark) int {
	return 1 + uvarintSize(len(l.name)) + len(l.name) + m.features + m.keys + m.values + 3 + 2
}

func field(dst []byte, tag byte, v uint64) []byte {
	return binary.AppendUvarint(append(dst, tag), v)
}

func bytesField(dst []byte, tag byte, body []byte) []byte {
	return append(field(dst, tag, uint64(len(body))), body...)
}

func uvarintSize(n int) int { return uvarint64Size(uint64(n)) } //nolint:gosec // a size is never negative

func uvarint64Size(n uint64) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) } //nolint:gosec // the sign goes to the lowest bit
