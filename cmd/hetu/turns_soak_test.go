//go:build soak

package main_test

const (
	killReaches = 100000
	killTurns   = 20
	// Half of them of the server, half of the database.
	commitKills       = 100
	announcementKills = 100
	fileKills         = 50
	downloadKills     = 100
	exportKills       = 100
)
