package api

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"hetu/geo"
	"hetu/tiles"
)

// tileAsk is a request for a tile.
type tileAsk struct {
	tileQuery
	address        tiles.Address
	public, drafts bool
}

// askedSet is a set that was asked for before: reading it again takes longer than all the rest of a request.
type askedSet struct {
	tiles.Set
	public, drafts bool
}

// maxSpellings bounds how many spellings of sets are remembered.
const maxSpellings = 4096

// remember keeps a set for the next request that spells it so.
func (t *Tiles) remember(spelling string, set tiles.Set) {
	t.setsMu.Lock()
	defer t.setsMu.Unlock()
	known := *t.sets.Load()
	if known[spelling] != nil || len(known) >= maxSpellings {
		return
	}
	known = maps.Clone(known)
	known[strings.Clone(spelling)] = &askedSet{set, set.Public(), set.Drafts()}
	t.sets.Store(&known)
}

// tile answers one tile, from a request that plain does not read.
func (t *Tiles) tile(w http.ResponseWriter, r *http.Request, parts tileParts) error {
	ask, err := t.ask(r, parts)
	if err != nil {
		return err
	}
	return t.answer(w, r, &ask)
}

// ask reads a request for a tile.
func (t *Tiles) ask(r *http.Request, parts tileParts) (tileAsk, error) {
	q, err := t.query(r)
	if err != nil {
		return tileAsk{}, err
	}
	ask := tileAsk{tileQuery: q}
	if ask.address, err = parts.grid.ParseAddress(parts.set, parts.z, parts.x, parts.y, q.asOf); err != nil {
		return tileAsk{}, err
	}
	ask.public, ask.drafts = ask.address.Set.Public(), ask.address.Set.Drafts()
	t.remember(parts.set, ask.address.Set)
	return ask, nil
}

// plain reads a request for a tile as most are written, without allocating. Whatever is the least unusual it leaves to the
// others: false says nothing but that. What it reads it reads as ask does.
func (t *Tiles) plain(r *http.Request, ask *tileAsk) bool {
	if (r.Method != http.MethodGet && r.Method != http.MethodHead) || r.URL.RawPath != "" {
		return false
	}
	path, below := strings.CutPrefix(r.URL.Path, "/tiles/")
	path, isTile := strings.CutSuffix(path, ".mvt")
	spelling, path, more := strings.Cut(path, "/")
	set := (*t.sets.Load())[spelling]
	if !below || !isTile || !more || set == nil {
		return false
	}
	a := &ask.address
	if rest, other := strings.CutPrefix(path, cgcs2000+"/"); other {
		a.Grid, path = tiles.CGCS2000Quad, rest
	}
	z, path, _ := strings.Cut(path, "/")
	x, y, _ := strings.Cut(path, "/")
	var ok [3]bool
	a.Z, ok[0] = plainNumber(z)
	a.X, ok[1] = plainNumber(x)
	a.Y, ok[2] = plainNumber(y)
	if ok != [3]bool{true, true, true} {
		return false
	}
	if first, last := a.Grid.Zooms(); a.Z < first || a.Z > last {
		return false
	}
	if columns, rows := a.Grid.Size(a.Z); a.X >= columns || a.Y >= rows || !t.plainQuery(r.URL.RawQuery, &ask.tileQuery) {
		return false
	}
	a.Set, a.AsOf = set.Set, ask.asOf
	ask.public, ask.drafts = set.public, set.drafts
	return true
}

// plainNumber reads up to 18 digits that do not begin with 0.
func plainNumber(text string) (int, bool) {
	if text == "" || len(text) > 18 || (text[0] == '0' && len(text) > 1) {
		return 0, false
	}
	n := 0
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// plainQuery reads as_of=2026-11-24 and v=7, one, both or none, in any order.
func (t *Tiles) plainQuery(query string, q *tileQuery) bool {
	for more := query != ""; more; {
		var pair string
		pair, query, more = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case name == "as_of" && !q.dated && len(value) == len(time.DateOnly):
			day, err := geo.ParseDate(value)
			if err != nil {
				return false
			}
			q.asOf, q.dated = day, true
		case name == "v" && !q.versioned:
			n, ok := plainNumber(value)
			if !ok {
				return false
			}
			q.version, q.versioned = int64(n), true
		default:
			return false
		}
	}
	if !q.dated {
		q.asOf = t.today()
	}
	return true
}

// civilDay is a day and where it begins and ends.
type civilDay struct {
	from, to time.Time
	date     geo.Date
}

// today gives the civil day, which is worked out once a day.
func (t *Tiles) today() geo.Date {
	now := t.cfg.Now()
	if d := t.day.Load(); d != nil && !now.Before(d.from) && now.Before(d.to) {
		return d.date
	}
	d := &civilDay{date: geo.DateOf(now)}
	d.from = d.date.Time().Add(-8 * time.Hour) // China is eight hours ahead
	d.to = d.from.Add(24 * time.Hour)
	t.day.Store(d)
	return d.date
}
