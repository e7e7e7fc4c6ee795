package pg_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"hetu/data/pgtest"
	"hetu/geo/access"
)

// No token but the one that a session had is let in beside its new one, and not for long; and it is told that a session was given one.
func TestNoSecondTokenOfASession(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, twoCounties()...)
	who := person(t, db.Store, "west", access.Planner, "west")
	first, second := sha256.Sum256([]byte("first")), sha256.Sum256([]byte("second"))
	id, err := db.Store.OpenSession(t.Context(), who, "", first, "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]string{
		"a token beside the one it has":   "previous = sha256('mine'), previous_until = now() + interval '10 seconds'",
		"its own, as the one before":      "previous = hash, previous_until = now() + interval '10 seconds'",
		"another's, with a new one":       "previous = sha256('mine'), hash = sha256('x'), previous_until = now() + interval '10 seconds', turned_at = now()",
		"the one it had, for an hour":     "previous = hash, hash = sha256('x'), previous_until = now() + interval '1 hour', turned_at = now()",
		"the one it had, from tomorrow":   "previous = hash, hash = sha256('x'), previous_until = now() + interval '1 day', turned_at = now() + interval '1 day'",
		"the one it had, for ever":        "previous = hash, hash = sha256('x'), previous_until = NULL, turned_at = now()",
		"an hour more for the one before": "previous_until = now() + interval '1 hour'",
		"a token where there was none":    "previous = sha256('mine')",
	} {
		if err := db.Exec(t.Context(), "hetu_rw", "UPDATE hetu.session SET "+set); !refusedBy(err, "turn_session") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ours, err := db.Store.TurnSession(t.Context(), id, first, second); err != nil || !ours {
		t.Fatalf("a turn: %t, %v", ours, err)
	}
	for _, token := range [][32]byte{first, second} {
		if _, err := db.Store.Visit(t.Context(), token); err != nil {
			t.Errorf("after a turn: %v", err)
		}
	}
	if told := textOf(t, db, "SELECT object || ': ' || detail FROM hetu.access_audit ORDER BY id DESC LIMIT 1"); told != fmt.Sprintf("session %d: hash, previous, previous_until", id) {
		t.Errorf("of the turn it is told %q", told)
	}
}
