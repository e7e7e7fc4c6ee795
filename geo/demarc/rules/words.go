package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// g16: names and codes are not blank, are known and are there once.
func g16(c *checker) {
	m := c.Meta
	for _, f := range []struct {
		zh, en, value string
		optional      bool
	}{
		{"名称", "name", m.Name, false}, {"编码", "code", m.Code, m.NoCodes}, {"河名", "name of the river", c.RiverName, false}, {"河流编码", "code of the river", m.RiverCode, false},
	} {
		if strings.TrimSpace(f.value) == "" && !f.optional {
			c.said(1, "管理范围的"+f.zh+"为空：填写。", "The "+f.en+" of the boundary is blank: fill it in.")
		}
	}
	if m.Code != "" && slices.Contains(m.OtherCodes, m.Code) {
		c.said(1, fmt.Sprintf("编码“%s”已用于另一条管理范围：换一个编码。", m.Code), fmt.Sprintf("The code %q is that of another boundary: take another.", m.Code))
	}
	c.directory()
	c.knownDivisions()
}

func (c *checker) said(size float64, zh, en string) { c.whole(geo.Both, size, "1", zh, en) }

// aside tells of what is wrong beside this boundary, which it is no fault of and does not stop.
func (c *checker) aside(size float64, zh, en string) {
	c.said(size, zh, en)
	c.found[len(c.found)-1].Severity = demarc.Info
}

// directory finds rivers that stand twice in the county's directory, listed ones that are not there, and this one if it is not. What is wrong with
// other rivers of the county is told, and stops the announcement of none but those. So are rivers of one name of which each has its own code: many a
// county has two 东沟, and the code tells which of them is meant.
func (c *checker) directory() {
	names, codes, uncoded := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, r := range c.Meta.Directory {
		names[strings.TrimSpace(r.Name)]++
		if r.Code != "" {
			codes[r.Code]++
		} else {
			uncoded[strings.TrimSpace(r.Name)] = true
		}
	}
	own := strings.TrimSpace(c.RiverName)
	for _, r := range c.Meta.Directory {
		name, say := strings.TrimSpace(r.Name), c.aside
		if name == own || r.Code != "" && r.Code == c.Meta.RiverCode {
			say = c.said
		}
		switch n := names[name]; {
		case n > 1 && uncoded[name]:
			say(float64(n), fmt.Sprintf("河流名录中“%s”重名 %d 次，且有的没有编码：加以区分。", name, n), fmt.Sprintf("The directory has %d rivers named %q, and not all have a code: tell them apart.", n, name))
		case n > 1:
			c.aside(float64(n), fmt.Sprintf("河流名录中“%s”重名 %d 次，以编码区分。", name, n), fmt.Sprintf("The directory has %d rivers named %q, which their codes tell apart.", n, name))
		}
		names[name] = min(names[name], 1)
		if codes[r.Code] > 1 {
			say(float64(codes[r.Code]), fmt.Sprintf("河流名录中编码“%s”重复 %d 次：改正编码。", r.Code, codes[r.Code]), fmt.Sprintf("The directory has the code %q %d times: correct it.", r.Code, codes[r.Code]))
			codes[r.Code] = 1
		}
		if name == "" || r.Code == "" && c.Meta.RequireRiverIDs {
			say(1, fmt.Sprintf("河流名录中有空的名称或编码（“%s”“%s”）：补全。", name, r.Code), fmt.Sprintf("The directory has a river with a blank name or code (%q, %q): fill it in.", name, r.Code))
		}
	}
	for _, name := range c.Meta.Listed {
		if names[strings.TrimSpace(name)] == 0 {
			c.said(1, fmt.Sprintf("名录所列河流“%s”缺失：补录。", name), fmt.Sprintf("The listed river %q is missing: add it.", name))
		}
	}
	if len(c.Meta.Directory) > 0 && own != "" && names[own] == 0 {
		c.said(1, fmt.Sprintf("河名“%s”不在河流名录中：核对河名。", c.RiverName), fmt.Sprintf("The river %q is not in the directory: check its name.", c.RiverName))
	}
}

// knownDivisions finds parts, stakes and divisions of the stretch that name a division that there is not.
func (c *checker) knownDivisions() {
	if c.Meta.KnownDivisions == nil {
		return
	}
	seen := map[int64]bool{}
	ask := func(id int64, zh, en string) { // 0 is none: what lies in no division is G3's and G9's to tell
		if id != 0 && !seen[id] && !slices.Contains(c.Meta.KnownDivisions, id) {
			c.said(float64(id), fmt.Sprintf("%s的行政区划 %d 不存在：改正区划。", zh, id), fmt.Sprintf("The division %d of %s is not known: correct it.", id, en))
		}
		seen[id] = true
	}
	for _, d := range c.Divisions {
		ask(d.ID, "河段", "the stretch")
	}
	for _, p := range c.Parts {
		ask(p.Division, "分镇面“"+p.Name+"”", "the part of "+p.Name)
	}
	for _, s := range c.Stakes {
		ask(s.Division, "界桩 "+s.Name, "stake "+s.Name)
	}
}

// statuses are those that a boundary may have.
func statuses() []string {
	return []string{"draft", "checked", "consulted", "approved", "announced", "superseded", "withdrawn"}
}

// g18: fields are filled in and of their lists, and what is announced has its document and date.
func g18(c *checker) {
	m := c.Meta
	for _, f := range m.Fields {
		c.field(f)
	}
	if !slices.Contains(statuses(), m.Status) {
		c.said(1, fmt.Sprintf("状态“%s”不在代码表中：应为 %s 之一。", m.Status, strings.Join(statuses(), "、")), fmt.Sprintf("The status %q is not one of %s: correct it.", m.Status, strings.Join(statuses(), ", ")))
	}
	c.pieceFields()
	if m.Status == "announced" || m.CheckedFor == "announced" {
		c.document()
	}
}

func (c *checker) field(f Field) {
	value := strings.TrimSpace(f.Value)
	switch {
	case value == "" && !f.Optional:
		c.said(1, fmt.Sprintf("字段“%s”为空：填写。", f.Name), fmt.Sprintf("The field %q is blank: fill it in.", f.Name))
	case value != "" && f.OneOf != nil && !slices.Contains(f.OneOf, value):
		c.said(1, fmt.Sprintf("字段“%s”的值“%s”不在代码表中：应为 %s 之一。", f.Name, value, strings.Join(f.OneOf, "、")), fmt.Sprintf("The field %q has the value %q, which is none of %s: correct it.", f.Name, value, strings.Join(f.OneOf, ", ")))
	case f.MaxBytes > 0 && gbkBytes(f.Value) > f.MaxBytes:
		have := gbkBytes(f.Value)
		c.said(float64(have), fmt.Sprintf("字段“%s”有 %d 字节，成果表只容 %d 字节：缩短。", f.Name, have, f.MaxBytes), fmt.Sprintf("The field %q has %d bytes, and its table holds %d: shorten it.", f.Name, have, f.MaxBytes))
	}
}

// gbkBytes is how many bytes a text has in GBK, in which the widths of fields are given: two for all that is not ASCII.
func gbkBytes(text string) int {
	n := 0
	for _, r := range text {
		if n++; r >= utf8.RuneSelf {
			n++
		}
	}
	return n
}

// pieceFields finds pieces without a bank, a basis of the list, or a source.
func (c *checker) pieceFields() {
	for i, p := range c.Lines.Pieces {
		for _, f := range []struct {
			wrong  bool
			zh, en string
		}{
			{p.Bank != geo.Left && p.Bank != geo.Right, fmt.Sprintf("岸别“%s”应为左岸或右岸", p.Bank), fmt.Sprintf("has the bank %q, not left or right", p.Bank)},
			{!slices.Contains(demarc.Bases(), p.Basis), fmt.Sprintf("划界依据“%s”不在代码表中", p.Basis), fmt.Sprintf("has the basis %q, which is none of the list", p.Basis)},
			{strings.TrimSpace(p.Source) == "", "宽度和测量的来源为空", "tells no source of its width and survey"},
		} {
			if f.wrong {
				c.add(spotted{
					bank: p.Bank, place: c.onPath(p.Bank, p.FromM, p.ToM), fromM: p.FromM, toM: p.ToM, size: 1, unit: "1",
					zh: fmt.Sprintf("第 %d 段（%s至%s）%s：补全。", i+1, lref.Label(p.FromM), lref.Label(p.ToM), f.zh), en: fmt.Sprintf("Piece %d (%s to %s) %s: fill it in.", i+1, lref.Label(p.FromM), lref.Label(p.ToM), f.en),
				})
			}
		}
	}
}

// document finds what an announcement lacks.
func (c *checker) document() {
	d := c.Meta.LegalDoc
	if d == nil {
		c.said(1, "没有公告的法定文件：上传文件并填写文号和日期。", "There is no legal document to announce by: upload it, with its number and date.")
		return
	}
	for _, f := range []struct {
		wrong  bool
		zh, en string
	}{
		{strings.TrimSpace(d.Number) == "", "文号为空", "has no number"},
		{d.Date.IsZero(), "日期为空", "has no date"},
		{!isSHA256(d.SHA256), "没有文件的 SHA-256", "has no file with its SHA-256"},
	} {
		if f.wrong {
			c.said(1, "法定文件的"+f.zh+"：补全。", "The legal document "+f.en+": fill it in.")
		}
	}
	switch from := c.Meta.EffectiveFrom; {
	case from.IsZero():
		c.said(1, "没有生效日期：填写。", "There is no effective date: fill it in.")
	case !d.Date.IsZero() && from.Time().Before(d.Date.Time()):
		c.said(1, fmt.Sprintf("生效日期 %s 早于文件日期 %s：改正日期。", from, d.Date), fmt.Sprintf("The effective date %s comes before the document's, %s: correct the dates.", from, d.Date))
	}
}

func isSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// g19: lengths in texts are those of the lines, within 1 % or 50 m.
func g19(c *checker) {
	for _, t := range c.Meta.TextLengths {
		if rough := c.planeLength(t.Of); math.Abs(rough-t.Metres) < max(lengthM, lengthShare*rough)*0.9 {
			continue // a plane is good to far less than what is allowed
		}
		have := c.lengthOf(t.Of)
		d := math.Abs(have - t.Metres)
		if math.IsNaN(have) || d <= lengthM || d <= lengthShare*have {
			continue
		}
		zh := map[LengthOf]string{LengthOfRoute: "河段中心线", LengthOfLeft: "左岸线", LengthOfRight: "右岸线", LengthOfBanks: "两岸线"}[t.Of]
		en := map[LengthOf]string{LengthOfRoute: "the centre line", LengthOfLeft: "the left line", LengthOfRight: "the right line", LengthOfBanks: "both lines"}[t.Of]
		c.whole(geo.Both, d, "m", fmt.Sprintf("“%s”写%s长 %.0f 米，图上为 %.0f 米，相差 %.0f 米：核对长度和所指的线。", t.Where, zh, t.Metres, have, d),
			fmt.Sprintf("%q tells %.0f m for the length of %s, and the map %.0f m (%.0f m apart): check the length, and which line is meant.", t.Where, t.Metres, en, have, d))
	}
}

// planeLength is a length in the plane, good to 31 ppm.
func (c *checker) planeLength(of LengthOf) float64 {
	pieces := func(bank geo.Bank) float64 {
		sum := 0.0
		for i, p := range c.Lines.Pieces {
			if p.Bank == bank {
				sum += lengthOfM(c.pieces[i].xy)
			}
		}
		return sum
	}
	switch of {
	case LengthOfLeft:
		return pieces(geo.Left)
	case LengthOfRight:
		return pieces(geo.Right)
	case LengthOfBanks:
		return pieces(geo.Left) + pieces(geo.Right)
	case LengthOfRoute:
		return math.Abs(c.route.along(c.route.place(c.ToM)) - c.route.along(c.route.place(c.FromM)))
	}
	return math.NaN()
}

// lengthOf is a length on the ellipsoid; NaN of what there is not.
func (c *checker) lengthOf(of LengthOf) float64 {
	pieces := func(bank geo.Bank) float64 {
		sum := 0.0
		for i, p := range c.Lines.Pieces {
			if p.Bank == bank {
				sum += lref.Length(geom.NewLineStringFlat(geom.XY, c.pieces[i].flat))
			}
		}
		return sum
	}
	switch of {
	case LengthOfLeft:
		return pieces(geo.Left)
	case LengthOfRight:
		return pieces(geo.Right)
	case LengthOfBanks:
		return pieces(geo.Left) + pieces(geo.Right)
	case LengthOfRoute:
		if part, err := lref.Substring(c.Route, c.FromM, c.ToM); err == nil {
			return lref.Length(part)
		}
	}
	return math.NaN()
}
