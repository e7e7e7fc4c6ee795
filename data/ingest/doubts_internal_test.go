package ingest

import (
	"strings"
	"testing"

	"hetu/geo/network"
)

// Every kind of doubt is said in both languages, with its place in the printed report; long lists are cut and counted.
func TestDoubtsAreSaid(t *testing.T) {
	t.Parallel()
	kinds := []network.DoubtKind{
		network.CrossingNoded, network.CrossingKept, network.DoubleLine, network.OpposedLine, network.Gap, network.Stub, network.Apart,
		network.BlockedNode, network.Circle, network.Loop, network.Rise, network.Flat, network.Undecided, network.FarOutlet,
	}
	r := &rivers{j: &job{report: &Report{Network: &NetworkReport{Edges: 1}}}}
	for i := range 3 {
		r.rowOf = append(r.rowOf, row{n: 41 + i})
	}
	found := &network.Report{Doubted: map[network.DoubtKind]int{network.Gap: 300}}
	for _, k := range kinds {
		found.Doubts = append(found.Doubts, network.Doubt{Kind: k, Lon: 112.5, Lat: 32.25, Lines: []int{1, 2}, Size: 3.25})
	}
	for range 30 {
		found.Doubts = append(found.Doubts, network.Doubt{Kind: network.Gap, Lines: []int{0, 1}})
	}
	found.Directed = []network.Directed{{By: network.Elevation, Why: network.GoodHeights, Components: 2, Edges: 9, Turned: 4, LengthM: 12345}}
	r.reportDoubts(found)
	for lang, want := range map[string][]string{
		"en": {"doubtful: row 42 ends 3.25 m from row 43 at 112.500000,32.250000\n", "290 more of the kind gap", "from heights (the heights make sense): 9 edges of 2 components, 12.3 km; 4 were turned\n"},
		"zh": {"存疑: 第 42 行的端点距第 43 行 3.25 米,位置 112.500000,32.250000\n", "另有 290 处同类(gap)", "按高程(高程合理):9 条边,2 个连通部分,12.3 公里;反转 4 条\n"},
	} {
		p := &printer{lang: lang}
		p.network(r.j.report.Network)
		for _, w := range want {
			if !strings.Contains(p.b.String(), w) {
				t.Errorf("%s lacks %q:\n%s", lang, w, &p.b)
			}
		}
		if strings.Contains(p.b.String(), "%!") {
			t.Errorf("%s: %s", lang, &p.b)
		}
	}
	for _, d := range r.j.report.Network.Doubts {
		if d.Text.En == "" || d.Text.Zh == "" || d.Text.En == d.Text.Zh {
			t.Errorf("%s: %+v", d.Kind, d.Text)
		}
	}
}
