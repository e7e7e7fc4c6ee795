package ingest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
)

// stakeTarget takes points, or the printed stake table 界桩成果表, as boundary stakes. The table's X is north and its Y east.
func stakeTarget() target {
	return target{
		name: "stake", chinese: "界桩", dims: "point", keepsZ: true, build: buildStakes, heads: stakeHeads, placeTable: placeStakes,
		fields: []field{
			{name: "name", headings: []string{"桩名(编号)", "桩名", "界桩名称", "界桩编号", "桩号名称", "编号", "名称", "name"}, required: true},
			{name: "measure", headings: []string{"里程", "里程桩号", "桩号", "K值", "num", "measure"}},
			{name: "place", headings: []string{"所在位置(地名)", "所在位置", "位置", "地名", "place"}},
			{name: "lon", headings: []string{"经度", "经度E", "lon", "lng", "longitude"}},
			{name: "lat", headings: []string{"纬度", "纬度N", "lat", "latitude"}},
			{name: "north", headings: []string{"X", "X坐标", "坐标X", "X(m)", "北坐标", "纵坐标"}},
			{name: "east", headings: []string{"Y", "Y坐标", "坐标Y", "Y(m)", "东坐标", "横坐标"}},
			{name: "h_1985", headings: []string{"高程(1985国家高程基准)", "高程(1985)", "高程", "elev", "h_1985", "h"}},
			{name: "kind", headings: []string{"备注", "桩类型", "类型", "界桩类型", "kind", "type"}},
			{name: "river", headings: riverRefHeadings()},
			{name: "bank", headings: []string{"岸别", "bank"}},
			{name: "division", headings: divisionRefHeadings()},
		},
	}
}

// stakeHeads finds the head of a printed table: a title above it is left out, and a head of two rows is joined into one, the second of
// which, "经度, 纬度, X, Y", stands under one wide cell of the first. Rows are counted from 1 below the head.
func stakeHeads(t *table) {
	named := func(cells []string) bool {
		return slices.ContainsFunc(cells, func(h string) bool { return sameHeading(h, "桩名(编号)") || sameHeading(h, "桩名") })
	}
	if len(t.rows) > 0 && !named(t.heads) && named(t.rows[0].values) {
		t.heads = slices.Clone(t.rows[0].values)
		t.dropFirst()
	}
	if len(t.rows) == 0 {
		return
	}
	second := t.rows[0].values
	known, number := 0, false
	for _, v := range second {
		v = strings.TrimSpace(v)
		if slices.ContainsFunc([]string{"经度", "纬度", "X", "Y", "经度E", "纬度N"}, func(h string) bool { return sameHeading(h, v) }) {
			known++
		}
		if _, ok := decimal(v, false); ok && v != "" {
			number = true
		}
	}
	if known < 2 || number {
		return
	}
	for i, v := range second {
		if v = strings.TrimSpace(v); v == "" {
			continue
		} else if i < len(t.heads) {
			t.heads[i] = v
		} else {
			t.heads = append(t.heads, v)
		}
	}
	t.dropFirst()
}

// dropFirst takes the first row, which is of the head, out of the rows.
func (t *table) dropFirst() {
	t.rows = t.rows[1:]
	for i := range t.rows {
		t.rows[i].n--
	}
}

// buildStakes makes stakes of rows. Each is held against its river's boundary: its bank, its measure and how far off the line it stands
// are computed, and what the row says of them has to agree.
func buildStakes(ctx context.Context, j *job) error {
	s := &stakes{j: j, seen: once{}, lines: map[pg.Key]*stakeLines{}}
	if err := s.load(ctx); err != nil {
		return err
	}
	j.usable(func(at row) (reason, remedy *Sentence) {
		k, reason, remedy := s.stake(at)
		if reason == nil {
			reason = s.seen.seen(k.Key, at)
		}
		if reason == nil {
			j.out = append(j.out, *k)
		}
		return reason, remedy
	})
	s.tell()
	return nil
}

// stakes carries an import of stakes.
type stakes struct {
	j       *job
	links   *links
	seen    once
	lines   map[pg.Key]*stakeLines // by river
	placed  []placedStake
	heights int
}

type placedStake struct {
	row, number int
	bank        geo.Bank
	river       pg.Key
	measureM    float64
}

// stakeLines are a river's boundary lines, each with its finder.
type stakeLines struct {
	rows    []pg.Boundary
	finders []*lref.Finder
}

// BoundaryFinder looks the boundary lines of rivers up. An import of stakes needs it of its store.
type BoundaryFinder interface {
	FindBoundaries(ctx context.Context, rivers []pg.Key, asOf geo.Date) ([]pg.Boundary, error)
}

// load looks up what the rows refer to. Their river stands in a column of its own, or else in their names.
func (s *stakes) load(ctx context.Context) error {
	j := s.j
	if _, ok := j.cols.at["river"]; !ok && j.cols.fixed["river"] == "" {
		at := len(j.table.heads)
		j.table.heads = append(j.table.heads, "river")
		j.cols.at["river"] = at
		for i := range j.table.rows {
			r := &j.table.rows[i]
			for len(r.values) < at {
				r.values = append(r.values, "")
			}
			river, _, _, _ := stake.ParseName(j.cols.get(*r, "name"))
			r.values = append(r.values, river)
		}
	}
	var err error
	if s.links, err = j.link(ctx); err != nil {
		return err
	}
	finder, ok := j.store.(BoundaryFinder)
	if !ok {
		return geo.Errorf(geo.CodeUnavailable, "this store cannot look boundaries up, which a stake stands on")
	}
	var keys []pg.Key
	for _, rivers := range s.links.rivers {
		for _, r := range rivers {
			keys = append(keys, r.Key)
		}
	}
	slices.Sort(keys)
	rows, err := finder.FindBoundaries(ctx, slices.Compact(keys), j.req.ValidFrom)
	if err != nil {
		return fmt.Errorf("look boundaries up: %w", err)
	}
	for _, b := range rows {
		l := s.lines[b.River]
		if l == nil {
			l = &stakeLines{}
			s.lines[b.River] = l
		}
		l.rows = append(l.rows, b)
		l.finders = append(l.finders, lref.NewFinder(lref.Measured(b.Geom, "source")))
	}
	return nil
}

// nearest gives the boundary line of a bank that a position is nearest to.
func (l *stakeLines) nearest(bank geo.Bank, lon, lat float64) (pg.Boundary, lref.Hit, bool) {
	best, of := lref.Hit{DistanceM: math.Inf(1)}, -1
	for _, within := range []float64{50, nearLimit} {
		for i, f := range l.finders {
			if bank != "" && l.rows[i].Bank != bank {
				continue
			}
			if hit, ok := f.Project(lon, lat, within); ok && hit.DistanceM < best.DistanceM {
				best, of = hit, i
			}
		}
		if of >= 0 {
			return l.rows[of], best, true
		}
	}
	return pg.Boundary{}, best, false
}

const (
	// kSlipM is how far a row's measure may lie off the computed one: labels are whole metres.
	kSlipM = 1.0
	// stakeFarM is how far off its line a moved stake may stand.
	stakeFarM = 200.0
)

// stake makes one stake of a row.
func (s *stakes) stake(at row) (k *pg.Stake, reason, remedy *Sentence) {
	get := func(name string) string { return s.j.cols.get(at, name) }
	k = &pg.Stake{Name: get("name"), Place: get("place"), Geom: geom.NewPointFlat(geom.XYZ, []float64{at.shape.flat[0], at.shape.flat[1], 0})}
	river, reason := s.links.river(s.j, at)
	if reason != nil {
		return k, reason, sayf("name the river in a column, or with --set river=RIVER", "在列中写明河流,或用 --set river=河流 指定")
	}
	kind, ok := stakeKinds()[strings.ToLower(get("kind"))]
	if !ok {
		return k, sayf("%q is no kind of stake: 电子桩, 实体桩, 移位桩, 告示牌", "%q 不是桩类型:电子桩、实体桩、移位桩、告示牌", get("kind")), nil
	}
	_, bank, number, named := stake.ParseName(k.Name)
	if !named {
		return k, sayf("the name %q tells no number: write 河名-左001, 河名-右001 or 告示牌001", "桩名 %q 无法读出编号:应写作 河名-左001、河名-右001 或 告示牌001", k.Name), nil
	}
	if (kind == demarc.Sign) != (bank == "") {
		return k, sayf("the name %q and the kind %q do not go together", "桩名 %q 与类型 %q 不符", k.Name, get("kind")), nil
	}
	k.Number, k.Kind = &number, string(kind)
	if reason = s.onLine(at, k, river.Key, kind, bank); reason != nil {
		return k, reason, nil
	}
	if reason, remedy = s.measure(at, k, river.Key); reason != nil {
		return k, reason, remedy
	}
	if k.Division, reason = s.links.division(s.j, at); reason != nil {
		return k, reason, nil
	}
	if k.H1985, ok = s.j.number(at, "h_1985"); !ok || k.H1985 != nil && math.Abs(*k.H1985) > 10_000 {
		return k, sayf("the height is %q", "高程为 %q", get("h_1985")), nil
	}
	if k.H1985 != nil {
		k.Geom.FlatCoords()[2] = *k.H1985
	} else {
		s.heights++
	}
	k.MapSheet = stake.MapSheet(at.shape.flat[0], at.shape.flat[1])
	k.Record = s.j.record(pg.StakeKey(river.Key, k.Bank, number, kind == demarc.Sign))
	s.placed = append(s.placed, placedStake{at.n, number, k.Bank, river.Key, *k.MeasureM})
	return k, nil, nil
}

func stakeKinds() map[string]demarc.StakeKind {
	return map[string]demarc.StakeKind{
		"": demarc.Electronic, "电子桩": demarc.Electronic, "electronic": demarc.Electronic, "27": demarc.Electronic,
		"实体桩": demarc.Physical, "physical": demarc.Physical, "2": demarc.Physical,
		"移位桩": demarc.Moved, "moved": demarc.Moved, "3": demarc.Moved, "告示牌": demarc.Sign, "sign": demarc.Sign, "4": demarc.Sign,
	}
}

// onLine finds the boundary that a stake stands on, and holds its bank and its kind against where it stands (G14, G15).
func (s *stakes) onLine(at row, k *pg.Stake, river pg.Key, kind demarc.StakeKind, named geo.Bank) *Sentence {
	lines := s.lines[river]
	if lines == nil {
		return sayf("its river has no boundary yet: import or draw the boundary first", "该河流尚无管理范围线:请先导入或绘制")
	}
	lon, lat := at.shape.flat[0], at.shape.flat[1]
	b, hit, ok := lines.nearest("", lon, lat)
	if !ok || hit.DistanceM > stakeFarM {
		return sayf("it stands more than %g m off every boundary line of its river", "距该河流任何管理范围线均超过 %g 米", stakeFarM)
	}
	said := named
	if text := s.j.cols.get(at, "bank"); text != "" {
		if said, ok = bankOf(text); !ok || said == geo.Both {
			return sayf("%q is no bank", "%q 不是岸别", text)
		}
		if named != "" && said != named {
			return sayf("the name says the %s bank, and the column the %s bank", "桩名为 %s 岸,岸别列为 %s 岸", named, said)
		}
	}
	if said != "" && b.Bank != said {
		if own, ownHit, ok := lines.nearest(said, lon, lat); ok && ownHit.DistanceM <= hit.DistanceM+stake.ElectronicWithinM {
			b, hit = own, ownHit
		} else {
			return sayf("the row says the %s bank, and it stands at the line of the %s bank", "该行为 %s 岸,但其位置在 %s 岸的管理范围线上", said, b.Bank)
		}
	}
	if _, err := stake.KindAt(kind, hit.DistanceM); err != nil {
		if kind == demarc.Physical {
			return sayf("a physical stake %.2f m off its line, more than %g m, is a moved one: write 移位桩", "实体桩距其管理范围线 %.2f 米,超过 %g 米:应为移位桩", hit.DistanceM, stake.PhysicalWithinM)
		}
		return sayf("an electronic stake lies on its line to %[2]g m, and this is %.3[1]f m off", "电子桩应位于管理范围线上(允许 %[2]g 米),现相距 %.3[1]f 米", hit.DistanceM, stake.ElectronicWithinM)
	}
	k.Boundary, k.Bank = b.Key, b.Bank
	k.OffsetM = new(hit.DistanceM)
	return nil
}

// measure computes the measure, which a row's label has to agree with.
func (s *stakes) measure(at row, k *pg.Stake, river pg.Key) (reason, remedy *Sentence) {
	lon, lat := at.shape.flat[0], at.shape.flat[1]
	route, hit, reason := s.links.onRoute(river, lon, lat)
	if reason != nil {
		return reason, nil
	}
	m := math.Round(hit.MeasureM*1000) / 1000
	k.MeasureM = &m
	text := s.j.cols.get(at, "measure")
	if text == "" {
		return nil, nil
	}
	said, err := lref.ParseLabel(text)
	if err != nil {
		return sayf("the measure is %q: write it as K12+345, K12+345.6 or 12345.6", "里程为 %q,应写作 K12+345、K12+345.6 或 12345.6", text), nil
	}
	// Beside a bend two places of the route may be as near: the one that the row means is right.
	for _, h := range append([]lref.Hit{hit}, lref.Candidates(route.Geom, lon, lat, nearLimit)...) {
		if math.Abs(h.MeasureM-said) <= kSlipM && h.Bank != opposite(k.Bank) {
			*k.MeasureM = math.Round(h.MeasureM*1000) / 1000
			return nil, nil
		}
	}
	return sayf("the row says %s, and the stake lies opposite %s: a slip in the measure, or in the position", "该行里程为 %s,而桩位对应 %s:里程或坐标有误", text, lref.Label(m)),
		sayf("correct the row; or leave the column out with --map HEADING=-, and measures are computed", "改正此行;或用 --map 列名=- 略去该列,由系统计算里程")
}

func opposite(bank geo.Bank) geo.Bank {
	if bank == geo.Left {
		return geo.Right
	}
	return geo.Left
}

// tell reports what is no fault of a row: numbers that do not follow the measures, and heights that are not known.
func (s *stakes) tell() {
	slices.SortStableFunc(s.placed, func(a, b placedStake) int {
		if c := strings.Compare(string(a.river)+string(a.bank), string(b.river)+string(b.bank)); c != 0 {
			return c
		}
		return a.number - b.number
	})
	out := 0
	for i := 1; i < len(s.placed); i++ {
		a, b := s.placed[i-1], s.placed[i]
		if a.river == b.river && a.bank == b.bank && b.measureM < a.measureM-0.01 {
			out++
		}
	}
	if out > 0 {
		s.j.report.note(sayf("the numbers of %d stakes do not follow the measures of their bank", "%d 个桩的编号与其岸的里程顺序不一致", out))
	}
	if s.heights > 0 {
		s.j.report.note(sayf("%d stakes have no height; they are stored without one", "%d 个桩没有高程,按无高程入库", s.heights))
	}
}

func trimDegrees(text string) string {
	text = strings.TrimSpace(text)
	text = strings.TrimLeft(text, "ENen东经北纬 ")
	return strings.TrimRight(text, "°EN ")
}

func coordinate(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	_, ok := decimal(text, false)
	return v, err == nil && ok
}
