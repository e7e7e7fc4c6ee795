package ingest

import (
	"cmp"
	"context"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

func boundaryTarget() target {
	return target{
		name: "boundary", chinese: "管理范围线", dims: "line", build: buildBoundaries,
		fields: []field{
			{name: "river", headings: riverRefHeadings(), required: true},
			{name: "bank", headings: []string{"岸别", "bank"}},
			{name: "basis", headings: []string{"划界依据", "依据", "basis_kind", "basis"}},
			{name: "name", headings: nameHeadings("管理范围线名称")},
			{name: "status", headings: []string{"状态", "status"}},
			{name: "width_m", headings: []string{"宽度", "管理范围宽度", "width_m"}},
			{name: "division", headings: divisionRefHeadings()},
		},
	}
}

// buildBoundaries takes lines as management boundaries. They come in as drafts: an announced boundary is made by the rules of
// announcing, not by a file.
func buildBoundaries(ctx context.Context, j *job) error {
	l, err := j.link(ctx)
	if err != nil {
		return err
	}
	seen := once{}
	banks, drafts := 0, 0
	j.usable(func(at row) (reason, remedy *Sentence) {
		b, computed, reason := j.boundary(l, at)
		if reason != nil {
			return reason, nil
		}
		if reason := seen.seen(b.Key, at); reason != nil {
			return reason, nil
		}
		if computed {
			banks++
		}
		if text := j.cols.get(at, "status"); text != "" && text != "draft" && text != "草案" {
			drafts++
		}
		j.out = append(j.out, *b)
		return nil, nil
	})
	if banks > 0 {
		j.report.note(sayf("the bank of %d boundaries was told from the side of the centre line they lie on", "%d 条管理范围线的岸别由其相对中心线的位置判定", banks))
	}
	if drafts > 0 {
		j.report.note(sayf("%d rows have a status; all boundaries come in as drafts", "%d 行带有状态;所有管理范围线均按草案导入", drafts))
	}
	return nil
}

func (j *job) boundary(l *links, at row) (b *pg.Boundary, computed bool, reason *Sentence) {
	get := func(name string) string { return j.cols.get(at, name) }
	river, reason := l.river(j, at)
	if reason != nil {
		return nil, false, reason
	}
	flat, reason := oneLine(at.shape)
	if reason != nil {
		return nil, false, reason
	}
	route, from, to, reason := l.span(river.Key, flat)
	if reason != nil {
		return nil, false, reason
	}
	b = &pg.Boundary{Name: get("name"), River: river.Key, Route: route.Key, Status: "draft", FromM: &from, ToM: &to, BasisKind: basisOf(get("basis"))}
	middle := len(flat) / 4 * 2
	hit := lref.Project(route.Geom, flat[middle], flat[middle+1])
	b.Bank, computed = hit.Bank, true
	if text := get("bank"); text != "" {
		told, ok := bankOf(text)
		if !ok || told == geo.Both {
			return nil, false, sayf("%q is no bank", "%q 不是岸别", text)
		}
		if told != hit.Bank && hit.Bank != geo.Centre {
			return nil, false, sayf("the row says %s, and its line lies on the %s bank of the stored river", "该行为 %s 岸,但线位于库中河流的 %s 岸", told, hit.Bank)
		}
		b.Bank, computed = told, false
	}
	if b.Bank == geo.Centre {
		return nil, false, sayf("the line lies on the centre line: its bank cannot be told", "该线与中心线重合,无法判定岸别")
	}
	var ok bool
	if b.WidthM, ok = j.number(at, "width_m"); !ok || b.WidthM != nil && *b.WidthM < 0 {
		return nil, false, sayf("width_m is %q", "width_m 的值为 %q", get("width_m"))
	}
	first := lref.Project(route.Geom, flat[0], flat[1])
	last := lref.Project(route.Geom, flat[len(flat)-2], flat[len(flat)-1])
	if up := route.Geom.FlatCoords()[2] > route.Geom.FlatCoords()[len(route.Geom.FlatCoords())-1]; (first.MeasureM < last.MeasureM) == up {
		turn(flat)
	}
	b.Geom = geom.NewLineStringFlat(geom.XY, flat)
	b.Record = j.record(j.drawnKey(flat, 2))
	return b, computed, nil
}

// turn reverses a flat XY line in place.
func turn(flat []float64) {
	for i, k := 0, len(flat)-2; i < k; i, k = i+2, k-2 {
		flat[i], flat[k] = flat[k], flat[i]
		flat[i+1], flat[k+1] = flat[k+1], flat[i+1]
	}
}

func basisOf(text string) string {
	return cmp.Or(meant(text, map[string]string{
		"levee_toe": "堤脚 背水坡脚 levee_toe", "revetment": "护岸 护堤 revetment", "natural_bank": "岸坎 自然岸坎 自然岸线 河岸 natural_bank",
		"design_flood": "设计洪水 设计洪水位 design_flood", "historic_flood": "历史洪水 历史最高洪水位 historic_flood", "planned": "规划 planned",
	}), "custom")
}

// meant gives the value that has a word among its own, none if no one has.
func meant(text string, words map[string]string) string {
	for value, own := range words {
		for word := range strings.FieldsSeq(own) {
			if text == word {
				return value
			}
		}
	}
	return ""
}
