package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"hetu/tiles/cache"
)

// accept is what a client takes, by its Accept-Encoding: the encoding that suits it best, and which ones it takes at all.
type accept struct {
	best cache.Encoding
	may  [3]bool // by encoding
}

// acceptOf reads Accept-Encoding, RFC 9110 section 12.5.3. Of encodings with the same weight zstd comes before gzip, and gzip
// before none; * stands for gzip, which everyone knows. Who takes nothing that there is gets the bytes as they are.
func acceptOf(headers []string) accept {
	const unsaid = -1
	weights, star := [3]float64{unsaid, unsaid, unsaid}, float64(unsaid)
	for _, header := range headers {
		for header != "" {
			var item string
			item, header, _ = strings.Cut(header, ",")
			name, params, _ := strings.Cut(item, ";")
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
				weights[cache.Gzip] = weightOf(params)
			case strings.EqualFold(name, "zstd"):
				weights[cache.Zstd] = weightOf(params)
			case strings.EqualFold(name, "identity"):
				weights[cache.Identity] = weightOf(params)
			case name == "*":
				star = weightOf(params)
			}
		}
	}
	if weights[cache.Gzip] == unsaid {
		weights[cache.Gzip] = star
	}
	if weights[cache.Identity] == unsaid {
		const least = 0.0001 // below any weight that can be written
		if weights[cache.Identity] = star; star == unsaid {
			weights[cache.Identity] = least
		}
	}
	a := accept{}
	for e := cache.Identity; e <= cache.Zstd; e++ {
		a.may[e] = weights[e] > 0
		if a.may[e] && weights[e] >= weights[a.best] {
			a.best = e
		}
	}
	return a
}

// weightOf reads the parameters of an item; what cannot be read is not wanted.
func weightOf(params string) float64 {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1
	}
	name, value, _ := strings.Cut(params, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}

// entityTags goes through the tags of If-None-Match until each returns false. They are given without quotes, and weak ones as
// strong ones, as RFC 9110 section 13.1.2 has them compared; * is *.
func entityTags(headers []string, each func(tag string) bool) {
	for _, header := range headers {
		for header != "" {
			var item string
			item, header, _ = strings.Cut(header, ",")
			item = strings.TrimPrefix(strings.TrimSpace(item), "W/")
			if item != "*" {
				if len(item) < 2 || item[0] != '"' || item[len(item)-1] != '"' {
					continue
				}
				item = item[1 : len(item)-1]
			}
			if !each(item) {
				return
			}
		}
	}
}

// sendJSON answers with a document that caches may compare: strong ETag of the bytes, 304 when the client has them, gzip where
// it is welcome.
func (t *Tiles) sendJSON(w http.ResponseWriter, r *http.Request, cacheControl string, doc any) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	body = append(body, '\n')
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	a := acceptOf(r.Header["Accept-Encoding"])
	compress := a.may[cache.Gzip] && a.best != cache.Identity
	if compress {
		if body, err = t.gzipped(body); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
	}
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:16])
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", cacheControl)
	known := false
	entityTags(r.Header["If-None-Match"], func(have string) bool {
		known = have == tag || have == "*"
		return !known
	})
	if known {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if compress {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that left gets nothing
	}
	return nil
}

// newGzipWriter makes a writer, which has a megabyte of its own: they are used again.
func newGzipWriter() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.DefaultCompression) // a level that there is
	return z
}

// gzipped writes no time and no name: equal bodies are equal bytes.
func (t *Tiles) gzipped(body []byte) ([]byte, error) {
	z, _ := t.writers.Get().(*gzip.Writer)
	defer t.writers.Put(z)
	var out bytes.Buffer
	z.Reset(&out)
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
