package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// KeepUnfiled is how long a file is kept that nothing names yet: who sent it files a document with it.
const KeepUnfiled = 7 * 24 * time.Hour

// sweptAtOnce bounds how many files are asked about at a time.
const sweptAtOnce = 500

// Filing knows which files something names; data/pg is it.
type Filing interface {
	// Unfiled gives those of some files that nothing names and that were not sent since, and forgets that they were sent: when it returns, none of
	// them is filed any more without being sent again.
	Unfiled(ctx context.Context, sums []string, since time.Time) ([]string, error)
}

// Sweep removes files that nothing names and that came before a time, and what is left of those that broke off. A file goes after it was settled that
// it cannot be filed any more: who is killed in between leaves a file behind, for the next sweep, and never a document without its file.
func (f *Folder) Sweep(ctx context.Context, filing Filing, before time.Time) (n int, bytes int64, err error) {
	if err := f.Clear(before); err != nil {
		return 0, 0, err
	}
	old, err := f.old(before)
	if err != nil {
		return 0, 0, err
	}
	for sums := range slices.Chunk(old, sweptAtOnce) {
		removed, size, err := f.sweep(ctx, filing, sums, before)
		n, bytes = n+removed, bytes+size
		if err != nil {
			return n, bytes, err
		}
	}
	return n, bytes, nil
}

// old lists the files that came before a time, by their hashes. What is no file of ours is left out.
func (f *Folder) old(before time.Time) (sums []string, err error) {
	look := func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing was kept yet, or it went meanwhile
		}
		if err != nil || entry.IsDir() {
			return err
		}
		folder, name := filepath.Split(path)
		sum, notHex := hex.DecodeString(name)
		if notHex == nil && len(sum) == sha256.Size && filepath.Base(folder) == name[:2] {
			if info, gone := entry.Info(); gone == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
				sums = append(sums, name)
			}
		}
		return nil
	}
	if err := filepath.WalkDir(f.dir, look); err != nil {
		return nil, fmt.Errorf("look through the folder of documents: %w", err)
	}
	return sums, nil
}

func (f *Folder) sweep(ctx context.Context, filing Filing, old []string, before time.Time) (n int, bytes int64, err error) {
	unfiled, err := filing.Unfiled(ctx, old, before)
	if err != nil {
		return 0, 0, fmt.Errorf("ask which files are filed: %w", err)
	}
	for _, sum := range unfiled {
		size, err := f.remove(filepath.Join(sum[:2], sum), before)
		if err != nil {
			return n, bytes, err
		}
		if size >= 0 {
			n, bytes = n+1, bytes+size
		}
	}
	return n, bytes, nil
}

// remove removes a file, unless it came again in the meantime; size is -1 then, and where it is gone already.
func (f *Folder) remove(name string, before time.Time) (size int64, err error) {
	f.names.Lock()
	defer f.names.Unlock()
	path := filepath.Join(f.dir, name)
	info, err := os.Stat(path)
	if err == nil && !info.ModTime().Before(before) {
		return -1, nil
	}
	if err == nil {
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("remove a file: %w", err)
	}
	return info.Size(), nil
}
