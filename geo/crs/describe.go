package crs

import (
	"errors"
	"strconv"
	"strings"

	"hetu/geo"
)

// Frame tells how a datum relates to CGCS2000.
type Frame string

// The frames. Same is taken as CGCS2000 (WGS 84 is: they agree within decimetres); Near agrees within about two metres and
// is taken without a shift, with a note; Other needs a transformation; Unnamed does not say what it is.
const (
	Same    Frame = "same"
	Near    Frame = "near"
	Other   Frame = "other"
	Unnamed Frame = "unnamed"
)

// Description is what a WKT text says of a reference system, as far as an import has to know.
type Description struct {
	Name      string
	EPSG      geo.SRID // 0 when the text names none
	Datum     string
	Frame     Frame
	Projected bool
	Local     bool // an engineering system without a place on Earth
	tm        *System
}

// maxNodes and maxDepth bound what a text may hold: the longest real description has some hundred nodes in ten levels.
const (
	maxNodes = 5000
	maxDepth = 32
)

// node is one keyword[...] of a WKT text.
type node struct {
	keyword string
	values  []string
	nodes   []*node
}

// Describe reads a description in WKT, version 1 or 2.
func Describe(wkt string) (Description, error) {
	p := &wktParser{rest: wkt}
	root, err := p.node(0)
	if err != nil {
		return Description{}, err
	}
	d := Description{Name: root.text(0)}
	switch root.keyword {
	case "COMPOUNDCRS", "COMPD_CS":
		if len(root.nodes) > 0 {
			root = root.nodes[0]
		}
	case "BOUNDCRS":
		if source := root.find("SOURCECRS"); source != nil && len(source.nodes) > 0 {
			root = source.nodes[0]
			d.Name = root.text(0)
		}
	}
	d.EPSG = root.epsg()
	switch root.keyword {
	case "PROJCRS", "PROJCS":
		d.Projected = true
	case "ENGCRS", "LOCAL_CS":
		d.Local, d.Frame = true, Unnamed
		return d, nil
	}
	for _, keyword := range []string{"DATUM", "ENSEMBLE", "TRF", "GEODETICDATUM"} {
		if n := root.search(keyword); n != nil {
			d.Datum = n.text(0)
			break
		}
	}
	d.Frame = frameOf(d.Datum)
	if d.Projected && d.Frame == Same && strings.Contains(plain(d.Datum), "china2000") {
		d.tm = root.transverse()
	}
	return d, nil
}

// System gives the system when it is one that converts here; else PROJ has to.
func (d Description) System() (System, bool) {
	if s, ok := ByEPSG(d.EPSG); ok {
		return s, true
	}
	switch {
	case d.tm != nil:
		return *d.tm, true
	case !d.Projected && !d.Local && (d.Frame == Same || d.Frame == Near):
		return System{Kind: Geographic, EPSG: d.EPSG}, true
	}
	return System{}, false
}

// plain makes names comparable: D_China_2000 and "China 2000" are one.
func plain(name string) string {
	var b strings.Builder
	for _, r := range strings.TrimPrefix(strings.ToLower(name), "d_") {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func frameOf(datum string) Frame {
	n := plain(datum)
	starts := func(names ...string) bool {
		for _, name := range names {
			if strings.HasPrefix(n, name) {
				return true
			}
		}
		return false
	}
	switch {
	case n == "" || starts("unknown", "unnamed", "notspecified", "undefined"):
		return Unnamed
	case starts("china2000", "cgcs2000", "chinageodeticcoordinatesystem2000", "wgs1984", "wgs84", "worldgeodeticsystem1984"):
		return Same
	case starts("northamericandatum1983", "northamerican1983", "nad83", "europeanterrestrialreferencesystem1989", "etrs1989", "etrs89", "internationalterrestrialreferenceframe", "itrf", "geocentricdatumofaustralia", "gda"):
		return Near
	default:
		return Other
	}
}

func (n *node) text(i int) string {
	if i < len(n.values) {
		return n.values[i]
	}
	return ""
}

func (n *node) find(keyword string) *node {
	for _, c := range n.nodes {
		if c.keyword == keyword {
			return c
		}
	}
	return nil
}

func (n *node) search(keyword string) *node {
	if c := n.find(keyword); c != nil {
		return c
	}
	for _, c := range n.nodes {
		if found := c.search(keyword); found != nil {
			return found
		}
	}
	return nil
}

func (n *node) epsg() geo.SRID {
	for _, keyword := range []string{"ID", "AUTHORITY"} {
		if id := n.find(keyword); id != nil && strings.EqualFold(id.text(0), "EPSG") {
			if v, err := strconv.Atoi(id.text(1)); err == nil {
				return geo.SRID(v)
			}
		}
	}
	return 0
}

// transverse gives the Gauss-Krüger system of a projected node, nil when it is another projection.
func (n *node) transverse() *System {
	conversion := n.find("CONVERSION")
	if conversion == nil {
		return nil
	}
	method := conversion.find("METHOD")
	if method == nil || !strings.EqualFold(method.text(0), "Transverse Mercator") {
		return nil
	}
	s := System{Kind: GaussKruger}
	for _, p := range conversion.nodes {
		v, err := strconv.ParseFloat(p.text(1), 64)
		if p.keyword != "PARAMETER" || err != nil {
			continue
		}
		switch plain(p.text(0)) {
		case "longitudeofnaturalorigin":
			s.CentralMeridian = v
		case "falseeasting":
			s.FalseEasting = v
		case "scalefactoratnaturalorigin":
			if v != 1 {
				return nil
			}
		case "latitudeofnaturalorigin", "falsenorthing":
			if v != 0 {
				return nil
			}
		}
	}
	return &s
}

// wktParser reads keyword[ value, "text", keyword[...] ]; round brackets are as good as square ones.
type wktParser struct {
	rest  string
	count int
}

func (p *wktParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *wktParser) word() string {
	end := strings.IndexAny(p.rest, "[](),\" \t\r\n")
	if end < 0 {
		end = len(p.rest)
	}
	w := p.rest[:end]
	p.rest = p.rest[end:]
	return w
}

func (p *wktParser) node(depth int) (*node, error) {
	p.count++
	if depth > maxDepth || p.count > maxNodes {
		return nil, errors.New("the description of the reference system is too deep or too long")
	}
	p.space()
	n := &node{keyword: strings.ToUpper(p.word())}
	p.space()
	if n.keyword == "" || p.rest == "" || p.rest[0] != '[' && p.rest[0] != '(' {
		return nil, errors.New("the description of the reference system cannot be read")
	}
	p.rest = p.rest[1:]
	for {
		if err := p.item(n, depth); err != nil {
			return nil, err
		}
		p.space()
		if p.rest == "" {
			return nil, errors.New("the description of the reference system ends too early")
		}
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch c {
		case ',':
		case ']', ')':
			return n, nil
		default:
			return nil, errors.New("the description of the reference system cannot be read")
		}
	}
}

func (p *wktParser) item(n *node, depth int) error {
	p.space()
	if strings.HasPrefix(p.rest, `"`) {
		end := strings.IndexByte(p.rest[1:], '"')
		if end < 0 {
			return errors.New("the description of the reference system ends inside a name")
		}
		n.values = append(n.values, p.rest[1:1+end])
		p.rest = p.rest[end+2:]
		return nil
	}
	before := p.rest
	w := p.word()
	p.space()
	if w != "" && p.rest != "" && (p.rest[0] == '[' || p.rest[0] == '(') {
		p.rest = before
		c, err := p.node(depth + 1)
		if err != nil {
			return err
		}
		n.nodes = append(n.nodes, c)
		return nil
	}
	n.values = append(n.values, w)
	return nil
}
