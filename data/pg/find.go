package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// The lookups of an import: stored things by what files call them, their code, name or alias, each with its natural key.

// FindDivisions gives the divisions in force on a day whose code or name is one of words: key, code, name, level.
func (s *Store) FindDivisions(ctx context.Context, words []string, asOf geo.Date) ([]Division, error) {
	return find(ctx, s, "find_divisions", words, asOf, func(row pgx.CollectableRow) (d Division, err error) {
		return d, row.Scan(&d.Key, &d.Code, &d.Name, &d.Level)
	})
}

// FindRivers gives the rivers in force on a day whose code, name or alias is one of words: key, code, name, aliases, division.
func (s *Store) FindRivers(ctx context.Context, words []string, asOf geo.Date) ([]River, error) {
	return find(ctx, s, "find_rivers", words, asOf, func(row pgx.CollectableRow) (r River, err error) {
		return r, row.Scan(&r.Key, &r.Code, &r.Name, &r.Aliases, &r.Division)
	})
}

// FindRoutes gives the routes in force on a day of rivers: key, river, geometry XYM, EPSG:4490.
func (s *Store) FindRoutes(ctx context.Context, rivers []Key, asOf geo.Date) ([]Route, error) {
	words := make([]string, len(rivers))
	for i, k := range rivers {
		words[i] = string(k)
	}
	return find(ctx, s, "find_routes", words, asOf, func(row pgx.CollectableRow) (r Route, err error) {
		var g geom.T
		if err := row.Scan(&r.Key, &r.River, &g); err != nil {
			return r, err
		}
		line, ok := g.(*geom.LineString)
		if !ok {
			return r, fmt.Errorf("route %s is a %T", r.Key, g)
		}
		r.Geom = line
		return r, nil
	})
}

// FindReaches gives the reaches in force on a day whose code or name is one of words: key, code, name, level.
func (s *Store) FindReaches(ctx context.Context, words []string, asOf geo.Date) ([]Reach, error) {
	return find(ctx, s, "find_reaches", words, asOf, func(row pgx.CollectableRow) (r Reach, err error) {
		return r, row.Scan(&r.Key, &r.Code, &r.Name, &r.Level)
	})
}

func find[T any](ctx context.Context, s *Store, query string, words []string, asOf geo.Date, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := s.read.Query(ctx, s.queries[query], pgx.NamedArgs{"words": words, "as_of": date(asOf)})
	if err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	out, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	return out, nil
}
