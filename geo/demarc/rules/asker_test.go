package rules_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// leaving is a context that is over when it was looked at so many times.
type leaving struct {
	context.Context //nolint:containedctx // it is one
	left            *atomic.Int64
}

func (l leaving) Err() error {
	if l.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A check that nobody waits for ends at the next rule, or before, while the subject is read.
func TestCheckEndsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	c := rulestest.Long(400)
	looked := func(waits int64) (int64, error) {
		ctx := leaving{t.Context(), new(atomic.Int64)}
		ctx.left.Store(waits)
		_, err := rules.Check(ctx, c.Subject, rules.Options{})
		return waits - ctx.left.Load(), err
	}
	whole, err := looked(1 << 30)
	if err != nil || whole < int64(len(rules.Rules())) {
		t.Fatalf("looked at %d times, %v", whole, err)
	}
	for waits := range whole {
		if n, err := looked(waits); !errors.Is(err, context.Canceled) || n != waits+1 {
			t.Errorf("it was over after %d of %d, and looked at %d times: %v", waits, whole, n, err)
		}
	}
}
