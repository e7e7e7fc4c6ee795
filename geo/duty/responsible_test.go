package duty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// rows is a source made by hand. Its routes are all near.
type rows struct {
	routes    []duty.Route
	inside    []int64
	reaches   []duty.Reach
	posts     []duty.Post
	boards    []duty.Board
	divisions []duty.Division
}

func (s rows) RoutesNear(context.Context, duty.Moment, float64, float64, float64) ([]duty.Route, error) {
	return s.routes, nil
}

func (s rows) AreasAt(context.Context, duty.Moment, float64, float64) ([]int64, error) {
	return s.inside, nil
}

func (s rows) ReachesOf(context.Context, duty.Moment, []int64) ([]duty.Reach, error) {
	return s.reaches, nil
}

func (s rows) PostsOf(_ context.Context, _ duty.Moment, reaches, rivers, divisions []int64) ([]duty.Post, error) {
	among := func(id *int64, ids []int64) bool { return id != nil && slices.Contains(ids, *id) }
	return slices.DeleteFunc(slices.Clone(s.posts), func(p duty.Post) bool {
		return !among(p.ReachID, reaches) && !among(p.RiverID, rivers) && !among(p.DivisionID, divisions)
	}), nil
}

func (s rows) BoardsOf(context.Context, duty.Moment, []int64) ([]duty.Board, error) {
	return s.boards, nil
}

func (s rows) DivisionsUp(context.Context, duty.Moment, []int64) ([]duty.Division, error) {
	return s.divisions, nil
}

func day(s string) geo.Date {
	d, err := geo.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func ask(t *testing.T, s rows, lon, lat float64) []duty.RiverFound {
	t.Helper()
	a, err := duty.Responsible(t.Context(), s, duty.Question{Lon: lon, Lat: lat, At: duty.Moment{AsOf: day("2026-01-01")}})
	if err != nil {
		t.Fatal(err)
	}
	return a.Rivers
}

// eastward is a route of 10 km along a parallel; its left bank is the north.
func eastward(id int64, lat float64, banks ...duty.BankLine) duty.Route {
	line := geom.NewLineStringFlat(geom.XY, []float64{106.0, lat, 106.1, lat})
	return duty.Route{ID: id, River: duty.River{ID: 1}, Geom: lref.Measured(line, "mouth"), Banks: banks}
}

func bankLine(bank geo.Bank, flat ...float64) duty.BankLine {
	return duty.BankLine{Bank: bank, Geom: geom.NewLineStringFlat(geom.XYZ, flat)}
}

// A bank line counts where it faces the place and on the position's own side; between the banks the distance is 0.
func TestBankLines(t *testing.T) {
	t.Parallel()
	north := bankLine(geo.Left, 106.0, 26.5054, 0, 106.1, 26.5054, 0) // 598 m off the centre line, as is the south bank
	south := bankLine(geo.Right, 106.1, 26.4946, 0, 106.0, 26.4946, 0)
	bend := bankLine(geo.Left, 106.0, 26.5054, 0, 106.049, 26.5054, 0, 106.05, 26.502, 0, 106.051, 26.5054, 0, 106.1, 26.5054, 0)
	type found struct {
		How      string
		Distance float64 // rounded to the metre
	}
	tests := []struct {
		name     string
		lon, lat float64
		banks    []duty.BankLine
		want     []found
	}{
		{"a bank line that begins 550 m on", 106.0245, 26.50004, []duty.BankLine{bankLine(geo.Left, 106.03, 26.5005, 0, 106.08, 26.5005, 0)}, []found{{duty.NearestCentre, 4}}},
		{"on the centre line of a wide river", 106.05, 26.5, []duty.BankLine{north, south}, []found{{duty.NearestBank, 0}}},
		{"between centre line and bank", 106.05, 26.503, []duty.BankLine{north, south}, []found{{duty.NearestBank, 0}}},
		{"between them, near a far bank", 106.05, 26.4953, []duty.BankLine{north, south}, []found{{duty.NearestBank, 0}}},
		{"30 m outside", 106.05, 26.50567, []duty.BankLine{north, south}, []found{{duty.NearestBank, 30}}},
		{"30 m outside the other bank", 106.05, 26.49433, []duty.BankLine{north, south}, []found{{duty.NearestBank, 30}}},
		{"only the other bank is surveyed", 106.05, 26.4982, []duty.BankLine{north}, []found{{duty.NearestCentre, 199}}},
		{"behind a headland", 106.05, 26.503, []duty.BankLine{bend}, []found{{duty.NearestBank, 28}}},
		{"past the end, between the banks", 106.1002, 26.5001, []duty.BankLine{north, south}, []found{{duty.NearestCentre, 23}}},
		{"too far from the bank", 106.05, 26.511, []duty.BankLine{north, south}, nil},
	}
	for _, tt := range tests {
		var got []found
		for _, f := range ask(t, rows{routes: []duty.Route{eastward(1, 26.5, tt.banks...)}}, tt.lon, tt.lat) {
			got = append(got, found{f.How, math.Round(f.DistanceM)})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// Two routes of one river have its bank lines in common: the nearer centre line is answered, whatever the ids.
func TestRoutesThatShareABank(t *testing.T) {
	t.Parallel()
	north := bankLine(geo.Left, 106.0, 26.5004, 0, 106.1, 26.5004, 0)
	got := ask(t, rows{routes: []duty.Route{eastward(1, 26.498, north), eastward(2, 26.5, north)}}, 106.05, 26.5006)
	if len(got) != 1 || got[0].RouteID != 2 || math.Round(got[0].DistanceM) != 22 {
		t.Errorf("got %+v, want route 2 at 22 m", got)
	}
}

// The river whose management area holds the position is answered however far its centre line is.
func TestInsideAreaFarFromCentreLine(t *testing.T) {
	t.Parallel()
	got := ask(t, rows{routes: []duty.Route{eastward(1, 26.5)}, inside: []int64{1}}, 106.05, 26.508)
	if len(got) != 1 || got[0].How != duty.InsideArea || math.Round(got[0].DistanceM) != 886 || got[0].Confidence != "high" {
		t.Errorf("got %+v, want river 1, inside its area, 886 m off", got)
	}
	if got := ask(t, rows{routes: []duty.Route{eastward(1, 26.5)}}, 106.05, 26.508); len(got) != 0 {
		t.Errorf("without the area: got %+v", got)
	}
}

// A reach is [from, to), closed at the ends of its route only, which stored measures meet to a centimetre.
func TestReachEnds(t *testing.T) {
	t.Parallel()
	line := geom.NewLineStringFlat(geom.XYM, []float64{106.00, 26.5, 3000, 106.01, 26.5, 2000, 106.02, 26.5, 1000, 106.03, 26.5, 0})
	s := rows{routes: []duty.Route{{ID: 1, River: duty.River{ID: 1}, Geom: line}}}
	for i, span := range [][2]float64{{0, 1000}, {2000, 2999.996}, {0.004, 500}, {2000, 2999.9}} {
		s.reaches = append(s.reaches, duty.Reach{ID: int64(i + 1), RouteID: 1, Level: geo.Town, FromM: span[0], ToM: span[1], BankScope: geo.Both})
	}
	tests := []struct {
		name string
		lon  float64
		want []int64
	}{
		{"past the mouth", 106.0302, []int64{1, 3}},
		{"the mouth", 106.03, []int64{1, 3}},
		{"the end before a gap", 106.02, nil},
		{"the beginning after it", 106.01, []int64{2, 4}},
		{"the source", 106.00, []int64{2}},
		{"past the source", 105.9998, []int64{2}},
	}
	for _, tt := range tests {
		found := ask(t, s, tt.lon, 26.5)
		if len(found) != 1 {
			t.Fatalf("%s: %d rivers", tt.name, len(found))
		}
		var got []int64
		for _, l := range found[0].Banks[0].Levels {
			for _, r := range l.Reaches {
				got = append(got, r.ID)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// A bound that is stored, or a measure that is computed, some millimetres off a position still means it: of the reaches that
// meet there the one that begins has it, and no other.
func TestReachesMeet(t *testing.T) {
	t.Parallel()
	line := geom.NewLineStringFlat(geom.XYM, []float64{106.00, 26.5, 2000, 106.01, 26.5, 1000, 106.02, 26.5, 0})
	for _, bound := range []float64{999.995, 1000, 1000.005} {
		s := rows{routes: []duty.Route{{ID: 1, River: duty.River{ID: 1}, Geom: line}}, reaches: []duty.Reach{
			{ID: 1, RouteID: 1, Level: geo.Town, ToM: bound, BankScope: geo.Both}, {ID: 2, RouteID: 1, Level: geo.Town, FromM: bound, ToM: 2000, BankScope: geo.Both},
		}}
		found := ask(t, s, 106.01, 26.5)[0].Banks[0].Levels[0].Reaches
		if len(found) != 1 || found[0].ID != 2 {
			t.Errorf("a bound at %g: got %+v, want the reach above", bound, found)
		}
	}
}

// A route that comes in stretches is answered as the whole one is: what its ends are is said beside them.
func TestStretchesOfARoute(t *testing.T) {
	t.Parallel()
	flat := []float64{106.00, 26.5, 3000, 106.01, 26.5, 2000, 106.02, 26.501, 1000, 106.03, 26.5, 0}
	river := duty.River{ID: 1}
	s := oneReach(post(1, held(7, "2020-01-01", "", false)))
	s.reaches = []duty.Reach{{ID: 5, RouteID: 1, Level: geo.Town, FromM: 0.004, ToM: 2999.996, BankScope: geo.Both, DivisionID: 9}}
	whole, stretched := s, s
	whole.routes = []duty.Route{{ID: 1, River: river, Geom: geom.NewLineStringFlat(geom.XYM, flat)}}
	ends := &[2]float64{3000, 0}
	stretched.routes = []duty.Route{
		{ID: 1, River: river, Ends: ends, Geom: geom.NewLineStringFlat(geom.XYM, flat[:6])}, {ID: 1, River: river, Ends: ends, Geom: geom.NewLineStringFlat(geom.XYM, flat[6:])},
	}
	for _, lon := range []float64{105.999, 106.0, 106.004, 106.027, 106.03, 106.0301} {
		want, got := ask(t, whole, lon, 26.5001), ask(t, stretched, lon, 26.5001)
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b geo.Date) bool { return a.String() == b.String() })); diff != "" || len(got) != 1 {
			t.Errorf("at %g: %s", lon, diff)
		}
	}
}

// post is a held post of a reach.
func post(id int64, appointments ...duty.Appointment) duty.Post {
	return duty.Post{ID: id, Level: geo.Town, Role: "chief", ReachID: new(int64(5)), Appointments: appointments}
}

func held(person int64, from, to string, acting bool) duty.Appointment {
	a := duty.Appointment{PersonID: person, Person: fmt.Sprintf("示例%d", person), Acting: acting, Valid: geo.Since(day(from))}
	if to != "" {
		a.Valid.To = day(to)
	}
	return a
}

// oneReach is a river with one town reach, and one of another place that is on the same board.
func oneReach(posts ...duty.Post) rows {
	return rows{
		routes:    []duty.Route{eastward(1, 26.5)},
		reaches:   []duty.Reach{{ID: 5, RouteID: 1, Level: geo.Town, ToM: 9000, BankScope: geo.Both, DivisionID: 9}, {ID: 6, RouteID: 1, Level: geo.Town, FromM: 9000, ToM: 9900, BankScope: geo.Both}},
		posts:     posts,
		boards:    []duty.Board{{ID: 30, Level: geo.Town, ReachIDs: []int64{5, 6}, ContentDate: day("2024-06-01"), Lon: 106.05, Lat: 26.5}},
		divisions: []duty.Division{{ID: 9, Level: geo.Town}},
	}
}

// Posts of the river as a whole are shown, by level; head chiefs are only those whose role it is.
func TestRiverPostsAndHeads(t *testing.T) {
	t.Parallel()
	river, other, division := int64(1), int64(2), int64(9)
	found := ask(t, oneReach(
		duty.Post{ID: 1, Level: geo.County, Role: "chief", RiverID: &river, Appointments: []duty.Appointment{held(7, "2020-01-01", "", false)}},
		duty.Post{ID: 2, Level: geo.City, Role: "chief", RiverID: &river},
		duty.Post{ID: 3, Level: geo.City, Role: "chief", RiverID: &other},
		duty.Post{ID: 4, Level: geo.Town, Role: "head_chief", DivisionID: &division},
		duty.Post{ID: 5, Level: geo.Town, Role: "deputy_head_chief", DivisionID: &division},
		duty.Post{ID: 6, Level: geo.Town, Role: "river_police", DivisionID: &division},
	), 106.05, 26.5001)[0]
	ids := func(seats []duty.Seat) (out []int64) {
		for _, s := range seats {
			out = append(out, s.ID)
		}
		return out
	}
	if diff := cmp.Diff([]int64{2, 1}, ids(found.RiverPosts)); diff != "" {
		t.Errorf("river posts: %s", diff)
	}
	if found.RiverPosts[1].Vacant || !found.RiverPosts[0].Vacant {
		t.Errorf("river posts: %+v", found.RiverPosts)
	}
	if len(found.Heads) != 1 {
		t.Fatalf("heads: %+v", found.Heads)
	}
	if diff := cmp.Diff([]int64{4, 5}, ids(found.Heads[0].Posts)); diff != "" {
		t.Errorf("head chiefs: %s", diff)
	}
	text, err := json.Marshal(ask(t, oneReach(), 106.05, 26.5001)[0])
	if err != nil || !strings.Contains(string(text), `"river_posts":[],"head_chiefs":[]`) {
		t.Errorf("without posts: %s, %v", text, err)
	}
}

// An appointment of which only a note changed is one tenure: its holder's since stays, and no board becomes stale by it.
func TestTenure(t *testing.T) {
	t.Parallel()
	const change = "2025-05-01"
	tests := []struct {
		name         string
		appointments []duty.Appointment
		since, stale string
	}{
		{"a note changed", []duty.Appointment{held(7, "2024-01-01", change, false), held(7, change, "", false)}, "2024-01-01", ""},
		{"changed twice", []duty.Appointment{held(7, "2023-01-01", "2024-09-01", false), held(7, "2024-09-01", change, false), held(7, change, "", false)}, "2023-01-01", ""},
		{"another day's note", []duty.Appointment{held(7, "2024-01-01", "2026-02-01", false), held(7, "2026-02-01", "", false)}, "2024-01-01", ""},
		{"another person", []duty.Appointment{held(7, "2024-01-01", change, false), held(8, change, "", false)}, change, change},
		{"acting before", []duty.Appointment{held(7, "2024-01-01", change, true), held(7, change, "", false)}, change, change},
		{"after a gap", []duty.Appointment{held(7, "2024-01-01", "2025-04-01", false), held(7, change, "", false)}, change, ""}, // what the board shows is so again
		{"after a gap, another", []duty.Appointment{held(7, "2024-01-01", "2025-04-01", false), held(8, change, "", false)}, change, "2025-04-01"},
	}
	for _, tt := range tests {
		found := ask(t, oneReach(post(1, tt.appointments...)), 106.05, 26.5001)[0]
		if holder := found.Banks[0].Levels[0].Reaches[0].Posts[0].Holder; holder == nil || holder.Since == nil || holder.Since.String() != tt.since {
			t.Errorf("%s: holder %+v, want one since %s", tt.name, holder, tt.since)
		}
		if got := staleSince(found); got != tt.stale {
			t.Errorf("%s: board stale since %q, want %q", tt.name, got, tt.stale)
		}
	}
}

func staleSince(f duty.RiverFound) string {
	if len(f.Boards) != 1 || f.Boards[0].Stale != (f.Boards[0].StaleSince != nil) {
		return "not told"
	}
	if f.Boards[0].StaleSince == nil {
		return ""
	}
	return f.Boards[0].StaleSince.String()
}

// A board is stale by the posts of all its reaches, also of one that is not at the place; their posts are not answered here.
func TestStaleByAnotherReach(t *testing.T) {
	t.Parallel()
	elsewhere := post(2, held(7, "2020-01-01", "2025-03-01", false), held(8, "2025-03-01", "", false))
	elsewhere.ReachID = new(int64(6))
	found := ask(t, oneReach(post(1, held(9, "2020-01-01", "", false)), elsewhere), 106.05, 26.5001)[0]
	if got := staleSince(found); got != "2025-03-01" {
		t.Errorf("board stale since %q, want 2025-03-01", got)
	}
	if reaches := found.Banks[0].Levels[0].Reaches; len(reaches) != 1 || len(reaches[0].Posts) != 1 {
		t.Errorf("reaches: %+v", reaches)
	}
}
