package pg

import (
	"fmt"
	"slices"
	"time"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/huge"
)

// days is a run of civil days [from, to).
type days struct{ from, to atlas.Day }

var allDays = days{atlas.FirstDay, atlas.LastDay} //nolint:gochecknoglobals // a constant, but for its type

func (d days) has(day atlas.Day) bool { return d.from <= day && day < d.to }

// shown is what a feature shows of something else, or is told of it, by that thing's id and over the days on which it is so.
type shown[T any] struct {
	ids  []int64 // rising once settled
	rows []shownRow[T]
	last int // where the one before was found: what comes in order is found beside it
}

type shownRow[T any] struct {
	days
	it T
}

func (s *shown[T]) add(id int64, d days, it T) {
	if id == 0 || d.from >= d.to {
		return
	}
	if len(s.ids) == cap(s.ids) {
		s.ids, s.rows = huge.Twice(s.ids), huge.Twice(s.rows)
	}
	s.ids = append(s.ids, id)
	s.rows = append(s.rows, shownRow[T]{d, it})
}

// settle sorts what was added by id. A table mostly comes in that order.
func (s *shown[T]) settle() {
	if slices.IsSorted(s.ids) {
		return
	}
	order := make([]int, len(s.ids))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if s.ids[i] < s.ids[j] {
			return -1
		}
		if s.ids[i] > s.ids[j] {
			return 1
		}
		return 0
	})
	ids, rows := make([]int64, len(order)), make([]shownRow[T], len(order))
	for i, at := range order {
		ids[i], rows[i] = s.ids[at], s.rows[at]
	}
	s.ids, s.rows = ids, rows
}

// of gives all of an id.
func (s *shown[T]) of(id int64) []shownRow[T] {
	if id == 0 || len(s.ids) == 0 {
		return nil
	}
	at := s.last
	if s.ids[at] > id || (at > 0 && s.ids[at-1] >= id) {
		at, _ = slices.BinarySearch(s.ids[:at], id)
	} else {
		// Not far ahead, or anywhere behind it.
		step := at + min(16, len(s.ids)-at)
		for at < step && s.ids[at] < id {
			at++
		}
		if at == step && at < len(s.ids) {
			next, _ := slices.BinarySearch(s.ids[at:], id)
			at += next
		}
	}
	end := at
	for end < len(s.ids) && s.ids[end] == id {
		end++
	}
	s.last = min(at, len(s.ids)-1)
	return s.rows[at:end]
}

// anywhere gives all of an id that is not looked for in any order.
func (s *shown[T]) anywhere(id int64) []shownRow[T] {
	if id == 0 {
		return nil
	}
	at, found := slices.BinarySearch(s.ids, id)
	if !found {
		return nil
	}
	end := at
	for end < len(s.ids) && s.ids[end] == id {
		end++
	}
	return s.rows[at:end]
}

// on gives the one of a day.
func on[T any](rows []shownRow[T], day atlas.Day) (it *T, found bool) {
	for i := range rows {
		if rows[i].has(day) {
			return &rows[i].it, true
		}
	}
	return nil, false
}

// cut makes a span end where any of rows begins or ends.
func cut[T any](c *cutter, rows []shownRow[T]) {
	for i := range rows {
		c.at(rows[i].days)
	}
}

// cutter collects the days within a row's own at which what is drawn of it may change.
type cutter struct {
	own  days
	cuts []atlas.Day
}

func (c *cutter) at(d days) {
	if c.own.from < d.from && d.from < c.own.to {
		c.cuts = append(c.cuts, d.from)
	}
	if c.own.from < d.to && d.to < c.own.to {
		c.cuts = append(c.cuts, d.to)
	}
}

// base is a row of a layer's own: what is true of a feature over some days, before what it shows of others.
type base struct {
	days
	id    int64
	shape atlas.Shape
	own   []atlas.Value // in the order of the layer's fields; what is shown of others is left none

	river, route, division int64
	level                  int
	from, to               float64 // measures on the route
	term                   string  // a kind or a bank that decides on what is shown
}

// drawing is how a layer is read.
type drawing interface {
	// shows takes in a row of what features show of others; settle comes after the last.
	shows(c *columns)
	settle()
	// read reads a row's own columns behind id, valid and geom.
	read(c *columns, b *base)
	// cut tells where what the row shows of others may change.
	cut(b *base, c *cutter)
	// draw sets rank, label and values as of a day; false: it is not drawn on it.
	draw(b *base, day atlas.Day, s *atlas.Span) bool
}

// spanner makes spans of the rows of a layer. Those of a feature come one after the other.
type spanner struct {
	drawing drawing
	fields  int
	emit    func(*atlas.Span) error

	columns  columns
	passOver map[int64]bool // features that are not looked at
	bases    []base         // those of one feature; the arrays of all are used again
	n        int
	cutter   cutter
	pending  bool
	span     [2]atlas.Span // the one pending, and the one that is looked at
	shape    int           // the base whose shape the pending one has
}

func newSpanner(layer string, emit func(*atlas.Span) error) (*spanner, layerSource, error) {
	src, ok := layerSources()[layer]
	if !ok {
		return nil, src, geo.Errorf(geo.CodeNotFound, "the store has no layer %q", layer)
	}
	s := &spanner{drawing: src.drawing, emit: emit, columns: columns{texts: map[string]string{}}}
	for _, l := range tiles.Catalogue() {
		if l.Name == layer {
			s.fields = len(l.Fields)
		}
	}
	return s, src, nil
}

// shows takes a row of what features show of others.
func (s *spanner) shows(values [][]byte) error {
	s.columns.values = values
	s.drawing.shows(&s.columns)
	return s.columns.err
}

// row takes a row of the layer's own.
func (s *spanner) row(values [][]byte) error {
	c := &s.columns
	c.values = values
	id := c.id()
	if s.passOver[id] {
		return nil
	}
	if s.n > 0 && s.bases[0].id != id {
		if err := s.feature(); err != nil {
			return err
		}
	}
	if s.n == len(s.bases) {
		s.bases = append(s.bases, base{own: make([]atlas.Value, s.fields)})
	}
	b := &s.bases[s.n]
	s.n++
	b.id, b.days = id, c.days()
	if err := readShape(c.next(), &b.shape); err != nil {
		return fmt.Errorf("feature %d: %w", id, err)
	}
	s.drawing.read(c, b)
	if c.err != nil {
		return fmt.Errorf("feature %d: %w", id, c.err)
	}
	return nil
}

// feature gives the spans of the feature whose rows are there.
func (s *spanner) feature() error {
	bases := s.bases[:s.n]
	s.n = 0
	if len(bases) > 1 {
		slices.SortFunc(bases, func(a, b base) int { return int(min(max(int64(a.days.from)-int64(b.days.from), -1), 1)) })
	}
	s.pending = false
	for i := range bases {
		b := &bases[i]
		s.cutter.own, s.cutter.cuts = b.days, s.cutter.cuts[:0]
		s.drawing.cut(b, &s.cutter)
		cuts := s.cutter.cuts
		if len(cuts) > 1 {
			slices.Sort(cuts)
			cuts = slices.Compact(cuts)
		}
		from := b.days.from
		for _, to := range append(cuts, b.days.to) {
			if err := s.piece(bases, i, days{from, to}); err != nil {
				return err
			}
			from = to
		}
		s.cutter.cuts = cuts
	}
	return s.flush()
}

// end gives the last feature.
func (s *spanner) end() error {
	if s.n == 0 {
		return nil
	}
	return s.feature()
}

// piece draws a feature over some days, as the row i says, and joins it to what is the same before it.
func (s *spanner) piece(bases []base, i int, d days) error {
	b, next := &bases[i], &s.span[1]
	if next.Values == nil {
		next.Values = make([]atlas.Value, s.fields)
	}
	*next = atlas.Span{ID: b.id, From: d.from, To: d.to, Shape: b.shape, Values: next.Values}
	copy(next.Values, b.own)
	if !s.drawing.draw(b, d.from, next) {
		return s.flush()
	}
	last := &s.span[0]
	if s.pending && last.To == d.from && last.Rank == next.Rank && last.Label == next.Label && slices.Equal(last.Values, next.Values) &&
		(s.shape == i || sameShape(&last.Shape, &next.Shape)) {
		last.To = d.to
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.span[0], s.span[1] = s.span[1], s.span[0]
	s.pending, s.shape = true, i
	return nil
}

func (s *spanner) flush() error {
	if !s.pending {
		return nil
	}
	s.pending = false
	return s.emit(&s.span[0])
}

func sameShape(a, b *atlas.Shape) bool {
	return slices.Equal(a.Flat, b.Flat) && slices.Equal(a.Parts, b.Parts) && slices.Equal(a.Hole, b.Hole)
}

// dayText writes a day.
func dayText(d atlas.Day) atlas.Value {
	return atlas.TextValue(time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly))
}
