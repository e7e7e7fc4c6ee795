package pg

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/network"
)

// lineRow is a row with the line of a route.
type lineRow struct {
	ID   int64
	Geom geom.T
}

func linesOf(rows []lineRow) (map[int64]*geom.LineString, error) {
	out := make(map[int64]*geom.LineString, len(rows))
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return nil, fmt.Errorf("route %d is a %T", r.ID, r.Geom)
		}
		out[r.ID] = line
	}
	return out, nil
}

// Lines gives the lines of routes, XYM, downstream. What is not there is left out.
func (s *Store) Lines(ctx context.Context, at duty.Moment, routes []int64) (map[int64]*geom.LineString, error) {
	rows, err := collect[lineRow](ctx, s, "trace_lines", with(args(at), "routes", routes))
	if err != nil {
		return nil, err
	}
	return linesOf(rows)
}

// LinesNear gives the routes whose line comes within about radiusM metres of a position.
func (s *Store) LinesNear(ctx context.Context, at duty.Moment, lon, lat, radiusM float64) (map[int64]*geom.LineString, error) {
	rows, err := collect[lineRow](ctx, s, "trace_near", box(args(at), lon, lat, radiusM))
	if err != nil {
		return nil, err
	}
	return linesOf(rows)
}

// Along gives what lies along routes. One that is not there, or has neither river nor reaches, is left out.
func (s *Store) Along(ctx context.Context, at duty.Moment, routes []int64) (map[int64]duty.Along, error) {
	type row struct {
		RouteID int64
		duty.Name
	}
	rows, err := collect[row](ctx, s, "trace_along", with(args(at), "routes", routes))
	if err != nil {
		return nil, err
	}
	out := make(map[int64]duty.Along, len(rows))
	for _, r := range rows {
		out[r.RouteID] = duty.Along{River: &r.Name}
	}
	reaches, err := source{s.read, s.queries}.ReachesOf(ctx, at, routes)
	if err != nil {
		return nil, err
	}
	for _, r := range reaches {
		a := out[r.RouteID]
		a.Reaches = append(a.Reaches, r)
		out[r.RouteID] = a
	}
	return out, nil
}

// Sites gives the things of a kind by id, and those that may lie on routes: section, outfall, board, problem, reach, dam.
func (s *Store) Sites(ctx context.Context, at duty.Moment, kind string, ids, routes []int64) ([]duty.Site, error) {
	return source{s.read, s.queries}.sites(ctx, at, kind, ids, routes)
}

func (s source) sites(ctx context.Context, at duty.Moment, kind string, ids, routes []int64) ([]duty.Site, error) {
	type row struct {
		ID                      int64
		Code, Name, State, Bank *string
		Kind                    string
		Level                   *geo.Level
		MeasureM, ToM           *float64
		Geom                    geom.T
		Routes                  []int64
	}
	rows, err := collectFrom[row](ctx, s, "site_"+kind, with(args(at), "ids", ids, "routes", routes))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Site, 0, len(rows))
	for _, r := range rows {
		site := duty.Site{
			ID: r.ID, Code: r.Code, Name: r.Name, Kind: r.Kind, State: r.State, Level: r.Level, Routes: r.Routes, MeasureM: r.MeasureM, ToM: r.ToM,
			Bank: (*geo.Bank)(r.Bank), Geom: r.Geom,
		}
		if flat := r.Geom.FlatCoords(); len(flat) >= 2 {
			site.Lon, site.Lat = flat[0], flat[1]
		}
		out = append(out, site)
	}
	return out, nil
}

// RangesIn gives the parts of routes whose reaches are of the division of a code or of one below it.
func (s *Store) RangesIn(ctx context.Context, at duty.Moment, division string) ([]network.Range, error) {
	found, err := source{s.read, s.queries}.divisionOf(ctx, at, division)
	if err != nil {
		return nil, err
	}
	return collect[network.Range](ctx, s, "trace_within", with(args(at), "division", found.ID))
}

// Borders gives where routes pass from one division of a level into another: by their reaches where they are of the level, and by the
// outlines of the divisions elsewhere.
func (s *Store) Borders(ctx context.Context, at duty.Moment, level geo.Level, routes []int64) (out []duty.Border, err error) {
	err = s.snapshot(ctx, func(src source) error {
		out, err = src.borders(ctx, at, level, routes)
		return err
	})
	return out, err
}

// snapshot asks several questions of one moment.
func (s *Store) snapshot(ctx context.Context, ask func(source) error) error {
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return interpret(fmt.Errorf("begin an answer: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return ask(source{tx, s.queries})
}

func (s source) borders(ctx context.Context, at duty.Moment, level geo.Level, routes []int64) ([]duty.Border, error) {
	reaches, err := s.ReachesOf(ctx, at, routes)
	if err != nil {
		return nil, err
	}
	of, divisionIDs := map[int64][]duty.Reach{}, make([]int64, 0, len(reaches))
	for _, r := range reaches {
		of[r.RouteID] = append(of[r.RouteID], r)
		divisionIDs = append(divisionIDs, r.DivisionID)
	}
	slices.Sort(divisionIDs)
	divisions, err := s.DivisionsUp(ctx, at, slices.Compact(divisionIDs))
	if err != nil {
		return nil, err
	}
	outlines, err := s.Outlines(ctx, at, level, routes)
	if err != nil {
		return nil, err
	}
	met := outlinesMet(outlines)
	var crossing []int64 // the routes of which the outlines tell something
	for _, route := range routes {
		if n := len(met[route]); n > 1 || n == 1 && len(of[route]) > 0 {
			crossing = append(crossing, route)
		}
	}
	var lines map[int64]*geom.LineString
	if len(crossing) > 0 {
		rows, err := collectFrom[lineRow](ctx, s, "trace_lines", with(args(at), "routes", crossing))
		if err != nil {
			return nil, err
		}
		if lines, err = linesOf(rows); err != nil {
			return nil, err
		}
	}
	var out []duty.Border
	for _, route := range routes {
		borders, _ := duty.Crossings(route, lines[route], of[route], divisions, level, met[route])
		for _, b := range borders {
			if !b.Against {
				out = append(out, b)
			}
		}
	}
	return out, nil
}

// outlinesMet gives the outlines that each route meets.
func outlinesMet(outlines []duty.Outline) map[int64][]duty.Outline {
	met := map[int64][]duty.Outline{}
	for _, o := range outlines {
		for _, route := range o.Routes {
			met[route] = append(met[route], duty.Outline{Division: o.Division, Geom: o.Geom, Routes: []int64{route}})
		}
	}
	return met
}

// Handovers tells where a river passes borders of a level (Q6), all from one snapshot.
func (s *Store) Handovers(ctx context.Context, at duty.Moment, river int64, level geo.Level) (out duty.Handovers, err error) {
	err = s.snapshot(ctx, func(src source) error {
		out, err = duty.HandoversOf(ctx, src, at, river, level)
		return err
	})
	return out, err
}

// RiverRoutes gives a river and its routes with their lines, the longest first.
func (s *Store) RiverRoutes(ctx context.Context, at duty.Moment, river int64) (duty.Name, []duty.Route, error) {
	return source{s.read, s.queries}.RiverRoutes(ctx, at, river)
}

// RiverRoutes implements [duty.HandoverSource].
func (s source) RiverRoutes(ctx context.Context, at duty.Moment, river int64) (duty.Name, []duty.Route, error) {
	type row struct {
		RiverID      int64
		Name         string
		NameEn, Code *string
		ID           *int64
		Geom         geom.T
	}
	rows, err := collectFrom[row](ctx, s, "trace_routes", with(args(at), "river", river))
	if err != nil {
		return duty.Name{}, nil, err
	}
	if len(rows) == 0 {
		return duty.Name{}, nil, geo.Errorf(geo.CodeNotFound, "there is no river %d on %s", river, at.AsOf)
	}
	name := duty.Name{ID: rows[0].RiverID, Name: rows[0].Name, NameEn: rows[0].NameEn, Code: rows[0].Code}
	var routes []duty.Route
	for _, r := range rows {
		if r.ID == nil {
			continue
		}
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return name, nil, fmt.Errorf("route %d is a %T", *r.ID, r.Geom)
		}
		routes = append(routes, duty.Route{ID: *r.ID, Geom: line})
	}
	return name, routes, nil
}

// SectionsOn implements [duty.HandoverSource].
func (s source) SectionsOn(ctx context.Context, at duty.Moment, routes []int64) ([]duty.Site, error) {
	return s.sites(ctx, at, "section", nil, routes)
}

// Outlines implements [duty.HandoverSource].
func (s source) Outlines(ctx context.Context, at duty.Moment, level geo.Level, routes []int64) ([]duty.Outline, error) {
	type row struct {
		duty.Division
		Geom   geom.T
		Routes []int64
	}
	rows, err := collectFrom[row](ctx, s, "trace_inside", with(args(at), "routes", routes, "level", int(level)))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Outline, 0, len(rows))
	for _, r := range rows {
		outline, ok := r.Geom.(*geom.MultiPolygon)
		if !ok {
			return nil, fmt.Errorf("the outline of division %d is a %T", r.ID, r.Geom)
		}
		out = append(out, duty.Outline{Division: r.Division, Geom: outline, Routes: r.Routes})
	}
	return out, nil
}
