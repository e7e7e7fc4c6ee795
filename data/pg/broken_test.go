package pg_test

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/tiles/atlas"
)

// cable is a way to a database that breaks in the next answer once it is told to, after so many bytes.
type cable struct {
	breaks atomic.Int64 // 0: it does not
	reset  bool         // the other end is told that the connection was reset, not that it ended
}

// lay makes a way to a database and gives the DSN that takes it.
func (c *cable) lay(t *testing.T, dsn string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, closed := listener.Accept()
			if closed != nil {
				return
			}
			go c.carry(near, filepath.Join(cfg.Host, ".s.PGSQL."+strconv.Itoa(int(cfg.Port))))
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s host=127.0.0.1 port=%s sslmode=disable", dsn, port)
}

func (c *cable) carry(near net.Conn, socket string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	go func() { _, _ = io.Copy(far, near) }()
	answer := make([]byte, 1<<16)
	for {
		n, err := far.Read(answer)
		if err != nil {
			return
		}
		if after := int(c.breaks.Load()); after > 0 {
			_, _ = near.Write(answer[:min(after, n)])
			if tcp, ok := near.(*net.TCPConn); ok && c.reset {
				_ = tcp.SetLinger(0)
			}
			return
		}
		if _, err := near.Write(answer[:n]); err != nil {
			return
		}
	}
}

// An answer that breaks off in the middle is unavailable, and the next one is whole: of one statement, and of a batch of them, of
// which the rest have no rows at all.
func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	asks := map[string]func(*pg.Store) error{
		"one": func(s *pg.Store) error {
			_, _, err := s.Rivers(t.Context(), duty.Moment{}, "", 1)
			return err
		},
		"batch": func(s *pg.Store) error {
			return s.Atlas().Fetch(t.Context(), "reach", []int64{1}, func(*atlas.Span) error { return nil })
		},
	}
	for how, reset := range map[string]bool{"ended": false, "reset": true} {
		for what, ask := range asks {
			t.Run(what+" "+how, func(t *testing.T) {
				t.Parallel()
				c := &cable{reset: reset}
				store, err := pg.Open(t.Context(), pg.Config{ReadDSN: c.lay(t, db.DSN("hetu_ro")), WriteDSN: db.DSN("hetu_rw"), Now: time.Now})
				if err != nil {
					t.Fatal(err)
				}
				if err := ask(store); err != nil {
					t.Errorf("before: %v", err)
				}
				for _, after := range []int64{1, 24} { // one byte, and the first statement of a batch
					c.breaks.Store(after)
					if err := ask(store); geo.CodeOf(err) != geo.CodeUnavailable {
						t.Errorf("after %d bytes of an answer: %s: %v", after, geo.CodeOf(err), err)
					}
					c.breaks.Store(0)
					if err := ask(store); err != nil {
						t.Errorf("after that: %v", err)
					}
				}
				store.Close() // not deferred: it would wait for the connection of a panic for ever
			})
		}
	}
}
