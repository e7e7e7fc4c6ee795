package pg_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"hetu/data/pgtest"
)

// refusedBy tells whether the database refused a statement by a rule of that name.
func refusedBy(err error, rule string) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.ConstraintName == rule
}

// A row of the chain of accesses is of the time that it is written at, whatever who writes it says.
func TestNoRowOfAnotherTime(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tell := func(at string) error {
		return db.Exec(t.Context(), "hetu_rw", "SET hetu.now = '2020-01-01'; SELECT hetu.audit_access("+at+", 1, 'x', NULL, NULL, NULL, 'login', NULL, 'done', NULL)")
	}
	for _, at := range []string{"now() - interval '30 days'", "now() - interval '15 minutes'", "now() + interval '15 minutes'", "'infinity'", "'-infinity'", "NULL", "hetu.clock()"} {
		if err := tell(at); !refusedBy(err, "clock") {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, at := range []string{"now()", "now() - interval '5 minutes'", "now() + interval '5 minutes'"} {
		if err := tell(at); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	if err := db.Exec(t.Context(), "hetu_rw", "CREATE OR REPLACE FUNCTION hetu.clock_slack() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '1 year' $$"); !denied(err) {
		t.Errorf("hetu_rw sets how far its clock may be: %v", err)
	}
}
