package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
)

// target is a kind of thing that a file can be imported as.
type target struct {
	name    string
	chinese string
	dims    string // point, line or polygon
	tabular bool   // rows may come without geometry
	keepsZ  bool
	fields  []field
	build   func(ctx context.Context, j *job) error

	// heads and placeTable, where there are any, read what a table of this target has of its own: a head of several rows, and its
	// coordinates. Both are for tables without geometry.
	heads      func(t *table)
	placeTable func(ctx context.Context, j *job) error
}

// targets lists what can be imported. It is a function, for the tables of fields refer to each other's builders.
func targets() []target {
	return []target{riverTarget(), divisionTarget(), reachTarget(), boundaryTarget(), bankLineTarget(), boardTarget(), sectionTarget(), outfallTarget(), stakeTarget()}
}

// Targets names what --as takes.
func Targets() []string {
	var out []string
	for _, t := range targets() {
		out = append(out, t.name)
	}
	return out
}

func targetNamed(name string) (target, error) {
	for _, t := range targets() {
		if strings.EqualFold(name, t.name) || name == t.chinese {
			return t, nil
		}
	}
	return target{}, geo.InvalidField("as", "nothing is imported as %q yet; known are %s", name, strings.Join(Targets(), ", "))
}

// headings of fields that several targets have.
func nameHeadings(chinese ...string) []string {
	return append(chinese, "名称", "name_zh", "中文名", "中文名称", "name", "Name", "标准名称")
}

func englishHeadings() []string {
	return []string{"英文名", "英文名称", "name_en", "name:en", "english"}
}

func codeHeadings(chinese ...string) []string {
	return append(chinese, "代码", "编码", "编号", "code", "bm", "dm")
}

func riverRefHeadings() []string {
	return []string{"河流", "河流名称", "所属河流", "所在河流", "受纳水体", "河名", "河流代码", "river", "river_name", "river_code"}
}

func divisionRefHeadings() []string {
	return []string{"行政区划", "行政区", "所属行政区", "行政区划代码", "行政区代码", "政区", "division", "division_code", "xzqh", "xzqdm"}
}

func schemeField() field {
	return field{name: "code_scheme", headings: []string{"编码体系", "code_scheme"}}
}

// record is the bookkeeping of a row.
func (j *job) record(key pg.Key) pg.Record {
	return pg.Record{Key: key, Valid: j.valid, Source: j.req.Source}
}

// drawnKey is the natural key of what has no code and no name: the hash of its geometry, within its source as a code is within
// its scheme. Without the source, a second survey that repeats a line would take it from the river of the first.
func (j *job) drawnKey(flat []float64, stride int) pg.Key {
	return pg.KeyOf("drawn", j.req.Source, strings.TrimPrefix(string(geomKey(flat, stride)), "geom:"))
}

// geomKey is the natural key of a place, whoever drew it: the hash of its geometry at 9 decimals. Nodes have it, so that the
// networks of two files meet where they touch.
func geomKey(flat []float64, stride int) pg.Key {
	h := sha256.New()
	b := make([]byte, 0, 64)
	for i := 0; i+1 < len(flat); i += stride {
		b = strconv.AppendFloat(b[:0], flat[i], 'f', 9, 64)
		b = append(b, ' ')
		b = strconv.AppendFloat(b, flat[i+1], 'f', 9, 64)
		b = append(b, '\n')
		_, _ = h.Write(b)
	}
	return pg.Key("geom:" + hex.EncodeToString(h.Sum(nil)))
}

// scheme is the code scheme of a row: a column's, the one told, or the source itself: codes of unknown origin are only
// unique within the file they come from.
func (j *job) scheme(at row, code, fallback string) string {
	if code == "" {
		return ""
	}
	if s := j.cols.get(at, "code_scheme"); s != "" {
		return s
	}
	if fallback != "" {
		return fallback
	}
	return j.req.Source
}

// once refuses a second row of one key.
type once map[pg.Key]int

func (o once) seen(key pg.Key, at row) *Sentence {
	if reason := longKey(key); reason != nil {
		return reason
	}
	if first, ok := o[key]; ok {
		return sayf("the row repeats row %d: the same code, name or geometry", "该行与第 %d 行重复:代码、名称或几何相同", first)
	}
	o[key] = at.n
	return nil
}

func longKey(key pg.Key) *Sentence {
	if len(key) > maxKey {
		return sayf("its name or code and its source are longer together than %d bytes", "名称或代码与来源合计超过 %d 字节", maxKey)
	}
	return nil
}

// number reads a number field; ok is false when it is there and is none.
func (j *job) number(at row, name string) (v *float64, ok bool) {
	text := j.cols.get(at, name)
	if text == "" {
		return nil, true
	}
	f, ok := decimal(text, true)
	if !ok || f > 1e15 || f < -1e15 {
		return nil, false
	}
	return &f, true
}

// decimal reads a number as people write one: decimal, finite, and with grouped, its thousands set off by commas. What could
// be read in two ways, as 1,5, is none.
func decimal(text string, grouped bool) (float64, bool) {
	if strings.Trim(text, "0123456789+-.,eE") != "" {
		return 0, false
	}
	if whole, _, _ := strings.Cut(strings.TrimLeft(text, "+-"), "."); grouped && strings.Contains(whole, ",") {
		groups := strings.Split(whole, ",")
		for i, g := range groups {
			if strings.Trim(g, "0123456789") != "" || i > 0 && len(g) != 3 || len(g) < 1 || len(g) > 3 {
				return 0, false
			}
		}
		text = strings.Replace(text, whole, strings.Join(groups, ""), 1)
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// levelOf reads a level as people write it.
func levelOf(text string) (geo.Level, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "级")
	for level, names := range map[geo.Level][]string{
		geo.Province: {"1", "1.0", "省", "自治区", "直辖市", "province"}, geo.City: {"2", "2.0", "市", "地", "盟", "city", "prefecture"},
		geo.County: {"3", "3.0", "县", "区", "旗", "县区", "county"}, geo.Town: {"4", "4.0", "镇", "乡", "乡镇", "街道", "苏木", "town"},
		geo.Village: {"5", "5.0", "村", "社区", "村居", "village"}, geo.Grid: {"6", "6.0", "网格", "grid"},
	} {
		if slices.Contains(names, strings.ToLower(text)) {
			return level, true
		}
	}
	return 0, false
}

// bankOf reads a bank as people write it.
func bankOf(text string) (geo.Bank, bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "1", "左", "左岸", "left", "l":
		return geo.Left, true
	case "2", "右", "右岸", "right", "r":
		return geo.Right, true
	case "0", "3", "两岸", "双岸", "左右岸", "both":
		return geo.Both, true
	}
	return "", false
}

// point gives a row's place, XY.
func point(s *shape) *geom.Point {
	return geom.NewPointFlat(geom.XY, []float64{s.flat[0], s.flat[1]})
}

// flatXY gives the positions of a part without Z and M.
func flatXY(flat []float64, stride int) []float64 {
	out := make([]float64, 0, len(flat)/stride*2)
	for i := 0; i+1 < len(flat); i += stride {
		out = append(out, flat[i], flat[i+1])
	}
	return out
}

// multiPolygon gives a row's polygons, XY.
func multiPolygon(s *shape) *geom.MultiPolygon {
	stride := s.layout.Stride()
	endss := make([][]int, len(s.polys))
	for i, rings := range s.polys {
		for _, end := range rings {
			endss[i] = append(endss[i], end/stride*2)
		}
	}
	return geom.NewMultiPolygonFlat(geom.XY, flatXY(s.flat, stride), endss)
}
