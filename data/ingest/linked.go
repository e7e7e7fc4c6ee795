package ingest

import (
	"context"
	"fmt"
	"math"

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
