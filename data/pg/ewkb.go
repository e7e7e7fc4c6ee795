package pg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"hetu/geo"
	"hetu/tiles/atlas"
)

// The types of EWKB that the layers of the atlas have, and the flags beside them.
const (
	ewkbPoint        = 1
	ewkbLineString   = 2
	ewkbPolygon      = 3
	ewkbMultiPolygon = 6

	ewkbZ    = 0x80000000
	ewkbM    = 0x40000000
	ewkbSRID = 0x20000000
)

// shapeReader reads a geometry as PostGIS sends it. It is read here and not by a library because millions come at once: positions go
// straight into an array that is used again.
type shapeReader struct {
	rest []byte
	flat []float64
}

// readShape reads a Point, LineString or MultiPolygon in EPSG:4490 into s, whose arrays it uses again. X and Y are taken; Z and M
// are looked over.
func readShape(data []byte, s *atlas.Shape) error {
	r := shapeReader{rest: data, flat: s.Flat[:0]}
	s.Parts, s.Hole = s.Parts[:0], s.Hole[:0]
	kind, stride, err := r.head(true)
	if err != nil {
		return err
	}
	switch kind {
	case ewkbPoint:
		err = r.positions(1, stride)
		s.Parts = append(s.Parts, 1)
	case ewkbLineString:
		err = r.part(s, stride)
	case ewkbMultiPolygon:
		err = r.multiPolygon(s, stride)
	default:
		err = fmt.Errorf("a geometry of type %d is in no layer", kind)
	}
	s.Flat = r.flat
	if err == nil && len(r.rest) > 0 {
		err = fmt.Errorf("%d bytes follow a geometry", len(r.rest))
	}
	return err
}

// head reads the byte order and the type, and how many numbers a position has. The outermost geometry says its SRID.
func (r *shapeReader) head(outermost bool) (kind uint32, stride int, err error) {
	if len(r.rest) < 5 {
		return 0, 0, errShort
	}
	if r.rest[0] != 1 {
		return 0, 0, fmt.Errorf("a geometry comes in byte order %d: hetu reads that of little-endian machines, 1", r.rest[0])
	}
	word := binary.LittleEndian.Uint32(r.rest[1:])
	r.rest = r.rest[5:]
	if word&ewkbSRID != 0 != outermost {
		return 0, 0, fmt.Errorf("the SRID of a geometry stands in the wrong place (type %#x)", word)
	}
	if outermost {
		srid, err := r.count()
		if err != nil {
			return 0, 0, err
		}
		if srid != int(geo.CGCS2000) {
			return 0, 0, fmt.Errorf("a geometry has SRID %d, want %d", srid, geo.CGCS2000)
		}
	}
	stride = 2
	if word&ewkbZ != 0 {
		stride++
	}
	if word&ewkbM != 0 {
		stride++
	}
	return word &^ (ewkbZ | ewkbM | ewkbSRID), stride, nil
}

var errShort = errors.New("a geometry ends before its time")

func (r *shapeReader) count() (int, error) {
	if len(r.rest) < 4 {
		return 0, errShort
	}
	n := binary.LittleEndian.Uint32(r.rest)
	r.rest = r.rest[4:]
	return int(n), nil
}

// positions reads n of them. The length is checked before anything is made.
func (r *shapeReader) positions(n, stride int) error {
	size := 8 * stride
	if n > len(r.rest)/size {
		return errShort
	}
	data := r.rest[:n*size]
	r.rest = r.rest[n*size:]
	at := len(r.flat)
	r.flat = slices.Grow(r.flat, 2*n)[:at+2*n]
	out := r.flat[at:]
	for i := 0; i+1 < len(out) && len(data) >= size; i += 2 {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(data))
		out[i+1] = math.Float64frombits(binary.LittleEndian.Uint64(data[8:]))
		data = data[size:]
	}
	return nil
}

// part reads a counted run of positions: a line or a ring.
func (r *shapeReader) part(s *atlas.Shape, stride int) error {
	n, err := r.count()
	if err != nil {
		return err
	}
	if err := r.positions(n, stride); err != nil {
		return err
	}
	s.Parts = append(s.Parts, n)
	return nil
}

func (r *shapeReader) multiPolygon(s *atlas.Shape, stride int) error {
	polygons, err := r.count()
	if err != nil {
		return err
	}
	for range polygons {
		kind, inner, err := r.head(false)
		if err != nil {
			return err
		}
		if kind != ewkbPolygon || inner != stride {
			return fmt.Errorf("a MultiPolygon of %d numbers a position holds a geometry of type %d with %d", stride, kind, inner)
		}
		rings, err := r.count()
		if err != nil {
			return err
		}
		for ring := range rings {
			if err := r.part(s, stride); err != nil {
				return err
			}
			s.Hole = append(s.Hole, ring > 0)
		}
	}
	if !slices.Contains(s.Hole, true) {
		s.Hole = s.Hole[:0]
	}
	return nil
}
