package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
)

// HolderForTest reads who holds a post by the two time axes, straight from the tables.
func (s *Store) HolderForTest(ctx context.Context, post string, asOf geo.Date, knownAt time.Time) (string, error) {
	var name string
	err := s.read.QueryRow(ctx, `SELECT p.name FROM appointment_version a JOIN post k ON k.id = a.post_id JOIN person_version p ON p.id = a.person_id
		WHERE k.key = $1 AND a.valid @> $2::date AND a.recorded @> $3::timestamptz AND p.valid @> $2::date AND p.recorded @> greatest($3::timestamptz, lower(p.recorded))`,
		post, date(asOf), knownAt).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// StatementsForTest gives the statements of sql/ by name.
func StatementsForTest() map[string]string {
	q, err := loadQueries()
	if err != nil {
		panic(err)
	}
	return q
}

// OfAllForTest makes a statement for single features one for all.
func OfAllForTest(sql string) string { return ofAll(sql) }

// ByRowsForTest has deltas made of so many rows of the feed.
func (a *AtlasSource) ByRowsForTest(n int) { a.rows = n }

// NowForTest gives the store's clock.
func (s *Store) NowForTest() time.Time { return s.now() }

// VerifyForTest verifies the audit as a transaction sees it.
func (s *Store) VerifyForTest(ctx context.Context, tx pgx.Tx) (Verdict, error) {
	return s.verify(ctx, tx)
}

// SeveralForTest has so many features with several versions read by their ids at the most.
func (a *AtlasSource) SeveralForTest(n int) { a.several = n }
