package stationing_test

import (
	"context"
	"errors"
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
	"hetu/geo/network"
	"hetu/geo/stationing"
)

// store is a [stationing.Source] over rows that are there on every day. It selects as the statements of data/pg do.
type store struct {
	names     map[int64]string
	routes    []duty.Route // the longest first
	banks     map[int64][]stationing.BankLine
	reaches   []duty.Reach
	divisions []duty.Division
	things    map[stationing.Kind][]stationing.Thing
}

var _ stationing.Source = store{}

func (s store) Version(context.Context) (int64, error) { return 7, nil }

func (s store) RiverName(_ context.Context, at duty.Moment, id int64) (string, error) {
	if name, ok := s.names[id]; ok {
		return name, nil
	}
	return "", geo.Errorf(geo.CodeNotFound, "there is no river %d on %s", id, at.AsOf)
}

func (s store) RoutesOf(_ context.Context, _ duty.Moment, ids, rivers []int64) (out []duty.Route, err error) {
	for _, r := range s.routes {
		if slices.Contains(ids, r.ID) || r.River.ID != 0 && slices.Contains(rivers, r.River.ID) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s store) RoutesIn(_ context.Context, _ duty.Moment, box geo.Extent) (out []duty.Route, err error) {
	for _, r := range s.routes {
		if enters(r.Geom, box) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s store) BankLinesOf(_ context.Context, _ duty.Moment, river int64, box geo.Extent) (out []stationing.BankLine, err error) {
	for _, l := range s.banks[river] {
		if b := l.Geom.Bounds(); b.Min(0) <= box.East && b.Max(0) >= box.West && b.Min(1) <= box.North && b.Max(1) >= box.South {
			out = append(out, l)
		}
	}
	return out, nil
}

func (s store) ReachesOf(_ context.Context, _ duty.Moment, routes []int64) (out []duty.Reach, err error) {
	for _, r := range s.reaches {
		if slices.Contains(routes, r.RouteID) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s store) DivisionsUp(_ context.Context, _ duty.Moment, ids []int64) (out []duty.Division, err error) {
	up := slices.Clone(ids)
	for i := 0; i < len(up); i++ {
		for _, d := range s.divisions {
			if d.ID == up[i] && !slices.ContainsFunc(out, func(o duty.Division) bool { return o.ID == d.ID }) {
				out = append(out, d)
				if d.ParentID != nil {
					up = append(up, *d.ParentID)
				}
			}
		}
	}
	return out, nil
}

func (s store) ThingsIn(_ context.Context, _ duty.Moment, kind stationing.Kind, box geo.Extent, routes []int64) (out []stationing.Thing, err error) {
	for _, t := range s.things[kind] {
		on := routes == nil || slices.ContainsFunc(t.RouteIDs, func(id int64) bool { return slices.Contains(routes, id) })
		if on && box.Contains(t.Lon, t.Lat) {
			out = append(out, t)
		}
	}
	return out, nil
}

// enters tells whether a segment of a line has a point in a box: what of it lies between each pair of opposite sides has a part in common.
func enters(line *geom.LineString, box geo.Extent) bool {
	flat, stride := line.FlatCoords(), line.Stride()
	for i := stride; i < len(flat); i += stride {
		from, to := 0.0, 1.0
		for k, side := range [2][2]float64{{box.West, box.East}, {box.South, box.North}} {
			a, d := flat[i-stride+k], flat[i+k]-flat[i-stride+k]
			switch {
			case d != 0:
				t, u := (side[0]-a)/d, (side[1]-a)/d
				from, to = max(from, min(t, u)), min(to, max(t, u))
			case a < side[0] || a > side[1]:
				to = -1
			}
		}
		if from <= to {
			return true
		}
	}
	return false
}

// The ground: 甲河 flows 5 km east and turns south for 5.5 km, with a side channel 33 m to its right that counts from its source; 乙河
// comes to it from the north at 106.43; a ditch of no river lies by itself; 丙河 has no line.
const (
	main, side, brook, ditch = 11, 12, 21, 31
	first, second, third     = 1, 2, 3
)

func ground() (s store, eastM, southM float64) {
	line := func(id, river int64, name, origin string, flat ...float64) duty.Route {
		return duty.Route{ID: id, River: duty.River{ID: river, Name: name, Kind: "river"}, MeasureOrigin: origin, Geom: lref.Measured(geom.NewLineStringFlat(geom.XY, flat), origin)}
	}
	s.routes = []duty.Route{
		line(main, first, "甲河", "mouth", 106.40, 26.60, 106.45, 26.60, 106.45, 26.55), line(brook, second, "乙河", "mouth", 106.43, 26.65, 106.43, 26.60),
		line(side, first, "甲河", "source", 106.41, 26.5997, 106.42, 26.5997), line(ditch, 0, "", "mouth", 106.50, 26.60, 106.505, 26.60),
	}
	s.names = map[int64]string{first: "甲河", second: "乙河", third: "丙河"}
	eastM, southM = lref.Distance(106.40, 26.60, 106.45, 26.60), lref.Distance(106.45, 26.60, 106.45, 26.55)
	s.banks = map[int64][]stationing.BankLine{first: {
		{ID: 51, Bank: geo.Left, Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.40, 26.6002, 0, 106.4502, 26.6002, 0, 106.4502, 26.55, 0})},
		{ID: 52, Bank: geo.Right, Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.4498, 26.55, 0, 106.4498, 26.575, 0})}, // upstream, and not to the corner
	}}
	s.divisions = []duty.Division{{ID: 1, Code: "520181", Name: "某县", Level: geo.County}, {ID: 2, Code: "520181001", Name: "某镇", Level: geo.Town, ParentID: new(int64(1))}}
	s.reaches = []duty.Reach{
		{ID: 61, RouteID: main, Level: geo.Town, FromM: 0, ToM: southM, BankScope: geo.Both, DivisionID: 2},
		{ID: 62, RouteID: main, Level: geo.Town, FromM: southM, ToM: eastM + southM, BankScope: geo.Both, DivisionID: 2},
	}
	return s, eastM, southM
}

// wantFault tells whether an error has a code and names a field.
func wantFault(t *testing.T, name string, err error, code geo.Code, field string) {
	t.Helper()
	var e *geo.Error
	if !errors.As(err, &e) || geo.CodeOf(err) != code || field != "" && !slices.ContainsFunc(e.Fields, func(f geo.Field) bool { return f.Name == field }) {
		t.Errorf("%s: %v, want %s of %q", name, err, code, field)
	}
}

func wantPoint(t *testing.T, name string, got geo.LonLat, lon, lat float64) {
	t.Helper()
	if d := lref.Distance(got[0], got[1], lon, lat); d > 0.01 {
		t.Errorf("%s: %v is %.3f m from %v, %v", name, got, d, lon, lat)
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	s, eastM, southM := ground()
	whole := eastM + southM
	tests := []struct {
		name         string
		river, route int64
		m            float64
		lon, lat     float64
		azimuth      float64
		banks        string
		reach        int64
		clamped      bool
	}{
		{"the mouth", first, 0, 0, 106.45, 26.55, 180, "left square 20, right square 20", 61, false},
		{"on the way south", first, 0, southM / 4, 106.45, 26.5625, 180, "left square 20, right square 20", 61, false},
		{"above the end of a bank line", first, 0, southM * 0.9, 106.45, 26.595, 180, "left square 20, right closest 2216", 61, false},
		{"the corner belongs to what is above it", first, 0, southM, 106.45, 26.60, 135, "left square 28, right closest 2770", 62, false},
		{"on the way east", first, 0, southM + eastM/2, 106.425, 26.60, 90, "left square 22", 62, false},
		{"the source", first, 0, whole, 106.40, 26.60, 90, "left square 22", 62, false},
		{"a rounded label past the end", first, 0, whole + 0.3, 106.40, 26.60, 90, "left square 22", 62, true},
		{"of the side channel, from its source", first, side, 0, 106.41, 26.5997, 90, "left square 55", 0, false},
		{"of another river", second, 0, 0, 106.43, 26.60, 180, "", 0, false},
	}
	for _, tt := range tests {
		q := stationing.LocateQuestion{On: stationing.On{River: tt.river, Route: tt.route}, Measure: stationing.Measure{M: tt.m, Name: "m"}}
		made, err := stationing.Locate(t.Context(), s, q)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		l, err := made(t.Context())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		wantPoint(t, tt.name, l.Point, tt.lon, tt.lat)
		var banks []string
		for _, b := range l.Banks {
			banks = append(banks, fmt.Sprintf("%s %s %.0f", b.Bank, b.Found, float64(b.DistanceM)))
		}
		if got := strings.Join(banks, ", "); got != tt.banks {
			t.Errorf("%s: banks %s, want %s", tt.name, got, tt.banks)
		}
		var reach int64
		if len(l.Reaches) == 1 {
			reach = l.Reaches[0].ID
			if l.Reaches[0].Division == nil || l.Reaches[0].Division.Name != "某镇" {
				t.Errorf("%s: the reach is of %+v", tt.name, l.Reaches[0].Division)
			}
		}
		if reach != tt.reach || l.Clamped != tt.clamped || math.Abs(l.AzimuthDeg-tt.azimuth) > 0.1 || l.Version != 7 || l.Beside != nil || l.Plane == nil {
			t.Errorf("%s: reach %d, azimuth %v, %+v", tt.name, reach, l.AzimuthDeg, l)
		}
	}
}

// The place beside a measure lies square to the flow: left of water that flows south is east.
func TestLocateBeside(t *testing.T) {
	t.Parallel()
	s, _, southM := ground()
	for offset, lon := range map[float64]float64{-100: 106.45 + 100/99_600.0, 100: 106.45 - 100/99_600.0} {
		made, err := stationing.Locate(t.Context(), s, stationing.LocateQuestion{On: stationing.On{River: first}, Measure: stationing.Measure{M: southM / 2, Name: "m"}, OffsetM: offset})
		if err != nil {
			t.Fatal(err)
		}
		l, err := made(t.Context())
		if err != nil || l.Beside == nil {
			t.Fatalf("%v: %+v, %v", offset, l, err)
		}
		if got := l.Beside.Point; math.Abs(got[0]-lon) > 2e-6 || math.Abs(got[1]-26.575) > 1e-6 {
			t.Errorf("%v m: %v, want %v", offset, got, lon)
		}
	}
}

func TestLocateRefuses(t *testing.T) {
	t.Parallel()
	s, eastM, southM := ground()
	for _, tt := range []struct {
		name  string
		on    stationing.On
		m     float64
		code  geo.Code
		field string
	}{
		{"past the end", stationing.On{River: first}, eastM + southM + 1, geo.CodeInvalid, "stake"},
		{"before the mouth", stationing.On{River: first}, -1, geo.CodeInvalid, "stake"},
		{"no number", stationing.On{River: first}, math.NaN(), geo.CodeInvalid, "stake"},
		{"a route of another river", stationing.On{River: first, Route: brook}, 0, geo.CodeInvalid, "route"},
		{"no such river", stationing.On{River: 99}, 0, geo.CodeNotFound, ""},
		{"a river without a line", stationing.On{River: third}, 0, geo.CodeNotFound, ""},
	} {
		_, err := stationing.Locate(t.Context(), s, stationing.LocateQuestion{On: tt.on, Measure: stationing.Measure{M: tt.m, Name: "stake"}})
		wantFault(t, tt.name, err, tt.code, tt.field)
	}
}

// seen writes what a position is seen as.
func seen(h stationing.Hydrolocated) []string {
	var out []string
	for _, f := range h.Found {
		beyond := ""
		if f.Beyond {
			beyond = " beyond"
		}
		out = append(out, fmt.Sprintf("%d %s %s %.0f%s", f.Route.ID, f.Label, f.Bank, math.Round(float64(f.OffsetM))+0, beyond))
	}
	return out
}

func TestMeasureOn(t *testing.T) {
	t.Parallel()
	s, eastM, southM := ground()
	kmOf := func(lon float64) string { return lref.Label(southM + lref.Distance(lon, 26.6, 106.45, 26.6)) }
	tests := []struct {
		name     string
		on       stationing.On
		lon, lat float64
		want     []string
	}{
		{"south of water that flows east", stationing.On{River: first}, 106.43, 26.5995, []string{"11 " + kmOf(106.43) + " right 55"}},
		{"on the line", stationing.On{River: first}, 106.43, 26.60, []string{"11 " + kmOf(106.43) + " centre 0"}},
		{"between the river and its side channel", stationing.On{River: first}, 106.415, 26.59985, []string{"11 " + kmOf(106.415) + " right 17", "12 K0+498 left -17"}},
		{"the same, of the side channel alone", stationing.On{River: first, Route: side}, 106.415, 26.59985, []string{"12 K0+498 left -17"}},
		{"outside the corner", stationing.On{River: first}, 106.451, 26.601, []string{"11 " + lref.Label(southM) + " left -149"}},
		{"in the bisector of the corner", stationing.On{River: first}, 106.45 - 100/99_600.0, 26.60 - 100/110_780.0, []string{"11 " + kmOf(106.45-100/99_600.0) + " right 100", "11 " + lref.Label(southM-100) + " right 100"}},
		{"past the mouth", stationing.On{River: first}, 106.45, 26.549, []string{"11 K0+000 left -111 beyond"}},
		{"of a river that is not the nearest", stationing.On{River: second}, 106.43, 26.5995, []string{"21 K0+000 left -55 beyond"}},
	}
	for _, tt := range tests {
		h, err := stationing.MeasureOn(t.Context(), s, tt.on, stationing.PositionQuestion{Lon: tt.lon, Lat: tt.lat, MaxM: 2000})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := seen(h)
		slices.Sort(got) // of places equally near rounding decides
		slices.Sort(tt.want)
		if diff := cmp.Diff(tt.want, got); diff != "" || h.Tie != (len(got) > 1) || h.Version != 7 {
			t.Errorf("%s: tie %v, version %d; %s", tt.name, h.Tie, h.Version, diff)
		}
	}
	for _, tt := range []struct {
		name  string
		on    stationing.On
		field string
	}{
		{"too far", stationing.On{River: first}, "max_offset"},
		{"no such river", stationing.On{River: 99}, ""},
		{"a river without a line", stationing.On{River: third}, ""},
	} {
		_, err := stationing.MeasureOn(t.Context(), s, tt.on, stationing.PositionQuestion{Lon: 106.43, Lat: 26.62, MaxM: 2000})
		wantFault(t, tt.name, err, geo.CodeNotFound, tt.field)
	}
	// There and back, all along and on both sides.
	for m := 0.0; m <= eastM+southM; m += 499 {
		if math.Abs(m-southM) < 100 {
			continue // inside the corner the other leg is as near
		}
		for _, offset := range []float64{-60, 60} {
			p, err := lref.LocateOffset(s.routes[0].Geom, m, offset)
			if err != nil {
				t.Fatal(err)
			}
			h, err := stationing.MeasureOn(t.Context(), s, stationing.On{River: first, Route: main}, stationing.PositionQuestion{Lon: p.Lon, Lat: p.Lat, MaxM: 2000})
			if err != nil || math.Abs(float64(h.Found[0].MeasureM)-m) > 0.01 || math.Abs(float64(h.Found[0].OffsetM)-offset) > 0.01 {
				t.Errorf("%v, %v m beside: %v, %v", m, offset, seen(h), err)
			}
		}
	}
}

// outfallAt is a thing at a place of routes; m is its stored measure, if there is one.
func outfallAt(id int64, lon, lat float64, m *float64, routes ...int64) stationing.Thing {
	return stationing.Thing{ID: id, Name: new(fmt.Sprint("口", id)), Lon: lon, Lat: lat, RouteIDs: routes, MeasureM: m}
}

func TestFindNearest(t *testing.T) {
	t.Parallel()
	s, eastM, southM := ground()
	joinM := southM + lref.Distance(106.43, 26.6, 106.45, 26.6)
	brookM := lref.Distance(106.43, 26.65, 106.43, 26.60)
	g, err := network.NewGraph(network.Rows{
		Routes: []network.RouteRow{{ID: main, River: first, Upstream: true}, {ID: brook, River: second, Upstream: true}},
		Edges: []network.EdgeRow{
			{ID: 1, Route: main, FromM: joinM, ToM: eastM + southM, FromNode: 1, ToNode: 2, Main: true},
			{ID: 2, Route: main, FromM: 0, ToM: joinM, FromNode: 2, ToNode: 3, Main: true},
			{ID: 3, Route: brook, FromM: 0, ToM: brookM, FromNode: 4, ToNode: 2, Main: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	stored := joinM - 2000
	stands := geo.LonLat{106.4312345, 26.6098765}
	s.things = map[stationing.Kind][]stationing.Thing{
		stationing.Outfalls: {
			outfallAt(1, 106.4301, 26.62, nil, brook), outfallAt(2, 106.4301, 26.605, nil, brook), outfallAt(3, 106.425, 26.6001, nil, main),
			outfallAt(4, 106.44, 26.5999, &stored, main), outfallAt(5, 106.4302, 26.6101, nil), outfallAt(6, 106.43, 26.61, nil, brook), outfallAt(7, 106.503, 26.6, nil, ditch),
		},
		stationing.Stakes: {outfallAt(8, stands[0], stands[1], nil, brook)},
	}
	node := stands.Snapped(50)
	km := func(fromLat float64) float64 { return lref.Distance(106.43, fromLat, 106.43, 26.61) }
	tests := []struct {
		name string
		q    stationing.NearestQuestion
		want []string
	}{
		{
			"by air, whatever its water",
			stationing.NearestQuestion{Lon: 106.43, Lat: 26.61, Kind: stationing.Outfalls, By: stationing.ByAir, Limit: 10, WithinM: 1500},
			[]string{"6 here 0", "5 -", fmt.Sprintf("2 down %.0f", km(26.605)), fmt.Sprintf("1 up %.0f", km(26.62)), "3 -", "4 -"}, // 4 is 3,108 m down
		},
		{
			"by water, up or down it",
			stationing.NearestQuestion{Lon: 106.43, Lat: 26.61, Kind: stationing.Outfalls, By: stationing.ByWater, Limit: 10, WithinM: 4000},
			[]string{"6 here 0", fmt.Sprintf("2 down %.0f", km(26.605)), fmt.Sprintf("1 up %.0f", km(26.62)), fmt.Sprintf("4 down %.0f", km(26.60)+2000)},
		},
		{
			"by water, not so far",
			stationing.NearestQuestion{Lon: 106.43, Lat: 26.61, Kind: stationing.Outfalls, By: stationing.ByWater, Limit: 10, WithinM: 600},
			[]string{"6 here 0", fmt.Sprintf("2 down %.0f", km(26.605))},
		},
		{
			"the one",
			stationing.NearestQuestion{Lon: 106.43, Lat: 26.6199, Kind: stationing.Outfalls, By: stationing.ByAir, Limit: 1, WithinM: 10_000},
			[]string{fmt.Sprintf("1 up %.0f", lref.Distance(106.43, 26.6199, 106.43, 26.62))},
		},
		{
			"of water that is no part of the network, by air",
			stationing.NearestQuestion{Lon: 106.502, Lat: 26.6, Kind: stationing.Outfalls, By: stationing.ByAir, Limit: 10, WithinM: 1000},
			[]string{"7 -"},
		},
		{
			"a stake where it stands",
			stationing.NearestQuestion{Lon: stands[0], Lat: stands[1], Kind: stationing.Stakes, By: stationing.ByAir, Limit: 10, WithinM: 1},
			[]string{"8 here 0"},
		},
		{
			"a stake by its node",
			stationing.NearestQuestion{Lon: node[0], Lat: node[1], Kind: stationing.Stakes, By: stationing.ByAir, Limit: 10, WithinM: 1, StakeGridM: 50},
			[]string{"8 here 0"},
		},
		{"a stake by its node, where it stands", stationing.NearestQuestion{Lon: stands[0], Lat: stands[1], Kind: stationing.Stakes, By: stationing.ByAir, Limit: 10, WithinM: 1, StakeGridM: 50}, nil},
		{"an outfall is no stake", stationing.NearestQuestion{Lon: 106.43, Lat: 26.61, Kind: stationing.Outfalls, By: stationing.ByAir, Limit: 10, WithinM: 1, StakeGridM: 50}, []string{"6 here 0"}},
	}
	for _, tt := range tests {
		a, err := stationing.FindNearest(t.Context(), s, g, tt.q)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, x := range a.Things {
			if x.WaterM == nil {
				got = append(got, fmt.Sprint(x.ID, " -"))
				continue
			}
			got = append(got, fmt.Sprintf("%d %s %.0f", x.ID, *x.Way, float64(*x.WaterM)))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || a.Count != len(got) || a.Version != 7 {
			t.Errorf("%s: count %d, version %d; %s", tt.name, a.Count, a.Version, diff)
		}
		for _, x := range a.Things {
			if told := x.Name != nil; told == (a.PrecisionM != nil) {
				t.Errorf("%s: name told %v, precision %v", tt.name, told, a.PrecisionM)
			}
		}
	}
	for _, q := range []stationing.NearestQuestion{
		{Lon: 106.502, Lat: 26.6, Kind: stationing.Outfalls, By: stationing.ByWater, Limit: 10, WithinM: 1000}, // a ditch that is no part of the network
		{Lon: 107, Lat: 27, Kind: stationing.Outfalls, By: stationing.ByWater, Limit: 10, WithinM: 1000},       // no water
	} {
		_, err := stationing.FindNearest(t.Context(), s, g, q)
		wantFault(t, fmt.Sprint(q.Lon), err, geo.CodeNotFound, "")
	}
}
