package duty_test

import (
	"slices"
	"testing"

	"hetu/geo"
	"hetu/geo/duty"
)

// A thousand small rivers of two reaches each: what the report of a whole store mostly looks at.
func BenchmarkCoverageOfSmallRivers(b *testing.B) {
	var rivers []duty.RiverFacts
	for i := range int64(1000) {
		r := duty.RiverFacts{ID: 1 + i, Name: "示例河", Levels: []geo.Level{geo.County, geo.Town}, Routes: []duty.RouteSpan{{RouteID: 1 + i, Range: duty.Range{ToM: 2000}}}}
		for k := range int64(2) {
			reach := 2*i + k
			r.Reaches = append(r.Reaches, duty.Reach{ID: reach, RouteID: 1 + i, Level: geo.Town, BankScope: geo.Both, FromM: 1000 * float64(k), ToM: 1000 * float64(k+1)})
			r.Posts = append(r.Posts, postOf(reach, "chief", duty.Appointment{}))
		}
		rivers = append(rivers, r)
	}
	b.ReportAllocs()
	for b.Loop() {
		duty.Coverage(slices.Values(rivers), duty.CoverageRules{OverlapM: sliver}, day("2018-06-01"), func(duty.RiverCoverage) {})
	}
}
