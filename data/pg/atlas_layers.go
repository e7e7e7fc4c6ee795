package pg

import (
	"encoding/binary"
	"math"

	"hetu/tiles/atlas"
)

// layerSource is what a layer is read with: the statements atlas_<layer> and atlas_<layer>_shows (one that shows nothing of
// others has none of the latter), and the numbers of their columns.
type layerSource struct {
	drawing drawing
	table   string // of its versions
	columns int
	shows   int
}

// layerSources gives what to read each layer with.
func layerSources() map[string]layerSource {
	return map[string]layerSource{
		"board":    {drawing: &boardDrawing{}, table: "board_version", columns: 11, shows: 4},
		"boundary": {drawing: &boundaryDrawing{}, table: "boundary_version", columns: 9, shows: 4},
		"division": {drawing: divisionDrawing{}, table: "division_version", columns: 8},
		"draft":    {drawing: &boundaryDrawing{}, table: "boundary_version", columns: 9, shows: 4},
		"outfall":  {drawing: &outfallDrawing{}, table: "outfall_version", columns: 10, shows: 4},
		"reach":    {drawing: &reachDrawing{}, table: "reach_version", columns: 12, shows: 9},
		"river":    {drawing: &riverDrawing{}, table: "route_version", columns: 5, shows: 12},
		"section":  {drawing: &sectionDrawing{}, table: "section_version", columns: 9, shows: 4},
	}
}

// What a row of the statements atlas_<layer>_shows is of.
const (
	showsRiver = iota + 1
	showsDivision
	showsChief
	showsBoard
	showsBoundary
	showsReachPlan
	showsRiverPlan
	showsPost        // of a chief: with appointments, it stands for chiefs in office
	showsAppointment // by post

	showsSibling = 2 // in the layer river
)

// nameOn is the name of a thing on a day, none if it is not there.
func nameOn(rows []shownRow[string], day atlas.Day) atlas.Value {
	if name, ok := on(rows, day); ok {
		return textOrNone(*name)
	}
	return atlas.Value{}
}

// textOrNone is a text that is "" where there is none: millions are held while a layer is read, and a value is twice as large.
func textOrNone(s string) atlas.Value {
	if s == "" {
		return atlas.Value{}
	}
	return atlas.TextValue(s)
}

// number is an integer that is 0 where there is none.
func number(n int) atlas.Value {
	if n == 0 {
		return atlas.Value{}
	}
	return atlas.IntValue(int64(n))
}

func reference(id int64) atlas.Value {
	if id == 0 {
		return atlas.Value{}
	}
	return atlas.IntValue(id)
}

// named is the names of what the features of a layer show one of: a board its division, an outfall its river.
type named struct{ names shown[string] }

func (n *named) shows(c *columns) {
	c.small()
	id, d := c.id(), c.days()
	n.names.add(id, d, c.text().Text)
}

func (n *named) settle() { n.names.settle() }

// boardDrawing draws notice boards by their level.
type boardDrawing struct{ named }

func (l *boardDrawing) read(c *columns, b *base) {
	b.own[0] = c.text()
	b.level = c.small()
	b.own[1] = number(b.level)
	b.own[2], b.own[3], b.own[4] = c.term(), c.term(), c.text()
	b.division = c.id()
	b.own[6], b.own[7] = c.date(), c.date()
}

func (l *boardDrawing) cut(b *base, c *cutter) { cut(c, l.names.of(b.division)) }

func (l *boardDrawing) draw(b *base, day atlas.Day, s *atlas.Span) bool {
	s.Values[5] = nameOn(l.names.of(b.division), day)
	s.Rank = min(max(b.level, 3)+7, 12)
	return true
}

// boundaryDrawing draws management boundaries, announced ones and drafts.
type boundaryDrawing struct{ named }

func (l *boundaryDrawing) read(c *columns, b *base) {
	b.own[0] = c.text()
	b.river = c.id()
	b.own[2], b.own[3], b.own[4] = c.term(), c.term(), c.term()
	b.own[5] = c.integer()
	b.own[6] = atlas.Value{}
	if b.days.from != atlas.FirstDay {
		b.own[6] = dayText(b.days.from)
	}
}

func (l *boundaryDrawing) cut(b *base, c *cutter) { cut(c, l.names.of(b.river)) }

func (l *boundaryDrawing) draw(b *base, day atlas.Day, s *atlas.Span) bool {
	s.Values[1] = nameOn(l.names.of(b.river), day)
	s.Rank = 11
	return true
}

// divisionDrawing draws divisions by their level.
type divisionDrawing struct{}

func (divisionDrawing) shows(*columns)     {}
func (divisionDrawing) settle()            {}
func (divisionDrawing) cut(*base, *cutter) {}

func (divisionDrawing) read(c *columns, b *base) {
	b.own[0], b.own[1], b.own[2] = c.text(), c.text(), c.text()
	b.level = c.small()
	b.own[3], b.own[4] = number(b.level), c.term()
}

func (divisionDrawing) draw(b *base, _ atlas.Day, s *atlas.Span) bool {
	switch b.level {
	case 1:
		s.Rank = 0
	case 2:
		s.Rank = 4
	case 3:
		s.Rank = 6
	case 4:
		s.Rank = 9
	case 5:
		s.Rank = 11
	default:
		s.Rank = 12
	}
	return true
}

// outfallDrawing draws outfalls.
type outfallDrawing struct{ named }

func (l *outfallDrawing) read(c *columns, b *base) {
	b.own[0], b.own[1], b.own[2], b.own[3] = c.text(), c.text(), c.term(), c.term()
	b.own[4], b.own[5] = c.truth(), c.term()
	b.river = c.id()
}

func (l *outfallDrawing) cut(b *base, c *cutter) { cut(c, l.names.of(b.river)) }

func (l *outfallDrawing) draw(b *base, day atlas.Day, s *atlas.Span) bool {
	s.Values[6] = nameOn(l.names.of(b.river), day)
	s.Rank = 10
	return true
}

// sectionDrawing draws water quality sections by their kind.
type sectionDrawing struct{ rivers, divisions shown[string] }

func (l *sectionDrawing) shows(c *columns) {
	what, id, d := c.small(), c.id(), c.days()
	if what == showsDivision {
		l.divisions.add(id, d, c.text().Text)
	} else {
		l.rivers.add(id, d, c.text().Text)
	}
}

func (l *sectionDrawing) settle() {
	l.rivers.settle()
	l.divisions.settle()
}

func (l *sectionDrawing) read(c *columns, b *base) {
	b.own[0], b.own[1], b.own[2] = c.text(), c.text(), c.term()
	b.own[3] = number(c.small())
	b.river, b.division = c.id(), c.id()
}

func (l *sectionDrawing) cut(b *base, c *cutter) {
	cut(c, l.rivers.of(b.river))
	cut(c, l.divisions.of(b.division))
}

func (l *sectionDrawing) draw(b *base, day atlas.Day, s *atlas.Span) bool {
	s.Values[4] = nameOn(l.rivers.of(b.river), day)
	s.Values[5] = nameOn(l.divisions.of(b.division), day)
	switch b.own[2].Text {
	case "national":
		s.Rank = 8
	case "provincial":
		s.Rank = 9
	case "city":
		s.Rank = 10
	default:
		s.Rank = 11
	}
	return true
}

// reachDrawing draws reaches by their level, and never before the rivers of their order.
type reachDrawing struct {
	rivers     shown[reachRiver]
	divisions  shown[reachDivision]
	chiefs     shown[struct{}] // by reach
	posts      shown[int64]    // the reaches of chiefs' posts, until all is there
	appointing bool            // they are all there
	boards     shown[struct{}] // by reach
	boundaries shown[reachBoundary]
	reachPlans shown[struct{}]
	riverPlans shown[struct{}]

	near []days // of the boundaries along the reach, while one is cut and drawn
}

type reachRiver struct {
	name  string
	order int
}

type reachDivision struct{ name, code string }

type reachBoundary struct {
	bank     string
	from, to float64
}

func (l *reachDrawing) shows(c *columns) {
	what, id, d := c.small(), c.id(), c.days()
	switch what {
	case showsRiver:
		name := c.text().Text
		c.text()
		l.rivers.add(id, d, reachRiver{name, c.small()})
	case showsDivision:
		name := c.text().Text
		l.divisions.add(id, d, reachDivision{name, c.text().Text})
	case showsChief:
		l.chiefs.add(id, d, struct{}{})
	case showsBoard:
		l.boards.add(id, d, struct{}{})
	case showsBoundary:
		bank := c.term().Text
		c.text()
		c.small()
		from := c.float(math.Inf(-1))
		l.boundaries.add(id, d, reachBoundary{bank, from, c.float(math.Inf(1))})
	case showsReachPlan:
		l.reachPlans.add(id, d, struct{}{})
	case showsRiverPlan:
		l.riverPlans.add(id, d, struct{}{})
	case showsPost:
		for range 5 {
			c.next()
		}
		l.posts.add(id, d, c.id())
	case showsAppointment:
		l.appoint(id, d)
	}
}

// appoint makes chiefs in office of an appointment and its post. All posts come before the first appointment.
func (l *reachDrawing) appoint(post int64, d days) {
	if !l.appointing {
		l.appointing = true
		l.posts.settle()
	}
	rows := l.posts.of(post)
	for i := range rows {
		l.chiefs.add(rows[i].it, days{max(rows[i].from, d.from), min(rows[i].to, d.to)}, struct{}{})
	}
}

func (l *reachDrawing) settle() {
	l.posts = shown[int64]{}
	l.rivers.settle()
	l.divisions.settle()
	l.chiefs.settle()
	l.boards.settle()
	l.boundaries.settle()
	l.reachPlans.settle()
	l.riverPlans.settle()
}

func (l *reachDrawing) read(c *columns, b *base) {
	b.own[0], b.own[1] = c.text(), c.text()
	b.river = c.id()
	b.own[3] = reference(b.river)
	b.level = c.small()
	b.own[4] = number(b.level)
	b.division = c.id()
	b.own[7] = c.term()
	b.term = b.own[7].Text
	b.route = c.id()
	b.from, b.to = c.float(0), c.float(0)
}

// along tells whether an announced boundary runs along some of a reach.
func (l *reachDrawing) along(b *base, x *reachBoundary) bool {
	return (b.term == "both" || b.term == x.bank) && x.from < b.to && x.to > b.from
}

func (l *reachDrawing) cut(b *base, c *cutter) {
	cut(c, l.rivers.of(b.river))
	cut(c, l.divisions.of(b.division))
	cut(c, l.chiefs.of(b.id))
	cut(c, l.boards.of(b.id))
	cut(c, l.reachPlans.of(b.id))
	cut(c, l.riverPlans.of(b.river))
	l.near = l.near[:0]
	rows := l.boundaries.of(b.route)
	for i := range rows {
		if l.along(b, &rows[i].it) {
			c.at(rows[i].days)
			l.near = append(l.near, rows[i].days)
		}
	}
}

func (l *reachDrawing) draw(b *base, day atlas.Day, s *atlas.Span) bool {
	order := 0
	if v, ok := on(l.rivers.of(b.river), day); ok {
		s.Values[2], order = textOrNone(v.name), v.order
	}
	if d, ok := on(l.divisions.of(b.division), day); ok {
		s.Values[5], s.Values[6] = textOrNone(d.name), textOrNone(d.code)
	}
	_, chief := on(l.chiefs.of(b.id), day)
	_, board := on(l.boards.of(b.id), day)
	_, plan := on(l.reachPlans.of(b.id), day)
	if !plan {
		_, plan = on(l.riverPlans.of(b.river), day)
	}
	boundary := false
	for _, d := range l.near {
		boundary = boundary || d.has(day)
	}
	s.Values[8], s.Values[9], s.Values[10], s.Values[11] = atlas.BoolValue(chief), atlas.BoolValue(board), atlas.BoolValue(boundary), atlas.BoolValue(plan)
	s.Rank = max(reachRank(b.level), orderRank(order))
	return true
}

func reachRank(level int) int {
	switch level {
	case 1, 2:
		return 9
	case 3:
		return 10
	case 4:
		return 11
	default:
		return 12
	}
}

func orderRank(order int) int {
	switch order {
	case 1:
		return 12
	case 2:
		return 10
	default:
		return 9
	}
}

// riverDrawing draws routes as rivers. One of no river is drawn without a name, one whose river is not in force is not drawn.
type riverDrawing struct {
	rivers   shown[packedRiver]
	siblings shown[sibling] // the routes of rivers that have several, by river
	room     []byte

	into []shownRow[packedRiver] // what the river that is cut and drawn flows into
	flow int64                   // and its id
}

type river struct {
	code, name, nameEn, kind, levels string
	perennial                        byte // noTruth or the truth
	order, top                       int  // top is the highest level that manages it, 0 if none does
	basinKm2                         float64
	flowsInto                        int64
}

// noTruth is a truth that is not known.
const noTruth = 2

// packedRiver is a river in as few bytes as it goes: while routes are read all rivers are held.
type packedRiver string

func (v *river) pack(room []byte) []byte {
	for _, s := range [...]string{v.code, v.name, v.nameEn, v.kind, v.levels} {
		room = append(binary.BigEndian.AppendUint32(room, uint32(len(s))), s...) //nolint:gosec // a value of the database is shorter
	}
	room = append(room, v.perennial, byte(v.order), byte(v.top)) //nolint:gosec // at most 20 and 6
	room = binary.BigEndian.AppendUint64(room, math.Float64bits(v.basinKm2))
	return binary.BigEndian.AppendUint64(room, uint64(v.flowsInto)) //nolint:gosec // the bits
}

// flowsInto is the last of what was packed.
func (p packedRiver) flowsInto() int64 {
	return int64(binary.BigEndian.Uint64([]byte(p[len(p)-8:]))) //nolint:gosec // the bits
}

func (p packedRiver) river() (v river) {
	number := func(size int) (n uint64) {
		for _, b := range []byte(p[:size]) {
			n = n<<8 | uint64(b)
		}
		p = p[size:]
		return n
	}
	for _, s := range [...]*string{&v.code, &v.name, &v.nameEn, &v.kind, &v.levels} {
		n := number(4)
		*s, p = string(p[:n]), p[n:]
	}
	v.perennial, v.order, v.top = byte(number(1)), int(number(1)), int(number(1)) //nolint:gosec // as they were packed
	v.basinKm2, v.flowsInto = math.Float64frombits(number(8)), int64(number(8))   //nolint:gosec // the bits
	return v
}

type sibling struct {
	route   int64
	lengthM float64
}

func (l *riverDrawing) shows(c *columns) {
	what, id, d := c.small(), c.id(), c.days()
	v := river{code: c.text().Text, name: c.text().Text, nameEn: c.text().Text, kind: c.term().Text, perennial: noTruth}
	top, levels := c.levels()
	v.top, v.levels = top, levels.Text
	if truth := c.truth(); truth.Kind == atlas.Bool {
		v.perennial = byte(truth.Num)
	}
	v.order = c.small()
	v.basinKm2, v.flowsInto = c.float(0), c.id()
	if what == showsSibling {
		l.siblings.add(id, d, sibling{v.flowsInto, v.basinKm2})
		return
	}
	l.room = v.pack(l.room[:0])
	l.rivers.add(id, d, packedRiver(c.keep(l.room)))
}

func (l *riverDrawing) settle() {
	l.rivers.settle()
	l.siblings.settle()
}

func (l *riverDrawing) read(c *columns, b *base) {
	b.river = c.id()
	b.own[3] = reference(b.river)
	b.level = c.small() // the order of the route itself
}

func (l *riverDrawing) cut(b *base, c *cutter) {
	rivers := l.rivers.of(b.river)
	cut(c, rivers)
	cut(c, l.siblings.of(b.river))
	for i := range rivers {
		cut(c, l.flowsInto(rivers[i].it.flowsInto()))
	}
}

// flowsInto gives a river that another flows into: asked for when that is cut and again when it is drawn.
func (l *riverDrawing) flowsInto(id int64) []shownRow[packedRiver] {
	if l.flow != id {
		l.flow, l.into = id, l.rivers.anywhere(id)
	}
	return l.into
}

func (l *riverDrawing) draw(b *base, day atlas.Day, s *atlas.Span) bool {
	v := river{perennial: noTruth}
	packed, ok := on(l.rivers.of(b.river), day)
	switch {
	case ok:
		v = packed.river()
	case b.river != 0:
		return false
	}
	order := max(b.level, v.order)
	s.Values[0], s.Values[1], s.Values[2] = textOrNone(v.code), textOrNone(v.name), textOrNone(v.nameEn)
	s.Values[4], s.Values[5], s.Values[7] = textOrNone(v.kind), textOrNone(v.levels), number(order)
	if s.Values[6] = (atlas.Value{}); v.perennial != noTruth {
		s.Values[6] = atlas.BoolValue(v.perennial != 0)
	}
	if into, flows := on(l.flowsInto(v.flowsInto), day); flows {
		s.Values[8] = textOrNone(into.river().name)
	}
	s.Label = ok && l.longest(b, day)
	s.Rank = riverRank(v.basinKm2, order, v.top, b.river != 0)
	return true
}

// longest tells whether a route is the longest of its river on a day; of two as long it is the one with the smaller id.
func (l *riverDrawing) longest(b *base, day atlas.Day) bool {
	best := sibling{route: b.id, lengthM: -1}
	for _, x := range l.siblings.of(b.river) {
		if x.has(day) && (x.it.lengthM > best.lengthM || (x.it.lengthM == best.lengthM && x.it.route < best.route)) {
			best = x.it
		}
	}
	return best.route == b.id
}

// riverRank is the first zoom a river is drawn at: by basin area, Strahler order or the highest level that manages it,
// whichever says most.
func riverRank(basinKm2 float64, order, top int, named bool) int {
	rank := 12
	if named {
		rank = 10
	}
	switch {
	case basinKm2 >= 200_000:
		rank = min(rank, 4)
	case basinKm2 >= 50_000:
		rank = min(rank, 5)
	case basinKm2 >= 10_000:
		rank = min(rank, 6)
	case basinKm2 >= 3_000:
		rank = min(rank, 7)
	case basinKm2 >= 1_000:
		rank = min(rank, 8)
	case basinKm2 >= 200:
		rank = min(rank, 9)
	case basinKm2 >= 50:
		rank = min(rank, 10)
	case basinKm2 >= 10:
		rank = min(rank, 11)
	}
	if order >= 2 {
		rank = min(rank, 12-min(order, 8))
	}
	if top >= 1 && top <= 4 {
		rank = min(rank, 6+top)
	}
	return rank
}
