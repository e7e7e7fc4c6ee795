package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hetu/api"
	"hetu/data/dem"
	"hetu/data/export"
	"hetu/data/files"
	"hetu/data/ingest"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/geo/project/gate"
)

type serveCmd struct {
	Listen        string   `help:"Address to listen on." env:"HETU_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Sample        bool     `help:"Load the two sample counties if the store is empty." env:"HETU_SAMPLE"`
	Network       string   `help:"Say 'intranet' to listen on more than this machine without a map approval number." env:"HETU_NETWORK" enum:",intranet" default:""`
	PublicURL     string   `help:"The URL that clients reach the server by, such as https://map.example.org; TileJSON names it. Default: what each request asked for." name:"public-url" env:"HETU_PUBLIC_URL" placeholder:"URL"`
	MapApprovalNo string   `help:"The map's approval number 审图号; printed on the map." env:"HETU_MAP_APPROVAL_NO" placeholder:"NO"`
	ShowDrafts    bool     `help:"Show boundaries that are not announced yet to everyone who can reach this server: for a planner's own machine." env:"HETU_SHOW_DRAFTS"`
	TrustedProxy  []string `help:"A proxy, by address or network, whose X-Forwarded-For and X-Forwarded-Proto are taken. Default: none." name:"trusted-proxy" env:"HETU_TRUSTED_PROXY" placeholder:"CIDR"`
	OIDCIssuer    string   `help:"The OIDC provider by which persons may log in, such as an organisation's 统一身份认证." name:"oidc-issuer" env:"HETU_OIDC_ISSUER" placeholder:"URL"`
	OIDCClient    string   `help:"What this server is called there." name:"oidc-client" env:"HETU_OIDC_CLIENT" placeholder:"ID"`
	OIDCSecret    string   `help:"A file that holds the secret of this server there." name:"oidc-secret-file" env:"HETU_OIDC_SECRET_FILE" placeholder:"FILE"`
	Requests      int      `help:"How many requests of a key, or of a person who has logged in, are answered in a minute, tiles aside; 0: all." name:"requests-per-minute" env:"HETU_REQUESTS_PER_MINUTE" default:"${requests_per_minute}" placeholder:"N"`
	Tools         string   `help:"Folder of GDAL's tools, which write packages of results." env:"HETU_GDAL" default:"/usr/bin" placeholder:"DIR"`
	TileCache     int64    `help:"Memory for tiles that are ready to be sent, in MB." env:"HETU_TILE_CACHE" default:"256" placeholder:"MB"`

	snapshotFlag `embed:""`
	profilesFlag `embed:""`
	publicFlag   `embed:""`
}

// Help gives an example.
func (*serveCmd) Help() string {
	return "Example: hetu serve --sample --listen 127.0.0.1:8080"
}

// Run serves until SIGTERM or Ctrl-C, then lets requests finish and stops the private database.
func (c *serveCmd) Run(ctx context.Context, a *app) error {
	if err := c.check(); err != nil {
		return usageError{err}
	}
	rules, err := c.rules()
	if err != nil {
		return err
	}
	started := a.now()
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s (another program may be using it; --listen takes another address): %w", c.Listen, err)
	}
	door := &api.Door{}
	srv := &http.Server{
		Handler: door, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	err = c.open(ctx, a, rules, door, srv, failed, func(db *database) {
		a.print("hetu is ready after %.1f s: http://%s", a.now().Sub(started).Seconds(), listener.Addr())
		if err := c.firstLink(ctx, a, db, "http://"+listener.Addr().String()); err != nil {
			// The map goes on without the database, and so does the start.
			a.say("no link for a first administrator could be made (the next start tries again): %v", err)
		}
	})
	return errors.Join(err, shutDown(ctx, srv))
}

// shutDown lets requests finish, and ends those that take too long.
func shutDown(ctx context.Context, srv *http.Server) error {
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return srv.Close()
	}
	return nil
}

// open gets the database, loads the map and serves until ctx ends. What it starts it stops, in the other order.
func (c *serveCmd) open(ctx context.Context, a *app, rules api.Rules, door *api.Door, srv *http.Server, failed <-chan error, ready func(*database)) (err error) {
	door.Tell("the database is starting")
	db, err := c.database(ctx, a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	a.sweepDocuments(ctx, db)
	if c.Sample {
		door.Tell("the sample is being loaded")
		if err = loadSample(ctx, a, db); err != nil {
			return err
		}
	}
	extent, err := db.Extent(ctx)
	if err != nil {
		return err
	}
	m, err := c.loadMap(ctx, a, db, door, true)
	if err != nil {
		return err
	}
	defer m.stop()
	folder := documents(a)
	cfg := c.config(a, db, m, rules, extent, folder)
	if cfg.OIDC, err = c.oidc(); err != nil {
		return err
	}
	handler, err := api.New(cfg)
	if err != nil {
		return err
	}
	door.Open(handler)
	ready(db)
	defer sweepFiles(ctx, a, folder, db.Store)()
	err = c.wait(ctx, a, db, failed)
	handler.Drain()
	return errors.Join(err, shutDown(ctx, srv)) // before what the answers are made from is stopped
}

// documents is where the files of documents are kept.
func documents(a *app) *files.Folder { return files.New(filepath.Join(a.data.DataDir, "documents")) }

// config is what a server of the map is made of.
func (c *serveCmd) config(a *app, db *database, m *liveMap, rules api.Rules, extent geo.Extent, folder *files.Folder) api.Config {
	return api.Config{
		Store: answers{db.Store, m.roster}, Atlas: m.atlas, Tiles: m.tiles, Waters: m.waters, Rules: rules, Extent: extent, Now: a.now, Log: a.log,
		Root: strings.TrimSuffix(c.PublicURL, "/"), ApprovalNo: c.MapApprovalNo, MayDraftFunc: c.mayDraft(), PublicPrecisionM: c.PublicPrecision,
		Identity: db.Store, TrustedProxies: c.proxies(), RequestsPerMinute: c.Requests, Files: folder,
		CheckFunc: gate.Checker{Profiles: rules, Memo: gate.NewMemo()}.Check, Packages: export.Projects{Tools: c.Tools}, Elevations: dem.Models{}, StakeTables: ingest.StakeTables{},
		RosterAtFunc: func() time.Time { return m.roster.State().At },
	}
}

// sweepDocuments removes what servers that died left half of files.
func (a *app) sweepDocuments(ctx context.Context, db *database) {
	before := a.now()
	if db.external { // another server may keep its files here, and be receiving one
		before = before.AddDate(0, 0, -1)
	}
	if err := documents(a).Clear(before); err != nil {
		a.log.WarnContext(ctx, "what is left of files that never came whole is not swept", slog.Any("cause", err))
	}
}

// wait returns when the server is to stop.
func (*serveCmd) wait(ctx context.Context, a *app, db *database, failed <-chan error) error {
	var died <-chan struct{}
	if db.cluster != nil {
		died = db.cluster.Done()
	}
	for {
		select {
		case err := <-failed:
			return fmt.Errorf("serve: %w", err)
		case <-died:
			// Supervision gave up. The process goes on, degraded: the map needs no database.
			a.log.ErrorContext(ctx, "the private database keeps dying; see its log in the data folder", slog.Any("cause", db.cluster.Err()))
			died = nil
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *serveCmd) database(ctx context.Context, a *app) (*database, error) {
	if a.data.DatabaseURL != "" {
		return a.openExternal(ctx)
	}
	// Not open(): a second server on one data folder is refused by the cluster's lock.
	return a.startCluster(ctx)
}

// check reports what cannot be asked for.
func (c *serveCmd) check() error {
	if err := c.mayListen(); err != nil {
		return err
	}
	if c.ShowDrafts && !c.isLocal() && c.Network != "intranet" {
		return fmt.Errorf("--show-drafts shows boundaries that are not announced yet to everyone who can reach --listen %s: listen on this machine alone, or say --network=intranet", c.Listen)
	}
	if c.TileCache < 1 {
		return fmt.Errorf("--tile-cache %d: give at least 1 MB", c.TileCache)
	}
	if c.Requests < 0 {
		return fmt.Errorf("--requests-per-minute %d: give a number from 0, which bounds nothing", c.Requests)
	}
	if (c.OIDCIssuer == "") != (c.OIDCClient == "") {
		return errors.New("--oidc-issuer stands with --oidc-client")
	}
	for _, text := range c.TrustedProxy {
		if _, err := parseNetwork(text); err != nil {
			return fmt.Errorf("--trusted-proxy %q is neither an address nor a network such as 10.0.0.0/24", text)
		}
	}
	return c.publicFlag.check()
}

// oidc gives the provider; nil where there is none.
func (c *serveCmd) oidc() (*api.OIDCConfig, error) {
	if c.OIDCIssuer == "" {
		return nil, nil //nolint:nilnil // by password alone
	}
	cfg := &api.OIDCConfig{Issuer: c.OIDCIssuer, ClientID: c.OIDCClient}
	if c.OIDCSecret != "" {
		text, err := os.ReadFile(c.OIDCSecret)
		if err != nil {
			return nil, fmt.Errorf("read --oidc-secret-file: %w", err)
		}
		cfg.ClientSecret = strings.TrimSpace(string(text))
	}
	return cfg, nil
}

// proxies gives the proxies whose word is taken; check has read them once.
func (c *serveCmd) proxies() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range c.TrustedProxy {
		if p, err := parseNetwork(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// parseNetwork reads an address or a network.
func parseNetwork(text string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return addr.Prefix(addr.BitLen())
}

// mayListen holds the rule of 公开地图内容表示规范: a map that others can reach has an approval number, or is an intranet's.
func (c *serveCmd) mayListen() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("--listen %q: write HOST:PORT, for example 127.0.0.1:8080", c.Listen)
	}
	if c.isLocal() || c.Network == "intranet" || c.MapApprovalNo != "" {
		return nil
	}
	return fmt.Errorf("--listen %s can be reached from other machines: say --network=intranet, or give the approval number by --map-approval-no", c.Listen)
}

// isLocal tells whether only this machine can reach the server.
func (c *serveCmd) isLocal() bool { return isThisMachine(c.Listen) }

// isThisMachine tells whether a host, with or without a port, is this machine's own name for itself.
func isThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// mayDraft tells who sees drafts; nil is nobody. On a machine's own address a request must have asked for that address: a page
// of the web that has its name point here would otherwise read them.
func (c *serveCmd) mayDraft() func(*http.Request) bool {
	if !c.ShowDrafts {
		return nil
	}
	return func(r *http.Request) bool { return !c.isLocal() || isThisMachine(r.Host) }
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
