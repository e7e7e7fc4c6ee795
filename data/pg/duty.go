package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
)

// args are the parameters that every read has: a place on both time axes, "now" being the end of record time.
func args(at duty.Moment) pgx.NamedArgs {
	known := pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	if !at.KnownAt.IsZero() {
		known = pgtype.Timestamptz{Time: at.KnownAt, Valid: true}
	}
	return pgx.NamedArgs{"as_of": date(at.AsOf), "known_at": known}
}

// with adds parameters, given as name, value, name, value.
func with(a pgx.NamedArgs, pairs ...any) pgx.NamedArgs {
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			a[name] = pairs[i+1]
		}
	}
	return a
}

// querier answers a statement: a pool, or a transaction, which answers all from one snapshot.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// collect runs a named query of sql/ and reads each row into a T by column name.
func collect[T any](ctx context.Context, s *Store, query string, a pgx.NamedArgs) ([]T, error) {
	return collectFrom[T](ctx, source{s.read, s.queries}, query, a)
}

func collectFrom[T any](ctx context.Context, s source, query string, a pgx.NamedArgs) ([]T, error) {
	rows, err := s.db.Query(ctx, s.queries[query], a)
	if err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	return out, nil
}

// box adds the box of radius metres around a position.
func box(a pgx.NamedArgs, lon, lat, radius float64) pgx.NamedArgs {
	b := duty.Box(lon, lat, radius)
	return with(a, "west", b.West, "south", b.South, "east", b.East, "north", b.North)
}

// Responsible answers who is responsible at a position, all from one snapshot, so that a merge cannot tear the answer.
func (s *Store) Responsible(ctx context.Context, q duty.Question) (duty.Answer, error) {
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return duty.Answer{}, interpret(fmt.Errorf("begin an answer: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	src := source{tx, s.queries}
	answer, err := duty.Responsible(ctx, src, q)
	if err != nil {
		return duty.Answer{}, err
	}
	answer.Version, err = src.Version(ctx)
	return answer, err
}

// source is a [duty.Source] over one transaction.
type source struct {
	db      querier
	queries queries
}

func (s source) RoutesNear(ctx context.Context, at duty.Moment, lon, lat, radiusM float64) ([]duty.Route, error) {
	type row struct {
		ID         int64
		Geom       geom.T
		RiverID    int64
		CodeScheme *string
		Code       *string
		Name       string
		NameEn     *string
		Kind       string
		Levels     []geo.Level
		Perennial  *bool
	}
	wide := duty.Box(lon, lat, max(radiusM, duty.WidestM))
	rows, err := collectFrom[row](ctx, s, "duty_routes", with(box(args(at), lon, lat, radiusM), "lon", lon, "lat", lat,
		"bank_west", wide.West, "bank_south", wide.South, "bank_east", wide.East, "bank_north", wide.North))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Route, 0, len(rows))
	rivers := make([]int64, 0, len(rows))
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return nil, fmt.Errorf("route %d is a %T", r.ID, r.Geom)
		}
		out = append(out, duty.Route{ID: r.ID, Geom: line, River: duty.River{
			ID: r.RiverID, CodeScheme: r.CodeScheme, Code: r.Code, Name: r.Name, NameEn: r.NameEn, Kind: r.Kind, Levels: r.Levels, Perennial: r.Perennial,
		}})
		rivers = append(rivers, r.RiverID)
	}
	return out, s.addBanks(ctx, at, out, rivers, lon, lat, radiusM)
}

func (s source) addBanks(ctx context.Context, at duty.Moment, routes []duty.Route, rivers []int64, lon, lat, radiusM float64) error {
	type row struct {
		RiverID int64
		Bank    geo.Bank
		Geom    geom.T
	}
	rows, err := collectFrom[row](ctx, s, "duty_bank_lines", with(box(args(at), lon, lat, max(radiusM, duty.WidestM)), "rivers", rivers))
	if err != nil {
		return err
	}
	for _, r := range rows {
		line, ok := r.Geom.(*geom.LineString)
		if !ok {
			return fmt.Errorf("a bank line of river %d is a %T", r.RiverID, r.Geom)
		}
		for i := range routes {
			if routes[i].River.ID == r.RiverID {
				routes[i].Banks = append(routes[i].Banks, duty.BankLine{Bank: r.Bank, Geom: line})
			}
		}
	}
	return nil
}

func (s source) AreasAt(ctx context.Context, at duty.Moment, lon, lat float64) ([]int64, error) {
	rows, err := s.db.Query(ctx, s.queries["duty_areas"], with(args(at), "lon", lon, "lat", lat))
	if err != nil {
		return nil, interpret(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, interpret(err)
}

func (s source) ReachesOf(ctx context.Context, at duty.Moment, routes []int64) ([]duty.Reach, error) {
	return collectFrom[duty.Reach](ctx, s, "duty_reaches", with(args(at), "routes", routes))
}

func (s source) DivisionsUp(ctx context.Context, at duty.Moment, ids []int64) ([]duty.Division, error) {
	return collectFrom[duty.Division](ctx, s, "duty_divisions", with(args(at), "ids", ids))
}

func (s source) PostsOf(ctx context.Context, at duty.Moment, reaches, rivers, divisions []int64) ([]duty.Post, error) {
	type row struct {
		ID                           int64
		Level                        geo.Level
		Role, DualRole, Title        string
		ResponsibleUnit, PhonePublic *string
		ReachID, RiverID, DivisionID *int64
		PersonID                     *int64
		Person, Position             *string
		Acting                       *bool
		ValidFrom, ValidTo           *time.Time
		PublishDate                  *time.Time
		Document, Note               *string
	}
	rows, err := collectFrom[row](ctx, s, "duty_posts", with(args(at), "reaches", reaches, "rivers", rivers, "divisions", divisions))
	if err != nil {
		return nil, err
	}
	var out []duty.Post
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].ID != r.ID {
			out = append(out, duty.Post{
				ID: r.ID, Level: r.Level, Role: r.Role, DualRole: r.DualRole, Title: r.Title, ResponsibleUnit: r.ResponsibleUnit, PhonePublic: r.PhonePublic,
				ReachID: r.ReachID, RiverID: r.RiverID, DivisionID: r.DivisionID,
			})
		}
		if r.PersonID == nil || r.Person == nil || r.Acting == nil {
			continue
		}
		p := &out[len(out)-1]
		p.Appointments = append(p.Appointments, duty.Appointment{
			PersonID: *r.PersonID, Person: *r.Person, Position: r.Position, Acting: *r.Acting, Valid: geo.Period{From: dateOf(r.ValidFrom), To: dateOf(r.ValidTo)},
			PublishDate: dateOf(r.PublishDate), Document: r.Document, Note: r.Note,
		})
	}
	return out, nil
}

// dateOf reads a date column; NULL, and the open end of a range, is no day.
func dateOf(t *time.Time) geo.Date {
	if t == nil {
		return geo.Date{}
	}
	return geo.NewDate(t.Date())
}

func (s source) BoardsOf(ctx context.Context, at duty.Moment, reaches []int64) ([]duty.Board, error) {
	type row struct {
		ID                       int64
		Code                     *string
		Level                    geo.Level
		ReachIds                 []int64 //nolint:revive // the column's name
		SiteText                 *string
		State                    string
		InstalledOn, ContentDate *time.Time
		Content                  []byte
		Lon, Lat                 float64
	}
	rows, err := collectFrom[row](ctx, s, "duty_boards", with(args(at), "reaches", reaches))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Board, 0, len(rows))
	for _, r := range rows {
		b := duty.Board{
			ID: r.ID, Code: r.Code, Level: r.Level, ReachIDs: r.ReachIds, SiteText: r.SiteText, State: r.State,
			InstalledOn: dateOf(r.InstalledOn), ContentDate: dateOf(r.ContentDate), Lon: r.Lon, Lat: r.Lat,
		}
		if content, unread := duty.ReadContent(r.Content); unread == nil { // else it is not known; the review of boards tells that
			b.Content = content
		}
		out = append(out, b)
	}
	return out, nil
}
