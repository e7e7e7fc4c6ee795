package pg_test

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles/atlas"
)

// reader follows a store's feed and names what is touched by its natural keys.
type reader struct {
	*history
	src *pg.AtlasSource
	at  atlas.Position
}

func newReader(t *testing.T, rows ...pg.Row) *reader {
	t.Helper()
	db := pgtest.New(t)
	merge(t, db.Store, rows...)
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	r := &reader{history: &history{db: db, conn: conn}, src: db.Store.Atlas()}
	r.touched(t)
	return r
}

// touched follows to the end of the feed and gives what was touched, as "layer key", and the layers to be read anew.
func (r *reader) touched(t *testing.T) (keys, reload []string) {
	t.Helper()
	r.follow(t, r.src, &r.at, func(d atlas.Delta) {
		for layer, ids := range d.Touched {
			table := map[string]string{"river": "route", "draft": "boundary"}[layer]
			if table == "" {
				table = layer
			}
			rows, err := r.conn.Query(t.Context(), "SELECT key FROM hetu."+table+" WHERE id = ANY ($1)", ids)
			if err != nil {
				t.Fatal(err)
			}
			of, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range of {
				keys = append(keys, layer+" "+k)
			}
		}
		reload = append(reload, d.Reload...)
	})
	slices.Sort(keys)
	return slices.Compact(keys), reload
}

// What a write touches: what shows it, and nothing else. A river of 1,000 m with two reaches has everything on it; the second
// river flows into it.
func TestTouched(t *testing.T) {
	t.Parallel()
	rows := append(tileRows(1, 108.65, 40.1), tileRows(2, 110.65, 40.1)...)
	r := newReader(t, append(rows, pg.Plan{Record: tileRecord("plan"), Name: "方案", River: "river1", Edition: 1, Status: "approved"})...)
	merge(t, r.db.Store, edited(t, rows, "river2", func(v *pg.River) { v.FlowsInto = "river1" }))
	r.touched(t)
	gone := func(key pg.Key) pg.Record {
		return pg.Record{Key: key, Valid: geo.Since(day("2027-01-01")), Source: "test", Gone: true}
	}
	with := func(more []string, of ...string) []string {
		return slices.Sorted(slices.Values(append(slices.Clone(of), more...)))
	}
	reaches := []string{"reach county reach1", "reach town reach1"}
	named := with(reaches, "boundary announced1", "draft drawn1", "outfall outfall1", "river route1", "river route2", "section section1")
	tests := []struct {
		name string
		row  pg.Row
		want []string
	}{
		{"a river grows longer", edited(t, rows, "river1", func(v *pg.River) { v.LengthKm = new(3.5) }), []string{"river route1"}},
		{"a river is named anew", edited(t, rows, "river1", func(v *pg.River) { v.Name = "新河" }), named},
		{"it is written again", edited(t, rows, "river1", func(v *pg.River) { v.Name = "新河" }), nil},
		{"a river ends", edited(t, rows, "river1", func(v *pg.River) { v.Record = gone("river1") }), named},
		{"a route", edited(t, rows, "route1", func(o *pg.Route) { o.Calibrated = true }), []string{"river route1"}},
		{"a reach", edited(t, rows, "town reach1", func(o *pg.Reach) { o.Name = "新" }), []string{"reach town reach1"}},
		{"a division gets another shape", edited(t, rows, "division1", func(d *pg.Division) { d.Geom = tileSquare(108, 40, 1) }), []string{"division division1"}},
		{"a division is named anew", edited(t, rows, "division1", func(d *pg.Division) { d.Name = "新区" }), with(reaches, "board board1", "division division1")},
		{"a person", edited(t, rows, "person1", func(p *pg.Person) { p.Name = "示例丁" }), nil},
		{"an appointment's note", edited(t, rows, "appointment1", func(a *pg.Appointment) { a.Note = "代" }), nil},
		{"an appointment ends sooner", edited(t, rows, "appointment1", func(a *pg.Appointment) {
			a.Record = pg.Record{Key: "appointment1", Valid: geo.Since(day("2026-05-01")), Source: "test", Gone: true}
		}), []string{"reach county reach1"}},
		{"a post", edited(t, rows, "post1", func(p *pg.Post) { p.Role = "river_police" }), []string{"reach county reach1"}},
		{"a board's state", edited(t, rows, "board1", func(b *pg.Board) { b.State = "faded" }), []string{"board board1"}},
		{"a board names another reach", edited(t, rows, "board1", func(b *pg.Board) { b.State, b.Reaches = "faded", []pg.Key{"county reach1"} }), with(reaches, "board board1")},
		{"a board ends", edited(t, rows, "board1", func(b *pg.Board) { b.Record = gone("board1") }), []string{"board board1", "reach county reach1"}},
		{"an announced boundary's shape", edited(t, rows, "announced1", func(b *pg.Boundary) { b.Geom = line(108.65, 40.1, 108.66, 40.2) }), []string{"boundary announced1"}},
		{"an announced boundary grows shorter", edited(t, rows, "announced1", func(b *pg.Boundary) { b.Geom, b.ToM = line(108.65, 40.1, 108.66, 40.2), new(500.0) }), with(reaches, "boundary announced1")},
		{"an announced boundary ends", edited(t, rows, "announced1", func(b *pg.Boundary) { b.Record = gone("announced1") }), with(reaches, "boundary announced1")},
		{"a draft", edited(t, rows, "drawn1", func(b *pg.Boundary) { b.Name = "新" }), []string{"draft drawn1"}},
		{"a draft is announced", edited(t, rows, "drawn1", func(b *pg.Boundary) { b.Name, b.Status = "新", "announced" }), with(reaches, "boundary drawn1", "draft drawn1")},
		{"a plan", pg.Plan{Record: tileRecord("plan"), Name: "方案", River: "river1", Edition: 2, Status: "closed"}, reaches},
		{"a section", edited(t, rows, "section1", func(s *pg.Section) { s.Name = "新" }), []string{"section section1"}},
		{"an outfall", edited(t, rows, "outfall1", func(o *pg.Outfall) { o.Name = "新" }), []string{"outfall outfall1"}},
	}
	for _, tt := range tests {
		merge(t, r.db.Store, tt.row)
		got, reload := r.touched(t)
		if diff := cmp.Diff(tt.want, got); diff != "" || reload != nil {
			t.Errorf("%s: %v %s", tt.name, reload, diff)
		}
	}
}

// edited gives the row of a key, changed.
func edited[R pg.Row](t *testing.T, rows []pg.Row, key pg.Key, change func(*R)) pg.Row {
	t.Helper()
	for _, row := range rows {
		if r, ok := row.(R); ok && reflect.ValueOf(row).FieldByName("Key").Interface() == any(key) {
			change(&r)
			return r
		}
	}
	t.Fatalf("there is no row %s", key)
	return nil
}

// More features than the feed tells of one by one are told as layers, and so are more than are worth being fetched.
func TestChangesReload(t *testing.T) {
	t.Parallel()
	r := newReader(t, smallRiver()...)
	boards := make([]pg.Row, 10001)
	for i := range boards {
		boards[i] = pg.Board{Record: rec(pg.KeyOf("b", string(rune(0x4e00+i)))), Level: geo.Town, Reaches: []pg.Key{"re"}, State: "ok", Geom: point(106.4, 26.6)}
	}
	merge(t, r.db.Store, boards...)
	if keys, reload := r.touched(t); keys != nil || !slices.Equal(reload, []string{"board", "reach"}) {
		t.Errorf("an import of boards touches %d features and the layers %v", len(keys), reload)
	}
	reaches := make([]pg.Row, 20000)
	for i := range reaches {
		reaches[i] = reach(pg.KeyOf("re", string(rune(0x4e00+i))), 0, 10)
	}
	merge(t, r.db.Store, reaches...)
	if _, reload := r.touched(t); !slices.Equal(reload, []string{"reach"}) {
		t.Errorf("an import of reaches touches the layers %v", reload)
	}
	merge(t, r.db.Store, pg.River{Record: rec("r"), Name: "新河", RiverKind: "river", Division: "d"})
	if keys, reload := r.touched(t); !slices.Equal(keys, []string{"river rt"}) || !slices.Equal(reload, []string{"reach"}) {
		t.Errorf("the name of a river of 20,001 reaches touches %v and the layers %v", keys, reload)
	}
}

// A position is in the feed that has it with its write; the beginning is in every feed, with none.
func TestPositionAndHolds(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	src := db.Store.Atlas()
	holds := func(at atlas.Position, version int64) bool {
		t.Helper()
		yes, err := src.Holds(t.Context(), at, version)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	at, version, err := src.Position(t.Context())
	if err != nil || at != (atlas.Position{}) || version != 0 || !holds(at, version) || holds(at, 1) {
		t.Fatalf("an empty store is at %v, %d, %v", at, version, err)
	}
	merge(t, db.Store, smallRiver()...)
	changes(t, db.Store, at, 4)
	at, version, err = src.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newest, err := db.Store.Version(t.Context())
	if err != nil || version != newest {
		t.Errorf("the newest write is %d, want %d, %v", version, newest, err)
	}
	if !holds(at, version) || holds(at, version+1) {
		t.Error("the feed does not hold its end, or holds what is not there")
	}
	for _, other := range []atlas.Position{{XID: at.XID, Seq: at.Seq + 1, At: at.At}, {XID: at.XID + 1, Seq: at.Seq, At: at.At}, {XID: at.XID, Seq: at.Seq, At: at.At + 1}} {
		if holds(other, version) {
			t.Errorf("the feed that ends at %v holds %v", at, other)
		}
	}
	d, err := src.Changes(t.Context(), at)
	if err != nil || d.To != at || d.Version != 0 || d.More || d.At.IsZero() || len(d.Touched)+len(d.Reload) > 0 {
		t.Errorf("after the end there is %+v, %v", d, err)
	}
	if d, err = src.Changes(t.Context(), atlas.Position{}); err != nil || d.To != at || d.Version != newest {
		t.Errorf("from the beginning there is %+v, %v", d, err)
	}
}

// A read of the feed does not end within a transaction: its changes are taken in as one.
func TestFeedIsReadByTransactions(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, smallRiver()...)
	merge(t, db.Store, reach("re2", 0, 10))
	changes(t, db.Store, atlas.Position{}, 5)
	got, _, err := db.Store.Feed().Read(t.Context(), atlas.Position{}, 1)
	if err != nil || len(got) != 4 || got[0].XID != got[3].XID {
		t.Errorf("got %+v, %v; want the four changes of the first transaction", got, err)
	}
	if rest, _, err := db.Store.Feed().Read(t.Context(), got[3].Position(), 1); err != nil || len(rest) != 1 {
		t.Errorf("got %+v, %v; want the change of the second", rest, err)
	}
}

// woken reads whenever a feed says that something may have been written, until it has the write.
func woken(t *testing.T, src *pg.AtlasSource, at *atlas.Position, want int64) {
	t.Helper()
	for range 300 {
		d, err := src.Changes(t.Context(), *at)
		if err != nil {
			t.Fatal(err)
		}
		if *at = d.To; d.Version >= want {
			return
		}
		if err := src.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("the write %d was not heard of", want)
}

// A transaction that began before a write and commits after it was read past holds the write back, and is itself not skipped: the
// reader has both, in the order of the feed.
func TestLateCommitIsNotSkipped(t *testing.T) {
	t.Parallel()
	r := newReader(t, smallRiver()...)
	late, err := pgx.Connect(t.Context(), r.db.DSN("hetu_owner"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = late.Close(t.Context()) }()
	tx, err := late.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	if err = tx.QueryRow(t.Context(), "SELECT id FROM hetu.reach WHERE key = 're'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	// Its number is drawn now; it writes a change as merge() does, and commits when the other has long been there.
	if _, err = tx.Exec(t.Context(), "INSERT INTO hetu.change (at, kind, op, feature_id, version, audit_id) VALUES (now(), 'reach', 'put', $1, 1, 1)", id); err != nil {
		t.Fatal(err)
	}
	merge(t, r.db.Store, reach("re2", 0, 10))
	for range 3 {
		var d atlas.Delta
		if d, err = r.src.Changes(t.Context(), r.at); err != nil || d.To != r.at || len(d.Touched) > 0 {
			t.Fatalf("behind a transaction that runs there is %+v, %v", d, err)
		}
		if err = r.src.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err = tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keys, _ := r.touched(t); !slices.Equal(keys, []string{"reach re", "reach re2"}) {
		t.Errorf("got %v", keys)
	}
}

// A listener that is cut off loses nothing: Wait makes another and returns at once.
func TestListenerIsCut(t *testing.T) {
	t.Parallel()
	r := newReader(t, smallRiver()...)
	for i := range 2 {
		for range 2 { // it listens, and has heard what there was
			if err := r.src.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		if err := r.conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND query LIKE '%LISTEN hetu\_change%' AND pid <> pg_backend_pid()`).Scan(&n); err != nil || n == 0 {
			t.Fatalf("%d listeners were cut, %v", n, err)
		}
		merge(t, r.db.Store, reach(pg.KeyOf("re", string(rune('a'+i))), 0, 10))
		newest, err := r.db.Store.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		woken(t, r.src, &r.at, newest)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := r.src.Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait whose context has ended: %v", err)
	}
}

// A few rows are staged by the transaction that merges them: nothing is left of a preview, and the merge after it brings them in.
func TestFewRows(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err = b.Add(t.Context(), smallRiver()...); err != nil {
		t.Fatal(err)
	}
	first, err := b.Preview(t.Context())
	if err != nil || len(first) != 4 || version(t, db.Store) != 0 {
		t.Fatalf("the preview says %+v, %v", first, err)
	}
	var staged int
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if err = conn.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM staging.batch) + (SELECT count(*) FROM staging.reach)").Scan(&staged); err != nil || staged != 0 {
		t.Errorf("the preview left %d rows in staging, %v", staged, err)
	}
	if err = b.Add(t.Context(), reach("re2", 0, 10)); err != nil {
		t.Fatal(err)
	}
	got, err := b.Merge(t.Context())
	want := append(slices.Clone(first[:3]), pg.Merged{Entity: "reach", Added: 2})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if err = b.Drop(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err = db.Store.NewBatch(t.Context(), "", "x"); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a batch of nobody's: %v", err)
	}
}

// A writer that waits for another has no transaction number yet, with which it would hold the feed back.
func TestWaitingWriterHoldsNothingBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	merge(t, db.Store, smallRiver()...)
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = tx.Exec(t.Context(), "LOCK TABLE hetu.audit IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		b, failed := db.Store.NewBatch(t.Context(), "test", t.Name())
		if failed == nil {
			_ = b.Add(t.Context(), reach("re2", 0, 10)) // kept, and staged by Merge
			_, failed = b.Merge(t.Context())
		}
		done <- failed
	}()
	waiting, numbered := 0, 0
	for range 200 {
		if err = tx.QueryRow(t.Context(), `SELECT count(*), count(a.backend_xid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted
			WHERE a.datname = current_database() AND l.relation = 'hetu.audit'::regclass`).Scan(&waiting, &numbered); err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if waiting != 1 || numbered != 0 {
		t.Errorf("%d writers wait, %d of them with a number; want one without", waiting, numbered)
	}
	if err = tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err = <-done; err != nil {
		t.Error(err)
	}
}

// The statements for all rows are those for some without the lines that pick them, and those stand for themselves.
func TestMarkedLines(t *testing.T) {
	t.Parallel()
	for name, sql := range pg.StatementsForTest() {
		marked := strings.Contains(sql, "-- of ids\n")
		if strings.HasPrefix(name, "atlas_") && !marked {
			t.Errorf("%s: no line picks by id", name)
		}
		if marked && regexp.MustCompile("@[a-z]").MatchString(pg.OfAllForTest(sql)) {
			t.Errorf("%s: a parameter stands in a line without the mark", name)
		}
	}
}
