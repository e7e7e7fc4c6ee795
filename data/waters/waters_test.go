package waters_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hetu/data/waters"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/network"
)

// river is a source made by hand: from a day on it has a second edge. Writes are counted.
type river struct {
	mu      sync.Mutex
	reads   int
	asked   []duty.Moment
	edges   int // of the network from change on
	version int64
	written time.Time // the newest write to the network
	at      int64     // the end of the feed
	touched bool      // the last write was one to the network
	lost    bool
	down    error
	wake    chan struct{}
}

var change = geo.NewDate(2026, 6, 1) //nolint:gochecknoglobals // a day

func newRiver() *river { return &river{edges: 2, version: 1, at: 1, wake: make(chan struct{}, 16)} }

func (r *river) Network(_ context.Context, at duty.Moment) (waters.Network, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down != nil {
		return waters.Network{}, r.down
	}
	r.reads++
	r.asked = append(r.asked, at)
	n := waters.Network{Version: r.version, Written: r.written}
	edges := 1
	if at.AsOf.Before(change) {
		n.To = change
	} else {
		n.From, edges = change, r.edges
	}
	n.Rows.Routes = []network.RouteRow{{ID: 1}}
	for i := range int64(edges) {
		n.Rows.Edges = append(n.Rows.Edges, network.EdgeRow{ID: i + 1, Route: 1, FromM: float64(i), ToM: float64(i + 1), FromNode: i, ToNode: i + 1, Main: true})
	}
	return n, nil
}

func (r *river) End(context.Context) (waters.Position, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return waters.Position{Seq: r.at}, r.down
}

func (r *river) Since(_ context.Context, after waters.Position) (waters.Delta, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := waters.Delta{To: waters.Position{Seq: r.at}, Lost: r.lost}
	r.lost = false
	if after.Seq < r.at {
		d.Version, d.Touched = r.version, r.touched
	}
	return d, r.down
}

func (r *river) Wait(ctx context.Context) error {
	select {
	case <-r.wake:
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.down
}

// write changes what the source holds, as one transaction.
func (r *river) write(f func()) {
	r.mu.Lock()
	f()
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *river) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
}

func today() time.Time { return time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) }

func edgesOn(t *testing.T, w *waters.Waters, at duty.Moment) (int, int64) {
	t.Helper()
	g, version, err := w.Graph(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return g.Len(), version
}

// One network serves all days on which it is the same; other days, and what was known earlier, are read once and kept.
func TestDaysOfANetwork(t *testing.T) {
	t.Parallel()
	r := newRiver()
	w := waters.New(r, today)
	day := func(m time.Month, d int) duty.Moment { return duty.Moment{AsOf: geo.NewDate(2026, m, d)} }
	known := duty.Moment{AsOf: geo.NewDate(2026, 11, 24), KnownAt: today().Add(-time.Hour)}
	for _, tt := range []struct {
		at    duty.Moment
		edges int
		reads int
	}{
		{day(11, 24), 2, 1}, {day(6, 1), 2, 1}, {day(12, 31), 2, 1}, {day(5, 31), 1, 2}, {day(1, 1), 1, 2}, {day(7, 1), 2, 2}, {known, 2, 3}, {known, 2, 3}, {day(11, 24), 2, 3},
	} {
		if edges, _ := edgesOn(t, w, tt.at); edges != tt.edges || r.count() != tt.reads {
			t.Errorf("%v: %d edges after %d reads, want %d after %d", tt.at, edges, r.count(), tt.edges, tt.reads)
		}
	}
}

// follow starts a follower and gives how often it told of trouble and of its end.
func follow(t *testing.T, w *waters.Waters) (troubles func() (began, ended int)) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	var mu sync.Mutex
	var began, ended int
	go func() {
		defer close(done)
		w.Follow(ctx, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				began++
			} else {
				ended++
			}
		})
	}()
	t.Cleanup(func() { stop(); <-done })
	return func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return began, ended
	}
}

func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for wait := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatalf("%s: not in 20 s", what)
		}
	}
}

// A write to the network is in the next trace, any other moves the version alone; a feed that was lost has the network read anew.
func TestFollow(t *testing.T) {
	t.Parallel()
	r := newRiver()
	w := waters.New(r, today)
	troubles := follow(t, w)
	now := duty.Moment{AsOf: geo.DateOf(today())}
	is := func(edges int, version int64) func() bool {
		return func() bool {
			e, v := edgesOn(t, w, now)
			return e == edges && v == version
		}
	}
	until(t, "the first network", is(2, 1))
	until(t, "the follower's own", func() bool { return r.count() >= 1 })
	r.write(func() { r.edges, r.version, r.at, r.touched = 3, 2, 2, true })
	until(t, "a new edge", is(3, 2))
	reads := r.count()
	r.write(func() { r.version, r.at, r.touched = 3, 3, false })
	until(t, "another write", is(3, 3))
	if n := r.count(); n != reads {
		t.Errorf("a write that is not of the network had it read %d times", n-reads)
	}
	r.write(func() { r.edges, r.version, r.at, r.lost = 1, 9, 1, true })
	until(t, "a store that was put back", is(1, 9))
	if began, ended := troubles(); began != 0 || ended != 0 {
		t.Errorf("trouble was told %d and %d times", began, ended)
	}
}

// While the source cannot be reached the network stays, trouble is told once, and its end too.
func TestFollowThroughAnOutage(t *testing.T) {
	t.Parallel()
	r := newRiver()
	w := waters.New(r, today)
	troubles := follow(t, w)
	now := duty.Moment{AsOf: geo.DateOf(today())}
	until(t, "the first network", func() bool { e, _ := edgesOn(t, w, now); return e == 2 && r.count() > 0 })
	until(t, "all is quiet", func() bool { e, _ := edgesOn(t, w, now); return e == 2 })
	r.write(func() { r.down = errors.New("gone") })
	until(t, "trouble", func() bool { began, _ := troubles(); return began == 1 })
	if e, _ := edgesOn(t, w, now); e != 2 {
		t.Errorf("%d edges while the source is gone", e)
	}
	if _, _, err := w.Graph(t.Context(), duty.Moment{AsOf: geo.NewDate(2025, 1, 1)}); err == nil {
		t.Error("a day that is not in memory is answered without the source")
	}
	r.write(func() { r.down, r.edges, r.version, r.at, r.touched = nil, 3, 2, 2, true })
	until(t, "the end of it", func() bool {
		e, _ := edgesOn(t, w, now)
		_, ended := troubles()
		return e == 3 && ended == 1
	})
}

// Who stops waiting does not stop the others, nor the read itself.
func TestGraphIsReadOnce(t *testing.T) {
	t.Parallel()
	r := newRiver()
	w := waters.New(r, today)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r.mu.Lock() // the read waits
	if _, _, err := w.Graph(gone, duty.Moment{AsOf: change}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, _, err := w.Graph(context.WithoutCancel(t.Context()), duty.Moment{AsOf: change}); err != nil {
				t.Error(err)
			}
		})
	}
	r.mu.Unlock()
	all.Wait()
	if n := r.count(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

// gated is a source that answers each read when it is let, and counts those that go on.
type gated struct {
	*river

	let        chan struct{}
	mu         sync.Mutex
	now, most  int
	knownTimes []time.Time
}

func (g *gated) Network(ctx context.Context, at duty.Moment) (waters.Network, error) {
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	g.knownTimes = append(g.knownTimes, at.KnownAt)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	}()
	select {
	case <-g.let:
		return g.river.Network(ctx, at)
	case <-ctx.Done():
		return waters.Network{}, ctx.Err()
	}
}

func (g *gated) counts() (now, most, begun int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now, g.most, len(g.knownTimes)
}

// known gives moments of which no two are of one network.
func known(n int) duty.Moment {
	return duty.Moment{AsOf: change, KnownAt: today().Add(-time.Duration(n) * time.Hour)}
}

// However many moments are asked about, two networks are read at once. The others wait for their turn, and one whose request has gone is
// not read.
func TestReadsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gated{river: newRiver(), let: make(chan struct{})}
		w := waters.New(g, today)
		gone, leave := context.WithCancel(t.Context())
		var told [6]error
		var all sync.WaitGroup
		for n := range told {
			ctx := t.Context()
			if n == 3 {
				ctx = gone
			}
			all.Go(func() { _, _, told[n] = w.Graph(ctx, known(n)) })
			synctest.Wait()
		}
		if now, _, begun := g.counts(); now != 2 || begun != 2 {
			t.Errorf("%d networks are read at once, %d were begun", now, begun)
		}
		leave()
		synctest.Wait()
		if !errors.Is(told[3], context.Canceled) {
			t.Errorf("who left while waiting got %v", told[3])
		}
		for range len(told) - 1 {
			g.let <- struct{}{}
		}
		all.Wait()
		now, most, begun := g.counts()
		if now != 0 || most != 2 || begun != len(told)-1 || slices.ContainsFunc(g.knownTimes, known(3).KnownAt.Equal) {
			t.Errorf("at most %d at once, %d in all: %v", most, begun, g.knownTimes)
		}
		for n, err := range told {
			if n != 3 && err != nil {
				t.Errorf("moment %d: %v", n, err)
			}
		}
		// Who comes back for what he left is served.
		all.Go(func() { _, _, told[3] = w.Graph(t.Context(), known(3)) })
		g.let <- struct{}{}
		all.Wait()
		if told[3] != nil {
			t.Error(told[3])
		}
	})
}

// A read that does not end is given up before a connection that waits for it is cut, and says what helps; its turn goes to the next.
func TestReadHasADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gated{river: newRiver(), let: make(chan struct{})}
		w := waters.New(g, today)
		began := time.Now()
		for n := range 3 {
			_, _, err := w.Graph(t.Context(), known(n))
			if geo.CodeOf(err) != geo.CodeUnavailable || !strings.Contains(err.Error(), change.String()) {
				t.Errorf("got %v", err)
			}
		}
		if d := time.Since(began); d != 3*45*time.Second {
			t.Errorf("three reads were given up after %v", d)
		}
		go func() { g.let <- struct{}{} }()
		if _, _, err := w.Graph(t.Context(), known(0)); err != nil {
			t.Errorf("asked again: %v", err)
		}
	})
}

// A time since which the network was not written is now: it is read for none of them. Earlier ones are read, and the days of another
// network once for all such times.
func TestKnownSinceTheNewestWrite(t *testing.T) {
	t.Parallel()
	r := newRiver()
	r.written = today().Add(-24 * time.Hour)
	w := waters.New(r, today)
	if err := w.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what  string
		day   geo.Date
		known time.Time
		reads int
	}{
		{"now", change, time.Time{}, 1},
		{"an hour ago", change, today().Add(-time.Hour), 1},
		{"another time", change, today().Add(-2 * time.Hour), 1},
		{"at the write itself", change, r.written, 1},
		{"in another zone", change, r.written.In(time.FixedZone("", 8*3600)), 1},
		{"before the write", change, r.written.Add(-time.Microsecond), 2},
		{"of another day", geo.NewDate(2026, 1, 1), today().Add(-time.Hour), 3},
		{"of another day at another time", geo.NewDate(2026, 2, 1), today().Add(-2 * time.Hour), 3},
		{"of another day now", geo.NewDate(2026, 2, 1), time.Time{}, 3},
		{"of another day before the write", geo.NewDate(2026, 2, 1), r.written.Add(-time.Hour), 4},
	} {
		edgesOn(t, w, duty.Moment{AsOf: tt.day, KnownAt: tt.known})
		if n := r.count(); n != tt.reads {
			t.Errorf("%s: %d reads, want %d", tt.what, n, tt.reads)
		}
	}
	// Once the network is written again, a time before is not now any more.
	troubles := follow(t, w)
	before := duty.Moment{AsOf: change, KnownAt: today().Add(-time.Hour)}
	r.write(func() { r.edges, r.version, r.at, r.touched, r.written = 3, 2, 2, true, today() })
	until(t, "the write", func() bool { e, _ := edgesOn(t, w, duty.Moment{AsOf: change}); return e == 3 })
	reads := r.count()
	edgesOn(t, w, before)
	if n := r.count(); n != reads+1 || !r.asked[n-1].KnownAt.Equal(before.KnownAt) {
		t.Errorf("what was known before the write was read %d times", n-reads)
	}
	if began, _ := troubles(); began != 0 {
		t.Errorf("trouble was told %d times", began)
	}
}

// A source that does not say when the network was written has every time read.
func TestKnownWithoutANewestWrite(t *testing.T) {
	t.Parallel()
	r := newRiver()
	w := waters.New(r, today)
	if err := w.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	edgesOn(t, w, known(1))
	if n := r.count(); n != 2 {
		t.Errorf("%d reads", n)
	}
}

// Sixteen networks may wait to be read; the next is refused at once, and those who ask for one that waits already are not.
func TestFewWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gated{river: newRiver(), let: make(chan struct{})}
		w := waters.New(g, today)
		var all sync.WaitGroup
		ask := func(n int) {
			all.Go(func() {
				if _, _, err := w.Graph(t.Context(), known(n)); err != nil {
					t.Errorf("moment %d: %v", n, err)
				}
			})
			synctest.Wait()
		}
		for n := range 18 { // two are read
			ask(n)
		}
		_, _, err := w.Graph(t.Context(), known(18))
		if geo.CodeOf(err) != geo.CodeUnavailable || !strings.Contains(err.Error(), "16 networks") {
			t.Errorf("one too many: %v", err)
		}
		ask(17)
		g.let <- struct{}{}
		synctest.Wait()
		ask(18)
		for range 18 {
			g.let <- struct{}{}
		}
		all.Wait()
	})
}
