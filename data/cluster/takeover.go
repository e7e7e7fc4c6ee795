package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// pollEvery is how often the end of foreign processes is looked for: they
	// are not our children, so nothing tells us.
	pollEvery = 20 * time.Millisecond
	// killWait bounds the wait for killed processes; one that hangs in the
	// kernel on a lost disk never ends.
	killWait = 10 * time.Second
)

// takeOver ends what an earlier run left on the folder: a postmaster that has
// outlived its hetu, or backends that have outlived their postmaster. A process
// is ours only if it runs PostgreSQL and its current folder is this one. The
// pid file is never removed by hand: the server itself judges it, together with
// the shared memory block it names. Callers hold the lock.
func takeOver(pg string, logger *slog.Logger) error {
	old, err := readPidFile(pg)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		// Half-written when it was killed; its processes are found below.
		logger.Warn("the database's pid file cannot be read", "error", err)
	case runsIn(old.pid, pg):
		logger.Warn("ending a database server that an earlier run left", "pid", old.pid)
		signalIn(old.pid, pg, unix.SIGQUIT)
		awaitGone(func() bool { return !runsIn(old.pid, pg) }, quickShutdown)
	}
	if left := processesIn(pg); len(left) > 0 {
		logger.Warn("killing database processes that an earlier run left", "pids", left)
	}
	return killAll(pg, 0)
}

// killAll ends every PostgreSQL process that works in the folder, and reaps the
// orphans among them that have become our children. deadPostmaster is the pid
// they may have had as their process group, 0 if unknown.
func killAll(pg string, deadPostmaster int) error {
	var left []int
	gone := awaitGone(func() bool {
		left = processesIn(pg)
		for _, pid := range left {
			signalIn(pid, pg, unix.SIGKILL)
		}
		reaped := reapOrphans(deadPostmaster)
		return len(left) == 0 && !reaped
	}, killWait)
	if !gone {
		return fmt.Errorf("database processes %v in %s cannot be killed", left, pg)
	}
	return nil
}

func awaitGone(gone func() bool, limit time.Duration) bool {
	for range int(limit / pollEvery) {
		if gone() {
			return true
		}
		time.Sleep(pollEvery)
	}
	return gone()
}

// processesIn lists the PostgreSQL processes whose current folder is dir.
func processesIn(dir string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && pid != os.Getpid() && runsIn(pid, dir) {
			found = append(found, pid)
		}
	}
	return found
}

// runsIn tells whether the process is PostgreSQL and works in dir. A zombie has
// neither program nor folder and is rightly not found.
func runsIn(pid int, dir string) bool {
	exe, err := os.Readlink(procPath(pid, "exe"))
	if err != nil {
		return false
	}
	// An upgraded package leaves running programs "(deleted)".
	switch filepath.Base(strings.TrimSuffix(exe, " (deleted)")) {
	case "postgres", "initdb":
	default:
		return false
	}
	current, err := os.Stat(procPath(pid, "cwd"))
	if err != nil {
		return false
	}
	want, err := os.Stat(dir)
	return err == nil && os.SameFile(current, want)
}

// signalIn signals the process if it still is one of ours. FindProcess holds
// the process itself, not its number, so a reused number cannot be hit.
func signalIn(pid int, dir string, signal os.Signal) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer func() { _ = process.Release() }()
	if runsIn(pid, dir) {
		_ = process.Signal(signal)
	}
}

// reapOrphans takes the exit status of dead backends that have become our
// children, and tells whether there were any. A dead process shows no folder
// any more, but every backend leads a session of its own, which no child that
// os/exec starts does by default; so nobody else's Wait is robbed.
func reapOrphans(deadPostmaster int) bool {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	reaped := false
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := readStat(pid)
		if err != nil || stat.parent != os.Getpid() || stat.state != "Z" || stat.command != "postgres" {
			continue
		}
		if stat.session != pid && (deadPostmaster == 0 || stat.group != deadPostmaster) {
			continue
		}
		got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		reaped = reaped || (err == nil && got == pid)
	}
	return reaped
}

// procStat is the part of /proc/PID/stat that tells whose a process is.
type procStat struct {
	command                string
	state                  string
	parent, group, session int
}

func readStat(pid int) (procStat, error) {
	text, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return procStat{}, err
	}
	// The command stands in brackets and may hold any character.
	open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	if open < 0 || end < open {
		return procStat{}, fmt.Errorf("process %d has no readable status", pid)
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 4 {
		return procStat{}, fmt.Errorf("process %d has no readable status", pid)
	}
	stat := procStat{command: string(text[open+1 : end]), state: fields[0]}
	for i, to := range []*int{&stat.parent, &stat.group, &stat.session} {
		if *to, err = strconv.Atoi(fields[i+1]); err != nil {
			return procStat{}, fmt.Errorf("process %d has no readable status: %w", pid, err)
		}
	}
	return stat, nil
}

// pidFile is what a server writes about itself into its folder.
type pidFile struct {
	pid       int
	socketDir string
}

func readPidFile(pg string) (pidFile, error) {
	name := filepath.Join(pg, "postmaster.pid")
	text, err := os.ReadFile(name)
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

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}
