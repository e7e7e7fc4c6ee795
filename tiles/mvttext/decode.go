package mvttext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// defaultExtent is the extent of a layer that names none.
const defaultExtent = 4096

// Layers reads the layers of a tile in their order. An empty tile has none.
func Layers(data []byte) ([]Layer, error) {
	var out []Layer
	err := eachField(data, func(f field) error {
		if err := f.is("tile", 3, bytesType); err != nil {
			return err
		}
		l, err := layer(f.body)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(out, func(other Layer) bool { return other.Name == l.Name }) { // 4.1: names must differ
			return fmt.Errorf("layer %q: there are two of this name", l.Name)
		}
		out = append(out, l)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// layer reads section 4.1.
func layer(data []byte) (Layer, error) {
	var name string
	var keys []string
	var values []any
	var bodies [][]byte
	version, extent := uint64(0), uint64(defaultExtent)
	seen := once{}
	err := eachField(data, func(f field) (err error) {
		switch f.number {
		case 1:
			name, err = f.text()
			return errors.Join(err, seen.only(f))
		case 2:
			bodies = append(bodies, f.body)
			return f.is("layer", 2, bytesType)
		case 3:
			var key string
			key, err = f.text()
			keys = append(keys, key)
			return err
		case 4:
			if err = f.is("layer", 4, bytesType); err != nil {
				return err
			}
			var v any
			v, err = value(f.body)
			values = append(values, v)
			return err
		case 5:
			extent = f.n
			return errors.Join(f.is("layer", 5, varintType), seen.only(f))
		case 15:
			version = f.n
			return errors.Join(f.is("layer", 15, varintType), seen.only(f))
		default:
			return fmt.Errorf("a layer has no field %d", f.number)
		}
	})
	switch {
	case err != nil:
		return Layer{}, fmt.Errorf("layer %q: %w", name, err)
	case name == "":
		return Layer{}, errors.New("a layer has no name")
	case version != 1 && version != 2:
		return Layer{}, fmt.Errorf("layer %q has version %d", name, version)
	case extent == 0 || extent > math.MaxInt32:
		return Layer{}, fmt.Errorf("layer %q has extent %d", name, extent)
	}
	l := Layer{Name: name, Version: int(version), Extent: int(extent), Features: make([]Feature, 0, len(bodies))}
	for i, body := range bodies {
		f, err := feature(body, keys, values)
		if err != nil {
			return Layer{}, fmt.Errorf("layer %q, feature %d with id %d: %w", name, i, f.ID, err)
		}
		f.Layer = name
		l.Features = append(l.Features, f)
	}
	return l, nil
}

// feature reads section 4.2.
func feature(data []byte, keys []string, values []any) (Feature, error) {
	f := Feature{Properties: map[string]any{}}
	var tags, commands []uint32
	kind := uint64(0)
	seen := once{}
	err := eachField(data, func(g field) (err error) {
		switch g.number {
		case 1:
			f.ID, err = g.n, g.is("feature", 1, varintType)
		case 2:
			tags, err = g.numbers()
		case 3:
			kind, err = g.n, g.is("feature", 3, varintType)
		case 4:
			commands, err = g.numbers()
		default:
			err = fmt.Errorf("a feature has no field %d", g.number)
		}
		return errors.Join(err, seen.only(g))
	})
	if err != nil {
		return f, err
	}
	if len(tags)%2 != 0 {
		return f, fmt.Errorf("%d tags, which are no pairs", len(tags))
	}
	for i := 0; i < len(tags); i += 2 {
		if int(tags[i]) >= len(keys) || int(tags[i+1]) >= len(values) {
			return f, errors.New("a tag points past the keys or values")
		}
		key := keys[tags[i]]
		if _, twice := f.Properties[key]; twice {
			return f, fmt.Errorf("two values for %q", key)
		}
		f.Properties[key] = values[tags[i+1]]
	}
	if !seen[3] || kind > 3 || len(commands) == 0 {
		return f, fmt.Errorf("a geometry of type %d with %d commands", kind, len(commands))
	}
	f.Type = []string{"UNKNOWN", "POINT", "LINESTRING", "POLYGON"}[kind]
	if kind > 0 { // 4.3.4.1: what is unknown is left alone
		f.Parts, err = geometry(f.Type, commands)
	}
	return f, err
}

// value reads a value of section 4.1: exactly one, of a type that version 2 knows.
func value(data []byte) (any, error) {
	var out any
	err := eachField(data, func(f field) (err error) {
		if out != nil {
			return errors.New("two values in one")
		}
		switch f.number {
		case 1:
			out, err = f.text()
		case 2:
			out, err = float64(math.Float32frombits(uint32(f.n))), f.is("value", 2, fourType) //nolint:gosec // four bytes were read
		case 3:
			out, err = math.Float64frombits(f.n), f.is("value", 3, eightType)
		case 4:
			out, err = int64(f.n), f.is("value", 4, varintType) //nolint:gosec // two's complement, as protobuf has it
		case 5:
			if out = f.n; f.n <= math.MaxInt64 {
				out = int64(f.n)
			}
			err = f.is("value", 5, varintType)
		case 6:
			out, err = int64(f.n>>1)^-int64(f.n&1), f.is("value", 6, varintType)
		case 7:
			out, err = f.n != 0, f.is("value", 7, varintType)
		default:
			err = fmt.Errorf("a value of type %d", f.number)
		}
		return err
	})
	if err == nil && out == nil {
		return nil, errors.New("a value that has none")
	}
	return out, err
}

// The wire types of protobuf.
const (
	varintType = 0
	eightType  = 1
	bytesType  = 2
	fourType   = 5
)

// field is a field of a protobuf message: n for a number, body for bytes.
type field struct {
	number uint64
	wire   uint64
	n      uint64
	body   []byte
}

func (f field) is(message string, number, wire uint64) error {
	if f.number != number || f.wire != wire {
		return fmt.Errorf("a %s has no field %d of wire type %d", message, f.number, f.wire)
	}
	return nil
}

func (f field) text() (string, error) {
	if f.wire != bytesType || !utf8.Valid(f.body) {
		return "", fmt.Errorf("field %d of wire type %d is no text", f.number, f.wire)
	}
	return string(f.body), nil
}

// numbers reads packed uint32.
func (f field) numbers() ([]uint32, error) {
	if f.wire != bytesType {
		return nil, fmt.Errorf("field %d of wire type %d is no list of numbers", f.number, f.wire)
	}
	var out []uint32
	for data := f.body; len(data) > 0; {
		n, size := binary.Uvarint(data)
		if size <= 0 || n > math.MaxUint32 {
			return nil, fmt.Errorf("field %d has a number that is cut off or too large", f.number)
		}
		out, data = append(out, uint32(n)), data[size:]
	}
	return out, nil
}

// once refuses a second field where there may be one.
type once map[uint64]bool

func (o once) only(f field) error {
	if o[f.number] {
		return fmt.Errorf("two fields %d", f.number)
	}
	o[f.number] = true
	return nil
}

// eachField walks the fields of a protobuf message.
func eachField(data []byte, see func(field) error) error {
	for len(data) > 0 {
		tag, size := binary.Uvarint(data)
		if size <= 0 {
			return errors.New("the tag of a field is cut off")
		}
		data = data[size:]
		f := field{number: tag >> 3, wire: tag & 7}
		fixed := map[uint64]int{eightType: 8, fourType: 4}[f.wire]
		switch {
		case f.wire == varintType || f.wire == bytesType:
			if f.n, size = binary.Uvarint(data); size <= 0 {
				return errors.New("a number is cut off")
			}
			data = data[size:]
		case fixed == 0:
			return fmt.Errorf("a field of wire type %d", f.wire)
		case len(data) < fixed:
			return errors.New("a number is cut off")
		case f.wire == eightType:
			f.n, data = binary.LittleEndian.Uint64(data), data[8:]
		default:
			f.n, data = uint64(binary.LittleEndian.Uint32(data)), data[4:]
		}
		if f.wire == bytesType {
			if f.n > uint64(len(data)) {
				return errors.New("a field runs past the end")
			}
			f.body, data = data[:f.n], data[f.n:]
		}
		if err := see(f); err != nil {
			return err
		}
	}
	return nil
}
