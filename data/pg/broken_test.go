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
)

// cable is a way to a database that breaks in the middle of the next answer once it is told to.
type cable struct {
	breaks atomic.Bool
	reset  bool // the other end is told that the connection was reset, not that it ended
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
		if c.breaks.Load() {
			_, _ = near.Write(answer[:1])
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

// An answer that breaks off in the middle is unavailable, and the next one is whole.
func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, c := range map[string]*cable{"ended": {}, "reset": {reset: true}} {
		store, err := pg.Open(t.Context(), pg.Config{ReadDSN: c.lay(t, db.DSN("hetu_ro")), WriteDSN: db.DSN("hetu_rw"), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ask := func() error {
			_, _, err := store.Rivers(t.Context(), duty.Moment{}, "", 1)
			return err
		}
		if err := ask(); err != nil {
			t.Errorf("%s: before: %v", name, err)
		}
		c.breaks.Store(true)
		if err := ask(); geo.CodeOf(err) != geo.CodeUnavailable {
			t.Errorf("%s: in the middle of an answer: %s: %v", name, geo.CodeOf(err), err)
		}
		c.breaks.Store(false)
		if err := ask(); err != nil {
			t.Errorf("%s: after: %v", name, err)
		}
		store.Close()
	}
}
