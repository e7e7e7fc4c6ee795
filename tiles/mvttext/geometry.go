package mvttext

import (
	"errors"
	"fmt"
)

// The commands of section 4.3.1.
const (
	moveTo    = 1
	lineTo    = 2
	closePath = 7
)

// geometry follows the commands of a geometry under the rules that section 4.3.4 sets for its type.
func geometry(kind string, commands []uint32) ([][][2]int, error) {
	p := pen{rest: commands}
	if kind == "POINT" {
		points, err := p.run(moveTo)
		if err != nil {
			return nil, err
		}
		if len(p.rest) > 0 {
			return nil, errors.New("points need one command")
		}
		var out [][][2]int
		for _, at := range points {
			out = append(out, [][2]int{at})
		}
		return out, nil
	}
	var out [][][2]int
	for len(p.rest) > 0 {
		part, err := p.part(kind)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", len(out), err)
		}
		out = append(out, part)
	}
	if kind == "POLYGON" {
		return out, ringsRun(out)
	}
	return out, nil
}

// pen goes along the commands.
type pen struct {
	rest []uint32
	at   [2]int
}

// part reads a line, or a ring.
func (p *pen) part(kind string) ([][2]int, error) {
	line, err := p.run(moveTo)
	if err != nil {
		return nil, err
	}
	if len(line) != 1 {
		return nil, fmt.Errorf("it begins at %d points", len(line))
	}
	more, err := p.run(lineTo)
	if err != nil {
		return nil, err
	}
	line = append(line, more...)
	for i := 1; i < len(line); i++ {
		if line[i] == line[i-1] {
			return nil, errors.New("a line to where it is")
		}
	}
	if kind == "LINESTRING" {
		return line, nil
	}
	if len(p.rest) == 0 || p.rest[0] != 1<<3|closePath {
		return nil, errors.New("the ring is not closed once")
	}
	p.rest = p.rest[1:]
	if len(line) < 3 {
		return nil, fmt.Errorf("a ring of %d points", len(line))
	}
	return append(line, line[0]), nil
}

// run reads one command that is to be there, and gives the points it goes to.
func (p *pen) run(command uint32) ([][2]int, error) {
	if len(p.rest) == 0 {
		return nil, fmt.Errorf("command %d is missing", command)
	}
	id, count := p.rest[0]&7, int(p.rest[0]>>3)
	p.rest = p.rest[1:]
	if id != command || count == 0 || count > len(p.rest)/2 {
		return nil, fmt.Errorf("command %d for %d points where command %d is due, %d numbers left", id, count, command, len(p.rest))
	}
	out := make([][2]int, 0, count)
	for range count {
		p.at[0] += zigzag(p.rest[0])
		p.at[1] += zigzag(p.rest[1])
		p.rest = p.rest[2:]
		out = append(out, p.at)
	}
	return out, nil
}

func zigzag(n uint32) int { return int(int32(n>>1) ^ -int32(n&1)) }

// ringsRun holds the rule of section 4.3.4.4: an outer ring has a positive area by the surveyor's formula, y running down, and
// comes before its holes, whose area is negative. No ring is without area.
func ringsRun(rings [][][2]int) error {
	for i, ring := range rings {
		switch area := doubleArea(ring); {
		case area == 0:
			return fmt.Errorf("ring %d has no area", i)
		case area < 0 && i == 0:
			return errors.New("the first ring is a hole")
		}
	}
	return nil
}

// doubleArea is twice the area of a closed ring. Sums go round at 2^64, which no tile of sane coordinates comes near.
func doubleArea(ring [][2]int) int {
	sum := 0
	for i := 1; i < len(ring); i++ {
		sum += ring[i-1][0]*ring[i][1] - ring[i][0]*ring[i-1][1]
	}
	return sum
}
