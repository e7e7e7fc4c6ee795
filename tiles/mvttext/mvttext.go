// Package mvttext decodes a vector tile to text that a person can read and a test can compare: one line for each layer and
// feature, properties sorted. It is written from the specification, apart from the writer, so that each checks the other.
package mvttext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Feature is a decoded feature. Parts are its points, lines or rings in tile units; rings are closed.
type Feature struct {
	Layer      string
	ID         uint64
	Type       string // POINT, LINESTRING, POLYGON
	Parts      [][][2]int
	Properties map[string]any
}

// Text gives a tile as text.
func Text(data []byte) (string, error) {
	features, err := Decode(data)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	layer := ""
	for _, f := range features {
		if f.Layer != layer {
			layer = f.Layer
			fmt.Fprintf(&b, "layer %s\n", layer)
		}
		fmt.Fprintf(&b, "  %d %s", f.ID, f.Type)
		for _, part := range f.Parts {
			for i, p := range part {
				fmt.Fprintf(&b, "%c%d %d", " ,"[min(i, 1)], p[0], p[1])
			}
			b.WriteByte(';')
		}
		keys := make([]string, 0, len(f.Properties))
		for k := range f.Properties {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			fmt.Fprintf(&b, " %s=%v", k, f.Properties[k])
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

// Decode reads the features of a tile in their order.
func Decode(data []byte) ([]Feature, error) {
	var out []Feature
	err := fields(data, func(number int, _ uint64, body []byte) error {
		if number != 3 {
			return fmt.Errorf("a tile has no field %d", number)
		}
		features, err := layer(body)
		out = append(out, features...)
		return err
	})
	return out, err
}

func layer(data []byte) ([]Feature, error) {
	var name string
	var keys []string
	var values []any
	var bodies [][]byte
	version, extent := uint64(0), uint64(0)
	err := fields(data, func(number int, n uint64, body []byte) error {
		switch number {
		case 1:
			name = string(body)
		case 2:
			bodies = append(bodies, body)
		case 3:
			keys = append(keys, string(body))
		case 4:
			v, err := value(body)
			values = append(values, v)
			return err
		case 5:
			extent = n
		case 15:
			version = n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if name == "" || version != 2 || extent != 4096 {
		return nil, fmt.Errorf("layer %q has version %d, extent %d", name, version, extent)
	}
	out := make([]Feature, 0, len(bodies))
	for _, body := range bodies {
		f, err := feature(body, keys, values)
		if err != nil {
			return nil, fmt.Errorf("layer %s, feature %d: %w", name, f.ID, err)
		}
		f.Layer = name
		out = append(out, f)
	}
	return out, nil
}

func feature(data []byte, keys []string, values []any) (Feature, error) {
	f := Feature{Properties: map[string]any{}}
	var tags, commands []uint64
	var kind uint64
	err := fields(data, func(number int, n uint64, body []byte) (err error) {
		switch number {
		case 1:
			f.ID = n
		case 2:
			tags, err = varints(body)
		case 3:
			kind = n
		case 4:
			commands, err = varints(body)
		}
		return err
	})
	if err != nil {
		return f, err
	}
	if len(tags)%2 != 0 || kind < 1 || kind > 3 {
		return f, fmt.Errorf("%d tags, type %d", len(tags), kind)
	}
	for i := 0; i < len(tags); i += 2 {
		if tags[i] >= uint64(len(keys)) || tags[i+1] >= uint64(len(values)) {
			return f, errors.New("a tag points past the keys or values")
		}
		f.Properties[keys[tags[i]]] = values[tags[i+1]]
	}
	f.Type = []string{"POINT", "LINESTRING", "POLYGON"}[kind-1]
	f.Parts, err = parts(commands)
	return f, err
}

// parts follows the commands of a geometry: 1 moves and begins a part, 2 draws, 7 closes a ring.
func parts(commands []uint64) ([][][2]int, error) {
	var out [][][2]int
	at := [2]int{}
	for i := 0; i < len(commands); {
		id, count := commands[i]&7, commands[i]>>3
		i++
		if id == 7 {
			if len(out) == 0 || count != 1 {
				return nil, errors.New("a ring is closed before it began")
			}
			last := len(out) - 1
			out[last] = append(out[last], out[last][0])
			continue
		}
		if (id != 1 && id != 2) || count == 0 || count > uint64(len(commands)-i)/2 || (id == 2 && len(out) == 0) { //nolint:gosec // i is within commands
			return nil, fmt.Errorf("command %d for %d points, %d numbers left", id, count, len(commands)-i)
		}
		for range count {
			at[0] += unzigzag(commands[i])
			at[1] += unzigzag(commands[i+1])
			i += 2
			if id == 1 {
				out = append(out, nil)
			}
			last := len(out) - 1
			out[last] = append(out[last], at)
		}
	}
	return out, nil
}

func value(data []byte) (out any, err error) {
	err = fields(data, func(number int, n uint64, body []byte) error {
		switch number {
		case 1:
			out = string(body)
		case 3:
			out = math.Float64frombits(n)
		case 5:
			out = int64(n) //nolint:gosec // a tile of ours holds no greater
		case 6:
			out = int64(unzigzag(n))
		case 7:
			out = n == 1
		default:
			return errors.New("a value of type " + strconv.Itoa(number))
		}
		return nil
	})
	return out, err
}

// fields walks the fields of a protobuf message.
func fields(data []byte, see func(number int, n uint64, body []byte) error) error {
	for len(data) > 0 {
		tag, size := binary.Uvarint(data)
		if size <= 0 {
			return errors.New("the tag of a field is cut off")
		}
		data = data[size:]
		var n uint64
		var body []byte
		if tag&7 == 1 {
			if len(data) < 8 {
				return errors.New("a number is cut off")
			}
			n, data = binary.LittleEndian.Uint64(data), data[8:]
		} else {
			if n, size = binary.Uvarint(data); size <= 0 {
				return errors.New("a number is cut off")
			}
			data = data[size:]
		}
		if tag&7 == 2 {
			if n > uint64(len(data)) {
				return errors.New("a field runs past the end")
			}
			body, data = data[:n], data[n:]
		}
		if err := see(int(tag>>3), n, body); err != nil {
			return err
		}
	}
	return nil
}

func varints(data []byte) ([]uint64, error) {
	var out []uint64
	for len(data) > 0 {
		n, size := binary.Uvarint(data)
		if size <= 0 {
			return nil, errors.New("a number is cut off")
		}
		out, data = append(out, n), data[size:]
	}
	return out, nil
}

func unzigzag(n uint64) int { return int(n>>1) ^ -int(n&1) }
