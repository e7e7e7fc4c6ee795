package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"hetu/tiles"
)

// Encoding is a content coding of RFC 9110 in which tiles are kept.
type Encoding uint8

// The encodings, the ones that a server that may choose takes last first.
const (
	Identity Encoding = iota
	Gzip
	Zstd
	encodings
)

// String is the name in headers, "" for identity.
func (e Encoding) String() string { return [encodings]string{"", "gzip", "zstd"}[e] }

// smallest is the size from which a tile is compressed. Below it the answer fits into one packet anyway.
const smallest = 900

// How much of a SHA-256 the entity tags have: of the content, and of the compressed bytes.
const (
	sumBytes = 16
	ownBytes = 4
)

// Tile is a tile that is ready to be sent.
type Tile struct {
	// Version is the number of the newest write that touched it, or of the write up to which its layer was loaded or settled.
	Version int64
	// Headers are the values of the headers that tell the version, and how many features had no room; nil if none.
	Headers struct{ Version, Dropped []string }

	cache   *Cache
	address tiles.Address
	key     key
	kept    bool        // in the cache, at least when it was made
	used    atomic.Bool // since another tile of the square came
	bodies  [encodings]atomic.Pointer[Body]
	size    atomic.Uint32
	empty   bool

	mu    sync.Mutex // of who makes a body
	plain []byte     // not compressed; nil when it can be had by decompressing
	sum   string     // of the content
	asked bool       // for the plain bytes, by a client
}

// Body is a tile in one encoding. ETag, Length and Coding are the values of the headers.
type Body struct {
	Bytes                []byte
	ETag, Length, Coding []string
	Encoding             Encoding

	hasty bool        // it would be smaller with more time
	told  atomic.Bool // that it is wanted
}

// fill takes over what was drawn. It is called with t.mu held.
func (t *Tile) fill(drawn *tiles.Tile) {
	t.Version, t.plain, t.empty = drawn.Version, drawn.Data, len(drawn.Data) == 0
	t.size.Store(uint32(len(drawn.Data))) //nolint:gosec // at most tiles.MaxBytes
	if t.plain == nil {
		t.plain = []byte{}
	}
	t.Headers.Version = []string{strconv.FormatInt(drawn.Version, 10)}
	if drawn.Dropped > 0 {
		t.Headers.Dropped = []string{strconv.Itoa(drawn.Dropped)}
	}
}

// Empty tells that nothing is there.
func (t *Tile) Empty() bool { return t.empty }

// Body gives the tile in an encoding, or not compressed where that is not worth it and plainToo says that the client takes it.
func (t *Tile) Body(encoding Encoding, plainToo bool) (*Body, error) {
	b := t.bodies[encoding].Load()
	if b == nil {
		var err error
		if b, err = t.make(encoding); err != nil {
			return nil, err
		}
	} else if b.hasty && !b.told.Load() {
		t.cache.again(t, b)
	}
	if b.Encoding != encoding && !plainToo {
		return t.body(t.cache.pack.hastily(encoding, b.Bytes), encoding), nil
	}
	return b, nil
}

func (t *Tile) make(encoding Encoding) (*Body, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.makeLocked(encoding)
}

// makeLocked gives the body in an encoding and makes it if it is not there yet. It is called with t.mu held.
func (t *Tile) makeLocked(encoding Encoding) (*Body, error) {
	if b := t.bodies[encoding].Load(); b != nil {
		return b, nil
	}
	plain, err := t.decompressed()
	if err != nil {
		return nil, err
	}
	if t.sum == "" {
		sum := sha256.Sum256(plain)
		t.sum = hex.EncodeToString(sum[:sumBytes])
	}
	var b *Body
	switch {
	case encoding == Identity || len(plain) < smallest:
		t.plain, t.asked = plain, true
		if b = t.bodies[Identity].Load(); b == nil {
			b = t.body(plain, Identity)
			t.bodies[Identity].Store(b)
		}
	default:
		b = t.body(t.cache.pack.hastily(encoding, plain), encoding)
		b.hasty = true
		if !t.asked {
			t.plain = nil // it can be had from what was compressed
		}
	}
	t.bodies[encoding].Store(b)
	t.weigh()
	return b, nil
}

// decompressed gives the bytes of the tile. It is called with t.mu held.
func (t *Tile) decompressed() ([]byte, error) {
	if t.plain != nil {
		return t.plain, nil
	}
	for _, e := range []Encoding{Zstd, Gzip} {
		if b := t.bodies[e].Load(); b != nil {
			return t.cache.pack.decompress(e, b.Bytes)
		}
	}
	return nil, fmt.Errorf("the tile %s %d/%d/%d was never drawn", t.address.Set.Name, t.address.Z, t.address.X, t.address.Y)
}

// body wraps bytes. The entity tag names the bytes: that of the content, and for what is compressed a part of its own, for it
// is compressed twice and by more than one version of hetu.
func (t *Tile) body(bytes []byte, encoding Encoding) *Body {
	tag := t.sum
	if encoding != Identity {
		sum := sha256.Sum256(bytes)
		tag += "-" + encoding.String() + "-" + hex.EncodeToString(sum[:ownBytes])
	}
	return &Body{
		Bytes: bytes, ETag: []string{`"` + tag + `"`}, Length: []string{strconv.Itoa(len(bytes))},
		Coding: t.cache.pack.codings[encoding], Encoding: encoding,
	}
}

// weigh counts the bytes that the tile takes now. It is called with t.mu held.
func (t *Tile) weigh() {
	const overhead, each = 500, 300
	n := overhead + len(t.plain)
	for e := Gzip; e < encodings; e++ {
		if b := t.bodies[e].Load(); b != nil && b.Encoding == e {
			n += each + len(b.Bytes)
		}
	}
	t.size.Store(uint32(n)) //nolint:gosec // some times tiles.MaxBytes
	if t.kept {
		t.cache.reweigh(t)
	}
}

// again has a body that was asked for again compressed better. When there is too much to do it is left for the next time.
func (c *Cache) again(t *Tile, b *Body) {
	if !t.kept || b.told.Swap(true) {
		return
	}
	select {
	case c.better <- request{t, b}:
	default:
		b.told.Store(false)
	}
}

// request asks for a body to be compressed better.
type request struct {
	tile *Tile
	body *Body
}

// improve compresses a body with more care. Where that gains nothing it stays as it is.
func (c *Cache) improve(r request) {
	t := r.tile
	if !c.has(t) {
		return
	}
	t.mu.Lock()
	plain, err := t.decompressed()
	t.mu.Unlock()
	if err != nil {
		return // who asks for the plain bytes is told
	}
	bytes := c.pack.carefully(r.body.Encoding, plain)
	if len(bytes) >= len(r.body.Bytes) {
		return // it stays told of, so it is not tried again
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bodies[r.body.Encoding].Store(t.body(bytes, r.body.Encoding))
	t.weigh()
}

// SameContent tells whether an entity tag, without its quotes, is one that this tile has or had: the tile itself, however it
// was compressed. encoding is that of the tag.
func (t *Tile) SameContent(b *Body, tag string) (encoding Encoding, same bool) {
	sum := b.ETag[0][1 : 1+2*sumBytes]
	rest, same := strings.CutPrefix(tag, sum)
	if !same {
		return Identity, false
	}
	if rest == "" {
		return Identity, true
	}
	for e := Gzip; e < encodings; e++ {
		if own, ok := strings.CutPrefix(rest, "-"+e.String()+"-"); ok && len(own) == 2*ownBytes {
			return e, true
		}
	}
	return Identity, false
}
