package pg

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

type zoneRow struct {
	ID                 int64
	Key                Key
	Type               demarc.ZoneType
	Regionid           string
	Side               geo.Bank
	Basis, Restraints  *string
	FromM, ToM         *float64
	LenKm              *float64
	AreaM2             *float64 `db:"area_m2"`
	StartLon, StartLat *float64
	EndLon, EndLat     *float64
	ValidFrom          *time.Time
	WrittenAt          time.Time
	Geom               geom.T
}

func (r zoneRow) zone() (demarc.Zone, error) {
	g, ok := r.Geom.(*geom.MultiPolygon)
	if !ok {
		return demarc.Zone{}, fmt.Errorf("zone %d is a %T", r.ID, r.Geom)
	}
	z := demarc.Zone{
		Type: r.Type, RegionID: r.Regionid, Bank: r.Side, FromM: or(r.FromM), ToM: or(r.ToM), Basis: or(r.Basis), Restraints: or(r.Restraints),
		LenKm: or(r.LenKm), AreaM2: or(r.AreaM2), Geom: g,
	}
	if r.StartLon != nil && r.StartLat != nil && r.EndLon != nil && r.EndLat != nil { // the ends alone; the line between them is the boundary's
		z.Outer = geom.NewLineStringFlat(geom.XY, []float64{*r.StartLon, *r.StartLat, *r.EndLon, *r.EndLat})
	}
	return z, nil
}

func (s source) zones(ctx context.Context, p project.Project, today geo.Date) ([]zoneRow, error) {
	return collectFrom[zoneRow](ctx, s, "project_zones", pgx.NamedArgs{"project": p.ID, "on": date(later(day(p), today))})
}

// zonesTaken gives the ids of zones that the river has besides a project's, each with where it lies; a measure is NaN where that is not known.
func (s source) zonesTaken(ctx context.Context, p project.Project) ([]demarc.Zone, error) {
	type row struct {
		Side       geo.Bank
		Regionid   string
		FromM, ToM *float64
	}
	rows, err := collectFrom[row](ctx, s, "project_zones_taken", pgx.NamedArgs{"river": p.River, "route": p.Route, "project": p.ID, "from_m": p.FromM, "to_m": p.ToM})
	out := make([]demarc.Zone, 0, len(rows))
	for _, r := range rows {
		z := demarc.Zone{Bank: r.Side, RegionID: r.Regionid, FromM: math.NaN(), ToM: math.NaN()}
		if r.FromM != nil && r.ToM != nil {
			z.FromM, z.ToM = *r.FromM, *r.ToM
		}
		out = append(out, z)
	}
	return out, err
}

// WriteZones puts zones in the place of those that a project has. The error is a [project.Stale] when the project is not at the revision that they were
// decided on.
func (s *Store) WriteZones(ctx context.Context, by access.Actor, id int64, base int, cut func(project.Subject) ([]demarc.Zone, error), once project.Once) (made project.ZonesMade, replayed bool, err error) {
	replayed, err = s.edit(ctx, by, fmt.Sprintf("zones of project %d", id), once, &made, func(ctx context.Context, e *edit) error {
		p, key, err := e.open(ctx, id)
		if err != nil {
			return err
		}
		today := geo.DateOf(e.now)
		subject, err := e.subject(ctx, by, p, today)
		if err != nil {
			return err
		}
		standing, err := e.zones(ctx, p, today)
		if err != nil {
			return err
		}
		if err := e.freshZones(ctx, p, base, subject.Around.Zones); err != nil {
			return err
		}
		zones, err := cut(subject)
		if err != nil {
			return err
		}
		if len(zones)+len(standing) == 0 {
			return geo.Errorf(geo.CodeRefused, "the project has no zones, and none were sent")
		}
		if err := e.zonesInGrants(ctx, zones, standing); err != nil {
			return err
		}
		if err := e.redraft(ctx, &p, key, false, fmt.Sprintf("zones: %d, where %d were", len(zones), len(standing))); err != nil {
			return err
		}
		made = project.ZonesMade{Project: id, Revision: p.Revision, Zones: len(zones)}
		return e.writeZones(p, zones, standing)
	})
	return made, replayed, err
}

// freshZones holds the revision that zones were decided on against the one that stands.
func (e *edit) freshZones(ctx context.Context, p project.Project, base int, standing []demarc.Zone) error {
	if base == p.Revision {
		return nil
	}
	stale, was, err := e.stale(ctx, p, base)
	if err != nil {
		return err
	}
	rows, err := collectFrom[zoneRow](ctx, e.source, "project_zones_at", pgx.NamedArgs{"project": p.ID, "on": date(later(dateOf(&was.Day), geo.DateOf(was.At))), "known_at": was.At})
	if err != nil {
		return err
	}
	before := make([]demarc.Zone, 0, len(rows))
	for _, r := range rows {
		z, err := r.zone()
		if err != nil {
			return err
		}
		before = append(before, z)
	}
	stale.BaseZones, stale.TheirZones = zonesBut(before, standing), zonesBut(standing, before)
	return stale
}

// zonesBut gives those of zones that are not among others.
func zonesBut(zones, others []demarc.Zone) (out []demarc.Zone) {
	for _, z := range zones {
		if !slices.ContainsFunc(others, func(o demarc.Zone) bool { return o.RegionID == z.RegionID && sameZone(o, z) }) {
			out = append(out, z)
		}
	}
	return out
}

// zonesInGrants refuses zones, new ones and those they replace, that lie outside the divisions that the planner may draw in. Those that stay as they are
// are nobody's to refuse.
func (e *edit) zonesInGrants(ctx context.Context, zones []demarc.Zone, standing []zoneRow) error {
	before, now := map[string]demarc.Zone{}, map[string]demarc.Zone{}
	for _, r := range standing {
		z, err := r.zone()
		if err != nil {
			return err
		}
		before[z.RegionID] = z
	}
	for _, z := range zones {
		now[z.RegionID] = z
	}
	for _, pair := range [][2]map[string]demarc.Zone{{now, before}, {before, now}} {
		for id, z := range pair[0] {
			if other, ok := pair[1][id]; ok && sameZone(z, other) {
				continue
			}
			outside, err := e.b.store.OutsideGrants(ctx, e.tx, e.by, z.Geom, access.Planner)
			if err != nil {
				return err
			}
			if outside != nil && len(outside.FlatCoords()) > 1 {
				at := outside.FlatCoords()
				return geo.FieldErrorf(geo.CodeForbidden, "/zones", "the zone %s, or one that it replaces, lies outside the divisions that you may draw in, near %.6f, %.6f: leave that part to its planner", id, at[0], at[1])
			}
		}
	}
	return nil
}

// sameZone tells whether two zones are one to whoever reads them.
func sameZone(a, b demarc.Zone) bool {
	return a.Type == b.Type && a.Bank == b.Bank && a.FromM == b.FromM && a.ToM == b.ToM && a.Basis == b.Basis && a.Restraints == b.Restraints &&
		slices.Equal(a.Geom.FlatCoords(), b.Geom.FlatCoords())
}

// writeZones puts a draft's zones in the place of those that it had, which were in force on no day.
func (e *edit) writeZones(p project.Project, zones []demarc.Zone, standing []zoneRow) error {
	gone := map[string]zoneRow{}
	for _, r := range standing {
		gone[r.Regionid] = r
		e.know("zone", r.Key, r.ID)
	}
	valid := geo.Since(day(p))
	for _, z := range zones {
		key := KeyOf("zone", "project", fmt.Sprint(p.ID), z.RegionID)
		delete(gone, z.RegionID)
		e.put(e.zoneOf(p, key, z, valid))
	}
	for _, r := range standing {
		if _, ok := gone[r.Regionid]; !ok {
			continue
		}
		z, err := r.zone()
		if err != nil {
			return err
		}
		row := e.zoneOf(p, r.Key, z, valid)
		row.Gone = true
		e.put(row)
	}
	return nil
}

func (e *edit) zoneOf(p project.Project, key Key, z demarc.Zone, valid geo.Period) Zone {
	row := Zone{
		Record: Record{Key: key, Valid: valid, Source: "project"}, River: e.id("river", p.River), Type: int(z.Type), RegionID: z.RegionID, Side: z.Bank, Basis: z.Basis, Restraints: z.Restraints,
		Route: e.id("route", p.Route), FromM: &z.FromM, ToM: &z.ToM, LenKm: &z.LenKm, AreaM2: &z.AreaM2, Project: e.id("project", p.ID), Geom: z.Geom,
	}
	if z.Outer != nil && z.Outer.NumCoords() > 1 {
		a, b := z.Outer.Coord(0), z.Outer.Coord(z.Outer.NumCoords()-1)
		row.StartLon, row.StartLat, row.EndLon, row.EndLat = new(a[0]), new(a[1]), new(b[0]), new(b[1])
	}
	return row
}
