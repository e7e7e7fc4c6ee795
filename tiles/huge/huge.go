// Package huge makes arrays of many megabytes.
package huge

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// page is what memory is laid out in where it can be.
const page = 2 << 20

// For gives an empty array with room for n. A large one asks for huge pages: the system then lays it out in a five hundredth of the
// steps, and does so only where it is written to. That it cannot is no error.
func For[T any](n int) []T {
	var one T
	s := make([]T, 0, n)
	if bytes := uintptr(n) * unsafe.Sizeof(one); bytes >= 2*page {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), bytes), unix.MADV_HUGEPAGE) //nolint:gosec // its own array
	}
	return s
}

// Times gives an array with room for so many times what it holds, and a little more; it may have that.
func Times[T any](s []T, times float64) []T {
	want := int(float64(len(s)) * times)
	if want <= cap(s) {
		return s
	}
	return append(For[T](want+want/16+1024), s...)
}

// Twice gives a full array as much room again: large ones that grow by less are copied many times.
func Twice[T any](s []T) []T { return append(For[T](2*len(s)+64), s...) }
