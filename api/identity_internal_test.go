package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hetu/geo"
	"hetu/geo/access"
)

// The proxy's word is the last of all lines: a line that the client sent before it is none.
func TestAddressIsTheProxysWord(t *testing.T) {
	t.Parallel()
	g := newGuards(Config{Now: time.Now, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	tests := []struct {
		remote string
		lines  []string
		want   string
	}{
		{"192.0.2.1:5", []string{"198.51.100.7"}, "198.51.100.7"},
		{"192.0.2.1:5", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{"192.0.2.1:5", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		{"192.0.2.1:5", nil, "192.0.2.1"},
		{"203.0.113.1:5", []string{"198.51.100.7"}, "203.0.113.1"},
	}
	for _, tt := range tests {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = tt.remote
		for _, l := range tt.lines {
			r.Header.Add("X-Forwarded-For", l)
		}
		if got := g.address(r); got != tt.want {
			t.Errorf("%s, %q: %s, want %s", tt.remote, tt.lines, got, tt.want)
		}
	}
}

// Strangers with however many addresses fill no audit, and what they do hides nothing of who has logged in.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f := newRefusals(func() time.Time { return now })
	flood := func() (rows int) {
		for i := range 3 * refusalPlaces {
			if f.admit(&access.Event{Actor: access.Actor{IP: fmt.Sprint(i)}}) {
				rows++
			}
		}
		return rows
	}
	if got := flood(); got != refusalsInAll {
		t.Errorf("%d rows, want %d", got, refusalsInAll)
	}
	if len(f.seen) > refusalPlaces+1 {
		t.Errorf("%d addresses are kept", len(f.seen))
	}
	mine := 0
	for range 2 * refusalsSingly {
		if f.admit(&access.Event{Actor: access.Actor{Account: 7, IP: "1"}}) {
			mine++
		}
	}
	if mine != refusalsSingly {
		t.Errorf("%d rows of an account, want %d", mine, refusalsSingly)
	}
	now = now.Add(refusalWindow)
	e := access.Event{Actor: access.Actor{IP: "x"}}
	if !f.admit(&e) || !strings.Contains(e.Detail, fmt.Sprintf("%d more refusals", 3*refusalPlaces-refusalsInAll+refusalsSingly)) {
		t.Errorf("a minute later: %q", e.Detail)
	}
}

// Behind those whose passwords are hashed a few wait; who comes then is told at once to come again.
func TestFewWaitForPasswords(t *testing.T) {
	t.Parallel()
	p := newPasswords()
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, cap(p.places))
	for range cap(p.turns) {
		done, err := p.turn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer done()
	}
	for range hashingWaits {
		go func() {
			_, err := p.turn(ctx)
			waiting <- err
		}()
	}
	for len(p.places) < cap(p.places) {
		time.Sleep(time.Millisecond)
	}
	if _, err := p.turn(t.Context()); geo.CodeOf(err) != geo.CodeUnavailable {
		t.Errorf("one more: %v", err)
	}
	cancel()
	for range hashingWaits {
		if err := <-waiting; geo.CodeOf(err) != geo.CodeUnavailable {
			t.Errorf("who went away: %v", err)
		}
	}
	if len(p.places) != cap(p.turns) {
		t.Errorf("%d places are taken", len(p.places))
	}
}
