package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/klauspost/compress/gzip"
)

// benchBareCmd is the baseline of warm answers: what net/http itself takes to hand out bytes that are there.
type benchBareCmd struct {
	File string `arg:"" help:"What to hand out."`
}

// bareAnswer is an answer word for word: its path, the headers but for those that net/http sets by itself, the bytes.
type bareAnswer struct {
	Path   string
	Header http.Header
	Body   []byte
}

// Run serves until it is stopped.
func (c *benchBareCmd) Run(ctx context.Context, a *app) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	var list []bareAnswer
	if err = errors.Join(gob.NewDecoder(bufio.NewReader(f)).Decode(&list), f.Close()); err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
	answers := make(map[string]*bareAnswer, len(list))
	type line struct {
		name   string
		values []string
	}
	headers := make(map[string][]line, len(list)) // a map is slow to go through
	for i := range list {
		path := list[i].Path
		answers[path] = &list[i]
		for name, values := range list[i].Header {
			headers[path] = append(headers[path], line{name, values})
		}
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 60 * time.Second}
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := answers[r.URL.Path]
		if answer == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		h := w.Header()
		for _, l := range headers[r.URL.Path] {
			h[l.name] = l.values
		}
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(answer.Body)
	})
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	a.print("bare: http://%s", listener.Addr())
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// served is a server that runs as a process of its own.
type served struct {
	cmd  *exec.Cmd
	addr string
}

// serveChild starts this program with other arguments and waits for the line in which it tells its address.
func (b *bench) serveChild(ctx context.Context, stderr io.Writer, args ...string) (*served, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &served{cmd: exec.CommandContext(ctx, self, args...)} //nolint:gosec // this program
	s.cmd.Env = append(os.Environ(), "HETU_DATABASE_URL=")
	s.cmd.Stderr = stderr
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 30 * time.Second
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, addr, found := strings.Cut(lines.Text(), "http://"); found {
			s.addr = addr
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("hetu %s ended before it served", args[0]), s.cmd.Wait())
}

// stop ends the server.
func (s *served) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := s.cmd.Wait()
	if _, killed := errors.AsType[*exec.ExitError](err); killed {
		return nil // how it ended is no figure
	}
	return err
}

// wire is a connection on which requests are written by hand: a driver that took as much CPU time as a client of net/http
// would leave the servers half of the machine.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	body []byte
}

func dial(ctx context.Context, addr string) (*wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}, nil
}

func (w *wire) close() { _ = w.conn.Close() }

// getRequest writes a GET as browsers do, as short as may be.
func getRequest(path, host string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept-Encoding: gzip\r\n\r\n")
}

// reply is what came back. Header and body are good until the next.
type reply struct {
	status int
	header []byte // lines, the status line first
	body   []byte
}

// get sends a request and reads the answer.
func (w *wire) get(request []byte) (reply, error) {
	if _, err := w.conn.Write(request); err != nil {
		return reply{}, err
	}
	return w.read()
}

func (w *wire) read() (reply, error) {
	var p reply
	p.header = p.header[:0]
	length, chunked := 0, false
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return p, fmt.Errorf("read an answer: %w", err)
		}
		if len(line) <= 2 {
			break
		}
		if p.status == 0 {
			if len(line) < 12 {
				return p, fmt.Errorf("an answer begins %q", line)
			}
			p.status, _ = strconv.Atoi(string(line[9:12]))
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return p, fmt.Errorf("an answer has the length %q", value)
			}
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
		p.header = append(p.header, line...)
	}
	if chunked {
		var err error
		p.body, err = w.readChunks()
		return p, err
	}
	if cap(w.body) < length {
		w.body = make([]byte, length)
	}
	w.body = w.body[:length]
	p.body = w.body
	_, err := io.ReadFull(w.r, p.body)
	return p, err
}

// readChunks reads a body that comes in pieces, as a long answer that is written at once does.
func (w *wire) readChunks() ([]byte, error) {
	w.body = w.body[:0]
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("read an answer: %w", err)
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return nil, fmt.Errorf("a piece of an answer begins %q", line)
		}
		start := len(w.body)
		w.body = append(w.body, make([]byte, n+2)...) // with the end of the line
		if _, err := io.ReadFull(w.r, w.body[start:]); err != nil {
			return nil, fmt.Errorf("read an answer: %w", err)
		}
		w.body = w.body[:start+int(n)] //nolint:gosec // of 31 bits
		if n == 0 {
			return w.body, nil
		}
	}
}

// value gives a header of an answer.
func (p reply) value(name string) string {
	for line := range bytes.Lines(p.header) {
		if key, value, ok := bytes.Cut(line, []byte(": ")); ok && strings.EqualFold(string(key), name) {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// connections is how many the driver keeps open, each with one request at a time.
const connections = 8

// drive asks for n of some requests in turn, over all connections, and gives how long each took, in milliseconds.
func drive(ctx context.Context, addr string, requests [][]byte, n int) ([]float64, error) {
	var all sync.WaitGroup
	took := make([][]float64, connections)
	failed := make([]error, connections)
	for k := range connections {
		all.Go(func() { took[k], failed[k] = driveOne(ctx, addr, requests, k, n) })
	}
	all.Wait()
	var out []float64
	for _, t := range took {
		out = append(out, t...)
	}
	return out, errors.Join(failed...)
}

func driveOne(ctx context.Context, addr string, requests [][]byte, k, n int) ([]float64, error) {
	w, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer w.close()
	took := make([]float64, 0, n/connections+1)
	for i := k; i < n; i += connections {
		started := time.Now()
		p, err := w.get(requests[i%len(requests)])
		if err != nil {
			return nil, err
		}
		if p.status != http.StatusOK {
			return nil, fmt.Errorf("the answer was %d", p.status)
		}
		took = append(took, ms(time.Since(started)))
	}
	return took, ctx.Err()
}

// decompressed gives the bytes of an answer as they were before compression.
func decompressed(a bareAnswer) ([]byte, error) {
	if a.Header.Get("Content-Encoding") == "" {
		return a.Body, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", a.Path, err)
	}
	return io.ReadAll(r)
}
