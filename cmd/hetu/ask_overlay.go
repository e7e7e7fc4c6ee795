package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
)

// askOverlays are the questions about polygons.
type askOverlays struct {
	Touches  askTouchesCmd  `cmd:"" help:"What a polygon touches (Q2)."`
	Occupied askOccupiedCmd `cmd:"" help:"How much of each bank a project occupies (Q12)."`
	Overlaps askOverlapsCmd `cmd:"" help:"Which other land lies on management areas or zones (Q10)."`
	Diff     askDiffCmd     `cmd:"" help:"What changed between two versions of an area or a boundary (Q11)."`
	Inside   askInsideCmd   `cmd:"" help:"Whether a problem lies inside the management area, when it was found and now (Q14)."`
}

// polygonFlags are of a question about a polygon.
type polygonFlags struct {
	File     string `arg:"" help:"GeoJSON file with a Polygon, a MultiPolygon or a Feature of one; - is standard input." placeholder:"FILE.geojson"`
	Geometry bool   `help:"With the overlaps' geometry; see it with --json."`
	Drafts   bool   `help:"Also what is not announced yet, where the server shows it."`
}

func (f *polygonFlags) values() url.Values { return flags(f.Geometry, f.Drafts) }

func flags(geometry, drafts bool) url.Values {
	v := url.Values{}
	if geometry {
		v.Set("geometry", "true")
	}
	if drafts {
		v.Set("drafts", "true")
	}
	return v
}

func (f *polygonFlags) read() ([]byte, error) { return readSent(f.File, "polygon") }

// maxSent is more than a server takes, so that the server says what is too much.
const maxSent = 2 << 20

// readSent reads what is to be sent from a file, or with - from standard input.
func readSent(path, what string) ([]byte, error) {
	var in io.Reader = os.Stdin
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // G304: the path is the operator's argument
		if err != nil {
			return nil, usageError{fmt.Errorf("read the %s: %w", what, err)}
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	body, err := io.ReadAll(io.LimitReader(in, maxSent))
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	return body, nil
}

type askTouchesCmd struct {
	polygonFlags `embed:""`
}

// Help gives an example.
func (*askTouchesCmd) Help() string {
	return "Example: hetu ask touches park.geojson --as-of 2022-07-01"
}

// Run asks.
func (c *askTouchesCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	body, err := c.read()
	if err != nil {
		return err
	}
	return q.ask(ctx, a, http.MethodPost, "/api/v1/touches", c.values(), body)
}

type askOccupiedCmd struct {
	polygonFlags `embed:""`
	Level        int `help:"Level of the divisions that are told apart: 3 counties, 4 towns." default:"4"`
}

// Help gives an example.
func (*askOccupiedCmd) Help() string {
	return "Example: hetu ask occupied wharf.geojson --level 3"
}

// Run asks.
func (c *askOccupiedCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	body, err := c.read()
	if err != nil {
		return err
	}
	v := c.values()
	v.Set("level", strconv.Itoa(c.Level))
	return q.ask(ctx, a, http.MethodPost, "/api/v1/occupied", v, body)
}

type askOverlapsCmd struct {
	Kind     string `help:"area, zone or protection." default:"area"`
	Theme    string `help:"Of the other land, such as 永久基本农田. Default: all."`
	Division string `help:"Code of a division. Default: all." placeholder:"CODE"`
	River    int64  `help:"Id of a river. Default: all." placeholder:"ID"`
	Limit    int    `help:"How many overlaps at most. Default: 500." placeholder:"N"`
	Geometry bool   `help:"With the overlaps' geometry; see it with --json."`
	Drafts   bool   `help:"Also what is not announced yet, where the server shows it."`
}

// Help gives an example.
func (*askOverlapsCmd) Help() string {
	return "Example: hetu ask overlaps --theme 永久基本农田 --division 520181"
}

// Run asks.
func (c *askOverlapsCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := flags(c.Geometry, c.Drafts)
	v.Set("kind", c.Kind)
	for name, value := range map[string]string{"theme": c.Theme, "division": c.Division} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if c.River != 0 {
		v.Set("river", strconv.FormatInt(c.River, 10))
	}
	if c.Limit != 0 {
		v.Set("limit", strconv.Itoa(c.Limit))
	}
	return q.ask(ctx, a, http.MethodGet, "/api/v1/overlaps", v, nil)
}

type askDiffCmd struct {
	Kind   string `arg:"" enum:"area,boundary" help:"area or boundary."`
	ID     int64  `arg:"" help:"Its id."`
	From   string `required:"" help:"A day on which the earlier version is in force, or its number." placeholder:"DATE|N"`
	To     string `help:"The later version likewise. Default: that of the day asked about." placeholder:"DATE|N"`
	Drafts bool   `help:"Also what is not announced yet, where the server shows it."`
}

// Help gives an example.
func (*askDiffCmd) Help() string {
	return "Example: hetu ask diff area 1234 --from 2022-12-31 --to 2023-01-01"
}

// Run asks.
func (c *askDiffCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := flags(false, c.Drafts)
	v.Set("from", c.From)
	if c.To != "" {
		v.Set("to", c.To)
	}
	kinds := map[string]string{"area": "areas", "boundary": "boundaries"}
	return q.ask(ctx, a, http.MethodGet, fmt.Sprintf("/api/v1/%s/%d/diff", kinds[c.Kind], c.ID), v, nil)
}

type askInsideCmd struct {
	Problem int64 `arg:"" help:"The problem's id."`
	Drafts  bool  `help:"Also what is not announced yet, where the server shows it."`
}

// Help gives an example.
func (*askInsideCmd) Help() string {
	return "Example: hetu ask inside 4711"
}

// Run asks.
func (c *askInsideCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	return q.ask(ctx, a, http.MethodGet, fmt.Sprintf("/api/v1/problems/%d/inside", c.Problem), flags(false, c.Drafts), nil)
}
