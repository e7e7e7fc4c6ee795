package atlas_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

// What a day has is counted once for all days: TileJSON may be asked for any of them.
func TestCoverageOfManyDays(t *testing.T) {
	t.Parallel()
	const n = 50_000
	s := newStore()
	for i := range n {
		b := span("board", 10, atlas.Shape{Flat: []float64{100 + float64(i%100)/100, 30 + float64(i%10)/10}, Parts: []int{1}}, nil)
		b.From, b.To = atlas.DayOf(geo.NewDate(2020, 1, 1+i%10), 0), atlas.DayOf(geo.NewDate(2021, 1, 1), 0)
		if i%2 == 1 {
			b.To = atlas.LastDay
		}
		s.put("board", int64(i)+1, b)
	}
	a := s.load(t)
	on := func(day geo.Date) tiles.Coverage { return a.Coverage(day)["board"] }
	begun := time.Now()
	first := on(geo.NewDate(2019, 12, 31))
	once := time.Since(begun)
	if first != (tiles.Coverage{}) {
		t.Errorf("before all: %+v", first)
	}
	begun = time.Now()
	const days = 2000
	for i := range days {
		on(geo.NewDate(2020, 2, 1+i))
	}
	if all := time.Since(begun); all > days/2*once {
		t.Errorf("one day took %v, %d more %v", once, days, all)
	}
	want := tiles.Coverage{Count: n / 10, Box: geo.Extent{West: 100, South: 30, East: 100.9, North: 30}}
	near := cmpopts.EquateApprox(0, 1e-6)
	if diff := cmp.Diff(want, on(geo.NewDate(2020, 1, 1)), near); diff != "" {
		t.Error(diff)
	}
	if got := on(geo.NewDate(2020, 6, 1)).Count; got != n {
		t.Errorf("%d in 2020", got)
	}
	if got := on(geo.NewDate(2022, 1, 1)).Count; got != n/2 {
		t.Errorf("%d in 2022", got)
	}
	s.put("board", 2)
	s.put("board", n+1, span("board", 10, atlas.Shape{Flat: []float64{120, 40}, Parts: []int{1}}, nil))
	follow(t, a, s)
	got := on(geo.NewDate(2022, 1, 1))
	if got.Count != n/2 || math.Abs(got.Box.East-120) > 1e-6 {
		t.Errorf("after two edits: %+v", got)
	}
}
