package pg

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/tiles/atlas"
)

const (
	// deltaRows is how many changes are taken in at a time.
	deltaRows = 20_000
	// touchedFeatures is up to how many features of a layer are fetched one by one; more than these, and the layer is read anew.
	touchedFeatures = 20_000
)

// written is how a kind of entity shows in the layers: the layer whose features have its ids, if there is one; whether the
// statement touch_<kind> tells which other features show it; and all layers that can.
type written struct {
	layer   string
	touches bool
	layers  []string
}

// writtenKinds gives the kinds that layers show.
func writtenKinds() map[string]written {
	return map[string]written{
		"appointment": {touches: true, layers: []string{"reach"}},
		"board":       {layer: "board", touches: true, layers: []string{"board", "reach"}},
		"boundary":    {touches: true, layers: []string{"boundary", "draft", "reach"}},
		"division":    {layer: "division", touches: true, layers: []string{"board", "division", "reach", "section"}},
		"outfall":     {layer: "outfall", layers: []string{"outfall"}},
		"plan":        {touches: true, layers: []string{"reach"}},
		"post":        {touches: true, layers: []string{"reach"}},
		"reach":       {layer: "reach", layers: []string{"reach"}},
		"river":       {touches: true, layers: []string{"boundary", "draft", "outfall", "reach", "river", "section"}},
		"route":       {layer: "river", touches: true, layers: []string{"river"}},
		"section":     {layer: "section", layers: []string{"section"}},
	}
}

// Holds implements [atlas.Source]. The beginning of the feed is in every store.
func (a *AtlasSource) Holds(ctx context.Context, at atlas.Position, version int64) (bool, error) {
	if at == (atlas.Position{}) {
		return version == 0, nil
	}
	var holds bool
	args := positionArgs(at)
	args["version"] = version
	row := a.store.follow.QueryRow(ctx, a.store.queries["change_holds"], args)
	if err := row.Scan(&holds); err != nil {
		return false, interpret(fmt.Errorf("look for a change: %w", err))
	}
	return holds, nil
}

func positionArgs(at atlas.Position) pgx.NamedArgs {
	return pgx.NamedArgs{"xid": at.XID, "seq": at.Seq, "at": time.UnixMicro(at.At)}
}

// Changes implements [atlas.Source].
func (a *AtlasSource) Changes(ctx context.Context, after atlas.Position) (atlas.Delta, error) {
	d := atlas.Delta{To: after, At: a.store.now(), Touched: map[string][]int64{}}
	changes, lost, err := a.Read(ctx, after, a.rows)
	if d.Lost = lost; err != nil || len(changes) == 0 {
		return d, err
	}
	d.To = changes[len(changes)-1].Position()
	d.More = len(changes) >= a.rows
	type writes struct {
		ids   []int64
		since time.Time
	}
	byKind := map[string]*writes{}
	reload := map[string]bool{}
	kinds := writtenKinds()
	for _, c := range changes {
		d.Version = max(d.Version, c.AuditID)
		switch kind, shows := kinds[c.Kind]; {
		case !shows:
		case c.FeatureID == nil:
			for _, layer := range kind.layers {
				reload[layer] = true
			}
		default:
			w := byKind[c.Kind]
			if w == nil {
				w = &writes{since: c.At}
				byKind[c.Kind] = w
			}
			w.ids = append(w.ids, *c.FeatureID)
			if c.At.Before(w.since) {
				w.since = c.At
			}
		}
	}
	statements := &pgx.Batch{}
	for kind, w := range byKind {
		slices.Sort(w.ids)
		w.ids = slices.Compact(w.ids)
		if layer := kinds[kind].layer; layer != "" {
			d.Touched[layer] = append(d.Touched[layer], w.ids...)
		}
		if kinds[kind].touches {
			statements.Queue(a.store.queries["touch_"+kind], pgx.NamedArgs{"ids": w.ids, "since": w.since}).Query(func(rows pgx.Rows) error {
				return addTouched(rows, d.Touched)
			})
		}
	}
	if statements.Len() > 0 {
		if err := a.store.follow.SendBatch(ctx, statements).Close(); err != nil {
			return atlas.Delta{}, interpret(fmt.Errorf("find what shows a change: %w", err))
		}
	}
	for layer, ids := range d.Touched {
		slices.Sort(ids)
		d.Touched[layer] = slices.Compact(ids)
		if len(d.Touched[layer]) > touchedFeatures {
			reload[layer] = true
		}
	}
	for layer := range reload {
		delete(d.Touched, layer)
		d.Reload = append(d.Reload, layer)
	}
	slices.Sort(d.Reload)
	return d, nil
}

// addTouched collects features by layer.
func addTouched(rows pgx.Rows, into map[string][]int64) error {
	var layer string
	var id int64
	_, err := pgx.ForEachRow(rows, []any{&layer, &id}, func() error {
		into[layer] = append(into[layer], id)
		return nil
	})
	return err
}
