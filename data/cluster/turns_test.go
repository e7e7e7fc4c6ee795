//go:build !soak

package cluster_test

import "time"

// turns is how often each row of the kill table runs.
const turns = 1

// Beside the tests of other packages a start waits for its turn at the disk, so
// these limits only find what hangs; the soak holds to what is promised.
const (
	startLimit = time.Minute
	readyLimit = 30 * time.Second
)
