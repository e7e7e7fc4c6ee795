package api

import (
	"math"
	"strconv"

	"github.com/twpayne/go-geom"
)

// polygons is a MultiPolygon of an answer about drafts, with nine decimals as their lines have.
type polygons struct{ *geom.MultiPolygon }

// MarshalJSON implements [json.Marshaler].
func (p polygons) MarshalJSON() ([]byte, error) {
	if p.MultiPolygon == nil {
		return []byte("null"), nil
	}
	b := []byte(`{"type":"MultiPolygon","coordinates":[`)
	for i := range p.NumPolygons() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for k := range p.Polygon(i).NumLinearRings() {
			if k > 0 {
				b = append(b, ',')
			}
			b = appendRing(b, p.Polygon(i).LinearRing(k).FlatCoords(), p.Stride())
		}
		b = append(b, ']')
	}
	return append(b, "]}"...), nil
}

func appendRing(b []byte, flat []float64, stride int) []byte {
	b = append(b, '[')
	for i := 0; i+1 < len(flat); i += stride {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendFloat(b, nineDecimals(flat[i]), 'f', -1, 64)
		b = append(b, ',')
		b = strconv.AppendFloat(b, nineDecimals(flat[i+1]), 'f', -1, 64)
		b = append(b, ']')
	}
	return append(b, ']')
}

func nineDecimals(v float64) float64 { return math.Round(v*1e9) / 1e9 }
