package files_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"hetu/data/files"
	"hetu/geo"
)

// A file is found by its hash, once however often it comes; what is too large, empty or broken off leaves nothing behind.
func TestFilesByHash(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "documents")
	f := files.New(dir)
	if _, err := f.Open(t.Context(), strings.Repeat("0", 64)); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("of an empty folder: %v", err)
	}
	const text = "%PDF-1.7 关于公布管理范围的公告"
	want := sha256.Sum256([]byte(text))
	for range 2 {
		sum, size, err := f.Keep(t.Context(), iotest.OneByteReader(strings.NewReader(text)), 100)
		if err != nil || sum != hex.EncodeToString(want[:]) || size != int64(len(text)) {
			t.Fatalf("%s %d %v", sum, size, err)
		}
	}
	r, err := f.Open(t.Context(), hex.EncodeToString(want[:]))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil || string(got) != text {
		t.Errorf("%q %v", got, err)
	}
	for _, tt := range []struct {
		r    io.Reader
		want geo.Code
	}{
		{strings.NewReader(strings.Repeat("x", 101)), geo.CodeTooLarge},
		{strings.NewReader(""), geo.CodeRefused},
		{io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF)), geo.CodeInvalid},
	} {
		if _, _, err := f.Keep(t.Context(), tt.r, 100); geo.CodeOf(err) != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	if _, err := f.Open(t.Context(), "../../etc/passwd"); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("of a path: %v", err)
	}
	var left []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, path)
		}
		return err
	})
	if len(left) != 1 {
		t.Errorf("left are %v", left)
	}
	for range 2 {
		if err := f.Remove(t.Context(), hex.EncodeToString(want[:])); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.Open(t.Context(), hex.EncodeToString(want[:])); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("one that was removed: %v", err)
	}
	if err := f.Remove(t.Context(), "../../etc/passwd"); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("a path is removed: %v", err)
	}
}

// What a process that was killed left half is swept, and nothing that is whole, or is coming now.
func TestWhatNeverCameWholeIsCleared(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "documents")
	f := files.New(dir)
	if err := f.Clear(time.Now()); err != nil {
		t.Errorf("no folder: %v", err)
	}
	sum, _, err := f.Keep(t.Context(), strings.NewReader("whole"), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"coming-old", "coming-new", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("ha"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	died := time.Now().Add(-time.Hour)
	for _, name := range []string{"coming-old", "other", filepath.Join(sum[:2], sum)} {
		if err := os.Chtimes(filepath.Join(dir, name), died, died); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Clear(time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{"coming-old": false, "coming-new": true, "other": true, filepath.Join(sum[:2], sum): true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}
