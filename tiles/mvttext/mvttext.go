// Package mvttext decodes a vector tile to text that a person can read and a test can compare: one line for each layer and
// feature, properties sorted. It is written from the specification (Vector Tile Specification 2.1), apart from the writer, so
// that each checks the other, and refuses what the specification forbids: a field of a wrong type, a name given twice, a
// ring that runs the wrong way.
package mvttext

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layer is a decoded layer.
type Layer struct {
	Name     string
	Version  int // of the specification that it follows: 1 or 2
	Extent   int // tile units across the tile
	Features []Feature
}

// Feature is a decoded feature. Parts are its points, lines or rings in tile units; rings are closed.
type Feature struct {
	Layer      string
	ID         uint64 // 0 too if it has none
	Type       string // POINT, LINESTRING, POLYGON; UNKNOWN, which has no parts
	Parts      [][][2]int
	Properties map[string]any // string, float64, int64 (uint64 for what is greater), bool
}

// Text gives a tile as text. Version and extent are told where they are not 2 and 4096.
func Text(data []byte) (string, error) {
	layers, err := Layers(data)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, l := range layers {
		fmt.Fprintf(&b, "layer %s", l.Name)
		if l.Version != 2 || l.Extent != defaultExtent {
			fmt.Fprintf(&b, " version %d extent %d", l.Version, l.Extent)
		}
		b.WriteByte('\n')
		for _, f := range l.Features {
			f.write(&b)
		}
	}
	return b.String(), nil
}

func (f Feature) write(b *strings.Builder) {
	fmt.Fprintf(b, "  %d %s", f.ID, f.Type)
	for _, part := range f.Parts {
		for i, p := range part {
			fmt.Fprintf(b, "%c%d %d", " ,"[min(i, 1)], p[0], p[1])
		}
		b.WriteByte(';')
	}
	for _, k := range slices.Sorted(maps.Keys(f.Properties)) {
		fmt.Fprintf(b, " %s=%v", k, f.Properties[k])
	}
	b.WriteByte('\n')
}

// Decode reads the features of a tile in their order.
func Decode(data []byte) ([]Feature, error) {
	layers, err := Layers(data)
	var out []Feature
	for _, l := range layers {
		out = append(out, l.Features...)
	}
	return out, err
}
