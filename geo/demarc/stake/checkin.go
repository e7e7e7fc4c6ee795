package stake

import (
	"math"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// farM is how far off its line a stake is no longer believed to be of it.
const farM = 200.0

// Visit is what was found of a stake in the field 现场核查.
type Visit struct {
	Lon, Lat float64          // surveyed, EPSG:4490
	H1985    *float64         // metres, datum 1985; nil: not surveyed
	Kind     demarc.StakeKind // as the surveyor says; "": as its place tells
}

// CheckedIn is a stake after a visit.
type CheckedIn struct {
	Stake   demarc.Stake // where it stands now; its name and number are what they were
	OffsetM float64      // off its line
	ShiftM  float64      // from where it stood before, or was to stand
}

// CheckIn takes what was found of a stake in the field. A physical stake more than [PhysicalWithinM] off its line is a moved one 移位桩:
// where the surveyor leaves the kind open it becomes that, and where he says physical he is told. An electronic one lies on its line.
// What is [farM] off, or nearer to the other bank's line, is refused: it is another stake, or a slip in the position. A sign 告示牌 stays one
// wherever it stands, and no stake becomes one: they are counted apart.
func CheckIn(s demarc.Stretch, lines demarc.Lines, was demarc.Stake, v Visit) (CheckedIn, error) {
	y, err := NewSurvey(s, lines)
	if err != nil {
		return CheckedIn{}, err
	}
	return y.CheckIn(was, v)
}

// Survey takes many stakes of one boundary in.
type Survey struct {
	ground *ground
	lines  demarc.Lines
	runs   map[geo.Bank][]*placedRun
}

// NewSurvey prepares visits of the stakes of a boundary.
func NewSurvey(s demarc.Stretch, lines demarc.Lines) (*Survey, error) {
	if s.Route == nil || s.Route.NumCoords() < 2 {
		return nil, geo.Errorf(geo.CodeInvalid, "a stake needs a route to be measured on: give the river a centre line")
	}
	return &Survey{newGround(s), lines, map[geo.Bank][]*placedRun{}}, nil
}

func (y *Survey) of(bank geo.Bank) []*placedRun {
	if _, ok := y.runs[bank]; !ok {
		y.runs[bank] = y.ground.runs(y.lines, bank)
	}
	return y.runs[bank]
}

// CheckIn is that of one stake, as [CheckIn] has it.
func (y *Survey) CheckIn(was demarc.Stake, v Visit) (CheckedIn, error) {
	if math.IsNaN(v.Lon+v.Lat) || math.Abs(v.Lon) > 180 || math.Abs(v.Lat) > 90 {
		return CheckedIn{}, geo.InvalidField("position", "a position is longitude and latitude in degrees")
	}
	out := CheckedIn{Stake: was, OffsetM: math.Inf(1), ShiftM: lref.Distance(was.Lon, was.Lat, v.Lon, v.Lat)}
	var on demarc.Part
	division := -1
	for _, run := range y.of(was.Bank) {
		if hit := lref.Project(run.measured, v.Lon, v.Lat); hit.DistanceM < out.OffsetM {
			out.OffsetM, on, division = hit.DistanceM, run.Parts[run.partAt(hit.MeasureM)], run.divisionAt(hit.MeasureM)
		}
	}
	if !(out.OffsetM <= farM) {
		return CheckedIn{}, geo.FieldErrorf(geo.CodeRefused, "position", "%s would stand more than %g m off its line: look at the position, and whether it is this stake", was.Name, farM)
	}
	if other := OffsetM(y.lines, opposite(was.Bank), v.Lon, v.Lat); other < out.OffsetM {
		return CheckedIn{}, geo.FieldErrorf(geo.CodeRefused, "position", "%s is of the %s bank, and the position is nearer to the other bank's line: look at the position, and whether it is this stake", was.Name, was.Bank)
	}
	kind, err := kindOf(was, v.Kind, out.OffsetM)
	if err != nil {
		return CheckedIn{}, err
	}
	out.Stake.Kind, out.Stake.Lon, out.Stake.Lat = kind, round9(v.Lon), round9(v.Lat)
	out.Stake.MeasureM = y.ground.measure(v.Lon, v.Lat, on)
	if v.H1985 != nil {
		out.Stake.H1985 = v.H1985
	}
	if division >= 0 {
		out.Stake.Division = y.ground.towns[division].ID
	}
	return out, nil
}

func opposite(bank geo.Bank) geo.Bank {
	if bank == geo.Left {
		return geo.Right
	}
	return geo.Left
}

// kindOf is [KindAt] of what is known to be a stake or a sign already.
func kindOf(was demarc.Stake, said demarc.StakeKind, offsetM float64) (demarc.StakeKind, error) {
	switch {
	case was.Kind == demarc.Sign && (said == "" || said == demarc.Sign):
		return demarc.Sign, nil
	case was.Kind == demarc.Sign:
		return "", geo.FieldErrorf(geo.CodeRefused, "kind", "%s is a sign (告示牌) and no stake: leave the kind out, or visit the stake that stands there", was.Name)
	case said == demarc.Sign:
		return "", geo.FieldErrorf(geo.CodeRefused, "kind", "%s is a stake (界桩) and no sign (告示牌): leave the kind out, or visit the sign that stands there", was.Name)
	default:
		return KindAt(said, offsetM)
	}
}

// KindAt holds the kind that is said of a stake against how far it stands off its line, and gives the kind it is: "" is told by the
// place. An error names the field kind and what helps.
func KindAt(said demarc.StakeKind, offsetM float64) (demarc.StakeKind, error) {
	switch {
	case said == "" && offsetM > PhysicalWithinM:
		return demarc.Moved, nil
	case said == "":
		return demarc.Physical, nil
	case said == demarc.Physical && offsetM > PhysicalWithinM:
		return "", geo.FieldErrorf(geo.CodeRefused, "kind", "a physical stake %.2f m off its line, more than %g m, is a moved one: say moved (移位桩), or survey it again", offsetM, PhysicalWithinM)
	case said == demarc.Electronic && offsetM > ElectronicWithinM:
		return "", geo.FieldErrorf(geo.CodeRefused, "kind", "an electronic stake lies on its line, and this is %.3f m off: place it anew, or say physical (实体桩) if one stands there", offsetM)
	case said == demarc.Electronic, said == demarc.Physical, said == demarc.Moved, said == demarc.Sign:
		return said, nil
	default:
		return "", geo.InvalidField("kind", "%q is no kind of stake: electronic 电子桩, physical 实体桩, moved 移位桩, sign 告示牌", said)
	}
}
