//go:build soak

package cache_test

import "time"

const staleFor = 60 * time.Second
