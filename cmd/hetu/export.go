package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"hetu/data/export"
	"hetu/geo"
	"hetu/geo/duty"
)

type exportCmd struct {
	GeoJSON exportGeoJSONCmd `cmd:"" name:"geojson" default:"withargs" help:"Write a layer of the store as GeoJSON; hetu export LAYER means this."`
	PMTiles exportPMTilesCmd `cmd:"" name:"pmtiles" help:"Write vector tiles into one PMTiles file, which maps read from any web server."`
	MBTiles exportMBTilesCmd `cmd:"" name:"mbtiles" help:"Write vector tiles into one MBTiles file, for QGIS, GDAL and tile servers."`
}

type exportGeoJSONCmd struct {
	Layer string `arg:"" help:"divisions, rivers, routes, reaches, boundaries, notice-boards, sections or outfalls."`
	File  string `arg:"" optional:"" help:"File to write; standard output when it is not given." placeholder:"FILE"`
	AsOf  string `help:"The day whose state is written; today when it is not given." placeholder:"DATE"`
	Force bool   `help:"Overwrite the file if it is there."`
}

// Help gives an example.
func (*exportGeoJSONCmd) Help() string {
	return "Example: hetu export reaches reaches.geojson --as-of 2018-05-01"
}

// Run writes GeoJSON in EPSG:4490, lon and lat. A failed export leaves no file.
func (c *exportGeoJSONCmd) Run(ctx context.Context, a *app) error {
	at := duty.Moment{AsOf: geo.DateOf(a.now())}
	if c.AsOf != "" {
		d, err := geo.ParseDate(c.AsOf)
		if err != nil {
			return usageError{fmt.Errorf("--as-of: %w", err)}
		}
		at.AsOf = d
	}
	if _, err := os.Stat(c.File); c.File != "" && err == nil && !c.Force {
		return usageError{fmt.Errorf("%s is there already; --force overwrites it", c.File)}
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.write(ctx, a, db, at), db.Close(ctx))
}

func (c *exportGeoJSONCmd) write(ctx context.Context, a *app, db *database, at duty.Moment) error {
	write := func(w io.Writer) error {
		n, err := export.GeoJSON(ctx, db.Store, at, c.Layer, w)
		if err == nil {
			a.say("%d features of %s on %s", n, c.Layer, at.AsOf)
		}
		return err
	}
	if c.File == "" {
		return write(a.stdout)
	}
	return writeWhole(c.File, write)
}
