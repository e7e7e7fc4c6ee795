package pmtiles

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"math"
	"sync"

	"github.com/klauspost/compress/gzip"

	"hetu/geo"
	"hetu/tiles"
)

// Builder makes tiles; the atlas does. While an archive is built nothing may be edited in it.
type Builder interface {
	// Occupied tells whether a tile, or any below it down to a zoom, may have anything in it.
	Occupied(addr tiles.Address, zoom int) bool
	Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile
}

// Pyramid is the tiles of a set on a day, from the set's first zoom on.
type Pyramid struct {
	Set     tiles.Set
	AsOf    geo.Date
	MaxZoom int
	Bounds  geo.Extent // tiles whose squares touch it; zero is everywhere
}

func (p *Pyramid) bounds() geo.Extent {
	if p.Bounds == (geo.Extent{}) {
		return geo.World()
	}
	return p.Bounds
}

// zooms gives the first and the last zoom: above its own last zoom a set shows nothing more.
func (p *Pyramid) zooms() (first, last int) {
	first, last = p.Set.Zooms()
	return first, min(last, p.MaxZoom)
}

// window is the tiles of a zoom that touch the bounds, both ends included.
type window struct{ zoom, minX, minY, maxX, maxY int }

func windowOf(zoom int, bounds geo.Extent) window {
	n := float64(int(1) << zoom)
	low := func(f float64) int { return int(min(max(math.Floor(f*n), 0), n-1)) }
	high := func(f float64, from int) int { return max(int(min(max(math.Ceil(f*n)-1, 0), n-1)), from) }
	w := window{zoom: zoom, minX: low((bounds.West + 180) / 360), minY: low(fromNorth(bounds.North))}
	w.maxX, w.maxY = high((bounds.East+180)/360, w.minX), high(fromNorth(bounds.South), w.minY)
	return w
}

// fromNorth gives a latitude as a fraction of the Mercator square's height.
func fromNorth(lat float64) float64 {
	return 0.5 - math.Atanh(math.Sin(lat*math.Pi/180))/(2*math.Pi)
}

// holds tells whether any of its tiles lies below a tile of an earlier zoom.
func (w *window) holds(z, x, y int) bool {
	up := w.zoom - z
	return x >= w.minX>>up && x <= w.maxX>>up && y >= w.minY>>up && y <= w.maxY>>up
}

// walk visits the tiles of a zoom that may have anything in them in the order of their ids, from a tile of an earlier zoom down.
// The tile is named by its place on the curve; its quarters follow each other there. It stops when visit wants no more.
type walk struct {
	builder Builder
	addr    tiles.Address
	window  window
}

func (w *walk) down(z int, place uint64, to int, visit func(addr tiles.Address, place uint64) bool) bool {
	addr := w.addr
	addr.Z = z
	addr.X, addr.Y = fromCurve(z, place)
	if !w.window.holds(z, addr.X, addr.Y) {
		return true
	}
	// A tile of the last zoom is built to see whether it has anything in it.
	if z < w.window.zoom && !w.builder.Occupied(addr, w.window.zoom) {
		return true
	}
	if z == to {
		return visit(addr, place)
	}
	for quarter := range uint64(4) {
		if !w.down(z+1, place<<2|quarter, to, visit) {
			return false
		}
	}
	return true
}

// depth is by how many zooms a block's tile lies above the tiles of the block.
const depth = 3

// block is a stretch of up to 64 ids: what a worker takes at once.
type block struct {
	walk
	z     int
	place uint64
}

// next is the id after the block's last.
func (b *block) next() uint64 {
	return firstOf(b.window.zoom) + (b.place+1)<<(2*(b.window.zoom-b.z))
}

// blocks gives the blocks of a pyramid in the order of their ids.
func (p *Pyramid) blocks(b Builder) iter.Seq[block] {
	return func(yield func(block) bool) {
		first, last := p.zooms()
		for zoom := first; zoom <= last; zoom++ {
			w := walk{builder: b, addr: tiles.Address{Set: p.Set, AsOf: p.AsOf}, window: windowOf(zoom, p.bounds())}
			top := max(zoom-depth, 0)
			if !w.down(0, 0, top, func(_ tiles.Address, place uint64) bool { return yield(block{walk: w, z: top, place: place}) }) {
				return
			}
		}
	}
}

// level of gzip: the sixth makes files 1.5 % smaller and takes a seventh longer.
const level = 4

// job is a block and the tiles that were made of it, packed, one after the other.
type job struct {
	block
	packed bytes.Buffer
	tiles  []packed
	done   chan struct{}
}

type packed struct {
	id       uint64
	from, to int // in the job's bytes
	sum      sum
}

// build makes a block's tiles.
func (j *job) build(gz *gzip.Writer) {
	j.packed.Reset()
	j.tiles = j.tiles[:0]
	first := firstOf(j.window.zoom)
	var before []byte
	j.down(j.z, j.place, j.window.zoom, func(addr tiles.Address, place uint64) bool {
		tile := j.builder.Tile(addr, nil)
		if len(tile.Data) == 0 {
			return true
		}
		// Inside a large area one tile is as the other.
		if bytes.Equal(tile.Data, before) {
			same := j.tiles[len(j.tiles)-1]
			same.id = first + place
			j.tiles = append(j.tiles, same)
			return true
		}
		before = tile.Data
		from := j.packed.Len()
		gz.Reset(&j.packed)
		// A buffer takes everything.
		_, _ = gz.Write(tile.Data)
		_ = gz.Close()
		hash := sha256.Sum256(j.packed.Bytes()[from:])
		j.tiles = append(j.tiles, packed{id: first + place, from: from, to: j.packed.Len(), sum: sum(hash[:len(sum{})])})
		return true
	})
}

// Progress tells how far an export has come.
type Progress struct {
	Counts

	Zoom         int
	Blocks, Done int // stretches of the pyramid, and those that are written
}

// Build makes the tiles of the pyramid and writes them, in the order of their ids whatever the number of workers. tell is called
// after every block. When ctx ends, what was made is safe on the disk before Build returns.
func (w *Writer) Build(ctx context.Context, b Builder, p *Pyramid, workers int, tell func(Progress)) error {
	from := w.next
	progress := Progress{Counts: w.counts}
	for block := range p.blocks(b) {
		progress.Blocks++
		if block.next() <= from {
			progress.Done++
		}
	}
	// What is ahead of the writer is bounded: a block of a middle zoom has some megabytes.
	ahead := 4 * workers
	l := line{jobs: make(chan *job, ahead), order: make(chan *job, ahead), free: make(chan *job, ahead)}
	var running sync.WaitGroup
	defer running.Wait()
	working, stop := context.WithCancel(ctx)
	defer stop()
	running.Go(func() { l.feed(working, p.blocks(b), from) })
	for range workers {
		running.Go(func() { l.work(working) })
	}
	err := l.collect(ctx, w, &progress, tell)
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), w.pause())
	}
	return err
}

// line is the way of a job: from free, to a worker and in the same order to the writer, back to free.
type line struct {
	jobs, order, free chan *job
}

// feed lines up the blocks that end after an id.
func (l *line) feed(ctx context.Context, blocks iter.Seq[block], from uint64) {
	defer close(l.order)
	defer close(l.jobs)
	for block := range blocks {
		if block.next() <= from {
			continue
		}
		var j *job
		select {
		case j = <-l.free:
		default:
			j = &job{}
		}
		j.block, j.done = block, make(chan struct{})
		for _, to := range []chan *job{l.order, l.jobs} {
			select {
			case to <- j:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (l *line) work(ctx context.Context) {
	gz, _ := gzip.NewWriterLevel(nil, level) // a level that there is
	for j := range l.jobs {
		if ctx.Err() == nil {
			j.build(gz)
		}
		close(j.done)
	}
}

// collect writes the tiles of one job after the other.
func (l *line) collect(ctx context.Context, w *Writer, progress *Progress, tell func(Progress)) error {
	for j := range l.order {
		select {
		case <-j.done:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, t := range j.tiles {
			if err := w.add(t.id, j.packed.Bytes()[t.from:t.to], t.sum); err != nil {
				return err
			}
		}
		if err := w.reached(j.next()); err != nil {
			return err
		}
		progress.Counts, progress.Zoom = w.counts, j.window.zoom
		progress.Done++
		tell(*progress)
		select {
		case l.free <- j:
		default:
		}
	}
	return nil
}
