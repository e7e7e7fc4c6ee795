package sample

import (
	"cmp"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

//go:embed county/*.csv
var countyTables embed.FS

// Counties gives the rows of 九原区 and 清镇市 to add, the same ones each time: loading them twice changes nothing.
//
// Keys: divisions and reaches have a code, so [pg.CodeKey]; rivers are named by [RiverKey], their routes likewise.
func Counties(ctx context.Context, add func(ctx context.Context, rows ...pg.Row) error) error {
	for _, build := range []func() (*county, error){jiuyuan, qingzhen} {
		c, err := build()
		if err != nil {
			return fmt.Errorf("draw the sample counties: %w", err)
		}
		if err := add(ctx, c.rows...); err != nil {
			return fmt.Errorf("load %s: %w", c.name, err)
		}
	}
	return nil
}

// RiverKey is the natural key of a sample river and of its route: its code is invented, so it is known by source, county and name.
func RiverKey(county, name string) pg.Key { return pg.Key("river:sample:" + county + ":" + name) }

// county is one county on its way into rows.
type county struct {
	code, name string
	article    string // the work summary that gives the figures
	dialling   string
	since      geo.Date // drawn as of this day
	rows       []pg.Row
	divisions  []*division
	towns      []*division
	rivers     []*river
	mesh       mesh
	reaches    []*reach
	seats      []*seat
	people     map[pg.Key]string
	phones     int
	boards     int
	sections   int
}

// division is a row of divisions.csv.
type division struct {
	key          pg.Key
	scheme, code string
	name, nameEn string
	level        geo.Level
	kind         string
	parent       pg.Key
	nodes        []string
	outline      []lonLat
}

// river is a row of rivers.csv with its line.
type river struct {
	name, nameEn string
	into         *river
	levels       []int16
	kind         string
	perennial    bool
	basin        float64
	statedM      float64 // the length that the article states, 0 when it states none
	cross        string
	head         string // source, or boundary where it comes from beyond the county
	sections     int    // water quality sections along it
	sources      int    // drinking-water sections
	line         []lonLat
	route        *geom.LineString // XYM, 0 at the mouth
	mouth        int              // the vertex of into that it ends on
	tributaries  []*river         // from the mouth up
	reaches      []*reach
}

func (r *river) length() float64 { return r.route.FlatCoords()[2] }

// runsAt tells whether a level manages the river.
func (r *river) runsAt(level geo.Level) bool {
	return slices.ContainsFunc(r.levels, func(l int16) bool { return geo.Level(l) == level })
}

// reach is a reach with the river it is of.
type reach struct {
	pg.Reach
	of *river
}

func newCounty(code, name, article, dialling string, since geo.Date) (*county, error) {
	c := &county{code: code, name: name, article: article, dialling: dialling, since: since, people: map[pg.Key]string{}}
	c.mesh = mesh{nodes: map[string]lonLat{}, borders: map[[2]string][]lonLat{}}
	for _, read := range []func() error{c.readNodes, c.readDivisions, c.readRivers} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// source names where a row comes from; what is added says which part of it is invented.
func (c *county) source(invented string) string { return c.article + "；示例：" + invented }

func (c *county) record(key pg.Key, valid geo.Period, invented string) pg.Record {
	return pg.Record{Key: key, Valid: valid, Source: c.source(invented)}
}

func (c *county) key(parts ...string) pg.Key {
	return pg.Key("sample:" + c.code + ":" + strings.Join(parts, ":"))
}

func (c *county) add(rows ...pg.Row) { c.rows = append(c.rows, rows...) }

// phone gives the next fictitious number.
func (c *county) phone() string {
	c.phones++
	return fmt.Sprintf("%s-000%04d（示例）", c.dialling, c.phones)
}

func (c *county) river(name string) *river {
	i := slices.IndexFunc(c.rivers, func(r *river) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return c.rivers[i]
}

// reachesAt gives the county's reaches of one level, in the order of their codes.
func (c *county) reachesAt(level geo.Level) []*reach {
	var out []*reach
	for _, r := range c.reaches {
		if r.Level == level {
			out = append(out, r)
		}
	}
	return out
}

// table reads the rows of an embedded table, without its head.
func table(name string) ([][]string, error) {
	f, err := countyTables.Open("county/" + name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return rows[1:], nil
}

func (c *county) readNodes() error {
	rows, err := table("nodes.csv")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row[0] != c.code {
			continue
		}
		p, err := position(row[2] + " " + row[3])
		if err != nil {
			return err
		}
		c.mesh.nodes[row[1]] = p
	}
	return nil
}

// readDivisions takes the county, what stands over it and its towns; villages are made by the county that has them.
func (c *county) readDivisions() error {
	rows, err := table("divisions.csv")
	if err != nil {
		return err
	}
	schemes := map[string]string{}
	for _, row := range rows {
		schemes[row[1]] = row[0]
		if row[1][:2] != c.code[:2] {
			continue
		}
		level, err := strconv.Atoi(row[4])
		if err != nil {
			return fmt.Errorf("the level of %s: %w", row[2], err)
		}
		d := &division{key: pg.CodeKey(row[0], row[1]), scheme: row[0], code: row[1], name: row[2], nameEn: row[3], level: geo.Level(level), kind: row[5], nodes: strings.Fields(row[7])}
		if row[6] != "" {
			d.parent = pg.CodeKey(schemes[row[6]], row[6])
		}
		c.divisions = append(c.divisions, d)
		if d.level == geo.Town {
			c.towns = append(c.towns, d)
		}
	}
	return nil
}

// outlines draws the borders. It comes after the rivers, because a river may be a border.
func (c *county) outlines() {
	for _, d := range c.divisions {
		if len(d.nodes) > 0 {
			d.outline = c.mesh.ring(d.nodes)
		}
	}
}

func (c *county) readRivers() error {
	rows, err := table("rivers.csv")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row[0] != c.code {
			continue
		}
		r, err := c.readRiver(row)
		if err != nil {
			return fmt.Errorf("river %s: %w", row[1], err)
		}
		c.rivers = append(c.rivers, r)
	}
	for _, r := range c.rivers {
		slices.SortFunc(r.tributaries, func(a, b *river) int { return cmp.Compare(b.mouth, a.mouth) })
	}
	return nil
}

func (c *county) readRiver(row []string) (*river, error) {
	r := &river{name: row[1], nameEn: row[2], kind: row[5], perennial: row[6] == "1", cross: row[9], head: row[10]}
	for level := range strings.SplitSeq(row[4], "") {
		l, err := strconv.ParseInt(level, 10, 16)
		if err != nil {
			return nil, err
		}
		r.levels = append(r.levels, int16(l))
	}
	var err error
	number := func(s string) float64 {
		v, e := strconv.ParseFloat(cmp.Or(s, "0"), 64)
		err = cmp.Or(err, e)
		return v
	}
	r.basin, r.statedM, r.sections, r.sources = number(row[7]), number(row[8]), int(number(row[11])), int(number(row[12]))
	if err != nil {
		return nil, err
	}
	var drawn []lonLat
	for s := range strings.SplitSeq(row[14], ";") {
		p, err := position(s)
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, p)
	}
	if row[3] != "" {
		if r.into = c.river(row[3]); r.into == nil {
			return nil, fmt.Errorf("it flows into %s, which is not drawn before it", row[3])
		}
		r.mouth = nearest(r.into.line, drawn[len(drawn)-1])
		drawn[len(drawn)-1] = r.into.line[r.mouth]
		r.into.tributaries = append(r.into.tributaries, r)
	}
	r.line = meander(r.name+row[13], 0.16, true, drawn...)
	if r.statedM > 0 {
		r.line = stretched(r.line, r.statedM)
	}
	r.route = lref.Measured(lineString(r.line), "mouth")
	return r, nil
}

// position reads "lon lat".
func position(s string) (lonLat, error) {
	lon, lat, _ := strings.Cut(s, " ")
	x, err := strconv.ParseFloat(lon, 64)
	if err != nil {
		return lonLat{}, err
	}
	y, err := strconv.ParseFloat(lat, 64)
	if err != nil {
		return lonLat{}, err
	}
	return lonLat{x, y}, nil
}

// claims adds the figures that the article states, to be compared with what is stored and with each other.
func (c *county) claims(on geo.Date) error {
	rows, err := table("claims.csv")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row[0] != c.code {
			continue
		}
		value, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return fmt.Errorf("the claim %s: %w", row[1], err)
		}
		c.add(pg.Claim{
			Record:   pg.Record{Key: c.key("claim", row[1], row[2]), Valid: geo.Since(on), Source: c.article + " " + row[4]},
			Division: c.division().key, Measure: row[1], Value: value, Unit: row[3], Article: c.article, Quote: row[5],
		})
	}
	return nil
}

func day(year int, month time.Month, d int) geo.Date { return geo.NewDate(year, month, d) }
