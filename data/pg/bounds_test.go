package pg_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// atOnce does something so many times side by side, and tells how often it was done; all else is to be refused as a conflict.
func atOnce(t *testing.T, times int, do func(i int) error) (done int) {
	t.Helper()
	errs := make([]error, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	for i, err := range errs {
		switch {
		case err == nil:
			done++
		case geo.CodeOf(err) != geo.CodeConflict:
			t.Errorf("%d: %v", i, err)
		}
	}
	return done
}

// An account has twenty keys that are good and no more, also when it asks for many at once; one that was revoked, or has run out, makes room.
func TestKeysOfAnAccountAreBounded(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	db := pgtest.New(t, pgtest.Clock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }))
	merge(t, db.Store, twoCounties()...)
	owner, other := person(t, db.Store, "owner", access.Planner, "city"), person(t, db.Store, "other", access.Planner, "city")
	key := func(of access.Actor, i int) error {
		k := access.Key{ID: fmt.Sprintf("key%09d", i), Account: of.Account, Name: "k", Roles: []access.Role{access.Planner}, EndsAt: db.Store.NowForTest().Add(time.Hour)}
		return db.Store.NewKey(t.Context(), of, k, sha256.Sum256(nil))
	}
	for i := range 18 {
		if err := key(owner, i); err != nil {
			t.Fatal(err)
		}
	}
	if n := atOnce(t, 5, func(i int) error { return key(owner, 18+i) }); n != 2 {
		t.Errorf("%d of five at once were made, want 2", n)
	}
	if err := key(other, 30); err != nil {
		t.Errorf("another's: %v", err)
	}
	if err := db.Store.EndKey(t.Context(), owner, owner.Account, "key000000003"); err != nil {
		t.Fatal(err)
	}
	if err := key(owner, 31); err != nil {
		t.Errorf("after one was revoked: %v", err)
	}
	if err := key(owner, 32); geo.CodeOf(err) != geo.CodeConflict || !strings.Contains(err.Error(), "revoke") {
		t.Errorf("one more: %v", err)
	}
	later.Store(int64(2 * time.Hour))
	if err := key(owner, 33); err != nil {
		t.Errorf("when all have run out: %v", err)
	}
}

// What an account may send is not sent several times over by sending it side by side: all find room, and no more is kept than one after the other.
func TestWhatIsSentAtOnceIsBounded(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	if err := c.Store.RoomForFile(t.Context(), c.planner); err != nil {
		t.Fatal(err)
	}
	hash := func(i int) string { return fmt.Sprintf("%064x", i) }
	if n := atOnce(t, 5, func(i int) error { return c.Store.FileSent(t.Context(), c.planner, hash(i), 300<<20) }); n != 2 {
		t.Errorf("%d files of 300 MB were kept, want 2", n)
	}
	if n := c.query(t, "SELECT count(*) FROM hetu.file"); n != 2 {
		t.Errorf("%d files are known", n)
	}
	if err := c.Store.FileSent(t.Context(), c.second, hash(0), 1); err != nil {
		t.Errorf("another's: %v", err)
	}
	model := func(i int) error {
		return c.Store.AddModel(t.Context(), c.planner, id, project.Model{
			SHA256: hash(i), Bytes: 600 << 20, Name: "m", CRS: "EPSG:4490", Datum: "1985", Source: "x", Cols: 2, Rows: 2, CellM: 5,
		})
	}
	if n := atOnce(t, 5, model); n != 2 {
		t.Errorf("%d models of 600 MB were kept, want 2", n)
	}
	if n := c.query(t, "SELECT count(*) FROM hetu.project_model"); n != 2 {
		t.Errorf("%d models are known", n)
	}
}

// An account is at work in twenty places of a project and no more, also when it says so of many at once; those that it holds it may hold on to.
func TestLeasesOfAnAccountAreBounded(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	c := newCounty(t, pgtest.Clock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }))
	id := c.begin(t, 0, c.length)
	lease := func(by access.Actor, i int) error {
		_, err := c.Store.PutLease(t.Context(), by, id, project.Lease{Session: fmt.Sprintf("session-%d", i), Bank: geo.Left, FromM: 0, ToM: 10})
		return err
	}
	for i := range 18 {
		if err := lease(c.planner, i); err != nil {
			t.Fatal(err)
		}
	}
	if n := atOnce(t, 5, func(i int) error { return lease(c.planner, 18+i) }); n != 2 {
		t.Errorf("%d of five at once were taken, want 2", n)
	}
	if err := lease(c.planner, 3); err != nil {
		t.Errorf("held on to: %v", err)
	}
	if err := lease(c.second, 40); err != nil {
		t.Errorf("another's: %v", err)
	}
	if err := c.Store.DropLease(t.Context(), c.planner, id, "session-3"); err != nil {
		t.Fatal(err)
	}
	if err := lease(c.planner, 41); err != nil {
		t.Errorf("after one ended: %v", err)
	}
	if err := lease(c.planner, 42); geo.CodeOf(err) != geo.CodeConflict {
		t.Errorf("one more: %v", err)
	}
	later.Store(int64(3 * time.Minute))
	if err := lease(c.planner, 42); err != nil {
		t.Errorf("three minutes later: %v", err)
	}
}
