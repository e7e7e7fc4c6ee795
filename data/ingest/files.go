package ingest

import (
	"os"

	"golang.org/x/sys/unix"
)

// open opens the operator's file, wherever its name leads.
func open(path string) (*os.File, error) {
	return os.Open(path) //nolint:gosec // G304: the path is the operator's argument
}

// openOwn opens a file of the sandbox, or one that a folder lists: a link in its place is an error, and a pipe does not block.
func openOwn(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0) //nolint:gosec // G304: the names in the sandbox are ours
}

// create makes a new file, where nothing of its name is.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL|unix.O_NOFOLLOW, 0o600) //nolint:gosec // G304: in the sandbox, or where the operator told
}
