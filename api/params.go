package api

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/duty"
)

// maxQuery bounds a search text, in characters.
const maxQuery = 100

// params are a request's query parameters, each known and given at most once: a misspelt parameter that is silently
// ignored gives an answer to another question.
type params struct{ values url.Values }

func parseParams(r *http.Request, known ...string) (params, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return params{}, unreadable(r.URL.RawQuery)
	}
	for name, v := range values {
		if !slices.Contains(known, name) {
			return params{}, geo.InvalidField(name, "there is no such parameter here; known are %s", strings.Join(known, ", "))
		}
		if len(v) > 1 {
			return params{}, geo.InvalidField(name, "given %d times; give it once", len(v))
		}
		if !utf8.ValidString(v[0]) || strings.ContainsRune(v[0], 0) {
			return params{}, geo.InvalidField(name, "is not UTF-8 text")
		}
	}
	return params{values}, nil
}

// unreadable names the first part of a query string that url.ParseQuery does not take.
func unreadable(query string) error {
	for part := range strings.SplitSeq(query, "&") {
		raw, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(raw)
		if err != nil {
			name = raw
		}
		if name = shortened(strings.ToValidUTF8(name, "�")); name == "" {
			name = "query"
		}
		if strings.Contains(part, ";") {
			return geo.InvalidField(name, "holds a ; which parts nothing here: write & between parameters, and %%3B for a ; that is meant")
		}
		if _, err := url.ParseQuery(part); err != nil {
			return geo.InvalidField(name, "holds a %% that no two hexadecimal digits follow: write %%25 for a %% that is meant")
		}
	}
	return geo.Errorf(geo.CodeInvalid, "the query string cannot be read")
}

// number reads a parameter that must be there and be a finite number.
func (p params) number(name string) (float64, error) {
	s := p.values.Get(name)
	if s == "" {
		return 0, geo.InvalidField(name, "is missing; give a number")
	}
	v, ok := parseNumber(s)
	if !ok {
		return 0, geo.InvalidField(name, "%q is not a number", s)
	}
	return v, nil
}

// parseNumber reads a finite decimal number. ParseFloat would also read hexadecimal and digits with underscores, which
// nobody means.
func parseNumber(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) && !strings.ContainsAny(s, "xX_pP")
}

// position reads lon and lat and holds them to the installation's extent.
func (p params) position(extent geo.Extent) (lon, lat float64, err error) {
	if lon, err = p.number("lon"); err != nil {
		return 0, 0, err
	}
	if lat, err = p.number("lat"); err != nil {
		return 0, 0, err
	}
	if lon < extent.West || lon > extent.East {
		hint := ""
		if extent.Contains(lat, lon) {
			hint = "; lon and lat seem to be swapped"
		}
		return 0, 0, geo.InvalidField("lon", "%g lies outside this installation's extent, %g to %g%s", lon, extent.West, extent.East, hint)
	}
	if lat < extent.South || lat > extent.North {
		return 0, 0, geo.InvalidField("lat", "%g lies outside this installation's extent, %g to %g", lat, extent.South, extent.North)
	}
	return lon, lat, nil
}

// moment reads as_of (today when it is not given) and known_at (now).
func (p params) moment(now time.Time) (duty.Moment, error) {
	at := duty.Moment{AsOf: geo.DateOf(now)}
	if s := p.values.Get("as_of"); s != "" {
		d, err := geo.ParseDate(s)
		if err != nil {
			return at, geo.InvalidField("as_of", "%v", err)
		}
		at.AsOf = d
	} else if p.values.Has("as_of") {
		return at, geo.InvalidField("as_of", "is empty; write 2026-11-24")
	}
	if s := p.values.Get("known_at"); s != "" {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil || t.Year() < 1000 || !writable(t) || strings.HasSuffix(s, ":60") {
			return at, geo.InvalidField("known_at", "%q is no timestamp: write 2026-11-24T08:00:00+08:00", s)
		}
		if t.After(now.Add(clockGrace)) {
			return at, geo.InvalidField("known_at", "%s has not come yet, and what will be known then cannot be told: give a time up to now, or leave known_at out", s)
		}
		at.KnownAt = t
	} else if p.values.Has("known_at") {
		return at, geo.InvalidField("known_at", "is empty; write 2026-11-24T08:00:00+08:00")
	}
	return at, nil
}

// clockGrace is how far a client's clock may be ahead of the server's.
const clockGrace = time.Minute

// writable tells whether a time can be told again: time.Parse takes zones of 24 hours, which no answer can hold.
func writable(t time.Time) bool {
	_, err := t.MarshalJSON()
	return err == nil
}

// limit reads how many rows are wanted, 1 to most.
func (p params) limit(fallback, most int) (int, error) {
	s := p.values.Get("limit")
	if !p.values.Has("limit") {
		return fallback, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, geo.InvalidField("limit", "%q is not a whole number from 1 to %d", s, most)
	}
	return n, nil
}

// text reads a text. An empty q is that of a form that was not filled in, and means all; any other that is empty is a filter that went
// missing on the way, and is not taken for all.
func (p params) text(name string) (string, error) {
	s := strings.TrimSpace(p.values.Get(name))
	if s == "" && name != "q" && p.values.Has(name) {
		return "", geo.InvalidField(name, "is empty; give a value, or leave %s= out", name)
	}
	if n := utf8.RuneCountInString(s); n > maxQuery {
		return "", geo.InvalidField(name, "has %d characters; at most %d are looked for", n, maxQuery)
	}
	return s, nil
}

// truth reads a parameter that is true or false.
func (p params) truth(name string, fallback bool) (bool, error) {
	if !p.values.Has(name) {
		return fallback, nil
	}
	switch p.values.Get(name) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, geo.InvalidField(name, "%q is neither true nor false", shortened(p.values.Get(name)))
	}
}

// parseLevel reads a level of administration, 1 to 5 or by its name.
func parseLevel(text string) (geo.Level, bool) {
	for i, name := range []string{"province", "city", "county", "town", "village"} {
		if level := geo.Province + geo.Level(i); text == name || text == strconv.Itoa(int(level)) {
			return level, true
		}
	}
	return 0, false
}

// level reads a level of administration.
func (p params) level(fallback geo.Level) (geo.Level, error) {
	if !p.values.Has("level") {
		return fallback, nil
	}
	level, ok := parseLevel(p.values.Get("level"))
	if !ok {
		return 0, geo.InvalidField("level", "%q is no level: 1 or province, 2 or city, 3 or county, 4 or town, 5 or village", shortened(p.values.Get("level")))
	}
	return level, nil
}

// numberWithin reads a number that may be left out, in metres.
func (p params) numberWithin(name string, fallback, least, most float64) (float64, error) {
	if !p.values.Has(name) {
		return fallback, nil
	}
	v, err := p.number(name)
	if err == nil && (v < least || v > most) {
		err = geo.InvalidField(name, "%g is not between %g and %g metres", v, least, most)
	}
	return v, err
}

// maxRadius bounds how far a river is looked for, in metres.
const maxRadius = 5000

// radius reads how far a river is looked for from a position, in metres.
func (p params) radius() (float64, error) {
	return p.numberWithin("radius", duty.DefaultRadiusM, 1, maxRadius)
}

// id reads the id of a river or a route, which are counted from 1; 0 when it is not given.
func (p params) id(name string) (int64, error) {
	if !p.values.Has(name) {
		return 0, nil
	}
	id, err := strconv.ParseInt(p.values.Get(name), 10, 64)
	if err != nil || id < 1 {
		return 0, geo.InvalidField(name, "%q is no %s's id; ids are whole numbers%s", shortened(p.values.Get(name)), name, idsFound(name))
	}
	return id, nil
}

// idsFound tells where ids are found.
func idsFound(of string) string {
	if of == "river" {
		return ", found by /api/v1/rivers?q="
	}
	return ""
}

// pathFault names the river that is not there by where it was asked for: the store knows it as river, and the path says id.
func pathFault(err error) error {
	if e, ok := errors.AsType[*geo.Error](err); ok && e.Code == geo.CodeNotFound && len(e.Fields) == 1 && e.Fields[0].Name == "river" {
		return geo.NotFoundField("id", "%s", e.Fields[0].Detail)
	}
	return geo.AtField(err, "id")
}

func article(of string) string {
	if of == "account" {
		return "an account"
	}
	return "a " + of
}

// pathID reads the id that a path names.
func pathID(r *http.Request, of string) (int64, error) { return pathPart(r, "id", of) }

// pathPart reads one of the ids that a path names.
func pathPart(r *http.Request, name, of string) (int64, error) {
	raw := mux.Vars(r)[name]
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || id < 1 {
		return 0, geo.NotFoundField(name, "%q is no id of %s; ids are whole numbers%s", shortened(raw), article(of), idsFound(of))
	}
	return id, nil
}
