package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// What all writes of projects have in common: bodies, the revision that one built on, and the key by which a request is known again.

// readSent reads a JSON body, every member of which is known and given once, and the idempotency key of the request.
func readSent(w http.ResponseWriter, r *http.Request, limit int64, into any) (project.Once, error) {
	body, err := readBody(w, r, limit, "application/json")
	if err != nil {
		return project.Once{}, err
	}
	if err := decode(body, sentShape(limit), into); err != nil {
		return project.Once{}, err
	}
	return onceOf(r, body)
}

// sentShape is what a body of at most so many bytes may be made of: of a commit the positions that go in at once, with as many again to be told that they are
// too many; of operations what their client likes, but for the depth.
func sentShape(limit int64) jsonShape {
	switch limit {
	case maxCommitBytes:
		return jsonShape{deepestJSON, 6 * project.MaxCommitVertices, 5_000}
	case maxOpsBytes:
		return jsonShape{64, 500_000, 100_000}
	default:
		return formShape()
	}
}

// onceOf reads the idempotency key; what is asked with it is the method, the path with its parameters, the revision named and the body.
func onceOf(r *http.Request, body []byte) (project.Once, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return project.Once{}, nil
	}
	if len(key) > 200 || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) {
		return project.Once{}, geo.InvalidField("Idempotency-Key", "takes at most 200 printable characters of ASCII, such as a UUID")
	}
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s?%s\n%s\n", r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("If-Match"))
	_, _ = h.Write(body)
	return project.Once{Key: key, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// named reads the id of a project from the path, and from If-Match which revision of it is to be changed.
func (s *server) named(r *http.Request) (id int64, revision int, err error) {
	if id, err = s.projectID(r); err != nil {
		return 0, 0, err
	}
	// Who may not know that the project is there is not told by a missing header that it is.
	if _, err = s.Store.Project(r.Context(), actorOf(r.Context()), id); err != nil {
		return 0, 0, err
	}
	revision, err = tagged(r, "revision that you built on", "the project gives it as ETag")
	return id, revision, err
}

// tagged reads the one number of If-Match; what it names and which GET gives it is told to who leaves it out.
func tagged(r *http.Request, what, given string) (int, error) {
	tags := r.Header.Values("If-Match")
	if len(tags) == 0 {
		return 0, geo.FieldErrorf(geo.CodeUnnamed, "If-Match", `is missing: name the %s, such as If-Match: "7"; a GET of %s`, what, given)
	}
	tag := strings.TrimPrefix(strings.TrimSpace(tags[0]), "W/")
	n, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || len(tags) > 1 || n < 1 || !strings.HasPrefix(tag, `"`) {
		return 0, geo.InvalidField("If-Match", `%q names no %s: send one, such as "7"`, shortened(strings.ToValidUTF8(tags[0], "�")), what)
	}
	return n, nil
}

func etagOf(revision int) string { return `"` + strconv.Itoa(revision) + `"` }

// textOf holds a text of a body to its limits. One of at most [maxName] characters is a line, such as a name: what breaks it, or has it shown in another
// order than it is written in, would be read as something else in a list. A longer text, such as a note, may have lines.
func textOf(pointer, text string, most int, needed bool) error {
	n := utf8.RuneCountInString(text)
	odd := strings.IndexFunc(text, func(c rune) bool { return isOdd(c, most > maxName) })
	switch {
	case needed && strings.TrimSpace(text) == "":
		return geo.InvalidField(pointer, "is missing; give a text")
	case n > most:
		return geo.InvalidField(pointer, "has %d characters; at most %d are kept", n, most)
	case strings.ContainsRune(text, 0):
		return geo.InvalidField(pointer, "holds a NUL, which is no character of a text")
	case odd >= 0:
		c, _ := utf8.DecodeRuneInString(text[odd:])
		return geo.InvalidField(pointer, "holds the character U+%04X, which breaks or turns a line: leave it out", c)
	}
	return nil
}

// isOdd tells what is no character of a text: controls, but for those between lines, and what turns the order of others.
func isOdd(c rune, lines bool) bool {
	if lines && strings.ContainsRune("\t\n\r", c) {
		return false
	}
	return unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// writeMade answers a write with the revision that it made.
func writeMade(w http.ResponseWriter, status int, made project.Made, replayed bool, location string) error {
	h := w.Header()
	h.Set("ETag", etagOf(made.Revision))
	if location != "" {
		h.Set("Location", location)
	}
	return writeDone(w, status, replayed, made)
}

// writeDone answers a write; of one that was asked for before by the same key it says so.
func writeDone(w http.ResponseWriter, status int, replayed bool, v any) error {
	if replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	return writePrivate(w, status, v)
}

// line is a LineString of a body, with nine decimals.
type line struct{ *geom.LineString }

type lineBody struct {
	Type        string      `json:"type"`
	Coordinates [][]float64 `json:"coordinates"`
}

// MarshalJSON implements [json.Marshaler].
func (l line) MarshalJSON() ([]byte, error) {
	b := []byte(`{"type":"LineString","coordinates":[`)
	flat, n := l.FlatCoords(), l.Stride()
	for i := 0; i+1 < len(flat); i += n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendFloat(b, math.Round(flat[i]*1e9)/1e9, 'f', -1, 64)
		b = append(b, ',')
		b = strconv.AppendFloat(b, math.Round(flat[i+1]*1e9)/1e9, 'f', -1, 64)
		b = append(b, ']')
	}
	return append(b, "]}"...), nil
}

// lineOf reads a LineString of positions of two numbers, and rounds it to what is stored.
func lineOf(at string, b *lineBody) (*geom.LineString, error) {
	if b == nil || b.Type != "LineString" {
		return nil, geo.InvalidField(at, "is no GeoJSON LineString")
	}
	if n := len(b.Coordinates); n < 2 || n > project.MaxPieceVertices {
		return nil, geo.FieldErrorf(geo.CodeRefused, at+"/coordinates", "has %d positions; a line has 2 to %d", n, project.MaxPieceVertices)
	}
	flat := make([]float64, 0, 2*len(b.Coordinates))
	for i, c := range b.Coordinates {
		if len(c) != 2 {
			return nil, geo.InvalidField(fmt.Sprintf("%s/coordinates/%d", at, i), "a position of a boundary has two numbers, lon and lat")
		}
		flat = append(flat, c[0], c[1])
	}
	return project.Round9(geom.NewLineStringFlat(geom.XY, flat)), nil
}

// pieceBody is a piece as it is told.
type pieceBody struct {
	ID        int64          `json:"id"`
	Bank      geo.Bank       `json:"bank"`
	FromM     float64        `json:"from_m"`
	ToM       float64        `json:"to_m"`
	FromLabel string         `json:"from_label"`
	ToLabel   string         `json:"to_label"`
	Basis     demarc.Basis   `json:"basis"`
	WidthM    float64        `json:"width_m"`
	Source    string         `json:"source"`
	Reason    string         `json:"reason"`
	Status    project.Status `json:"status"`
	SHA256    *string        `json:"geom_sha256"`
	LegalDoc  *int64         `json:"legal_doc_id"`
	Geometry  line           `json:"geometry"`
}

func piecesOf(pieces []project.Piece) []pieceBody {
	out := make([]pieceBody, 0, len(pieces))
	for _, p := range pieces {
		b := pieceBody{
			ID: p.ID, Bank: p.Bank, FromM: p.FromM, ToM: p.ToM, FromLabel: lref.Label(p.FromM), ToLabel: lref.Label(p.ToM), Basis: p.Basis, WidthM: p.WidthM,
			Source: p.Source, Reason: p.Reason, Status: p.Status, LegalDoc: idOrNull(p.LegalDoc), Geometry: line{p.Line},
		}
		if p.SHA256 != "" {
			b.SHA256 = &p.SHA256
		}
		out = append(out, b)
	}
	return out
}

// conflict is what the problem of a stale write tells: which revision stands, what was changed by whom, and the lines of both.
type conflict struct {
	Revision int               `json:"revision"`
	Since    []project.Touched `json:"since"`
	Base     []pieceBody       `json:"base"`
	Theirs   []pieceBody       `json:"theirs"`
	// Of a write of stakes or of zones: those that are not what they were, as they were and as they are.
	BaseStakes  []stakeBody `json:"base_stakes,omitempty"`
	TheirStakes []stakeBody `json:"their_stakes,omitempty"`
	BaseZones   []zoneBody  `json:"base_zones,omitempty"`
	TheirZones  []zoneBody  `json:"their_zones,omitempty"`
}

// maxConflict bounds how many stakes or zones a conflict tells of each side.
const maxConflict = 500

func conflictOf(s *project.Stale) *conflict {
	return &conflict{
		Revision: s.Revision, Since: append([]project.Touched{}, s.Since...), Base: piecesOf(s.Base), Theirs: piecesOf(s.Theirs),
		BaseStakes: stakesOf(most(s.BaseStakes)), TheirStakes: stakesOf(most(s.TheirStakes)), BaseZones: zonesOf(most(s.BaseZones)), TheirZones: zonesOf(most(s.TheirZones)),
	}
}

func most[T any](of []T) []T { return of[:min(len(of), maxConflict)] }
