package sample

import (
	"context"
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
)

// genLand divides the lattice among divisions: towns are squares of cells, counties squares of towns and so on, cut off at
// the border of all. Neighbours share every corner of the towns between them, so there is no gap and no overlap.
type genLand struct {
	tree                     *genTree
	west, south, east, north int // in towns, what has grown
	town                     []genTown
}

// genTown is what one town has been given so far.
type genTown struct{ reaches, chiefs int }

// Widths: of a town in cells, of each other level in those below it. A town has some 250 km2, as towns have.
const (
	genTownCells  = 13
	genCounty     = 4
	genCity       = 3 * genCounty
	genProvince   = 4 * genCity
	genProvinces  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	reachesAChief = 5 // of a town
)

func newGenLand(t *genTree) *genLand {
	l := &genLand{tree: t, west: t.wide, south: t.high}
	for _, c := range t.grown {
		x, y := t.place(c)
		x, y = x/genTownCells, y/genTownCells
		l.west, l.south = min(l.west, x), min(l.south, y)
		l.east, l.north = max(l.east, x+1), max(l.north, y+1)
	}
	l.town = make([]genTown, (l.east-l.west)*(l.north-l.south))
	return l
}

// townAt gives the town of a cell in towns from the south-west corner of all.
func (l *genLand) townAt(cell int32) (x, y int) {
	x, y = l.tree.place(cell)
	return x/genTownCells - l.west, y/genTownCells - l.south
}

func (l *genLand) townNumber(cell int32) int {
	x, y := l.townAt(cell)
	return y*(l.east-l.west) + x
}

// code gives the code of the division at a town: of the town with width 1, of its county with genCounty and so on.
func (l *genLand) code(x, y, width int) string {
	provinces := (l.east - l.west + genProvince - 1) / genProvince
	p := y/genProvince*provinces + x/genProvince
	city := y%genProvince/genCity*4 + x%genProvince/genCity + 1
	county := y%genCity/genCounty*3 + x%genCity/genCounty + 1
	town := y%genCounty*4 + x%genCounty + 100
	switch width {
	case genProvince:
		return fmt.Sprintf("9%c0000000000", genProvinces[p])
	case genCity:
		return fmt.Sprintf("9%c%02d00000000", genProvinces[p], city)
	case genCounty:
		return fmt.Sprintf("9%c%02d%02d000000", genProvinces[p], city, county)
	default:
		return fmt.Sprintf("9%c%02d%02d%03d000", genProvinces[p], city, county, town)
	}
}

// outline gives the ring of the towns [x, x+width) x [y, y+width), cut off at the border of all, with a vertex at each
// corner of a town.
func (l *genLand) outline(x, y, width int) *geom.MultiPolygon {
	east, north := min(x+width, l.east-l.west), min(y+width, l.north-l.south)
	var flat []float64
	corner := func(x, y int) {
		lon, lat := l.tree.degrees(float64((x+l.west)*genTownCells), float64((y+l.south)*genTownCells))
		flat = append(flat, lon, lat)
	}
	for i := x; i < east; i++ {
		corner(i, y)
	}
	for i := y; i < north; i++ {
		corner(east, i)
	}
	for i := east; i > x; i-- {
		corner(i, north)
	}
	for i := north; i >= y; i-- {
		corner(x, i)
	}
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}})
}

// genRank is one level of the hierarchy.
type genRank struct {
	level       geo.Level
	width, over int
	kind, name  string
}

func genRanks() []genRank {
	return []genRank{
		{geo.Province, genProvince, 0, "省", "示例省"},
		{geo.City, genCity, genProvince, "地级市", "示例市"},
		{geo.County, genCounty, genCity, "县", "示例县"},
		{geo.Town, 1, genCounty, "镇", "示例镇"},
	}
}

// divisions gives all divisions, highest first, each with its head chief.
func (g *generator) divisions(ctx context.Context) error {
	if err := g.add(ctx, g.announcement()); err != nil {
		return err
	}
	wide, high := g.land.east-g.land.west, g.land.north-g.land.south
	if wide*high > len(genProvinces)*genProvince*genProvince {
		return geo.InvalidField("reaches", "%d reaches need more provinces than there are codes", g.spec.Reaches)
	}
	for _, rank := range genRanks() {
		n := 0
		for y := 0; y < high; y += rank.width {
			for x := 0; x < wide; x += rank.width {
				n++
				if err := g.add(ctx, g.division(rank, x, y, n)...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (g *generator) divisionKey(x, y, width int) pg.Key {
	return pg.CodeKey(genScheme, g.code(g.land.code(x, y, width)))
}

func (g *generator) division(rank genRank, x, y, n int) []pg.Row {
	key := g.divisionKey(x, y, rank.width)
	d := pg.Division{
		Record: g.record(key), CodeScheme: genScheme, Code: g.code(g.land.code(x, y, rank.width)),
		Name: fmt.Sprintf("%s%d", rank.name, n), Level: rank.level, Kind: rank.kind, Geom: g.land.outline(x, y, rank.width),
	}
	if rank.over > 0 {
		d.Parent = g.divisionKey(x, y, rank.over)
	}
	id := fmt.Sprintf("%d:%d", rank.level, n)
	post := pg.Post{
		Record: g.record(g.key("head:"+id, 0)), Level: rank.level, Role: "head_chief", DualRole: "party", Division: key, Title: d.Name + "总河长",
	}
	person := pg.Person{Record: g.record(g.key("head-person:"+id, 0)), Name: "示例" + d.Name[len("示例"):] + "总河长", IsSample: true}
	held := pg.Appointment{Record: g.record(g.key("head-term:"+id, 0)), Post: post.Key, Person: person.Key, Position: "书记"}
	return []pg.Row{d, post, person, held}
}
