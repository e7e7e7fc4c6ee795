package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/overlay"
)

// Limits of a polygon that is sent.
const (
	maxPolygonBytes = 1 << 20
	maxVertices     = 10_000
	maxNesting      = 32 // of members that are passed over
)

// polygonBody reads the body of a question about a polygon: a Polygon or MultiPolygon of GeoJSON (RFC 7946), or a Feature of one. Nothing
// of it goes further before it is read as numbers within the extent, in rings that close. A fault is named by its JSON pointer.
func (s *server) polygonBody(w http.ResponseWriter, r *http.Request) (*sentPolygon, error) {
	body, err := readBody(w, r, maxPolygonBytes, "application/geo+json", "application/json")
	if err != nil {
		return nil, err
	}
	return readPolygon(body, s.Extent)
}

// readBody reads a body of one of some types, the first of which is the one to send.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, types ...string) ([]byte, error) {
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &mediaTypeError{"the body is " + e + "-encoded; send it as it is", types}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, kind) {
		return nil, &mediaTypeError{fmt.Sprintf("the body's type is %q; send it as %s", r.Header.Get("Content-Type"), types[0]), types}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, geo.Errorf(geo.CodeTooLarge, "the body is larger than %d bytes: send less at once", limit)
	}
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "the body broke off before its end, or did not come in time: send it again, whole")
	}
	if strings.HasSuffix(kind, "json") {
		return body, inUTF8(body)
	}
	return body, nil
}

// inUTF8 holds JSON to its encoding: the decoder puts a mark in the place of each byte that is none of it, and the mark would be stored.
func inUTF8(body []byte) error {
	if utf8.Valid(body) {
		return nil
	}
	at := 0
	for {
		c, n := utf8.DecodeRune(body[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return geo.Errorf(geo.CodeInvalid, "正文不是 UTF-8 编码（第 %d 字节；可能是 GBK），请转为 UTF-8 后再发送。The body is not UTF-8 from byte %d on (GBK, perhaps): send it as UTF-8", at, at)
}

// sentPolygon is a polygon as it was sent, with the JSON pointer of its coordinates.
type sentPolygon struct {
	geom    *geom.MultiPolygon
	pointer string
	multi   bool
}

// at is the pointer of a ring; of the coordinates where it is the polygon as a whole.
func (p *sentPolygon) at(part, ring int) string {
	switch {
	case part < 0:
		return p.pointer
	case p.multi:
		return fmt.Sprintf("%s/%d/%d", p.pointer, part, ring)
	}
	return fmt.Sprintf("%s/%d", p.pointer, ring)
}

// mediaTypeError says that a body is of a type that is not read.
type mediaTypeError struct {
	detail string
	types  []string // that are
}

func (e *mediaTypeError) Error() string { return e.detail }

// readPolygon reads a whole GeoJSON text.
func readPolygon(body []byte, extent geo.Extent) (*sentPolygon, error) {
	d := &polygonDecoder{json: json.NewDecoder(bytes.NewReader(body)), extent: extent}
	d.json.UseNumber()
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, atPointer("", "the body is empty; send a GeoJSON Polygon or MultiPolygon, or a Feature of one")
	}
	out, err := d.object("", true)
	if err != nil {
		return nil, err
	}
	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		return nil, atPointer("", "something follows the GeoJSON object; send one object")
	}
	return out, nil
}

// atPointer is a fault of form at a place of the body: 400.
func atPointer(pointer, format string, args ...any) error {
	return pointed(geo.CodeInvalid, pointer, format, args...)
}

// refusedAt is a fault of what is said at a place of the body: 422.
func refusedAt(pointer, format string, args ...any) error {
	return pointed(geo.CodeRefused, pointer, format, args...)
}

func pointed(code geo.Code, pointer, format string, args ...any) error {
	detail, at := fmt.Sprintf(format, args...), pointer
	if at == "" {
		at = "/"
	}
	return &geo.Error{Code: code, Msg: at + ": " + detail, Fields: []geo.Field{{Name: at, Detail: detail}}}
}

// polygonDecoder reads GeoJSON token by token. Coordinates may come before the type, so they are read as nested lists of at most four
// levels, and given their meaning after.
type polygonDecoder struct {
	json     *json.Decoder
	extent   geo.Extent
	vertices int
}

func (d *polygonDecoder) token(pointer string) (json.Token, error) {
	t, err := d.json.Token()
	if err == nil {
		return t, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, atPointer(pointer, "the body ends in the middle")
	}
	return nil, atPointer(pointer, "this is no JSON near byte %d", d.json.InputOffset())
}

// object reads a geometry, or a Feature where one may stand.
func (d *polygonDecoder) object(pointer string, feature bool) (*sentPolygon, error) {
	t, err := d.token(pointer)
	if err != nil {
		return nil, err
	}
	if t != json.Delim('{') {
		return nil, atPointer(pointer, "a GeoJSON object belongs here, not %s", named(t))
	}
	var kind string
	var rings *nested
	var inner *sentPolygon
	seen := map[string]bool{}
	for d.json.More() {
		t, err := d.token(pointer)
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shortened(name))
		if seen[name] {
			return nil, atPointer(at, "stands here twice; which of the two is meant cannot be told")
		}
		seen[name] = true
		if len(seen) > 100 {
			return nil, atPointer(pointer, "has more than 100 members")
		}
		switch {
		case name == "type":
			kind, err = d.text(at)
		case name == "coordinates":
			rings, err = d.list(at)
		case name == "geometry" && feature:
			inner, err = d.object(at, false)
		case name == "crs":
			err = d.crs(at)
		default:
			err = d.pass(at)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := d.token(pointer); err != nil {
		return nil, err
	}
	switch {
	case kind == "" && !seen["type"]:
		return nil, atPointer(pointer+"/type", "is missing; send a Polygon, a MultiPolygon or a Feature of one")
	case kind == "Feature" && feature:
		if inner == nil {
			return nil, atPointer(pointer+"/geometry", "is missing; a Feature of a Polygon or MultiPolygon has it")
		}
		return inner, nil
	case kind != "Polygon" && kind != "MultiPolygon":
		return nil, atPointer(pointer+"/type", "%q is not answered; send a Polygon, a MultiPolygon or a Feature of one", shortened(kind))
	case rings == nil:
		return nil, atPointer(pointer+"/coordinates", "is missing")
	}
	return d.polygon(kind, rings, pointer+"/coordinates")
}

func shortened(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func named(t json.Token) string {
	switch t := t.(type) {
	case nil:
		return "null"
	case json.Delim:
		if t == '[' {
			return "a list"
		}
		return "an object"
	case string:
		return "a text"
	case bool:
		return "a truth value"
	default:
		return "a number"
	}
}

func (d *polygonDecoder) text(pointer string) (string, error) {
	t, err := d.token(pointer)
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", atPointer(pointer, "a text belongs here, not %s", named(t))
	}
	return s, nil
}

// crs refuses positions that are not lon, lat of CGCS2000 or WGS 84: GeoJSON of before 2016 could name a plane grid.
func (d *polygonDecoder) crs(pointer string) error {
	var raw json.RawMessage
	if err := d.json.Decode(&raw); err != nil {
		return atPointer(pointer, "this is no JSON near byte %d", d.json.InputOffset())
	}
	if string(raw) == "null" {
		return nil
	}
	var named struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &named); err == nil && inDegrees(named.Properties.Name) {
		return nil
	}
	return refusedAt(pointer, "positions are lon, lat in degrees of CGCS2000 (EPSG:4490); transform the polygon first")
}

// inDegrees tells whether a name is that of CGCS2000 or WGS 84, as a short name, a URN or a URL: EPSG:4490, urn:ogc:def:crs:EPSG::4490,
// http://www.opengis.net/def/crs/OGC/1.3/CRS84.
func inDegrees(name string) bool {
	parts := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r == ':' || r == '/' || r == '#' })
	if len(parts) == 0 {
		return false
	}
	switch parts[len(parts)-1] {
	case "CRS84":
		return true
	case "4490", "4326":
		return slices.Contains(parts, "EPSG")
	default:
		return false
	}
}

// pass reads over a member that does not matter.
func (d *polygonDecoder) pass(pointer string) error {
	for depth := 0; ; {
		t, err := d.token(pointer)
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxNesting {
			return atPointer(pointer, "is nested deeper than %d levels", maxNesting)
		}
		if depth == 0 {
			return nil
		}
	}
}

// nested is a list of positions, or of lists.
type nested struct {
	lists    []*nested
	position []float64 // where it is a position: two or three numbers
}

// list reads coordinates, of which a MultiPolygon has four levels.
func (d *polygonDecoder) list(pointer string) (*nested, error) {
	t, err := d.token(pointer)
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		return nil, atPointer(pointer, "a list belongs here, not %s", named(t))
	}
	return d.items(pointer, 1)
}

// items reads what stands in a list that is open.
func (d *polygonDecoder) items(pointer string, level int) (*nested, error) {
	out := &nested{}
	for i := 0; d.json.More(); i++ {
		at := pointer + "/" + strconv.Itoa(i)
		t, err := d.token(at)
		if err != nil {
			return nil, err
		}
		number, isNumber := t.(json.Number)
		switch {
		case isNumber && len(out.lists) == 0:
			if i > 2 {
				return nil, atPointer(pointer, "a position has two or three numbers")
			}
			v, ok := parseNumber(number.String())
			if !ok {
				return nil, refusedAt(at, "%s is no number that can be computed with", shortened(number.String()))
			}
			out.position = append(out.position, v)
		case t == json.Delim('[') && out.position == nil:
			if level > 3 {
				return nil, atPointer(at, "is nested deeper than a MultiPolygon is")
			}
			inner, err := d.items(at, level+1)
			if err != nil {
				return nil, err
			}
			out.lists = append(out.lists, inner)
		case out.position != nil || isNumber:
			return nil, atPointer(at, "numbers and other things are mixed")
		default:
			return nil, atPointer(at, "a list or a number belongs here, not %s", named(t))
		}
	}
	if _, err := d.token(pointer); err != nil {
		return nil, err
	}
	if out.position != nil {
		if d.vertices++; d.vertices > maxVertices {
			return nil, refusedAt(pointer, "the polygon has more than %d vertices: simplify it", maxVertices)
		}
	}
	return out, nil
}

// polygon gives coordinates their meaning.
func (d *polygonDecoder) polygon(kind string, coordinates *nested, pointer string) (*sentPolygon, error) {
	out := &sentPolygon{geom: geom.NewMultiPolygon(geom.XY).SetSRID(int(geo.CGCS2000)), pointer: pointer, multi: kind == "MultiPolygon"}
	parts, at := []*nested{coordinates}, func(int) string { return pointer }
	if out.multi {
		if coordinates.position != nil {
			return nil, atPointer(pointer, "a list of polygons belongs here")
		}
		parts, at = coordinates.lists, func(i int) string { return pointer + "/" + strconv.Itoa(i) }
	}
	if len(parts) == 0 {
		return nil, refusedAt(pointer, "there is nothing in it")
	}
	for i, part := range parts {
		flat, ends := []float64(nil), []int(nil)
		if part.position != nil || len(part.lists) == 0 {
			return nil, refusedAt(at(i), "a polygon has at least one ring")
		}
		for j, ring := range part.lists {
			read, err := d.ring(ring, at(i)+"/"+strconv.Itoa(j))
			if err != nil {
				return nil, err
			}
			flat = append(flat, read...)
			ends = append(ends, len(flat))
		}
		if err := out.geom.Push(geom.NewPolygonFlat(geom.XY, flat, ends)); err != nil {
			return nil, fmt.Errorf("put a polygon together: %w", err)
		}
	}
	return out, nil
}

// ring reads one ring: four positions or more, within the extent, the last the first.
func (d *polygonDecoder) ring(ring *nested, pointer string) ([]float64, error) {
	if ring.position != nil || len(ring.lists) < 4 {
		return nil, refusedAt(pointer, "a ring has at least four positions")
	}
	flat := make([]float64, 0, 2*len(ring.lists))
	for i, p := range ring.lists {
		at := pointer + "/" + strconv.Itoa(i)
		if len(p.position) < 2 {
			return nil, atPointer(at, "a position belongs here: lon, lat")
		}
		lon, lat := p.position[0], p.position[1]
		if !d.extent.Contains(lon, lat) {
			hint := ""
			if d.extent.Contains(lat, lon) {
				hint = "; lon and lat seem to be swapped"
			}
			e := d.extent
			return nil, refusedAt(at, "%g, %g lies outside this installation's extent, lon %g to %g, lat %g to %g%s", lon, lat, e.West, e.East, e.South, e.North, hint)
		}
		flat = append(flat, lon, lat)
	}
	if n := len(flat); flat[0] != flat[n-2] || flat[1] != flat[n-1] {
		return nil, refusedAt(pointer, "the ring is not closed: its last position is not its first")
	}
	return flat, nil
}

// refused names a fault of the polygon's shape.
func (p *sentPolygon) refused(f *overlay.Fault) error {
	return refusedAt(p.at(f.Part, f.Ring), "%s; mend the polygon and send it again", f)
}
