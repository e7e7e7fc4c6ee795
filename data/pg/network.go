package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/data/waters"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
	"hetu/tiles/atlas"
)

// NetworkSource is the store as the river network is read from it: it implements [waters.Source]. Its [Feed] wakes it.
type NetworkSource struct{ *Feed }

var _ waters.Source = (*NetworkSource)(nil)

// Network gives the store as the river network is read from it.
func (s *Store) Network() *NetworkSource { return &NetworkSource{s.leisurelyFeed()} }

// Network implements [waters.Source].
func (n *NetworkSource) Network(ctx context.Context, at duty.Moment) (out waters.Network, err error) {
	conn, err := n.store.bulkConn(ctx)
	if err != nil {
		return out, interpret(fmt.Errorf("read the network: %w", err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err = pgxgeom.Register(ctx, conn); err != nil {
		return out, interpret(fmt.Errorf("read the network: %w", err))
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return out, interpret(fmt.Errorf("read the network: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	r := networkReader{day: dayOfDate(at.AsOf), same: allDays}
	src := source{tx, n.store.queries}
	lines, err := collectFrom[lineRow](ctx, src, "network_calibrated", args(at))
	if err != nil {
		return out, err
	}
	if r.calibrated, err = linesOf(lines); err != nil {
		return out, err
	}
	if err := r.read(ctx, tx, n.store.queries, args(at)); err != nil {
		return out, interpret(err)
	}
	if err := tx.QueryRow(ctx, n.store.queries["store_version"]).Scan(&out.Version); err != nil {
		return out, interpret(fmt.Errorf("store_version: %w", err))
	}
	var written *time.Time
	if err := tx.QueryRow(ctx, n.store.queries["network_written"]).Scan(&written); err != nil {
		return out, interpret(fmt.Errorf("network_written: %w", err))
	}
	if written != nil {
		out.Written = *written
	}
	out.Rows, out.From, out.To = r.rows, dateOfDay(r.same.from), dateOfDay(r.same.to)
	return out, nil
}

// networkReader takes the rows that are there on a day, and finds around it the days on which no row begins or ends.
type networkReader struct {
	day     atlas.Day
	same    days
	rows    network.Rows
	columns columns

	calibrated map[int64]*geom.LineString // lines whose measures are no lengths
}

func (r *networkReader) read(ctx context.Context, tx pgx.Tx, q queries, a pgx.NamedArgs) error {
	for _, of := range []struct {
		query string
		row   func(id int64, here bool)
	}{{"network_routes", r.route}, {"network_edges", r.edge}} {
		rows, err := tx.Query(ctx, q[of.query], pgx.QueryResultFormats{pgx.BinaryFormatCode}, pgx.NamedArgs{"known_at": a["known_at"]})
		if err != nil {
			return fmt.Errorf("%s: %w", of.query, err)
		}
		err = eachRow(rows, func(values [][]byte) error {
			r.columns.values = values
			id := r.columns.id()
			of.row(id, r.holds(r.columns.days()))
			return r.columns.err
		})
		rows.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", of.query, err)
		}
	}
	return nil
}

// holds tells whether a row is there on the day, and narrows the days on which the network is the same.
func (r *networkReader) holds(d days) bool {
	for _, bound := range [2]atlas.Day{d.from, d.to} {
		if bound <= r.day {
			r.same.from = max(r.same.from, bound)
		} else {
			r.same.to = min(r.same.to, bound)
		}
	}
	return d.has(r.day)
}

func (r *networkReader) route(id int64, here bool) {
	c := &r.columns
	row := network.RouteRow{ID: id, River: c.id(), Order: c.small()}
	if upstream := c.truth(); upstream.Num != 0 {
		row.Upstream = true
	}
	if here {
		r.rows.Routes = append(r.rows.Routes, row)
	}
}

func (r *networkReader) edge(id int64, here bool) {
	c := &r.columns
	row := network.EdgeRow{
		ID: id, Route: c.id(), FromM: c.float(0), ToM: c.float(0), FromNode: c.id(), ToNode: c.id(), Main: c.truth().Num != 0,
	}
	if here {
		row.LengthM = lengthOn(r.calibrated[row.Route], row.FromM, row.ToM)
		r.rows.Edges = append(r.rows.Edges, row)
	}
}

// lengthOn gives the length of a part of a calibrated route on the ellipsoid; 0 says that its measures tell it.
func lengthOn(line *geom.LineString, from, to float64) float64 {
	if line == nil {
		return 0
	}
	part, err := lref.Substring(line, from, to)
	if err != nil {
		return 0
	}
	return lref.Length(part)
}

// dayOfDate counts a date from 1970-01-01.
func dayOfDate(d geo.Date) atlas.Day { return atlas.DayOf(d, atlas.FirstDay) }

// dateOfDay is the way back; an open end is no date.
func dateOfDay(d atlas.Day) geo.Date {
	if d == atlas.FirstDay || d == atlas.LastDay {
		return geo.Date{}
	}
	return geo.DateOf(time.Unix(int64(d)*86400, 0).UTC())
}

// End implements [waters.Source].
func (n *NetworkSource) End(ctx context.Context) (waters.Position, error) {
	at, _, err := n.Position(ctx)
	return waters.Position(at), err
}

// Since implements [waters.Source].
func (n *NetworkSource) Since(ctx context.Context, after waters.Position) (waters.Delta, error) {
	d := waters.Delta{To: after, At: n.store.now()}
	changes, lost, err := n.Read(ctx, atlas.Position(after), deltaRows)
	if d.Lost = lost; err != nil || len(changes) == 0 {
		return d, err
	}
	d.To, d.More = waters.Position(changes[len(changes)-1].Position()), len(changes) >= deltaRows
	for _, c := range changes {
		d.Version = max(d.Version, c.AuditID)
		d.Touched = d.Touched || c.Kind == "edge" || c.Kind == "node" || c.Kind == "route"
	}
	return d, nil
}
