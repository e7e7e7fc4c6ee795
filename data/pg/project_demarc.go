package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
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

// subject reads what is made and checked of a project: its lines as they were announced, where they were, and what they are held against as of a day.
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

// PackageSubject gives what is handed over of a project that somebody sees. Of an announced one it is all as of a day, which is that from which it is in
// force unless another is asked for: its lines that are in force then, stakes, zones, route, survey and divisions. A draft is as it is today.
func (s *Store) PackageSubject(ctx context.Context, by access.Actor, id int64, asOf geo.Date) (out project.Subject, err error) {
	err = s.inSight(ctx, by, id, func(src source, p project.Project) (err error) {
		out, err = src.handedOver(ctx, by, p, asOf, geo.DateOf(s.now()))
		return err
	})
	return out, err
}

// WholePackage is PackageSubject for the command line: who may open the database may see all of it.
func (s *Store) WholePackage(ctx context.Context, id int64) (out project.Subject, err error) {
	err = s.byGrants(ctx, func(src source) error {
		rows, err := collectFrom[projectRow](ctx, src, "project_locked", pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return noProject(id)
		}
		out, err = src.handedOver(ctx, access.Actor{}, rows[0].project(), geo.Date{}, geo.DateOf(s.now()))
		return err
	})
	return out, err
}

func (s source) handedOver(ctx context.Context, by access.Actor, p project.Project, asOf, today geo.Date) (project.Subject, error) {
	on := asOf
	switch {
	case p.EffectiveFrom.IsZero() && !asOf.IsZero():
		return project.Subject{}, geo.FieldErrorf(geo.CodeRefused, "as_of", "the project is in force on no day yet: leave as_of out, and the package is of the draft as it is")
	case p.EffectiveFrom.IsZero():
		return s.subject(ctx, by, p, today)
	case asOf.IsZero():
		on = p.EffectiveFrom
	case asOf.Before(p.EffectiveFrom):
		return project.Subject{}, geo.FieldErrorf(geo.CodeRefused, "as_of", "the project is in force from %s on: take that day or a later one", p.EffectiveFrom)
	}
	out, err := s.subject(ctx, by, p, on)
	if err != nil {
		return out, err
	}
	pieces, err := s.standing(ctx, p, on)
	if err == nil && len(pieces) == 0 {
		err = geo.FieldErrorf(geo.CodeConflict, "as_of", "no line of the project is in force on %s", on)
	}
	out.On, out.Lines = on, project.Lines(pieces)
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
	if out.ZonesTaken, err = s.zonesTaken(ctx, p); err != nil {
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
			out = append(out, project.OtherRiver{River: r.RiverID, Name: r.Owner, Route: route})
		}
		last := &out[len(out)-1]
		last.Pieces = append(last.Pieces, p)
	}
	areas, err := collectFrom[struct {
		ID, RiverID int64
		Owner       string
		Geom        geom.T
	}](ctx, s, "project_other_areas", a)
	if err != nil {
		return nil, err
	}
	for _, r := range areas {
		area, ok := r.Geom.(*geom.MultiPolygon)
		if !ok {
			return nil, fmt.Errorf("area %d is a %T", r.ID, r.Geom)
		}
		out = append(out, project.OtherRiver{River: r.RiverID, Name: r.Owner, Area: area})
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, s.meet(ctx, a, out)
}

// meet tells other rivers where they meet a route.
func (s source) meet(ctx context.Context, a pgx.NamedArgs, others []project.OtherRiver) error {
	rows, err := collectFrom[struct {
		RiverID                       int64
		Lon, Lat                      float64
		Ends, TheirsComes, TheirsGoes bool
	}](ctx, s, "project_confluences", a)
	for _, r := range rows {
		c := project.Confluence{Lon: r.Lon, Lat: r.Lat, How: project.Meets}
		switch {
		case !r.Ends && r.TheirsComes && !r.TheirsGoes:
			c.How = project.FlowsIn
		case r.Ends && r.TheirsComes && r.TheirsGoes:
			c.How = project.IsMain
		}
		for i := range others {
			if others[i].River == r.RiverID {
				others[i].Confluences = append(others[i].Confluences, c)
			}
		}
	}
	return err
}

// RiversMet gives the announced boundaries of other rivers beside a stretch, with where they meet it.
func (s *Store) RiversMet(ctx context.Context, st demarc.Stretch, asOf geo.Date) (out []project.OtherRiver, err error) {
	e, err := aroundOf(st)
	if err != nil {
		return nil, err
	}
	err = s.byGrants(ctx, func(src source) (err error) {
		out, err = src.otherRivers(ctx, pgx.NamedArgs{"route": st.RouteID, "river": st.River, "day": date(asOf), "west": e.West, "south": e.South, "east": e.East, "north": e.North})
		return err
	})
	return out, err
}

type stakeRow struct {
	ID                     int64
	Version                int
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
	ValidFrom, ValidTo     *time.Time
	WrittenAt, NumberedAt  time.Time
	Lon, Lat               float64
}

func (r stakeRow) stake() project.Stake {
	return project.Stake{
		Stake: demarc.Stake{
			Name: r.Name, Number: or(r.Number), Kind: r.Kind, Tier: or(r.Tier), Bank: r.Bank, MeasureM: or(r.MeasureM), Lon: r.Lon, Lat: r.Lat,
			H1985: r.H1985, Division: or(r.DivisionID), Place: or(r.Place), Why: or(r.Why),
		},
		ID: r.ID, Version: r.Version, Numbered: r.NumberedAt, Boundary: r.BoundaryID, OffsetM: r.OffsetFromLineM, MapSheet: or(r.MapSheet), State: or(r.State),
		InstalledOn: dateOf(r.InstalledOn), CheckedOn: dateOf(r.CheckedOn), PhotoSHA256: or(r.PhotoSHA256),
	}
}

// stakes gives the stakes of a project that stand today, or, where its lines are not in force yet, that are to stand then.
func (s source) stakes(ctx context.Context, p project.Project, today geo.Date) ([]stakeRow, error) {
	return collectFrom[stakeRow](ctx, s, "project_stakes", pgx.NamedArgs{"project": p.ID, "on": date(later(day(p), today))})
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

// DivisionsAbove gives the divisions of a stretch, with their polygons, and all above them, without, as they are on a day; zero is today.
func (s *Store) DivisionsAbove(ctx context.Context, of []demarc.Division, on geo.Date) ([]demarc.Division, error) {
	if on.IsZero() {
		on = geo.DateOf(s.now())
	}
	return source{s.read, s.queries}.divisionsAbove(ctx, of, on)
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
// it is a draft, and who changes them drafts. Stakes change once more when the lines are announced: then they are set in the field.
func (e *edit) redraft(ctx context.Context, p *project.Project, key Key, stakes bool, note string) error {
	switch {
	case p.Status == project.Draft, stakes && p.Status == project.Announced:
	case stakes:
		return geo.Errorf(geo.CodeConflict, "the project is %s, and its stakes change while it is a draft, and when it is announced: make it a draft again, or wait", p.Status)
	default:
		return geo.Errorf(geo.CodeConflict, "the project is %s, and its zones change while it is a draft: make it one again first", p.Status)
	}
	p.Revision++
	if p.Status == project.Draft && !slices.Contains(p.DraftedBy, e.by.Account) {
		p.DraftedBy = append(slices.Clone(p.DraftedBy), e.by.Account)
	}
	e.putProject(*p, key)
	return e.write(ctx, p.ID, project.Entry{Revision: p.Revision, Base: p.Revision - 1, Kind: "edit", Status: p.Status, Note: note})
}

// WriteStakes has a project's stakes decided on by what stands, and written, with the writers' lock held all the while: so no number is given twice. The
// error is a [project.Stale] when what stands is not what it was decided on.
func (s *Store) WriteStakes(ctx context.Context, by access.Actor, id int64, base project.StakeBase, place project.Placing, once project.Once) (made project.StakesMade, replayed bool, err error) {
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
		if err := e.freshStakes(ctx, p, base, subject.Around.Stakes); err != nil {
			return err
		}
		pieces, err := e.standing(ctx, p, later(day(p), today))
		if err != nil {
			return err
		}
		subject.Lines = project.Lines(pieces)
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
		if w.Visit.IsZero() {
			if w.Profile != "" && p.Status == project.Draft { // what was announced stays as it was checked
				p.StakeProfile = w.Profile
			}
			if err := e.redraft(ctx, &p, key, true, fmt.Sprintf("stakes: %d placed, %d taken away", len(w.Put), len(w.Gone))); err != nil {
				return err
			}
		}
		return e.writeStakes(ctx, p, river, pieces, w, &made)
	})
	return made, replayed, err
}

// freshStakes holds what a write of stakes was decided on against what stands.
func (e *edit) freshStakes(ctx context.Context, p project.Project, base project.StakeBase, standing []project.Stake) error {
	if base.Stake != 0 {
		return e.freshStake(ctx, p, base, standing)
	}
	if base.Revision == p.Revision {
		return nil
	}
	stale, was, err := e.stale(ctx, p, base.Revision)
	if err != nil {
		return err
	}
	rows, err := collectFrom[stakeRow](ctx, e.source, "project_stakes_at", pgx.NamedArgs{"project": p.ID, "day": date(dateOf(&was.Day)), "on": date(later(dateOf(&was.Day), geo.DateOf(was.At))), "known_at": was.At})
	if err != nil {
		return err
	}
	versions, known := map[int64]int{}, map[int64]int{}
	for _, k := range standing {
		versions[k.ID] = k.Version
	}
	for _, r := range rows {
		known[r.ID] = r.Version
		if versions[r.ID] != r.Version {
			stale.BaseStakes = append(stale.BaseStakes, r.stake())
		}
	}
	for _, k := range standing {
		if known[k.ID] != k.Version {
			stale.TheirStakes = append(stale.TheirStakes, k)
		}
	}
	return stale
}

// freshStake is freshStakes of a visit. Who visits what is not there is told so by who decides.
func (e *edit) freshStake(ctx context.Context, p project.Project, base project.StakeBase, standing []project.Stake) error {
	i := slices.IndexFunc(standing, func(k project.Stake) bool { return k.ID == base.Stake })
	if i < 0 || standing[i].Version == base.Version {
		return nil
	}
	stale := project.NewStaleStake(p.Revision, base.Version, standing[i])
	rows, err := collectFrom[stakeRow](ctx, e.source, "project_stake_version", pgx.NamedArgs{"id": base.Stake, "version": base.Version})
	for _, r := range rows {
		stale.BaseStakes = append(stale.BaseStakes, r.stake())
	}
	if err != nil {
		return err
	}
	return stale
}

// stale tells that a write of a project was built on an older revision: who changed what since, and when the one that it was built on was recorded.
func (e *edit) stale(ctx context.Context, p project.Project, base int) (*project.Stale, revision, error) {
	if base < 1 || base > p.Revision {
		return nil, revision{}, geo.InvalidField("If-Match", "the project has revisions 1 to %d, and %d is none of them", p.Revision, base)
	}
	log, err := e.log(ctx, p.ID, base, p.Revision-base)
	if err != nil {
		return nil, revision{}, err
	}
	stale := project.NewStale(base, p.Revision)
	for _, l := range log {
		stale.Since = append(stale.Since, project.Touched{Revision: l.Revision, By: l.By, At: l.At, Ranges: l.Ranges})
	}
	was, err := e.revision(ctx, p.ID, base)
	return stale, was, err
}

// taken gives every number that was ever given on a river, and the river's key.
func (s source) taken(ctx context.Context, river int64) (key Key, taken []demarc.Stake, err error) {
	type row struct {
		RiverKey Key
		Bank     *geo.Bank
		Number   *int
	}
	rows, err := collectFrom[row](ctx, s, "project_stakes_taken", pgx.NamedArgs{"river": river})
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

// NumbersTaken gives every number that was ever given to a stake or a sign of a river, also of those removed, as stakes with nothing but bank, kind and
// number: what places stakes gives none of them again.
func (s *Store) NumbersTaken(ctx context.Context, river int64) ([]demarc.Stake, error) {
	_, taken, err := source{s.read, s.queries}.taken(ctx, river)
	return taken, err
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
func (e *edit) writeStakes(ctx context.Context, p project.Project, river Key, pieces []project.Piece, w project.StakeWrite, made *project.StakesMade) error {
	today := geo.DateOf(e.now)
	standing, err := e.stakes(ctx, p, today)
	if err != nil {
		return err
	}
	stored := map[int64]stakeRow{}
	for _, r := range standing {
		e.know("stake", r.Key, r.ID)
		stored[r.ID] = r
	}
	*made = project.StakesMade{Project: p.ID, Revision: p.Revision, Placed: len(w.Put), Removed: len(w.Gone), IDs: []int64{}, Names: []string{}}
	var keys []Key
	for _, k := range w.Gone {
		row := stakeOf(k, river)
		row.Key, row.Boundary, row.Gone, row.Valid = stored[k.ID].Key, e.id("boundary", k.Boundary), true, geo.Since(goneFrom(p, dateOf(stored[k.ID].ValidFrom), today))
		row.Division = e.id("division", k.Division)
		e.put(row)
	}
	for _, k := range w.Put {
		row := stakeOf(k, river)
		row.Valid = geo.Since(stakeFrom(p, w.Visit, dateOf(stored[k.ID].ValidFrom), today))
		if k.ID != 0 {
			row.Key = stored[k.ID].Key // its own, whatever it is called and whatever kind it is
		}
		if row.Boundary, err = e.boundaryAt(k, pieces); err != nil {
			return err
		}
		row.Division = e.id("division", k.Division)
		if err := e.goesOn(ctx, row, k.ID, dateOf(stored[k.ID].ValidTo)); err != nil {
			return err
		}
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

// stakeFrom gives the day from which a stake is what is written of it; since is that from which it is what stands. A visit tells of its day and of those that
// follow, and what is set while the lines are in force of today: what the map said before stays. A draft is true from its first day on, as its lines are.
func stakeFrom(p project.Project, visit, since, today geo.Date) geo.Date {
	switch {
	case !visit.IsZero():
		return later(since, visit)
	case p.Status == project.Announced:
		return later(later(since, day(p)), today)
	case since.IsZero():
		return day(p)
	default:
		return since
	}
}

// goneFrom gives the day from which a stake that is taken away stands no more. One of a draft never stood.
func goneFrom(p project.Project, since, today geo.Date) geo.Date {
	if p.Status == project.Announced {
		return later(since, today)
	}
	return since
}

// goesOn puts the row of a stake. What is known of it holds on the days to come too, on which it may stand on another boundary, as on what is left of its
// own where a part of that is replaced; where it stands on none then, it ends as it was to.
func (e *edit) goesOn(ctx context.Context, row Stake, id int64, until geo.Date) error {
	row.Valid.To = until
	e.put(row)
	if until.IsZero() {
		return nil
	}
	type days struct {
		BoundaryID         int64
		ValidFrom, ValidTo *time.Time
	}
	later, err := collectFrom[days](ctx, e.source, "stake_days", pgx.NamedArgs{"id": id, "from": date(until)})
	for _, d := range later {
		row.Boundary, row.Valid = e.id("boundary", d.BoundaryID), geo.Period{From: dateOf(d.ValidFrom), To: dateOf(d.ValidTo)}
		e.put(row)
	}
	return err
}

// standing gives the lines of a project that are in force on a day, or are to be.
func (s source) standing(ctx context.Context, p project.Project, on geo.Date) ([]project.Piece, error) {
	pieces, err := s.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": p.ID, "day": date(on)})
	return slices.DeleteFunc(pieces, func(piece project.Piece) bool {
		return piece.Status == project.Superseded || piece.Status == project.Withdrawn
	}), err
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

// KeepCheck keeps a run of the quality rules over a project that somebody sees.
func (s *Store) KeepCheck(ctx context.Context, by access.Actor, id int64, run project.CheckRun) error {
	if _, err := s.Project(ctx, by, id); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		e := &edit{source: source{tx, s.queries}, tx: tx}
		if err := e.exec(ctx, "edit_check_lock", pgx.NamedArgs{"project": id}); err != nil {
			return err
		}
		if err := e.exec(ctx, "edit_check_add", pgx.NamedArgs{
			"project": id, "revision": run.Revision, "account": by.Account, "name": by.Name, "at": s.now(), "body": run.Body,
		}); err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(run.Body))
		return s.audit(ctx, tx, access.Event{
			Actor: by, Action: "project_check", Object: fmt.Sprintf("project %d", id), Result: access.Done, Detail: fmt.Sprintf("revision %d, sha256 %s", run.Revision, hex.EncodeToString(sum[:])),
		})
	})
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
