package cache

import (
	"slices"
	"sync"

	"github.com/maypok86/otter/v2"

	"hetu/tiles"
	"hetu/tiles/atlas"
)

// index is the squares that may be in the cache, by grid and zoom: all that are, and for a moment some that have left it.
type index struct {
	mu    sync.Mutex
	zooms [2][tiles.MaxZoom + 1]map[key]struct{}
}

func (x *index) add(k key) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at := &x.zooms[k.grid()][k.zoom()]
	if *at == nil {
		*at = map[key]struct{}{}
	}
	(*at)[k] = struct{}{}
}

func (x *index) remove(k key) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.zooms[k.grid()][k.zoom()], k)
}

// within gives the squares of a zoom that may be in the cache and lie in a range of columns and rows, both ends included. A
// range of fewer squares than there are is gone through whole: some that are given may not be there.
func (x *index) within(found []key, grid tiles.Grid, zoom, x0, y0, x1, y1 int) []key {
	x.mu.Lock()
	defer x.mu.Unlock()
	there := x.zooms[grid][zoom]
	if len(there) == 0 {
		return found
	}
	if (x1-x0+1)*(y1-y0+1) <= len(there) {
		for tx := x0; tx <= x1; tx++ {
			for ty := y0; ty <= y1; ty++ {
				found = append(found, keyOf(grid, zoom, tx, ty))
			}
		}
		return found
	}
	for k := range there {
		if tx, ty := k.x(), k.y(); tx >= x0 && tx <= x1 && ty >= y0 && ty <= y1 {
			found = append(found, k)
		}
	}
	return found
}

// drop takes out what an edit touches: the watcher of the atlas.
func (c *Cache) drop(moved []atlas.Moved) {
	var found []key
	for i := range moved {
		m := &moved[i]
		first, last := m.Zooms()
		for _, grid := range []tiles.Grid{tiles.WebMercatorQuad, tiles.CGCS2000Quad} {
			for zoom := first; zoom <= last; zoom++ {
				x0, y0, x1, y1 := 0, 0, 1<<zoom, 1<<zoom
				if !m.Whole() {
					x0, y0, x1, y1 = m.Range(grid, zoom)
				}
				found = c.index.within(found[:0], grid, zoom, x0, y0, x1, y1)
				for _, k := range found {
					c.dropTouched(k, m)
				}
			}
		}
	}
}

// dropTouched takes out the tiles of a square that a change touches.
func (c *Cache) dropTouched(k key, m *atlas.Moved) {
	e, ok := c.entries.GetEntryQuietly(k)
	if !ok || !slices.ContainsFunc(e.Value.tiles, func(t *Tile) bool { return t.shows(m) }) {
		return
	}
	if !m.Touches(k.grid(), k.zoom(), k.x(), k.y()) {
		return
	}
	c.entries.ComputeIfPresent(k, func(old *entry) (*entry, otter.ComputeOp) {
		var kept []*Tile
		for _, t := range old.tiles {
			if !t.shows(m) {
				kept = append(kept, t)
			}
		}
		if len(kept) == 0 {
			return nil, otter.InvalidateOp
		}
		return newEntry(kept), otter.WriteOp
	})
}

// shows tells whether the tile's set and day have what changed.
func (t *Tile) shows(m *atlas.Moved) bool {
	return slices.ContainsFunc(t.address.Set.Layers, func(l tiles.Layer) bool { return l.Name == m.Layer() }) && m.Holds(t.address.AsOf)
}
