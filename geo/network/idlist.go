package network

import (
	"math"
	"slices"
	"sort"
)

// idList holds ids in half the room where they lie close enough together.
type idList struct {
	base int64
	low  []uint32
	wide []int64 // where low is nil
}

func newIDList(ids []int64) idList {
	if len(ids) == 0 {
		return idList{}
	}
	base := slices.Min(ids)
	if uint64(slices.Max(ids))-uint64(base) > math.MaxUint32 { //nolint:gosec // the difference is right in two's complement
		return idList{wide: slices.Clip(slices.Clone(ids))}
	}
	low := make([]uint32, len(ids))
	for i, id := range ids {
		low[i] = uint32(id - base) //nolint:gosec // checked above
	}
	return idList{base: base, low: low}
}

func (l *idList) len() int   { return len(l.low) + len(l.wide) }
func (l *idList) bytes() int { return 4*cap(l.low) + 8*cap(l.wide) }

func (l *idList) at(i uint32) int64 {
	if l.low != nil {
		return l.base + int64(l.low[i])
	}
	return l.wide[i]
}

// appendTo appends the ids of [from, to).
func (l *idList) appendTo(dst []int64, from, to uint32) []int64 {
	if l.low == nil {
		return append(dst, l.wide[from:to]...)
	}
	dst = slices.Grow(dst, int(to-from))
	for _, low := range l.low[from:to] {
		dst = append(dst, l.base+int64(low))
	}
	return dst
}

// search finds an id among n that are sorted.
func search(n int, id int64, at func(i int) int64) (int, bool) {
	i := sort.Search(n, func(i int) bool { return at(i) >= id })
	return i, i < n && at(i) == id
}
