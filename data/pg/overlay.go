package pg

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/duty"
	"hetu/geo/overlay"
)

// maxFeatures bounds what one overlay may be made of.
const maxFeatures = 20_000

// Overlay has an answer's parts read from one snapshot, with the drafts of a view where drafts are wanted.
func (s *Store) Overlay(ctx context.Context, view access.View, read func(overlay.Source) error) error {
	tx, err := s.read.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return interpret(fmt.Errorf("begin an overlay: %w", err))
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	src := overlaySource{source: source{tx, s.queries}, tx: tx}
	if src.seen, err = src.tree(ctx, view); err != nil {
		return err
	}
	return read(src)
}

// draftsKept bounds the views whose drafts are remembered.
const draftsKept = 256

// draftsSeen remembers the drafts that views show, until something is written or the day is over. What it gives is not to be changed.
type draftsSeen struct {
	mu    sync.Mutex
	as    draftsStamp
	byDiv map[string]map[int64]bool
}

// draftsStamp is what the drafts of a view depend on: all that was written, and the day.
type draftsStamp struct {
	Written int64
	Day     time.Time
}

func (d *draftsSeen) get(as draftsStamp, divisions string) map[int64]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.as.Day.Equal(as.Day) || d.as.Written != as.Written {
		return nil
	}
	return d.byDiv[divisions]
}

func (d *draftsSeen) keep(as draftsStamp, divisions string, seen map[int64]bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.as.Day.Equal(as.Day) || d.as.Written != as.Written || len(d.byDiv) >= draftsKept {
		d.as, d.byDiv = as, map[string]map[int64]bool{}
	}
	d.byDiv[divisions] = seen
}

// DraftsSeen gives the boundaries not announced yet that a view shows; of one that shows all it is not asked. It is asked for each tile, so what it
// gives is remembered.
func (s *Store) DraftsSeen(ctx context.Context, view access.View) (map[int64]bool, error) {
	stamps, err := collectFrom[draftsStamp](ctx, source{s.read, s.queries}, "draft_stamp", pgx.NamedArgs{})
	if err != nil {
		return nil, err
	}
	divisions := fmt.Sprint(slices.Sorted(slices.Values(view.Divisions)))
	if seen := s.drafts.get(stamps[0], divisions); seen != nil {
		return seen, nil
	}
	seen, err := s.readDraftsSeen(ctx, view)
	if err == nil {
		s.drafts.keep(stamps[0], divisions, seen)
	}
	return seen, err
}

func (s *Store) readDraftsSeen(ctx context.Context, view access.View) (map[int64]bool, error) {
	rows, err := s.read.Query(ctx, s.queries["draft_seen"], pgx.NamedArgs{"divisions": view.Divisions})
	if err != nil {
		return nil, interpret(fmt.Errorf("draft_seen: %w", err))
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, interpret(fmt.Errorf("draft_seen: %w", err))
	}
	seen := make(map[int64]bool, len(ids))
	for _, id := range ids {
		seen[id] = true
	}
	return seen, nil
}

// overlaySource is an [overlay.Source] over one transaction.
type overlaySource struct {
	source
	tx   pgx.Tx
	seen []int64 // the divisions whose drafts are seen; nil: all
}

var _ overlay.Source = overlaySource{}

// DataVersion implements [overlay.Source].
func (s overlaySource) DataVersion(ctx context.Context) (v int64, err error) {
	err = s.tx.QueryRow(ctx, s.queries["store_version"]).Scan(&v)
	return v, interpret(err)
}

// Fault implements [overlay.Source].
func (s overlaySource) Fault(ctx context.Context, polygon *geom.MultiPolygon) (*overlay.Fault, error) {
	var reason *string
	var lon, lat *float64
	if err := s.tx.QueryRow(ctx, s.queries["overlay_valid"], pgx.NamedArgs{"polygon": polygon}).Scan(&reason, &lon, &lat); err != nil {
		return nil, interpret(fmt.Errorf("overlay_valid: %w", err))
	}
	if reason == nil {
		return nil, nil //nolint:nilnil // no fault
	}
	f := &overlay.Fault{Part: -1, Ring: -1, Reason: *reason}
	if lon != nil && lat != nil {
		f.Lon, f.Lat, f.Placed = *lon, *lat, true
	}
	return f, nil
}

// overlayRow is a row of overlay_features; other statements have a part of its columns.
type overlayRow struct {
	Kind                         string
	ID                           int64
	Version                      int
	Name, Type, Status           *string
	Bank                         *geo.Bank
	Level                        *geo.Level
	MeasureM                     *float64
	Authority                    *string
	Dated, ValidFrom, ValidTo    *time.Time
	RiverID                      *int64
	RiverName, RiverNameEn       *string
	RiverCode                    *string
	DivisionID                   *int64
	DivisionName, DivisionNameEn *string
	DivisionCode                 *string
	DocKind, DocNumber           *string
	DocTitle, DocIssuer          *string
	DocDated                     *time.Time
	Geom, Part                   geom.T
}

func (r overlayRow) feature() overlay.Feature {
	f := overlay.Feature{
		Kind: r.Kind, ID: r.ID, Version: r.Version, Name: r.Name, Type: r.Type, Status: r.Status, Bank: r.Bank, Level: r.Level, MeasureM: r.MeasureM, Authority: r.Authority,
		Dated: dateOf(r.Dated), ValidFrom: dateOf(r.ValidFrom), ValidTo: dateOf(r.ValidTo), Geom: r.Geom, Part: r.Part,
		River: name(r.RiverID, r.RiverName, r.RiverNameEn, r.RiverCode), Division: name(r.DivisionID, r.DivisionName, r.DivisionNameEn, r.DivisionCode),
	}
	if r.DocKind != nil && r.DocTitle != nil {
		f.Document = &overlay.Document{Kind: *r.DocKind, Number: r.DocNumber, Title: *r.DocTitle, Issuer: r.DocIssuer, Date: dateOf(r.DocDated)}
	}
	return f
}

// fewEdges is up to how many edges a polygon may be cut with whatever is stored: what is stored is no comb.
const fewEdges = 100

// Features implements [overlay.Source]. A polygon of many edges is cut when it is known that it does not cross what is stored too often.
func (s overlaySource) Features(ctx context.Context, f overlay.Find) ([]overlay.Feature, error) {
	if polygon := overlay.NewShape(f.Polygon); f.Cut && polygon.Edges() > fewEdges {
		uncut := f
		uncut.Cut = false
		found, err := s.features(ctx, uncut)
		if err != nil {
			return nil, err
		}
		var effort overlay.Effort
		for _, x := range found {
			if err := effort.Spend(polygon, x.Geom); err != nil {
				return nil, err
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	return s.features(ctx, f)
}

func (s overlaySource) features(ctx context.Context, f overlay.Find) ([]overlay.Feature, error) {
	type row struct {
		overlayRow
		Exact bool
	}
	rows, err := collectFrom[row](ctx, s.source, "overlay_features", with(args(f.At),
		"kinds", f.Kinds, "polygon", f.Polygon, "cut", f.Cut, "drafts", f.Drafts, "seen", s.seen, "level", int16(f.Level), "limit", maxFeatures+1))
	if err != nil {
		return nil, err
	}
	if len(rows) > maxFeatures {
		return nil, geo.Errorf(geo.CodeRefused, "more than %d things lie in the polygon: ask about a smaller one", maxFeatures)
	}
	out := make([]overlay.Feature, 0, len(rows))
	for _, r := range rows {
		feature := r.feature()
		feature.Exact = r.Exact
		out = append(out, feature)
	}
	return out, nil
}

// Union implements [overlay.Source].
func (s overlaySource) Union(ctx context.Context, polygons *geom.MultiPolygon) (*overlay.Shape, error) {
	return s.shape(ctx, "overlay_union", pgx.NamedArgs{"polygons": polygons})
}

// Minus implements [overlay.Source].
func (s overlaySource) Minus(ctx context.Context, polygon, other *overlay.Shape) (*overlay.Shape, error) {
	if polygon.Empty() || other.Empty() {
		return polygon, nil
	}
	return s.shape(ctx, "overlay_minus", pgx.NamedArgs{"polygon": polygon.Geom, "other": other.Geom})
}

func (s overlaySource) shape(ctx context.Context, query string, a pgx.NamedArgs) (*overlay.Shape, error) {
	var g geom.T
	if err := s.tx.QueryRow(ctx, s.queries[query], a).Scan(&g); err != nil {
		return nil, interpret(fmt.Errorf("%s: %w", query, err))
	}
	return overlay.NewShape(g), nil
}

// Version implements [overlay.Source].
func (s overlaySource) Version(ctx context.Context, at duty.Moment, kind string, id int64, version int, drafts bool) (overlay.Feature, error) {
	type row struct {
		Kind                   string
		ID                     int64
		Version                int
		Name                   *string
		Bank                   *geo.Bank
		Status                 *string
		ValidFrom, ValidTo     *time.Time
		RiverID                *int64
		RiverName, RiverNameEn *string
		RiverCode              *string
		RouteID                *int64
		DocKind, DocNumber     *string
		DocTitle, DocIssuer    *string
		DocDated               *time.Time
		Geom                   geom.T
	}
	rows, err := collectFrom[row](ctx, s.source, "overlay_versions", with(args(at), "kind", kind, "id", id, "version", version, "drafts", drafts, "seen", s.seen))
	if err != nil {
		return overlay.Feature{}, err
	}
	if len(rows) == 0 {
		if version != 0 {
			return overlay.Feature{}, geo.Errorf(geo.CodeNotFound, "there is no announced %s %d in version %d", kind, id, version)
		}
		return overlay.Feature{}, geo.Errorf(geo.CodeNotFound, "there is no announced %s %d on %s", kind, id, at.AsOf)
	}
	r := rows[0]
	f := overlayRow{
		Kind: r.Kind, ID: r.ID, Version: r.Version, Name: r.Name, Bank: r.Bank, Status: r.Status, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		RiverID: r.RiverID, RiverName: r.RiverName, RiverNameEn: r.RiverNameEn, RiverCode: r.RiverCode,
		DocKind: r.DocKind, DocNumber: r.DocNumber, DocTitle: r.DocTitle, DocIssuer: r.DocIssuer, DocDated: r.DocDated, Geom: r.Geom,
	}.feature()
	f.RouteID = r.RouteID
	return f, nil
}

// Problem implements [overlay.Source].
func (s overlaySource) Problem(ctx context.Context, at duty.Moment, id int64) (overlay.Feature, error) {
	rows, err := collectFrom[overlayRow](ctx, s.source, "overlay_problem", with(args(at), "id", id))
	if err != nil {
		return overlay.Feature{}, err
	}
	if len(rows) == 0 {
		return overlay.Feature{}, geo.Errorf(geo.CodeNotFound, "there is no problem %d on %s", id, at.AsOf)
	}
	return rows[0].feature(), nil
}

// Routes implements [overlay.Source].
func (s overlaySource) Routes(ctx context.Context, at duty.Moment, ids, rivers []int64) ([]duty.Route, error) {
	return s.RoutesOf(ctx, at, ids, rivers)
}

// Plans implements [overlay.Source].
func (s overlaySource) Plans(ctx context.Context, at duty.Moment, rivers []int64, drafts bool) ([]overlay.Plan, error) {
	type row struct {
		ID                   int64
		Version              int
		Name                 string
		Edition              int
		Status               string
		PeriodFrom, PeriodTo *time.Time
		RiverID              int64
		RiverName            string
		RiverNameEn          *string
		RiverCode            *string
	}
	rows, err := collectFrom[row](ctx, s.source, "overlay_plans", with(args(at), "rivers", rivers, "drafts", drafts, "seen", s.seen))
	if err != nil {
		return nil, err
	}
	out := make([]overlay.Plan, 0, len(rows))
	for _, r := range rows {
		out = append(out, overlay.Plan{
			ID: r.ID, Version: r.Version, Name: r.Name, Edition: r.Edition, Status: r.Status, PeriodFrom: dateOf(r.PeriodFrom), PeriodTo: dateOf(r.PeriodTo),
			River: duty.Name{ID: r.RiverID, Name: r.RiverName, NameEn: r.RiverNameEn, Code: r.RiverCode},
		})
	}
	return out, nil
}

// OnLand implements [overlay.Source].
func (s overlaySource) OnLand(ctx context.Context, q overlay.LandQuery) ([]overlay.LandPair, error) {
	if q.Division != "" {
		if _, err := s.divisionOf(ctx, q.At, q.Division); err != nil {
			return nil, err
		}
	}
	type row struct {
		overlayRow
		LandID      int64
		LandVersion int
		Theme       string
		LandName    *string
		SurveyedOn  *time.Time
		LandFrom    *time.Time
		LandGeom    geom.T
	}
	rows, err := collectFrom[row](ctx, s.source, "overlay_land", with(args(q.At),
		"kinds", q.Kinds, "theme", q.Theme, "division", q.Division, "river", q.River, "drafts", q.Drafts, "seen", s.seen, "limit", q.Limit))
	if err != nil {
		return nil, err
	}
	var out []overlay.LandPair
	for _, r := range rows {
		if r.DivisionID != nil {
			last := &out[len(out)-1] // the pair's own row comes first
			last.Towns = append(last.Towns, overlay.TownPart{Division: *name(r.DivisionID, r.DivisionName, r.DivisionNameEn, r.DivisionCode), Part: r.Part})
			continue
		}
		item := r.feature()
		item.Authority = nil
		out = append(out, overlay.LandPair{Item: item, Part: r.Part, Land: overlay.Feature{
			Kind: overlay.Land, ID: r.LandID, Version: r.LandVersion, Name: r.LandName, Type: &r.Theme, Authority: r.Authority,
			Dated: dateOf(r.SurveyedOn), ValidFrom: dateOf(r.LandFrom), Geom: r.LandGeom,
		}})
	}
	return out, nil
}
