package api

import (
	"context"
	"fmt"
	"net/http"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/zone"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
)

// zoneBody is a shoreline zone as it is told.
type zoneBody struct {
	RegionID   string          `json:"regionid"`
	Type       demarc.ZoneType `json:"type"`
	Bank       geo.Bank        `json:"bank"`
	FromM      float64         `json:"from_m"`
	ToM        float64         `json:"to_m"`
	FromLabel  string          `json:"from_label"`
	ToLabel    string          `json:"to_label"`
	LenKm      float64         `json:"len_km"`
	AreaM2     float64         `json:"area_m2"`
	Basis      string          `json:"basis"`
	Restraints string          `json:"restraints"`
	Start      *geo.LonLat     `json:"start"`
	End        *geo.LonLat     `json:"end"`
	Geometry   polygons        `json:"geometry"`
}

func zonesOf(zones []demarc.Zone) []zoneBody {
	out := make([]zoneBody, 0, len(zones))
	for _, z := range zones {
		b := zoneBody{
			RegionID: z.RegionID, Type: z.Type, Bank: z.Bank, FromM: z.FromM, ToM: z.ToM, FromLabel: lref.Label(z.FromM), ToLabel: lref.Label(z.ToM), LenKm: z.LenKm,
			AreaM2: centimetres(z.AreaM2), Basis: z.Basis, Restraints: z.Restraints, Geometry: polygons{z.Geom},
		}
		if z.Outer != nil && z.Outer.NumCoords() > 1 {
			first, last := z.Outer.Coord(0), z.Outer.Coord(z.Outer.NumCoords()-1)
			b.Start, b.End = &geo.LonLat{first[0], first[1]}, &geo.LonLat{last[0], last[1]}
		}
		out = append(out, b)
	}
	return out
}

// zones serves GET /api/v1/projects/{id}/zones: the shoreline zones 岸线功能区 of a project, from upstream down per bank.
func (s *server) zones(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.subject(r)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, map[string]any{
		"project_id": subject.Project.ID, "revision": subject.Project.Revision, "zones": zonesOf(subject.Around.Zones),
	})
}

// sentCut says what a range of a bank is to be.
type sentCut struct {
	Bank       geo.Bank        `json:"bank"`
	FromM      float64         `json:"from_m"`
	ToM        float64         `json:"to_m"`
	Type       demarc.ZoneType `json:"type"`
	Basis      string          `json:"basis"`
	Restraints string          `json:"restraints"`
}

// check holds a range to what it says by itself, at its place in the body: the ranges of a bank are put in order before they are held to each other.
func (c sentCut) check(at string) error {
	switch {
	case c.Bank != geo.Left && c.Bank != geo.Right:
		return geo.FieldErrorf(geo.CodeRefused, at+"/bank", "%q is no bank that has zones: left or right", shortened(string(c.Bank)))
	case c.Type < demarc.Protected || c.Type > demarc.Developed:
		return geo.FieldErrorf(geo.CodeRefused, at+"/type", "%d is no type of zone: 1 保护区, 2 保留区, 3 控制利用区, 4 开发利用区", c.Type)
	case !(c.FromM < c.ToM):
		return geo.FieldErrorf(geo.CodeRefused, at+"/from_m", "a zone runs from a smaller to a larger measure, not from %g to %g", c.FromM, c.ToM)
	}
	if err := textOf(at+"/basis", c.Basis, maxNote, false); err != nil {
		return err
	}
	return textOf(at+"/restraints", c.Restraints, maxNote, false)
}

// maxZones bounds the zones of a project: ids have three digits a bank.
const maxZones = 1998

// putZones serves PUT /api/v1/projects/{id}/zones: the shoreline is cut into zones anew. They have to tile both banks.
func (s *server) putZones(w http.ResponseWriter, r *http.Request) error {
	id, base, err := s.named(r)
	if err != nil {
		return err
	}
	var b struct {
		Zones []sentCut `json:"zones"`
	}
	once, err := readSent(w, r, maxCommitBytes, &b)
	if err != nil {
		return err
	}
	if len(b.Zones) > maxZones {
		return geo.InvalidField("/zones", "has %d zones; a project has at most %d", len(b.Zones), maxZones)
	}
	var cuts []zone.Cut
	for i, c := range b.Zones {
		if err := c.check(fmt.Sprintf("/zones/%d", i)); err != nil {
			return err
		}
		cuts = append(cuts, zone.Cut{Bank: c.Bank, FromM: c.FromM, ToM: c.ToM, Type: c.Type, Basis: c.Basis, Restraints: c.Restraints})
	}
	var made project.ZonesMade
	replayed := false
	err = s.placing.do(r.Context(), func(ctx context.Context) (err error) {
		made, replayed, err = s.Store.WriteZones(ctx, actorOf(ctx), id, base, func(p project.Subject) ([]demarc.Zone, error) { return cutZones(ctx, p, cuts) }, once)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etagOf(made.Revision))
	return writeDone(w, http.StatusOK, replayed, made)
}

// cutZones makes zones between the lines of a project and the line near the water: the water's edge of a bank, or else its top.
func cutZones(ctx context.Context, p project.Subject, cuts []zone.Cut) ([]demarc.Zone, error) {
	if len(cuts) == 0 {
		return nil, nil
	}
	st := p.Stretch
	st.FromM, st.ToM = p.Project.FromM, p.Project.ToM
	var near []demarc.SurveyLine
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		near = append(near, nearWater(st.Survey, bank)...)
	}
	zones, err := zone.Build(ctx, st, gate.Drawn(p), near, cuts, p.Around.ZonesTaken)
	if geo.CodeOf(err) == geo.CodeInvalid && err != nil {
		err = geo.Wrapf(err, geo.CodeRefused, "%v", err)
	}
	return zones, renamedFields(err, map[string]string{"cuts": "/zones", "bank": "/zones/bank", "type": "/zones/type", "from_m": "/zones/from_m"})
}

func nearWater(survey []demarc.SurveyLine, bank geo.Bank) []demarc.SurveyLine {
	for _, kind := range []demarc.SurveyKind{demarc.WaterEdge, demarc.BankTop} {
		var out []demarc.SurveyLine
		for _, l := range survey {
			if l.Bank == bank && l.Kind == kind {
				out = append(out, l)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// zoneSum is what the zones of one bank come to in a division, or on the river.
type zoneSum struct {
	Division *int64            `json:"division_id"` // null: the river's, or in no division
	Name     string            `json:"name"`
	Code     string            `json:"code"`
	Bank     geo.Bank          `json:"bank"`
	LengthM  float64           `json:"length_m"`
	Types    map[string]typeOf `json:"types"` // by type, 1 to 4
}

type typeOf struct {
	Count   int       `json:"count"`
	LengthM float64   `json:"length_m"`
	Share   geo.Share `json:"share"`
}

func sumOf(st zone.Stat) zoneSum {
	out := zoneSum{Division: idOrNull(st.Division.ID), Name: st.Division.Name, Code: st.Division.Code, Bank: st.Bank, LengthM: centimetres(st.LengthM), Types: map[string]typeOf{}}
	for i, t := range st.Types {
		out.Types[string(rune('1'+i))] = typeOf{t.Count, centimetres(t.LengthM), geo.Share{Part: centimetres(t.Share.Part), Whole: centimetres(t.Share.Whole)}}
	}
	return out
}

// zoneStatistics serves GET /api/v1/projects/{id}/zones/statistics: count, length and share of the four types, by county, by town and for the river. The
// lengths of the two banks are never added up.
func (s *server) zoneStatistics(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.subject(r)
	if err != nil {
		return err
	}
	out := map[string]any{"project_id": subject.Project.ID, "revision": subject.Project.Revision, "length_of": "outer_line"}
	err = s.engine.do(r.Context(), func(ctx context.Context) error { return sumZones(ctx, subject, out) })
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, out)
}

// sumZones fills in what the zones come to by county, by town and for the river.
func sumZones(ctx context.Context, subject project.Subject, out map[string]any) error {
	zones := gate.Outers(gate.Drawn(subject), subject.Around.Zones)
	for name, level := range map[string]geo.Level{"by_county": geo.County, "by_town": geo.Town} {
		by, river, err := zone.Statistics(ctx, zones, subject.Stretch.Divisions, level)
		if err != nil {
			return err
		}
		for member, stats := range map[string][]zone.Stat{name: by, "river": river} {
			sums := []zoneSum{}
			for _, st := range stats {
				sums = append(sums, sumOf(st))
			}
			out[member] = sums
		}
	}
	return nil
}
