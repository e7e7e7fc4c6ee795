package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"hetu/tiles"
)

// shutAtlas draws nothing before it is opened.
type shutAtlas struct {
	drawnAtlas
	open chan struct{}
}

func (a shutAtlas) Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile {
	<-a.open
	return a.drawnAtlas.Tile(addr, keep)
}

// pipes are connections without a network, whose waiting synctest sees.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p <- server
	return client, nil
}

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// When more tiles are asked for than may wait, the next is told to come again. A client that leaves makes room for another.
func TestOverload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 512 // of what waits, beside one build for each processor
		a := shutAtlas{drawnAtlas{[]byte("a tile")}, make(chan struct{})}
		listener := make(pipes)
		srv := &http.Server{Handler: tilesOf(t, a)}
		go func() { _ = srv.Serve(listener) }()
		client := &http.Client{Transport: &http.Transport{DialContext: listener.dial, DisableKeepAlives: true}}
		var all sync.WaitGroup
		next := 0
		// ask asks for a tile that nobody asked for before, and lets the client leave.
		ask := func(want int, retry string) (leave func()) {
			x := next
			next++
			ctx, leave := context.WithCancel(t.Context())
			all.Go(func() {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://hetu/tiles/public/14/%d/1.mvt", x), http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(req)
				if err != nil {
					if want != 0 {
						t.Errorf("tile %d: %v", x, err)
					}
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != want || resp.Header.Get("Retry-After") != retry {
					t.Errorf("tile %d: %d, Retry-After %q; want %d, %q", x, resp.StatusCode, resp.Header.Get("Retry-After"), want, retry)
				}
			})
			synctest.Wait()
			return leave
		}
		for range runtime.GOMAXPROCS(0) + limit - 1 {
			ask(http.StatusOK, "")
		}
		leave := ask(0, "")
		ask(http.StatusServiceUnavailable, "2")
		leave()
		synctest.Wait()
		ask(http.StatusOK, "")
		ask(http.StatusServiceUnavailable, "2")
		close(a.open)
		all.Wait()
		_ = srv.Close()
	})
}
