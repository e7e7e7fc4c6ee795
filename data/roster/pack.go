package roster

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"

	"hetu/geo"
)

// packer writes what a row tells into bytes. With words, what many rows have in common is written there once.
type packer struct {
	buf   []byte
	words *words

	lastSpan  Span // most rows have the span of the one before
	lastPlace uint64
}

func (p *packer) uint(v uint64) { p.buf = binary.AppendUvarint(p.buf, v) }
func (p *packer) int(v int64)   { p.buf = binary.AppendVarint(p.buf, v) }
func (p *packer) num(v float64) { p.buf = binary.LittleEndian.AppendUint64(p.buf, math.Float64bits(v)) }

// text writes a text: nothing for none, else its length and itself.
func (p *packer) text(t Text) {
	if t == nil {
		p.uint(0)
		return
	}
	p.uint(uint64(len(t)) + 1)
	p.buf = append(p.buf, t...)
}

// word writes a text that other rows have too: an even number is its place among the words, an odd one its length here.
func (p *packer) word(t Text) {
	switch {
	case t == nil:
		p.uint(0)
	case p.words != nil:
		p.uint(uint64(p.words.intern(t)) << 1)
	default:
		p.uint(uint64(len(t))<<1 | 1)
		p.buf = append(p.buf, t...)
	}
}

func (p *packer) span(s Span) {
	if p.lastPlace != 0 && s == p.lastSpan {
		p.uint(p.lastPlace)
		return
	}
	var b [8]byte
	binary.LittleEndian.PutUint32(b[:], uint32(s.From)) //nolint:gosec // the bits
	binary.LittleEndian.PutUint32(b[4:], uint32(s.To))  //nolint:gosec // the bits
	at := len(p.buf)
	p.word(b[:])
	if p.words != nil {
		p.lastSpan = s
		p.lastPlace, _ = binary.Uvarint(p.buf[at:])
	}
}

// reader reads what a packer wrote, in the same order.
type reader struct {
	buf   []byte
	words *words
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.buf)
	r.buf = r.buf[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.buf)
	r.buf = r.buf[n:]
	return v
}

func (r *reader) num() float64 {
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.buf))
	r.buf = r.buf[8:]
	return v
}

func (r *reader) take(n uint64) []byte {
	b := r.buf[:n:n]
	r.buf = r.buf[n:]
	return b
}

func (r *reader) text() *string {
	n := r.uint()
	if n == 0 {
		return nil
	}
	return new(string(r.take(n - 1)))
}

func (r *reader) bytes() []byte {
	v := r.uint()
	switch {
	case v == 0:
		return nil
	case v&1 == 0:
		return r.words.at(uint32(v >> 1)) //nolint:gosec // as it was written
	default:
		return r.take(v >> 1)
	}
}

func (r *reader) word() *string {
	b := r.bytes()
	if b == nil {
		return nil
	}
	return new(string(b))
}

func (r *reader) span() Span {
	b := r.bytes()
	return Span{Day(binary.LittleEndian.Uint32(b)), Day(binary.LittleEndian.Uint32(b[4:]))} //nolint:gosec // the bits
}

func (r *reader) day() geo.Date { return Day(r.int()).date() } //nolint:gosec // as it was written

func said(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// words are texts that many rows have, each held once: its length and itself, one after the other. The first byte is nothing's.
type words struct {
	text  []byte
	slots []uint32 // places in text by hash; 0 is free
	n     int
	seed  maphash.Seed
}

func newWords() *words {
	return &words{text: make([]byte, 1), slots: make([]uint32, 64), seed: maphash.MakeSeed()}
}

// intern gives the place of a text.
func (w *words) intern(t []byte) uint32 {
	if 2*w.n >= len(w.slots) {
		w.grow()
	}
	slot := w.find(t)
	if *slot == 0 {
		*slot = uint32(len(w.text)) //nolint:gosec // texts of rows of one kind have not 4 GB
		w.text = append(binary.AppendUvarint(w.text, uint64(len(t))), t...)
		w.n++
	}
	return *slot
}

func (w *words) find(t []byte) *uint32 {
	mask := uint64(len(w.slots) - 1) //nolint:gosec // a power of two
	for h := maphash.Bytes(w.seed, t); ; h++ {
		if slot := &w.slots[h&mask]; *slot == 0 || bytes.Equal(w.at(*slot), t) {
			return slot
		}
	}
}

func (w *words) grow() {
	old := w.slots
	w.slots = make([]uint32, 2*len(old))
	for _, at := range old {
		if at != 0 {
			*w.find(w.at(at)) = at
		}
	}
}

func (w *words) at(place uint32) []byte {
	n, used := binary.Uvarint(w.text[place:])
	from := int(place) + used
	return w.text[from : from+int(n)] //nolint:gosec // as it was written
}
