package network

// scratch is what a walk needs and the next one uses again.
type scratch struct {
	seen    bitset   // nodes that were come to
	settled []uint32 // the same in the order they were come to
	heap    []hop    // each of four children is no nearer than its parent
	log     []hop
	stack   []uint32
}

func (g *Graph) borrow() *scratch {
	if s, ok := g.scratch.Get().(*scratch); ok {
		return s
	}
	return &scratch{seen: newBitset(g.nodes.len())}
}

func (g *Graph) giveBack(s *scratch) {
	if len(s.settled) < len(s.seen) {
		for _, v := range s.settled {
			s.seen[v/64] = 0
		}
	} else {
		clear(s.seen)
	}
	s.settled, s.heap, s.log, s.stack = s.settled[:0], s.heap[:0], s.log[:0], s.stack[:0]
	g.scratch.Put(s)
}

// visit marks a node and tells whether it is new.
func (s *scratch) visit(node uint32) bool {
	if !s.seen.add(node) {
		return false
	}
	s.settled = append(s.settled, node)
	return true
}

// before orders hops: the nearer first, then the lower edge, so that equal ways give one answer.
func (h hop) before(o hop) bool { return h.dist < o.dist || h.dist == o.dist && h.via < o.via }

func (s *scratch) push(h hop) {
	s.heap = append(s.heap, h)
	i := len(s.heap) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !h.before(s.heap[up]) {
			break
		}
		s.heap[i] = s.heap[up]
		i = up
	}
	s.heap[i] = h
}

func (s *scratch) pop() hop {
	top, last := s.heap[0], len(s.heap)-1
	h := s.heap[last]
	s.heap = s.heap[:last]
	for i := 0; last > 0; {
		least := s.leastChild(i)
		if least == 0 || !s.heap[least].before(h) {
			s.heap[i] = h
			break
		}
		s.heap[i] = s.heap[least]
		i = least
	}
	return top
}

// leastChild gives the nearest child of a place in the heap, 0 where it has none.
func (s *scratch) leastChild(i int) int {
	first := 4*i + 1
	if first >= len(s.heap) {
		return 0
	}
	least := first
	for c := first + 1; c < min(first+4, len(s.heap)); c++ {
		if s.heap[c].before(s.heap[least]) {
			least = c
		}
	}
	return least
}
