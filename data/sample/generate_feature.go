package sample

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
)

// featurePlan is how the rows of one entity become features: the fields that have a column, in order.
type featurePlan struct{ fields []featureField }

type featureField struct {
	index int
	label []byte // ,"name":
}

func newFeaturePlan(row pg.Row) featurePlan {
	t := reflect.TypeOf(row)
	var p featurePlan
	for i := range t.NumField() {
		column := t.Field(i).Tag.Get("db")
		if column == "" || column == "geom" {
			continue
		}
		column = strings.TrimSuffix(column, "_id")
		if before, ok := strings.CutSuffix(column, "_ids"); ok {
			column = before + "es"
		}
		p.fields = append(p.fields, featureField{i, []byte(`,"` + column + `":`)})
	}
	return p
}

// appendFeature appends a row as one line of GeoJSON.
func (p featurePlan) appendFeature(b []byte, row pg.Row) ([]byte, error) {
	v := reflect.ValueOf(row)
	rec, ok := reflect.TypeAssert[pg.Record](v.FieldByName("Record"))
	if !ok {
		return nil, fmt.Errorf("a %T has no record", row)
	}
	b = append(b, `{"type":"Feature","properties":{"key":`...)
	b = appendText(b, string(rec.Key))
	for _, d := range []struct {
		label string
		day   geo.Date
	}{{`,"valid_from":"`, rec.Valid.From}, {`,"valid_to":"`, rec.Valid.To}} {
		if !d.day.IsZero() {
			b = append(append(b, d.label...), d.day.String()...)
			b = append(b, '"')
		}
	}
	b = append(b, `,"source":`...)
	b = appendText(b, rec.Source)
	var err error
	for _, f := range p.fields {
		if b, err = appendProperty(b, f.label, v.Field(f.index)); err != nil {
			return nil, err
		}
	}
	b = append(b, `},"geometry":`...)
	if g := v.FieldByName("Geom"); g.IsValid() && !g.IsNil() {
		b, err = appendGeometry(b, g.Interface())
	} else {
		b = append(b, "null"...)
	}
	return append(b, "}\n"...), err
}

// appendProperty appends one property; nothing for an empty one, but false and numbers are never empty.
func appendProperty(b, label []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return b, nil
		}
		return appendProperty(b, label, v.Elem())
	case reflect.String:
		if v.Len() == 0 {
			return b, nil
		}
		return appendText(append(b, label...), v.String()), nil
	case reflect.Float64:
		return strconv.AppendFloat(append(b, label...), v.Float(), 'f', -1, 64), nil
	case reflect.Int:
		return strconv.AppendInt(append(b, label...), v.Int(), 10), nil
	case reflect.Bool:
		return strconv.AppendBool(append(b, label...), v.Bool()), nil
	default:
		if v.IsZero() || (v.Kind() == reflect.Slice && v.Len() == 0) {
			return b, nil
		}
		data, err := json.Marshal(v.Interface())
		return append(append(b, label...), data...), err
	}
}

// appendText appends a JSON string. What the generator writes needs no escapes; anything else goes the long way.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			data, _ := json.Marshal(s) // a string has always a JSON form
			return append(b, data...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendGeometry(b []byte, g any) ([]byte, error) {
	switch g := g.(type) {
	case *geom.Point:
		b = appendPosition(append(b, `{"type":"Point","coordinates":`...), g.FlatCoords())
	case *geom.LineString:
		b = appendLine(append(b, `{"type":"LineString","coordinates":`...), g.FlatCoords(), g.Stride())
	case *geom.MultiPolygon:
		b = append(b, `{"type":"MultiPolygon","coordinates":[`...)
		for i := range g.NumPolygons() {
			b = append(b, ",["[boolIndex(i == 0):]...)
			for k := range g.Polygon(i).NumLinearRings() {
				if k > 0 {
					b = append(b, ',')
				}
				b = appendLine(b, g.Polygon(i).LinearRing(k).FlatCoords(), g.Stride())
			}
			b = append(b, ']')
		}
		b = append(b, ']')
	default:
		return nil, fmt.Errorf("a %T is not written", g)
	}
	return append(b, '}'), nil
}

func appendLine(b []byte, flat []float64, stride int) []byte {
	for i := 0; i < len(flat); i += stride {
		b = append(b, "[,"[min(i, 1)])
		b = appendPosition(b, flat[i:i+2])
	}
	return append(b, ']')
}

// appendPosition appends lon and lat in the fewest digits that read back as the same numbers: 7 decimals at most here.
func appendPosition(b []byte, p []float64) []byte {
	b = strconv.AppendFloat(append(b, '['), p[0], 'f', -1, 64)
	b = strconv.AppendFloat(append(b, ','), p[1], 'f', -1, 64)
	return append(b, ']')
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}
