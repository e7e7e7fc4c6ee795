package api

import (
	"net/http"
	"strconv"
	"time"

	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// staleAfter is the age from which answers say how old the data are. The source is asked every second or so.
const staleAfter = 15 * time.Second

// tileHeaders are the values of headers, made once: net/http takes them as they are.
//
// How long a cache may keep a public answer depends on its URL. With ?v= it names the data version, and TileJSON names the day
// beside it, so the answer never changes. What is not public is kept by nobody.
type tileHeaders struct {
	short, forever, private []string
	kind, vary              []string
	nosniff, policy         []string
	origin, expose, anyone  []string
}

func newTileHeaders() tileHeaders {
	return tileHeaders{
		short:   []string{"public, max-age=60, stale-while-revalidate=300"},
		forever: []string{"public, max-age=31536000, immutable"},
		private: []string{"private, no-store"},
		kind:    []string{"application/vnd.mapbox-vector-tile"},
		vary:    []string{"Accept-Encoding"},
		nosniff: []string{"nosniff"},
		policy:  []string{"default-src 'none'; frame-ancestors 'none'"},
		origin:  []string{"*"},
		expose:  []string{"ETag, Hetu-Version, Hetu-Dropped, Hetu-Data-Age"},
		anyone:  []string{"cross-origin"},
	}
}

// security sets what every answer has.
func (t *tileHeaders) security(h http.Header) {
	h["X-Content-Type-Options"] = t.nosniff
	h["Content-Security-Policy"] = t.policy
}

// share lets the pages of other sites read the answer. What is not public is for our own pages: a server on a planner's machine
// must not hand drafts to any page that its browser has open.
func (t *tileHeaders) share(h http.Header) {
	h["Access-Control-Allow-Origin"] = t.origin
	h["Access-Control-Expose-Headers"] = t.expose
	h["Cross-Origin-Resource-Policy"] = t.anyone
}

// answer sends one tile; 204 where nothing is.
func (t *Tiles) answer(w http.ResponseWriter, r *http.Request, ask *tileAsk) error {
	view, err := t.view(r, ask.drafts)
	if err != nil {
		return err
	}
	// The state is read before the tile: what is drawn of a write that is known here has left the cache by now.
	state := t.cfg.Atlas.State()
	if !state.Loaded {
		return notLoaded()
	}
	accepted := acceptOf(r.Header["Accept-Encoding"])
	var tile *cache.Tile
	if !ask.drafts {
		tile = t.cfg.Cache.Hit(&ask.address)
	}
	if tile == nil {
		see, err := t.sift(r.Context(), ask.drafts, view)
		if err != nil {
			return err
		}
		if tile, err = t.cfg.Cache.Sifted(r.Context(), ask.address, accepted.best, see); err != nil {
			return err
		}
	}
	body, err := tile.Body(accepted.best, accepted.may[cache.Identity])
	if err != nil {
		return err
	}
	h := w.Header()
	t.headers.security(h)
	h["Cache-Control"] = t.headers.private
	if ask.public {
		t.headers.share(h)
		h["Cache-Control"] = t.headers.short
		if pinned(ask, tile, state) {
			h["Cache-Control"] = t.headers.forever
		}
	}
	if age, old := t.age(state); old {
		h.Set("Hetu-Data-Age", age)
		if ask.public { // an age is not true for ever
			h["Cache-Control"] = t.headers.short
		}
	}
	h["Vary"] = t.headers.vary
	h["Etag"] = body.ETag
	h["Hetu-Version"] = tile.Headers.Version
	if tile.Headers.Dropped != nil {
		h["Hetu-Dropped"] = tile.Headers.Dropped
	}
	if known := r.Header["If-None-Match"]; known != nil {
		if tag, same := sameTile(known, tile, body, accepted); same {
			h["Etag"] = tag
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if tile.Empty() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if body.Encoding != cache.Identity {
		h["Content-Encoding"] = body.Coding
	}
	h["Content-Type"] = t.headers.kind
	h["Content-Length"] = body.Length
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes) //nolint:gosec // G705: a tile, sent as one; a client that left gets nothing
	}
	return nil
}

// pinned tells whether the URL can only ever mean what it means now: it names its day, and a version at which the tile was as it
// is now. A version to come must not be kept: a later tile would be kept as what it was before.
func pinned(ask *tileAsk, tile *cache.Tile, state atlas.State) bool {
	return ask.dated && ask.versioned && tile.Version <= ask.version && ask.version <= state.Version
}

// age tells how many seconds old the data are, when that is more than it should be.
func (t *Tiles) age(state atlas.State) (seconds string, old bool) {
	age := t.cfg.Now().Sub(state.At)
	if age < staleAfter {
		return "", false
	}
	return strconv.FormatInt(int64(age/time.Second), 10), true
}

// sameTile looks for the tile among the tags that a client has. A body that was compressed in another way, or in a hurry, is the
// same tile too: where the client takes that encoding it is as good an answer as the one that would be sent, and the tag of
// the answer is that of the bytes which the client has.
func sameTile(known []string, tile *cache.Tile, body *cache.Body, accepted accept) (tag []string, same bool) {
	own := body.ETag[0][1 : len(body.ETag[0])-1]
	entityTags(known, func(have string) bool {
		if have == own || have == "*" {
			tag, same = body.ETag, true
			return false
		}
		if encoding, of := tile.SameContent(body, have); of && !same && accepted.may[encoding] {
			tag, same = []string{`"` + have + `"`}, true
		}
		return true
	})
	return tag, same
}
