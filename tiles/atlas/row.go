package atlas

// A row is the values of a record, one for each field of its layer. Two spans of a feature mostly differ in one of them: a
// chief left, a board was put up; and what lies side by side is of one river, one division. Where that is shorter a row is
// written as what differs from another before it, the first of its feature or the last whole one: how far back that is, how
// many values differ, and each with the number of its field.

const (
	// patched marks the rows written so, in record.values and in how far back another is.
	patched = 1 << 31
	// mostPatches is how many values a row may differ in to be written so.
	mostPatches = 8
	// A patch is a field's number above its value.
	valueBits = 27
	valueMask = 1<<valueBits - 1
)

// row gives the values of a row; room is used where they must be put together.
func (l *layer) row(ref uint32, room []uint32) []uint32 {
	n, at := len(l.decl.Fields), ref&^patched
	if ref&patched == 0 {
		return l.values[at : int(at)+n]
	}
	back, patches := l.values[at], l.values[at+1]
	room = append(room[:0], l.row((at-back&^patched)|back&patched, room)...)
	for _, p := range l.values[at+2 : at+2+patches] {
		room[p>>valueBits] = p & valueMask
	}
	return room
}

// rows is what the next row may be written after: the last whole row and the first of its feature. none is not there.
type rows struct{ whole, first int64 }

const none = -1

// addRow writes a row.
func (l *layer) addRow(row []uint32, after *rows) uint32 {
	ref := uint32(len(l.values)) //nolint:gosec // the columns have fewer than 2^31 values
	var room [32]uint32
	base, patches := int64(none), min(mostPatches, len(row)-3)+1
	for _, other := range [2]int64{after.first, after.whole} {
		if other == none {
			continue
		}
		if n := differing(row, l.row(uint32(other), room[:0])); n < patches { //nolint:gosec // it is there
			base, patches = other, n
		}
	}
	if base == none {
		l.values = append(l.values, row...)
		after.whole = int64(ref)
	} else {
		ref = l.addPatches(row, uint32(base), patches, room[:0]) //nolint:gosec // as above
	}
	if after.first == none {
		after.first = int64(ref)
	}
	return ref
}

// addPatches writes a row as what differs from another.
func (l *layer) addPatches(row []uint32, base uint32, patches int, room []uint32) uint32 {
	ref, was := uint32(len(l.values)), l.row(base, room)                           //nolint:gosec // as in addRow
	l.values = append(l.values, (ref-base&^patched)|base&patched, uint32(patches)) //nolint:gosec // few
	for i, v := range row {
		if v != was[i] {
			l.values = append(l.values, uint32(i)<<valueBits|v)
		}
	}
	return ref | patched
}

// differing counts the values that two rows differ in; it gives more than may be if one is too large for a patch.
func differing(row, other []uint32) int {
	n := 0
	for i, v := range row {
		if v == other[i] {
			continue
		}
		if n++; v > valueMask {
			return mostPatches + 1
		}
	}
	return n
}
