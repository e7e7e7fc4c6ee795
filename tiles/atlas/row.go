package atlas

// A row is the values of a record, one for each field of its layer. Two spans of a feature mostly differ in one of them: a
// chief left, a board was put up. The later one is then written as what differs from the whole row before it: how far back
// that is, how many values differ, and each with the number of its field.

const (
	// patched marks the rows written so, in record.values.
	patched = 1 << 31
	// mostPatches is how many values a row may differ in to be written so.
	mostPatches = 3
	// A patch is a field's number above its value.
	valueBits = 27
	valueMask = 1<<valueBits - 1
)

// row gives a record's values; room is used where they must be put together.
func (l *layer) row(r *record, room []uint32) []uint32 {
	n, at := len(l.decl.Fields), int(r.values&^patched)
	if r.values&patched == 0 {
		return l.values[at : at+n]
	}
	whole, patches := at-int(l.values[at]), int(l.values[at+1])
	room = append(room[:0], l.values[whole:whole+n]...)
	for _, p := range l.values[at+2 : at+2+patches] {
		room[p>>valueBits] = p & valueMask
	}
	return room
}

// addRow writes a row. whole is where the whole row stands that it may be written after, -1 if there is none; it is given
// anew for the next.
func (l *layer) addRow(row []uint32, whole int) (at uint32, next int) {
	at = uint32(len(l.values)) //nolint:gosec // the columns have fewer than 2^31 values
	if whole >= 0 && len(row) > mostPatches+2 {
		var patches [mostPatches]uint32
		n := 0
		for i, v := range row {
			if v == l.values[whole+i] {
				continue
			}
			if n < mostPatches && v <= valueMask {
				patches[n] = uint32(i)<<valueBits | v //nolint:gosec // a field's number
			}
			if n++; v > valueMask {
				n = mostPatches + 1
			}
		}
		if n <= mostPatches {
			l.values = append(append(l.values, at-uint32(whole), uint32(n)), patches[:n]...) //nolint:gosec // whole is before at
			return at | patched, whole
		}
	}
	l.values = append(l.values, row...)
	return at, int(at)
}
