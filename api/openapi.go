package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/goccy/go-yaml"
)

// contract is the description of every resource; the tests hold the answers against it.
//
//go:embed openapi.yaml
var contract []byte

// The media types that OGC API clients ask the description for.
const (
	contractYAML = "application/vnd.oai.openapi;version=3.0"
	contractJSON = "application/vnd.oai.openapi+json;version=3.0"
)

// contractDocuments makes what serves /api/v1/openapi.yaml and /api/v1/openapi.json.
func contractDocuments() (asYAML, asJSON handlerFunc, err error) {
	body, err := yaml.YAMLToJSON(contract)
	if err != nil {
		return nil, nil, fmt.Errorf("read the contract: %w", err)
	}
	return document(contractYAML, contract), document(contractJSON, body), nil
}

// document serves bytes that do not change while the server runs.
func document(mediaType string, body []byte) handlerFunc {
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:16]) + `"` // weak: it goes out compressed or not
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := parseParams(r); err != nil {
			return err
		}
		h := w.Header()
		h.Set("Content-Type", mediaType)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		return nil
	}
}
