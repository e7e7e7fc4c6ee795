//go:build soak

package mbtiles_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/tiles/mbtiles"
)

// SQLite leaves out the page of a file that has the byte at 1 GB; a file that goes beyond is sound.
func TestSoakLargeFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := archive(t, filepath.Join(dir, "archive"), &spread{8, 35_000, 1}, 8)
	path := filepath.Join(dir, "out.sqlite")
	if err := mbtiles.Write(t.Context(), a, path, func(uint64) {}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() < 5<<28 {
		t.Fatalf("the file has %d bytes: %v", info.Size(), err)
	}
	if diff := cmp.Diff([][]string{{"the file is", "ok"}}, query(t, path, "SELECT 'the file is', integrity_check FROM pragma_integrity_check")); diff != "" {
		t.Error(diff)
	}
}
