package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"

	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
	"hetu/tiles/mvttext"
)

// coldZooms are the zooms at which a build is measured, and how many tiles of each: at zoom 5 all there are.
var coldZooms = []struct{ zoom, tiles int }{{5, 1000}, {8, 200}, {10, 800}, {12, 2000}, {14, 4000}} //nolint:gochecknoglobals // a list

// atLeast is how much CPU time a measurement takes, so that what else a process does weighs little: the list is gone through
// as often as that needs.
const atLeast = 400 * time.Millisecond

// cold measures what it costs to make a tile that nobody has: the atlas against ST_AsMVT, uncompressed, one core each; and what
// the first answer costs, which has the layers of names too, with its compression.
func (b *bench) cold(ctx context.Context) error {
	var cases []*coldCase
	for _, z := range coldZooms {
		c := &coldCase{zoom: z.zoom, list: b.places.Tiles(b.both, b.today, z.zoom, z.tiles, b.cmd.Seed)}
		if len(c.list) == 0 {
			return errors.New("there are no reaches to draw")
		}
		if err := c.look(ctx, b); err != nil {
			return err
		}
		cases = append(cases, c)
	}
	for run := range b.cmd.Runs {
		for _, c := range cases {
			if err := c.measure(ctx, b); err != nil {
				return err
			}
		}
		b.say("cold: run %d of %d is done", run+1, b.cmd.Runs)
	}
	for _, c := range cases {
		if err := b.emit(c.result()); err != nil {
			return err
		}
	}
	return nil
}

// coldCase is the tiles of a zoom, and what was measured of them.
type coldCase struct {
	zoom int
	list []tiles.Address

	passes, baselinePasses int
	features, vertices     int
	bytes                  int
	baseline               struct{ features, vertices, bytes int }
	gzipped, zstandard     int

	cpu, baselineCPU, ratio, gzip, zstd []float64 // a tile, in milliseconds, by run
	p99, baselineP99                    []float64
}

// look goes through the tiles once, which warms everything, counts what is in them, and finds how often to go through them.
func (c *coldCase) look(ctx context.Context, b *bench) error {
	tilesOf := make([][]byte, 0, len(c.list))
	taken, err := b.drawByPostGIS(ctx, c.list, func(data []byte, _ float64) { tilesOf = append(tilesOf, data) })
	if err != nil {
		return err
	}
	c.baselinePasses = passes(taken)
	for i, data := range tilesOf {
		var features []mvttext.Feature
		if features, err = mvttext.Decode(data); err != nil {
			return fmt.Errorf("read what PostGIS drew as %d/%d/%d: %w", c.zoom, c.list[i].X, c.list[i].Y, err)
		}
		c.baseline.bytes += len(data)
		c.baseline.features += len(features)
		for _, f := range features {
			for _, part := range f.Parts {
				c.baseline.vertices += len(part)
			}
		}
	}
	started := ownCPU()
	for _, addr := range c.list {
		t := b.atlas.Tile(addr, nil)
		c.features += t.Features
		c.vertices += t.Vertices
		c.bytes += len(t.Data)
	}
	c.passes = passes(ownCPU() - started)
	if c.gzipped, _, err = b.firstAnswers(ctx, c.list, cache.Gzip); err != nil {
		return err
	}
	c.zstandard, _, err = b.firstAnswers(ctx, c.list, cache.Zstd)
	return err
}

func passes(one time.Duration) int {
	return max(1, int(math.Ceil(float64(atLeast)/float64(max(one, time.Millisecond)))))
}

// measure adds a run.
func (c *coldCase) measure(ctx context.Context, b *bench) error {
	n := float64(len(c.list))
	runtime.GC() // what others left is not on this account
	var walls []float64
	started := ownCPU()
	for range c.passes {
		for _, addr := range c.list {
			at := time.Now()
			b.atlas.Tile(addr, nil)
			walls = append(walls, ms(time.Since(at)))
		}
	}
	cpu := ms(ownCPU()-started) / n / float64(c.passes)
	c.cpu, c.p99 = append(c.cpu, cpu), append(c.p99, percentile(walls, 0.99))

	walls = walls[:0]
	sum := time.Duration(0)
	for range c.baselinePasses {
		taken, err := b.drawByPostGIS(ctx, c.list, func(_ []byte, wall float64) { walls = append(walls, wall) })
		if err != nil {
			return err
		}
		sum += taken
	}
	baseline := ms(sum) / n / float64(c.baselinePasses)
	c.baselineCPU, c.baselineP99 = append(c.baselineCPU, baseline), append(c.baselineP99, percentile(walls, 0.99))
	c.ratio = append(c.ratio, baseline/cpu)

	for encoding, figures := range map[cache.Encoding]*[]float64{cache.Gzip: &c.gzip, cache.Zstd: &c.zstd} {
		sum = 0
		for range c.passes {
			runtime.GC()
			_, taken, err := b.firstAnswers(ctx, c.list, encoding)
			if err != nil {
				return err
			}
			sum += taken
		}
		*figures = append(*figures, ms(sum)/n/float64(c.passes))
	}
	return nil
}

// drawByPostGIS has tiles drawn and gives the CPU time that the back end took. see gets each with the milliseconds until it came.
func (b *bench) drawByPostGIS(ctx context.Context, list []tiles.Address, see func(data []byte, wall float64)) (time.Duration, error) {
	before, err := processCPU(b.oracle.PID())
	if err != nil {
		return 0, err
	}
	for _, addr := range list {
		at := time.Now()
		var data []byte
		if data, err = b.oracle.Tile(ctx, addr); err != nil {
			return 0, err
		}
		see(data, ms(time.Since(at)))
	}
	after, err := processCPU(b.oracle.PID())
	return after - before, err
}

func (c *coldCase) result() benchResult {
	n := float64(len(c.list))
	a := func(sum int) float64 { return float64(sum) / n }
	return benchResult{
		Case: "cold", Z: c.zoom, Tiles: len(c.list), Runs: len(c.cpu),
		CPU: median(c.cpu), BaselineCPU: median(c.baselineCPU), Ratio: median(c.ratio), P99: median(c.p99), BaselineP99: median(c.baselineP99),
		Features: a(c.features), Vertices: a(c.vertices), Bytes: a(c.bytes),
		BaselineFeatures: a(c.baseline.features), BaselineVertices: a(c.baseline.vertices), BaselineBytes: a(c.baseline.bytes),
		FirstCPU: median(c.gzip), FirstBytes: a(c.gzipped), ZstdCPU: median(c.zstd), ZstdBytes: a(c.zstandard),
	}
}

// counted counts how often tiles are built.
type counted struct {
	cache.Atlas
	builds atomic.Int64
}

func (c *counted) Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile {
	c.builds.Add(1)
	return c.Atlas.Tile(addr, keep)
}

// Watch does nothing: while builds are measured nothing is written, and a cache that is done with is to be forgotten.
func (*counted) Watch(func([]atlas.Moved)) {}

// firstAnswers makes the first answers to requests for tiles, as the server does, in a cache that has none, and gives how many
// bytes they have and what CPU time that took.
func (b *bench) firstAnswers(ctx context.Context, list []tiles.Address, encoding cache.Encoding) (size int, cpu time.Duration, err error) {
	source := &counted{Atlas: b.atlas}
	kept, err := cache.New(source, 1<<30)
	if err != nil {
		return 0, 0, err
	}
	answer := func(addr tiles.Address) error {
		tile, err := kept.Tile(ctx, addr, encoding)
		if err != nil {
			return err
		}
		body, err := tile.Body(encoding, true)
		size += len(body.Bytes)
		return err
	}
	// A tile of the whole world first: the compressors are made when they are first used.
	if err := answer(tiles.Address{Set: b.public, AsOf: b.today}); err != nil {
		return 0, 0, err
	}
	size = 0
	before, started := source.builds.Load(), ownCPU()
	for _, addr := range list {
		addr.Set = b.public
		if err := answer(addr); err != nil {
			return 0, 0, err
		}
	}
	cpu = ownCPU() - started
	if n := source.builds.Load() - before; n != int64(len(list)) {
		return 0, 0, fmt.Errorf("%d builds for %d tiles", n, len(list))
	}
	return size, cpu, nil
}
