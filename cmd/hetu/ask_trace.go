package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

type askTraceCmd struct {
	Source   string   `arg:"" help:"What the trace begins at: rivers, reaches, routes, edges, nodes, outfalls, monitoring-sections, notice-boards, problems, or position."`
	ID       string   `arg:"" help:"Its id; of a position LON,LAT."`
	Mode     string   `help:"UM or DM: up or down the main way; UT or DD: all ways; PP: down to --to." enum:"UM,UT,DM,DD,PP" default:"UM"`
	Distance string   `help:"How far, in km along the water, or all; UT and DD need it." placeholder:"KM"`
	At       string   `help:"The measure on the river, route, reach or edge to begin at, such as K1+200." placeholder:"K"`
	Route    int64    `help:"Which route of the river; the longest when it is not given." placeholder:"ID"`
	To       string   `help:"Where PP ends: SOURCE/ID." placeholder:"PLACE"`
	ToAt     string   `help:"The measure there." placeholder:"K"`
	Stop     []string `help:"What ends a way: section, outfall, dam, border, border:town, joined by commas." placeholder:"KIND"`
	Division string   `help:"The code of a division that the trace must not leave." placeholder:"CODE"`
	Features string   `help:"List what lies on the way: monitoring-sections, outfalls, notice-boards, problems, reaches, dams; or ids: the edges alone." placeholder:"KIND"`
	Limit    int      `help:"At most so many parts. Default: 10000." placeholder:"N"`
	Offset   int      `help:"Leave out so many parts, to go on with a truncated trace." placeholder:"N"`
}

// Help gives an example.
func (*askTraceCmd) Help() string {
	return "Example: hetu ask trace rivers 42 --mode UT --distance 20 --at K1+200 --features outfalls"
}

// Run asks. A table of flowlines has no geometry; --json has it.
func (c *askTraceCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	features := c.Features
	if features == "" {
		features = "flowlines"
	}
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	number := func(name string, n int64) {
		if n != 0 {
			v.Set(name, strconv.FormatInt(n, 10))
		}
	}
	set("distance", c.Distance)
	set("at", c.At)
	set("to", c.To)
	set("to_at", c.ToAt)
	set("division", c.Division)
	number("route", c.Route)
	number("limit", int64(c.Limit))
	number("offset", int64(c.Offset))
	for i, stop := range c.Stop {
		if i > 0 {
			stop = v.Get("stop") + "," + stop
		}
		v.Set("stop", stop)
	}
	if features == "flowlines" && !q.JSON {
		v.Set("geometry", "false")
	}
	for _, part := range []string{c.Source, c.ID, features} {
		if part == "" || part == "." || part == ".." {
			return usageError{errors.New("hetu ask trace SOURCE ID: neither may be empty")}
		}
	}
	path := "/api/v1/hydro/" + url.PathEscape(c.Source) + "/" + url.PathEscape(c.ID) + "/navigation/" + c.Mode + "/" + url.PathEscape(features)
	return q.ask(ctx, a, http.MethodGet, path, v, nil)
}

type askHandoversCmd struct {
	River string `arg:"" help:"The river's id or its name."`
	Level string `help:"Of which divisions: province, city, county, town, village." enum:"province,city,county,town,village" default:"county"`
}

// Help gives an example.
func (*askHandoversCmd) Help() string { return "Example: hetu ask handovers 42 --level town" }

// Run asks.
func (c *askHandoversCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	return q.askOfRiver(ctx, a, c.River, stationPath("handovers"), url.Values{"level": {c.Level}})
}
