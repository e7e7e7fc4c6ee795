//go:build !soak

package main_test

// What make test does of the kill tests; make soak does more.
const (
	killReaches   = 3000
	killTurns     = 5
	projectKills  = 5 // in each of commits and announcements
	fileKills     = 1
	downloadKills = 2
	exportKills   = 3
)
