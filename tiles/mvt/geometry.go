package mvt

import (
	"encoding/binary"
	"slices"
)

// XY is a position in whole tile units, y downwards.
type XY struct{ X, Y int32 }

// Geometry is the commands of one feature's geometry. Each position is written as its distance from the one before.
type Geometry struct {
	Commands []byte
	Vertices int
	last     XY
}

// Reset makes it empty again.
func (g *Geometry) Reset() { g.Commands, g.Vertices, g.last = g.Commands[:0], 0, XY{} }

// Points adds points.
func (g *Geometry) Points(points []XY) {
	g.command(moveTo, points)
}

// Line adds a line of two positions or more.
func (g *Geometry) Line(line []XY) {
	g.command(moveTo, line[:1])
	g.command(lineTo, line[1:])
}

// Ring adds a ring of three positions or more, the last not the first again. Those of a polygon follow each other, first the
// outer one, which runs clockwise on the screen, then its holes, which run the other way.
func (g *Geometry) Ring(ring []XY) {
	g.Line(ring)
	g.Commands = append(g.Commands, 1<<3|closePath)
}

// mostBytes is what a number of 32 bits takes at the most.
const mostBytes = 5

func (g *Geometry) command(id uint64, positions []XY) {
	g.Vertices += len(positions)
	out := slices.Grow(g.Commands, mostBytes+2*mostBytes*len(positions))
	out = binary.AppendUvarint(out, uint64(len(positions))<<3|id)
	at, last := len(out), g.last
	out = out[:cap(out)]
	for _, p := range positions {
		x, y := zigzag32(p.X-last.X), zigzag32(p.Y-last.Y)
		last = p
		// Most take one byte each: then it is one store for both.
		if x|y < 1<<7 {
			binary.LittleEndian.PutUint16(out[at:], uint16(x|y<<8)) //nolint:gosec // both below 2^7
			at += 2
			continue
		}
		at = putUvarint(out, at, x)
		at = putUvarint(out, at, y)
	}
	g.Commands, g.last = out[:at], last
}

func putUvarint(out []byte, at int, v uint32) int {
	for v >= 1<<7 {
		out[at] = byte(v) | 0x80
		v >>= 7
		at++
	}
	out[at] = byte(v)
	return at + 1
}

func zigzag32(v int32) uint32 { return uint32(v)<<1 ^ uint32(v>>31) } //nolint:gosec // the sign goes to the lowest bit
