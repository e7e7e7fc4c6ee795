package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hetu/api"
	"hetu/geo"
	"hetu/geo/duty"
)

// outage is a store in front of a database that is gone: it answers what it has in memory.
type outage struct{ api.Store }

func (outage) Responsible(_ context.Context, q duty.Question) (duty.Answer, error) {
	if q.At.KnownAt.IsZero() {
		return duty.Answer{Lon: q.Lon, Lat: q.Lat, RadiusM: duty.DefaultRadiusM, Rivers: []duty.RiverFound{}}, nil
	}
	return duty.Answer{}, geo.Wrapf(errors.New("connection refused"), geo.CodeUnavailable, "the database did not answer in time")
}

// Without the database the present is answered; what was known earlier is not, and the answer says why and what helps.
func TestResponsibleWithoutDatabase(t *testing.T) {
	t.Parallel()
	handler, err := api.New(api.Config{Store: outage{}, Extent: geo.China(), Now: today, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	const here = "/api/v1/responsible?lon=109.9&lat=40.6"
	var a duty.Answer
	if status := get(t, srv, here, &a); status != http.StatusOK || a.Lon != 109.9 {
		t.Errorf("the present: status %d, %+v", status, a)
	}
	var p problemBody
	resp := do(t, srv, http.MethodGet, here+"&known_at=2026-01-01T00:00:00Z", &p)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.Contains(p.Detail, "without known_at") {
		t.Errorf("an earlier record: status %d, %+v", resp.StatusCode, p)
	}
}
