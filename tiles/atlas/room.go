package atlas

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is what memory is laid out in where it can be.
const hugePage = 2 << 20

// roomFor gives an array with room for so many times what it holds, and a little more; it may have that.
func roomFor[T any](s []T, times float64) []T {
	want := int(float64(len(s)) * times)
	if want <= cap(s) {
		return s
	}
	return append(huge[T](want+want/16+1024), s...)
}

// huge gives an empty array with so much room. A large one asks for huge pages: the system then lays it out in a five hundredth of
// the steps, and does so only where it is written to. That it cannot is no error.
func huge[T any](n int) []T {
	var one T
	s := make([]T, 0, n)
	if bytes := uintptr(n) * unsafe.Sizeof(one); bytes >= 2*hugePage {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), bytes), unix.MADV_HUGEPAGE) //nolint:gosec // its own array
	}
	return s
}
