package pg_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// dutyRiver is a river of one route that runs 5 km east along a parallel, with one town reach over its length.
func dutyRiver(key pg.Key, lat float64) []pg.Row {
	flat := line(106.40, lat, 106.45, lat)
	route := lref.Measured(flat, "mouth")
	length := route.FlatCoords()[2]
	return []pg.Row{
		pg.River{Record: rec(key), Name: string(key), RiverKind: "river", Division: "d"},
		pg.Route{Record: rec(key + " route"), River: key, MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route},
		pg.Reach{Record: rec(key + " reach"), Name: "0", River: key, Route: key + " route", ToM: length, BankScope: geo.Both, Level: geo.Town, Division: "d", Geom: flat},
	}
}

func dutyBank(key, river pg.Key, bank geo.Bank, lat float64) pg.Row {
	return pg.BankLine{Record: rec(key), Kind: "bank", River: river, Bank: bank, Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.40, lat, 0, 106.45, lat, 0})}
}

func answer(t *testing.T, s *pg.Store, lat float64, asOf string) duty.Answer {
	t.Helper()
	q := duty.Question{Lon: 106.42, Lat: lat, At: duty.Moment{AsOf: day(asOf)}}
	got, err := s.Responsible(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A river whose centre line is farther than the radius is found by its bank line or by its area, and no other is.
func TestResponsibleFarFromCentreLine(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := townPost()
	for i, key := range []pg.Key{"wide", "managed", "draft"} {
		rows = append(rows, dutyRiver(key, 26.60+0.05*float64(i))...)
	}
	area := func(key, river pg.Key, status string, south float64) pg.Row {
		north := south + 0.01
		flat := []float64{106.40, south, 106.45, south, 106.45, north, 106.40, north, 106.40, south}
		return pg.Area{Record: rec(key), River: river, Status: status, Geom: geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{10}})}
	}
	merge(t, db.Store, append(rows, dutyBank("left", "wide", geo.Left, 26.608), dutyBank("right", "wide", geo.Right, 26.598),
		area("a", "managed", "announced", 26.65), area("b", "draft", "draft", 26.70))...)
	type found struct {
		River, How string
		Distance   float64 // rounded to the metre
	}
	tests := []struct {
		name string
		lat  float64
		want []found
	}{
		{"111 m outside the bank, 998 m off the centre line", 26.609, []found{{"wide", duty.NearestBank, 111}}},
		{"111 m inside the bank", 26.607, []found{{"wide", duty.NearestBank, 0}}},
		{"the bank is beyond the radius, the centre line is not", 26.603, []found{{"wide", duty.NearestBank, 0}}},
		{"outside the other bank", 26.597, []found{{"wide", duty.NearestBank, 111}}},
		{"in the area", 26.659, []found{{"managed", duty.InsideArea, 997}}},
		{"beyond the area", 26.661, nil},
		{"in an area that is not announced", 26.709, nil},
	}
	for _, tt := range tests {
		var got []found
		for _, f := range answer(t, db.Store, tt.lat, "2026-01-01").Rivers {
			got = append(got, found{f.River.Name, f.How, math.Round(f.DistanceM)})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// The holder of a post is named also when the person is not known for the time of the appointment; and stays the holder
// since the same day when a note to the appointment changes.
func TestResponsibleHolder(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	since := func(key pg.Key, from string) pg.Record {
		return pg.Record{Key: key, Source: "test", Valid: geo.Since(day(from))}
	}
	chief := pg.Post{Record: rec("chief"), Level: geo.Town, Role: "chief", DualRole: "none", Reach: "r reach", Title: "河长"}
	held := pg.Appointment{Record: since("held", "2024-01-01"), Post: "chief", Person: "late"}
	board := pg.Board{Record: rec("board"), Level: geo.Town, Reaches: []pg.Key{"r reach"}, State: "ok", ContentDate: day("2024-06-01"), Geom: point(106.42, 26.6)}
	merge(t, db.Store, append(append(townPost(), dutyRiver("r", 26.6)...), pg.Person{Record: since("late", "2026-06-01"), Name: "示例丁"}, chief, held, board)...)
	held.Note, held.Valid = "2025 年通讯录", geo.Since(day("2025-05-01"))
	merge(t, db.Store, held)
	gone := pg.Person{Record: pg.Record{Key: "late", Source: "test", Gone: true}, Name: "示例丁"}
	for _, withdrawn := range []bool{false, true} {
		if withdrawn {
			merge(t, db.Store, gone)
		}
		f := answer(t, db.Store, 26.601, "2026-01-01").Rivers[0]
		seat := f.Banks[0].Levels[0].Reaches[0].Posts[0]
		if seat.Vacant || seat.Holder == nil || seat.Holder.Person != "示例丁" || seat.Holder.Since.String() != "2024-01-01" || *seat.Holder.Note != "2025 年通讯录" {
			t.Errorf("withdrawn %v: %+v, holder %+v", withdrawn, seat, seat.Holder)
		}
		if len(f.Boards) != 1 || f.Boards[0].Stale {
			t.Errorf("withdrawn %v: boards %+v", withdrawn, f.Boards)
		}
	}
}

// A merge changes a reach and its post together; an answer has either both as before or both as after.
func TestResponsibleIsOneSnapshot(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := append(townPost(), dutyRiver("r", 26.6)...)
	reach, ok := rows[len(rows)-1].(pg.Reach)
	if !ok {
		t.Fatalf("the last row is a %T", rows[len(rows)-1])
	}
	chief := pg.Post{Record: rec("chief"), Level: geo.Town, Role: "chief", DualRole: "none", Reach: "r reach", Title: "0"}
	merge(t, db.Store, append(rows, chief)...)
	done := make(chan struct{})
	answers := make(chan error, 1)
	go func() {
		defer close(answers)
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			a, err := db.Store.Responsible(t.Context(), duty.Question{Lon: 106.42, Lat: 26.6, At: duty.Moment{AsOf: day("2026-01-01")}})
			if err != nil {
				answers <- err
				return
			}
			at := a.Rivers[0].Banks[0].Levels[0].Reaches[0]
			if *at.Name != at.Posts[0].Title {
				answers <- fmt.Errorf("answer %d: reach %s with post %s", n, *at.Name, at.Posts[0].Title)
				return
			}
		}
	}()
	for i := range 30 {
		reach.Name = strconv.Itoa(i + 1)
		chief.Title = reach.Name
		merge(t, db.Store, reach, chief)
	}
	close(done)
	if err := <-answers; err != nil {
		t.Error(err)
	}
}
