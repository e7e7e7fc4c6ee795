package pmtiles

import (
	"encoding/json"
	"fmt"

	"hetu/geo"
	"hetu/tiles"
)

// Describe tells of a pyramid what TileJSON tells of a set: its layers, where it has anything, its zooms, and the day. coverage is what the
// layers have on the day, notice stands as the attribution. Where they have nothing there is nothing to be told: that is
// [geo.CodeNotFound].
func Describe(p *Pyramid, notice string, coverage map[string]tiles.Coverage) (*tiles.TileJSON, error) {
	within := map[string]tiles.Coverage{}
	for _, l := range p.Set.Layers {
		c := coverage[l.Name]
		if box, ok := common(c.Box, p.bounds()); ok && c.Count > 0 {
			within[l.Name] = tiles.Coverage{Count: c.Count, Box: box}
		}
	}
	if len(within) == 0 {
		b := p.bounds()
		return nil, geo.Errorf(geo.CodeNotFound, "there is nothing to write: nothing of %s lies within %g,%g,%g,%g on %s", p.Set.Name, b.West, b.South, b.East, b.North, p.AsOf)
	}
	doc, err := tiles.Describe(p.Set, tiles.WebMercatorQuad, "", notice, within, p.bounds())
	if err != nil {
		return nil, err
	}
	doc.Tiles = nil
	doc.Description += " " + p.AsOf.String()
	doc.MinZoom, doc.MaxZoom = p.zooms()
	layers := doc.VectorLayers
	doc.VectorLayers = nil
	for _, l := range layers {
		if l.MaxZoom = min(l.MaxZoom, doc.MaxZoom); l.MinZoom <= doc.MaxZoom {
			doc.VectorLayers = append(doc.VectorLayers, l)
		}
	}
	return &doc, nil
}

// common is the part of the earth that two boxes share.
func common(a, b geo.Extent) (geo.Extent, bool) {
	c := geo.Extent{West: max(a.West, b.West), South: max(a.South, b.South), East: min(a.East, b.East), North: min(a.North, b.North)}
	return c, c.West <= c.East && c.South <= c.North
}

// statistics is what mapbox-geostats tells of a tile set, as far as readers ask for it. The number of features is left out: it is
// the layer's, and a part of it may be in the file.
type statistics struct {
	LayerCount int               `json:"layerCount"` //nolint:tagliatelle // mapbox-geostats spells it so
	Layers     []layerStatistics `json:"layers"`
}

type layerStatistics struct {
	Layer    string         `json:"layer"`
	Geometry tiles.Geometry `json:"geometry"`
}

// metadata is the JSON of an archive. Fields have their types as values, which is where readers look for them.
func metadata(doc *tiles.TileJSON) ([]byte, error) {
	var typed struct {
		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
		Tilestats    statistics          `json:"tilestats"`
	}
	if err := json.Unmarshal([]byte(doc.JSON), &typed); err != nil {
		return nil, fmt.Errorf("describe the archive: %w", err)
	}
	out := struct {
		Name         string              `json:"name"`
		Description  string              `json:"description,omitempty"`
		Attribution  string              `json:"attribution,omitempty"`
		Type         string              `json:"type"`
		Version      string              `json:"version"`
		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
		Tilestats    statistics          `json:"tilestats"`
	}{Name: doc.Name, Description: doc.Description, Attribution: doc.Attribution, Type: "overlay", Version: doc.Version}
	for _, l := range doc.VectorLayers {
		for _, t := range typed.VectorLayers {
			if t.ID == l.ID {
				l.Fields = t.Fields
			}
		}
		out.VectorLayers = append(out.VectorLayers, l)
		for _, s := range typed.Tilestats.Layers {
			if s.Layer == l.ID {
				out.Tilestats.Layers = append(out.Tilestats.Layers, s)
			}
		}
	}
	out.Tilestats.LayerCount = len(out.Tilestats.Layers)
	return json.Marshal(out)
}
