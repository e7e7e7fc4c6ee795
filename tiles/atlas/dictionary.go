package atlas

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"hetu/tiles/mvt"
)

// dictionary holds every value of a layer once, as it is written into a tile. A value's number is where it stands; 0 is none.
type dictionary struct {
	bytes []byte   // the values, one behind the other
	n     int      // how many
	slots []uint32 // open addressing by content
	tags  []uint8  // a few bits of the hash of what stands in each slot, so that others are not looked at; 0: it is free
	seed  maphash.Seed
	late  map[string]uint32 // what came after it was sealed: slots for millions of values are not made anew while tiles wait
}

func newDictionary() *dictionary {
	return &dictionary{bytes: []byte{0}, slots: make([]uint32, 1024), tags: make([]uint8, 1024), seed: maphash.MakeSeed()}
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

// intern gives the number of a value, a new one if it was never seen.
func (d *dictionary) intern(v Value) uint32 {
	if v.Kind == None {
		return 0
	}
	start := len(d.bytes)
	d.bytes = appendValue(d.bytes, v)
	added := d.bytes[start:]
	at, tag := d.place(added)
	for ; d.tags[at] != 0; at = d.after(at) {
		if id := d.slots[at]; d.tags[at] == tag && bytes.Equal(d.get(id), added) {
			d.bytes = d.bytes[:start]
			return id
		}
	}
	if d.late != nil {
		id, known := d.late[string(added)]
		if known {
			d.bytes = d.bytes[:start]
			return id
		}
		d.late[string(added)] = uint32(start) //nolint:gosec // 4 GB of values are not held in memory
		return uint32(start)                  //nolint:gosec // as above
	}
	d.slots[at], d.tags[at] = uint32(start), tag //nolint:gosec // 4 GB of values are not held in memory
	if d.n++; d.n*2 > len(d.slots) {             // many new values come, and each is looked for first
		d.rehash(3 * d.n)
	}
	return uint32(start) //nolint:gosec // as above
}

// makeRoom makes room for so many times the values there are.
func (d *dictionary) makeRoom(times float64) {
	d.bytes = roomFor(d.bytes, times)
	if all := int(times * float64(d.n)); 2*all > len(d.slots) {
		d.rehash(2 * all)
	}
}

// seal makes slots for the values there are. Those that come later are few.
func (d *dictionary) seal() {
	d.rehash(0)
	d.late = map[string]uint32{}
}

// add adds a value that it does not have and gives its number; seal makes it known.
func (d *dictionary) add(value []byte) uint32 {
	id := uint32(len(d.bytes)) //nolint:gosec // 4 GB of values are not held in memory
	d.bytes = append(d.bytes, value...)
	d.n++
	return id
}

// place gives the slot from which on a value stands, and its tag.
func (d *dictionary) place(value []byte) (at int, tag uint8) {
	h := maphash.Bytes(d.seed, value)
	return int(h >> 32 * uint64(len(d.slots)) >> 32), max(1, uint8(h)) //nolint:gosec // below len(slots); the low bits
}

func (d *dictionary) after(at int) int {
	if at++; at < len(d.slots) {
		return at
	}
	return 0
}

// rehash makes slots for the values there are and some more.
func (d *dictionary) rehash(more int) {
	d.n = 0
	d.each(func(uint32, []byte) { d.n++ })
	room := 1024 + (d.n+more)*15/14
	d.slots, d.tags = huge[uint32](room)[:room], huge[uint8](room)[:room]
	d.each(func(id uint32, value []byte) {
		at, tag := d.place(value)
		for d.tags[at] != 0 { // by others: all are different
			at = d.after(at)
		}
		d.slots[at], d.tags[at] = id, tag
	})
}

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
