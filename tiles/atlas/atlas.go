// Package atlas holds the layers of the tiles in memory: every feature with the days it is drawn on, its coordinates as whole
// numbers of the Mercator world, each vertex with the zoom from which it matters. Tiles are written straight from it.
//
// It is filled from a [Source], or from a file that it wrote itself, and follows the source's change feed. What it holds
// after any edits draws the same bytes as what a fresh load holds.
package atlas

import (
	"sync"
	"time"

	"hetu/geo"
	"hetu/tiles"
)

// Atlas is the layers of the catalogue. Tiles are drawn by any number of goroutines; one follows the feed.
type Atlas struct {
	scratch sync.Pool

	mu       sync.RWMutex // readers draw; the one that follows writes
	layers   map[string]*layer
	state    State
	watchers []func([]Moved)

	coverageMu sync.Mutex
	coverage   map[Day]map[string]tiles.Coverage
}

// State is how far an atlas has come.
type State struct {
	Loaded   bool
	Position Position  // in the feed
	Version  int64     // number of the newest write it has
	At       time.Time // when nothing newer was known to be
}

// New makes an empty atlas.
func New() *Atlas {
	a := &Atlas{layers: map[string]*layer{}}
	a.scratch.New = func() any { return newScratch() }
	for _, l := range newLayers() {
		a.layers[l.decl.Name] = l
	}
	return a
}

// newLayers makes every layer of the catalogue, empty, those of names tied to those they name.
func newLayers() map[string]*layer {
	layers := map[string]*layer{}
	for _, decl := range tiles.Catalogue() {
		layers[decl.Name] = newLayer(decl)
	}
	for _, l := range layers {
		if parent := layers[l.decl.Names]; parent != nil {
			parent.names, l.place = l.decl.Name, true
		}
	}
	return layers
}

// State tells how far the atlas has come.
func (a *Atlas) State() State {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.state
}

// Occupied tells whether any feature that is drawn at a zoom or before may be seen in a tile, by its box alone.
func (a *Atlas) Occupied(addr tiles.Address, zoom int) bool {
	sq := squareOf(addr.Grid, addr.Z, addr.X, addr.Y)
	area, day := sq.reach(buffer), DayOf(addr.AsOf, LastDay)
	a.mu.RLock()
	defer a.mu.RUnlock()
	for i := range addr.Set.Layers {
		l := a.layers[addr.Set.Layers[i].Name]
		if l == nil {
			continue
		}
		drawn := func(n uint32) bool { return l.records[n].diedZoom == live && l.records[n].on(day) }
		for k := range l.trees {
			if int(l.trees[k].zoom) <= zoom && l.trees[k].any(l.boxes, area, drawn) {
				return true
			}
		}
		any := false
		l.later.Search([2]uint32{area.minX, area.minY}, [2]uint32{area.maxX, area.maxY}, func(_, _ [2]uint32, n uint32) bool {
			any = int(l.records[n].rank) <= zoom && drawn(n)
			return !any
		})
		if any {
			return true
		}
	}
	return false
}

// Coverage tells for every layer what it has on a day.
func (a *Atlas) Coverage(asOf geo.Date) map[string]tiles.Coverage {
	day := DayOf(asOf, LastDay)
	a.mu.RLock()
	defer a.mu.RUnlock()
	a.coverageMu.Lock()
	defer a.coverageMu.Unlock()
	if known := a.coverage[day]; known != nil {
		return known
	}
	out := map[string]tiles.Coverage{}
	for name, l := range a.layers {
		out[name] = l.coverage(day)
	}
	if a.coverage == nil || len(a.coverage) >= coverageDays {
		a.coverage = map[Day]map[string]tiles.Coverage{}
	}
	a.coverage[day] = out
	return out
}

// coverageDays bounds how many days' coverage is remembered.
const coverageDays = 64

func (l *layer) coverage(day Day) tiles.Coverage {
	c, b := tiles.Coverage{}, nowhere()
	for i := range l.records {
		if r := &l.records[i]; r.diedZoom == live && r.on(day) {
			c.Count++
			b.join(l.boxes[i])
		}
	}
	if c.Count > 0 {
		c.Box.West, c.Box.North = unproject(point{b.minX, b.minY})
		c.Box.East, c.Box.South = unproject(point{b.maxX, b.maxY})
	}
	return c
}

// Lines gives every line of a layer that is drawn on a day, at any zoom, and meets a box: all its parts one after the other,
// lon and lat in turn, in the stored order, to about a centimetre.
func (a *Atlas) Lines(name string, extent geo.Extent, asOf geo.Date, each func(id int64, flat []float64)) {
	low, high := project(extent.West, extent.North), project(extent.East, extent.South)
	a.mu.RLock()
	defer a.mu.RUnlock()
	l := a.layers[name]
	for _, n := range l.search(box{low.x, low.y, high.x, high.y}, tiles.MaxZoom, DayOf(asOf, LastDay), nil) {
		if r := &l.records[n]; r.diedZoom == live {
			each(r.id, l.flat(r))
		}
	}
}

func (l *layer) flat(r *record) []float64 {
	var out []float64
	l.points(r, func(_ part, vertices []point) {
		for _, p := range vertices {
			lon, lat := unproject(p)
			out = append(out, lon, lat)
		}
	})
	return out
}
