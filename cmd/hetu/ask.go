package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hetu/api"
)

// askCmd asks what the API answers: of a running server, or of a store that no server runs on.
type askCmd struct {
	Server  string `help:"The server to ask. Default: the map is loaded for the one question." env:"HETU_SERVER" placeholder:"URL"`
	JSON    bool   `help:"Print the answer as the API gives it."`
	AsOf    string `help:"The day to ask about; today when it is not given." placeholder:"DATE"`
	KnownAt string `help:"As known at that time, such as 2026-06-01T00:00:00+08:00." placeholder:"TIME"`

	snapshotFlag `embed:""`
	profilesFlag `embed:""`
	publicFlag   `embed:""`

	Responsible askResponsibleCmd `cmd:"" help:"Who is responsible at a position (Q1)."`
	Profile     askProfileCmd     `cmd:"" help:"A river from end to end, with what lies along it (Q8)."`

	Trace     askTraceCmd     `cmd:"" help:"The way up or down from a place, and what lies on it (Q3, Q4)."`
	Handovers askHandoversCmd `cmd:"" help:"Where a river passes borders, and who hands over to whom (Q6)."`

	askStationing `embed:""`

	Coverage    askCoverageCmd `cmd:"" help:"What rivers have and lack: reaches, chiefs, boards, boundaries (Q8)."`
	Stale       askStaleCmd    `cmd:"" help:"Boards that show what is not so any more (Q9)."`
	Quality     askQualityCmd  `cmd:"" help:"The water quality along a river (Q17)."`
	Patrols     askPatrolsCmd  `cmd:"" help:"Whether one chief's patrols are enough by a rule profile."`
	Counts      askCountsCmd   `cmd:"" help:"Counts and rates of a division (Q18)."`
	askOverlays `embed:""`
}

type askResponsibleCmd struct {
	Lon    float64 `arg:"" help:"Longitude in degrees, CGCS2000."`
	Lat    float64 `arg:"" help:"Latitude in degrees."`
	Radius float64 `help:"How far a river is looked for, in metres. Default: 500." placeholder:"M"`
}

// Help gives an example.
func (*askResponsibleCmd) Help() string {
	return "Example: hetu ask responsible 109.97 40.6 --as-of 2018-05-01"
}

// Run asks.
func (c *askResponsibleCmd) Run(ctx context.Context, a *app, q *askCmd) error {
	v := url.Values{"lon": {fmt.Sprint(c.Lon)}, "lat": {fmt.Sprint(c.Lat)}}
	if c.Radius != 0 {
		v.Set("radius", fmt.Sprint(c.Radius))
	}
	return q.ask(ctx, a, http.MethodGet, "/api/v1/responsible", v, nil)
}

// ask sends a question and prints the answer: a table of each list that it has, or the JSON as it came.
func (q *askCmd) ask(ctx context.Context, a *app, method, path string, v url.Values, body []byte) error {
	if q.AsOf != "" {
		v.Set("as_of", q.AsOf)
	}
	if q.KnownAt != "" {
		v.Set("known_at", q.KnownAt)
	}
	root, stop, err := q.server(ctx, a)
	if err != nil {
		return err
	}
	answer, err := send(ctx, method, root+path+"?"+v.Encode(), body)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	if q.JSON {
		_, err := a.stdout.Write(answer)
		return err
	}
	return printAnswer(a.stdout, answer)
}

// askPatience is how long an answer is waited for.
const askPatience = 5 * time.Minute

func send(ctx context.Context, method, address string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, usageError{err}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return answer, nil
	}
	var p struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(answer, &p); err != nil || p.Detail == "" {
		p.Detail = resp.Status
	}
	err = errors.New(p.Detail)
	if resp.StatusCode < http.StatusInternalServerError {
		return nil, usageError{err}
	}
	return nil, err
}

// server gives the root of the server to ask, and what ends it if it was made for this.
func (q *askCmd) server(ctx context.Context, a *app) (root string, stop func() error, err error) {
	if q.Server != "" {
		return strings.TrimSuffix(q.Server, "/"), func() error { return nil }, nil
	}
	if err := q.publicFlag.check(); err != nil {
		return "", nil, usageError{err}
	}
	rules, err := q.rules()
	if err != nil {
		return "", nil, err
	}
	db, err := a.open(ctx)
	if err != nil {
		return "", nil, err
	}
	closers := []func() error{func() error { return db.Close(ctx) }}
	stop = func() (err error) {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i]())
		}
		return err
	}
	serve := &serveCmd{snapshotFlag: q.snapshotFlag, publicFlag: q.publicFlag, TileCache: 1}
	handler, err := func() (http.Handler, error) {
		extent, err := db.Extent(ctx)
		if err != nil {
			return nil, err
		}
		m, err := serve.loadMap(ctx, a, db, &api.Door{}, false)
		if err != nil {
			return nil, err
		}
		closers = append(closers, func() error { m.stop(); return nil })
		return api.New(serve.config(a, db, m, rules, extent, documents(a)))
	}()
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(listener) }()
	closers = append(closers, srv.Close)
	return "http://" + listener.Addr().String(), stop, nil
}
