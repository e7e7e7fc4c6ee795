package gate

import (
	"errors"
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	quality "hetu/geo/demarc/rules"
	"hetu/geo/project"
)

// metaOf gives what is told of a project in words, as it is stored. Nothing is made up: what is not there is nil, and the rules say that they could not
// look at it.
func metaOf(s project.Subject) quality.Meta {
	m := quality.Meta{
		Name: s.Project.Name, NoCodes: true, RiverCode: s.Around.RiverCode, Status: string(s.Project.Status), EffectiveFrom: s.Project.EffectiveFrom,
		Fields: fieldsOf(s),
	}
	for _, r := range s.Around.Directory {
		m.Directory = append(m.Directory, quality.RiverEntry{Name: r.Name, Code: r.Code})
	}
	for _, d := range s.Around.Above {
		m.KnownDivisions = append(m.KnownDivisions, d.ID)
	}
	if d := s.Project.Declared; d != nil {
		for _, t := range d.TextLengths {
			m.TextLengths = append(m.TextLengths, quality.TextLength{Of: quality.LengthOf(t.Of), Metres: t.Metres, Where: t.Where})
		}
	}
	if d := s.Around.Document; d != nil {
		m.LegalDoc = &quality.LegalDoc{Date: d.Dated}
		if d.Number != nil {
			m.LegalDoc.Number = *d.Number
		}
		if d.SHA256 != nil {
			m.LegalDoc.SHA256 = *d.SHA256
		}
	}
	return m
}

// The widths in bytes of the fields of shoreline zones, of domain.md 4.5.
const (
	rnameBytes      = 30
	regionBytes     = 5
	basisBytes      = 200
	restraintsBytes = 1000
)

// fieldsOf gives the values that the deliverables will have of a project. A county may lie in no city, and a survey may end at counties: those may be blank.
func fieldsOf(s project.Subject) []quality.Field {
	out := []quality.Field{{Name: "名称", Value: s.Stretch.RiverName}}
	byID := map[int64]demarc.Division{}
	for _, d := range s.Around.Above {
		byID[d.ID] = d
	}
	for _, town := range Towns(s.Stretch.Divisions) {
		county := ""
		d, ok := byID[town.ID]
		for range geo.Village {
			if ok && d.Level == geo.County {
				county = d.Name
			}
			d, ok = byID[d.Parent]
		}
		out = append(out, quality.Field{Name: "区(县)（" + town.Name + "）", Value: county}, quality.Field{Name: "乡镇（" + town.Code + "）", Value: town.Name})
	}
	for _, z := range s.Around.Zones {
		of := func(name string) string { return name + "（" + z.RegionID + "）" }
		out = append(
			out,
			quality.Field{Name: of("rname"), Value: s.Stretch.RiverName, MaxBytes: rnameBytes}, quality.Field{Name: of("regionid"), Value: z.RegionID, MaxBytes: regionBytes},
			quality.Field{Name: of("basis"), Value: z.Basis, MaxBytes: basisBytes, Optional: true},
			quality.Field{Name: of("restraints"), Value: z.Restraints, MaxBytes: restraintsBytes, Optional: true},
		)
	}
	return out
}

func enclavesOf(p project.Project) []geom.Coord {
	if p.Declared == nil {
		return nil
	}
	var out []geom.Coord
	for _, e := range p.Declared.Enclaves {
		out = append(out, geom.Coord{e[0], e[1]})
	}
	return out
}

// baseOf is the river as the base network has it: its route in the store, and its banks, for a wide river's lines lie far from its middle.
func baseOf(st demarc.Stretch) *quality.BaseRiver {
	out := &quality.BaseRiver{Centre: []*geom.LineString{st.Route}}
	for _, l := range st.Survey {
		if l.Kind == demarc.BankTop || l.Kind == demarc.WaterEdge {
			out.Banks = append(out.Banks, l.Line)
		}
	}
	return out
}

func unlookedOther(name string, err error) quality.Unlooked {
	return quality.Unlooked{
		Rule: "G11", Zh: "“" + name + "”的管理范围线构不成面，未核对是否重叠", En: "the lines of " + name + " close no area (" + said(err) + "): whether it overlaps this one",
	}
}

func unlookedCandidate(err error) quality.Unlooked {
	return quality.Unlooked{
		Rule: "G13", Zh: "按规则集画不出候选线，未查是否缩界（" + said(err) + "）", En: "no candidate can be drawn by the profile (" + said(err) + "): whether the line was shrunk",
	}
}

// unlookedGaps tells where no candidate lies beside the line.
func unlookedGaps(notes []demarc.Note) []quality.Unlooked {
	var out []quality.Unlooked
	for _, n := range notes {
		if n.Code == demarc.NoteGap {
			out = append(out, quality.Unlooked{
				Rule: "G13", Bank: n.Bank, FromM: n.FromM, ToM: n.ToM, Zh: n.Zh + "，没有候选线可比", En: n.En + ", so that no candidate lies there: whether the line was shrunk",
			})
		}
	}
	return out
}

// said is what an error tells people, without its cause.
func said(err error) string {
	if e, ok := errors.AsType[*geo.Error](err); ok {
		for _, f := range e.Fields {
			return fmt.Sprintf("%s %s", f.Name, f.Detail)
		}
		return e.Msg
	}
	return "an internal fault"
}
