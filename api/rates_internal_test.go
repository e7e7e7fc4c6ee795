package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hetu/geo"
	"hetu/geo/access"
)

// However many addresses fail, what is kept of them is bounded, and those beyond share one count; when they are quiet their places are free again.
func TestRatesAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := newRates(func() time.Time { return now }, 0)
	fail := func(address string) error {
		tried, err := r.tryKey(address, "hetu_x")
		if err == nil {
			tried(geo.Errorf(geo.CodeNotFound, "none"))
		}
		return err
	}
	for i := range ratePlaces {
		if err := fail(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	refused := 0
	for i := range 2 * failedKeysPerMinute {
		if fail(fmt.Sprint("more ", i)) != nil {
			refused++
		}
	}
	if refused != failedKeysPerMinute || len(r.failed.of) > ratePlaces+1 {
		t.Errorf("%d of further addresses are refused, %d counts are kept", refused, len(r.failed.of))
	}
	now = now.Add(-time.Hour) // a clock that is put back gives nothing
	if err := fail("more"); geo.CodeOf(err) != geo.CodeTooMany {
		t.Errorf("an hour earlier: %v", err)
	}
	now = now.Add(time.Hour + time.Minute)
	if err := fail("more"); err != nil || len(r.failed.of) > 2 {
		t.Errorf("a minute later: %v, %d counts are kept", err, len(r.failed.of))
	}
}

// What failed for another reason than the key, such as a database that does not answer, counts for nothing.
func TestOnlyBadKeysCount(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := newRates(func() time.Time { return now }, 0)
	for range 2 * failedKeysPerMinute {
		tried, err := r.tryKey("192.0.2.1", "hetu_x")
		if err != nil {
			t.Fatal(err)
		}
		tried(geo.Errorf(geo.CodeUnavailable, "the database does not answer"))
	}
}

// However many keys a person has, they are answered together what a few are; a request that is refused for that takes none of its key's.
func TestKeysOfAPersonTogether(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := newRates(func() time.Time { return now }, 6)
	answered := 0
	for i := range 20 * 6 {
		if r.ask(access.Actor{Account: 1, Key: fmt.Sprint("key", i%20)}) == nil {
			answered++
		}
	}
	if answered != shares*6 {
		t.Errorf("twenty keys were answered %d requests, want %d", answered, shares*6)
	}
	if err := r.ask(access.Actor{Account: 1}); geo.CodeOf(err) != geo.CodeTooMany || !strings.Contains(err.Error(), "you and your keys") {
		t.Errorf("their owner: %v", err)
	}
	if err := r.ask(access.Actor{Account: 2, Key: "another"}); err != nil {
		t.Errorf("another's key: %v", err)
	}
	now = now.Add(20 * time.Second)
	for i := range 7 {
		if err := r.ask(access.Actor{Account: 1, Key: "key19"}); (err == nil) != (i < 6) {
			t.Errorf("twenty seconds later, request %d: %v", i, err)
		}
	}
}
