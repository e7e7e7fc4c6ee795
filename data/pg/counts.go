package pg

import (
	"context"
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
)

// Counts counts what the division of a code and everything below it has; an empty code is the whole store.
func (s *Store) Counts(ctx context.Context, at duty.Moment, division string) (duty.Counts, error) {
	out := duty.Counts{Divisions: []duty.LevelCount{}, Reaches: []duty.LevelCount{}, Posts: []duty.LevelCount{}, Persons: []duty.LevelCount{}, Boards: []duty.LevelCount{}}
	if division != "" {
		found, err := collect[duty.Name](ctx, s, "division_by_code", with(args(at), "division", division))
		if err != nil {
			return out, err
		}
		if len(found) != 1 {
			return out, geo.Errorf(geo.CodeNotFound, "%d divisions have the code %q on %s; the code of a county is like 150207", len(found), division, at.AsOf)
		}
		out.Division = &found[0]
	}
	for _, count := range []func(context.Context, duty.Moment, string, *duty.Counts) error{s.countDivisions, s.countRivers, s.countReaches, s.countPosts, s.countBoards, s.countClaims} {
		if err := count(ctx, at, division, &out); err != nil {
			return out, err
		}
	}
	out.Contradictions = duty.Contradictions(out)
	return out, nil
}

func (s *Store) countDivisions(ctx context.Context, at duty.Moment, division string, out *duty.Counts) (err error) {
	out.Divisions, err = collect[duty.LevelCount](ctx, s, "count_divisions", with(args(at), "division", division))
	return err
}

func (s *Store) countRivers(ctx context.Context, at duty.Moment, division string, out *duty.Counts) error {
	type row struct {
		Levels    []geo.Level
		Basin50   *bool
		Perennial *bool
		Plan      *string
		Source    string
	}
	rows, err := collect[row](ctx, s, "count_rivers", with(args(at), "division", division))
	if err != nil {
		return err
	}
	c := duty.RiverCounts{Count: len(rows), ManagedAt: map[geo.Level]int{}, HighestLevels: map[geo.Level]int{}, Sources: []string{}}
	out.Plans = map[string]int{}
	for _, r := range rows {
		if r.Basin50 != nil && *r.Basin50 {
			c.Basin50++
		}
		if r.Perennial != nil && !*r.Perennial {
			c.Seasonal++
		}
		for _, l := range r.Levels {
			c.ManagedAt[l]++
		}
		if len(r.Levels) > 0 {
			c.HighestLevels[slices.Min(r.Levels)]++
		}
		plan := "none"
		if r.Plan != nil {
			plan = *r.Plan
		}
		out.Plans[plan]++
		if !slices.Contains(c.Sources, r.Source) {
			c.Sources = append(c.Sources, r.Source)
		}
	}
	slices.Sort(c.Sources)
	out.Rivers = c
	return nil
}

func (s *Store) countReaches(ctx context.Context, at duty.Moment, division string, out *duty.Counts) error {
	type row struct {
		Level            geo.Level
		Count, Uncovered int
		Sources          []string
	}
	rows, err := collect[row](ctx, s, "count_reaches", with(args(at), "division", division))
	for _, r := range rows {
		out.Reaches = append(out.Reaches, duty.LevelCount{Level: r.Level, Count: r.Count, Sources: r.Sources})
		out.Uncovered += r.Uncovered
	}
	return err
}

func (s *Store) countPosts(ctx context.Context, at duty.Moment, division string, out *duty.Counts) error {
	type row struct {
		Level          geo.Level
		Kind           string
		Posts, Persons int
		Sources        []string
	}
	rows, err := collect[row](ctx, s, "count_posts", with(args(at), "division", division))
	for _, r := range rows {
		out.Posts = append(out.Posts, duty.LevelCount{Level: r.Level, Kind: r.Kind, Count: r.Posts, Sources: r.Sources})
		out.Persons = append(out.Persons, duty.LevelCount{Level: r.Level, Kind: r.Kind, Count: r.Persons, Sources: r.Sources})
	}
	return err
}

func (s *Store) countBoards(ctx context.Context, at duty.Moment, division string, out *duty.Counts) error {
	type row struct {
		Level   geo.Level
		Count   int
		Sources []string
	}
	rows, err := collect[row](ctx, s, "count_boards", with(args(at), "division", division))
	for _, r := range rows {
		out.Boards = append(out.Boards, duty.LevelCount{Level: r.Level, Count: r.Count, Sources: r.Sources})
	}
	return err
}

func (s *Store) countClaims(ctx context.Context, at duty.Moment, division string, out *duty.Counts) (err error) {
	out.Claims, err = collect[duty.Claim](ctx, s, "count_claims", with(args(at), "division", division))
	return err
}
