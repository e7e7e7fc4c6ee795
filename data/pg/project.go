package pg

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// seers are the roles by which somebody sees a project of his division.
func seers() []string {
	return roles(access.Planner, access.Reviewer, access.Publisher, access.Office, access.Admin)
}

func roles(rs ...access.Role) []string {
	out := make([]string, 0, len(rs))
	for _, r := range rs {
		out = append(out, string(r))
	}
	return out
}

// who adds who asks, and by which roles.
func who(a pgx.NamedArgs, by access.Actor, rs []string) pgx.NamedArgs {
	return with(a, "account", by.Account, "key", by.Key, "roles", rs)
}

// noProject is what everybody is told who has no grant over it, whether it is there or not. The audit says the same of both: who reads it is no
// seer of all projects.
func noProject(id int64) error {
	return access.Hide(geo.NotFoundField("id", "there is no project %d", id))
}

type projectRow struct {
	ID                      int64
	Key                     Key
	Revision                int
	Name                    string
	RiverID                 int64
	RiverName               *string
	RouteID                 int64
	FromM, ToM              float64
	DivisionID              int64
	LeadLevel               geo.Level
	PartnerDivisionIDs      []int64
	RuleProfile             string
	StakeProfile            *string
	LegalDocID              *int64
	Status                  project.Status
	DraftedBy               []int64
	ApprovedBy, AnnouncedBy *int64
	EffectiveFrom           *time.Time
	Declared                *project.Declared
	CreatedOn               time.Time
	ChangedAt               time.Time
}

func (r projectRow) project() project.Project {
	return project.Project{
		ID: r.ID, Revision: r.Revision, Name: r.Name, River: r.RiverID, RiverName: orEmpty(r.RiverName), Route: r.RouteID, FromM: r.FromM, ToM: r.ToM,
		Division: r.DivisionID, LeadLevel: r.LeadLevel, Partners: r.PartnerDivisionIDs, RuleProfile: r.RuleProfile, StakeProfile: orEmpty(r.StakeProfile), LegalDoc: orZero(r.LegalDocID),
		Status: r.Status, DraftedBy: r.DraftedBy, ApprovedBy: orZero(r.ApprovedBy), AnnouncedBy: orZero(r.AnnouncedBy), EffectiveFrom: dateOf(r.EffectiveFrom),
		CreatedOn: dateOf(&r.CreatedOn), ChangedAt: r.ChangedAt, Declared: r.Declared,
	}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orZero[T int64 | float64](v *T) T {
	if v == nil {
		return 0
	}
	return *v
}

// orNull is the other way: 0 is NULL.
func orNull(v int64) *int64 {
	if v == 0 {
		return nil
	}
	return &v
}

// Projects lists the projects that somebody sees, the newest first.
func (s *Store) Projects(ctx context.Context, by access.Actor, f project.Filter) (out []project.Project, err error) {
	err = s.byGrants(ctx, func(src source) error {
		rows, err := collectFrom[projectRow](ctx, src, "project_now", who(pgx.NamedArgs{
			"status": string(f.Status), "river": f.River, "before": f.Before, "limit": f.Limit,
		}, by, seers()))
		for _, r := range rows {
			out = append(out, r.project())
		}
		return err
	})
	return out, err
}

// Project gives a project that somebody sees; geo.CodeNotFound to all others.
func (s *Store) Project(ctx context.Context, by access.Actor, id int64) (p project.Project, err error) {
	err = s.inSight(ctx, by, id, func(_ source, seen project.Project) error {
		p = seen
		return nil
	})
	return p, err
}

func (s source) project(ctx context.Context, by access.Actor, id int64) (project.Project, error) {
	rows, err := collectFrom[projectRow](ctx, s, "project_locked", pgx.NamedArgs{"id": id})
	if err != nil {
		return project.Project{}, err
	}
	if len(rows) == 0 {
		return project.Project{}, noProject(id)
	}
	seen, err := collectFrom[struct{ May bool }](ctx, s, "project_may", who(pgx.NamedArgs{"id": id, "partners": true}, by, seers()))
	if err != nil {
		return project.Project{}, err
	}
	if !seen[0].May {
		return project.Project{}, noProject(id)
	}
	return rows[0].project(), nil
}

// byGrants runs a read in one snapshot, in which grants are looked at by this process's clock.
func (s *Store) byGrants(ctx context.Context, read func(source) error) error {
	tx, err := s.granted.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return interpret(fmt.Errorf("begin to read: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := s.tellClock(ctx, tx); err != nil {
		return err
	}
	return read(source{tx, s.queries})
}

// inSight runs a read of a project in one snapshot with the look whether it is seen.
func (s *Store) inSight(ctx context.Context, by access.Actor, id int64, read func(source, project.Project) error) error {
	return s.byGrants(ctx, func(src source) error {
		p, err := src.project(ctx, by, id)
		if err != nil {
			return err
		}
		return read(src, p)
	})
}

// day is that on which a project's lines are read: until they are announced they are true from its first day on.
func day(p project.Project) geo.Date {
	if !p.EffectiveFrom.IsZero() {
		return p.EffectiveFrom
	}
	return p.CreatedOn
}

type pieceRow struct {
	ID         int64
	Key        string
	Bank       geo.Bank
	FromM, ToM *float64
	BasisKind  demarc.Basis
	WidthM     *float64
	Source     string
	Reason     *string
	Status     project.Status
	GeomSHA256 *string
	LegalDocID *int64
	Geom       geom.T
}

func (s source) pieces(ctx context.Context, query string, a pgx.NamedArgs) ([]project.Piece, error) {
	rows, err := collectFrom[pieceRow](ctx, s, query, a)
	if err != nil {
		return nil, err
	}
	out := make([]project.Piece, 0, len(rows))
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return nil, fmt.Errorf("boundary %d is a %T", r.ID, r.Geom)
		}
		out = append(out, project.Piece{
			ID: r.ID, Key: r.Key, Status: r.Status, SHA256: orEmpty(r.GeomSHA256), LegalDoc: orZero(r.LegalDocID), Piece: demarc.Piece{
				Bank: r.Bank, FromM: orZero(r.FromM), ToM: orZero(r.ToM), Basis: r.BasisKind, WidthM: orZero(r.WidthM), Source: r.Source, Reason: orEmpty(r.Reason), Line: line,
			},
		})
	}
	return out, nil
}

// revision tells when a revision was recorded and on which day its lines are read.
type revision struct {
	At         time.Time
	Status     project.Status
	Day        time.Time
	FromM, ToM float64
}

func (s source) revision(ctx context.Context, id int64, n int) (revision, error) {
	rows, err := collectFrom[revision](ctx, s, "project_revision", pgx.NamedArgs{"project": id, "revision": n})
	if err != nil {
		return revision{}, err
	}
	if len(rows) == 0 {
		return revision{}, geo.NotFoundField("revision", "the project has no revision %d", n)
	}
	return rows[0], nil
}

func (s source) piecesAt(ctx context.Context, id int64, n int) ([]project.Piece, error) {
	r, err := s.revision(ctx, id, n)
	if err != nil {
		return nil, err
	}
	return s.pieces(ctx, "project_pieces_at", pgx.NamedArgs{"project": id, "day": date(dateOf(&r.Day)), "known_at": r.At})
}

// ProjectPieces gives the lines of a project in one of its revisions, 0 being the newest, with the project as it stands.
func (s *Store) ProjectPieces(ctx context.Context, by access.Actor, id int64, rev int) (p project.Project, pieces []project.Piece, err error) {
	err = s.inSight(ctx, by, id, func(src source, seen project.Project) (err error) {
		p = seen
		if rev == 0 || rev == p.Revision {
			pieces, err = src.pieces(ctx, "project_pieces", pgx.NamedArgs{"project": id, "day": date(day(p))})
			return err
		}
		pieces, err = src.piecesAt(ctx, id, rev)
		return err
	})
	return p, pieces, err
}

type entryRow struct {
	Revision, Base int
	Kind           string
	Status         project.Status
	AccountID      int64
	AccountName    string
	At             time.Time
	Ranges         []byte
	ContentSHA256  *string
	Note           string
	Overrode       []int64
}

func (s source) log(ctx context.Context, id int64, after, limit int) ([]project.Entry, error) {
	rows, err := collectFrom[entryRow](ctx, s, "project_log", pgx.NamedArgs{"project": id, "after": after, "limit": limit})
	if err != nil {
		return nil, err
	}
	out := make([]project.Entry, 0, len(rows))
	for _, r := range rows {
		e := project.Entry{
			Revision: r.Revision, Base: r.Base, Kind: r.Kind, Status: r.Status, Account: r.AccountID, By: r.AccountName, At: r.At, Ranges: []project.Range{},
			SHA256: r.ContentSHA256, Note: r.Note, Overrode: r.Overrode,
		}
		if err := json.Unmarshal(r.Ranges, &e.Ranges); err != nil {
			return nil, fmt.Errorf("revision %d of project %d: %w", r.Revision, id, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// ProjectLog gives the revisions of a project after one, the oldest first.
func (s *Store) ProjectLog(ctx context.Context, by access.Actor, id int64, after, limit int) (out []project.Entry, err error) {
	err = s.inSight(ctx, by, id, func(src source, _ project.Project) (err error) {
		out, err = src.log(ctx, id, after, limit)
		return err
	})
	return out, err
}

// BoundaryVersions gives the versions of a boundary that somebody may know of; geo.CodeNotFound when there are none.
func (s *Store) BoundaryVersions(ctx context.Context, by access.Actor, id int64) ([]project.Version, error) {
	type row struct {
		Version            int
		Status             project.Status
		ValidFrom, ValidTo *time.Time
		Recorded           time.Time
		Closed             *time.Time
		FromM, ToM         *float64
		LegalDocID         *int64
		GeomSHA256         *string
		ProjectID          *int64
	}
	var rows []row
	err := s.byGrants(ctx, func(src source) (err error) {
		rows, err = collectFrom[row](ctx, src, "project_versions", who(pgx.NamedArgs{"id": id}, by, seers()))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, geo.NotFoundField("id", "there is no announced boundary %d", id)
	}
	out := make([]project.Version, 0, len(rows))
	for _, r := range rows {
		v := project.Version{
			Version: r.Version, Status: r.Status, ValidFrom: dateOf(r.ValidFrom), ValidTo: dateOf(r.ValidTo), Recorded: r.Recorded,
			FromM: r.FromM, ToM: r.ToM, Document: r.LegalDocID, SHA256: r.GeomSHA256, Project: r.ProjectID,
		}
		if r.Closed != nil {
			v.Closed = *r.Closed
		}
		out = append(out, v)
	}
	return out, nil
}

// locked reads the project of an edit, and tells whether he who edits has one of some roles over it. Who has none over it at all is told
// that it is not there.
func (e *edit) locked(ctx context.Context, id int64, rs []string, partners bool) (project.Project, Key, error) {
	rows, err := collectFrom[projectRow](ctx, e.source, "project_locked", pgx.NamedArgs{"id": id})
	if err != nil {
		return project.Project{}, "", err
	}
	seen := false
	if len(rows) == 1 {
		if seen, err = e.may(ctx, id, seers(), true); err != nil {
			return project.Project{}, "", err
		}
	}
	if !seen {
		return project.Project{}, "", noProject(id)
	}
	may, err := e.may(ctx, id, rs, partners)
	if err == nil && !may {
		err = geo.Errorf(geo.CodeForbidden, "this takes the role %s over the project's division", strings.Join(rs, " or "))
	}
	return rows[0].project(), rows[0].Key, err
}

func (e *edit) may(ctx context.Context, id int64, rs []string, partners bool) (may bool, err error) {
	err = e.tx.QueryRow(ctx, e.queries["project_may"], who(pgx.NamedArgs{"id": id, "partners": partners}, e.by, rs)).Scan(&may)
	return may, interpret(err)
}

func (e *edit) mayIn(ctx context.Context, division int64, rs []string) (may bool, err error) {
	err = e.tx.QueryRow(ctx, e.queries["project_division_may"], who(pgx.NamedArgs{"division": division}, e.by, rs)).Scan(&may)
	return may, interpret(err)
}

// putProject adds the row of a project.
func (e *edit) putProject(p project.Project, key Key) {
	if p.ID != 0 {
		e.know("project", key, p.ID)
	}
	row := Project{
		Record: Record{Key: key, Valid: geo.Since(p.CreatedOn), Source: "project"}, Name: p.Name, River: e.id("river", p.River), Route: e.id("route", p.Route),
		FromM: p.FromM, ToM: p.ToM, Division: e.id("division", p.Division), LeadLevel: p.LeadLevel, Partners: []Key{}, RuleProfile: p.RuleProfile, StakeProfile: p.StakeProfile,
		LegalDoc: e.id("legal_doc", p.LegalDoc), Status: string(p.Status), Revision: p.Revision, DraftedBy: append([]int64{}, p.DraftedBy...),
		ApprovedBy: orNull(p.ApprovedBy), AnnouncedBy: orNull(p.AnnouncedBy), EffectiveFrom: p.EffectiveFrom,
		Declared: p.Declared,
	}
	for _, d := range p.Partners {
		row.Partners = append(row.Partners, e.id("division", d))
	}
	e.put(row)
}

// putPiece adds the row of a piece of a project, true in some days.
func (e *edit) putPiece(p project.Project, key Key, piece project.Piece, valid geo.Period, gone bool) {
	if piece.ID != 0 {
		e.know("boundary", Key(piece.Key), piece.ID)
		key = Key(piece.Key)
	}
	level := int(p.LeadLevel)
	from := piece.Source
	if from == "" {
		from = "project"
	}
	e.put(Boundary{
		Record: Record{Key: key, Valid: valid, Source: from, Gone: gone}, Name: p.Name, River: e.id("river", p.River), Route: e.id("route", p.Route), Bank: piece.Bank,
		BasisKind: string(piece.Basis), RuleProfile: p.RuleProfile, WidthM: &piece.WidthM, FromM: &piece.FromM, ToM: &piece.ToM, Status: string(piece.Status),
		LegalDoc: e.id("legal_doc", piece.LegalDoc), LeadLevel: &level, Geom: piece.Line, Project: e.id("project", p.ID), Reason: piece.Reason, SHA256: piece.SHA256,
	})
}

// write adds a revision to the log.
func (e *edit) write(ctx context.Context, id int64, entry project.Entry) error {
	ranges, err := json.Marshal(append([]project.Range{}, entry.Ranges...))
	if err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	a := pgx.NamedArgs{
		"project": id, "revision": entry.Revision, "base": entry.Base, "kind": entry.Kind, "status": string(entry.Status), "account": e.by.Account, "name": e.by.Name,
		"at": e.now, "ranges": string(ranges), "sha256": entry.SHA256, "note": entry.Note,
	}
	return e.exec(ctx, "edit_log", withRanges(a, entry.Ranges))
}

// withRanges adds ranges as lists of their parts.
func withRanges(a pgx.NamedArgs, ranges []project.Range) pgx.NamedArgs {
	banks, froms, tos := []string{}, []float64{}, []float64{}
	for _, r := range ranges {
		banks, froms, tos = append(banks, string(r.Bank)), append(froms, r.FromM), append(tos, r.ToM)
	}
	return with(a, "banks", banks, "froms", froms, "tos", tos)
}

// slack is by how much a measure may miss a route's end: stored measures are good to a centimetre.
const slack = 0.01

// CreateProject begins a project, in revision 1.
func (s *Store) CreateProject(ctx context.Context, by access.Actor, n project.New, once project.Once) (made project.Made, replayed bool, err error) {
	replayed, err = s.edit(ctx, by, "begin a project", once, &made, func(ctx context.Context, e *edit) error {
		may, err := e.mayIn(ctx, n.Division, roles(access.Planner))
		if err != nil {
			return err
		}
		if !may {
			return geo.FieldErrorf(geo.CodeForbidden, "/division_id", "a project is begun by a planner of the division that leads it: you are none of %d", n.Division)
		}
		route, from, to, err := e.route(ctx, n)
		if err != nil {
			return err
		}
		p := project.Project{
			Revision: 1, Name: n.Name, River: n.River, Route: route, FromM: from, ToM: to, Division: n.Division, LeadLevel: n.LeadLevel, Partners: n.Partners,
			RuleProfile: n.RuleProfile, LegalDoc: n.LegalDoc, Status: project.Draft, DraftedBy: []int64{by.Account}, CreatedOn: geo.DateOf(e.now),
		}
		if err := e.documentKnown(ctx, n.LegalDoc); err != nil {
			return err
		}
		if err := e.leads(ctx, p); err != nil {
			return err
		}
		return e.begin(ctx, p, n.Note, &made)
	})
	return made, replayed, err
}

// leads refuses a level above that of the division that leads: a village does not lead for its province.
func (e *edit) leads(ctx context.Context, p project.Project) error {
	var level geo.Level
	if err := e.tx.QueryRow(ctx, e.queries["edit_division_level"], pgx.NamedArgs{"division": p.Division, "day": date(geo.DateOf(e.now))}).Scan(&level); err != nil {
		return interpret(fmt.Errorf("edit_division_level: %w", err))
	}
	if p.LeadLevel < level {
		return geo.FieldErrorf(geo.CodeRefused, "/lead_level", "%d is above the division that leads, which is of level %d: say that, or a lower one", p.LeadLevel, level)
	}
	return nil
}

// begin writes the first revision; its log needs the id, which is drawn before.
func (e *edit) begin(ctx context.Context, p project.Project, note string, made *project.Made) error {
	key := KeyOf("project", rand.Text())
	e.b.ids["project"] = map[Key]ref{key: {}}
	if err := e.resolve(ctx, map[string][]string{"project": {string(key)}}); err != nil {
		return err
	}
	e.putProject(p, key)
	made.Project, made.Revision = e.b.ids["project"][key].id, 1
	e.then = func(ctx context.Context) error {
		return e.write(ctx, made.Project, project.Entry{Revision: 1, Kind: "create", Status: project.Draft, Note: note})
	}
	return nil
}

// route finds the route of a new project and holds its range to it.
func (e *edit) route(ctx context.Context, n project.New) (id int64, from, to float64, err error) {
	type row struct {
		ID        int64
		Geom      geom.T
		RiverName string
		Divisions int
	}
	divisions := append([]int64{n.Division}, n.Partners...)
	rows, err := collectFrom[row](ctx, e.source, "project_where", pgx.NamedArgs{"river": n.River, "route": n.Route, "divisions": divisions, "as_of": date(geo.DateOf(e.now))})
	if err != nil {
		return 0, 0, 0, err
	}
	if len(rows) == 0 && n.Route != 0 {
		return 0, 0, 0, geo.FieldErrorf(geo.CodeRefused, "/route_id", "river %d has no route %d", n.River, n.Route)
	}
	if len(rows) == 0 {
		return 0, 0, 0, geo.FieldErrorf(geo.CodeRefused, "/river_id", "there is no river %d with a centre line: import its route first", n.River)
	}
	if rows[0].Divisions < len(divisions) {
		return 0, 0, 0, geo.FieldErrorf(geo.CodeRefused, "/partner_division_ids", "not all of %s are divisions: /api/v1/places?q= finds ids by a part of a name", geo.Listed(divisions))
	}
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return 0, 0, 0, fmt.Errorf("route %d is a %T", r.ID, r.Geom)
		}
		lowest, highest := ends(line)
		from, to := n.FromM, n.ToM
		if math.IsNaN(from) {
			from = lowest
		}
		if math.IsNaN(to) {
			to = highest
		}
		if from < to && from >= lowest-slack && to <= highest+slack {
			return r.ID, max(from, lowest), min(to, highest), nil
		}
	}
	line, _ := rows[0].Geom.(*geom.LineString) //nolint:errcheck // looked at above
	lowest, highest := ends(line)
	return 0, 0, 0, geo.FieldErrorf(geo.CodeRefused, "/from_m", "%g to %g is no range of the route %d, which runs from %.2f to %.2f", n.FromM, n.ToM, rows[0].ID, lowest, highest)
}

// ends gives the lowest and the highest measure of a route.
func ends(line *geom.LineString) (lowest, highest float64) {
	flat := line.FlatCoords()
	a, b := flat[2], flat[len(flat)-1]
	return min(a, b), max(a, b)
}
