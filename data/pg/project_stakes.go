package pg

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

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
		} else if err := e.visit(ctx, &p, key); err != nil {
			return err
		}
		return e.writeStakes(ctx, p, river, pieces, w, &made)
	})
	return made, replayed, err
}

// visit holds that stakes may be visited: while the lines are drafted, when the visitor has a part in them from then on, and when they are announced. What was
// checked in between is what is approved.
func (e *edit) visit(ctx context.Context, p *project.Project, key Key) error {
	switch {
	case p.Status == project.Announced, p.Status == project.Draft && slices.Contains(p.DraftedBy, e.by.Account):
		return nil
	case p.Status == project.Draft:
		return e.redraft(ctx, p, key, true, "a stake was visited")
	default:
		return geo.Errorf(geo.CodeConflict, "the project is %s, and its stakes are visited while it is a draft, and when it is announced: make it a draft again, or wait", p.Status)
	}
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
