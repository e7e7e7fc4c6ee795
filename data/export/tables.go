package export

import (
	"cmp"
	"slices"
	"strconv"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/demarc/zone"
	"hetu/geo/lref"
)

// StakeSheets lays stakes out as the printed table 界桩成果表, and signs as a second one, which is left out where there is none. X and Y are
// in the zone.
func StakeSheets(stakes []demarc.Stake, system crs.System) []Sheet {
	sheet := func(name string, rows []stake.Row) Sheet {
		head := stake.Head()
		s := Sheet{Name: name, Head: [][]string{head[0], head[1]}, Merges: [][2]string{{"D1", "G1"}}}
		for _, column := range []string{"A", "B", "C", "H", "I"} {
			s.Merges = append(s.Merges, [2]string{column + "1", column + "2"})
		}
		for _, r := range rows {
			cells := make([]any, 0, 9)
			for i, text := range r.Cells() {
				cells = append(cells, printed(i, text))
			}
			s.Rows = append(s.Rows, cells)
		}
		return s
	}
	table, signs := stake.Tables(stakes, system)
	out := []Sheet{sheet("界桩成果表", table)}
	if len(signs) > 0 {
		out = append(out, sheet("告示牌成果表", signs))
	}
	return out
}

// printed gives a cell of the stake table: X, Y and heights are numbers, and print as the text does.
func printed(column int, text string) any {
	decimals := map[int]int{5: 4, 6: 4, 7: 2}[column]
	if text == "" {
		return nil
	}
	if decimals == 0 {
		return text
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return number{v, decimals}
}

// certificates lays out one page a stake 移交证书.
func (c *contents) certificates() Sheet {
	s := Sheet{Name: "界桩移交证书"}
	row := func(cells ...any) { s.Rows = append(s.Rows, cells) }
	system := c.system
	if system.Kind != crs.GaussKruger {
		system = middleZone(c.Deliverable)
	}
	stakes := slices.Clone(c.Stakes)
	slices.SortStableFunc(stakes, func(a, b demarc.Stake) int {
		return cmp.Or(cmp.Compare(a.MeasureM, b.MeasureM), cmp.Compare(a.Bank, b.Bank), cmp.Compare(a.Number, b.Number))
	})
	for _, k := range stakes {
		r := stake.RowOf(k, system)
		place := c.named(k.Division)
		seat := ""
		for _, level := range []string{"province", "city", "county", "town"} {
			if name, ok := place[level].(string); ok {
				seat += name
			}
		}
		row("河道管理范围界桩移交证书")
		row("桩名(编号)", r.Name, "类型", r.Note)
		row("河流", c.River, "岸别", bankZh(k.Bank))
		row("里程", r.K, "所在位置(地名)", r.Place)
		row("经度", r.Lon, "纬度", r.Lat)
		row("X", printed(5, r.X), "Y", printed(6, r.Y))
		row("高程(1985国家高程基准)", printed(7, r.H), "图幅号(1:10000)", stake.MapSheet(k.Lon, k.Lat))
		row("坐标系", system.String(), "辖区", seat)
		row("移交单位", c.Unit, "日期", c.Dated.String())
		row("移交人(签字)", nil, "接收单位(盖章)", nil)
		row("接收人(签字)", nil, "接收日期", nil)
		row()
		s.breaks = append(s.breaks, len(s.Rows))
	}
	return s
}

// zoneSheets are the table of zones, and what they sum to by county and by town, the banks apart.
func (c *contents) zoneSheets() []Sheet {
	list := Sheet{Name: "岸线功能区", Head: [][]string{{"编号", "岸别", "功能区类型", "起点里程", "终点里程", "长度(km)", "面积(m2)", "起点经度", "起点纬度", "终点经度", "终点纬度", "市(州)", "区(县)", "乡镇", "划分依据", "管控要求"}}}
	for _, z := range c.Zones {
		v := c.zone(z).values
		ends := make([]any, 0, 4)
		for _, name := range []string{"lng_s", "lat_s", "lng_e", "lat_e"} {
			if f, ok := v[name].(float64); ok {
				ends = append(ends, number{f, 8})
			} else {
				ends = append(ends, nil)
			}
		}
		cells := []any{z.RegionID, bankZh(z.Bank), zoneZh(z.Type), v["from_k"], v["to_k"], number{z.LenKm, 2}, number{z.AreaM2, 2}}
		list.Rows = append(list.Rows, append(append(cells, ends...), v["city"], v["county"], v["town"], z.Basis, z.Restraints))
	}
	out := []Sheet{list}
	for _, by := range []struct {
		name  string
		level geo.Level
	}{{"按区(县)统计", geo.County}, {"按乡镇统计", geo.Town}} {
		out = append(out, c.statistics(by.name, by.level))
	}
	return out
}

// statistics is a table of what zones sum to: a row for each division and bank, then the river's, bank by bank. Shares are of the
// division's shoreline on that bank.
func (c *contents) statistics(name string, level geo.Level) Sheet {
	s := Sheet{Name: name, Head: [][]string{{"行政区划", "代码", "岸别"}, {"", "", ""}}, Merges: [][2]string{{"A1", "A2"}, {"B1", "B2"}, {"C1", "C2"}}}
	for i, t := range []demarc.ZoneType{demarc.Protected, demarc.Reserved, demarc.Controlled, demarc.Developed} {
		s.Head[0] = append(s.Head[0], zoneZh(t), "", "")
		s.Head[1] = append(s.Head[1], "个数", "长度(km)", "占比(%)")
		from, to := rune('D'+3*i), rune('F'+3*i)
		s.Merges = append(s.Merges, [2]string{string(from) + "1", string(to) + "1"})
	}
	s.Head[0], s.Head[1] = append(s.Head[0], "合计", ""), append(s.Head[1], "个数", "长度(km)")
	s.Merges = append(s.Merges, [2]string{"P1", "Q1"})
	by, river, _ := zone.Statistics(geo.Patient{}, c.Zones, c.Divisions, level) // who waits to the end gets no error
	add := func(name string, st zone.Stat) {
		row := []any{name, st.Division.Code, bankZh(st.Bank)}
		count := 0
		for _, t := range st.Types {
			count += t.Count
			row = append(row, t.Count, number{t.LengthM / 1000, 2}, t.Share.Percent())
		}
		s.Rows = append(s.Rows, append(row, count, number{st.LengthM / 1000, 2}))
	}
	for _, st := range by {
		name := st.Division.Name
		if name == "" {
			name = "(界外)"
		}
		add(name, st)
	}
	for _, st := range river {
		add("全河", st)
	}
	return s
}

func (c *contents) occupied() Sheet {
	s := Sheet{Name: "岸线占用", Head: [][]string{{"名称", "类别", "岸别", "区(县)", "占用长度(m)", "起点经度", "起点纬度", "终点经度", "终点纬度", "起点里程", "终点里程", "功能区", "备注"}}}
	for _, o := range c.Occupations {
		s.Rows = append(s.Rows, []any{
			o.Name, o.Class, bankZh(o.Bank), o.County,
			number{o.LengthM, 2},
			number{o.Start[0], 8},
			number{o.Start[1], 8},
			number{o.End[0], 8},
			number{o.End[1], 8},
			lref.Label(o.StartK), lref.Label(o.EndK), o.ZoneTypes, o.Notes,
		})
	}
	return s
}

func (c *contents) announced() Sheet {
	s := Sheet{Name: "公告附表", Head: [][]string{{"序号", "河流名称", "起点", "终点", "河道中心线长度(km)", "左岸管理范围线长度(km)", "右岸管理范围线长度(km)", "划定标准", "管理单位"}}}
	km := func(v *float64) any {
		if v == nil {
			return nil
		}
		return number{*v, 3}
	}
	for i, r := range c.Announced {
		s.Rows = append(s.Rows, []any{i + 1, r.Name, r.Start, r.End, km(r.LengthKm), km(r.LeftKm), km(r.RightKm), r.Rule, r.Unit})
	}
	return s
}
