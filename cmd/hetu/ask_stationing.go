package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// askStationing are the questions of what lies where along rivers.
type askStationing struct {
	Locate        askLocateCmd        `cmd:"" help:"Where a measure of a river lies, with both banks and its reaches (Q5)."`
	Measure       askMeasureCmd       `cmd:"" help:"Which measure and bank of a river a position has (Q5)."`
	Segment       askSegmentCmd       `cmd:"" help:"The lines of a range of a river, and their lengths (Q5)."`
	Hydrolocation askHydrolocationCmd `cmd:"" help:"Which river a position lies on, and where on it (Q5)."`
	Nearest       askNearestCmd       `cmd:"" help:"What stands nearest to a position, straight or along the water (Q13)."`
}

// stationPath gives the path of a river's question.
func stationPath(question string) func(int64) string {
	return func(id int64) string { return fmt.Sprintf("/api/v1/hydro/rivers/%d/%s", id, question) }
}

// setNumber sets a parameter that was given.
func setNumber(v url.Values, name string, value *float64) {
	if value != nil {
		v.Set(name, fmt.Sprint(*value))
	}
}

func setRoute(v url.Values, route int64) {
	if route != 0 {
		v.Set("route", fmt.Sprint(route))
	}
}

type askLocateCmd struct {
	River  string   `arg:"" help:"The river's id or its name."`
	K      string   `arg:"" help:"The measure: K12+345, K12+345.6 or metres."`
	Offset *float64 `help:"Also the point so many metres beside the centre line: left is negative. Write --offset=-30." placeholder:"M"`
	Route  int64    `help:"One of the river's routes, by id. Default: the longest." placeholder:"ID"`
}

// Help gives an example.
func (*askLocateCmd) Help() string {
	return "Example: hetu ask locate 昆都仑河 K1+200 --offset=-30"
}

// Run asks.
func (c *askLocateCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := url.Values{"stake": {c.K}}
	setNumber(v, "offset", c.Offset)
	setRoute(v, c.Route)
	return q.askOfRiver(ctx, a, c.River, stationPath("locate"), v)
}

type askMeasureCmd struct {
	River     string   `arg:"" help:"The river's id or its name."`
	Lon       float64  `arg:"" help:"Longitude in degrees, CGCS2000."`
	Lat       float64  `arg:"" help:"Latitude in degrees."`
	MaxOffset *float64 `help:"How far off the river may be, in metres, at most 2000, which is the default." placeholder:"M"`
	Route     int64    `help:"One of the river's routes, by id. Default: all." placeholder:"ID"`
}

// Help gives an example.
func (*askMeasureCmd) Help() string {
	return "Example: hetu ask measure 昆都仑河 109.87 40.55"
}

// Run asks.
func (c *askMeasureCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := url.Values{"lon": {fmt.Sprint(c.Lon)}, "lat": {fmt.Sprint(c.Lat)}}
	setNumber(v, "max_offset", c.MaxOffset)
	setRoute(v, c.Route)
	return q.askOfRiver(ctx, a, c.River, stationPath("measure"), v)
}

type askSegmentCmd struct {
	River string `arg:"" help:"The river's id or its name."`
	From  string `arg:"" help:"The smaller measure: K12+345, K12+345.6 or metres."`
	To    string `arg:"" help:"The larger one."`
	Bank  string `help:"left, right or centre alone. Default: the centre line and both banks." enum:"left,right,both,centre" default:"both" placeholder:"BANK"`
	Route int64  `help:"One of the river's routes, by id. Default: the longest." placeholder:"ID"`
}

// Help gives an example.
func (*askSegmentCmd) Help() string {
	return "Example: hetu ask segment 昆都仑河 K0+500 K2+000 --bank left --json"
}

// Run asks.
func (c *askSegmentCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := url.Values{"from": {c.From}, "to": {c.To}, "bank": {c.Bank}}
	setRoute(v, c.Route)
	return q.askOfRiver(ctx, a, c.River, stationPath("segment"), v)
}

type askHydrolocationCmd struct {
	Lon       float64  `arg:"" help:"Longitude in degrees, CGCS2000."`
	Lat       float64  `arg:"" help:"Latitude in degrees."`
	MaxOffset *float64 `help:"How far off a river may be, in metres, at most 2000. Default: 200." placeholder:"M"`
}

// Help gives an example.
func (*askHydrolocationCmd) Help() string {
	return "Example: hetu ask hydrolocation 109.87 40.55 --max-offset 2000"
}

// Run asks.
func (c *askHydrolocationCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := url.Values{"lon": {fmt.Sprint(c.Lon)}, "lat": {fmt.Sprint(c.Lat)}}
	setNumber(v, "max_offset", c.MaxOffset)
	return q.ask(ctx, a, http.MethodGet, "/api/v1/hydro/hydrolocation", v, nil)
}

type askNearestCmd struct {
	Lon    float64  `arg:"" help:"Longitude in degrees, CGCS2000."`
	Lat    float64  `arg:"" help:"Latitude in degrees."`
	Kind   string   `help:"notice-boards, outfalls, monitoring-sections or stakes." enum:"notice-boards,outfalls,monitoring-sections,stakes" required:"" placeholder:"KIND"`
	By     string   `help:"air: straight; water: along the network, up and down." enum:"air,water" default:"air"`
	Within *float64 `help:"How far is looked, in metres. Default: 10000." placeholder:"M"`
	Limit  int      `help:"How many at most. Default: 10." placeholder:"N"`
}

// Help gives an example.
func (*askNearestCmd) Help() string {
	return "Example: hetu ask nearest 109.87 40.55 --kind outfalls --by water"
}

// Run asks.
func (c *askNearestCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := url.Values{"lon": {fmt.Sprint(c.Lon)}, "lat": {fmt.Sprint(c.Lat)}, "kind": {c.Kind}, "by": {c.By}}
	setNumber(v, "within", c.Within)
	if c.Limit != 0 {
		v.Set("limit", fmt.Sprint(c.Limit))
	}
	return q.ask(ctx, a, http.MethodGet, "/api/v1/nearest", v, nil)
}
