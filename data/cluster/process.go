package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// backendMemory bounds the address space of each server process beyond the
// shared memory: one query that wants more gets "out of memory" and the server
// stays up, instead of the kernel killing a process and with it all sessions.
const backendMemory = 3 << 30

// limitedExec becomes the program in its arguments after limiting its own
// memory. A shell and not prlimit(2) from here: root without CAP_SYS_RESOURCE,
// as in most containers, may not limit another account's process.
const limitedExec = `ulimit -v "$1" 2>/dev/null; shift; exec "$@"`

// becomeSubreaper makes orphaned descendants our children instead of init's:
// the backends of a killed postmaster can then be found and reaped.
func becomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphaned backends: %w", err)
	}
	return nil
}

// forker starts children on one thread of its own. A parent-death signal is
// sent when the *thread* that forked ends, and Go ends threads at will; so this
// one is held until every child is gone (golang.org/issue/27505).
type forker struct{ jobs chan func() }

func newForker() *forker {
	f := &forker{jobs: make(chan func())}
	go func() {
		// Never unlocked: the thread ends with this goroutine, not before.
		runtime.LockOSThread()
		for job := range f.jobs {
			job()
		}
	}()
	return f
}

func (f *forker) start(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	f.jobs <- func() { started <- cmd.Start() }
	return <-started
}

func (f *forker) close() { close(f.jobs) }

// sysProcAttr starts a child under the account, in a process group of its own,
// so that Ctrl-C in a terminal reaches only us, and bound to our life.
func (a account) sysProcAttr(death syscall.Signal) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: death}
	if a.switched {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// childEnv is the whole environment of a child. Nothing is inherited: a PGDATA
// or PGOPTIONS of the caller must not steer this server.
func childEnv(extra ...string) []string {
	return append([]string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, extra...)
}

// postmaster is the server's first process.
type postmaster struct {
	pid      int
	process  *os.Process
	logStart int64         // where its own lines begin in the log
	exited   chan struct{} // closed when it ended and is reaped
	status   error         // how it ended; read after exited
}

func (c *Cluster) startServer(ctx context.Context) (*postmaster, error) {
	logFile, logStart, err := c.log.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = logFile.Close() }()
	// Nothing runs here any more, but the socket's lock may name a reused pid.
	removeSocket(c.socket)
	memory, err := totalMemory()
	if err != nil {
		return nil, err
	}
	pg := c.place.pg()
	//nolint:gosec // G204: the program is the installed one, the folders the operator's.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", limitedExec, "sh",
		strconv.FormatUint((backendMemory+sharedBuffers(memory))/1024, 10),
		c.install.program("postgres"), "-D", pg,
		"-c", "listen_addresses=",
		"-c", "port="+strconv.Itoa(port),
		"-c", "unix_socket_directories="+c.socket,
		"-c", "unix_socket_permissions=0700",
		"-c", "hba_file="+filepath.Join(pg, "pg_hba.conf"),
		"-c", "ident_file="+filepath.Join(pg, "pg_ident.conf"),
	)
	cmd.Dir = pg // the mark by which its processes are known, see territory
	cmd.Env = childEnv(c.serverEnv()...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	// Not SIGINT or SIGTERM: those wait for a backend deep in a geometry
	// function that looks at no signal, for minutes.
	cmd.SysProcAttr = c.account.sysProcAttr(unix.SIGQUIT)
	if err := c.forker.start(cmd); err != nil {
		return nil, fmt.Errorf("start the database server: %w", err)
	}
	server := &postmaster{
		pid: cmd.Process.Pid, process: cmd.Process, logStart: logStart,
		exited: make(chan struct{}),
	}
	go func() {
		server.status = cmd.Wait()
		close(server.exited)
	}()
	c.spare(ctx, server.pid)
	return server, nil
}

// serverEnv are the variables the server itself looks at.
func (c *Cluster) serverEnv() []string {
	var env []string
	if os.Geteuid() == 0 {
		// The postmaster is kept from the kernel's killer, its children are not.
		env = append(env, "PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj", "PG_OOM_ADJUST_VALUE=0")
	}
	// A killed server leaves its pid file, and the number may by now belong to
	// some other process of this account, even to one of our threads; the
	// server would take that for a living server and refuse. takeOver has
	// looked: it is not one. This variable, made for pg_ctl, says so; the check
	// of the shared memory block stays in force.
	if old, err := readPidFile(c.place.pg()); err == nil && !c.territory().has(old.pid) {
		env = append(env, "PG_GRANDPARENT_PID="+strconv.Itoa(old.pid))
	}
	return env
}

// spare keeps the postmaster from the kernel's out-of-memory killer, which needs
// root and a container that allows it.
func (c *Cluster) spare(ctx context.Context, pid int) {
	if os.Geteuid() != 0 {
		return
	}
	if err := os.WriteFile(procPath(pid, "oom_score_adj"), []byte("-500"), 0o600); err != nil {
		c.cfg.Logger.DebugContext(ctx, "the database server is not kept from the out-of-memory killer", slog.Any("error", err))
	}
}

// stop ends the server: in order, then at once, then by force.
func (p *postmaster) stop(ctx context.Context, logger *slog.Logger) error {
	ask := []struct {
		signal os.Signal
		wait   time.Duration
	}{
		{unix.SIGINT, fastShutdown},
		{unix.SIGQUIT, quickShutdown},
		{unix.SIGKILL, quickShutdown},
	}
	for i, step := range ask {
		if err := p.process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop the database server: %w", err)
		}
		if p.waitExit(ctx, step.wait, i == 0) {
			return nil
		}
		logger.WarnContext(ctx, "the database server does not stop, asking harder",
			slog.String("signal", step.signal.String()), slog.Int("pid", p.pid))
	}
	return fmt.Errorf("the database server, process %d, does not end", p.pid)
}

// waitExit waits for the end, at most for limit, and for the first step at most
// for ctx: later ones are short and needed.
func (p *postmaster) waitExit(ctx context.Context, limit time.Duration, heedContext bool) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var cancelled <-chan struct{}
	if heedContext {
		cancelled = ctx.Done()
	}
	select {
	case <-p.exited:
		return true
	case <-timer.C:
	case <-cancelled:
	}
	return false
}
