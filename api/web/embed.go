// Package web holds the pages' files: templates and style sheets as they are written, scripts as Vite builds them into dist.
//
// A folder that was not built has an empty dist: the pages still answer, only the map says that it is not there.
//
// Why templates on the server: the question "who is responsible here" has to be answered on an old phone, without scripts
// and without WebGL; the map is a second way in, not the first.
package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

//go:embed templates styles words
var pages embed.FS

// Assets are the built files: manifest.json, favicon.svg and assets/, whose names carry a hash of what they hold. Beside each
// text file may stand the same bytes compressed, as .br and .gz.
func Assets() (fs.FS, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the built assets: %w", err)
	}
	return sub, nil
}

// Pages are the files that the server fills in: templates/, styles/ and words/.
func Pages() fs.FS { return pages }

// Entry is what a page has to load for one of its scripts.
type Entry struct {
	Script string   // path below the site's root
	Styles []string // as Script
}

// Entries reads Vite's manifest: the entry points by their source's name, as "src/map.tsx". Empty when nothing was built.
func Entries(assets fs.FS) (map[string]Entry, error) {
	text, err := fs.ReadFile(assets, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]Entry{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	type chunk struct {
		File    string   `json:"file"`
		CSS     []string `json:"css"`
		Imports []string `json:"imports"`
		IsEntry bool     `json:"isEntry"` //nolint:tagliatelle // Vite's spelling
	}
	var chunks map[string]chunk
	if err := json.Unmarshal(text, &chunks); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	out := map[string]Entry{}
	for name, c := range chunks {
		if !c.IsEntry {
			continue
		}
		e := Entry{Script: "/" + c.File}
		for _, from := range append([]string{name}, c.Imports...) {
			for _, sheet := range chunks[from].CSS {
				e.Styles = append(e.Styles, "/"+sheet)
			}
		}
		out[name] = e
	}
	return out, nil
}
