package pg

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"hetu/geo"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// queries holds the statements of sql/ by name, without the ending.
type queries map[string]string

func loadQueries() (queries, error) {
	out := queries{}
	err := fs.WalkDir(sqlFiles, "sql", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := sqlFiles.ReadFile(name)
		if err != nil {
			return err
		}
		out[strings.TrimSuffix(path.Base(name), ".sql")] = string(text)
		return nil
	})
	return out, err
}

// interpret turns what pgx and PostgreSQL say into the codes of geo: the only place that knows their errors.
func interpret(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return geo.Wrapf(err, geo.CodeNotFound, "nothing of that name is stored")
	}
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if _, refused := errors.AsType[*pgconn.ConnectError](err); refused || pgconn.Timeout(err) || pgconn.SafeToRetry(err) {
			return geo.Wrapf(err, geo.CodeUnavailable, "the database did not answer in time")
		}
		if broken(err) {
			return geo.Wrapf(err, geo.CodeUnavailable, "the connection to the database broke")
		}
		return err
	}
	switch {
	case pe.ConstraintName == "appointment_one_holder":
		return geo.Wrapf(err, geo.CodeConflict, "two appointments to one post overlap in time; end the first before the second begins")
	case strings.HasSuffix(pe.ConstraintName, "_one_in_force"):
		return geo.Wrapf(err, geo.CodeConflict, "two rows of this import have one natural key and overlap in time (%s)", strings.TrimSuffix(pe.ConstraintName, "_one_in_force"))
	case pe.Code == "23505" || pe.Code == "23P01":
		return geo.Wrapf(inFull(pe, err), geo.CodeConflict, "%s: what one alone may have is another's already (%s)", pe.TableName, pe.ConstraintName)
	case pe.Code == "23503" && slices.Contains([]string{"account", "account_grant", "api_key"}, pe.TableName) && strings.HasSuffix(pe.ConstraintName, "_division_id_fkey"):
		return geo.AtField(geo.Wrapf(inFull(pe, err), geo.CodeRefused, "no division of this id is stored: /api/v1/places?q= finds ids by a part of a name"), "/division")
	case pe.Code == "23503":
		return geo.Wrapf(inFull(pe, err), geo.CodeConflict, "%s refers to something that is not stored (%s)", pe.TableName, pe.ConstraintName)
	case pe.Code == "23514":
		return geo.Wrapf(err, geo.CodeRefused, "%s: a value breaks the rule %s", pe.TableName, pe.ConstraintName)
	case pe.Code == "23502":
		return geo.Wrapf(err, geo.CodeRefused, "%s: %s is missing", pe.TableName, pe.ColumnName)
	case pe.Code == "23000":
		return geo.Wrapf(err, geo.CodeRefused, "%s", pe.Message)
	case pe.Code == "57014":
		return geo.Wrapf(err, geo.CodeUnavailable, "the question took too long and was stopped")
	case pe.Code == "XX000" && strings.Contains(pe.Message, "TopologyException"):
		return geo.Wrapf(err, geo.CodeRefused, "two polygons lie on each other in a way that cannot be computed: move a vertex by a centimetre")
	case pe.Code == "53200":
		return geo.Wrapf(err, geo.CodeUnavailable, "the question needs more memory than there is: ask about a smaller polygon")
	case pe.Code == "53300" || strings.HasPrefix(pe.Code, "57P") || strings.HasPrefix(pe.Code, "08") || pe.Code == "55P03":
		return geo.Wrapf(err, geo.CodeUnavailable, "the database is busy or restarting")
	default:
		return fmt.Errorf("database: %w", err)
	}
}

// inFull adds to a cause, which is for the log and the command line, which values PostgreSQL speaks of: a client is told none of its text.
func inFull(pe *pgconn.PgError, err error) error {
	if pe.Detail == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, pe.Detail)
}

// broken tells whether the connection ended in the middle of an answer: PostgreSQL, or the way to it, went without a word. A value
// that ends too early ends nothing but itself.
func broken(err error) bool {
	if _, value := errors.AsType[pgx.ScanArgError](err); value {
		return false
	}
	return slices.ContainsFunc([]error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE}, func(end error) bool { return errors.Is(err, end) })
}
