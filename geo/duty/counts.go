package duty

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"hetu/geo"
)

// Counts are the stored figures of a division and everything below it, each with the sources its rows come from, and the
// claims that sources make beside them. Contradictions are told, never settled.
type Counts struct {
	Division       *Name           `json:"division"`
	Divisions      []LevelCount    `json:"divisions"`
	Rivers         RiverCounts     `json:"rivers"`
	Reaches        []LevelCount    `json:"reaches"`
	Posts          []LevelCount    `json:"posts"`
	Persons        []LevelCount    `json:"persons"`
	Boards         []LevelCount    `json:"boards"`
	Uncovered      int             `json:"reaches_without_chief"`
	PersonsInAll   int             `json:"persons_in_all"` // that hold a post, each once: one person may hold several
	Rates          Rates           `json:"rates"`
	Outfalls       OutfallCounts   `json:"outfalls"`
	Plans          map[string]int  `json:"plans"` // rivers by the state of their newest plan that is approved or later; "none" is the rest
	Claims         []Claim         `json:"claims"`
	Contradictions []Contradiction `json:"contradictions"`
}

// Rates are what the counts are parts of.
type Rates struct {
	PostsHeld        []LevelShare `json:"posts_held"`         // posts that somebody holds, regular or acting, of all
	PostsActing      []LevelShare `json:"posts_acting"`       // posts that an acting chief holds, of all
	ReachesWithChief []LevelShare `json:"reaches_with_chief"` // of all reaches
	ReachesWithBoard []LevelShare `json:"reaches_with_board"` // that a board of their level names, of all reaches
	BoardsInOrder    []LevelShare `json:"boards_in_order"`    // whose state is ok, of all boards
}

// LevelShare is a rate at one level.
type LevelShare struct {
	Level geo.Level `json:"level"`
	Kind  string    `json:"kind,omitempty"`
	geo.Share
}

// MarshalJSON writes the level beside part, whole and percent.
func (l LevelShare) MarshalJSON() ([]byte, error) {
	share, err := l.Share.MarshalJSON()
	if err != nil {
		return nil, err
	}
	of, err := json.Marshal(struct {
		Level geo.Level `json:"level"`
		Kind  string    `json:"kind,omitempty"`
	}{l.Level, l.Kind})
	return append(append(of[:len(of)-1], ','), share[1:]...), err
}

// OutfallCounts counts outfalls 入河排污口.
type OutfallCounts struct {
	Count     int            `json:"count"`
	Approval  map[string]int `json:"approval"`
	Monitored geo.Share      `json:"monitored"` // of those that stay: one that is closing is left out
	LeftOut   []Name         `json:"left_out"`  // the closing ones, by id, at most a hundred
}

// LevelCount is a count at one level.
type LevelCount struct {
	Level   geo.Level `json:"level"`
	Kind    string    `json:"kind,omitempty"`
	Count   int       `json:"count"`
	Sources []string  `json:"sources"`
}

// RiverCounts counts rivers.
type RiverCounts struct {
	Count         int               `json:"count"`
	Basin50       int               `json:"basin_50_km2"` // with a basin of 50 km² or more
	Seasonal      int               `json:"seasonal"`
	ManagedAt     map[geo.Level]int `json:"managed_at"` // by managing level; a river may have several
	HighestLevels map[geo.Level]int `json:"highest_level"`
	Sources       []string          `json:"sources"`
}

// Claim is a figure that a source states.
type Claim struct {
	Division string  `json:"division"` // code
	Measure  string  `json:"measure"`
	Value    float64 `json:"value"`
	Unit     *string `json:"unit"`
	Article  string  `json:"article"`
	Quote    *string `json:"quote"`
}

// Contradiction is a set of claims that cannot all be true, or a claim against what is stored.
type Contradiction struct {
	Rule   string  `json:"rule"`
	Detail string  `json:"detail"`
	Claims []Claim `json:"claims"`
	Stored *int    `json:"stored"`
}

// What a claim's measure is called, so that claims can be compared with each other and with what is stored.
const (
	ClaimCountyRivers = "county_rivers" // rivers whose highest level is the county
	ClaimTownRivers   = "town_rivers"   // rivers whose highest level is the town
	ClaimRiversTotal  = "rivers_total"
	ClaimTowns        = "towns"       // 镇
	ClaimTownships    = "townships"   // 乡
	ClaimCommunities  = "communities" // 社区
	ClaimVillages     = "villages"
)

// Contradictions compares the claims with each other and with the stored counts of the same division. It tells and settles
// nothing: two figures for one measure; parts that do not sum to the total; a claim that what is stored does not bear out.
func Contradictions(c Counts) []Contradiction {
	out := []Contradiction{}
	for _, division := range divisionsOf(c.Claims) {
		by := map[string][]Claim{}
		var order []string
		for _, claim := range c.Claims {
			if claim.Division != division {
				continue
			}
			if len(by[claim.Measure]) == 0 {
				order = append(order, claim.Measure)
			}
			by[claim.Measure] = append(by[claim.Measure], claim)
		}
		for _, measure := range order {
			if cs := by[measure]; differ(cs) {
				out = append(out, Contradiction{Rule: "one_measure_two_figures", Detail: division + " " + measure + ": " + figures(cs), Claims: cs})
			}
		}
		out = append(out, sums(division, by)...)
		if c.Division != nil && c.Division.Code != nil && *c.Division.Code == division {
			out = append(out, againstStored(division, by, order, c)...)
		}
	}
	return out
}

func divisionsOf(claims []Claim) []string {
	var out []string
	for _, c := range claims {
		if !slices.Contains(out, c.Division) {
			out = append(out, c.Division)
		}
	}
	return out
}

func differ(cs []Claim) bool {
	return slices.ContainsFunc(cs, func(c Claim) bool { return c.Value != cs[0].Value })
}

func figures(cs []Claim) string {
	var parts []string
	for _, c := range cs {
		parts = append(parts, fmt.Sprintf("%g (%s)", c.Value, c.Article))
	}
	return strings.Join(parts, " / ")
}

// sums holds the parts of the river directory against its total, each pair of figures that sources give.
func sums(division string, by map[string][]Claim) []Contradiction {
	var out []Contradiction
	for _, county := range by[ClaimCountyRivers] {
		for _, town := range by[ClaimTownRivers] {
			for _, total := range by[ClaimRiversTotal] {
				if sum := county.Value + town.Value; sum != total.Value {
					out = append(out, Contradiction{
						Rule: "parts_do_not_sum", Claims: []Claim{county, town, total},
						Detail: fmt.Sprintf("%s: %g + %g = %g, but %g are claimed in all", division, county.Value, town.Value, sum, total.Value),
					})
				}
			}
		}
	}
	return out
}

func againstStored(division string, by map[string][]Claim, order []string, c Counts) []Contradiction {
	var out []Contradiction
	for _, measure := range order {
		stored, ok := storedFigure(measure, c)
		if !ok {
			continue
		}
		var against []Claim
		for _, claim := range by[measure] {
			if claim.Value != float64(stored) {
				against = append(against, claim)
			}
		}
		if len(against) > 0 {
			out = append(out, Contradiction{
				Rule: "claim_against_store", Claims: against, Stored: &stored,
				Detail: fmt.Sprintf("%s %s: %d stored, claimed %s", division, measure, stored, figures(against)),
			})
		}
	}
	return out
}

// storedFigure is the stored count that a measure is about; false when nothing stored answers to it.
func storedFigure(measure string, c Counts) (int, bool) {
	kind := map[string]string{ClaimTowns: "镇", ClaimTownships: "乡", ClaimCommunities: "社区"}
	switch measure {
	case ClaimCountyRivers:
		return c.Rivers.HighestLevels[geo.County], true
	case ClaimTownRivers:
		return c.Rivers.HighestLevels[geo.Town], true
	case ClaimRiversTotal:
		return c.Rivers.Count, true
	case ClaimVillages:
		return sumOf(c.Divisions, func(l LevelCount) bool { return l.Level == geo.Village }), true
	case ClaimTowns, ClaimTownships, ClaimCommunities:
		return sumOf(c.Divisions, func(l LevelCount) bool { return l.Level == geo.Town && l.Kind == kind[measure] }), true
	default:
		return 0, false
	}
}

func sumOf(counts []LevelCount, want func(LevelCount) bool) int {
	sum := 0
	for _, c := range counts {
		if want(c) {
			sum += c.Count
		}
	}
	return sum
}
