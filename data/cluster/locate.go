package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	locationFile = "cluster.location"
	// maxSocketPath is the size of sockaddr_un.sun_path less its final zero.
	maxSocketPath = 107
	port          = 5432
)

// place says which folders belong together.
type place struct {
	data string // hetu's data folder, absolute, links resolved
	home string // the folder that holds pg: data, or a relocated one
}

func (p place) pg() string { return filepath.Join(p.home, "pg") }

// Location says where the server of a data folder stands.
type Location struct {
	DataDir    string
	ClusterDir string // PostgreSQL's own data folder
	SocketDir  string
	BinDir     string // the folder with psql, pg_dump and the others
}

// DSN returns the libpq keyword/value string to connect as role to the database
// hetu.
func (l Location) DSN(role Role) string { return dsn(l.SocketDir, databaseName, role) }

// NotRunningError says that no server runs on a data folder.
type NotRunningError struct{ DataDir string }

func (e *NotRunningError) Error() string {
	return "no database server runs on data folder " + e.DataDir
}

// Locate finds the running server of a data folder without starting or changing
// anything. It must be called by the account that runs the server or by root.
// It returns a *NotRunningError when none runs.
func Locate(dataDir string) (Location, error) {
	data, err := filepath.Abs(dataDir)
	if err != nil {
		return Location{}, err
	}
	if resolved, errLink := filepath.EvalSymlinks(data); errLink == nil {
		data = resolved
	}
	home, err := recordedHome(data)
	if err != nil {
		return Location{}, err
	}
	if home == "" {
		return Location{}, &NotRunningError{DataDir: data}
	}
	at := place{data: data, home: home}
	runAs, err := ownerAccount(at.pg())
	if err != nil {
		return Location{}, err
	}
	server := territory{dir: at.pg(), runAs: runAs}
	pidFile, err := readPidFile(at.pg())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Location{}, &NotRunningError{DataDir: data}
	case err != nil:
		return Location{}, err
	case pidFile.socketDir == "" || !server.has(pidFile.pid):
		return Location{}, &NotRunningError{DataDir: data}
	}
	return Location{DataDir: data, ClusterDir: at.pg(), SocketDir: pidFile.socketDir, BinDir: filepath.Dir(server.program(pidFile.pid))}, nil
}

func dsn(socketDir, database string, role Role) string {
	// The last three are named since pgx and libpq would otherwise take them
	// from the caller's environment.
	return fmt.Sprintf("host='%s' port=%d dbname=%s user=%s sslmode=disable target_session_attrs=any options=''",
		strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(socketDir), port, database, role)
}

// makeDataDir makes the data folder and returns its path with links resolved:
// a process's current folder, by which we know our own, is always resolved.
func makeDataDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the account postgres must pass through, not look around
		//nolint:gosec // G301: parents must let the account postgres pass.
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil {
			return "", fmt.Errorf("make the data folder: %w", err)
		}
	}
	if err := os.MkdirAll(abs, mode); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	return filepath.EvalSymlinks(abs)
}

// resolve decides where the database stands and which account runs it. An
// existing database is never left behind: if it cannot be reached, that is an
// error and no reason to make an empty one elsewhere.
func resolve(cfg Config, data string) (place, account, error) {
	home, err := recordedHome(data)
	if err != nil {
		return place{}, account{}, err
	}
	at := place{data: data, home: home}
	var runAs account
	if home != "" {
		runAs, err = ownerAccount(at.pg())
		if err != nil {
			return place{}, account{}, err
		}
		if dir := runAs.blockedAt(home); dir != "" {
			return place{}, account{}, fmt.Errorf("account %s cannot enter %s, which leads to the database in %s: chmod o+x it", runAs.name, dir, home)
		}
		return at, runAs, nil
	}

	runAs, err = freshAccount()
	if err != nil {
		return place{}, account{}, err
	}
	at.home = data
	if runAs.blockedAt(data) == "" {
		return at, runAs, nil
	}
	at.home, err = relocate(cfg, data, runAs)
	if err != nil {
		return place{}, account{}, err
	}
	// Killed between the database's birth and the note of its place: adopt it.
	if hasDatabase(at.pg()) {
		if runAs, err = ownerAccount(at.pg()); err != nil {
			return place{}, account{}, err
		}
	}
	return at, runAs, nil
}

// recordedHome returns the folder that holds this data folder's database, or ""
// when there is no database yet.
func recordedHome(data string) (string, error) {
	note, err := readFile(filepath.Join(data, locationFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if hasDatabase(filepath.Join(data, "pg")) {
			return data, nil
		}
		return "", nil
	case err != nil:
		return "", err
	}
	home := strings.TrimSpace(string(note))
	if !filepath.IsAbs(home) {
		return "", fmt.Errorf("%s names no absolute folder: %q", filepath.Join(data, locationFile), home)
	}
	if !hasDatabase(filepath.Join(home, "pg")) {
		return "", fmt.Errorf("%s names %s, where no database can be read: bring it back, or remove the file to begin with an empty one",
			filepath.Join(data, locationFile), home)
	}
	return home, nil
}

func hasDatabase(pg string) bool {
	_, err := os.Stat(filepath.Join(pg, "PG_VERSION"))
	return err == nil
}

// relocate makes the folder for a database that cannot stay in the data folder.
// Its name is a hash of the data folder's path, so that a start interrupted
// before the place was noted finds it again.
func relocate(cfg Config, data string, runAs account) (string, error) {
	home := filepath.Join(cfg.RelocateDir, hashName(data, 16))
	//nolint:gosec // G301: the account postgres must pass.
	if err := os.MkdirAll(cfg.RelocateDir, 0o755); err != nil {
		return "", fmt.Errorf("relocate the database: %w", err)
	}
	//nolint:gosec // G301: the account postgres must pass.
	if err := os.Mkdir(home, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("relocate the database: %w", err)
	}
	home, err := filepath.EvalSymlinks(home)
	if err != nil {
		return "", fmt.Errorf("relocate the database: %w", err)
	}
	if dir := runAs.blockedAt(home); dir != "" {
		return "", fmt.Errorf("account %s can enter neither %s nor %s: choose another data folder", runAs.name, data, dir)
	}
	cfg.Logger.Warn("the database cannot stand in the data folder, its account may not enter there",
		slog.String("account", runAs.name), slog.String("data_dir", data), slog.String("cluster_home", home))
	return home, nil
}

// noteLocation records a relocated home for the next start and for people.
func noteLocation(at place) error {
	if at.home == at.data {
		return nil
	}
	return writeFile(filepath.Join(at.data, locationFile), []byte(at.home+"\n"), 0o600, account{})
}

// makeSocketDir makes the folder of the Unix socket. Its path is short whatever
// the data folder's, since the kernel allows a socket 107 bytes only.
func makeSocketDir(runtimeDir, pg string, runAs account) (string, error) {
	bases := []string{runtimeDir, "/tmp"}
	if runAs.switched {
		bases = []string{"/run", "/tmp"}
	}
	var tried error
	for _, base := range bases {
		if base == "" || strings.ContainsAny(base, "\", \n") {
			continue // PostgreSQL reads the setting as a list
		}
		// In a folder for everybody a stranger may have taken the name; then
		// the next one will do, the server notes which it is.
		for i := range 4 {
			dir := filepath.Join(base, "hetu-"+hashName(pg, 8)+strings.Repeat("x", i))
			if len(dir)+len("/.s.PGSQL.")+len(strconv.Itoa(port))+len(".lock") > maxSocketPath {
				break
			}
			err := ownSocketDir(dir, runAs)
			if err == nil {
				return dir, nil
			}
			tried = errors.Join(tried, err)
		}
	}
	return "", fmt.Errorf("no folder for the database's socket: %w", tried)
}

func ownSocketDir(dir string, runAs account) error {
	err := os.Mkdir(dir, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err == nil && runAs.switched {
		if err = os.Lchown(dir, int(runAs.uid), int(runAs.gid)); err != nil {
			return err
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	if stat.Uid == 0 && runAs.switched {
		// Made by us and killed before the line above gave it away.
		if err = os.Lchown(dir, int(runAs.uid), int(runAs.gid)); err != nil {
			return err
		}
		stat.Uid = runAs.uid
	}
	if stat.Uid != runAs.uid || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s belongs to somebody else", dir)
	}
	return nil
}

// removeSocket removes what a server left in its socket folder.
func removeSocket(dir string) {
	name := filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(port))
	_ = os.Remove(name)
	_ = os.Remove(name + ".lock")
}

// removeSocketDir removes what a server left and the folder, nothing else.
func removeSocketDir(dir string) {
	removeSocket(dir)
	_ = os.Remove(dir)
}

func hashName(path string, bytes int) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:bytes])
}
