package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
)

// FindBoundaries gives the boundary lines in force on a day of rivers, drafts too, without those withdrawn or replaced: key, river, route,
// bank, status, measures, basis, geometry XY, EPSG:4490.
func (s *Store) FindBoundaries(ctx context.Context, rivers []Key, asOf geo.Date) ([]Boundary, error) {
	return find(ctx, s, "find_boundaries", words(rivers), asOf, func(row pgx.CollectableRow) (b Boundary, err error) {
		var g geom.T
		var route *Key
		if err := row.Scan(&b.Key, &b.River, &route, &b.Bank, &b.Status, &b.FromM, &b.ToM, &b.BasisKind, &g); err != nil {
			return b, err
		}
		if route != nil {
			b.Route = *route
		}
		line, ok := g.(*geom.LineString)
		if !ok {
			return b, fmt.Errorf("boundary %s is a %T", b.Key, g)
		}
		b.Geom = line
		return b, nil
	})
}

func words(keys []Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = string(k)
	}
	return out
}

// StakeNumbers gives every number that was ever given to a stake or a sign of a river, also of those removed, as stakes with nothing but
// bank, kind and number: what stake.Place and stake.Next take as taken.
func (s *Store) StakeNumbers(ctx context.Context, river Key) ([]demarc.Stake, error) {
	rows, err := s.read.Query(ctx, s.queries["stake_numbers"], pgx.NamedArgs{"rivers": []string{string(river)}})
	if err != nil {
		return nil, interpret(fmt.Errorf("stake_numbers: %w", err))
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k demarc.Stake, err error) {
		var bank *geo.Bank
		var of string
		if err = row.Scan(&of, &bank, &k.Number); err != nil {
			return k, err
		}
		if bank == nil {
			k.Kind = demarc.Sign
			return k, nil
		}
		k.Kind, k.Bank = demarc.Electronic, *bank
		return k, nil
	})
	if err != nil {
		return nil, interpret(fmt.Errorf("stake_numbers: %w", err))
	}
	return out, nil
}

// StoredStake is a stake as the store has it.
type StoredStake struct {
	demarc.Stake
	ID          int64
	Boundary    int64
	Status      string // of the boundary: what is no announced one is a draft
	MapSheet    string
	OffsetM     *float64
	State       string
	InstalledOn geo.Date
	CheckedOn   geo.Date
	PhotoSHA256 string
}

// StakesOf gives the stakes and signs of all boundaries of a river, drafts too, by bank and number. Who may see which is for the caller
// to say.
func (s *Store) StakesOf(ctx context.Context, at duty.Moment, river int64) ([]StoredStake, error) {
	type row struct {
		ID, BoundaryID         int64
		Status, Name           string
		Number                 *int
		Kind                   demarc.StakeKind
		Tier                   *demarc.StakeTier
		Bank                   geo.Bank
		MeasureM               *float64
		H1985                  *float64 `db:"h_1985"`
		DivisionID             *int64
		Place, MapSheet        *string
		OffsetFromLineM        *float64
		Why                    *string
		InstalledOn, CheckedOn *time.Time
		PhotoSHA256            *string `db:"photo_sha256"`
		State                  *string
		Lon, Lat               float64
	}
	rows, err := collectFrom[row](ctx, source{s.read, s.queries}, "stakes_of", with(args(at), "river", river))
	if err != nil {
		return nil, err
	}
	out := make([]StoredStake, 0, len(rows))
	for _, r := range rows {
		out = append(out, StoredStake{
			Stake: demarc.Stake{
				Name: r.Name, Number: or(r.Number), Kind: r.Kind, Tier: or(r.Tier), Bank: r.Bank, MeasureM: or(r.MeasureM), Lon: r.Lon, Lat: r.Lat,
				H1985: r.H1985, Division: or(r.DivisionID), Place: or(r.Place), Why: or(r.Why),
			},
			ID: r.ID, Boundary: r.BoundaryID, Status: r.Status, MapSheet: or(r.MapSheet), OffsetM: r.OffsetFromLineM, State: or(r.State),
			InstalledOn: dateOf(r.InstalledOn), CheckedOn: dateOf(r.CheckedOn), PhotoSHA256: or(r.PhotoSHA256),
		})
	}
	return out, nil
}

// or is what a pointer points at; without one nothing.
func or[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
