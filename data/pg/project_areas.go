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
	"hetu/geo/duty"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// deriveAreas writes the management areas 管理范围面 that follow from the lines beside a route as they are from a day on, where a move changed them: between
// the boundaries of the two banks, split by town, for as long as just these lines are in force. Where one bank has no line there is no area. What
// an area keeps of its place it keeps its id for, so that its versions can be compared; one that is no more ends with its lines.
func (e *edit) deriveAreas(ctx context.Context, m mover, route *geom.LineString, from geo.Date, lines []gate.InForce) error {
	w := areaWriter{e: e, m: m, route: route, lines: lines, from: from, reach: duty.Range{FromM: m.p.FromM, ToM: m.p.ToM}}
	for _, made := range w.sections() {
		w.reach.FromM, w.reach.ToM = min(w.reach.FromM, made.FromM), max(w.reach.ToM, made.ToM)
		if err := w.derive(ctx, made); err != nil {
			return err
		}
	}
	rows, err := collectFrom[areaRow](ctx, e.source, "project_areas", pgx.NamedArgs{"route": m.p.Route, "from_m": w.reach.FromM + slack, "to_m": w.reach.ToM - slack, "from": date(from)})
	if err != nil {
		return err
	}
	for _, r := range rows {
		e.know("area", r.Key, r.ID)
		if !slices.ContainsFunc(w.known, func(k *knownArea) bool { return k.key == r.Key }) {
			w.known = append(w.known, &knownArea{key: r.Key, division: orZero(r.DivisionID), Range: duty.Range{FromM: r.FromM, ToM: r.ToM}})
		}
	}
	for i, p := range w.parts {
		w.put(p, i)
	}
	return w.end(rows)
}

type areaRow struct {
	ID                 int64
	Key                Key
	Name               *string
	RiverID            int64
	DivisionID         *int64
	LegalDocID         *int64
	AreaM2             *float64 `db:"area_m2"`
	ProjectID          int64
	FromM, ToM         float64
	ValidFrom, ValidTo *time.Time
	Geom               geom.T
}

// areaWriter derives the areas of a move and writes them.
type areaWriter struct {
	e     *edit
	m     mover
	route *geom.LineString
	lines []gate.InForce
	from  geo.Date
	reach duty.Range // of the route, that is looked at
	parts []areaPart
	known []*knownArea
}

// lasting is a section for all the days that it is in force on.
type lasting struct {
	gate.Section
	valid geo.Period
}

// areaPart is what of a section's area lies in one division.
type areaPart struct {
	demarc.DivisionPart
	lasting
	project, doc int64
}

// knownArea is an area that has its id, and the days that a row was put for.
type knownArea struct {
	duty.Range
	key      Key
	division int64
	put      []geo.Period
}

// sections gives the sections that a move may have changed, from its day on. One of imported lines alone is left as it is.
func (w *areaWriter) sections() []lasting {
	days := []geo.Date{w.from}
	for _, l := range w.lines {
		for _, d := range []geo.Date{l.Valid.From, l.Valid.To} {
			if w.from.Before(d) {
				days = append(days, d)
			}
		}
	}
	slices.SortFunc(days, func(a, b geo.Date) int { return b.DaysUntil(a) })
	days = slices.Compact(days)
	var out []lasting
	for i, d := range days {
		valid := geo.Since(d)
		if i+1 < len(days) {
			valid.To = days[i+1]
		}
		for _, s := range gate.Sections(w.lines, d) {
			if min(s.ToM, w.m.p.ToM)-max(s.FromM, w.m.p.FromM) < -slack || !slices.ContainsFunc(s.Of, func(k int) bool { return w.lines[k].Project != 0 }) {
				continue
			}
			if k := slices.IndexFunc(out, func(o lasting) bool { return o.Same() == s.Same() && o.valid.To == d }); k >= 0 {
				out[k].valid.To = valid.To
				continue
			}
			out = append(out, lasting{s, valid})
		}
	}
	return out
}

// derive makes the parts of a section's area.
func (w *areaWriter) derive(ctx context.Context, s lasting) error {
	lines, err := gate.LinesOf(w.route, w.lines, s.Section)
	if err != nil {
		return err
	}
	st := demarc.Stretch{River: w.m.p.River, Route: w.route, FromM: s.FromM, ToM: s.ToM}
	around, err := aroundOf(st)
	if err != nil {
		return err
	}
	at := with(args(duty.Moment{AsOf: s.valid.From}), "west", around.West, "south", around.South, "east", around.East, "north", around.North)
	if st.Divisions, err = w.e.stretchDivisions(ctx, at); err != nil {
		return err
	}
	_, parts, err := gate.AreaOf(geo.Patient{}, lines, st)
	if err != nil {
		return geo.Wrapf(err, geo.CodeConflict, "the lines that would be in force from %s enclose no management area: %v", s.valid.From, err)
	}
	owner, doc := w.owner(s)
	for _, p := range parts {
		w.parts = append(w.parts, areaPart{p, s, owner, doc})
	}
	return nil
}

// owner gives the project by whose announcement a section's area is what it is, and its document: the one that moves, where it has a line there.
func (w *areaWriter) owner(s lasting) (owner, doc int64) {
	for _, k := range s.Of {
		switch p := w.lines[k].Project; {
		case p == w.m.p.ID:
			return p, w.m.p.LegalDoc
		case p > owner:
			owner, doc = p, w.lines[k].Document
		}
	}
	return owner, doc
}

// put writes a part, under the id of the area that it goes on, or a new one.
func (w *areaWriter) put(p areaPart, n int) {
	var on *knownArea
	most := slack
	for _, k := range w.known {
		if k.division == p.Division && len(common(k.put, p.valid)) == 0 {
			if shared := min(k.ToM, p.ToM) - max(k.FromM, p.FromM); shared > most {
				on, most = k, shared
			}
		}
	}
	if on == nil {
		on = &knownArea{key: KeyOf("area", fmt.Sprint(w.m.p.ID), string(w.m.To), p.valid.From.String(), fmt.Sprint(n+1)), division: p.Division}
		w.known = append(w.known, on)
	}
	on.Range, on.put = duty.Range{FromM: p.FromM, ToM: p.ToM}, append(on.put, p.valid)
	name := w.m.p.RiverName
	if name == "" {
		name = w.m.p.Name
	}
	w.e.put(Area{
		Record: Record{Key: on.key, Valid: p.valid, Source: "project"}, Name: name + "管理范围", River: w.e.id("river", w.m.p.River), Division: w.e.id("division", p.Division),
		Status: string(project.Announced), LegalDoc: w.e.id("legal_doc", p.doc), AreaM2: &p.AreaM2, Project: w.e.id("project", p.project), Route: w.e.id("route", w.m.p.Route),
		FromM: &p.FromM, ToM: &p.ToM, Geom: p.Geom,
	})
}

// end supersedes or withdraws the areas for the days on which nothing goes on with them.
func (w *areaWriter) end(rows []areaRow) error {
	for _, r := range rows {
		polygons, ok := r.Geom.(*geom.MultiPolygon)
		if !ok {
			return fmt.Errorf("area %d is a %T", r.ID, r.Geom)
		}
		left := []geo.Period{since(geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)}, w.from)}
		for _, k := range w.known {
			if k.key == r.Key {
				for _, days := range k.put {
					left = daysWithout(left, days)
				}
			}
		}
		status := project.Superseded
		if w.m.To == project.Withdrawn {
			status = project.Withdrawn
		}
		for _, days := range left {
			w.e.put(Area{
				Record: Record{Key: r.Key, Valid: days, Source: "project"}, Name: orEmpty(r.Name), River: w.e.id("river", r.RiverID), Division: w.e.id("division", orZero(r.DivisionID)),
				Status: string(status), LegalDoc: w.e.id("legal_doc", orZero(r.LegalDocID)), AreaM2: r.AreaM2, Project: w.e.id("project", r.ProjectID), Route: w.e.id("route", w.m.p.Route),
				FromM: &r.FromM, ToM: &r.ToM, Geom: polygons,
			})
		}
	}
	return nil
}
