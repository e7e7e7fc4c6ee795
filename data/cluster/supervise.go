package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 5 * time.Second
	// maxDeaths in deathWindow is a fault that another start does not heal.
	maxDeaths   = 5
	deathWindow = time.Minute

	// readyLimit bounds one start. Recovery of a long log on a slow disk takes
	// minutes; a server that is silent for longer is stuck.
	readyLimit = 5 * time.Minute
	readyPoll  = 20 * time.Millisecond
	// trimEvery is how often the log's size is looked at.
	trimEvery = 5 * time.Second
)

// GivenUpError says that the server died too often to be started once more.
type GivenUpError struct {
	Deaths int
	// Last is how it ended the last time, with the server's last log lines.
	Last error
}

func (e *GivenUpError) Error() string {
	return fmt.Sprintf("the database server died %d times within %s and is not started again: %v", e.Deaths, deathWindow, e.Last)
}

func (e *GivenUpError) Unwrap() error { return e.Last }

// supervise keeps a server running until ctx ends or it has died too often. It
// is the only one to replace c.server.
func (c *Cluster) supervise(ctx context.Context) {
	defer close(c.done)
	backoff := minBackoff
	var deaths []time.Time
	var last error
	for {
		if last == nil {
			if !c.awaitDeath(ctx) {
				return
			}
			last = c.withLogTail(fmt.Errorf("the database server ended: %w", exitReason(c.server)), c.server)
		}
		c.ready.Store(false)
		if ctx.Err() != nil {
			return
		}
		now := c.cfg.Now()
		deaths = recent(append(deaths, now), now)
		if len(deaths) >= maxDeaths {
			c.err = &GivenUpError{Deaths: len(deaths), Last: last}
			c.cfg.Logger.ErrorContext(ctx, "the database server is given up", slog.Int("deaths", len(deaths)), slog.Any("error", last))
			return
		}
		if len(deaths) == 1 {
			backoff = minBackoff
		}
		c.cfg.Logger.WarnContext(ctx, "the database server died, starting it again",
			slog.Int("deaths", len(deaths)), slog.Duration("backoff", backoff), slog.Any("error", last))
		if !sleep(ctx, backoff) {
			return
		}
		backoff = min(2*backoff, maxBackoff)
		if last = c.restart(ctx); last == nil {
			c.ready.Store(true)
			c.cfg.Logger.InfoContext(ctx, "the database server is back", slog.Int("pid", c.server.pid))
		}
	}
}

// awaitDeath watches the running server; false means that ctx ended first.
func (c *Cluster) awaitDeath(ctx context.Context) bool {
	ticker := time.NewTicker(trimEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.server.exited:
			return true
		case <-ctx.Done():
			return false
		case <-ticker.C:
			if err := c.log.trim(); err != nil {
				c.cfg.Logger.WarnContext(ctx, "the database server's log cannot be cut", slog.Any("error", err))
			}
		}
	}
}

// restart ends what the dead server left behind and starts another one.
func (c *Cluster) restart(ctx context.Context) error {
	// A backend deep in a geometry function outlives its postmaster for
	// minutes, and no server starts while one holds the shared memory.
	if err := c.territory().clear(c.server.pid); err != nil {
		return err
	}
	// Something may have tidied up the temporary folder.
	if err := ownSocketDir(c.socket, c.account); err != nil {
		return fmt.Errorf("make the socket's folder: %w", err)
	}
	server, err := c.startServer(ctx)
	if err != nil {
		return err
	}
	c.server = server
	conn, err := c.awaitReady(ctx, server)
	if err != nil {
		// Alive but not answering counts as dead, and must be before another start.
		return errors.Join(err, server.stop(ctx, c.cfg.Logger))
	}
	return conn.Close(ctx)
}

// awaitReady returns the superuser's first connection to the server.
func (c *Cluster) awaitReady(ctx context.Context, server *postmaster) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, dsn(c.socket, "postgres", Superuser))
		if err == nil {
			return conn, nil
		}
		if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code[:2] == "28" {
			return nil, c.withLogTail(fmt.Errorf("the database server refuses its own superuser: %w", err), server)
		}
		timer := time.NewTimer(readyPoll)
		select {
		case <-timer.C:
		case <-server.exited:
			timer.Stop()
			return nil, c.withLogTail(fmt.Errorf("the database server did not start: %w", exitReason(server)), server)
		case <-ctx.Done():
			timer.Stop()
			return nil, c.withLogTail(fmt.Errorf("the database server did not answer: %w", errors.Join(context.Cause(ctx), err)), server)
		}
	}
}

// exitReason is the status of a server that has ended. It is never nil: also a
// server that ended in order has ended unasked.
func exitReason(server *postmaster) error {
	if server.status != nil {
		return server.status
	}
	return errors.New("exit status 0")
}

func recent(deaths []time.Time, now time.Time) []time.Time {
	for len(deaths) > 0 && now.Sub(deaths[0]) > deathWindow {
		deaths = deaths[1:]
	}
	return deaths
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
