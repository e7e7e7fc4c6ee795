package gdal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// StaleAfter is the age of a folder without owner that is swept.
const StaleAfter = 10 * time.Minute

// Lock locks a folder for as long as the file is open, or this process lives: it tells others that the folder is in use.
func Lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_DIRECTORY, 0) //nolint:gosec // G304: a folder of ours
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Sweep removes the folders below temp whose names begin with a prefix, of this user (as root also those given to nobody, as they once
// were), that no process holds any more: a process that was killed leaves its own. One that is younger than [StaleAfter] may be about to
// be locked.
func Sweep(temp, prefix string) {
	entries, err := os.ReadDir(temp)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || !strings.HasPrefix(e.Name(), prefix) || time.Since(info.ModTime()) < StaleAfter {
			continue
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Geteuid() && (os.Geteuid() != 0 || owner.Uid != Nobody) {
			continue
		}
		dir := filepath.Join(temp, e.Name())
		if lock, err := Lock(dir); err == nil {
			_ = os.RemoveAll(dir)
			_ = lock.Close()
		}
	}
}
