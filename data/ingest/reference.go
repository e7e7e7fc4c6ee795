package ingest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"hetu/data/gdal"
	"hetu/geo"
	"hetu/geo/crs"
)

// reference is the system that a table's coordinates are in, and how they come to EPSG:4490: by crs itself, or by PROJ in
// the child.
type reference struct {
	Finding
	system  *crs.System
	proj    string // what PROJ is given: an EPSG code or a WKT text
	through string // the transformation that was named
	swapped bool   // the first of each pair is latitude or northing
}

// findReference decides in this order: told, found in the file, guessed from the size of the coordinates.
func (j *job) findReference(ctx context.Context) (*reference, error) {
	if j.req.CRS != "" {
		return j.toldReference(ctx)
	}
	d, err := j.table.described()
	if err != nil {
		return nil, err
	}
	if d == nil || d.Local {
		return j.guessReference()
	}
	if d.Name == "" || strings.EqualFold(d.Name, "unnamed") {
		d.Name = "unnamed, datum " + d.Datum
	}
	how := Finding{Value: d.Name, How: Found, Why: *sayf("the file names it", "文件已声明")}
	if d.EPSG != 0 {
		how.Value = "EPSG:" + strconv.Itoa(int(d.EPSG)) + " " + d.Name
	}
	return j.ofDescription(*d, how, j.table.srs)
}

func (j *job) toldReference(ctx context.Context) (*reference, error) {
	s, code, ok, err := crs.Named(j.req.CRS)
	if err != nil {
		return nil, err
	}
	how := Finding{Value: s.String(), How: Told, Why: *sayf("told with --crs", "由 --crs 指定")}
	if ok {
		return &reference{Finding: how, system: &s}, nil
	}
	name := "EPSG:" + strconv.Itoa(int(code))
	how.Value = name
	var out bytes.Buffer
	if err = j.child.Run(ctx, nil, gdal.Limit(&out, gdal.MaxProbe), "gdalsrsinfo", "--single-line", "-o", "wkt2_2018", name); err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "%s is not known to PROJ", name)
	}
	d, err := crs.Describe(strings.TrimSpace(out.String()))
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "%s cannot be understood", name)
	}
	how.Value = name + " " + d.Name
	return j.ofDescription(d, how, name)
}

// ofDescription takes what is CGCS2000 or near it, and refuses another datum until the way there is named.
func (j *job) ofDescription(d crs.Description, how Finding, proj string) (*reference, error) {
	r := &reference{Finding: how, proj: proj}
	if s, ok := d.System(); ok {
		r.system = &s
	}
	switch {
	case d.Frame == crs.Near:
		j.report.note(sayf("%s agrees with CGCS2000 within about two metres; no shift is applied", "%s 与 CGCS2000 相差约两米以内,未作平移", d.Datum))
	case d.Frame == crs.Unnamed && how.How != Told:
		return nil, geo.Errorf(geo.CodeRefused, "the file's reference system %q does not say which datum it is of: name it with --crs, for example --crs EPSG:4490", d.Name)
	case d.Frame != crs.Same && j.req.Transform == "":
		return nil, geo.Errorf(geo.CodeRefused, "%s is of another datum (%s) than CGCS2000: the two differ by up to 100 m and no single shift holds everywhere; name the transformation with --transform, or \"null\" to take it unshifted", d.Name, d.Datum)
	case d.Frame != crs.Same:
		return r, j.transform(r, d)
	}
	return r, nil
}

// transform notes the named way from another datum. What could name a file or an address is not taken.
func (j *job) transform(r *reference, d crs.Description) error {
	name := j.req.Transform
	_, coded := strings.CutPrefix(name, "EPSG:")
	switch {
	case name == "null":
		j.report.note(sayf("no datum shift is applied to %s: positions may be wrong by up to 100 m", "%s 未作基准转换,位置误差可达 100 米", d.Name))
	case coded && strings.Trim(name[5:], "0123456789") == "" && len(name) > 5:
		r.through = "urn:ogc:def:coordinateOperation:EPSG::" + name[5:]
	case strings.HasPrefix(name, "+proj=pipeline ") && !strings.ContainsAny(name, "/\\@\n") && !strings.Contains(name, "grids") && !strings.Contains(name, "+init"):
		r.through = name
	default:
		return geo.InvalidField("transform", "write null, EPSG:NUMBER of a coordinate operation, or a PROJ pipeline without grids that begins with +proj=pipeline")
	}
	j.report.note(sayf("the transformation %q was named", "已指定转换 %q", name))
	r.system = nil
	return nil
}

// guessReference votes: each row's first position is read by its size. The reading that most rows share is the guess; the
// others are refused by what they are later found to be.
func (j *job) guessReference() (*reference, error) {
	votes := map[crs.Reading]int{}
	rows := 0
	for _, r := range j.table.rows {
		if r.shape == nil || r.fault != nil {
			continue
		}
		rows++
		for _, reading := range crs.Readings(r.shape.flat[0], r.shape.flat[1], j.extent) {
			votes[reading]++
		}
	}
	if rows == 0 {
		return &reference{Finding: Finding{Value: "-", How: Found, Why: *sayf("there is no geometry", "没有几何")}}, nil
	}
	most := 0
	for _, n := range votes {
		most = max(most, n)
	}
	var systems []crs.System
	var winner crs.Reading
	for reading, n := range votes {
		if n == most && 2*n > rows {
			winner = reading
			systems = append(systems, reading.Candidates()...)
		}
	}
	const remedy = "name the system with --crs"
	switch {
	case len(systems) == 0:
		first := j.firstPosition()
		return nil, geo.Errorf(geo.CodeRefused, "the file names no reference system and its coordinates (row %d: %s) fit none within the extent: %s", first.n, position(first), remedy)
	case len(systems) > 1:
		first := j.firstPosition()
		return nil, geo.Errorf(geo.CodeRefused, "the file names no reference system; by their size its coordinates (row %d: %s) may be of %s: %s", first.n, position(first), candidates(j.nearby(systems)), remedy)
	}
	var why *Sentence
	switch winner.Shape {
	default:
		why = sayf("the file does not say; the coordinates have the size of degrees", "文件未声明;坐标大小与度相符")
	case crs.Numbered:
		why = sayf("the file does not say; the eastings begin with the zone number %d", "文件未声明;横坐标带有带号 %d", winner.Zone)
	case crs.Web:
		why = sayf("the file does not say; the coordinates have the size of Web Mercator", "文件未声明;坐标大小与 Web 墨卡托相符")
	}
	return &reference{Finding: Finding{Value: systems[0].String(), How: Guessed, Why: *why}, system: &systems[0], swapped: winner.Swapped}, nil
}

// placed is a [Store] that knows where its one thing lies.
type placed interface{ Longitude() float64 }

// nearby leaves of the systems the zones that a place is in or beside, where it is known.
func (j *job) nearby(systems []crs.System) []crs.System {
	at, ok := j.store.(placed)
	if !ok {
		return systems
	}
	return slices.DeleteFunc(slices.Clone(systems), func(s crs.System) bool {
		return s.Kind == crs.GaussKruger && math.Abs(s.CentralMeridian-at.Longitude()) > nearbyZone
	})
}

// nearbyZone is how many degrees the meridian of a zone lies from a place at most: the zones of 3 degrees beside its own, and its own of 6.
const nearbyZone = 4.5

func candidates(systems []crs.System) string {
	slices.SortFunc(systems, func(a, b crs.System) int { return int(a.EPSG) - int(b.EPSG) })
	names := make([]string, len(systems))
	for i, s := range systems {
		names[i] = s.String()
		if s.Kind == crs.GaussKruger {
			names[i] += fmt.Sprintf(" (%gE)", s.CentralMeridian)
		}
	}
	return strings.Join(names, ", ")
}

func (j *job) firstPosition() row {
	for _, r := range j.table.rows {
		if r.shape != nil && r.fault == nil {
			return r
		}
	}
	return row{}
}

func position(r row) string {
	if r.shape == nil {
		return "none"
	}
	return strconv.FormatFloat(r.shape.flat[0], 'f', -1, 64) + ", " + strconv.FormatFloat(r.shape.flat[1], 'f', -1, 64)
}

// checkAxes finds a system that was told or found contradicted by the size of the coordinates: a zone number where there is
// none, and pairs that stand the other way round throughout.
func (j *job) checkAxes(r *reference) error {
	if r.system == nil || r.swapped {
		return nil
	}
	normal, swapped, first := 0, 0, row{}
	for _, at := range j.table.rows {
		if at.shape == nil || at.fault != nil {
			continue
		}
		x, y := at.shape.flat[0], at.shape.flat[1]
		switch {
		case j.inside(r.system, x, y):
			normal++
		case j.inside(r.system, y, x):
			swapped++
		default:
			if s, ok := r.system.Carried(max(x, y)); ok && max(x, y) > 1e6 && s.Kind == crs.GaussKruger {
				if lon, lat := s.ToLonLat(x, y); j.extent.Contains(lon, lat) {
					return geo.Errorf(geo.CodeRefused, "row %d: the easting %.0f does not fit %s; it is that of %s: name it with --crs", at.n, x, r.system, s)
				}
			}
		}
		if plain, ok := unnumbered(*r.system); ok && normal+swapped == 0 && (j.inside(&plain, x, y) || j.inside(&plain, y, x)) {
			return geo.Errorf(geo.CodeRefused, "row %d: the easting does not begin with the zone's number, as those of %s do; those of %s have none: name it with --crs", at.n, r.system, plain)
		}
		if swapped == 1 && normal == 0 && first.n == 0 {
			first = at
		}
	}
	if swapped > 0 && normal > 0 && r.system.Kind == crs.GaussKruger {
		j.eachShape(func(at *row) {
			if x, y := at.shape.flat[0], at.shape.flat[1]; !j.inside(r.system, x, y) && j.inside(r.system, y, x) {
				at.fault = sayf("the axes look swapped in this row only: %s, %s", "仅此行坐标轴似乎颠倒:%s, %s", num(x), num(y))
			}
		})
	}
	if swapped > 0 && normal == 0 {
		r.swapped = true
		j.report.Guesses = append(j.report.Guesses, *sayf("the axes are swapped in all %d rows (row %d: %s): the first number is taken as northing or latitude", "全部 %d 行的坐标轴颠倒(第 %d 行:%s),第一个数按纬度或北坐标处理", swapped, first.n, position(first)))
	}
	return nil
}

// unnumbered gives the zone of a zone's meridian whose eastings do not begin with its number; false where they do not anyway.
func unnumbered(s crs.System) (crs.System, bool) {
	const plain6, plain3 = 11, 21 // from the numbered codes of the zones of 6 and of 3 degrees to those without
	for _, further := range []geo.SRID{plain6, plain3} {
		if p, ok := crs.ByEPSG(s.EPSG + further); ok && s.FalseEasting > 1e6 && p.FalseEasting < 1e6 && p.CentralMeridian == s.CentralMeridian {
			return p, true
		}
	}
	return crs.System{}, false
}

// inside tells whether a pair lies in the extent and, in a zone's plane, where a zone's eastings are.
func (j *job) inside(s *crs.System, x, y float64) bool {
	if s.Kind == crs.GaussKruger && math.Abs(x-s.FalseEasting) > 1_000_000 {
		return false
	}
	lon, lat := s.ToLonLat(x, y)
	return j.extent.Contains(lon, lat)
}

// locate brings every row to EPSG:4490, and marks those that do not lie where the store's geometry has to.
func (j *job) locate(ctx context.Context, r *reference) error {
	if r.swapped {
		j.eachShape(func(at *row) { at.shape.each(func(p []float64) { p[0], p[1] = p[1], p[0] }) })
	}
	j.markSlips()
	switch {
	case r.system != nil:
		j.eachShape(func(at *row) { at.shape.each(func(p []float64) { p[0], p[1] = r.system.ToLonLat(p[0], p[1]) }) })
	case r.proj != "":
		if err := j.projected(ctx, r); err != nil {
			return err
		}
	}
	j.eachShape(func(at *row) { j.markOutside(at, r) })
	return nil
}

// eachShape calls f for each row with a geometry and without a fault.
func (j *job) eachShape(f func(at *row)) {
	for i := range j.table.rows {
		if at := &j.table.rows[i]; at.shape != nil && at.fault == nil {
			f(at)
		}
	}
}

func (j *job) markOutside(at *row, r *reference) {
	at.shape.each(func(p []float64) {
		if at.fault != nil || j.extent.Contains(p[0], p[1]) {
			return
		}
		if r.system != nil && r.system.Kind == crs.Geographic && j.extent.Contains(p[1], p[0]) {
			at.fault = sayf("the axes look swapped in this row only: %.6f, %.6f", "仅此行坐标轴似乎颠倒:%.6f, %.6f", p[0], p[1])
			return
		}
		at.fault = sayf("it lies at %.6f, %.6f, outside of this installation's extent", "位置 %.6f, %.6f 超出本系统范围", p[0], p[1])
	})
}

// projected has PROJ convert all positions in the child: a list of pairs in, a list of pairs out.
func (j *job) projected(ctx context.Context, r *reference) error {
	var in bytes.Buffer
	n := 0
	j.eachShape(func(at *row) {
		at.shape.each(func(p []float64) {
			in.WriteString(strconv.FormatFloat(p[0], 'f', -1, 64) + " " + strconv.FormatFloat(p[1], 'f', -1, 64) + "\n")
			n++
		})
	})
	args := []string{"-s_srs", r.proj, "-t_srs", "EPSG:4490", "-output_xy"}
	if r.through != "" {
		args = append(args, "-ct", r.through)
	}
	var out bytes.Buffer
	if err := j.child.Run(ctx, &in, gdal.Limit(&out, 64*(n+1)), "gdaltransform", args...); err != nil {
		return fmt.Errorf("convert to EPSG:4490: %w", err)
	}
	words := strings.Fields(out.String())
	if len(words) != 2*n {
		return geo.Errorf(geo.CodeRefused, "PROJ converted %d of %d positions", len(words)/2, n)
	}
	at := 0
	j.eachShape(func(row *row) {
		row.shape.each(func(p []float64) {
			for k := range 2 {
				v, err := strconv.ParseFloat(words[at+k], 64)
				if err != nil {
					v = math.NaN()
				}
				p[k] = v
			}
			at += 2
		})
	})
	return nil
}
