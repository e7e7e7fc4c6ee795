// Package mvt writes Mapbox Vector Tiles, version 2, extent 4096: https://github.com/mapbox/vector-tile-spec/tree/master/2.1.
//
// Why not orb's writer: it needs gogo/protobuf, which nobody maintains, panics on an empty line, and knows a tile's size only
// when the tile is finished. This one counts bytes as it goes, and can take its last feature back.
package mvt

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

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

// The geometry types and commands of the specification.
const (
	typePoint   = 1
	typeLine    = 2
	typePolygon = 3

	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

// Property is one attribute of a feature. Value is a string, bool, int64 or float64; nil is left out of the tile.
type Property struct {
	Name  string
	Value any
}

// Layer is a layer that is being written. Properties are written in the order they are given, so equal calls give equal bytes.
type Layer struct {
	name     string
	features []byte
	keys     []byte
	values   []byte
	keyIDs   map[string]uint64
	valueIDs map[any]uint64
	count    int
	undo     undo
}

// undo is what the last Add changed.
type undo struct {
	features, keys, values int
	newKeys                []string
	newValues              []any
}

// NewLayer starts an empty layer.
func NewLayer(name string) *Layer {
	return &Layer{name: name, keyIDs: map[string]uint64{}, valueIDs: map[any]uint64{}}
}

// Len is how many features the layer has.
func (l *Layer) Len() int { return l.count }

// Add writes a feature. Shapes: Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon in whole tile units, y
// downwards; lines have two points or more, rings are closed and have four or more, outer rings run clockwise on the screen.
func (l *Layer) Add(id uint64, g orb.Geometry, props []Property) error {
	l.undo = undo{features: len(l.features), keys: len(l.keys), values: len(l.values)}
	kind, commands, err := geometry(g)
	if err != nil {
		return err
	}
	var tags []byte
	for _, p := range props {
		if p.Value == nil {
			continue
		}
		value, err := l.value(p.Value)
		if err != nil {
			l.Undo()
			return fmt.Errorf("property %s: %w", p.Name, err)
		}
		tags = binary.AppendUvarint(tags, l.key(p.Name))
		tags = binary.AppendUvarint(tags, value)
	}
	body := field(nil, featureID, id)
	if len(tags) > 0 {
		body = bytesField(body, featureTags, tags)
	}
	body = field(body, featureType, kind)
	body = bytesField(body, featureGeometry, commands)
	l.features = bytesField(l.features, layerFeature, body)
	l.count++
	return nil
}

// Undo takes the last added feature back, once.
func (l *Layer) Undo() {
	if len(l.features) > l.undo.features {
		l.count--
	}
	l.features, l.keys, l.values = l.features[:l.undo.features], l.keys[:l.undo.keys], l.values[:l.undo.values]
	for _, k := range l.undo.newKeys {
		delete(l.keyIDs, k)
	}
	for _, v := range l.undo.newValues {
		delete(l.valueIDs, v)
	}
	l.undo = undo{features: len(l.features), keys: len(l.keys), values: len(l.values)}
}

// Size is how many bytes the layer takes in a tile; an empty one takes none.
func (l *Layer) Size() int {
	if l.count == 0 {
		return 0
	}
	body := l.bodySize()
	return 1 + uvarintSize(body) + body
}

// Append writes the layer behind dst; an empty one is not written.
func (l *Layer) Append(dst []byte) []byte {
	if l.count == 0 {
		return dst
	}
	dst = field(dst, tileLayer, uint64(l.bodySize())) //nolint:gosec // a size is never negative
	dst = bytesField(dst, layerName, []byte(l.name))
	dst = append(dst, l.features...)
	dst = append(dst, l.keys...)
	dst = append(dst, l.values...)
	dst = field(dst, layerExtent, Extent)
	return field(dst, layerVersion, 2)
}

// bodySize counts the fields of Append: the name, the three lists, the extent in three bytes and the version in two.
func (l *Layer) bodySize() int {
	return 1 + uvarintSize(len(l.name)) + len(l.name) + len(l.features) + len(l.keys) + len(l.values) + 3 + 2
}

func (l *Layer) key(name string) uint64 {
	id, ok := l.keyIDs[name]
	if !ok {
		id = uint64(len(l.keyIDs))
		l.keyIDs[name] = id
		l.keys = bytesField(l.keys, layerKey, []byte(name))
		l.undo.newKeys = append(l.undo.newKeys, name)
	}
	return id
}

func (l *Layer) value(v any) (uint64, error) {
	if id, ok := l.valueIDs[v]; ok {
		return id, nil
	}
	var body []byte
	switch v := v.(type) {
	case string:
		body = bytesField(body, valueString, []byte(v))
	case bool:
		n := uint64(0)
		if v {
			n = 1
		}
		body = field(body, valueBool, n)
	case int64:
		if v >= 0 {
			body = field(body, valueUint, uint64(v))
		} else {
			body = field(body, valueSint, zigzag(v))
		}
	case float64:
		body = binary.LittleEndian.AppendUint64(append(body, valueDouble), math.Float64bits(v))
	default:
		return 0, fmt.Errorf("a tile cannot hold a %T", v)
	}
	id := uint64(len(l.valueIDs))
	l.valueIDs[v] = id
	l.values = bytesField(l.values, layerValue, body)
	l.undo.newValues = append(l.undo.newValues, v)
	return id, nil
}

func field(dst []byte, tag byte, v uint64) []byte {
	return binary.AppendUvarint(append(dst, tag), v)
}

func bytesField(dst []byte, tag byte, body []byte) []byte {
	return append(field(dst, tag, uint64(len(body))), body...)
}

func uvarintSize(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) } //nolint:gosec // the sign goes to the lowest bit
