package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hetu/data/files"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// office is a store with somebody who files documents, its folder and its clock.
type office struct {
	*pgtest.Database
	*files.Folder
	dir   string
	now   *time.Time
	who   access.Actor
	place int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	now := time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC) // the database takes no time that has not come
	o := &office{now: &now, dir: filepath.Join(t.TempDir(), "documents")}
	o.Folder = files.New(o.dir)
	o.Database = pgtest.New(t, pgtest.Clock(func() time.Time { return *o.now }))
	b, err := o.Store.NewBatch(t.Context(), "test", t.Name())
	if err == nil {
		err = b.Add(t.Context(), pg.Division{Record: pg.Record{Key: "west", Source: "test"}, CodeScheme: "local", Code: "west", Name: "西县", Level: geo.County, Kind: "县"})
	}
	if err == nil {
		_, err = b.Merge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if o.place, _, err = o.Store.Division(t.Context(), "west"); err != nil {
		t.Fatal(err)
	}
	o.who = access.Actor{Name: "wang", Grants: []access.Grant{{Role: access.Office, Division: o.place}}}
	if o.who.Account, err = o.Store.NewAccount(t.Context(), access.Actor{}, access.Account{Name: "wang", DisplayName: "王"}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Store.Grant(t.Context(), access.Actor{}, o.who.Account, o.who.Grants[0]); err != nil {
		t.Fatal(err)
	}
	return o
}

// send keeps a file and tells the store who sent it, as the server does.
func (o *office) send(t *testing.T, text string) (sum string) {
	t.Helper()
	sum, n, err := o.Keep(t.Context(), strings.NewReader(text), 1000)
	if err == nil {
		err = os.Chtimes(filepath.Join(o.dir, sum[:2], sum), *o.now, *o.now)
	}
	if err == nil {
		err = o.Store.FileSent(t.Context(), o.who, sum, n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func (o *office) file(t *testing.T, sum string) error {
	t.Helper()
	_, _, err := o.Store.AddDocument(t.Context(), o.who, project.Document{Kind: "notice", Title: "通知", SHA256: &sum, Division: &o.place}, project.Once{})
	return err
}

func (o *office) kept(t *testing.T, sum string) bool {
	t.Helper()
	f, err := o.Open(t.Context(), sum)
	if err == nil {
		_ = f.Close()
	}
	return err == nil
}

func (o *office) sweep(t *testing.T, filing files.Filing) (int, error) {
	t.Helper()
	n, _, err := o.Sweep(t.Context(), filing, o.now.Add(-files.KeepUnfiled))
	return n, err
}

// A file that nobody filed goes when it is old, and what is known of its sending with it; one that is filed stays, one that came again is new.
func TestSweep(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	filed, loose, again, broken := o.send(t, "filed"), o.send(t, "loose"), o.send(t, "sent again"), filepath.Join(o.dir, "coming-1")
	if err := errors.Join(o.file(t, filed), os.WriteFile(broken, []byte("half"), 0o600), os.Chtimes(broken, *o.now, *o.now)); err != nil {
		t.Fatal(err)
	}
	stray := filepath.Join(o.dir, filed[:2], "x")
	if err := errors.Join(os.WriteFile(stray, []byte("a person's"), 0o600), os.Chtimes(stray, *o.now, *o.now)); err != nil {
		t.Fatal(err)
	}
	*o.now = o.now.Add(files.KeepUnfiled)
	if n, err := o.sweep(t, o.Store); n != 0 || err != nil || !o.kept(t, loose) {
		t.Errorf("a week later %d are gone, %v", n, err)
	}
	o.send(t, "sent again")
	*o.now = o.now.Add(time.Second)
	if n, err := o.sweep(t, o.Store); n != 1 || err != nil {
		t.Errorf("a second later %d are gone, %v", n, err)
	}
	if !o.kept(t, filed) || o.kept(t, loose) || !o.kept(t, again) {
		t.Errorf("filed %t, loose %t, sent again %t", o.kept(t, filed), o.kept(t, loose), o.kept(t, again))
	}
	if _, err := os.Stat(broken); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what broke off: %v", err)
	}
	if _, err := os.Stat(stray); err != nil {
		t.Errorf("what is no file of ours: %v", err)
	}
	if err := o.file(t, loose); geo.CodeOf(err) != geo.CodeRefused || !strings.Contains(err.Error(), "send it to") {
		t.Errorf("filing what is gone: %v", err)
	}
	if err := o.file(t, again); err != nil {
		t.Errorf("filing what came again: %v", err)
	}
	if o.send(t, "loose"); o.file(t, loose) != nil || !o.kept(t, loose) {
		t.Error("what is gone is sent again, and not filed")
	}
	if n, _, err := files.New(filepath.Join(o.dir, "none")).Sweep(t.Context(), o.Store, *o.now); n != 0 || err != nil {
		t.Errorf("a folder that is not there: %d, %v", n, err)
	}
}

// filingFunc is a filing that does something else besides.
type filingFunc func(ctx context.Context, sums []string, since time.Time) ([]string, error)

func (f filingFunc) Unfiled(ctx context.Context, sums []string, since time.Time) ([]string, error) {
	return f(ctx, sums, since)
}

// Wherever a sweep is killed, and whatever is sent or filed meanwhile, no document is without its file.
func TestSweepLosesNothingFiled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one, two, three := o.send(t, "one"), o.send(t, "two"), o.send(t, "three")
	*o.now = o.now.Add(files.KeepUnfiled + time.Hour)
	killed := errors.New("killed")
	// Killed before the store settled anything: all is as it was, and one is filed.
	if _, err := o.sweep(t, filingFunc(func(context.Context, []string, time.Time) ([]string, error) { return nil, killed })); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	// Filed after it was listed, and before the store is asked.
	n, err := o.sweep(t, filingFunc(func(ctx context.Context, sums []string, since time.Time) ([]string, error) {
		if err := o.file(t, one); err != nil {
			t.Error(err)
		}
		// Killed after the store settled it, and before a file is removed.
		if unfiled, err := o.Store.Unfiled(ctx, sums, since); err != nil || len(unfiled) != 2 {
			t.Errorf("%v, %v", unfiled, err)
		}
		return nil, killed
	}))
	if n != 0 || !errors.Is(err, killed) || !o.kept(t, one) || !o.kept(t, two) {
		t.Fatalf("%d are gone, %v", n, err)
	}
	if err := o.file(t, two); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("what may go at any moment is filed: %v", err)
	}
	// Sent again and filed after the store settled that it may go: it came anew, and stays.
	n, err = o.sweep(t, filingFunc(func(ctx context.Context, sums []string, since time.Time) ([]string, error) {
		unfiled, err := o.Store.Unfiled(ctx, sums, since)
		if o.send(t, "two"); o.file(t, two) != nil {
			t.Error("what came again is not filed")
		}
		return unfiled, err
	}))
	if n != 1 || err != nil || !o.kept(t, one) || !o.kept(t, two) || o.kept(t, three) {
		t.Errorf("%d are gone, %v: one %t, two %t, three %t", n, err, o.kept(t, one), o.kept(t, two), o.kept(t, three))
	}
}

// The photo of a stake, of whatever version, is filed by the stake.
func TestSweepKeepsPhotos(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	sum, _, err := o.Keep(t.Context(), strings.NewReader("photo"), 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Exec(t.Context(), "", `SET session_replication_role = replica;
		WITH k AS (INSERT INTO hetu.stake (key) VALUES ('k') RETURNING id)
		INSERT INTO hetu.stake_version (id, version, valid, recorded, source, boundary_id, name, kind, bank, geom, photo_sha256)
		SELECT id, 1, '(,)', tstzrange('2026-01-01', '2026-02-01'), 'test', 1, 'x', 'physical', 'left', ST_SetSRID(ST_MakePoint(106.4, 26.6, 0), 4490), '`+sum+`' FROM k`); err != nil {
		t.Fatal(err)
	}
	*o.now = o.now.AddDate(1, 0, 0)
	if n, err := o.sweep(t, o.Store); n != 0 || err != nil || !o.kept(t, sum) {
		t.Errorf("%d are gone, %v", n, err)
	}
}
