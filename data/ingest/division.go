package ingest

import (
	"context"
	"fmt"
	"strings"

	"hetu/data/pg"
	"hetu/geo"
)

// nationalScheme is the code scheme of administrative divisions: six digits to the county, GB/T 2260.
const nationalScheme = "GB/T 2260"

// divisionTarget takes polygons, or a table without geometry, as administrative divisions. They have codes; the level is a
// column's or told, else it follows from a code of the national scheme, never from the name.
func divisionTarget() target {
	return target{
		name: "division", chinese: "行政区划", dims: "polygon", tabular: true, build: buildDivisions,
		fields: []field{
			{name: "name", headings: nameHeadings("行政区名称", "行政区划名称", "政区名称", "xzqmc"), required: true},
			{name: "name_en", headings: englishHeadings()},
			{name: "code", headings: codeHeadings("行政区划代码", "行政区代码", "区划代码", "xzqdm", "adcode", "pac"), required: true},
			schemeField(),
			{name: "level", headings: []string{"级别", "行政级别", "level"}},
			{name: "kind", headings: []string{"类型", "政区类型", "kind"}},
			{name: "parent", headings: []string{"上级代码", "上级行政区代码", "上级", "parent", "parent_code"}},
		},
	}
}

func buildDivisions(ctx context.Context, j *job) error {
	seen := once{}
	guessedLevel := 0
	var found []*pg.Division
	var parents []string
	rows := map[pg.Key]row{}
	j.usable(func(at row) (reason, remedy *Sentence) {
		d, guessed, reason := j.division(at)
		if reason != nil {
			return reason, nil
		}
		if reason := seen.seen(d.Key, at); reason != nil {
			return reason, nil
		}
		if guessed {
			guessedLevel++
		}
		found, parents = append(found, d), append(parents, j.parentCode(at, d))
		rows[d.Key] = at
		return nil, nil
	})
	if guessedLevel > 0 {
		j.report.Guesses = append(j.report.Guesses, *sayf("the level of %d divisions follows from their codes; --set level=LEVEL tells it", "%d 个行政区的级别由代码推断;可用 --set level=级别 指定", guessedLevel))
	}
	return j.joinParents(ctx, found, parents, rows, seen)
}

func (j *job) division(at row) (d *pg.Division, guessed bool, reason *Sentence) {
	get := func(name string) string { return j.cols.get(at, name) }
	d = &pg.Division{Name: get("name"), NameEn: get("name_en"), Code: get("code"), Kind: get("kind")}
	if d.Name == "" || d.Code == "" {
		return nil, false, sayf("a division needs a name and a code", "行政区划需要名称和代码")
	}
	national := strings.Trim(d.Code, "0123456789") == "" && len(d.Code) <= 12 && len(d.Code)%3 == 0 || len(d.Code) == 2 || len(d.Code) == 4
	fallback := ""
	if national {
		fallback = nationalScheme
	}
	d.CodeScheme = j.scheme(at, d.Code, fallback)
	if d.CodeScheme == nationalScheme && len(d.Code) < 6 {
		d.Code += strings.Repeat("0", 6-len(d.Code))
	}
	switch text := get("level"); {
	case text != "":
		level, ok := levelOf(text)
		if !ok {
			return nil, false, sayf("%q is no level: write 1 to 6, or 省 市 县 乡 村", "%q 不是级别:请写 1 至 6,或省、市、县、乡、村", text)
		}
		d.Level = level
	case d.CodeScheme == nationalScheme:
		d.Level, guessed = levelOfCode(d.Code), true
	default:
		return nil, false, sayf("the level is not given and %q is no code that tells it: say --set level=LEVEL", "未给出级别,代码 %q 也无法推断:请用 --set level=级别", d.Code)
	}
	if d.Kind == "" {
		d.Kind = kindOfName(d.Name, d.Level)
	}
	if at.shape != nil {
		d.Geom = multiPolygon(at.shape)
	}
	d.Record = j.record(pg.CodeKey(d.CodeScheme, d.Code))
	return d, guessed, nil
}

// levelOfCode tells the level from a code of 6, 9 or 12 digits: trailing zeros are levels below.
func levelOfCode(code string) geo.Level {
	switch {
	case strings.HasSuffix(code, "0000") && len(code) == 6:
		return geo.Province
	case strings.HasSuffix(code, "00") && len(code) == 6:
		return geo.City
	case len(code) == 6:
		return geo.County
	case len(code) == 9 || strings.HasSuffix(code, "000"):
		return geo.Town
	default:
		return geo.Village
	}
}

// kindOfName gives the word for the kind of division that a name ends in; the level's common word where it ends in none.
func kindOfName(name string, level geo.Level) string {
	for _, kind := range []string{"特别行政区", "自治区", "自治州", "自治县", "自治旗", "街道", "苏木", "地区", "林区", "社区", "省", "盟", "市", "县", "旗", "区", "镇", "乡", "村"} {
		if strings.HasSuffix(name, kind) {
			return kind
		}
	}
	return map[geo.Level]string{geo.Province: "省", geo.City: "市", geo.County: "县", geo.Town: "乡镇", geo.Village: "村", geo.Grid: "网格"}[level]
}

// parentCode is the code a division's parent has: the column's, or the one above in the national scheme.
func (j *job) parentCode(at row, d *pg.Division) string {
	if code := j.cols.get(at, "parent"); code != "" {
		return code
	}
	if d.CodeScheme != nationalScheme {
		return ""
	}
	switch {
	case len(d.Code) == 6 && d.Level == geo.City:
		return d.Code[:2] + "0000"
	case len(d.Code) == 6 && d.Level == geo.County:
		return d.Code[:4] + "00"
	case len(d.Code) > 6 && d.Level == geo.Town:
		return d.Code[:6]
	case len(d.Code) == 12 && d.Level == geo.Village:
		return d.Code[:9]
	}
	return ""
}

// joinParents hangs each division under its parent where that is in the file or in the store; a parent that a column names
// must be there.
func (j *job) joinParents(ctx context.Context, found []*pg.Division, parents []string, rows map[pg.Key]row, seen once) error {
	stored, err := j.storedDivisions(ctx, parents)
	if err != nil {
		return err
	}
	orphans := 0
	for i, d := range found {
		key := pg.CodeKey(d.CodeScheme, parents[i])
		_, here := seen[key]
		switch {
		case parents[i] == "":
		case here && key != d.Key:
			d.Parent = key
		case stored[parents[i]] != "":
			d.Parent = stored[parents[i]]
		case j.cols.get(rows[d.Key], "parent") != "":
			j.report.refuse(rows[d.Key], sayf("its parent %q is neither stored nor in the file", "上级 %q 既不在库中也不在文件中", parents[i]), nil)
			continue
		default:
			orphans++
		}
		j.out = append(j.out, *d)
	}
	if orphans > 0 {
		j.report.note(sayf("%d divisions stand under none: what is above them is neither stored nor in the file", "%d 个行政区没有上级:其上级既不在库中也不在文件中", orphans))
	}
	return nil
}

// storedDivisions finds stored divisions by code or name; empty where the store cannot look up.
func (j *job) storedDivisions(ctx context.Context, words []string) (map[string]pg.Key, error) {
	finder, ok := j.store.(Finder)
	if !ok || len(words) == 0 {
		return map[string]pg.Key{}, nil
	}
	divisions, err := finder.FindDivisions(ctx, distinct(words), j.req.ValidFrom)
	if err != nil {
		return nil, fmt.Errorf("look divisions up: %w", err)
	}
	out := map[string]pg.Key{}
	names := map[string]int{}
	for _, d := range divisions {
		names[d.Name]++
		out[d.Name] = d.Key
	}
	for _, d := range divisions {
		if names[d.Name] > 1 {
			delete(out, d.Name) // 鼓楼区 is in many cities: a name that is not alone names nothing
		}
	}
	for _, d := range divisions {
		out[d.Code] = d.Key
	}
	return out, nil
}

// divisionKeys looks up what a column says of divisions.
func (j *job) divisionKeys(ctx context.Context, name string) (map[string]pg.Key, error) {
	return j.storedDivisions(ctx, j.words(name))
}

// words gives the different values of a field, but for those of rows that will be refused for their text: the store could not
// even be asked for them.
func (j *job) words(name string) []string {
	var out []string
	for _, r := range j.table.rows {
		if r.fault == nil && j.unfit(r) == nil {
			out = append(out, j.cols.get(r, name))
		}
	}
	return distinct(out)
}

func distinct(words []string) []string {
	seen := map[string]bool{"": true}
	var out []string
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
