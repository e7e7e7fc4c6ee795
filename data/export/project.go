package export

import (
	"context"
	"io"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// Projects writes what is handed over of boundary projects.
type Projects struct {
	Tools string // folder of GDAL's tools; empty: /usr/bin
	Temp  string // folder for what is written before it is packed; empty: the system's
}

// DeliverableOf makes of a project what a package holds.
func DeliverableOf(p project.Package) Deliverable {
	d := Deliverable{
		River: p.Stretch.RiverName, RiverCode: p.Around.RiverCode, Route: p.Stretch.Route, Lines: p.Lines, Stakes: project.Stakes(p.Around.Stakes), Zones: p.Around.Zones, Divisions: p.Divisions,
		Unit: p.Unit, AsOf: p.AsOf, Version: p.Version, Dated: p.Dated,
	}
	if d.River == "" {
		d.River = p.Project.Name
	}
	for _, part := range p.Parts {
		d.Areas = append(d.Areas, Area{Division: part.Division, AreaM2: part.AreaM2, Geom: part.Geom})
	}
	for _, l := range p.Stretch.Survey {
		if l.Kind == demarc.FloodLine {
			d.Flood = append(d.Flood, l)
		}
	}
	d.Announced = announcedOf(p, d)
	return d
}

// announcedOf gives the row of the table of an announcement. Its length is that of the centre line on the ellipsoid: measures are those of the
// kilometre stones on a route that was calibrated by them, and their difference is no length.
func announcedOf(p project.Package, d Deliverable) []AnnouncedRiver {
	out := AnnouncedRiver{Name: d.River, Start: lref.Label(p.Project.FromM), End: lref.Label(p.Project.ToM), Rule: p.Rule, Unit: p.Unit}
	if out.Rule == "" {
		out.Rule = p.Project.RuleProfile
	}
	if p.Stretch.Route != nil {
		if part, err := lref.Substring(p.Stretch.Route, p.Project.FromM, p.Project.ToM); err == nil {
			out.LengthKm = new(lref.Length(part) / 1000)
		}
	}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		length := 0.0
		for _, piece := range p.Lines.Of(bank) {
			length += lref.Length(piece.Line)
		}
		if length == 0 {
			continue
		}
		if bank == geo.Left {
			out.LeftKm = new(length / 1000)
		} else {
			out.RightKm = new(length / 1000)
		}
	}
	return []AnnouncedRiver{out}
}

// Package writes a package of results 成果包 as a zip.
func (w Projects) Package(ctx context.Context, out io.Writer, p project.Package, o project.PackageOptions) error {
	_, err := Package(ctx, out, DeliverableOf(p), Options{Encoding: Encoding(o.Encoding), Zone: geo.SRID(o.Zone), Template: o.Template, Tools: w.Tools, Temp: w.Temp})
	return err
}

// StakeTable writes the stake table 界桩成果表 as CSV, with a byte order mark, or as XLSX with signs on a second sheet.
func (Projects) StakeTable(_ context.Context, out io.Writer, p project.Package, xlsx bool) error {
	d := DeliverableOf(p)
	sheets := StakeSheets(d.Stakes, middleZone(d))
	var b []byte
	var err error
	if xlsx {
		b, err = Workbook(d.Dated, sheets...)
	} else {
		for _, s := range sheets {
			var text []byte
			if text, err = s.CSV(UTF8); err != nil {
				break
			}
			if len(b) > 0 { // signs follow the stakes, below a head of their own
				text = append([]byte("\r\n"), text[len("\ufeff"):]...)
			}
			b = append(b, text...)
		}
	}
	if err != nil {
		return err
	}
	_, err = out.Write(b)
	return err
}

// Certificates writes the handover certificates 移交证书 of the stakes, a page each, as XLSX.
func (Projects) Certificates(_ context.Context, out io.Writer, p project.Package) error {
	d := DeliverableOf(p)
	b, err := Workbook(d.Dated, newContents(d, middleZone(d)).certificates())
	if err == nil {
		_, err = out.Write(b)
	}
	return err
}
