package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	// logLimit is the size at which the server's log is set aside; one older
	// piece is kept, so both take twice as much.
	logLimit  = 4 << 20
	tailBytes = 4 << 10
	tailLines = 12
)

// serverLog is the file that the server writes its messages to. It writes
// directly, not through a pipe: so its last words are kept when we are killed,
// and it never waits for a reader.
type serverLog struct{ path string }

// open returns the file for a server about to start, and where its lines begin.
func (l *serverLog) open() (*os.File, int64, error) {
	if err := l.trim(); err != nil {
		return nil, 0, err
	}
	file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("open the database server's log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open the database server's log: %w", err), file.Close())
	}
	return file, info.Size(), nil
}

// trim copies a log that has grown too long and empties it. The server keeps
// the file open for appending, so it must stay the same file; a line written
// between the two steps is lost.
func (l *serverLog) trim() error {
	info, err := os.Stat(l.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || info.Size() < logLimit {
		return err
	}
	old, err := readFrom(l.path, info.Size()-logLimit)
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.path+".1", old, 0o600); err != nil {
		return err
	}
	return os.Truncate(l.path, 0)
}

// tail returns the last lines written at or after start.
func (l *serverLog) tail(start int64) string {
	info, err := os.Stat(l.path)
	if err != nil {
		return ""
	}
	if start > info.Size() {
		start = 0 // trimmed since
	}
	text, err := readFrom(l.path, max(start, info.Size()-tailBytes))
	if err != nil {
		return ""
	}
	return lastLines(text)
}

func readFrom(name string, offset int64) ([]byte, error) {
	//nolint:gosec // G304: see readFile.
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(max(offset, 0), io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, logLimit))
}

func lastLines(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return strings.ToValidUTF8(string(bytes.Join(lines, []byte("\n"))), "?")
}
