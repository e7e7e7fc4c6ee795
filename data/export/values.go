package export

import (
	"cmp"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// outsideM is how far outside of all divisions a line may lie and still be of the nearest.
const outsideM = 50.0

// record is one feature of a layer: a geometry in degrees, and its values by name. A text, an int, a float64, or nil for none.
type record struct {
	geom   geom.T
	values map[string]any
}

// valuesOf lists the values that a layer of each kind has.
func valuesOf() map[string][]string {
	place := []string{"river", "river_code", "province", "city", "county", "town", "pac", "date", "version", "unit", "gid"}
	with := func(names ...string) []string { return append(names, place...) }
	stakes := with("name", "number", "kind", "tier", "k", "measure_m", "place", "bank", "side", "x_north", "y_east", "lon", "lat", "elev", "gb", "map_sheet")
	return map[string][]string{
		"boundary": with("name", "bank", "side", "basis", "width_m", "length_m", "from_k", "to_k", "from_m", "to_m", "source"),
		"area":     with("name", "bank", "area_m2"),
		"stake":    stakes, "sign": stakes, "point": stakes,
		"zone":  with("name", "regionid", "type", "type_name", "bank", "side", "area_m2", "len_km", "lng_s", "lat_s", "lng_e", "lat_e", "basis", "restraints", "from_k", "to_k"),
		"flood": with("name", "kind", "bank", "side", "source"),
	}
}

func bankZh(bank geo.Bank) string {
	switch bank {
	case geo.Left:
		return "左岸"
	case geo.Right:
		return "右岸"
	case geo.Both:
		return "两岸"
	default:
		return ""
	}
}

func side(bank geo.Bank) any {
	switch bank {
	case geo.Left:
		return 1
	case geo.Right:
		return 2
	default:
		return nil
	}
}

func basisZh(b demarc.Basis) string {
	return map[demarc.Basis]string{
		demarc.LeveeToe: "堤脚", demarc.Revetment: "护岸", demarc.NaturalBank: "自然岸坎", demarc.DesignFlood: "设计洪水位",
		demarc.HistoricFlood: "历史最高洪水位", demarc.Planned: "规划", demarc.Custom: "其他",
	}[b]
}

func zoneZh(t demarc.ZoneType) string {
	return map[demarc.ZoneType]string{demarc.Protected: "保护区", demarc.Reserved: "保留区", demarc.Controlled: "控制利用区", demarc.Developed: "开发利用区"}[t]
}

// contents is a deliverable with what its values need.
type contents struct {
	Deliverable
	system crs.System
	byID   map[int64]demarc.Division
	towns  []demarc.Division
	shapes []*overlay.Shape
}

func newContents(d Deliverable, system crs.System) *contents {
	c := &contents{Deliverable: d, system: system, byID: map[int64]demarc.Division{}}
	lowest := geo.Level(0)
	for _, v := range d.Divisions {
		c.byID[v.ID] = v
		if v.Level <= geo.Town && v.Geom != nil {
			lowest = max(lowest, v.Level)
		}
	}
	for _, v := range d.Divisions {
		if v.Level == lowest && v.Geom != nil {
			c.towns = append(c.towns, v)
		}
	}
	slices.SortStableFunc(c.towns, func(a, b demarc.Division) int { return cmp.Compare(a.Code, b.Code) })
	for _, v := range c.towns {
		c.shapes = append(c.shapes, overlay.NewShape(v.Geom))
	}
	return c
}

// middleZone is the 3-degree zone of the middle of the boundary.
func middleZone(d Deliverable) crs.System { return stake.ZoneOf(middle(d), false) }

// middle is the longitude of the middle of the boundary.
func middle(d Deliverable) float64 {
	west, east := math.Inf(1), math.Inf(-1)
	add := func(lon float64) { west, east = min(west, lon), max(east, lon) }
	for _, p := range d.Lines.Pieces {
		if p.Line != nil {
			for i := range p.Line.NumCoords() {
				add(p.Line.Coord(i)[0])
			}
		}
	}
	for _, s := range d.Stakes {
		add(s.Lon)
	}
	for _, a := range d.Areas {
		for i := 0; a.Geom != nil && i < len(a.Geom.FlatCoords()); i += a.Geom.Stride() {
			add(a.Geom.FlatCoords()[i])
		}
	}
	if west > east {
		return 105
	}
	return (west + east) / 2
}

// named gives the values that tell a division and what all features have.
func (c *contents) named(division int64) map[string]any {
	out := map[string]any{
		"river": c.River, "river_code": c.RiverCode, "date": c.Dated.String(), "version": itoa(c.Version), "unit": c.Unit, "name": c.River,
		"province": "", "city": "", "county": "", "town": "", "pac": "",
	}
	d, ok := c.byID[division]
	if ok {
		out["pac"] = d.Code
	}
	for n := 0; ok && n < 8; n++ {
		switch d.Level {
		case geo.Province:
			out["province"] = d.Name
		case geo.City:
			out["city"] = d.Name
		case geo.County:
			out["county"] = d.Name
		case geo.Town:
			out["town"] = d.Name
		}
		d, ok = c.byID[d.Parent]
	}
	return out
}

// records gives the features of a layer, in an order that the same contents always have.
func (c *contents) records(of string) []record {
	var out []record
	switch of {
	case "boundary":
		out = c.boundary()
	case "area":
		for _, a := range c.Areas {
			v := c.named(a.Division)
			v["bank"], v["area_m2"] = bankZh(geo.Both), a.AreaM2
			out = append(out, record{a.Geom, v})
		}
	case "stake", "sign", "point":
		for _, s := range c.Stakes {
			if sign := s.Kind == demarc.Sign; of == "point" || sign == (of == "sign") {
				out = append(out, c.stake(s))
			}
		}
	case "zone":
		for _, z := range c.Zones {
			out = append(out, c.zone(z))
		}
	case "flood":
		for _, f := range c.Flood {
			v := c.named(0)
			v["kind"], v["bank"], v["side"], v["source"] = "设计洪水位线", bankZh(f.Bank), side(f.Bank), f.Source
			if f.Historic {
				v["kind"] = "历史最高洪水位线"
			}
			out = append(out, record{f.Line, v})
		}
	}
	for i := range out {
		out[i].values["gid"] = i + 1
	}
	return slices.DeleteFunc(out, func(r record) bool { return empty(r.geom) })
}

func empty(g geom.T) bool {
	switch g := g.(type) {
	case *geom.LineString:
		return g == nil || g.NumCoords() < 2
	case *geom.MultiPolygon:
		return g == nil || g.NumPolygons() == 0
	case *geom.Point:
		return g == nil || g.Empty()
	default:
		return true
	}
}

// boundary gives the pieces of the line and what joins them along a bank, cut at the borders of towns.
func (c *contents) boundary() []record {
	var out []record
	var along *lref.Finder
	if c.Route != nil {
		along = lref.NewFinder(c.Route)
	}
	for _, p := range append(slices.Clone(c.Lines.Pieces), c.joints()...) {
		if p.Line == nil || p.Line.NumCoords() < 2 {
			continue
		}
		for _, part := range overlay.Partition(p.Line.FlatCoords(), p.Line.Stride(), c.shapes, outsideM) {
			division := int64(0)
			if part.Of >= 0 {
				division = c.towns[part.Of].ID
			}
			v := c.named(division)
			v["bank"], v["side"], v["basis"], v["width_m"], v["length_m"] = bankZh(p.Bank), side(p.Bank), basisZh(p.Basis), p.WidthM, part.LengthM()
			from, to := rangeOf(p, part.Flat, along)
			v["from_m"], v["to_m"], v["from_k"], v["to_k"], v["source"] = from, to, lref.Label(from), lref.Label(to), p.Source
			if v["name"] = c.River + "管理范围线"; p.Basis == joint {
				v["basis"], v["width_m"] = "连接线", nil
			}
			out = append(out, record{geom.NewLineStringFlat(geom.XY, part.Flat), v})
		}
	}
	return out
}

// rangeOf gives the measures between which a part of a piece lies: the piece's own at its ends, and where a border cuts it those of the route there.
func rangeOf(p demarc.Piece, part []float64, along *lref.Finder) (from, to float64) {
	if along == nil || p.FromM == p.ToM {
		return p.FromM, p.ToM
	}
	line, n := p.Line.FlatCoords(), p.Line.Stride()
	first, last := along.MeasureOf(line[0], line[1]), along.MeasureOf(line[len(line)-n], line[len(line)-n+1])
	up, down := p.FromM, p.ToM
	if first > last { // measures fall downstream
		up, down = down, up
	}
	at := func(x, y float64) float64 { return min(max(along.MeasureOf(x, y), p.FromM), p.ToM) }
	if part[0] != line[0] || part[1] != line[1] {
		up = at(part[0], part[1])
	}
	if k := len(part); part[k-2] != line[len(line)-n] || part[k-1] != line[len(line)-n+1] {
		down = at(part[k-2], part[k-1])
	}
	return min(up, down), max(up, down)
}

// joint marks a connector among pieces.
const joint demarc.Basis = "joint"

// joints gives the connectors along a bank as pieces; those across the river, and across mouths, belong to the area alone.
func (c *contents) joints() []demarc.Piece {
	var out []demarc.Piece
	for _, k := range c.Lines.Connectors {
		if (k.Kind == demarc.AtChange || k.Kind == demarc.AtBorder) && (k.Bank == geo.Left || k.Bank == geo.Right) {
			out = append(out, demarc.Piece{Bank: k.Bank, FromM: k.AtM, ToM: k.AtM, Basis: joint, Line: k.Line})
		}
	}
	return out
}

func (c *contents) stake(s demarc.Stake) record {
	v := c.named(s.Division)
	system := c.system
	if system.Kind != crs.GaussKruger {
		system = middleZone(c.Deliverable)
	}
	east, north := system.FromLonLat(s.Lon, s.Lat)
	v["name"], v["kind"], v["k"], v["measure_m"], v["place"], v["bank"], v["side"] = s.Name, stake.KindNote(s.Kind), lref.Label(s.MeasureM), s.MeasureM, s.Place, bankZh(s.Bank), side(s.Bank)
	v["number"], v["x_north"], v["y_east"], v["lon"], v["lat"], v["elev"] = s.Number, north, east, s.Lon, s.Lat, nil
	v["gb"], v["map_sheet"], v["tier"] = "910100", stake.MapSheet(s.Lon, s.Lat), map[demarc.StakeTier]string{demarc.Basic: "基本桩", demarc.Dense: "加密桩"}[s.Tier]
	if s.Kind == demarc.Sign {
		v["gb"] = "910104"
	}
	if s.H1985 != nil {
		v["elev"] = *s.H1985
	}
	return record{geom.NewPointFlat(geom.XY, []float64{s.Lon, s.Lat}), v}
}

func (c *contents) zone(z demarc.Zone) record {
	v := c.named(c.divisionOf(z))
	v["regionid"], v["type"], v["type_name"], v["bank"], v["side"] = z.RegionID, int(z.Type), zoneZh(z.Type), bankZh(z.Bank), side(z.Bank)
	v["area_m2"], v["len_km"], v["basis"], v["restraints"] = z.AreaM2, z.LenKm, z.Basis, z.Restraints
	v["from_k"], v["to_k"] = lref.Label(z.FromM), lref.Label(z.ToM)
	v["lng_s"], v["lat_s"], v["lng_e"], v["lat_e"] = nil, nil, nil, nil
	if z.Outer != nil && z.Outer.NumCoords() >= 2 {
		a, b := z.Outer.Coord(0), z.Outer.Coord(z.Outer.NumCoords()-1)
		v["lng_s"], v["lat_s"], v["lng_e"], v["lat_e"] = a[0], a[1], b[0], b[1]
	}
	return record{z.Geom, v}
}

// divisionOf is the town in which most of a zone's outer line lies.
func (c *contents) divisionOf(z demarc.Zone) int64 {
	if z.Outer == nil {
		return 0
	}
	lengths := map[int]float64{}
	for _, part := range overlay.Partition(z.Outer.FlatCoords(), z.Outer.Stride(), c.shapes, outsideM) {
		lengths[part.Of] += part.LengthM()
	}
	best, of := 0.0, int64(0)
	for i, town := range c.towns {
		if lengths[i] > best {
			best, of = lengths[i], town.ID
		}
	}
	return of
}
