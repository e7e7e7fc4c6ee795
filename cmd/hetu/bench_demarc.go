package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/export"
	"hetu/data/files"
	"hetu/data/pg"
	"hetu/data/profiles"
	"hetu/data/waters"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// benchDemarcCmd measures what a planner waits for while he draws.
type benchDemarcCmd struct {
	Km       float64 `help:"How long the river is." default:"50" placeholder:"KM"`
	Vertices int     `help:"How many vertices the centre line has, over both banks; the boundary comes to somewhat fewer." default:"12000" placeholder:"N"`
	JSON     bool    `help:"Print one JSON line for each case." name:"json"`
	Runs     int     `help:"How many times each case is measured; medians are printed." default:"9"`
}

// Help gives an example.
func (*benchDemarcCmd) Help() string {
	return `Example: hetu bench demarc --json

A river is drawn and brought into a store of its own, which is taken away again; a boundary project over all of it is asked of a server over HTTP, as the
editor asks. wall_ms is of a request with its answer read to the end, one after the other on one connection; the first of each case is not counted.
Let nothing else run. Bounds: candidate 1000 ms, check_whole 500 ms, check_km 50 ms, stakes 500 ms, diff 300 ms.`
}

// demarcFigure is what a case took.
type demarcFigure struct {
	Case     string  `json:"case"`
	WallMs   float64 `json:"wall_ms"`
	CPUMs    float64 `json:"cpu_ms"` // of the server with its driver in this process, and without PostGIS
	LimitMs  float64 `json:"limit_ms"`
	Vertices int     `json:"vertices"`
	Bytes    int     `json:"bytes"`
	Runs     int     `json:"runs"`
	Machine  string  `json:"machine"`
}

// Run measures.
func (c *benchDemarcCmd) Run(ctx context.Context, a *app) (err error) {
	if !(c.Km > 1 && c.Km <= 200) || c.Vertices < 100 || c.Vertices > 20_000 || c.Runs < 1 {
		return usageError{errors.New("--km takes 1 to 200, --vertices 100 to 20000, --runs 1 and more")}
	}
	dir, err := os.MkdirTemp("", "hetu-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err = os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the account that PostgreSQL runs as must enter
		return err
	}
	own := *a
	own.data.DataDir, own.data.DatabaseURL = filepath.Join(dir, "data"), ""
	db, err := own.startCluster(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	b := &benchDemarc{app: &own, cmd: c, db: db, dir: dir}
	if err = b.fill(ctx); err != nil {
		return err
	}
	stop, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return b.measure(ctx)
}

// benchDemarc is what the cases share.
type benchDemarc struct {
	*app
	cmd      *benchDemarcCmd
	db       *database
	dir      string
	root     string
	key      string
	division int64
	river    int64
	length   float64
	at       string // of the project
}

// beside draws a line along the river, so many metres to the left; the river meanders east.
func (b *benchDemarc) beside(offM float64) []float64 {
	const lon, lat, wave, swing = 106.0, 26.6, 3000.0, 0.5
	n := b.cmd.Vertices / 2
	step := b.cmd.Km * 1000 / float64(n-1)
	x, y := 0.0, 0.0
	out := make([]float64, 0, 2*n)
	for i := range n {
		angle := swing * math.Cos(2*math.Pi*float64(i)*step/wave)
		px, py := x-offM*math.Sin(angle), y+offM*math.Cos(angle)
		out = append(out, lon+px/(111_320*math.Cos(lat*math.Pi/180)), lat+py/110_780)
		x, y = x+step*math.Cos(angle), y+step*math.Sin(angle)
	}
	return out
}

// fill brings the river in: centre line, bank tops and levee toes of both banks, two towns.
func (b *benchDemarc) fill(ctx context.Context) error {
	rec := func(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "hetu bench"} }
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, b.beside(0)), "mouth")
	flat := route.FlatCoords()
	b.length = flat[2]
	box := func(west, east float64) *geom.MultiPolygon {
		return geom.NewMultiPolygonFlat(geom.XY, []float64{west, 26.3, east, 26.3, east, 26.9, west, 26.9, west, 26.3}, [][]int{{10}})
	}
	west, east := 105.9, flat[len(flat)-3]+0.1
	rows := []pg.Row{
		pg.Division{Record: rec("county"), CodeScheme: "local", Code: "520181", Name: "示例县", Level: geo.County, Kind: "县", Geom: box(west, east)},
		pg.Division{Record: rec("town1"), CodeScheme: "local", Code: "520181101", Name: "示例一乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: box(west, (west+east)/2)},
		pg.Division{Record: rec("town2"), CodeScheme: "local", Code: "520181102", Name: "示例二乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: box((west+east)/2, east)},
		pg.River{Record: rec("r"), Name: "示例河", RiverKind: "river", Division: "county"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: b.length, Geom: route},
	}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		for kind, offM := range map[string]float64{"bank": 40, "levee_toe": 80} {
			if bank == geo.Right {
				offM = -offM
			}
			xy := b.beside(offM)
			xyz := make([]float64, 0, len(xy)/2*3)
			for i := 0; i < len(xy); i += 2 {
				xyz = append(xyz, xy[i], xy[i+1], 0)
			}
			line := pg.BankLine{Record: rec(pg.KeyOf(kind, string(bank))), Kind: kind, River: "r", Bank: bank, Geom: geom.NewLineStringFlat(geom.XYZ, xyz)}
			if kind == "levee_toe" {
				line.ToeSide, line.LeveeClass = "landside", new(2)
			}
			rows = append(rows, line)
		}
	}
	if err := loadRows(ctx, b.app, b.db, "hetu bench: a river", func(ctx context.Context, add adder) error { return add(ctx, rows...) }); err != nil {
		return err
	}
	return b.people(ctx)
}

// people makes a planner, and the key that he asks with.
func (b *benchDemarc) people(ctx context.Context) (err error) {
	if b.division, _, err = b.db.Division(ctx, "520181"); err != nil {
		return err
	}
	if b.river, err = b.db.riverID(ctx, "示例河", geo.DateOf(b.now())); err != nil {
		return err
	}
	who := access.Actor{Name: "bench", Grants: []access.Grant{{Role: access.Planner, Division: b.division}}}
	if who.Account, err = b.db.NewAccount(ctx, access.Actor{}, access.Account{Name: "bench", DisplayName: "bench", Division: b.division}); err != nil {
		return err
	}
	if _, err = b.db.Grant(ctx, access.Actor{}, who.Account, who.Grants[0]); err != nil {
		return err
	}
	id, shown, hash := api.NewKey()
	b.key = "Bearer " + shown
	return b.db.NewKey(ctx, who, access.Key{ID: id, Account: who.Account, Name: "bench", Roles: []access.Role{access.Planner}, EndsAt: b.now().AddDate(0, 0, 2)}, hash)
}

// serve starts a server of the API in this process.
func (b *benchDemarc) serve(ctx context.Context) (stop func() error, err error) {
	none := atlas.New()
	if _, err = none.Load(ctx, b.db.Atlas(), "", nil); err != nil {
		return nil, err
	}
	kept, err := cache.New(none, 1<<20)
	if err != nil {
		return nil, err
	}
	rules, err := profiles.Load("")
	if err != nil {
		return nil, err
	}
	handler, err := api.New(api.Config{
		Store: b.db.Store, Identity: b.db.Store, Atlas: none, Tiles: kept, Waters: waters.New(b.db.Network(), b.now), Rules: rules, Extent: geo.China(), Now: b.now,
		Log: slog.New(slog.DiscardHandler), Files: files.New(filepath.Join(b.dir, "documents")), CheckFunc: gate.Checker{Profiles: rules}.Check, Packages: export.Projects{Temp: b.dir},
	})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(listener) }()
	b.root = "http://" + listener.Addr().String()
	return func() error { return shutDown(ctx, srv) }, nil
}

// ask sends a request and reads its answer.
func (b *benchDemarc) ask(ctx context.Context, method, path string, body, into any, ifMatch string) (n int, err error) {
	var sent []byte
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, b.root+path, bytes.NewReader(sent))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", b.key)
	if sent != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return 0, fmt.Errorf("%s %s: %d %.500s", method, path, resp.StatusCode, answer)
	}
	if into != nil {
		err = json.Unmarshal(answer, into)
	}
	return len(answer), err
}

// benchCandidate is what a candidate answers.
type benchCandidate struct {
	Features []struct {
		Geometry   json.RawMessage
		Properties map[string]any
	}
}

// change puts a candidate's pieces in the place of all that the project has.
func (b *benchDemarc) change(c benchCandidate, note string) map[string]any {
	var changes []map[string]any
	for _, bank := range []string{"left", "right"} {
		pieces := []map[string]any{}
		for _, f := range c.Features {
			if f.Properties["bank"] == bank {
				p := map[string]any{"geometry": f.Geometry}
				for _, name := range []string{"from_m", "to_m", "basis", "width_m", "source"} {
					p[name] = f.Properties[name]
				}
				pieces = append(pieces, p)
			}
		}
		changes = append(changes, map[string]any{"bank": bank, "from_m": 0, "to_m": b.length, "pieces": pieces})
	}
	return map[string]any{"note": note, "changes": changes}
}

func (c benchCandidate) vertices() int {
	n := 0
	for _, f := range c.Features {
		n += bytes.Count(f.Geometry, []byte("],[")) + 1
	}
	return n
}

// measure takes the cases in the order in which somebody works.
func (b *benchDemarc) measure(ctx context.Context) error {
	var made project.Made
	if _, err := b.ask(ctx, http.MethodPost, "/api/v1/projects", map[string]any{
		"name": "bench", "river_id": b.river, "division_id": b.division, "lead_level": 3, "rule_profile": "width-kaiping",
	}, &made, ""); err != nil {
		return err
	}
	b.at = fmt.Sprintf("/api/v1/projects/%d", made.Project)
	var first, second benchCandidate
	wider := map[string]any{"wants": []map[string]any{{"bank": "left", "basis": "levee_toe", "width_m": 18}, {"bank": "right", "basis": "levee_toe", "width_m": 18}}}
	if _, err := b.ask(ctx, http.MethodPost, b.at+"/candidates", wider, &second, ""); err != nil {
		return err
	}
	if _, err := b.ask(ctx, http.MethodPost, b.at+"/candidates", map[string]any{}, &first, ""); err != nil {
		return err
	}
	for i, c := range []benchCandidate{second, first} {
		if _, err := b.ask(ctx, http.MethodPost, b.at+"/commits", b.change(c, "bench"), nil, fmt.Sprintf(`"%d"`, i+1)); err != nil {
			return err
		}
	}
	km := fmt.Sprintf("from=%.0f&to=%.0f", b.length/2, b.length/2+1000)
	var pieces []map[string]any
	for _, f := range first.Features {
		p := map[string]any{"geometry": f.Geometry}
		for _, name := range []string{"bank", "from_m", "to_m", "basis", "width_m", "source"} {
			p[name] = f.Properties[name]
		}
		pieces = append(pieces, p)
	}
	n := first.vertices()
	for _, c := range []struct {
		name, method, path string
		body               any
		limit              float64
		vertices           int
	}{
		{"candidate", http.MethodPost, "/candidates", map[string]any{}, 1000, n},
		{"check_whole", http.MethodPost, "/checks", nil, 500, n},
		{"check_km", http.MethodPost, "/checks?" + km, nil, 50, n},
		{"check_km_uncommitted", http.MethodPost, "/checks?" + km, map[string]any{"pieces": pieces}, 0, n},
		{"area", http.MethodGet, "/area", nil, 0, n},
		{"diff", http.MethodGet, "/diff?from=2&to=3&geometry=false", nil, 300, n + second.vertices()},
		{"stakes", http.MethodPost, "/stakes", map[string]any{"profile": "stakes-rural", "replace": true}, 500, n},
		{"stake_table", http.MethodGet, "/stakes/table.csv", nil, 0, n},
		{"package", http.MethodGet, "/package.zip", nil, 0, n},
	} {
		if err := b.one(ctx, c.name, c.method, c.path, c.body, c.limit, c.vertices, nil); err != nil {
			return err
		}
	}
	return b.one(ctx, "check_after_commit", http.MethodPost, "/checks", nil, 0, n, func() error { // nothing is kept ready: the candidate is drawn too
		now, err := b.revision(ctx, "/commits")
		if err != nil {
			return err
		}
		_, err = b.ask(ctx, http.MethodPost, b.at+"/commits", b.change(first, "again"), nil, now)
		return err
	})
}

// revision gives what If-Match says of the project as it stands; "" for what is not asked so.
func (b *benchDemarc) revision(ctx context.Context, path string) (string, error) {
	if path != "/stakes" && path != "/commits" {
		return "", nil
	}
	var now struct {
		Revision int `json:"revision"`
	}
	_, err := b.ask(ctx, http.MethodGet, b.at, nil, &now, "")
	return fmt.Sprintf(`"%d"`, now.Revision), err
}

// one measures one case; what is done before each request is not counted.
func (b *benchDemarc) one(ctx context.Context, name, method, path string, body any, limit float64, vertices int, before func() error) error {
	var walls, cpus []float64
	size := 0
	for i := range b.cmd.Runs + 1 {
		if before != nil {
			if err := before(); err != nil {
				return err
			}
		}
		ifMatch, err := b.revision(ctx, path)
		if err != nil {
			return err
		}
		started, used := b.now(), ownCPU()
		n, err := b.ask(ctx, method, b.at+path, body, nil, ifMatch)
		if err != nil {
			return err
		}
		if i > 0 {
			walls, cpus, size = append(walls, ms(b.now().Sub(started))), append(cpus, ms(ownCPU()-used)), n
		}
	}
	f := demarcFigure{
		Case: name, WallMs: math.Round(median(walls)*10) / 10, CPUMs: math.Round(median(cpus)*10) / 10, LimitMs: limit, Vertices: vertices, Bytes: size, Runs: len(walls),
		Machine: fmt.Sprintf("%d x %s, %s", runtime.NumCPU(), processor(), runtime.Version()),
	}
	if !b.cmd.JSON {
		b.print("%-22s %8.1f ms wall, %8.1f ms CPU (at most %.0f ms), %d vertices, %d bytes", f.Case, f.WallMs, f.CPUMs, f.LimitMs, f.Vertices, f.Bytes)
		return nil
	}
	line, err := json.Marshal(f)
	if err == nil {
		b.print("%s", line)
	}
	return err
}
