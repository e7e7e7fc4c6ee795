package ingest

import (
	"os"
)

// open opens the operator's file or a copy of it; the names in the sandbox are ours.
func open(path string) (*os.File, error) {
	return os.Open(path) //nolint:gosec // G304: the path is the operator's argument, or in the sandbox under a name of ours
}

// readWhole reads a small file of the sandbox.
func readWhole(path string) ([]byte, error) {
	return os.ReadFile(path) //nolint:gosec // G304: see open
}

// create makes a new file in the sandbox.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600) //nolint:gosec // G304: see open
}
