package sample

import (
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// addDivisions adds the rows of the county, what stands over it and its towns.
func (c *county) addDivisions() {
	for _, d := range c.divisions {
		row := pg.Division{
			Record:     c.record(d.key, geo.Since(c.since), "乡镇名称、代码与界线"),
			CodeScheme: d.scheme, Code: d.code, Name: d.name, NameEn: d.nameEn, Level: d.level, Kind: d.kind, Parent: d.parent,
		}
		if d.outline != nil {
			row.Geom = polygon(d.outline)
		}
		c.add(row)
	}
}

// at gives the first division of a level: the county's own, its city, its province.
func (c *county) at(level geo.Level) *division {
	return c.divisions[slices.IndexFunc(c.divisions, func(d *division) bool { return d.level == level })]
}

// division gives the county's own.
func (c *county) division() *division { return c.at(geo.County) }

// addRivers adds rivers and their routes. A length stands on the river where the article states one.
func (c *county) addRivers(sourcePlace string) {
	for i, r := range c.rivers {
		key := RiverKey(c.code, r.name)
		order := r.order()
		row := pg.River{
			Record:     c.record(key, geo.Since(c.since), "河流编码、线形、流域面积"),
			CodeScheme: "local", Code: fmt.Sprintf("SL%s%03d", c.code, i+1), // SL 示例: no register has these
			Name: r.name, NameEn: r.nameEn, Division: c.division().key, RiverKind: r.kind, BasinAreaKm2: &r.basin, Perennial: &r.perennial,
			StreamOrder: &order, ManagingLevels: r.levels, CrossType: r.cross,
		}
		if r.head == "source" {
			row.SourcePlace = sourcePlace
		}
		if r.into != nil {
			row.FlowsInto, row.MouthPlace = RiverKey(c.code, r.into.name), "汇入"+r.into.name
		}
		if r.statedM > 0 {
			km := r.statedM / 1000
			row.LengthKm = &km
		}
		c.add(row, pg.Route{
			Record: c.record(key, geo.Since(c.since), "线形"),
			River:  key, MeasureOrigin: "mouth", FlowDir: "with", LengthM: r.length(), StreamOrder: &order, Geom: r.route,
		})
	}
}

// order is the Strahler order at the mouth. What comes from beyond the county is drawn as if it were of order 4 there.
func (r *river) order() int {
	order := 1
	if r.head == "boundary" {
		order = 4
	}
	for _, t := range slices.Backward(r.tributaries) {
		switch o := t.order(); {
		case o > order:
			order = o
		case o == order:
			order++
		}
	}
	return order
}

// addNetwork adds a node at each source, confluence and outlet, and an edge for each piece of a river between two of them.
func (c *county) addNetwork() {
	junctions := map[lonLat]pg.Key{}
	node := func(key pg.Key, kind string, p lonLat) pg.Key {
		c.add(pg.Node{Record: c.record(key, geo.Since(c.since), "线形"), Kind: kind, Geom: point(p)})
		return key
	}
	for _, r := range c.rivers {
		upper := node(c.key(r.name, "head"), r.head, r.line[0])
		from := r.length()
		edge := func(lower pg.Key, to float64) {
			c.add(pg.Edge{
				Record: c.record(c.key(r.name, lref.Label(from)), geo.Since(c.since), "线形"),
				Route:  RiverKey(c.code, r.name), FromM: to, ToM: from, From: upper, To: lower, Main: true,
			})
			upper, from = lower, to
		}
		for _, t := range slices.Backward(r.tributaries) {
			at := r.line[t.mouth]
			if _, ok := junctions[at]; ok {
				continue
			}
			junctions[at] = node(c.key(t.name, "mouth"), "junction", at)
			edge(junctions[at], r.route.Coord(t.mouth)[2])
		}
		if r.into == nil {
			edge(node(c.key(r.name, "outlet"), "boundary", r.line[len(r.line)-1]), 0)
		} else {
			edge(junctions[r.line[len(r.line)-1]], 0)
		}
	}
}

// What the schematic survey of a river says: it is so wide from bank top to bank top at its mouth, half as wide at its head, and its banks rise so much a
// metre from a mouth at so many metres (1985).
const (
	surveyedWidthM, surveyedRise, surveyedMouthM = 8.0, 0.01, 1210.0
)

// addBankLines adds the tops of both banks of a river as if they had been surveyed, downstream.
func (c *county) addBankLines(r *river) error {
	for i, bank := range []geo.Bank{geo.Left, geo.Right} {
		side := []float64{-1, 1}[i]
		flat, length := []float64{}, r.length()
		for i := range r.route.NumCoords() {
			m := r.route.Coord(i)[2]
			at, err := lref.LocateOffset(r.route, m, side*surveyedWidthM/2*(1-m/length/2))
			if err != nil {
				return fmt.Errorf("the bank line of %s: %w", r.name, err)
			}
			p := lonLat{at.Lon, at.Lat}.snapped()
			flat = append(flat, p[0], p[1], math.Round(100*(surveyedMouthM+m*surveyedRise))/100)
		}
		c.add(pg.BankLine{
			Record: c.record(c.key(r.name, "bank", string(bank)), geo.Since(c.since), "岸线及其高程"),
			Kind:   "bank", River: RiverKey(c.code, r.name), Bank: bank, Name: r.name + "岸线（示例）", Geom: geom.NewLineStringFlat(geom.XYZ, flat),
		})
	}
	return nil
}

// addReach adds one reach and keeps it for the chiefs and boards to come. place names its ends, the upstream one first.
func (c *county) addReach(r *river, name string, level geo.Level, bank geo.Bank, in *division, from, to float64, place [2]string) error {
	line, err := lref.Substring(r.route, from, to)
	if err != nil {
		return fmt.Errorf("reach %s: %w", name, err)
	}
	code := fmt.Sprintf("%s%06d", c.code, len(c.reaches)+1)
	out := &reach{of: r, Reach: pg.Reach{
		Record:     c.record(pg.CodeKey("sample", code), geo.Since(c.since), "河段代码、起止点与线形"),
		CodeScheme: "sample", Code: code, Name: name, River: RiverKey(c.code, r.name), Route: RiverKey(c.code, r.name),
		FromM: from, ToM: to, BankScope: bank, Level: level, Division: in.key, StartPlace: place[0], EndPlace: place[1], Geom: line,
	}}
	c.reaches = append(c.reaches, out)
	r.reaches = append(r.reaches, out)
	c.add(out.Reach)
	return nil
}

// places names where a river begins and ends in the county.
func (r *river) places(c *county) (head, mouth string) {
	head, mouth = "源头", "出"+c.name+"境"
	if r.head == "boundary" {
		head = "入" + c.name + "境"
	}
	if r.into != nil {
		mouth = "入" + r.into.name + "口"
	}
	return head, mouth
}

// addWholeReaches adds, for every river that a level manages, reaches of that level over its whole length, one reach or
// two of equal length.
func (c *county) addWholeReaches(level geo.Level, in *division, parts func(*river) int) error {
	for _, r := range c.rivers {
		if !r.runsAt(level) {
			continue
		}
		head, mouth := r.places(c)
		n := parts(r)
		at := func(i int) float64 {
			if i == n {
				return r.length()
			}
			return math.Round(r.length() * float64(i) / float64(n))
		}
		for i := range n {
			name, place := r.name+in.name+"段", [2]string{head, mouth}
			if i > 0 {
				name, place[1] = r.name+in.name+"上段", "上下段分界"
			} else if n > 1 {
				name, place[0] = r.name+in.name+"下段", "上下段分界"
			}
			if err := c.addReach(r, name, level, geo.Both, in, at(i), at(i+1), place); err != nil {
				return err
			}
		}
	}
	return nil
}

// addTownReaches cuts every river where it crosses from town to town. The border river between two towns has a reach on
// each bank instead.
func (c *county) addTownReaches(border string, left, right *division) error {
	for _, r := range c.rivers {
		head, mouth := r.places(c)
		if r.name == border {
			for _, side := range []struct {
				bank geo.Bank
				name string
				in   *division
			}{{geo.Left, "左岸", left}, {geo.Right, "右岸", right}} {
				if err := c.addReach(r, r.name+side.in.name+side.name+"段", geo.Town, side.bank, side.in, 0, r.length(), [2]string{head, mouth}); err != nil {
					return err
				}
			}
			continue
		}
		pieces, err := cut(r.route, &c.mesh, c.towns)
		if err != nil {
			return fmt.Errorf("cut %s: %w", r.name, err)
		}
		for i, p := range pieces {
			place := [2]string{head, mouth}
			if i > 0 {
				place[1] = p.in.name + "、" + pieces[i-1].in.name + "交界"
			}
			if i < len(pieces)-1 {
				place[0] = pieces[i+1].in.name + "、" + p.in.name + "交界"
			}
			if err := c.addReach(r, r.name+p.in.name+"段", geo.Town, geo.Both, p.in, p.from, p.to, place); err != nil {
				return err
			}
		}
	}
	return nil
}

// reachAt gives the river's reach of a level at a measure; of two banks, the left one's.
func (r *river) reachAt(level geo.Level, m float64) *reach {
	for _, x := range r.reaches {
		if x.Level == level && m >= x.FromM && m <= x.ToM {
			return x
		}
	}
	return nil
}
