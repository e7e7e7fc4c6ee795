package demarc

import (
	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Thing is what may lie in a strip that a boundary leaves out: a building, a problem 问题.
type Thing struct {
	Kind string // building, problem …
	ID   int64
	Name string
	Geom geom.T // Point, Polygon or MultiPolygon, degrees
}

// Shrink is a place where a drawn line lies inside the candidate 缩窄 (A12). The rule G13 finds it.
type Shrink struct {
	Bank       geo.Bank
	FromM, ToM float64
	DeepestM   float64
	LostM2     float64            // on the ellipsoid
	Strip      *geom.MultiPolygon // what lies between
	Things     []Thing            // of those given, what lies in the strip or reaches into it
}
