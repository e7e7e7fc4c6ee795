package pg_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
)

func day(s string) geo.Date {
	d, err := geo.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func merge(t *testing.T, s *pg.Store, rows ...pg.Row) []pg.Merged {
	t.Helper()
	b, err := s.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err = b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
	merged, err := b.Merge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// townPost is the least that an appointment needs: a division with a head chief's post.
func townPost() []pg.Row {
	return []pg.Row{
		pg.Division{Record: pg.Record{Key: "d", Source: "test"}, CodeScheme: "local", Code: "1", Name: "甲乡", Level: geo.Town, Kind: "乡"},
		pg.Post{Record: pg.Record{Key: "p", Source: "test"}, Level: geo.Town, Role: "head_chief", DualRole: "none", Division: "d", Title: "总河长"},
		pg.Person{Record: pg.Record{Key: "a", Source: "test"}, Name: "示例甲", IsSample: true},
		pg.Person{Record: pg.Record{Key: "b", Source: "test"}, Name: "示例乙", IsSample: true},
		pg.Person{Record: pg.Record{Key: "c", Source: "test"}, Name: "示例丙", IsSample: true},
	}
}

func holder(key, person pg.Key, from, to string) pg.Appointment {
	p := geo.Period{From: day(from)}
	if to != "" {
		p.To = day(to)
	}
	return pg.Appointment{Record: pg.Record{Key: key, Valid: p, Source: "test"}, Post: "p", Person: person}
}

// A chief changes twice, later the first change's date is corrected. Four questions on the two time axes.
func TestTwoTimeAxes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	db := pgtest.New(t, pgtest.Clock(func() time.Time { return now }))
	merge(t, db.Store, townPost()...)
	merge(t, db.Store, holder("1", "a", "2025-01-01", ""))

	now = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC) // 乙 follows on 1 March, 丙 on 1 June
	merge(t, db.Store, pg.Appointment{Record: pg.Record{Key: "1", Valid: geo.Since(day("2026-03-01")), Gone: true, Source: "test"}, Post: "p", Person: "a"},
		holder("2", "b", "2026-03-01", "2026-06-01"), holder("3", "c", "2026-06-01", ""))
	before := now.Add(time.Hour)

	now = time.Date(2026, 4, 1, 8, 0, 0, 0, time.UTC) // it was 15 February
	merge(t, db.Store, pg.Appointment{Record: pg.Record{Key: "1", Valid: geo.Since(day("2026-02-15")), Gone: true, Source: "test"}, Post: "p", Person: "a"},
		holder("2", "b", "2026-02-15", "2026-06-01"))
	after := now.Add(time.Hour)

	tests := []struct {
		name, asOf string
		knownAt    time.Time
		want       string
	}{
		{"20 February as known before the correction", "2026-02-20", before, "示例甲"},
		{"20 February as known after it", "2026-02-20", after, "示例乙"},
		{"April is the same before", "2026-04-15", before, "示例乙"},
		{"the second change was not touched", "2026-07-01", after, "示例丙"},
		{"before anything was known", "2026-07-01", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ""},
	}
	for _, tt := range tests {
		got, err := db.Store.HolderForTest(t.Context(), "p", day(tt.asOf), tt.knownAt)
		if err != nil {
			t.Fatal(err)
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMergeTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	rows := append(townPost(), holder("1", "a", "2025-01-01", ""))
	merge(t, db.Store, rows...)
	again := merge(t, db.Store, rows...)
	want := []pg.Merged{
		{Entity: "division", Unchanged: 1}, {Entity: "person", Unchanged: 3}, {Entity: "post", Unchanged: 1}, {Entity: "appointment", Unchanged: 1},
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error(diff)
	}
}
