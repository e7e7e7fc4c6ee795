package pg_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
	"hetu/geo/project"
)

func valid() pg.Record {
	return pg.Record{Valid: geo.Since(geo.NewDate(2026, 1, 1)), Source: "测试"}
}

// staked is a river with a boundary of one bank, and so many stakes on it.
func staked(n int) []pg.Row {
	with := func(key pg.Key) pg.Record { r := valid(); r.Key = key; return r }
	line := geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.5, 26.6})
	route := lref.Measured(line, "mouth")
	length := lref.Length(line)
	rows := []pg.Row{
		pg.River{Record: with("river:a"), Name: "示例河01", RiverKind: "river"},
		pg.Route{Record: with("route:a"), River: "river:a", MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route},
		pg.Boundary{Record: with("boundary:a"), River: "river:a", Route: "route:a", Bank: geo.Left, BasisKind: "custom", Status: "draft", Geom: geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.601, 106.5, 26.601})},
	}
	for i := 1; i <= n; i++ {
		rows = append(rows, stakeRow(i))
	}
	return rows
}

func stakeRow(number int) pg.Stake {
	r := valid()
	r.Key = pg.StakeKey("river:a", geo.Left, number, false)
	return pg.Stake{
		Record: r, Boundary: "boundary:a", Name: stake.Name("示例河01", geo.Left, number), Number: &number, Kind: "electronic", Tier: "basic", Bank: geo.Left,
		MeasureM: new(float64(number) * 100), Why: "fill", Place: "甲乡", MapSheet: "G48G034072", OffsetM: new(0.0), Geom: geom.NewPointFlat(geom.XYZ, []float64{106.4 + float64(number)/1000, 26.601, 0}),
	}
}

func mergeStakes(t *testing.T, db *pgtest.Database, rows ...pg.Row) error {
	t.Helper()
	batch, err := db.Store.NewBatch(t.Context(), "test", "stakes")
	if err != nil {
		t.Fatal(err)
	}
	if err = batch.Add(t.Context(), rows...); err != nil {
		return err
	}
	_, err = batch.Merge(t.Context())
	return err
}

// A stake comes back as it was stored, with what was found in the field; one that was taken away keeps its number for ever.
func TestStakesKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	c.stakes(t, id, []int{1, 2, 3, 4, 5, 6, 7, 8, 9})
	_, stored, err := c.Store.ProjectStakes(t.Context(), c.planner, id)
	if err != nil || len(stored) != 9 {
		t.Fatalf("%d stakes, %v", len(stored), err)
	}
	want := stored[2]
	want.Tier, want.Kind, want.Place, want.Why, want.H1985, want.Lat, want.MapSheet = demarc.Basic, demarc.Moved, "甲乡", "fill", new(1263.46), 26.600307, "G48G034072"
	want.OffsetM, want.State, want.PhotoSHA256 = new(0.8), "ok", strings.Repeat("ab", 32)
	want.InstalledOn, want.CheckedOn = geo.NewDate(2026, 4, 1), geo.NewDate(2026, 5, 1)
	base := project.StakeBase{Revision: c.revision(t, id)}
	if _, _, err := c.Store.WriteStakes(t.Context(), c.planner, id, base, func(project.Subject, []demarc.Stake) (project.StakeWrite, error) {
		return project.StakeWrite{Put: []project.Stake{want}, Gone: stored[8:]}, nil
	}, project.Once{}); err != nil {
		t.Fatal(err)
	}
	taken, err := c.Store.NumbersTaken(t.Context(), c.river)
	if err != nil || len(taken) != 9 || stake.Next(geo.Left, taken) != 10 || stake.Next(geo.Right, taken) != 1 {
		t.Fatalf("%d numbers are taken, the next is %d, %v", len(taken), stake.Next(geo.Left, taken), err)
	}
	if _, stored, err = c.Store.ProjectStakes(t.Context(), c.planner, id); err != nil || len(stored) != 8 {
		t.Fatalf("%d stakes, %v", len(stored), err)
	}
	if diff := cmp.Diff(want, stored[2], cmpopts.IgnoreFields(project.Stake{}, "Version"), cmp.Comparer(func(a, b geo.Date) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func idOf(t *testing.T, db *pgtest.Database, sql string) (id int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// Zones carry the figures that tables print; what cannot be is refused and changes nothing. A batch of many goes the other way in.
func TestZonesAndManyStakes(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if err := mergeStakes(t, db, staked(1500)...); err != nil {
		t.Fatal(err)
	}
	if n := idOf(t, db, "SELECT count(*) FROM hetu.stake_version WHERE number = round(measure_m / 100) AND why = 'fill'"); n != 1500 {
		t.Errorf("%d of 1500 stakes", n)
	}
	z := pg.Zone{
		Record: valid(), River: "river:a", Route: "route:a", Type: 2, RegionID: "L001", Side: geo.Left, FromM: new(0.0), ToM: new(500.0), LenKm: new(0.5), AreaM2: new(1000.5),
		StartLon: new(106.45), StartLat: new(26.6), EndLon: new(106.455), EndLat: new(26.6), Basis: "依据", Restraints: "要求",
		Geom: geom.NewMultiPolygonFlat(geom.XY, []float64{106.45, 26.6, 106.455, 26.6, 106.455, 26.601, 106.45, 26.6}, [][]int{{8}}),
	}
	z.Key = pg.ZoneKey("river:a", "L001")
	if err := mergeStakes(t, db, z); err != nil {
		t.Fatal(err)
	}
	whole := "SELECT count(*) FROM hetu.zone_version v JOIN hetu.route r ON r.id = v.route_id WHERE r.key = 'route:a' AND from_m = 0 AND to_m = 500 AND area_m2 = 1000.5 AND len_km = 0.5 AND start_lon = 106.45 AND end_lat = 26.6"
	if n := idOf(t, db, whole); n != 1 {
		t.Errorf("%d zones", n)
	}
	turned := z
	turned.FromM = new(600.0)
	long := stakeRow(1)
	long.PhotoSHA256 = "x"
	null := stakeRow(1)
	null.Number = new(0)
	for name, row := range map[string]pg.Row{"a turned range": turned, "no sha256": long, "number 0": null} {
		if err := mergeStakes(t, db, row); err == nil {
			t.Errorf("%s is stored", name)
		}
	}
	if n := idOf(t, db, "SELECT (SELECT count(*) FROM hetu.zone_version) + (SELECT count(*) FROM hetu.stake_version)"); n != 1501 {
		t.Errorf("%d rows after what was refused", n)
	}
}
