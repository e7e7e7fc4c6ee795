package ingest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// kmPointTarget takes points as surveyed kilometre stones 千米桩 by which the routes of an import of rivers are measured. It is not
// imported by itself: a route that is stored has reaches and boards at its measures.
func kmPointTarget() target {
	return target{
		name: "km point", chinese: "千米桩", dims: "point",
		fields: []field{
			{name: "river", headings: riverRefHeadings(), required: true},
			{name: "measure", headings: []string{"桩号", "里程", "里程桩号", "千米桩", "公里桩", "measure", "stake", "km"}, required: true},
		},
	}
}

// maxStones bounds the kilometre points of an import: every kilometre of all rivers of a province has one.
const maxStones = 100_000

// kmPoint is a stone, and the row that tells it.
type kmPoint struct {
	lref.Calibration
	row int
}

// kmPoints reads the file of stones, by the name or the code of the river that each names.
func (j *job) kmPoints(ctx context.Context) (_ map[string][]kmPoint, err error) {
	if j.req.KmPoints == "" {
		return map[string][]kmPoint{}, nil
	}
	of := &job{
		req: &Request{Path: j.req.KmPoints, Source: j.req.Source, Progress: j.req.Progress, Tools: j.req.Tools, Temp: j.req.Temp}, store: j.store, target: kmPointTarget(),
		extent: j.extent, valid: j.valid, report: &Report{File: filepath.Base(j.req.KmPoints)},
	}
	defer func() {
		if err != nil {
			err = ofFile(err, of.report.File)
		}
	}()
	if of.source, err = openSource(j.req.KmPoints, "", j.req.Temp, bounds{}); err != nil {
		return nil, err
	}
	defer of.source.close()
	if err = of.understand(ctx); err != nil {
		return nil, err
	}
	out := map[string][]kmPoint{}
	if n := len(of.table.rows); n > maxStones {
		return nil, geo.Errorf(geo.CodeTooLarge, "%d rows, and an import takes at most %d kilometre points: split the rivers and their points over several imports", n, maxStones)
	}
	of.usable(func(at row) (reason, remedy *Sentence) {
		word := of.cols.get(at, "measure")
		m, err := lref.ParseLabel(word)
		if err != nil {
			return sayf("the measure is %q: write it as K12+345, K12+345.6 or 12345.6", "里程为 %q,应写作 K12+345、K12+345.6 或 12345.6", word), nil
		}
		river := of.cols.get(at, "river")
		out[river] = append(out[river], kmPoint{lref.Calibration{Lon: at.shape.flat[0], Lat: at.shape.flat[1], MeasureM: m}, at.n})
		return nil, nil
	})
	if of.report.Refused > 0 {
		first := of.report.Refusals[0]
		return nil, geo.Errorf(geo.CodeRefused, "%d of %d rows are refused; first row %d: %s", of.report.Refused, of.report.Read, first.Row, first.Reason)
	}
	j.report.Guesses = append(j.report.Guesses, of.report.Guesses...)
	if of.report.CRS.How == Guessed {
		j.report.Guesses = append(j.report.Guesses, *sayf("the kilometre points are taken to be in %s", "千米桩按 %s 坐标处理", of.report.CRS.Value))
	}
	return out, nil
}

// ofFile says of which file an error is.
func ofFile(err error, file string) error {
	if e, ok := err.(*geo.Error); ok { //nolint:errorlint // what it wraps stays its cause
		return retold(e, e.Code, "the kilometre points in %s: %s", file, e.Msg)
	}
	return geo.Wrapf(err, geo.CodeOf(err), "the kilometre points in %s cannot be read", file)
}

// retold is an error in a sentence that has the error's own in it. The error is not its cause, or its sentence would be told twice; the
// error's cause is.
func retold(e *geo.Error, code geo.Code, format string, args ...any) error {
	if cause := e.Unwrap(); cause != nil {
		return geo.Wrapf(cause, code, format, args...)
	}
	return geo.Errorf(code, format, args...)
}

// stones gives each route the kilometre points that are its: of its river's routes the nearest. A point of a river that the file
// does not have, or far off its routes, is refused.
func (r *rivers) stones(ctx context.Context, routes []network.Route) ([][]kmPoint, error) {
	of := make([][]kmPoint, len(routes))
	finders := make([]*stoneFinder, len(routes))
	byRiver := map[string][]int{}
	for i, route := range routes {
		byRiver[route.Group] = append(byRiver[route.Group], i)
	}
	placed, used := 0, map[string]bool{}
	for _, key := range r.order {
		for _, word := range wordsOf(r.byKey[key]) {
			if len(r.stonesOf[word]) == 0 {
				continue
			}
			if used[word] {
				return nil, geo.Errorf(geo.CodeRefused, "two rivers are called %q, so its kilometre points are of neither: name the rivers there by their codes", word)
			}
			used[word] = true
			for _, p := range r.stonesOf[word] {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				i, off := nearestRoute(routes, finders, byRiver[string(key)], p)
				if off > lref.CalibrateWithinM {
					return nil, geo.Errorf(geo.CodeRefused, "kilometre point of row %d (%s, %s) lies %.0f m off its river, more than %g m: correct it, or leave it out", p.row, word, lref.Label(p.MeasureM), off, lref.CalibrateWithinM)
				}
				of[i] = append(of[i], p)
				placed++
			}
		}
	}
	for word, points := range r.stonesOf {
		if !used[word] {
			return nil, geo.Errorf(geo.CodeRefused, "kilometre point of row %d is of the river %q, which the file does not have", points[0].row, word)
		}
	}
	if placed > 0 {
		r.j.report.note(sayf("%d kilometre points tell the measures of their routes; other routes are measured from the mouth", "按 %d 个千米桩标定所在中心线的里程,其余中心线自河口起算", placed))
	}
	return of, nil
}

// wordsOf is what a river may be called by, each word once: one whose code is its name is not two rivers.
func wordsOf(river *pg.River) []string {
	var out []string
	for _, word := range append([]string{river.Name, river.Code}, river.Aliases...) {
		if word != "" && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}

// stoneFinder finds the places of stones on a route, which is measured once for all of them.
type stoneFinder struct {
	*lref.Finder
	line *geom.LineString
}

// nearestRoute gives the nearest of some routes. Only the parts that come near the stone are looked at; how far off a stone lies of
// which nothing is near is measured for the refusal alone.
func nearestRoute(routes []network.Route, finders []*stoneFinder, among []int, p kmPoint) (best int, off float64) {
	off = math.Inf(1)
	for _, i := range among {
		if finders[i] == nil {
			line := lref.Measured(geom.NewLineStringFlat(geom.XY, flatXY(routes[i].Geom.FlatCoords(), routes[i].Geom.Stride())), "mouth")
			finders[i] = &stoneFinder{lref.NewFinder(line), line}
		}
		if h, ok := finders[i].Project(p.Lon, p.Lat, lref.CalibrateWithinM); ok && h.DistanceM < off {
			best, off = i, h.DistanceM
		}
	}
	if !math.IsInf(off, 1) {
		return best, off
	}
	for _, i := range among {
		off = min(off, lref.Project(finders[i].line, p.Lon, p.Lat).DistanceM)
	}
	return best, off
}

// calibrated gives a route the measures that its kilometre points tell, and where its vertices then stand: a vertex is added at each
// point.
func calibrated(route *geom.LineString, points []kmPoint) (*geom.LineString, []int, error) {
	told := make([]lref.Calibration, len(points))
	for i, p := range points {
		told[i] = p.Calibration
	}
	out, err := lref.Calibrate(route, told, 0)
	if err != nil {
		rows := make([]int, len(points))
		for i, p := range points {
			rows[i] = p.row
		}
		if e, ok := errors.AsType[*geo.Error](err); ok {
			err = retold(e, geo.CodeRefused, "%s (kilometre points of rows %s)", e.Msg, rowList(rows))
		}
		return nil, nil, err
	}
	was, is := route.FlatCoords(), out.FlatCoords()
	at := make([]int, 0, len(was)/3)
	for v := 0; len(at) < len(was)/3; v++ {
		if i := 3 * len(at); is[3*v] == was[i] && is[3*v+1] == was[i+1] {
			at = append(at, v)
		}
	}
	return out, at, nil
}

func rowList(rows []int) string {
	text := fmt.Sprint(rows)
	return clip(text[1 : len(text)-1])
}

func calibPoints(points []kmPoint) []pg.CalibPoint {
	out := make([]pg.CalibPoint, 0, len(points))
	for _, p := range points {
		out = append(out, pg.CalibPoint(p.Calibration))
	}
	return out
}
