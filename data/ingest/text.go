package ingest

import (
	"fmt"
	"io"
	"strings"
)

// Print writes the report for a person, in English or, with "zh", in Chinese.
func (r *Report) Print(out io.Writer, lang string) error {
	p := &printer{lang: lang}
	p.line("file", "文件", "%s  sha256 %s", r.File, r.SHA256)
	p.line("read as", "读取方式", "%s, %s", r.Driver, r.Layer)
	p.line("imported as", "导入为", "%s, %s %s, %s %s", r.Target, p.say("source", "来源"), r.Source, p.say("valid from", "生效日期"), r.From)
	p.finding("encoding", "编码", r.Encoding)
	p.finding("reference system", "坐标系", r.CRS)
	for _, g := range r.Guesses {
		p.line("guessed", "推测", "%s", g.In(lang))
	}
	p.columns(r)
	p.rows(r)
	p.network(r.Network)
	for _, n := range r.Notes {
		p.line("note", "说明", "%s", n.In(lang))
	}
	for _, m := range r.Merge {
		p.line(m.Entity, m.Entity, p.say("%d added, %d changed, %d unchanged, %d ended", "新增 %d,更改 %d,不变 %d,终止 %d"), m.Added, m.Changed, m.Unchanged, m.Ended)
	}
	_, err := io.WriteString(out, p.b.String())
	return err
}

type printer struct {
	b    strings.Builder
	lang string
}

func (p *printer) say(en, zh string) string {
	if p.lang == "zh" {
		return zh
	}
	return en
}

func (p *printer) line(en, zh, format string, args ...any) {
	fmt.Fprintf(&p.b, "%s: %s\n", visible(p.say(en, zh)), visible(fmt.Sprintf(format, args...)))
}

func (p *printer) finding(en, zh string, f Finding) {
	if f.Value == "" {
		return
	}
	how := map[How]string{Found: p.say("found", "文件所示"), Told: p.say("told", "已指定"), Guessed: p.say("GUESSED", "推测")}[f.How]
	p.line(en, zh, "%s (%s: %s)", f.Value, how, f.Why.In(p.lang))
}

func (p *printer) columns(r *Report) {
	var used []string
	for _, c := range r.Columns {
		used = append(used, c.Heading+" → "+c.Field)
	}
	if len(used) > 0 {
		p.line("columns", "列对应", "%s", strings.Join(used, ", "))
	}
	if len(r.Unused) > 0 {
		p.line("columns not used", "未使用的列", "%s", strings.Join(r.Unused, ", "))
	}
	if len(r.Unmapped) > 0 {
		p.line("fields without a column", "没有对应列的字段", "%s", strings.Join(r.Unmapped, ", "))
	}
}

func (p *printer) rows(r *Report) {
	p.line("rows", "行数", p.say("%d read, %d accepted, %d refused, %d left out", "读取 %d,接受 %d,拒绝 %d,略过 %d"), r.Read, r.Accepted, r.Refused, r.LeftOut)
	for i, f := range r.Refusals {
		if i == 20 {
			p.line("refused", "拒绝", p.say("%d more", "另有 %d 行"), r.Refused-i)
			break
		}
		at := fmt.Sprintf(p.say("row %d", "第 %d 行"), f.Row)
		if f.Line > 0 {
			at += fmt.Sprintf(p.say(" (line %d)", "(文件第 %d 行)"), f.Line)
		}
		p.line("refused", "拒绝", "%s: %s; %s", at, f.Reason.In(p.lang), f.Remedy.In(p.lang))
	}
	if r.UnusedM > 0 {
		p.line("measures", "里程 M", p.say("%d rows have M, which is not used without --use-m", "%d 行带有 M 值,未指定 --use-m 时不使用"), r.UnusedM)
	}
	if r.UnusedZ > 0 {
		p.line("heights", "高程 Z", p.say("%d rows have Z, which a %s does not hold", "%d 行带有 Z 值,%s 不保存高程"), r.UnusedZ, r.Target)
	}
}

func (p *printer) network(n *NetworkReport) {
	if n == nil || n.Edges == 0 {
		return
	}
	p.line("network", "水系网络", p.say(
		"%d lines make %d edges, %d nodes, %d routes in %d components (%d if joined at their ends only), the largest with %.0f %% of the length",
		"%d 条线构成 %d 条边、%d 个节点、%d 条中心线,共 %d 个连通部分(仅按端点连接为 %d 个),最大者占总长 %.0f %%",
	),
		n.Lines, n.Edges, n.Nodes, n.Routes, n.Components, n.ComponentsAtEnds, 100*n.LargestShare)
	p.line("flow", "流向", p.say("it goes through %d of %d inner nodes; %d cycles", "%d / %d 个内部节点水流贯通;环路 %d 个"), n.FlowThrough, n.InnerNodes, n.Cycles)
	p.line("ends", "端点", p.say("%d dangling, %d snapped (by at most %.3f m)", "悬挂 %d 个,捕捉 %d 个(最大移动 %.3f 米)"), n.Dangling, n.Snapped, n.LargestShiftM)
	for _, d := range n.Directions {
		p.line("direction", "流向依据", "%s", d.Text.In(p.lang))
	}
	p.doubts(n)
}

// shownDoubts is how many doubts of a kind are printed; the report as JSON has more.
const shownDoubts = 10

func (p *printer) doubts(n *NetworkReport) {
	shown := map[string]int{}
	for _, d := range n.Doubts {
		if shown[d.Kind]++; shown[d.Kind] <= shownDoubts {
			p.line("doubtful", "存疑", p.say("%s at %.6f,%.6f", "%s,位置 %.6f,%.6f"), d.Text.In(p.lang), d.Lon, d.Lat)
		}
		if more := n.Doubted[d.Kind] - shownDoubts; more > 0 && shown[d.Kind] == shownDoubts {
			p.line("doubtful", "存疑", p.say("%d more of the kind %s; --json lists up to 200", "另有 %d 处同类(%s);--json 最多列出 200 处"), more, d.Kind)
		}
	}
}
