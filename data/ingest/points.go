package ingest

import (
	"context"
	"slices"
	"strconv"

	"hetu/data/pg"
	"hetu/geo"
)

func boardTarget() target {
	return target{
		name: "board", chinese: "公示牌", dims: "point", build: buildBoards,
		fields: []field{
			{name: "reach", headings: []string{"河段", "河段代码", "河段名称", "所属河段", "reach", "reach_code"}, required: true},
			{name: "level", headings: []string{"级别", "公示牌级别", "level"}, required: true},
			{name: "code", headings: codeHeadings("公示牌编号", "公示牌编码")},
			schemeField(),
			{name: "bank", headings: []string{"岸别", "bank"}},
			{name: "division", headings: divisionRefHeadings()},
			{name: "site", headings: []string{"位置", "地点", "设置地点", "安装位置", "site", "site_text"}},
			{name: "installed_on", headings: []string{"安装日期", "设置日期", "installed_on"}},
			{name: "state", headings: []string{"状态", "完好情况", "state"}},
			{name: "qr_token", headings: []string{"二维码", "二维码编号", "qr", "qr_token"}},
		},
	}
}

func sectionTarget() target {
	return target{
		name: "section", chinese: "水质断面", dims: "point", build: buildSections,
		fields: []field{
			{name: "name", headings: nameHeadings("断面名称"), required: true},
			{name: "name_en", headings: englishHeadings()},
			{name: "kind", headings: []string{"断面类型", "断面级别", "控制级别", "类型", "kind"}, required: true},
			{name: "code", headings: codeHeadings("断面编码", "断面代码")},
			schemeField(),
			{name: "river", headings: riverRefHeadings()},
			{name: "target_class", headings: []string{"水质目标", "目标水质", "target_class"}},
			{name: "division", headings: divisionRefHeadings()},
		},
	}
}

func outfallTarget() target {
	return target{
		name: "outfall", chinese: "入河排污口", dims: "point", build: buildOutfalls,
		fields: []field{
			{name: "name", headings: nameHeadings("排污口名称", "排口名称"), required: true},
			{name: "name_en", headings: englishHeadings()},
			{name: "kind", headings: []string{"排污口类型", "排口类型", "类型", "kind"}, required: true},
			{name: "approval", headings: []string{"审批情况", "审批状态", "approval"}, required: true},
			{name: "code", headings: codeHeadings("排污口编码", "排污口编号")},
			schemeField(),
			{name: "river", headings: riverRefHeadings()},
			{name: "division", headings: divisionRefHeadings()},
		},
	}
}

// spot is what the three kinds of points have in common: their river, the place on it, and their division.
type spot struct {
	river, route pg.Key
	measure      *float64
	bank         geo.Bank
	division     pg.Key
}

// spotOf places a row's point on the river it names; one that names none stands alone.
func (j *job) spotOf(l *links, at row) (s spot, reason *Sentence) {
	if s.division, reason = l.division(j, at); reason != nil {
		return s, reason
	}
	if j.cols.get(at, "river") == "" {
		return s, nil
	}
	river, reason := l.river(j, at)
	if reason != nil {
		return s, reason
	}
	route, hit, reason := l.onRoute(river.Key, at.shape.flat[0], at.shape.flat[1])
	if reason != nil {
		return s, reason
	}
	s.river, s.route, s.measure = river.Key, route.Key, &hit.MeasureM
	if hit.Bank != geo.Centre {
		s.bank = hit.Bank
	}
	return s, nil
}

// buildPoints runs through the rows of a target of points.
func (j *job) buildPoints(ctx context.Context, read func(l *links, at row) (pg.Row, pg.Key, *Sentence)) error {
	l, err := j.link(ctx)
	if err != nil {
		return err
	}
	seen := once{}
	j.usable(func(at row) (reason, remedy *Sentence) {
		if at.shape.kind != "POINT" && len(at.shape.flat) > at.shape.layout.Stride() {
			return sayf("the row has several points; it must be one", "该行有多个点,应为一个"), nil
		}
		r, key, reason := read(l, at)
		if reason == nil {
			reason = seen.seen(key, at)
		}
		if reason == nil {
			j.out = append(j.out, r)
		}
		return reason, nil
	})
	if j.foreign > 0 {
		j.report.note(sayf("%d rows have no Chinese name and go by their English one", "%d 行没有中文名称,以英文名称代替", j.foreign))
	}
	return nil
}

// nameOf is a row's name; a row without one goes by its English name, which is reported.
func (j *job) nameOf(at row) string {
	if name := j.cols.get(at, "name"); name != "" {
		return name
	}
	name := j.cols.get(at, "name_en")
	if name != "" {
		j.foreign++
	}
	return name
}

// pointKey names a point by its code, else by source, name and place: many names stand in several places.
func (j *job) pointKey(scheme, code, name string, at row) pg.Key {
	if code != "" {
		return pg.CodeKey(scheme, code)
	}
	return pg.KeyOf("name", j.req.Source, name) + ":" + geomKey(at.shape.flat[:2], 2)
}

func buildSections(ctx context.Context, j *job) error {
	return j.buildPoints(ctx, func(l *links, at row) (pg.Row, pg.Key, *Sentence) {
		get := func(name string) string { return j.cols.get(at, name) }
		s, reason := j.spotOf(l, at)
		if reason != nil {
			return nil, "", reason
		}
		kind, ok := sectionKinds()[get("kind")]
		if !ok {
			return nil, "", sayf("%q is no kind of section: 国控, 省控, 市控, 县控, 入境, 出境, 控制, 交接, 入河口, 饮用水源", "%q 不是断面类型:国控、省控、市控、县控、入境、出境、控制、交接、入河口、饮用水源", get("kind"))
		}
		name := j.nameOf(at)
		if name == "" {
			return nil, "", sayf("the row has no name", "该行没有名称")
		}
		out := pg.Section{Code: get("code"), Name: name, Kind: kind, River: s.river, Route: s.route, MeasureM: s.measure, Division: s.division, Geom: point(at.shape)}
		if text := get("target_class"); text != "" {
			class, ok := classOf(text)
			if !ok {
				return nil, "", sayf("%q is no class of water: I to V", "%q 不是水质类别:Ⅰ 至 Ⅴ", text)
			}
			out.TargetClass = &class
		}
		out.Record = j.record(j.pointKey(j.scheme(at, out.Code, ""), out.Code, out.Name, at))
		return out, out.Key, nil
	})
}

func sectionKinds() map[string]string {
	return map[string]string{
		"国控": "national", "国考": "national", "省控": "provincial", "省考": "provincial", "市控": "city", "县控": "county", "入境": "inflow", "出境": "outflow",
		"控制": "control", "交接": "handover", "入河口": "river_mouth", "饮用水源": "drinking_source", "饮用水源地": "drinking_source",
		"national": "national", "provincial": "provincial", "city": "city", "county": "county", "inflow": "inflow", "outflow": "outflow",
		"control": "control", "handover": "handover", "river_mouth": "river_mouth", "drinking_source": "drinking_source",
	}
}

func classOf(text string) (int, bool) {
	for class, words := range [][]string{{"1", "I", "Ⅰ", "Ⅰ类", "I类"}, {"2", "II", "Ⅱ", "Ⅱ类", "II类"}, {"3", "III", "Ⅲ", "Ⅲ类", "III类"}, {"4", "IV", "Ⅳ", "Ⅳ类", "IV类"}, {"5", "V", "Ⅴ", "Ⅴ类", "V类"}} {
		if slices.Contains(words, text) {
			return class + 1, true
		}
	}
	return 0, false
}

func buildOutfalls(ctx context.Context, j *job) error {
	return j.buildPoints(ctx, func(l *links, at row) (pg.Row, pg.Key, *Sentence) {
		get := func(name string) string { return j.cols.get(at, name) }
		s, reason := j.spotOf(l, at)
		if reason != nil {
			return nil, "", reason
		}
		approval, ok := map[string]string{
			"approved": "approved", "已审批": "approved", "已批": "approved", "pending": "pending", "审批中": "pending", "待批": "pending",
			"none": "none", "未审批": "none", "无": "none", "closing": "closing", "拟关闭": "closing", "关闭中": "closing",
		}[get("approval")]
		if !ok {
			return nil, "", sayf("%q is no state of approval: 已审批, 审批中, 未审批, 拟关闭", "%q 不是审批情况:已审批、审批中、未审批、拟关闭", get("approval"))
		}
		name := j.nameOf(at)
		if name == "" || get("kind") == "" {
			return nil, "", sayf("an outfall needs a name and a kind", "排污口需要名称和类型")
		}
		out := pg.Outfall{
			Code: get("code"), Name: name, Kind: get("kind"), Approval: approval,
			River: s.river, Route: s.route, MeasureM: s.measure, Bank: s.bank, Division: s.division, Geom: point(at.shape),
		}
		out.Record = j.record(j.pointKey(j.scheme(at, out.Code, ""), out.Code, out.Name, at))
		return out, out.Key, nil
	})
}

func buildBoards(ctx context.Context, j *job) error {
	return j.buildPoints(ctx, func(l *links, at row) (pg.Row, pg.Key, *Sentence) {
		get := func(name string) string { return j.cols.get(at, name) }
		out := pg.Board{Code: get("code"), SiteText: get("site"), QRToken: get("qr_token"), State: "ok", Geom: point(at.shape)}
		level, ok := levelOf(get("level"))
		if !ok || level > geo.Village {
			return nil, "", sayf("%q is no level of a board", "%q 不是公示牌级别", get("level"))
		}
		out.Level = level
		if reason := j.boardReaches(l, at, &out); reason != nil {
			return nil, "", reason
		}
		var reason *Sentence
		if out.Division, reason = l.division(j, at); reason != nil {
			return nil, "", reason
		}
		if text := get("bank"); text != "" {
			if out.Bank, ok = bankOf(text); !ok || out.Bank == geo.Both {
				return nil, "", sayf("%q is no bank", "%q 不是岸别", text)
			}
		}
		if reason := j.boardState(at, &out); reason != nil {
			return nil, "", reason
		}
		key := pg.KeyOf("name", j.req.Source, strconv.Itoa(int(out.Level))) + ":" + out.Reaches[0] + ":" + geomKey(at.shape.flat[:2], 2)
		if out.Code != "" {
			key = pg.CodeKey(j.scheme(at, out.Code, ""), out.Code)
		}
		out.Record = j.record(key)
		return out, out.Key, nil
	})
}

// boardReaches finds the reaches a board names; of several of one name the one of the board's level is meant.
func (j *job) boardReaches(l *links, at row, out *pg.Board) *Sentence {
	for _, word := range splitList(j.cols.get(at, "reach")) {
		found := l.reaches[word]
		if len(found) > 1 {
			var same []pg.Reach
			for _, r := range found {
				if r.Level == out.Level {
					same = append(same, r)
				}
			}
			found = same
		}
		if len(found) != 1 {
			return sayf("the reach %q is not stored, or several have that name: name it by its code", "河段 %q 不在库中或名称不唯一:请用河段代码指定", word)
		}
		out.Reaches = append(out.Reaches, found[0].Key)
	}
	if len(out.Reaches) == 0 {
		return sayf("the board names no reach", "公示牌没有指明河段")
	}
	return nil
}

func (j *job) boardState(at row, out *pg.Board) *Sentence {
	if text := j.cols.get(at, "state"); text != "" {
		state, ok := map[string]string{
			"ok": "ok", "完好": "ok", "正常": "ok", "tilted": "tilted", "倾斜": "tilted", "broken": "broken", "破损": "broken",
			"deformed": "deformed", "变形": "deformed", "faded": "faded", "褪色": "faded", "变色": "faded", "aged": "aged", "老化": "aged",
		}[text]
		if !ok {
			return sayf("%q is no state of a board: 完好, 倾斜, 破损, 变形, 变色, 老化", "%q 不是公示牌状态:完好、倾斜、破损、变形、变色、老化", text)
		}
		out.State = state
	}
	if text := j.cols.get(at, "installed_on"); text != "" {
		d, err := geo.ParseDate(text)
		if err != nil {
			return sayf("%q is no date: write 2026-11-24", "%q 不是日期:请写 2026-11-24", text)
		}
		out.InstalledOn = d
	}
	return nil
}
