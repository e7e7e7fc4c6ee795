package sample_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"hetu/data/sample"
)

func TestBig(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("BIG"))
	if n == 0 {
		t.Skip()
	}
	b := time.Now()
	m, err := sample.Write(t.Context(), sample.Spec{Reaches: n, Seed: 1}, "/tmp/genout")
	if err != nil {
		t.Fatal(err)
	}
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	total := int64(0)
	for _, f := range m.Files {
		total += f.Bytes
		t.Log(f.Name, f.Features, f.Bytes)
	}
	t.Log(time.Since(b), total, "sys MB", ms.Sys>>20)
}
