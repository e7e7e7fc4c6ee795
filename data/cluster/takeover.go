package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// takeOver ends what an earlier run left on the folder: a postmaster that has
// outlived its hetu, or backends that have outlived their postmaster. The pid
// file is never removed by hand: the server itself judges it, together with the
// shared memory block it names. Callers hold the lock.
func (t territory) takeOver(ctx context.Context, logger *slog.Logger) error {
	old, err := readPidFile(t.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		// Half-written when it was killed; its processes are found below.
		logger.WarnContext(ctx, "the database's pid file cannot be read", slog.Any("error", err))
	case t.has(old.pid):
		logger.WarnContext(ctx, "ending a database server that an earlier run left", slog.Int("pid", old.pid))
		t.signal(old.pid, unix.SIGQUIT)
		awaitGone(func() bool { return !t.has(old.pid) }, quickShutdown)
	}
	if left := t.processes(); len(left) > 0 {
		logger.WarnContext(ctx, "killing database processes that an earlier run left", slog.Any("pids", left))
	}
	return t.clear(0)
}

// pidFile is what a server writes about itself into its folder.
type pidFile struct {
	pid       int
	socketDir string
}

func readPidFile(pg string) (pidFile, error) {
	name := filepath.Join(pg, "postmaster.pid")
	text, err := readFile(name)
	if err != nil {
		return pidFile{}, err
	}
	// Lines: pid, folder, start time, port, socket folder, address, memory, status.
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid == 0 {
		return pidFile{}, fmt.Errorf("%s holds no process id", name)
	}
	if pid < 0 {
		pid = -pid // how a single-user server signs
	}
	found := pidFile{pid: pid}
	if len(lines) > 4 {
		found.socketDir = strings.TrimSpace(lines[4])
	}
	return found, nil
}
