package cluster

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
)

// Role is a role of the private server; its value is the name in PostgreSQL.
type Role string

const (
	// Owner owns the database and the schema hetu, and runs the migrations.
	Owner Role = "hetu_owner"
	// ReadWrite serves edits. It may connect and nothing else until a migration
	// grants it.
	ReadWrite Role = "hetu_rw"
	// ReadOnly serves the public, with the same beginning.
	ReadOnly Role = "hetu_ro"
	// Backup reads everything and may replicate.
	Backup Role = "hetu_backup"
	// Superuser is for set-up and repair, never for requests.
	Superuser Role = "postgres"
)

func roles() []Role { return []Role{Owner, ReadWrite, ReadOnly, Backup, Superuser} }

const (
	databaseName = "hetu"
	// layoutMark is written in the same transaction as the last step, so its
	// presence proves them all. Raise the number when sql/ changes.
	layoutMark = "hetu cluster layout 1"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// bootstrap gives a server hetu's roles, database, extensions and schema. Each
// of the three steps is one transaction of the server and can be repeated, so a
// kill at any moment is healed by the next start. When nothing is missing it
// costs one query.
func bootstrap(ctx context.Context, conn *pgx.Conn, logger *slog.Logger) error {
	warnOldMinor(ctx, conn, logger)
	mark, exists, err := readMark(ctx, conn)
	if err != nil {
		return err
	}
	if mark == layoutMark {
		return nil
	}
	if err = runFile(ctx, conn, "sql/roles.sql"); err != nil {
		return err
	}
	if !exists {
		if err = runFile(ctx, conn, "sql/database.sql"); err != nil {
			return err
		}
	}
	inside := conn.Config().Copy()
	inside.Database = databaseName
	target, err := pgx.ConnectConfig(ctx, inside)
	if err != nil {
		return fmt.Errorf("connect to the new database: %w", err)
	}
	defer func() { _ = target.Close(context.WithoutCancel(ctx)) }()
	if err = runFile(ctx, target, "sql/layout.sql"); err != nil {
		return err
	}
	logger.InfoContext(ctx, "the database's roles and extensions are set up", slog.String("layout", layoutMark))
	return nil
}

func readMark(ctx context.Context, conn *pgx.Conn) (mark string, exists bool, err error) {
	err = conn.QueryRow(ctx,
		`SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1`,
		databaseName).Scan(&mark)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read the database's layout: %w", err)
	}
	return mark, true, nil
}

// runFile sends a whole file as one simple query: PostgreSQL runs it as one
// transaction.
func runFile(ctx context.Context, conn *pgx.Conn, name string) error {
	text, err := sqlFiles.ReadFile(name)
	if err != nil {
		return err
	}
	if _, err := conn.PgConn().Exec(ctx, string(text)).ReadAll(); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}

// warnOldMinor points out a server without the security fixes of May 2026.
func warnOldMinor(ctx context.Context, conn *pgx.Conn, logger *slog.Logger) {
	var version int
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
		return // the next query tells the reason
	}
	fixed := map[int]int{15: 18, 16: 14, 17: 10, 18: 4}
	if minor, known := fixed[version/10000]; known && version%10000 < minor {
		logger.WarnContext(ctx, "PostgreSQL lacks security fixes, upgrade its package",
			slog.Int("major", version/10000), slog.Int("minor", version%10000), slog.Int("fixed_in", minor))
	}
}
