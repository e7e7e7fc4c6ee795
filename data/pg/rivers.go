package pg

import (
	"context"
	"fmt"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// riverRow is a row of river_find.
type riverRow struct {
	ID                             int64
	CodeScheme, Code               *string
	Name                           string
	NameEn                         *string
	Kind                           string
	Levels                         []geo.Level
	Perennial                      *bool
	Aliases                        []string
	BasinAreaKm2                   *float64 `db:"basin_area_km2"`
	StreamOrder                    *int
	SourcePlace, MouthPlace        *string
	Source                         string
	DivisionID                     *int64
	DivisionName, DivisionNameEn   *string
	DivisionCode                   *string
	IntoID                         *int64
	IntoName, IntoNameEn, IntoCode *string
	LengthM, Lon, Lat              *float64
	West, South, East, North       *float64
}

func (r riverRow) listed() duty.ListedRiver {
	out := duty.ListedRiver{
		River:   duty.River{ID: r.ID, CodeScheme: r.CodeScheme, Code: r.Code, Name: r.Name, NameEn: r.NameEn, Kind: r.Kind, Levels: r.Levels, Perennial: r.Perennial},
		Aliases: r.Aliases, Division: name(r.DivisionID, r.DivisionName, r.DivisionNameEn, r.DivisionCode), FlowsInto: name(r.IntoID, r.IntoName, r.IntoNameEn, r.IntoCode),
		BasinAreaKm2: r.BasinAreaKm2, LengthM: r.LengthM, StreamOrder: r.StreamOrder, SourcePlace: r.SourcePlace, MouthPlace: r.MouthPlace, Source: r.Source,
		Bbox: bbox(r.West, r.South, r.East, r.North),
	}
	if r.Lon != nil && r.Lat != nil {
		out.Point = &geo.LonLat{*r.Lon, *r.Lat}
	}
	return out
}

func name(id *int64, zh, en, code *string) *duty.Name {
	if id == nil || zh == nil {
		return nil
	}
	return &duty.Name{ID: *id, Name: *zh, NameEn: en, Code: code}
}

func bbox(west, south, east, north *float64) *[4]float64 {
	if west == nil || south == nil || east == nil || north == nil {
		return nil
	}
	return &[4]float64{*west, *south, *east, *north}
}

// Rivers finds rivers by name or alias, best match first; an empty q gives all, those of the highest level first. It gives the newest
// write that they know of.
func (s *Store) Rivers(ctx context.Context, at duty.Moment, q string, limit int) (found []duty.ListedRiver, version int64, err error) {
	version, err = s.review(ctx, func(src source) error {
		found, err = src.rivers(ctx, at, nil, q, limit)
		return err
	})
	return found, version, err
}

func (s source) rivers(ctx context.Context, at duty.Moment, ids []int64, q string, limit int) ([]duty.ListedRiver, error) {
	rows, err := collectFrom[riverRow](ctx, s, "river_find", with(args(at), "ids", ids, "q", q, "limit", limit))
	if err != nil {
		return nil, err
	}
	out := make([]duty.ListedRiver, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.listed())
	}
	return out, nil
}

// River gives one river with its tributaries and reaches.
func (s *Store) River(ctx context.Context, at duty.Moment, id int64) (out duty.RiverDetail, err error) {
	version, err := s.review(ctx, func(src source) error {
		out, err = src.river(ctx, at, id)
		return err
	})
	out.Version = version
	return out, err
}

func (s source) river(ctx context.Context, at duty.Moment, id int64) (duty.RiverDetail, error) {
	listed, err := s.rivers(ctx, at, []int64{id}, "", 1)
	if err != nil {
		return duty.RiverDetail{}, err
	}
	if len(listed) == 0 {
		return duty.RiverDetail{}, geo.Errorf(geo.CodeNotFound, "there is no river %d on %s", id, at.AsOf)
	}
	out := duty.RiverDetail{ListedRiver: listed[0], Reaches: []duty.RiverReach{}}
	out.Tributaries, err = collectFrom[duty.Name](ctx, s, "river_tributaries", with(args(at), "id", id))
	if err != nil {
		return duty.RiverDetail{}, err
	}
	type row struct {
		duty.Reach
		DivisionName   string
		DivisionNameEn *string
		DivisionCode   *string
		Lon, Lat       float64
	}
	rows, err := collectFrom[row](ctx, s, "river_reaches", with(args(at), "id", id))
	if err != nil {
		return duty.RiverDetail{}, err
	}
	for _, r := range rows {
		out.Reaches = append(out.Reaches, duty.RiverReach{
			Reach: r.Reach, FromLabel: lref.Label(r.FromM), ToLabel: lref.Label(r.ToM), Point: geo.LonLat{r.Lon, r.Lat},
			Division: duty.Name{ID: r.DivisionID, Name: r.DivisionName, NameEn: r.DivisionNameEn, Code: r.DivisionCode},
		})
	}
	return out, nil
}

// Places finds divisions and board sites by name, best match first. It gives the newest write that they know of.
func (s *Store) Places(ctx context.Context, at duty.Moment, q string, limit int) (found []duty.Place, version int64, err error) {
	version, err = s.review(ctx, func(src source) error {
		found, err = src.places(ctx, at, q, limit)
		return err
	})
	return found, version, err
}

func (s source) places(ctx context.Context, at duty.Moment, q string, limit int) ([]duty.Place, error) {
	type row struct {
		Kind                     string
		ID                       int64
		Name                     string
		Code, NameEn, Division   *string
		Lon, Lat                 float64
		West, South, East, North *float64
	}
	rows, err := collectFrom[row](ctx, s, "place_find", with(args(at), "q", q, "limit", limit))
	if err != nil {
		return nil, err
	}
	out := make([]duty.Place, 0, len(rows))
	for _, r := range rows {
		out = append(out, duty.Place{Kind: r.Kind, ID: r.ID, Code: r.Code, Name: r.Name, NameEn: r.NameEn, Division: r.Division, Point: geo.LonLat{r.Lon, r.Lat}, Bbox: bbox(r.West, r.South, r.East, r.North)})
	}
	return out, nil
}

// Version is the number of the newest write; 0 for an empty store.
func (s *Store) Version(ctx context.Context) (int64, error) {
	var v int64
	if err := s.read.QueryRow(ctx, s.queries["store_version"]).Scan(&v); err != nil {
		return 0, interpret(fmt.Errorf("read the version: %w", err))
	}
	return v, nil
}

// HoldsSample tells whether the store holds the sample or a generated network, which every page must then say.
func (s *Store) HoldsSample(ctx context.Context) (bool, error) {
	var yes bool
	if err := s.read.QueryRow(ctx, s.queries["store_sample"]).Scan(&yes); err != nil {
		return false, interpret(fmt.Errorf("look for the sample: %w", err))
	}
	return yes, nil
}
