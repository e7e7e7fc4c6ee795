package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/sample"
	"hetu/tiles"
	"hetu/tiles/mvttext"
)

const (
	editsASecond  = 100
	editWriters   = 4
	asksASecond   = 500
	editZoom      = 14  // of the tile in which an edit is waited for
	editShift     = 3.0 // metres that a vertex is moved by: five tile units or so
	countedEdits  = 40
	watchedTiles  = 2000 // of each grid, which an edit must leave alone if it is not in them
	lookFrom      = 9    // first zoom at which a reach is drawn
	waitForAnEdit = 10 * time.Second
	askAgain      = time.Millisecond // who asks without a pause takes the processor from those that are measured
)

// edit measures how soon what was written is seen: reaches are moved by some writers while others ask for tiles. The clock of an
// edit starts when its write has been answered, and stops when a tile that it touches has come with it. Then, without any load,
// it counts for some edits the tiles whose version moved, and those that the reach is or was drawn in.
func (b *bench) edit(ctx context.Context) (err error) {
	ours, err := b.hetuServe(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	version, err := b.db.Version(ctx)
	if err != nil {
		return err
	}
	b.shift = editShift + float64(version%997)/500 // a store that was measured in before has the reaches of then
	n := int(b.cmd.EditFor.Seconds()*editsASecond) + countedEdits
	reaches, err := b.pick(ctx, n)
	if err != nil {
		return err
	}
	b.say("edit: %d writers move reaches for %s", editWriters, b.cmd.EditFor)
	if err := b.editUnderLoad(ctx, ours, reaches[:len(reaches)-min(countedEdits, len(reaches)/2)]); err != nil {
		return err
	}
	return b.countMoved(ctx, reaches[len(reaches)-min(countedEdits, len(reaches)/2):])
}

// pick grows the network again and takes some of its reaches.
func (b *bench) pick(ctx context.Context, n int) ([]pg.Reach, error) {
	r := rand.New(rand.NewPCG(b.cmd.Seed, 2)) //nolint:gosec // to be drawn again, not to be secret
	wanted := map[int]bool{}
	for range n {
		wanted[r.IntN(b.cmd.Reaches)] = true
	}
	var out []pg.Reach
	at := 0
	err := sample.Generate(ctx, sample.Spec{Reaches: b.cmd.Reaches, Seed: b.cmd.Seed}, func(_ context.Context, rows ...pg.Row) error {
		for _, row := range rows {
			if reach, ok := row.(pg.Reach); ok {
				if wanted[at] {
					out = append(out, reach)
				}
				at++
			}
		}
		return nil
	})
	r.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out, err
}

// move gives a reach with its middle vertex moved away from the line between its neighbours, by some metres, and where that is.
func move(reach pg.Reach, metres float64) (moved pg.Reach, lon, lat float64) {
	const degree = 111_320 // metres
	flat := slices.Clone(reach.Geom.FlatCoords())
	middle := len(flat) / 4 * 2
	before, after := max(middle-2, 0), min(middle+2, len(flat)-2)
	dx, dy := flat[after]-flat[before], flat[after+1]-flat[before+1]
	length := max(math.Hypot(dx, dy), 1e-9)
	flat[middle] -= dy / length * metres / degree
	flat[middle+1] += dx / length * metres / degree
	reach.Geom = geom.NewLineStringFlat(geom.XY, flat)
	return reach, flat[middle], flat[middle+1]
}

// write brings one reach in, as a planner's save does.
func (b *bench) write(ctx context.Context, reach pg.Reach) error {
	batch, err := b.db.NewBatch(ctx, "hetu bench", "a reach is moved")
	if err != nil {
		return err
	}
	if err = batch.Add(ctx, reach); err != nil {
		return err
	}
	merged, err := batch.Merge(ctx)
	if err != nil {
		return err
	}
	if len(merged) != 1 || merged[0].Changed != 1 {
		return fmt.Errorf("moving the reach %s changed %v: the store was not made by hetu sample load with this --reaches and --seed", reach.Key, merged)
	}
	return nil
}

// placeOf gives the tile of a position, and where it lies in it.
func placeOf(zoom int, lon, lat float64) (x, y int, tileX, tileY float64) {
	n := float64(int(1) << zoom)
	fx := (lon + 180) / 360 * n
	fy := (0.5 - math.Atanh(math.Sin(lat*math.Pi/180))/(2*math.Pi)) * n
	return int(fx), int(fy), (fx - math.Floor(fx)) * 4096, (fy - math.Floor(fy)) * 4096
}

// seen is an edit that is waited for.
type seen struct {
	reach        pg.Reach
	tileX, tileY float64
	wrote, took  float64 // milliseconds
	missed       bool    // it was not seen in time
	err          error
}

// editUnderLoad moves reaches, at a pace, while tiles are asked for.
func (b *bench) editUnderLoad(ctx context.Context, ours *served, reaches []pg.Reach) error {
	loading, end := context.WithCancel(ctx)
	var load sync.WaitGroup
	failed := make([]error, connections)
	took := make([][]float64, connections)
	for k := range connections {
		load.Go(func() { took[k], failed[k] = b.ask(loading, ours.addr, uint64(k)) }) //nolint:gosec // a small number
	}
	results := make([]seen, len(reaches))
	next := atomic.Int64{}
	var writers sync.WaitGroup
	started := time.Now()
	for w := range editWriters {
		writers.Go(func() {
			const pace = time.Second * editWriters / editsASecond
			var waiting sync.WaitGroup
			for k := 0; ctx.Err() == nil && time.Since(started) < b.cmd.EditFor; k++ {
				due := started.Add(pace*time.Duration(k) + pace*time.Duration(w)/editWriters)
				time.Sleep(time.Until(due))
				n := int(next.Add(1)) - 1
				if n >= len(results) {
					break
				}
				results[n].reach = reaches[n]
				b.editOne(ctx, ours.addr, &results[n], &waiting)
			}
			waiting.Wait()
		})
	}
	writers.Wait()
	wall := time.Since(started).Seconds()
	end()
	load.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return b.tellEdits(results[:min(int(next.Load()), len(results))], slices.Concat(took...), wall)
}

// editOne writes, and has the answer waited for while the next is written.
func (b *bench) editOne(ctx context.Context, addr string, s *seen, waiting *sync.WaitGroup) {
	w, err := dial(ctx, addr)
	if err != nil {
		s.err = err
		return
	}
	moved, lon, lat := move(s.reach, b.shift)
	s.reach = moved
	var x, y int
	x, y, s.tileX, s.tileY = placeOf(editZoom, lon, lat)
	path := tilePath(tiles.Address{Set: b.public, Z: editZoom, X: x, Y: y})
	ask := getRequest(path, addr)
	if _, s.err = w.get(ask); s.err != nil { // so that it is there, and has to go
		w.close()
		return
	}
	started := time.Now()
	if s.err = b.write(ctx, moved); s.err != nil {
		w.close()
		return
	}
	written := time.Now()
	s.wrote = ms(written.Sub(started))
	waiting.Go(func() {
		defer w.close()
		s.wait(w, ask, path, written)
	})
}

// wait asks for a tile until it shows the edit.
func (s *seen) wait(w *wire, ask []byte, path string, written time.Time) {
	tag := ""
	for ; time.Since(written) < waitForAnEdit; time.Sleep(askAgain) {
		p, err := w.get(ask)
		if err != nil {
			s.err = err
			return
		}
		took := ms(time.Since(written))
		now := p.value("Etag")
		if now == tag {
			continue // it was looked at
		}
		tag = now
		shown, err := s.shown(p.take(path))
		if err != nil {
			s.err = err
			return
		}
		if shown {
			s.took = took
			return
		}
	}
	s.missed = true
}

// ask asks for tiles of the zooms that are looked at most, at a pace, until ctx ends.
func (b *bench) ask(ctx context.Context, addr string, k uint64) ([]float64, error) {
	var requests [][]byte
	for _, z := range warmZooms {
		for _, a := range b.places.Tiles(b.public, b.today, z.zoom, 400, b.cmd.Seed) {
			requests = append(requests, getRequest(tilePath(a), addr))
		}
	}
	r := rand.New(rand.NewPCG(b.cmd.Seed, k)) //nolint:gosec // to be drawn again, not to be secret
	w, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer w.close()
	var took []float64
	started := time.Now()
	for i := 0; ctx.Err() == nil; i++ {
		time.Sleep(time.Until(started.Add(time.Duration(i) * time.Second * connections / asksASecond)))
		at := time.Now()
		if _, err := w.get(requests[r.IntN(len(requests))]); err != nil {
			return nil, err
		}
		took = append(took, ms(time.Since(at)))
	}
	return took, nil
}

// tellEdits tells the figures.
func (b *bench) tellEdits(results []seen, asks []float64, wall float64) error {
	var took, wrote []float64
	wrong := 0
	for i := range results {
		s := &results[i]
		if s.err != nil {
			return s.err
		}
		if s.missed {
			wrong++
			continue
		}
		took, wrote = append(took, s.took), append(wrote, s.wrote)
	}
	return b.emit(benchResult{
		Case: "edit", Z: editZoom, Edits: len(results), EditsPerSecond: float64(len(results)) / wall, Requests: len(asks), RPS: float64(len(asks)) / wall,
		P50: median(took), P99: percentile(took, 0.99), Write: median(wrote), Wrong: &wrong,
	})
}

// shown tells whether the reach runs where it was moved to, which is farther than that from where it ran.
func (s *seen) shown(answer bareAnswer) (bool, error) {
	plain, err := decompressed(answer)
	if err != nil {
		return false, err
	}
	features, err := mvttext.Decode(plain)
	if err != nil {
		return false, err
	}
	for _, f := range features {
		if f.Layer == "reach" && f.Properties["code"] == s.reach.Code {
			return distance(f, s.tileX, s.tileY) <= 1.5, nil
		}
	}
	return false, nil
}

// distance gives how far a place is from a feature's lines, in tile units.
func distance(f mvttext.Feature, x, y float64) float64 {
	best := math.Inf(1)
	for _, part := range f.Parts {
		for i := 1; i < len(part); i++ {
			ax, ay := float64(part[i-1][0]), float64(part[i-1][1])
			dx, dy := float64(part[i][0])-ax, float64(part[i][1])-ay
			t := min(max(((x-ax)*dx+(y-ay)*dy)/(dx*dx+dy*dy), 0), 1)
			best = min(best, math.Hypot(x-ax-t*dx, y-ay-t*dy))
		}
	}
	return best
}

// moves are tiles whose version moved, those that the reach was or is drawn in, and those where the one is not as the other.
type moves struct{ moved, touched, wrong int }

// countMoved counts for some edits the tiles around them that moved, and those that the reach was or is drawn in. Of tiles
// anywhere, of all public layers, none may move that the reach is in neither before nor after.
func (b *bench) countMoved(ctx context.Context, reaches []pg.Reach) error {
	following, end := context.WithCancel(ctx)
	var follow sync.WaitGroup
	var lost error
	follow.Go(func() { b.atlas.Follow(following, b.db.Atlas(), "", func(err error) { lost = errors.Join(lost, err) }) })
	var all moves
	failed := b.caughtUp(ctx)
	anywhere := b.look(b.anywhere())
	for _, reach := range reaches {
		if failed != nil {
			break
		}
		var n moves
		if n, failed = b.countOne(ctx, reach, anywhere); failed == nil {
			all = moves{all.moved + n.moved, all.touched + n.touched, all.wrong + n.wrong}
		}
	}
	end()
	follow.Wait()
	if err := errors.Join(failed, lost); err != nil {
		return err
	}
	return b.emit(benchResult{Case: "moved", Edits: len(reaches), Tiles: len(anywhere.list), Moved: &all.moved, Touched: &all.touched, Wrong: &all.wrong})
}

// caughtUp waits until the atlas has all that was written.
func (b *bench) caughtUp(ctx context.Context) error {
	version, err := b.db.Version(ctx)
	if err != nil {
		return err
	}
	for started := time.Now(); b.atlas.State().Version < version; time.Sleep(time.Millisecond) {
		if time.Since(started) > waitForAnEdit {
			return fmt.Errorf("the atlas is at version %d, the store at %d", b.atlas.State().Version, version)
		}
	}
	return nil
}

// anywhere gives public tiles of both grids, of all zooms, each once.
func (b *bench) anywhere() []tiles.Address {
	var out []tiles.Address
	seen := map[[4]int]bool{}
	for _, grid := range []tiles.Grid{tiles.WebMercatorQuad, tiles.CGCS2000Quad} {
		for _, a := range b.places.Around(b.public, grid, b.today, watchedTiles, b.cmd.Seed) {
			if at := [4]int{int(grid), a.Z, a.X, a.Y}; !seen[at] {
				seen[at] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// look is tiles as they were drawn last.
type look struct {
	list  []tiles.Address
	drawn []tiles.Tile
}

func (b *bench) look(list []tiles.Address) *look {
	l := &look{list: list}
	for _, addr := range list {
		l.drawn = append(l.drawn, b.atlas.Tile(addr, nil))
	}
	return l
}

// again draws the tiles anew. each is told of every tile, as it was and is.
func (b *bench) again(l *look, each func(before, after *tiles.Tile) error) error {
	for i, addr := range l.list {
		after := b.atlas.Tile(addr, nil)
		if err := each(&l.drawn[i], &after); err != nil {
			return err
		}
		l.drawn[i] = after
	}
	return nil
}

// countOne moves a reach.
func (b *bench) countOne(ctx context.Context, reach pg.Reach, anywhere *look) (n moves, err error) {
	changed, lon, lat := move(reach, b.shift)
	set, err := tiles.ParseSet("reach")
	if err != nil {
		return n, err
	}
	x, y, _, _ := placeOf(editZoom, lon, lat)
	id, err := b.idOf(tiles.Address{Set: set, Z: editZoom, X: x, Y: y, AsOf: b.today}, reach.Code)
	if err != nil {
		return n, err
	}
	list := around(set, reach.Geom.FlatCoords(), changed.Geom.FlatCoords())
	for i := range list {
		list[i].AsOf = b.today
	}
	near := b.look(list)
	if err = errors.Join(b.write(ctx, changed), b.caughtUp(ctx)); err != nil {
		return n, err
	}
	err = b.again(near, func(before, after *tiles.Tile) error {
		moved := before.Version != after.Version
		touched, failed := shows(id, before, after)
		if moved {
			n.moved++
		}
		if touched {
			n.touched++
		}
		if moved != touched {
			n.wrong++
		}
		return failed
	})
	if err != nil {
		return n, err
	}
	return n, b.again(anywhere, func(before, after *tiles.Tile) error {
		if before.Version == after.Version {
			return nil
		}
		touched, err := shows(id, before, after)
		if !touched {
			n.wrong++
		}
		return err
	})
}

// shows tells whether a reach is drawn in one of some tiles.
func shows(id uint64, drawn ...*tiles.Tile) (bool, error) {
	for _, t := range drawn {
		features, err := mvttext.Decode(t.Data)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(features, func(f mvttext.Feature) bool { return f.Layer == "reach" && f.ID == id }) {
			return true, nil
		}
	}
	return false, nil
}

// around gives every tile within a tile of two lines, at all zooms at which reaches are drawn.
func around(set tiles.Set, lines ...[]float64) []tiles.Address {
	var out []tiles.Address
	for z := lookFrom; z <= tiles.MaxZoom; z++ {
		minX, minY, maxX, maxY := 1<<z, 1<<z, 0, 0
		for _, flat := range lines {
			for i := 0; i+1 < len(flat); i += 2 {
				x, y, _, _ := placeOf(z, flat[i], flat[i+1])
				minX, minY, maxX, maxY = min(minX, x), min(minY, y), max(maxX, x), max(maxY, y)
			}
		}
		for x := minX - 1; x <= maxX+1; x++ {
			for y := minY - 1; y <= maxY+1; y++ {
				out = append(out, tiles.Address{Set: set, Z: z, X: x, Y: y})
			}
		}
	}
	return out
}

// idOf finds a reach in a tile by its code.
func (b *bench) idOf(addr tiles.Address, code string) (uint64, error) {
	features, err := mvttext.Decode(b.atlas.Tile(addr, nil).Data)
	if err != nil {
		return 0, err
	}
	for _, f := range features {
		if f.Properties["code"] == code {
			return f.ID, nil
		}
	}
	return 0, fmt.Errorf("the tile %d/%d/%d has no reach %s", addr.Z, addr.X, addr.Y, code)
}
