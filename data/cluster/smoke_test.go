package cluster_test

import (
	"context"
	"hetu/data/cluster"
	"log/slog"
	"os"
	"testing"
	"time"
)

func TestSmoke(t *testing.T) {
	d, _ := os.MkdirTemp("", "hc")
	os.Chmod(d, 0o755)
	defer os.RemoveAll(d)
	for range 3 {
		b := time.Now()
		c, err := cluster.Start(t.Context(), cluster.Config{DataDir: d + "/data", Now: time.Now, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Log("start", time.Since(b))
		b = time.Now()
		l, err := cluster.Locate(d + "/data")
		t.Log(l, err, c.DSN(cluster.Owner))
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		t.Log("stop", time.Since(b))
	}
	b, _ := os.ReadFile(d + "/data/postgres.log")
	t.Log(string(b))
}
