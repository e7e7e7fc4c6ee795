package tiles

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

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
	Matrix
}

// Matrix says which grid the tiles are cut by, when it is not the one that TileJSON means. The standard has no member for
// that. CRS and what follows it are the members by which GDAL, and so QGIS, is told of a grid; TileMatrixSet is the OGC's,
// named as its tile set metadata name it: Two Dimensional Tile Matrix Set and Tile Set Metadata 2.0, OGC 17-083r4.
type Matrix struct {
	CRS           string         `json:"crs,omitempty"`
	OriginX       *float64       `json:"tile_origin_upper_left_x,omitempty"`
	OriginY       *float64       `json:"tile_origin_upper_left_y,omitempty"`
	Dimension     float64        `json:"tile_dimension_zoom_0,omitempty"`
	TileMatrixSet *TileMatrixSet `json:"tileMatrixSet,omitempty"` //nolint:tagliatelle // the standard spells it so
}

// TileMatrixSet describes a grid.
type TileMatrixSet struct {
	ID           string       `json:"id"`
	Title        string       `json:"title"`
	CRS          string       `json:"crs"`
	OrderedAxes  []string     `json:"orderedAxes"`  //nolint:tagliatelle // the standard spells it so
	TileMatrices []TileMatrix `json:"tileMatrices"` //nolint:tagliatelle // the standard spells it so
}

// TileMatrix is the tiles of one zoom. Cells are pixels of 0.28 mm, 256 of them a tile's side.
type TileMatrix struct {
	ID               string     `json:"id"`
	ScaleDenominator float64    `json:"scaleDenominator"` //nolint:tagliatelle // the standard spells it so
	CellSize         float64    `json:"cellSize"`         //nolint:tagliatelle // the standard spells it so
	CornerOfOrigin   string     `json:"cornerOfOrigin"`   //nolint:tagliatelle // the standard spells it so
	PointOfOrigin    [2]float64 `json:"pointOfOrigin"`    //nolint:tagliatelle // the standard spells it so
	TileWidth        int        `json:"tileWidth"`        //nolint:tagliatelle // the standard spells it so
	TileHeight       int        `json:"tileHeight"`       //nolint:tagliatelle // the standard spells it so
	MatrixWidth      int        `json:"matrixWidth"`      //nolint:tagliatelle // the standard spells it so
	MatrixHeight     int        `json:"matrixHeight"`     //nolint:tagliatelle // the standard spells it so
}

// matrix describes a grid; WebMercatorQuad is what everyone takes a TileJSON for.
func (g Grid) matrix() Matrix {
	if g != CGCS2000Quad {
		return Matrix{}
	}
	west, north := -180.0, 90.0
	set := TileMatrixSet{
		ID: "CGCS2000Quad", Title: "CGCS2000 经纬度（天地图 c） / CGCS2000 quad, the c of 天地图", CRS: "http://www.opengis.net/def/crs/EPSG/0/4490",
		OrderedAxes: []string{"Lat", "Lon"},
	}
	const side, cell, metresPerDegree = 256, 0.00028, math.Pi * 6378137 / 180
	first, last := g.Zooms()
	for zoom := first; zoom <= last; zoom++ {
		size := 360 / float64(int(1)<<zoom) / side
		columns, rows := g.Size(zoom)
		set.TileMatrices = append(set.TileMatrices, TileMatrix{
			ID: strconv.Itoa(zoom), ScaleDenominator: size * metresPerDegree / cell, CellSize: size, CornerOfOrigin: "topLeft",
			PointOfOrigin: [2]float64{north, west}, TileWidth: side, TileHeight: side, MatrixWidth: columns, MatrixHeight: rows,
		})
	}
	return Matrix{CRS: "EPSG:4490", OriginX: &west, OriginY: &north, Dimension: 360, TileMatrixSet: &set}
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
const schemaVersion = "1.1.0"

// Describe makes the TileJSON of a set cut by a grid. template is the tiles' URL with {z}, {x} and {y} in it, notice stands as the
// attribution, coverage is what the source has. Where nothing is stored the bounds are the fallback's.
func Describe(set Set, grid Grid, template, notice string, coverage map[string]Coverage, fallback geo.Extent) (TileJSON, error) {
	first, last := set.Zooms()
	begin, _ := grid.Zooms()
	first = max(first, begin)
	box := boundsOf(set, coverage, fallback)
	doc := TileJSON{
		TileJSON: "3.0.0", Name: "hetu " + set.Name, Description: "河图 " + set.Name, Attribution: notice, Version: schemaVersion,
		Scheme: "xyz", Tiles: []string{template}, MinZoom: first, MaxZoom: last,
		Bounds: [4]float64{box.West, box.South, box.East, box.North},
		Center: [3]float64{(box.West + box.East) / 2, (box.South + box.North) / 2, float64(fitZoom(box, first, last))},
		Matrix: grid.matrix(),
	}
	typed := mbtilesJSON{Tilestats: tilestats{LayerCount: len(set.Layers)}}
	for _, l := range set.Layers {
		meanings, types := map[string]string{}, map[string]string{}
		for _, f := range l.Fields {
			kind := string(f.Type)
			if f.MinZoom > l.MinZoom {
				kind += ", from zoom " + strconv.Itoa(f.MinZoom)
			}
			meanings[f.Name], types[f.Name] = fmt.Sprintf("%s / %s (%s)", f.Zh, f.En, kind), string(f.Type)
		}
		from, to := max(l.MinZoom, begin), set.lastOf(l)
		doc.VectorLayers = append(doc.VectorLayers, VectorLayer{ID: l.Name, Description: l.Zh + " / " + l.En, MinZoom: from, MaxZoom: to, Fields: meanings})
		typed.VectorLayers = append(typed.VectorLayers, VectorLayer{ID: l.Name, MinZoom: from, MaxZoom: to, Fields: types})
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
