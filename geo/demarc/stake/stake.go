// Package stake places boundary stakes 界桩 on the boundary of a stretch (rule A11), numbers them, holds what stands in the field
// against its line, and lays out the stake table. Nothing here does I/O.
//
// A stake's number is its for ever: one that was taken away takes its number with it, and a stake that is added later gets one above
// all that were ever given on its bank. So the first numbers of a bank follow the measures, and later ones do not.
package stake

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// Spacing is how close stakes stand 界桩间距, and where they have to. It is data, with its source.
type Spacing struct {
	BasicM  float64 `json:"basic_m"`  // the longest way along the line from one basic stake 基本桩 to the next; above 0
	DenseM  float64 `json:"dense_m"`  // between those the longest from one dense stake 加密桩 to the next; 0: there are none
	TurnDeg float64 `json:"turn_deg"` // a turn of the line over this has a stake; 0: turns have none
	KmMarks bool    `json:"km_marks"` // one every 1000 m along each bank's line, from the end with the lower measure
	Source  string  `json:"source"`   // where it was read
	Mark    string  `json:"mark"`
}

// MostM is the longest way along a line that has no stake, of whatever tier.
func (s Spacing) MostM() float64 {
	if s.DenseM > 0 {
		return s.DenseM
	}
	return s.BasicM
}

// The tolerances of domain.md 4.3.
const (
	ElectronicWithinM = 0.01 // how far an electronic stake may lie off its line
	PhysicalWithinM   = 0.5  // and a physical one, which beyond is a moved one 移位桩
)

const (
	turnOverM   = 10.0 // a turn is told from so far before the vertex to so far behind: a corner is often drawn with many vertices
	apartM      = 5.0  // a turn nearer to another mark has no stake of its own
	samePlaceM  = 0.05 // marks nearer than this are one place
	kmM         = 1000.0
	offRouteM   = 5000.0 // how far off its route a boundary may lie
	outsideM    = 50.0   // how far outside of all divisions a line may lie and still be of the nearest
	withinPiece = 1.0    // by how much a projected measure may leave its piece's range
)

// Why is why a stake stands where it does; of several the first in this order.
const (
	AtEnd    = "end"
	AtBorder = "border"
	AtChange = "basis_change"
	AtTurn   = "turn"
	AtKm     = "km"
	Filled   = "fill"
	ByHand   = "hand" // it was put there by a person
)

func rank(why string) int {
	return slices.Index([]string{AtEnd, AtBorder, AtChange, AtTurn, AtKm, Filled}, why)
}

// mark is a place of a run at which a stake stands.
type mark struct {
	along    float64
	lon, lat float64
	why      string
	tier     demarc.StakeTier
	part     int // of the run
	division int // of the stretch's; -1 for none
}

// Place puts stakes on both banks of a boundary: at ends, division borders, changes of basis and turns, then to the spacing along the
// line. All are electronic ones; they lie on the line to 0.1 mm, which is the ninth decimal. taken are the stakes that were ever given
// a number on this river, also those removed: none of their numbers is given again. The answer is by bank, left first, and by measure. A
// stretch without a route, a spacing without metres, or no lines: none. The only error is the asker's, when nobody waits for it any more.
func Place(ctx geo.Asker, s demarc.Stretch, lines demarc.Lines, spacing Spacing, taken []demarc.Stake) ([]demarc.Stake, error) {
	if s.Route == nil || s.Route.NumCoords() < 2 || !(spacing.BasicM > 0) {
		return nil, nil
	}
	g := newGround(s)
	var out []demarc.Stake
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		var of []demarc.Stake
		for _, run := range g.runs(lines, bank) {
			for _, m := range g.marks(run, spacing) {
				if err := ctx.Err(); err != nil {
					return nil, fmt.Errorf("place stakes: %w", err)
				}
				of = append(of, g.stake(run, m))
			}
		}
		if flat := s.Route.FlatCoords(); flat[2] > flat[len(flat)-1] {
			slices.Reverse(of) // what lies opposite one place, as along a connector, is numbered as the measures run
		}
		slices.SortStableFunc(of, func(a, b demarc.Stake) int { return cmp.Compare(a.MeasureM, b.MeasureM) })
		next := Next(bank, taken)
		for i := range of {
			of[i].Number = next + i
			of[i].Name = Name(s.RiverName, bank, of[i].Number)
		}
		out = append(out, of...)
	}
	return out, nil
}

// At makes one more stake by hand: where the boundary comes nearest to a position, on the bank whose line that is.
func At(s demarc.Stretch, lines demarc.Lines, lon, lat float64, taken []demarc.Stake) (demarc.Stake, error) {
	if s.Route == nil || s.Route.NumCoords() < 2 {
		return demarc.Stake{}, geo.Errorf(geo.CodeInvalid, "a stake needs a route to be measured on: give the river a centre line")
	}
	g := newGround(s)
	of, on, offM := g.nearest(lines, lon, lat)
	if !(offM <= offRouteM) {
		return demarc.Stake{}, geo.InvalidField("position", "no boundary line lies within %g m of %.7f, %.7f: draw the boundary first", offRouteM, lon, lat)
	}
	out := g.stake(of, on)
	out.Number = Next(of.Bank, taken)
	out.Name = Name(s.RiverName, of.Bank, out.Number)
	return out, nil
}

// SignAt puts up a sign 告示牌 at a position, beside the boundary that comes nearest, and tells how far from that it stands. Signs are numbered along the
// whole river, both banks together.
func SignAt(s demarc.Stretch, lines demarc.Lines, lon, lat float64, taken []demarc.Stake) (sign demarc.Stake, offM float64, err error) {
	if s.Route == nil || s.Route.NumCoords() < 2 {
		return demarc.Stake{}, 0, geo.Errorf(geo.CodeInvalid, "a sign needs a route to be measured on: give the river a centre line")
	}
	g := newGround(s)
	of, on, offM := g.nearest(lines, lon, lat)
	if !(offM <= farM) {
		return demarc.Stake{}, 0, geo.InvalidField("position", "no boundary line lies within %g m of %.7f, %.7f: a sign stands by the line that it tells of", farM, lon, lat)
	}
	sign = g.stake(of, on)
	sign.Kind, sign.Tier, sign.Lon, sign.Lat = demarc.Sign, "", round9(lon), round9(lat)
	sign.MeasureM = g.measure(lon, lat, of.Parts[on.part])
	sign.Number = NextSign(taken)
	sign.Name = SignName(sign.Number)
	return sign, offM, nil
}

// nearest gives the place of a boundary that is nearest to a position, and how far off it is: infinitely where there is no line.
func (g *ground) nearest(lines demarc.Lines, lon, lat float64) (of *placedRun, on mark, offM float64) {
	offM = math.Inf(1)
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		for _, run := range g.runs(lines, bank) {
			if hit := lref.Project(run.measured, lon, lat); hit.DistanceM < offM {
				offM, of = hit.DistanceM, run
				on = mark{along: hit.MeasureM, lon: hit.Lon, lat: hit.Lat, why: ByHand, tier: demarc.Basic}
			}
		}
	}
	if of != nil {
		on.part, on.division = of.partAt(on.along), of.divisionAt(on.along)
	}
	return of, on, offM
}

// Next is the number that the next stake of a bank gets: one above all that were ever given.
func Next(bank geo.Bank, taken []demarc.Stake) int {
	next := 1
	for _, t := range taken {
		if t.Bank == bank && t.Kind != demarc.Sign {
			next = max(next, t.Number+1)
		}
	}
	return next
}

// NextSign is the number that the next sign of a river gets.
func NextSign(taken []demarc.Stake) int {
	next := 1
	for _, t := range taken {
		if t.Kind == demarc.Sign {
			next = max(next, t.Number+1)
		}
	}
	return next
}

// Name is a stake's name: 河名-左001.
func Name(river string, bank geo.Bank, number int) string {
	side := "左"
	if bank == geo.Right {
		side = "右"
	}
	return fmt.Sprintf("%s-%s%03d", river, side, number)
}

// SignName is a sign's: 告示牌001.
func SignName(number int) string { return fmt.Sprintf("告示牌%03d", number) }

// LakeName is that of a stake of a lake, which has no banks: 湖名-001.
func LakeName(lake string, number int) string { return fmt.Sprintf("%s-%03d", lake, number) }

// LakeStakes is how many stakes a lake has, equally far apart from the beginning of its ring (A4).
const LakeStakes = 4

// ParseName reads a name as [Name] and [SignName] write it. A sign has no river and no bank.
func ParseName(name string) (river string, bank geo.Bank, number int, ok bool) {
	if rest, sign := strings.CutPrefix(name, "告示牌"); sign {
		number, ok = digits(rest)
		return "", "", number, ok
	}
	at := max(strings.LastIndex(name, "左"), strings.LastIndex(name, "右"))
	if at < 0 {
		return "", "", 0, false
	}
	bank = geo.Left
	if strings.HasPrefix(name[at:], "右") {
		bank = geo.Right
	}
	number, ok = digits(strings.TrimPrefix(name[at+len("左"):], "岸"))
	return strings.TrimRight(name[:at], "-－—_ "), bank, number, ok
}

func digits(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && n < 1e6 && strings.Trim(s, "0123456789") == ""
}
