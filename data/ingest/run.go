package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hetu/data/gdal"
	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/network"
)

// Request says what to import and how. Path and As are needed; the rest has defaults.
type Request struct {
	Path      string            // a file, a .zip, or a folder with one loose Shapefile or a FileGDB
	As        string            // the target: river, division, reach …
	Layer     string            // of several
	CRS       string            // EPSG:n, GCJ02, BD09; empty: as found, or guessed
	Encoding  string            // UTF-8, GB18030, Big5; empty: as found, or guessed
	Transform string            // from another datum: a PROJ pipeline, EPSG:n of an operation, or null
	Map       map[string]string // heading to field; field - leaves the column out
	Set       map[string]string // field to one value for all rows
	Source    string            // whose data it is, part of natural keys; empty: the file's name
	ValidFrom geo.Date          // zero: Today
	Today     geo.Date          // the clock's day
	Actor     string            // who imports, for the audit; empty: import

	SnapM       float64 // metres; 0: the default of package network
	Against     bool    // lines run against the flow
	Crossings   network.Crossings
	Direction   network.Direction
	Outlets     []network.Outfall
	UseM        bool   // M of the file is the measure
	KmPoints    string // a file of kilometre stones that tell the measures of rivers' routes; empty: none
	SkipRefused bool   // take the rows that can be taken
	RefusedFile string // where SkipRefused writes the others; empty: Path.refused.csv. It must not exist
	DryRun      bool
	Yes         bool // merge without asking, guesses included

	// Confirm is shown the report and says whether to merge. Without it and without Yes nothing is stored.
	Confirm func(*Report) (bool, error)
	// Progress is told what is being done, and how many rows were; it may be nil.
	Progress func(what string, rows int)

	Tools string // folder of GDAL's tools; empty: /usr/bin
	Temp  string // folder for the sandbox; empty: the system's
}

// Store is what an import needs of the store; *pg.Store is one.
type Store interface {
	NewBatch(ctx context.Context, actor, what string) (*pg.Batch, error)
	Extent(ctx context.Context) (geo.Extent, error)
}

// Finder looks stored things up by what files call them. Targets that refer to rivers or divisions need it; a [Store] that
// is no Finder cannot take those. Words are codes or names; the rows have their Record.Key set, and describe one day.
type Finder interface {
	FindDivisions(ctx context.Context, words []string, asOf geo.Date) ([]pg.Division, error)
	FindRivers(ctx context.Context, words []string, asOf geo.Date) ([]pg.River, error)
	FindRoutes(ctx context.Context, rivers []pg.Key, asOf geo.Date) ([]pg.Route, error)
	FindReaches(ctx context.Context, words []string, asOf geo.Date) ([]pg.Reach, error)
}

// job carries one import from step to step.
type job struct {
	req     *Request
	store   Store
	target  target
	extent  geo.Extent
	source  *source
	child   *gdal.Child
	table   *table
	cols    *columns
	report  *Report
	valid   geo.Period
	out     []pg.Row
	foreign int // rows that go by their English name
}

// Run imports one file. It gives a report whenever the file could be looked at, also beside an error. The error's code is
// CodeInvalid where the call is wrong or was not confirmed, CodeRefused or another where the file cannot be taken; in every
// case of an error nothing was stored.
func Run(ctx context.Context, store Store, req Request) (*Report, error) {
	report, err := run(ctx, store, req)
	if e, ok := errors.AsType[*geo.Error](err); ok {
		// Names of layers, columns and members are a stranger's text.
		e.Msg = visible(e.Msg)
		for i := range e.Fields {
			e.Fields[i].Detail = visible(e.Fields[i].Detail)
		}
	}
	return report, err
}

func run(ctx context.Context, store Store, req Request) (*Report, error) {
	j := &job{req: &req, store: store, report: &Report{File: filepath.Base(req.Path)}}
	if err := j.check(ctx); err != nil {
		return nil, err
	}
	var err error
	j.say("copy", 0)
	if j.source, err = openSource(req.Path, req.Layer, req.Temp, bounds{}); err != nil {
		return nil, err
	}
	defer j.source.close()
	j.report.SHA256 = j.source.sha256
	if err := j.understand(ctx); err != nil {
		return j.report, err
	}
	faultPoint("import-parsed")
	if err := j.target.build(ctx, j); err != nil {
		return j.report, err
	}
	j.report.Accepted = j.report.Read - j.report.Refused - j.report.LeftOut
	if err := j.settleRefused(); err != nil {
		return j.report, err
	}
	return j.report, j.merge(ctx)
}

func (j *job) say(what string, rows int) {
	if j.req.Progress != nil {
		j.req.Progress(what, rows)
	}
}

// check looks at the request before the file.
func (j *job) check(ctx context.Context) (err error) {
	if j.target, err = targetNamed(j.req.As); err != nil {
		return err
	}
	if j.req.Source == "" {
		j.req.Source = visible(strings.TrimSuffix(filepath.Base(j.req.Path), filepath.Ext(j.req.Path)))
	}
	if !utf8.ValidString(j.req.Source) || strings.ContainsFunc(j.req.Source, unicode.IsControl) || len(j.req.Source) > maxName {
		return geo.InvalidField("source", "%q is no name: write up to %d bytes of text without control characters", clip(j.req.Source), maxName)
	}
	if j.req.Actor == "" {
		j.req.Actor = "import"
	}
	if j.req.ValidFrom.IsZero() {
		j.req.ValidFrom = j.req.Today
	}
	if j.req.ValidFrom.IsZero() {
		return geo.InvalidField("valid-from", "the day from which the rows are valid is not given")
	}
	j.valid = geo.Since(j.req.ValidFrom)
	if j.req.KmPoints != "" && (j.target.name != "river" || j.req.UseM) {
		return geo.InvalidField("km-points", "kilometre points tell the measures of rivers, where the file's M does not: leave --use-m out, and import --as river")
	}
	j.report.Target, j.report.Source, j.report.From = j.target.name, j.req.Source, j.req.ValidFrom
	j.extent, err = j.store.Extent(ctx)
	return err
}

// understand reads the file and finds its encoding, columns and reference system.
func (j *job) understand(ctx context.Context) (err error) {
	if j.child, err = gdal.New(ctx, j.req.Tools, j.source.work, j.source.driver); err != nil {
		return err
	}
	if j.source.driver == "GPKG" {
		if err = j.source.checkSchema(ctx, j.child); err != nil {
			return err
		}
	}
	j.say("read", 0)
	j.report.Driver = j.source.driver
	if j.source.driver == "" {
		j.report.Driver = "CSV"
		j.table, err = j.source.readText()
	} else {
		j.table, err = j.source.read(ctx, j.child, j.req.Layer)
	}
	if err != nil {
		return err
	}
	j.report.Layer, j.report.Read = j.table.name(), len(j.table.rows)
	j.say("read", j.report.Read)
	if len(j.table.rows) == 0 {
		return geo.Errorf(geo.CodeRefused, "the layer %q has no rows", j.report.Layer)
	}
	if j.report.Encoding, err = j.source.decodeTable(j.table, j.req.Encoding, allHeadings()); err != nil {
		return err
	}
	if j.target.heads != nil && j.loose() {
		j.target.heads(j.table)
		if j.report.Read = len(j.table.rows); j.report.Read == 0 {
			return geo.Errorf(geo.CodeRefused, "the layer %q has no rows below its head", j.report.Layer)
		}
	}
	if err = j.mapColumns(); err != nil {
		return err
	}
	return j.place(ctx)
}

func (j *job) mapColumns() (err error) {
	fields := slices.Clone(j.target.fields)
	if j.loose() && j.target.placeTable == nil {
		fields = append(fields, placeFields()...)
	}
	if j.cols, err = mapColumns(j.table, fields, j.req, j.report); err != nil {
		return err
	}
	j.report.Notes = append(j.report.Notes, j.source.notes...)
	if filepath.Ext(j.source.path) == ".shp" && !j.source.hasDBF {
		return geo.Errorf(geo.CodeRefused, "%s has geometry and no attributes: its .dbf is missing, and a %s needs a name", j.source.name, j.target.name)
	}
	return j.cols.required(j.target.fields, j.target.name)
}

// loose tells whether no row brought a geometry, as in tables: columns may hold it then.
func (j *job) loose() bool {
	return !slices.ContainsFunc(j.table.rows, func(r row) bool { return r.shape != nil || r.fault != nil && r.line == 0 })
}

// place finds the reference system, brings the geometry to EPSG:4490 and holds its kind against the target's.
func (j *job) place(ctx context.Context) error {
	switch {
	case j.loose() && j.target.placeTable != nil:
		return j.target.placeTable(ctx, j)
	case j.loose():
		j.table.placeRows(j.cols)
	}
	return j.placeShapes(ctx)
}

// placeShapes does so for rows that have a geometry as the file has it.
func (j *job) placeShapes(ctx context.Context) error {
	if err := j.checkKinds(); err != nil {
		return err
	}
	ref, err := j.findReference(ctx)
	if err != nil {
		return err
	}
	if err := j.checkAxes(ref); err != nil {
		return err
	}
	j.report.CRS = ref.Finding
	if ref.swapped && ref.How == Guessed {
		j.report.Guesses = append(j.report.Guesses, *sayf("the first number of each pair is taken as northing or latitude", "每对坐标的第一个数按北坐标或纬度处理"))
	}
	if err := j.locate(ctx, ref); err != nil {
		return err
	}
	j.unusedZM()
	return nil
}

// checkKinds refuses a layer that is not of the target's geometry at all; single rows are refused later.
func (j *job) checkKinds() error {
	fits, other, none := 0, "", 0
	for _, r := range j.table.rows {
		switch {
		case r.fault != nil:
			fits++
		case r.shape == nil:
			none++
		case r.shape.dims() == j.target.dims:
			fits++
		default:
			other = r.shape.dims()
		}
	}
	switch {
	case fits > 0 || none > 0 && other == "" && j.target.tabular:
		return nil
	case other != "":
		return geo.Errorf(geo.CodeRefused, "the layer %q holds %ss, and a %s is a %s", j.report.Layer, other, j.target.name, j.target.dims)
	default:
		return geo.Errorf(geo.CodeRefused, "no row of %q has a geometry; a table needs a column of WKT or a pair of coordinates (X and Y, 经度 and 纬度; --map HEADING=x)", j.report.Layer)
	}
}

func (j *job) unusedZM() {
	j.eachShape(func(at *row) {
		layout := at.shape.layout
		if layout.MIndex() >= 0 && !j.req.UseM {
			j.report.UnusedM++
		}
		if layout.ZIndex() >= 0 && !j.target.keepsZ {
			j.report.UnusedZ++
		}
	})
}

// usable calls f for each row that has no fault yet and a geometry of the target's kind; other rows are refused.
func (j *job) usable(f func(at row) (reason, remedy *Sentence)) {
	for _, at := range j.table.rows {
		reason, remedy := at.fault, (*Sentence)(nil)
		if reason == nil {
			reason = j.unfit(at)
		}
		switch {
		case reason != nil:
		case at.shape == nil && !j.target.tabular:
			reason = sayf("the row has no geometry", "该行没有几何")
		case at.shape != nil && at.shape.dims() != j.target.dims:
			reason = sayf("the row is a %s, and a %s is a %s", "该行是 %s,而 %s 应为 %s", at.shape.dims(), j.target.name, j.target.dims)
		default:
			reason, remedy = f(at)
		}
		if reason != nil {
			j.report.refuse(at, reason, remedy)
		}
	}
}

// settleRefused refuses the file for its refused rows, or writes them beside it and goes on with the rest.
func (j *job) settleRefused() error {
	r := j.report
	switch {
	case r.Refused == 0 && len(j.out) > 0:
		return nil
	case r.Refused == 0:
		return geo.Errorf(geo.CodeRefused, "no row of %s is a %s", r.File, r.Target)
	case j.req.SkipRefused && len(j.out) > 0:
		return j.planRefused()
	}
	e := &geo.Error{Code: geo.CodeRefused, Msg: fmt.Sprintf("%s: %d of %d rows are refused, so nothing is stored; first row %d: %s", r.File, r.Refused, r.Read, r.Refusals[0].Row, r.Refusals[0].Reason)}
	for _, f := range r.Refusals[:min(20, len(r.Refusals))] {
		e.Fields = append(e.Fields, geo.Field{Name: "row " + strconv.Itoa(f.Row), Detail: f.Reason.En})
	}
	return e
}

// merge stages the rows, asks, and brings them in; whatever happens before the yes, or without one, leaves nothing.
func (j *job) merge(ctx context.Context) (err error) {
	what := visible(fmt.Sprintf("import %s %s of %s", j.report.Target, j.report.Layer, j.report.File))
	batch, err := j.store.NewBatch(ctx, j.req.Actor, what)
	if err != nil {
		return err
	}
	defer func() {
		if !j.report.Stored {
			dropping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
			defer cancel()
			err = errors.Join(err, batch.Drop(dropping))
		}
	}()
	const step = 5000
	for i := 0; i < len(j.out); i += step {
		j.say("stage", i)
		if err = batch.Add(ctx, j.out[i:min(i+step, len(j.out))]...); err != nil {
			return err
		}
		faultPoint("import-staging")
	}
	stop, err := j.ask(ctx, batch)
	if stop || err != nil {
		return err
	}
	faultPoint("import-before-merge")
	j.say("merge", len(j.out))
	written, err := j.writeRefused()
	if err != nil {
		return err
	}
	if err = j.count(batch.Merge(ctx)); err != nil {
		if written != "" {
			err = errors.Join(err, os.Remove(written))
		}
		return err
	}
	j.report.Stored = true
	return nil
}

// ask shows what the merge would do and gets the yes. Where the yes was given beforehand the merge itself will tell.
func (j *job) ask(ctx context.Context, batch *pg.Batch) (stop bool, err error) {
	if j.req.Yes && !j.req.DryRun {
		return false, nil
	}
	j.say("compare", len(j.out))
	if err := j.count(batch.Preview(ctx)); err != nil || j.req.DryRun {
		return true, err
	}
	return false, j.confirm()
}

// count takes over what a merge did, or would do.
func (j *job) count(merged []pg.Merged, err error) error {
	j.report.Merge = nil
	for _, m := range merged {
		j.report.Merge = append(j.report.Merge, Merged(m))
	}
	return err
}

func (j *job) confirm() error {
	if j.req.Confirm == nil {
		return geo.Errorf(geo.CodeInvalid, "nothing is stored: the import was not confirmed; say --yes, or answer on a terminal")
	}
	ok, err := j.req.Confirm(j.report)
	if err != nil {
		return err
	}
	if !ok {
		return geo.Errorf(geo.CodeInvalid, "nothing is stored: the answer was no")
	}
	return nil
}

func num(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
