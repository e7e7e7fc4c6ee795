package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"hetu/data/cluster"
	"hetu/data/oracle"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

type benchCmd struct {
	Tiles  benchTilesCmd  `cmd:"" help:"What tiles cost: against PostGIS on the same data, and against a bare server with the same bytes."`
	Trace  benchTraceCmd  `cmd:"" help:"What a trace costs: against PostGIS's recursive query on the same data."`
	Ask    benchAskCmd    `cmd:"" help:"What questions cost: who is responsible, coverage, stale boards, counts."`
	Demarc benchDemarcCmd `cmd:"" help:"What a planner waits for: candidates, checks, stakes and diffs of a boundary, over HTTP."`
	Bare   benchBareCmd   `cmd:"" hidden:"" help:"Serve what a benchmark wrote to a file, and nothing else."`
}

// benchTilesCmd measures on a generated network. A ratio is of CPU time, taken in one run on one machine: how fast a machine is
// drops out of it.
type benchTilesCmd struct {
	Reaches  int           `help:"How many reaches the network has." required:"" placeholder:"N"`
	Seed     uint64        `help:"Seed of the network, and of the choice of tiles." default:"1"`
	JSON     bool          `help:"Print one JSON line for each case." name:"json"`
	Runs     int           `help:"How many times everything is measured, in turn; medians are printed." default:"5"`
	Cases    []string      `help:"Which cases, joined by commas: cold, parity, stampede, warm, edit, export, load. Default: all." default:"cold,parity,stampede,warm,edit,export,load"`
	Requests int           `help:"How many requests a run of the case warm sends to each server for each zoom." default:"24000" placeholder:"N"`
	EditFor  time.Duration `help:"How long the case edit goes on." default:"20s"`
	Tiles    int           `help:"How many tiles parity is looked at in." default:"2000" placeholder:"N"`
}

// Help gives an example.
func (*benchTilesCmd) Help() string {
	return `Example: hetu bench tiles --reaches 100000 --json

Without --data-dir a store is made and taken away again: ten minutes for a million reaches. With it, a store made by
hetu sample load --reaches N --seed S is measured in; the case edit writes to it, and PostGIS gets tables of its own there
for the time.

Let nothing else run. cpu_ms and p99_ms are of a tile, or of a request (so cpu_ms is also CPU seconds per 1,000 requests).
The baseline is ST_AsMVT through a prepared statement on a warm back end (cold, export), or a bare net/http server that hands
out the same bytes and headers (warm).`
}

// The cases.
var benchCases = []string{"cold", "parity", "stampede", "warm", "edit", "export", "load"} //nolint:gochecknoglobals // a list

// bench is what the cases share.
type bench struct {
	*app
	cmd     *benchTilesCmd
	db      *database
	where   cluster.Location
	machine string

	oracle *oracle.Oracle
	places oracle.Places
	atlas  *atlas.Atlas
	public tiles.Set
	both   tiles.Set // the layers of it that PostGIS draws too
	today  geo.Date
	shift  float64 // metres that reaches are moved by
}

// Run measures case after case.
func (c *benchTilesCmd) Run(ctx context.Context, a *app) (err error) {
	if err = c.check(a); err != nil {
		return usageError{err}
	}
	collectAt(20) // as in a server
	b := &bench{app: a, cmd: c, today: geo.DateOf(a.now())}
	if b.public, err = tiles.ParseSet(tiles.PublicSet); err != nil {
		return err
	}
	var both []string
	for _, l := range b.public.Layers {
		if l.Names == "" {
			both = append(both, l.Name)
		}
	}
	if b.both, err = tiles.ParseSet(strings.Join(both, ",")); err != nil {
		return err
	}
	remove, err := b.store(ctx)
	if err != nil {
		return errors.Join(err, remove())
	}
	defer func() { err = errors.Join(err, b.db.Close(ctx), remove()) }()
	if err = b.prepare(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.oracle.Drop(context.WithoutCancel(ctx))) }()
	for name, run := range b.cases() {
		if !slices.Contains(c.Cases, name) {
			continue
		}
		if err = run(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// cases gives the cases in their order: what is measured in this process first, then what needs others.
func (b *bench) cases() func(yield func(string, func(context.Context) error) bool) {
	runs := map[string]func(context.Context) error{
		"cold": b.cold, "parity": b.parity, "stampede": b.stampede, "warm": b.warm, "edit": b.edit, "export": b.export, "load": b.load,
	}
	return func(yield func(string, func(context.Context) error) bool) {
		for _, name := range benchCases {
			if !yield(name, runs[name]) {
				return
			}
		}
	}
}

func (c *benchTilesCmd) check(a *app) error {
	if c.Reaches < 10 {
		return fmt.Errorf("--reaches %d: a network has at least 10", c.Reaches)
	}
	if c.Runs < 1 || c.Tiles < 1 || c.Requests < connections {
		return fmt.Errorf("--runs and --tiles take numbers from 1 on, --requests from %d on", connections)
	}
	for _, name := range c.Cases {
		if !slices.Contains(benchCases, name) {
			return fmt.Errorf("--cases %s: there are %s", name, strings.Join(benchCases, ", "))
		}
	}
	if a.data.DatabaseURL != "" {
		return errors.New("the CPU time of a back end is read on its own machine: leave --database-url out, and HETU_DATABASE_URL")
	}
	return nil
}

// store opens the store at --data-dir, or makes one in a temporary folder; remove takes that away. The default folder is a
// person's own data: it is never measured in.
func (b *bench) store(ctx context.Context) (remove func() error, err error) {
	remove = func() error { return nil }
	own := b.data.DataDir == defaultDataDir()
	if own {
		var dir string
		if dir, err = os.MkdirTemp("", "hetu-bench-"); err != nil {
			return remove, err
		}
		remove = func() error { return os.RemoveAll(dir) }
		if err = os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the account that PostgreSQL runs as must enter
			return remove, err
		}
		b.data.DataDir = filepath.Join(dir, "data")
	}
	if _, err = cluster.Locate(b.data.DataDir); err == nil {
		return remove, fmt.Errorf("a server runs on %s: stop it, for the figures are worth something only if nothing else runs", b.data.DataDir)
	}
	if b.db, err = b.startCluster(ctx); err != nil {
		return remove, err
	}
	if b.where, err = cluster.Locate(b.data.DataDir); err == nil {
		err = b.fillStore(ctx, own)
	}
	if err != nil {
		return remove, errors.Join(err, b.db.Close(ctx))
	}
	return remove, nil
}

// fillStore generates the network in a store of one's own.
func (b *bench) fillStore(ctx context.Context, own bool) error {
	spec := sample.Spec{Reaches: b.cmd.Reaches, Seed: b.cmd.Seed}
	if own {
		what := fmt.Sprintf("hetu sample: %d generated reaches, seed %d", spec.Reaches, spec.Seed)
		return loadRows(ctx, b.app, b.db, what, func(ctx context.Context, add adder) error { return sample.Generate(ctx, spec, add) })
	}
	return nil
}

// prepare makes the oracle, and loads the atlas.
func (b *bench) prepare(ctx context.Context) (err error) {
	started := b.now()
	tell := func(doing string) { b.say("%5.1f s: %s", b.now().Sub(started).Seconds(), doing) }
	if b.oracle, err = oracle.Open(ctx, b.where.DSN(cluster.Owner), b.today, func(doing string) { tell("tables for PostGIS: " + doing) }); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.oracle.Drop(context.WithoutCancel(ctx)))
		}
	}()
	if b.places, err = b.oracle.Places(ctx); err != nil {
		return err
	}
	if c := b.cmd; len(b.places) != c.Reaches {
		return fmt.Errorf("%s holds %d reaches, not %d: give the folder of a store made by hetu sample load --reaches %d --seed %d",
			b.data.DataDir, len(b.places), c.Reaches, c.Reaches, c.Seed)
	}
	server, err := b.oracle.Server(ctx)
	if err != nil {
		return err
	}
	b.machine = fmt.Sprintf("%d x %s, %s, %s, hetu %s", runtime.NumCPU(), processor(), runtime.Version(), server, version())
	b.say("%s", b.machine)
	tell("the atlas")
	b.atlas = atlas.New()
	if _, err = b.atlas.Load(ctx, b.db.Atlas(), "", nil); err != nil {
		return err
	}
	b.atlas.Gather(ctx, b.db.Atlas())
	tell("ready")
	return nil
}

// processor names the processor.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// emit prints a result.
func (b *bench) emit(r benchResult) error {
	r.Reaches, r.Seed, r.Machine = b.cmd.Reaches, b.cmd.Seed, b.machine
	if !b.cmd.JSON {
		b.print("%s", r)
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	b.print("%s", line)
	return nil
}

// benchResult is a case's figures. Those that a case does not have are left out.
type benchResult struct {
	Case string `json:"case"`
	Z    int    `json:"z,omitempty"`

	CPU         float64 `json:"cpu_ms,omitempty"` // cold: without the layers of names, which the baseline does not draw; export: with them
	BaselineCPU float64 `json:"baseline_cpu_ms,omitempty"`
	Ratio       float64 `json:"ratio,omitempty"` // cold, export: how many times less than the baseline; warm: how many times as much
	P50         float64 `json:"p50_ms,omitempty"`
	P99         float64 `json:"p99_ms,omitempty"`
	BaselineP50 float64 `json:"baseline_p50_ms,omitempty"`
	BaselineP99 float64 `json:"baseline_p99_ms,omitempty"`

	Features float64 `json:"features,omitempty"` // a tile, as Vertices and Bytes
	Vertices float64 `json:"vertices,omitempty"`
	Bytes    float64 `json:"bytes,omitempty"`

	BaselineFeatures float64 `json:"baseline_features,omitempty"`
	BaselineVertices float64 `json:"baseline_vertices,omitempty"`
	BaselineBytes    float64 `json:"baseline_bytes,omitempty"`

	// With what a first answer's compression takes.
	FirstCPU   float64 `json:"first_gzip_cpu_ms,omitempty"`
	FirstBytes float64 `json:"first_gzip_bytes,omitempty"`
	ZstdCPU    float64 `json:"first_zstd_cpu_ms,omitempty"`
	ZstdBytes  float64 `json:"first_zstd_bytes,omitempty"`

	Found           float64 `json:"found,omitempty"`         // share of the positions that a river is near to
	DriverCPU       float64 `json:"driver_cpu_ms,omitempty"` // a request
	RPS             float64 `json:"requests_per_s,omitempty"`
	BaselineRPS     float64 `json:"baseline_requests_per_s,omitempty"`
	Requests        int     `json:"requests,omitempty"`
	Builds          int     `json:"builds,omitempty"`
	Tiles           int     `json:"tiles,omitempty"`
	TilesPerSecond  float64 `json:"tiles_per_s,omitempty"`
	Size            int64   `json:"size_bytes,omitempty"` // of the archive, or of the snapshot
	Load            float64 `json:"load_s,omitempty"`
	SnapshotLoad    float64 `json:"snapshot_load_s,omitempty"`
	AReach          float64 `json:"bytes_a_reach,omitempty"` // of the snapshot, which is the arrays of the atlas
	Resident        float64 `json:"resident_bytes,omitempty"`
	MostResident    float64 `json:"most_resident_bytes,omitempty"` // while it loaded
	Edits           int     `json:"edits,omitempty"`
	EditsPerSecond  float64 `json:"edits_per_s,omitempty"`
	Write           float64 `json:"write_p50_ms,omitempty"`
	Moved           *int    `json:"moved,omitempty"`   // tiles whose version moved
	Touched         *int    `json:"touched,omitempty"` // tiles that the geometry before or after is drawn in
	Wrong           *int    `json:"wrong,omitempty"`   // edits whose answer did not show them; tiles moved and not touched, or the other way
	Short           *int    `json:"short,omitempty"`
	Missing         *int    `json:"missing,omitempty"`
	Values          *int    `json:"other_values,omitempty"`
	Far             *int    `json:"too_far,omitempty"`
	ExactDistance   float64 `json:"max_distance_exact,omitempty"` // tile units, from zoom 13 on
	CoarseDistance  float64 `json:"max_distance_coarse,omitempty"`
	PercentileExact float64 `json:"p999_distance,omitempty"`

	Runs    int    `json:"runs,omitempty"`
	Reaches int    `json:"reaches"`
	Seed    uint64 `json:"seed"`
	Machine string `json:"machine"`
}

// String writes the figures that there are, by the names that they have in JSON.
func (r benchResult) String() string {
	r.Machine = ""
	text, _ := json.Marshal(r)
	return strings.NewReplacer(`"`, "", "{", "", "}", "", ",", "  ", ":", " ", "machine", "").Replace(string(text))
}

// median of some figures; 0 of none.
func median(figures []float64) float64 { return percentile(figures, 0.5) }

// percentile gives the figure that a share of all is not greater than.
func percentile(figures []float64, share float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
