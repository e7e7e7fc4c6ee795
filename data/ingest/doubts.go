package ingest

import (
	"fmt"
	"strings"

	"hetu/geo/network"
)

// FlowDirection says where a part of the network has the direction of its flow from, and why.
type FlowDirection struct {
	By         string   `json:"by"`
	Why        string   `json:"why"`
	Components int      `json:"components"`
	Edges      int      `json:"edges"`
	Turned     int      `json:"turned"` // edges that were digitised the other way
	LengthM    float64  `json:"length_m"`
	Text       Sentence `json:"text"`
}

// NetworkDoubt is a place of the network that a person should look at.
type NetworkDoubt struct {
	Kind string   `json:"kind"`
	Lon  float64  `json:"lon"`
	Lat  float64  `json:"lat"`
	Rows []int    `json:"rows,omitempty"` // the first is the one in doubt
	Size float64  `json:"size"`           // metres
	Text Sentence `json:"text"`
}

func (r *rivers) reportDoubts(found *network.Report) {
	n := r.j.report.Network
	for _, d := range found.Directed {
		n.Directions = append(n.Directions, flowDirection(d))
	}
	if len(found.Doubted) > 0 {
		n.Doubted = map[string]int{}
	}
	for kind, count := range found.Doubted {
		n.Doubted[string(kind)] = count
	}
	for _, d := range found.Doubts {
		out := NetworkDoubt{Kind: string(d.Kind), Lon: d.Lon, Lat: d.Lat, Size: d.Size}
		for _, l := range d.Lines {
			if row := r.rowOf[l].n; len(out.Rows) == 0 || out.Rows[len(out.Rows)-1] != row {
				out.Rows = append(out.Rows, row)
			}
		}
		out.Text = *describe(d, out.Rows)
		n.Doubts = append(n.Doubts, out)
	}
}

func flowDirection(d network.Directed) FlowDirection {
	by := map[network.Direction]*Sentence{
		network.Digitised: sayf("as digitised", "按数字化方向"), network.Elevation: sayf("from heights", "按高程"), network.Outfalls: sayf("towards the outlet", "按出口"),
	}[d.By]
	why := map[network.Reason]*Sentence{
		network.Asked:       sayf("as told", "已指定"),
		network.NamedOutlet: sayf("an outlet is named", "已指定出口"),
		network.GoodHeights: sayf("the heights make sense", "高程合理"),
		network.GoodDrawing: sayf("no heights that make sense, and the digitising does", "无合理高程,数字化方向合理"),
		network.NothingElse: sayf("neither heights nor the digitising make sense; the outlet is a guess", "高程与数字化方向均不合理;出口为推测"),
	}[d.Why]
	what := sayf("%d edges of %d components, %.1f km; %d were turned", "%d 条边,%d 个连通部分,%.1f 公里;反转 %d 条", d.Edges, d.Components, d.LengthM/1000, d.Turned)
	return FlowDirection{
		By: string(d.By), Why: string(d.Why), Components: d.Components, Edges: d.Edges, Turned: d.Turned, LengthM: d.LengthM,
		Text: Sentence{En: fmt.Sprintf("%s (%s): %s", by.En, why.En, what.En), Zh: fmt.Sprintf("%s(%s):%s", by.Zh, why.Zh, what.Zh)},
	}
}

// describe says what is doubtful. The list of rows is cut where it gets long.
func describe(d network.Doubt, rows []int) *Sentence {
	first, all := 0, listed(rows)
	if len(rows) > 0 {
		first = rows[0]
	}
	switch d.Kind {
	case network.CrossingNoded:
		return sayf("rows %s cross without a vertex in common and were joined", "第 %s 行相交而无公共顶点,已在交点处连接", all)
	case network.CrossingKept:
		return sayf("rows %s cross without a vertex in common and were kept apart, as by an aqueduct or a siphon", "第 %s 行相交而无公共顶点,按立交(渡槽、倒虹吸)处理,未连接", all)
	case network.DoubleLine:
		return sayf("a part of rows %s runs twice and was taken once, %.1f m", "第 %s 行有一段重合,只取一次,长 %.1f 米", all, d.Size)
	case network.OpposedLine:
		return sayf("a part of rows %s runs twice, in opposite directions, and was taken once, %.1f m", "第 %s 行有一段方向相反地重合,只取一次,长 %.1f 米", all, d.Size)
	case network.Gap:
		return sayf("row %d ends %.2f m from row %d", "第 %d 行的端点距第 %[3]d 行 %.2[2]f 米", first, d.Size, rows[len(rows)-1])
	case network.Stub:
		return sayf("row %d ends %.2f m beyond a junction", "第 %d 行超出交汇点 %.2f 米", first, d.Size)
	case network.Apart:
		return sayf("rows %s hang together and with nothing else, %.1f m", "第 %s 行自成一部分,与其余不连通,长 %.1f 米", all, d.Size)
	case network.BlockedNode:
		return sayf("rows %s all flow in, or all out", "第 %s 行在此全部流入或全部流出", all)
	case network.Circle:
		return sayf("the water of rows %s flows in a circle, %.1f m", "第 %s 行的水流成环,长 %.1f 米", all, d.Size)
	case network.Loop:
		return sayf("rows %s part and meet again, %.1f m", "第 %s 行分流后又汇合,长 %.1f 米", all, d.Size)
	case network.Rise:
		return sayf("the water of row %d rises by %.2f m", "第 %d 行的水流上升 %.2f 米", first, d.Size)
	case network.Flat:
		return sayf("heights tell no direction of row %d, %.1f m", "第 %d 行高程无法判定流向,长 %.1f 米", first, d.Size)
	case network.Undecided:
		return sayf("row %d is of a loop, and its direction is a guess, %.1f m", "第 %d 行位于环中,流向为推测,长 %.1f 米", first, d.Size)
	case network.FarOutlet:
		return sayf("no line comes within 1000 m of the outlet", "指定的出口 1000 米内没有线")
	}
	return sayf("%s: rows %s", "%s:第 %s 行", d.Kind, all)
}

// listed names rows, the first twelve where there are more.
func listed(rows []int) string {
	const shown = 12
	var words []string
	for _, n := range rows[:min(len(rows), shown)] {
		words = append(words, fmt.Sprint(n))
	}
	if len(rows) > shown {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}
