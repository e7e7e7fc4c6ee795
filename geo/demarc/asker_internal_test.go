package demarc

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/twpayne/go-geom"
)

// leaving is an asker who waits until he was looked for so many times.
type leaving struct{ waits, looked int }

func (l *leaving) Err() error {
	if l.looked++; l.looked > l.waits {
		return context.Canceled
	}
	return nil
}

// endsSoon holds that a computation looks for its asker at least so often, and ends with his error the first time that it finds him gone, whenever that is.
func endsSoon(t *testing.T, atLeast int, compute func(*leaving) error) {
	t.Helper()
	whole := &leaving{waits: 1 << 30}
	if err := compute(whole); err != nil {
		t.Fatal(err)
	}
	if whole.looked < atLeast {
		t.Fatalf("the asker was looked for %d times, not %d", whole.looked, atLeast)
	}
	for share := range 10 {
		gone := &leaving{waits: whole.looked * share / 10}
		err := compute(gone)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("he left after %d of %d: %v", gone.waits, whole.looked, err)
		}
		if gone.looked > gone.waits+2 {
			t.Errorf("he left after %d, and was looked for %d times", gone.waits, gone.looked)
		}
	}
}

// A candidate that nobody waits for is not drawn to its end: the asker is looked for every hundredth of the work or oftener.
func TestCandidateEndsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		riv, ok := newRiver(rand.New(rand.NewPCG(seed, 3)), 800, 106) //nolint:gosec // a test
		if !ok {
			continue
		}
		profile := WidthProfile{Rules: []WidthRule{{Basis: NaturalBank, LeastM: 10, MostM: 10}}}
		endsSoon(t, 100, func(l *leaving) error {
			_, _, err := Candidate(l, riv.Stretch, nil, profile)
			return err
		})
		return
	}
	t.Fatal("no river could be drawn")
}

// An area that nobody waits for is not cut by the divisions that are left.
func TestSplitEndsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	box := func(west, east float64) *geom.MultiPolygon {
		return geom.NewMultiPolygonFlat(geom.XY, []float64{west, 26, east, 26, east, 27, west, 27, west, 26}, [][]int{{10}})
	}
	var towns []Division
	for i := range 30 {
		towns = append(towns, Division{ID: int64(i + 1), Geom: box(106+float64(i)/30, 106+float64(i+1)/30)})
	}
	endsSoon(t, len(towns), func(l *leaving) error {
		_, err := SplitByDivision(l, box(106, 107), towns)
		return err
	})
}
