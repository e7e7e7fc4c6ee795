package stationing

import (
	"context"
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// SegmentQuestion is a range of a river.
type SegmentQuestion struct {
	On
	From, To Measure
	Bank     geo.Bank // left, right, centre; both: the centre line and both banks
}

// Segment is a range with its lines.
type Segment struct {
	RiverRoute
	FromM     Metres        `json:"from_m"`
	ToM       Metres        `json:"to_m"`
	FromLabel string        `json:"from_label"`
	ToLabel   string        `json:"to_label"`
	Lines     []SegmentLine `json:"-"`
	How       string        `json:"-"`
	Version   int64         `json:"-"`
}

// SegmentLine is the centre line of a range, or a part of a bank line beside it. Both run downstream.
type SegmentLine struct {
	Part    geo.Bank // centre, left, right
	LineID  *int64   // of the bank line
	Name    *string
	LengthM float64 // on the ellipsoid
	Geom    *geom.LineString
}

// SegmentOf answers range -> lines (Q5): the centre line from the smaller measure to the larger, and what each bank has beside it.
func SegmentOf(ctx context.Context, src Source, q SegmentQuestion) (Made[Segment], error) {
	route, how, err := routeOf(ctx, src, q.On)
	if err != nil {
		return nil, err
	}
	from, _, err := place(route, q.From, &how)
	if err != nil {
		return nil, err
	}
	to, _, err := place(route, q.To, &how)
	if err != nil {
		return nil, err
	}
	if !(from < to) {
		return nil, geo.InvalidField(q.From.Name, "a range runs from a smaller to a larger measure, not from %s to %s", lref.Label(from), lref.Label(to))
	}
	centre, err := lref.Substring(route.Geom, from, to)
	if err != nil {
		return nil, named(err, q.From.Name)
	}
	out := Segment{
		RiverRoute: RiverRoute{route.River, told(route)}, FromM: Metres(from), ToM: Metres(to), FromLabel: lref.Label(from), ToLabel: lref.Label(to),
	}
	if q.Bank == geo.Both || q.Bank == geo.Centre {
		out.Lines = append(out.Lines, SegmentLine{Part: geo.Centre, LengthM: lref.Length(centre), Geom: centre})
	}
	var lines []BankLine
	if q.Bank != geo.Centre {
		if lines, err = src.BankLinesOf(ctx, q.At, route.River.ID, boxOf(centre, duty.WidestM)); err != nil {
			return nil, fmt.Errorf("read bank lines: %w", err)
		}
	}
	if out.Version, err = src.Version(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Segment, error) {
		for _, side := range []geo.Bank{geo.Left, geo.Right} {
			if q.Bank != geo.Both && q.Bank != side {
				continue
			}
			banks, err := banksBeside(ctx, lines, side, route, duty.Range{FromM: from, ToM: to}, &how)
			if err != nil {
				return Segment{}, err
			}
			out.Lines = append(out.Lines, banks...)
		}
		out.How = how
		return out, nil
	}, nil
}

// banksBeside gives the parts of a side's bank lines beside the range.
func banksBeside(ctx context.Context, lines []BankLine, side geo.Bank, route *duty.Route, s duty.Range, how *string) ([]SegmentLine, error) {
	var out []SegmentLine
	for _, l := range lines {
		if l.Bank != side {
			continue
		}
		facings, err := facingsOf(ctx, route.Geom, l, s.FromM, s.ToM, how)
		if err != nil {
			return nil, err
		}
		for _, f := range facings {
			if part, err := f.Between(s.FromM, s.ToM); err == nil { // else none of it lies opposite
				out = append(out, SegmentLine{Part: side, LineID: &l.ID, Name: l.Name, LengthM: lref.Length(part), Geom: part})
			}
		}
	}
	if len(out) == 0 {
		*how += fmt.Sprintf("; no bank line of the %s bank is stored beside it", side)
	}
	return out, nil
}
