package cache

import (
	"context"
	"fmt"
	"runtime/debug"

	"hetu/geo"
	"hetu/tiles"
)

// flight is a build that some requests wait for.
type flight struct {
	address  tiles.Address
	variant  variant
	shared   bool                // others that ask for the same join; else it is nobody else's to see, and not kept
	see      func(id int64) bool // which drafts are drawn; nil: all
	encoding Encoding
	waiters  int
	started  bool
	left     chan struct{} // closed when nobody waits and it need not start
	done     chan struct{} // closed when tile or err is there
	tile     *Tile
	err      error
}

// Tile gives a tile: the one that is there, else one that is built now. Requests for the same tile share one build; it is
// compressed as the first of them wants it. When ctx ends the request leaves, and a build that nobody waits for does not
// begin. When too many wait the answer is [geo.CodeUnavailable].
//
// A set with drafts is built for each request, and not kept.
func (c *Cache) Tile(ctx context.Context, address tiles.Address, encoding Encoding) (*Tile, error) {
	return c.Sifted(ctx, address, encoding, nil)
}

// Sifted is [Cache.Tile] for somebody who sees of the drafts only those that see tells by their ids; nil: all.
func (c *Cache) Sifted(ctx context.Context, address tiles.Address, encoding Encoding, see func(id int64) bool) (*Tile, error) {
	f, t, err := c.join(&address, encoding, see)
	if f == nil {
		return t, err
	}
	select {
	case <-f.done:
		return f.tile, f.err
	case <-ctx.Done():
		c.leave(f)
		return nil, fmt.Errorf("wait for a tile: %w", ctx.Err())
	}
}

// join gives the flight to wait for, or the tile if it came in the meantime.
func (c *Cache) join(address *tiles.Address, encoding Encoding, see func(id int64) bool) (*flight, *Tile, error) {
	v, shared := variantOf(address), !address.Set.Drafts()
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[v]; f != nil {
		f.waiters++
		return f, nil, nil
	}
	if shared {
		// A flight is struck from the list when its tile is in the cache: it is not in between.
		if t := c.Hit(address); t != nil {
			return nil, t, nil
		}
	}
	if c.waiting >= queueLimit {
		return nil, nil, geo.Errorf(geo.CodeUnavailable, "the server has more tiles to draw than it can; ask again in a moment")
	}
	c.waiting++
	f := &flight{
		address: *address, variant: v, shared: shared, see: see, encoding: encoding, waiters: 1,
		left: make(chan struct{}), done: make(chan struct{}),
	}
	if shared {
		c.flights[v] = f
	}
	c.work.Go(func() { c.fly(f) })
	return f, nil, nil
}

// leave takes a request off a flight, and the flight off the queue with the last of them.
func (c *Cache) leave(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && !f.started {
		c.strike(f)
		c.waiting--
		close(f.left)
	}
}

// strike takes a flight off the list: who asks from now on does not join it.
func (c *Cache) strike(f *flight) {
	if c.flights[f.variant] == f {
		delete(c.flights, f.variant)
	}
}

// fly waits for a slot and builds.
func (c *Cache) fly(f *flight) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-f.left:
		return
	}
	c.mu.Lock()
	wanted := f.waiters > 0
	if wanted {
		f.started = true
		c.waiting--
	}
	c.mu.Unlock()
	if wanted {
		c.build(f)
	}
}

// build draws and compresses a tile and answers all who wait for it, whatever happens.
func (c *Cache) build(f *flight) {
	defer func() {
		if cause := recover(); cause != nil {
			f.tile, f.err = nil, fmt.Errorf("building the tile %s %d/%d/%d panicked: %v\n%s", f.address.Set.Name, f.address.Z, f.address.X, f.address.Y, cause, debug.Stack())
		}
		c.mu.Lock()
		c.strike(f)
		c.mu.Unlock()
		close(f.done)
	}()
	t := &Tile{cache: c, address: f.address, key: f.variant.key, kept: f.shared}
	// Who finds the tile in the cache waits for its first compression.
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.see != nil {
		drawn := c.atlas.Sifted(f.address, f.see)
		t.fill(&drawn)
		f.tile = t
		_, f.err = t.makeLocked(f.encoding)
		return
	}
	c.atlas.Tile(f.address, func(drawn tiles.Tile) {
		t.fill(&drawn)
		if !f.shared {
			return
		}
		c.put(t)
		// From here on an edit may come. Who asks after it must not be answered from before it.
		c.mu.Lock()
		c.strike(f)
		c.mu.Unlock()
	})
	f.tile = t
	_, f.err = t.makeLocked(f.encoding)
}
