package ingest

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// links looks up the rivers, routes, divisions and reaches that rows refer to.
type links struct {
	rivers    map[string][]pg.River
	routes    map[pg.Key][]pg.Route
	divisions map[string]pg.Key
	reaches   map[string][]pg.Reach
}

// link asks the store once for all that the columns name.
func (j *job) link(ctx context.Context) (*links, error) {
	l := &links{rivers: map[string][]pg.River{}, routes: map[pg.Key][]pg.Route{}, divisions: map[string]pg.Key{}, reaches: map[string][]pg.Reach{}}
	rivers, reaches, divisions := j.words("river"), j.words("reach"), j.words("division")
	var split []string
	for _, w := range reaches {
		split = append(split, splitList(w)...)
	}
	if len(rivers)+len(split)+len(divisions) == 0 {
		return l, nil
	}
	finder, ok := j.store.(Finder)
	if !ok {
		return nil, geo.Errorf(geo.CodeUnavailable, "this store cannot look rivers and divisions up, which a %s refers to", j.target.name)
	}
	var err error
	if l.divisions, err = j.storedDivisions(ctx, divisions); err != nil {
		return nil, err
	}
	if err = l.loadRivers(ctx, finder, rivers, j.req.ValidFrom); err != nil {
		return nil, err
	}
	found, err := finder.FindReaches(ctx, distinct(split), j.req.ValidFrom)
	if err != nil {
		return nil, fmt.Errorf("look reaches up: %w", err)
	}
	for _, r := range found {
		l.reaches[r.Code] = append(l.reaches[r.Code], r)
		if r.Name != r.Code {
			l.reaches[r.Name] = append(l.reaches[r.Name], r)
		}
	}
	return l, nil
}

func (l *links) loadRivers(ctx context.Context, finder Finder, words []string, asOf geo.Date) error {
	rivers, err := finder.FindRivers(ctx, words, asOf)
	if err != nil {
		return fmt.Errorf("look rivers up: %w", err)
	}
	keys := make([]pg.Key, 0, len(rivers))
	for _, r := range rivers {
		keys = append(keys, r.Key)
		for _, word := range distinct(append([]string{r.Name, r.Code}, r.Aliases...)) {
			l.rivers[word] = append(l.rivers[word], r)
		}
	}
	routes, err := finder.FindRoutes(ctx, keys, asOf)
	if err != nil {
		return fmt.Errorf("look routes up: %w", err)
	}
	for _, r := range routes {
		l.routes[r.River] = append(l.routes[r.River], r)
	}
	return nil
}

// river gives the one river that a row names; a name of several is told apart by the row's division, or refused.
func (l *links) river(j *job, at row) (pg.River, *Sentence) {
	word := j.cols.get(at, "river")
	found := l.rivers[word]
	if len(found) > 1 {
		division := l.divisions[j.cols.get(at, "division")]
		var here []pg.River
		for _, r := range found {
			if r.Division == division && division != "" {
				here = append(here, r)
			}
		}
		if len(here) > 0 {
			found = here
		}
	}
	switch len(found) {
	case 0:
		return pg.River{}, sayf("the river %q is not stored: import the rivers first", "河流 %q 不在库中:请先导入河流", word)
	case 1:
		return found[0], nil
	}
	return pg.River{}, sayf("%d rivers are called %q: name it by its code", "有 %d 条河流名为 %q:请用河流代码指定", len(found), word)
}

// division gives the division that a row names; "" when the row names none.
func (l *links) division(j *job, at row) (pg.Key, *Sentence) {
	word := j.cols.get(at, "division")
	if word == "" {
		return "", nil
	}
	key, ok := l.divisions[word]
	if !ok {
		return "", sayf("the division %q is not stored, or several have that name", "行政区划 %q 不在库中,或名称不唯一", word)
	}
	return key, nil
}

// nearLimit is how far a survey's line may lie from the stored centre line, in metres, and still be of that river.
const nearLimit = 2000.0

// onRoute gives the route of a river that lies nearest to a place, with the place seen from it.
func (l *links) onRoute(river pg.Key, lon, lat float64) (pg.Route, lref.Hit, *Sentence) {
	best, hit := pg.Route{}, lref.Hit{DistanceM: math.Inf(1)}
	for _, r := range l.routes[river] {
		if h := lref.Project(r.Geom, lon, lat); h.DistanceM < hit.DistanceM {
			best, hit = r, h
		}
	}
	if best.Geom == nil {
		return best, hit, sayf("the river has no centre line", "该河流没有中心线")
	}
	if hit.DistanceM > nearLimit {
		return best, hit, sayf("it lies %.0f m from its river's centre line", "距其河流中心线 %.0f 米", hit.DistanceM)
	}
	return best, hit, nil
}

// span gives the route that a line runs along, and the measures between which it does.
func (l *links) span(river pg.Key, flat []float64) (route pg.Route, from, to float64, reason *Sentence) {
	n := len(flat)
	middle := n / 4 * 2
	route, _, reason = l.onRoute(river, flat[middle], flat[middle+1])
	if reason != nil {
		return route, 0, 0, reason
	}
	a, b := lref.Project(route.Geom, flat[0], flat[1]), lref.Project(route.Geom, flat[n-2], flat[n-1])
	from, to = math.Min(a.MeasureM, b.MeasureM), math.Max(a.MeasureM, b.MeasureM)
	if to-from < 0.01 {
		return route, 0, 0, sayf("it does not run along its river", "该线没有沿河流延伸")
	}
	return route, from, to, nil
}

// oneLine gives a row's only line, XY.
func oneLine(s *shape) ([]float64, *Sentence) {
	if len(s.ends) != 1 {
		return nil, sayf("the row has %d lines; it must be one", "该行有 %d 条线,应为一条", len(s.ends))
	}
	return flatXY(s.flat, s.layout.Stride()), nil
}

func reachTarget() target {
	return target{
		name: "reach", chinese: "河段", dims: "line", tabular: true, build: buildReaches,
		fields: []field{
			{name: "river", headings: riverRefHeadings(), required: true},
			{name: "division", headings: divisionRefHeadings(), required: true},
			{name: "level", headings: []string{"级别", "河长级别", "河段级别", "level"}, required: true},
			{name: "name", headings: nameHeadings("河段名称")},
			{name: "code", headings: codeHeadings("河段代码", "河段编码")},
			schemeField(),
			{name: "from_m", headings: []string{"起点里程", "起始里程", "起点桩号", "from_m"}},
			{name: "to_m", headings: []string{"终点里程", "终止里程", "终点桩号", "to_m"}},
			{name: "bank", headings: []string{"岸别", "bank", "bank_scope"}},
			{name: "start_place", headings: []string{"起点", "起点位置", "start_place"}},
			{name: "end_place", headings: []string{"终点", "终点位置", "end_place"}},
		},
	}
}

func buildReaches(ctx context.Context, j *job) error {
	l, err := j.link(ctx)
	if err != nil {
		return err
	}
	seen := once{}
	j.usable(func(at row) (reason, remedy *Sentence) {
		r, reason := j.reach(l, at)
		if reason == nil {
			reason = seen.seen(r.Key, at)
		}
		if reason == nil {
			j.out = append(j.out, *r)
		}
		return reason, nil
	})
	return nil
}

func (j *job) reach(l *links, at row) (*pg.Reach, *Sentence) {
	get := func(name string) string { return j.cols.get(at, name) }
	river, reason := l.river(j, at)
	if reason != nil {
		return nil, reason
	}
	r := &pg.Reach{Code: get("code"), Name: get("name"), River: river.Key, StartPlace: get("start_place"), EndPlace: get("end_place"), BankScope: geo.Both}
	r.CodeScheme = j.scheme(at, r.Code, "")
	if r.Division, reason = l.division(j, at); reason != nil {
		return nil, reason
	}
	level, ok := levelOf(get("level"))
	if !ok || level > geo.Village || r.Division == "" {
		return nil, sayf("a reach needs a level from 1 to 5 and a division; the level is %q", "河段需要 1 至 5 级的级别和行政区划;级别为 %q", get("level"))
	}
	r.Level = level
	if text := get("bank"); text != "" {
		if r.BankScope, ok = bankOf(text); !ok {
			return nil, sayf("%q is no bank", "%q 不是岸别", text)
		}
	}
	if reason := j.reachSpan(l, at, river, r); reason != nil {
		return nil, reason
	}
	key := pg.CodeKey(r.CodeScheme, r.Code)
	if r.Code == "" {
		key = pg.Key(fmt.Sprintf("reach:%s:%s:%d:%s:%s", j.req.Source, river.Key, r.Level, r.BankScope, geomKey(r.Geom.FlatCoords(), 2)))
	}
	r.Record = j.record(key)
	return r, nil
}

// reachSpan sets where a reach lies: by the line that the row brings, or by two measures on a river of one route.
func (j *job) reachSpan(l *links, at row, river pg.River, r *pg.Reach) (reason *Sentence) {
	var route pg.Route
	if at.shape != nil {
		flat, reason := oneLine(at.shape)
		if reason != nil {
			return reason
		}
		if route, r.FromM, r.ToM, reason = l.span(river.Key, flat); reason != nil {
			return reason
		}
	} else {
		routes := l.routes[river.Key]
		from, okFrom := measureOf(j.cols.get(at, "from_m"))
		to, okTo := measureOf(j.cols.get(at, "to_m"))
		if !okFrom || !okTo || len(routes) != 1 {
			return sayf("without geometry a reach needs two measures on a river of one route; this river has %d", "没有几何时,河段需要两个里程且河流只有一条中心线;该河流有 %d 条", len(routes))
		}
		route, r.FromM, r.ToM = routes[0], math.Min(from, to), math.Max(from, to)
	}
	r.Route = route.Key
	line, err := lref.Substring(route.Geom, r.FromM, r.ToM)
	if err != nil {
		return sayf("%v", "%v", err)
	}
	r.Geom = line
	return nil
}

// measureOf reads metres, or K12+345.
func measureOf(text string) (float64, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	km, m, ok := strings.Cut(strings.TrimPrefix(text, "K"), "+")
	var a, b float64
	if !ok {
		_, err := fmt.Sscanf(text, "%g", &a)
		return a, err == nil && !math.IsNaN(a)
	}
	_, err1 := fmt.Sscanf(km, "%g", &a)
	_, err2 := fmt.Sscanf(m, "%g", &b)
	return a*1000 + b, err1 == nil && err2 == nil
}

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
	if b.WidthM, _ = j.number(at, "width_m"); b.WidthM != nil && *b.WidthM < 0 {
		return nil, false, sayf("the width is negative", "宽度为负")
	}
	first := lref.Project(route.Geom, flat[0], flat[1])
	last := lref.Project(route.Geom, flat[len(flat)-2], flat[len(flat)-1])
	if up := route.Geom.FlatCoords()[2] > route.Geom.FlatCoords()[len(route.Geom.FlatCoords())-1]; (first.MeasureM < last.MeasureM) == up {
		turn(flat)
	}
	b.Geom = geom.NewLineStringFlat(geom.XY, flat)
	b.Record = j.record(geomKey(flat, 2))
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
	for kind, words := range map[string]string{
		"levee_toe": "堤脚 背水坡脚 levee_toe", "revetment": "护岸 护堤 revetment", "natural_bank": "岸坎 自然岸线 河岸 natural_bank",
		"design_flood": "设计洪水 设计洪水位 design_flood", "historic_flood": "历史洪水 历史最高洪水位 historic_flood", "planned": "规划 planned",
	} {
		for word := range strings.FieldsSeq(words) {
			if text == word {
				return kind
			}
		}
	}
	return "custom"
}

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
	b := &pg.BankLine{Kind: "bank", Bank: bank, Name: get("name")}
	switch get("kind") {
	case "", "bank", "岸线":
	case "levee_toe", "堤脚":
		b.Kind = "levee_toe"
	case "levee_crest", "堤顶", "堤防":
		b.Kind = "levee_crest"
	case "flood", "洪水位线":
		b.Kind = "flood"
	default:
		return nil, sayf("%q is no kind of bank line: bank, levee_toe, levee_crest or flood", "%q 不是岸线类型:岸线、堤脚、堤顶或洪水位线", get("kind"))
	}
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
		one.Record = j.record(geomKey(flat, 3))
		out = append(out, one)
	}
	return out, nil
}
