package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// install is one installed PostgreSQL major version that has PostGIS 3.
type install struct {
	dir   string
	major int
}

func (i install) bin() string { return filepath.Join(i.dir, "bin") }

func (i install) program(name string) string { return filepath.Join(i.dir, "bin", name) }

// NotInstalledError says which package a person must install.
type NotInstalledError struct {
	// Major is the version an existing database needs; 0 means any will do.
	Major int
	// ClusterDir is that database's folder.
	ClusterDir string
}

func (e *NotInstalledError) Error() string {
	if e.Major == 0 {
		return "PostgreSQL with PostGIS is not installed: apt-get install postgresql-15-postgis-3"
	}
	return fmt.Sprintf("the database in %s was made by PostgreSQL %d, which is not installed with PostGIS: apt-get install postgresql-%d-postgis-3, or move the database with pg_upgrade",
		e.ClusterDir, e.Major, e.Major)
}

// findInstall picks the version that made the database in pg, or the highest
// one when there is no database yet. Another version cannot read it and must
// not try.
func findInstall(root, pg string) (install, error) {
	made, err := databaseMajor(pg)
	if err != nil {
		return install{}, err
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "lib", "postgis-3.so"))
	if err != nil {
		return install{}, fmt.Errorf("look for PostgreSQL in %s: %w", root, err)
	}
	var best install
	for _, library := range found {
		dir := filepath.Dir(filepath.Dir(library))
		major, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "bin", "postgres")); err != nil {
			continue // libraries left behind by an uninstalled server
		}
		if major == made || (made == 0 && major > best.major) {
			best = install{dir: dir, major: major}
		}
	}
	if best.major == 0 {
		return install{}, &NotInstalledError{Major: made, ClusterDir: pg}
	}
	return best, nil
}

// databaseMajor reads the version that made the database, 0 if there is none.
func databaseMajor(pg string) (int, error) {
	name := filepath.Join(pg, "PG_VERSION")
	text, err := readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the database's version: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || major <= 0 {
		return 0, fmt.Errorf("%s holds no version: %q", name, text)
	}
	return major, nil
}
