package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// HeldError says that another living process serves the data folder.
type HeldError struct {
	DataDir string
	PID     int // 0 when the holder has not written it yet
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("data folder %s is in use by another process", e.DataDir)
	}
	return fmt.Sprintf("data folder %s is in use by process %d", e.DataDir, e.PID)
}

// lock is the right to serve a folder. The kernel holds it for the open file,
// so it ends with its process, however that ends. The file itself stays:
// removing it would let two processes lock two files of one name.
type lock struct{ file *os.File }

func acquireLock(name, data string) (*lock, error) {
	//nolint:gosec // G304: see readFile.
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		defer func() { _ = file.Close() }()
		text, _ := io.ReadAll(io.LimitReader(file, 32))
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return nil, &HeldError{DataDir: data, PID: pid}
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	held := &lock{file: file}
	if err := held.sign(); err != nil {
		held.release()
		return nil, fmt.Errorf("sign the lock of the data folder: %w", err)
	}
	return held, nil
}

// sign writes who holds the lock, for the message to the next one.
func (l *lock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func (l *lock) release() { _ = l.file.Close() }
