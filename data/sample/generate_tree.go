package sample

import (
	"math"
	"math/rand/v2"
	"slices"

	"hetu/geo"
)

// genCell is the width of a cell in metres: a network has about 0.62 links a cell, so this sets how many tiles it fills.
const genCell = 1160.0

// genOutlet and genBare mark cells of the tree that flow nowhere: to the sea, and not grown.
const (
	genOutlet int32 = -1
	genBare   int32 = -2
)

// genTree is a drainage tree on a lattice of wide x high cells: a river flows from cell to neighbouring cell. It grows
// from outlets on the east coast inland, each cell to where it is reached first at random speeds, which gives basins of
// all sizes, confluences mostly of two, and Strahler's orders in the shares that terrain gives.
type genTree struct {
	seed       uint64
	wide, high int
	down       []int32 // the cell each flows to, genOutlet or genBare
	kids       []uint8
	order      []uint8   // Strahler, of the link that leaves the cell
	main       []int32   // the upstream neighbour that is the same river; genBare at a source
	longM      []float32 // the longest way down to the cell, in cells
	grown      []int32   // all cells that have grown, downstream ones first
}

// growTree grows a tree of exactly so many links (reaches between sources, confluences and outlets).
func growTree(seed uint64, links int) (*genTree, error) {
	for room := 1.45; ; room *= 1.3 {
		cells := room * 1.75 * float64(links+20)
		t := &genTree{seed: seed, high: int(math.Sqrt(cells*1.6)) + 3}
		t.wide = int(cells)/t.high + 3
		if !t.fits() {
			return nil, geo.InvalidField("reaches", "a network of %d reaches does not fit into the extent", links)
		}
		if t.grow(links) {
			t.rank()
			return t, nil
		}
	}
}

// grow fills the lattice until there are so many links; false when there was no room for them.
func (t *genTree) grow(links int) bool {
	n := t.wide * t.high
	t.down, t.kids = make([]int32, n), make([]uint8, n)
	for i := range t.down {
		t.down[i] = genBare
	}
	r := genRand(t.seed, 1)
	heap := &genHeap{}
	outlets := min(7, 1+links/60) // of seven basins the largest has at least a seventh
	for i := range outlets {
		y := t.high * (2*i + 1) / (2 * outlets)
		t.reach(heap, r, t.cell(t.wide-1, y), genOutlet, 0)
	}
	have := 0
	for have < links {
		s, ok := heap.pop()
		if !ok {
			return false
		}
		more := t.linksMore(s.from)
		if t.down[s.cell] != genBare || have+more > links || !t.suits(r, s.cell, s.from) {
			continue
		}
		have += more
		t.kids[s.from]++
		t.reach(heap, r, s.cell, s.from, s.at)
	}
	return true
}

// suits tells whether a cell may flow to another. Most confluences are of two rivers, some of three, few of four; and not
// many at a sharp angle.
func (t *genTree) suits(r *rand.Rand, up, cell int32) bool {
	another := [...]float64{1, 1, 0.6, 0.2, 0}
	switch {
	case t.crosses(up, cell) || t.turnsBack(up, cell):
		return false
	case t.crowds(up, cell) && r.Float64() < 0.5:
		return false
	default:
		return r.Float64() < another[t.kids[cell]]
	}
}

// cell gives the cell in a column and a row, place the other way round.
func (t *genTree) cell(x, y int) int32 { return int32(y*t.wide + x) } //nolint:gosec // fits keeps the lattice small

func (t *genTree) place(cell int32) (x, y int) { return int(cell) % t.wide, int(cell) / t.wide }

// linksMore tells how many links another inflow of a cell makes: a source moves up, a link is split by a confluence.
func (t *genTree) linksMore(cell int32) int {
	switch {
	case t.down[cell] == genOutlet || t.kids[cell] >= 2:
		return 1
	case t.kids[cell] == 1:
		return 2
	default:
		return 0
	}
}

// reach adds a cell to the tree and sends growth on to its neighbours.
func (t *genTree) reach(heap *genHeap, r *rand.Rand, cell, from int32, at float32) {
	t.down[cell] = from
	t.grown = append(t.grown, cell)
	x, y := t.place(cell)
	for _, d := range [8][2]int{{-1, 0}, {0, -1}, {0, 1}, {1, 0}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}} {
		if u, v := x+d[0], y+d[1]; u >= 0 && u < t.wide && v >= 0 && v < t.high {
			to := t.cell(u, v)
			speed := r.ExpFloat64() + 0.1
			if d[0] != 0 && d[1] != 0 {
				speed *= math.Sqrt2
			}
			if t.down[to] == genBare {
				heap.push(genStep{at + float32(speed), to, cell})
			}
		}
	}
}

// crosses tells whether a diagonal step would cross another.
func (t *genTree) crosses(a, b int32) bool {
	ax, ay := t.place(a)
	bx, by := t.place(b)
	if ax == bx || ay == by {
		return false
	}
	p, q := t.cell(bx, ay), t.cell(ax, by)
	return t.down[p] == q || t.down[q] == p
}

// turnsBack tells whether the way down through a cell would turn by more than a right angle there.
func (t *genTree) turnsBack(up, cell int32) bool {
	if t.down[cell] == genOutlet {
		return false
	}
	x, y := t.place(cell)
	ux, uy := t.place(up)
	dx, dy := t.place(t.down[cell])
	return (ux-x)*(dx-x)+(uy-y)*(dy-y) > 0
}

// crowds tells whether another inflow of a cell comes from a cell next to this one: the two would touch on the way.
func (t *genTree) crowds(up, cell int32) bool {
	x, y := t.place(up)
	for v := max(0, y-1); v <= min(t.high-1, y+1); v++ {
		for u := max(0, x-1); u <= min(t.wide-1, x+1); u++ {
			if t.down[t.cell(u, v)] == cell {
				return true
			}
		}
	}
	return false
}

// rank finds orders and main stems, from the sources down.
func (t *genTree) rank() {
	n := len(t.down)
	t.order, t.main, t.longM = make([]uint8, n), make([]int32, n), make([]float32, n)
	top, equal := make([]uint8, n), make([]bool, n)
	for i := range t.main {
		t.main[i] = genBare
	}
	for _, c := range slices.Backward(t.grown) {
		t.order[c] = max(1, top[c])
		if equal[c] {
			t.order[c]++
		}
		p := t.down[c]
		if p == genOutlet {
			continue
		}
		long := t.longM[c] + 1
		m := t.main[p]
		if m < 0 || t.order[c] > t.order[m] || (t.order[c] == t.order[m] && long > t.longM[p]) {
			t.main[p] = c
		}
		equal[p] = (equal[p] && t.order[c] <= top[p]) || t.order[c] == top[p]
		top[p] = max(top[p], t.order[c])
		t.longM[p] = max(t.longM[p], long)
	}
}

// splits tells whether a link ends at a cell: at confluences, at outlets and, going up, at sources.
func (t *genTree) splits(cell int32) bool {
	return t.down[cell] == genOutlet || t.kids[cell] != 1
}

// stem gives the cells of a river in flow order, from its source to the cell below head, where it ends.
func (t *genTree) stem(head int32) []int32 {
	cells := []int32{t.down[head]}
	for c := head; c >= 0; c = t.main[c] {
		cells = append(cells, c)
	}
	for i, j := 0, len(cells)-1; i < j; i, j = i+1, j-1 {
		cells[i], cells[j] = cells[j], cells[i]
	}
	return cells
}

// genStep is growth on its way from a cell to another.
type genStep struct {
	at         float32
	cell, from int32
}

// genHeap gives the earliest step first. container/heap would box each of them.
type genHeap struct{ steps []genStep }

func (h *genHeap) push(s genStep) {
	h.steps = append(h.steps, s)
	i := len(h.steps) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !s.before(h.steps[up]) {
			break
		}
		h.steps[i] = h.steps[up]
		i = up
	}
	h.steps[i] = s
}

func (h *genHeap) pop() (genStep, bool) {
	if len(h.steps) == 0 {
		return genStep{}, false
	}
	first, last := h.steps[0], h.steps[len(h.steps)-1]
	h.steps = h.steps[:len(h.steps)-1]
	n := len(h.steps)
	i := 0
	for n > 0 {
		k := 2*i + 1
		if k+1 < n && h.steps[k+1].before(h.steps[k]) {
			k++
		}
		if k >= n || !h.steps[k].before(last) {
			h.steps[i] = last
			break
		}
		h.steps[i] = h.steps[k]
		i = k
	}
	return first, true
}

func (s genStep) before(o genStep) bool { return s.at < o.at || (s.at == o.at && s.cell < o.cell) }
