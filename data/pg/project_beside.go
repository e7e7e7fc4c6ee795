package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// ProjectRoute gives the centre line that a project lies beside, XYM.
func (s *Store) ProjectRoute(ctx context.Context, by access.Actor, id int64) (line *geom.LineString, err error) {
	err = s.inSight(ctx, by, id, func(src source, p project.Project) (err error) {
		line, err = src.routeLine(ctx, p.Route, geo.DateOf(s.now()))
		return err
	})
	return line, err
}

// AnnouncedBeside gives the lines that are in force on a day where a project's are to be, cut to its range.
func (s *Store) AnnouncedBeside(ctx context.Context, by access.Actor, id int64, asOf geo.Date) (out []project.Piece, err error) {
	err = s.inSight(ctx, by, id, func(src source, p project.Project) error {
		route, err := src.routeLine(ctx, p.Route, geo.DateOf(s.now()))
		if err != nil {
			return err
		}
		rows, err := collectFrom[announcedRow](ctx, src, "project_announced", pgx.NamedArgs{"route": p.Route, "river": p.River, "from": date(asOf), "ids": nil})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !(geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}).Contains(asOf) {
				continue
			}
			piece, ok, err := r.within(route, p)
			if err != nil {
				return err
			}
			if ok {
				out = append(out, piece)
			}
		}
		return nil
	})
	return out, err
}

// within gives the part of an announced line that lies in a project's range.
func (r announcedRow) within(route *geom.LineString, p project.Project) (project.Piece, bool, error) {
	line, ok := r.Geom.(*geom.LineString)
	if !ok {
		return project.Piece{}, false, fmt.Errorf("boundary %d is a %T", r.ID, r.Geom)
	}
	all := project.Line{ID: r.ID, Bank: r.Bank, FromM: r.FromM, ToM: r.ToM, Geom: line}.RangeOn(route)
	common := duty.Union(all).And(duty.Union(duty.Range{FromM: p.FromM, ToM: p.ToM})).Over(slack)
	if len(common) == 0 {
		return project.Piece{}, false, nil
	}
	if c := common[0]; c.FromM > all.FromM+slack || c.ToM < all.ToM-slack {
		part, err := lref.BankBetween(route, line, c.FromM, c.ToM)
		if err != nil {
			return project.Piece{}, false, err
		}
		line, all = part, c
	}
	return project.Piece{ID: r.ID, Key: r.Key, Status: project.Announced, Piece: demarc.Piece{
		Bank: r.Bank, FromM: all.FromM, ToM: all.ToM, Basis: demarc.Basis(r.BasisKind), WidthM: orZero(r.WidthM), Line: line,
	}}, true, nil
}

// routeLine gives a route as it is on a day.
func (s source) routeLine(ctx context.Context, id int64, asOf geo.Date) (*geom.LineString, error) {
	rows, err := collectFrom[struct{ Geom geom.T }](ctx, s, "project_route", pgx.NamedArgs{"route": id, "as_of": date(asOf)})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, geo.Errorf(geo.CodeConflict, "the project's route %d is no more on %s", id, asOf)
	}
	line, ok := rows[0].Geom.(*geom.LineString)
	if !ok {
		return nil, fmt.Errorf("route %d is a %T", id, rows[0].Geom)
	}
	return line, nil
}
