package zone

import (
	"fmt"
	"strconv"

	"hetu/geo"
	"hetu/geo/demarc"
)

// mostNumbers is how many zones a bank of a river may have: ids have three digits.
const mostNumbers = 999

// Numbers gives ids to zones of a river, and none that one has already.
type Numbers struct {
	taken map[string]bool
	last  map[geo.Bank]int // the numbers up to it are not looked at
}

// NumbersBut gives all ids but those of some zones, from the lowest up.
func NumbersBut(taken []demarc.Zone) *Numbers {
	n := &Numbers{taken: map[string]bool{}, last: map[geo.Bank]int{}}
	for _, z := range taken {
		n.taken[z.RegionID] = true
	}
	return n
}

// Next gives the next free id of a bank.
func (n *Numbers) Next(bank geo.Bank) (string, error) {
	for n.last[bank] < mostNumbers {
		n.last[bank]++
		id := fmt.Sprintf("%s%03d", letterOf(bank), n.last[bank])
		if !n.taken[id] {
			n.taken[id] = true
			return id, nil
		}
	}
	return "", geo.FieldErrorf(geo.CodeRefused, "cuts", "the %s bank of the river has no number left for a further zone: ids have three digits, and one that was given stays; make fewer zones", bank)
}

func letterOf(bank geo.Bank) string {
	if bank == geo.Right {
		return "R"
	}
	return "L"
}

// numbers gives the ids of the bank's zones: those above all that lie upstream of the stretch.
func (b *banked) numbers(taken []demarc.Zone) *Numbers {
	out := NumbersBut(taken)
	for _, z := range taken {
		n, err := strconv.Atoi(z.RegionID[min(1, len(z.RegionID)):])
		upstream := z.ToM <= b.stretch.FromM+tilesWithinM // false where it is not known
		if b.falls() {
			upstream = z.FromM >= b.stretch.ToM-tilesWithinM
		}
		if err == nil && z.Bank == b.bank && upstream {
			out.last[b.bank] = max(out.last[b.bank], n)
		}
	}
	return out
}
