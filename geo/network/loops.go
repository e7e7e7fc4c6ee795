package network

// blocks finds the loops of the network, whichever way they flow: each block is a set of edges of which any two lie on one
// ring (a biconnected component of two edges or more; Tarjan 1972). A braid is one block.
func (n *Network) blocks() [][]int {
	s := &blockSearch{n: n, depth: make([]int, len(n.Nodes)), low: make([]int, len(n.Nodes)), used: make([]bool, len(n.Edges))}
	for v := range n.Nodes {
		if s.depth[v] == 0 {
			s.from(v)
		}
	}
	return s.found
}

type blockSearch struct {
	n          *Network
	depth, low []int // depth counts from 1; 0 is not seen
	used       []bool
	open       []int // edges of blocks that are not closed yet
	found      [][]int
}

// visit is a node on the way down, the edge it was come to by, and which of its edges is next.
type visit struct{ node, by, opened, next int }

// from walks the part of the network that a node is of, without recursion: rivers are long.
func (s *blockSearch) from(root int) {
	s.depth[root], s.low[root] = 1, 1
	way := []visit{{node: root, by: -1}}
	for len(way) > 0 {
		at := &way[len(way)-1]
		e, ok := s.edge(at)
		if !ok {
			done := *at
			if way = way[:len(way)-1]; len(way) > 0 {
				s.leave(done, way[len(way)-1].node)
			}
			continue
		}
		if s.used[e] {
			continue
		}
		s.used[e] = true
		w := s.n.Edges[e].From + s.n.Edges[e].To - at.node
		opened := len(s.open)
		s.open = append(s.open, e)
		if s.depth[w] > 0 {
			s.low[at.node] = min(s.low[at.node], s.depth[w])
			continue
		}
		s.depth[w] = len(way) + 1
		s.low[w] = s.depth[w]
		way = append(way, visit{node: w, by: e, opened: opened})
	}
}

func (s *blockSearch) edge(at *visit) (int, bool) {
	into, out := s.n.Into(at.node), s.n.OutOf(at.node)
	k := at.next
	at.next++
	switch {
	case k < len(into):
		return into[k], true
	case k < len(into)+len(out):
		return out[k-len(into)], true
	}
	return 0, false
}

// leave goes back to the node above; where nothing below reaches higher than that one, a block ends there.
func (s *blockSearch) leave(done visit, above int) {
	s.low[above] = min(s.low[above], s.low[done.node])
	if s.low[done.node] < s.depth[above] {
		return
	}
	if block := s.open[done.opened:]; len(block) > 1 {
		s.found = append(s.found, append([]int(nil), block...))
	}
	s.open = s.open[:done.opened]
}

// circles finds where water flows in a circle: sets of edges from each of which the flow comes back to it (strongly
// connected components; Tarjan 1972).
func (n *Network) circles() [][]int {
	s := &circleSearch{n: n, depth: make([]int, len(n.Nodes)), low: make([]int, len(n.Nodes)), circle: make([]int, len(n.Nodes))}
	for v := range n.Nodes {
		if s.depth[v] == 0 {
			s.from(v)
		}
	}
	out := make([][]int, 0, s.found)
	at := map[int]int{}
	for i, e := range n.Edges {
		c := s.circle[e.From]
		if c == 0 || c != s.circle[e.To] {
			continue
		}
		if _, ok := at[c]; !ok {
			at[c] = len(out)
			out = append(out, nil)
		}
		out[at[c]] = append(out[at[c]], i)
	}
	return out
}

type circleSearch struct {
	n          *Network
	depth, low []int // depth counts from 1 in the order of visits; 0 is not seen, below 0 is done
	circle     []int // of each node its component, counted from 1
	seen       int
	open       []int
	found      int
}

func (s *circleSearch) from(root int) {
	way := []visit{s.enter(root)}
	for len(way) > 0 {
		at := &way[len(way)-1]
		if out := s.n.OutOf(at.node); at.next < len(out) {
			w := s.n.Edges[out[at.next]].To
			at.next++
			switch {
			case s.depth[w] == 0:
				way = append(way, s.enter(w))
			case s.circle[w] == 0:
				s.low[at.node] = min(s.low[at.node], s.depth[w])
			}
			continue
		}
		done := *at
		s.close(done)
		if way = way[:len(way)-1]; len(way) > 0 {
			above := way[len(way)-1].node
			s.low[above] = min(s.low[above], s.low[done.node])
		}
	}
}

func (s *circleSearch) enter(v int) visit {
	s.seen++
	s.depth[v], s.low[v] = s.seen, s.seen
	s.open = append(s.open, v)
	return visit{node: v, opened: len(s.open) - 1}
}

func (s *circleSearch) close(done visit) {
	if s.low[done.node] != s.depth[done.node] {
		return
	}
	s.found++
	for _, v := range s.open[done.opened:] {
		s.circle[v] = s.found
	}
	s.open = s.open[:done.opened]
}
