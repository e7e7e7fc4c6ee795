package network

import (
	"cmp"
	"slices"
)

// cleaned is a line without repeated vertices.
type cleaned struct {
	Line
	canal  bool // no water of a river's own, see [LineKind]
	flat   []float64
	stride int
	source []float64 // each vertex's place in vertices of the source line; nil where none was dropped or added
	cuts   []cut     // in order of at, both ends among them
	lakes  [2]int    // the lake at the first and at the last vertex; noLake where there is none
}

// cut is a place of a line where it meets a node.
type cut struct {
	at   float64 // in vertices
	site int
}

func (c *cleaned) points() int           { return len(c.flat) / c.stride }
func (c *cleaned) point(i int) []float64 { return c.flat[i*c.stride : (i+1)*c.stride] }
func (c *cleaned) key(i int) key         { return keyOf(c.flat[i*c.stride], c.flat[i*c.stride+1]) }

// sourceAt gives a place in vertices of the source line.
func (c *cleaned) sourceAt(at float64) float64 {
	if c.source == nil {
		return at
	}
	i := int(at)
	if i == c.points()-1 {
		return c.source[i]
	}
	return c.source[i] + (at-float64(i))*(c.source[i+1]-c.source[i])
}

// clean takes the lines in order of index, without repeated vertices; those with no length are dropped.
func (b *builder) clean(lines []Line) {
	order := slices.Clone(lines)
	slices.SortStableFunc(order, func(x, y Line) int { return cmp.Compare(x.Index, y.Index) })
	b.lines = make([]cleaned, 0, len(order))
	rivers := map[string]bool{}
	for _, l := range order {
		if l.Group != "" && !l.Kind.artificial() {
			rivers[l.Group] = true
		}
	}
	for _, l := range order {
		if l.Geom == nil || l.Geom.Empty() {
			b.report.ZeroLines = append(b.report.ZeroLines, l.Index)
			continue
		}
		c := cleaned{Line: l, flat: l.Geom.FlatCoords(), stride: l.Geom.Stride(), lakes: [2]int{noLake, noLake}}
		c.canal = l.Kind.artificial() && !rivers[l.Group]
		c.dropRepeated()
		if c.points() < 2 {
			b.report.ZeroLines = append(b.report.ZeroLines, l.Index)
			continue
		}
		b.lines = append(b.lines, c)
	}
	b.report.Lines = len(b.lines)
}

func (c *cleaned) dropRepeated() {
	n := c.points()
	i := 1
	for i < n && c.key(i) != c.key(i-1) {
		i++
	}
	if i == n {
		return
	}
	flat := slices.Clone(c.point(0))
	source := []float64{0}
	last := c.key(0)
	for i := 1; i < n; i++ {
		if k := c.key(i); k != last {
			flat, source, last = append(flat, c.point(i)...), append(source, float64(i)), k
		}
	}
	c.flat, c.source = flat, source
}
