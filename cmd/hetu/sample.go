package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hetu/data/pg"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/geo/duty"
)

type sampleCmd struct {
	Load     sampleLoadCmd     `cmd:"" help:"Load the two sample counties, or a generated network, into the store."`
	Generate sampleGenerateCmd `cmd:"" help:"Write a generated river network to files: the same seed gives the same bytes."`
}

type sampleLoadCmd struct {
	Reaches int    `help:"Load a generated network of so many reaches instead of the counties." placeholder:"N"`
	Seed    uint64 `help:"Seed of the generated network." default:"1"`
}

// Help gives an example.
func (*sampleLoadCmd) Help() string {
	return "Example: hetu sample load, or hetu sample load --reaches 100000 --seed 1"
}

// Run loads through the one writer, like any import.
func (c *sampleLoadCmd) Run(ctx context.Context, a *app) error {
	if c.Reaches < 0 {
		return usageError{fmt.Errorf("--reaches %d: give a positive number", c.Reaches)}
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	if c.Reaches == 0 {
		err = loadRows(ctx, a, db, "hetu sample: the counties 九原区 and 清镇市", sample.Counties)
	} else {
		spec := sample.Spec{Reaches: c.Reaches, Seed: c.Seed}
		err = loadRows(ctx, a, db, fmt.Sprintf("hetu sample: %d generated reaches, seed %d", c.Reaches, c.Seed), func(ctx context.Context, add adder) error {
			return sample.Generate(ctx, spec, add)
		})
	}
	return errors.Join(err, db.Close(ctx))
}

type adder = func(context.Context, ...pg.Row) error

// loadRows merges a sample in one transaction, tells its progress and what was done, and reports contradicting claims.
func loadRows(ctx context.Context, a *app, db *database, what string, load func(context.Context, adder) error) error {
	started, told, rows := a.now(), a.now(), 0
	batch, err := db.NewBatch(ctx, "hetu sample", what)
	if err != nil {
		return err
	}
	add := func(ctx context.Context, more ...pg.Row) error {
		rows += len(more)
		if a.now().Sub(told) > 2*time.Second {
			told = a.now()
			a.say("staged %d rows", rows)
		}
		return batch.Add(ctx, more...)
	}
	if err = load(ctx, add); err != nil {
		return errors.Join(err, batch.Drop(context.WithoutCancel(ctx)))
	}
	a.say("merging %d rows", rows)
	merged, err := batch.Merge(ctx)
	if err != nil {
		return errors.Join(err, batch.Drop(context.WithoutCancel(ctx)))
	}
	for _, m := range merged {
		a.say("%-12s %7d added %6d changed %7d unchanged", m.Entity, m.Added, m.Changed, m.Unchanged)
	}
	a.say("loaded %s in %.1f s", what, a.now().Sub(started).Seconds())
	tellContradictions(ctx, a, db, nil)
	return nil
}

// tellContradictions prints where sources contradict each other, but for what was known before. It changes nothing and
// fails nothing: what was written is written.
func tellContradictions(ctx context.Context, a *app, db *database, before []string) {
	now, err := contradictions(ctx, a, db)
	if err != nil {
		a.say("all is stored; whether its sources contradict each other could not be told: %v", err)
	}
	for _, detail := range now {
		if !slices.Contains(before, detail) {
			a.say("the sources contradict each other, both figures are kept: %s", detail)
		}
	}
}

func contradictions(ctx context.Context, a *app, db *database) ([]string, error) {
	found, err := db.Contradictions(ctx, duty.Moment{AsOf: geo.DateOf(a.now())})
	var out []string
	for _, c := range found {
		out = append(out, c.Detail)
	}
	return out, err
}

type sampleGenerateCmd struct {
	Reaches int    `help:"How many reaches." required:"" placeholder:"N"`
	Seed    uint64 `help:"The same seed gives the same bytes." default:"1"`
	Out     string `help:"Folder to write to; made when missing." required:"" placeholder:"DIR"`
}

// Help gives an example.
func (*sampleGenerateCmd) Help() string {
	return "Example: hetu sample generate --reaches 100000 --seed 1 --out network"
}

// Run writes one GeoJSONSeq file a layer and manifest.json.
func (c *sampleGenerateCmd) Run(ctx context.Context, a *app) error {
	if c.Reaches < 1 {
		return usageError{fmt.Errorf("--reaches %d: give a positive number", c.Reaches)}
	}
	started := a.now()
	manifest, err := sample.Write(ctx, sample.Spec{Reaches: c.Reaches, Seed: c.Seed}, c.Out)
	if err != nil {
		return err
	}
	for _, f := range manifest.Files {
		a.print("%s  %s  %d features", f.SHA256, f.Name, f.Features)
	}
	a.say("wrote %d reaches to %s in %.1f s", c.Reaches, c.Out, a.now().Sub(started).Seconds())
	return nil
}
