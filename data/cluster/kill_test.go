package cluster_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fault does its harm to a run and brings the server back where it is gone.
type fault struct {
	name string
	do   func(t *testing.T, r *run)
}

// run is a server under writers.
type run struct {
	as     runAs
	root   string
	data   string
	server served
	client *helper
}

func (r *run) restart(t *testing.T) {
	t.Helper()
	r.server = startServer(t, r.as, r.root, r.data)
	t.Logf("started again in %s", r.server.took)
}

func (r *run) postmaster(t *testing.T) int {
	t.Helper()
	return postmasterPID(t, filepath.Join(r.data, "pg"))
}

// awaitNew waits until the process id is there and another one than old.
func (r *run) awaitNew(t *testing.T, pid func() int, old int) {
	t.Helper()
	deadline := time.Now().Add(2 * readyLimit)
	for {
		if now := pid(); now != old && syscall.Kill(now, 0) == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d has no successor", old)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func faults() []fault {
	return []fault{
		{"SIGTERM to server", func(t *testing.T, r *run) {
			t.Helper()
			began := time.Now()
			r.server.terminate(30 * time.Second)
			t.Logf("stopped in %s", time.Since(began).Round(time.Millisecond))
			if left := postgresBelow(r.root); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			r.restart(t)
			if r.server.took > 3*time.Second {
				t.Errorf("start after an orderly stop took %s", r.server.took)
			}
		}},
		{"kill -9 server", func(t *testing.T, r *run) {
			t.Helper()
			r.server.kill()
			r.restart(t)
		}},
		{"kill -9 postmaster while GEOS runs", func(t *testing.T, r *run) {
			t.Helper()
			r.client.ask("geos", "geos", 20*time.Second)
			old := r.postmaster(t)
			kill9(t, old)
			// Its orphans still take inserts for a moment: they do not count.
			r.awaitNew(t, func() int { return r.postmaster(t) }, old)
			if dead := zombiesOf(r.server.cmd.Process.Pid); len(dead) > 0 {
				t.Errorf("orphans not reaped: %v", dead)
			}
		}},
		{"kill -9 one backend", func(t *testing.T, r *run) {
			t.Helper()
			backend := func() int {
				pid, err := strconv.Atoi(r.client.ask("backend", "backend", 5*time.Second))
				if err != nil {
					t.Fatal(err)
				}
				return pid
			}
			old := backend()
			kill9(t, old)
			r.awaitNew(t, backend, old)
		}},
		{"kill -9 both", func(t *testing.T, r *run) {
			t.Helper()
			// Halted, so that neither can react to the other's death.
			if err := r.server.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			kill9(t, r.postmaster(t))
			r.server.kill()
			r.restart(t)
		}},
		{"kill -9 server while GEOS runs", func(t *testing.T, r *run) {
			t.Helper()
			r.client.ask("geos", "geos", 20*time.Second)
			r.server.kill()
			r.restart(t)
		}},
	}
}

// TestKillTable kills each process in turn under three writers: no insert that
// was acknowledged is lost, and the server is back within ten seconds.
func TestKillTable(t *testing.T) {
	t.Parallel()
	for _, as := range kinds(t) {
		t.Run(as.name, func(t *testing.T) {
			t.Parallel()
			root := newRoot(t, as)
			r := &run{as: as, root: root, data: longPath(t, root, 120)}
			r.server = startServer(t, as, root, r.data)
			t.Logf("first start took %s", r.server.took)
			if r.server.took > startLimit {
				t.Errorf("first start took %s, want at most %s", r.server.took, startLimit)
			}
			r.client = startHelper(t, as, "client", root, dsnVar+"="+r.server.dsn)
			r.client.ask("mark", "acked", 10*time.Second)
			for turn := range turns {
				for _, f := range faults() {
					// Not a subtest: each needs the server the last one left.
					t.Logf("turn %d: %s", turn, f.name)
					began := time.Now()
					f.do(t, r)
					r.client.ask("mark", "acked", 60*time.Second)
					took := time.Since(began).Round(time.Millisecond)
					t.Logf("%s: written again after %s", f.name, took)
					if took > readyLimit {
						t.Errorf("%s: written again after %s, want at most %s", f.name, took, readyLimit)
					}
				}
			}
			var acked, lost, unasked int
			answer := r.client.ask("check", "checked", 30*time.Second)
			if _, err := fmt.Sscan(answer, &acked, &lost, &unasked); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d inserts acknowledged, %d of them lost, %d stored without an answer", acked, lost, unasked)
			if lost != 0 || acked == 0 {
				t.Errorf("lost %d of %d acknowledged inserts, want none", lost, acked)
			}
			r.server.terminate(30 * time.Second)
		})
	}
}

// TestServerFollows ends the database when its server is killed, without the
// help of a next start and even while a backend heeds no signal.
func TestServerFollows(t *testing.T) {
	t.Parallel()
	for _, as := range kinds(t) {
		t.Run(as.name, func(t *testing.T) {
			t.Parallel()
			root := newRoot(t, as)
			server := startServer(t, as, root, filepath.Join(root, "data"))
			client := startHelper(t, as, "client", root, dsnVar+"="+server.dsn)
			client.ask("geos", "geos", 20*time.Second)
			began := time.Now()
			server.kill()
			if left := awaitNone(root, readyLimit); len(left) > 0 {
				t.Errorf("still there after %s: %v", readyLimit, left)
			}
			t.Logf("gone after %s", time.Since(began).Round(time.Millisecond))
		})
	}
}

// zombiesOf lists the dead children of a process that it has not waited for.
func zombiesOf(parent int) []string {
	var found []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			found = append(found, string(text))
		}
	}
	return found
}

// longPath returns the path of a folder to be made below root, of exactly the
// given length: longer than a socket's path may be.
func longPath(t *testing.T, root string, length int) string {
	t.Helper()
	path := filepath.Join(root, strings.Repeat("d", length-len(root)-1))
	if len(path) != length {
		t.Fatalf("path has %d bytes, want %d", len(path), length)
	}
	return path
}

// TestStartKilled kills a first start at several moments: the next start makes
// a whole database, and nothing half-made is left.
func TestStartKilled(t *testing.T) {
	t.Parallel()
	exists := func(pattern string) func(data string) bool {
		return func(data string) bool {
			found, _ := filepath.Glob(filepath.Join(data, pattern))
			return len(found) > 0
		}
	}
	moments := []struct {
		name    string
		reached func(data string) bool
		made    bool // the database's files are whole at this moment
	}{
		{name: "initdb begins", reached: exists("pg.tmp-*")},
		{name: "initdb runs", reached: exists("pg.tmp-*/base/1/PG_VERSION")},
		{name: "before the roles", reached: exists("pg/postmaster.pid"), made: true},
		{name: "before the extensions", reached: func(data string) bool {
			// One more folder than the three that initdb makes: CREATE DATABASE.
			found, _ := filepath.Glob(filepath.Join(data, "pg/base/*/PG_VERSION"))
			return len(found) > 3
		}, made: true},
	}
	for _, moment := range moments {
		t.Run(moment.name, func(t *testing.T) {
			t.Parallel()
			root := newRoot(t, self())
			data := filepath.Join(root, "data")
			h := startHelper(t, self(), "server", root, dataVar+"="+data)
			deadline := time.Now().Add(30 * time.Second)
			for !moment.reached(data) {
				if time.Now().After(deadline) {
					t.Fatal("the moment never came")
				}
				time.Sleep(time.Millisecond)
			}
			h.kill()
			if _, err := os.Stat(filepath.Join(data, "pg")); (err == nil) != moment.made {
				t.Errorf("after the kill: pg there = %t, want %t", err == nil, moment.made)
			}
			server := startServer(t, self(), root, data)
			if exists("pg.tmp-*")(data) {
				t.Error("a half-made database is left")
			}
			var version string
			query(t, server.dsn, `SELECT postgis_lib_version()`, &version)
			if version == "" {
				t.Error("PostGIS has no version")
			}
			server.terminate(30 * time.Second)
		})
	}
}
