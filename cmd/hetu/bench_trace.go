package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"time"

	"hetu/data/cluster"
	"hetu/data/oracle"
	"hetu/data/waters"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/network"
)

// benchTraceCmd measures traces from the mouth that has most upstream.
type benchTraceCmd struct {
	Reaches int    `help:"How many reaches the network has." required:"" placeholder:"N"`
	Seed    uint64 `help:"Seed of the network." default:"1"`
	JSON    bool   `help:"Print one JSON line for each case." name:"json"`
	Runs    int    `help:"How many times everything is measured, in turn; medians are printed." default:"15"`
}

// Help gives an example.
func (*benchTraceCmd) Help() string {
	return `Example: hetu bench trace --reaches 1000000 --json

Without --data-dir a store is made and taken away again: ten minutes for a million reaches. With it, a store made by
hetu sample load --reaches N --seed S is measured in; PostGIS gets a table of its own there for the time.

Let nothing else run. From the mouth with most upstream: load is the graph from the database; ids is the edges upstream, and the
baseline PostGIS's recursive query with UNION over a flat table with a covering index on a warm back end, which only counts them;
that both find the same edges is looked at apart. ordered is all parts with their measures in order of distance. stream is over
HTTP, with gzip: when the first part is there, and when all are.`
}

// traceResult is a case's figures. Those that a case does not have are left out.
type traceResult struct {
	Case string `json:"case"`

	P50         float64 `json:"p50_ms,omitempty"`
	Max         float64 `json:"max_ms,omitempty"`
	BaselineP50 float64 `json:"baseline_p50_ms,omitempty"`
	Ratio       float64 `json:"ratio,omitempty"` // the median of how many times the baseline took as long

	Found         int   `json:"found,omitempty"`
	BaselineFound int   `json:"baseline_found,omitempty"`
	Same          *bool `json:"same,omitempty"` // the same edges were found

	Load       float64 `json:"load_s,omitempty"` // the rows and the graph of them
	Build      float64 `json:"build_s,omitempty"`
	Edges      int     `json:"edges,omitempty"`
	GraphBytes int     `json:"graph_bytes,omitempty"`

	FirstByte float64 `json:"first_p50_ms,omitempty"` // until the first part was read
	FirstMax  float64 `json:"first_max_ms,omitempty"`
	Bytes     int64   `json:"bytes,omitempty"` // of the whole answer, before compression

	Runs    int    `json:"runs,omitempty"`
	Reaches int    `json:"reaches"`
	Seed    uint64 `json:"seed"`
	Machine string `json:"machine"`
}

// traceBench is what the cases share.
type traceBench struct {
	*bench
	cmd      *benchTraceCmd
	baseline *oracle.Network
	graph    *network.Graph
	mouth    network.EdgeRow
	from     network.Place
}

// Run measures case after case.
func (c *benchTraceCmd) Run(ctx context.Context, a *app) (err error) {
	if err = c.check(a); err != nil {
		return usageError{err}
	}
	collectAt(20) // as in a server
	b := &traceBench{bench: &bench{app: a, cmd: &benchTilesCmd{Reaches: c.Reaches, Seed: c.Seed, JSON: c.JSON, Runs: c.Runs}, today: geo.DateOf(a.now())}, cmd: c}
	remove, err := b.store(ctx)
	if err != nil {
		return errors.Join(err, remove())
	}
	defer func() { err = errors.Join(err, b.db.Close(ctx), remove()) }()
	if b.baseline, err = oracle.OpenNetwork(ctx, b.where.DSN(cluster.Owner), b.today); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.baseline.Drop(context.WithoutCancel(ctx))) }()
	server, err := b.baseline.Server(ctx)
	if err != nil {
		return err
	}
	b.machine = fmt.Sprintf("%d x %s, %s, %s, hetu %s", runtime.NumCPU(), processor(), runtime.Version(), server, version())
	b.say("%s", b.machine)
	for _, run := range []struct {
		name string
		run  func(context.Context) error
	}{{"load", b.loads}, {"ids", b.ids}, {"ordered", b.ordered}, {"stream", b.stream}} {
		if err = run.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", run.name, err)
		}
	}
	return nil
}

func (c *benchTraceCmd) check(a *app) error {
	switch {
	case c.Reaches < 10:
		return fmt.Errorf("--reaches %d: a network has at least 10", c.Reaches)
	case c.Runs < 1:
		return errors.New("--runs takes numbers from 1 on")
	case a.data.DatabaseURL != "":
		return errors.New("the baseline is measured on its own machine: leave --database-url out, and HETU_DATABASE_URL")
	}
	return nil
}

func (b *traceBench) emit(r traceResult) error {
	r.Reaches, r.Seed, r.Machine = b.cmd.Reaches, b.cmd.Seed, b.machine
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if b.cmd.JSON {
		b.print("%s", line)
		return nil
	}
	r.Machine = ""
	return printAnswer(b.stdout, append(line, '\n'))
}

// loads measures how long the network takes from the database, and finds the mouth to start at.
func (b *traceBench) loads(ctx context.Context) error {
	var whole, build []float64
	for range min(b.cmd.Runs, 5) {
		started := b.now()
		n, err := b.db.Network().Network(ctx, duty.Moment{AsOf: b.today})
		if err != nil {
			return err
		}
		read := b.now()
		if b.graph, err = network.NewGraph(n.Rows); err != nil {
			return err
		}
		whole, build = append(whole, b.now().Sub(started).Seconds()), append(build, b.now().Sub(read).Seconds())
		if len(whole) == 1 {
			if len(n.Rows.Edges) != b.cmd.Reaches {
				return fmt.Errorf("%s holds %d edges, not %d: give the folder of a store made by hetu sample load --reaches %d --seed %d",
					b.data.DataDir, len(n.Rows.Edges), b.cmd.Reaches, b.cmd.Reaches, b.cmd.Seed)
			}
			if err := b.findMouth(n); err != nil {
				return err
			}
		}
	}
	from, err := b.graph.Before(network.Range{Route: b.mouth.Route, FromM: b.mouth.FromM, ToM: b.mouth.ToM}, network.UpAll)
	if err != nil {
		return err
	}
	b.from = from
	return b.emit(traceResult{
		Case: "load", Load: median(whole), Build: median(build), Edges: b.graph.Len(), GraphBytes: b.graph.Bytes(), Runs: len(whole),
	})
}

// findMouth finds the lowest edge with most upstream of it.
func (b *traceBench) findMouth(n waters.Network) error {
	leaves := map[int64]bool{}
	for i := range n.Rows.Edges {
		leaves[n.Rows.Edges[i].FromNode] = true
	}
	most := 0
	var ids []int64
	for i := range n.Rows.Edges {
		e := &n.Rows.Edges[i]
		if leaves[e.ToNode] {
			continue
		}
		from, err := b.graph.Before(network.Range{Route: e.Route, FromM: e.FromM, ToM: e.ToM}, network.UpAll)
		if err != nil {
			return err
		}
		if ids, err = b.graph.IDs(ids[:0], from, network.UpAll, network.Limits{}); err != nil {
			return err
		}
		if len(ids) > most {
			most, b.mouth = len(ids), *e
		}
	}
	if most == 0 {
		return errors.New("the network has no mouth")
	}
	return nil
}

// ids measures the edges upstream against the recursive query, one after the other in each run.
func (b *traceBench) ids(ctx context.Context) error {
	theirs, err := b.baseline.Up(ctx, b.mouth.ID)
	if err != nil {
		return err
	}
	ours, err := b.graph.IDs(nil, b.from, network.UpAll, network.Limits{})
	if err != nil {
		return err
	}
	slices.Sort(theirs)
	sorted := slices.Sorted(slices.Values(ours))
	same := slices.Equal(sorted, theirs)
	var took, baseline, ratio []float64
	for range b.cmd.Runs {
		started := b.now()
		if ours, err = b.graph.IDs(ours[:0], b.from, network.UpAll, network.Limits{}); err != nil {
			return err
		}
		mine := ms(b.now().Sub(started))
		started = b.now()
		if _, err = b.baseline.CountUp(ctx, b.mouth.ID); err != nil {
			return err
		}
		his := ms(b.now().Sub(started))
		took, baseline, ratio = append(took, mine), append(baseline, his), append(ratio, his/mine)
	}
	if err = b.emit(traceResult{
		Case: "ids", P50: median(took), Max: slices.Max(took), BaselineP50: median(baseline), Ratio: median(ratio),
		Found: len(ours), BaselineFound: len(theirs), Same: &same, Runs: b.cmd.Runs,
	}); err == nil && !same {
		err = fmt.Errorf("the graph finds %d edges and PostGIS %d, and they are not the same", len(ours), len(theirs))
	}
	return err
}

// ordered measures the parts with their measures and distances, in order of distance.
func (b *traceBench) ordered(context.Context) error {
	var took []float64
	parts, length := 0, 0.0
	for range b.cmd.Runs {
		started := b.now()
		tr, err := b.graph.Trace(b.from, network.UpAll, network.Limits{})
		if err != nil {
			return err
		}
		parts, length = 0, 0
		for p := range tr.All() {
			parts++
			length += p.LengthM
		}
		took = append(took, ms(b.now().Sub(started)))
	}
	if length <= 0 {
		return errors.New("the parts have no length")
	}
	return b.emit(traceResult{Case: "ordered", P50: median(took), Max: slices.Max(took), Found: parts, Runs: b.cmd.Runs})
}

// stream measures the answer over HTTP, with the lines and without.
func (b *traceBench) stream(ctx context.Context) (err error) {
	ours, err := b.hetuServe(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.stop()) }()
	for _, c := range []struct{ name, geometry string }{{"stream", "true"}, {"stream without lines", "false"}} {
		path := fmt.Sprintf("http://%s/api/v1/hydro/edges/%d/navigation/UT/flowlines?distance=all&limit=1000000&geometry=%s", ours.addr, b.mouth.ID, c.geometry)
		var first, whole []float64
		var size int64
		parts := 0
		for run := range 1 + min(b.cmd.Runs, 7) {
			one, all, n, told, err := b.read(ctx, path)
			if err != nil {
				return err
			}
			if run > 0 { // the first one waits for the network to be read
				first, whole, size, parts = append(first, one), append(whole, all), n, told
			}
		}
		if err = b.emit(traceResult{
			Case: c.name, FirstByte: median(first), FirstMax: slices.Max(first), P50: median(whole), Max: slices.Max(whole), Found: parts, Bytes: size, Runs: len(first),
		}); err != nil {
			return err
		}
	}
	return nil
}

// read asks and gives when the first part was there, when all were, in milliseconds, how much it was and how many parts.
func (b *traceBench) read(ctx context.Context, path string) (first, whole float64, size int64, parts int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	started := time.Now()
	resp, err := http.DefaultClient.Do(req) // it takes gzip
	if err != nil {
		return 0, 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return 0, 0, 0, 0, fmt.Errorf("%s was answered with %d", path, resp.StatusCode)
	}
	mark := []byte(`"edge_id":`)
	var kept []byte // the end of what was read: the mark may be torn
	buf := make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buf)
		size += int64(n)
		kept = append(kept, buf[:n]...)
		parts += bytes.Count(kept, mark)
		if parts > 0 && first == 0 {
			first = ms(time.Since(started))
		}
		if i := bytes.LastIndex(kept, mark); i >= 0 {
			kept = kept[i+len(mark):]
		}
		kept = append(kept[:0], kept[max(0, len(kept)-len(mark)+1):]...)
		if errors.Is(err, io.EOF) {
			return first, ms(time.Since(started)), size, parts, nil
		}
		if err != nil {
			return 0, 0, 0, 0, err
		}
	}
}
