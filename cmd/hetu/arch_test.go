package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The import rule: an arrow may import, nothing else may. "hetu/geo" stands for the package and all below it.
func TestImportRule(t *testing.T) {
	t.Parallel()
	may := map[string][]string{
		"hetu/cmd":   {"hetu/api", "hetu/data", "hetu/tiles", "hetu/geo"},
		"hetu/api":   {"hetu/api", "hetu/tiles", "hetu/geo"},
		"hetu/data":  {"hetu/data", "hetu/tiles", "hetu/geo"},
		"hetu/tiles": {"hetu/tiles", "hetu/geo"},
		"hetu/geo":   {"hetu/geo"},
	}
	forbidden := map[string][]string{
		"hetu/geo":   {"net/http", "database/sql", "github.com/jackc/pgx", "os", "io/fs"},
		"hetu/tiles": {"net/http", "database/sql", "github.com/jackc/pgx"},
		"hetu/data":  {"net/http"},
		"hetu/api":   {"database/sql", "github.com/jackc/pgx"},
	}
	for _, p := range packages(t) {
		top := strings.Join(strings.SplitN(p.ImportPath, "/", 3)[:2], "/")
		if _, ok := may[top]; !ok {
			t.Errorf("%s: the top level is cmd, geo, tiles, api and data", p.ImportPath)
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "hetu/") && !below(i, may[top]) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
			if below(i, forbidden[top]) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
			if strings.HasPrefix(i, "github.com/paulmach/orb/encoding/ewkb") || strings.HasPrefix(i, "github.com/paulmach/orb/encoding/wkb") {
				t.Errorf("%s imports %s, which misreads Z and M", p.ImportPath, i)
			}
		}
	}
}

// Only geo/convert.go may import both geometry libraries.
func TestOneSeamBetweenGeometries(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if p.ImportPath == "hetu/geo" {
			continue
		}
		if imports(p, "github.com/paulmach/orb") && imports(p, "github.com/twpayne/go-geom") {
			t.Errorf("%s imports both orb and go-geom", p.ImportPath)
		}
	}
}

func imports(p listed, root string) bool {
	return slices.ContainsFunc(p.Imports, func(i string) bool { return below(i, []string{root}) })
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "hetu/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func below(path string, roots []string) bool {
	for _, r := range roots {
		if path == r || strings.HasPrefix(path, r+"/") {
			return true
		}
	}
	return false
}
