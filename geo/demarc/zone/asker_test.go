package zone_test

import (
	"context"
	"errors"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/zone"
)

// leaving is an asker who waits until he was looked for so many times.
type leaving struct{ waits, looked int }

func (l *leaving) Err() error {
	if l.looked++; l.looked > l.waits {
		return context.Canceled
	}
	return nil
}

// Zones that nobody waits for are neither cut nor summed up to the end.
func TestZonesEndWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	s, lines, near := banks(6000, 0.4, "source")
	var cuts []zone.Cut
	const each = 20
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		for i := range each {
			step := (s.ToM - s.FromM) / each
			cuts = append(cuts, zone.Cut{Bank: bank, FromM: s.FromM + float64(i)*step, ToM: s.FromM + float64(i+1)*step, Type: demarc.Reserved})
		}
	}
	whole := &leaving{waits: 1 << 30}
	zones, err := zone.Build(whole, s, lines, near, cuts, nil)
	if err != nil || len(zones) != len(cuts) || whole.looked < len(cuts) {
		t.Fatalf("%d zones, looked for %d times, %v", len(zones), whole.looked, err)
	}
	for share := range 10 {
		gone := &leaving{waits: whole.looked * share / 10}
		if _, err := zone.Build(gone, s, lines, near, cuts, nil); !errors.Is(err, context.Canceled) || gone.looked != gone.waits+1 {
			t.Errorf("he left after %d of %d, and was looked for %d times: %v", gone.waits, whole.looked, gone.looked, err)
		}
	}
	gone := &leaving{waits: 7}
	if _, _, err := zone.Statistics(gone, zones, s.Divisions, geo.Town); !errors.Is(err, context.Canceled) || gone.looked != 8 {
		t.Errorf("of statistics he was looked for %d times: %v", gone.looked, err)
	}
}
