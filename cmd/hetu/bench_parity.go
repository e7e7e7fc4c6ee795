package main

import (
	"context"

	"hetu/data/oracle"
	"hetu/tiles"
)

// parity looks for differences between what the atlas and PostGIS draw.
func (b *bench) parity(ctx context.Context) error {
	var p oracle.Parity
	for i, addr := range b.places.Around(b.public, tiles.WebMercatorQuad, b.today, b.cmd.Tiles, b.cmd.Seed) {
		want, err := b.oracle.Tile(ctx, addr)
		if err != nil {
			return err
		}
		tile := b.atlas.Tile(addr, nil)
		if err := p.Add(addr, tile.Data, want, tile.Dropped); err != nil {
			return err
		}
		if (i+1)%500 == 0 {
			b.say("parity: %d tiles are compared", i+1)
		}
	}
	b.say("parity: %s", &p)
	n := float64(max(p.Tiles, 1))
	return b.emit(benchResult{
		Case: "parity", Tiles: p.Tiles, Features: float64(p.Features) / n, Vertices: float64(p.Vertices) / n,
		Short: &p.Short, Missing: &p.Missing, Values: &p.Values, Far: &p.Far,
		ExactDistance: p.Exact, CoarseDistance: p.Coarse, PercentileExact: p.Quantile(0.999),
	})
}
