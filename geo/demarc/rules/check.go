package rules

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/boxes"
	"hetu/geo/demarc"
)

// Rule is a quality rule 质检规则.
type Rule struct {
	ID       string
	Severity demarc.Severity
	Zh, En   string
	check    func(c *checker)
}

// Rules gives all, G1 to G21.
func Rules() []Rule {
	b, w := demarc.Blocker, demarc.Warning
	return []Rule{
		{"G1", b, "图形有效、简单，无自相交、尖刺、重复点、悬挂点和伪节点", "valid and simple: no self-crossing, spike, repeated vertex, dangle or pseudo-node", g1},
		{"G2", b, "面闭合、方向正确，无碎面，无未声明的洞", "polygons closed and wound right, no sliver, no hole that is not declared", g2},
		{"G3", b, "坐标系已声明，坐标在辖区和全国范围内", "reference system declared, coordinates in the division and the country", g3},
		{"G4", b, "左右岸线各一条，全程位于本侧", "one line a bank, each on its own side of the centre line", g4},
		{"G5", b, "左右岸线均顺水流方向", "both lines run downstream", g5},
		{"G6", b, "管理范围线不越过岸坎线和水边线", "the line never goes over the bank top or the water's edge", g6},
		{"G7", b, "有堤段包住堤防及护堤地", "the line holds the levee and its guard land", g7},
		{"G8", b, "面由线围成，分面之和等于整面", "the area is what the lines enclose, and its parts are the whole", g8},
		{"G9", b, "相邻镇、县之间无缝无叠，边线相接", "neither gap nor overlap between neighbours; edges match", g9},
		{"G10", b, "分段沿里程无缝无叠", "the pieces tile the measures", g10},
		{"G11", w, "除声明的汇口外不与其他河流的管理范围重叠", "no overlap with another river's area but at declared confluences", g11},
		{"G12", w, "宽度在规则集范围内，突变有说明", "widths in the range of the profile, jumps explained", g12},
		{"G13", w, "不缩到候选线以内，或有说明", "nowhere inside the candidate, or explained", g13},
		{"G14", b, "界桩在线上，按里程编号，桩距不超限，成果表与图形一致", "stakes on their line, numbered by measure, near enough, and as the table tells", g14},
		{"G15", b, "界桩的岸别和里程与位置一致", "bank and measure of every stake are those of where it stands", g15},
		{"G16", b, "名称和编码不空、已知、不重复", "names and codes filled in, known and unique", g16},
		{"G17", b, "岸线功能区铺满两岸，各接两线一段，四类，自上游编号", "zones tile the banks, touch both lines in one part, of four types, numbered from upstream", g17},
		{"G18", b, "字段、代码、日期齐全，公告前有法定文件", "fields, codes and dates in order; a legal document before announcing", g18},
		{"G19", w, "文字中的长度与图上一致", "lengths in texts are those of the lines", g19},
		{"G20", w, "不远离基础水系中的本河", "near its river in the base network", g20},
		{"G21", b, "坐标没有十倍或颠倒的错误", "no coordinate ten times or swapped against its neighbours", g21},
	}
}

// Check holds a subject against the rules. Findings stand by bank (left, right, both), measure and rule. Errors are of geo.CodeInvalid (a
// route that is none, a range that is none, a rule that there is not), or ctx's.
func Check(ctx context.Context, s Subject, o Options) ([]demarc.Finding, error) {
	p, err := Prepare(ctx, s)
	if err != nil {
		return nil, err
	}
	return p.Check(ctx, o)
}

// Check is Check of a subject that was prepared.
func (p *Prepared) Check(ctx context.Context, o Options) ([]demarc.Finding, error) {
	if o.Range != nil && !(o.Range[0] <= o.Range[1]) {
		return nil, geo.Errorf(geo.CodeInvalid, "a range runs from a smaller to a larger measure, not from %g to %g", o.Range[0], o.Range[1])
	}
	rules := Rules()
	for _, id := range o.Only {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == id }) {
			return nil, geo.Errorf(geo.CodeInvalid, "there is no rule %q: the rules are G1 to G21", id)
		}
	}
	c := &checker{Prepared: p, from: math.Inf(-1), to: math.Inf(1), placed: map[geo.Bank][]placed{}}
	if o.Range != nil {
		c.from, c.to = o.Range[0], o.Range[1]
	}
	for _, r := range rules {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c.rule = r; o.Only == nil || slices.Contains(o.Only, r.ID) {
			r.check(c)
			c.tellUnlooked()
		}
	}
	Sort(c.found)
	return c.found, nil
}

// Sort puts findings in the order in which they are told.
func Sort(found []demarc.Finding) { slices.SortStableFunc(found, inOrder) }

func inOrder(a, b demarc.Finding) int {
	order := map[geo.Bank]int{geo.Left: 0, geo.Right: 1}
	of := func(bank geo.Bank) int {
		if n, ok := order[bank]; ok {
			return n
		}
		return 2
	}
	return cmp.Or(cmp.Compare(of(a.Bank), of(b.Bank)), cmp.Compare(a.FromM, b.FromM), cmp.Compare(number(a.Rule), number(b.Rule)), cmp.Compare(a.ToM, b.ToM))
}

// number is that of a rule: G10 comes after G9.
func number(id string) int {
	n := 0
	for _, r := range id {
		if r >= '0' && r <= '9' {
			n = n*10 + int(r-'0')
		}
	}
	return n
}

// checker gathers what the rules find in a range.
type checker struct {
	*Prepared
	rule     Rule
	from, to float64
	found    []demarc.Finding
	placed   map[geo.Bank][]placed // what onLine gave
}

// touches tells whether a range of measures has to do with the range that is looked at.
func (c *checker) touches(fromM, toM float64) bool { return toM >= c.from && fromM <= c.to }

// spotted is what a rule has to say of a place.
type spotted struct {
	bank   geo.Bank
	place  geom.T
	fromM  float64
	toM    float64
	size   float64
	unit   string
	zh, en string
}

// add takes a finding, if it touches the range that is looked at.
func (c *checker) add(s spotted) {
	s.fromM, s.toM, s.size = finite(s.fromM, c.FromM), finite(s.toM, c.ToM), finite(s.size, noSize)
	if !c.touches(s.fromM, s.toM) {
		return
	}
	c.found = append(c.found, demarc.Finding{
		Rule: c.rule.ID, Severity: c.rule.Severity, Bank: s.bank, FromM: s.fromM, ToM: s.toM, Place: s.place, Size: s.size, Unit: s.unit, Zh: s.zh, En: s.en,
	})
}

// noSize is the size of what is farther off than anything can be measured.
const noSize = 1e9

// finite gives a number, or else another where it is none: a subject may hold anything.
func finite(v, otherwise float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return otherwise
	}
	return v
}

// whole is a finding of the subject as a whole, which touches every range.
func (c *checker) whole(bank geo.Bank, size float64, unit, zh, en string) {
	c.found = append(c.found, demarc.Finding{
		Rule: c.rule.ID, Severity: c.rule.Severity, Bank: bank, FromM: c.FromM, ToM: c.ToM, Size: finite(size, noSize), Unit: unit, Zh: zh, En: en,
	})
}

// wants tells whether vertex i of a line may have to do with the range that is looked at: the pieces of line beside it touch it.
func (c *checker) wants(q []float64, i int) bool {
	if math.IsInf(c.from, 0) && math.IsInf(c.to, 0) {
		return true
	}
	return c.touches(c.span(q, i-1, i+1))
}

// runs finds the longest rows of neighbours that are bad and have one that is wanted, and calls f with the first and the last of each. A row
// is followed past what is wanted, so that it is the same whatever is looked at.
func runs(n int, wanted, bad func(i int) bool, f func(i, j int)) {
	for i := 0; i < n; i++ {
		if !wanted(i) || !bad(i) {
			continue
		}
		first, last := i, i
		for first > 0 && bad(first-1) {
			first--
		}
		for last+1 < n && bad(last+1) {
			last++
		}
		f(first, last)
		i = last
	}
}

// around is the box, in degrees, of all that the lines have beside the range that is looked at.
func (c *checker) around() box {
	if math.IsInf(c.from, 0) && math.IsInf(c.to, 0) {
		return boxes.Of(math.Inf(-1), math.Inf(-1), math.Inf(1), math.Inf(1))
	}
	const spare = 100.0
	a, b := c.route.place(c.from), c.route.place(c.to)
	x, y, _, _ := c.route.position(min(a, b))
	in := boxes.Empty().With(x, y)
	x, y, _, _ = c.route.position(max(a, b))
	in = in.With(x, y)
	for i := int(math.Ceil(min(a, b))); float64(i) < max(a, b); i++ {
		in = in.With(c.route.tree.segs[i].x1, c.route.tree.segs[i].y1)
	}
	in = in.Grown(c.offM + spare)
	out := boxes.Empty()
	for _, p := range [][2]float64{{in.X0, in.Y0}, {in.X1, in.Y0}, {in.X0, in.Y1}, {in.X1, in.Y1}} {
		out = out.With(c.plane.From(p[0], p[1]))
	}
	return out
}

// banks gives the banks that the boundary has to have.
func (c *checker) banks() []geo.Bank {
	if c.OneBank == geo.Left || c.OneBank == geo.Right {
		return []geo.Bank{c.OneBank}
	}
	return []geo.Bank{geo.Left, geo.Right}
}

func zhBank(b geo.Bank) string {
	switch b {
	case geo.Left:
		return "左岸"
	case geo.Right:
		return "右岸"
	}
	return "两岸"
}

func enBank(b geo.Bank) string {
	switch b {
	case geo.Left:
		return "the left bank"
	case geo.Right:
		return "the right bank"
	}
	return "both banks"
}

// measureAt gives the measure of the place of the route that is nearest to a position.
func (g *ground) measureAt(x, y float64) float64 {
	s := g.route.tree.near(x, y)
	return g.route.measure(float64(s.seg) + s.t)
}
