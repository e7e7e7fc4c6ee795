package sample

import (
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
)

// announcement is the one document that all boundaries in force refer to.
func (g *generator) announcement() pg.LegalDoc {
	return pg.LegalDoc{
		Record: g.record(g.key("doc", 0)), Kind: "announcement", Number: "示例公告〔2020〕1号", Title: "示例河湖管理范围公告", Issuer: "示例省水利厅",
		Dated: geo.NewDate(2020, 1, 1),
	}
}

// townChief gives a reach its post and who holds it. One chief has some reaches of a town; of a hundred posts four are
// vacant since last year, two of these with somebody acting.
func (g *generator) townChief(n, town int, reach pg.Reach) []pg.Row {
	t := &g.land.town[town]
	rows := make([]pg.Row, 0, 6)
	if t.reaches%reachesAChief == 0 {
		t.chiefs++
		rows = append(rows, pg.Person{Record: g.record(g.townPerson(town, t.chiefs)), Name: fmt.Sprintf("示例%d-%d", town+1, t.chiefs), IsSample: true})
	}
	post := pg.Post{Record: g.record(g.key("post", n)), Level: geo.Town, Role: "chief", DualRole: "none", Reach: reach.Key, Title: "镇级河长"}
	h := genHash(g.spec.Seed+1, n)
	since := geo.NewDate(2021, 1, 1).AddDays(int(h >> 32 % 1500))
	term := pg.Appointment{Record: g.record(g.key("term", n)), Post: post.Key, Person: g.townPerson(town, t.chiefs), Position: "镇长"}
	term.Valid = geo.Since(since)
	rows = append(rows, post)
	if h%100 >= 4 {
		return append(rows, term)
	}
	term.Valid.To = geo.NewDate(2025, 7, 1)
	rows = append(rows, term)
	if h%2 == 0 {
		acting := term
		acting.Record = g.record(g.key("acting", n))
		acting.Valid, acting.Person, acting.Acting = geo.Since(term.Valid.To), g.townPerson(town, 1), true
		rows = append(rows, acting)
	}
	return rows
}

func (g *generator) townPerson(town, n int) pg.Key { return g.key(fmt.Sprintf("person:%d", town), n) }

// riverChiefs gives a river of some size a chief at each level above the town.
func (g *generator) riverChiefs(r *genRiver, levels []int16) []pg.Row {
	var rows []pg.Row
	for _, level := range levels[:len(levels)-1] {
		id := fmt.Sprintf("river:%d", level)
		post := pg.Post{
			Record: g.record(g.key("post:"+id, r.n)), Level: geo.Level(level), Role: "chief", DualRole: "government", River: r.key,
			Title: []string{"", "省级河长", "市级河长", "县级河长"}[level],
		}
		person := pg.Person{Record: g.record(g.key("person:"+id, r.n)), Name: fmt.Sprintf("示例%s%d", post.Title, r.n+1), IsSample: true}
		term := pg.Appointment{Record: g.record(g.key("term:"+id, r.n)), Post: post.Key, Person: person.Key, Position: "副职领导"}
		rows = append(rows, post, person, term)
	}
	return rows
}

// boardOf gives a reach a board on one of its banks.
func (g *generator) boardOf(reach pg.Reach, river string) pg.Board {
	n := g.boards
	g.boards++
	h := genHash(g.spec.Seed+3, n)
	line := genLine{flat: reach.Geom.FlatCoords()}
	bank := []geo.Bank{geo.Left, geo.Right}[h%2]
	lon, lat := line.beside(1+int(h>>8&0xffff)%(len(line.flat)/2-2), bank, 12+float64(h>>32%30))
	state := "ok"
	if h>>16%10 == 0 {
		state = []string{"tilted", "broken", "deformed", "faded", "aged"}[h>>20%5]
	}
	made := geo.NewDate(2022, 1, 1).AddDays(int(h >> 40 % 1400))
	return pg.Board{
		Record: g.record(g.key("board", n)), Code: g.code(fmt.Sprintf("B%08d", n+1)), Level: geo.Town, Reaches: []pg.Key{reach.Key}, Bank: bank,
		Division: reach.Division, SiteText: reach.Name + "岸边", InstalledOn: made, ContentDate: made,
		Content: map[string]any{"river": river, "reach": reach.Name}, State: state, LastChecked: geo.NewDate(2026, 6, 1),
		Geom: geom.NewPointFlat(geom.XY, []float64{lon, lat}),
	}
}

// beside gives a place so many metres to a bank of an inner vertex, or nearer where the river bends too tightly for that.
func (l genLine) beside(vertex int, bank geo.Bank, metres float64) (lon, lat float64) {
	for range 6 {
		if at := l.offset(vertex-1, vertex+1, bank, metres); len(at) > 0 {
			return at[0], at[1]
		}
		metres /= 2
	}
	return l.flat[2*vertex], l.flat[2*vertex+1]
}
