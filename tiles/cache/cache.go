// Package cache keeps tiles ready to be sent: built once, compressed once, with the values of the headers that go with them.
//
// A tile is put into the cache while the atlas that drew it cannot change, and taken out by the watcher that the atlas calls
// for an edit before anything can be drawn from what it has become. So what is found here is what would be drawn now.
package cache

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/maypok86/otter/v2"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

// Atlas draws tiles and tells which of them edits touch; [atlas.Atlas] is it.
type Atlas interface {
	// Tile draws a tile and calls keep, if it is not nil, before an edit can change what it was drawn from.
	Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile
	// Sifted draws a tile with those drafts only that see tells by their ids.
	Sifted(addr tiles.Address, see func(id int64) bool) tiles.Tile
	// Watch has a function called for every edit, before a tile can be drawn from what it made.
	Watch(watcher func([]atlas.Moved))
}

// queueLimit is how many builds may wait for their turn: at a millisecond each, half a second of work for one core.
const queueLimit = 512

// Cache is the tiles of one atlas.
type Cache struct {
	atlas   Atlas
	entries *otter.Cache[key, *entry]
	index   index
	pack    *packer
	better  chan request

	slots chan struct{} // taken by what computes: builds and second compressions
	work  sync.WaitGroup

	mu      sync.Mutex
	flights map[variant]*flight
	waiting int // builds that have no slot yet
}

// New makes a cache of so many bytes over an atlas.
func New(a Atlas, bytes int64) (*Cache, error) {
	workers := runtime.GOMAXPROCS(0)
	pack, err := newPacker(workers)
	if err != nil {
		return nil, err
	}
	c := &Cache{
		atlas: a, pack: pack, better: make(chan request, 1024),
		slots: make(chan struct{}, workers), flights: map[variant]*flight{},
	}
	c.entries, err = otter.New(&otter.Options[key, *entry]{
		MaximumWeight: uint64(max(bytes, 1)),
		Weigher:       func(_ key, e *entry) uint32 { return e.weight },
		OnDeletion:    c.forget,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the tile cache: %w", err)
	}
	a.Watch(c.drop)
	return c, nil
}

// key is a square of a grid.
type key uint64

func keyOf(grid tiles.Grid, z, x, y int) key {
	return key(grid)<<58 | key(z)<<52 | key(x)<<26 | key(y) //nolint:gosec // of an address, so in the grid
}

func (k key) grid() tiles.Grid { return tiles.Grid(k >> 58) }
func (k key) zoom() int        { return int(k >> 52 & 63) }
func (k key) x() int           { return int(k >> 26 & (1<<26 - 1)) }
func (k key) y() int           { return int(k & (1<<26 - 1)) }

// variant is one of the tiles of a square: what a set draws on a day.
type variant struct {
	key
	set  string
	asOf geo.Date
}

func variantOf(a *tiles.Address) variant {
	return variant{keyOf(a.Grid, a.Z, a.X, a.Y), a.Set.Name, a.AsOf}
}

// entry is the tiles of a square. It does not change: another takes its place.
type entry struct {
	tiles  []*Tile
	weight uint32
}

// maxVariants bounds the tiles of one square, so that someone who moves through the years leaves room for other places.
const maxVariants = 8

func newEntry(kept []*Tile) *entry {
	const overhead = 256 // of the cache itself
	e := &entry{tiles: kept, weight: overhead}
	for _, t := range kept {
		e.weight += t.size.Load()
	}
	return e
}

// Hit gives a tile that is there, or nil.
func (c *Cache) Hit(a *tiles.Address) *Tile {
	e, ok := c.entries.GetIfPresent(keyOf(a.Grid, a.Z, a.X, a.Y))
	if !ok {
		return nil
	}
	for _, t := range e.tiles {
		if t.address.Set.Name == a.Set.Name && t.address.AsOf == a.AsOf {
			if !t.used.Load() {
				t.used.Store(true)
			}
			return t
		}
	}
	return nil
}

// put adds a tile to those of its square. What was not asked for since the last one came goes first when there are too many.
func (c *Cache) put(t *Tile) {
	c.entries.Compute(t.key, func(old *entry, found bool) (*entry, otter.ComputeOp) {
		c.index.add(t.key) // before it can be found
		kept := []*Tile{t}
		if found {
			for _, used := range []bool{true, false} {
				for _, o := range old.tiles {
					if o.used.Load() == used && variantOf(&o.address) != variantOf(&t.address) && len(kept) < maxVariants {
						kept = append(kept, o)
					}
				}
			}
			for _, o := range old.tiles {
				o.used.Store(false)
			}
		}
		return newEntry(kept), otter.WriteOp
	})
}

// has tells whether a tile is in the cache.
func (c *Cache) has(t *Tile) bool {
	e, ok := c.entries.GetEntryQuietly(t.key)
	return ok && slices.Contains(e.Value.tiles, t)
}

// reweigh counts the bytes of a square anew, if it still has the tile that became larger or smaller.
func (c *Cache) reweigh(t *Tile) {
	c.entries.ComputeIfPresent(t.key, func(old *entry) (*entry, otter.ComputeOp) {
		if !slices.Contains(old.tiles, t) {
			return old, otter.CancelOp
		}
		return newEntry(old.tiles), otter.WriteOp
	})
}

// forget takes a square out of the index when it has left the cache. It is called some time after, when another tile may
// already have come in its place.
func (c *Cache) forget(e otter.DeletionEvent[key, *entry]) {
	if e.Cause == otter.CauseReplacement {
		return
	}
	c.entries.Compute(e.Key, func(old *entry, found bool) (*entry, otter.ComputeOp) {
		if !found {
			c.index.remove(e.Key)
		}
		return old, otter.CancelOp
	})
}

// Improve compresses again, and harder, what was compressed in a hurry and is asked for again, until ctx ends.
func (c *Cache) Improve(ctx context.Context) {
	for {
		select {
		case r := <-c.better:
			select {
			case c.slots <- struct{}{}:
				c.improve(r)
				<-c.slots
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// Wait returns when no build is under way. Nobody may ask for tiles any more.
func (c *Cache) Wait() { c.work.Wait() }
