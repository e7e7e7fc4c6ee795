package rulestest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/lref"
)

// Case is a boundary with what it was made of.
type Case struct {
	rules.Subject
	river  *river
	first  int // stations of the ends of the stretch
	last   int
	half   float64 // of the river's width
	banks  map[geo.Bank]*bankTruth
	random *rand.Rand
	moved  bool // see Redraw
}

// bankTruth is what stands on one bank.
type bankTruth struct {
	bank  geo.Bank
	side  float64 // 1 left, -1 right
	cuts  []int   // stations
	kinds []kind  // between them
	off   []float64
}

type kind struct {
	basis  demarc.Basis
	width  float64
	reach  float64 // of what it rests on, from the bank top
	class  int
	source string
}

// The widths that sound boundaries have, and the ranges that their profile gives them.
func profile() rules.Profile {
	return rules.Profile{Name: "示例", Widths: demarc.WidthProfile{Profile: "示例", Rules: []demarc.WidthRule{
		{Basis: demarc.LeveeToe, ClassFrom: 1, ClassTo: 3, LeastM: 8, MostM: 20},
		{Basis: demarc.LeveeToe, ClassFrom: 4, ClassTo: 5, LeastM: 7, MostM: 15},
		{Basis: demarc.Revetment, LeastM: 8, MostM: 15},
		{Basis: demarc.NaturalBank, LeastM: 8, MostM: 20},
		{Basis: demarc.DesignFlood, MostM: 20},
	}}}
}

// Sound draws a boundary that breaks no rule; one seed draws one.
func Sound(seed uint64) *Case {
	r := rand.New(rand.NewPCG(seed, 4)) //nolint:gosec // to be drawn again, not to be secret
	return sound(r, newRiver(r, 150+r.IntN(150)), r.IntN(2) == 0, r.IntN(2) == 0)
}

// Long draws a sound boundary of about so many vertices, with stakes and zones.
func Long(vertices int) *Case {
	for seed := uint64(1); ; seed++ {
		r := rand.New(rand.NewPCG(seed, 5)) //nolint:gosec // as in Sound
		if c := sound(r, newRiver(r, vertices*61/100), true, true); c.Vertices() > vertices*9/10 {
			return c
		}
	}
}

// Redraw moves the vertex of the left line opposite a measure a little outward, or back again, as one who draws does, and makes the area
// and its parts anew.
func (c *Case) Redraw(m float64) {
	c.Lines = copyLines(c.Lines)
	i := 0
	for i+1 < len(c.river.stations) && (c.river.measure(i) < m) == (c.river.measure(0) < m) {
		i++
	}
	b := c.banks[geo.Left]
	for k := range b.off {
		if i <= b.cuts[k] || i >= b.cuts[k+1] {
			continue
		}
		old, now := c.river.at(i, b.off[k]), c.river.at(i, b.off[k]+0.3)
		if c.moved {
			old, now = now, old
		}
		for _, flat := range c.everywhere() {
			for v := 0; v+1 < len(flat); v += 2 {
				if flat[v] == old[0] && flat[v+1] == old[1] {
					copy(flat[v:], now)
				}
			}
		}
	}
	c.moved = !c.moved
}

// everywhere gives the coordinates of the lines, of a new area and of new parts.
func (c *Case) everywhere() [][]float64 {
	var out [][]float64
	for _, p := range c.Lines.Pieces {
		out = append(out, p.Line.FlatCoords())
	}
	c.Area = c.Area.Clone()
	out = append(out, c.Area.FlatCoords())
	c.Parts = slices.Clone(c.Parts)
	for i := range c.Parts {
		c.Parts[i].Geom = c.Parts[i].Geom.Clone()
		out = append(out, c.Parts[i].Geom.FlatCoords())
	}
	return out
}

// Vertices is how many its lines have.
func (c *Case) Vertices() int {
	n := 0
	for _, p := range c.Lines.Pieces {
		n += p.Line.NumCoords()
	}
	return n
}

func sound(r *rand.Rand, v *river, stakes, zones bool) *Case {
	c := &Case{river: v, random: r, half: 12 + 10*r.Float64(), banks: map[geo.Bank]*bankTruth{}}
	c.first, c.last = c.safe(0, len(c.river.stations)/6), c.safe(len(c.river.stations)*5/6, len(c.river.stations)-1)
	c.Subject = rules.Subject{SRID: geo.CGCS2000, Profile: profile()}
	c.River, c.RiverName, c.Route = 7, "示例河", c.river.route
	c.FromM, c.ToM = c.river.ranged(c.first, c.last)
	c.bank(geo.Left, 1)
	c.bank(geo.Right, -1)
	c.close()
	c.Derive()
	c.surroundings()
	c.words()
	if stakes {
		c.stakes()
	}
	if zones {
		c.zones()
	}
	candidate := copyLines(c.Lines)
	c.Candidate = &candidate
	return c
}

// safe gives a station between two at which all offsets have a vertex.
func (c *Case) safe(from, to int) int {
	for range 1000 {
		if i := from + c.random.IntN(to-from+1); c.river.stations[i].safe {
			return i
		}
	}
	for i := range c.river.stations { // there is one on the first straight part
		if c.river.stations[i].safe && i >= from {
			return i
		}
	}
	return from
}

func (c *Case) line(flat []float64) *geom.LineString {
	return geom.NewLineStringFlat(geom.XY, flat).SetSRID(int(geo.CGCS2000))
}

// bank draws one bank: its surveys, and its pieces with connectors.
func (c *Case) bank(bank geo.Bank, side float64) {
	b := &bankTruth{bank: bank, side: side, cuts: []int{c.first}}
	for range c.random.IntN(4) {
		if i := c.safe(b.cuts[len(b.cuts)-1], c.last); i-b.cuts[len(b.cuts)-1] > 12 && c.last-i > 12 {
			b.cuts = append(b.cuts, i)
		}
	}
	b.cuts = append(b.cuts, c.last)
	all := len(c.river.stations) - 1
	for range len(b.cuts) - 1 {
		b.kinds = append(b.kinds, c.kind(len(b.kinds)))
	}
	c.survey(demarc.SurveyLine{Kind: demarc.BankTop, Bank: bank}, side*c.half, 0, all)
	c.survey(demarc.SurveyLine{Kind: demarc.WaterEdge, Bank: bank}, side*(c.half-3), 0, all)
	c.banks[bank] = b
	for k := range b.kinds {
		kind := &b.kinds[k]
		if before := len(b.off) - 1; before >= 0 && math.Abs(math.Abs(b.off[before])-c.half-kind.reach-kind.width) < 0.2 {
			kind.width += 0.5 // a connector of a few centimetres is a fault of its own
		}
		b.off = append(b.off, side*(c.half+kind.reach+kind.width))
		c.piece(b, k)
	}
}

func (c *Case) kind(n int) kind {
	out := []kind{
		{basis: demarc.NaturalBank, width: 14 + 4*c.random.Float64()},
		{basis: demarc.Revetment, width: 14},
		{basis: demarc.LeveeToe, width: 15, reach: 15 + 6*c.random.Float64(), class: 2},
		{basis: demarc.LeveeToe, width: 14, reach: 14, class: 4},
		{basis: demarc.DesignFlood, width: 10, reach: 8},
	}[c.random.IntN(5)]
	out.source = fmt.Sprintf("示例规程第 %d 条", n+1)
	return out
}

func (c *Case) survey(s demarc.SurveyLine, d float64, i, j int) {
	flat := c.river.beside(d, i, j)
	if c.random.IntN(2) == 0 { // surveys are drawn in either direction
		flat = reversed(flat)
	}
	s.ID, s.Line = int64(len(c.Survey)+1), c.line(flat)
	c.Survey = append(c.Survey, s)
}

func (c *Case) piece(b *bankTruth, k int) {
	i, j, kind := b.cuts[k], b.cuts[k+1], b.kinds[k]
	rests := b.side * (c.half + kind.reach)
	switch kind.basis {
	case demarc.LeveeToe:
		c.survey(demarc.SurveyLine{Kind: demarc.ToeLine, Bank: b.bank, LeveeClass: kind.class}, rests, i, j)
		c.survey(demarc.SurveyLine{Kind: demarc.CrestLine, Bank: b.bank, LeveeClass: kind.class}, rests-b.side*6, i, j)
	case demarc.DesignFlood:
		c.survey(demarc.SurveyLine{Kind: demarc.FloodLine, Bank: b.bank}, rests, i, j)
	}
	fromM, toM := c.river.ranged(i, j)
	c.Lines.Pieces = append(c.Lines.Pieces, demarc.Piece{
		Bank: b.bank, FromM: fromM, ToM: toM, Basis: kind.basis, WidthM: kind.width, Source: kind.source, Confidence: 1, Line: c.line(c.river.beside(b.off[k], i, j)),
	})
	if k > 0 && math.Abs(b.off[k]-b.off[k-1]) > 0.001 {
		c.connect(demarc.AtChange, b.bank, i, c.river.at(i, b.off[k-1]), c.river.at(i, b.off[k]))
	}
}

func (c *Case) connect(kind demarc.ConnectorKind, bank geo.Bank, i int, from, to []float64) {
	line := c.line(slices.Concat(from, to))
	c.Lines.Connectors = append(c.Lines.Connectors, demarc.Connector{Kind: kind, Bank: bank, AtM: c.river.measure(i), LengthM: lref.Length(line), Line: line})
}

// close draws the connectors across the river.
func (c *Case) close() {
	l, r := c.banks[geo.Left], c.banks[geo.Right]
	c.connect(demarc.AtBorder, geo.Both, c.first, c.river.at(c.first, l.off[0]), c.river.at(c.first, r.off[0]))
	c.connect(demarc.AtEnd, geo.Both, c.last, c.river.at(c.last, l.off[len(l.off)-1]), c.river.at(c.last, r.off[len(r.off)-1]))
}

// path is the line of a bank as drawn, with its connectors, from station i to j.
func (c *Case) path(bank geo.Bank, i, j int) []float64 {
	b := c.banks[bank]
	var out []float64
	for k := range b.off {
		if from, to := max(i, b.cuts[k]), min(j, b.cuts[k+1]); from < to {
			flat := c.river.beside(b.off[k], from, to)
			if n := len(out); n > 0 && out[n-2] == flat[0] && out[n-1] == flat[1] {
				flat = flat[2:]
			}
			out = append(out, flat...)
		}
	}
	return out
}

// Derive makes the area and its parts by town from the lines as they were drawn sound.
func (c *Case) Derive() {
	c.Area = polygon(c.ringBetween(c.first, c.last))
	i := c.between(c.first, c.last)
	c.Parts = []rules.Part{
		{Division: 11, Name: "上镇", Geom: polygon(c.ringBetween(c.first, i))},
		{Division: 12, Name: "下镇", Geom: polygon(c.ringBetween(i, c.last))},
	}
}

// between gives a station at which no bank changes.
func (c *Case) between(from, to int) int {
	for {
		i := c.safe(from+1, to-1)
		if !slices.Contains(c.banks[geo.Left].cuts, i) && !slices.Contains(c.banks[geo.Right].cuts, i) {
			return i
		}
	}
}

func (c *Case) ringBetween(i, j int) []float64 {
	left, right := c.path(geo.Left, i, j), c.path(geo.Right, i, j)
	ring := append(slices.Clone(right), reversed(left)...) // down the right bank and up the left is counter-clockwise
	return append(ring, ring[0], ring[1])
}

func polygon(rings ...[]float64) *geom.MultiPolygon {
	var flat []float64
	var ends []int
	for _, r := range rings {
		flat = append(flat, r...)
		ends = append(ends, len(flat))
	}
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{ends}).SetSRID(int(geo.CGCS2000))
}

func reversed(flat []float64) []float64 {
	out := make([]float64, 0, len(flat))
	for i := len(flat) - 2; i >= 0; i -= 2 {
		out = append(out, flat[i], flat[i+1])
	}
	return out
}

func copyLines(l demarc.Lines) demarc.Lines {
	out := demarc.Lines{Pieces: slices.Clone(l.Pieces), Connectors: slices.Clone(l.Connectors)}
	for i := range out.Pieces {
		out.Pieces[i].Line = out.Pieces[i].Line.Clone()
	}
	for i := range out.Connectors {
		out.Connectors[i].Line = out.Connectors[i].Line.Clone()
	}
	return out
}

// surroundings draws the county, the neighbour upstream, and a tributary that meets the river.
func (c *Case) surroundings() {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range c.river.stations {
		west, east, south, north = min(west, s.x), max(east, s.x), min(south, s.y), max(north, s.y)
	}
	const beyond = 800.0
	ring := slices.Concat(c.river.degrees(west-beyond, south-beyond), c.river.degrees(east+beyond, south-beyond), c.river.degrees(east+beyond, north+beyond),
		c.river.degrees(west-beyond, north+beyond), c.river.degrees(west-beyond, south-beyond))
	c.Divisions = []demarc.Division{{ID: 1, Code: "520181000000", Name: "示例县", Level: geo.County, Geom: polygon(ring)}}
	c.neighbour()
	c.tributary()
	c.Base = &rules.BaseRiver{Centre: []*geom.LineString{c.Route}}
	c.Things = []demarc.Thing{{Kind: "building", Name: "示例房屋", Geom: geom.NewPointFlat(geom.XY, c.river.at(c.first, 500))}}
}

func (c *Case) neighbour() {
	i := c.first - 1
	for i > 0 && c.first-i < 8 && c.river.stations[i-1].corner < 0 {
		i--
	}
	if c.first-i < 3 {
		return
	}
	n := rules.Neighbour{Name: "上游县", Upstream: true}
	l, r := c.banks[geo.Left].off[0], c.banks[geo.Right].off[0]
	left, right := c.river.beside(l, i, c.first), c.river.beside(r, i, c.first)
	for _, b := range []struct {
		bank geo.Bank
		flat []float64
	}{{geo.Left, left}, {geo.Right, right}} {
		fromM, toM := c.river.ranged(i, c.first)
		n.Lines.Pieces = append(n.Lines.Pieces, demarc.Piece{Bank: b.bank, FromM: fromM, ToM: toM, Basis: demarc.Custom, Line: c.line(b.flat)})
	}
	ring := append(slices.Clone(right), reversed(left)...)
	n.Area = polygon(append(ring, ring[0], ring[1]))
	c.Neighbours = append(c.Neighbours, n)
}

// tributary draws a brook's area that overlaps ours by a strip at a declared confluence.
func (c *Case) tributary() {
	b := c.banks[geo.Left]
	i := c.between(c.first+4, c.last-4)
	s, k := c.river.stations[i], 0
	for b.cuts[k+1] <= i {
		k++
	}
	const half, into, out = 10.0, 4.0, 120.0
	at := func(d, along float64) []float64 {
		return c.river.degrees(s.x-d*math.Sin(s.heading)+along*math.Cos(s.heading), s.y+d*math.Cos(s.heading)+along*math.Sin(s.heading))
	}
	near, far := b.off[k]-into, b.off[k]+out
	ring := slices.Concat(at(near, -half), at(near, half), at(far, half), at(far, -half), at(near, -half))
	m := c.river.measure(i)
	c.Others = []rules.OtherRiver{{Name: "支沟", Area: polygon(ring), Confluences: []rules.Confluence{{FromM: m - 60, ToM: m + 60}}}}
}

// words fills in what is told in words.
func (c *Case) words() {
	route, err := lref.Substring(c.Route, c.FromM, c.ToM)
	if err != nil {
		panic(err) // a fault of the generator
	}
	left, right := c.lengthOf(geo.Left), c.lengthOf(geo.Right)
	c.Meta = rules.Meta{
		Name: "示例河管理范围", Code: "520181-0001", RiverCode: "FB0001", Status: "approved", CheckedFor: "announced", EffectiveFrom: geo.NewDate(2026, 12, 1),
		LegalDoc: &rules.LegalDoc{Number: "示政告〔2026〕1号", Date: geo.NewDate(2026, 11, 20), SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		Fields: []rules.Field{
			{Name: "市(州)", Value: "示例市"},
			{Name: "区(县)", Value: "示例县"},
			{Name: "备注", Optional: true},
			{Name: "岸别", Value: "左岸", OneOf: []string{"左岸", "右岸"}},
			{Name: "basis", Value: "示例规程", MaxBytes: 200},
		},
		TextLengths: []rules.TextLength{
			{Of: rules.LengthOfRoute, Metres: lref.Length(route) * 1.004, Where: "公告"},
			{Of: rules.LengthOfBanks, Metres: left + right, Where: "公告"},
			{Of: rules.LengthOfLeft, Metres: left + 20, Where: "成果表"},
			{Of: rules.LengthOfRight, Metres: right, Where: "成果表"},
		},
		Directory: []rules.RiverEntry{{Name: "示例河", Code: "FB0001"}, {Name: "支沟", Code: "FB0002"}}, Listed: []string{"示例河", "支沟"},
		KnownDivisions: []int64{1, 11, 12}, OtherCodes: []string{"520181-0002"},
	}
}

func (c *Case) lengthOf(bank geo.Bank) float64 {
	sum := 0.0
	for _, p := range c.Lines.Of(bank) {
		sum += lref.Length(p.Line)
	}
	return sum
}

// stakes puts stakes on vertices of the lines, some hundred metres apart, numbered by measure.
func (c *Case) stakes() {
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		b := c.banks[bank]
		var all []demarc.Stake
		for k := range b.off {
			for i := b.cuts[k]; i <= b.cuts[k+1]; i++ {
				whole := i == b.cuts[k] && k == 0 || i == b.cuts[k+1] || (i-b.cuts[k])%9 == 8 && b.cuts[k+1]-i > 3
				end := i == 0 || i == len(c.river.stations)-1 // there the curve's direction is not that of the last segment
				if !whole || end || c.river.cutBack(i, b.off[k]) >= 0 {
					continue
				}
				p := c.river.at(i, b.off[k])
				all = append(all, demarc.Stake{Kind: demarc.Electronic, Tier: demarc.Basic, Bank: bank, MeasureM: c.river.measure(i), Lon: p[0], Lat: p[1], Division: 11})
			}
		}
		if all[0].MeasureM > all[len(all)-1].MeasureM {
			slices.Reverse(all)
		}
		for i := range all {
			all[i].Number = i + 1
			all[i].Name = fmt.Sprintf("示例河-%s%03d", map[geo.Bank]string{geo.Left: "左", geo.Right: "右"}[bank], i+1)
		}
		c.Stakes = append(c.Stakes, all...)
	}
	c.Profile.MaxStakeSpacingM = 400
	system, _ := crs.ByEPSG(4534 + geo.SRID(math.Round(c.Stakes[0].Lon/3)-25))
	for _, s := range c.Stakes {
		east, north := system.FromLonLat(s.Lon, s.Lat)
		c.StakeTable = append(c.StakeTable, rules.StakeRow{
			Name: s.Name, MeasureM: s.MeasureM, Lon: math.Round(s.Lon*1e8) / 1e8, Lat: math.Round(s.Lat*1e8) / 1e8,
			NorthX: math.Round(north*1e4) / 1e4, EastY: math.Round(east*1e4) / 1e4, System: system,
		})
	}
}

// zones cuts the strip between the boundary and the water's edge of each bank into zones.
func (c *Case) zones() {
	for _, b := range []*bankTruth{c.banks[geo.Left], c.banks[geo.Right]} {
		cuts := []int{c.first}
		for range 1 + c.random.IntN(3) {
			if i := c.between(c.first, c.last); i-cuts[len(cuts)-1] > 4 && c.last-i > 4 {
				cuts = append(cuts, i)
			}
		}
		cuts = append(cuts, c.last)
		for k := 1; k < len(cuts); k++ {
			c.zone(b, k, cuts[k-1], cuts[k])
		}
	}
}

func (c *Case) zone(b *bankTruth, k, i, j int) {
	outer, water := c.path(b.bank, i, j), c.river.beside(b.side*(c.half-3), i, j)
	ring := append(slices.Clone(water), reversed(outer)...)
	if b.side < 0 {
		ring = append(slices.Clone(outer), reversed(water)...)
	}
	fromM, toM := c.river.ranged(i, j)
	c.Zones = append(c.Zones, demarc.Zone{
		Type: demarc.ZoneType(1 + c.random.IntN(4)), RegionID: fmt.Sprintf("%s%03d", map[geo.Bank]string{geo.Left: "L", geo.Right: "R"}[b.bank], k), Bank: b.bank,
		FromM: fromM, ToM: toM, LenKm: lref.Length(c.line(outer)) / 1000, Geom: polygon(append(ring, ring[0], ring[1])),
	})
}

// Ring is the ring that the lines enclose as they are drawn, sound or spoiled: down the right bank and up the left.
func (c *Case) Ring() *geom.MultiPolygon {
	var right, left []float64
	for _, p := range c.Lines.Of(geo.Right) {
		right = append(right, p.Line.FlatCoords()...)
	}
	for _, p := range c.Lines.Of(geo.Left) {
		left = append(left, p.Line.FlatCoords()...)
	}
	ring := append(right, reversed(left)...)
	return polygon(append(ring, ring[0], ring[1]))
}
