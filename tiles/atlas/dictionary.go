package atlas

import (
	"bytes"
	"hash/maphash"

	"hetu/tiles/mvt"
)

// dictionary holds every value of a layer once, as it is written into a tile. Value 0 is none.
type dictionary struct {
	bytes []byte   // the values, one behind the other
	ends  []uint32 // where each ends; the first is that of none
	slots []uint32 // open addressing by content: 0 is free
	seed  maphash.Seed
}

func newDictionary() *dictionary {
	return &dictionary{ends: []uint32{0}, slots: make([]uint32, 1024), seed: maphash.MakeSeed()}
}

// get gives a value's bytes.
func (d *dictionary) get(id uint32) []byte { return d.bytes[d.ends[id-1]:d.ends[id]] }

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
	id := uint32(len(d.ends))                         //nolint:gosec // fewer values than bytes
	d.ends = append(d.ends, uint32(start+len(added))) //nolint:gosec // 4 GB of values are not held in memory
	d.slots[slot] = id
	if len(d.ends)*8 > len(d.slots)*7 {
		d.rehash()
	}
	return id
}

// add adds a value that it does not have and gives its number; rehash makes it known.
func (d *dictionary) add(value []byte) uint32 {
	d.bytes = append(d.bytes, value...)
	d.ends = append(d.ends, uint32(len(d.bytes))) //nolint:gosec // 4 GB of values are not held in memory
	return uint32(len(d.ends) - 1)                //nolint:gosec // fewer values than bytes
}

// slot finds where a value stands in slots, or would.
func (d *dictionary) slot(value []byte) int {
	mask := uint64(len(d.slots) - 1) //nolint:gosec // a power of two
	for at := maphash.Bytes(d.seed, value) & mask; ; at = (at + 1) & mask {
		if id := d.slots[at]; id == 0 || bytes.Equal(d.get(id), value) {
			return int(at) //nolint:gosec // below len(slots)
		}
	}
}

// rehash makes slots for the values there are and some more.
func (d *dictionary) rehash() {
	size := 1024
	for size*7 < len(d.ends)*8+1024 {
		size *= 2
	}
	d.slots = make([]uint32, size)
	for id := 1; id < len(d.ends); id++ {
		d.slots[d.slot(d.get(uint32(id)))] = uint32(id)
	}
}

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
