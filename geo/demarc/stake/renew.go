package stake

import (
	"math"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// Renew gives a new placing, as after a line was changed, the stakes that stand already: one that is placed within [PhysicalWithinM] of a
// standing one of its bank is that one, with its name, number, kind, height and place, and one put by hand is still one; the others get numbers above all that were ever
// taken, by measure. gone are those standing that the new placing has no place for; signs and stakes put by hand are never gone. The answer
// is in the order of placed, then what was kept of signs and stakes by hand.
func Renew(river string, standing, placed, taken []demarc.Stake) (stakes, gone []demarc.Stake) {
	used := make([]bool, len(standing))
	next := map[geo.Bank]int{}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		next[bank] = max(Next(bank, taken), Next(bank, standing))
	}
	for _, p := range placed {
		best, of := PhysicalWithinM, -1
		for i, s := range standing {
			if used[i] || s.Bank != p.Bank || s.Kind == demarc.Sign || math.Abs(s.Lat-p.Lat) > 1e-5 || math.Abs(s.Lon-p.Lon) > 1e-4 {
				continue
			}
			if d := lref.Distance(s.Lon, s.Lat, p.Lon, p.Lat); d <= best {
				best, of = d, i
			}
		}
		if of >= 0 {
			used[of] = true
			kept := standing[of]
			if kept.Kind == demarc.Electronic {
				kept.Lon, kept.Lat = p.Lon, p.Lat
			}
			kept.MeasureM, kept.Division, kept.Tier = p.MeasureM, p.Division, p.Tier
			if kept.Why != ByHand {
				kept.Why = p.Why
			}
			stakes = append(stakes, kept)
			continue
		}
		p.Number = next[p.Bank]
		p.Name = Name(river, p.Bank, p.Number)
		next[p.Bank]++
		stakes = append(stakes, p)
	}
	for i, s := range standing {
		switch {
		case used[i]:
		case s.Kind == demarc.Sign || s.Why == ByHand:
			stakes = append(stakes, s)
		default:
			gone = append(gone, s)
		}
	}
	return stakes, gone
}
