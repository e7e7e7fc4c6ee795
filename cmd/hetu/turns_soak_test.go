//go:build soak

package main_test

const (
	killReaches = 100000
	killTurns   = 20
)
