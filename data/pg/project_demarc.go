package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/project"
)

// What is made from the lines of a project, and what they have to agree with.

// adjoinWithinM is how far from the end of a project's range another boundary may end and still be its neighbour.
const adjoinWithinM = 50

// subject reads what is made and checked of a project.
func (s source) subject(ctx context.Context, by access.Actor, p project.Project, today geo.Date) (project.Subject, error) {
	out := project.Subject{Project: p}
	pieces, err := s.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": p.ID, "day": date(day(p))})
	if err != nil {
		return out, err
	}
	out.Lines = project.Lines(pieces)
	if out.Stretch, err = s.stretch(ctx, duty.Moment{AsOf: today}, p.River, p.Route, p.FromM, p.ToM); err != nil {
		return out, err
	}
	out.Around, err = s.around(ctx, by, p, out.Stretch, today)
	return out, err
}

// WholeSubject is what a check of a project looks at, for the command line: who may open the database may see all of it.
func (s *Store) WholeSubject(ctx context.Context, id int64) (out project.Subject, err error) {
	err = s.byGrants(ctx, func(src source) error {
		rows, err := collectFrom[projectRow](ctx, src, "project_locked", pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return noProject(id)
		}
		out, err = src.subject(ctx, access.Actor{}, rows[0].project(), geo.DateOf(s.now()))
		return err
	})
	return out, err
}

// around reads what a project's lines have to agree with.
func (s source) around(ctx context.Context, by access.Actor, p project.Project, st demarc.Stretch, today geo.Date) (out project.Around, err error) {
	e, err := aroundOf(st)
	if err != nil {
		return out, err
	}
	a := pgx.NamedArgs{
		"project": p.ID, "route": p.Route, "river": p.River, "from": p.FromM, "to": p.ToM, "within": adjoinWithinM, "day": date(later(day(p), today)),
		"west": e.West, "south": e.South, "east": e.East, "north": e.North,
	}
	if out.Neighbours, err = s.neighbours(ctx, who(a, by, seers())); err != nil {
		return out, err
	}
	if out.Others, err = s.otherRivers(ctx, a); err != nil {
		return out, err
	}
	if out.Things, err = collectFrom[project.Thing](ctx, s, "project_things", a); err != nil {
		return out, err
	}
	type written struct {
		WrittenAt time.Time
		RiverCode string
	}
	rows, err := collectFrom[written](ctx, s, "project_written", pgx.NamedArgs{"project": p.ID, "day": date(today)})
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		out.RiverCode, out.WrittenAt = r.RiverCode, r.WrittenAt
	}
	if out.Directory, err = collectFrom[project.River](ctx, s, "project_directory", pgx.NamedArgs{"division": p.Division, "river": p.River, "day": date(today)}); err != nil {
		return out, err
	}
	if out.Above, err = s.divisionsAbove(ctx, st.Divisions, today); err != nil {
		return out, err
	}
	if err := s.made(ctx, p, today, &out); err != nil {
		return out, err
	}
	if p.LegalDoc != 0 {
		doc, err := s.document(ctx, by, p.LegalDoc, "")
		if err != nil && geo.CodeOf(err) != geo.CodeNotFound {
			return out, err
		}
		if err == nil {
			out.Document = &doc
		}
	}
	return out, nil
}

// made reads the stakes and the zones of a project.
func (s source) made(ctx context.Context, p project.Project, today geo.Date, out *project.Around) error {
	stakes, err := s.stakes(ctx, p, today)
	if err != nil {
		return err
	}
	zones, err := s.zones(ctx, p, today)
	if err != nil {
		return err
	}
	for _, k := range stakes {
		out.Stakes, out.WrittenAt = append(out.Stakes, k.stake()), latest(out.WrittenAt, k.WrittenAt)
	}
	for _, z := range zones {
		zone, err := z.zone()
		if err != nil {
			return err
		}
		out.Zones, out.WrittenAt = append(out.Zones, zone), latest(out.WrittenAt, z.WrittenAt)
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func later(a, b geo.Date) geo.Date {
	if a.Before(b) {
		return b
	}
	return a
}

type ownedPiece struct {
	pieceRow
	Owner     string
	ProjectID *int64
}

func (r ownedPiece) piece() (demarc.Piece, error) {
	line, ok := r.Geom.(*geom.LineString)
	if !ok {
		return demarc.Piece{}, fmt.Errorf("boundary %d is a %T", r.ID, r.Geom)
	}
	return demarc.Piece{
		Bank: r.Bank, FromM: orZero(r.FromM), ToM: orZero(r.ToM), Basis: r.BasisKind, WidthM: orZero(r.WidthM), Source: r.Source, Reason: orEmpty(r.Reason), Line: line,
	}, nil
}

func (s source) neighbours(ctx context.Context, a pgx.NamedArgs) ([]project.Neighbour, error) {
	rows, err := collectFrom[ownedPiece](ctx, s, "project_neighbours", a)
	if err != nil {
		return nil, err
	}
	var out []project.Neighbour
	for i, r := range rows {
		p, err := r.piece()
		if err != nil {
			return nil, err
		}
		if i == 0 || orZero(rows[i-1].ProjectID) != orZero(r.ProjectID) {
			out = append(out, project.Neighbour{Name: r.Owner, Draft: r.Status != project.Announced})
		}
		last := &out[len(out)-1]
		last.Pieces = append(last.Pieces, p)
	}
	return out, nil
}

// otherRivers gives the announced boundaries of other rivers near a project.
func (s source) otherRivers(ctx context.Context, a pgx.NamedArgs) ([]project.OtherRiver, error) {
	type row struct {
		ownedPiece
		RiverID int64
		Route   geom.T
	}
	rows, err := collectFrom[row](ctx, s, "project_others", a)
	if err != nil {
		return nil, err
	}
	var out []project.OtherRiver
	for i, r := range rows {
		p, err := r.piece()
		if err != nil {
			return nil, err
		}
		if i == 0 || orZero(rows[i-1].ProjectID) != orZero(r.ProjectID) {
			route, ok := r.Route.(*geom.LineString)
			if !ok {
				return nil, fmt.Errorf("the route of boundary %d is a %T", r.ID, r.Route)
			}
			out = append(out, project.OtherRiver{Name: r.Owner, Route: route})
		}
		last := &out[len(out)-1]
		last.Pieces = append(last.Pieces, p)
	}
	areas, err := collectFrom[struct {
		ID    int64
		Owner string
		Geom  geom.T
	}](ctx, s, "project_other_areas", a)
	for _, r := range areas {
		area, ok := r.Geom.(*geom.MultiPolygon)
		if !ok {
			return nil, fmt.Errorf("area %d is a %T", r.ID, r.Geom)
		}
		out = append(out, project.OtherRiver{Name: r.Owner, Area: area})
	}
	return out, err
}

type stakeRow struct {
	ID                     int64
	Key                    Key
	BoundaryID             int64
	Name                   string
	Number                 *int
	Kind                   demarc.StakeKind
	Tier                   *demarc.StakeTier
	Bank                   geo.Bank
	MeasureM               *float64
	H1985                  *float64 `db:"h_1985"`
	DivisionID             *int64
	Place, MapSheet        *string
	OffsetFromLineM        *float64
	Why                    *string
	InstalledOn, CheckedOn *time.Time
	PhotoSHA256            *string `db:"photo_sha256"`
	State                  *string
	ValidFrom              *time.Time
	WrittenAt              time.Time
	Lon, Lat               float64
}

func (r stakeRow) stake() project.Stake {
	return project.Stake{
		Stake: demarc.Stake{
			Name: r.Name, Number: or(r.Number), Kind: r.Kind, Tier: or(r.Tier), Bank: r.Bank, MeasureM: or(r.MeasureM), Lon: r.Lon, Lat: r.Lat,
			H1985: r.H1985, Division: or(r.DivisionID), Place: or(r.Place), Why: or(r.Why),
		},
		ID: r.ID, Boundary: r.BoundaryID, OffsetM: r.OffsetFromLineM, MapSheet: or(r.MapSheet), State: or(r.State),
		InstalledOn: dateOf(r.InstalledOn), CheckedOn: dateOf(r.CheckedOn), PhotoSHA256: or(r.PhotoSHA256),
	}
}

// stakes gives the stakes of a project that stand today, or, where its lines are not in force yet, that are to stand then.
func (s source) stakes(ctx context.Context, p project.Project, today geo.Date) ([]stakeRow, error) {
	return collectFrom[stakeRow](ctx, s, "project_stakes", pgx.NamedArgs{"project": p.ID, "day": date(day(p)), "on": date(later(day(p), today))})
}

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

// ProjectStakes gives the stakes of a project that somebody sees.
func (s *Store) ProjectStakes(ctx context.Context, by access.Actor, id int64) (p project.Project, out []project.Stake, err error) {
	err = s.inSight(ctx, by, id, func(src source, seen project.Project) error {
		p = seen
		rows, err := src.stakes(ctx, p, geo.DateOf(s.now()))
		for _, r := range rows {
			out = append(out, r.stake())
		}
		return err
	})
	return p, out, err
}

// DivisionsAbove gives the divisions of a stretch, with their polygons, and all above them, without.
func (s *Store) DivisionsAbove(ctx context.Context, of []demarc.Division) ([]demarc.Division, error) {
	return source{s.read, s.queries}.divisionsAbove(ctx, of, geo.DateOf(s.now()))
}

func (s source) divisionsAbove(ctx context.Context, of []demarc.Division, day geo.Date) ([]demarc.Division, error) {
	type row struct {
		ID         int64
		Code, Name string
		Level      geo.Level
		ParentID   *int64
	}
	ids := []int64{}
	for _, d := range of {
		ids = append(ids, d.ID)
	}
	rows, err := collectFrom[row](ctx, s, "project_divisions_up", pgx.NamedArgs{"ids": ids, "day": date(day)})
	if err != nil {
		return nil, err
	}
	out := slices.Clone(of)
	for _, r := range rows {
		if !slices.Contains(ids, r.ID) {
			out = append(out, demarc.Division{ID: r.ID, Code: r.Code, Name: r.Name, Level: r.Level, Parent: orZero(r.ParentID)})
		}
	}
	return out, nil
}

// open reads the project of an edit of what is made from its lines, and holds it to be one that still has any.
func (e *edit) open(ctx context.Context, id int64) (project.Project, Key, error) {
	p, key, err := e.locked(ctx, id, roles(access.Planner), true)
	if err == nil && (p.Status == project.Withdrawn || p.Status == project.Superseded) {
		err = geo.Errorf(geo.CodeConflict, "the project is %s: nothing is made of its lines any more", p.Status)
	}
	return p, key, err
}

// redraft makes the next revision of a project whose stakes or zones change. They are checked, approved and announced with its lines, so they change while
// it is a draft, and who changes them drafts.
func (e *edit) redraft(ctx context.Context, p *project.Project, key Key, note string) error {
	if p.Status != project.Draft {
		return geo.Errorf(geo.CodeConflict, "the project is %s, and its stakes and zones change while it is a draft: make it one again first", p.Status)
	}
	p.Revision++
	if !slices.Contains(p.DraftedBy, e.by.Account) {
		p.DraftedBy = append(slices.Clone(p.DraftedBy), e.by.Account)
	}
	e.putProject(*p, key)
	return e.write(ctx, p.ID, project.Entry{Revision: p.Revision, Base: p.Revision - 1, Kind: "edit", Status: p.Status, Note: note})
}

// WriteStakes has a project's stakes decided on by what stands, and written, with the writers' lock held all the while: so no number is given twice.
func (s *Store) WriteStakes(ctx context.Context, by access.Actor, id int64, place project.Placing, once project.Once) (made project.StakesMade, replayed bool, err error) {
	replayed, err = s.edit(ctx, by, fmt.Sprintf("stakes of project %d", id), once, &made, func(ctx context.Context, e *edit) error {
		p, key, err := e.open(ctx, id)
		if err != nil {
			return err
		}
		today := geo.DateOf(e.now)
		subject, err := e.subject(ctx, by, p, today)
		if err != nil {
			return err
		}
		river, taken, err := e.taken(ctx, p.River)
		if err != nil {
			return err
		}
		w, err := place(subject, taken)
		if err != nil {
			return err
		}
		if len(w.Put)+len(w.Gone) == 0 {
			return geo.Errorf(geo.CodeRefused, "no stake would be placed: draw the lines of the project first")
		}
		if err := e.stakesInGrants(ctx, w); err != nil {
			return err
		}
		if !w.Visit {
			if err := e.redraft(ctx, &p, key, fmt.Sprintf("stakes: %d placed, %d taken away", len(w.Put), len(w.Gone))); err != nil {
				return err
			}
		}
		return e.writeStakes(ctx, p, river, w, &made)
	})
	return made, replayed, err
}

// taken gives every number that was ever given on a river, and the river's key.
func (e *edit) taken(ctx context.Context, river int64) (key Key, taken []demarc.Stake, err error) {
	type row struct {
		RiverKey Key
		Bank     *geo.Bank
		Number   *int
	}
	rows, err := collectFrom[row](ctx, e.source, "project_stakes_taken", pgx.NamedArgs{"river": river})
	for _, r := range rows {
		key = r.RiverKey
		switch {
		case r.Number == nil:
		case r.Bank == nil:
			taken = append(taken, demarc.Stake{Kind: demarc.Sign, Number: *r.Number})
		default:
			taken = append(taken, demarc.Stake{Kind: demarc.Electronic, Bank: *r.Bank, Number: *r.Number})
		}
	}
	return key, taken, err
}

// stakesInGrants refuses stakes outside the divisions that the planner may draw in.
func (e *edit) stakesInGrants(ctx context.Context, w project.StakeWrite) error {
	points := geom.NewMultiPoint(geom.XY).SetSRID(int(geo.CGCS2000))
	for _, list := range [][]project.Stake{w.Put, w.Gone} {
		for _, k := range list {
			if err := points.Push(geom.NewPointFlat(geom.XY, []float64{k.Lon, k.Lat})); err != nil {
				return fmt.Errorf("collect stakes: %w", err)
			}
		}
	}
	outside, err := e.b.store.OutsideGrants(ctx, e.tx, e.by, points, access.Planner)
	if err != nil || outside == nil || len(outside.FlatCoords()) < 2 {
		return err
	}
	at := outside.FlatCoords()
	return geo.Errorf(geo.CodeForbidden, "a stake stands outside the divisions that you may draw in, near %.6f, %.6f: leave that part to its planner", at[0], at[1])
}

// writeStakes puts the rows of stakes.
func (e *edit) writeStakes(ctx context.Context, p project.Project, river Key, w project.StakeWrite, made *project.StakesMade) error {
	pieces, err := e.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": p.ID, "day": date(day(p))})
	if err != nil {
		return err
	}
	today := geo.DateOf(e.now)
	standing, err := e.stakes(ctx, p, today)
	if err != nil {
		return err
	}
	since := map[int64]geo.Date{}
	for _, r := range standing {
		e.know("stake", r.Key, r.ID)
		since[r.ID] = dateOf(r.ValidFrom)
	}
	*made = project.StakesMade{Project: p.ID, Revision: p.Revision, Placed: len(w.Put), Removed: len(w.Gone), IDs: []int64{}, Names: []string{}}
	var keys []Key
	for _, k := range w.Gone {
		row := stakeOf(k, river)
		row.Boundary, row.Gone, row.Valid = e.id("boundary", k.Boundary), true, geo.Since(later(since[k.ID], today))
		row.Division = e.id("division", k.Division)
		e.put(row)
	}
	for _, k := range w.Put {
		row := stakeOf(k, river)
		row.Valid = geo.Since(day(p))
		if k.ID != 0 {
			row.Valid = geo.Since(since[k.ID])
		}
		if row.Boundary, err = e.boundaryAt(k, pieces); err != nil {
			return err
		}
		row.Division = e.id("division", k.Division)
		e.put(row)
		keys = append(keys, row.Key)
		made.Names = append(made.Names, k.Name)
	}
	e.then = func(context.Context) error {
		for _, k := range keys {
			made.IDs = append(made.IDs, e.b.ids["stake"][k].id)
		}
		return nil
	}
	return nil
}

// boundaryAt gives the boundary that a stake stands on: the piece of its bank that lies opposite its measure; else the nearest of the bank.
func (e *edit) boundaryAt(k project.Stake, pieces []project.Piece) (Key, error) {
	best, least := int64(0), 0.0
	for _, p := range pieces {
		if p.Bank != k.Bank {
			continue
		}
		off := max(p.FromM-k.MeasureM, k.MeasureM-p.ToM, 0)
		if best == 0 || off < least {
			best, least = p.ID, off
		}
	}
	if best == 0 {
		return "", geo.Errorf(geo.CodeRefused, "%s has no line to stand on: the project has none of the %s bank", k.Name, k.Bank)
	}
	return e.id("boundary", best), nil
}

func stakeOf(k project.Stake, river Key) Stake {
	z := 0.0
	if k.H1985 != nil {
		z = *k.H1985
	}
	return Stake{
		Record: Record{Key: StakeKey(river, k.Bank, k.Number, k.Kind == demarc.Sign), Source: "project"}, Name: k.Name, Number: &k.Number, Kind: string(k.Kind), Tier: string(k.Tier), Bank: k.Bank,
		MeasureM: &k.MeasureM, H1985: k.H1985, Place: k.Place, MapSheet: k.MapSheet, OffsetM: k.OffsetM, Why: k.Why, InstalledOn: k.InstalledOn,
		CheckedOn: k.CheckedOn, PhotoSHA256: k.PhotoSHA256, State: k.State, Geom: geom.NewPointFlat(geom.XYZ, []float64{k.Lon, k.Lat, z}),
	}
}

// WriteZones puts zones in the place of those that a project has.
func (s *Store) WriteZones(ctx context.Context, by access.Actor, id int64, cut func(project.Subject) ([]demarc.Zone, error), once project.Once) (made project.ZonesMade, replayed bool, err error) {
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
		zones, err := cut(subject)
		if err != nil {
			return err
		}
		standing, err := e.zones(ctx, p, today)
		if err != nil {
			return err
		}
		if len(zones)+len(standing) == 0 {
			return geo.Errorf(geo.CodeRefused, "the project has no zones, and none were sent")
		}
		if err := e.zonesInGrants(ctx, zones, standing); err != nil {
			return err
		}
		if err := e.redraft(ctx, &p, key, fmt.Sprintf("zones: %d, where %d were", len(zones), len(standing))); err != nil {
			return err
		}
		made = project.ZonesMade{Project: id, Revision: p.Revision, Zones: len(zones)}
		return e.writeZones(p, zones, standing, today)
	})
	return made, replayed, err
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

func (e *edit) writeZones(p project.Project, zones []demarc.Zone, standing []zoneRow, today geo.Date) error {
	gone := map[string]zoneRow{}
	for _, r := range standing {
		gone[r.Regionid] = r
		e.know("zone", r.Key, r.ID)
	}
	valid := geo.Since(later(day(p), today))
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

// KeepCheck keeps a run of the quality rules over a project that somebody sees.
func (s *Store) KeepCheck(ctx context.Context, by access.Actor, id int64, run project.CheckRun) error {
	if _, err := s.Project(ctx, by, id); err != nil {
		return err
	}
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return interpret(fmt.Errorf("begin to keep a check: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, s.queries["access_lock_writers"]); err != nil {
		return interpret(fmt.Errorf("lock the writers: %w", err))
	}
	_, err = tx.Exec(ctx, s.queries["edit_check_add"], pgx.NamedArgs{
		"project": id, "revision": run.Revision, "account": by.Account, "name": by.Name, "at": s.now(), "body": run.Body,
	})
	if err != nil {
		return interpret(fmt.Errorf("edit_check_add: %w", err))
	}
	sum := sha256.Sum256([]byte(run.Body))
	if err := s.audit(ctx, tx, access.Event{
		Actor: by, Action: "project_check", Object: fmt.Sprintf("project %d", id), Result: access.Done, Detail: fmt.Sprintf("revision %d, sha256 %s", run.Revision, hex.EncodeToString(sum[:])),
	}); err != nil {
		return err
	}
	return interpret(tx.Commit(ctx))
}

// LastCheck gives the last run of the quality rules over a project; geo.CodeNotFound when there was none.
func (s *Store) LastCheck(ctx context.Context, by access.Actor, id int64) (run project.CheckRun, err error) {
	err = s.inSight(ctx, by, id, func(src source, _ project.Project) error {
		rows, err := collectFrom[project.CheckRun](ctx, src, "project_check_last", pgx.NamedArgs{"project": id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return geo.NotFoundField("id", "the project was not checked yet: POST to its checks")
		}
		run = rows[0]
		return nil
	})
	return run, err
}
