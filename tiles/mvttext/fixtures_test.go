package mvttext_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"hetu/tiles/mvttext"
	"hetu/tiles/mvttext/vectortile"
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

// What is read is what the decoder of the renderers reads: of the valid fixtures, and of tiles of real maps.
func TestAgreesWithVectorTile(t *testing.T) {
	t.Parallel()
	var names []string
	for _, pattern := range []string{"fixtures/*/tile.mvt", "real-world/*/*.mvt", "real-world/*/*.pbf"} {
		found, err := filepath.Glob(filepath.Join(fixtures, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if strings.HasPrefix(pattern, "real-world") {
			step = 5 // they are large
		}
		for i := 0; i < len(found); i += step {
			names = append(names, found[i])
		}
	}
	var all [][]byte
	var read []string
	var want [][]mvttext.Feature
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		features, err := mvttext.Decode(data)
		// 049 and 050 leave the range of coordinates, where every decoder goes its own way.
		if dir := filepath.Base(filepath.Dir(name)); err != nil || dir == "049" || dir == "050" {
			continue
		}
		all, read, want = append(all, data), append(read, name), append(want, vectortile.Floats(features))
	}
	if len(all) < 80 {
		t.Fatalf("only %d tiles were read", len(all))
	}
	for i, got := range vectortile.Decode(t, "../../api/web", all) {
		slices.SortStableFunc(want[i], func(a, b mvttext.Feature) int { return cmp.Compare(a.Layer, b.Layer) })
		slices.SortStableFunc(got, func(a, b mvttext.Feature) int { return cmp.Compare(a.Layer, b.Layer) })
		if !reflect.DeepEqual(want[i], got) {
			t.Errorf("%s: %s", read[i], gocmp.Diff(want[i], got))
		}
	}
}
