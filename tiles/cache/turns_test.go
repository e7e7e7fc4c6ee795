//go:build !soak

package cache_test

import "time"

// What make test does of the race between edits and requests; make soak does more.
const staleFor = 2 * time.Second
