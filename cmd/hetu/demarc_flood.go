package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"hetu/data/dem"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// floodFlags are of what is flooded where nothing was surveyed that a boundary could rest on.
type floodFlags struct {
	DEM      string   `help:"An elevation model, GeoTIFF or ASC. What lies under the water of --level and is connected to the river is flooded; where a bank has neither levee nor bank top the boundary rests on the flood's edge." name:"dem" placeholder:"FILE"`
	CRS      string   `help:"The elevation model's system, where the file names none." placeholder:"EPSG:4547"`
	Level    []string `help:"The water's height at a measure, in metres of the 1985 datum, as the model's are; linear between them. At least at both ends of the stretch." sep:"none" placeholder:"K0+000=61.20"`
	Historic bool     `help:"The levels are the highest known 历史最高洪水位, not those of the design flood."`
}

// flood adds the edges of the flood to what was surveyed of a stretch (A3).
func (f *floodFlags) flood(ctx context.Context, st *demarc.Stretch) ([]demarc.Note, error) {
	if f.DEM == "" && len(f.Level) == 0 {
		return nil, nil
	}
	if f.DEM == "" || len(f.Level) == 0 {
		return nil, usageError{fmt.Errorf("--dem and --level are given together")}
	}
	const datum = "1985"
	var levels []demarc.Level
	for _, text := range f.Level {
		level, err := parseLevel(text)
		if err != nil {
			return nil, usageError{err}
		}
		level.Historic, level.Datum, level.Source = f.Historic, datum, "--level "+text
		levels = append(levels, level)
	}
	around := st.ModelWindow()
	model, err := dem.Read(ctx, dem.Request{Path: f.DEM, CRS: f.CRS, Window: &around, Datum: datum, Source: f.DEM})
	if err != nil {
		return nil, err
	}
	flood, notes, err := demarc.FloodLines(ctx, *st, model, levels)
	if err != nil {
		return nil, err
	}
	st.Survey = append(st.Survey, flood.Survey()...)
	return notes, nil
}

func parseLevel(text string) (demarc.Level, error) {
	at, height, ok := strings.Cut(text, "=")
	m, err := lref.ParseLabel(at)
	h, errHeight := strconv.ParseFloat(height, 64)
	if !ok || err != nil || errHeight != nil || math.IsNaN(h) || math.IsInf(h, 0) {
		return demarc.Level{}, fmt.Errorf("--level %q: write a measure and a height, for example K0+000=61.20", text)
	}
	return demarc.Level{MeasureM: m, HeightM: h}, nil
}
