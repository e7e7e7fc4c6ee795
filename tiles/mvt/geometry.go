package mvt

import "encoding/binary"

// Geometry is the commands of one feature's geometry. Positions are whole tile units, x then y, y downwards; each is written as
// its distance from the one before.
type Geometry struct {
	Commands []byte
	Vertices int
	x, y     int32
}

// Reset makes it empty again.
func (g *Geometry) Reset() { g.Commands, g.Vertices, g.x, g.y = g.Commands[:0], 0, 0, 0 }

// Points adds points.
func (g *Geometry) Points(xy []int32) {
	g.command(moveTo, xy)
}

// Line adds a line of two positions or more.
func (g *Geometry) Line(xy []int32) {
	g.command(moveTo, xy[:2])
	g.command(lineTo, xy[2:])
}

// Ring adds a ring of three positions or more, the last not the first again. Those of a polygon follow each other, first the
// outer one, which runs clockwise on the screen, then its holes, which run the other way.
func (g *Geometry) Ring(xy []int32) {
	g.Line(xy)
	g.Commands = append(g.Commands, 1<<3|closePath)
}

func (g *Geometry) command(id uint64, xy []int32) {
	n := len(xy) / 2
	g.Vertices += n
	out := binary.AppendUvarint(g.Commands, uint64(n)<<3|id)
	x, y := g.x, g.y
	for i := 0; i+1 < len(xy); i += 2 {
		out = appendStep(out, xy[i]-x)
		out = appendStep(out, xy[i+1]-y)
		x, y = xy[i], xy[i+1]
	}
	g.Commands, g.x, g.y = out, x, y
}

// appendStep writes a distance; most take one or two bytes.
func appendStep(out []byte, d int32) []byte {
	v := uint32(d)<<1 ^ uint32(d>>31) //nolint:gosec // the sign goes to the lowest bit
	switch {
	case v < 1<<7:
		return append(out, byte(v))
	case v < 1<<14:
		return append(out, byte(v)|0x80, byte(v>>7)) //nolint:gosec // the low bits
	default:
		return binary.AppendUvarint(out, uint64(v))
	}
}
