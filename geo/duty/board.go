package duty

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
	"hetu/geo/lref"
)

// BoardToken is what a board's page is asked for by, and stands in the QR code that is printed on it: the board's number, which stays
// what it is in another store. A number of digits alone would be taken for an id, so of such a board, and of one without a number, it
// is the id.
func BoardToken(id int64, code *string) string {
	if code == nil || strings.Trim(*code, "0123456789") == "" || strings.TrimSpace(*code) != *code {
		return strconv.FormatInt(id, 10)
	}
	return *code
}

// BoardPage is the path of a board's page.
func BoardPage(id int64, code *string) string {
	token := BoardToken(id, code)
	if token == "." || token == ".." { // a browser would walk up from there
		token = strconv.FormatInt(id, 10)
	}
	return "/b/" + url.PathEscape(token)
}

// BoardChoice is one of several boards that have the same number.
type BoardChoice struct {
	ID       int64
	Code     *string
	SiteText *string
	Division *string
}

// BoardView is a board with what is so, on a day, of the place that it stands at.
type BoardView struct {
	Version int64 // the newest write that it knows of
	BoardCase
	Choices   []BoardChoice // of several that are called so; the rest is empty then
	Bank      geo.Bank      // that it stands on; Both where that is not known
	Division  *Division
	Standing  bool     // on the day
	Up        geo.Date // the first day on which it stood, or will
	Gone      geo.Date // of one that stands no more: the day from which it does not
	Reaches   []BoardReach
	Places    []RiverFound // of each river that it stands for: who answers there
	Staleness Staleness    // of one that stands
}

// BoardReach is a reach that a board names.
type BoardReach struct {
	OfReach
	River River
}

// Fill says what is so at a board's place. routes are those of the reaches that it names, named their ids.
func (v *BoardView) Fill(ctx context.Context, src Source, at Moment, routes []Route) error {
	q := Question{Lon: v.Lon, Lat: v.Lat, At: at}
	ids := make([]int64, len(routes))
	found := make([]place, len(routes))
	for i, r := range routes {
		ids[i], found[i] = r.ID, locate(r, q)
		if v.Bank != geo.Both {
			found[i].Bank = v.Bank
		}
	}
	if err := answerFor(ctx, src, q, found); err != nil {
		return err
	}
	for _, f := range found {
		f.Boards = slices.DeleteFunc(f.Boards, func(b BoardAt) bool { return b.ID == v.ID })
		v.Places = append(v.Places, f.RiverFound)
	}
	if v.Standing {
		v.Staleness = StalenessOf(v.Text, v.History.Truth(), nil, Calendar{}, at.AsOf)
	}
	return v.name(ctx, src, at, routes, ids)
}

// name reads the reaches and the division that the board names.
func (v *BoardView) name(ctx context.Context, src Source, at Moment, routes []Route, ids []int64) error {
	reaches, err := src.ReachesOf(ctx, at, ids)
	if err != nil {
		return fmt.Errorf("find reaches: %w", err)
	}
	reaches = slices.DeleteFunc(reaches, func(r Reach) bool { return !slices.Contains(v.ReachIDs, r.ID) })
	var in []int64
	if v.Division != nil {
		in = append(in, v.Division.ID)
	}
	for _, r := range reaches {
		in = append(in, r.DivisionID)
	}
	divisions, err := src.DivisionsUp(ctx, at, in)
	if err != nil {
		return fmt.Errorf("find divisions: %w", err)
	}
	named := func(id int64) *Division {
		if i := slices.IndexFunc(divisions, func(d Division) bool { return d.ID == id }); i >= 0 {
			return &divisions[i]
		}
		return nil
	}
	if v.Division != nil {
		v.Division = named(v.Division.ID)
	}
	for _, r := range reaches {
		i := slices.IndexFunc(routes, func(route Route) bool { return route.ID == r.RouteID })
		v.Reaches = append(v.Reaches, BoardReach{
			OfReach: OfReach{Reach: r, FromLabel: lref.Label(r.FromM), ToLabel: lref.Label(r.ToM), Division: named(r.DivisionID)}, River: routes[i].River,
		})
	}
	return nil
}

// Supervision gives the phone for supervision 监督电话 at the board on a day: what it shows where that is right, else that of the office of its
// own level; "" where none is published. A person's own is none.
func (v *BoardView) Supervision(on geo.Date) string {
	for _, s := range v.History.Phones {
		if s.Valid.Contains(on) && !PersonalMobile(s.Value) {
			return s.Value
		}
	}
	return ""
}

// mobile is a number of a mobile phone as it is written in China: eleven digits, the first of which is 1 and the second 3 to 9.
var mobile = regexp.MustCompile(`(?:^|[^0-9])(?:(?:\+|00)?86[ -]?)?1[3-9](?:[ -]?[0-9]){9}(?:[^0-9]|$)`) //nolint:gochecknoglobals // compiled once

// PersonalMobile tells whether a text has the number of a mobile phone in it, which is a person's: answers and pages give those of
// offices alone, whatever is stored.
func PersonalMobile(text string) bool { return mobile.MatchString(text) }

// officePhone gives a phone that is an office's; nil for a person's own.
func officePhone(phone *string) *string {
	if phone == nil || PersonalMobile(*phone) {
		return nil
	}
	return phone
}

// withoutMobiles leaves persons' own numbers out of what a field of a board says.
func withoutMobiles(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "; "), PersonalMobile), "; ")
}
