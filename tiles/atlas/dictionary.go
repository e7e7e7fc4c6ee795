package atlas

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"hetu/tiles/huge"
	"hetu/tiles/mvt"
)

// dictionary holds every value of a layer once, as it is written into a tile. A value's number is where it stands; 0 is none.
type dictionary struct {
	bytes []byte // the values, one behind the other
	n     int    // how many
	seed  maphash.Seed

	// While values come, open addressing by content: number and hash of a value stand in one word, so that to find it, or that it is
	// new, takes one look into memory.
	open   []uint64
	looked uint64 // what was read only to be near when it is needed; that it is kept has the compiler read it

	// Once it is sealed, the same in less room.
	slots []uint32
	tags  []uint8           // a few bits of the hash of what stands in each slot, so that others are not looked at; 0: it is free
	late  map[string]uint32 // what came after it was sealed: slots for millions of values are not made anew while tiles wait
}

func newDictionary() *dictionary {
	return &dictionary{bytes: []byte{0}, open: make([]uint64, 1024), seed: maphash.MakeSeed()}
}

// get gives a value's bytes: a field of a message, which says how long it is.
func (d *dictionary) get(id uint32) []byte {
	value := d.bytes[id:]
	if n := value[1]; n < 1<<7 {
		return value[:2+n]
	}
	n, size := binary.Uvarint(value[1:])
	return value[:1+size+int(n)] //nolint:gosec // within what is held in memory
}

// coming is values that are looked for together.
type coming struct {
	bytes  []byte // as they are written, one behind the other
	ends   []int
	hashes []uint32
}

func (c *coming) forget() { c.bytes, c.ends, c.hashes = c.bytes[:0], c.ends[:0], c.hashes[:0] }

// add notes a value.
func (c *coming) add(d *dictionary, v Value) {
	from := len(c.bytes)
	c.bytes = appendValue(c.bytes, v)
	c.ends, c.hashes = append(c.ends, len(c.bytes)), append(c.hashes, d.hash(c.bytes[from:]))
}

// intern gives the numbers of values, new ones for those that were never seen. Where each would stand is read before the first is
// compared: nearly every such look waits for memory, and so all wait at once.
func (d *dictionary) intern(c *coming, see func(i int, id uint32)) {
	if d.late == nil {
		for _, h := range c.hashes {
			d.looked |= d.open[slotOf(h, len(d.open))]
		}
	}
	from := 0
	for i, end := range c.ends {
		value, id := c.bytes[from:end], uint32(0)
		if from = end; len(value) > 0 {
			next := uint32(len(d.bytes)) //nolint:gosec // 4 GB of values are not held in memory
			if id = d.number(value, c.hashes[i], next); id == next {
				d.bytes = append(d.bytes, value...)
			}
		}
		see(i, id)
	}
}

// number gives the number of a value of a hash, the next one if it was never seen.
func (d *dictionary) number(value []byte, h, next uint32) uint32 {
	if d.late == nil {
		at := slotOf(h, len(d.open))
		for ; d.open[at] != 0; at = slotAfter(at, len(d.open)) {
			if id := uint32(d.open[at] >> 32); uint32(d.open[at]) == h && bytes.Equal(d.get(id), value) { //nolint:gosec // the halves of a word
				return id
			}
		}
		d.open[at] = uint64(next)<<32 | uint64(h)
		if d.n++; d.n*3 > 2*len(d.open) { // many new values come, and each is looked for first
			d.widen(4 * d.n)
		}
		return next
	}
	for at := slotOf(h, len(d.slots)); d.tags[at] != 0; at = slotAfter(at, len(d.slots)) {
		if id := d.slots[at]; d.tags[at] == tag(h) && bytes.Equal(d.get(id), value) {
			return id
		}
	}
	id, known := d.late[string(value)]
	if !known {
		id, d.late[string(value)] = next, next
	}
	return id
}

// makeRoom makes room for so many times the values there are. The guess grows a little each time; not each time are all of them moved.
func (d *dictionary) makeRoom(times float64) {
	d.bytes = huge.Times(d.bytes, times)
	if all := int(times * float64(d.n)); 3*all > 2*len(d.open) {
		d.widen(2*all + d.n)
	}
}

// widen moves the values to so much more room: those that stood near each other do so again, and none is looked at.
func (d *dictionary) widen(room int) {
	open := huge.For[uint64](room)[:room]
	for _, value := range d.open {
		if value == 0 {
			continue
		}
		at := slotOf(uint32(value), room) //nolint:gosec // the half that is its hash
		for open[at] != 0 {
			at = slotAfter(at, room)
		}
		open[at] = value
	}
	d.open = open
}

// seal makes slots for the values there are. Those that come later are few.
func (d *dictionary) seal() {
	d.n = 0
	d.each(func(uint32, []byte) { d.n++ })
	room := 1024 + d.n*15/14
	d.slots, d.tags = huge.For[uint32](room)[:room], huge.For[uint8](room)[:room]
	d.each(func(id uint32, value []byte) {
		h := d.hash(value)
		at := slotOf(h, room)
		for d.tags[at] != 0 { // by others: all are different
			at = slotAfter(at, room)
		}
		d.slots[at], d.tags[at] = id, tag(h)
	})
	d.open, d.late = nil, map[string]uint32{}
}

// add adds a value that it does not have and gives its number; seal makes it known.
func (d *dictionary) add(value []byte) uint32 {
	id := uint32(len(d.bytes)) //nolint:gosec // 4 GB of values are not held in memory
	d.bytes = append(d.bytes, value...)
	d.n++
	return id
}

func (d *dictionary) hash(value []byte) uint32 {
	return uint32(maphash.Bytes(d.seed, value) >> 32) //nolint:gosec // the upper half
}

// slotOf gives the slot from which on a value of a hash stands, of so many.
func slotOf(hash uint32, slots int) int {
	return int(uint64(hash) * uint64(slots) >> 32) //nolint:gosec // below slots
}

// slotAfter gives the slot that is looked at next.
func slotAfter(at, slots int) int {
	if at++; at < slots {
		return at
	}
	return 0
}

// tag is what of a hash tells those apart that stand near each other.
func tag(hash uint32) uint8 { return max(1, uint8(hash)) } //nolint:gosec // the low bits

func (d *dictionary) each(see func(id uint32, value []byte)) {
	for id := uint32(1); int(id) < len(d.bytes); {
		value := d.get(id)
		see(id, value)
		id += uint32(len(value)) //nolint:gosec // 4 GB of values are not held in memory
	}
}

// leastValue is the shortest that a value is, so that numbers divided by it are different still.
const leastValue = 4

func appendValue(dst []byte, v Value) []byte {
	switch v.Kind {
	case Text:
		return mvt.AppendText(dst, v.Text)
	case Int:
		return mvt.AppendInt(dst, int64(v.Num)) //nolint:gosec // the bits of IntValue
	case Float:
		return mvt.AppendDouble(dst, v.Num)
	case Bool:
		return mvt.AppendBool(dst, v.Num != 0)
	case None:
	}
	return dst
}
