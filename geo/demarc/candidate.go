package demarc

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Want is what a piece of one bank is to rest on.
type Want struct {
	Bank       geo.Bank // Left or Right
	FromM, ToM float64
	Basis      Basis
	WidthM     *float64 // nil: that of the profile
	Survey     int64    // the survey line to rest on; 0: those of the basis

	// What the profile's width may depend on; see Situation.
	ReturnYears int
	RiverWidthM float64
	Where       string

	Source, Reason string
}

// Note is what a planner should know of a candidate.
type Note struct {
	Code       string // see the constants
	Bank       geo.Bank
	FromM, ToM float64
	Size       float64 // metres, or what the words say
	Zh, En     string
}

// The codes of notes.
const (
	NoteConnector = "connector_long" // A5: a connector longer than longConnector
	NoteGap       = "gap"            // no survey line lies there
	NoteSwallowed = "swallowed"      // a piece lies wholly behind its neighbours' lines
	NotePocket    = "pocket"         // land farther off than the width is shut off by a narrow neck, and counted in
	NoteOblique   = "oblique"        // a cut that is not square to the route
	NoteSide      = "side"           // a survey line lies on the other bank than it is said to
	NoteCrosses   = "crosses"        // the line crosses the route or a water edge
	NoteWidth     = "width_limited"  // the width could not be held within 0.05 m
	NoteMouth     = "mouth"          // A6: the mouth of a tributary, or why the lines do not meet there
)

const (
	// longConnector is the length in metres over which a connector is told (A5).
	longConnector = 30.0
	// shortGap is how far in metres a survey line may end before the range it is wanted for; by twice as much more as it lies off the route, for
	// beside a bend its end lies opposite another place than it was meant to, but at most longGap.
	shortGap, longGap = 5.0, 50.0
	// maxWidth is more than any profile has, in metres.
	maxWidth = 5000.0
	// maxWants bounds the pieces of one candidate.
	maxWants = 2000
)

// Candidate draws the boundary lines of a stretch: for each want the line at its width landward of what was surveyed (A1, A2), joined
// by connectors (A5) and closed at the ends (A8). Without wants it rests each bank on the landside levee toe where there is one, else on
// the bank top, else on a flood line. Landward is told by the bank and the direction of the flow; in which direction a line was
// digitised does not matter. Lines that come back are XY, EPSG:4490, downstream.
//
// The line of a piece is the part of the offset curve that is at least the width from the surveyed line, within 0.05 m (0.24 % of the
// width where that is more, for round joins have at most eight segments a quarter), in one piece: land behind a neck is counted in and told.
//
// Errors are of geo.CodeInvalid and name the want or the survey line; when nobody waits for it any more it ends with the asker's.
func Candidate(ctx geo.Asker, s Stretch, wants []Want, profile WidthProfile) (Lines, []Note, error) {
	d, err := newDrawing(s, profile)
	if err != nil {
		return Lines{}, nil, err
	}
	d.asker = ctx
	if err := d.check(wants); err != nil {
		return Lines{}, nil, err
	}
	var out Lines
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		runs, err := d.runs(bank, wants)
		if err != nil {
			return Lines{}, nil, err
		}
		pieces, connectors, err := d.bank(bank, runs)
		if err != nil {
			return Lines{}, nil, err
		}
		out.Pieces, out.Connectors = append(out.Pieces, pieces...), append(out.Connectors, connectors...)
	}
	out.Connectors = append(out.Connectors, d.ends(out)...)
	return out, d.notes, nil
}

// drawing is a candidate in the making.
type drawing struct {
	Stretch
	asker   geo.Asker
	profile WidthProfile
	plane   Plane
	rising  bool // measures grow downstream
	laid    map[int]*laid
	notes   []Note
}

// laid is a survey line beside the route.
type laid struct {
	*SurveyLine
	facing   *lref.Facing
	from, to float64
	slack    float64 // how far a range may reach past its ends
}

func newDrawing(s Stretch, profile WidthProfile) (*drawing, error) {
	lowest, highest, ok := 0.0, 0.0, false
	if s.Route != nil && s.Route.Layout() == geom.XYM {
		lowest, highest, ok = lref.Ends(s.Route)
	}
	const within = 0.01 // stored measures
	switch {
	case !ok:
		return nil, geo.InvalidField("route", "has to be a line of two points or more with measures")
	case !(s.FromM < s.ToM) || s.FromM < lowest-within || s.ToM > highest+within:
		return nil, geo.InvalidField("from_m", "the stretch %s to %s does not lie on its route, which runs from %s to %s",
			lref.Label(s.FromM), lref.Label(s.ToM), lref.Label(lowest), lref.Label(highest))
	}
	s.FromM, s.ToM = max(s.FromM, lowest), min(s.ToM, highest)
	lines := []*geom.LineString{s.Route}
	for i, line := range s.Survey {
		if line.Line == nil || line.Line.NumCoords() < 2 {
			return nil, geo.InvalidField(fmt.Sprintf("survey[%d]", i), "survey line %d has no two points: leave it out", line.ID)
		}
		for k, stride := 0, line.Line.Stride(); k < len(line.Line.FlatCoords()); k += stride {
			if c := line.Line.FlatCoords(); !geo.World().Contains(c[k], c[k+1]) {
				return nil, geo.InvalidField(fmt.Sprintf("survey[%d]", i), "survey line %d has at vertex %d no position in degrees", line.ID, k/stride+1)
			}
		}
	}
	return &drawing{Stretch: s, profile: profile, plane: NewPlane(lines...), rising: Rises(s.Route), laid: map[int]*laid{}, asker: geo.Patient{}}, nil
}

// check refuses wants that make no sense.
func (d *drawing) check(wants []Want) error {
	if len(wants) > maxWants {
		return geo.InvalidField("wants", "%d pieces are more than the %d that one candidate may have: draw it in parts", len(wants), maxWants)
	}
	for i, w := range wants {
		field := fmt.Sprintf("wants[%d]", i)
		switch {
		case w.Bank != geo.Left && w.Bank != geo.Right:
			return geo.InvalidField(field+".bank", "has to be left or right, not %q", w.Bank)
		case !w.Basis.known():
			return geo.InvalidField(field+".basis", "%q is no basis: write one of %s", w.Basis, geo.Listed(Bases()))
		case !(w.FromM < w.ToM) || w.FromM < d.FromM-0.01 || w.ToM > d.ToM+0.01:
			return geo.InvalidField(field+".from_m", "%s to %s does not lie in the stretch %s to %s", lref.Label(w.FromM), lref.Label(w.ToM), lref.Label(d.FromM), lref.Label(d.ToM))
		case w.WidthM != nil && !(*w.WidthM >= 0 && *w.WidthM <= maxWidth):
			return geo.InvalidField(field+".width_m", "has to be from 0 to %g m, not %g", maxWidth, *w.WidthM)
		}
		for k, v := range wants[:i] {
			if v.Bank == w.Bank && min(v.ToM, w.ToM)-max(v.FromM, w.FromM) > 0.01 {
				return geo.InvalidField(field+".from_m", "overlaps wants[%d] on the %s bank: end one where the other begins", k, w.Bank)
			}
		}
	}
	return nil
}

func (d *drawing) note(n Note) { d.notes = append(d.notes, n) }

// lay gives a survey line beside the route; nil if it lies beside no part of the stretch.
func (d *drawing) lay(i int) (*laid, error) {
	if l, ok := d.laid[i]; ok {
		return l, nil
	}
	line := &d.Survey[i]
	facing, err := lref.Face(d.asker, d.Route, canonical(line.Line))
	if gone := d.asker.Err(); gone != nil {
		return nil, fmt.Errorf("draw a candidate: %w", gone)
	}
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "survey line %d cannot be laid beside the route", line.ID)
	}
	l := &laid{SurveyLine: line, facing: facing}
	l.from, l.to = facing.Range()
	d.reach(l)
	l.slack = shortGap
	for _, m := range []float64{l.from, l.to} {
		if place, err := facing.Point(m); err == nil {
			l.slack = min(longGap, max(l.slack, shortGap+2*place.DistanceM))
		}
	}
	d.laid[i] = l
	d.side(l)
	return l, nil
}

// reach has the range of a survey line reach to where its ends lie nearest the route: laid beside a bend as a whole, a line may be found to
// end opposite a place before that, by some metres. Farther is another arm.
func (d *drawing) reach(l *laid) {
	flat, stride := l.Line.FlatCoords(), l.Line.Stride()
	from, to := l.from, l.to
	for _, i := range []int{0, len(flat) - stride} {
		m := lref.Project(d.Route, flat[i], flat[i+1]).MeasureM
		if m < l.from && m > l.from-3*longGap {
			from = min(from, m)
		}
		if m > l.to && m < l.to+3*longGap {
			to = max(to, m)
		}
	}
	l.from, l.to = from, to
}

// canonical gives a line in the one of its two directions that begins farther west, so that what is made of it does not depend, to the
// last digit, on how it was digitised.
func canonical(line *geom.LineString) *geom.LineString {
	flat, stride := line.FlatCoords(), line.Stride()
	last := len(flat) - stride
	out := make([]float64, 0, len(flat)/stride*2)
	if flat[0] < flat[last] || flat[0] == flat[last] && flat[1] <= flat[last+1] {
		for i := 0; i <= last; i += stride {
			out = append(out, flat[i], flat[i+1])
		}
	} else {
		for i := last; i >= 0; i -= stride {
			out = append(out, flat[i], flat[i+1])
		}
	}
	return geom.NewLineStringFlat(geom.XY, out)
}

// side tells if a survey line lies on the other bank in its middle.
func (d *drawing) side(l *laid) {
	place, err := l.facing.Point((max(l.from, d.FromM) + min(l.to, d.ToM)) / 2)
	if err != nil || place.Bank == geo.Centre || place.Bank == l.Bank {
		return
	}
	d.note(Note{
		Code: NoteSide, Bank: l.Bank, FromM: l.from, ToM: l.to, Size: math.Abs(place.OffsetM),
		Zh: fmt.Sprintf("测量线 %d 标为%s，但位于另一岸", l.ID, zh(l.Bank)), En: fmt.Sprintf("survey line %d is said to be of the %s bank and lies on the other", l.ID, l.Bank),
	})
}

func zh(b geo.Bank) string {
	switch b {
	case geo.Left:
		return "左岸"
	case geo.Right:
		return "右岸"
	default:
		return "两岸"
	}
}

// run is a want with the survey line that it rests on.
type run struct {
	Want
	on    *laid
	width float64
}

// runs gives what each part of a bank rests on, in order downstream.
func (d *drawing) runs(bank geo.Bank, wants []Want) ([]run, error) {
	mine := slices.DeleteFunc(slices.Clone(wants), func(w Want) bool { return w.Bank != bank })
	if len(wants) == 0 {
		mine = []Want{{Bank: bank, FromM: d.FromM, ToM: d.ToM}}
	}
	var out []run
	for _, w := range mine {
		runs, err := d.rest(w)
		if err != nil {
			return nil, err
		}
		out = append(out, runs...)
	}
	slices.SortFunc(out, func(a, b run) int {
		if d.rising {
			return cmp.Compare(a.FromM, b.FromM)
		}
		return cmp.Compare(b.FromM, a.FromM)
	})
	return out, nil
}

// rest cuts a want into the parts that rest on one survey line each: of those that reach there the first in the order of choice.
func (d *drawing) rest(w Want) ([]run, error) {
	lines, err := d.chosen(w)
	if err != nil {
		return nil, err
	}
	cuts := []float64{w.FromM, w.ToM}
	for _, l := range lines {
		for _, m := range []float64{l.from, l.to} {
			if m > w.FromM+l.slack && m < w.ToM-l.slack {
				cuts = append(cuts, m)
			}
		}
	}
	slices.Sort(cuts)
	var out []run
	for i := 1; i < len(cuts); i++ {
		from, to := cuts[i-1], cuts[i]
		if to-from < 1e-6 {
			continue
		}
		on := reaching(lines, from, to)
		if on == nil {
			d.note(gapNote(w.Bank, from, to))
			continue
		}
		r := run{Want: w, on: on}
		r.FromM, r.ToM = from, to
		if r.Basis == "" {
			r.Basis = on.Basis()
		}
		var source string
		if r.width, source, err = d.profile.width(r.Want, *on.SurveyLine); err != nil {
			return nil, err
		}
		r.Source = joined(source, on.SurveyLine.Source)
		if n := len(out) - 1; n >= 0 && out[n].on == on && out[n].ToM == from {
			out[n].ToM = to
			continue
		}
		out = append(out, r)
	}
	return out, nil
}

func joined(a, b string) string {
	if a == "" || b == "" || a == b {
		return cmp.Or(a, b)
	}
	return a + "; " + b
}

func gapNote(bank geo.Bank, from, to float64) Note {
	return Note{
		Code: NoteGap, Bank: bank, FromM: from, ToM: to, Size: to - from,
		Zh: fmt.Sprintf("%s %s 至 %s 没有可依据的测量线：用 hetu import --as bank_line 导入岸线、堤脚或洪水位线", zh(bank), lref.Label(from), lref.Label(to)),
		En: fmt.Sprintf("no survey line to rest on lies beside %s to %s of the %s bank: bring bank tops, levee toes or flood lines in by hetu import --as bank_line", lref.Label(from), lref.Label(to), bank),
	}
}

// reaching gives the first line that lies beside a range.
func reaching(lines []*laid, from, to float64) *laid {
	for _, l := range lines {
		if l.from <= from+l.slack && l.to >= to-l.slack {
			return l
		}
	}
	return nil
}

// chosen gives the survey lines that a want may rest on, in the order of choice.
func (d *drawing) chosen(w Want) ([]*laid, error) {
	var out []*laid
	ranks := map[*laid]int{}
	for i := range d.Survey {
		line := &d.Survey[i]
		rank, ok := rankOf(w, line)
		if !ok {
			continue
		}
		l, err := d.lay(i)
		if err != nil {
			return nil, err
		}
		if l.to > w.FromM && l.from < w.ToM && l.to > l.from {
			ranks[l], out = rank, append(out, l)
		}
	}
	if w.Survey != 0 && len(out) == 0 {
		return nil, geo.InvalidField("survey", "survey line %d is not of the %s bank, or lies beside no part of %s to %s", w.Survey, w.Bank, lref.Label(w.FromM), lref.Label(w.ToM))
	}
	slices.SortStableFunc(out, func(a, b *laid) int { return cmp.Or(cmp.Compare(ranks[a], ranks[b]), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// rankOf tells whether a survey line may carry a want, and how soon it is taken.
func rankOf(w Want, line *SurveyLine) (rank int, ok bool) {
	if line.Bank != w.Bank || line.Kind == ToeLine && line.Riverside || w.Survey != 0 && line.ID != w.Survey {
		return 0, false
	}
	toe, top, flood := line.Kind == ToeLine, line.Kind == BankTop, line.Kind == FloodLine
	switch w.Basis {
	case "":
		switch {
		case toe:
			return 0, true
		case top:
			return 1, true
		case flood && !line.Historic:
			return 2, true
		default:
			return 3, flood
		}
	case LeveeToe:
		return 0, toe
	case Revetment:
		if line.Revetted {
			return 0, top
		}
		return 1, top
	case NaturalBank:
		return 0, top
	case DesignFlood:
		return 0, flood && !line.Historic
	case HistoricFlood:
		return 0, flood && line.Historic
	case Planned:
		return 0, line.Kind == PlannedWay
	default:
		return 0, w.Survey != 0
	}
}

// Basis is the one that a survey line stands for.
func (l SurveyLine) Basis() Basis {
	switch {
	case l.Kind == ToeLine:
		return LeveeToe
	case l.Kind == BankTop && l.Revetted:
		return Revetment
	case l.Kind == BankTop:
		return NaturalBank
	case l.Kind == FloodLine && l.Historic:
		return HistoricFlood
	case l.Kind == FloodLine:
		return DesignFlood
	case l.Kind == PlannedWay:
		return Planned
	default:
		return Custom
	}
}
