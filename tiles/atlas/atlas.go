// Package atlas holds the layers of the tiles in memory: every feature with the days it is drawn on, its coordinates as whole
// numbers of the Mercator world, each vertex with the zoom from which it matters. Tiles are written straight from it.
//
// It is filled from a [Source], or from a file that it wrote itself, and follows the source's change feed. What it holds
// after any edits draws the same bytes as what a fresh load holds.
package atlas

import (
	"sync"
	"sync/atomic"
	"time"

	"hetu/geo"
	"hetu/tiles"
)

// Atlas is the layers of the catalogue. Tiles are drawn by any number of goroutines; one follows the feed.
type Atlas struct {
	scratch sync.Pool

	mu       sync.RWMutex // readers draw; the one that follows writes
	layers   map[string]*layer
	watchers []func([]Moved)
	state    atomic.Pointer[State] // asked with every answer: nobody waits for it

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
	a.state.Store(&State{})
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
func (a *Atlas) State() State { return *a.state.Load() }

// reached notes how far the atlas has come.
func (a *Atlas) reached(change func(*State)) {
	s := a.State() // one goroutine loads and follows
	change(&s)
	a.state.Store(&s)
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
		drawn := func(n uint32) bool {
			r := &l.records[n]
			return r.diedZoom == live && int(r.rank) <= zoom && l.days(r).has(day)
		}
		for k := range l.trees {
			if int(l.trees[k].zoom) <= zoom && l.trees[k].any(l.boxes, area, drawn) {
				return true
			}
		}
		seen := false
		l.later.Search([2]uint32{area.minX, area.minY}, [2]uint32{area.maxX, area.maxY}, func(_, _ [2]uint32, n uint32) bool {
			seen = drawn(n)
			return !seen
		})
		if seen {
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
		if r := &l.records[i]; r.diedZoom == live && l.days(r).has(day) {
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
