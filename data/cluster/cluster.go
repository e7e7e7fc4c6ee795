// Package cluster runs the private PostgreSQL server with PostGIS that holds
// hetu's data when no database URL is given.
//
// The server is the distribution's own PostgreSQL, started as a child process
// on a folder below the data folder. It has no TCP port and no password: it
// listens on a Unix socket in a folder only its own account can enter, and the
// socket's peer credentials say who connects.
//
//	db, err := cluster.Start(ctx, cluster.Config{
//		DataDir: dir, RuntimeDir: runtimeDir, Logger: logger, Now: time.Now,
//	})
//	if err != nil {
//		return err
//	}
//	defer db.Close(context.WithoutCancel(ctx))
//	pool, err := pgxpool.New(ctx, db.DSN(cluster.ReadOnly))
//
// Why a child and not a library or a system service: same SQL, same planner and
// same extension as a big installation, and nothing to set up for a small one.
// What that costs is that any of the processes may be killed at any moment, so
// every step here can be repeated and starting is also recovering: Start takes
// over whatever an earlier run left behind.
//
// Start makes the whole process a child sub-reaper (Linux), since the backends
// of a killed postmaster would otherwise leave our sight while they still hold
// its shared memory. It reaps those backends only, by process id, so os/exec
// elsewhere in the program is not disturbed.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config says where the server lives. DataDir and Now are required.
type Config struct {
	// DataDir is hetu's data folder; it is made when missing. The database
	// stands in its folder pg, except when started as root below a folder that
	// the account postgres cannot enter: see RelocateDir.
	DataDir string
	// RuntimeDir is $XDG_RUNTIME_DIR, the preferred place of the socket folder
	// for an unprivileged user. Empty means the temporary folder. Root uses
	// /run and ignores it.
	RuntimeDir string
	// Logger gets the events of the server's life. Nil means silence.
	Logger *slog.Logger
	// Now is the clock; it dates deaths of the server.
	Now func() time.Time
	// InstallDir holds one folder per PostgreSQL major version. Defaults to
	// /usr/lib/postgresql.
	InstallDir string
	// RelocateDir is where root puts a database that cannot stay in DataDir.
	// Defaults to /var/lib/hetu.
	RelocateDir string
}

const (
	defaultInstallDir  = "/usr/lib/postgresql"
	defaultRelocateDir = "/var/lib/hetu"

	// fastShutdown is how long running transactions get to be rolled back in
	// order. Longer would outlast the patience of systemd and of people.
	fastShutdown = 20 * time.Second
	// quickShutdown is how long the postmaster gets to end its children after
	// SIGQUIT; it kills them itself after five seconds.
	quickShutdown = 8 * time.Second
)

func (cfg Config) withDefaults() (Config, error) {
	if cfg.DataDir == "" {
		return cfg, errors.New("cluster: DataDir is empty")
	}
	if cfg.Now == nil {
		return cfg, errors.New("cluster: Now is nil")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.InstallDir == "" {
		cfg.InstallDir = defaultInstallDir
	}
	if cfg.RelocateDir == "" {
		cfg.RelocateDir = defaultRelocateDir
	}
	return cfg, nil
}

// Cluster is a running, supervised PostgreSQL server.
type Cluster struct {
	cfg     Config
	place   place
	account account
	install install
	socket  string
	log     *serverLog
	forker  *forker
	locks   []*lock

	ready  atomic.Bool
	cancel context.CancelFunc
	done   chan struct{} // closed when supervision has ended
	err    error         // why it ended; read after done
	server *postmaster   // the current one; read after done

	closeOnce sync.Once
	closeErr  error
}

// Start makes the database if there is none, takes over what an earlier run
// left, starts the server and returns when it answers and has hetu's roles,
// database and extensions. ctx bounds the start only, not the server's life.
//
// It returns a *HeldError when another process serves the same data folder, and
// a *NotInstalledError when the PostgreSQL packages are missing.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, done: make(chan struct{})}
	if err = c.prepare(ctx); err != nil {
		c.release()
		return nil, err
	}
	if err = c.launchAfterDying(ctx); err != nil {
		err = errors.Join(err, c.stopServer(context.WithoutCancel(ctx)))
		c.release()
		return nil, err
	}
	c.ready.Store(true)
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	go c.supervise(life)
	return c, nil
}

// prepare does everything that needs no running server: locks, places, a
// database on disk, its settings, and no process of an earlier run.
func (c *Cluster) prepare(ctx context.Context) error {
	data, err := makeDataDir(c.cfg.DataDir)
	if err != nil {
		return err
	}
	if err = c.lock(data, data); err != nil {
		return err
	}
	if err = becomeSubreaper(); err != nil {
		return err
	}
	c.forker = newForker()
	c.place, c.account, err = resolve(c.cfg, data)
	if err != nil {
		return err
	}
	if c.place.home != data {
		// A copied or renamed data folder names the same home: only this
		// second lock keeps two servers off it.
		if err = c.lock(c.place.home, data); err != nil {
			return err
		}
	}
	c.log = &serverLog{path: filepath.Join(data, "postgres.log")}
	if c.install, err = findInstall(c.cfg.InstallDir, c.place.pg()); err != nil {
		return err
	}
	if err = c.initialise(ctx); err != nil {
		return err
	}
	if err = c.territory().takeOver(ctx, c.cfg.Logger); err != nil {
		return err
	}
	if c.socket, err = makeSocketDir(c.cfg.RuntimeDir, c.place.pg(), c.account); err != nil {
		return err
	}
	return writeSettings(c.place.pg(), c.account)
}

// launchAfterDying launches, and again for some seconds while PostgreSQL still finds the shared memory of an earlier run in
// use: a killed backend gives up its folder, by which takeOver knows it, a moment before it gives up its memory.
func (c *Cluster) launchAfterDying(ctx context.Context) error {
	const attempts = 40
	for i := 1; ; i++ {
		err := c.launch(ctx)
		if err == nil || i == attempts || !strings.Contains(err.Error(), "pre-existing shared memory block") {
			return err
		}
		if err = c.territory().takeOver(ctx, c.cfg.Logger); err != nil {
			return err
		}
		if !sleep(ctx, 250*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// launch starts the server, waits for it and completes its layout.
func (c *Cluster) launch(ctx context.Context) error {
	server, err := c.startServer(ctx)
	if err != nil {
		return err
	}
	c.server = server
	conn, err := c.awaitReady(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return bootstrap(ctx, conn, c.cfg.Logger)
}

// DSN returns the libpq keyword/value string to connect as role to the database
// hetu. It holds no secret. A keyword appended to it wins, such as " dbname=x".
func (c *Cluster) DSN(role Role) string { return dsn(c.socket, databaseName, role) }

// Ready tells whether the server process is up and has answered since its last
// start. It is a cheap flag for readiness reports, not a ping: while the server
// re-initialises itself after the death of one backend, Ready stays true and
// queries fail for some seconds.
func (c *Cluster) Ready() bool { return c.ready.Load() }

// Done is closed when nobody watches the server any more: after Close, or when
// it died too often. Err then says why.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Err is nil while the server is supervised and after Close. It is a
// *GivenUpError once the server died too often to be restarted.
func (c *Cluster) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Location tells other programs on this machine where the server is.
func (c *Cluster) Location() Location {
	return Location{DataDir: c.place.data, ClusterDir: c.place.pg(), SocketDir: c.socket, BinDir: c.install.bin()}
}

// Close stops the server: in order within 20 seconds, else at once, which costs
// the next start a recovery but no committed transaction. When ctx ends first
// the order is skipped, so do not pass the context whose end made you stop.
// Closing twice is harmless.
func (c *Cluster) Close(ctx context.Context) error {
	c.closeOnce.Do(func() {
		c.ready.Store(false)
		c.cancel()
		<-c.done
		c.closeErr = c.stopServer(ctx)
		c.release()
	})
	return c.closeErr
}

func (c *Cluster) stopServer(ctx context.Context) error {
	if c.server == nil {
		return nil
	}
	if err := c.server.stop(ctx, c.cfg.Logger); err != nil {
		return err
	}
	// A postmaster that had to be killed leaves backends behind.
	return c.territory().clear(c.server.pid)
}

func (c *Cluster) territory() territory {
	return territory{dir: c.place.pg(), runAs: c.account}
}

// release gives back what prepare took. The forker's thread must outlive every
// child, so it goes after the server.
func (c *Cluster) release() {
	if c.socket != "" {
		removeSocketDir(c.socket)
	}
	if c.forker != nil {
		c.forker.close()
	}
	for _, held := range slices.Backward(c.locks) {
		held.release()
	}
}

func (c *Cluster) lock(dir, data string) error {
	held, err := acquireLock(filepath.Join(dir, "lock"), data)
	if err != nil {
		return err
	}
	c.locks = append(c.locks, held)
	return nil
}

// withLogTail adds what the server itself said, which is mostly the reason.
func (c *Cluster) withLogTail(err error, server *postmaster) error {
	tail := c.log.tail(server.logStart)
	if tail == "" {
		return err
	}
	return fmt.Errorf("%w; the server's last lines:\n%s", err, tail)
}
