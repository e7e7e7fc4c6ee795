package roster_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/roster"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// scribe makes random rows of every kind about a few things, so that they meet.
type scribe struct{ *rand.Rand }

func (s scribe) key(kind string, of int) pg.Key {
	return pg.Key(fmt.Sprintf("%s %d", kind, s.IntN(of)))
}

// record is true for some days; once in a while it says that the thing was not there.
func (s scribe) record(key pg.Key) pg.Record {
	r := pg.Record{Key: key, Source: "test", Gone: s.IntN(9) == 0}
	year := 2015 + s.IntN(10)
	if s.IntN(3) > 0 {
		r.Valid.From = geo.NewDate(year, 1, 1)
	}
	if s.IntN(3) > 0 {
		r.Valid.To = geo.NewDate(year+1+s.IntN(5), 1, 1)
	}
	return r
}

func (s scribe) maybe(text string) string {
	if s.IntN(2) == 0 {
		return ""
	}
	return fmt.Sprint(text, s.IntN(3))
}

func (s scribe) line() *geom.LineString {
	lon, lat := 106+s.Float64(), 26+s.Float64()
	return geom.NewLineStringFlat(geom.XY, []float64{lon, lat, lon + 0.01, lat + 0.001, lon + 0.02, lat + 0.01*s.Float64()})
}

const somePosts = 5

// base is what everything else is about, for all days.
func (s scribe) base() []pg.Row {
	var rows []pg.Row
	for i := range 3 {
		always := func(kind string) pg.Record { return pg.Record{Key: pg.Key(fmt.Sprint(kind, " ", i)), Source: "test"} }
		route := lref.Measured(s.line(), "mouth")
		rows = append(
			rows, pg.Division{Record: always("division"), CodeScheme: "local", Code: strconv.Itoa(i), Name: "镇", Level: geo.Town, Kind: "镇"},
			pg.LegalDoc{Record: always("doc"), Kind: "notice", Title: "通知"}, pg.Person{Record: always("person"), Name: "示例"},
			pg.River{Record: always("river"), Name: "河", RiverKind: "river"},
			pg.Route{Record: always("route"), River: always("river").Key, MeasureOrigin: "mouth", FlowDir: "with", LengthM: 1, Geom: route},
			pg.Reach{Record: always("reach"), River: always("river").Key, Route: always("route").Key, ToM: 500, BankScope: geo.Both, Level: geo.Town, Division: "division 0", Geom: s.line()},
		)
	}
	for i := range somePosts + 3 {
		rows = append(rows, pg.Post{Record: pg.Record{Key: pg.Key(fmt.Sprint("post ", i)), Source: "test"}, Level: geo.Town, Role: "chief", DualRole: "none", Reach: "reach 0", Title: "河长"})
	}
	// The last ones are held for good, and only what is told of the persons and the documents changes.
	for i := range 3 {
		rows = append(rows, pg.Appointment{
			Record: pg.Record{Key: pg.Key(fmt.Sprint("lasting ", i)), Source: "test", Valid: geo.Since(geo.NewDate(2018, 1, 1))}, Post: pg.Key(fmt.Sprint("post ", somePosts+i)),
			Person: pg.Key(fmt.Sprint("person ", i)), AppointDoc: pg.Key(fmt.Sprint("doc ", i)),
		})
	}
	return rows
}

// row is a random row. The store may refuse it.
func (s scribe) row() pg.Row {
	switch s.IntN(13) {
	case 0:
		return pg.Division{
			Record: s.record(s.key("division", 3)), CodeScheme: "local", Code: strconv.Itoa(s.IntN(5)), Name: "镇" + s.maybe("x"), NameEn: s.maybe("town"), Level: geo.Town, Kind: "镇",
			Parent: s.key("division", 3),
		}
	case 1:
		return pg.LegalDoc{Record: s.record(s.key("doc", 3)), Kind: "notice", Number: s.maybe("号"), Title: "通知" + s.maybe("x")}
	case 2:
		return pg.River{Record: s.record(s.key("river", 3)), Name: "河" + s.maybe("x"), NameEn: s.maybe("river"), RiverKind: "river", ManagingLevels: []int16{3, 4}[:s.IntN(3)]}
	case 3:
		route := lref.Measured(s.line(), "mouth")
		if s.IntN(2) == 0 {
			for i, m := 2, route.FlatCoords(); i < len(m); i += 3 {
				m[i] *= 1 + s.Float64()
			}
		}
		return pg.Route{Record: s.record(s.key("route", 3)), River: s.key("river", 3), MeasureOrigin: "mouth", FlowDir: "with", LengthM: 1, Geom: route}
	case 4, 5:
		from := 100 * s.Float64()
		return pg.Reach{
			Record: s.record(s.key("reach", 4)), Name: s.maybe("段"), River: s.key("river", 3), Route: s.key("route", 3), FromM: from, ToM: from + 300*s.Float64() + 1, BankScope: geo.Left,
			Level: geo.Level(1 + s.IntN(5)), Division: s.key("division", 3), StartPlace: s.maybe("桥"), Geom: s.line(),
		}
	case 6:
		return pg.Person{Record: s.record(s.key("person", 4)), Name: "示例" + s.maybe("x")}
	case 7:
		p := pg.Post{
			Record: s.record(s.key("post", somePosts)), Level: geo.Level(1 + s.IntN(5)), Role: "chief", DualRole: "none", Title: "河长" + s.maybe("x"), PhonePublic: s.maybe("0000"),
			ResponsibleUnit: s.maybe("站"),
		}
		switch s.IntN(3) {
		case 0:
			p.Reach = s.key("reach", 3)
		case 1:
			p.River = s.key("river", 3)
		default:
			p.Division = s.key("division", 3)
		}
		return p
	case 8, 9:
		a := pg.Appointment{
			Record: s.record(s.key("appointment", 8)), Post: s.key("post", somePosts), Person: s.key("person", 3), Position: s.maybe("职"), Acting: s.IntN(3) == 0, Note: s.maybe("注"),
			PublishDate: geo.NewDate(2020, 1, 1+s.IntN(20)),
		}
		if s.IntN(2) == 0 {
			a.AppointDoc = s.key("doc", 3)
		}
		return a
	case 10:
		b := pg.Board{
			Record: s.record(s.key("board", 4)), Code: s.maybe("b"), Level: geo.Town, SiteText: s.maybe("岸"), State: "ok", ContentDate: geo.NewDate(2021, 1, 1+s.IntN(20)),
			Geom: geom.NewPointFlat(geom.XY, []float64{106, 26}),
		}
		for i := range 1 + s.IntN(3) {
			b.Reaches = append(b.Reaches, pg.Key(fmt.Sprint("reach ", i)))
		}
		return b
	case 11:
		flat := []float64{106, 26 + s.Float64(), 1, 106.1, 26, 2}
		return pg.BankLine{Record: s.record(s.key("bank", 3)), Kind: []string{"bank", "levee_toe"}[s.IntN(2)], River: s.key("river", 3), Bank: geo.Left, Geom: geom.NewLineStringFlat(geom.XYZ, flat)}
	default:
		x := 106 + s.Float64()
		flat := []float64{x, 26, x + 0.1, 26, x + 0.1, 26.1, x, 26.1, x, 26}
		return pg.Area{Record: s.record(s.key("area", 3)), River: s.key("river", 3), Status: []string{"announced", "draft"}[s.IntN(2)], Geom: geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{10}})}
	}
}

// After any writes, of whatever kinds and in whatever order they are taken in, the roster holds what a fresh load holds.
func TestFollowedIsLoaded(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := scribe{rand.New(rand.NewPCG(5, 6))}
	mustWrite(t, db.Store, s.base()...)
	l := linesOf(t, db)
	r := loaded(t, db, l)
	src := db.Store.Roster()
	written, refused := 0, map[geo.Code]int{}
	for i := range 400 {
		rows := make([]pg.Row, 1+s.IntN(3))
		for k := range rows {
			rows[k] = s.row()
		}
		err := write(t.Context(), db.Store, rows...)
		if err != nil {
			refused[geo.CodeOf(err)]++
		} else {
			written++
		}
		if s.IntN(4) == 0 {
			if err := r.CatchUp(t.Context(), src); err != nil {
				t.Fatal(err)
			}
		}
		if s.IntN(40) == 0 {
			r.Fold()
		}
		if i%100 != 99 {
			continue
		}
		if err := r.CatchUp(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(loaded(t, db, l).Dump(), r.Dump()); diff != "" {
			t.Fatalf("after %d writes, fresh against followed:\n%s", i+1, diff)
		}
	}
	t.Logf("%d batches written, refused: %v; %d rows, of %d ids late", written, refused, len(r.Dump()), r.Late())
	seen := map[string]bool{}
	for _, line := range r.Dump() {
		seen[strings.Fields(line)[0]] = true
	}
	if len(seen) != 9 { // those that only point at others begin as these do
		t.Errorf("there are only rows of %v", seen)
	}
	if written < 150 {
		t.Errorf("only %d batches were written", written)
	}
}

// A kind of which more is written than the feed names is read anew; so is everything when the store is not the one it was.
func TestReload(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := scribe{rand.New(rand.NewPCG(7, 8))}
	mustWrite(t, db.Store, s.base()...)
	l := linesOf(t, db)
	r := loaded(t, db, l)
	src := db.Store.Roster()
	many := make([]pg.Row, 0, 10_500)
	for i := range cap(many) {
		many = append(many, pg.Person{Record: pg.Record{Key: pg.Key(fmt.Sprint("crowd ", i)), Source: "test"}, Name: "示例众"})
	}
	held := pg.Appointment{Record: pg.Record{Key: "held", Source: "test"}, Post: "post 0", Person: "crowd 77"}
	mustWrite(t, db.Store, append(many, held)...)
	if err := r.CatchUp(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(loaded(t, db, l).Dump(), r.Dump()); diff != "" {
		t.Errorf("after a bulk change, fresh against followed:\n%s", diff)
	}
	older := pgtest.New(t)
	if err := older.Exec(t.Context(), "", "SELECT setval('hetu.audit_id_seq', 1)"); err != nil { // where it begins is random, and large
		t.Fatal(err)
	}
	mustWrite(t, older.Store, s.base()...)
	if err := r.CatchUp(t.Context(), older.Store.Roster()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(loaded(t, older, l).Dump(), r.Dump()); diff != "" {
		t.Errorf("on a store that was restored to an earlier state:\n%s", diff)
	}
}

// What is committed is taken in also while a transaction that began before holds the feed's position back, and once more
// when that one commits.
func TestHeldBackFeed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := scribe{rand.New(rand.NewPCG(9, 10))}
	mustWrite(t, db.Store, s.base()...)
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	early, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = early.Exec(t.Context(), "SELECT pg_current_xact_id()"); err != nil {
		t.Fatal(err)
	}
	l := linesOf(t, db)
	r := loaded(t, db, l)
	src := db.Store.Roster()
	for i := range 3 {
		mustWrite(t, db.Store, pg.River{Record: pg.Record{Key: "river 0", Source: "test"}, Name: fmt.Sprint("河", i), RiverKind: "river"})
		if err = r.CatchUp(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(loaded(t, db, l).Dump(), r.Dump()); diff != "" {
			t.Errorf("while the feed is held back: %s", diff)
		}
	}
	// The early one writes at last, before the position of all others.
	for _, sql := range []string{
		"INSERT INTO hetu.river (key) VALUES ('late')",
		"INSERT INTO hetu.river_version (name, river_kind, id, version, valid, recorded, source) SELECT '晚', 'river', id, 1, '(,)', tstzrange(now(), NULL), 'test' FROM hetu.river WHERE key = 'late'",
		"INSERT INTO hetu.change (at, kind, op, feature_id, audit_id) SELECT now(), 'river', 'put', id, 1 FROM hetu.river WHERE key = 'late'",
	} {
		if _, err = early.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	before := len(r.Dump())
	if err = early.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.CatchUp(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(loaded(t, db, l).Dump(), r.Dump()); diff != "" {
		t.Errorf("after it ended: %s", diff)
	}
	if got := len(r.Dump()); got != before+1 {
		t.Errorf("%d rows, want the late one beside %d", got, before)
	}
}

// broken is a source that can be cut off.
type broken struct {
	roster.Source
	off atomic.Bool
}

var errCut = errors.New("no database")

func (b *broken) Open(ctx context.Context, readers int) (roster.View, error) {
	if b.off.Load() {
		return nil, errCut
	}
	return b.Source.Open(ctx, readers)
}

func (b *broken) Wait(ctx context.Context) error {
	if b.off.Load() {
		return errCut
	}
	return b.Source.Wait(ctx)
}

// While the database cannot be reached the roster answers from what it has and says how old that is; when it is back, what
// was written meanwhile is taken in.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := append(scribe{rand.New(rand.NewPCG(1, 1))}.base(), pg.Division{Record: rec("town", "", ""), CodeScheme: "local", Code: "t", Name: "镇", Level: geo.Town, Kind: "镇"})
	mustWrite(t, db.Store, append(rows, river("r", "mouth", false, []float64{100, 30, 100.01, 30, 100.02, 30})...)...)
	r := roster.New(linesOf(t, db))
	q := duty.Question{Lon: 100.005, Lat: 30.0001, At: duty.Moment{AsOf: day("2026-01-01")}}
	if _, ok, err := r.Responsible(t.Context(), q); ok || err != nil {
		t.Errorf("answered before it was loaded: %v, %v", ok, err)
	}
	src := &broken{Source: db.Store.Roster()}
	trouble := make(chan error, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Follow(ctx, src, func(err error) { trouble <- err })
	}()
	defer func() { stop(); <-done }()
	eventually(t, "loaded", func() bool { return r.State().Loaded })
	src.off.Store(true)
	if err := <-trouble; !errors.Is(err, errCut) {
		t.Errorf("told %v", err)
	}
	at := r.State().At
	mustWrite(t, db.Store, pg.River{Record: rec("r", "", ""), Name: "新名", RiverKind: "river"})
	name := func() string {
		a, ok, err := r.Responsible(t.Context(), q)
		if err != nil || !ok || len(a.Rivers) != 1 {
			t.Fatalf("answered %v: %+v, %v", ok, a, err)
		}
		return a.Rivers[0].River.Name
	}
	if got := name(); got != "r" || !r.State().At.Equal(at) {
		t.Errorf("without a database: river %s, state %+v", got, r.State())
	}
	past := q
	past.At.KnownAt = time.Now()
	if _, ok, err := r.Responsible(t.Context(), past); ok || err != nil {
		t.Errorf("a question of an earlier record: answered %v, %v", ok, err)
	}
	src.off.Store(false)
	eventually(t, "followed", func() bool { return name() == "新名" })
	if err := <-trouble; err != nil {
		t.Errorf("told %v, want that it is over", err)
	}
	if now := r.State(); !now.At.After(at) || now.Version != version(t, db.Store) {
		t.Errorf("state %+v, want one after %s", now, at)
	}
	// The connections die without a word; the next write is seen all the same.
	if err := db.Exec(t.Context(), "", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'hetu_ro' AND pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, db.Store, pg.River{Record: rec("r", "", ""), Name: "再改", RiverKind: "river"})
	eventually(t, "followed on new connections", func() bool { return name() == "再改" })
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 1200 {
		if is() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("not %s after a minute", what)
}

// A merge changes a reach and its post together; an answer has either both as before or both as after.
func TestAnswersAreOfOneState(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := append(scribe{rand.New(rand.NewPCG(1, 1))}.base(), pg.Division{Record: rec("town", "", ""), CodeScheme: "local", Code: "t", Name: "镇", Level: geo.Town, Kind: "镇"})
	rows = append(rows, river("r", "mouth", false, []float64{100, 30, 100.01, 30, 100.02, 30})...)
	reach, ok := rows[len(rows)-3].(pg.Reach)
	if !ok {
		t.Fatalf("got a %T", rows[len(rows)-3])
	}
	chief := pg.Post{Record: rec("chief", "", ""), Level: geo.Town, Role: "chief", DualRole: "none", Reach: reach.Key, Title: "0"}
	reach.Name = "0"
	rows[len(rows)-3] = reach
	mustWrite(t, db.Store, append(rows, chief)...)
	r := roster.New(linesOf(t, db))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Follow(ctx, db.Store.Roster(), func(err error) { t.Errorf("trouble: %v", err) })
	}()
	defer func() { stop(); <-done }()
	eventually(t, "loaded", func() bool { return r.State().Loaded })
	title := func() string {
		a, _, err := r.Responsible(t.Context(), duty.Question{Lon: 100.005, Lat: 30.0001, At: duty.Moment{AsOf: day("2026-01-01")}})
		if err != nil || len(a.Rivers) != 1 {
			t.Fatalf("%+v, %v", a, err)
		}
		levels := a.Rivers[0].Banks[0].Levels
		at := levels[len(levels)-1].Reaches[0]
		if *at.Name != at.Posts[0].Title {
			t.Fatalf("reach %s with post %s", *at.Name, at.Posts[0].Title)
		}
		return at.Posts[0].Title
	}
	wrote := make(chan error, 1)
	go func() {
		defer close(wrote)
		for i := range 30 {
			reach.Name = strconv.Itoa(i + 1)
			chief.Title = reach.Name
			if err := write(ctx, db.Store, reach, chief); err != nil {
				wrote <- err
				return
			}
		}
	}()
	eventually(t, "followed to the end", func() bool { return title() == "30" })
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

func version(t *testing.T, s *pg.Store) int64 {
	t.Helper()
	v, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}
