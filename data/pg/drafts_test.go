package pg_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// openBoundaries are drafts: one in the west county, one in the east one, one across both, one where no division has a polygon, and one of a
// river of the west that lies in the east.
func openBoundaries() []pg.Row {
	route := lref.Measured(line(106.40, 26.55, 106.60, 26.55), "mouth")
	far := lref.Measured(line(107.40, 26.55, 107.60, 26.55), "mouth")
	draft := func(key, river, rt pg.Key, west, east, lat float64) pg.Row {
		return pg.Boundary{Record: rec(key), Name: string(key), River: river, Route: rt, Bank: geo.Left, BasisKind: "planned", Status: "draft", Geom: line(west, lat, east, lat)}
	}
	return append(twoCounties(),
		pg.River{Record: rec("r"), Name: "示例河", RiverKind: "river", Division: "west"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: route.FlatCoords()[2], Geom: route},
		pg.River{Record: rec("far"), Name: "远河", RiverKind: "river", Division: "town"},
		pg.Route{Record: rec("rtf"), River: "far", MeasureOrigin: "mouth", FlowDir: "with", LengthM: far.FlatCoords()[2], Geom: far},
		draft("in-west", "r", "rt", 106.41, 106.44, 26.551), draft("in-east", "r", "rt", 106.51, 106.54, 26.551),
		draft("across", "r", "rt", 106.49, 106.51, 26.552), draft("nowhere", "far", "rtf", 107.41, 107.44, 26.551),
	)
}

// A draft is seen from the divisions that it lies in, and those above them; where none has a polygon, from its river's.
func TestDraftsAreSeenByDivision(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, openBoundaries()...)
	for view, want := range map[string]string{"west": "across in-west nowhere", "east": "across in-east", "town": "in-west nowhere", "city": "across in-east in-west nowhere", "": ""} {
		v := access.View{}
		if view != "" {
			v.Divisions = []int64{divisionID(t, db.Store, view)}
		}
		seen, err := db.Store.DraftsSeen(t.Context(), v)
		if err != nil {
			t.Fatal(err)
		}
		byTile := namesOf(t, db, slices.Collect(maps.Keys(seen)))
		var met []string
		err = db.Store.Overlay(t.Context(), v, func(src overlay.Source) error {
			found, err := src.Features(t.Context(), overlay.Find{At: duty.Moment{AsOf: geo.DateOf(db.Store.NowForTest())}, Kinds: []string{overlay.Boundary}, Polygon: square(106, 26, 108, 27), Drafts: true})
			for _, f := range found {
				met = append(met, *f.Name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(met)
		if got := strings.Join(met, " "); got != want || byTile != want {
			t.Errorf("from %q are seen %q, in tiles %q, want %q", view, got, byTile, want)
		}
	}
}

// namesOf names boundaries, in order.
func namesOf(t *testing.T, db *pgtest.Database, ids []int64) string {
	t.Helper()
	var names []string
	for _, id := range ids {
		names = append(names, textOf(t, db, "SELECT key FROM hetu.boundary WHERE id = $1", id))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
