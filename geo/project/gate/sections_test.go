package gate_test

import (
	"fmt"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/project/gate"
)

// inForce is a line of a straight river whose measures are hundredths of a degree, by a project.
func inForce(bank geo.Bank, by int64, from, to, off float64, valid geo.Period) gate.InForce {
	if bank == geo.Right {
		off = -off
	}
	return gate.InForce{Piece: demarc.Piece{Bank: bank, FromM: from, ToM: to, Line: line(106.4+from/1e5, 26.6+off, 106.4+to/1e5, 26.6+off)}, Project: by, Valid: valid}
}

// Where lines of both banks are in force there is a section; one ends where either bank's lines do, and where one project's meet another's on both banks
// at the very place: not where they stand apart, for the area goes straight on there.
func TestSections(t *testing.T) {
	t.Parallel()
	first, later := geo.NewDate(2026, 11, 1), geo.NewDate(2026, 12, 1)
	all := geo.Since(first)
	tests := []struct {
		name  string
		lines []gate.InForce
		want  string
	}{
		{"one project", []gate.InForce{inForce(geo.Left, 1, 0, 100, 0.001, all), inForce(geo.Right, 1, 0, 100, 0.001, all)}, "[{0 100 [0 1]}]"},
		{"one bank alone", []gate.InForce{inForce(geo.Left, 1, 0, 100, 0.001, all)}, "[]"},
		{"a bank with a gap", []gate.InForce{inForce(geo.Left, 1, 0, 100, 0.001, all), inForce(geo.Right, 1, 0, 40, 0.001, all), inForce(geo.Right, 1, 60, 100, 0.001, all)}, "[{0 40 [0 1]} {60 100 [0 2]}]"},
		{"neighbours that meet", []gate.InForce{
			inForce(geo.Left, 1, 0, 50, 0.001, all), inForce(geo.Right, 1, 0, 50, 0.001, all), inForce(geo.Left, 2, 50, 100, 0.001, all), inForce(geo.Right, 2, 50.004, 100, 0.001, all),
		}, "[{0 50 [0 1]} {50 100 [2 3]}]"},
		{"neighbours that stand apart", []gate.InForce{
			inForce(geo.Left, 1, 0, 50, 0.001, all), inForce(geo.Right, 1, 0, 50, 0.001, all), inForce(geo.Left, 2, 50, 100, 0.002, all), inForce(geo.Right, 2, 50, 100, 0.001, all),
		}, "[{0 100 [0 1 2 3]}]"},
		{"one of later", []gate.InForce{
			inForce(geo.Left, 1, 0, 100, 0.001, all), inForce(geo.Right, 1, 0, 100, 0.001, geo.Since(later)), inForce(geo.Right, 2, 20, 80, 0.001, geo.Period{From: first, To: later}),
		}, "[{20 80 [0 2]}]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(gate.Sections(tt.lines, first)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
