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
	sums := newSums(divisions, level)
	for _, z := range zones {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("sum up zones: %w", err)
		}
		if z.Outer != nil && z.Type >= demarc.Protected && z.Type <= demarc.Developed {
			sums.zone(z)
		}
	}
	by, river = sums.stats()
	return by, river, nil
}

// sums are what zones come to so far.
type sums struct {
	divisions []demarc.Division // in the order of their codes, then that without ID: outside of all
	shapes    []*overlay.Shape  // of all but the last
	of        [][2]Stat         // by division and bank, then the river's
}

func newSums(divisions []demarc.Division, level geo.Level) *sums {
	s := &sums{}
	for _, d := range divisions {
		if d.Level == level && d.Geom != nil {
			s.divisions = append(s.divisions, d)
		}
	}
	slices.SortStableFunc(s.divisions, func(a, b demarc.Division) int { return cmp.Compare(a.Code, b.Code) })
	for _, d := range s.divisions {
		s.shapes = append(s.shapes, overlay.NewShape(d.Geom))
	}
	s.divisions = append(s.divisions, demarc.Division{})
	s.of = make([][2]Stat, len(s.divisions)+1)
	return s
}

// zone adds a zone to the divisions that its outer line runs through; it counts where most of that lies.
func (s *sums) zone(z demarc.Zone) {
	side := 0
	if z.Bank == geo.Right {
		side = 1
	}
	outside, river := len(s.divisions)-1, len(s.divisions)
	lengths := make([]float64, len(s.divisions))
	for _, part := range overlay.Partition(z.Outer.FlatCoords(), 2, s.shapes, outsideM) {
		at := part.Of
		if at < 0 {
			at = outside
		}
		lengths[at] += part.LengthM()
	}
	most := 0
	for i, l := range lengths {
		if l > lengths[most] {
			most = i
		}
		add(&s.of[i][side], z.Type, 0, l)
		add(&s.of[river][side], z.Type, 0, l)
	}
	add(&s.of[most][side], z.Type, 1, 0)
	add(&s.of[river][side], z.Type, 1, 0)
}

// stats gives the sums of the divisions that have a shoreline, and the river's.
func (s *sums) stats() (by, river []Stat) {
	for i, pair := range s.of {
		for side, bank := range []geo.Bank{geo.Left, geo.Right} {
			stat := pair[side]
			stat.Bank = bank
			for t := range stat.Types {
				stat.Types[t].Share = geo.Share{Part: stat.Types[t].LengthM, Whole: stat.LengthM}
			}
			switch {
			case i == len(s.divisions):
				river = append(river, stat)
			case stat.LengthM != 0:
				stat.Division = s.divisions[i]
				by = append(by, stat)
			}
		}
	}
	return by, river
}

func add(s *Stat, t demarc.ZoneType, count int, lengthM float64) {
	s.LengthM += lengthM
	s.Types[t-1].Count += count
	s.Types[t-1].LengthM += lengthM
}
