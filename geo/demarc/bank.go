package demarc

import (
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// bank draws the pieces and connectors of one bank.
func (d *drawing) bank(bank geo.Bank, runs []run) ([]Piece, []Connector, error) {
	var drawn []stroke
	for _, r := range runs {
		if err := d.asker.Err(); err != nil {
			return nil, nil, fmt.Errorf("draw a candidate: %w", err)
		}
		s, err := d.stroke(r)
		if err != nil {
			return nil, nil, err
		}
		if len(s.line) < 2 {
			d.swallowed(r)
			continue
		}
		drawn = append(drawn, s)
	}
	return d.assemble(bank, drawn)
}

// stroke is the line of one run, downstream.
type stroke struct {
	run
	line []xy
	near *grid   // of what it was offset from
	off  float64 // how far it may stand off its width
}

// upDown gives the measures of the upper and the lower end of a range.
func (d *drawing) upDown(from, to float64) (up, down float64) {
	if d.rising {
		return from, to
	}
	return to, from
}

// stroke draws the line of a run: what was surveyed, with some more at either end, is offset, and the offset is cut square to the route.
func (d *drawing) stroke(r run) (stroke, error) {
	base, err := d.base(r)
	if err != nil {
		return stroke{}, err
	}
	var o offsetLine
	if r.Bank == geo.Right { // landward is to the left of who walks upstream
		slices.Reverse(base)
		o = offset(base, r.width)
		slices.Reverse(o.line)
	} else {
		o = offset(base, r.width)
	}
	s := stroke{run: r, near: gridOf(base, max(r.width, 10)), off: max(onWidth, o.error)}
	if len(o.line) < 2 {
		return s, nil
	}
	if o.pockets > 2*r.width {
		d.note(Note{
			Code: NotePocket, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Size: o.pockets,
			Zh: fmt.Sprintf("%s %s 至 %s 之间有狭颈，颈后的土地计入管理范围（周长约 %.0f m）", zh(r.Bank), lref.Label(r.FromM), lref.Label(r.ToM), o.pockets),
			En: fmt.Sprintf("land behind a neck narrower than twice the width is counted in (about %.0f m around)", o.pockets),
		})
	}
	if o.gap > onWidth {
		d.note(Note{
			Code: NoteWidth, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Size: o.gap,
			Zh: "偏移线在一处断开，请核对", En: "the offset line was lost at a place where it meets itself: look at it",
		})
	}
	up, down := d.upDown(r.FromM, r.ToM)
	from, err := d.cut(o.line, r, up)
	if err != nil {
		return s, err
	}
	to, err := d.cut(o.line, r, down)
	if err != nil {
		return s, err
	}
	s.line = between(o.line, from, to)
	return s, nil
}

// base gives what was surveyed for a run in the plane, downstream, with enough beyond either end that an offset can be cut there.
func (d *drawing) base(r run) ([]xy, error) {
	more := max(3*r.width, 60)
	lowest, highest, _ := lref.Ends(d.Route)
	from, to := max(r.FromM-more, lowest), min(r.ToM+more, highest)
	line, err := r.on.facing.Between(from, to)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "survey line %d has no part beside %s to %s", r.on.ID, lref.Label(r.FromM), lref.Label(r.ToM))
	}
	base := d.plane.flat(line)
	if len(base) < 2 {
		return nil, geo.InvalidField("survey", "survey line %d has no length beside %s to %s", r.on.ID, lref.Label(r.FromM), lref.Label(r.ToM))
	}
	// Where the survey ends about where the run does, it goes on straight, so that the line reaches the cut.
	up, down := r.on.from-r.FromM, r.ToM-r.on.to
	if !d.rising {
		up, down = down, up
	}
	ahead := r.width + r.on.slack
	if up > -ahead {
		base = slices.Insert(base, 0, base[0].plus(base[0].minus(base[1]).unit().times(ahead)))
	}
	if n := len(base) - 1; down > -ahead {
		base = append(base, base[n].plus(base[n].minus(base[n-1]).unit().times(ahead)))
	}
	return base, nil
}

// spot is a place on a line: the segment, how far along it, and where it is.
type spot struct {
	i  int
	t  float64
	at xy
}

func (s spot) before(o spot) bool { return s.i < o.i || s.i == o.i && s.t < o.t }

// cut finds where a line crosses the ray square to the route at a measure: of several crossings the one nearest to where the width would
// have it; where there is none, the place of the line nearest to that.
func (d *drawing) cut(line []xy, r run, m float64) (spot, error) {
	place, err := r.on.facing.Point(m)
	if err != nil {
		return spot{}, fmt.Errorf("cut a boundary at %s: %w", lref.Label(m), err)
	}
	side := 1.0
	if r.Bank == geo.Left {
		side = -1
	}
	reach := place.DistanceM + 2*r.width + longGap
	far, err := lref.LocateOffset(d.Route, m, side*reach)
	if err != nil {
		return spot{}, fmt.Errorf("cut a boundary at %s: %w", lref.Label(m), err)
	}
	lon, lat, err := lref.Locate(d.Route, m)
	if err != nil {
		return spot{}, fmt.Errorf("cut a boundary at %s: %w", lref.Label(m), err)
	}
	a, b := d.at(lon, lat), d.at(far.Lon, far.Lat)
	want := d.at(place.Lon, place.Lat).plus(b.minus(a).unit().times(r.width))
	s, off := nearestSpot(line, want)
	if c, ok := crossingNear(line, a, b, want); ok && c.at.to(want) <= 1.5*off+1 { // not one that lies beyond another arm
		return c, nil
	}
	d.note(Note{
		Code: NoteOblique, Bank: r.Bank, FromM: m, ToM: m, Size: off,
		Zh: fmt.Sprintf("%s %s 处边界线不能与河道垂直切断", zh(r.Bank), lref.Label(m)),
		En: fmt.Sprintf("at %s of the %s bank the line could not be cut square to the route", lref.Label(m), r.Bank),
	})
	return s, nil
}

func (d *drawing) at(lon, lat float64) xy {
	x, y := d.plane.To(lon, lat)
	return xy{x, y}
}

// crossingNear finds the crossing of a line with segment ab that is nearest to a place.
func crossingNear(line []xy, a, b, want xy) (best spot, ok bool) {
	least := math.Inf(1)
	for i := 1; i < len(line); i++ {
		t, _, crosses := meet(line[i-1], line[i], a, b)
		if !crosses {
			continue
		}
		at := line[i-1].toward(line[i], t)
		if dist := at.to(want); dist < least {
			best, least, ok = spot{i - 1, t, at}, dist, true
		}
	}
	return best, ok
}

func nearestSpot(line []xy, p xy) (best spot, distance float64) {
	distance = math.Inf(1)
	for i := 1; i < len(line); i++ {
		if t, dist := foot(line[i-1], line[i], p); dist < distance {
			best, distance = spot{i - 1, t, line[i-1].toward(line[i], t)}, dist
		}
	}
	return best, distance
}

// between gives a line from one place to another; nothing if they do not follow each other.
func between(line []xy, from, to spot) []xy {
	if !from.before(to) {
		return nil
	}
	out := append([]xy{from.at}, line[from.i+1:to.i+1]...)
	out = append(out, to.at)
	return slices.CompactFunc(out, func(a, b xy) bool { return a.to(b) < sameWithin })
}

func (d *drawing) swallowed(r run) {
	d.note(Note{
		Code: NoteSwallowed, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Size: r.ToM - r.FromM,
		Zh: fmt.Sprintf("%s %s 至 %s 位于急弯内侧，被相邻分段覆盖", zh(r.Bank), lref.Label(r.FromM), lref.Label(r.ToM)),
		En: fmt.Sprintf("%s to %s of the %s bank lies at the inside of a tight bend, behind its neighbours' lines", lref.Label(r.FromM), lref.Label(r.ToM), r.Bank),
	})
}

// The tags of what joins strokes: the connector before stroke k is -1-k; that over a gap of the survey is gapTag.
const gapTag = math.MinInt32

// assemble joins the strokes of a bank and takes out loops that they make together.
func (d *drawing) assemble(bank geo.Bank, strokes []stroke) ([]Piece, []Connector, error) {
	if len(strokes) == 0 {
		return nil, nil, nil
	}
	var chain []xy
	var tags []int32
	for k, s := range strokes {
		if k > 0 {
			tag := int32(-1 - k) //nolint:gosec // G115: k is bounded by maxWants times the survey lines
			if math.Abs(d.upper(s.run)-d.lower(strokes[k-1].run)) > 0.01 {
				tag = gapTag
			}
			if chain[len(chain)-1].to(s.line[0]) < 1e-3 {
				s.line[0] = chain[len(chain)-1]
			} else {
				chain, tags = append(chain, s.line[0]), append(tags, tag)
			}
		} else {
			chain = append(chain, s.line[0])
		}
		for _, p := range s.line[1:] {
			chain, tags = append(chain, p), append(tags, int32(k)) //nolint:gosec // G115: see above
		}
	}
	if !simple(chain) {
		w := unlooped(chain, tags, nil)
		chain, tags = w.line, w.tags
	}
	d.crossing(bank, chain, strokes)
	return d.parted(bank, strokes, chain, tags)
}

func (d *drawing) upper(r run) float64 { up, _ := d.upDown(r.FromM, r.ToM); return up }
func (d *drawing) lower(r run) float64 { _, down := d.upDown(r.FromM, r.ToM); return down }

// parted cuts a chain into pieces and connectors by its tags.
func (d *drawing) parted(bank geo.Bank, strokes []stroke, chain []xy, tags []int32) (pieces []Piece, connectors []Connector, err error) {
	seen := make([]bool, len(strokes))
	for _, s := range sections(chain, tags) {
		part, tag := s.line, s.tag
		line := d.plane.line(part)
		switch {
		case tag == gapTag || line.NumCoords() < 2:
		case tag >= 0:
			seen[tag] = true
			pieces = append(pieces, d.piece(strokes[tag], part, line))
		default:
			connectors = append(connectors, d.connector(bank, strokes[-1-tag].run, line))
		}
	}
	for k, ok := range seen {
		if !ok {
			d.swallowed(strokes[k].run)
		}
	}
	return d.tiled(bank, pieces), connectors, nil
}

// shortestM is the shortest segment in metres: 0.05 (domain.md 4.3), and what rounding to nine decimals may take of it.
const shortestM = 0.0505

// section is a part of a chain of one tag.
type section struct {
	line []xy
	tag  int32
}

// sections cuts a chain where its tags change. What is shorter than shortestM, as where two strokes end beside each other, is none: what comes
// after it begins where what came before it ends.
func sections(chain []xy, tags []int32) []section {
	var out []section
	for i := 0; i < len(tags); {
		j := i
		for j < len(tags) && tags[j] == tags[i] {
			j++
		}
		line := slices.Clone(chain[i : j+1])
		if n := len(out); n > 0 {
			line[0] = out[n-1].line[len(out[n-1].line)-1]
		}
		if line = spaced(line); lengthOf(line) >= shortestM {
			out = append(out, section{line, tags[i]})
		}
		i = j
	}
	return out
}

// spaced leaves out vertices that stand nearer than shortestM to the one before or to the end, as where a piece is cut beside a vertex of its
// line. The ends stay.
func spaced(line []xy) []xy {
	out := slices.Clone(line[:1])
	last := line[len(line)-1]
	for _, p := range line[1 : len(line)-1] {
		if p.to(out[len(out)-1]) >= shortestM && p.to(last) >= shortestM {
			out = append(out, p)
		}
	}
	return append(out, last)
}

func (d *drawing) piece(s stroke, part []xy, line *geom.LineString) Piece {
	return Piece{
		Bank: s.Bank, FromM: s.FromM, ToM: s.ToM, Basis: s.Basis, WidthM: s.width, Source: s.Source, Reason: s.Reason,
		Confidence: s.confidence(part), Line: line,
	}
}

// confidence is the share of a line's length that stands at its width.
func (s stroke) confidence(part []xy) float64 {
	right, all := 0.0, 0.0
	for i := 1; i < len(part); i++ {
		l := part[i-1].to(part[i])
		all += l
		d := s.near.distance(part[i-1].toward(part[i], 0.5), s.width+2*s.off)
		if math.Abs(d-s.width) <= s.off {
			right += l
		}
	}
	if all == 0 {
		return 0
	}
	return math.Round(1000*right/all) / 1000
}

func (d *drawing) connector(bank geo.Bank, r run, line *geom.LineString) Connector {
	c := Connector{Kind: AtChange, Bank: bank, AtM: d.upper(r), LengthM: lref.Length(line), Line: line}
	if c.LengthM > longConnector {
		d.note(Note{
			Code: NoteConnector, Bank: bank, FromM: c.AtM, ToM: c.AtM, Size: c.LengthM,
			Zh: fmt.Sprintf("%s %s 处连接线长 %.1f m，超过 %g m", zh(bank), lref.Label(c.AtM), c.LengthM, longConnector),
			En: fmt.Sprintf("the connector at %s of the %s bank is %.1f m long, over %g m", lref.Label(c.AtM), bank, c.LengthM, longConnector),
		})
	}
	return c
}

// tiled has the ranges of pieces meet where a piece between them was swallowed.
func (d *drawing) tiled(bank geo.Bank, pieces []Piece) []Piece {
	gaps := func(from, to float64) bool {
		return slices.ContainsFunc(d.notes, func(n Note) bool {
			return n.Code == NoteGap && n.Bank == bank && n.FromM < to-0.01 && n.ToM > from+0.01
		})
	}
	for i := 1; i < len(pieces); i++ {
		a, b := &pieces[i-1], &pieces[i]
		switch {
		case d.rising && b.FromM > a.ToM && !gaps(a.ToM, b.FromM):
			a.ToM = b.FromM
		case !d.rising && b.ToM < a.FromM && !gaps(b.ToM, a.FromM):
			a.FromM = b.ToM
		}
	}
	return pieces
}

// crossing tells if the line of a bank crosses the route, or a surveyed bank top or water edge of the bank.
func (d *drawing) crossing(bank geo.Bank, chain []xy, strokes []stroke) {
	g := newGrid(50)
	g.add(d.plane.flat(d.Route))
	ends := []int{len(g.from)}
	what := []string{"route"}
	for _, line := range d.Survey {
		if line.Bank == bank && (line.Kind == WaterEdge || line.Kind == BankTop) {
			g.add(d.plane.flat(canonical(line.Line)))
			ends, what = append(ends, len(g.from)), append(what, string(line.Kind))
		}
	}
	for i := 1; i < len(chain); i++ {
		if k, ok := g.crossed(chain[i-1], chain[i]); ok {
			n := slices.IndexFunc(ends, func(end int) bool { return k < end })
			if strokesAt(strokes, chain[i]) { // a line of width 0 lies on what it rests on
				continue
			}
			d.note(Note{
				Code: NoteCrosses, Bank: bank, FromM: d.FromM, ToM: d.ToM, Size: 1,
				Zh: fmt.Sprintf("%s边界线越过 %s", zh(bank), what[n]), En: fmt.Sprintf("the line of the %s bank crosses the %s", bank, what[n]),
			})
			return
		}
	}
}

func strokesAt(strokes []stroke, p xy) bool {
	return slices.ContainsFunc(strokes, func(s stroke) bool { return s.width < 0.1 && s.near.within(p, 0.1) })
}

// ends gives the connectors across the river at the ends of the stretch.
func (d *drawing) ends(l Lines) []Connector {
	left, right := l.Of(geo.Left), l.Of(geo.Right)
	if len(left) == 0 || len(right) == 0 {
		return nil
	}
	across := func(a, b []float64, m float64) Connector {
		line := geom.NewLineStringFlat(geom.XY, []float64{a[0], a[1], b[0], b[1]}).SetSRID(int(geo.CGCS2000))
		return Connector{Kind: AtEnd, Bank: geo.Both, AtM: m, LengthM: lref.Length(line), Line: line}
	}
	up, down := d.upDown(d.FromM, d.ToM)
	last := func(p []Piece) []float64 {
		flat := p[len(p)-1].Line.FlatCoords()
		return flat[len(flat)-2:]
	}
	return []Connector{
		across(left[0].Line.FlatCoords()[:2], right[0].Line.FlatCoords()[:2], up),
		across(last(left), last(right), down),
	}
}
