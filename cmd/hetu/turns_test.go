//go:build !soak

package main_test

// What make test does of the kill tests; make soak does more.
const (
	killReaches       = 3000
	killTurns         = 5
	commitKills       = 2
	announcementKills = 3
	fileKills         = 1
	downloadKills     = 2
	exportKills       = 2
)
