package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"time"

	"hetu/data/cluster"
	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/duty"
)

// benchAskCmd measures what questions cost on a generated network.
type benchAskCmd struct {
	Reaches  int    `help:"How many reaches the network has." required:"" placeholder:"N"`
	Seed     uint64 `help:"Seed of the network, and of the choice of positions." default:"1"`
	JSON     bool   `help:"Print one JSON line for each case." name:"json"`
	Runs     int    `help:"How many times everything is measured, in turn; medians are printed." default:"5"`
	Requests int    `help:"How many positions a run asks about." default:"5000" placeholder:"N"`
}

// Help gives an example.
func (*benchAskCmd) Help() string {
	return `Example: hetu bench ask --reaches 100000 --json

Without --data-dir a store is made and taken away again. With it, a store made by hetu sample load --reaches N --seed S is
measured in; nothing is written to it.

Let nothing else run. p50_ms and p99_ms are of a request over HTTP, one after the other on one connection; cpu_ms is what the
server took for each. The baseline is the same question asked of PostGIS (responsible), which the server answers from memory;
coverage, stale and counts are read from PostGIS in any case.`
}

// Run measures case after case.
func (c *benchAskCmd) Run(ctx context.Context, a *app) (err error) {
	tiles := &benchTilesCmd{Reaches: c.Reaches, Seed: c.Seed, JSON: c.JSON, Runs: c.Runs, Requests: max(c.Requests, connections), Tiles: 1}
	if c.Requests < 1 {
		return usageError{errors.New("--requests takes a number from 1 on")}
	}
	if err = tiles.check(a); err != nil {
		return usageError{err}
	}
	collectAt(20) // as in a server
	b := &bench{app: a, cmd: tiles, today: geo.DateOf(a.now())}
	b.machine = fmt.Sprintf("%d x %s, %s, hetu %s", runtime.NumCPU(), processor(), runtime.Version(), version())
	remove, err := b.store(ctx)
	if err != nil {
		return errors.Join(err, remove())
	}
	defer func() { err = errors.Join(err, b.db.Close(ctx), remove()) }()
	ask := &benchAsk{bench: b, requests: c.Requests}
	if err = ask.positions(ctx); err != nil {
		return err
	}
	return ask.measure(ctx)
}

// benchAsk is what the cases share.
type benchAsk struct {
	*bench
	requests int
	at       [][2]float64 // positions beside reaches
	server   *served
}

// positions grows the network again and takes a vertex of as many reaches as there are requests, each moved by up to 100 m or so.
func (b *benchAsk) positions(ctx context.Context) error {
	counts, _, _, err := b.db.Counts(ctx, duty.Moment{AsOf: b.today}, "")
	if err != nil {
		return err
	}
	stored := 0
	for _, l := range counts.Reaches {
		stored += l.Count
	}
	if stored != b.cmd.Reaches {
		return fmt.Errorf("%s holds %d reaches, not %d: give the folder of a store made by hetu sample load --reaches %d --seed %d",
			b.data.DataDir, stored, b.cmd.Reaches, b.cmd.Reaches, b.cmd.Seed)
	}
	reaches, err := b.pick(ctx, b.requests)
	if err != nil {
		return err
	}
	const apart = 0.002                       // degrees, from one side to the other
	r := rand.New(rand.NewPCG(b.cmd.Seed, 3)) //nolint:gosec // to be drawn again, not to be secret
	for i := range b.requests {
		flat := reaches[i%len(reaches)].Geom.FlatCoords()
		b.at = append(b.at, [2]float64{flat[len(flat)/4*2] + apart*(r.Float64()-0.5), flat[len(flat)/4*2+1] + apart*(r.Float64()-0.5)})
	}
	return nil
}

// measure starts a server and asks it, once who is responsible is in memory.
func (b *benchAsk) measure(ctx context.Context) (err error) {
	watch := &phrase{of: []byte(allLoaded), to: b.stderr, heard: make(chan struct{})}
	if b.server, err = b.serveChild(ctx, watch, "serve", "--listen", "127.0.0.1:0", "--database-url", b.where.DSN(cluster.Superuser)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.server.stop()) }()
	select {
	case <-watch.heard:
	case <-time.After(10 * time.Minute):
		return errors.New("the roster of duty was not loaded in ten minutes")
	case <-ctx.Done():
		return ctx.Err()
	}
	time.Sleep(settling)
	if err = b.responsible(ctx); err != nil {
		return err
	}
	for _, c := range []struct{ name, path string }{
		{"coverage", "/api/v1/coverage?summary=true"}, {"stale", "/api/v1/boards/stale?limit=1"}, {"counts", "/api/v1/counts"},
	} {
		if err = b.report(ctx, c.name, c.path); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// responsible asks who is responsible at one position after the other.
func (b *benchAsk) responsible(ctx context.Context) error {
	list := make([][]byte, len(b.at))
	for i, at := range b.at {
		list[i] = getRequest(fmt.Sprintf("/api/v1/responsible?lon=%.7f&lat=%.7f", at[0], at[1]), b.server.addr)
	}
	found, err := b.found(ctx, list)
	if err != nil {
		return err
	}
	result := benchResult{Case: "responsible", Requests: len(list), Runs: b.cmd.Runs, Found: found}
	var p50, p99, cpu []float64
	for run := range b.cmd.Runs {
		took, each, err := b.oneByOne(ctx, list)
		if err != nil {
			return err
		}
		p50, p99, cpu = append(p50, percentile(took, 0.5)), append(p99, percentile(took, 0.99)), append(cpu, each)
		b.say("responsible: run %d of %d is done", run+1, b.cmd.Runs)
	}
	result.P50, result.P99, result.CPU = median(p50), median(p99), median(cpu)
	if result.BaselineP50, result.BaselineP99, err = b.fromPostGIS(ctx); err != nil {
		return err
	}
	return b.emit(result)
}

// found asks each question once, so that all is warm, and counts the share of positions with a river.
func (b *benchAsk) found(ctx context.Context, list [][]byte) (float64, error) {
	w, err := dial(ctx, b.server.addr)
	if err != nil {
		return 0, err
	}
	defer w.close()
	n := 0
	for _, request := range list {
		p, err := w.get(bytes.Replace(request, []byte("Accept-Encoding: gzip\r\n"), nil, 1))
		if err != nil {
			return 0, err
		}
		if p.status != http.StatusOK {
			return 0, fmt.Errorf("a question was answered with %d: %s", p.status, p.body)
		}
		if !bytes.Contains(p.body, []byte(`"rivers":[]`)) {
			n++
		}
	}
	return float64(n) / float64(len(list)), nil
}

// oneByOne sends requests on one connection, and gives how long each took and what the server took of CPU for one, in milliseconds.
func (b *benchAsk) oneByOne(ctx context.Context, list [][]byte) (took []float64, cpu float64, err error) {
	before, err := processCPU(b.server.cmd.Process.Pid)
	if err != nil {
		return nil, 0, err
	}
	w, err := dial(ctx, b.server.addr)
	if err != nil {
		return nil, 0, err
	}
	defer w.close()
	for _, request := range list {
		started := time.Now()
		p, err := w.get(request)
		if err != nil {
			return nil, 0, err
		}
		if p.status != http.StatusOK {
			return nil, 0, fmt.Errorf("the answer was %d", p.status)
		}
		took = append(took, ms(time.Since(started)))
	}
	after, err := processCPU(b.server.cmd.Process.Pid)
	return took, ms(after-before) / float64(len(list)), err
}

// askedOfPostGIS is how many of the questions are asked of PostGIS too.
const askedOfPostGIS = 500

// fromPostGIS asks the store itself.
func (b *benchAsk) fromPostGIS(ctx context.Context) (p50, p99 float64, err error) {
	var took []float64
	store := b.db.Store
	for i, at := range b.at[:min(askedOfPostGIS, len(b.at))] {
		started := time.Now()
		if err := answerOf(ctx, store, at, b.today); err != nil {
			return 0, 0, err
		}
		if i >= 20 || len(b.at) < askedOfPostGIS { // the first make plans
			took = append(took, ms(time.Since(started)))
		}
	}
	return percentile(took, 0.5), percentile(took, 0.99), nil
}

func answerOf(ctx context.Context, store *pg.Store, at [2]float64, today geo.Date) error {
	_, err := store.Responsible(ctx, duty.Question{Lon: at[0], Lat: at[1], At: duty.Moment{AsOf: today}})
	return err
}

// report asks for a report over the whole store.
func (b *benchAsk) report(ctx context.Context, name, path string) error {
	request := [][]byte{getRequest(path, b.server.addr)}
	var took, cpu []float64
	for run := range b.cmd.Runs + 1 {
		t, each, err := b.oneByOne(ctx, request)
		if err != nil {
			return err
		}
		if run > 0 { // the first finds cold tables
			took, cpu = append(took, t...), append(cpu, each)
		}
	}
	now, most, err := residentBytes(b.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	return b.emit(benchResult{Case: name, Runs: b.cmd.Runs, P50: median(took), P99: percentile(took, 0.99), CPU: median(cpu), Resident: now, MostResident: most})
}
