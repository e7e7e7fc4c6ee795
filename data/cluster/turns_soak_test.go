//go:build soak

package cluster_test

import "time"

// turns is how often each row of the kill table runs.
const turns = 5

// The promises: a first start within 15 s, ready again within 10 s of any
// fault. They are held to here, where nothing else runs beside the table.
const (
	startLimit = 15 * time.Second
	readyLimit = 10 * time.Second
)
