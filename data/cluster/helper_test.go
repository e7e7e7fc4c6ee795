package cluster_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hetu/data/cluster"
)

// helperVar makes the test binary act as one of the programs below, in a
// process of its own, so that it can be killed like the real one.
const (
	helperVar   = "CLUSTER_TEST_HELPER"
	dataVar     = "CLUSTER_TEST_DATA"
	dsnVar      = "CLUSTER_TEST_DSN"
	relocateVar = "CLUSTER_TEST_RELOCATE"
)

func TestMain(m *testing.M) {
	switch os.Getenv(helperVar) {
	case "server":
		os.Exit(serverMain())
	case "client":
		os.Exit(clientMain())
	default:
		os.Exit(m.Run())
	}
}

// serverMain is hetu as far as the database goes: serve until SIGTERM.
func serverMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	began := time.Now()
	server, err := cluster.Start(ctx, cluster.Config{
		DataDir: os.Getenv(dataVar), RelocateDir: os.Getenv(relocateVar),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Now: time.Now,
	})
	if err != nil {
		fmt.Println("refused", err)
		return 1
	}
	fmt.Println("ready", time.Since(began).Milliseconds(), server.DSN(cluster.Owner))
	select {
	case <-ctx.Done():
	case <-server.Done():
		fmt.Println("gone", server.Err())
	}
	if err := server.Close(context.Background()); err != nil {
		fmt.Println("unclosed", err)
		return 1
	}
	fmt.Println("closed")
	return 0
}

// runAs is a kind of user that starts the server.
type runAs struct {
	name      string
	uid, gid  int
	other     bool // not the account of the test itself
	contained bool // root with the capabilities that a container leaves it
}

// kinds lists the users to try: root and an ordinary one where possible.
func kinds(t *testing.T) []runAs {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Log("not root: only this ordinary account is tried")
		return []runAs{{name: "user", uid: os.Geteuid(), gid: os.Getegid()}}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, errUID := strconv.Atoi(nobody.Uid)
	gid, errGID := strconv.Atoi(nobody.Gid)
	if errUID != nil || errGID != nil {
		t.Fatal(errUID, errGID)
	}
	return []runAs{{name: "root"}, {name: "contained root", contained: true}, {name: "user", uid: uid, gid: gid, other: true}}
}

func self() runAs { return runAs{name: "self", uid: os.Geteuid(), gid: os.Getegid()} }

// newRoot makes a folder that every account can enter, unlike t.TempDir, and
// sees to it that no database process outlives the test in it.
func newRoot(t *testing.T, as runAs) string {
	t.Helper()
	//nolint:usetesting // t.TempDir lies in a folder that no other account may enter.
	root, err := os.MkdirTemp("", "hetu-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if as.other {
		if err := os.Chown(root, as.uid, as.gid); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if left := awaitNone(root, 15*time.Second); len(left) > 0 {
			t.Errorf("database processes left behind: %v", left)
			for _, pid := range left {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			awaitNone(root, 5*time.Second)
		}
		if err := os.RemoveAll(root); err != nil {
			t.Error(err)
		}
	})
	return root
}

// awaitNone waits until no database process works below root, and returns those
// that still do.
func awaitNone(root string, limit time.Duration) []int {
	deadline := time.Now().Add(limit)
	for {
		left := postgresBelow(root)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func postgresBelow(root string) []int {
	entries, _ := os.ReadDir("/proc")
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		exe, _ := os.Readlink(filepath.Join("/proc", entry.Name(), "exe"))
		cwd, _ := os.Readlink(filepath.Join("/proc", entry.Name(), "cwd"))
		if strings.HasSuffix(exe, "/postgres") && strings.HasPrefix(cwd, root+"/") {
			found = append(found, pid)
		}
	}
	return found
}

// helper is one started helper process.
type helper struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	ended chan struct{}

	mu   sync.Mutex
	errs strings.Builder
}

func (h *helper) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.errs.Write(p)
}

// startHelper runs the test binary in one of its roles. The caller ends it; the
// test's end kills it at the latest.
func startHelper(t *testing.T, as runAs, role, root string, env ...string) *helper {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	if as.other {
		cmd.Path = reachableCopy(t, binary, root)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}}
	}
	if as.contained && role == "server" {
		// What Docker leaves by default; above all not CAP_SYS_PTRACE.
		cmd = exec.Command("setpriv", "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,"+
			"+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap", "--inh-caps=-all", binary)
	}
	cmd.Dir = "/"
	// The race detector would else sleep for a second before each exit.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0", helperVar + "=" + role}, env...)
	h := &helper{t: t, cmd: cmd, lines: make(chan string, 64), ended: make(chan struct{})}
	cmd.Stderr = h
	cmd.WaitDelay = time.Second
	h.in, err = cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			h.lines <- scanner.Text()
		}
		_ = cmd.Wait()
		close(h.ended)
	}()
	t.Cleanup(func() {
		h.kill()
		if t.Failed() {
			h.mu.Lock()
			defer h.mu.Unlock()
			t.Logf("%s said:\n%s", role, h.errs.String())
		}
	})
	return h
}

// reachableCopy puts the test binary where another account may run it.
func reachableCopy(t *testing.T, binary, root string) string {
	t.Helper()
	name := filepath.Join(root, "helper")
	if _, err := os.Stat(name); err == nil {
		return name
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// expect waits for a line that begins with the word and returns its rest.
func (h *helper) expect(word string, limit time.Duration) string {
	h.t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case line := <-h.lines:
			first, rest, _ := strings.Cut(line, " ")
			if first == word {
				return rest
			}
			h.t.Fatalf("got %q, want %q", line, word)
		case <-h.ended:
			select {
			case line := <-h.lines:
				if first, rest, _ := strings.Cut(line, " "); first == word {
					return rest
				}
			default:
			}
			h.t.Fatalf("helper ended before %q", word)
		case <-timer.C:
			h.t.Fatalf("no %q within %s", word, limit)
		}
	}
}

// ask sends a command and waits for the line that answers it.
func (h *helper) ask(command, answer string, limit time.Duration) string {
	h.t.Helper()
	if _, err := io.WriteString(h.in, command+"\n"); err != nil {
		h.t.Fatal(err)
	}
	return h.expect(answer, limit)
}

func (h *helper) kill() {
	_ = h.cmd.Process.Kill()
	<-h.ended
}

// terminate sends SIGTERM and waits for an orderly end.
func (h *helper) terminate(limit time.Duration) {
	h.t.Helper()
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		h.t.Fatal(err)
	}
	h.expect("closed", limit)
	<-h.ended
}

// served is a running server helper and what it said when it was ready.
type served struct {
	*helper
	took time.Duration
	dsn  string
}

func startServer(t *testing.T, as runAs, root, data string, env ...string) served {
	t.Helper()
	h := startHelper(t, as, "server", root, append(env, dataVar+"="+data)...)
	took, dsn, _ := strings.Cut(h.expect("ready", 60*time.Second), " ")
	ms, err := strconv.Atoi(took)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(dsn, "host='")
	socketDir, _, _ := strings.Cut(rest, "'")
	if !strings.HasPrefix(filepath.Base(socketDir), "hetu-") {
		t.Fatalf("no socket folder in %q", dsn)
	}
	t.Cleanup(func() {
		// A killed server leaves it behind for the next start.
		h.kill()
		if err := os.RemoveAll(socketDir); err != nil {
			t.Error(err)
		}
	})
	return served{helper: h, took: time.Duration(ms) * time.Millisecond, dsn: dsn}
}

// postmasterPID reads who runs the database in pg.
func postmasterPID(t *testing.T, pg string) int {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		// Missing or empty for a moment while a new server replaces the file.
		text, err := os.ReadFile(filepath.Join(pg, "postmaster.pid"))
		first, _, _ := strings.Cut(string(text), "\n")
		if pid, errPID := strconv.Atoi(first); err == nil && errPID == nil {
			return pid
		}
		if time.Now().After(deadline) {
			t.Fatalf("no process id in %s: %v", pg, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func kill9(t *testing.T, pid int) {
	t.Helper()
	if pid < 2 {
		t.Fatalf("not a process to kill: %d", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
