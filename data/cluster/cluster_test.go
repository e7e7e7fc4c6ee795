package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"hetu/data/cluster"
)

// bundle is a server inside the test's own process.
type bundle struct {
	*cluster.Cluster
	root, data string
	log        *logBuffer
}

func setup(t *testing.T) bundle {
	t.Helper()
	root := newRoot(t, self())
	return bundle{root: root, data: filepath.Join(root, "data"), log: &logBuffer{}}
}

func (b *bundle) config() cluster.Config {
	return cluster.Config{
		DataDir: b.data, RelocateDir: filepath.Join(b.root, "elsewhere"), Now: time.Now,
		Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func (b *bundle) start(t *testing.T) {
	t.Helper()
	server, err := cluster.Start(t.Context(), b.config())
	if err != nil {
		t.Fatalf("start: %v\n%s", err, b.log)
	}
	b.Cluster = server
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func (b *bundle) close(t *testing.T) {
	t.Helper()
	if err := b.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func query(t *testing.T, dsn, sql string, into ...any) {
	t.Helper()
	conn := connect(t, dsn)
	if err := conn.QueryRow(t.Context(), sql).Scan(into...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	_ = conn.Close(t.Context())
}

// TestLayout checks what a new server holds and that nobody else gets in.
func TestLayout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	if !b.Ready() || b.Err() != nil {
		t.Errorf("ready = %t, err = %v after start", b.Ready(), b.Err())
	}

	settings := map[string]string{}
	for _, name := range []string{
		"listen_addresses", "unix_socket_permissions", "data_checksums", "server_encoding", "lc_collate", "lc_ctype",
		"jit", "synchronous_commit", "client_connection_check_interval", "TimeZone", "search_path", "log_error_verbosity",
	} {
		var value string
		query(t, b.DSN(cluster.ReadOnly), "SHOW "+name, &value)
		settings[name] = value
	}
	want := map[string]string{
		"listen_addresses": "", "unix_socket_permissions": "0700", "data_checksums": "on", "server_encoding": "UTF8",
		"lc_collate": "C", "lc_ctype": "C.UTF-8", "jit": "off", "synchronous_commit": "on",
		"client_connection_check_interval": "5s", "TimeZone": "UTC", "search_path": "hetu, public", "log_error_verbosity": "terse",
	}
	if diff := cmp.Diff(settings, want); diff != "" {
		t.Error("settings (-got +want):\n" + diff)
	}

	var owner, schemaOwner string
	query(t, b.DSN(cluster.Owner), `SELECT datdba::regrole::text, nspowner::regrole::text
		FROM pg_database, pg_namespace WHERE datname = 'hetu' AND nspname = 'hetu'`, &owner, &schemaOwner)
	if owner != "hetu_owner" || schemaOwner != "hetu_owner" {
		t.Errorf("owners %s and %s, want hetu_owner", owner, schemaOwner)
	}
	info, err := os.Stat(b.Location().SocketDir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("socket folder has mode %o, want 0700", info.Mode().Perm())
	}
}

// TestRights checks that PostGIS belongs to nobody until the owner hands it on.
func TestRights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	ctx := t.Context()
	reader, writer, owner := connect(t, b.DSN(cluster.ReadOnly)), connect(t, b.DSN(cluster.ReadWrite)), connect(t, b.DSN(cluster.Owner))
	denied := []struct {
		name string
		conn *pgx.Conn
		sql  string
	}{
		{"reader calls PostGIS", reader, `SELECT ST_Area('POLYGON((0 0,1 0,1 1,0 0))')`},
		{"writer calls PostGIS", writer, `SELECT ST_Area('POLYGON((0 0,1 0,1 1,0 0))')`},
		{"reader makes a table", reader, `CREATE TABLE public.t (a int)`},
		{"writer makes a table", writer, `CREATE TABLE hetu.t (a int)`},
		{"reader makes a temporary table", reader, `CREATE TEMP TABLE t (a int)`},
		{"writer reads a file", writer, `SELECT pg_read_file('PG_VERSION')`},
		{"owner reads a file", owner, `SELECT pg_read_file('PG_VERSION')`},
		{"owner becomes superuser", owner, `SET ROLE postgres`},
	}
	for _, tt := range denied {
		_, err := tt.conn.Exec(ctx, tt.sql)
		pgErr, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || pgErr.Code != "42501" {
			t.Errorf("%s: got %v, want insufficient_privilege", tt.name, err)
		}
	}
	for _, sql := range []string{
		`SELECT ST_Area('POLYGON((0 0,1 0,1 1,0 0))'), (SELECT count(*) FROM spatial_ref_sys)`,
		`GRANT EXECUTE ON FUNCTION ST_Area(geometry) TO hetu_ro`,
		`GRANT SELECT ON spatial_ref_sys TO hetu_ro`,
		`CREATE TABLE hetu.t (a text, span daterange, EXCLUDE USING gist (a WITH =, span WITH &&))`,
	} {
		if _, err := owner.Exec(ctx, sql); err != nil {
			t.Errorf("owner: %s: %v", sql, err)
		}
	}
	if _, err := reader.Exec(ctx, `SELECT ST_Area('POLYGON((0 0,1 0,1 1,0 0))'::geometry)`); err != nil {
		t.Errorf("reader after the grant: %v", err)
	}
	if _, err := connect(t, b.DSN(cluster.Backup)).Exec(ctx, `SELECT count(*) FROM hetu.t`); err != nil {
		t.Errorf("backup: %v", err)
	}
}

// TestRepeatedStart keeps data and place over an orderly stop.
func TestRepeatedStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	first := b.DSN(cluster.Owner)
	if _, err := connect(t, first).Exec(t.Context(), `CREATE TABLE hetu.kept AS SELECT 7 AS n`); err != nil {
		t.Fatal(err)
	}
	b.close(t)
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("second close: %v", err)
	}
	if _, err := cluster.Locate(b.data); !isNotRunning(err) {
		t.Errorf("locate after close: %v, want NotRunningError", err)
	}

	b.start(t)
	if b.DSN(cluster.Owner) != first {
		t.Errorf("second start at %s, want %s", b.DSN(cluster.Owner), first)
	}
	var n int
	query(t, b.DSN(cluster.Owner), `SELECT n FROM hetu.kept`, &n)
	if n != 7 {
		t.Errorf("got %d, want 7", n)
	}
	got, err := cluster.Locate(b.data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, b.Location()); diff != "" {
		t.Error("location (-got +want):\n" + diff)
	}
	if _, err := os.Stat(filepath.Join(got.BinDir, "psql")); err != nil {
		t.Error(err)
	}
}

func isNotRunning(err error) bool {
	_, ok := errors.AsType[*cluster.NotRunningError](err)
	return ok
}

// TestSecondServerRefused names the folder and the holder, in one line.
func TestSecondServerRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	holder := startServer(t, self(), b.root, b.data)
	_, err := cluster.Start(t.Context(), b.config())
	held, ok := errors.AsType[*cluster.HeldError](err)
	if !ok {
		t.Fatalf("got %v, want HeldError", err)
	}
	if diff := cmp.Diff(*held, cluster.HeldError{DataDir: b.data, PID: holder.cmd.Process.Pid}); diff != "" {
		t.Error("(-got +want):\n" + diff)
	}
	if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), b.data) {
		t.Errorf("unclear: %q", err)
	}
	var one int
	query(t, holder.dsn, `SELECT 1`, &one)
	// A dead holder holds nothing.
	holder.kill()
	b.start(t)
}

// TestRelocation starts below a folder that the database's account cannot enter.
func TestRelocation(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("not root: the database runs as this account, which can enter its own folders; nothing to relocate")
		return
	}
	b := setup(t)
	closed := filepath.Join(b.root, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	b.data = filepath.Join(closed, "data")
	b.start(t)
	place := b.Location().ClusterDir
	if !strings.HasPrefix(place, filepath.Join(b.root, "elsewhere")+"/") {
		t.Errorf("database stands in %s", place)
	}
	note, err := os.ReadFile(filepath.Join(b.data, "cluster.location"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(note)) != filepath.Dir(place) {
		t.Errorf("noted %q, want %q", note, filepath.Dir(place))
	}
	if !strings.Contains(b.log.String(), "the database cannot stand in the data folder") {
		t.Errorf("the relocation is not logged:\n%s", b.log)
	}

	// A copy of the data folder leads to the same database, so it is held too.
	second := b.config()
	second.DataDir = filepath.Join(b.root, "copy")
	if err := os.Mkdir(second.DataDir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(second.DataDir, "cluster.location"), note, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Start(t.Context(), second); err == nil {
		t.Error("two servers on one relocated database")
	}
	b.close(t)

	// The place stays also when the way becomes free.
	if err := os.Chmod(closed, 0o755); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	if b.Location().ClusterDir != place {
		t.Errorf("moved to %s", b.Location().ClusterDir)
	}
	b.close(t)

	// Killed before it noted the place: found again by the folder's name.
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b.data, "cluster.location")); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	if b.Location().ClusterDir != place {
		t.Errorf("moved to %s", b.Location().ClusterDir)
	}
	b.close(t)

	// A lost database is an error, not a reason for an empty one.
	if err := os.Rename(place, place+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Start(t.Context(), b.config()); err == nil || !strings.Contains(err.Error(), "cluster.location") {
		t.Errorf("got %v, want an error that names cluster.location", err)
	}
}

// TestClosedLater refuses to leave a database behind whose folder was closed.
func TestClosedLater(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("not root: no other account is involved")
		return
	}
	b := setup(t)
	parent := filepath.Join(b.root, "parent")
	if err := os.Mkdir(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	b.data = filepath.Join(parent, "data")
	b.start(t)
	b.close(t)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := cluster.Start(t.Context(), b.config())
	if err == nil || !strings.Contains(err.Error(), "cannot enter "+parent) {
		t.Errorf("got %v, want an error that names %s", err, parent)
	}
	if _, err := os.Stat(filepath.Join(b.root, "elsewhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an empty database was begun elsewhere")
	}
}

// TestCleanEnvironment lets nothing of the caller's environment reach the server.
func TestCleanEnvironment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t, self(), b.root, b.data,
		"PGDATA=/nonexistent", "PGPORT=1", "PGHOST=/nonexistent", "PGUSER=mallory", "PGOPTIONS=-c no_such_setting=1",
		"PGSSLMODE=require", "PGTARGETSESSIONATTRS=standby", "LC_ALL=de_DE.UTF-8", "SECRET=canary")
	pid := postmasterPID(t, filepath.Join(b.data, "pg"))
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{
		"PATH": true, "LC_ALL": true, "PWD": true, "OLDPWD": true,
		"PG_OOM_ADJUST_FILE": true, "PG_OOM_ADJUST_VALUE": true,
	}
	for variable := range strings.SplitSeq(strings.TrimRight(string(text), "\x00"), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		// PostgreSQL may write its title over the environment's memory.
		if name != "" && value != "" && !allowed[name] {
			t.Errorf("the server has %s", variable)
		}
	}
	limits, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "limits"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if strings.HasPrefix(line, "Max address space") && strings.Contains(line, "unlimited") {
			t.Error("the server's memory is not limited")
		}
	}
	server.terminate(30 * time.Second)
}

// TestTakeOver ends a server that runs on the folder though hetu does not: one
// that nobody's death has reached.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	at := b.Location()
	b.close(t)
	left := exec.Command(filepath.Join(at.BinDir, "postgres"), "-D", at.ClusterDir,
		"-c", "listen_addresses=", "-c", "unix_socket_directories="+at.ClusterDir)
	left.Dir, left.Env = at.ClusterDir, []string{"LC_ALL=C"}
	owner := ownerOf(t, at.ClusterDir)
	if os.Geteuid() == 0 {
		left.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- left.Wait() }()
	deadline := time.Now().Add(10 * time.Second)
	for {
		text, _ := os.ReadFile(filepath.Join(at.ClusterDir, "postmaster.pid"))
		if strings.Contains(string(text), "ready") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the other server is not ready")
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.start(t)
	select {
	case err := <-ended:
		t.Log("the other server ended:", err)
	case <-time.After(10 * time.Second):
		t.Error("the other server still runs")
	}
	if !strings.Contains(b.log.String(), "that an earlier run left") {
		t.Errorf("not logged:\n%s", b.log)
	}
}

func ownerOf(t *testing.T, name string) *syscall.Stat_t {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatalf("no owner of %s", name)
	}
	return owner
}

// TestReusedPID starts over a killed server whose number another process of the
// same account has got since.
func TestReusedPID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t, self(), b.root, b.data)
	pg := filepath.Join(b.data, "pg")
	postmaster := postmasterPID(t, pg)
	server.kill()
	kill9ok(postmaster)
	if left := awaitNone(b.root, 15*time.Second); len(left) > 0 {
		t.Fatalf("still there: %v", left)
	}

	owner := ownerOf(t, pg)
	stranger := exec.Command("sleep", "120")
	if os.Geteuid() == 0 {
		stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	name := filepath.Join(pg, "postmaster.pid")
	// Pdeathsig may have let the server end in order, without its file.
	content := "0\n" + pg + "\n1700000000\n5432\n/nowhere\n\n  99999999  99999999\nready   \n"
	if text, err := os.ReadFile(name); err == nil {
		content = string(text)
	}
	_, rest, _ := strings.Cut(content, "\n")
	if err := os.WriteFile(name, []byte(strconv.Itoa(stranger.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(name, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the stranger was harmed: %v", err)
	}
}

// kill9ok kills a process that may be gone already.
func kill9ok(pid int) {
	if pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// TestGivenUp stops restarting a server that dies again and again, and says why.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	pg := filepath.Join(b.data, "pg")
	last := 0
	for death := 1; death <= 5; death++ {
		deadline := time.Now().Add(30 * time.Second)
		var pid int
		for {
			if b.Ready() {
				if pid = postmasterPID(t, pg); pid != last {
					break
				}
			}
			if time.Now().After(deadline) {
				t.Fatalf("not back after death %d", death-1)
			}
			time.Sleep(10 * time.Millisecond)
		}
		last = pid
		kill9(t, pid)
	}
	select {
	case <-b.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("not given up")
	}
	gone, ok := errors.AsType[*cluster.GivenUpError](b.Err())
	if !ok || gone.Deaths != 5 {
		t.Errorf("got %v, want GivenUpError after 5 deaths", b.Err())
	}
	if !strings.Contains(b.Err().Error(), "killed") || !strings.Contains(b.Err().Error(), "ready to accept connections") {
		t.Errorf("neither end nor last lines told: %v", b.Err())
	}
	if b.Ready() {
		t.Error("ready after it was given up")
	}
	b.close(t)
	b.start(t)
}

// TestNotInstalled names the package to install.
func TestNotInstalled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.config()
	cfg.InstallDir = filepath.Join(b.root, "none")
	_, err := cluster.Start(t.Context(), cfg)
	if _, ok := errors.AsType[*cluster.NotInstalledError](err); !ok || !strings.Contains(err.Error(), "apt-get install postgresql-15-postgis-3") {
		t.Errorf("got %v", err)
	}
	if _, err = os.Stat(filepath.Join(b.data, "pg")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was made")
	}

	// A database of a version that is not here.
	pg := filepath.Join(b.data, "pg")
	if err = os.Mkdir(pg, 0o700); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(pg, "PG_VERSION")
	if err = os.WriteFile(version, []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if user := kinds(t)[len(kinds(t))-1]; user.other {
		if err = os.Chown(pg, user.uid, user.gid); err != nil {
			t.Fatal(err)
		}
	}
	_, err = cluster.Start(t.Context(), b.config())
	missing, ok := errors.AsType[*cluster.NotInstalledError](err)
	if !ok || missing.Major != 99 || !strings.Contains(err.Error(), "pg_upgrade") {
		t.Errorf("got %v, want NotInstalledError for 99", err)
	}
	if text, err := os.ReadFile(version); err != nil || string(text) != "99\n" {
		t.Errorf("the other version's database was touched: %q, %v", text, err)
	}
}

// TestForeignFolder keeps its hands off files that are no database.
func TestForeignFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name := filepath.Join(b.data, "pg", "diary")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Start(t.Context(), b.config()); err == nil {
		t.Error("started in a folder that holds something else")
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "mine" {
		t.Errorf("the file was touched: %q, %v", text, err)
	}
}

// TestStartCancelled leaves nothing running when the start is called off.
func TestStartCancelled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, patience := range []time.Duration{50 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1200 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		server, err := cluster.Start(ctx, b.config())
		cancel()
		if err == nil {
			if err = server.Close(t.Context()); err != nil {
				t.Error(err)
			}
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %s: %v, want the context's end", patience, err)
		}
		if left := postgresBelow(b.root); len(left) > 0 {
			t.Errorf("after %s: left running: %v", patience, left)
		}
	}
	b.start(t)
}

// TestCloseImpatient stops within the caller's time a server that has a backend
// which heeds no signal.
func TestCloseImpatient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.start(t)
	client := startHelper(t, self(), "client", b.root, dsnVar+"="+b.DSN(cluster.Owner))
	client.ask("geos", "geos", 20*time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
	if left := postgresBelow(b.root); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
	if b.Err() != nil || b.Ready() {
		t.Errorf("after close: err = %v, ready = %t", b.Err(), b.Ready())
	}
}

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]cluster.Config{
		"no folder": {Now: time.Now},
		"no clock":  {DataDir: t.TempDir()},
	} {
		if _, err := cluster.Start(t.Context(), cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := cluster.Locate(t.TempDir()); !isNotRunning(err) {
		t.Errorf("locate in an empty folder: %v, want NotRunningError", err)
	}
}
