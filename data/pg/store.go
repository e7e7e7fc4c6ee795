// Package pg is PostGIS to domain and back: the one writer (a [Batch] of rows, merged in one transaction), the reads that
// answers and tiles are made of, and the change feed. SQL stands in sql/, one statement a file. It knows no HTTP.
package pg

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/geo"
)

// Config says how to reach a migrated database.
type Config struct {
	ReadDSN   string // logs in as hetu_ro or a member of it
	WriteDSN  string // logs in as hetu_rw or a member of it; may equal ReadDSN
	ReadConns int32  // connections for reading; 0 means 8
	// Now is the clock that record times are taken from.
	Now func() time.Time
}

// Store is an open database. Reads go through a pool that can only read, writes through [Store.NewBatch].
type Store struct {
	read    *pgxpool.Pool
	write   *pgxpool.Pool
	follow  *pgxpool.Pool // for what is asked over and over: its plans are kept, and go by index whatever the statistics say
	access  *pgxpool.Pool // for who may: a login waits for no import
	granted *pgxpool.Pool // for reading what is shown by grants: the role that reads the map knows nobody's
	now     func() time.Time
	queries queries
	drafts  draftsSeen
}

// Open connects the pools and proves each with one round trip.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	q, err := loadQueries()
	if err != nil {
		return nil, err
	}
	conns := cfg.ReadConns
	if conns == 0 {
		conns = 8
	}
	s := &Store{now: cfg.Now, queries: q}
	for _, p := range []struct {
		to        **pgxpool.Pool
		dsn, role string
		conns     int32
		params    map[string]string
	}{
		{&s.read, cfg.ReadDSN, "hetu_ro", conns, map[string]string{
			"default_transaction_read_only": "on", "statement_timeout": "10s", "lock_timeout": "1s",
			"idle_in_transaction_session_timeout": "10s", "work_mem": "8MB",
		}},
		// An import may merge for minutes; its own pool keeps it from starving the readers.
		{&s.write, cfg.WriteDSN, "hetu_rw", 4, map[string]string{
			"statement_timeout": "10min", "lock_timeout": "5min", "idle_in_transaction_session_timeout": "60s",
		}},
		{&s.follow, cfg.ReadDSN, "hetu_ro", 4, map[string]string{
			"default_transaction_read_only": "on", "statement_timeout": "60s", "lock_timeout": "1s", "idle_in_transaction_session_timeout": "10s", "work_mem": "16MB",
			"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
			"max_parallel_workers_per_gather": "0",
		}},
		{&s.access, cfg.WriteDSN, "hetu_rw", 4, map[string]string{
			"statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "10s",
		}},
		{&s.granted, cfg.WriteDSN, "hetu_rw", 4, map[string]string{
			"default_transaction_read_only": "on", "statement_timeout": "10s", "lock_timeout": "1s", "idle_in_transaction_session_timeout": "10s", "work_mem": "8MB",
		}},
	} {
		if *p.to, err = openPool(ctx, p.dsn, p.role, p.conns, p.params); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

func openPool(ctx context.Context, dsn, role string, conns int32, params map[string]string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "the database URL cannot be read")
	}
	cfg.MaxConns = conns
	cfg.ConnConfig.ConnectTimeout = 10 * time.Second
	cfg.ConnConfig.RuntimeParams["search_path"] = "hetu, public"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "hetu"
	maps.Copy(cfg.ConnConfig.RuntimeParams, params)
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return asRole(ctx, conn, role) }
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeUnavailable, "the database does not answer")
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, geo.Wrapf(err, geo.CodeUnavailable, "the database does not answer as %s", role)
	}
	return pool, nil
}

// asRole makes a new connection the role of its pool, whoever logged in, and teaches it geometry.
func asRole(ctx context.Context, conn *pgx.Conn, role string) error {
	if _, err := conn.Exec(ctx, "SET ROLE "+pgx.Identifier{role}.Sanitize()); err != nil {
		return err
	}
	return pgxgeom.Register(ctx, conn)
}

// Close gives all connections back.
func (s *Store) Close() {
	for _, p := range []*pgxpool.Pool{s.read, s.write, s.follow, s.access, s.granted} {
		if p != nil {
			p.Close()
		}
	}
}

// Ping tells whether the database answers a read.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.Ping(ctx); err != nil {
		return geo.Wrapf(err, geo.CodeUnavailable, "the database does not answer")
	}
	return nil
}

// Extent gives the installation's extent.
func (s *Store) Extent(ctx context.Context) (geo.Extent, error) {
	var v [4]float64
	row := s.read.QueryRow(ctx, s.queries["setting_extent"])
	if err := row.Scan(&v[0], &v[1], &v[2], &v[3]); err != nil {
		return geo.Extent{}, interpret(fmt.Errorf("read the extent: %w", err))
	}
	return geo.Extent{West: v[0], South: v[1], East: v[2], North: v[3]}, nil
}
