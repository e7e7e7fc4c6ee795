package pg

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/zone"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// Stakes and zones come into force with the lines that they were made of, and end with them.

// enforce has a draft's stakes and zones be in force from the day that its lines are, where that is before the day on which they were made, and gives
// its zones.
func (e *edit) enforce(ctx context.Context, was project.Project, m mover) ([]zoneRow, error) {
	today := geo.DateOf(e.now)
	stakes, err := e.stakes(ctx, was, today)
	if err != nil {
		return nil, err
	}
	valid := geo.Since(m.EffectiveFrom)
	for _, r := range stakes {
		if m.EffectiveFrom.Before(dateOf(r.ValidFrom)) {
			e.put(e.stakeAgain(r, e.id("boundary", r.BoundaryID), valid))
		}
	}
	zones, err := e.zones(ctx, was, today)
	if err != nil {
		return nil, err
	}
	for _, r := range zones {
		z, err := r.zone()
		if err != nil {
			return nil, err
		}
		if m.EffectiveFrom.Before(dateOf(r.ValidFrom)) {
			e.know("zone", r.Key, r.ID)
			e.put(e.zoneOf(m.p, r.Key, z, valid))
		}
	}
	return zones, nil
}

// stakeAgain is the row of a stake again, on a boundary, for some days.
func (e *edit) stakeAgain(r stakeRow, boundary Key, valid geo.Period) Stake {
	e.know("stake", r.Key, r.ID)
	row := stakeOf(r.stake(), "")
	row.Key, row.Boundary, row.Valid, row.Division = r.Key, boundary, valid, e.id("division", orZero(r.DivisionID))
	if r.Number == nil {
		row.Number = nil
	}
	if r.MeasureM == nil {
		row.MeasureM = nil
	}
	return row
}

// moveStakes has the stakes of boundaries that gave way stand on what is left of them. Where nothing is, they stand on no line any more.
func (c *displacer) moveStakes(ctx context.Context, route *geom.LineString) error {
	rows, err := collectFrom[stakeRow](ctx, c.e.source, "boundary_stakes", pgx.NamedArgs{"boundaries": c.ids, "from": date(c.m.EffectiveFrom)})
	if err != nil {
		return err
	}
	for _, r := range rows {
		at := r.at(route)
		left := []geo.Period{since(geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}, c.m.EffectiveFrom)}
		for _, p := range c.parts[r.BoundaryID] {
			if at < p.FromM-slack || at > p.ToM+slack {
				continue
			}
			for _, days := range common(left, p.valid) {
				c.e.put(c.e.stakeAgain(r, p.key, days))
				left = daysWithout(left, days)
			}
		}
		for _, days := range left {
			gone := c.e.stakeAgain(r, c.e.id("boundary", r.BoundaryID), days)
			gone.Gone = true
			c.e.put(gone)
		}
	}
	return nil
}

// at is the measure of a stake, or of where it stands.
func (r stakeRow) at(route *geom.LineString) float64 {
	if r.MeasureM == nil {
		return lref.Project(route, r.Lon, r.Lat).MeasureM
	}
	return *r.MeasureM
}

type routeZone struct {
	zoneRow
	ValidTo            *time.Time
	ProjectID, RiverID int64
}

func (e *edit) routeZones(ctx context.Context, p project.Project, own bool, from geo.Date) ([]routeZone, error) {
	return collectFrom[routeZone](ctx, e.source, "route_zones", pgx.NamedArgs{"route": p.Route, "project": p.ID, "own": own, "from": date(from)})
}

// endZones ends the zones of a project from a day on.
func (e *edit) endZones(ctx context.Context, p project.Project, from geo.Date) error {
	rows, err := e.routeZones(ctx, p, true, from)
	if err != nil {
		return err
	}
	for _, r := range rows {
		z, err := r.zone()
		if err != nil {
			return err
		}
		e.putZone(p, r, r.Key, z, from, true)
	}
	return nil
}

// putZone adds the row of a zone beside a project's route from a day on, for as long as it was to be.
func (e *edit) putZone(p project.Project, r routeZone, key Key, z demarc.Zone, from geo.Date, gone bool) {
	e.know("zone", r.Key, r.ID)
	owner := project.Project{ID: r.ProjectID, River: r.RiverID, Route: p.Route}
	row := e.zoneOf(owner, key, z, since(geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}, from))
	row.Gone = gone
	e.put(row)
}

// cutZones ends the zones of other projects where a project's own take over, and goes on with what is left of each. The part upstream keeps the
// zone's id; a second one gets a number that the river has not given yet.
func (e *edit) cutZones(ctx context.Context, m mover, route *geom.LineString, own []zoneRow) error {
	taken := map[geo.Bank][]duty.Range{}
	ids := []demarc.Zone{}
	for _, r := range own {
		taken[r.Side] = append(taken[r.Side], duty.Range{FromM: or(r.FromM), ToM: or(r.ToM)})
		ids = append(ids, demarc.Zone{RegionID: r.Regionid})
	}
	rows, err := e.routeZones(ctx, m.p, false, m.EffectiveFrom)
	if err != nil || len(own) == 0 {
		return err
	}
	others, err := e.zonesTaken(ctx, m.p)
	if err != nil {
		return err
	}
	ids = append(ids, others...)
	for _, r := range rows {
		ids = append(ids, demarc.Zone{RegionID: r.Regionid})
	}
	c := zoneCutter{e: e, m: m, route: route, free: zone.NumbersBut(ids)}
	for _, r := range rows {
		if err := c.cut(r, duty.Union(taken[r.Side]...), own); err != nil {
			return err
		}
	}
	return nil
}

// zoneCutter cuts zones of other projects.
type zoneCutter struct {
	e     *edit
	m     mover
	route *geom.LineString
	free  *zone.Numbers
}

func (c zoneCutter) cut(r routeZone, taken duty.Ranges, own []zoneRow) error {
	z, err := r.zone()
	if err != nil {
		return err
	}
	all := duty.Union(duty.Range{FromM: z.FromM, ToM: z.ToM})
	rests := all.Minus(taken).Over(slack)
	if len(rests) > 0 && slices.ContainsFunc(own, func(o zoneRow) bool { return o.Regionid == r.Regionid }) {
		return geo.Errorf(geo.CodeConflict, "the zone %s of the project %d, %s to %s, stays in force, and the project has one of that id: make it a draft again and cut its zones anew", r.Regionid, r.ProjectID, lref.Label(z.FromM), lref.Label(z.ToM))
	}
	if len(all.And(taken).Over(slack)) == 0 {
		return nil
	}
	if low, high := ends(c.route); len(rests) > 1 && c.route.FlatCoords()[2] == high && low < high {
		slices.Reverse(rests) // from upstream down
	}
	for i, rest := range rests {
		part, err := zone.Part(c.route, z, rest.FromM, rest.ToM)
		if err != nil {
			return geo.Wrapf(err, geo.CodeConflict, "what is left of the zone %s of the project %d, %s to %s, cannot be cut off: let the project's zones take all of it (%v)", r.Regionid, r.ProjectID, lref.Label(rest.FromM), lref.Label(rest.ToM), err)
		}
		key := r.Key
		if i > 0 {
			key = KeyOf("zone", "rest", fmt.Sprint(r.ID), fmt.Sprint(c.m.p.ID), since(geo.Period{From: dateOf(r.ValidFrom)}, c.m.EffectiveFrom).From.String(), fmt.Sprint(i))
			if part.RegionID, err = c.free.Next(z.Bank); err != nil {
				return err
			}
		}
		c.e.putZone(c.m.p, r, key, part, c.m.EffectiveFrom, false)
	}
	if len(rests) == 0 {
		c.e.putZone(c.m.p, r, r.Key, z, c.m.EffectiveFrom, true)
	}
	return nil
}
