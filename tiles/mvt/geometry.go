package mvt

import (
	"encoding/binary"
	"fmt"

	"github.com/paulmach/orb"
)

// cursor writes the commands of one feature; each point is written as its distance from the one before.
type cursor struct {
	x, y int64
	out  []byte
}

func geometry(g orb.Geometry) (kind uint64, commands []byte, err error) {
	var c cursor
	switch g := g.(type) {
	case orb.Point:
		kind = typePoint
		c.points(orb.MultiPoint{g})
	case orb.MultiPoint:
		kind = typePoint
		c.points(g)
	case orb.LineString:
		kind, err = typeLine, c.line(g)
	case orb.MultiLineString:
		kind, err = typeLine, each(g, c.line)
	case orb.Polygon:
		kind, err = typePolygon, c.polygon(g)
	case orb.MultiPolygon:
		kind, err = typePolygon, each(g, c.polygon)
	default:
		return 0, nil, fmt.Errorf("a tile cannot hold a %T", g)
	}
	if err == nil && len(c.out) == 0 {
		err = fmt.Errorf("an empty %T has no place in a tile", g)
	}
	return kind, c.out, err
}

func each[T any](parts []T, write func(T) error) error {
	for _, p := range parts {
		if err := write(p); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) points(ps orb.MultiPoint) {
	if len(ps) > 0 {
		c.command(moveTo, ps)
	}
}

func (c *cursor) line(ls orb.LineString) error {
	if len(ls) < 2 {
		return fmt.Errorf("a line has %d points", len(ls))
	}
	c.command(moveTo, ls[:1])
	c.command(lineTo, ls[1:])
	return nil
}

func (c *cursor) polygon(p orb.Polygon) error {
	for _, ring := range p {
		if len(ring) < 4 || !ring.Closed() {
			return fmt.Errorf("a ring has %d points or is open", len(ring))
		}
		c.command(moveTo, ring[:1])
		c.command(lineTo, ring[1:len(ring)-1])
		c.out = append(c.out, 1<<3|closePath)
	}
	return nil
}

func (c *cursor) command(id uint64, ps []orb.Point) {
	c.out = binary.AppendUvarint(c.out, uint64(len(ps))<<3|id)
	for _, p := range ps {
		x, y := int64(p[0]), int64(p[1])
		c.out = binary.AppendUvarint(c.out, zigzag(x-c.x))
		c.out = binary.AppendUvarint(c.out, zigzag(y-c.y))
		c.x, c.y = x, y
	}
}
