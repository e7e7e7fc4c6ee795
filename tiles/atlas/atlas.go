// Package atlas holds the layers of the tiles in memory: every feature with the days it is drawn on, its coordinates as whole
// numbers of the Mercator world, each vertex with the zoom from which it matters. Tiles are written straight from it.
//
// It is filled from a [Source], or from a file that it wrote itself, and follows the source's change feed. What it holds
// after any edits draws the same bytes as what a fresh load holds.
package atlas

import (
	"slices"
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

	coverageMu sync.Mutex // taken before mu
	coverage   map[string][]covered
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
	a.coverageMu.Lock() // first: who waits for it must not keep an edit waiting
	defer a.coverageMu.Unlock()
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.coverage == nil {
		a.coverage = map[string][]covered{}
		for name, l := range a.layers {
			a.coverage[name] = l.covered()
		}
	}
	out := map[string]tiles.Coverage{}
	for name, all := range a.coverage {
		out[name] = coverageOn(all, day)
	}
	return out
}

// covered is what the live records of a layer that hold over the same days cover. There are few such periods, and every day can
// be answered from them.
type covered struct {
	period
	count int64
	box   box
}

func (l *layer) covered() []covered {
	all := make([]covered, len(l.periods.all))
	for i := range all {
		all[i].period, all[i].box = l.periods.all[i], nowhere()
	}
	for i := range l.records {
		if r := &l.records[i]; r.diedZoom == live {
			c := &all[r.period]
			c.count++
			c.box.join(l.boxes[i])
		}
	}
	return slices.DeleteFunc(all, func(c covered) bool { return c.count == 0 })
}

func coverageOn(all []covered, day Day) tiles.Coverage {
	out, b := tiles.Coverage{}, nowhere()
	for _, c := range all {
		if c.has(day) {
			out.Count += c.count
			b.join(c.box)
		}
	}
	if out.Count > 0 {
		out.Box.West, out.Box.North = unproject(point{b.minX, b.minY})
		out.Box.East, out.Box.South = unproject(point{b.maxX, b.maxY})
	}
	return out
}
