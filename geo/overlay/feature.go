package overlay

import (
	"context"
	"encoding/json"
	"math"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/geo"
	"hetu/geo/duty"
)

// The kinds of what is laid over.
const (
	Area       = "area"       // 管理范围面
	Protection = "protection" // 保护范围
	Zone       = "zone"       // 岸线功能区
	Boundary   = "boundary"   // 管理范围线
	BankLine   = "bank_line"  // 岸线
	Stake      = "stake"      // 界桩
	Board      = "board"      // 公示牌
	Outfall    = "outfall"    // 入河排污口
	Section    = "section"    // 水质断面
	PlanItem   = "plan_item"  // 一河一策条目
	Problem    = "problem"    // 问题
	Land       = "land"       // 其他用地
	Division   = "division"   // 行政区划
)

// Document 文件 is what a line or an area was made known by.
type Document struct {
	Kind   string   `json:"kind"`
	Number *string  `json:"number"`
	Title  string   `json:"title"`
	Issuer *string  `json:"issuer"`
	Date   geo.Date `json:"date"`
}

// Feature is one version of something with a geometry.
type Feature struct {
	Kind      string     `json:"kind"`
	ID        int64      `json:"id"`
	Version   int        `json:"version"`
	Name      *string    `json:"name"`
	Type      *string    `json:"type"` // of a zone 1 to 4, of land its theme, else what its kind has
	Status    *string    `json:"status"`
	Bank      *geo.Bank  `json:"bank"`
	Level     *geo.Level `json:"level"`
	MeasureM  *float64   `json:"measure_m"`
	Authority *string    `json:"authority"` // of land; of a plan's item its owner
	Dated     geo.Date   `json:"dated"`     // surveyed, installed or found
	ValidFrom geo.Date   `json:"valid_from"`
	ValidTo   geo.Date   `json:"valid_to"` // empty: open
	River     *duty.Name `json:"river"`
	Division  *duty.Name `json:"division"`
	Document  *Document  `json:"document"`

	Geom    geom.T `json:"-"`
	Part    geom.T `json:"-"` // of a polygon: what of it lies in the polygon that was asked about
	RouteID *int64 `json:"-"` // of a boundary
	Exact   bool   `json:"-"` // of a stake: who asks works where it stands, and is told exactly
}

// Find says which features to give.
type Find struct {
	At      duty.Moment
	Kinds   []string
	Polygon *geom.MultiPolygon // whose box they meet
	Cut     bool               // with the part in it
	Drafts  bool               // also what is not announced yet
	Level   geo.Level          // of divisions
}

// Source gives, from one snapshot, what an answer is made of; data/pg has it.
type Source interface {
	// DataVersion is the number of the newest write.
	DataVersion(ctx context.Context) (int64, error)
	// Fault says what makes a polygon unfit to be overlaid; nil for nothing.
	Fault(ctx context.Context, polygon *geom.MultiPolygon) (*Fault, error)
	// Features gives what meets a polygon's box, by kind and id.
	Features(ctx context.Context, f Find) ([]Feature, error)
	// Union makes one of polygons that may lie on each other.
	Union(ctx context.Context, polygons *geom.MultiPolygon) (*Shape, error)
	// Minus gives what of a polygon is not in another.
	Minus(ctx context.Context, polygon, other *Shape) (*Shape, error)
	// Version gives an area or a boundary as of a day, or in one of its versions if that is not 0; geo.CodeNotFound if there is none.
	Version(ctx context.Context, at duty.Moment, kind string, id int64, version int, drafts bool) (Feature, error)
	// Problem gives one problem; geo.CodeNotFound if there is none.
	Problem(ctx context.Context, at duty.Moment, id int64) (Feature, error)
	// Routes gives routes by id and all of rivers, the longest of a river first.
	Routes(ctx context.Context, at duty.Moment, ids, rivers []int64) ([]duty.Route, error)
	// Plans gives the plans of rivers.
	Plans(ctx context.Context, at duty.Moment, rivers []int64, drafts bool) ([]Plan, error)
	// OnLand gives the features of some kinds with the other land that lies on them, at most limit pairs.
	OnLand(ctx context.Context, q LandQuery) ([]LandPair, error)
}

// Plan 一河一策 is a plan of a river.
type Plan struct {
	ID         int64     `json:"id"`
	Version    int       `json:"version"`
	Name       string    `json:"name"`
	Edition    int       `json:"edition"`
	Status     string    `json:"status"`
	PeriodFrom geo.Date  `json:"period_from"`
	PeriodTo   geo.Date  `json:"period_to"`
	River      duty.Name `json:"river"`
}

// Geometry is a geometry as answers give it: GeoJSON (RFC 7946) with seven decimals of a degree, a centimetre.
type Geometry struct{ geom.T }

// MarshalJSON implements [json.Marshaler].
func (g Geometry) MarshalJSON() ([]byte, error) {
	if g.T == nil {
		return []byte("null"), nil
	}
	return geojson.Marshal(g.T, geojson.EncodeGeometryWithMaxDecimalDigits(7))
}

var _ json.Marshaler = Geometry{}

// cents rounds square metres or metres to what answers print.
func cents(v float64) float64 { return math.Round(v*100) / 100 }

// share is a part of a whole, both as they are printed.
func share(part, whole float64) *geo.Share {
	return &geo.Share{Part: cents(part), Whole: cents(whole)}
}

// routeOf gives the route of a river that the most of lies in a shape; of a river that does not enter it the nearest.
func routeOf(routes []duty.Route, river int64, s *Shape) *geom.LineString {
	var best *geom.LineString
	most := -1.0
	for _, r := range routes {
		if r.River.ID != river {
			continue
		}
		if _, inside := s.Inside(r.Geom); inside > most && (inside > 0 || best == nil) {
			best, most = r.Geom, inside
		}
	}
	if most > 0 || best == nil || s.Empty() {
		return best
	}
	return nearestRoute(routes, river, s.edge.at[0], s.edge.at[1])
}

func riversOf(features []Feature) []int64 {
	var out []int64
	seen := map[int64]bool{}
	for _, f := range features {
		if f.River != nil && !seen[f.River.ID] {
			seen[f.River.ID] = true
			out = append(out, f.River.ID)
		}
	}
	return out
}
