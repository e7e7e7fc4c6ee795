package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hetu/data/cluster"
)

// load measures starts: how long the map takes from the database and from its snapshot, and what memory the server then has, who
// answers for what being in it too.
func (b *bench) load(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "hetu-load-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "atlas.snapshot")
	var fromDatabase, fromFile, memory, most []float64
	for run := range b.cmd.Runs {
		if err = os.RemoveAll(file); err != nil {
			return err
		}
		var first, second started
		if first, err = b.start(ctx, file); err != nil {
			return err
		}
		if second, err = b.start(ctx, file); err != nil {
			return err
		}
		fromDatabase, fromFile = append(fromDatabase, first.seconds), append(fromFile, second.seconds)
		memory, most = append(memory, max(first.resident, second.resident)), append(most, first.most)
		b.say("load: run %d of %d is done", run+1, b.cmd.Runs)
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return b.emit(benchResult{
		Case: "load", Runs: b.cmd.Runs, Load: median(fromDatabase), SnapshotLoad: median(fromFile), Size: info.Size(),
		AReach: float64(info.Size()) / float64(b.cmd.Reaches), Resident: median(memory), MostResident: median(most),
	})
}

// started is what a start took.
type started struct {
	seconds        float64 // until it was ready
	resident, most float64 // bytes, once the snapshot is written and duty is in memory; and at the most until then
}

// settling is how long a server is left alone before its memory is read: what it does not need any more goes back by then.
const settling = 3 * time.Second

func (b *bench) start(ctx context.Context, file string) (s started, err error) {
	began := time.Now()
	watch := &phrase{of: []byte(allLoaded), to: b.stderr, heard: make(chan struct{})}
	server, err := b.serveChild(ctx, watch, "serve", "--listen", "127.0.0.1:0", "--database-url", b.where.DSN(cluster.Superuser), "--snapshot", file)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	s.seconds = time.Since(began).Seconds()
	select {
	case <-watch.heard:
	case <-time.After(10 * time.Minute):
		return s, errors.New("not everything was in memory after ten minutes")
	case <-ctx.Done():
		return s, ctx.Err()
	}
	for wait := began.Add(10 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if _, err = os.Stat(file); err == nil {
			break
		}
		if time.Now().After(wait) {
			return s, errors.New("the snapshot was not written in ten minutes")
		}
	}
	time.Sleep(settling)
	s.resident, s.most, err = residentBytes(server.cmd.Process.Pid)
	return s, err
}

// residentBytes reads what memory a process has, and the most it had.
func residentBytes(pid int) (now, most float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(text) {
		var kB float64
		if n, _ := fmt.Sscanf(string(line), "VmRSS: %f kB", &kB); n == 1 {
			now = kB * 1024
		}
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %f kB", &kB); n == 1 {
			most = kB * 1024
		}
	}
	return now, most, nil
}

// phrase passes on what is written, and tells when it has come by. Whoever writes it writes it as one line.
type phrase struct {
	of    []byte
	to    io.Writer
	heard chan struct{}
	once  sync.Once
}

func (p *phrase) Write(b []byte) (int, error) {
	if bytes.Contains(b, p.of) {
		p.once.Do(func() { close(p.heard) })
	}
	return p.to.Write(b)
}
