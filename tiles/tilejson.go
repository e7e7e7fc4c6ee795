package tiles

import (
	"encoding/json"
	"fmt"
	"math"

	"hetu/geo"
)

// TileJSON is a TileJSON 3.0 document: https://github.com/mapbox/tilejson-spec/tree/master/3.0.0. The members' spelling is
// the standard's. JSON is an extension: what MBTiles calls json, in which GDAL and what is built on it look for the types of
// properties; the standard's own fields give their meaning in words.
type TileJSON struct {
	TileJSON     string        `json:"tilejson"`
	Name         string        `json:"name"`
	Description  string        `json:"description,omitempty"`
	Attribution  string        `json:"attribution,omitempty"`
	Version      string        `json:"version"`
	Scheme       string        `json:"scheme"`
	Tiles        []string      `json:"tiles"`
	MinZoom      int           `json:"minzoom"`
	MaxZoom      int           `json:"maxzoom"`
	Bounds       [4]float64    `json:"bounds"`
	Center       [3]float64    `json:"center"`
	VectorLayers []VectorLayer `json:"vector_layers"`
	JSON         string        `json:"json"`
}

// VectorLayer describes a layer; Fields gives each property's meaning, or in the JSON member its type.
type VectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description,omitempty"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

// mbtilesJSON is the content of the JSON member: types by https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md, and
// the layers' shapes by mapbox-geostats.
type mbtilesJSON struct {
	VectorLayers []VectorLayer `json:"vector_layers"`
	Tilestats    tilestats     `json:"tilestats"`
}

type tilestats struct {
	LayerCount int          `json:"layerCount"` //nolint:tagliatelle // mapbox-geostats spells it so
	Layers     []layerStats `json:"layers"`
}

type layerStats struct {
	Layer    string   `json:"layer"`
	Count    int64    `json:"count"`
	Geometry Geometry `json:"geometry"`
}

// schemaVersion is the version of the catalogue, by the rules of semantic versions: a layer or field removed is a major one.
const schemaVersion = "1.0.0"

// Describe makes the TileJSON of a set. template is the tiles' URL with {z}, {x} and {y} in it, notice stands as the
// attribution, coverage is what the source has. Where nothing is stored the bounds are the fallback's.
func Describe(set Set, template, notice string, coverage map[string]Coverage, fallback geo.Extent) (TileJSON, error) {
	first, last := set.Zooms()
	box := boundsOf(set, coverage, fallback)
	doc := TileJSON{
		TileJSON: "3.0.0", Name: "hetu " + set.Name, Description: "河图 " + set.Name, Attribution: notice, Version: schemaVersion,
		Scheme: "xyz", Tiles: []string{template}, MinZoom: first, MaxZoom: last,
		Bounds: [4]float64{box.West, box.South, box.East, box.North},
		Center: [3]float64{(box.West + box.East) / 2, (box.South + box.North) / 2, float64(fitZoom(box, first, last))},
	}
	typed := mbtilesJSON{Tilestats: tilestats{LayerCount: len(set.Layers)}}
	for _, l := range set.Layers {
		meanings, types := map[string]string{}, map[string]string{}
		for _, f := range l.Fields {
			meanings[f.Name], types[f.Name] = fmt.Sprintf("%s / %s (%s)", f.Zh, f.En, f.Type), string(f.Type)
		}
		doc.VectorLayers = append(doc.VectorLayers, VectorLayer{ID: l.Name, Description: l.Zh + " / " + l.En, MinZoom: l.MinZoom, MaxZoom: last, Fields: meanings})
		typed.VectorLayers = append(typed.VectorLayers, VectorLayer{ID: l.Name, MinZoom: l.MinZoom, MaxZoom: last, Fields: types})
		typed.Tilestats.Layers = append(typed.Tilestats.Layers, layerStats{Layer: l.Name, Count: coverage[l.Name].Count, Geometry: l.Geometry})
	}
	text, err := json.Marshal(typed)
	if err != nil {
		return TileJSON{}, fmt.Errorf("describe %s: %w", set.Name, err)
	}
	doc.JSON = string(text)
	return doc, nil
}

// boundsOf joins the boxes of the set's layers, widened to seven decimals so that no feature lies outside by rounding.
func boundsOf(set Set, coverage map[string]Coverage, fallback geo.Extent) geo.Extent {
	box := geo.Extent{West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
	found := false
	for _, l := range set.Layers {
		c := coverage[l.Name]
		if c.Count == 0 {
			continue
		}
		found = true
		box.West, box.South = min(box.West, c.Box.West), min(box.South, c.Box.South)
		box.East, box.North = max(box.East, c.Box.East), max(box.North, c.Box.North)
	}
	if !found {
		return fallback
	}
	const unit = 1e7
	return geo.Extent{
		West: math.Floor(box.West*unit) / unit, South: math.Floor(box.South*unit) / unit,
		East: math.Ceil(box.East*unit) / unit, North: math.Ceil(box.North*unit) / unit,
	}
}

// fitZoom is the zoom at which the box about fills a map two tiles wide.
func fitZoom(box geo.Extent, first, last int) int {
	width := max(box.East-box.West, (box.North-box.South)*1.2, 1e-3)
	return min(max(int(math.Log2(720/width)), first), last)
}
