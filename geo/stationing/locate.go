package stationing

import (
	"context"
	"fmt"
	"math"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// LocateQuestion is a measure of a river, and how far beside it.
type LocateQuestion struct {
	On
	Measure Measure
	OffsetM float64 // to the side of the flow: left is negative, right positive
}

// Located is the place of a measure.
type Located struct {
	RiverRoute
	MeasureM   Metres      `json:"measure_m"`
	Label      string      `json:"label"`
	Clamped    bool        `json:"clamped"` // it was asked for a little past the end of the route
	Point      geo.LonLat  `json:"point"`
	Plane      *Plane      `json:"plane"`
	AzimuthDeg float64     `json:"azimuth_deg"` // of the flow, from north by east
	Beside     *Beside     `json:"beside"`      // null: no offset was asked for
	Banks      []BankPoint `json:"banks"`       // left before right; a side without a bank line is not there
	Reaches    []ReachHere `json:"reaches"`     // by level
	How        string      `json:"-"`
	Version    int64       `json:"-"`
}

// Beside is the point at an offset from the centre line, square to the flow.
type Beside struct {
	OffsetM Metres     `json:"offset_m"`
	Point   geo.LonLat `json:"point"`
	Plane   *Plane     `json:"plane"`
}

// Plane is a position in its 3-degree Gauss-Krüger zone (三度带), as Chinese tables print it: X is north, Y east with the zone's number.
type Plane struct {
	EPSG   geo.SRID `json:"epsg"`
	NorthM Metres   `json:"x_north_m"`
	EastM  Metres   `json:"y_east_m"`
}

// planeOf gives a position in its zone; nil outside the zones of China, 25 to 45.
func planeOf(lon, lat float64) *Plane {
	const first, last, firstEPSG = 25, 45, 4513
	zone := int(math.Floor(lon/3 + 0.5)) // an edge between two zones is the eastern one's
	if zone < first || zone > last {
		return nil
	}
	s, ok := crs.ByEPSG(geo.SRID(firstEPSG + zone - first))
	if !ok {
		return nil
	}
	east, north := s.FromLonLat(lon, lat)
	return &Plane{EPSG: s.EPSG, NorthM: Metres(north), EastM: Metres(east)}
}

// Locate answers river + K -> place (Q5): the one point of the route there, the flow, both banks and the reaches.
func Locate(ctx context.Context, src Source, q LocateQuestion) (Made[Located], error) {
	route, how, err := routeOf(ctx, src, q.On)
	if err != nil {
		return nil, err
	}
	out := Located{RiverRoute: RiverRoute{route.River, told(route)}}
	m, clamped, err := place(route, q.Measure, &how)
	if err != nil {
		return nil, err
	}
	out.MeasureM, out.Label, out.Clamped = Metres(m), lref.Label(m), clamped
	if err := out.put(route, m, q); err != nil {
		return nil, err
	}
	reaches, err := reachesAt(ctx, src, q.At, []RouteTold{out.Route}, []float64{m})
	if err != nil {
		return nil, err
	}
	out.Reaches = reaches[0]
	lines, err := src.BankLinesOf(ctx, q.At, route.River.ID, duty.Box(out.Point[0], out.Point[1], duty.WidestM))
	if err != nil {
		return nil, fmt.Errorf("read bank lines: %w", err)
	}
	if out.Version, err = src.Version(ctx); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Located, error) {
		out.Banks, err = banksAt(ctx, lines, route, m, &how)
		out.How = how
		return out, err
	}, nil
}

// put gives the place of the measure, and that beside it.
func (l *Located) put(route *duty.Route, m float64, q LocateQuestion) error {
	centre, err := lref.LocateOffset(route.Geom, m, 0)
	if err != nil {
		return named(err, q.Measure.Name)
	}
	l.Point, l.AzimuthDeg, l.Plane = geo.LonLat{centre.Lon, centre.Lat}, centre.AzimuthDeg, planeOf(centre.Lon, centre.Lat)
	if q.OffsetM == 0 {
		return nil
	}
	p, err := lref.LocateOffset(route.Geom, m, q.OffsetM)
	if err != nil {
		return named(err, "offset")
	}
	l.Beside = &Beside{Metres(q.OffsetM), geo.LonLat{p.Lon, p.Lat}, planeOf(p.Lon, p.Lat)}
	return nil
}

// banksAt gives the place of each bank at a measure: of several bank lines of a side the one that is crossed square to the flow and
// nearest, else the one that comes closest.
func banksAt(ctx context.Context, lines []BankLine, route *duty.Route, m float64, how *string) ([]BankPoint, error) {
	best := map[geo.Bank]BankPoint{}
	for _, l := range lines {
		facings, err := facingsOf(ctx, route.Geom, l, m, m, how)
		if err != nil {
			return nil, err
		}
		for _, f := range facings {
			p, err := f.Point(m)
			if err != nil || p.DistanceM > duty.WidestM {
				continue // it does not run beside this part of the route
			}
			found := BankPoint{Bank: l.Bank, LineID: l.ID, Name: l.Name, Point: geo.LonLat{p.Lon, p.Lat}, DistanceM: Metres(p.DistanceM), OffsetM: Metres(p.OffsetM), Found: closest}
			if p.Square {
				found.Found = square
			}
			if was, ok := best[l.Bank]; !ok || found.before(was) {
				best[l.Bank] = found
			}
		}
	}
	out := []BankPoint{}
	for _, side := range []geo.Bank{geo.Left, geo.Right} {
		if b, ok := best[side]; ok {
			out = append(out, b)
		}
	}
	return out, nil
}

// How a place of a bank line was found.
const (
	square  = "square"  // the bank line crosses the line square to the flow there
	closest = "closest" // it does not; there it comes closest
)

// BankPoint is the place of a bank at a measure.
type BankPoint struct {
	Bank      geo.Bank   `json:"bank"`
	LineID    int64      `json:"bank_line_id"`
	Name      *string    `json:"name"`
	Point     geo.LonLat `json:"point"`
	DistanceM Metres     `json:"distance_m"` // from the centre line's point
	OffsetM   Metres     `json:"offset_m"`   // to the side of the flow: left is negative
	Found     string     `json:"found"`      // square, closest
}

func (b BankPoint) before(o BankPoint) bool {
	if b.Found != o.Found {
		return b.Found == square
	}
	return b.DistanceM < o.DistanceM
}
