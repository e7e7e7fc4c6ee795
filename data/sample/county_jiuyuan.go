package sample

import (
	"fmt"

	"hetu/data/pg"
	"hetu/geo"
)

// jiuyuan makes 九原区 of S-1b (S-5 repeats it): facts F01 to F16. 16 rivers, 15 of them seasonal, come out of 大青山 and run
// south into 黄河; town borders cut them into 26 reaches.
func jiuyuan() (*county, error) {
	c, err := newCounty("150207", "九原区", "S-1b", "0472", day(2017, 1, 1))
	if err != nil {
		return nil, err
	}
	c.outlines()
	c.addDivisions()
	c.addRivers("大青山")
	c.addNetwork()
	whole := func(*river) int { return 1 }
	if err := c.addWholeReaches(geo.City, c.at(geo.City), whole); err != nil {
		return nil, err
	}
	if err := c.addWholeReaches(geo.County, c.division(), whole); err != nil {
		return nil, err
	}
	if err := c.addTownReaches("", nil, nil); err != nil {
		return nil, err
	}
	published := day(2017, 12, 1) // F12
	c.jiuyuanChiefs(published)
	if err := c.jiuyuanBoards(day(2017, 12, 20)); err != nil {
		return nil, err
	}
	if err := c.jiuyuanWater(day(2017, 11, 20)); err != nil {
		return nil, err
	}
	for _, r := range c.rivers[:12] { // F13: 12 of 16 are being written
		owner := int(r.levels[0])
		c.add(pg.Plan{
			Record: c.record(c.key("plan", r.name), geo.Since(day(2017, 12, 15)), "方案涉及的河流"),
			Name:   r.name + "一河一策方案（示例）", River: RiverKey(c.code, r.name), Edition: 1, Status: "draft", OwnerLevel: &owner,
		})
	}
	return c, c.claims(published)
}

// jiuyuanChiefs fills 4 city, 6 district and 38 town posts. Five persons hold the six district posts (F05), the party
// secretary and the head of the district among them (F09). Twelve of the 26 town reaches have two chiefs (F07).
func (c *county) jiuyuanChiefs(published geo.Date) {
	list := c.document("appointment", "九原区各级河长名单（示例）", "九原区人民政府门户网站", published)
	since := geo.Since(published)
	for i, r := range c.reachesAt(geo.City) {
		c.appoint(c.chiefPost(r, "none"), c.person(fmt.Sprintf("包头市%02d", i+1)), "副市长（示例）", since, list)
	}
	head, deputy := c.person("九原区01"), c.person("九原区02")
	c.appoint(c.headPost(c.division(), "head_chief", "none", "九原区总河长"), head, "区委书记（示例）", since, list)
	c.appoint(c.headPost(c.division(), "deputy_head_chief", "none", "九原区副总河长"), deputy, "区长（示例）", since, list)
	for i, r := range c.reachesAt(geo.County) {
		person := []int{1, 2, 3, 3, 4, 5}[i] // the third holds 四道沙河 and 二道沙河
		position := []string{"区委书记（示例）", "区长（示例）", "副区长（示例）"}[min(person, 3)-1]
		c.appoint(c.chiefPost(r, "none"), c.person(fmt.Sprintf("九原区%02d", person)), position, since, list)
	}
	n := 0
	for i, r := range c.reachesAt(geo.Town) {
		party, government := leaders(c.kindOf(r.Division))
		n++
		if i%13 >= 6 {
			c.appoint(c.chiefPost(r, "none"), c.person(fmt.Sprintf("九原镇街%02d", n)), government, since, list)
			continue
		}
		c.appoint(c.chiefPost(r, "party"), c.person(fmt.Sprintf("九原镇街%02d", n)), party, since, list)
		n++
		c.appoint(c.chiefPost(r, "government"), c.person(fmt.Sprintf("九原镇街%02d", n)), government, since, list)
	}
}

// jiuyuanBoards puts up 4 city boards, 2 district boards on the rivers that are the district's only, and 11 town boards
// for 26 reaches, so that 15 have none (F11).
func (c *county) jiuyuanBoards(made geo.Date) error {
	place := func(x *reach, share float64) error { return c.addBoard(x, x.FromM+(x.ToM-x.FromM)*share, "", made) }
	for _, x := range c.reachesAt(geo.City) {
		if err := place(x, 0.44); err != nil {
			return err
		}
	}
	for _, x := range c.reachesAt(geo.County) {
		if x.of.runsAt(geo.City) {
			continue
		}
		if err := place(x, 0.62); err != nil {
			return err
		}
	}
	for i, x := range c.reachesAt(geo.Town) {
		if (i+1)*11/26 == i*11/26 {
			continue
		}
		if err := place(x, 0.52); err != nil {
			return err
		}
	}
	return nil
}

// jiuyuanWater adds the two sections at the mouths into 黄河, which pass (F16).
func (c *county) jiuyuanWater(on geo.Date) error {
	for _, x := range [][2]string{{"哈德门沟", "哈德门入黄口"}, {"昆都仑河", "昆都仑河入黄口"}} {
		s, err := c.addSection(c.river(x[0]), x[1], "river_mouth", 100, 4)
		if err != nil {
			return err
		}
		c.sampled(s, on, 4)
	}
	return nil
}

// kindOf gives a division's kind.
func (c *county) kindOf(key pg.Key) string {
	for _, d := range c.divisions {
		if d.key == key {
			return d.kind
		}
	}
	return ""
}
