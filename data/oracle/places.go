package oracle

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/tiles"
)

// Places are positions in degrees, one for each reach: where tiles are worth asking for.
type Places [][2]float64

// Places gives the middle of every reach, in the order of their ids.
func (o *Oracle) Places(ctx context.Context) (Places, error) {
	text, err := statement("places")
	if err != nil {
		return nil, err
	}
	rows, err := o.conn.Query(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("find the reaches: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (at [2]float64, err error) {
		return at, row.Scan(&at[0], &at[1])
	})
}

// Tiles draws up to n different tiles of a zoom, each as likely as it has reaches; fewer where there are not so many. The same
// seed draws the same tiles.
func (p Places) Tiles(set tiles.Set, asOf geo.Date, zoom, n int, seed uint64) []tiles.Address {
	r := rand.New(rand.NewPCG(seed, uint64(zoom))) //nolint:gosec // to be drawn again, not to be secret
	var out []tiles.Address
	seen := map[[2]int]bool{}
	for range 20 * n {
		if len(out) == n || len(p) == 0 {
			break
		}
		x, y := at(tiles.WebMercatorQuad, zoom, p[r.IntN(len(p))])
		if !seen[[2]int{x, y}] {
			seen[[2]int{x, y}] = true
			out = append(out, tiles.Address{Set: set, Z: zoom, X: x, Y: y, AsOf: asOf})
		}
	}
	return out
}

// Around draws n tiles of all zooms of a grid in turn, each where a reach is or beside it, also more than once.
func (p Places) Around(set tiles.Set, grid tiles.Grid, asOf geo.Date, n int, seed uint64) []tiles.Address {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // to be drawn again, not to be secret
	var out []tiles.Address
	first, last := grid.Zooms()
	for i := range n {
		if len(p) == 0 {
			break
		}
		zoom := first + i%(last-first+1)
		x, y := at(grid, zoom, p[r.IntN(len(p))])
		columns, rows := grid.Size(zoom)
		x, y = min(max(x+r.IntN(3)-1, 0), columns-1), min(max(y+r.IntN(3)-1, 0), rows-1)
		out = append(out, tiles.Address{Set: set, Grid: grid, Z: zoom, X: x, Y: y, AsOf: asOf})
	}
	return out
}

// at gives the tile of a position.
func at(grid tiles.Grid, zoom int, place [2]float64) (x, y int) {
	n := float64(int(1) << zoom)
	if grid == tiles.CGCS2000Quad {
		return int((place[0] + 180) / 360 * n), int((90 - place[1]) / 360 * n)
	}
	row := 0.5 - math.Atanh(math.Sin(place[1]*math.Pi/180))/(2*math.Pi)
	return int((place[0] + 180) / 360 * n), int(row * n)
}
