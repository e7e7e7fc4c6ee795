package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"hetu/data/cluster"
	"hetu/data/gdal"
	"hetu/geo"
)

// strike is a kill -9: of whom, and where. Without a point it comes after a while.
type strike struct{ victim, point string }

// strikes are all that there are, first those that a few turns should not go without.
func strikes() []strike {
	return []strike{{"server", "edit-committed"}, {"postmaster", ""}, {"server", "edit-before-commit"}, {"back end", ""}, {"server", ""}, {"both", ""}}
}

// moments spreads strikes over a span and a little beyond, in no order.
func moments(span time.Duration, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i, at := range rand.Perm(n) {
		out[i] = time.Duration(1.3 * float64(span) * (float64(at) + rand.Float64()) / float64(n))
	}
	return out
}

// Killed at any moment of a commit, an announcement or an export, the server and its PostgreSQL leave each whole or not there at all; what was told to be
// done is done; and who asks again with the same key gets the same, once.
func TestProjectKill(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said: %s", o.server.stderr)
		}
	})
	// One after the other, on one server: each needs what the last one left.
	o.commitsKilled(t)
	announced := o.announcementsKilled(t)
	o.filesKilled(t)
	o.downloadsKilled(t, announced)
	o.exportsKilled(t, announced)
	out, err := hetu(t, o.dir, o.env(), "db", "verify-audit")
	if err != nil || !strings.Contains(out, "whole") {
		t.Errorf("verify-audit: %v: %s", err, out)
	}
}

// commitsKilled kills during commits of long lines.
func (o *office) commitsKilled(t *testing.T) {
	t.Helper()
	project := o.begin(t)
	next := func(n int) request {
		return o.committing(t, project, fmt.Sprint("commit ", n), 500, 30+float64(n)*0.01)
	}
	o.must(t, next(0), nil) // the first takes longer
	second := next(1)
	began := time.Now()
	o.must(t, second, nil)
	at := moments(time.Since(began), commitKills)
	for turn := range commitKills {
		o.writeKilled(t, fmt.Sprint("commit, turn ", turn), next(turn+2), strikes()[turn%len(strikes())], at[turn])
	}
}

// announcementsKilled kills while a project is announced, each in the place of the one before and from a later day on. It gives the last one.
func (o *office) announcementsKilled(t *testing.T) (project string) {
	t.Helper()
	var text []byte
	var file string
	next := func(n int) request {
		project = o.approved(t, project, 30+float64(n)*0.1)
		text = fmt.Append(nil, "%PDF-1.7 ", n)
		file = o.must(t, o.filing(text), nil).header.Get("Location")
		sum := sha256.Sum256(text)
		doc := o.announcement(t, fmt.Sprintf("甲政告〔2026〕%d号", n+1), hex.EncodeToString(sum[:]))
		day := geo.DateOf(time.Now()).AddDays(n + 1)
		return jsonOf(o.publisher, http.MethodPost, project+"/transitions", object{"to": "announced", "legal_doc_id": doc, "effective_from": day.String()},
			o.revision(t, project), fmt.Sprint("Idempotency-Key: announce ", n))
	}
	first := next(0)
	began := time.Now()
	o.must(t, first, nil)
	at := moments(time.Since(began), announcementKills)
	for turn := range announcementKills {
		was := project
		o.writeKilled(t, fmt.Sprint("announcement, turn ", turn), next(turn+1), strikes()[(turn+commitKills)%len(strikes())], at[turn])
		for of, want := range map[string]string{was: "superseded", project: "announced"} {
			var seen struct {
				Status string `json:"status"`
			}
			if o.must(t, request{key: o.reviewer, method: http.MethodGet, path: of}, &seen); seen.Status != want {
				t.Errorf("announcement, turn %d: %s is %s, want %s", turn, of, seen.Status, want)
			}
		}
		if got := o.must(t, request{key: o.reviewer, method: http.MethodGet, path: file}, nil).body; !bytes.Equal(got, text) {
			t.Errorf("announcement, turn %d: by the hash of its document %q is found, want %q", turn, got, text)
		}
	}
	return project
}

// writeKilled asks for a write, kills meanwhile, holds what is stored against all or nothing, and asks again.
func (o *office) writeKilled(t *testing.T, name string, r request, s strike, at time.Duration) {
	t.Helper()
	when := fmt.Sprintf("%s, %s killed after %v", name, s.victim, at.Round(100*time.Microsecond))
	if s.point != "" {
		when = fmt.Sprintf("%s, %s killed at %s", name, s.victim, s.point)
	}
	before := o.all(t)
	told := o.struck(t, s, at, func() answer { return o.ask(t.Context(), r) })
	mid := o.all(t)
	stored := mid != before
	if told.ok() && !stored {
		t.Errorf("%s: told that it was done, and nothing is stored: %v", when, told)
	}
	if !told.ok() && told.err == nil && (told.status != http.StatusServiceUnavailable || told.header.Get("Retry-After") == "") {
		t.Errorf("%s: told %v, want 503 and when to ask again", when, told)
	}
	if s.point != "" && stored != (s.point == "edit-committed") {
		t.Errorf("%s: stored is %t", when, stored)
	}
	again := o.again(t, r)
	if !again.ok() || (again.header.Get("Idempotency-Replayed") == "true") != stored {
		t.Errorf("%s: asked again, stored before is %t: %v, replayed %q", when, stored, again, again.header.Get("Idempotency-Replayed"))
	}
	if after := o.all(t); stored && after != mid || !stored && after == before {
		t.Errorf("%s: asked again, these differ: %s", when, differing(mid, after))
	}
	o.whole(t, when)
	t.Logf("%s: stored %t, told %d", when, stored, told.status)
}

// again asks until the server has its database back, as it says.
func (o *office) again(t *testing.T, r request) (a answer) {
	t.Helper()
	for range 50 {
		if a = o.ask(t.Context(), r); a.err != nil || a.status != http.StatusServiceUnavailable {
			return a
		}
		time.Sleep(200 * time.Millisecond)
	}
	return a
}

// struck does something, kills meanwhile, and brings the server back.
func (o *office) struck(t *testing.T, s strike, at time.Duration, do func() answer) answer {
	t.Helper()
	o.dieNext(t, s.point)
	kill, took := o.striker(t, s)
	done := make(chan answer, 1)
	go func() { done <- do() }()
	if s.point == "" {
		time.Sleep(at)
	}
	if err := kill(); err != nil {
		t.Fatalf("kill the %s: %v", s.victim, err)
	}
	told := <-done
	o.dieNext(t, "")
	for n := 0; !took(); n++ {
		if n > 1000 {
			t.Fatalf("the %s was killed, and nothing came of it", s.victim)
		}
		time.Sleep(10 * time.Millisecond)
	}
	o.revive(t, s)
	return told
}

// striker prepares a kill, for its moment counts. took tells whether it has taken effect: what PostgreSQL was doing goes on for a moment after it.
func (o *office) striker(t *testing.T, s strike) (kill func() error, took func() bool) {
	t.Helper()
	postmaster := postgresPid(t, o.dir)
	switch s.victim {
	case "server":
		return func() error {
			if s.point == "" {
				_ = o.server.cmd.Process.Kill()
			}
			_ = o.server.cmd.Wait() // killed
			return nil
		}, func() bool { return true }
	case "postmaster":
		return func() error { return killHard(postmaster) }, func() bool {
			text, err := os.ReadFile(filepath.Join(o.dir, "pg", "postmaster.pid"))
			return err == nil && !strings.HasPrefix(string(text), fmt.Sprintln(postmaster))
		}
	case "both":
		return func() error {
			_ = o.server.cmd.Process.Kill()
			err := killHard(postmaster)
			_ = o.server.cmd.Wait() // killed
			return err
		}, func() bool { return true }
	}
	conn, err := pgx.Connect(t.Context(), o.dsn(t, cluster.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	return func() error {
		pid, err := o.backEnd(t.Context(), conn)
		if err != nil {
			return err
		}
		return killHard(pid)
	}, func() bool { return conn.Ping(t.Context()) != nil } // PostgreSQL ends all when one is killed
}

// revive starts the server again where it was killed, and waits until it has its database.
func (o *office) revive(t *testing.T, s strike) {
	t.Helper()
	if s.victim == "server" || s.victim == "both" {
		o.serve(t)
	}
	r := request{key: o.planner, method: http.MethodGet, path: "/api/v1/projects?limit=1"}
	for range 600 {
		if a := o.ask(t.Context(), r); a.ok() {
			if conn, err := pgx.Connect(t.Context(), o.dsn(t, cluster.Superuser)); err == nil {
				_ = conn.Close(t.Context())
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("after the %s was killed the server does not answer for 30 s: %v; it said %s", s.victim, o.ask(t.Context(), r), o.server.stderr)
}

// filesKilled kills the server while the file of a document comes.
func (o *office) filesKilled(t *testing.T) {
	t.Helper()
	folder := filepath.Join(o.dir, "documents")
	next := func(n int) (request, string) {
		text := append(fmt.Append(nil, "%PDF-1.7 file ", n), bytes.Repeat([]byte{byte(n)}, 8<<20)...)
		sum := sha256.Sum256(text)
		name := hex.EncodeToString(sum[:])
		return o.filing(text), filepath.Join(folder, name[:2], name)
	}
	r, _ := next(0)
	began := time.Now()
	o.must(t, r, nil)
	at := moments(time.Since(began), fileKills)
	for turn := range fileKills {
		r, path := next(turn + 1)
		told := o.struck(t, strike{victim: "server"}, at[turn], func() answer { return o.ask(t.Context(), r) })
		b, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) || err == nil && !bytes.Equal(b, r.body) || err != nil && told.ok() {
			t.Errorf("a file, killed after %v: told %v, and there are %d bytes of %d: %v", at[turn], told, len(b), len(r.body), err)
		}
		if half, err := filepath.Glob(filepath.Join(folder, "coming-*")); err != nil || len(half) > 0 {
			t.Errorf("a file, killed after %v: %v is left, %v", at[turn], half, err)
		}
		o.must(t, r, nil)
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, r.body) {
			t.Errorf("sent again: %v", err)
		}
	}
}

// downloadsKilled kills while a package is made and sent, and has who asked for it go away.
func (o *office) downloadsKilled(t *testing.T, project string) {
	t.Helper()
	r := request{key: o.reviewer, method: http.MethodGet, path: project + "/package.zip"}
	began := time.Now()
	want := o.must(t, r, nil).body
	whole := time.Since(began)
	before := o.all(t)
	for turn, at := range moments(whole, downloadKills) {
		s := []strike{{victim: "client"}, {victim: "server"}, {victim: "back end"}, {victim: "client"}, {victim: "postmaster"}}[turn%5]
		when := fmt.Sprintf("download, turn %d, %s killed after %v of %v", turn, s.victim, at.Round(time.Millisecond), whole.Round(time.Millisecond))
		var told answer
		if s.victim == "client" {
			ctx, cancel := context.WithTimeout(t.Context(), at)
			told = o.ask(ctx, r)
			cancel()
		} else {
			told = o.struck(t, s, at, func() answer { return o.ask(t.Context(), r) })
		}
		if told.ok() && !bytes.Equal(told.body, want) {
			t.Errorf("%s: %d bytes came, and were told to be all; want %d", when, len(told.body), len(want))
		}
		if !told.ok() && told.err == nil && told.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %v", when, told)
		}
		o.leftAlone(t, when)
		if a := o.again(t, r); !bytes.Equal(a.body, want) {
			t.Errorf("%s: asked again: %v, %d bytes, want the same %d", when, a.err, len(a.body), len(want))
		}
		if left := o.temporaries(t); len(left) > 0 {
			t.Errorf("%s: asked again, and %v is left", when, left)
		}
		if after := o.all(t); after != before {
			t.Errorf("%s: it wrote: %s", when, differing(before, after))
		}
	}
}

// leftAlone waits until nobody works at temporary files any more, and makes what is left as old as what the next export sweeps.
func (o *office) leftAlone(t *testing.T, when string) {
	t.Helper()
	old := time.Now().Add(-2 * gdal.StaleAfter)
	for n := 0; ; n++ {
		held := ""
		for _, dir := range o.temporaries(t) {
			lock, err := gdal.Lock(dir)
			if err != nil && !os.IsNotExist(err) {
				held = dir
				continue
			}
			if err == nil {
				_ = os.Chtimes(dir, old, old)
				_ = lock.Close()
			}
		}
		if held == "" {
			return
		}
		if n == 100 {
			t.Errorf("%s: after 10 s somebody still works in %s", when, held)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// exportsKilled kills while the command line writes a package: the file is whole, or what it was.
func (o *office) exportsKilled(t *testing.T, project string) {
	t.Helper()
	id := project[strings.LastIndex(project, "/")+1:]
	want := o.must(t, request{key: o.reviewer, method: http.MethodGet, path: project + "/package.zip"}, nil).body
	folder := t.TempDir()
	out := filepath.Join(folder, "results.zip")
	export := func() error {
		text, err := hetu(t, o.dir, o.env(), "demarc", "export", id, out, "--force")
		if err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
		return nil
	}
	began := time.Now()
	if err := export(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began)
	for turn, at := range moments(whole, exportKills) {
		s := []strike{{victim: "exporter"}, {victim: "back end"}, {victim: "exporter"}, {victim: "server"}, {victim: "exporter"}, {victim: "postmaster"}}[turn%6]
		when := fmt.Sprintf("export, turn %d, %s killed after %v of %v", turn, s.victim, at.Round(time.Millisecond), whole.Round(time.Millisecond))
		was := []byte("what was there")
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
		if turn%2 == 0 {
			if err := os.WriteFile(out, was, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		if s.victim == "exporter" {
			cmd := command(t.Context(), t, o.dir, o.env(), "demarc", "export", id, out, "--force")
			if err = cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(at)
			_ = cmd.Process.Kill()
			err = cmd.Wait()
		} else {
			o.struck(t, s, at, func() answer {
				err = export()
				return answer{}
			})
		}
		got, missing := os.ReadFile(out)
		switch {
		case missing == nil && bytes.Equal(got, want): // whole
		case err == nil:
			t.Errorf("%s: told that it was written: %v, %d bytes, want %d", when, missing, len(got), len(want))
		case turn%2 == 0 && (missing != nil || !bytes.Equal(got, was)):
			t.Errorf("%s: what was there has %d bytes: %v", when, len(got), missing)
		case turn%2 == 1 && !os.IsNotExist(missing):
			t.Errorf("%s: %d bytes of %d are there: %v", when, len(got), len(want), missing)
		}
		o.leftAlone(t, when)
		if err := export(); err != nil {
			t.Errorf("%s: again: %v", when, err)
		}
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: again: %d bytes, want the same %d: %v", when, len(got), len(want), err)
		}
		if beside, err := os.ReadDir(folder); err != nil || len(beside) != 1 {
			t.Errorf("%s: %v is left beside it, %v", when, beside, err)
		}
		if left := o.temporaries(t); len(left) > 0 {
			t.Errorf("%s: again, and %v is left", when, left)
		}
	}
	o.exportHeld(t, id, out, want)
}

// exportHeld exports to a file that another process is writing: that is told, and neither is harmed.
func (o *office) exportHeld(t *testing.T, id, out string, want []byte) {
	t.Helper()
	part, err := os.OpenFile(out+".part", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = part.WriteString("of the other"); err == nil {
		err = unix.Flock(int(part.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := hetu(t, o.dir, o.env(), "demarc", "export", id, out, "--force")
	if exitCode(err) != 1 || !strings.Contains(text, "is being written by another process") {
		t.Errorf("while another writes: %v: %s", err, text)
	}
	half, errHalf := os.ReadFile(part.Name())
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want) || errHalf != nil || string(half) != "of the other" {
		t.Errorf("while another writes: %d bytes, want %d: %v; the other has %q: %v", len(got), len(want), err, half, errHalf)
	}
	if err := part.Close(); err != nil {
		t.Error(err)
	}
}
