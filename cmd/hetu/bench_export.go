package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"hetu/api"
	"hetu/tiles"
	"hetu/tiles/pmtiles"
)

const (
	exportZoom   = 14
	exportSample = 1500
)

// export measures a whole pyramid: what hetu export pmtiles does once the map is in memory, against ST_AsMVT of some of its
// tiles, each as likely as any other.
func (b *bench) export(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "hetu-export-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var cpu, perSecond, baseline, ratio []float64
	var result benchResult
	for run := range b.cmd.Runs {
		out := filepath.Join(dir, "tiles.pmtiles")
		if err := os.RemoveAll(out); err != nil {
			return err
		}
		runtime.GC()
		started, taken := time.Now(), ownCPU()
		n, err := b.writePyramid(ctx, out)
		if err != nil {
			return err
		}
		taken = ownCPU() - taken
		perSecond = append(perSecond, float64(n)/time.Since(started).Seconds())
		cpu = append(cpu, ms(taken)/float64(n))
		sampled, size, err := b.drawSample(out, uint64(run))
		if err != nil {
			return err
		}
		if taken, err = b.drawByPostGIS(ctx, sampled, func([]byte, float64) {}); err != nil {
			return err
		}
		baseline = append(baseline, ms(taken)/float64(len(sampled)))
		ratio = append(ratio, baseline[run]/cpu[run])
		result = benchResult{Case: "export", Tiles: int(n), Size: size, Runs: run + 1} //nolint:gosec // a number of tiles
		b.count(sampled, &result)
		b.say("export: run %d of %d is done", run+1, b.cmd.Runs)
	}
	result.CPU, result.BaselineCPU, result.Ratio, result.TilesPerSecond = median(cpu), median(baseline), median(ratio), median(perSecond)
	return b.emit(result)
}

// writePyramid writes the archive and tells how many tiles it has.
func (b *bench) writePyramid(ctx context.Context, out string) (uint64, error) {
	p := &pmtiles.Pyramid{Set: b.public, AsOf: b.today, MaxZoom: exportZoom}
	doc, err := pmtiles.Describe(p, api.SampleNotice, b.atlas.Coverage(b.today))
	if err != nil {
		return 0, err
	}
	asked, err := request(p, b.atlas.State())
	if err != nil {
		return 0, err
	}
	w, err := pmtiles.Begin(out, asked)
	if err != nil {
		return 0, err
	}
	err = write(ctx, b.app, w, p, b.atlas, doc, func(w *pmtiles.Writer, _ *bar) error { return w.Publish() })
	return w.Counts().Tiles, errors.Join(err, w.Close())
}

// drawSample opens the archive and draws some of its tiles.
func (b *bench) drawSample(file string, run uint64) (sampled []tiles.Address, size int64, err error) {
	f, err := os.Open(file) //nolint:gosec // in a folder of our own
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	archive, err := pmtiles.Open(f, info.Size())
	if err != nil {
		return nil, 0, err
	}
	var ids []uint64
	for e, failed := range archive.All() {
		if failed != nil {
			return nil, 0, failed
		}
		for n := range uint64(e.Run) {
			ids = append(ids, e.ID+n)
		}
	}
	r := rand.New(rand.NewPCG(b.cmd.Seed, run)) //nolint:gosec // to be drawn again, not to be secret
	for range exportSample {
		z, x, y := pmtiles.Place(ids[r.IntN(len(ids))])
		sampled = append(sampled, tiles.Address{Set: b.public, Z: z, X: x, Y: y, AsOf: b.today})
	}
	return sampled, info.Size(), nil
}

// count tells what is in some tiles.
func (b *bench) count(sampled []tiles.Address, r *benchResult) {
	n := float64(len(sampled))
	for _, addr := range sampled {
		t := b.atlas.Tile(addr, nil)
		r.Features += float64(t.Features) / n
		r.Vertices += float64(t.Vertices) / n
		r.Bytes += float64(len(t.Data)) / n
	}
}
