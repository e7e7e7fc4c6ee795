package overlay

import (
	"context"
	"slices"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
)

// LandQuery says which overlaps with other land are asked for (Q10).
type LandQuery struct {
	At       duty.Moment
	Kinds    []string // of Area, Zone, Protection
	Theme    string   // "": all
	Division string   // code; "": all
	River    int64    // 0: all
	Drafts   bool
	Limit    int // pairs
}

// LandPair is one item with one other land on it.
type LandPair struct {
	Item, Land Feature
	Part       geom.T // what they have in common
	Towns      []TownPart
}

// TownPart is the part of something in one town.
type TownPart struct {
	Division duty.Name
	Part     geom.T
}

// InTown is how much of something lies in one town (乡镇); of no town is what lies in none that is drawn.
type InTown struct {
	Division *duty.Name `json:"division"`
	M2       float64    `json:"m2"`
	Share    *geo.Share `json:"share"` // of the whole of it
}

// Effect is what one use of land means inside a management area.
type Effect struct {
	Kind string `json:"kind"` // legal_flagged, restraint or none
	Zh   string `json:"zh"`
	En   string `json:"en"`
}

// EffectOf tells what land of a theme means: farmland inside stays legal, its use limited; a redline or a water source restrains.
func EffectOf(theme string) Effect {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(theme), w) })
	}
	switch {
	case has("农田", "耕地", "farmland"):
		return Effect{"legal_flagged", "河道管理范围内的农田，原有权属不变，使用受限", "farmland inside: the rights to it stay, its use is limited"}
	case has("生态保护红线", "红线", "redline"):
		return Effect{"restraint", "生态保护红线，约束", "an ecological redline: a restraint"}
	case has("水源", "water_source", "drinking"):
		return Effect{"restraint", "饮用水源保护区，约束", "a protection zone of drinking water: a restraint"}
	case has("自然保护区", "reserve"):
		return Effect{"restraint", "自然保护区，约束", "a nature reserve: a restraint"}
	}
	return Effect{"none", "仅供参考", "for information"}
}

// OnLand is the overlap of one item with one other land.
type OnLand struct {
	Item      Feature    `json:"item"`
	Land      Feature    `json:"land"`
	OverlapM2 float64    `json:"overlap_m2"`
	OverlapMu float64    `json:"overlap_mu"`
	OfItem    *geo.Share `json:"of_item"`
	OfLand    *geo.Share `json:"of_land"`
	Effect    Effect     `json:"effect"`
	Towns     []InTown   `json:"towns"`
	Geometry  *Geometry  `json:"geometry,omitempty"`
}

// Overlaps is the answer to Q10.
type Overlaps struct {
	Count     int      `json:"count"`
	TotalM2   float64  `json:"total_m2"` // of the overlaps; land of two themes counts twice
	Truncated bool     `json:"truncated"`
	Overlaps  []OnLand `json:"overlaps"`
	Tiny      []OnLand `json:"tiny"` // too small to be meant
}

// WithLand answers which areas or zones overlap other land (Q10).
func WithLand(ctx context.Context, src Source, q LandQuery, tinyM2 float64, geometry bool) (Overlaps, error) {
	out := Overlaps{Overlaps: []OnLand{}, Tiny: []OnLand{}}
	ask := q
	ask.Limit++
	pairs, err := src.OnLand(ctx, ask)
	if err != nil {
		return out, err
	}
	if out.Truncated = len(pairs) > q.Limit; out.Truncated {
		pairs = pairs[:q.Limit]
	}
	for _, p := range pairs {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		o, ok := onLand(p, geometry)
		switch {
		case !ok: // they merely touch
		case o.OverlapM2 < tinyM2:
			out.Tiny = append(out.Tiny, o)
		default:
			out.Overlaps = append(out.Overlaps, o)
			out.TotalM2 = cents(out.TotalM2 + o.OverlapM2)
		}
	}
	out.Count = len(out.Overlaps)
	return out, nil
}

func onLand(p LandPair, geometry bool) (OnLand, bool) {
	part := NewShape(p.Part)
	if part.Empty() {
		return OnLand{}, false
	}
	out := OnLand{
		Item: p.Item, Land: p.Land, OverlapM2: cents(part.M2), OverlapMu: cents(geo.MuOfM2(part.M2)),
		OfItem: share(part.M2, AreaM2(p.Item.Geom)), OfLand: share(part.M2, AreaM2(p.Land.Geom)), Towns: inTowns(part, p.Towns),
	}
	if p.Land.Type != nil {
		out.Effect = EffectOf(*p.Land.Type)
	}
	if geometry {
		out.Geometry = &Geometry{part.Geom}
	}
	return out, true
}

// inTowns measures the parts in towns, and what is left.
func inTowns(whole *Shape, towns []TownPart) []InTown {
	out, rest := []InTown{}, whole.M2
	for _, t := range towns {
		m2 := AreaM2(NewShape(t.Part).Geom)
		if rest -= m2; cents(m2) > 0 {
			out = append(out, InTown{Division: &t.Division, M2: cents(m2), Share: share(m2, whole.M2)})
		}
	}
	if cents(rest) > 0.01 {
		out = append(out, InTown{M2: cents(rest), Share: share(rest, whole.M2)})
	}
	return out
}

// townsOf gives the parts of a shape in towns.
func townsOf(ctx context.Context, src Source, at duty.Moment, s *Shape) ([]TownPart, error) {
	if s.Empty() {
		return nil, nil
	}
	towns, err := src.Features(ctx, Find{At: at, Kinds: []string{Division}, Polygon: s.Geom, Cut: true, Level: geo.Town})
	if err != nil {
		return nil, err
	}
	var out []TownPart
	for _, t := range towns {
		if t.Division != nil {
			out = append(out, TownPart{*t.Division, t.Part})
		}
	}
	return out, nil
}
