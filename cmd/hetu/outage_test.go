package main_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hetu/data/cluster"
)

// ask makes a request and gives the status, a header and the body.
func ask(t *testing.T, url, header string) (status int, value, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get(header), string(text)
}

// While PostgreSQL is stopped the map goes on and says how old it is; when it is back nothing that was written meanwhile is lost.
func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	home := dataDir(t)
	start := func() *cluster.Cluster {
		t.Helper()
		c, err := cluster.Start(t.Context(), cluster.Config{DataDir: home, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := start()
	super := c.DSN(cluster.Superuser)
	execute(t, super, "CREATE DATABASE ext")
	url := super + " dbname=ext"
	dir, env := filepath.Join(t.TempDir(), "unused"), []string{"HETU_DATABASE_URL=" + url}
	for _, args := range [][]string{{"db", "migrate"}, {"sample", "load"}} {
		if out, err := hetu(t, dir, env, args...); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	snapshot := filepath.Join(t.TempDir(), "map.snapshot")
	s := serve(t, dir, "--database-url", url, "--snapshot", snapshot)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said: %s", s.stderr)
		}
	})
	const here, there = "/tiles/public/8/203/108.mvt", "/tiles/public/9/411/192.mvt" // 清镇; and 九原, which nobody asked for before the outage
	status, before, _ := ask(t, s.url+here, "Hetu-Version")
	if status != http.StatusOK {
		t.Fatalf("before: %d", status)
	}
	stop := func(c *cluster.Cluster) {
		t.Helper()
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	// reaches counts those that the map has on this day.
	reaches := func() (n int) {
		t.Helper()
		var doc struct {
			JSON string `json:"json"`
		}
		var metadata struct {
			Tilestats struct {
				Layers []struct {
					Layer string
					Count int
				}
			}
		}
		_, _, body := ask(t, s.url+"/tiles/reach/tilejson.json", "")
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		err := json.Unmarshal([]byte(doc.JSON), &metadata)
		layers := metadata.Tilestats.Layers
		if err != nil || len(layers) != 1 || layers[0].Layer != "reach" {
			t.Fatalf("%v: %s", err, body)
		}
		return layers[0].Count
	}
	had := reaches()
	for n := 0; !strings.Contains(s.stderr.String(), "who answers for what and the river network are in memory"); n++ {
		if n > 300 {
			t.Fatalf("the roster was not loaded: %s", s.stderr)
		}
		time.Sleep(100 * time.Millisecond)
	}
	const chief = "/api/v1/responsible?lon=109.73574&lat=40.65318&as_of=2018-05-01"
	_, _, chain := ask(t, s.url+chief, "")
	stop(c)
	if _, _, without := ask(t, s.url+chief, ""); without != chain || !strings.Contains(without, "示例") {
		t.Errorf("who is responsible, with the database and without: %s%s", chain, without)
	}
	if status, _, body := ask(t, s.url+chief+"&known_at=2020-01-01T00:00:00Z", ""); status != http.StatusServiceUnavailable {
		t.Errorf("what was known earlier, without the database: %d %s", status, body)
	}
	for _, path := range []string{here, there, "/tiles/public/tilejson.json", "/tiles/reach/cgcs2000/9/407/90.mvt", "/readyz"} {
		if status, _, body := ask(t, s.url+path, ""); status >= 400 {
			t.Errorf("without the database, %s: %d %s", path, status, body)
		}
	}
	var health struct {
		Status string
		At     time.Time `json:"data_as_of_time"`
		Age    int       `json:"data_age_s"`
	}
	for range 40 {
		status, _, body := ask(t, s.url+"/healthz", "")
		if err := json.Unmarshal([]byte(body), &health); err != nil || status != http.StatusOK || health.Status != "degraded" {
			t.Fatalf("%d %s: %v", status, body, err)
		}
		if health.Age > 15 {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	_, age, _ := ask(t, s.url+here, "Hetu-Data-Age")
	if health.Age <= 15 || age == "" || time.Since(health.At) > time.Minute {
		t.Errorf("health %+v, Hetu-Data-Age %q", health, age)
	}
	c = start()
	defer stop(c)
	// Written by another process, before this one may have found its way back.
	out, err := hetu(t, dir, env, "sample", "load", "--reaches", "100", "--seed", "3")
	if err != nil {
		t.Fatalf("load: %v: %s", err, out)
	}
	newest := ""
	for range 100 {
		_, _, body := ask(t, s.url+"/tiles/public/tilejson.json", "")
		if at := strings.Index(body, `v=`); at > 0 {
			newest = body[at : strings.IndexByte(body[at:], '"')+at]
		}
		status, _, text := ask(t, s.url+"/healthz", "")
		if status == http.StatusOK && strings.Contains(text, `"ok"`) && newest != "v="+before {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if n := reaches(); had == 0 || n != had+100 || newest == "v="+before {
		t.Errorf("%d reaches, and %d when 100 were written while the server could not hear; %s", had, n, newest)
	}
	if _, age, _ := ask(t, s.url+here, "Hetu-Data-Age"); age != "" {
		t.Errorf("after the return the data are %s s old", age)
	}
	// The roster alone asks for the newest write: now it does not hear of any, and the map goes on.
	execute(t, url, "REVOKE SELECT ON hetu.audit FROM hetu_ro")
	for range 60 {
		_, _, body := ask(t, s.url+"/healthz", "")
		if err := json.Unmarshal([]byte(body), &health); err != nil {
			t.Fatal(err)
		}
		if health.Status == "degraded" {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	if _, age, _ := ask(t, s.url+here, "Hetu-Data-Age"); health.Status != "degraded" || health.Age < 15 || age != "" {
		t.Errorf("who answers for what is not heard of: health %+v, Hetu-Data-Age %q", health, age)
	}
	s.stop()
	if info, err := os.Stat(snapshot); err != nil || info.Size() == 0 {
		t.Errorf("the snapshot: %v", err)
	}
}

// Drafts are shown on a machine's own address only, unless the network is said to be an intranet.
func TestShowDraftsIsRefused(t *testing.T) {
	t.Parallel()
	out, err := hetu(t, dataDir(t), nil, "serve", "--show-drafts", "--listen", "0.0.0.0:0", "--map-approval-no", "GS(2026)0001")
	if err == nil || !strings.Contains(out, "--show-drafts") {
		t.Errorf("%v: %s", err, out)
	}
}

// The grid that stakes are told by has bounds, and its variable is read.
func TestPublicPrecisionIsRefused(t *testing.T) {
	t.Parallel()
	for _, m := range []string{"-1", "1001", "NaN"} {
		out, err := hetu(t, dataDir(t), nil, "serve", "--public-precision="+m, "--listen", "127.0.0.1:0")
		if err == nil || !strings.Contains(out, "--public-precision "+m) || !strings.Contains(out, "0 to 1000") {
			t.Errorf("%s: %v: %s", m, err, out)
		}
	}
	out, err := hetu(t, dataDir(t), []string{"HETU_PUBLIC_PRECISION=-2"}, "serve", "--listen", "127.0.0.1:0")
	if err == nil || !strings.Contains(out, "--public-precision -2") {
		t.Errorf("by the variable: %v: %s", err, out)
	}
}

func TestShowDrafts(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := serve(t, dir, "--sample", "--show-drafts")
	const path = "/tiles/draft/tilejson.json"
	if status, control, body := ask(t, s.url+path, "Cache-Control"); status != http.StatusOK || control != "private, no-store" {
		t.Errorf("%d, %s: %s", status, control, body)
	}
	// A page of the web has had its own name point to this machine.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("asked for by another name: %d", resp.StatusCode)
	}
}
