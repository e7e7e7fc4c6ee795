// Package export writes layers of the store to files.
package export

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/data/pg"
	"hetu/geo/duty"
)

// decimals of a degree that a file carries: 0.1 mm, which survives the way through a plane grid and back.
const decimals = 9

// GeoJSON writes a layer as one FeatureCollection in lon, lat (EPSG:4490) and gives the number of features. A feature's id
// is its natural key. Measures (M) stay behind: RFC 7946 has no place for them.
func GeoJSON(ctx context.Context, store *pg.Store, at duty.Moment, layer string, w io.Writer) (int, error) {
	out := bufio.NewWriter(w)
	if _, err := fmt.Fprintf(out, "{\"type\":\"FeatureCollection\",\"name\":%q,\"as_of\":%q,\"features\":[", layer, at.AsOf); err != nil {
		return 0, err
	}
	n := 0
	err := store.Export(ctx, at, layer, func(f pg.Exported) error {
		body, err := feature(f)
		if err != nil {
			return fmt.Errorf("%s %s: %w", layer, f.Key, err)
		}
		separator := ",\n"
		if n == 0 {
			separator = "\n"
		}
		n++
		if _, err = out.WriteString(separator); err != nil {
			return err
		}
		_, err = out.Write(body)
		return err
	})
	if err != nil {
		return n, err
	}
	if _, err := out.WriteString("\n]}\n"); err != nil {
		return n, err
	}
	return n, out.Flush()
}

func feature(f pg.Exported) ([]byte, error) {
	geometry := json.RawMessage("null")
	if f.Geom != nil {
		var err error
		if geometry, err = geojson.Marshal(withoutM(f.Geom), geojson.EncodeGeometryWithMaxDecimalDigits(decimals)); err != nil {
			return nil, err
		}
	}
	return json.Marshal(struct {
		Type       string          `json:"type"`
		ID         string          `json:"id"`
		Properties json.RawMessage `json:"properties"`
		Geometry   json.RawMessage `json:"geometry"`
	}{"Feature", f.Key, f.Properties, geometry})
}

func withoutM(g geom.T) geom.T {
	line, ok := g.(*geom.LineString)
	if !ok || line.Layout() != geom.XYM {
		return g
	}
	flat := line.FlatCoords()
	out := make([]float64, 0, len(flat)/3*2)
	for i := 0; i < len(flat); i += 3 {
		out = append(out, flat[i], flat[i+1])
	}
	return geom.NewLineStringFlat(geom.XY, out)
}
