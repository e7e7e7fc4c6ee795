package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// FindBoundaries gives the boundary lines in force on a day of rivers, drafts too, without those withdrawn or replaced: key, river, route,
// bank, status, measures, basis, geometry XY, EPSG:4490.
func (s *Store) FindBoundaries(ctx context.Context, rivers []Key, asOf geo.Date) ([]Boundary, error) {
	return find(ctx, s, "find_boundaries", words(rivers), asOf, func(row pgx.CollectableRow) (b Boundary, err error) {
		var g geom.T
		var route *Key
		if err := row.Scan(&b.Key, &b.River, &route, &b.Bank, &b.Status, &b.FromM, &b.ToM, &b.BasisKind, &g); err != nil {
			return b, err
		}
		if route != nil {
			b.Route = *route
		}
		line, ok := g.(*geom.LineString)
		if !ok {
			return b, fmt.Errorf("boundary %s is a %T", b.Key, g)
		}
		b.Geom = line
		return b, nil
	})
}

func words(keys []Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = string(k)
	}
	return out
}

// or is what a pointer points at; without one nothing.
func or[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
