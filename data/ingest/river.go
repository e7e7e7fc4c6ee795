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
	"hetu/geo/network"
)

// riverTarget takes lines as rivers: the lines of one name are one River of several Routes, and all lines of the file make
// one connected network, those without a name too.
func riverTarget() target {
	return target{
		name: "river", chinese: "河流", dims: "line", build: buildRivers,
		fields: []field{
			{name: "name", headings: nameHeadings("河流名称", "河道名称", "河名", "水系名称", "河流")},
			{name: "name_en", headings: englishHeadings()},
			{name: "code", headings: []string{"河流代码", "河流编码", "河道代码", "水系代码", "代码", "编码", "river_code", "code"}},
			schemeField(),
			{name: "division", headings: divisionRefHeadings()},
			{name: "aliases", headings: []string{"别名", "曾用名", "alias", "aliases", "alt_name", "name_alt"}},
			{name: "river_kind", headings: []string{"河流类型", "类型", "类别", "waterway", "river_kind", "category"}},
			{name: "basin_area_km2", headings: []string{"流域面积", "流域面积(km2)", "流域面积(km²)", "流域面积(平方公里)", "集水面积", "basin_area_km2"}},
			{name: "length_km", headings: []string{"河长", "河流长度(km)", "河长(km)", "河长(公里)", "length_km"}},
			{name: "source_place", headings: []string{"发源地", "河源", "source_place"}},
			{name: "mouth_place", headings: []string{"河口", "河口位置", "mouth_place"}},
		},
	}
}

// rivers collects what rows say of each river.
type rivers struct {
	j         *job
	byKey     map[pg.Key]*pg.River
	order     []pg.Key
	lines     []network.Line
	rowOf     []row // of each line
	divisions map[string]pg.Key
	stonesOf  map[string][]kmPoint // by the word that names their river
	stored    map[pg.Key]pg.River  // those that have a name of rows with a code
	differs   int                  // rows that say otherwise of a river than the first row of its name
	unknown   map[string]bool
}

func buildRivers(ctx context.Context, j *job) error {
	r := &rivers{j: j, byKey: map[pg.Key]*pg.River{}, unknown: map[string]bool{}}
	var err error
	if r.divisions, err = j.divisionKeys(ctx, "division"); err != nil {
		return err
	}
	if r.stonesOf, err = j.kmPoints(ctx); err != nil {
		return err
	}
	if r.stored, err = j.namesakes(ctx); err != nil {
		return err
	}
	j.report.Network = &NetworkReport{}
	j.usable(r.row)
	for kind := range r.unknown {
		j.report.note(sayf("the kind %q is not known; such rivers are taken as river", "类型 %q 未知,按河流处理", kind))
	}
	if r.differs > 0 {
		j.report.note(sayf("%d rows say otherwise of their river than its first row does; the first row counts", "%d 行的属性与同名河流的首行不一致,以首行为准", r.differs))
	}
	if len(r.lines) == 0 {
		return nil
	}
	return r.connect(ctx)
}

// namesakes looks up the stored rivers that have a name of a row with a code.
func (j *job) namesakes(ctx context.Context) (map[pg.Key]pg.River, error) {
	finder, ok := j.store.(Finder)
	if !ok || len(j.words("code")) == 0 {
		return nil, nil //nolint:nilnil // there are none to look among
	}
	found, err := finder.FindRivers(ctx, j.words("name"), j.req.ValidFrom)
	if err != nil {
		return nil, fmt.Errorf("look rivers up: %w", err)
	}
	out := map[pg.Key]pg.River{}
	for _, r := range found {
		out[r.Key] = r
	}
	return out, nil
}

// codedKey is the key of a river with a code: the code's, but where the same source brought the river in before it had a code. That one is given it and
// stays what it is, with its routes and all that refers to it.
func (r *rivers) codedKey(river *pg.River) pg.Key {
	byCode, byName := pg.CodeKey(river.CodeScheme, river.Code), r.namedKey(river)
	if _, known := r.stored[byCode]; known {
		return byCode
	}
	if was, known := r.stored[byName]; known && (was.Code == "" || was.Code == river.Code) {
		return byName
	}
	return byCode
}

func (r *rivers) namedKey(river *pg.River) pg.Key {
	return pg.KeyOf("name", r.j.req.Source, river.Name) + ":" + river.Division
}

// row takes a row's lines, and what it says of its river. A row of OSM lines that is no waterway is left out.
func (r *rivers) row(at row) (reason, remedy *Sentence) {
	j := r.j
	if j.source.driver == "OSM" && j.cols.has("river_kind") && j.cols.get(at, "river_kind") == "" {
		j.report.LeftOut++
		return nil, nil
	}
	river, reason := r.describe(at)
	if reason != nil {
		return reason, nil
	}
	group := ""
	if river.Key != "" {
		r.add(river)
		group = string(river.Key)
	} else {
		j.report.Network.Nameless++
	}
	for _, flat := range at.shape.lines() {
		if reason := j.checkM(at.shape.layout, flat); reason != nil {
			return reason, nil
		}
		r.lines = append(r.lines, network.Line{Index: len(r.lines), Group: group, Kind: network.LineKind(river.RiverKind), Geom: geom.NewLineStringFlat(at.shape.layout, flat)})
		r.rowOf = append(r.rowOf, at)
	}
	return nil, nil
}

func (r *rivers) describe(at row) (*pg.River, *Sentence) {
	j := r.j
	get := func(name string) string { return j.cols.get(at, name) }
	river := &pg.River{
		Name: get("name"), NameEn: get("name_en"), Code: get("code"), SourcePlace: get("source_place"), MouthPlace: get("mouth_place"),
		Aliases: splitList(get("aliases")),
	}
	river.CodeScheme = j.scheme(at, river.Code, "")
	river.RiverKind = r.kind(get("river_kind"))
	if word := get("division"); word != "" {
		key, ok := r.divisions[word]
		if !ok {
			return nil, sayf("the division %q is not stored", "行政区划 %q 不在库中", word)
		}
		river.Division = key
	}
	for name, into := range map[string]**float64{"basin_area_km2": &river.BasinAreaKm2, "length_km": &river.LengthKm} {
		v, ok := j.number(at, name)
		if !ok || v != nil && *v < 0 {
			return nil, sayf("%s is %q", "%s 的值为 %q", name, get(name))
		}
		if v != nil && *v > 0 {
			*into = v
		}
	}
	var key pg.Key
	switch {
	case river.Code != "":
		key = r.codedKey(river)
		if river.Name == "" {
			return nil, sayf("the river %s has no name", "河流 %s 没有名称", river.Code)
		}
	case river.Name != "":
		key = r.namedKey(river)
	}
	river.Record = j.record(key)
	return river, longKey(key)
}

// kind reads the kind of a river; what is not known is a river, and said so once.
func (r *rivers) kind(text string) string {
	switch strings.ToLower(text) {
	case "", "river", "河", "河流", "stream", "江", "溪", "riverbank", "brook":
		return "river"
	case "gully", "沟", "冲沟", "wadi":
		return "gully"
	case "canal", "diversion", "aqueduct", "渠", "渠道", "运河", "干渠", "人工渠":
		return "canal"
	case "ditch", "drain", "排水沟", "水沟":
		return "ditch"
	}
	if len(r.unknown) < 20 {
		r.unknown[clip(text)] = true
	}
	return "river"
}

func splitList(text string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";,;、,|", c) }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// add keeps the first row of a river and fills what it left empty from later ones.
func (r *rivers) add(river *pg.River) {
	have, ok := r.byKey[river.Key]
	if !ok {
		r.byKey[river.Key] = river
		r.order = append(r.order, river.Key)
		return
	}
	differs := false
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		} else if from != "" && from != *to {
			differs = true
		}
	}
	fill(&have.NameEn, river.NameEn)
	fill(&have.SourcePlace, river.SourcePlace)
	fill(&have.MouthPlace, river.MouthPlace)
	fill(&have.RiverKind, river.RiverKind)
	if have.BasinAreaKm2 == nil {
		have.BasinAreaKm2 = river.BasinAreaKm2
	}
	if have.LengthKm == nil {
		have.LengthKm = river.LengthKm
	}
	if have.Aliases == nil {
		have.Aliases = river.Aliases
	}
	if differs {
		r.differs++
	}
}

// checkM holds the measures of a line that is to be used as calibrated against what a measure is.
func (j *job) checkM(layout geom.Layout, flat []float64) *Sentence {
	if !j.req.UseM {
		return nil
	}
	m, stride := layout.MIndex(), layout.Stride()
	if m < 0 {
		return sayf("--use-m is told, and the line has no M", "指定了 --use-m,但该线没有 M 值")
	}
	up, down := true, true
	for i := 0; i < len(flat); i += stride {
		v := flat[i+m]
		if math.IsNaN(v) || math.Abs(v) > 1e9 {
			return sayf("vertex %d has no measure", "第 %d 个顶点没有 M 值", i/stride+1)
		}
		if i > 0 {
			up, down = up && v > flat[i-stride+m], down && v < flat[i-stride+m]
		}
	}
	if !up && !down {
		return sayf("M neither rises nor falls all along the line", "M 值沿线既不单调递增也不单调递减")
	}
	return nil
}

// connect makes the network of all lines and its rows.
func (r *rivers) connect(ctx context.Context) error {
	req := r.j.req
	net, found := network.Build(r.lines, network.Options{
		SnapM: req.SnapM, Against: req.Against, Crossings: req.Crossings, Direction: req.Direction, Outlets: req.Outlets,
	})
	routes := net.Routes()
	r.reportNetwork(net, &found, len(routes))
	orders := map[string]int{}
	for _, e := range net.Edges {
		orders[e.Group] = max(orders[e.Group], e.Order)
	}
	for _, key := range r.order {
		river, order := r.byKey[key], orders[string(key)]
		if order == 0 {
			continue // all its lines were without length or lay on others, which is reported
		}
		if order <= 20 {
			river.StreamOrder = &order
		}
		r.j.out = append(r.j.out, *river)
	}
	nodes := r.nodes(net)
	seen := once{}
	stones, err := r.stones(ctx, routes)
	if err != nil {
		return err
	}
	for i, route := range routes {
		if err := r.route(net, route, stones[i], nodes, seen); err != nil {
			return err
		}
	}
	return nil
}

func (r *rivers) nodes(net *network.Network) []pg.Key {
	keys := make([]pg.Key, len(net.Nodes))
	for i, n := range net.Nodes {
		p := []float64{n.Lon, n.Lat}
		keys[i] = geomKey(p, 2)
		r.j.out = append(r.j.out, pg.Node{Record: r.j.record(keys[i]), Kind: string(n.Kind), Geom: geom.NewPointFlat(geom.XY, p)})
	}
	return keys
}

func (r *rivers) route(net *network.Network, route network.Route, stones []kmPoint, nodes []pg.Key, seen once) error {
	flat := flatXY(route.Geom.FlatCoords(), route.Geom.Stride())
	key := r.j.drawnKey(flat, 2)
	if seen.seen(key, r.rowOf[route.Line]) != nil {
		return nil // two rings cut alike; the network reports what lies on each other
	}
	out := pg.Route{Record: r.j.record(key), River: pg.Key(route.Group), MeasureOrigin: "mouth", FlowDir: "with"}
	if route.Against {
		out.FlowDir = "against"
	}
	measured := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	out.LengthM = math.Max(measured.FlatCoords()[2], measured.FlatCoords()[len(measured.FlatCoords())-1])
	if r.j.req.UseM && route.Geom.Layout().MIndex() >= 0 {
		out.MeasureOrigin, out.Calibrated = "custom", true
		m, stride := route.Geom.Layout().MIndex(), route.Geom.Stride()
		for i := range measured.NumCoords() {
			measured.FlatCoords()[3*i+2] = route.Geom.FlatCoords()[i*stride+m]
		}
		if !monotonic(measured) {
			return geo.Errorf(geo.CodeRefused, "row %d: its M and that of the lines of its name that it joins neither rises nor falls all the way: import without --use-m, or name the lines apart",
				r.rowOf[route.Line].n)
		}
	}
	out.Geom = measured
	var at []int
	if len(stones) > 0 {
		var err error
		if out.Geom, at, err = calibrated(measured, stones); err != nil {
			return err
		}
		out.MeasureOrigin, out.Calibrated, out.CalibPoints = "custom", true, calibPoints(stones)
	}
	order := 0
	for _, m := range route.Members {
		order = max(order, net.Edges[m.Edge].Order)
	}
	if order <= 20 {
		out.StreamOrder = &order
	}
	r.j.out = append(r.j.out, out)
	r.edges(net, route, measured, func(vertex int) float64 {
		if at != nil {
			vertex = at[vertex]
		}
		return out.Geom.FlatCoords()[3*vertex+2]
	}, key, nodes)
	return nil
}

// monotonic tells whether M rises from each vertex to the next, or falls from each.
func monotonic(line *geom.LineString) bool {
	flat := line.FlatCoords()
	sign := flat[len(flat)-1] - flat[2]
	for i := 5; i < len(flat); i += 3 {
		if (flat[i]-flat[i-3])*sign <= 0 {
			return false
		}
	}
	return true
}

// edges adds the pieces of a route, which are named as they were drawn and lie at the measures of its vertices.
func (r *rivers) edges(net *network.Network, route network.Route, drawn *geom.LineString, measureOf func(vertex int) float64, key pg.Key, nodes []pg.Key) {
	for _, m := range route.Members {
		e := net.Edges[m.Edge]
		a, b := measureOf(m.First), measureOf(m.Last)
		if a == b {
			continue // a piece too short for the measure to tell
		}
		first := drawn.FlatCoords()[3*m.First : 3*(m.Last+1)]
		r.j.out = append(r.j.out, pg.Edge{
			Record: r.j.record(r.j.drawnKey(first, 3)), Route: key, FromM: math.Min(a, b), ToM: math.Max(a, b),
			From: nodes[e.From], To: nodes[e.To], Main: e.Main, Divergence: e.Divergence,
		})
	}
}

func (r *rivers) reportNetwork(net *network.Network, found *network.Report, routes int) {
	n := r.j.report.Network
	n.Lines, n.Edges, n.Nodes, n.Routes = found.Lines, len(net.Edges), len(net.Nodes), routes
	n.Components, n.ComponentsAtEnds = len(found.Components), found.ComponentsAtEnds
	if len(found.Components) > 0 {
		n.LargestShare = found.Components[0].Share
	}
	n.InnerNodes, n.FlowThrough = found.Flow.Inner, found.Flow.Through
	n.Snapped, n.LargestShiftM = found.SnappedEnds+found.SnappedOnto, found.LargestShiftM
	n.Dangling, n.Duplicates, n.Cycles = len(found.Dangling), len(found.Duplicates), found.Cycles
	r.reportDoubts(found)
	if found.Flow.Reversed() {
		r.j.report.note(sayf("the flow looks turned round throughout; if it is, say --against, or name the mouth with --outlet LON,LAT", "流向似乎整体相反;若确实如此,请用 --against,或用 --outlet 经度,纬度 指定河口"))
	}
	for _, l := range found.ZeroLines {
		r.j.report.note(sayf("row %d is a line without length and was dropped", "第 %d 行的线没有长度,已略去", r.rowOf[l].n))
	}
	if n.Nameless > 0 {
		r.j.report.note(sayf("%d rows have no name: they become edges of no river", "%d 行没有名称,作为不属于任何河流的河段边导入", n.Nameless))
	}
}
