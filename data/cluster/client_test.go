package cluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

const writers = 3

// client writes rows as fast as it can and remembers which were acknowledged.
type client struct {
	dsn    string
	wg     sync.WaitGroup
	stop   atomic.Bool
	mu     sync.Mutex
	acked  map[[2]int]bool
	marks  []mark
	writer atomic.Int64 // process id of some writer's backend
}

// mark waits for an insert that began after it.
type mark struct {
	since time.Time
	seen  chan struct{}
}

// clientMain obeys the lines it reads: "mark" answers "acked" after the next
// acknowledged insert, "backend" the process id of a writer's backend, "geos"
// when a function that heeds no signal runs, "check" ends the writing and counts.
func clientMain() int {
	ctx := context.Background()
	c := &client{dsn: os.Getenv(dsnVar), acked: map[[2]int]bool{}}
	conn, err := pgx.Connect(ctx, c.dsn)
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	var generation int
	err = conn.QueryRow(ctx, `SELECT count(*) FROM pg_tables WHERE tablename = 'kept'`).Scan(&generation)
	if err == nil && generation == 0 {
		_, err = conn.Exec(ctx, `CREATE TABLE hetu.kept (writer int, n int, PRIMARY KEY (writer, n))`)
	}
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	_ = conn.Close(ctx)
	for w := range writers {
		c.wg.Go(func() { c.write(ctx, w) })
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "mark":
			m := mark{since: time.Now(), seen: make(chan struct{})}
			c.mu.Lock()
			c.marks = append(c.marks, m)
			c.mu.Unlock()
			select {
			case <-m.seen:
				fmt.Println("acked")
			case <-time.After(60 * time.Second):
				fmt.Println("error no insert was acknowledged")
			}
		case "backend":
			fmt.Println("backend", c.writer.Load())
		case "geos":
			if err := c.startGEOS(ctx); err != nil {
				fmt.Println("error", err)
				continue
			}
			fmt.Println("geos")
		case "check":
			c.stop.Store(true)
			c.wg.Wait()
			if err := c.check(ctx); err != nil {
				fmt.Println("error", err)
				return 1
			}
			return 0
		}
	}
	return 0
}

func (c *client) write(ctx context.Context, w int) {
	var conn *pgx.Conn
	for n := 0; !c.stop.Load(); n++ {
		// A number whose answer was lost is never tried again: it may be stored.
		began := time.Now()
		once, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := c.insert(once, &conn, w, n)
		cancel()
		if err != nil {
			if conn != nil {
				_ = conn.Close(ctx)
				conn = nil
			}
			time.Sleep(10 * time.Millisecond)
			continue
		}
		c.acknowledge(w, n, began)
	}
	if conn != nil {
		_ = conn.Close(ctx)
	}
}

func (c *client) insert(ctx context.Context, conn **pgx.Conn, w, n int) error {
	if *conn == nil {
		fresh, err := pgx.Connect(ctx, c.dsn)
		if err != nil {
			return err
		}
		*conn = fresh
		c.writer.Store(int64(fresh.PgConn().PID()))
	}
	_, err := (*conn).Exec(ctx, `INSERT INTO hetu.kept (writer, n) VALUES ($1, $2)`, w, n)
	return err
}

func (c *client) acknowledge(w, n int, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked[[2]int{w, n}] = true
	waiting := c.marks[:0]
	for _, m := range c.marks {
		if began.After(m.since) {
			close(m.seen)
			continue
		}
		waiting = append(waiting, m)
	}
	c.marks = waiting
}

// startGEOS begins a distance that takes minutes and looks at no signal, and
// returns when it has run for half a second.
func (c *client) startGEOS(ctx context.Context) error {
	busy, err := pgx.Connect(ctx, c.dsn)
	if err != nil {
		return err
	}
	go func() {
		_, _ = busy.Exec(ctx, `SELECT ST_HausdorffDistance(
			ST_Boundary(ST_Buffer(ST_MakePoint(0, 0), 1, 200)), ST_Boundary(ST_Buffer(ST_MakePoint(1, 1), 1, 200)), 0.00001)`)
	}()
	watch, err := pgx.Connect(ctx, c.dsn)
	if err != nil {
		return err
	}
	defer func() { _ = watch.Close(ctx) }()
	for range 500 {
		var running bool
		err := watch.QueryRow(ctx, `SELECT exists(SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active'
			AND query LIKE '%Hausdorff%' AND clock_timestamp() - query_start > interval '0.5 s')`, busy.PgConn().PID()).Scan(&running)
		if err != nil || running {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("the long function did not run")
}

// check prints how many inserts were acknowledged, how many of them are lost,
// and how many are stored without having been acknowledged.
func (c *client) check(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT writer, n FROM hetu.kept`)
	if err != nil {
		return err
	}
	var w, n, unasked int
	lost := len(c.acked)
	_, err = pgx.ForEachRow(rows, []any{&w, &n}, func() error {
		if c.acked[[2]int{w, n}] {
			lost--
		} else {
			unasked++
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Println("checked", len(c.acked), lost, unasked)
	return nil
}
