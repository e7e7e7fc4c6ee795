package sample

import (
	"fmt"
	"slices"

	"hetu/data/pg"
	"hetu/geo"
)

// qingzhenBorder is the river that has one town on its left bank and another on its right: their border is its line.
const qingzhenBorder = "示例河09"

// qingzhenSurveyed is the river that has bank lines, so that there is one to draft a management boundary of.
const qingzhenSurveyed = "争旗冲"

// qingzhen makes 清镇市 of S-6: facts F39 to F49 and the lengths of F56. The article gives 74 rivers in one place and 14 + 54
// in another; here are 74, 14 of the county and 60 of the towns, with what the article says beside them as claims.
func qingzhen() (*county, error) {
	c, err := newCounty("520181", "清镇市", "S-6", "0851", day(2017, 1, 1))
	if err != nil {
		return nil, err
	}
	c.mesh.follow("p1", "c", c.river(qingzhenBorder).line)
	c.outlines()
	c.addDivisions()
	c.addRivers("")
	c.addNetwork()
	err = c.addWholeReaches(geo.County, c.division(), func(r *river) int {
		if r.name == "乌江干流鸭池河" || r.name == "暗流河" {
			return 2 // so that 14 rivers have the 16 chiefs of F41
		}
		return 1
	})
	if err != nil {
		return nil, err
	}
	if err := c.addTownReaches(qingzhenBorder, c.named("示例一乡"), c.named("示例二乡")); err != nil {
		return nil, err
	}
	villages := c.addVillages(181)
	list := c.document("appointment", "清镇市各级河长名单（示例）", "清镇市人民政府", c.since)
	c.qingzhenCountyChiefs(list)
	c.qingzhenTownChiefs(villages, list)
	if err := c.qingzhenBoards(villages); err != nil {
		return nil, err
	}
	if err := c.qingzhenWater(); err != nil {
		return nil, err
	}
	if err := c.qingzhenOutfalls(); err != nil {
		return nil, err
	}
	if err := c.addBankLines(c.river(qingzhenSurveyed)); err != nil {
		return nil, err
	}
	return c, c.claims(c.since)
}

func (c *county) named(name string) *division {
	return c.divisions[slices.IndexFunc(c.divisions, func(d *division) bool { return d.name == name })]
}

// addVillages shares villages out among the towns. They have a name and no geometry.
func (c *county) addVillages(n int) []*division {
	var out []*division
	for i := range n {
		town := c.towns[i%len(c.towns)]
		code := fmt.Sprintf("%s%03d", town.code[:9], 201+i/len(c.towns))
		v := &division{key: pg.CodeKey("sample", code), code: code, name: fmt.Sprintf("示例%03d村", i+1), level: geo.Village, kind: "行政村", parent: town.key}
		c.add(pg.Division{
			Record:     c.record(v.key, geo.Since(c.since), "村名与代码"),
			CodeScheme: "sample", Code: v.code, Name: v.name, Level: v.level, Kind: v.kind, Parent: v.parent,
		})
		out = append(out, v)
	}
	return out
}

// qingzhenCountyChiefs gives 16 persons (F41) the 16 county reaches; two of them are the two head chiefs (F40). In spring 2018
// the chief of 猫跳河 changes and the one of 东门河左二支流 leaves with none to follow, so the acting chief stands in (F48, F49).
func (c *county) qingzhenCountyChiefs(list pg.Key) {
	since := geo.Since(c.since)
	person := func(n int) pg.Key { return c.person(fmt.Sprintf("清镇市%02d", n)) }
	c.appoint(c.headPost(c.division(), "head_chief", "party", "清镇市总河长"), person(1), "市委书记（示例）", since, list)
	c.appoint(c.headPost(c.division(), "head_chief", "government", "清镇市总河长"), person(2), "市长（示例）", since, list)
	for i, r := range c.reachesAt(geo.County) {
		position := []string{"市委书记（示例）", "市长（示例）", "副市长（示例）"}[min(i, 2)]
		s := c.chiefPost(r, "none")
		switch r.of.name {
		case "猫跳河":
			change := day(2018, 4, 16)
			c.appoint(s, person(i+1), position, geo.Period{From: c.since, To: change}, list)
			c.appoint(s, person(17), position, geo.Since(change), c.document("appointment", "清镇市河长调整（示例）", "清镇市人民政府", change))
		case "东门河左二支流":
			left := day(2018, 5, 7)
			c.appoint(s, person(i+1), position, geo.Period{From: c.since, To: left}, list)
			c.act(s, person(4), "市级执行河长（示例）", geo.Since(left), "岗位变动，新河长待定，由市级执行河长代管")
		default:
			c.appoint(s, person(i+1), position, since, list)
		}
	}
}

// qingzhenTownChiefs: towns and villages have two chiefs each, one of the party, one of the government; a town also has a
// deputy head chief (F40). A town's two answer for all its reaches, a village's for the village.
func (c *county) qingzhenTownChiefs(villages []*division, list pg.Key) {
	since := geo.Since(c.since)
	for _, t := range c.towns {
		c.appoint(c.headPost(t, "deputy_head_chief", "none", t.name+"副总河长"), c.person(t.name+"副职"), "副职（示例）", since, list)
		party, government := leaders(t.kind)
		for _, r := range c.reachesAt(geo.Town) {
			if r.Division != t.key {
				continue
			}
			c.appoint(c.chiefPost(r, "party"), c.person(t.name+"书记"), party, since, list)
			c.appoint(c.chiefPost(r, "government"), c.person(t.name+"行政主官"), government, since, list)
		}
	}
	for _, v := range villages {
		c.appoint(c.headPost(v, "chief", "party", v.name+"村级河长"), c.person(v.name+"支书"), "村支书（示例）", since, list)
		c.appoint(c.headPost(v, "chief", "government", v.name+"村级河长"), c.person(v.name+"主任"), "村主任（示例）", since, list)
	}
}

// qingzhenBoards puts up 56 county boards in April 2017, four on each of 14 rivers, and 71 of towns and villages (F44), which
// the article does not tell apart: here 60 of the towns, one on each of their rivers, and 11 of villages, on the first 11 of
// these. The four of 猫跳河 are replaced in May 2018 (F48), the four of 东门河左二支流 are not.
func (c *county) qingzhenBoards(villages []*division) error {
	for _, r := range c.rivers {
		if !r.runsAt(geo.County) {
			continue
		}
		made := []geo.Date{day(2017, 4, 20)}
		if r.name == "猫跳河" {
			made = append(made, day(2018, 5, 18))
		}
		for i := range 4 {
			m := r.length() * (float64(i) + 0.47) / 4
			if err := c.addBoard(r.reachAt(geo.County, m), m, "", made...); err != nil {
				return err
			}
		}
	}
	made, left := day(2017, 9, 15), 11
	for _, r := range c.rivers {
		if r.runsAt(geo.County) {
			continue
		}
		m := r.length() * 0.55
		if err := c.addBoard(r.reachAt(geo.Town, m), m, "", made); err != nil {
			return err
		}
		if left == 0 {
			continue
		}
		left--
		m = r.length() * 0.25
		x := r.reachAt(geo.Town, m)
		i := slices.IndexFunc(villages, func(v *division) bool { return v.parent == x.Division })
		if err := c.addBoard(x, m, villages[i].key, made); err != nil {
			return err
		}
	}
	return nil
}

// qingzhenWater adds 54 river sections and 9 of drinking-water sources. By 27 April 2017 26 of the 54 pass (F45). In November
// 东门河 fails, the lower section of 长冲河 passes one time and fails the next, all others pass (F46).
func (c *county) qingzhenWater() error {
	var rivers, sources []*section
	for _, r := range c.rivers {
		for i := range r.sections {
			s, err := c.addSection(r, r.name+place(i, r.sections)+"断面", "county", r.length()*(float64(i)+0.5)/float64(r.sections), 3)
			if err != nil {
				return err
			}
			rivers = append(rivers, s)
		}
		for i := range r.sources {
			s, err := c.addSection(r, r.name+"饮用水源"+place(i, r.sources)+"断面", "drinking_source", r.length()*(float64(i)+0.7)/float64(r.sources), 2)
			if err != nil {
				return err
			}
			sources = append(sources, s)
		}
	}
	april, november := day(2017, 4, 24), day(2017, 11, 14)
	for i, s := range sources {
		c.sampled(s, april.AddDays(i%4), 2)
		c.sampled(s, november, 2)
	}
	poor := []string{"东门河", "东门河左二支流", "争旗冲", "长冲河"}
	rest := 0
	for _, s := range rivers {
		if !slices.Contains(poor, s.of.name) {
			rest++
		}
	}
	n := 0
	for i, s := range rivers {
		class := 4
		switch {
		case s.of.name == "东门河":
			class = 5
		case !slices.Contains(poor, s.of.name):
			if n++; n*26/rest > (n-1)*26/rest {
				class = 2 + i%2
			}
		}
		c.sampled(s, april.AddDays(i%4), class)
		switch {
		case s.of.name == "东门河":
			c.sampled(s, november, 4)
		case s.Name == "长冲河下游断面":
			for j, on := range []geo.Date{day(2017, 5, 16), day(2017, 6, 14), day(2017, 7, 18), day(2017, 8, 15), day(2017, 9, 13), day(2017, 10, 17), november, day(2017, 11, 28)} {
				c.sampled(s, on, 3+j%2)
			}
		default:
			c.sampled(s, november, 2+i%2)
		}
	}
	return nil
}

// place names the i-th of n sections, counted from the mouth up.
func place(i, n int) string {
	switch n {
	case 1:
		return ""
	case 2:
		return []string{"下游", "上游"}[i]
	case 3:
		return []string{"下游", "中游", "上游"}[i]
	default:
		return fmt.Sprintf("%d号", i+1)
	}
}

// qingzhenOutfalls adds 10 outfalls: 7 approved, 2 to be approved, 1 to close; the nine that stay are monitored (F47).
func (c *county) qingzhenOutfalls() error {
	names := []string{"东门河", "东门河", "东门河", "长冲河", "长冲河", "猫跳河", "猫跳河", "暗流河", "示例河01", "东门河左二支流"}
	for i, name := range names {
		r := c.river(name)
		kind, approval := "municipal", "approved"
		if i >= 6 {
			kind = "industrial"
		}
		if i == 7 || i == 8 {
			approval = "pending"
		}
		if i == 9 {
			approval = "closing"
		}
		m := r.length() * (0.18 + 0.22*float64(i%4))
		if err := c.addOutfall(r, m, []geo.Bank{geo.Left, geo.Right}[i%2], i+1, kind, approval, i != 9); err != nil {
			return err
		}
	}
	return nil
}
