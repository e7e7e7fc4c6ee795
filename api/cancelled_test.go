package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hetu/api"
	"hetu/geo/duty"
)

// raw sends a text as it is, closes the sending side where it is told to, and reads the answer's head and body.
func raw(t *testing.T, srv *httptest.Server, text string, closes bool) (status, contentType, body string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err = io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if half, ok := conn.(*net.TCPConn); ok && closes {
		_ = half.CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	status, _, _ = strings.Cut(head, "\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if value, ok := strings.CutPrefix(line, "Content-Type: "); ok {
			contentType = value
		}
	}
	return status, contentType, body
}

// hangingStore lists rivers until the request ends.
type hangingStore struct{ api.Store }

func (hangingStore) HoldsSample(context.Context) (bool, error) { return false, nil }

func (hangingStore) Rivers(ctx context.Context, _ duty.Moment, _ string, _ int) ([]duty.ListedRiver, int64, error) {
	<-ctx.Done()
	return nil, 0, fmt.Errorf("list rivers: %w", ctx.Err())
}

// What is cancelled is told with a status that says so, never as an empty success.
func TestCancelledRequestIsNoSuccess(t *testing.T) {
	t.Parallel()
	cfg := config(t, nil)
	cfg.Store = hangingStore{}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ReadTimeout = time.Second
	srv.Start()
	t.Cleanup(srv.Close)
	const post = " HTTP/1.1\r\nHost: hetu\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	tests := []struct {
		name, text string
		closes     bool
		status     string
		kind       string
	}{
		{"a body that comes too slowly", "POST /api/v1/touches" + post, false, "400 Bad Request", "application/problem+json"},
		{"a body that breaks off", "POST /api/v1/touches" + post, true, "400 Bad Request", "application/problem+json"},
		{"patrols that break off", "POST /api/v1/patrols/check" + post, true, "400 Bad Request", "application/problem+json"},
		{"a client that closes its side", "GET /api/v1/rivers HTTP/1.1\r\nHost: hetu\r\nConnection: close\r\n\r\n", true, "503 Service Unavailable", "application/problem+json"},
		{"a browser that closes its side", "GET / HTTP/1.1\r\nHost: hetu\r\nConnection: close\r\n\r\n", true, "503 Service Unavailable", "text/html; charset=utf-8"},
	}
	for _, tt := range tests {
		status, kind, body := raw(t, srv, tt.text, tt.closes)
		if status != "HTTP/1.1 "+tt.status || kind != tt.kind || body == "" || strings.Contains(body, "logged") {
			t.Errorf("%s: %s, %s: %s", tt.name, status, kind, body)
		}
	}
}
