package atlas

import (
	"hetu/geo"
	"hetu/tiles"
)

// Stretches gives the stretches of the lines of a layer that hold on a day which enter a box: lon and lat in turn, in the
// stored order, to 13 mm at the worst. A stretch begins and ends at a position whose number every divides, or at an end of
// its line; first is the number of its first one, total how many the line has. What lies between two stretches of a line does
// not enter the box.
func (a *Atlas) Stretches(name string, extent geo.Extent, asOf geo.Date, every int, each func(id int64, first, total int, flat []float64)) {
	low, high := project(extent.West, extent.North), project(extent.East, extent.South)
	within := box{low.x, low.y, high.x, high.y}
	a.mu.RLock()
	defer a.mu.RUnlock()
	l := a.layers[name]
	for _, n := range l.search(within, tiles.MaxZoom, DayOf(asOf, LastDay), nil) {
		if r := &l.records[n]; r.diedZoom == live {
			l.stretches(r, within, every, func(first, total int, flat []float64) { each(r.id, first, total, flat) })
		}
	}
}

// Line gives the whole of a line of a layer, as Stretches does; nil if there is none on that day.
func (a *Atlas) Line(name string, id int64, asOf geo.Date) []float64 {
	day := DayOf(asOf, LastDay)
	a.mu.RLock()
	defer a.mu.RUnlock()
	l := a.layers[name]
	for _, n := range l.of(id) {
		if r := &l.records[n]; l.days(r).has(day) {
			return l.flat(r)
		}
	}
	return nil
}

// Merges tells whether two neighbouring positions of a line are one to the atlas, so that the second is not among those it
// gives.
func (*Atlas) Merges(lon1, lat1, lon2, lat2 float64) bool {
	return project(lon1, lat1) == project(lon2, lat2)
}

// flat gives all positions of a feature.
func (l *layer) flat(r *record) []float64 {
	var out []float64
	l.points(r, func(_ part, vertices []point, _ []uint8) {
		for _, p := range vertices {
			lon, lat := unproject(p)
			out = append(out, lon, lat)
		}
	})
	return out
}

// stretches finds those of a line: runs of its chunks that meet the box, the others are passed over. A line without chunks is
// given whole if one of its segments meets the box; so is one of several parts.
func (l *layer) stretches(r *record, within box, every int, each func(first, total int, flat []float64)) {
	var room [1]part
	p := l.partsOf(r, &room)[0]
	if p.long == 0 || r.parts > 1 {
		if r.parts > 1 || l.enters(r, p, within) {
			flat := l.flat(r)
			each(0, len(flat)/2, flat)
		}
		return
	}
	total, start := p.n(), l.longs[p.long-1].all.chunk
	from, to := 0, -1
	give := func() {
		if to >= 0 {
			each(from, total, l.between(start, from, to))
		}
	}
	for k := start; int(l.chunks[k].vertex) < total-1; k++ {
		if !l.chunks[k].box.meets(within) {
			continue
		}
		if first := int(l.chunks[k].vertex) / every * every; to < first {
			give()
			from = first
		}
		to = min((int(l.chunks[k+1].vertex)+every-1)/every*every, total-1)
	}
	give()
}

// enters tells whether the box of a segment of a part without chunks meets another.
func (l *layer) enters(r *record, p part, within box) bool {
	w := l.walker(r)
	w.next()
	for range p.n() - 1 {
		segment := box{w.x, w.y, w.x, w.y}
		w.next()
		segment.extend(point{w.x, w.y})
		if segment.meets(within) {
			return true
		}
	}
	return false
}

// between gives the positions of a long part from one number to another, both included. start is the part's first chunk.
func (l *layer) between(start uint32, from, to int) []float64 {
	k := start
	for int(l.chunks[k+1].vertex) <= from { // the last one stands for the last vertex, which is no beginning
		k++
	}
	c := &l.chunks[k]
	w := walker{steps: l.steps, at: int(c.step), x: c.at.x, y: c.at.y}
	flat := make([]float64, 0, 2*(to-from+1))
	for n := int(c.vertex); ; n++ {
		if n >= from {
			lon, lat := unproject(point{w.x, w.y})
			flat = append(flat, lon, lat)
		}
		if n == to {
			return flat
		}
		w.next()
	}
}
