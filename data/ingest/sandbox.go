package ingest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hetu/data/gdal"
)

// sandboxPrefix begins the name of every sandbox.
const sandboxPrefix = "hetu-import-"

// makeSandbox makes the folder that copies go to, and in it the folder that is the child's. A lock on the first lives as long
// as this process does and tells others that the sandbox is in use.
func (s *source) makeSandbox(temp string) (err error) {
	if temp == "" {
		temp = os.TempDir()
	}
	gdal.Sweep(temp, sandboxPrefix)
	if s.dir, err = os.MkdirTemp(temp, sandboxPrefix); err != nil {
		return fmt.Errorf("make the sandbox: %w", err)
	}
	s.work = filepath.Join(s.dir, "work")
	if err = os.Mkdir(s.work, 0o700); err == nil {
		s.lock, err = gdal.Lock(s.dir)
	}
	if err != nil {
		s.close()
		return fmt.Errorf("make the sandbox: %w", err)
	}
	return nil
}

// close removes the sandbox.
func (s *source) close() {
	_ = os.RemoveAll(s.dir)
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// handOver lets the child's user read the copies and write into the folder work, and nothing else: as root the copies and
// their folder stay root's, so that what this process reads is what it wrote. What is read here alone is not handed over.
func (s *source) handOver() error {
	group := -1
	if os.Geteuid() == 0 {
		group = gdal.Nobody
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return fmt.Errorf("fill the sandbox: %w", err)
	}
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		mode, owner := fs.FileMode(0o440), -1
		switch {
		case err != nil:
			return err
		case path == "work":
			mode, owner = 0o700, group
		case path == ".":
			mode = 0o710 // entered, not listed and not written
			if group < 0 {
				mode = 0o700
			}
		case s.driver == "":
			return nil
		case d.IsDir():
			mode = 0o750
			if group < 0 {
				mode = 0o700
			}
		}
		return errors.Join(root.Chmod(path, mode), root.Lchown(path, owner, group))
	})
	if err = errors.Join(err, root.Close()); err != nil {
		return fmt.Errorf("fill the sandbox: %w", err)
	}
	return nil
}
