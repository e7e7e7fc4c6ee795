package rulestest

import (
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
)

// areaFaults are those that G7 to G13, G19 and G20 find.
func areaFaults() []Fault {
	return []Fault{
		{"levee left out", "G7", spoil(func(c *Case, v vertex) (float64, float64) {
			in := c.Lines.Pieces[v.piece].WidthM + 2
			c.move(v, 0, -in)
			return 0, -in
		}, demarc.LeveeToe)},
		{"guard land too narrow", "G7", spoil(func(c *Case, v vertex) (float64, float64) {
			in := c.Lines.Pieces[v.piece].WidthM - 5
			c.move(v, 0, -in)
			return 0, -in
		}, demarc.LeveeToe)},
		{"levee that is called a natural bank", "G7", mislabelled},
		{"area that is not derived from the lines", "G8", func(c *Case) (Spot, bool) {
			flat := slices.Clone(c.Area.FlatCoords())
			i := 2 * (2 + c.random.IntN(len(flat)/2-6))
			x, y := c.river.plane.To(flat[i], flat[i+1])
			ax, ay := c.river.plane.To(flat[i-2], flat[i-1])
			bx, by := c.river.plane.To(flat[i+2], flat[i+3])
			l := math.Hypot(bx-ax, by-ay)
			copy(flat[i:], c.degrees(x-3*(by-ay)/l, y+3*(bx-ax)/l)) // square to the line: along it, nothing would change
			c.Area = polygon(flat)
			return c.spot(x, y), true
		}},
		{"line that was moved after the area was made", "G8", spoil(func(c *Case, v vertex) (float64, float64) {
			c.move(v, 0, 3)
			return 0, 3
		})},
		{"town without its part", "G8", func(c *Case) (Spot, bool) { c.Parts = c.Parts[:1]; return Spot{}, true }},
		{"no area", "G8", func(c *Case) (Spot, bool) { c.Area = nil; return Spot{}, true }},
		{"open end", "G8", func(c *Case) (Spot, bool) {
			i := slices.IndexFunc(c.Lines.Connectors, func(k demarc.Connector) bool { return k.Kind == demarc.AtEnd })
			f := c.Lines.Connectors[i].Line.FlatCoords()
			c.Lines.Connectors = slices.Delete(c.Lines.Connectors, i, i+1)
			x, y := c.river.plane.To(f[0], f[1])
			return c.spot(x, y), true
		}},
		{"gap between towns", "G9", func(c *Case) (Spot, bool) {
			flat := slices.Clone(c.Parts[1].Geom.FlatCoords())
			// The ring begins at the border on the right bank: the vertex is drawn in along the bank, and the left one stays.
			x, y := c.river.plane.To(flat[0], flat[1])
			nx, ny := c.river.plane.To(flat[2], flat[3])
			l := math.Hypot(nx-x, ny-y)
			p := c.degrees(x+(nx-x)/l*0.6, y+(ny-y)/l*0.6)
			copy(flat, p)
			copy(flat[len(flat)-2:], p)
			c.Parts[1].Geom = polygon(flat)
			return Spot{Lon: p[0], Lat: p[1], Placed: true, WithinM: 40}, true // the border is a row of edges across the river
		}},
		{"neighbour whose line ends elsewhere", "G9", func(c *Case) (Spot, bool) {
			if len(c.Neighbours) == 0 {
				return Spot{}, false
			}
			f := c.Neighbours[0].Lines.Pieces[0].Line.FlatCoords()
			x, y := c.river.plane.To(f[len(f)-2], f[len(f)-1])
			copy(f[len(f)-2:], c.degrees(x+0.4, y+0.3))
			return c.spot(x, y), true
		}},
		{"neighbour whose area overlaps", "G9", func(c *Case) (Spot, bool) {
			if len(c.Neighbours) == 0 {
				return Spot{}, false
			}
			s := c.river.stations[c.first]
			e, n := math.Cos(s.heading), math.Sin(s.heading)
			at := func(along, left float64) []float64 {
				return c.river.degrees(s.x+along*e-left*n, s.y+along*n+left*e)
			}
			c.Neighbours[0].Area = polygon(slices.Concat(at(-20, -5), at(3, -5), at(3, 5), at(-20, 5), at(-20, -5)))
			at0 := c.spot(c.river.x0+s.x, c.river.y0+s.y)
			at0.WithinM = 7 // the corners of the overlap lie six metres off
			return at0, true
		}},
		{"gap in measures", "G10", spoilPiece(func(c *Case, p int) {
			c.upperMeasure(p, 20)
		})},
		{"overlap of measures", "G10", func(c *Case) (Spot, bool) {
			for p := 1; p < len(c.Lines.Pieces); p++ {
				if c.Lines.Pieces[p].Bank == c.Lines.Pieces[p-1].Bank {
					c.upperMeasure(p, -25)
					f := c.Lines.Pieces[p].Line.FlatCoords()
					x, y := c.river.plane.To(f[0], f[1])
					at := c.spot(x, y)
					at.WithinM = 30 // it is shown from where the overlap begins, or by the connector there
					return at, true
				}
			}
			return Spot{}, false
		}},
		{"missing piece", "G10", func(c *Case) (Spot, bool) {
			p := c.random.IntN(len(c.Lines.Pieces))
			f := c.Lines.Pieces[p].Line.FlatCoords()
			x, y := c.river.plane.To(f[0], f[1])
			at := c.spot(x, y)
			at.WithinM = 70 // where it began, at the connector before it; or on the route, where the bank has no line left
			c.Lines.Pieces = slices.Delete(c.Lines.Pieces, p, p+1)
			return at, true
		}},
		{"overlap where no confluence is declared", "G11", func(c *Case) (Spot, bool) {
			c.Others[0].Confluences = nil
			f := c.Others[0].Area.FlatCoords()
			x, y := c.river.plane.To((f[0]+f[2])/2, (f[1]+f[3])/2)
			at := c.spot(x, y)
			at.WithinM = 12 // the strip is twenty metres wide
			return at, true
		}},
		{"width out of the profile", "G12", spoilPiece(func(c *Case, p int) { c.Lines.Pieces[p].WidthM = 35 })},
		{"jump of the width", "G12", spoil(func(c *Case, v vertex) (float64, float64) {
			c.insert(v, [2]float64{0.5, 13}, [2]float64{6, 13}, [2]float64{6.5, 0})
			return 3, 6
		}, demarc.NaturalBank)},
		{"long connector", "G12", longConnector},
		{"notch", "G13", spoil(func(c *Case, v vertex) (float64, float64) {
			c.insert(v, [2]float64{0.2, -6}, [2]float64{6, -6}, [2]float64{6.2, 0})
			x, y := v.off(3, -3)
			c.Things = append(c.Things, demarc.Thing{Kind: "building", Name: "缺口中的房屋", Geom: geom.NewPointFlat(geom.XY, c.degrees(x, y))})
			return 3, -6
		}, demarc.NaturalBank, demarc.Revetment, demarc.LeveeToe)},
		{"length in the text", "G19", func(c *Case) (Spot, bool) {
			c.Meta.TextLengths[c.random.IntN(4)].Metres += 200
			return Spot{}, true
		}},
		{"shifted base network", "G20", func(c *Case) (Spot, bool) {
			flat := slices.Clone(c.Route.FlatCoords())
			for i := 0; i < len(flat); i += 3 {
				flat[i] -= 0.05
			}
			c.Base = &rules.BaseRiver{Centre: []*geom.LineString{geom.NewLineStringFlat(geom.XYM, flat)}}
			f := c.Lines.Pieces[0].Line.FlatCoords()
			x, y := c.river.plane.To(f[0], f[1])
			return c.spot(x, y), true
		}},
	}
}

// mislabelled says of a leveed stretch that it rests on a natural bank, and draws its line a metre landward of the toe: the guard land is lost.
func mislabelled(c *Case) (Spot, bool) {
	for p, piece := range c.Lines.Pieces {
		n := piece.Line.NumCoords()
		if piece.Basis != demarc.LeveeToe || n < 8 {
			continue
		}
		var at Spot
		flat := c.flat(p)
		for i := 1; i+1 < n; i++ {
			x, y := c.vertexAt(p, i).off(0, 1-piece.WidthM)
			if i == 2 {
				at = c.spot(x, y)
			}
			copy(flat[2*i:], c.degrees(x, y))
		}
		c.draw(p, flat)
		c.Lines.Pieces[p].Basis, c.Lines.Pieces[p].WidthM = demarc.NaturalBank, 14
		at.WithinM = 20 // it is shown from where the line comes too near
		return at, true
	}
	return Spot{}, false
}

// upperMeasure moves the upper end of a piece's range downstream, and leaves its line.
func (c *Case) upperMeasure(p int, by float64) {
	piece := &c.Lines.Pieces[p]
	if m := c.Route.FlatCoords(); m[2] > m[len(m)-1] {
		piece.ToM -= by
	} else {
		piece.FromM += by
	}
}

// longConnector moves all of the pieces beyond a change outward.
func longConnector(c *Case) (Spot, bool) {
	for p := 1; p < len(c.Lines.Pieces); p++ {
		a, b := c.Lines.Pieces[p-1], c.Lines.Pieces[p]
		if a.Bank != b.Bank || b.Line.NumCoords() < 5 {
			continue
		}
		af, bf := a.Line.FlatCoords(), b.Line.FlatCoords()
		ax, ay := c.river.plane.To(af[len(af)-2], af[len(af)-1])
		v := c.vertexAt(p, 1)
		bx, by := c.river.plane.To(bf[0], bf[1])
		far := c.degrees(bx+33*v.nx, by+33*v.ny)
		copy(bf, far)
		line := c.line(slices.Concat(af[len(af)-2:], far))
		for i := range c.Lines.Connectors {
			k := &c.Lines.Connectors[i]
			if f := k.Line.FlatCoords(); k.Bank == a.Bank && f[0] == af[len(af)-2] && f[1] == af[len(af)-1] {
				k.Line = line
				fx, fy := c.river.plane.To(far[0], far[1])
				return c.spot(ax, ay), math.Hypot(fx-ax, fy-ay) > 31
			}
		}
		return Spot{}, false
	}
	return Spot{}, false
}

// stakeFaults are those that G14, G15 and G21 find of stakes and their table.
func stakeFaults() []Fault {
	stake := func(f func(c *Case, s *demarc.Stake, i int)) func(c *Case) (Spot, bool) {
		return func(c *Case) (Spot, bool) {
			if len(c.Stakes) < 6 {
				return Spot{}, false
			}
			i := 1 + c.random.IntN(2) // of the left bank, not its first
			at := Spot{c.Stakes[i].Lon, c.Stakes[i].Lat, true, spotM}
			f(c, &c.Stakes[i], i)
			return at, true
		}
	}
	return []Fault{
		{"stake off its line", "G14", stake(func(c *Case, s *demarc.Stake, _ int) { c.moveStake(s, 0.03) })},
		{"physical stake off its line", "G14", stake(func(c *Case, s *demarc.Stake, _ int) {
			s.Kind = demarc.Physical
			c.moveStake(s, 0.8)
		})},
		{"numbers out of order", "G14", stake(func(c *Case, s *demarc.Stake, i int) {
			c.Stakes[i-1].Number, s.Number = s.Number, c.Stakes[i-1].Number
		})},
		{"number given twice", "G14", stake(func(c *Case, s *demarc.Stake, i int) { s.Number = c.Stakes[i-1].Number })},
		{"stakes too far apart", "G14", func(c *Case) (Spot, bool) {
			if len(c.Stakes) == 0 {
				return Spot{}, false
			}
			c.Profile.MaxStakeSpacingM = 60
			return Spot{}, true
		}},
		{"table that is not of the stakes", "G14", stake(func(c *Case, _ *demarc.Stake, i int) { c.StakeTable[i].EastY += 0.02 })},
		{"stake without a row", "G14", stake(func(c *Case, _ *demarc.Stake, i int) { c.StakeTable = slices.Delete(c.StakeTable, i, i+1) })},
		{"wrong measure", "G15", stake(func(_ *Case, s *demarc.Stake, _ int) { s.MeasureM += 30 })},
		{"wrong bank", "G15", stake(func(_ *Case, s *demarc.Stake, _ int) { s.Bank = geo.Right })},
		{"row with swapped axes", "G21", stake(func(c *Case, _ *demarc.Stake, i int) {
			r := &c.StakeTable[i]
			r.NorthX, r.EastY = r.EastY, r.NorthX
		})},
		{"row ten times too large", "G21", stake(func(c *Case, _ *demarc.Stake, i int) { c.StakeTable[i].NorthX *= 10 })},
		{"row with the number of the zone", "G21", stake(func(c *Case, _ *demarc.Stake, i int) { c.StakeTable[i].EastY += 37e6 })},
		{"row with longitude and latitude swapped", "G21", stake(func(c *Case, _ *demarc.Stake, i int) {
			r := &c.StakeTable[i]
			r.Lon, r.Lat = r.Lat, r.Lon
		})},
	}
}

// moveStake moves a stake away from the river.
func (c *Case) moveStake(s *demarc.Stake, by float64) {
	x, y := c.river.plane.To(s.Lon, s.Lat)
	_, i := c.river.near(x, y)
	at := c.river.stations[i]
	dx, dy := x-c.river.x0-at.x, y-c.river.y0-at.y
	l := math.Hypot(dx, dy)
	p := c.degrees(x+dx/l*by, y+dy/l*by)
	s.Lon, s.Lat = p[0], p[1]
}

// zoneFaults are those that G17 finds.
func zoneFaults() []Fault {
	zone := func(f func(c *Case, z *demarc.Zone, i int) (x, y float64, placed bool)) func(c *Case) (Spot, bool) {
		return func(c *Case) (Spot, bool) {
			if len(c.Zones) < 2 || c.Zones[1].Bank != geo.Left {
				return Spot{}, false
			}
			x, y, placed := f(c, &c.Zones[1], 1)
			if !placed {
				return Spot{}, true
			}
			return c.spot(x, y), true
		}
	}
	return []Fault{
		{"zone gap", "G17", zone(func(c *Case, z *demarc.Zone, _ int) (float64, float64, bool) {
			flat := z.Geom.FlatCoords()
			x, y := c.river.plane.To(flat[len(flat)-4], flat[len(flat)-3]) // where the boundary line begins, upstream
			c.Zones = slices.Delete(c.Zones, 1, 2)
			return x, y, true
		})},
		{"zone of a fifth type", "G17", zone(func(c *Case, z *demarc.Zone, _ int) (float64, float64, bool) {
			z.Type = 5
			x, y := c.river.plane.To(z.Geom.FlatCoords()[0], z.Geom.FlatCoords()[1])
			return x, y, true
		})},
		{"zone numbered from downstream", "G17", zone(func(c *Case, z *demarc.Zone, i int) (float64, float64, bool) {
			c.Zones[i-1].RegionID, z.RegionID = z.RegionID, c.Zones[i-1].RegionID
			return 0, 0, false
		})},
		{"zone in two parts", "G17", zone(func(c *Case, z *demarc.Zone, _ int) (float64, float64, bool) {
			// A bite out of the outer edge: the ring is water downstream, then the boundary line upstream.
			flat := slices.Clone(z.Geom.FlatCoords())
			n := len(flat)/2 - 1
			i := n - 4
			ax, ay := c.river.plane.To(flat[2*i], flat[2*i+1])
			bx, by := c.river.plane.To(flat[2*i+2], flat[2*i+3])
			l := math.Hypot(bx-ax, by-ay)
			tx, ty := (bx-ax)/l, (by-ay)/l
			in := func(along, deep float64) []float64 { // left of the way round is inside
				return c.degrees(ax+along*tx-deep*ty, ay+along*ty+deep*tx)
			}
			bite := slices.Concat(in(0.3*l, 0), in(0.3*l, 2), in(0.7*l, 2), in(0.7*l, 0))
			z.Geom = polygon(slices.Insert(flat, 2*i+2, bite...))
			return ax + 0.3*l*tx, ay + 0.3*l*ty, true
		})},
		{"zone that does not meet the one above", "G17", zone(func(c *Case, z *demarc.Zone, _ int) (float64, float64, bool) {
			flat := slices.Clone(z.Geom.FlatCoords())
			n := len(flat)/2 - 1 // the last vertex is where the boundary line begins, upstream
			x, y := c.river.plane.To(flat[2*n-2], flat[2*n-1])
			z.Geom = polygon(slices.Delete(flat, 2*n-2, 2*n))
			return x, y, true
		})},
	}
}

// wordFaults are those that G16 and G18 find.
func wordFaults() []Fault {
	said := func(f func(c *Case)) func(c *Case) (Spot, bool) {
		return func(c *Case) (Spot, bool) { f(c); return Spot{}, true }
	}
	return []Fault{
		{"blank name", "G16", said(func(c *Case) { c.Meta.Name = "　" })},
		{"code of another boundary", "G16", said(func(c *Case) { c.Meta.Code = c.Meta.OtherCodes[0] })},
		{"name twice in the directory", "G16", said(func(c *Case) {
			c.Meta.Directory = append(c.Meta.Directory, rules.RiverEntry{Name: "支沟"})
		})},
		{"listed river missing", "G16", said(func(c *Case) { c.Meta.Listed = append(c.Meta.Listed, "无名河") })},
		{"unknown division", "G16", said(func(c *Case) { c.Parts[0].Division = 99 })},
		{"blank field", "G18", said(func(c *Case) { c.Meta.Fields[0].Value = "" })},
		{"value that is not of the list", "G18", said(func(c *Case) { c.Meta.Fields[3].Value = "北岸" })},
		{"no legal document", "G18", said(func(c *Case) { c.Meta.LegalDoc = nil })},
		{"document without a file", "G18", said(func(c *Case) { c.Meta.LegalDoc.SHA256 = "" })},
		{"effective before the document", "G18", said(func(c *Case) { c.Meta.EffectiveFrom = geo.NewDate(2026, 11, 1) })},
		{"unknown status", "G18", said(func(c *Case) { c.Meta.Status = "done" })},
		{"unknown basis", "G18", said(func(c *Case) { c.Lines.Pieces[0].Basis = "hearsay" })},
	}
}
