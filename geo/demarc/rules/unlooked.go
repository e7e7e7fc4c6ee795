package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
)

// tellUnlooked says what the rule whose turn it is could not look at.
func (c *checker) tellUnlooked() {
	for _, u := range c.Unlooked {
		if u.Rule == c.rule.ID {
			if u.FromM == 0 && u.ToM == 0 {
				u.FromM, u.ToM = c.FromM, c.ToM
			}
			c.unlooked(u)
		}
	}
	switch c.rule.ID {
	case "G3":
		c.unless(len(c.towns) > 0, "没有河段所在行政区划的面，未核对是否在辖区内", "there is no polygon of a division here: whether the line lies in its division")
	case "G6":
		c.unsurveyed("没有测量的岸坎线和水边线", "neither the bank top nor the water's edge of %s was surveyed", demarc.BankTop, demarc.WaterEdge)
	case "G7":
		c.unsurveyed("没有任何测量线，不知是否有堤防", "nothing of %s was surveyed: whether a levee stands there", demarc.BankTop, demarc.WaterEdge, demarc.ToeLine, demarc.CrestLine)
		c.leveesUnlooked()
	case "G9":
		c.neighboursUnlooked()
	case "G12":
		c.widthsUnlooked()
	case "G13":
		c.candidateUnlooked()
	case "G14":
		c.stakesUnlooked()
	case "G16", "G18", "G19":
		c.wordsUnlooked()
	case "G17":
		c.waterUnlooked()
	case "G20":
		c.unless(c.Base != nil, "没有基础水系，只与河段中心线和测量岸线比较", "there is no base network: the line was held against its own route and surveyed banks alone")
	}
}

// unlooked adds what could not be looked at, if it touches the range that is looked at.
func (c *checker) unlooked(u Unlooked) {
	from, to := finite(u.FromM, c.FromM), finite(u.ToM, c.ToM)
	if !c.touches(from, to) {
		return
	}
	if u.Bank == "" {
		u.Bank = geo.Both
	}
	c.found = append(c.found, demarc.Finding{
		Rule: c.rule.ID, Severity: demarc.Info, Bank: u.Bank, FromM: from, ToM: to, Size: to - from, Unit: "m", Zh: "未检查：" + u.Zh + "。", En: "Not looked at: " + u.En + ".",
	})
}

// unless tells of the whole stretch why it was not looked at, unless it was.
func (c *checker) unless(looked bool, zh, en string) {
	if !looked {
		c.unlooked(Unlooked{FromM: c.FromM, ToM: c.ToM, Zh: zh, En: en})
	}
}

// unsurveyed tells of banks of which nothing of some kinds was surveyed; the English has a place for the bank.
func (c *checker) unsurveyed(zh, en string, kinds ...demarc.SurveyKind) {
	for _, bank := range c.banks() {
		if !slices.ContainsFunc(c.survey, func(s *surveyed) bool { return s.Bank == bank && slices.Contains(kinds, s.Kind) }) {
			c.unlooked(Unlooked{Bank: bank, FromM: c.FromM, ToM: c.ToM, Zh: zhBank(bank) + zh, En: fmt.Sprintf(en, enBank(bank))})
		}
	}
}

// leveesUnlooked tells where pieces say that they rest on a levee of which no toe was surveyed, and of levees for which the profile has no guard land.
func (c *checker) leveesUnlooked() {
	for _, p := range c.Lines.Pieces {
		if p.Basis == demarc.LeveeToe && !slices.ContainsFunc(c.survey, func(s *surveyed) bool { return s.Bank == p.Bank && s.landside() && c.opposite(s, p.FromM, p.ToM) }) {
			c.unlooked(Unlooked{
				Bank: p.Bank, FromM: p.FromM, ToM: p.ToM, Zh: zhBank(p.Bank) + "的分段以堤脚为依据，但没有测量的背水侧堤脚线，护堤地无从核对",
				En: "a piece of " + enBank(p.Bank) + " rests on the toe of a levee, and no landside toe was surveyed beside it: whether its guard land is held",
			})
		}
	}
	for _, s := range c.survey {
		if _, ok := c.Profile.width(demarc.LeveeToe, s.LeveeClass); s.landside() && !ok {
			from, to := s.beside(c)
			c.unlooked(Unlooked{
				Bank: s.Bank, FromM: from, ToM: to, Zh: fmt.Sprintf("规则集“%s”没有 %d 级堤防的护堤地宽度", c.Profile.Name, s.LeveeClass),
				En: fmt.Sprintf("the profile %q has no width of guard land for a levee of class %d, so that only the levee itself was held against the line", c.Profile.Name, s.LeveeClass),
			})
		}
	}
}

// landside tells of a surveyed line whether it is the toe that guard land begins at.
func (s *surveyed) landside() bool { return s.Kind == demarc.ToeLine && !s.Riverside }

// beside is the part of the route that a surveyed line lies beside.
func (s *surveyed) beside(c *checker) (fromM, toM float64) { return c.span(s.q, 0, s.count()-1) }

// opposite tells whether a surveyed line lies beside a range of the route, by more than a label is rounded.
func (c *checker) opposite(s *surveyed, fromM, toM float64) bool {
	from, to := s.beside(c)
	return min(to, toM)-max(from, fromM) > routeEndM
}

func (c *checker) neighboursUnlooked() {
	for _, n := range c.Neighbours {
		if n.Area == nil {
			c.unless(false, "相邻的“"+n.Name+"”的线构不成面，未核对重叠", "the lines of the neighbour "+n.Name+" close no area: whether it overlaps this one")
		}
	}
}

// widthsUnlooked tells of the bases that the profile has no width for, and of pieces with nothing surveyed to measure their width from.
func (c *checker) widthsUnlooked() {
	for _, bank := range c.banks() {
		var without, unmeasured []string
		from, to := math.Inf(1), math.Inf(-1)
		for i, p := range c.Lines.Pieces {
			if p.Bank != bank || p.Basis == demarc.Planned || p.Basis == demarc.Custom {
				continue
			}
			_, ok := c.Profile.width(p.Basis, c.classOf(i))
			measured := slices.ContainsFunc(c.restsOf(bank, p.Basis), func(s *surveyed) bool { return c.opposite(s, p.FromM, p.ToM) })
			if ok && measured {
				continue
			}
			if from, to = min(from, p.FromM), max(to, p.ToM); !ok && !slices.Contains(without, string(p.Basis)) {
				without = append(without, string(p.Basis))
			}
			if !measured && !slices.Contains(unmeasured, string(p.Basis)) {
				unmeasured = append(unmeasured, string(p.Basis))
			}
		}
		if without != nil {
			c.unlooked(Unlooked{
				Bank: bank, FromM: from, ToM: to, Zh: fmt.Sprintf("规则集“%s”没有 %s 的宽度", c.Profile.Name, strings.Join(without, "、")),
				En: fmt.Sprintf("the profile %q has no width for %s: whether widths of it are in range", c.Profile.Name, strings.Join(without, ", ")),
			})
		}
		if unmeasured != nil {
			c.unlooked(Unlooked{
				Bank: bank, FromM: from, ToM: to, Zh: fmt.Sprintf("%s没有 %s 所依据的测量线，无从量宽度", zhBank(bank), strings.Join(unmeasured, "、")),
				En: fmt.Sprintf("no line that %s rests on was surveyed beside %s: whether the width jumps", strings.Join(unmeasured, ", "), enBank(bank)),
			})
		}
	}
}

func (c *checker) candidateUnlooked() {
	if c.Candidate == nil && slices.ContainsFunc(c.Unlooked, func(u Unlooked) bool { return u.Rule == "G13" }) {
		return // who could draw none told why
	}
	for _, bank := range c.banks() {
		if c.candidate[bank] == nil {
			c.unlooked(Unlooked{
				Bank: bank, FromM: c.FromM, ToM: c.ToM, Zh: zhBank(bank) + "没有候选线可比，未查是否缩界",
				En: "there is no candidate of " + enBank(bank) + " to compare with: whether the line was shrunk",
			})
		}
	}
}

func (c *checker) stakesUnlooked() {
	if len(c.Stakes) == 0 {
		return
	}
	c.unless(c.Profile.MaxStakeSpacingM > 0, "规则集没有最大桩距，未核对桩距", "the profile has no greatest spacing: whether stakes stand too far apart")
	c.unless(c.StakeTable != nil, "交来的界桩成果表在收下时已核对、不另留存，导出的表由界桩本身生成：未核对表与图形",
		"a stake table is looked at when it is handed in and not kept, and the one that is exported is made of the stakes themselves: whether table and geometry agree")
}

func (c *checker) waterUnlooked() {
	for _, bank := range c.banks() {
		if c.water[bank] == nil && slices.ContainsFunc(c.Zones, func(z demarc.Zone) bool { return z.Bank == bank }) {
			c.unlooked(Unlooked{
				Bank: bank, FromM: c.FromM, ToM: c.ToM, Zh: zhBank(bank) + "没有测量的临水边界线，未核对功能区是否与它相接",
				En: "no near-water line of " + enBank(bank) + " was surveyed: whether its zones touch it",
			})
		}
	}
}

// wordsUnlooked tells which words were not there to be looked at.
func (c *checker) wordsUnlooked() {
	m := c.Meta
	switch c.rule.ID {
	case "G16":
		c.unless(!m.NoCodes || m.Code != "", "此处的管理范围没有自己的编码，未核对编码是否已知、唯一", "boundaries have no codes of their own here: whether this one's is known and unique")
		c.unless(m.Directory != nil, "没有本县的河流名录，未查重名", "there is no directory of the county's rivers: whether a name stands twice")
		c.unless(m.Listed != nil, "没有应有河流的清单，未查名录所列河流是否齐全", "there is no list of the rivers that the county has to have: whether all are there")
		c.unless(m.KnownDivisions != nil, "没有行政区划代码表，未核对区划", "there is no list of divisions: whether those that are named are known")
	case "G18":
		c.unless(m.Fields != nil, "没有成果字段", "there are no fields of deliverables")
		c.unless(m.Status != "draft" && m.Status != "checked" && m.Status != "consulted" && m.Status != "approved" || m.CheckedFor == "announced",
			"尚未公告：法定文件及其日期在公告时核对", "it is not announced yet: the legal document and its dates are looked at when it is")
	case "G19":
		c.unless(m.TextLengths != nil, "没有文字写明的长度可比", "no text tells a length to compare with")
	}
}
