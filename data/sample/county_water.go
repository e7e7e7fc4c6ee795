package sample

import (
	"fmt"
	"math"
	"time"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// section is a water quality section with the river it is on.
type section struct {
	pg.Section
	of *river
}

// addSection adds a section on a river's centre line.
func (c *county) addSection(r *river, name, kind string, m float64, target int) (*section, error) {
	m = math.Round(m)
	lon, lat, err := lref.Locate(r.route, m)
	if err != nil {
		return nil, fmt.Errorf("section %s: %w", name, err)
	}
	c.sections++
	code := fmt.Sprintf("%s-S%03d", c.code, c.sections)
	s := &section{of: r, Section: pg.Section{
		Record: c.record(c.key("section", code), geo.Since(c.since), "名称与位置"),
		Code:   code, Name: name, Kind: kind, River: RiverKey(c.code, r.name), Route: RiverKey(c.code, r.name), MeasureM: &m, TargetClass: &target,
		Division: c.division().key, Geom: point(lonLat{lon, lat}.snapped()),
	}}
	c.add(s.Section)
	return s, nil
}

// sampled adds a sample of three indicators whose worst is of the class asked for: NH3-N has it, the others are at most III.
// Values lie inside the limits of the class.
func (c *county) sampled(s *section, on geo.Date, class int) {
	at := time.Date(on.Time().Year(), on.Time().Month(), on.Time().Day(), 2, 0, 0, 0, time.UTC) // 10:00 in China
	for _, x := range []struct {
		indicator string
		class     int
		values    [6]float64
	}{
		{"NH3-N", class, [6]float64{0.10, 0.35, 0.80, 1.20, 1.80, 2.60}},
		{"TP", min(class, 3), [6]float64{0.015, 0.07, 0.15, 0.25, 0.35, 0.50}},
		{"CODMn", min(class, 3), [6]float64{1.5, 3.2, 5.0, 8.0, 12, 18}},
	} {
		c.add(pg.Sample{
			Record:  c.record(c.key("sample", s.Code, on.String(), x.indicator), geo.Since(on), "监测数值"),
			Section: s.Key, TakenAt: at, Indicator: x.indicator, Value: &x.values[x.class-1], Unit: "mg/L", Class: &x.class, Method: "示例", Usable: true,
		})
	}
}

// addOutfall adds an outfall on a river's bank.
func (c *county) addOutfall(r *river, m float64, bank geo.Bank, n int, kind, approval string, monitored bool) error {
	m = math.Round(m)
	at, err := beside(r.route, m, bank, 15)
	if err != nil {
		return fmt.Errorf("outfall %d: %w", n, err)
	}
	code := fmt.Sprintf("%s-W%02d", c.code, n)
	in := c.town(at)
	c.add(pg.Outfall{
		Record: c.record(c.key("outfall", code), geo.Since(c.since), "名称与位置"),
		Code:   code, Name: fmt.Sprintf("示例入河排污口%02d", n), Kind: kind, Approval: approval, Monitor: &monitored,
		River: RiverKey(c.code, r.name), Route: RiverKey(c.code, r.name), MeasureM: &m, Bank: bank, Division: in, Geom: point(at),
	})
	return nil
}

// town gives the town at a place, the county where there is none.
func (c *county) town(p lonLat) pg.Key {
	for _, d := range c.towns {
		if within(d.outline, p) {
			return d.key
		}
	}
	return c.division().key
}
