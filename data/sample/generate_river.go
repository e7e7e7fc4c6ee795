package sample

import (
	"context"
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// genRiver is one river while its rows are made.
type genRiver struct {
	n        int
	key      pg.Key
	route    pg.Key
	name     string
	cells    []int32
	line     genLine
	measured *geom.LineString
	links    int // so far
}

// measure gives the measure of a vertex of the river's line.
func (r *genRiver) measure(vertex int) float64 { return r.measured.FlatCoords()[3*vertex+2] }

// river gives all rows of one river: itself, its line, what stands on it, and its reaches from the source down.
func (g *generator) river(ctx context.Context, n int, head int32) error {
	t := g.tree
	r := &genRiver{n: n, cells: t.stem(head), route: g.key("route", n)}
	r.line = t.draw(r.cells)
	last := len(r.line.flat)/2 - 1
	r.measured = lref.Measured(r.line.part(0, last), "mouth")
	row := g.riverRow(r, head)
	order := int(t.order[head])
	route := pg.Route{
		Record: g.record(r.route), River: r.key, MeasureOrigin: "mouth", FlowDir: "with",
		LengthM: r.measure(0), StreamOrder: &order, Geom: r.measured,
	}
	if err := g.add(ctx, row, route); err != nil {
		return err
	}
	if err := g.add(ctx, g.riverChiefs(r, row.ManagingLevels)...); err != nil {
		return err
	}
	from := 0
	for i := range r.cells {
		if i > 0 && t.splits(r.cells[i]) {
			if err := g.link(ctx, r, from, i); err != nil {
				return err
			}
			from = i
		}
		if node, ok := g.node(r, i); ok {
			if err := g.add(ctx, node); err != nil {
				return err
			}
		}
	}
	if err := g.add(ctx, g.section(r, order)...); err != nil {
		return err
	}
	return g.add(ctx, g.boundariesOf(r)...)
}

func (g *generator) riverRow(r *genRiver, head int32) pg.River {
	order := int(g.tree.order[head])
	code := g.code(fmt.Sprintf("R%08d", r.n+1))
	r.key, r.name = pg.CodeKey(genScheme, code), fmt.Sprintf("示例河%d", r.n+1)
	km := r.measure(0) / 1000
	perennial := order > 1
	row := pg.River{
		Record: g.record(r.key), CodeScheme: genScheme, Code: code, Name: r.name, RiverKind: "river",
		LengthKm: &km, Perennial: &perennial, StreamOrder: &order, ManagingLevels: genLevels(order),
	}
	if order == 1 {
		r.name = fmt.Sprintf("示例沟%d", r.n+1)
		row.Name, row.RiverKind = r.name, "gully"
	}
	if p := g.tree.down[head]; g.tree.down[p] != genOutlet {
		row.FlowsInto = pg.CodeKey(genScheme, g.code(fmt.Sprintf("R%08d", g.stemOf[p]+1)))
	}
	return row
}

// genLevels gives the levels that manage a river of an order, the highest first: every river is some town's.
func genLevels(order int) []int16 {
	switch {
	case order >= 7:
		return []int16{1, 2, 3, 4}
	case order >= 5:
		return []int16{2, 3, 4}
	case order >= 3:
		return []int16{3, 4}
	default:
		return []int16{4}
	}
}

// node gives the node at a cell of the river. A confluence comes with the river that goes on through it, the sea with the
// largest river of the outlet.
func (g *generator) node(r *genRiver, i int) (pg.Node, bool) {
	t, cell := g.tree, r.cells[i]
	kind := "junction"
	switch {
	case i == 0:
		kind = "source"
	case t.down[cell] == genOutlet && t.main[cell] == r.cells[i-1]:
		kind = "outlet"
	case i == len(r.cells)-1 || !t.splits(cell):
		return pg.Node{}, false
	}
	v := r.line.vertex[i]
	p := geom.NewPointFlat(geom.XY, []float64{r.line.flat[2*v], r.line.flat[2*v+1]})
	return pg.Node{Record: g.record(g.key("node", int(cell))), Kind: kind, Geom: p}, true
}

// link gives a link of the river, from one of its cells to another: an edge and a reach, and perhaps a side channel.
func (g *generator) link(ctx context.Context, r *genRiver, from, to int) error {
	first, last := r.line.vertex[from], r.line.vertex[to]
	side := g.tree.order[r.cells[to-1]] > 1 && g.side.next()
	e := pg.Edge{
		Route: r.route, FromM: r.measure(last), ToM: r.measure(first),
		From: g.key("node", int(r.cells[from])), To: g.key("node", int(r.cells[to])), Main: true, Divergence: side,
	}
	town := r.cells[(from+to)/2]
	if err := g.reach(ctx, r, e, r.line.part(first, last), town); err != nil || !side {
		return err
	}
	line := r.line.sideChannel(first, last, genCell/14)
	measured := lref.Measured(line, "mouth")
	order := int(g.tree.order[r.cells[to-1]])
	route := pg.Route{
		Record: g.record(g.key("side", g.reaches)), River: r.key, MeasureOrigin: "mouth", FlowDir: "with",
		LengthM: measured.FlatCoords()[2], StreamOrder: &order, Geom: measured,
	}
	if err := g.add(ctx, route); err != nil {
		return err
	}
	e.Route, e.FromM, e.ToM, e.Main = route.Key, 0, route.LengthM, false
	return g.reach(ctx, r, e, line, town)
}

// reach gives the reach that an edge is, whose town it lies in, its chief and its board.
func (g *generator) reach(ctx context.Context, r *genRiver, e pg.Edge, line *geom.LineString, cell int32) error {
	n := g.reaches
	g.reaches++
	r.links++
	e.Record = g.record(g.key("edge", n))
	x, y := g.land.townAt(cell)
	town := &g.land.town[g.land.townNumber(cell)]
	county, inCounty := g.land.code(x, y, genCounty)[:6], y%genCounty*genCounty+x%genCounty
	code := g.code(fmt.Sprintf("%s%02d%04d", county, inCounty, town.reaches))
	reach := pg.Reach{
		Record: g.record(pg.CodeKey(genScheme, code)), CodeScheme: genScheme, Code: code, Name: fmt.Sprintf("%s第%d段", r.name, r.links),
		River: r.key, Route: e.Route, FromM: e.FromM, ToM: e.ToM, BankScope: geo.Both, Level: geo.Town,
		Division: g.divisionKey(x, y, 1), Geom: line,
	}
	rows := append(g.townChief(n, g.land.townNumber(cell), reach), e, reach)
	if g.board.next() {
		rows = append(rows, g.boardOf(reach, r.name))
	}
	town.reaches++
	return g.add(ctx, rows...)
}

// stretches gives the parts of a river with so many vertices that may have boundaries: from vertex, to vertex.
func (g *generator) stretches(river, vertices int) [][2]int {
	if vertices < 110 {
		return nil
	}
	r := genRand(g.spec.Seed, river+1<<40)
	var out [][2]int
	for at := 0; ; {
		n := 110 + r.IntN(84)
		if at+n >= vertices {
			return out
		}
		out = append(out, [2]int{at, at + n - 1})
		at += n
	}
}

// boundariesOf gives a river's boundaries: one for each bank along stretches of it.
func (g *generator) boundariesOf(r *genRiver) []pg.Row {
	var rows []pg.Row
	for _, s := range g.stretches(r.n, len(r.line.flat)/2) {
		if !g.bound.next() {
			continue
		}
		h := genHash(g.spec.Seed+2, g.boundaries)
		width := 20 + float64(h%40)
		status, doc := "announced", g.key("doc", 0)
		if h>>32%10 == 0 {
			status, doc = "draft", ""
		}
		fromM, toM, lead := r.measure(s[1]), r.measure(s[0]), int(geo.County)
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			rows = append(rows, pg.Boundary{
				Record: g.record(g.key("boundary", g.boundaries)), River: r.key, Route: r.route, Bank: bank, BasisKind: "natural_bank",
				WidthM: &width, FromM: &fromM, ToM: &toM, Status: status, LegalDoc: doc, LeadLevel: &lead,
				Geom: geom.NewLineStringFlat(geom.XY, r.line.offset(s[0], s[1], bank, width)),
			})
			g.boundaries++
		}
	}
	return rows
}

// section gives a larger river the 水质断面 where it takes its last tributary.
func (g *generator) section(r *genRiver, order int) []pg.Row {
	if order < 4 {
		return nil
	}
	at := len(r.cells) - 2
	for at > 0 && !g.tree.splits(r.cells[at]) {
		at--
	}
	v := r.line.vertex[at]
	m, class := r.measure(v), 3
	x, y := g.land.townAt(r.cells[at])
	return []pg.Row{pg.Section{
		Record: g.record(g.key("section", r.n)), Name: r.name + "断面", Kind: "county", River: r.key, Route: r.route, MeasureM: &m, TargetClass: &class,
		Division: g.divisionKey(x/genCounty*genCounty, y/genCounty*genCounty, genCounty),
		Geom:     geom.NewPointFlat(geom.XY, []float64{r.line.flat[2*v], r.line.flat[2*v+1]}),
	}}
}
