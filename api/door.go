package api

import (
	"encoding/json"
	"net/http"
	"sync/atomic"

	"hetu/geo"
)

// Door answers for a server that is still being set up, and hands every request over to it from then on. So those who watch over
// hetu are answered from its first moment: /healthz that it lives, /readyz how far it is.
type Door struct {
	server atomic.Pointer[Server]
	doing  atomic.Pointer[string]
}

// Tell says what is being done.
func (d *Door) Tell(doing string) { d.doing.Store(&doing) }

// Open hands over.
func (d *Door) Open(s *Server) { d.server.Store(s) }

// ServeHTTP implements [http.Handler].
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s := d.server.Load(); s != nil {
		s.ServeHTTP(w, r)
		return
	}
	doing := "starting"
	if told := d.doing.Load(); told != nil {
		doing = *told
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.URL.Path == "/healthz" {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-cache")
		_ = json.NewEncoder(w).Encode(health{Status: "degraded", Detail: "not ready yet: " + doing})
		return
	}
	p := problemOf(geo.Errorf(geo.CodeUnavailable, "hetu is not ready yet: %s", doing))
	p.Instance = r.URL.Path
	writeProblem(w, p)
}
