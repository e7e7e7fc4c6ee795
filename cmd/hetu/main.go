// Command hetu (河图) serves a PostGIS database of rivers, reaches, posts, boundaries and notice boards as vector tiles and
// answers. This is the composition root: the only place that reads the environment and joins the packages.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"hetu/api"
	"hetu/geo"
)

// cli is every command and flag. Each flag is also an environment variable; a flag wins over it.
type cli struct {
	Data dataFlags `embed:""`

	Serve   serveCmd   `cmd:"" help:"Serve the map: tiles, answers and pages."`
	Import  importCmd  `cmd:"" help:"Bring a file of rivers, boundaries, boards … into the store, after a report and a yes."`
	Ask     askCmd     `cmd:"" help:"Ask what the API answers: of a running server, or of the store."`
	Demarc  demarcCmd  `cmd:"" help:"Management boundaries: candidates, checks, stake tables and packages of results."`
	Export  exportCmd  `cmd:"" help:"Write a layer of the store to a GeoJSON file, or vector tiles to a PMTiles or MBTiles file."`
	Sample  sampleCmd  `cmd:"" help:"The sample counties, and generated networks of any size for tests and benchmarks."`
	Bench   benchCmd   `cmd:"" help:"Measure what tiles and questions cost on this machine."`
	DB      dbCmd      `cmd:"" name:"db" help:"The database: migrate it, tell its state, open psql on it."`
	User    userCmd    `cmd:"" help:"Accounts: make them, grant roles, make keys."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// app is what commands get besides their flags.
type app struct {
	data   dataFlags
	log    *slog.Logger
	stdin  *os.File
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time
}

// usageError makes the exit code 2: the command was asked for wrongly, or not confirmed.
type usageError struct{ error }

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("hetu"),
		kong.Description("河图 hetu: river management on one map. A PostGIS database of rivers, posts, boundaries and notice boards, served as vector tiles and answers.\n\n"+
			"Example: hetu serve --sample, then open http://127.0.0.1:8080"),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Vars{"data_dir": defaultDataDir(), "requests_per_minute": strconv.Itoa(api.DefaultRequestsPerMinute), "default_link": defaultLink},
		kong.ValueFormatter(helpOf))
	if err != nil {
		fmt.Fprintln(os.Stderr, "hetu:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		parser.Errorf("%s", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: c.Data.LogLevel}))
	a := &app{data: c.Data, log: log, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: time.Now}
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(a); err != nil {
		return report(os.Stderr, err)
	}
	return 0
}

// helpOf is the help of a flag, with its environment variable and its default: kong shows a default in the place of the placeholder, and ours say of what kind a
// value is.
func helpOf(v *kong.Value) string {
	if v.HasDefault && v.Default != "" && !v.IsBool() && v.Flag != nil && v.Flag.PlaceHolder != "" && !strings.Contains(v.Help, "Default: ") {
		own := *v
		own.Help = strings.TrimSuffix(v.Help, ".") + ". Default: " + v.Default + "."
		return kong.DefaultHelpValueFormatter(&own)
	}
	return kong.DefaultHelpValueFormatter(v)
}

// report prints an error for a person and gives the exit code.
func report(w io.Writer, err error) int {
	_, _ = fmt.Fprintln(w, "hetu:", err)
	if e, ok := errors.AsType[*geo.Error](err); ok {
		for _, f := range e.Fields {
			if !strings.HasPrefix(e.Msg, f.Name+":") {
				_, _ = fmt.Fprintf(w, "  %s: %s\n", f.Name, f.Detail)
			}
		}
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	return 1
}

// defaultDataDir is where a person's data belong: /var/lib/hetu for root, else $XDG_DATA_HOME/hetu.
func defaultDataDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/hetu"
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "hetu")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "hetu-data"
	}
	return filepath.Join(home, ".local", "share", "hetu")
}

// extentFlag reads west,south,east,north.
type extentFlag geo.Extent

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *extentFlag) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ",")
	if len(parts) != 4 {
		return fmt.Errorf("%q is no extent: write west,south,east,north, for example 73,3,136,54", text)
	}
	var v [4]float64
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return fmt.Errorf("%q is no number", p)
		}
		v[i] = n
	}
	*e = extentFlag{West: v[0], South: v[1], East: v[2], North: v[3]}
	if !(e.West < e.East && e.South < e.North && geo.World().Contains(e.West, e.South) && geo.World().Contains(e.East, e.North)) {
		return fmt.Errorf("%q is no extent: west,south,east,north in degrees, west before east", text)
	}
	return nil
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.stdout, "hetu", version())
	return err
}
