package pg

import (
	"context"
	"fmt"
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/quality"
)

// Counts counts what the division of a code and everything below it has; an empty code is the whole store. It gives besides the sections
// there with their newest samplings, and the newest write in all of it.
func (s *Store) Counts(ctx context.Context, at duty.Moment, division string) (out duty.Counts, sections []quality.SectionAt, version int64, err error) {
	version, err = s.review(ctx, func(src source) error {
		c := counter{source: src, at: at, division: division, out: &out}
		if err := c.count(ctx); err != nil {
			return err
		}
		sections, err = c.sections(ctx)
		return err
	})
	return out, sections, version, err
}

// Contradictions tells where sources contradict each other, in the whole store.
func (s *Store) Contradictions(ctx context.Context, at duty.Moment) ([]duty.Contradiction, error) {
	claims, err := collect[duty.Claim](ctx, s, "count_claims", with(args(at), "division", ""))
	return duty.Contradictions(duty.Counts{Claims: claims}), err
}

// counter counts, all from one snapshot.
type counter struct {
	source
	at       duty.Moment
	division string
	out      *duty.Counts
}

func (c *counter) count(ctx context.Context) error {
	if err := c.settings(ctx, "count_settings"); err != nil {
		return err
	}
	*c.out = duty.Counts{Divisions: []duty.LevelCount{}, Reaches: []duty.LevelCount{}, Posts: []duty.LevelCount{}, Persons: []duty.LevelCount{}, Boards: []duty.LevelCount{}}
	if c.division != "" {
		found, err := c.divisionOf(ctx, c.at, c.division)
		if err != nil {
			return err
		}
		c.out.Division = found
	}
	for _, count := range []func(context.Context) error{c.divisions, c.rivers, c.reaches, c.posts, c.persons, c.boards, c.outfalls, c.claims} {
		if err := count(ctx); err != nil {
			return err
		}
	}
	c.out.Contradictions = duty.Contradictions(*c.out)
	return nil
}

// rowsOf reads a statement about the division that is counted.
func rowsOf[T any](ctx context.Context, c *counter, query string) ([]T, error) {
	return collectFrom[T](ctx, c.source, query, with(args(c.at), "division", c.division))
}

func (c *counter) divisions(ctx context.Context) (err error) {
	c.out.Divisions, err = rowsOf[duty.LevelCount](ctx, c, "count_divisions")
	return err
}

func (c *counter) rivers(ctx context.Context) error {
	type row struct {
		Levels    []geo.Level
		Basin50   *bool
		Perennial *bool
		Plan      *string
		Source    string
		Count     int
	}
	rows, err := rowsOf[row](ctx, c, "count_rivers")
	n := duty.RiverCounts{ManagedAt: map[geo.Level]int{}, HighestLevels: map[geo.Level]int{}, Sources: []string{}}
	c.out.Plans = map[string]int{}
	for _, r := range rows {
		n.Count += r.Count
		if r.Basin50 != nil && *r.Basin50 {
			n.Basin50 += r.Count
		}
		if r.Perennial != nil && !*r.Perennial {
			n.Seasonal += r.Count
		}
		for _, l := range r.Levels {
			n.ManagedAt[l] += r.Count
		}
		if len(r.Levels) > 0 {
			n.HighestLevels[slices.Min(r.Levels)] += r.Count
		}
		plan := "none"
		if r.Plan != nil {
			plan = *r.Plan
		}
		c.out.Plans[plan] += r.Count
		n.Sources = append(n.Sources, r.Source)
	}
	slices.Sort(n.Sources)
	n.Sources = slices.Compact(n.Sources)
	c.out.Rivers = n
	return err
}

// addCount adds to the count of a level and kind. Rows come by level, kind and source.
func addCount(counts []duty.LevelCount, level geo.Level, kind string, n int, source string) []duty.LevelCount {
	if i := len(counts) - 1; i >= 0 && counts[i].Level == level && counts[i].Kind == kind {
		counts[i].Count += n
		counts[i].Sources = append(counts[i].Sources, source)
		return counts
	}
	return append(counts, duty.LevelCount{Level: level, Kind: kind, Count: n, Sources: []string{source}})
}

// addShare adds to the rate of a level and kind.
func addShare(shares []duty.LevelShare, level geo.Level, kind string, part, whole int) []duty.LevelShare {
	if i := len(shares) - 1; i >= 0 && shares[i].Level == level && shares[i].Kind == kind {
		shares[i].Share = shares[i].Add(geo.ShareOf(part, whole))
		return shares
	}
	return append(shares, duty.LevelShare{Level: level, Kind: kind, Share: geo.ShareOf(part, whole)})
}

func (c *counter) reaches(ctx context.Context) error {
	type row struct {
		Level                     geo.Level
		Source                    string
		Count, Uncovered, Boarded int
	}
	rows, err := rowsOf[row](ctx, c, "count_reaches")
	r := &c.out.Rates
	r.ReachesWithChief, r.ReachesWithBoard = []duty.LevelShare{}, []duty.LevelShare{}
	for _, x := range rows {
		c.out.Reaches = addCount(c.out.Reaches, x.Level, "", x.Count, x.Source)
		c.out.Uncovered += x.Uncovered
		r.ReachesWithChief = addShare(r.ReachesWithChief, x.Level, "", x.Count-x.Uncovered, x.Count)
		r.ReachesWithBoard = addShare(r.ReachesWithBoard, x.Level, "", x.Boarded, x.Count)
	}
	return err
}

func (c *counter) posts(ctx context.Context) error {
	type row struct {
		Level               geo.Level
		Kind, Source        string
		Posts, Held, Acting int
	}
	rows, err := rowsOf[row](ctx, c, "count_posts")
	r := &c.out.Rates
	r.PostsHeld, r.PostsActing = []duty.LevelShare{}, []duty.LevelShare{}
	for _, x := range rows {
		c.out.Posts = addCount(c.out.Posts, x.Level, x.Kind, x.Posts, x.Source)
		r.PostsHeld = addShare(r.PostsHeld, x.Level, x.Kind, x.Held, x.Posts)
		r.PostsActing = addShare(r.PostsActing, x.Level, x.Kind, x.Acting, x.Posts)
	}
	return err
}

// persons counts who holds posts. Their sources are those of the posts.
func (c *counter) persons(ctx context.Context) error {
	type row struct {
		Level geo.Level
		Kind  string
		Count int
	}
	rows, err := rowsOf[row](ctx, c, "count_persons")
	for _, p := range c.out.Posts {
		of := duty.LevelCount{Level: p.Level, Kind: p.Kind, Sources: p.Sources}
		for _, r := range rows {
			if r.Level == p.Level && r.Kind == p.Kind {
				of.Count = r.Count
			}
		}
		c.out.Persons = append(c.out.Persons, of)
	}
	for _, r := range rows {
		if r.Level == 0 {
			c.out.PersonsInAll = r.Count
		}
	}
	return err
}

func (c *counter) boards(ctx context.Context) error {
	type row struct {
		Level          geo.Level
		Source         string
		Count, InOrder int
	}
	rows, err := rowsOf[row](ctx, c, "count_boards")
	c.out.Rates.BoardsInOrder = []duty.LevelShare{}
	for _, x := range rows {
		c.out.Boards = addCount(c.out.Boards, x.Level, "", x.Count, x.Source)
		c.out.Rates.BoardsInOrder = addShare(c.out.Rates.BoardsInOrder, x.Level, "", x.InOrder, x.Count)
	}
	return err
}

// mostListed is how many outfalls that are closing are listed.
const mostListed = 100

func (c *counter) outfalls(ctx context.Context) error {
	type row struct {
		Approval  string
		Monitored bool
		Count     int
	}
	rows, err := rowsOf[row](ctx, c, "count_outfalls")
	if err != nil {
		return err
	}
	n := duty.OutfallCounts{Approval: map[string]int{}}
	for _, r := range rows {
		n.Count += r.Count
		n.Approval[r.Approval] += r.Count
		switch {
		case r.Approval == "closing":
		case r.Monitored:
			n.Monitored = n.Monitored.Add(geo.ShareOf(r.Count, r.Count))
		default:
			n.Monitored = n.Monitored.Add(geo.ShareOf(0, r.Count))
		}
	}
	n.LeftOut, err = collectFrom[duty.Name](ctx, c.source, "count_closing", with(args(c.at), "division", c.division, "limit", mostListed))
	c.out.Outfalls = n
	return err
}

func (c *counter) claims(ctx context.Context) (err error) {
	c.out.Claims, err = rowsOf[duty.Claim](ctx, c, "count_claims")
	return err
}

// newestSamplings is how many samplings of each section are looked at for one that is valid.
const newestSamplings = 10

func (c *counter) sections(ctx context.Context) ([]quality.SectionAt, error) {
	out, err := c.sectionsOf(ctx, "count_sections", with(args(c.at), "division", c.division), geo.Period{}, newestSamplings)
	if err != nil {
		return nil, fmt.Errorf("count sections: %w", err)
	}
	return out, nil
}
