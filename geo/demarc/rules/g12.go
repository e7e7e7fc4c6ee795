package rules

import (
	"fmt"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// g12: widths lie in the range of the profile, and do not jump without a reason.
func g12(c *checker) {
	for i, p := range c.Lines.Pieces {
		c.widthOf(i, p)
	}
	for i, k := range c.Lines.Connectors {
		c.longConnector(i, k)
	}
	for _, bank := range c.banks() {
		c.jumps(c.paths[bank])
	}
}

func (c *checker) widthOf(i int, p demarc.Piece) {
	w, ok := c.Profile.width(p.Basis, c.classOf(i))
	if !ok || p.WidthM >= w.LeastM-measureM && p.WidthM <= w.MostM+measureM || c.pieces[i].count() == 0 {
		return
	}
	l := c.pieces[i]
	c.add(spotted{
		bank: p.Bank, place: placeOf(l, 0, l.count()-1), fromM: p.FromM, toM: p.ToM, size: p.WidthM, unit: "m",
		zh: fmt.Sprintf("%s第 %d 段宽 %.1f 米，规则集“%s”规定 %.1f 至 %.1f 米：改正宽度，或说明理由。", zhBank(p.Bank), i+1, p.WidthM, c.Profile.Name, w.LeastM, w.MostM),
		en: fmt.Sprintf("Piece %d of %s is %.1f m wide, and profile %q asks for %.1f to %.1f m: correct the width, or give the reason.", i+1, enBank(p.Bank), p.WidthM, c.Profile.Name, w.LeastM, w.MostM),
	})
}

// classOf is the class of the levee that a piece rests on: that of the toe nearest to its middle.
func (c *checker) classOf(i int) int {
	l := c.pieces[i]
	if c.Lines.Pieces[i].Basis != demarc.LeveeToe || l.count() == 0 {
		return 0
	}
	k := l.count() / 2
	best, class := math.Inf(1), 0
	for _, s := range c.survey {
		if s.Kind == demarc.ToeLine && s.Bank == c.Lines.Pieces[i].Bank {
			if d := s.tree.near(l.xy[2*k], l.xy[2*k+1]).distance(); d < best {
				best, class = d, s.LeveeClass
			}
		}
	}
	return class
}

func (c *checker) longConnector(i int, k demarc.Connector) {
	l := c.connectors[i]
	long := 0.0
	for v := 1; v < l.count(); v++ {
		long += l.stepM(v)
	}
	if k.Kind != demarc.AtChange || long <= longConnectorM {
		return
	}
	c.add(spotted{
		bank: k.Bank, place: placeOf(l, 0, l.count()-1), fromM: k.AtM, toM: k.AtM, size: long, unit: "m",
		zh: fmt.Sprintf("%s%s处的连接线长 %.1f 米，超过 %g 米：检查两侧的依据和宽度。", zhBank(k.Bank), lref.Label(k.AtM), long, longConnectorM),
		en: fmt.Sprintf("The connector on %s at %s is %.1f m long, more than %g m: look at the basis and the width on either side.", enBank(k.Bank), lref.Label(k.AtM), long, longConnectorM),
	})
}

// sampleM is how far apart the width of a line is measured, where its segments are longer.
const sampleM = 10.0

// sampled is the width of a line at a place of it.
type sampled struct{ at, width, m, x, y float64 }

// jumps finds where the width of a piece that gives no reason jumps. It is measured between vertices: at the corner of a mitred bend
// the line stands farther off than it is wide.
func (c *checker) jumps(t *path) {
	for seg := 0; seg < len(t.owner); {
		end := seg + 1
		for end < len(t.owner) && t.owner[end] == t.owner[seg] {
			end++
		}
		if p, ok := c.piece(t, seg); ok && p.Reason == "" && c.touches(c.span(t.q, seg, end)) {
			c.jumpsOf(t, p, seg, end)
		}
		seg = end
	}
}

func (c *checker) jumpsOf(t *path, p demarc.Piece, seg, end int) {
	rests := c.restsOf(t.bank, p.Basis)
	if len(rests) == 0 {
		return
	}
	w := c.samples(t, seg, end)
	width := func(k int) float64 { // measured when it is asked for
		if math.IsNaN(w[k].width) {
			w[k].width = widthAt(rests, w[k].x, w[k].y)
		}
		return w[k].width
	}
	jump := func(i int) bool { // at i begins the first jump within reach
		for j := i + 1; j < len(w) && w[j].at-w[i].at <= jumpWithinM; j++ {
			if a, b := width(i), width(j); !math.IsInf(a+b, 0) && math.Abs(a-b) > jumpShare*min(a, b)+simplifyM {
				return true
			}
		}
		return false
	}
	wanted := func(i int) bool {
		from, to := w[i].m, w[i].m
		for j := i + 1; j < len(w) && w[j].at-w[i].at <= jumpWithinM; j++ {
			from, to = min(from, w[j].m), max(to, w[j].m)
		}
		return c.touches(from, to)
	}
	runs(len(w), wanted, jump, func(i, j int) {
		lo, hi, last := math.Inf(1), math.Inf(-1), j
		from, to := w[i].m, w[i].m
		for k := i; k < len(w) && w[k].at-w[j].at <= jumpWithinM; k++ {
			last, from, to = k, min(from, w[k].m), max(to, w[k].m)
			if v := width(k); !math.IsInf(v, 0) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		c.add(spotted{
			bank: t.bank, place: c.steepest(w, i, last), fromM: from, toM: to, size: hi - lo, unit: "m",
			zh: fmt.Sprintf("%s%s至%s管理范围宽度在 %g 米内由 %.1f 米变到 %.1f 米（超过 50%%）：改线，或在分段上说明理由。", zhBank(t.bank), lref.Label(from), lref.Label(to), jumpWithinM, lo, hi),
			en: fmt.Sprintf("The width on %s from %s to %s changes between %.1f m and %.1f m within %g m (more than 50 %%): move the line, or give the reason on the piece.", enBank(t.bank), lref.Label(from), lref.Label(to), lo, hi, jumpWithinM),
		})
	})
}

// steepest is the place at which the width changes most from one sample to the next.
func (c *checker) steepest(w []sampled, i, last int) geom.T {
	at, most := i, -1.0
	for k := i; k < last; k++ {
		if d := math.Abs(w[k+1].width - w[k].width); d > most {
			at, most = k, d
		}
	}
	return c.point((w[at].x+w[at+1].x)/2, (w[at].y+w[at+1].y)/2)
}

// restsOf gives the surveyed lines of a bank that pieces of a basis rest on.
func (c *checker) restsOf(bank geo.Bank, basis demarc.Basis) []*surveyed {
	var out []*surveyed
	for _, s := range c.survey {
		if s.Bank == bank && restsOn(basis, s) {
			out = append(out, s)
		}
	}
	return out
}

// samples gives places along segments of a path, at which their width can be measured.
func (c *checker) samples(t *path, seg, end int) []sampled {
	var out []sampled
	for i := seg; i < end; i++ {
		long := t.length[i+1] - t.length[i]
		n := math.Ceil(long / sampleM)
		for k := 0.5; k < n; k++ {
			f := k / n
			x, y := t.xy[2*i]+(t.xy[2*i+2]-t.xy[2*i])*f, t.xy[2*i+1]+(t.xy[2*i+3]-t.xy[2*i+1])*f
			out = append(out, sampled{t.length[i] + long*f, math.NaN(), c.route.measure(t.q[i] + (t.q[i+1]-t.q[i])*f), x, y})
		}
	}
	return out
}

// widthAt is how far a position stands off what lies opposite; infinite where nothing was surveyed there.
func widthAt(rests []*surveyed, x, y float64) float64 {
	best := math.Inf(1)
	for _, s := range rests {
		at := s.tree.near(x, y)
		if _, beyond := side(s.tree, at, x, y); !beyond {
			best = min(best, at.distance())
		}
	}
	return best
}

// restsOn tells whether a surveyed line is what pieces of a basis rest on.
func restsOn(b demarc.Basis, s *surveyed) bool {
	switch b {
	case demarc.LeveeToe:
		return s.Kind == demarc.ToeLine && !s.Riverside
	case demarc.Revetment, demarc.NaturalBank:
		return s.Kind == demarc.BankTop
	case demarc.DesignFlood, demarc.HistoricFlood:
		return s.Kind == demarc.FloodLine && s.Historic == (b == demarc.HistoricFlood)
	default:
		return false
	}
}
