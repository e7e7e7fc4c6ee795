//go:build race

package demarc

const raceEnabled = true
