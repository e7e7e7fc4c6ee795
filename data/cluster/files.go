package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// readFile reads a small file below the folders that the operator chose.
func readFile(name string) ([]byte, error) {
	//nolint:gosec // G304: no name here comes from a request.
	return os.ReadFile(name)
}

// writeFile replaces a file in one step and only if it differs. A running or
// crashed server never sees half a file. The folder may belong to the less
// trusted account: O_EXCL follows no link laid there.
func writeFile(name string, content []byte, mode os.FileMode, owner account) error {
	if old, err := readFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	half := name + ".tmp"
	_ = os.Remove(half)
	//nolint:gosec // G304: see readFile.
	file, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if owner.switched {
		err = errors.Join(err, file.Chown(int(owner.uid), int(owner.gid)))
	}
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(half, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(name string) error {
	//nolint:gosec // G304: see readFile.
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func escapeGlob(path string) string {
	var escaped bytes.Buffer
	for _, r := range path {
		switch r {
		case '*', '?', '[', '\\':
			escaped.WriteByte('\\')
		}
		escaped.WriteRune(r)
	}
	return escaped.String()
}
