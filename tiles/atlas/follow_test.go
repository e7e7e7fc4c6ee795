package atlas_test

import (
	"context"
	"testing"

	"hetu/tiles/atlas"
)

// follow lets an atlas take in all that a store has.
func follow(tb testing.TB, a *atlas.Atlas, s *store) {
	tb.Helper()
	want, _, err := s.Position(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Follow(ctx, s, "", func(err error) { tb.Error(err) })
	}()
	for a.State().Position != want {
		_ = s.Wait(ctx)
	}
	stop()
	<-done
}
