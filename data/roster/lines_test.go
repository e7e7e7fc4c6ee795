package roster_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
	pgxgeom "github.com/twpayne/pgx-geom"

	"hetu/data/pgtest"
	"hetu/data/roster"
	"hetu/geo"
)

// lines holds the routes of a store as the atlas does: positions rounded to a grid of the Mercator square, those that fall on
// the one before left out.
type lines struct {
	byID map[int64][]routeLine
}

type routeLine struct {
	valid geo.Period
	flat  []float64
}

func linesOf(t *testing.T, db *pgtest.Database) *lines {
	t.Helper()
	l := &lines{}
	l.read(t, db)
	return l
}

// read takes all lines as they are now.
func (l *lines) read(t *testing.T, db *pgtest.Database) {
	t.Helper()
	l.byID = map[int64][]routeLine{}
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err = pgxgeom.Register(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), "SELECT id, coalesce(lower(valid)::text, ''), coalesce(upper(valid)::text, ''), geom FROM hetu.route_version WHERE upper_inf(recorded)")
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	var from, to string
	var g geom.T
	if _, err = pgx.ForEachRow(rows, []any{&id, &from, &to, &g}, func() error {
		r := routeLine{valid: geo.Period{From: day(from), To: day(to)}}
		for i, flat := 0, g.FlatCoords(); i < len(flat); i += 3 {
			lon, lat := roster.OnGrid(flat[i], flat[i+1])
			if n := len(r.flat); n == 0 || r.flat[n-2] != lon || r.flat[n-1] != lat {
				r.flat = append(r.flat, lon, lat)
			}
		}
		l.byID[id] = append(l.byID[id], r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (l *lines) Merges(lon1, lat1, lon2, lat2 float64) bool {
	x1, y1 := roster.OnGrid(lon1, lat1)
	x2, y2 := roster.OnGrid(lon2, lat2)
	return x1 == x2 && y1 == y2
}

func (l *lines) Line(_ string, id int64, asOf geo.Date) []float64 {
	for _, r := range l.byID[id] {
		if r.valid.Contains(asOf) {
			return slices.Clone(r.flat)
		}
	}
	return nil
}

func (l *lines) Stretches(layer string, box geo.Extent, asOf geo.Date, every int, each func(id int64, first, total int, flat []float64)) {
	for id := range l.byID {
		flat := l.Line(layer, id, asOf)
		total := len(flat) / 2
		from, to := 0, -1
		give := func() {
			if to >= 0 {
				each(id, from, total, flat[2*from:2*to+2])
			}
		}
		for i := 1; i < total; i++ {
			if !enters(flat[2*i-2:2*i+2], box) {
				continue
			}
			first, last := (i-1)/every*every, min((i+every-1)/every*every, total-1)
			if to < first {
				give()
				from = first
			}
			to = last
		}
		give()
	}
}

// enters tells whether the box of a segment meets a box.
func enters(s []float64, b geo.Extent) bool {
	return min(s[0], s[2]) <= b.East && max(s[0], s[2]) >= b.West && min(s[1], s[3]) <= b.North && max(s[1], s[3]) >= b.South
}

func day(s string) geo.Date {
	if s == "" {
		return geo.Date{}
	}
	d, err := geo.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}
