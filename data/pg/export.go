package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
)

// Exported is one feature of an exported layer. References are natural keys.
type Exported struct {
	Key        string
	Properties json.RawMessage
	Geom       geom.T // nil when the feature has none
}

// ExportLayers lists what can be exported, by collection name.
func (s *Store) ExportLayers() []string {
	var out []string
	for name := range s.queries {
		if layer, ok := strings.CutPrefix(name, "export_"); ok {
			out = append(out, layer)
		}
	}
	slices.Sort(out)
	return out
}

// Export gives the features of a layer as of a moment, one by one, in the order of their ids.
func (s *Store) Export(ctx context.Context, at duty.Moment, layer string, each func(Exported) error) error {
	query, ok := s.queries["export_"+layer]
	if !ok {
		return geo.InvalidField("layer", "there is no layer %q; known are %s", layer, strings.Join(s.ExportLayers(), ", "))
	}
	// A long export is a reader's transaction of its own, without the time limit of an answer.
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return interpret(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err = tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
		return interpret(err)
	}
	rows, err := tx.Query(ctx, query, args(at))
	if err != nil {
		return interpret(fmt.Errorf("export %s: %w", layer, err))
	}
	var f Exported
	_, err = pgx.ForEachRow(rows, []any{&f.Key, &f.Properties, &f.Geom}, func() error { return each(f) })
	return interpret(err)
}
