package pg

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/tiles"
)

// TileFeatures implements [tiles.Source]: one statement a layer, all in one snapshot, rows streamed as they come.
func (s *Store) TileFeatures(ctx context.Context, q tiles.Query) iter.Seq2[tiles.Feature, error] {
	return func(yield func(tiles.Feature, error) bool) {
		tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			yield(tiles.Feature{}, interpret(fmt.Errorf("read tile features: %w", err)))
			return
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
		for _, layer := range q.Layers {
			more, err := s.tileLayer(ctx, tx, layer, q, yield)
			if err != nil {
				yield(tiles.Feature{}, interpret(fmt.Errorf("read the features of layer %s: %w", layer, err)))
				return
			}
			if !more {
				return
			}
		}
	}
}

// tileLayer streams one layer and tells whether the reader wants more.
func (s *Store) tileLayer(ctx context.Context, tx pgx.Tx, layer string, q tiles.Query, yield func(tiles.Feature, error) bool) (bool, error) {
	sql, ok := s.queries["tile_"+layer]
	if !ok {
		return false, geo.Errorf(geo.CodeNotFound, "there is no tile layer %q", layer)
	}
	rows, err := tx.Query(ctx, sql, pgx.NamedArgs{
		"west": q.Box.West, "south": q.Box.South, "east": q.Box.East, "north": q.Box.North, "zoom": q.Zoom, "as_of": date(q.AsOf),
	})
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := tileFeature(rows)
		if err != nil {
			return false, err
		}
		f.Layer = layer
		if !yield(f, nil) {
			return false, nil
		}
	}
	return true, rows.Err()
}

// tileFeature takes a row apart: id, rank, geometry, then the layer's fields. Numbers become int64 or float64, as tiles want.
func tileFeature(rows pgx.Rows) (tiles.Feature, error) {
	values, err := rows.Values()
	if err != nil {
		return tiles.Feature{}, err
	}
	for i, v := range values {
		switch v := v.(type) {
		case int16:
			values[i] = int64(v)
		case int32:
			values[i] = int64(v)
		}
	}
	id, isID := values[0].(int64)
	rank, isRank := values[1].(int64)
	shape, isShape := values[2].(geom.T)
	if !isID || !isRank || !isShape {
		return tiles.Feature{}, fmt.Errorf("a tile row begins with %T, %T, %T", values[0], values[1], values[2])
	}
	xy, err := geo.ToXY(shape)
	if err != nil {
		return tiles.Feature{}, fmt.Errorf("feature %d: %w", id, err)
	}
	return tiles.Feature{ID: id, Rank: int(rank), Geometry: xy, Values: values[3:]}, nil
}

// Coverage implements [tiles.Source].
func (s *Store) Coverage(ctx context.Context, asOf geo.Date) (map[string]tiles.Coverage, error) {
	rows, err := s.read.Query(ctx, s.queries["tile_coverage"], pgx.NamedArgs{"as_of": date(asOf)})
	if err != nil {
		return nil, interpret(fmt.Errorf("read what the layers cover: %w", err))
	}
	out := map[string]tiles.Coverage{}
	var layer string
	var count int64
	var box *string
	_, err = pgx.ForEachRow(rows, []any{&layer, &count, &box}, func() error {
		c := tiles.Coverage{Count: count}
		if box != nil {
			// "BOX(w s,e n)", as PostGIS writes a box2d.
			text := strings.ReplaceAll(*box, ",", " ")
			if _, err = fmt.Sscanf(text, "BOX(%g %g %g %g)", &c.Box.West, &c.Box.South, &c.Box.East, &c.Box.North); err != nil {
				return fmt.Errorf("read the box %q: %w", *box, err)
			}
		}
		out[layer] = c
		return nil
	})
	if err != nil {
		return nil, interpret(fmt.Errorf("read what the layers cover: %w", err))
	}
	return out, nil
}
