package ingest

import (
	"context"
	"fmt"
	"math"
	"strings"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

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
		key = pg.KeyOf("reach", j.req.Source) + pg.Key(fmt.Sprintf(":%s:%d:%s:%s", river.Key, r.Level, r.BankScope, geomKey(r.Geom.FlatCoords(), 2)))
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
	if !ok {
		return decimal(text, false)
	}
	a, okKm := decimal(km, false)
	b, okM := decimal(m, false)
	return a*1000 + b, okKm && okM
}
