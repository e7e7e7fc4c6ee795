package export

import (
	"embed"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"hetu/geo"
)

//go:embed templates/*.yaml
var templates embed.FS

// Template is how the layers of a package are called and which fields they have 图层模板. Each is data with its source.
type Template struct {
	ID     string `yaml:"id"`
	Title  string `yaml:"title"`
	Source struct {
		Text string `yaml:"text"`
		Mark string `yaml:"mark"`
	} `yaml:"source"`
	Note   string  `yaml:"note"`
	Layers []Layer `yaml:"layers"`
}

// Layer is one layer of a template.
type Layer struct {
	Name   string  `yaml:"name"` // of the Shapefile
	DXF    string  `yaml:"dxf"`  // in ASCII: drawings carry no encoding
	Of     string  `yaml:"of"`   // boundary, area, stake, sign, point (stakes and signs), zone or flood
	Fields []Field `yaml:"fields"`
}

// Field is a column of a layer.
type Field struct {
	Name     string `yaml:"name"`  // at most ten bytes
	From     string `yaml:"from"`  // the value, by its name in values.go
	Value    string `yaml:"value"` // or one text for all
	Type     string `yaml:"type"`  // text, integer, real
	Width    int    `yaml:"width"`
	Decimals int    `yaml:"decimals"`
}

// maxFieldWidth is what a text column of a Shapefile holds, in bytes.
const maxFieldWidth = 254

// Templates names the templates there are.
func Templates() []string {
	entries, _ := templates.ReadDir("templates")
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}

// TemplateNamed gives a template; "" is that of the house.
func TemplateNamed(id string) (Template, error) {
	if id == "" {
		id = "house"
	}
	if !slices.Contains(Templates(), id) {
		return Template{}, geo.InvalidField("template", "there is no layer template %q; there are %s", id, strings.Join(Templates(), ", "))
	}
	text, err := templates.ReadFile("templates/" + id + ".yaml")
	if err != nil {
		return Template{}, geo.Wrapf(err, geo.CodeInternal, "the layer template %s cannot be read", id)
	}
	return ParseTemplate(text)
}

// ParseTemplate reads and checks a template.
func ParseTemplate(text []byte) (Template, error) {
	var t Template
	if err := yaml.UnmarshalWithOptions(text, &t, yaml.Strict()); err != nil {
		return t, geo.Wrapf(err, geo.CodeInvalid, "the layer template cannot be read")
	}
	names := map[string]bool{}
	for _, l := range t.Layers {
		known, ok := valuesOf()[l.Of]
		switch {
		case !ok:
			return t, geo.InvalidField(l.Name, "a layer is of %s, not of %q", strings.Join(slices.Sorted(maps.Keys(valuesOf())), ", "), l.Of)
		case l.Name == "" || strings.ContainsAny(l.Name, `/\:*?"<>|`) || names[l.Name]:
			return t, geo.InvalidField("layers", "%q is no name of a layer, or stands twice", l.Name)
		case l.DXF == "" || strings.Trim(l.DXF, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
			return t, geo.InvalidField(l.Name, "its name in drawings is written in capitals, digits and _, not %q", l.DXF)
		}
		names[l.Name] = true
		if err := checkFields(l, known); err != nil {
			return t, err
		}
	}
	if t.ID == "" || t.Source.Text == "" || len(t.Layers) == 0 {
		return t, geo.Errorf(geo.CodeInvalid, "a layer template has an id, a source and layers")
	}
	return t, nil
}

func checkFields(l Layer, known []string) error {
	seen := map[string]bool{}
	for _, f := range l.Fields {
		where := l.Name + "." + f.Name
		switch {
		case f.Name == "" || len(f.Name) > 10 || seen[strings.ToUpper(f.Name)] || strings.ContainsAny(f.Name, `"'\`):
			return geo.InvalidField(where, "a Shapefile's field has a name of its own of up to ten bytes")
		case (f.From == "") == (f.Value == ""):
			return geo.InvalidField(where, "a field has either from or value")
		case f.From != "" && !slices.Contains(known, f.From):
			return geo.InvalidField(where, "nothing of a %s is called %q; there are %s", l.Of, f.From, strings.Join(known, ", "))
		case !slices.Contains([]string{"text", "integer", "real"}, f.Type) || f.Width < 1 || f.Width > maxWidth(f.Type) || f.Decimals < 0 || f.Decimals >= f.Width:
			return geo.InvalidField(where, "it is no %s of width %d and %d decimals", f.Type, f.Width, f.Decimals)
		}
		seen[strings.ToUpper(f.Name)] = true
	}
	return nil
}

func maxWidth(kind string) int {
	switch kind {
	case "text":
		return 1000 // what does not fit into a Shapefile stands whole in the GeoPackage
	case "integer":
		return 9
	default:
		return 19
	}
}
