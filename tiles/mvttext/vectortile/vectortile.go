// Package vectortile reads tiles with @mapbox/vector-tile, the decoder of the renderers, in a node process. It is for tests.
package vectortile

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"hetu/tiles/mvttext"
)

// Decode reads tiles; nil stands for one that could not be read. The features are in the form of [mvttext.Decode], but that all
// numbers among the properties are float64. web is the folder of the pages, api/web, as seen from the test.
func Decode(tb testing.TB, web string, tiles [][]byte) [][]mvttext.Feature {
	tb.Helper()
	if _, err := os.Stat(filepath.Join(web, "node_modules", "@mapbox", "vector-tile")); err != nil {
		tb.Fatalf("%v: npm --prefix api/web ci brings it, as make test does", err)
	}
	var in, told bytes.Buffer
	for _, t := range tiles {
		in.WriteString(base64.StdEncoding.EncodeToString(t) + "\n")
	}
	cmd := exec.CommandContext(tb.Context(), "node", filepath.Join(web, "build", "decode-tiles.mjs")) //nolint:gosec // our own script
	cmd.Stdin, cmd.Stderr = &in, &told
	text, err := cmd.Output()
	if err != nil {
		tb.Fatalf("run node: %v\n%s", err, told.String())
	}
	var out [][]mvttext.Feature
	for lines := bufio.NewReader(bytes.NewReader(text)); len(out) < len(tiles); {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			tb.Fatalf("node read %d of %d tiles: %v\n%s", len(out), len(tiles), err, told.String())
		}
		var features []feature
		if err := json.Unmarshal(line, &features); err != nil {
			tb.Fatal(err)
		}
		decoded := make([]mvttext.Feature, len(features))
		for i, f := range features {
			decoded[i] = mvttext.Feature(f)
		}
		if features == nil {
			decoded = nil
		}
		out = append(out, decoded)
	}
	return out
}

// feature is a feature as the script writes it.
type feature struct {
	Layer      string         `json:"layer"`
	ID         uint64         `json:"id"`
	Type       string         `json:"type"`
	Parts      [][][2]int     `json:"parts"`
	Properties map[string]any `json:"properties"`
}

// Floats gives features with all numbers among the properties as float64, which is what a page has.
func Floats(features []mvttext.Feature) []mvttext.Feature {
	out := make([]mvttext.Feature, len(features))
	for i, f := range features {
		out[i] = f
		out[i].Properties = map[string]any{}
		for k, v := range f.Properties {
			switch n := v.(type) {
			case int64:
				v = float64(n)
			case uint64:
				v = float64(n)
			}
			out[i].Properties[k] = v
		}
	}
	return out
}
