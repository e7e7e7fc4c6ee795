package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/data/dem"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
)

type demarcLakeCmd struct {
	Name     string  `arg:"" help:"The lake's or reservoir's name, for its stakes."`
	DEM      string  `help:"An elevation model, GeoTIFF or ASC." name:"dem" required:"" placeholder:"FILE"`
	CRS      string  `help:"The elevation model's system, where the file names none." placeholder:"EPSG:4547"`
	At       string  `help:"A place in the lake." required:"" placeholder:"LON,LAT"`
	Level    float64 `help:"The height of its water, in metres of the 1985 datum, as the model's are." required:"" placeholder:"METRES"`
	Historic bool    `help:"The level is the highest known 历史最高洪水位, not that of the design flood."`
	Profile  string  `help:"The width profile." placeholder:"ID" xor:"width"`
	Width    float64 `help:"How far outward of the shore, in metres, in place of a profile's." placeholder:"METRES" xor:"width"`

	profilesFlag `embed:""`
}

// Help gives an example.
func (*demarcLakeCmd) Help() string {
	return "Example: hetu demarc lake 红枫湖 --dem dem.tif --at 106.415,26.545 --level 1240 --profile width-kaiping > lake.geojson\n\nThe boundary is a ring around the shore at the level (A4), with four stakes as far apart as each other. Nothing is written."
}

// Run draws.
func (c *demarcLakeCmd) Run(ctx context.Context, a *app) error {
	var lon, lat float64
	if n, err := fmt.Sscanf(c.At, "%g,%g", &lon, &lat); err != nil || n != 2 || !geo.World().Contains(lon, lat) {
		return usageError{fmt.Errorf("--at %q: write longitude and latitude in degrees, for example 106.415,26.545", c.At)}
	}
	basis := demarc.DesignFlood
	if c.Historic {
		basis = demarc.HistoricFlood
	}
	width, err := c.width(basis)
	if err != nil {
		return err
	}
	const datum = "1985"
	model, err := dem.Read(ctx, dem.Request{Path: c.DEM, CRS: c.CRS, Datum: datum, Source: c.DEM})
	if err != nil {
		return err
	}
	_, shore, notes, err := demarc.LakeRing(ctx, model, demarc.Level{HeightM: c.Level, Historic: c.Historic, Datum: datum}, lon, lat)
	if err != nil {
		return err
	}
	lake, more, err := demarc.LakeBoundary(shore, width)
	if err != nil {
		return err
	}
	for _, n := range append(notes, more...) {
		a.say("%s: %s %s", n.Code, n.Zh, n.En)
	}
	return writeLake(a.stdout, c.Name, basis, lake)
}

// width is that of the profile, 0 where it has none.
func (c *demarcLakeCmd) width(basis demarc.Basis) (float64, error) {
	if c.Profile == "" {
		return c.Width, nil
	}
	rules, err := c.rules()
	if err != nil {
		return 0, err
	}
	profile, err := rules.Get(c.Profile)
	if err != nil || profile.Width == nil {
		return 0, usageError{fmt.Errorf("--profile %q is no profile with widths; hetu ask profiles lists them", c.Profile)}
	}
	width, _ := profile.Width.WidthOf(demarc.Situation{Basis: basis})
	return width, nil
}

// writeLake writes the ring and its stakes as one FeatureCollection, lon and lat, nine decimals.
func writeLake(w io.Writer, name string, basis demarc.Basis, lake demarc.Lake) error {
	ring, err := geojson.Marshal(lake.Ring, geojson.EncodeGeometryWithMaxDecimalDigits(9))
	if err != nil {
		return err
	}
	features := []any{map[string]any{
		"type": "Feature", "geometry": json.RawMessage(ring),
		"properties": map[string]any{"of": "ring", "name": name, "basis": basis, "width_m": lake.WidthM, "length_m": lake.LengthM(), "area_m2": lake.AreaM2},
	}}
	for i, at := range lake.Around(stake.LakeStakes) {
		features = append(features, map[string]any{
			"type": "Feature", "geometry": map[string]any{"type": "Point", "coordinates": at}, "properties": map[string]any{"of": "stake", "name": stake.LakeName(name, i+1)},
		})
	}
	return json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "features": features})
}
