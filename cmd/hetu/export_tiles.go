package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"hetu/api"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mbtiles"
	"hetu/tiles/pmtiles"
)

type exportPMTilesCmd struct {
	tileFlags `embed:""`
}

type exportMBTilesCmd struct {
	tileFlags `embed:""`
}

// tileFlags say which tiles a file holds.
type tileFlags struct {
	Out     string      `arg:"" help:"File to write. Until it is whole, OUT.partial and OUT.journal stand beside it."`
	Layers  string      `help:"Tile layers joined by commas, or public: all that everyone may see. Default: public." default:"public" placeholder:"A,B"`
	Bounds  *extentFlag `help:"Only the tiles that touch west,south,east,north, in degrees. Default: wherever the data are." placeholder:"W,S,E,N"`
	MaxZoom int         `help:"The last zoom; maps draw its tiles larger beyond it. Default: 14." name:"maxzoom" default:"14" placeholder:"Z"`
	AsOf    string      `help:"The day whose state is written; today when it is not given." placeholder:"DATE"`
	Force   bool        `help:"Overwrite the file if it is there."`

	snapshotFlag `embed:""`
}

// Help gives an example.
func (*exportPMTilesCmd) Help() string {
	return "Example: hetu export pmtiles rivers.pmtiles --layers river,river_label,division --bounds 106,26,107,27. An export that was stopped goes on when the same command is given again."
}

// Help gives an example.
func (*exportMBTilesCmd) Help() string {
	return "Example: hetu export mbtiles rivers.mbtiles --maxzoom 12 --as-of 2018-05-01. An export that was stopped goes on when the same command is given again."
}

// Run writes the archive.
func (c *exportPMTilesCmd) Run(ctx context.Context, a *app) error {
	return c.export(ctx, a, func(w *pmtiles.Writer, _ *bar) error { return w.Publish() })
}

// Run writes an archive first, which can be gone on with when it is stopped, and makes the database of it in one go.
func (c *exportMBTilesCmd) Run(ctx context.Context, a *app) error {
	return c.export(ctx, a, func(w *pmtiles.Writer, b *bar) error {
		archive, err := w.Archive()
		if err != nil {
			return err
		}
		err = mbtiles.Write(ctx, archive, c.Out, func(done uint64) {
			b.show(int(done), int(archive.Addressed), func() string { return fmt.Sprintf("%d tiles into the database", done) }) //nolint:gosec // counts
		})
		if err != nil {
			return err
		}
		return w.Discard()
	})
}

// pyramid reads the flags.
func (c *tileFlags) pyramid(a *app) (*pmtiles.Pyramid, error) {
	p := &pmtiles.Pyramid{AsOf: geo.DateOf(a.now()), MaxZoom: c.MaxZoom}
	var err error
	if p.Set, err = tiles.ParseSet(c.Layers); err != nil {
		return nil, usageError{fmt.Errorf("--layers: %w", err)}
	}
	if p.Set.Drafts() { // a file cannot be called back
		return nil, usageError{errors.New("--layers: drafts are not written to files")}
	}
	if first, _ := p.Set.Zooms(); c.MaxZoom < first || c.MaxZoom > tiles.MaxZoom {
		return nil, usageError{fmt.Errorf("--maxzoom %d: give a zoom from %d, where %s begins, to %d", c.MaxZoom, first, p.Set.Name, tiles.MaxZoom)}
	}
	if c.AsOf != "" {
		if p.AsOf, err = geo.ParseDate(c.AsOf); err != nil {
			return nil, usageError{fmt.Errorf("--as-of: %w", err)}
		}
	}
	if c.Bounds != nil {
		p.Bounds = geo.Extent(*c.Bounds)
	}
	return p, c.mayWrite()
}

// mayWrite tells what stands against writing the file, before hours of work for it.
func (c *tileFlags) mayWrite() error {
	if c.Out == "" {
		return usageError{errors.New("OUT is empty: name the file to write")}
	}
	if _, err := os.Stat(filepath.Dir(c.Out)); err != nil {
		return usageError{fmt.Errorf("%s cannot be written: %w", c.Out, err)}
	}
	switch info, err := os.Stat(c.Out); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usageError{fmt.Errorf("%s cannot be written: %w", c.Out, err)}
	case info.IsDir():
		return usageError{fmt.Errorf("%s is a folder; name the file to write", c.Out)}
	case !info.Mode().IsRegular():
		return usageError{fmt.Errorf("%s is a device or a pipe, which the file would take the place of; name the file to write", c.Out)}
	case !c.Force:
		return usageError{fmt.Errorf("%s is there already; --force overwrites it", c.Out)}
	}
	return nil
}

// tileSource is what tiles are made of; the atlas is it.
type tileSource interface {
	pmtiles.Builder
	Coverage(asOf geo.Date) map[string]tiles.Coverage
	State() atlas.State
}

// export builds the tiles into an archive beside OUT and has it published.
func (c *tileFlags) export(ctx context.Context, a *app, publish func(*pmtiles.Writer, *bar) error) error {
	started := a.now()
	p, err := c.pyramid(a)
	if err != nil {
		return err
	}
	source, notice, err := c.load(ctx, a)
	if err != nil {
		return err
	}
	doc, err := pmtiles.Describe(p, notice, source.Coverage(p.AsOf))
	if err != nil {
		return err
	}
	if !p.Set.Public() {
		a.say("%s is not for everyone: keep the file in the office", p.Set.Name)
	}
	asked, err := request(p, source.State())
	if err != nil {
		return err
	}
	w, err := pmtiles.Begin(c.Out, asked)
	if err != nil {
		return err
	}
	switch had := w.Counts().Tiles; {
	case w.Anew() != "":
		a.say("starting anew: %s", w.Anew())
	case had > 0:
		a.say("going on from %d tiles that %s holds", had, w.Partial())
	}
	err = write(ctx, a, w, p, source, doc, publish)
	if err = errors.Join(err, w.Close()); err != nil {
		return c.explain(err, w)
	}
	info, err := os.Stat(c.Out)
	if err != nil {
		return err
	}
	n := w.Counts()
	a.say("wrote %s: %d tiles, %d of them different, %s, in %.1f s", c.Out, n.Tiles, n.Contents, size(uint64(info.Size())), a.now().Sub(started).Seconds()) //nolint:gosec // a file's size
	return nil
}

// load reads the store into memory; it is not needed afterwards.
func (c *tileFlags) load(ctx context.Context, a *app) (source tileSource, notice string, err error) {
	db, err := a.open(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	holds, err := db.HoldsSample(ctx)
	if err != nil {
		return nil, "", err
	}
	if holds {
		notice = api.SampleNotice
	}
	m, err := loadAtlas(ctx, a, db, c.snapshotFile(a), &api.Door{})
	if err != nil {
		return nil, "", err
	}
	m.Gather(ctx, db.Atlas())
	// What stays is large, and what a tile leaves behind is small: without this, as much garbage would be let lie about.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20)
	}
	return m, notice, nil
}

// request names all that the bytes of the tiles depend on. Two builds may have one version, but not one checksum.
func request(p *pmtiles.Pyramid, state atlas.State) (string, error) {
	program, err := atlas.Program()
	if err != nil {
		return "", err
	}
	where := "everywhere"
	if b := p.Bounds; b != (geo.Extent{}) {
		where = fmt.Sprintf("%g,%g,%g,%g", b.West, b.South, b.East, b.North)
	}
	return fmt.Sprintf("layers %s as of %s, up to zoom %d, %s, of write %d at %d/%d/%d, by hetu %s (%08x)",
		p.Set.Name, p.AsOf, p.MaxZoom, where, state.Version, state.Position.XID, state.Position.Seq, state.Position.At, version(), program), nil
}

// write builds the tiles, finishes the archive and has it published.
func write(
	ctx context.Context, a *app, w *pmtiles.Writer, p *pmtiles.Pyramid, source tileSource, doc *tiles.TileJSON, publish func(*pmtiles.Writer, *bar) error,
) error {
	built := a.newBar()
	before := w.Counts().Tiles
	err := w.Build(ctx, source, p, runtime.GOMAXPROCS(0), func(now pmtiles.Progress) {
		built.show(now.Done, now.Blocks, func() string {
			return fmt.Sprintf("zoom %d, %d tiles, %.0f a second, %s", now.Zoom, now.Tiles, built.rate(now.Tiles-before), size(now.Bytes))
		})
	})
	built.end()
	if err != nil {
		return err
	}
	if err = w.Finish(doc); err != nil {
		return err
	}
	file := a.newBar()
	defer file.end()
	return publish(w, file)
}

// explain tells what a person can do about an export that did not end.
func (c *tileFlags) explain(err error, w *pmtiles.Writer) error {
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
		return fmt.Errorf("%w; make room and give the same command again: it goes on from where this one stopped", err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped: %s holds %d tiles; give the same command again to go on from there, or remove it and %s.journal", w.Partial(), w.Counts().Tiles, c.Out)
	default:
		return err
	}
}

// bar tells how far something has come: on a terminal a line that is written over, else a line now and then.
type bar struct {
	app      *app
	started  time.Time
	told     time.Time
	every    time.Duration
	terminal bool
	begun    bool
	marks    [2]mark // the last but one and the last: between ten and twenty seconds ago, and up to ten
}

type mark struct {
	at   time.Time
	done int
}

func (a *app) newBar() *bar {
	b := &bar{app: a, started: a.now(), told: a.now(), every: 5 * time.Second}
	if f, ok := a.stderr.(*os.File); ok && terminal(f) {
		b.terminal, b.every = true, 200*time.Millisecond
	}
	return b
}

// rate is how many a second, since the bar began.
func (b *bar) rate(n uint64) float64 {
	return float64(n) / max(b.app.now().Sub(b.started).Seconds(), 1e-3)
}

// show tells that so much of all is done, and how long the rest may take at the pace of the last seconds: tiles of the middle
// zooms take longer than those of the last, which are most.
func (b *bar) show(done, all int, what func() string) {
	now := b.app.now()
	if !b.begun {
		b.begun = true
		b.marks = [2]mark{{now, done}, {now, done}}
	}
	if now.Sub(b.marks[1].at) > 10*time.Second {
		b.marks = [2]mark{b.marks[1], {now, done}}
	}
	if now.Sub(b.told) < b.every || all == 0 {
		return
	}
	b.told = now
	rest := ""
	if past := b.marks[0]; done > past.done {
		left := now.Sub(past.at) * time.Duration(all-done) / time.Duration(done-past.done)
		rest = fmt.Sprintf(", about %s left", left.Round(time.Second))
	}
	if !b.terminal {
		b.app.say("%3d %%: %s%s", done*100/all, what(), rest)
		return
	}
	const width = 24
	full := done * width / all
	line := make([]rune, width)
	for i := range line {
		line[i] = '░'
		if i < full {
			line[i] = '█'
		}
	}
	_, _ = fmt.Fprintf(b.app.stderr, "\r%s %3d %%  %s%s\x1b[K", string(line), done*100/all, what(), rest)
}

// end takes the line away.
func (b *bar) end() {
	if b.terminal && b.begun {
		_, _ = fmt.Fprint(b.app.stderr, "\r\x1b[K")
	}
}

// size writes a number of bytes for a person.
func size(n uint64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
}
