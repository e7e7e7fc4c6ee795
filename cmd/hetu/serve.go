package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"hetu/api"
	"hetu/data/sample"
	"hetu/geo"
)

type serveCmd struct {
	Listen        string `help:"Address to listen on." env:"HETU_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Sample        bool   `help:"Load the two sample counties if the store is empty." env:"HETU_SAMPLE"`
	Network       string `help:"Say 'intranet' to listen on more than this machine without a map approval number." env:"HETU_NETWORK" enum:",intranet" default:""`
	PublicURL     string `help:"The URL that clients reach the server by, such as https://map.example.org; TileJSON names it. Default: what each request asked for." name:"public-url" env:"HETU_PUBLIC_URL" placeholder:"URL"`
	MapApprovalNo string `help:"The map's approval number 审图号; printed on the map." env:"HETU_MAP_APPROVAL_NO" placeholder:"NO"`
}

// Help gives an example.
func (*serveCmd) Help() string {
	return "Example: hetu serve --sample --listen 127.0.0.1:8080"
}

// Run serves until SIGTERM or Ctrl-C, then lets requests finish and stops the private database.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	if err := c.mayListen(); err != nil {
		return usageError{err}
	}
	started := a.now()
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s (another program may be using it; --listen takes another address): %w", c.Listen, err)
	}
	defer func() { _ = listener.Close() }()
	db, err := c.database(ctx, a)
	if err != nil {
		return err
	}
	err = c.serve(ctx, a, db, listener, started)
	return errors.Join(err, db.Close(ctx))
}

func (c *serveCmd) database(ctx context.Context, a *app) (*database, error) {
	if a.data.DatabaseURL != "" {
		return a.openExternal(ctx)
	}
	// Not open(): a second server on one data folder is refused by the cluster's lock.
	return a.startCluster(ctx)
}

// mayListen holds the rule of 公开地图内容表示规范: a map that others can reach has an approval number, or is an intranet's.
func (c *serveCmd) mayListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("--listen %q: write HOST:PORT, for example 127.0.0.1:8080", c.Listen)
	}
	ip := net.ParseIP(host)
	if host == "localhost" || (ip != nil && ip.IsLoopback()) || c.Network == "intranet" || c.MapApprovalNo != "" {
		return nil
	}
	return fmt.Errorf("--listen %s can be reached from other machines: say --network=intranet, or give the approval number by --map-approval-no", c.Listen)
}

func (c *serveCmd) serve(ctx context.Context, a *app, db *database, listener net.Listener, started time.Time) error {
	if c.Sample {
		if err := loadSample(ctx, a, db); err != nil {
			return err
		}
	}
	extent, err := db.Extent(ctx)
	if err != nil {
		return err
	}
	handler, err := api.New(api.Config{
		Store: db.Store, Tiles: db.Store, Extent: extent, Now: a.now, Log: a.log, Root: strings.TrimSuffix(c.PublicURL, "/"), ApprovalNo: c.MapApprovalNo,
	})
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	a.print("hetu is ready after %.1f s: http://%s", a.now().Sub(started).Seconds(), listener.Addr())
	var died <-chan struct{}
	if db.cluster != nil {
		died = db.cluster.Done()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-died:
		// Supervision gave up. The process goes on, degraded, so that what needs no database is still answered.
		a.log.ErrorContext(ctx, "the private database keeps dying; see its log in the data folder", slog.Any("cause", db.cluster.Err()))
		select {
		case err := <-failed:
			return fmt.Errorf("serve: %w", err)
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	handler.Drain()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		_ = srv.Close()
	}
	return nil
}

// loadSample fills an empty store; a store that holds anything is left alone, and a person told so.
func loadSample(ctx context.Context, a *app, db *database) error {
	version, err := db.Version(ctx)
	if err != nil {
		return err
	}
	if version > 0 {
		if db.external {
			return geo.Errorf(geo.CodeRefused, "--sample is refused: the database at --database-url holds data already")
		}
		a.say("the store holds data already; the sample is not loaded again")
		return nil
	}
	return loadRows(ctx, a, db, "hetu sample: the counties 九原区 and 清镇市", sample.Counties)
}
