package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"hetu/data/files"
)

// sweepEvery is how often files that nobody filed are looked for, after the start.
const sweepEvery = 6 * time.Hour

// sweepPatience bounds one sweep, which may wait behind an import.
const sweepPatience = 10 * time.Minute

// sweepFiles removes files that nobody filed, now and from time to time, until stop, which waits for the sweep that is under way.
func sweepFiles(ctx context.Context, a *app, folder *files.Folder, filing files.Filing) (stop func()) {
	sweeping, end := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() {
		every := time.NewTicker(sweepEvery)
		defer every.Stop()
		for sweeping.Err() == nil {
			sweepOnce(sweeping, a, folder, filing)
			select {
			case <-every.C:
			case <-sweeping.Done():
			}
		}
	})
	return func() {
		end()
		all.Wait()
	}
}

func sweepOnce(ctx context.Context, a *app, folder *files.Folder, filing files.Filing) {
	bounded, cancel := context.WithTimeout(ctx, sweepPatience)
	defer cancel()
	n, bytes, err := folder.Sweep(bounded, filing, a.now().Add(-files.KeepUnfiled))
	if n > 0 {
		a.log.InfoContext(ctx, "files that nobody filed were removed", slog.Int("files", n), slog.Int64("bytes", bytes))
	}
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "files that nobody filed are looked for again later", slog.Any("cause", err))
	}
}
