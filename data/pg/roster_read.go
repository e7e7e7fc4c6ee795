package pg

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"hetu/data/roster"
	"hetu/geo"
	"hetu/tiles/atlas"
)

// Read implements [roster.View]. Millions of rows come through here, so they are read from PostgreSQL's binary form as it is.
func (v *rosterView) Read(ctx context.Context, kind roster.Kind, ids []int64, emit *roster.Emit) error {
	query, columns, read := rosterRead(kind, emit)
	row := func(values [][]byte) error { return read(&rawRow{values: values}) }
	return v.with(ctx, func(tx pgx.Tx) error {
		if err := v.read(ctx, tx, query, columns, ids, row); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		return nil
	})
}

func (v *rosterView) read(ctx context.Context, tx pgx.Tx, query string, columns int, ids []int64, row func(values [][]byte) error) error {
	sql := v.store.queries[query]
	if ids == nil {
		if _, err := tx.Exec(ctx, v.store.queries["roster_settings"]); err != nil {
			return err
		}
		return copyOut(ctx, tx.Conn(), ofAll(sql), columns, row)
	}
	rows, err := tx.Query(ctx, sql, pgx.QueryResultFormats{pgx.BinaryFormatCode}, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachRow(rows, row)
}

// rosterRead gives the statement of a kind, how many columns it has, and what reads a row of them one after the other.
func rosterRead(kind roster.Kind, emit *roster.Emit) (query string, columns int, read func(*rawRow) error) {
	switch kind {
	case roster.Rivers:
		return "roster_rivers", 10, func(r *rawRow) error {
			return emit.River(&roster.River{
				ID: r.id(), Valid: r.span(), CodeScheme: r.text(), Code: r.text(), Name: r.text(), NameEn: r.text(), Kind: r.text(), Levels: r.levels(), Perennial: r.maybe(),
			})
		}
	case roster.Routes:
		var line []float64
		return "roster_routes", 5, func(r *rawRow) error {
			route := roster.Route{ID: r.id(), River: r.id(), Valid: r.span()}
			var err error
			if line, err = lineM(r.next(), line[:0]); err != nil {
				return fmt.Errorf("route %d: %w", route.ID, err)
			}
			route.Line = line
			return emit.Route(&route)
		}
	case roster.Reaches:
		return "roster_reaches", 13, func(r *rawRow) error {
			return emit.Reach(&roster.Reach{
				ID: r.id(), Route: r.id(), Division: r.id(), Valid: r.span(), Level: r.level(), FromM: r.num(), ToM: r.num(), BankScope: r.text(),
				Code: r.text(), Name: r.text(), StartPlace: r.text(), EndPlace: r.text(),
			})
		}
	case roster.Divisions:
		return "roster_divisions", 9, func(r *rawRow) error {
			return emit.Division(&roster.Division{
				ID: r.id(), Parent: r.idOrNone(), Valid: r.span(), Level: r.level(), Code: r.text(), Name: r.text(), NameEn: r.text(), Kind: r.text(),
			})
		}
	case roster.Posts:
		return "roster_posts", 12, func(r *rawRow) error {
			post := roster.Post{ID: r.id()}
			for _, of := range []roster.Owner{roster.OfReach, roster.OfRiver, roster.OfDivision} {
				if id := r.idOrNone(); id != nil {
					post.Of, post.OwnerID = of, *id
				}
			}
			post.Valid, post.Level, post.Role, post.DualRole, post.Title = r.span(), r.level(), r.text(), r.text(), r.text()
			post.ResponsibleUnit, post.PhonePublic = r.text(), r.text()
			return emit.Post(&post)
		}
	case roster.Appointments:
		return "roster_appointments", 10, func(r *rawRow) error {
			a := roster.Appointment{
				Post: r.id(), PersonID: r.id(), Valid: r.span(), Acting: r.yes(), Person: r.text(), Position: r.text(), Note: r.text(), Document: r.text(), Published: r.day(roster.NoDay),
			}
			if a.Person == nil {
				return nil // nothing was ever known of this person
			}
			return emit.Appointment(&a)
		}
	case roster.Boards:
		return "roster_boards", 13, func(r *rawRow) error {
			return emit.Board(&roster.Board{
				ID: r.id(), Reaches: r.ids(), Valid: r.span(), Level: r.level(), Code: r.text(), SiteText: r.text(), State: r.text(),
				InstalledOn: r.day(roster.NoDay), ContentOn: r.day(roster.NoDay), Lon: r.num(), Lat: r.num(), Content: r.text(),
			})
		}
	case roster.BankLines:
		return "roster_bank_lines", 6, func(r *rawRow) error { return readBankLine(r, emit) }
	default:
		return "roster_areas", 5, func(r *rawRow) error { return readArea(r, emit) }
	}
}

func readBankLine(r *rawRow, emit *roster.Emit) error {
	b := roster.BankLine{ID: r.id(), River: r.id(), Valid: r.span(), Bank: geo.Bank(r.text())}
	var s atlas.Shape
	if err := readShape(r.next(), &s); err != nil {
		return fmt.Errorf("bank line %d: %w", b.ID, err)
	}
	b.Line = s.Flat
	return emit.BankLine(&b)
}

func readArea(r *rawRow, emit *roster.Emit) error {
	a := roster.Area{ID: r.id(), River: r.id(), Valid: r.span()}
	var s atlas.Shape
	if err := readShape(r.next(), &s); err != nil {
		return fmt.Errorf("area %d: %w", a.ID, err)
	}
	a.Flat, a.Rings, a.Hole = s.Flat, s.Parts, s.Hole
	return emit.Area(&a)
}

// rawRow is the columns of a row in PostgreSQL's binary form, taken one after the other. NULL is nil.
type rawRow struct {
	values [][]byte
}

func (r *rawRow) next() []byte {
	v := r.values[0]
	r.values = r.values[1:]
	return v
}

func (r *rawRow) text() roster.Text { return r.next() }

func (r *rawRow) id() int64 { return int64(binary.BigEndian.Uint64(r.next())) } //nolint:gosec // the bits

func (r *rawRow) idOrNone() *int64 {
	if v := r.next(); v != nil {
		return new(int64(binary.BigEndian.Uint64(v))) //nolint:gosec // the bits
	}
	return nil
}

func (r *rawRow) num() float64 { return math.Float64frombits(binary.BigEndian.Uint64(r.next())) }

func (r *rawRow) level() geo.Level { return geo.Level(binary.BigEndian.Uint16(r.next())) }

func (r *rawRow) yes() bool { return r.next()[0] != 0 }

func (r *rawRow) maybe() *bool {
	if v := r.next(); v != nil {
		return new(v[0] != 0)
	}
	return nil
}

// epoch is 2000-01-01, from which PostgreSQL counts days.
const epoch = 10957

func (r *rawRow) day(none roster.Day) roster.Day {
	v := r.next()
	if v == nil {
		return none
	}
	n := int32(binary.BigEndian.Uint32(v)) //nolint:gosec // the bits
	if n == math.MaxInt32 || n == math.MinInt32 {
		return none // infinity
	}
	return roster.Day(n + epoch)
}

func (r *rawRow) span() roster.Span {
	return roster.Span{From: r.day(roster.FirstDay), To: r.day(roster.LastDay)}
}

// elements gives the elements of an array of one dimension without NULL.
func (r *rawRow) elements() [][]byte {
	v := r.next()
	if len(v) < 20 {
		return nil // no dimension: an empty one
	}
	out := make([][]byte, 0, binary.BigEndian.Uint32(v[12:]))
	for v = v[20:]; len(v) >= 4; {
		n := binary.BigEndian.Uint32(v)
		out = append(out, v[4:4+n])
		v = v[4+n:]
	}
	return out
}

func (r *rawRow) ids() (out []int64) {
	for _, e := range r.elements() {
		out = append(out, int64(binary.BigEndian.Uint64(e))) //nolint:gosec // the bits
	}
	return out
}

func (r *rawRow) levels() (out []geo.Level) {
	for _, e := range r.elements() {
		out = append(out, geo.Level(binary.BigEndian.Uint16(e)))
	}
	return out
}

// lineM adds the numbers of a LineStringM in EWKB, as PostGIS sends it: byte order, type with flags for M and
// an SRID, that, the count.
func lineM(b []byte, out []float64) ([]float64, error) {
	const head, lineStringM = 13, ewkbLineString | ewkbM | ewkbSRID
	if len(b) < head {
		return nil, errShort
	}
	if t, n := binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint32(b[9:]); b[0] != 1 || t != lineStringM || len(b) != head+24*int(n) {
		return nil, fmt.Errorf("type %#x with %d positions in %d bytes is no measured line", t, n, len(b))
	}
	for b = b[head:]; len(b) > 0; b = b[8:] {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return out, nil
}
