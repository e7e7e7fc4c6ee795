package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// initialise makes the database's files if there are none. They are made under
// another name and renamed when complete, so a database that is there is whole.
func (c *Cluster) initialise(ctx context.Context) error {
	if err := c.removeHalfMade(); err != nil {
		return err
	}
	if hasDatabase(c.place.pg()) {
		return noteLocation(c.place)
	}
	// PostgreSQL must never be given a folder that holds somebody's files.
	if _, err := os.Lstat(c.place.pg()); err == nil {
		if err := os.Remove(c.place.pg()); err != nil {
			return fmt.Errorf("%s is there but holds no database, only an empty folder can be replaced: %w", c.place.pg(), err)
		}
	}
	began := c.cfg.Now()
	half := filepath.Join(c.place.home, "pg.tmp-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(half, 0o700); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	if err := c.initdb(ctx, half); err != nil {
		return errors.Join(err, c.removeHalfMade())
	}
	if err := os.Rename(half, c.place.pg()); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	if err := syncDir(c.place.home); err != nil {
		return fmt.Errorf("put the new database in place: %w", err)
	}
	c.cfg.Logger.InfoContext(ctx, "made a new database", slog.String("cluster_dir", c.place.pg()),
		slog.Int("postgresql", c.install.major), slog.Duration("took", c.cfg.Now().Sub(began)))
	return noteLocation(c.place)
}

func (c *Cluster) initdb(ctx context.Context, dir string) error {
	if c.account.switched {
		if err := os.Lchown(dir, int(c.account.uid), int(c.account.gid)); err != nil {
			return fmt.Errorf("make the database's folder: %w", err)
		}
	}
	//nolint:gosec // G204: the program is the installed one, the folder the operator's.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), c.install.program("initdb"),
		"--pgdata="+dir,
		"--username="+string(Superuser),
		"--auth=peer",
		"--data-checksums", // pg_rewind needs them, and a flipped bit is found
		"--encoding=UTF8",
		// Sorting by code point never changes with an upgrade of the C library,
		// which would corrupt indexes; C.UTF-8 lets lower() and regular
		// expressions know letters beyond ASCII.
		"--locale=C.UTF-8", "--lc-collate=C", "--lc-messages=C",
		"--text-search-config=simple",
	)
	var output bytes.Buffer
	cmd.Dir = dir
	cmd.Env = childEnv()
	cmd.Stdout, cmd.Stderr = &output, &output
	// Its own children may keep the pipe open after it was killed.
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = c.account.sysProcAttr(unix.SIGKILL)
	if err := c.forker.start(cmd); err != nil {
		return fmt.Errorf("start initdb: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("initdb: %w; its last lines:\n%s", err, lastLines(output.Bytes()))
		}
		return nil
	case <-ctx.Done():
		// The group is initdb and its shell; removeHalfMade ends the rest.
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		return fmt.Errorf("initdb: %w", errors.Join(context.Cause(ctx), <-ended))
	}
}

// removeHalfMade removes what an initdb left that was killed, after ending the
// processes that may still write there. Callers hold the lock.
func (c *Cluster) removeHalfMade() error {
	found, err := filepath.Glob(filepath.Join(escapeGlob(c.place.home), "pg.tmp-*"))
	if err != nil {
		return fmt.Errorf("look for half-made databases: %w", err)
	}
	for _, dir := range found {
		if err := (territory{dir: dir, runAs: c.account}).clear(0); err != nil {
			return err
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove a half-made database: %w", err)
		}
	}
	return nil
}
