package zone

import (
	"cmp"
	"fmt"
	"slices"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/overlay"
)

// OfType is what one type of zone comes to in a division, on one bank.
type OfType struct {
	Count   int       `json:"count"` // of zones; one that lies in several divisions counts where most of its length lies
	LengthM float64   `json:"length_m"`
	Share   geo.Share `json:"share"` // of the division's shoreline on that bank
}

// Stat is what the zones of one bank come to in a division. The lengths of the two banks are never added up.
type Stat struct {
	Division demarc.Division // without ID: outside of all that are given; of a river's total
	Bank     geo.Bank
	LengthM  float64
	Types    [4]OfType // by type, 1 to 4
}

// Of gives what a type comes to.
func (s Stat) Of(t demarc.ZoneType) OfType { return s.Types[t-1] }

// outsideM is how far outside of all divisions a shoreline may lie and still be of the nearest.
const outsideM = 50.0

// Statistics tells what zones come to along their outer lines (length on the ellipsoid), in each division of a level, bank by bank, and
// on the whole river, bank by bank. The divisions' lengths sum to the river's. Divisions are in the order of their codes.
// The only error is the asker's, when nobody waits for it any more.
func Statistics(ctx geo.Asker, zones []demarc.Zone, divisions []demarc.Division, level geo.Level) (by, river []Stat, err error) {
	var of []demarc.Division
	var shapes []*overlay.Shape
	for _, d := range divisions {
		if d.Level == level && d.Geom != nil {
			of = append(of, d)
		}
	}
	slices.SortStableFunc(of, func(a, b demarc.Division) int { return cmp.Compare(a.Code, b.Code) })
	for _, d := range of {
		shapes = append(shapes, overlay.NewShape(d.Geom))
	}
	of = append(of, demarc.Division{}) // outside of all
	sums := make([][2]Stat, len(of)+1) // the last is the river's
	for _, z := range zones {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("sum up zones: %w", err)
		}
		if z.Outer == nil || z.Type < demarc.Protected || z.Type > demarc.Developed {
			continue
		}
		side := 0
		if z.Bank == geo.Right {
			side = 1
		}
		lengths := make([]float64, len(of))
		for _, part := range overlay.Partition(z.Outer.FlatCoords(), 2, shapes, outsideM) {
			at := part.Of
			if at < 0 {
				at = len(of) - 1
			}
			lengths[at] += part.LengthM()
		}
		most := 0
		for i, l := range lengths {
			if l > lengths[most] {
				most = i
			}
			add(&sums[i][side], z.Type, 0, l)
			add(&sums[len(of)][side], z.Type, 0, l)
		}
		add(&sums[most][side], z.Type, 1, 0)
		add(&sums[len(of)][side], z.Type, 1, 0)
	}
	for i, pair := range sums {
		for side, bank := range []geo.Bank{geo.Left, geo.Right} {
			s := pair[side]
			s.Bank = bank
			if i < len(of) {
				s.Division = of[i]
			}
			for t := range s.Types {
				s.Types[t].Share = geo.Share{Part: s.Types[t].LengthM, Whole: s.LengthM}
			}
			switch {
			case s.LengthM == 0 && i < len(of):
			case i < len(of):
				by = append(by, s)
			default:
				river = append(river, s)
			}
		}
	}
	return by, river, nil
}

func add(s *Stat, t demarc.ZoneType, count int, lengthM float64) {
	s.LengthM += lengthM
	s.Types[t-1].Count += count
	s.Types[t-1].LengthM += lengthM
}
