package ingest

import (
	"cmp"
	"context"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
)

func bankLineTarget() target {
	return target{
		name: "bank_line", chinese: "岸线", dims: "line", keepsZ: true, build: buildBankLines,
		fields: []field{
			{name: "bank", headings: []string{"岸别", "bank"}, required: true},
			{name: "kind", headings: []string{"类型", "类别", "kind"}},
			{name: "river", headings: riverRefHeadings()},
			{name: "name", headings: nameHeadings("岸线名称", "堤防名称")},
			{name: "division", headings: divisionRefHeadings()},
		},
	}
}

func buildBankLines(ctx context.Context, j *job) error {
	l, err := j.link(ctx)
	if err != nil {
		return err
	}
	seen := once{}
	j.usable(func(at row) (reason, remedy *Sentence) {
		lines, reason := j.bankLines(l, at)
		for _, b := range lines {
			if reason == nil {
				reason = seen.seen(b.Key, at)
			}
			if reason == nil {
				j.out = append(j.out, b)
			}
		}
		return reason, nil
	})
	return nil
}

// bankLines gives a row's lines. They need heights: a bank line without them says nothing of a flood.
func (j *job) bankLines(l *links, at row) ([]pg.BankLine, *Sentence) {
	get := func(name string) string { return j.cols.get(at, name) }
	layout := at.shape.layout
	if layout.ZIndex() < 0 {
		return nil, sayf("the line has no heights (Z)", "该线没有高程 (Z)")
	}
	bank, ok := bankOf(get("bank"))
	if !ok || bank == geo.Both {
		return nil, sayf("%q is no bank", "%q 不是岸别", get("bank"))
	}
	kind := bankKind(get("kind"))
	if kind == "" {
		return nil, sayf("%q is no kind of bank line: bank (岸线 or 河口线), levee_toe (堤脚), levee_crest (堤顶) or flood (洪水位线)", "%q 不是岸线类型:岸线(河口线)、堤脚、堤顶或洪水位线", get("kind"))
	}
	b := &pg.BankLine{Kind: kind, Bank: bank, Name: get("name")}
	if get("river") != "" {
		river, reason := l.river(j, at)
		if reason != nil {
			return nil, reason
		}
		b.River = river.Key
	}
	var out []pg.BankLine
	for _, line := range at.shape.lines() {
		flat := make([]float64, 0, len(line))
		for i := 0; i < len(line); i += layout.Stride() {
			flat = append(flat, line[i], line[i+1], line[i+layout.ZIndex()])
		}
		one := *b
		one.Geom = geom.NewLineStringFlat(geom.XYZ, flat)
		one.Record = j.record(j.drawnKey(flat, 3))
		out = append(out, one)
	}
	return out, nil
}

// bankKind is the kind of bank line that a text means, of none bank; "" if it means none.
func bankKind(text string) string {
	return meant(cmp.Or(text, "bank"), map[string]string{
		"bank": "bank 岸线 河口线 河岸线 岸顶线", "levee_toe": "levee_toe 堤脚 堤脚线", "levee_crest": "levee_crest 堤顶 堤顶线 堤防",
		"flood": "flood 洪水位线 洪水位 设计洪水位线",
	})
}
