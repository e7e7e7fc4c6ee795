package pg

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"
	"sync"

	"hetu/geo"
	"hetu/geo/duty"
)

// Coverage tells what rivers have and what they lack (Q8): each is given what was found of it, by id. It gives the totals over all and
// the newest write that they know of.
func (s *Store) Coverage(ctx context.Context, q duty.CoverageQuestion, each func(duty.RiverCoverage)) (totals duty.CoverageTotals, version int64, err error) {
	version, err = s.review(ctx, func(src source) error {
		c := coverReader{source: src, q: q}
		if err := c.pick(ctx); err != nil {
			return err
		}
		totals = duty.Coverage(c.facts(ctx), q.Rules, q.At.AsOf, each)
		return c.err
	})
	return totals, version, err
}

// coverReader reads what the coverage of rivers is told from.
type coverReader struct {
	source
	q         duty.CoverageQuestion
	picked    []pickedRiver
	divisions map[int64]bool  // that were asked for
	parents   map[int64]int64 // of divisions, where a rule is of divisions
	err       error
}

type pickedRiver struct {
	ID    int64
	Whole bool
}

func (c *coverReader) pick(ctx context.Context) error {
	divisions, err := c.scopeOf(ctx, c.q.At, c.q.Scope)
	if err != nil {
		return err
	}
	c.divisions = map[int64]bool{}
	for _, d := range divisions {
		c.divisions[d] = true
	}
	if c.picked, err = collectFrom[pickedRiver](ctx, c.source, "cover_pick", with(args(c.q.At), "river", c.q.Scope.River, "divisions", divisions)); err != nil {
		return err
	}
	if slices.ContainsFunc(c.q.Rules.Boards, func(r duty.BoardRule) bool { return r.DivisionLevel != 0 }) {
		if err = c.readParents(ctx); err != nil {
			return err
		}
	}
	return c.paged(ctx)
}

func (c *coverReader) readParents(ctx context.Context) error {
	type row struct{ ID, ParentID int64 }
	rows, err := collectFrom[row](ctx, c.source, "review_parents", args(c.q.At))
	c.parents = make(map[int64]int64, len(rows))
	for _, r := range rows {
		c.parents[r.ID] = r.ParentID
	}
	return err
}

// facts gives river after river; while some are looked at the next page is read. It ends early on an error, which is kept.
func (c *coverReader) facts(ctx context.Context) iter.Seq[duty.RiverFacts] {
	return func(yield func(duty.RiverFacts) bool) {
		ctx, stop := context.WithCancel(ctx)
		pages := make(chan *coverPage)
		var reading sync.WaitGroup
		reading.Go(func() {
			defer close(pages)
			c.err = c.read(ctx, pages)
		})
		defer reading.Wait() // the transaction is the reader's until then
		defer stop()
		for p := range pages {
			for i, f := range p.rivers {
				if !p.picked[i].Whole {
					f = f.Within(c.divisions)
				}
				if !yield(f) {
					return
				}
			}
		}
	}
}

func (c *coverReader) read(ctx context.Context, pages chan<- *coverPage) error {
	for picked := range slices.Chunk(c.picked, reviewPage) {
		p := &coverPage{picked: picked}
		if err := p.read(ctx, c); err != nil {
			return err
		}
		select {
		case pages <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// coverPage is the facts of some rivers, in order of their ids.
type coverPage struct {
	picked           []pickedRiver
	rivers           []duty.RiverFacts
	ids, routes      []int64
	reaches          []int64
	ofRoute, ofReach map[int64]*duty.RiverFacts
}

func (p *coverPage) read(ctx context.Context, c *coverReader) error {
	for _, r := range p.picked {
		p.ids = append(p.ids, r.ID)
	}
	p.ofRoute, p.ofReach = map[int64]*duty.RiverFacts{}, map[int64]*duty.RiverFacts{}
	for _, read := range []func(context.Context, *coverReader) error{
		p.readRivers, p.readRoutes, p.readReaches, p.readPosts, p.readBoards, p.readBoundaries, p.readSections, p.readPlans, p.readDivisions,
	} {
		if err := read(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// river gives the facts of a river of the page; nil if it is of none.
func (p *coverPage) river(id int64) *duty.RiverFacts {
	i, ok := slices.BinarySearchFunc(p.rivers, id, func(f duty.RiverFacts, id int64) int { return cmp.Compare(f.ID, id) })
	if !ok {
		return nil
	}
	return &p.rivers[i]
}

func (p *coverPage) readRivers(ctx context.Context, c *coverReader) error {
	type row struct {
		ID     int64
		Name   string
		Levels []geo.Level
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_rivers", with(args(c.q.At), "rivers", p.ids))
	for _, r := range rows {
		p.rivers = append(p.rivers, duty.RiverFacts{ID: r.ID, Name: r.Name, Levels: r.Levels})
	}
	return err
}

func (p *coverPage) readRoutes(ctx context.Context, c *coverReader) error {
	type row struct {
		RiverID, RouteID int64
		FromM, ToM       float64
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_routes", with(args(c.q.At), "rivers", p.ids))
	for _, r := range rows {
		f := p.river(r.RiverID)
		f.Routes = append(f.Routes, duty.RouteSpan{RouteID: r.RouteID, Range: duty.Range{FromM: r.FromM, ToM: r.ToM}})
		p.ofRoute[r.RouteID], p.routes = f, append(p.routes, r.RouteID)
	}
	return err
}

func (p *coverPage) readReaches(ctx context.Context, c *coverReader) error {
	type row struct {
		RiverID, ID, RouteID int64
		Level                geo.Level
		FromM, ToM           float64
		BankScope            geo.Bank
		DivisionID           int64
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_reaches", with(args(c.q.At), "rivers", p.ids))
	for _, r := range rows {
		f := p.river(r.RiverID)
		f.Reaches = append(f.Reaches, duty.Reach{
			ID: r.ID, RouteID: r.RouteID, Level: r.Level, FromM: r.FromM, ToM: r.ToM, BankScope: r.BankScope, DivisionID: r.DivisionID,
		})
		p.ofReach[r.ID], p.reaches = f, append(p.reaches, r.ID)
	}
	return err
}

func (p *coverPage) readPosts(ctx context.Context, c *coverReader) error {
	type row struct {
		ID               int64
		Level            geo.Level
		Role             string
		ReachID, RiverID *int64
		Held, Acting     bool
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_posts", with(args(c.q.At), "reaches", p.reaches, "rivers", p.ids))
	for _, r := range rows {
		post := duty.Post{ID: r.ID, Level: r.Level, Role: r.Role, ReachID: r.ReachID, RiverID: r.RiverID}
		if r.Held {
			post.Appointments = []duty.Appointment{{Acting: r.Acting}} // who it is, and since when, is not asked here
		}
		f := p.of(r.ReachID, r.RiverID)
		f.Posts = append(f.Posts, post)
	}
	return err
}

// readDivisions finds where routes run in the divisions that a board rule is of, by their outlines.
func (p *coverPage) readDivisions(ctx context.Context, c *coverReader) error {
	var levels []geo.Level
	for _, rule := range c.q.Rules.Boards {
		if rule.DivisionLevel != 0 && !slices.Contains(levels, rule.DivisionLevel) {
			levels = append(levels, rule.DivisionLevel)
		}
	}
	for _, level := range levels {
		outlines, err := c.Outlines(ctx, c.q.At, level, p.routes)
		if err != nil {
			return err
		}
		var met []int64
		for _, o := range outlines {
			met = append(met, o.Routes...)
		}
		slices.Sort(met)
		rows, err := collectFrom[lineRow](ctx, c.source, "trace_lines", with(args(c.q.At), "routes", slices.Compact(met)))
		if err != nil {
			return err
		}
		lines, err := linesOf(rows)
		if err != nil {
			return err
		}
		for route, line := range lines {
			f := p.ofRoute[route]
			f.Divisions = append(f.Divisions, duty.RunsIn(route, line, level, outlines)...)
		}
	}
	return nil
}

// of gives the river of what belongs to a reach or to a river.
func (p *coverPage) of(reach, river *int64) *duty.RiverFacts {
	if reach != nil {
		return p.ofReach[*reach]
	}
	return p.river(*river)
}

func (p *coverPage) readBoards(ctx context.Context, c *coverReader) error {
	type row struct {
		ID         int64
		Level      geo.Level
		ReachIds   []int64 //nolint:revive // the column's name
		DivisionID *int64
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_boards", with(args(c.q.At), "reaches", p.reaches))
	for _, r := range rows {
		b := duty.BoardSite{ID: r.ID, Level: r.Level, ReachIDs: r.ReachIds}
		for d := r.DivisionID; d != nil && *d != 0 && !slices.Contains(b.Divisions, *d); {
			b.Divisions = append(b.Divisions, *d)
			up := c.parents[*d]
			d = &up
		}
		var rivers []*duty.RiverFacts
		for _, reach := range r.ReachIds {
			if f := p.ofReach[reach]; f != nil && !slices.Contains(rivers, f) {
				rivers, f.Boards = append(rivers, f), append(f.Boards, b)
			}
		}
	}
	return err
}

func (p *coverPage) readBoundaries(ctx context.Context, c *coverReader) error {
	type row struct {
		RouteID    int64
		Bank       geo.Bank
		FromM, ToM *float64
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_boundaries", with(args(c.q.At), "routes", p.routes))
	for _, r := range rows {
		span := duty.Range{FromM: math.Inf(-1), ToM: math.Inf(1)}
		if r.FromM != nil {
			span.FromM = *r.FromM
		}
		if r.ToM != nil {
			span.ToM = *r.ToM
		}
		f := p.ofRoute[r.RouteID]
		f.Boundaries = append(f.Boundaries, duty.BankSpan{RouteID: r.RouteID, Bank: r.Bank, Range: span})
	}
	return err
}

func (p *coverPage) readSections(ctx context.Context, c *coverReader) error {
	type row struct {
		RouteID  int64
		MeasureM float64
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_sections", with(args(c.q.At), "routes", p.routes))
	for _, r := range rows {
		f := p.ofRoute[r.RouteID]
		f.Sections = append(f.Sections, duty.RoutePlace{RouteID: r.RouteID, MeasureM: r.MeasureM})
	}
	return err
}

func (p *coverPage) readPlans(ctx context.Context, c *coverReader) error {
	type row struct {
		RiverID, ReachID *int64
		Closed           bool
	}
	rows, err := collectFrom[row](ctx, c.source, "cover_plans", with(args(c.q.At), "rivers", p.ids, "reaches", p.reaches))
	for _, r := range rows {
		f := p.of(r.ReachID, r.RiverID)
		f.Plans = append(f.Plans, duty.PlanOf{ReachID: r.ReachID, Closed: r.Closed})
	}
	return err
}
