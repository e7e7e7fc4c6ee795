package pg_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// zonesOf has a project's zones be those of some types, in equal parts of the left bank.
func (c *county) zonesOf(t *testing.T, id int64, types ...demarc.ZoneType) {
	t.Helper()
	_, _, err := c.Store.WriteZones(t.Context(), c.planner, id, c.revision(t, id), func(project.Subject) ([]demarc.Zone, error) {
		var out []demarc.Zone
		for i, kind := range types {
			from, to := c.length*float64(i)/float64(len(types)), c.length*float64(i+1)/float64(len(types))
			west, east := 106.50-to/c.length*0.1, 106.50-from/c.length*0.1
			out = append(out, demarc.Zone{
				Type: kind, RegionID: fmt.Sprintf("L%03d", i+1), Bank: geo.Left, FromM: from, ToM: to, LenKm: (to - from) / 1000, AreaM2: 1,
				Geom: box(west, 26.6001, east, 26.6003), Outer: line(west, 26.6003, east, 26.6003),
			})
		}
		return out, nil
	}, project.Once{})
	if err != nil {
		t.Fatal(err)
	}
}

// revision gives that of a project, on which a write is built.
func (c *county) revision(t *testing.T, id int64) int {
	t.Helper()
	p, err := c.Store.Project(t.Context(), c.planner, id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Revision
}

// stakes has some stakes of the left bank be placed, and those of some numbers taken away.
func (c *county) stakes(t *testing.T, id int64, put []int, gone ...int) {
	t.Helper()
	_, _, err := c.Store.WriteStakes(t.Context(), c.planner, id, project.StakeBase{Revision: c.revision(t, id)}, func(s project.Subject, _ []demarc.Stake) (w project.StakeWrite, err error) {
		for _, n := range put {
			w.Put = append(w.Put, project.Stake{Stake: demarc.Stake{Name: fmt.Sprintf("左%03d", n), Number: n, Kind: demarc.Electronic, Bank: geo.Left, MeasureM: 100 * float64(n), Lon: 106.5 - 0.001*float64(n), Lat: 26.6003}})
		}
		for _, k := range s.Around.Stakes {
			for _, n := range gone {
				if k.Number == n {
					w.Gone = append(w.Gone, k)
				}
			}
		}
		return w, nil
	}, project.Once{})
	if err != nil {
		t.Fatal(err)
	}
}

// A draft's zones and stakes are made and taken away on several days. Announced, with an effect from before the first of them, the public has on each day
// just what was announced, and nothing that was in the draft for a while.
func TestWhatADraftHadIsNeverInForce(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[time.Time]
	on := func(day int) {
		d := time.Date(2026, 11, day, 4, 0, 0, 0, time.UTC)
		now.Store(&d)
	}
	on(10)
	c := newCounty(t, pgtest.Clock(func() time.Time { return *now.Load() }))
	doc := c.documentOn(t, geo.NewDate(2026, 11, 1))
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30), c.piece(geo.Right, 0, c.length, 30))
	c.zonesOf(t, id, demarc.Protected)
	c.stakes(t, id, []int{1, 2})
	on(13)
	c.zonesOf(t, id, demarc.Reserved, demarc.Controlled)
	c.stakes(t, id, []int{3}, 1)
	on(16)
	c.zonesOf(t, id, demarc.Developed)
	c.stakes(t, id, nil, 2)
	on(20)
	c.approve(t, id)
	c.mustMove(t, c.publisher, id, project.Move{To: project.Announced, EffectiveFrom: geo.NewDate(2026, 11, 5), LegalDoc: doc})
	for day := 4; day <= 21; day++ {
		want := [3]string{"", "", ""}
		if day >= 5 {
			want = [3]string{"L001 4", "左003", "1"}
		}
		if got := c.public(t, geo.NewDate(2026, 11, day)); got != want {
			t.Errorf("on the %dth the public has %q, want %q", day, got, want)
		}
	}
}

// public gives the zones, the stakes and how many areas are in force on a day.
func (c *county) public(t *testing.T, day geo.Date) (out [3]string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN("hetu_ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for i, sql := range []string{
		"SELECT coalesce(string_agg(v.regionid || ' ' || v.type, ' ' ORDER BY v.regionid), '') FROM hetu.zone_version v WHERE upper_inf(v.recorded) AND v.valid @> $1::date AND hetu.announced_project(v.project_id, $1, now())",
		"SELECT coalesce(string_agg(v.name, ' ' ORDER BY v.name), '') FROM hetu.stake_version v JOIN hetu.boundary_version b ON b.id = v.boundary_id AND b.status = 'announced' AND b.valid @> $1::date AND upper_inf(b.recorded) WHERE upper_inf(v.recorded) AND v.valid @> $1",
		"SELECT coalesce(nullif(count(*), 0)::text, '') FROM hetu.area_version v WHERE upper_inf(v.recorded) AND v.status = 'announced' AND v.valid @> $1::date",
	} {
		if err := conn.QueryRow(t.Context(), sql, day.Time()).Scan(&out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// A line is in force from no day on which its river or its divisions were not on record yet: there would be no package of it. The refusal names the first
// day that can be, which is taken; what was renamed since has been there before.
func TestNothingIsInForceBeforeItsGroundIsOnRecord(t *testing.T) {
	t.Parallel()
	today := geo.DateOf(time.Now())
	unknown := pg.Record{Valid: geo.Period{To: today.AddDays(-2)}, Source: "test", Gone: true}
	town := pg.Division{CodeScheme: "local", Code: "520181101", Name: "甲镇", Level: geo.Town, Kind: "镇", Parent: "county", Geom: box(106.3, 26.5, 106.6, 26.7)}
	for _, what := range []string{"route", "town"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := newCounty(t)
			late, renamed := pg.Row(nil), town
			renamed.Record = pg.Record{Key: "town", Valid: geo.Since(today.AddDays(-1)), Source: "test"}
			if what == "town" {
				gone := town
				gone.Record, gone.Key = unknown, "town"
				late = gone
			} else {
				gone := pg.Route{Record: unknown, River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: c.length, Geom: lref.Measured(line(106.40, 26.60, 106.45, 26.60, 106.50, 26.60), "mouth")}
				gone.Key = "rt"
				late = gone
			}
			merge(t, c.Store, late)
			merge(t, c.Store, renamed)
			id := c.begin(t, 0, c.length)
			c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30), c.piece(geo.Right, 0, c.length, 30))
			c.approve(t, id)
			doc := c.documentOn(t, today.AddDays(-9))
			err := c.move(t, c.publisher, id, project.Move{To: project.Announced, EffectiveFrom: today.AddDays(-3), LegalDoc: doc})
			if e, ok := errors.AsType[*geo.Error](err); !ok || e.Code != geo.CodeRefused || e.Fields[0].Name != "/effective_from" || !strings.Contains(err.Error(), today.AddDays(-2).String()) {
				t.Fatalf("three days ago: %v", err)
			}
			c.mustMove(t, c.publisher, id, project.Move{To: project.Announced, EffectiveFrom: today.AddDays(-2), LegalDoc: doc})
			if got, err := c.Store.PackageSubject(t.Context(), c.planner, id, geo.Date{}); err != nil || len(got.Lines.Pieces) != 2 {
				t.Errorf("the package has %d pieces: %v", len(got.Lines.Pieces), err)
			}
		})
	}
}

// A package of an announced project is of the day from which it is in force, whatever has become of the ground since, and of another day when that is asked
// for; there is none of a day before, and none of a draft.
func TestPackageIsOfItsDay(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	today := geo.DateOf(time.Now())
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30), c.piece(geo.Right, 0, c.length, 30))
	if _, err := c.Store.PackageSubject(t.Context(), c.planner, id, today); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("of a draft on a day: %v", err)
	}
	c.approve(t, id)
	c.mustMove(t, c.publisher, id, project.Move{To: project.Announced, EffectiveFrom: today, LegalDoc: c.document(t, "1")})
	merge(t, c.Store, pg.BankLine{ // the levee is taken down
		Record: pg.Record{Key: "toe", Valid: geo.Since(today.AddDays(5)), Source: "test", Gone: true}, Kind: "levee_toe", River: "r", Bank: geo.Left, ToeSide: "landside", LeveeClass: new(2),
		Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.40, 26.601, 0, 106.50, 26.601, 0}),
	})
	for _, tt := range []struct {
		asOf   geo.Date
		survey int
	}{{geo.Date{}, 1}, {today, 1}, {today.AddDays(4), 1}, {today.AddDays(5), 0}} {
		got, err := c.Store.PackageSubject(t.Context(), c.planner, id, tt.asOf)
		if err != nil || len(got.Stretch.Survey) != tt.survey || len(got.Lines.Pieces) != 2 {
			t.Errorf("as of %s: %d surveyed lines, %d pieces, want %d: %v", tt.asOf, len(got.Stretch.Survey), len(got.Lines.Pieces), tt.survey, err)
		}
	}
	if _, err := c.Store.PackageSubject(t.Context(), c.planner, id, today.AddDays(-1)); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("of the day before: %v", err)
	}
	if _, err := c.Store.PackageSubject(t.Context(), c.stranger, id, geo.Date{}); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("to a stranger: %v", err)
	}
}
