package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hetu/data/gdal"
	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/project"
)

// tablePrefix begins the name of the folder that a table is kept in while it is read.
const tablePrefix = "hetu-table-"

// StakeTables reads stake tables 界桩成果表 that planners send for their boundary projects, through the gate that all files come in by. It stores
// nothing: what was read is shown, and written once it is confirmed.
type StakeTables struct {
	Tools string // as of a [Request]
	Temp  string
}

// Read reads a table of a project's stakes. Its river has to be the project's, and its stakes stand on the project's lines. A row that cannot be taken
// refuses the table: the error has a field for each, "row 7".
func (s StakeTables) Read(ctx context.Context, of project.Subject, file []byte, ask project.TableAsk) (project.StakeTable, error) {
	temp := s.Temp
	if temp == "" {
		temp = os.TempDir()
	}
	gdal.Sweep(temp, tablePrefix)
	dir, err := os.MkdirTemp(temp, tablePrefix)
	if err != nil {
		return project.StakeTable{}, fmt.Errorf("keep a table: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	lock, err := gdal.Lock(dir)
	if err != nil {
		return project.StakeTable{}, fmt.Errorf("keep a table: %w", err)
	}
	defer func() { _ = lock.Close() }()
	name := "table.csv"
	if ask.XLSX {
		name = "table.xlsx"
	}
	if err := ofItsKind(file, ask.XLSX); err != nil {
		return project.StakeTable{}, err
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		return project.StakeTable{}, fmt.Errorf("keep a table: %w", err)
	}
	req := Request{Path: path, As: "stake", Source: "project", Today: ask.Today, Tools: s.Tools, Temp: s.Temp, Set: map[string]string{}}
	if ask.Zone != 0 {
		req.CRS = fmt.Sprintf("EPSG:%d", ask.Zone)
	}
	j := &job{req: &req, store: &projectShelf{of: of, extent: ask.Extent}, report: &Report{File: name}}
	if err := j.readStakes(ctx, bounds{rows: ask.Rows + tableHeadRows, unpacked: maxTableUnpacked}); err != nil {
		return project.StakeTable{}, overHTTP(err)
	}
	return j.stakeTable(), nil
}

// ofItsKind holds a table to be what it was sent as: a workbook is a ZIP file, and read as text it breaks somewhere in its second row.
func ofItsKind(file []byte, workbook bool) error {
	switch zipped := bytes.HasPrefix(file, []byte("PK\x03\x04")); {
	case zipped && !workbook:
		return geo.Errorf(geo.CodeRefused, "这是 XLSX 工作簿，却按 CSV 发送。The table is an XLSX workbook and was sent as text/csv: send it as application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	case workbook && !zipped:
		return geo.Errorf(geo.CodeRefused, "这不是 XLSX 工作簿。The table is no XLSX workbook: send text as text/csv, and save an old .xls as .xlsx")
	}
	return nil
}

// readStakes goes as far as an import does before anything is staged.
func (j *job) readStakes(ctx context.Context, within bounds) (err error) {
	if err = j.check(ctx); err != nil {
		return err
	}
	if j.source, err = openSource(j.req.Path, "", j.req.Temp, within); err != nil {
		return err
	}
	defer j.source.close()
	if err = j.understand(ctx); err != nil {
		return err
	}
	if err = j.target.build(ctx, j); err != nil {
		return err
	}
	return j.settleRefused()
}

func (j *job) stakeTable() project.StakeTable {
	words := func(s Sentence) project.Words { return project.Words{Zh: visible(s.Zh), En: visible(s.En)} }
	reading := func(f Finding) project.Reading {
		return project.Reading{Value: visible(f.Value), How: string(f.How), Why: words(f.Why)}
	}
	out := project.StakeTable{CRS: reading(j.report.CRS), Encoding: reading(j.report.Encoding)}
	for _, s := range j.report.Guesses {
		out.Guesses = append(out.Guesses, words(s))
	}
	for _, s := range j.report.Notes {
		out.Notes = append(out.Notes, words(s))
	}
	n := 0
	for _, at := range j.table.rows {
		if at.fault != nil || n == len(j.out) {
			continue
		}
		k, ok := j.out[n].(pg.Stake)
		if !ok {
			continue
		}
		n++
		flat := k.Geom.FlatCoords()
		out.Rows = append(out.Rows, project.TableStake{
			Row: at.n, Name: k.Name, Number: *k.Number, Kind: stakeKinds()[k.Kind], Bank: k.Bank, Lon: flat[0], Lat: flat[1], H1985: k.H1985, Place: k.Place,
		})
	}
	return out
}

// overHTTP says in an error's words what the one who sent a file can do about it: he has no command line.
func overHTTP(err error) error {
	e, ok := errors.AsType[*geo.Error](err)
	if !ok {
		return err
	}
	said := strings.NewReplacer(
		"is not stored: import the rivers first", "is not the project's", "leave --crs out", "leave zone out", "--crs EPSG:", "zone=", "with --crs", "with zone", "--crs", "zone",
		"; name the column with --map HEADING=FIELD or one value for all rows with --set FIELD=VALUE", "; give a column one of these headings",
		"or leave the column out with --map HEADING=-", "or leave the column out", "或用 --map 列名=- 略去该列", "或略去该列", "或用 --set river=河流 指定", "或改正桩名", "or with --set river=RIVER", "or correct the stake's name",
		"or leave one pair out with --map HEADING=-", "or leave the columns of one pair out", " (X and Y, 经度 and 纬度; --map HEADING=x)", " (X and Y, 经度 and 纬度)",
	)
	e.Msg = visible(said.Replace(e.Msg))
	for i := range e.Fields {
		e.Fields[i].Detail = visible(said.Replace(e.Fields[i].Detail))
	}
	return err
}

// projectShelf is a [Store] that knows one boundary project: its river, by name or code, and its lines.
type projectShelf struct {
	of     project.Subject
	extent geo.Extent
}

// The keys that things have on the shelf alone.
const (
	shelfRiver pg.Key = "river"
	shelfRoute pg.Key = "route"
)

// NewBatch implements [Store].
func (*projectShelf) NewBatch(context.Context, string, string) (*pg.Batch, error) {
	return nil, errors.New("a project's table is read, and written with the project")
}

// Extent implements [Store].
func (s *projectShelf) Extent(context.Context) (geo.Extent, error) { return s.extent, nil }

// Longitude implements [placed].
func (s *projectShelf) Longitude() float64 { return s.of.Stretch.Route.FlatCoords()[0] }

// FindDivisions implements [Finder]: which division a stake stands in is told by its place.
func (*projectShelf) FindDivisions(_ context.Context, words []string, _ geo.Date) ([]pg.Division, error) {
	var out []pg.Division
	for _, w := range words {
		out = append(out, pg.Division{Record: pg.Record{Key: pg.Key(w)}, Code: w, Name: w})
	}
	return out, nil
}

// FindRivers implements [Finder].
func (s *projectShelf) FindRivers(context.Context, []string, geo.Date) ([]pg.River, error) {
	return []pg.River{{Record: pg.Record{Key: shelfRiver}, Name: s.of.Stretch.RiverName, Code: s.of.Around.RiverCode}}, nil
}

// FindRoutes implements [Finder].
func (s *projectShelf) FindRoutes(context.Context, []pg.Key, geo.Date) ([]pg.Route, error) {
	return []pg.Route{{Record: pg.Record{Key: shelfRoute}, River: shelfRiver, Geom: s.of.Stretch.Route}}, nil
}

// FindReaches implements [Finder].
func (*projectShelf) FindReaches(context.Context, []string, geo.Date) ([]pg.Reach, error) {
	return nil, nil
}

// FindBoundaries implements [BoundaryFinder].
func (s *projectShelf) FindBoundaries(context.Context, []pg.Key, geo.Date) ([]pg.Boundary, error) {
	var out []pg.Boundary
	for i, p := range s.of.Lines.Pieces {
		out = append(out, pg.Boundary{
			Record: pg.Record{Key: pg.Key(fmt.Sprint("line", i))}, River: shelfRiver, Route: shelfRoute, Bank: p.Bank, BasisKind: string(p.Basis), FromM: &p.FromM, ToM: &p.ToM, Geom: p.Line,
		})
	}
	return out, nil
}
