package pg

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/duty"
)

// Board gives the board that a token means, with what is so of its place on the day: by its id, by what its QR code holds, or by its
// number. One that does not stand on the day is told of as it last stood. It is geo.CodeNotFound when no board is called so.
func (s *Store) Board(ctx context.Context, at duty.Moment, token string) (out duty.BoardView, err error) {
	version, err := s.review(ctx, func(src source) error {
		found, err := src.boardRows(ctx, token)
		if err != nil {
			return err
		}
		out, err = src.boardView(ctx, at, found)
		return err
	})
	out.Version = version
	return out, err
}

// boardSpell is a board over the days of one of its rows.
type boardSpell struct {
	ID                 int64
	Code, SiteText     *string
	ValidFrom, ValidTo *time.Time
	Division           *string
}

func (b boardSpell) valid() geo.Period {
	return geo.Period{From: dateOf(b.ValidFrom), To: dateOf(b.ValidTo)}
}

func (s source) boardRows(ctx context.Context, token string) ([]boardSpell, error) {
	a := pgx.NamedArgs{"id": nil, "token": token}
	if id, err := strconv.ParseInt(token, 10, 64); err == nil {
		a["id"] = id
	}
	rows, err := collectFrom[boardSpell](ctx, s, "board_find", a)
	if err == nil && len(rows) == 0 {
		err = geo.Errorf(geo.CodeNotFound, "no notice board has the number %q", token)
	}
	return rows, err
}

// boardView reads what is so of the one board that rows are of; of several it gives the choice.
func (s source) boardView(ctx context.Context, at duty.Moment, rows []boardSpell) (duty.BoardView, error) {
	if rows[0].ID != rows[len(rows)-1].ID {
		return duty.BoardView{Choices: choicesOf(rows)}, nil
	}
	v := duty.BoardView{Bank: geo.Both, Up: rows[0].valid().From}
	last := rows[lastStood(rows, at.AsOf)].valid()
	v.Standing = last.Contains(at.AsOf)
	if !v.Standing && !at.AsOf.Before(last.From) {
		v.Gone = last.To
	}
	stood := duty.Moment{AsOf: at.AsOf}
	switch {
	case v.Standing:
	case at.AsOf.Before(last.From):
		stood.AsOf = last.From
	default:
		stood.AsOf = last.To.AddDays(-1)
	}
	p := boardPage{source: s, at: stood}
	if err := p.read(ctx, []int64{rows[0].ID}); err != nil {
		return v, err
	}
	if len(p.boards) != 1 {
		return v, geo.Errorf(geo.CodeNotFound, "the notice board %d is not known on %s", rows[0].ID, stood.AsOf)
	}
	return v, p.tell(ctx, &v, at)
}

// tell says who answers for the place of the one board of the page.
func (p *boardPage) tell(ctx context.Context, v *duty.BoardView, at duty.Moment) error {
	b := &p.boards[0]
	v.BoardCase, v.Bank = b.BoardCase, b.bank
	if b.division != 0 {
		v.Division = &duty.Division{ID: b.division}
	}
	var routes []int64
	for s := range p.named(b) {
		if s.Valid.Contains(p.at.AsOf) {
			routes = append(routes, s.RouteID)
		}
	}
	slices.Sort(routes)
	found, err := p.RoutesOf(ctx, at, slices.Compact(routes), nil)
	if err != nil {
		return err
	}
	return v.Fill(ctx, p.source, at, found)
}

// lastStood gives the row of a day; else the last before it, or else the first.
func lastStood(rows []boardSpell, day geo.Date) int {
	for i, r := range slices.Backward(rows) {
		if !day.Before(r.valid().From) {
			return i
		}
	}
	return 0
}

func choicesOf(rows []boardSpell) []duty.BoardChoice {
	var out []duty.BoardChoice
	for _, r := range rows {
		c := duty.BoardChoice{ID: r.ID, Code: r.Code, SiteText: r.SiteText, Division: r.Division}
		if n := len(out); n > 0 && out[n-1].ID == r.ID {
			out[n-1] = c // as it is called now
			continue
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b duty.BoardChoice) int { return cmp.Compare(or(a.Division), or(b.Division)) })
	return out
}
