package api

import (
	"context"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/quality"
)

// reviewStore is what the reviews of rivers, boards and water quality are told from. Each gives the newest write that it knows of.
type reviewStore interface {
	// Coverage tells what rivers have and lack: each is given what was found of it, by id.
	Coverage(ctx context.Context, q duty.CoverageQuestion, each func(duty.RiverCoverage)) (duty.CoverageTotals, int64, error)
	// Boards gives each board with what it shows and what it had to show, by id.
	Boards(ctx context.Context, q duty.BoardQuestion, each func(duty.BoardCase)) (int64, error)
	// Counts counts what a division and everything below it has; an empty division is the whole store. The sections come with their
	// newest samplings.
	Counts(ctx context.Context, at duty.Moment, division string) (duty.Counts, []quality.SectionAt, int64, error)
	// WaterOf gives what the water quality along a river is told from: samplings of the days in between, both included.
	WaterOf(ctx context.Context, at duty.Moment, river int64, between geo.Period) (quality.River, int64, error)
}

// scope reads river and division.
func (p params) scope() (duty.Scope, error) {
	division, err := p.text("division")
	if err != nil {
		return duty.Scope{}, err
	}
	of := duty.Scope{Division: division}
	if p.values.Has("division") && division == "" {
		return of, geo.InvalidField("division", "is empty; give the code of a division, as 150207")
	}
	id, err := p.id("river")
	if id != 0 {
		of.River = &id
	}
	return of, err
}
