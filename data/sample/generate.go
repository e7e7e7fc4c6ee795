package sample

import (
	"context"
	"fmt"
	"strconv"

	"hetu/data/pg"
	"hetu/geo"
)

// Spec says what synthetic network to grow. The same spec gives the same rows, in the same order; on a
// processor that fuses multiplications with additions, as amd64 does not, the last decimal may be another.
type Spec struct {
	Reaches int    // exactly as many reaches, side channels included; at least 10
	Seed    uint64 // another seed grows another network
}

// genScheme is the code scheme of all that is generated. Its codes look like real ones and are none.
const genScheme = "hetu-sample"

// Generate grows a river network and hands its rows to add, a thousand at a time: divisions, rivers with routes (XYM,
// measured from the mouth), reaches, nodes, edges, posts with persons and appointments, boards, boundaries and sections.
// EPSG:4490, coordinates to 7 decimals; reaches are vertex ranges of their route, so their geometry is part of its.
//
// A million reaches need 130 megabytes, because only the tree of the network is kept and the lines are drawn one
// river at a time. What it is like, against measured networks, stands in the tests.
func Generate(ctx context.Context, spec Spec, add func(ctx context.Context, rows ...pg.Row) error) error {
	if spec.Reaches < 10 {
		return geo.InvalidField("reaches", "a network has at least 10 reaches, not %d", spec.Reaches)
	}
	braids := spec.Reaches / 100
	tree, err := growTree(spec.Seed, spec.Reaches-braids)
	if err != nil {
		return err
	}
	g := &generator{spec: spec, tree: tree, land: newGenLand(tree), send: add, source: fmt.Sprintf("hetu sample generate seed %d", spec.Seed)}
	g.plan(braids)
	if err := g.divisions(ctx); err != nil {
		return err
	}
	for n, head := range g.stems {
		if err := g.river(ctx, n, head); err != nil {
			return err
		}
	}
	return g.flush(ctx)
}

// generator carries one Generate along the rivers.
type generator struct {
	spec   Spec
	tree   *genTree
	land   *genLand
	source string
	send   func(ctx context.Context, rows ...pg.Row) error
	rows   []pg.Row

	stems  []int32 // the lowest cell of each river, in order of number
	stemOf []int   // of each cell

	side, board, bound share // which links get a side channel, which reaches a board, which stretches boundaries
	reaches, boards    int   // so far
	boundaries         int
}

// share picks k of n, evenly: of the i-th asked for, whether it is one.
type share struct{ k, n, asked int }

func (s *share) next() bool {
	if s.n == 0 {
		return false
	}
	s.asked++
	return s.asked*s.k/s.n != (s.asked-1)*s.k/s.n
}

// plan numbers the rivers and counts what the shares are of, so that each total comes out exactly.
func (g *generator) plan(braids int) {
	t := g.tree
	g.stemOf = make([]int, len(t.down))
	stretches, links := 0, 0
	for _, c := range t.grown {
		if t.down[c] == genOutlet {
			continue
		}
		if p := t.down[c]; t.down[p] != genOutlet && t.main[p] == c {
			g.stemOf[c] = g.stemOf[p]
			continue
		}
		g.stemOf[c] = len(g.stems)
		g.stems = append(g.stems, c)
	}
	for n, head := range g.stems {
		cells := t.stem(head)
		vertices := 1
		for i := 1; i < len(cells); i++ {
			vertices += t.stepPoints(cells[i-1], cells[i])
			if t.splits(cells[i]) && t.order[cells[i-1]] > 1 {
				links++
			}
		}
		stretches += len(g.stretches(n, vertices))
	}
	g.side = share{k: min(braids, links), n: links}
	g.board = share{k: g.spec.Reaches / 5, n: g.spec.Reaches}
	g.bound = share{k: min(g.spec.Reaches/20, stretches), n: stretches}
}

func (g *generator) add(ctx context.Context, rows ...pg.Row) error {
	g.rows = append(g.rows, rows...)
	if len(g.rows) < 1000 {
		return nil
	}
	return g.flush(ctx)
}

func (g *generator) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := g.send(ctx, g.rows...)
	g.rows = g.rows[:0]
	return err
}

// key is the natural key of what has no code.
func (g *generator) key(kind string, n int) pg.Key {
	return pg.Key("gen:" + strconv.FormatUint(g.spec.Seed, 10) + ":" + kind + ":" + strconv.Itoa(n))
}

// record is what all rows have in common; all of it is true since one day in 2020.
func (g *generator) record(key pg.Key) pg.Record {
	return pg.Record{Key: key, Valid: geo.Since(geo.NewDate(2020, 1, 1)), Source: g.source}
}

// code is a code of this seed's network, so that two seeds can lie in one store.
func (g *generator) code(local string) string {
	return strconv.FormatUint(g.spec.Seed, 36) + "-" + local
}
