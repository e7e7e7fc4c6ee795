package atlas

import (
	"hetu/geo"
	"hetu/tiles"
)

// Stretches gives the stretches of the lines of a layer that hold on a day which enter a box: lon and lat in turn, in the
// stored order, to about a centimetre. A stretch begins and ends at a position whose number every divides, or at an end of
// its line; first is the number of its first one, total how many the line has. What lies between two stretches of a line does
// not enter the box.
func (a *Atlas) Stretches(name string, extent geo.Extent, asOf geo.Date, every int, each func(id int64, first, total int, flat []float64)) {
	low, high := project(extent.West, extent.North), project(extent.East, extent.South)
	within := box{low.x, low.y, high.x, high.y}
	a.mu.RLock()
	defer a.mu.RUnlock()
	l := a.layers[name]
	for _, n := range l.search(within, tiles.MaxZoom, DayOf(asOf, LastDay), nil) {
		r := &l.records[n]
		if r.diedZoom != live {
			continue
		}
		line := l.line(r)
		for from := 0; from < len(line)-1; {
			to := from
			for to < len(line)-1 && touches(line[to:min(to+every, len(line)-1)+1], within) {
				to = min(to+every, len(line)-1)
			}
			if to > from {
				each(r.id, from, len(line), degrees(line[from:to+1]))
			}
			from = max(to, from+every)
		}
	}
}

// touches tells whether the box of a run of vertices meets another.
func touches(line []point, within box) bool {
	b := nowhere()
	for _, p := range line {
		b.extend(p)
	}
	return b.meets(within)
}

// Line gives the whole of a line of a layer, as Stretches does; nil if there is none on that day.
func (a *Atlas) Line(name string, id int64, asOf geo.Date) []float64 {
	day := DayOf(asOf, LastDay)
	a.mu.RLock()
	defer a.mu.RUnlock()
	l := a.layers[name]
	for _, n := range l.of(id) {
		if r := &l.records[n]; r.on(day) {
			return degrees(l.line(r))
		}
	}
	return nil
}

// Merges tells whether two neighbouring positions of a line are one to the atlas, so that the second is not among those it
// gives.
func (*Atlas) Merges(lon1, lat1, lon2, lat2 float64) bool {
	return project(lon1, lat1) == project(lon2, lat2)
}

func (l *layer) line(r *record) []point {
	var out []point
	l.points(r, func(_ part, vertices []point) { out = append(out, vertices...) })
	return out
}

func degrees(line []point) []float64 {
	flat := make([]float64, 0, 2*len(line))
	for _, p := range line {
		lon, lat := unproject(p)
		flat = append(flat, lon, lat)
	}
	return flat
}
