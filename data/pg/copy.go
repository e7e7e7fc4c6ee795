package pg

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/jackc/pgx/v5"

	"hetu/tiles/atlas"
)

// The binary form of COPY begins with a signature, flags and the length of an extension; then come rows of counted columns.
const (
	copySignature = "PGCOPY\n\xff\r\n\x00"
	copyHeader    = len(copySignature) + 8
)

// copyReader takes the bytes of COPY TO STDOUT (FORMAT binary) and gives its rows. What row is given is good until it returns.
type copyReader struct {
	columns int
	row     func(columns [][]byte) error

	begun, ended bool
	rest         []byte // of a row that has not come whole
	values       [][]byte
}

// copyOut reads all rows of a statement without parameters.
func copyOut(ctx context.Context, conn *pgx.Conn, sql string, columns int, row func(columns [][]byte) error) error {
	r := &copyReader{columns: columns, row: row, values: make([][]byte, columns)}
	if _, err := conn.PgConn().CopyTo(ctx, r, "COPY ("+sql+") TO STDOUT (FORMAT binary)"); err != nil {
		return err
	}
	if !r.ended || len(r.rest) > 0 {
		return errors.New("the rows of a COPY end before their time")
	}
	return nil
}

// Write takes what came. PostgreSQL sends a row at a time, but need not.
func (r *copyReader) Write(data []byte) (int, error) {
	n := len(data)
	if len(r.rest) > 0 {
		r.rest = append(r.rest, data...)
		data = r.rest
	}
	left, err := r.read(data)
	if err != nil {
		return 0, err
	}
	r.rest = append(r.rest[:0], left...)
	return n, nil
}

// read takes whole rows from data and gives what is left.
func (r *copyReader) read(data []byte) ([]byte, error) {
	if !r.begun {
		if len(data) < copyHeader {
			return data, nil
		}
		if !bytes.HasPrefix(data, []byte(copySignature)) {
			return nil, errors.New("a COPY does not begin as one")
		}
		extension := binary.BigEndian.Uint32(data[copyHeader-4:])
		if extension > uint32(len(data)-copyHeader) { //nolint:gosec // the length of a message
			return data, nil
		}
		data, r.begun = data[copyHeader+int(extension):], true
	}
	for len(data) >= 2 {
		if r.ended {
			return nil, errors.New("a COPY goes on after its end")
		}
		fields := int16(binary.BigEndian.Uint16(data)) //nolint:gosec // -1 is the end
		if fields == -1 {
			r.ended = true
			data = data[2:]
			continue
		}
		if int(fields) != r.columns {
			return nil, fmt.Errorf("a row has %d columns, want %d", fields, r.columns)
		}
		left, whole, err := r.split(data[2:])
		if err != nil {
			return nil, err
		}
		if !whole {
			return data, nil
		}
		if err := r.row(r.values); err != nil {
			return nil, err
		}
		data = left
	}
	return data, nil
}

// split cuts a row into its columns, if it is there as a whole.
func (r *copyReader) split(data []byte) (left []byte, whole bool, err error) {
	for i := range r.values {
		if len(data) < 4 {
			return nil, false, nil
		}
		n := int32(binary.BigEndian.Uint32(data)) //nolint:gosec // -1 is NULL
		data = data[4:]
		switch {
		case n == -1:
			r.values[i] = nil
			continue
		case n < 0:
			return nil, false, fmt.Errorf("a column is %d bytes long", n)
		case int(n) > len(data):
			return nil, false, nil
		}
		r.values[i], data = data[:n:n], data[n:]
	}
	return data, true, nil
}

// columns reads the columns of one row, in turn, in PostgreSQL's binary form. The first fault is kept.
type columns struct {
	values [][]byte
	texts  map[string]string // those that come again and again
	others strings.Builder   // many texts one behind the other: one by one they would be millions of small objects
	err    error
}

// textsAtOnce is how many bytes of texts are kept together.
const textsAtOnce = 16 << 10

func (c *columns) next() []byte {
	if len(c.values) == 0 {
		c.fail("a row has too few columns")
		return nil
	}
	v := c.values[0]
	c.values = c.values[1:]
	return v
}

func (c *columns) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// fixed gives a value of so many bytes, nil for NULL.
func (c *columns) fixed(size int) []byte {
	v := c.next()
	if v != nil && len(v) != size {
		c.fail("a value has %d bytes, want %d", len(v), size)
		return nil
	}
	return v
}

// id is a bigint, 0 for NULL.
func (c *columns) id() int64 {
	if v := c.fixed(8); v != nil {
		return int64(binary.BigEndian.Uint64(v)) //nolint:gosec // as it was sent
	}
	return 0
}

// small is a smallint, 0 for NULL: no such column of ours holds 0.
func (c *columns) small() int {
	if v := c.fixed(2); v != nil {
		return int(int16(binary.BigEndian.Uint16(v))) //nolint:gosec // as it was sent
	}
	return 0
}

// integer is an integer, none for NULL.
func (c *columns) integer() atlas.Value {
	if v := c.fixed(4); v != nil {
		return atlas.IntValue(int64(int32(binary.BigEndian.Uint32(v)))) //nolint:gosec // as it was sent
	}
	return atlas.Value{}
}

// float is a double precision; without one, otherwise.
func (c *columns) float(otherwise float64) float64 {
	if v := c.fixed(8); v != nil {
		return math.Float64frombits(binary.BigEndian.Uint64(v))
	}
	return otherwise
}

// truth is a boolean, none for NULL.
func (c *columns) truth() atlas.Value {
	if v := c.fixed(1); v != nil {
		return atlas.BoolValue(v[0] != 0)
	}
	return atlas.Value{}
}

// text is a text, none for NULL.
func (c *columns) text() atlas.Value {
	v := c.next()
	if v == nil {
		return atlas.Value{}
	}
	return atlas.TextValue(c.keep(v))
}

// keep gives bytes as a string that stays.
func (c *columns) keep(v []byte) string {
	if c.others.Cap()-c.others.Len() < len(v) {
		c.others.Reset()
		c.others.Grow(max(textsAtOnce, len(v)))
	}
	from := c.others.Len()
	c.others.Write(v)
	return c.others.String()[from:]
}

// term is a text of which there are few.
func (c *columns) term() atlas.Value {
	v := c.next()
	if v == nil {
		return atlas.Value{}
	}
	s, ok := c.texts[string(v)]
	if !ok {
		s = string(v)
		if len(c.texts) < 10_000 {
			c.texts[s] = s
		}
	}
	return atlas.TextValue(s)
}

// date is a date as text, none for NULL.
func (c *columns) date() atlas.Value {
	v := c.fixed(4)
	if v == nil {
		return atlas.Value{}
	}
	return dayText(dayOf(v))
}

// levels is a smallint[] in rising order, and as text with commas; none if it is empty.
func (c *columns) levels() (top int, text atlas.Value) {
	v := c.next()
	if v == nil {
		return 0, atlas.Value{}
	}
	var n [6]int // how often each level stands there
	// Dimensions, whether there are NULLs, the type; then length and lower bound of the one dimension.
	if len(v) >= 20 && binary.BigEndian.Uint32(v) == 1 {
		for e := v[20:]; len(e) > 0; e = e[6:] {
			if len(e) < 6 || binary.BigEndian.Uint32(e) != 2 || binary.BigEndian.Uint16(e[4:]) > 5 {
				c.fail("a list of levels cannot be read: % x", v)
				return 0, atlas.Value{}
			}
			n[binary.BigEndian.Uint16(e[4:])]++
		}
	} else if len(v) != 12 {
		c.fail("a list of levels cannot be read: % x", v)
		return 0, atlas.Value{}
	}
	var list [64]byte
	out := list[:0]
	for level, times := range n {
		for range times {
			if len(out) > 0 {
				out = append(out, ',')
			} else {
				top = level
			}
			out = append(out, '0'+byte(level))
		}
	}
	if len(out) == 0 {
		return 0, atlas.Value{}
	}
	s, ok := c.texts[string(out)]
	if !ok {
		s = string(out)
		c.texts[s] = s
	}
	return top, atlas.TextValue(s)
}

// The bits that describe a range, and the day that PostgreSQL counts from.
const (
	rangeEmpty        = 0x01
	rangeFromInfinite = 0x08
	rangeToInfinite   = 0x10

	firstDayOfPostgres = 10957 // 2000-01-01
)

// days is a daterange, which PostgreSQL always writes as [from, to). An empty one has no days.
func (c *columns) days() days {
	v := c.next()
	if len(v) == 0 {
		c.fail("a row has no days")
		return days{}
	}
	flags, v := v[0], v[1:]
	if flags&rangeEmpty != 0 {
		return days{}
	}
	bound := func() atlas.Day {
		if len(v) < 8 || binary.BigEndian.Uint32(v) != 4 {
			c.fail("a range of days cannot be read")
			return 0
		}
		d := dayOf(v[4:8])
		v = v[8:]
		return d
	}
	d := allDays
	if flags&rangeFromInfinite == 0 {
		d.from = bound()
	}
	if flags&rangeToInfinite == 0 {
		d.to = bound()
	}
	if len(v) > 0 {
		c.fail("a range of days cannot be read")
	}
	return d
}

func dayOf(v []byte) atlas.Day {
	switch d := int32(binary.BigEndian.Uint32(v)); d { //nolint:gosec // as it was sent
	case math.MaxInt32: // infinity
		return atlas.LastDay
	case math.MinInt32:
		return atlas.FirstDay
	default:
		return atlas.Day(d) + firstDayOfPostgres
	}
}
