//go:build !soak

package main_test

// What make test does of the kill tests; make soak does more.
const (
	killReaches = 3000
	killTurns   = 5
)
