package oracle

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
)

// Network is a back end with the river network of a day as a flat table, to walk it by a recursive query: one back end, warm, that
// does nothing else, a covering index, and memory enough for the whole answer. It is for one goroutine.
type Network struct {
	*Oracle
	up string
}

// OpenNetwork makes the table in the database that dsn logs in to as its owner; Drop takes it away.
func OpenNetwork(ctx context.Context, dsn string, asOf geo.Date) (*Network, error) {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	n := &Network{Oracle: &Oracle{conn: conn, texts: map[string]string{}}}
	if err := n.make(ctx, asOf); err != nil {
		return nil, fmt.Errorf("make the network to walk: %w", errors.Join(err, n.Close(ctx)))
	}
	return n, nil
}

func (n *Network) make(ctx context.Context, asOf geo.Date) (err error) {
	if n.up, err = statement("network_up"); err != nil {
		return err
	}
	text, err := statement("network_make")
	if err != nil {
		return err
	}
	_, text, _ = strings.Cut(text, "\n")                     // the words above it name the parameter
	text = strings.ReplaceAll(text, "@as_of", asOf.String()) // a day that we wrote: statements that make tables take no parameters
	for one := range strings.SplitSeq(text, ";\n") {
		if _, err := n.conn.PgConn().Exec(ctx, one).ReadAll(); err != nil { // VACUUM stands alone
			return err
		}
	}
	return nil
}

// Up gives the edges upstream of an edge, itself among them, in no order.
func (n *Network) Up(ctx context.Context, edge int64) ([]int64, error) {
	rows, err := n.conn.Query(ctx, n.up, pgx.NamedArgs{"edge": edge})
	if err != nil {
		return nil, fmt.Errorf("walk by the recursive query: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// CountUp walks as Up does and counts, so that nothing is spent on the way from PostgreSQL to here.
func (n *Network) CountUp(ctx context.Context, edge int64) (count int, err error) {
	at := strings.LastIndex(n.up, "SELECT id FROM up")
	if err := n.conn.QueryRow(ctx, n.up[:at]+"SELECT count(*) FROM up", pgx.NamedArgs{"edge": edge}).Scan(&count); err != nil {
		return 0, fmt.Errorf("walk by the recursive query: %w", err)
	}
	return count, nil
}
