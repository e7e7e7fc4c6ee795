package atlas

import "hetu/tiles"

// Drawer draws with scratch of its own: what it allocates is what a tile does.
func Drawer(a *Atlas) func(tiles.Address) tiles.Tile {
	s := newScratch()
	return func(addr tiles.Address) tiles.Tile { return a.build(s, addr, nil) }
}

// Borrowed counts the records of reaches that borrow from their river as it is.
func Borrowed(a *Atlas) int {
	n, l := 0, a.layers["reach"]
	for i := range l.records {
		if r := &l.records[i]; r.part&(lone|borrowed) == lone|borrowed && l.bed.of == a.layers["river"].own {
			n++
		}
	}
	return n
}

// Settle settles every layer, with columns of its own.
func Settle(a *Atlas) {
	a.layers = gathered(a.layers, nil)
}
