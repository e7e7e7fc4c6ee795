//go:build soak

package main_test

const (
	killReaches   = 100000
	killTurns     = 20
	projectKills  = 100 // in each of commits and announcements: half of them of the server, half of the database
	fileKills     = 50
	downloadKills = 100
	exportKills   = 100
)
