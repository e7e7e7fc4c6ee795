package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hetu/data/ingest"
	"hetu/geo"
	"hetu/geo/network"
)

type importCmd struct {
	File string `arg:"" help:"A Shapefile, GeoPackage, GeoJSON, KML, KMZ, MapInfo, FileGDB (zip), DXF, FlatGeobuf, GPX, OSM PBF, CSV or XLSX file, a .zip of one, or a folder with one."`
	As   string `help:"What its rows are: river, division, reach, boundary, bank_line, board, section, outfall, stake." required:"" placeholder:"KIND"`

	Layer       string            `help:"The layer, of a file with several." placeholder:"NAME"`
	CRS         string            `help:"Its reference system: EPSG:4547, GCJ02, BD09 …" name:"crs" placeholder:"NAME"`
	Encoding    string            `help:"Its encoding: UTF-8, GB18030, Big5." placeholder:"NAME"`
	Transform   string            `help:"The way from another datum: a PROJ pipeline, EPSG:NUMBER of an operation, or null." placeholder:"HOW"`
	Map         map[string]string `help:"Read a column as a field: 河流名称=name; - leaves it out. May be repeated." placeholder:"HEADING=FIELD"`
	Set         map[string]string `help:"One value of a field for all rows: level=3. May be repeated." placeholder:"FIELD=VALUE"`
	Source      string            `help:"Whose data it is; part of the natural keys. Default: the file's name." placeholder:"NAME"`
	ValidFrom   string            `help:"The day from which it is true. Default: today." placeholder:"DATE"`
	Snap        float64           `help:"Line ends this near, in metres, become one node; below 0 none." default:"1" placeholder:"METRES"`
	Against     bool              `help:"The lines were drawn against the flow."`
	Direction   string            `help:"Where the direction of the flow comes from: auto, digitised, elevation (the lines' heights) or outlet." enum:"auto,digitised,elevation,outlet" default:"auto"`
	Outlet      []string          `help:"A place where the water leaves; what is joined to it flows to it. May be repeated." placeholder:"LON,LAT" sep:"none"`
	Crossings   string            `help:"Lines that cross without a vertex in common: kind (a canal passes a river, others meet), node (all meet) or keep (none does)." enum:"kind,node,keep" default:"kind"`
	UseM        bool              `help:"Use the file's M as the measure." name:"use-m"`
	KmPoints    string            `help:"A file of surveyed kilometre stones (points with the river's name or code and a measure as K12+345): routes with such are measured by them." placeholder:"FILE"`
	SkipRefused bool              `help:"Take the rows that can be taken; the others go to FILE.refused.csv."`
	DryRun      bool              `help:"Report and store nothing."`
	Yes         bool              `help:"Merge without asking, guesses included." short:"y"`
	JSON        bool              `help:"Print the report as JSON." name:"json"`
	Lang        string            `help:"Language of the report." enum:"en,zh" default:"en"`
}

// Help gives an example.
func (*importCmd) Help() string {
	return "Example: hetu import rivers.zip --as river --source 水利局 --dry-run"
}

// Run imports one file: report, question, merge.
func (c *importCmd) Run(ctx context.Context, a *app) error {
	req, err := c.request(a)
	if err != nil {
		return err
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	before, err := contradictions(ctx, a, db)
	if err != nil {
		return errors.Join(err, db.Close(ctx))
	}
	report, err := ingest.Run(ctx, db, req)
	err = errors.Join(c.conclude(ctx, a, db, report, before, err), db.Close(ctx))
	if geo.CodeOf(err) == geo.CodeInvalid {
		return usageError{err}
	}
	return err
}

func (c *importCmd) request(a *app) (ingest.Request, error) {
	req := ingest.Request{
		Path: c.File, As: c.As, Layer: c.Layer, CRS: c.CRS, Encoding: c.Encoding, Transform: c.Transform, Map: c.Map, Set: c.Set, Source: c.Source,
		Today: geo.DateOf(a.now()), Actor: "hetu import", SnapM: c.Snap, Against: c.Against, UseM: c.UseM, KmPoints: c.KmPoints,
		SkipRefused: c.SkipRefused, DryRun: c.DryRun, Yes: c.Yes, Progress: progress(a), Temp: os.TempDir(),
	}
	if err := c.flow(&req); err != nil {
		return req, err
	}
	if c.ValidFrom != "" {
		d, err := geo.ParseDate(c.ValidFrom)
		if err != nil {
			return req, usageError{fmt.Errorf("--valid-from: %w", err)}
		}
		req.ValidFrom = d
	}
	if !c.Yes && !c.JSON && terminal(a.stdin) {
		req.Confirm = func(r *ingest.Report) (bool, error) { return c.ask(a, r) }
	}
	return req, nil
}

// flow fills in what is said of the network.
func (c *importCmd) flow(req *ingest.Request) error {
	if c.Direction != "auto" {
		req.Direction = network.Direction(c.Direction)
	}
	if c.Crossings != "kind" {
		req.Crossings = network.Crossings(c.Crossings)
	}
	for _, word := range c.Outlet {
		lon, lat, _ := strings.Cut(word, ",")
		x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
		y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
		if errX != nil || errY != nil || !(math.Abs(x) <= 180 && math.Abs(y) <= 90) {
			return usageError{fmt.Errorf("--outlet %s: a longitude and a latitude in degrees are needed, as 112.3496,32.5647", word)}
		}
		req.Outlets = append(req.Outlets, network.Outfall{Lon: x, Lat: y})
	}
	return nil
}

// conclude prints the report, when there is one that was not shown with the question, and what was done.
func (c *importCmd) conclude(ctx context.Context, a *app, db *database, report *ingest.Report, before []string, err error) error {
	if report == nil || report.Read == 0 && !c.JSON {
		return err // the file could not be looked at
	}
	if c.JSON {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return errors.Join(err, e.Encode(report))
	}
	if asked := !c.Yes && !c.DryRun && terminal(a.stdin) && report.Merge != nil; !asked {
		if printErr := report.Print(a.stdout, c.Lang); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	switch {
	case err != nil:
		return err
	case c.DryRun:
		a.say("a dry run: nothing is stored")
	case report.Changes() == 0:
		a.say("all of it is stored already: nothing changed")
	default:
		a.say("stored: %d rows added, changed or ended", report.Changes())
	}
	if report.Stored {
		tellContradictions(ctx, a, db, before)
	}
	return nil
}

// ask shows the report and waits for y.
func (c *importCmd) ask(a *app, r *ingest.Report) (bool, error) {
	if err := r.Print(a.stdout, c.Lang); err != nil {
		return false, err
	}
	question := "Store this? [y/N] "
	if r.Guessed() {
		question = "Some of it is guessed. Store this? [y/N] "
	}
	if _, err := fmt.Fprint(a.stderr, question); err != nil {
		return false, err
	}
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && line == "" {
		return false, nil // the end of the input is no yes
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes" || answer == "是", nil
}

// terminal tells whether somebody can answer.
func terminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// progress says what takes longer than two seconds, and no more often.
func progress(a *app) func(what string, rows int) {
	told := a.now()
	return func(what string, rows int) {
		if a.now().Sub(told) < 2*time.Second {
			return
		}
		told = a.now()
		if rows > 0 {
			a.say("%s: %d rows", what, rows)
		} else {
			a.say("%s", what)
		}
	}
}
