package project

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/lref"
)

// Range is a stretch of one bank, [FromM, ToM) in the route's measures.
type Range struct {
	Bank  geo.Bank `json:"bank"`
	FromM float64  `json:"from_m"`
	ToM   float64  `json:"to_m"`
}

// meetWithinM is how closely ranges may overlap and still only meet: measures are stored to a centimetre.
const meetWithinM = 0.01

// Overlaps tells whether two ranges have more in common than where they meet. Both is either bank.
func (r Range) Overlaps(s Range) bool {
	return (r.Bank == s.Bank || r.Bank == geo.Both || s.Bank == geo.Both) && min(r.ToM, s.ToM)-max(r.FromM, s.FromM) > meetWithinM
}

// within tells whether a range lies in another of its bank.
func (r Range) within(s Range) bool {
	return r.Bank == s.Bank && r.FromM >= s.FromM-meetWithinM && r.ToM <= s.ToM+meetWithinM
}

func (r Range) String() string {
	return fmt.Sprintf("%s %s to %s", r.Bank, lref.Label(r.FromM), lref.Label(r.ToM))
}

// RangeOf is what a piece takes.
func RangeOf(p demarc.Piece) Range { return Range{p.Bank, p.FromM, p.ToM} }

// Change puts pieces in the place of all that lies in a range; none leaves it empty.
type Change struct {
	Range
	Pieces []demarc.Piece
}

// Commit is a set of changes that goes in as one.
type Commit struct {
	Base    int // the revision that it was built on
	Note    string
	Changes []Change
}

// Ranges gives what a commit touches.
func (c Commit) Ranges() []Range {
	out := make([]Range, 0, len(c.Changes))
	for _, ch := range c.Changes {
		out = append(out, ch.Range)
	}
	return out
}

// Touched is what a revision touched, and who made it.
type Touched struct {
	Revision int       `json:"revision"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Ranges   []Range   `json:"ranges"`
}

// Conflicts gives those of the revisions since the base that touched what the commit touches.
func (c Commit) Conflicts(since []Touched) []Touched {
	var out []Touched
	for _, t := range since {
		if slices.ContainsFunc(t.Ranges, func(r Range) bool {
			return slices.ContainsFunc(c.Changes, func(mine Change) bool { return mine.Overlaps(r) })
		}) {
			out = append(out, t)
		}
	}
	return out
}

// Stale says that what somebody built on is not what stands there any more.
type Stale struct {
	Revision int       // that stands now
	Since    []Touched // the revisions that he does not know and that touch what he touches
	Base     []Piece   // what he built on, where he touches it
	Theirs   []Piece   // what stands there now
	// Of a write of stakes or of zones the same: those that are not what they were.
	BaseStakes, TheirStakes []Stake
	BaseZones, TheirZones   []demarc.Zone
	err                     error
}

// NewStale makes the error, which is a geo.CodeStale.
func NewStale(base, revision int) *Stale {
	return &Stale{Revision: revision, err: geo.Errorf(geo.CodeStale, "the project is at revision %d, you built on %d, and what you change was changed since: "+
		"take over what stands there now, and send it again on revision %d", revision, base, revision)}
}

// NewStaleStake is NewStale of the visit of a stake, which saw a version of it that is not the one that stands.
func NewStaleStake(revision, saw int, now Stake) *Stale {
	return &Stale{Revision: revision, TheirStakes: []Stake{now}, err: geo.Errorf(geo.CodeStale, "%s is in version %d, you saw version %d: "+
		"look at what was found of it since, and send the visit again on version %d", now.Name, now.Version, saw, now.Version)}
}

// Error implements error.
func (s *Stale) Error() string { return s.err.Error() }

// Unwrap gives the [geo.Error].
func (s *Stale) Unwrap() error { return s.err }

// Limits of a commit.
const (
	MaxChanges        = 100
	MaxPieces         = 400
	MaxPieceVertices  = 10_000
	MaxCommitVertices = 40_000
	maxWidthM         = 5000
)

// Check tells what of a commit cannot go into a project, whatever stands there: at its JSON pointer.
func (c Commit) Check(p Project, extent geo.Extent) error {
	if len(c.Changes) == 0 || len(c.Changes) > MaxChanges {
		return geo.FieldErrorf(geo.CodeRefused, "/changes", "has %d ranges; a commit has 1 to %d", len(c.Changes), MaxChanges)
	}
	pieces, vertices := 0, 0
	for i, ch := range c.Changes {
		at := fmt.Sprintf("/changes/%d", i)
		if err := ch.Range.check(at, p); err != nil {
			return err
		}
		for j := range i {
			if ch.Overlaps(c.Changes[j].Range) {
				return geo.FieldErrorf(geo.CodeRefused, at, "%v overlaps %v, which this commit changes too: send them as one", ch.Range, c.Changes[j].Range)
			}
		}
		for j, piece := range ch.Pieces {
			at := fmt.Sprintf("%s/pieces/%d", at, j)
			if err := checkPiece(at, piece, ch.Range, extent); err != nil {
				return err
			}
			for k := range j {
				if RangeOf(piece).Overlaps(RangeOf(ch.Pieces[k])) {
					return geo.FieldErrorf(geo.CodeRefused, at, "%v overlaps %v: pieces of one bank follow each other", RangeOf(piece), RangeOf(ch.Pieces[k]))
				}
			}
			pieces, vertices = pieces+1, vertices+piece.Line.NumCoords()
		}
	}
	if pieces > MaxPieces || vertices > MaxCommitVertices {
		return geo.FieldErrorf(geo.CodeRefused, "/changes", "holds %d pieces of %d vertices; at most %d of %d go in at once", pieces, vertices, MaxPieces, MaxCommitVertices)
	}
	return geo.AtField(rules.Tangled(c.lines()...), "/changes")
}

func (c Commit) lines() []*geom.LineString {
	var out []*geom.LineString
	for _, ch := range c.Changes {
		for _, p := range ch.Pieces {
			out = append(out, p.Line)
		}
	}
	return out
}

const (
	oppositeWithinM = 25  // how far the end of a line may lie beside its measure
	oppositeMostM   = 200 // the same of a line that lies farther from the route: in a bend it is opposite many places
	lookAroundM     = 500 // of the route beside a range
)

// Opposite refuses lines that lie elsewhere than beside the range that they are said to take of the route (XYM): whose line is displaced by another is
// decided by measures.
func (c Commit) Opposite(route *geom.LineString) error {
	for i, ch := range c.Changes {
		for j, p := range ch.Pieces {
			near := around(route, p.FromM-lookAroundM, p.ToM+lookAroundM)
			f, err := lref.Face(geo.Patient{}, near, p.Line)
			if err != nil {
				return geo.FieldErrorf(geo.CodeRefused, fmt.Sprintf("/changes/%d/pieces/%d/geometry", i, j), "%v", err)
			}
			from, to := f.Range()
			within := oppositeWithin(near, p.Line)
			lowest, highest := endsBeside(near, p.Line) // laid beside each other the ends of two lines are told less well than by the nearest places
			if min(math.Abs(from-p.FromM), math.Abs(lowest-p.FromM)) > within || min(math.Abs(to-p.ToM), math.Abs(highest-p.ToM)) > within {
				return geo.FieldErrorf(geo.CodeRefused, fmt.Sprintf("/changes/%d/pieces/%d/geometry", i, j), "the line runs beside %s to %s of the route, not %s to %s: give it the measures that it lies opposite",
					lref.Label(from), lref.Label(to), lref.Label(p.FromM), lref.Label(p.ToM))
			}
		}
	}
	return nil
}

// around gives the segments of a route (XYM) that have a part between two measures; all of it when none has.
func around(route *geom.LineString, fromM, toM float64) *geom.LineString {
	flat := route.FlatCoords()
	first, last := -1, -1
	for i := 0; i+5 < len(flat); i += 3 {
		if a, b := flat[i+2], flat[i+5]; min(a, b) <= toM && max(a, b) >= fromM {
			if first < 0 {
				first = i
			}
			last = i + 6
		}
	}
	if first < 0 {
		return route
	}
	return geom.NewLineStringFlat(geom.XYM, flat[first:last])
}

// endsBeside gives the measures of a route that are nearest to the ends of a line.
func endsBeside(route, line *geom.LineString) (lowest, highest float64) {
	flat, n := line.FlatCoords(), line.Stride()
	a, b := lref.Project(route, flat[0], flat[1]).MeasureM, lref.Project(route, flat[len(flat)-n], flat[len(flat)-n+1]).MeasureM
	return min(a, b), max(a, b)
}

// oppositeWithin is how far the ends of a line may lie beside its measures, by how far they lie from the route.
func oppositeWithin(route, line *geom.LineString) float64 {
	flat, n := line.FlatCoords(), line.Stride()
	off := max(lref.Project(route, flat[0], flat[1]).DistanceM, lref.Project(route, flat[len(flat)-n], flat[len(flat)-n+1]).DistanceM)
	return min(max(oppositeWithinM, 2*off), oppositeMostM)
}

func (r Range) check(at string, p Project) error {
	switch {
	case r.Bank != geo.Left && r.Bank != geo.Right:
		return geo.FieldErrorf(geo.CodeRefused, at+"/bank", "%q is neither left nor right", string(r.Bank))
	case !(r.FromM < r.ToM):
		return geo.FieldErrorf(geo.CodeRefused, at+"/from_m", "a range runs from a smaller to a larger measure, not from %g to %g", r.FromM, r.ToM)
	case r.FromM < p.FromM-meetWithinM || r.ToM > p.ToM+meetWithinM:
		return geo.FieldErrorf(geo.CodeRefused, at+"/from_m", "%v reaches beyond the project, which runs from %s to %s", r, lref.Label(p.FromM), lref.Label(p.ToM))
	}
	return nil
}

func checkPiece(at string, p demarc.Piece, in Range, extent geo.Extent) error {
	switch {
	case !(p.FromM < p.ToM) || !RangeOf(p).within(in):
		return geo.FieldErrorf(geo.CodeRefused, at+"/from_m", "%v is no range within %v, which is changed", RangeOf(p), in)
	case !slices.Contains(demarc.Bases(), p.Basis):
		return geo.FieldErrorf(geo.CodeRefused, at+"/basis", "%q is no basis; there are %s", string(p.Basis), geo.Listed(demarc.Bases()))
	case !(p.WidthM >= 0 && p.WidthM <= maxWidthM):
		return geo.FieldErrorf(geo.CodeRefused, at+"/width_m", "%g is no width between 0 and %d metres", p.WidthM, maxWidthM)
	case p.Line == nil || p.Line.NumCoords() < 2 || p.Line.NumCoords() > MaxPieceVertices:
		return geo.FieldErrorf(geo.CodeRefused, at+"/geometry", "a line has 2 to %d vertices", MaxPieceVertices)
	}
	flat := p.Line.FlatCoords()
	distinct := false
	for i := 0; i+1 < len(flat); i += 2 {
		if !extent.Contains(flat[i], flat[i+1]) {
			return geo.FieldErrorf(geo.CodeRefused, fmt.Sprintf("%s/geometry/coordinates/%d", at, i/2), "%g, %g lies outside this installation's extent; a position is lon, lat", flat[i], flat[i+1])
		}
		distinct = distinct || flat[i] != flat[0] || flat[i+1] != flat[1]
	}
	if !distinct {
		return geo.FieldErrorf(geo.CodeRefused, at+"/geometry", "all vertices are one: a line has a length")
	}
	return nil
}

// Applied is what a commit makes of the pieces that stand.
type Applied struct {
	Gone []Piece // that are no more
	Put  []Piece // that are new, or a new version of one that took the same range; those without a key are new
}

// Apply makes it. A piece that stands partly in a range that is changed is not cut: who changes a part of it sends what is to remain
// of it too, so that no vertex is made up.
func (c Commit) Apply(standing []Piece) (Applied, error) {
	var out Applied
	for i, ch := range c.Changes {
		replaced := map[int]bool{}
		for _, s := range standing {
			r := RangeOf(s.Piece)
			if !ch.Overlaps(r) {
				continue
			}
			if !r.within(ch.Range) {
				return out, geo.FieldErrorf(geo.CodeRefused, fmt.Sprintf("/changes/%d", i), "the piece %v lies partly in %v: change all of it, and send what is to remain", r, ch.Range)
			}
			same := slices.IndexFunc(ch.Pieces, func(p demarc.Piece) bool { return p.FromM == s.FromM && p.ToM == s.ToM })
			if same < 0 || replaced[same] {
				out.Gone = append(out.Gone, s)
				continue
			}
			replaced[same] = true
			out.Put = append(out.Put, Piece{ID: s.ID, Key: s.Key, Piece: ch.Pieces[same], Status: s.Status})
		}
		for j, p := range ch.Pieces {
			if !replaced[j] {
				out.Put = append(out.Put, Piece{Piece: p, Status: Draft})
			}
		}
	}
	return out, nil
}

// Rounded gives a commit with its positions as they are stored.
func (c Commit) Rounded() Commit {
	changes := slices.Clone(c.Changes)
	for i := range changes {
		changes[i].Pieces = slices.Clone(changes[i].Pieces)
		for j, p := range changes[i].Pieces {
			if p.Line != nil {
				changes[i].Pieces[j].Line = Round9(p.Line)
			}
		}
	}
	c.Changes = changes
	return c
}

// SHA256 is the hash of a commit's content, written so that equal content has one hash: ranges in their order, positions to 1e-9 degree.
func (c Commit) SHA256() string {
	h := sha256.New()
	for _, ch := range c.Changes {
		_, _ = fmt.Fprintf(h, "%s %.3f %.3f\n", ch.Bank, ch.FromM, ch.ToM)
		for _, p := range ch.Pieces {
			_, _ = h.Write([]byte(PieceSHA256(p)))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// PieceSHA256 is the hash of a piece: bank, range, basis, width, and its positions to 1e-9 degree. It is kept with the line from its announcement on.
// Source and reason are words about the line, and not in it.
func PieceSHA256(p demarc.Piece) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %.3f %.3f %s %.3f\n", p.Bank, p.FromM, p.ToM, p.Basis, p.WidthM)
	var b [8]byte
	for _, v := range p.Line.FlatCoords() {
		binary.BigEndian.PutUint64(b[:], uint64(int64(math.Round(v*1e9)))) //nolint:gosec // 180e9 fits
		_, _ = h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Round9 gives a line with its positions to 1e-9 degree, a tenth of a millimetre, as drafts are stored.
func Round9(line *geom.LineString) *geom.LineString {
	flat := slices.Clone(line.FlatCoords())
	for i, v := range flat {
		flat[i] = math.Round(v*1e9) / 1e9
	}
	return geom.NewLineStringFlat(line.Layout(), flat).SetSRID(int(geo.CGCS2000))
}
