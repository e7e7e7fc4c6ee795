package main

import (
	"context"
	"net/url"
)

type askProfileCmd struct {
	River  string `arg:"" help:"The river's id or its name."`
	Format string `help:"json, geojson, csv or xlsx: the file goes to the standard output." enum:",json,geojson,csv,xlsx" default:"" placeholder:"FORM"`
}

// Help gives examples.
func (*askProfileCmd) Help() string {
	return "Examples: hetu ask profile 猫跳河 --as-of 2018-05-01\n          hetu ask profile 12 --format xlsx > profile.xlsx"
}

// Run asks.
func (c *askProfileCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v, here := url.Values{}, *q
	if c.Format != "" {
		v.Set("f", c.Format)
		here.JSON = true // as it came
	}
	return here.askOfRiver(ctx, a, c.River, stationPath("profile"), v)
}
