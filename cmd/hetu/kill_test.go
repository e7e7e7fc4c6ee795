package main_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary builds hetu with the fault points once for all tests of the package.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hetu-kill")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hetu")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-tags", "fault", "-o", path, "hetu/cmd/hetu").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// hetu runs a command on a data folder and gives what it printed.
func hetu(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := command(ctx, t, dir, env, args...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func command(ctx context.Context, t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(append(os.Environ(), "HETU_DATA_DIR="+dir, "HETU_DATABASE_URL="), env...)
	return cmd
}

// server is a running hetu serve.
type server struct {
	cmd    *exec.Cmd
	url    string
	stderr *said
}

// said is what a process said so far.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// serve starts hetu serve and waits until it says that it is ready; the test ends it.
func serve(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	return serveWith(t, dir, nil, args...)
}

// serveWith starts hetu serve in an environment.
func serveWith(t *testing.T, dir string, env []string, args ...string) *server {
	t.Helper()
	s := &server{cmd: command(context.WithoutCancel(t.Context()), t, dir, env, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), stderr: &said{}}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = s.stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(stdout).ReadString('\n')
		line <- text
		_, _ = io.Copy(io.Discard, stdout)
	}()
	select {
	case text := <-line:
		s.url = regexp.MustCompile(`http://\S+`).FindString(text)
	case <-time.After(60 * time.Second):
	}
	if s.url == "" {
		s.stop()
		t.Fatalf("hetu serve did not become ready: %s", s.stderr)
	}
	return s
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// stored counts the reaches and the writes of the store on a data folder.
func stored(t *testing.T, dir string) (reaches, writes int) {
	t.Helper()
	out, err := hetu(t, dir, nil, "db", "psql", "--", "-At", "-c", "SELECT (SELECT count(*) FROM reach_version), (SELECT count(*) FROM audit), (SELECT count(*) FROM reach)")
	if err != nil {
		t.Fatalf("count: %v: %s", err, out)
	}
	fields := strings.Split(strings.TrimSpace(out), "|")
	if len(fields) != 3 || fields[0] != fields[2] {
		t.Fatalf("identities and versions differ: %s", out)
	}
	reaches, _ = strconv.Atoi(fields[0])
	writes, _ = strconv.Atoi(fields[1])
	return reaches, writes
}

// dataDir makes a data folder that an unprivileged database can live in.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hetu-kill-data") //nolint:usetesting // t.TempDir has parents that the account of the database cannot pass
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// loadArgs is a load that takes some seconds, so that it can be killed inside.
func loadArgs(seed int) []string {
	return []string{"sample", "load", "--reaches", strconv.Itoa(killReaches), "--seed", strconv.Itoa(seed)}
}

// A load that is killed at any moment leaves all of it or nothing.
func TestKilledLoadLeavesAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	serve(t, dir)
	started := time.Now()
	if out, err := hetu(t, dir, nil, loadArgs(1)...); err != nil {
		t.Fatalf("load: %v: %s", err, out)
	}
	whole := time.Since(started)
	reaches, writes := stored(t, dir)
	if reaches < killReaches {
		t.Fatalf("%d reaches were loaded, want %d", reaches, killReaches)
	}
	expect := func(name string) {
		t.Helper()
		r, w := stored(t, dir)
		switch {
		case w == writes && r == reaches: // nothing
		case w == writes+1 && r >= reaches+killReaches: // all
		default:
			t.Fatalf("%s: %d reaches in %d writes became %d in %d", name, reaches, writes, r, w)
		}
		t.Logf("%s: %d reaches, %d writes", name, r, w)
		reaches, writes = r, w
	}
	for i := range killTurns {
		at := time.Duration(float64(whole) * (float64(i) + rand.Float64()) / float64(killTurns))
		cmd := command(t.Context(), t, dir, nil, loadArgs(100+i)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(at)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		settle(t, dir)
		expect(fmt.Sprintf("killed after %v of %v", at.Round(time.Millisecond), whole.Round(time.Millisecond)))
	}
	for _, point := range []string{"staged", "merge-before-commit"} {
		out, err := hetu(t, dir, []string{"HETU_FAULT=" + point}, loadArgs(7)...)
		if !killed(err) {
			t.Fatalf("fault point %s was not reached: %v: %s", point, err, out)
		}
		settle(t, dir)
		expect("killed at " + point)
	}
	if out, err := hetu(t, dir, nil, loadArgs(1)...); err != nil {
		t.Fatalf("load again: %v: %s", err, out)
	}
	if r, _ := stored(t, dir); r != reaches {
		t.Errorf("loading again what was stored made %d reaches of %d", r, reaches)
	}
}

func killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// settle waits until no merge runs any more: the backend of a killed client ends its statement before it sees that.
func settle(t *testing.T, dir string) {
	t.Helper()
	for range 600 {
		out, err := hetu(t, dir, nil, "db", "psql", "--", "-At", "-c", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'hetu_rw'")
		if err == nil && strings.TrimSpace(out) == strconv.Itoa(0) {
			return
		}
		if err == nil && idle(t, dir) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("a merge goes on without its client for a minute")
}

func idle(t *testing.T, dir string) bool {
	t.Helper()
	out, err := hetu(t, dir, nil, "db", "psql", "--", "-At", "-c", "SELECT count(*) FROM pg_locks WHERE mode = 'ShareRowExclusiveLock'")
	return err == nil && strings.TrimSpace(out) == "0"
}

// Killing the server, its PostgreSQL, or both, in the middle of an import loses nothing that was stored and leaves no half.
func TestKillDuringImport(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(*testing.T, *server, string){
		"server": func(_ *testing.T, s *server, _ string) { s.kill() },
		"postgres": func(t *testing.T, _ *server, dir string) {
			t.Helper()
			killPostgres(t, dir)
		},
		"both": func(t *testing.T, s *server, dir string) {
			t.Helper()
			pid := postgresPid(t, dir)
			_ = s.cmd.Process.Kill()
			_ = syscall.Kill(pid, syscall.SIGKILL)
			_ = s.cmd.Wait()
		},
	}
	for name, kill := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			s := serve(t, dir, "--sample")
			reaches, writes := stored(t, dir)
			load := command(t.Context(), t, dir, nil, loadArgs(1)...)
			if err := load.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(500+rand.IntN(2000)) * time.Millisecond)
			kill(t, s, dir)
			_ = load.Wait()
			s.stop()
			began := time.Now()
			serve(t, dir)
			t.Logf("ready again after %v", time.Since(began).Round(time.Millisecond))
			r, w := stored(t, dir)
			nothing, all := w == writes && r == reaches, w == writes+1 && r >= reaches+killReaches
			if !nothing && !all {
				t.Errorf("%d reaches in %d writes became %d in %d", reaches, writes, r, w)
			}
		})
	}
}

// A first start that is killed at any moment, in initdb, in a migration or while the sample loads, is healed by the next.
func TestKillDuringFirstStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	for i := range killTurns {
		cmd := command(t.Context(), t, dir, nil, "serve", "--sample", "--listen", "127.0.0.1:0")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(300+i*700) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for _, point := range []string{"migrated", "staged", "merge-before-commit"} {
		fresh := dataDir(t)
		out, err := hetu(t, fresh, []string{"HETU_FAULT=" + point}, "serve", "--sample", "--listen", "127.0.0.1:0")
		if !killed(err) {
			t.Fatalf("fault point %s was not reached: %v: %s", point, err, out)
		}
		serve(t, fresh, "--sample").stop()
	}
	serve(t, dir, "--sample")
	if _, writes := stored(t, dir); writes != 1 {
		t.Errorf("the sample was written %d times", writes)
	}
	out, err := hetu(t, dir, nil, "db", "status")
	if err != nil || !schemaFits(out) {
		t.Errorf("status: %v: %s", err, out)
	}
}

// schemaFits tells whether the database's schema is the one that this program was built with.
func schemaFits(status string) bool {
	m := regexp.MustCompile(`schema: (\d+) \(this hetu: (\d+)\)`).FindStringSubmatch(status)
	return m != nil && m[1] == m[2] && m[1] != "0"
}

func postgresPid(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "pg", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func killPostgres(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Kill(postgresPid(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
