package pg_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/mvttext"
)

func tileRecord(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }

func tilePoint(lon, lat float64) *geom.Point {
	return geom.NewPointFlat(geom.XY, []float64{lon, lat})
}

func tileSquare(lon, lat, side float64) *geom.MultiPolygon {
	flat := []float64{lon, lat, lon + side, lat, lon + side, lat + side, lon, lat + side, lon, lat}
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}})
}

// tileRows is a river of 1,000 m with what stands on it, eastwards from lon, lat; n makes the keys its own.
func tileRows(n int, lon, lat float64) []pg.Row {
	k := func(kind string) pg.Key { return pg.Key(fmt.Sprintf("%s%d", kind, n)) }
	order, target, yes := 2, 3, true
	ls := geom.NewLineStringFlat(geom.XY, []float64{lon, lat, lon + 0.005, lat + 0.001, lon + 0.01, lat})
	route := geom.NewLineStringFlat(geom.XYM, []float64{lon, lat, 1000, lon + 0.005, lat + 0.001, 500, lon + 0.01, lat, 0})
	reach := func(key pg.Key, level geo.Level) pg.Reach {
		return pg.Reach{
			Record: tileRecord(key), Name: string(key), River: k("river"), Route: k("route"), FromM: 0, ToM: 1000, BankScope: geo.Both,
			Level: level, Division: k("division"), Geom: ls,
		}
	}
	return []pg.Row{
		pg.Division{Record: tileRecord(k("division")), CodeScheme: "local", Code: fmt.Sprint(150000+n), Name: "示例区", NameEn: "Example", Level: geo.County, Kind: "区", Geom: tileSquare(lon-0.01, lat-0.01, 0.03)},
		pg.River{
			Record: tileRecord(k("river")), CodeScheme: "local", Code: fmt.Sprint("R-", n), Name: "示例河", RiverKind: "river", Perennial: &yes, StreamOrder: &order,
			ManagingLevels: []int16{4, 3},
		},
		pg.Route{Record: tileRecord(k("route")), River: k("river"), MeasureOrigin: "mouth", FlowDir: "with", LengthM: 1000, Geom: route},
		reach(k("county reach"), geo.County), reach(k("town reach"), geo.Town),
		pg.Boundary{Record: tileRecord(k("drawn")), River: k("river"), Route: k("route"), Bank: geo.Left, BasisKind: "levee_toe", Status: "draft", Geom: ls},
		pg.Boundary{
			Record: pg.Record{Key: k("announced"), Source: "test", Valid: geo.Since(day("2026-03-01"))}, River: k("river"), Route: k("route"),
			Bank: geo.Left, BasisKind: "levee_toe", Status: "announced", Geom: ls,
		},
		pg.Person{Record: tileRecord(k("person")), Name: "示例甲", IsSample: true},
		pg.Post{Record: tileRecord(k("post")), Level: geo.County, Role: "chief", DualRole: "none", Reach: k("county reach"), Title: "河长"},
		pg.Appointment{Record: pg.Record{Key: k("appointment"), Source: "test", Valid: geo.Period{From: day("2026-01-01"), To: day("2026-06-01")}}, Post: k("post"), Person: k("person")},
		pg.Board{
			Record: tileRecord(k("board")), Code: fmt.Sprint("B-", n), Level: geo.Town, Reaches: []pg.Key{k("town reach")}, Bank: geo.Left, SiteText: "桥头", State: "ok",
			Division: k("division"), InstalledOn: day("2025-05-05"), Geom: tilePoint(lon+0.005, lat+0.001),
		},
		pg.Section{Record: tileRecord(k("section")), Name: "示例断面", Kind: "county", River: k("river"), TargetClass: &target, Geom: tilePoint(lon+0.01, lat)},
		pg.Outfall{Record: tileRecord(k("outfall")), Name: "示例口", Kind: "污水处理厂", Approval: "approved", River: k("river"), Geom: tilePoint(lon+0.004, lat)},
	}
}

func tileText(t *testing.T, s *pg.Store, set, z, x, y, asOf string) string {
	t.Helper()
	a, err := tiles.ParseAddress(set, z, x, y, day(asOf))
	if err != nil {
		t.Fatal(err)
	}
	tile, err := tiles.Build(t.Context(), s, a)
	if err != nil {
		t.Fatal(err)
	}
	text, err := mvttext.Text(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// One river with everything on it, asked for on two days and at three zooms. Coordinates come from PostGIS's own
// ST_AsMVTGeom (12/3284/1549), ids are in the order of the rows.
func TestTileOfStore(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, tileRows(1, 108.65, 40.1)...)
	got := tileText(t, db.Store, "public", "12", "3284", "1549", "2026-04-01") +
		"outfalls\n" + tileText(t, db.Store, "outfall", "12", "3284", "1549", "2026-04-01") +
		"before the boundary and after the chief\n" + tileText(t, db.Store, "boundary,reach", "12", "3284", "1549", "2026-07-01") + tileText(t, db.Store, "boundary,reach", "11", "1642", "774", "2026-02-01") +
		"zoom 9\n" + tileText(t, db.Store, "public", "9", "410", "193", "2026-04-01")
	want := ``
	if got != "" { t.Log("\n"+got) }
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
