package ingest

import (
	"slices"
	"strings"

	"hetu/geo"
)

// field is what a target reads from a column: its name for --map and --set, and the headings it is known by, best first.
type field struct {
	name     string
	headings []string
	required bool
}

// placeFields are the columns that geometry of a table without any is made of.
func placeFields() []field {
	return []field{
		{name: "wkt", headings: []string{"wkt", "the_geom", "geom", "geometry", "几何"}},
		{name: "x", headings: []string{"x", "经度", "lon", "lng", "longitude", "东坐标", "横坐标", "x坐标", "坐标x"}},
		{name: "y", headings: []string{"y", "纬度", "lat", "latitude", "北坐标", "纵坐标", "y坐标", "坐标y"}},
		{name: "z", headings: []string{"z", "高程", "elev", "elevation", "h"}},
	}
}

// columns tells which column each field is read from, and which value it has for all rows.
type columns struct {
	at    map[string]int
	fixed map[string]string
}

// get gives a row's value of a field, trimmed; "" when it has none.
func (c *columns) get(r row, name string) string {
	if i, ok := c.at[name]; ok && i < len(r.values) {
		if v := strings.TrimSpace(r.values[i]); v != "" {
			return v
		}
	}
	return c.fixed[name]
}

func (c *columns) has(name string) bool {
	_, at := c.at[name]
	_, fixed := c.fixed[name]
	return at || fixed
}

// allHeadings lists every heading that any target knows, to repair damaged ones by.
func allHeadings() []string {
	var out []string
	for _, t := range targets() {
		for _, f := range t.fields {
			out = append(out, f.headings...)
		}
	}
	out = append(out, "英文名", "英文名称", "等级", "河流等级", "长度", "日期", "人口", "代码")
	slices.Sort(out)
	return slices.Compact(out)
}

// mapColumns joins the headings to the fields of the target: what --map tells first, then the known headings, the better one
// where two columns claim a field. A required field without a column or a value is an error that names what is missing.
func mapColumns(t *table, fields []field, req *Request, rep *Report) (*columns, error) {
	c := &columns{at: map[string]int{}, fixed: map[string]string{}}
	known := func(name string) bool {
		return slices.ContainsFunc(fields, func(f field) bool { return f.name == name })
	}
	taken := map[int]bool{}
	for _, heading := range sortedKeys(req.Map) {
		name := req.Map[heading]
		i := slices.IndexFunc(t.heads, func(h string) bool { return sameHeading(h, heading) })
		switch {
		case i < 0:
			return nil, geo.InvalidField("map", "there is no column %q; there are %s", heading, strings.Join(t.heads, ", "))
		case name == "-":
			taken[i] = true
			continue
		case !known(name):
			return nil, geo.InvalidField("map", "there is no field %q; there are %s", name, fieldNames(fields))
		}
		c.at[name], taken[i] = i, true
		rep.Columns = append(rep.Columns, Column{Heading: t.heads[i], Field: name, How: Told})
	}
	for _, name := range sortedKeys(req.Set) {
		if !known(name) {
			return nil, geo.InvalidField("set", "there is no field %q; there are %s", name, fieldNames(fields))
		}
		c.fixed[name] = req.Set[name]
	}
	for _, f := range fields {
		c.find(t, f, taken, rep)
	}
	for i, h := range t.heads {
		if !taken[i] {
			rep.Unused = append(rep.Unused, h)
		}
	}
	return c, nil
}

// find takes the best heading that is free for a field.
func (c *columns) find(t *table, f field, taken map[int]bool, rep *Report) {
	if _, ok := c.at[f.name]; ok {
		return
	}
	for _, heading := range f.headings {
		for i, h := range t.heads {
			if !taken[i] && sameHeading(h, heading) {
				c.at[f.name], taken[i] = i, true
				rep.Columns = append(rep.Columns, Column{Heading: h, Field: f.name, How: Found})
				return
			}
		}
	}
	if _, ok := c.fixed[f.name]; !ok {
		rep.Unmapped = append(rep.Unmapped, f.name)
	}
}

// required names the fields that have neither a column nor a value.
func (c *columns) required(fields []field, target string) error {
	var missing []string
	for _, f := range fields {
		if f.required && !c.has(f.name) {
			missing = append(missing, f.name+" ("+strings.Join(f.headings[:min(4, len(f.headings))], ", ")+")")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return geo.Errorf(geo.CodeRefused, "a %s needs what no column gives: %s; name the column with --map HEADING=FIELD or one value for all rows with --set FIELD=VALUE", target, strings.Join(missing, "; "))
}

func sameHeading(a, b string) bool {
	clean := strings.NewReplacer(" ", "", "　", "", "（", "(", "）", ")", "\ufeff", "")
	return strings.EqualFold(clean.Replace(a), clean.Replace(b))
}

func fieldNames(fields []field) string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return strings.Join(out, ", ")
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
