package tiles_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/geo"
	"hetu/tiles"
)

func describe(t *testing.T, set string, grid tiles.Grid, coverage map[string]tiles.Coverage) tiles.TileJSON {
	t.Helper()
	parsed, err := tiles.ParseSet(set)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := tiles.Describe(parsed, grid, "http://h/tiles/"+set+"/{z}/{x}/{y}.mvt", "示意数据", coverage, geo.China())
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	doc := describe(t, "outfall,river", tiles.WebMercatorQuad, map[string]tiles.Coverage{
		"river": {Count: 2, Box: geo.Extent{West: 109.123456789, South: 40, East: 110, North: 41}},
	})
	if diff := cmp.Diff([4]float64{109.1234567, 40, 110, 41}, doc.Bounds); diff != "" {
		t.Error(diff)
	}
	if doc.TileJSON != "3.0.0" || doc.MinZoom != 4 || doc.MaxZoom != 18 || doc.Attribution != "示意数据" || len(doc.VectorLayers) != 2 || doc.Center[2] != 9 {
		t.Errorf("got %+v", doc)
	}
	if got := doc.VectorLayers[1].Fields["perennial"]; got != "常年有水 / water all the year (Boolean)" {
		t.Errorf("got %q", got)
	}
	var typed struct {
		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
	}
	if err := json.Unmarshal([]byte(doc.JSON), &typed); err != nil || typed.VectorLayers[1].Fields["perennial"] != "Boolean" {
		t.Errorf("%v in %s", err, doc.JSON)
	}
	if empty := describe(t, "outfall,river", tiles.WebMercatorQuad, nil); empty.Bounds != [4]float64{73, 3, 136, 54} {
		t.Errorf("bounds of a set that has nothing: %v", empty.Bounds)
	}
	text, err := json.Marshal(doc)
	if err != nil || strings.Contains(string(text), "crs") || strings.Contains(string(text), "tileMatrixSet") {
		t.Errorf("%v: the grid that everyone expects is named: %s", err, text)
	}
}

// A set goes on drawing a layer above that layer's last zoom; the names of rivers end, for there the style writes along the rivers.
func TestDescribeTellsWhereLayersEnd(t *testing.T) {
	t.Parallel()
	ends := map[string]int{}
	for _, l := range describe(t, "public", tiles.WebMercatorQuad, nil).VectorLayers {
		ends[l.ID] = l.MaxZoom
	}
	want := map[string]int{"board": 18, "boundary": 18, "division": 18, "division_label": 18, "reach": 18, "river": 18, "river_label": 13, "section": 18}
	if diff := cmp.Diff(want, ends); diff != "" {
		t.Error(diff)
	}
}

// The matrix of 天地图's c as its capabilities give it: from level 1 of two tiles, a level's tiles half as wide as those of the
// one before. The scale of level 1 is that of level 0 of the OGC's WorldCRS84Quad, which is the same two tiles.
func TestDescribeCGCS2000(t *testing.T) {
	t.Parallel()
	doc := describe(t, "public", tiles.CGCS2000Quad, nil)
	set := doc.TileMatrixSet
	if doc.MinZoom != 1 || doc.MaxZoom != 18 || doc.CRS != "EPSG:4490" || *doc.OriginX != -180 || *doc.OriginY != 90 || doc.Dimension != 360 {
		t.Fatalf("got %+v", doc)
	}
	if set.ID != "CGCS2000Quad" || set.CRS != "http://www.opengis.net/def/crs/EPSG/0/4490" || len(set.TileMatrices) != 18 {
		t.Fatalf("got %+v", set)
	}
	first, last := set.TileMatrices[0], set.TileMatrices[17]
	if first.ID != "1" || first.MatrixWidth != 2 || first.MatrixHeight != 1 || math.Abs(first.ScaleDenominator-279541132.0143589) > 1e-6 ||
		first.CellSize != 0.703125 || first.PointOfOrigin != [2]float64{90, -180} {
		t.Errorf("got %+v", first)
	}
	if last.ID != "18" || last.MatrixWidth != 262144 || last.MatrixHeight != 131072 {
		t.Errorf("got %+v", last)
	}
	for _, l := range doc.VectorLayers {
		if l.MinZoom < 1 {
			t.Errorf("%s is drawn from level %d", l.ID, l.MinZoom)
		}
	}
}
