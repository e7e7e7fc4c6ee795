package ingest

import (
	"bufio"
	"bytes"
	"io"
	"strconv"

	"hetu/geo"
)

// guard refuses what is longer than max bytes between two resets, so that no single value or row fills the memory.
type guard struct {
	r      io.Reader
	n, max int
}

func (g *guard) reset() { g.n = 0 }

// Read implements io.Reader.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.n += n; g.n > g.max {
		return 0, geo.Errorf(geo.CodeTooLarge, "a single value or row of the file is longer than %d bytes", g.max)
	}
	return n, err
}

// fieldCounter counts the delimiters of each record of a CSV table before a parser splits it: a line of commas would else cost
// many times its size.
type fieldCounter struct {
	r      io.Reader
	comma  rune
	quoted bool
	n      int
}

// restart begins the count once the delimiter is known, with what in has read ahead.
func (f *fieldCounter) restart(comma rune, in *bufio.Reader) {
	f.comma, f.quoted, f.n = comma, false, 0
	ahead, _ := in.Peek(in.Buffered())
	f.count(ahead)
}

// Read implements io.Reader.
func (f *fieldCounter) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if !f.count(p[:n]) {
		return 0, geo.Errorf(geo.CodeTooLarge, "a row of the table has more columns than the %d that are taken", maxCells)
	}
	return n, err
}

// count tells whether no record has too many delimiters yet.
func (f *fieldCounter) count(b []byte) bool {
	if f.comma == 0 {
		return true
	}
	for f.n <= maxCells {
		i := bytes.IndexAny(b, "\"\n"+string(f.comma))
		if i < 0 {
			return true
		}
		switch c := b[i]; {
		case c == '"':
			f.quoted = !f.quoted
		case f.quoted:
		case c == '\n':
			f.n = 0
		default:
			f.n++
		}
		b = b[i+1:]
	}
	return false
}

func quoted(s string) string { return strconv.Quote(clip(s)) }
