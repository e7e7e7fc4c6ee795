//go:build !soak

package cluster_test

// turns is how often each row of the kill table runs.
const turns = 1
