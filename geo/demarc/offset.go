package demarc

import (
	"cmp"
	"math"
	"slices"
)

const (
	// onWidth is how far in metres a line may stand off its width from what it was offset from.
	onWidth = 0.05
	// joinStep is the most that a round join turns at one vertex: eight segments a quarter.
	joinStep = math.Pi / 16
	// joinWithin is how far in metres a join with fewer segments may lie off the circle.
	joinWithin = 0.01
	// thinWithin is how far in metres an offset line is simplified at most; the rule allows 0.1, and onWidth is for all together.
	thinWithin = 0.02
)

// offsetLine is a line that runs at its width beside another, as far as it can be had in one piece.
type offsetLine struct {
	line    []xy
	pockets float64 // metres of the offset curve around land that the line shuts off
	gap     float64 // how near the curve goes on behind its ends, if it was lost at a crossing
	error   float64 // how far it may lie off its width: more than onWidth where the width is too large for eight segments a quarter
}

// offset gives the line w metres to the left of a line: the part of the offset curve, with round joins and flat ends, that is at least w
// from all of the line, in one piece. Where two arms of the line are so near that their curves cross, the land that is
// shut off between them is left out. It runs as the line does.
func offset(line []xy, w float64) offsetLine {
	if len(line) < 2 {
		return offsetLine{}
	}
	if w == 0 {
		return offsetLine{line: slices.Clone(line), error: onWidth}
	}
	best := offsetLine{gap: math.Inf(1)}
	// Curves that touch or lie on each other, as those of straight parallel banks may, are told apart by a hair's breadth.
	for _, more := range []float64{0, 0.004, -0.004, 0.009} {
		got, ok := offsetOnce(line, w+more)
		if ok {
			return got
		}
		if got.gap < best.gap {
			best = got
		}
	}
	return best
}

func offsetOnce(line []xy, w float64) (offsetLine, bool) {
	raw, off := rawOffset(line, w)
	near := gridOf(line, w)
	least := w - off - 0.002
	raw = atEnds(raw, line[0], line[len(line)-1], w)
	kept := unlooped(raw, nil, func(mid xy) bool { return near.within(mid, least) })
	out := offsetLine{line: kept.line, pockets: kept.left, gap: kept.gap, error: max(onWidth, off+thinWithin)}
	if thin := thinned(out.line, min(thinWithin, max(0.005, onWidth-off-0.003))); simple(thin) {
		out.line = thin
		return out, out.gap < onWidth
	}
	return out, out.gap < onWidth && simple(out.line)
}

// rawOffset gives the offset curve to the left with all its loops, and how far it may lie off the width. A vertex at which the line
// turns left has the curves of both segments meet where they do; if they are too short for that, a chord joins their ends, which lies
// nearer than w and is dropped later.
func rawOffset(line []xy, w float64) (raw []xy, off float64) {
	n := len(line)
	for i := range n {
		switch {
		case i == 0:
			raw = append(raw, line[0].plus(normal(line[0], line[1]).times(w)))
		case i == n-1:
			raw = append(raw, line[i].plus(normal(line[i-1], line[i]).times(w)))
		default:
			var e float64
			raw, e = corner(raw, line[i-1], line[i], line[i+1], w)
			off = max(off, e)
		}
	}
	return slices.CompactFunc(raw, func(a, b xy) bool { return a.to(b) < 1e-7 }), off
}

// atEnds adds vertices where a curve comes nearer than w to the ends of its line: there it leaves or enters the forbidden land without
// meeting itself, as the ends are flat.
func atEnds(raw []xy, start, end xy, w float64) []xy {
	out := raw[:1:1]
	for i := 1; i < len(raw); i++ {
		a, b := raw[i-1], raw[i]
		var cuts []float64
		for _, c := range []xy{start, end} {
			cuts = append(cuts, circled(a, b, c, w)...)
		}
		slices.Sort(cuts)
		for _, t := range cuts {
			out = append(out, a.toward(b, t))
		}
		out = append(out, b)
	}
	return out
}

// circled tells how far along a segment it crosses a circle, its ends left out.
func circled(a, b, centre xy, radius float64) []float64 {
	d, f := b.minus(a), a.minus(centre)
	l := d.dot(d)
	if l == 0 {
		return nil
	}
	half := f.dot(d) / l
	root := half*half - (f.dot(f)-radius*radius)/l
	if root <= 0 {
		return nil
	}
	var out []float64
	for _, t := range []float64{-half - math.Sqrt(root), -half + math.Sqrt(root)} {
		if t > 1e-9 && t < 1-1e-9 {
			out = append(out, t)
		}
	}
	return out
}

func normal(a, b xy) xy { return b.minus(a).unit().left() }

// corner appends the curve at vertex p between a and b.
func corner(raw []xy, a, p, b xy, w float64) (out []xy, off float64) {
	in, on := p.minus(a), b.minus(p)
	turn := math.Atan2(in.cross(on), in.dot(on))
	n, m := in.unit().left(), on.unit().left()
	if turn >= 0 { // also no turn
		if half := math.Tan(turn / 2); turn < 3 && w*half <= min(in.length(), on.length())/2 {
			return append(raw, p.plus(n.plus(m).unit().times(w/math.Cos(turn/2)))), 0
		}
		return append(raw, p.plus(n.times(w)), p.plus(m.times(w))), 0
	}
	most := math.Ceil(-turn/joinStep - 1e-9)
	steps := 1.0
	for steps < most && roundError(-turn/steps, w) > joinWithin {
		steps++
	}
	off = roundError(-turn/steps, w)
	raw = append(raw, p.plus(n.times(w)))
	for k := 0.5; k < steps; k++ {
		sin, cos := math.Sincos(turn * k / steps)
		raw = append(raw, p.plus(xy{n.x*cos - n.y*sin, n.x*sin + n.y*cos}.times(w+off)))
	}
	return append(raw, p.plus(m.times(w))), off
}

// roundError is how far a polygon that turns by so much at each vertex lies off a circle of radius w, at the vertices outward and
// between them inward.
func roundError(turn, w float64) float64 {
	c := math.Cos(turn / 2)
	if turn >= math.Pi {
		return w
	}
	return w * (1 - c) / (1 + c)
}

// part is a piece of a curve between two places where it meets itself.
type part struct {
	a, b  xy
	tag   int32 // of the segment that it is of
	node  int32 // at its end; -1 if it ends at a vertex
	alive bool
}

// walked is a line without loops.
type walked struct {
	line []xy
	tags []int32 // of the segment from each vertex to the next
	left float64 // metres of parts that are alive and that the line does not pass
	gap  float64 // how near another line begins where this one ends, if under a metre: it was lost at a crossing rather than shut off
}

// unlooped walks a curve from its first part that is alive and leaves out what it comes back from: where the curve meets itself, the way
// goes on with the part that comes last. Where the way ends, for land that is shut off, another begins with the next part that is alive; the
// longest is given; none of one that meets itself too often. tags, which may be nil, are those of the segments; a part is dead if dead, which may be nil, says so of its middle.
func unlooped(curve []xy, tags []int32, dead func(mid xy) bool) walked {
	parts, nodes, ok := partsOf(curve, tags)
	if !ok {
		return walked{gap: math.Inf(1)}
	}
	alive := 0.0
	for i := range parts {
		p := &parts[i]
		if p.alive = dead == nil || p.tiny() || !dead(p.a.toward(p.b, 0.5)); p.alive {
			alive += p.a.to(p.b)
		}
	}
	var ways [][]int
	for k := 0; k < len(parts); k++ {
		if !parts[k].alive || parts[k].tiny() { // a tiny one between dead ones is a spark at a crossing; it must not begin a line
			continue
		}
		way, last := wayFrom(parts, nodes, k)
		ways, k = append(ways, way), last
	}
	return longest(parts, ways, alive)
}

func (p part) tiny() bool { return p.a.to(p.b) < 1e-4 }

// wayFrom walks from a part to where it ends, and tells the last part it came to; a loop at the end, that leads back to where it left the
// way, is left out.
func wayFrom(parts []part, nodes [][2]int, k int) (way []int, last int) {
	at := map[int32]int{}
	for k >= 0 {
		way, last = append(way, k), k
		k = next(parts, nodes, k)
		if n := parts[last].node; n >= 0 {
			if first, again := at[n]; again && k < 0 {
				return way[:first], last
			}
			at[n] = len(way)
		}
	}
	return way, last
}

// next tells the part that comes after k; -1 where the way ends.
func next(parts []part, nodes [][2]int, k int) int {
	if n := parts[k].node; n >= 0 {
		for _, i := range []int{max(nodes[n][0], nodes[n][1]), min(nodes[n][0], nodes[n][1])} {
			if i > k && parts[i].alive {
				return i
			}
		}
	} else if k+1 < len(parts) && parts[k+1].alive {
		return k + 1
	}
	for i := k + 1; i < len(parts) && i < k+8; i++ { // past a spark of dead ones
		if parts[i].alive && !parts[i].tiny() && parts[k].b.to(parts[i].a) < onWidth/2 {
			return i
		}
	}
	return -1
}

func longest(parts []part, ways [][]int, alive float64) walked {
	best, most := -1, 0.0
	for w, way := range ways {
		sum := 0.0
		for _, k := range way {
			sum += parts[k].a.to(parts[k].b)
		}
		if sum > most {
			best, most = w, sum
		}
	}
	if best < 0 {
		return walked{gap: math.Inf(1)}
	}
	out := walked{line: []xy{parts[ways[best][0]].a}, left: alive - most}
	for _, k := range ways[best] {
		out.line, out.tags = append(out.line, parts[k].b), append(out.tags, parts[k].tag)
	}
	for w, way := range ways {
		if len(way) == 0 {
			continue
		}
		first, last := parts[way[0]].a, parts[way[len(way)-1]].b
		if d := out.line[len(out.line)-1].to(first); w > best && d < 1 {
			out.gap = max(out.gap, d)
		}
		if d := last.to(out.line[0]); w < best && d < 1 {
			out.gap = max(out.gap, d)
		}
	}
	return out
}

// cut is a place of a segment at which its curve meets itself.
type cut struct {
	t    float64 // along the segment
	node int32
	at   xy
}

// partsOf cuts a curve where it meets itself; nodes tells for each such place the parts that begin there. It gives up, and says so, where these
// are too many.
func partsOf(curve []xy, tags []int32) (parts []part, nodes [][2]int, ok bool) {
	cuts, n, ok := cutsOf(curve)
	if !ok {
		return nil, nil, false
	}
	nodes = make([][2]int, n)
	starts := make([]int, n)
	for i := range int32(len(curve) - 1) { //nolint:gosec // G115: see grid.add
		tag := int32(0)
		if tags != nil {
			tag = tags[i]
		}
		a := curve[i]
		for _, c := range cuts[i] {
			parts = append(parts, part{a: a, b: c.at, tag: tag, node: c.node})
			nodes[c.node][starts[c.node]] = len(parts)
			starts[c.node]++
			a = c.at
		}
		parts = append(parts, part{a: a, b: curve[i+1], tag: tag, node: -1})
	}
	return parts, nodes, true
}

// cutsOf gives by segment where a curve meets itself, in the order along the segment, and how many such places there are, each of which is of two.
func cutsOf(curve []xy) (cuts map[int32][]cut, nodes int, ok bool) {
	g := gridOf(curve, 1)
	found, ok := g.meetings()
	if !ok {
		return nil, 0, false
	}
	slices.SortFunc(found, func(a, b meeting) int { return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j)) }) // the cells have no order
	cuts = make(map[int32][]cut)
	for n, m := range found {
		at := g.from[m.i].toward(g.to[m.i], m.t)
		cuts[m.i] = append(cuts[m.i], cut{m.t, int32(n), at}) //nolint:gosec // G115: see grid.add
		cuts[m.j] = append(cuts[m.j], cut{m.u, int32(n), at}) //nolint:gosec // G115: see grid.add
	}
	for _, here := range cuts {
		slices.SortStableFunc(here, func(a, b cut) int { return cmp.Compare(a.t, b.t) })
	}
	return cuts, len(found), true
}
