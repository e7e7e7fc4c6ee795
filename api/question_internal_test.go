package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A report that takes too long is answered so, and its work ends.
func TestReportThatTakesTooLong(t *testing.T) {
	t.Parallel()
	slow := func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}
	w := httptest.NewRecorder()
	handle(slog.New(slog.DiscardHandler), within(time.Millisecond, lessReport, slow)).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/coverage", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "ask for a division or a river") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}
