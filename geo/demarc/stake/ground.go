package stake

import (
	"math"
	"sort"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// ground is what stakes of a stretch are placed on.
type ground struct {
	stretch demarc.Stretch
	finder  *lref.Finder
	towns   []demarc.Division
	shapes  []*overlay.Shape
}

func newGround(s demarc.Stretch) *ground {
	g := &ground{stretch: s, finder: lref.NewFinder(s.Route)}
	lowest := geo.Level(0)
	for _, d := range s.Divisions {
		if d.Level <= geo.Town {
			lowest = max(lowest, d.Level)
		}
	}
	for _, d := range s.Divisions {
		if d.Level == lowest && d.Geom != nil {
			g.towns, g.shapes = append(g.towns, d), append(g.shapes, overlay.NewShape(d.Geom))
		}
	}
	return g
}

// placedRun is a run laid over the towns.
type placedRun struct {
	demarc.Run
	measured *geom.LineString // XYM, M from its upstream end
	towns    []townSpan
	startM   float64 // of the run, along the bank's whole line
	bankM    float64 // the bank's whole line
	rising   bool    // the route's measures grow downstream
}

// townSpan is the part of a run in one town, from a place along it on.
type townSpan struct {
	along    float64
	lon, lat float64
	of       int
}

func (g *ground) runs(lines demarc.Lines, bank geo.Bank) []*placedRun {
	var out []*placedRun
	total := 0.0
	for _, run := range lines.RunsOf(bank) {
		p := &placedRun{Run: run, startM: total, rising: demarc.Rises(g.stretch.Route)}
		p.measured = run.Measured()
		g.overTowns(p)
		total += p.LengthM()
		out = append(out, p)
	}
	for _, p := range out {
		p.bankM = total
	}
	return out
}

// overTowns finds where a run passes from one town to the next.
func (g *ground) overTowns(p *placedRun) {
	along := 0.0
	for _, part := range overlay.Partition(p.Flat, 2, g.shapes, outsideM) {
		if n := len(p.towns); n == 0 || p.towns[n-1].of != part.Of {
			p.towns = append(p.towns, townSpan{along, part.Flat[0], part.Flat[1], part.Of})
		}
		along += part.LengthM()
	}
}

func (p *placedRun) partAt(along float64) int {
	i := sort.Search(len(p.Parts), func(i int) bool { return p.Along[p.Parts[i].From] > along+samePlaceM/10 })
	return max(0, i-1)
}

func (p *placedRun) divisionAt(along float64) int {
	i := sort.Search(len(p.towns), func(i int) bool { return p.towns[i].along > along+samePlaceM/10 })
	if i == 0 {
		return -1
	}
	return p.towns[i-1].of
}

// stake makes the stake of a mark.
func (g *ground) stake(p *placedRun, m mark) demarc.Stake {
	lon, lat := round9(m.lon), round9(m.lat)
	out := demarc.Stake{Kind: demarc.Electronic, Tier: m.tier, Bank: p.Bank, Lon: lon, Lat: lat, Why: m.why}
	out.MeasureM = g.measure(lon, lat, p.Parts[m.part])
	if m.division >= 0 {
		out.Division, out.Place = g.towns[m.division].ID, g.towns[m.division].Name
	}
	return out
}

func round9(v float64) float64 { return math.Round(v*1e9) / 1e9 }

// measure is that of the route opposite a position, to the millimetre: less is the noise of arithmetic, and would put what lies opposite
// one place in any order.
func (g *ground) measure(lon, lat float64, part demarc.Part) float64 {
	return math.Round(g.opposite(lon, lat, part)*1000) / 1000
}

// opposite is the measure of the route opposite a position (rule A10): the nearest place of the route; where another arm of a bend is nearer than
// the one that the part lies opposite, the nearest among those of the part's range.
func (g *ground) opposite(lon, lat float64, part demarc.Part) float64 {
	hit, ok := g.finder.Project(lon, lat, offRouteM/20) // most boundaries lie so near, and fewer parts of the route do
	if !ok {
		hit, ok = g.finder.Project(lon, lat, offRouteM)
	}
	fits := func(m float64) bool {
		return part.ToM <= part.FromM || m >= part.FromM-withinPiece && m <= part.ToM+withinPiece
	}
	if ok && fits(hit.MeasureM) {
		return hit.MeasureM
	}
	for _, h := range lref.Candidates(g.stretch.Route, lon, lat, offRouteM) {
		if fits(h.MeasureM) {
			return h.MeasureM
		}
	}
	if !ok {
		hit = lref.Project(g.stretch.Route, lon, lat)
	}
	return hit.MeasureM
}
