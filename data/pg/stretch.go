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

// surveyedWithinM is how far from a route its banks, levees and flood lines are looked for, and the divisions beside it.
const surveyedWithinM = 3000

// Stretch gives what a boundary of a river is made from, between two measures of its longest route that holds both: the route, what was
// surveyed of the river beside it, and the divisions from county to village that it lies in or near. geo.CodeNotFound when no route does.
func (s *Store) Stretch(ctx context.Context, river int64, from, to float64, asOf geo.Date) (out demarc.Stretch, err error) {
	err = s.snapshot(ctx, func(src source) (err error) {
		out, err = src.stretch(ctx, duty.Moment{AsOf: asOf}, river, 0, from, to)
		return err
	})
	return out, err
}

// Subject gives what a check of a project looks at: its lines in the newest revision, with what they are made from.
func (s *Store) Subject(ctx context.Context, by access.Actor, id int64) (out project.Subject, err error) {
	err = s.inSight(ctx, by, id, func(src source, p project.Project) (err error) {
		out, err = src.subject(ctx, by, p, geo.DateOf(s.now()))
		return err
	})
	return out, err
}

func (s source) stretch(ctx context.Context, at duty.Moment, river, route int64, from, to float64) (demarc.Stretch, error) {
	out := demarc.Stretch{River: river, FromM: from, ToM: to}
	routes, err := s.RoutesOf(ctx, at, nil, []int64{river})
	if err != nil {
		return out, err
	}
	for _, r := range routes {
		lowest, highest := ends(r.Geom)
		if route == r.ID || route == 0 && from < to && from >= lowest-slack && to <= highest+slack {
			out.RiverName, out.RouteID, out.Route = r.River.Name, r.ID, r.Geom
			break
		}
	}
	if out.Route == nil {
		return out, geo.NotFoundField("river", "no route of river %d holds %s to %s on %s", river, lref.Label(from), lref.Label(to), at.AsOf)
	}
	around, err := aroundOf(out)
	if err != nil {
		return out, err
	}
	a := with(args(at), "river", river, "west", around.West, "south", around.South, "east", around.East, "north", around.North)
	if out.Survey, err = s.survey(ctx, a); err != nil {
		return out, err
	}
	out.Divisions, err = s.stretchDivisions(ctx, a)
	return out, err
}

// aroundOf is where what belongs to a stretch is looked for.
func aroundOf(st demarc.Stretch) (geo.Extent, error) {
	lowest, highest := ends(st.Route)
	part, err := lref.Substring(st.Route, max(st.FromM, lowest), min(st.ToM, highest))
	if err != nil {
		return geo.Extent{}, err
	}
	e := project.Box([]*geom.LineString{part})
	low, high := duty.Box(e.West, e.South, surveyedWithinM), duty.Box(e.East, e.North, surveyedWithinM)
	return geo.Extent{West: low.West, South: low.South, East: high.East, North: high.North}, nil
}

func (s source) survey(ctx context.Context, a pgx.NamedArgs) ([]demarc.SurveyLine, error) {
	type row struct {
		ID         int64
		Kind       demarc.SurveyKind
		Bank       geo.Bank
		LeveeClass *int
		ToeSide    *string
		FloodKind  *string
		Source     string
		Geom       geom.T
	}
	rows, err := collectFrom[row](ctx, s, "stretch_survey", a)
	if err != nil {
		return nil, err
	}
	out := make([]demarc.SurveyLine, 0, len(rows))
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return nil, fmt.Errorf("bank line %d is a %T", r.ID, r.Geom)
		}
		l := demarc.SurveyLine{
			ID: r.ID, Kind: r.Kind, Bank: r.Bank, Riverside: orEmpty(r.ToeSide) == "riverside", Historic: orEmpty(r.FloodKind) == "historic", Source: r.Source, Line: line,
		}
		if r.LeveeClass != nil {
			l.LeveeClass = *r.LeveeClass
		}
		out = append(out, l)
	}
	return out, nil
}

func (s source) stretchDivisions(ctx context.Context, a pgx.NamedArgs) ([]demarc.Division, error) {
	type row struct {
		ID         int64
		Code, Name string
		Level      geo.Level
		ParentID   *int64
		Geom       geom.T
	}
	rows, err := collectFrom[row](ctx, s, "stretch_divisions", a)
	if err != nil {
		return nil, err
	}
	out := make([]demarc.Division, 0, len(rows))
	for _, r := range rows {
		polygons, ok := r.Geom.(*geom.MultiPolygon)
		if !ok {
			return nil, fmt.Errorf("division %d is a %T", r.ID, r.Geom)
		}
		out = append(out, demarc.Division{ID: r.ID, Code: r.Code, Name: r.Name, Level: r.Level, Parent: orZero(r.ParentID), Geom: polygons})
	}
	return out, nil
}
