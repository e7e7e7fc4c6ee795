package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"hetu/api"
	"hetu/data/cluster"
	"hetu/tiles"
	"hetu/tiles/cache"
	"hetu/tiles/mvttext"
)

// warmZooms are the zooms at which answers from the cache are measured.
var warmZooms = []struct{ zoom, tiles int }{{8, 200}, {10, 800}, {12, 2000}, {14, 4000}} //nolint:gochecknoglobals // a list

// tilePath is the path of a tile.
func tilePath(a tiles.Address) string {
	return fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", a.Set.Name, a.Z, a.X, a.Y)
}

// hetuServe starts a server on the store.
func (b *bench) hetuServe(ctx context.Context) (*served, error) {
	b.say("starting a server on the store")
	return b.serveChild(ctx, b.stderr, "serve", "--listen", "127.0.0.1:0", "--database-url", b.where.DSN(cluster.Superuser))
}

// warm measures what it costs to answer with a tile that is kept, against a server that does nothing but hand out the same bytes
// with the same headers. Both are processes of their own; they are driven in turn.
func (b *bench) warm(ctx context.Context) (err error) {
	ours, err := b.hetuServe(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	var cases []*warmCase
	var answers []bareAnswer
	for _, z := range warmZooms {
		c := &warmCase{zoom: z.zoom, requests: b.cmd.Requests}
		if answers, err = c.look(ctx, ours.addr, b.places.Tiles(b.public, b.today, z.zoom, z.tiles, b.cmd.Seed), answers); err != nil {
			return err
		}
		cases = append(cases, c)
	}
	dir, err := os.MkdirTemp("", "hetu-bare-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "answers")
	if err = writeAnswers(file, answers); err != nil {
		return err
	}
	bare, err := b.serveChild(ctx, b.stderr, "bench", "bare", file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	for run := range b.cmd.Runs {
		for _, c := range cases {
			if err := c.measure(ctx, ours, bare, run); err != nil {
				return err
			}
		}
		b.say("warm: run %d of %d is done", run+1, b.cmd.Runs)
	}
	for _, c := range cases {
		if err := b.emit(c.result()); err != nil {
			return err
		}
	}
	return nil
}

func writeAnswers(file string, answers []bareAnswer) error {
	f, err := os.Create(file) //nolint:gosec // in a folder of our own
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	return errors.Join(gob.NewEncoder(w).Encode(answers), w.Flush(), f.Close())
}

// warmCase is the tiles of a zoom, and what was measured of answering with them.
type warmCase struct {
	zoom, requests            int
	paths                     []string
	features, vertices, bytes int

	ours, bare struct{ cpu, p99, rps []float64 } // a request, by run
	ratio      []float64
	driver     []float64
}

// settleRounds bounds how often the tiles are asked for until they are as they stay.
const settleRounds = 20

// look asks for the tiles until they are as they stay (what was compressed in a hurry is compressed again), and takes the
// answers down.
func (c *warmCase) look(ctx context.Context, addr string, list []tiles.Address, answers []bareAnswer) ([]bareAnswer, error) {
	w, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer w.close()
	known := map[string]bareAnswer{}
	for range settleRounds {
		changed := 0
		for _, a := range list {
			path := tilePath(a)
			p, err := w.get(getRequest(path, addr))
			if err != nil {
				return nil, err
			}
			if p.status == http.StatusNoContent {
				continue // only names of reaches that are drawn later
			}
			if p.status != http.StatusOK {
				return nil, fmt.Errorf("%s was answered with %d", path, p.status)
			}
			answer := p.take(path)
			if answer.Header.Get("Etag") != known[path].Header.Get("Etag") {
				changed++
				known[path] = answer
			}
		}
		if changed == 0 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	c.paths = slices.Sorted(maps.Keys(known))
	if len(c.paths) == 0 {
		return nil, fmt.Errorf("there is nothing at zoom %d", c.zoom)
	}
	for _, path := range c.paths {
		answer := known[path]
		answers = append(answers, answer)
		c.bytes += len(answer.Body)
		plain, err := decompressed(answer)
		if err != nil {
			return nil, err
		}
		features, err := mvttext.Decode(plain)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		c.features += len(features)
		for _, f := range features {
			for _, part := range f.Parts {
				c.vertices += len(part)
			}
		}
	}
	return answers, nil
}

// take copies an answer, but for the headers that net/http sets by itself.
func (p reply) take(path string) bareAnswer {
	a := bareAnswer{Path: path, Header: http.Header{}, Body: slices.Clone(p.body)}
	for line := range strings.Lines(string(p.header)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && name != "Date" {
			a.Header.Add(name, value)
		}
	}
	return a
}

// measure drives both servers, another one first in each run.
func (c *warmCase) measure(ctx context.Context, ours, bare *served, run int) error {
	n := c.requests
	driver := time.Duration(0)
	for k := range 2 {
		target, figures := ours, &c.ours
		if (run+k)%2 == 1 {
			target, figures = bare, &c.bare
		}
		requests := make([][]byte, len(c.paths))
		for i, path := range c.paths {
			requests[i] = getRequest(path, target.addr)
		}
		if _, err := drive(ctx, target.addr, requests, n/10); err != nil { // the connections' and the processor's own warmth
			return err
		}
		before, err := processCPU(target.cmd.Process.Pid)
		if err != nil {
			return err
		}
		own, started := ownCPU(), time.Now()
		took, err := drive(ctx, target.addr, requests, n)
		if err != nil {
			return err
		}
		wall := time.Since(started)
		driver += ownCPU() - own
		after, err := processCPU(target.cmd.Process.Pid)
		if err != nil {
			return err
		}
		figures.cpu = append(figures.cpu, ms(after-before)/float64(n))
		figures.p99 = append(figures.p99, percentile(took, 0.99))
		figures.rps = append(figures.rps, float64(n)/wall.Seconds())
	}
	c.driver = append(c.driver, ms(driver)/float64(2*n))
	c.ratio = append(c.ratio, c.ours.cpu[run]/c.bare.cpu[run])
	return nil
}

func (c *warmCase) result() benchResult {
	n := float64(len(c.paths))
	return benchResult{
		Case: "warm", Z: c.zoom, Tiles: len(c.paths), Runs: len(c.ratio), Requests: c.requests,
		CPU: median(c.ours.cpu), BaselineCPU: median(c.bare.cpu), Ratio: median(c.ratio), DriverCPU: median(c.driver),
		P99: median(c.ours.p99), BaselineP99: median(c.bare.p99), RPS: median(c.ours.rps), BaselineRPS: median(c.bare.rps),
		Features: float64(c.features) / n, Vertices: float64(c.vertices) / n, Bytes: float64(c.bytes) / n,
	}
}

// crowd is how many ask for a tile at once.
const crowd = 100

// stampede has many ask at once for a tile that nobody has, and counts how often it is built.
func (b *bench) stampede(ctx context.Context) (err error) {
	source := &counted{Atlas: b.atlas}
	kept, err := cache.New(source, 64<<20)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           api.NewTiles(api.TilesConfig{Atlas: b.atlas, Cache: kept, Now: b.now, Log: b.log}),
		ReadHeaderTimeout: 5 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	defer func() {
		_ = srv.Close()
		if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
	}()
	list := b.places.Tiles(b.public, b.today, 8, 20, b.cmd.Seed+1)
	for _, a := range list {
		if err := b.rush(ctx, listener.Addr().String(), tilePath(a)); err != nil {
			return err
		}
	}
	return b.emit(benchResult{Case: "stampede", Z: 8, Tiles: len(list), Requests: crowd * len(list), Builds: int(source.builds.Load())})
}

// rush sends a request on many connections, all of them open before the first is sent.
func (*bench) rush(ctx context.Context, addr, path string) error {
	wires := make([]*wire, crowd)
	for i := range wires {
		w, err := dial(ctx, addr)
		if err != nil {
			return err
		}
		defer w.close()
		wires[i] = w
	}
	begin := make(chan struct{})
	failed := make([]error, crowd)
	var all sync.WaitGroup
	for i, w := range wires {
		all.Go(func() {
			<-begin
			p, err := w.get(getRequest(path, addr))
			if err == nil && p.status != http.StatusOK && p.status != http.StatusNoContent {
				err = fmt.Errorf("%s was answered with %d", path, p.status)
			}
			failed[i] = err
		})
	}
	close(begin)
	all.Wait()
	return errors.Join(failed...)
}
