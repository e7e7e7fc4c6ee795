package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"

	"hetu/geo"
	"hetu/geo/crs"
)

// Manifest is what a package says of itself, as its member manifest.json, which stands last and lists all others.
type Manifest struct {
	River    string          `json:"river"`
	Code     string          `json:"river_code,omitempty"`
	AsOf     geo.Date        `json:"as_of"`
	Version  int64           `json:"version"`
	Dated    geo.Date        `json:"dated"`
	CRS      string          `json:"crs"` // of all geometry and of X and Y in the tables
	Encoding Encoding        `json:"encoding"`
	Template string          `json:"template"`
	Layers   []ManifestLayer `json:"layers"`
	Notes    []string        `json:"notes"`
	Files    []ManifestFile  `json:"files"`
}

// ManifestLayer counts the features of a layer; one without any has no file.
type ManifestLayer struct {
	Name  string `json:"name"`
	DXF   string `json:"dxf"`
	Count int    `json:"count"`
}

// ManifestFile is a file of the package.
type ManifestFile struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Package writes a package of results 成果包 as one zip: Shapefiles by the template's layers, a GeoPackage, a drawing, the tables as XLSX
// and CSV, and the manifest with the sha256 of each. The same deliverable and options give the same bytes: all times are the version's
// day. Nothing is written before all of it is there.
func Package(ctx context.Context, w io.Writer, d Deliverable, o Options) (Manifest, error) {
	var m Manifest
	if d.River == "" || d.Dated.IsZero() || d.AsOf.IsZero() {
		return m, geo.Errorf(geo.CodeInvalid, "a package is of a named river, a day and a dated version")
	}
	if o.Encoding == "" {
		o.Encoding = GBK
	}
	if o.Encoding != GBK && o.Encoding != UTF8 {
		return m, geo.InvalidField("encoding", "%q is no encoding of packages: write GBK or UTF-8", o.Encoding)
	}
	template, err := TemplateNamed(o.Template)
	if err != nil {
		return m, err
	}
	system, err := o.system(d)
	if err != nil {
		return m, err
	}
	m = Manifest{
		River: d.River, Code: d.RiverCode, AsOf: d.AsOf, Version: d.Version, Dated: d.Dated, CRS: system.String(), Encoding: o.Encoding, Template: template.ID,
		Layers: []ManifestLayer{}, Notes: []string{},
	}
	c := newContents(d, system)
	layers := c.layers(template, &m)
	files, err := drawn(ctx, layers, system, d, o)
	if err != nil {
		return m, err
	}
	tables, err := c.tables(o.Encoding)
	if err != nil {
		return m, err
	}
	for _, l := range layers {
		m.Notes = append(m.Notes, l.notes...)
	}
	return m, m.seal(w, append(files, tables...))
}

// layers gives the layers that have features.
func (c *contents) layers(t Template, m *Manifest) []*layerData {
	var out []*layerData
	for _, l := range t.Layers {
		records := c.records(l.Of)
		m.Layers = append(m.Layers, ManifestLayer{l.Name, l.DXF, len(records)})
		if len(records) > 0 {
			out = append(out, &layerData{Layer: l, records: records})
		}
	}
	return out
}

// drawn writes what GDAL writes.
func drawn(ctx context.Context, layers []*layerData, system crs.System, d Deliverable, o Options) ([]file, error) {
	if len(layers) == 0 {
		return nil, nil
	}
	shop, err := newWorkshop(ctx, o, d.Dated)
	if err != nil {
		return nil, err
	}
	defer shop.close()
	var out []file
	sets, err := shop.shapefiles(ctx, layers, system, o.Encoding, d.Dated)
	if err != nil {
		return nil, err
	}
	for i, l := range layers {
		for _, ext := range []string{".shp", ".shx", ".dbf", ".prj", ".cpg"} {
			out = append(out, file{"shp/" + l.Name + ext, sets[i][ext]})
		}
	}
	base := fileName(d.River)
	b, err := shop.geoPackage(ctx, layers, system)
	if err != nil {
		return nil, err
	}
	out = append(out, file{base + ".gpkg", b})
	if b, err = shop.drawing(ctx, layers, system); err != nil {
		return nil, err
	}
	return append(out, file{base + ".dxf", b}), nil
}

// fileName makes a name of files out of a river's.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
}

// tables writes the tables: each workbook, and each of its sheets as CSV. A table without rows is left out.
func (c *contents) tables(e Encoding) ([]file, error) {
	var out []file
	system := c.system
	if system.Kind != crs.GaussKruger {
		system = middleZone(c.Deliverable)
	}
	for _, book := range []struct {
		name   string
		has    bool
		csv    bool
		sheets func() []Sheet
	}{
		{"界桩成果表", len(c.Stakes) > 0, true, func() []Sheet { return StakeSheets(c.Stakes, system) }},
		{"界桩移交证书", len(c.Stakes) > 0, false, func() []Sheet { return []Sheet{c.certificates()} }},
		{"岸线功能区表", len(c.Zones) > 0, true, c.zoneSheets},
		{"岸线占用表", len(c.Occupations) > 0, true, func() []Sheet { return []Sheet{c.occupied()} }},
		{"公告附表", len(c.Announced) > 0, true, func() []Sheet { return []Sheet{c.announced()} }},
	} {
		if !book.has {
			continue
		}
		sheets := book.sheets()
		b, err := Workbook(c.Dated, sheets...)
		if err != nil {
			return nil, err
		}
		out = append(out, file{"tables/" + book.name + ".xlsx", b})
		for _, s := range sheets {
			if !book.csv {
				break
			}
			text, err := s.CSV(e)
			if err != nil {
				return nil, err
			}
			out = append(out, file{"tables/" + fileName(s.Name) + ".csv", text})
		}
	}
	return out, nil
}

// seal lists the files and writes the archive.
func (m *Manifest) seal(w io.Writer, files []file) error {
	m.Files = []ManifestFile{}
	for _, f := range files {
		sum := sha256.Sum256(f.b)
		m.Files = append(m.Files, ManifestFile{f.name, len(f.b), hex.EncodeToString(sum[:])})
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return pack(w, m.Dated, append(files, file{"manifest.json", append(text, '\n')}))
}
