package roster

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"hetu/geo/duty"
)

// build takes rows in until they are tables, or edits of tables. Rows of different kinds may come at the same time.
type build struct {
	tables [tabled]*builder
	banks  *ground[duty.BankLine]
	areas  *ground[polygons]
	rule   measurer
}

// newBuild makes one for whole kinds of rows, and with edits one for the rows of some ids.
func newBuild(lines Lines, edits bool) *build {
	b := &build{banks: newGround[duty.BankLine](), areas: newGround[polygons](), rule: measurer{merges: lines.Merges}}
	for k := range b.tables {
		b.tables[k] = &builder{}
		if !edits {
			b.tables[k].words = newWords()
		}
	}
	return b
}

// emit brings rows in.
func (b *build) emit() *Emit {
	pack := func(table Kind, owner, id int64, pack func(*packer)) error {
		t := b.tables[table]
		if t.full() {
			return fmt.Errorf("there are more %s than can be held in memory", table)
		}
		at := len(t.buf)
		pack(&t.packer)
		t.end(owner, id, at)
		return nil
	}
	return &Emit{
		River: func(r *River) error {
			return pack(Rivers, r.ID, r.ID, func(p *packer) { p.river(r) })
		},
		Route: func(r *Route) error {
			if err := pack(Routes, r.ID, r.ID, func(p *packer) { p.route(r, b.rule.measure(r.Line)) }); err != nil {
				return err
			}
			return pack(routesOf, r.River, r.ID, func(*packer) {})
		},
		Reach: func(r *Reach) error {
			return pack(Reaches, r.Route, r.ID, func(p *packer) { p.reach(r) })
		},
		Division: func(d *Division) error {
			return pack(Divisions, d.ID, d.ID, func(p *packer) { p.division(d) })
		},
		Post: func(x *Post) error {
			return pack(Posts, x.OwnerID, x.ID, func(p *packer) { p.post(x) })
		},
		Appointment: func(a *Appointment) error {
			return pack(Appointments, a.Post, a.Post, func(p *packer) { p.appointment(a) })
		},
		Board: func(x *Board) error {
			err := pack(Boards, x.ID, x.ID, func(p *packer) { p.board(x) })
			for _, reach := range x.Reaches {
				err = cmp.Or(err, pack(boardsOf, reach, x.ID, func(*packer) {}))
			}
			return err
		},
		BankLine: func(l *BankLine) error {
			b.banks.put(l.ID, append(b.banks.byID[l.ID], bankPlot(l)))
			return nil
		},
		Area: func(a *Area) error {
			b.areas.put(a.ID, append(b.areas.byID[a.ID], areaPlot(a)))
			return nil
		},
	}
}

// give makes what was taken in of a kind that of a record.
func (b *build) give(r *record, k Kind) {
	switch k {
	case BankLines:
		r.banks = b.banks
	case Areas:
		r.areas = b.areas
	default:
		for _, at := range k.tables() {
			r.tables[at] = b.tables[at].table()
		}
	}
}

// edit makes what was taken in of some ids of a kind all that a record has of them.
func (b *build) edit(r *record, k Kind, ids []int64) {
	switch k {
	case BankLines:
		for _, id := range ids {
			r.banks.put(id, b.banks.byID[id])
		}
	case Areas:
		for _, id := range ids {
			r.areas.put(id, b.areas.byID[id])
		}
	default:
		for _, at := range k.tables() {
			rows := b.tables[at].byID()
			for _, id := range ids {
				r.tables[at].put(id, rows[id])
			}
		}
	}
}

func emptyRecord(lines Lines) *record {
	r, b := &record{}, newBuild(lines, false)
	for _, k := range kinds() {
		b.give(r, k)
	}
	return r
}

// readers is how many kinds are read at once.
const readers = 3

// Load fills the roster from the source, with the record of one moment.
func (r *Roster) Load(ctx context.Context, src Source) error {
	view, err := src.Open(ctx, readers)
	if err != nil {
		return fmt.Errorf("open the record: %w", err)
	}
	defer view.Close(ctx)
	end, err := view.End(ctx)
	if err != nil {
		return fmt.Errorf("find the end of the change feed: %w", err)
	}
	fresh, b := &record{}, newBuild(r.lines, false)
	emit := b.emit()
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for _, k := range kinds() {
		group.Go(func() error {
			if err := view.Read(inner, k, nil, emit); err != nil {
				return fmt.Errorf("load the %s: %w", k, err)
			}
			b.give(fresh, k)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.state = fresh, State{Loaded: true, Position: end.To, Version: end.Version, At: end.At, held: end.Held}
	return nil
}
