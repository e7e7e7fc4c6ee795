package pg

import (
	"context"
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
)

// RoutesOf gives routes by id, and all routes of rivers, the longest of a river first. A route of no river has a river without id.
func (s *Store) RoutesOf(ctx context.Context, at duty.Moment, ids, rivers []int64) ([]duty.Route, error) {
	return source{s.read, s.queries}.routesOf(ctx, at, ids, rivers)
}

func (s source) routesOf(ctx context.Context, at duty.Moment, ids, rivers []int64) ([]duty.Route, error) {
	type row struct {
		ID            int64
		Geom          geom.T
		LengthM       float64
		MeasureOrigin string
		RiverID       *int64
		CodeScheme    *string
		Code          *string
		Name          *string
		NameEn        *string
		Kind          *string
		Levels        []geo.Level
		Perennial     *bool
	}
	rows, err := collectFrom[row](ctx, s, "routes_of", with(args(at), "ids", ids, "rivers", rivers))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Route, 0, len(rows))
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return nil, fmt.Errorf("route %d is a %T", r.ID, r.Geom)
		}
		route := duty.Route{ID: r.ID, Geom: line}
		if r.RiverID != nil && r.Name != nil && r.Kind != nil {
			route.River = duty.River{
				ID: *r.RiverID, CodeScheme: r.CodeScheme, Code: r.Code, Name: *r.Name, NameEn: r.NameEn, Kind: *r.Kind, Levels: r.Levels, Perennial: r.Perennial,
			}
		}
		out = append(out, route)
	}
	return out, nil
}
