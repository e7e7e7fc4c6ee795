package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
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

// territory is a database's folder. The PostgreSQL processes whose current
// folder it is are ours, and no others.
type territory struct {
	dir   string
	runAs account
}

// look runs f with the right to see the processes of the server's account.
// Root has that right by CAP_SYS_PTRACE, which containers mostly withhold;
// having the same file-system ids as the process gives it to everybody. They
// belong to one thread, which ends with this goroutine as it is never unlocked.
func (t territory) look(f func()) {
	if !t.runAs.switched {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		// These report no errors; without effect the look finds less.
		_ = unix.Setfsgid(int(t.runAs.gid))
		_ = unix.Setfsuid(int(t.runAs.uid))
		f()
	}()
	<-done
}

// processes lists the processes on the territory.
func (t territory) processes() []int {
	var found []int
	want, err := os.Stat(t.dir)
	if err != nil {
		return nil
	}
	t.look(func() {
		for _, pid := range allProcesses() {
			if pid != os.Getpid() && worksIn(pid, want) {
				found = append(found, pid)
			}
		}
	})
	return found
}

// has tells whether the process runs on the territory.
func (t territory) has(pid int) bool {
	found := false
	want, err := os.Stat(t.dir)
	if err != nil {
		return false
	}
	t.look(func() { found = worksIn(pid, want) })
	return found
}

// program returns the file that the process runs, "" if it cannot be seen.
func (t territory) program(pid int) string {
	var exe string
	t.look(func() { exe, _ = os.Readlink(procPath(pid, "exe")) })
	// An upgraded package leaves running programs "(deleted)".
	return strings.TrimSuffix(exe, " (deleted)")
}

// signal reaches the process if it still is on the territory. FindProcess holds
// the process itself, not its number, so a reused number cannot be hit.
func (t territory) signal(pid int, signal os.Signal) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer func() { _ = process.Release() }()
	if t.has(pid) {
		_ = process.Signal(signal)
	}
}

// clear kills every process on the territory, and reaps the orphans among them
// that have become our children. deadPostmaster is the pid they may have had as
// their process group, 0 if unknown.
func (t territory) clear(deadPostmaster int) error {
	var left []int
	gone := awaitGone(func() bool {
		left = t.processes()
		for _, pid := range left {
			t.signal(pid, unix.SIGKILL)
		}
		return !t.reapOrphans(deadPostmaster) && len(left) == 0
	}, killWait)
	if !gone {
		return fmt.Errorf("database processes %v in %s cannot be killed", left, t.dir)
	}
	return nil
}

// reapOrphans takes the exit status of dead backends that have become our
// children, and tells whether it met any, dead or dying. Such a process shows
// no folder any more, but every backend leads a session of its own, which no
// child that os/exec starts does by default; so nobody else's Wait is robbed.
func (t territory) reapOrphans(deadPostmaster int) bool {
	met := false
	t.look(func() {
		for _, pid := range allProcesses() {
			stat, err := readStat(pid)
			if err != nil || stat.parent != os.Getpid() || stat.command != "postgres" {
				continue
			}
			if stat.session != pid && (deadPostmaster == 0 || stat.group != deadPostmaster) {
				continue
			}
			if _, err := os.Readlink(procPath(pid, "exe")); !errors.Is(err, fs.ErrNotExist) {
				continue // alive, if perhaps not for long
			}
			met = true
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	})
	return met
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

func allProcesses() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// worksIn tells whether the process is PostgreSQL and works in the folder. A
// zombie has neither program nor folder and is rightly not found.
func worksIn(pid int, dir os.FileInfo) bool {
	exe, err := os.Readlink(procPath(pid, "exe"))
	if err != nil {
		return false
	}
	switch filepath.Base(strings.TrimSuffix(exe, " (deleted)")) {
	case "postgres", "initdb":
	default:
		return false
	}
	current, err := os.Stat(procPath(pid, "cwd"))
	return err == nil && os.SameFile(current, dir)
}

// procStat is the part of /proc/PID/stat that tells whose a process is.
type procStat struct {
	command                string
	parent, group, session int
}

func readStat(pid int) (procStat, error) {
	text, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return procStat{}, err
	}
	// The command stands in brackets and may hold any character.
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return procStat{}, fmt.Errorf("process %d has no readable status", pid)
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 4 {
		return procStat{}, fmt.Errorf("process %d has no readable status", pid)
	}
	stat := procStat{command: string(text[open+1 : end])}
	for i, to := range []*int{&stat.parent, &stat.group, &stat.session} {
		if *to, err = strconv.Atoi(fields[i+1]); err != nil {
			return procStat{}, fmt.Errorf("process %d has no readable status: %w", pid, err)
		}
	}
	return stat, nil
}

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}
