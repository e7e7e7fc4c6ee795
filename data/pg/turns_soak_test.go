//go:build soak

package pg_test

// turns is how often the tests of random histories run.
const turns = 25
