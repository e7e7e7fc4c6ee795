package mvttext_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"hetu/tiles/mvttext"
)

const fixtures = "../../api/web/node_modules/@mapbox/mvt-fixtures"

// The fixtures that contradict each other, and what the specification says.
var disputed = map[string]string{
	"016": "its bytes are those of 003, which is called invalid: section 4.2, a feature must contain a type",
	"057": "its geometry is that of 051, which is called invalid: section 4.3.3.1, a MoveTo has as many pairs as it counts",
}

// What the fixtures of Mapbox call valid for version 2 of the specification is read, what they call invalid is refused.
func TestFixtures(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(fixtures, "fixtures", "*", "info.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("%s is missing: npm --prefix api/web ci brings it, as make test does", fixtures)
	}
	valid, invalid := 0, 0
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path))
		info := fixture(t, path)
		tile, err := os.ReadFile(filepath.Join(filepath.Dir(path), "tile.mvt"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = mvttext.Decode(tile)
		switch reason, known := disputed[name]; {
		case known:
			if !info.Validity.V2 || err == nil {
				t.Errorf("%s is disputed no more (%s)", name, reason)
			}
		case info.Validity.V2 && err != nil:
			t.Errorf("%s is valid and was refused: %v: %s", name, err, info.Description)
		case !info.Validity.V2 && err == nil:
			t.Errorf("%s is invalid and was read: %s", name, info.Description)
		case info.Validity.V2:
			valid++
		default:
			invalid++
		}
	}
	if valid < 40 || invalid < 28 {
		t.Errorf("only %d valid and %d invalid fixtures", valid, invalid)
	}
	t.Logf("%d valid read, %d invalid refused, %d disputed", valid, invalid, len(disputed))
}

type info struct {
	Description string `json:"description"`
	Validity    struct {
		V2 bool `json:"v2"`
	} `json:"validity"`
}

func fixture(t *testing.T, path string) info {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out info
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
