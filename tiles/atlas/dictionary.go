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
	slots []uint32 // open addressing by content: 0 is free
	seed  maphash.Seed
}

func newDictionary() *dictionary {
	return &dictionary{bytes: []byte{0}, slots: make([]uint32, 1024), seed: maphash.MakeSeed()}
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

// intern gives the number of a value, a new one if it was never seen. hint is the number of one that it may well be.
func (d *dictionary) intern(v Value, hint uint32) uint32 {
	if v.Kind == None {
		return 0
	}
	start := len(d.bytes)
	d.bytes = appendValue(d.bytes, v)
	added := d.bytes[start:]
	if hint != 0 && bytes.Equal(d.get(hint), added) {
		d.bytes = d.bytes[:start]
		return hint
	}
	slot := d.slot(added)
	if id := d.slots[slot]; id != 0 {
		d.bytes = d.bytes[:start]
		return id
	}
	d.slots[slot] = uint32(start) //nolint:gosec // 4 GB of values are not held in memory
	if d.n++; d.n*4 > len(d.slots)*3 {
		d.rehash(d.n)
	}
	return uint32(start) //nolint:gosec // as above
}

// add adds a value that it does not have and gives its number; rehash makes it known.
func (d *dictionary) add(value []byte) uint32 {
	id := uint32(len(d.bytes)) //nolint:gosec // 4 GB of values are not held in memory
	d.bytes = append(d.bytes, value...)
	d.n++
	return id
}

// slot finds where a value stands in slots, or would.
func (d *dictionary) slot(value []byte) int {
	n := uint64(len(d.slots))
	for at := maphash.Bytes(d.seed, value) >> 32 * n >> 32; ; {
		if id := d.slots[at]; id == 0 || bytes.Equal(d.get(id), value) {
			return int(at) //nolint:gosec // below len(slots)
		}
		if at++; at == n {
			at = 0
		}
	}
}

// rehash makes slots for the values there are and some more.
func (d *dictionary) rehash(more int) {
	d.n = 0
	d.each(func(uint32, []byte) { d.n++ })
	d.slots = make([]uint32, 1024+(d.n+more)*4/3)
	d.each(func(id uint32, value []byte) { d.slots[d.slot(value)] = id })
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
