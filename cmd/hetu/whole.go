package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// writeWhole has a file written as PATH.part beside its place, and moves it there when all of it is on the disk: a process that is killed, and a machine
// that loses power, leave PATH whole, or as it was. What is left of PATH.part the next writer begins anew; one that is being written is nobody else's.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	part, err := openPart(path + ".part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
		}
		err = errors.Join(err, part.Close()) // and with it the lock
	}()
	if err = write(part); err != nil {
		return err
	}
	if err = part.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err = os.Rename(part.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// openPart opens a file, empty, for this process alone.
func openPart(name string) (*os.File, error) {
	part, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666) //nolint:gosec // G302, G304: the file that the person named, as readable as others of his
	if err != nil {
		return nil, err
	}
	if err = unix.Flock(int(part.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == nil {
		// Whoever held it may have moved it to its place meanwhile: then it is no part any more.
		err = same(part, name)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s is being written by another process (wait for it, or name another file): %w", name, err), part.Close())
	}
	if err = part.Truncate(0); err != nil {
		return nil, errors.Join(err, part.Close())
	}
	return part, nil
}

// same tells by an error that an open file is not, or not any more, the one of a name.
func same(f *os.File, name string) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(name)
	if err == nil && !os.SameFile(opened, named) {
		err = errors.New("it was moved")
	}
	return err
}
