package ingest

import (
	"math"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"
)

// shape is a geometry as text brought it: coordinates flat, with the ends of its parts, in the layout that was written.
type shape struct {
	kind   string // POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON
	layout geom.Layout
	flat   []float64
	ends   []int   // of each line or ring, in flat
	polys  [][]int // of each polygon, the ends of its rings
}

// readShape reads WKT under limits: six kinds, at most 200,000 vertices, X, Y and Z finite. nil and no fault for an empty
// text or an empty geometry.
func readShape(text string) (*shape, *Sentence) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := &shapeParser{rest: text}
	s, fault := p.shape()
	if fault == nil && s != nil && strings.TrimSpace(p.rest) != "" {
		return nil, sayf("the geometry has text after its end", "几何文本结束后还有多余内容")
	}
	return s, fault
}

type shapeParser struct {
	rest   string
	stride int
	parts  int
}

func (p *shapeParser) shape() (*shape, *Sentence) {
	s := &shape{kind: strings.ToUpper(p.word()), layout: geom.XY}
	if rest, ok := strings.CutPrefix(s.kind, "SRID="); ok {
		return nil, sayf("the geometry carries %q, which WKT does not", "几何文本带有 %q,不是标准 WKT", "SRID="+rest)
	}
	switch word := strings.ToUpper(p.peek()); word {
	case "Z", "M", "ZM":
		p.word()
		s.layout = map[string]geom.Layout{"Z": geom.XYZ, "M": geom.XYM, "ZM": geom.XYZM}[word]
	}
	p.stride = s.layout.Stride()
	switch s.kind {
	case "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON":
	default:
		return nil, sayf("geometry of the kind %s is not taken", "不接受 %s 类型的几何", clip(s.kind))
	}
	if strings.EqualFold(p.peek(), "EMPTY") {
		p.word()
		return nil, nil
	}
	// A table may leave the letter Z out: the first position then tells.
	if s.layout == geom.XY {
		if n := p.ahead(); n == 3 {
			s.layout, p.stride = geom.XYZ, 3
		}
	}
	if fault := p.body(s); fault != nil {
		return nil, fault
	}
	return s, s.check()
}

func (p *shapeParser) body(s *shape) *Sentence {
	switch s.kind {
	case "POINT":
		return p.line(s)
	case "LINESTRING":
		return p.line(s)
	case "MULTIPOINT":
		if strings.HasPrefix(strings.ReplaceAll(p.rest, " ", ""), "((") {
			return p.list(func() *Sentence { return p.line(s) })
		}
		return p.line(s)
	case "MULTILINESTRING":
		return p.list(func() *Sentence { return p.line(s) })
	case "POLYGON":
		return p.polygon(s)
	default:
		return p.list(func() *Sentence { return p.polygon(s) })
	}
}

func (p *shapeParser) polygon(s *shape) *Sentence {
	from := len(s.ends)
	if fault := p.list(func() *Sentence { return p.line(s) }); fault != nil {
		return fault
	}
	s.polys = append(s.polys, s.ends[from:len(s.ends):len(s.ends)])
	return nil
}

func (p *shapeParser) list(item func() *Sentence) *Sentence {
	if !p.take('(') {
		return p.unreadable()
	}
	for {
		if p.parts++; p.parts > maxParts {
			return sayf("the geometry has more than %d parts", "几何部件多于 %d 个", maxParts)
		}
		if fault := item(); fault != nil {
			return fault
		}
		if p.take(')') {
			return nil
		}
		if !p.take(',') {
			return p.unreadable()
		}
	}
}

// line reads ( x y, x y, … ) and closes a part.
func (p *shapeParser) line(s *shape) *Sentence {
	fault := p.list(func() *Sentence {
		p.parts--
		if len(s.flat) >= maxVertices*p.stride {
			return sayf("the geometry has more than %d vertices", "几何顶点多于 %d 个", maxVertices)
		}
		for i := range p.stride {
			word := p.word()
			v, err := strconv.ParseFloat(word, 64)
			if err != nil || strings.ContainsAny(word, "xX_") {
				return p.unreadable()
			}
			isM := s.layout == geom.XYM && i == 2 || i == 3
			if !isM && (math.IsNaN(v) || math.IsInf(v, 0)) {
				return sayf("a coordinate is no number (vertex %d)", "坐标不是数字(第 %d 个顶点)", len(s.flat)/p.stride+1)
			}
			s.flat = append(s.flat, v)
		}
		return nil
	})
	s.ends = append(s.ends, len(s.flat))
	return fault
}

func (p *shapeParser) unreadable() *Sentence {
	return sayf("the geometry cannot be read at %q", "几何文本在 %q 处无法读取", clip(p.rest))
}

func (p *shapeParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *shapeParser) take(c byte) bool {
	p.space()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *shapeParser) peek() string {
	p.space()
	end := strings.IndexAny(p.rest, " \t\r\n(),")
	if end < 0 {
		end = len(p.rest)
	}
	return p.rest[:end]
}

func (p *shapeParser) word() string {
	w := p.peek()
	p.rest = p.rest[len(w):]
	return w
}

// ahead counts the numbers of the first position.
func (p *shapeParser) ahead() int {
	text := strings.TrimLeft(p.rest, " (\t\r\n")
	if end := strings.IndexAny(text, ",)"); end >= 0 {
		return len(strings.Fields(text[:end]))
	}
	return 0
}

func clip(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

// check holds the parts against what their kind needs.
func (s *shape) check() *Sentence {
	stride := s.layout.Stride()
	from := 0
	for _, end := range s.ends {
		n := (end - from) / stride
		switch s.kind {
		case "POINT", "MULTIPOINT":
			if s.kind == "POINT" && n != 1 {
				return sayf("a point has %d positions", "一个点有 %d 个坐标", n)
			}
		case "LINESTRING", "MULTILINESTRING":
			if n < 2 {
				return sayf("a line has only one vertex", "线只有一个顶点")
			}
		default:
			if n < 4 {
				return sayf("a ring has %d vertices; it needs 4", "环只有 %d 个顶点,至少要 4 个", n)
			}
			if s.flat[from] != s.flat[end-stride] || s.flat[from+1] != s.flat[end-stride+1] {
				return sayf("a ring is not closed", "环没有闭合")
			}
		}
		from = end
	}
	return nil
}

// lines gives each part as a flat slice.
func (s *shape) lines() [][]float64 {
	out := make([][]float64, 0, len(s.ends))
	from := 0
	for _, end := range s.ends {
		out = append(out, s.flat[from:end:end])
		from = end
	}
	return out
}

// each calls f for every position.
func (s *shape) each(f func(p []float64)) {
	stride := s.layout.Stride()
	for i := 0; i+stride <= len(s.flat); i += stride {
		f(s.flat[i : i+stride])
	}
}

// dims gives the kind without Multi: point, line or polygon.
func (s *shape) dims() string {
	switch strings.TrimPrefix(s.kind, "MULTI") {
	case "POINT":
		return "point"
	case "LINESTRING":
		return "line"
	default:
		return "polygon"
	}
}
