package stake_test

import (
	"context"
	"errors"
	"testing"

	"hetu/geo/demarc/stake"
)

// leaving is an asker who waits until he was looked for so many times.
type leaving struct{ waits, looked int }

func (l *leaving) Err() error {
	if l.looked++; l.looked > l.waits {
		return context.Canceled
	}
	return nil
}

// Stakes that nobody waits for are not placed: the asker is looked for before each.
func TestPlacingEndsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	s, lines := river(5000, 40, 5, 0.6, "source")
	spacing := stake.Spacing{BasicM: 100, KmMarks: true}
	whole := &leaving{waits: 1 << 30}
	placed, err := stake.Place(whole, s, lines, spacing, nil)
	if err != nil || whole.looked < len(placed) || len(placed) < 100 {
		t.Fatalf("%d stakes, looked for %d times, %v", len(placed), whole.looked, err)
	}
	gone := &leaving{waits: 10}
	if _, err := stake.Place(gone, s, lines, spacing, nil); !errors.Is(err, context.Canceled) || gone.looked != 11 {
		t.Errorf("looked for %d times, %v", gone.looked, err)
	}
}
