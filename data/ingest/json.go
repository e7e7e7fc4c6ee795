package ingest

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"hetu/geo"
)

// frame is what a reader of JSON knows of one open object or array.
type frame struct {
	object     bool
	key        string // the member being read; "" where a key comes next
	open       bool   // a key was read, its value not yet
	seen       map[string]bool
	numbers    int
	inCRS      bool // below a member crs that drivers obey
	inPosition bool // below a member coordinates
	attributes bool // below a member properties
}

// checkJSON reads a document to its end: it must be JSON (NaN is none, though drivers take it), not deeper than any geometry
// is, without a member twice and without more than four numbers in a position, of which drivers keep what they like. A
// reference system that is an address would make GDAL fetch it. The fault is named by its byte.
func checkJSON(name string, r io.Reader) error {
	in := &guard{r: r, max: maxToken}
	d := json.NewDecoder(bufio.NewReaderSize(in, 1<<16))
	d.UseNumber()
	c := &jsonCheck{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(c.stack) == 0 {
			return nil
		}
		if e, ok := errors.AsType[*geo.Error](err); ok {
			return e
		}
		if err != nil {
			return geo.Wrapf(err, geo.CodeRefused, "%s is no whole JSON document: it breaks at byte %d", name, d.InputOffset())
		}
		in.reset()
		if fault := c.take(token); fault != "" {
			return geo.Errorf(geo.CodeRefused, "%s %s (byte %d)", name, fault, d.InputOffset())
		}
	}
}

type jsonCheck struct{ stack []frame }

// take follows one token and says what is wrong with it.
func (c *jsonCheck) take(token json.Token) (fault string) {
	var top *frame
	if len(c.stack) > 0 {
		top = &c.stack[len(c.stack)-1]
	}
	switch token {
	case json.Delim('}'), json.Delim(']'):
		c.stack = c.stack[:len(c.stack)-1]
		if n := len(c.stack); n > 0 {
			c.stack[n-1].open = false
		}
		return ""
	case json.Delim('{'), json.Delim('['):
		if len(c.stack) == maxXMLDepth {
			return "is nested deeper than 64"
		}
		c.stack = append(c.stack, below(top, token == json.Delim('{')))
		return ""
	}
	if top == nil {
		return ""
	}
	if text, ok := token.(string); ok && top.object && !top.open {
		return top.member(text)
	}
	top.open = false
	return top.value(token)
}

func below(top *frame, object bool) frame {
	f := frame{object: object}
	if object {
		f.seen = map[string]bool{}
	}
	if top == nil {
		return f
	}
	key := ""
	if top.object {
		key = top.key
	}
	f.attributes = top.attributes || !top.inCRS && key == "properties"
	f.inCRS = top.inCRS || !f.attributes && key == "crs"
	f.inPosition = top.inPosition || !f.attributes && key == "coordinates"
	return f
}

// member notes the name of a member. Drivers compare names without case.
func (f *frame) member(name string) string {
	switch {
	case f.seen[name]:
		return "has the member " + quoted(name) + " twice in one object"
	case len(f.seen) == maxKeys:
		return "has an object of more than 2000 members"
	}
	f.seen[name] = true
	f.key, f.open = strings.ToLower(name), true
	return ""
}

func (f *frame) value(token json.Token) string {
	text, isText := token.(string)
	switch {
	case f.inCRS && isText && f.object && f.key == "type" && !strings.EqualFold(text, "name"):
		return "names its reference system by a crs of the type " + quoted(text) + ", which is not followed: only \"name\" is taken, or none with --crs"
	case f.inCRS && isText && strings.Contains(text, "://") && !strings.HasPrefix(text, "http://www.opengis.net/def/crs/"):
		return "names its reference system by the address " + quoted(text) + ", which is not followed"
	}
	if _, ok := token.(json.Number); ok && f.inPosition && !f.object {
		if f.numbers++; f.numbers > 4 {
			return "has a position of more than four numbers"
		}
	}
	return ""
}
