// Package files keeps the files of documents by what is in them: a file's name is its SHA-256, so that one that is named by its hash is the
// one that was meant, for as long as it is kept, and the same file is kept once.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hetu/geo"
)

// Folder keeps files below a folder, which is made when the first one comes.
type Folder struct {
	dir string
	// names is held while a file gets its name or loses it, so that one that comes anew is not taken for the old one of its name.
	names sync.Mutex
}

// coming begins the name of a file that is not there whole yet.
const coming = "coming-"

// New names the folder.
func New(dir string) *Folder { return &Folder{dir: dir} }

// Clear removes what was coming before a time and never came whole: a process that is killed leaves it.
func (f *Folder) Clear(before time.Time) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sweep the folder of documents: %w", err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasPrefix(e.Name(), coming) {
			if _, err := f.remove(e.Name(), before); err != nil {
				return fmt.Errorf("sweep the folder of documents: %w", err)
			}
		}
	}
	return nil
}

// Keep reads a file to its end and gives its hash. It is there whole, on the disk, when Keep returns; else nothing of it is. One that is
// larger than limit bytes, or empty, is refused.
func (f *Folder) Keep(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return "", 0, fmt.Errorf("make the folder of documents: %w", err)
	}
	temp, err := os.CreateTemp(f.dir, coming+"*")
	if err != nil {
		return "", 0, fmt.Errorf("keep a file: %w", err)
	}
	defer func() {
		_ = temp.Close()
		_ = os.Remove(temp.Name()) // it has another name when all went well
	}()
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(temp, h), io.LimitReader(r, limit+1))
	switch {
	case ctx.Err() != nil:
		return "", 0, geo.Wrapf(ctx.Err(), geo.CodeUnavailable, "the file did not come in time: send it again")
	case err != nil:
		if _, told := errors.AsType[*geo.Error](err); told {
			return "", 0, err
		}
		return "", 0, geo.Wrapf(err, geo.CodeInvalid, "the file broke off before its end: send it again")
	case size > limit:
		return "", 0, geo.Errorf(geo.CodeTooLarge, "the file is larger than %d bytes", limit)
	case size == 0:
		return "", 0, geo.Errorf(geo.CodeRefused, "the file is empty")
	}
	sum = hex.EncodeToString(h.Sum(nil))
	return sum, size, f.name(temp, sum)
}

// name gives a file that came whole its name, and has the disk keep both.
func (f *Folder) name(temp *os.File, sum string) error {
	if err := temp.Sync(); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	f.names.Lock()
	defer f.names.Unlock()
	dir := filepath.Join(f.dir, sum[:2])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	if err := os.Rename(temp.Name(), filepath.Join(dir, sum)); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	for _, d := range []string{dir, f.dir} {
		if err := syncFolder(d); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // a folder of ours
	if err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Remove takes a file away by its hash; that there is none is no error.
func (f *Folder) Remove(_ context.Context, sum string) error {
	if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
		return geo.Errorf(geo.CodeNotFound, "%.80q is no SHA-256", sum)
	}
	if err := os.Remove(filepath.Join(f.dir, sum[:2], sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a file: %w", err)
	}
	return nil
}

// Open gives a file by its hash; geo.CodeNotFound when there is none.
func (f *Folder) Open(_ context.Context, sum string) (io.ReadSeekCloser, error) {
	if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
		return nil, geo.Errorf(geo.CodeNotFound, "%.80q is no SHA-256", sum)
	}
	file, err := os.Open(filepath.Join(f.dir, sum[:2], sum)) //nolint:gosec // hexadecimal digits
	if errors.Is(err, fs.ErrNotExist) {
		return nil, geo.Errorf(geo.CodeNotFound, "no file of that hash is kept here")
	}
	if err != nil {
		return nil, fmt.Errorf("open a file: %w", err)
	}
	return file, nil
}
