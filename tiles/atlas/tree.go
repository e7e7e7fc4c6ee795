package atlas

import "slices"

// fan is how many children a node of a packed tree has.
const fan = 16

// packed is an R-tree over boxes that stand in the order of a Hilbert curve: each node is the box of the next 16 below it.
// It never changes. The features that are drawn from some zooms on have a tree of their own, so that a tile of a low zoom does
// not pass by those of later ones.
type packed struct {
	zoom   uint8  // first zoom at which any of what is in it is drawn
	from   uint32 // the boxes it is made over: a run of them
	to     uint32
	levels [][]box // nodes, from the level above the boxes to the root
}

// treeOf gives the number of the tree that has what is drawn from a zoom on. A tree for every zoom would be more to search than
// is passed by.
func treeOf(rank uint8) int {
	switch {
	case rank <= 5:
		return 0
	case rank <= 7:
		return 1
	case rank <= 9:
		return 2
	case rank <= 11:
		return 3
	default:
		return 4
	}
}

func pack(boxes []box, from, to int, zoom uint8) packed {
	t := packed{zoom: zoom, from: uint32(from), to: uint32(to)} //nolint:gosec // numbers of records
	for below := boxes[from:to]; len(below) > 1; {
		nodes := make([]box, 0, (len(below)+fan-1)/fan)
		for group := range slices.Chunk(below, fan) {
			b := nowhere()
			for _, c := range group {
				b.join(c)
			}
			nodes = append(nodes, b)
		}
		t.levels = append(t.levels, nodes)
		below = nodes
	}
	return t
}

// search adds the numbers of the boxes that meet b.
func (t *packed) search(boxes []box, b box, found []uint32) []uint32 {
	top := len(t.levels) - 1
	switch {
	case t.from == t.to:
	case top < 0: // a tree of one box has no nodes
		if boxes[t.from].meets(b) {
			found = append(found, t.from)
		}
	case t.levels[top][0].meets(b):
		found = t.descend(boxes, b, top, 0, found)
	}
	return found
}

// descend goes on below a node that meets b.
func (t *packed) descend(boxes []box, b box, level, node int, found []uint32) []uint32 {
	first := node * fan
	if level == 0 {
		first += int(t.from)
		for i, c := range boxes[first:min(first+fan, int(t.to))] {
			if c.meets(b) {
				found = append(found, uint32(first+i)) //nolint:gosec // below to
			}
		}
		return found
	}
	below := t.levels[level-1]
	for i, c := range below[first:min(first+fan, len(below))] {
		if c.meets(b) {
			found = t.descend(boxes, b, level-1, first+i, found)
		}
	}
	return found
}

// any tells whether a box that meets b satisfies ok.
func (t *packed) any(boxes []box, b box, ok func(uint32) bool) bool {
	if t.from == t.to {
		return false
	}
	if len(t.levels) == 0 {
		return boxes[t.from].meets(b) && ok(t.from)
	}
	return t.anyBelow(boxes, b, len(t.levels)-1, 0, ok)
}

func (t *packed) anyBelow(boxes []box, b box, level, node int, ok func(uint32) bool) bool {
	if !t.levels[level][node].meets(b) {
		return false
	}
	if level == 0 {
		first := t.from + uint32(node*fan) //nolint:gosec // below to
		for i := first; i < min(first+fan, t.to); i++ {
			if boxes[i].meets(b) && ok(i) {
				return true
			}
		}
		return false
	}
	for child := node * fan; child < min((node+1)*fan, len(t.levels[level-1])); child++ {
		if t.anyBelow(boxes, b, level-1, child, ok) {
			return true
		}
	}
	return false
}

// hilbert gives how far along a Hilbert curve of 2^16 by 2^16 cells the middle of a box lies.
func hilbert(b box) uint32 {
	x, y := (b.minX+b.maxX)>>(worldBits+1-16), (b.minY+b.maxY)>>(worldBits+1-16)
	d := uint32(0)
	for s := uint32(1 << 15); s > 0; s >>= 1 {
		var rx, ry uint32
		if x&s > 0 {
			rx = 1
		}
		if y&s > 0 {
			ry = 1
		}
		d += s * s * ((3 * rx) ^ ry)
		if ry == 0 {
			if rx == 1 {
				x, y = (1<<16-1)-x, (1<<16-1)-y
			}
			x, y = y, x
		}
	}
	return d
}
