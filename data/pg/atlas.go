package pg

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"hetu/geo"
	"hetu/tiles/atlas"
)

// AtlasSource is the store as the atlas reads it: whole layers by COPY, single features and the change feed on connections whose
// plans are kept. It implements [atlas.Source]. Load and Fetch may be called from several goroutines, the rest, its [Feed], from one.
type AtlasSource struct {
	*Feed
	store *Store
	rows  int               // of the feed that a delta is made of, give or take a transaction
	some  map[string]string // by layer, the statement for single features
	shows map[string]string // and that for what they show of others

	several int // how many features with several versions are read by their ids at the most
}

var _ atlas.Source = (*AtlasSource)(nil)

// Atlas gives the store as the atlas reads it.
func (s *Store) Atlas() *AtlasSource {
	some, shows := map[string]string{}, map[string]string{}
	for layer := range layerSources() {
		some[layer] = without(s.queries["atlas_"+layer], everything)
		shows[layer] = without(s.queries["atlas_"+layer+"_shows"], everything)
	}
	return &AtlasSource{Feed: s.Feed(), store: s, rows: deltaRows, some: some, shows: shows, several: mostSeveral}
}

// ofIDs marks the lines of a statement that pick features by id. Without them it is the statement for all, and without those that
// have the mark everything the one for some.
const (
	ofIDs      = "-- of ids"
	everything = "-- of all"
)

// inOrder marks those that give a layer's features in the order of their ids.
const inOrder = "-- in order"

// ofAll makes a statement for single features one for all of them.
func ofAll(sql string) string { return without(sql, ofIDs) }

// without leaves out the lines of a statement that have a mark, and comments.
func without(sql, mark string) string {
	var out strings.Builder
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(line, "--") && !strings.HasSuffix(strings.TrimRight(line, "\n"), mark) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// Count implements [atlas.Source]. What has a history is counted too high.
func (a *AtlasSource) Count(ctx context.Context, layer string) (n int, err error) {
	src, ok := layerSources()[layer]
	if !ok {
		return 0, geo.Errorf(geo.CodeNotFound, "the store has no layer %q", layer)
	}
	if err = a.store.read.QueryRow(ctx, a.store.queries["table_rows"], pgx.NamedArgs{"table": src.table}).Scan(&n); err != nil {
		return 0, interpret(fmt.Errorf("count the layer %s: %w", layer, err))
	}
	return n, nil
}

// Load implements [atlas.Source]. A layer is read in one snapshot: first what its features show of others, then themselves.
func (a *AtlasSource) Load(ctx context.Context, layer string, emit func(*atlas.Span) error) error {
	s, src, err := newSpanner(layer, emit)
	if err != nil {
		return err
	}
	conn, err := a.store.bulkConn(ctx)
	if err != nil {
		return interpret(fmt.Errorf("load the layer %s: %w", layer, err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := a.load(ctx, conn, layer, s, src); err != nil {
		return interpret(fmt.Errorf("load the layer %s: %w", layer, err))
	}
	return nil
}

func (a *AtlasSource) load(ctx context.Context, conn *pgx.Conn, layer string, s *spanner, src layerSource) error {
	if _, err := conn.Exec(ctx, "BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return err
	}
	if src.shows > 0 {
		if err := copyOut(ctx, conn, ofAll(a.store.queries["atlas_"+layer+"_shows"]), src.shows, s.shows); err != nil {
			return err
		}
	}
	s.drawing.settle()
	if err := a.loadRows(ctx, conn, layer, s, src); err != nil {
		return err
	}
	return s.end()
}

// loadRows reads the rows of a layer's features. They need not come in the order of the features, but all of one side by side, and to
// read a table as it stands on the disk takes half the work that an index does. So the features that have several versions are passed
// over and read once more by their ids; where they are many, all is read by the index.
func (a *AtlasSource) loadRows(ctx context.Context, conn *pgx.Conn, layer string, s *spanner, src layerSource) error {
	sql := a.store.queries["atlas_"+layer]
	rows, err := conn.Query(ctx, a.store.queries["layer_several"], pgx.NamedArgs{"table": src.table})
	if err != nil {
		return err
	}
	several, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	if len(several) > a.several {
		return copyOut(ctx, conn, ofAll(sql), src.columns, s.row)
	}
	s.passOver = make(map[int64]bool, len(several))
	for _, id := range several {
		s.passOver[id] = true
	}
	if err := copyOut(ctx, conn, without(ofAll(sql), inOrder), src.columns, s.row); err != nil || len(several) == 0 {
		return err
	}
	s.passOver = nil
	if rows, err = conn.Query(ctx, a.some[layer], pgx.QueryResultFormats{pgx.BinaryFormatCode}, pgx.NamedArgs{"ids": several}); err != nil {
		return err
	}
	defer rows.Close()
	return eachRow(rows, s.row)
}

// mostSeveral is how many features with several versions are read by their ids: to find one so costs what ten do that come by themselves.
const mostSeveral = 50_000

// bulkConn connects for reading a layer whole, in the order of ids by way of the index: a sort would carry all geometry. What they show
// of others is read table by table: by way of an index nearly all of a table would be read too.
func (s *Store) bulkConn(ctx context.Context) (*pgx.Conn, error) {
	cfg := s.read.Config().ConnConfig
	maps.Copy(cfg.RuntimeParams, map[string]string{
		"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "work_mem": "128MB", "enable_sort": "off",
		"enable_bitmapscan": "off", "random_page_cost": "20", "jit": "off", "max_parallel_workers_per_gather": "0",
	})
	// Read in larger pieces than a message at a time.
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, 256<<10), w)
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "SET ROLE hetu_ro"); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

// Fetch implements [atlas.Source].
func (a *AtlasSource) Fetch(ctx context.Context, layer string, ids []int64, emit func(*atlas.Span) error) error {
	s, src, err := newSpanner(layer, emit)
	if err != nil {
		return err
	}
	statements := &pgx.Batch{}
	statements.Queue("BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ")
	args := pgx.NamedArgs{"ids": ids}
	if src.shows > 0 {
		statements.Queue(a.shows[layer], args).Query(func(rows pgx.Rows) error { return eachRow(rows, s.shows) })
	}
	statements.Queue(a.some[layer], args).Query(func(rows pgx.Rows) error {
		s.drawing.settle()
		return eachRow(rows, s.row)
	})
	statements.Queue("COMMIT")
	err = a.store.follow.SendBatch(ctx, statements).Close()
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return interpret(fmt.Errorf("fetch %d features of the layer %s: %w", len(ids), layer, err))
	}
	return nil
}

// eachRow gives rows as COPY does: in binary form, where text is the same in both.
func eachRow(rows pgx.Rows, row func(values [][]byte) error) error {
	for first := true; rows.Next(); first = false {
		// Not before the first row: there are no columns to ask for when the connection broke.
		if first && slices.ContainsFunc(rows.FieldDescriptions(), func(f pgconn.FieldDescription) bool {
			return f.Format != pgtype.BinaryFormatCode && f.DataTypeOID != pgtype.TextOID
		}) {
			return geo.Errorf(geo.CodeInternal, "a column does not come in binary form")
		}
		if err := row(rows.RawValues()); err != nil {
			return err
		}
	}
	return rows.Err()
}
