package export

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"unicode/utf8"

	"github.com/twpayne/go-geom"
	"golang.org/x/sys/unix"
	"golang.org/x/text/encoding/simplifiedchinese"

	"hetu/data/gdal"
	"hetu/geo"
	"hetu/geo/crs"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// workshop is where GDAL writes: a folder of ours that it may read, and one in it that is its own.
type workshop struct {
	dir, work string
	lock      *os.File
	child     *gdal.Child
}

// workshopPrefix begins the name of every such folder.
const workshopPrefix = "hetu-export-"

func newWorkshop(ctx context.Context, o Options, dated geo.Date) (*workshop, error) {
	temp := o.Temp
	if temp == "" {
		temp = os.TempDir()
	}
	gdal.Sweep(temp, workshopPrefix)
	dir, err := os.MkdirTemp(temp, workshopPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a folder to write in: %w", err)
	}
	w := &workshop{dir: dir, work: filepath.Join(dir, "work")}
	if err = os.Mkdir(w.work, 0o700); err == nil && os.Geteuid() == 0 {
		err = errors.Join(os.Chown(w.work, gdal.Nobody, gdal.Nobody), os.Chown(dir, 0, gdal.Nobody), os.Chmod(dir, 0o710)) //nolint:gosec // G302: entered by the child, not listed
	}
	if err == nil {
		w.lock, err = gdal.Lock(dir)
	}
	if err == nil {
		w.child, err = gdal.New(ctx, o.Tools, w.work, "ESRI Shapefile", "GPKG", "DXF", "GeoJSON", "OGR_VRT")
	}
	if err != nil {
		w.close()
		return nil, err
	}
	w.child.Writing = true
	w.child.Env = []string{"OGR_CURRENT_DATE=" + dated.String() + "T00:00:00.000Z"}
	return w, nil
}

func (w *workshop) close() {
	_ = os.RemoveAll(w.dir)
	if w.lock != nil {
		_ = w.lock.Close()
	}
}

// read gives a file that GDAL wrote: no link on the way to it, and not larger than it may write.
func (w *workshop) read(names ...string) ([]byte, error) {
	root, err := os.OpenRoot(w.work)
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	defer func() { _ = root.Close() }()
	name := filepath.Join(names...)
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() > gdal.File {
		return nil, geo.Errorf(geo.CodeInternal, "%s is no file that was written", name)
	}
	return io.ReadAll(io.LimitReader(f, gdal.File))
}

// layerData is a layer with its features.
type layerData struct {
	Layer
	records []record
	notes   []string
}

// decimals that coordinates are written with: a hundredth of a millimetre.
const (
	metreDecimals  = 5
	degreeDecimals = 10
)

// geoJSON writes the features with the template's fields, coordinates in the system: what GDAL reads.
func (l *layerData) geoJSON(name string, system crs.System, drawing bool) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"type\":\"FeatureCollection\",\"name\":%q,\"features\":[", name)
	for i, r := range l.records {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n{\"type\":\"Feature\",\"properties\":{")
		if err := l.properties(&b, r, drawing); err != nil {
			return nil, err
		}
		b.WriteString("},\"geometry\":")
		if err := writeGeometry(&b, r.geom, system); err != nil {
			return nil, err
		}
		b.WriteByte('}')
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

func (l *layerData) properties(b *bytes.Buffer, r record, drawing bool) error {
	if drawing {
		fmt.Fprintf(b, "\"Layer\":%q", l.DXF)
		return nil
	}
	for i, f := range l.Fields {
		v := r.values[f.From]
		if f.Value != "" {
			v = f.Value
		}
		if n, ok := v.(float64); ok {
			p := math.Pow10(f.Decimals)
			v = math.Round(n*p)/p + 0
			if f.Type == "text" {
				v = strconv.FormatFloat(n, 'f', f.Decimals, 64)
			}
		}
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", f.Name, l.Name, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(text)
	}
	return nil
}

// writeGeometry writes X and Y in the system.
func writeGeometry(b *bytes.Buffer, g geom.T, system crs.System) error {
	line := func(flat []float64, stride int) {
		b.WriteByte('[')
		for i := 0; i+1 < len(flat); i += stride {
			if i > 0 {
				b.WriteByte(',')
			}
			writePosition(b, flat[i], flat[i+1], system)
		}
		b.WriteByte(']')
	}
	switch g := g.(type) {
	case *geom.Point:
		b.WriteString(`{"type":"Point","coordinates":`)
		writePosition(b, g.X(), g.Y(), system)
	case *geom.LineString:
		b.WriteString(`{"type":"LineString","coordinates":`)
		line(g.FlatCoords(), g.Stride())
	case *geom.MultiPolygon:
		b.WriteString(`{"type":"MultiPolygon","coordinates":[`)
		for i := range g.NumPolygons() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('[')
			for j := range g.Polygon(i).NumLinearRings() {
				if j > 0 {
					b.WriteByte(',')
				}
				line(g.Polygon(i).LinearRing(j).FlatCoords(), g.Stride())
			}
			b.WriteByte(']')
		}
		b.WriteByte(']')
	default:
		return fmt.Errorf("a %T is not written", g)
	}
	b.WriteByte('}')
	return nil
}

func writePosition(b *bytes.Buffer, lon, lat float64, system crs.System) {
	x, y, decimals := lon, lat, degreeDecimals
	if system.Kind == crs.GaussKruger {
		x, y = system.FromLonLat(lon, lat)
		decimals = metreDecimals
	}
	b.WriteString("[" + strconv.FormatFloat(x, 'f', decimals, 64) + "," + strconv.FormatFloat(y, 'f', decimals, 64) + "]")
}

// encoded is how many bytes a text takes in an encoding; an error names a text that it cannot hold.
func encoded(text string, e Encoding) (int, error) {
	if e == UTF8 {
		return len(text), nil
	}
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return 0, geo.FieldErrorf(geo.CodeRefused, "encoding", "%q cannot be written in GBK: write the package in UTF-8", text)
	}
	return len(b), nil
}

// fit holds texts against the encoding and against the width of a Shapefile's columns. It gives the columns' widths, and the layer as
// the Shapefile can hold it; what is cut is noted, and stands whole elsewhere.
func (l *layerData) fit(e Encoding) (*layerData, map[string]int, error) {
	out := &layerData{Layer: l.Layer}
	wide := map[string]int{}
	cuts := map[string]int{}
	for _, f := range l.Fields {
		if _, err := encoded(f.Name, e); err != nil {
			return nil, nil, err
		}
	}
	for _, r := range l.records {
		values := maps.Clone(r.values)
		for _, f := range l.Fields {
			text, ok := r.values[f.From].(string)
			if f.Value != "" || !ok || f.Type != "text" {
				continue
			}
			n, err := encoded(text, e)
			if err != nil {
				return nil, nil, err
			}
			for n > maxFieldWidth {
				_, size := utf8.DecodeLastRuneInString(text)
				text = text[:len(text)-size]
				if n, err = encoded(text, e); err != nil {
					return nil, nil, err
				}
			}
			if text != r.values[f.From] {
				values[f.From] = text
				cuts[f.Name]++
			}
			wide[f.Name] = max(wide[f.Name], n)
		}
		out.records = append(out.records, record{r.geom, values})
	}
	for _, f := range l.Fields {
		if n := cuts[f.Name]; n > 0 {
			l.notes = append(l.notes, fmt.Sprintf("%s: 字段 %s 有 %d 条超过 Shapefile 上限 %d 字节而截短,全文见 GeoPackage 与表格 (cut in the Shapefile, whole in the GeoPackage)", l.Name, f.Name, n, maxFieldWidth))
		}
	}
	return out, wide, nil
}

// schema tells GDAL the fields of a layer's GeoJSON, in their order: their types and widths. Texts are as wide as the template says or the
// widest there is; without widths, as a GeoPackage needs none.
func (l *layerData) schema(b *bytes.Buffer, name, source string, wide map[string]int) {
	escaped := func(text string) string {
		var out bytes.Buffer
		_ = xml.EscapeText(&out, []byte(text)) // a buffer takes all
		return out.String()
	}
	fmt.Fprintf(b, `<OGRVRTLayer name="%s"><SrcDataSource relativeToVRT="1">%s</SrcDataSource><SrcLayer>src</SrcLayer>`, escaped(name), source)
	for _, f := range l.Fields {
		kind := map[string]string{"text": "String", "integer": "Integer", "real": "Real"}[f.Type]
		fmt.Fprintf(b, `<Field name="%s" src="%[1]s" type="%s"`, escaped(f.Name), kind)
		if wide != nil {
			width := f.Width
			if f.Type == "text" {
				width = min(max(width, wide[f.Name]), maxFieldWidth)
			}
			fmt.Fprintf(b, ` width="%d" precision="%d"`, width, f.Decimals)
		}
		b.WriteString("/>")
	}
	b.WriteString("</OGRVRTLayer>")
}

// put writes what GDAL is to read.
func (w *workshop) put(name string, b []byte) (string, error) {
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, b, 0o644); err != nil { //nolint:gosec // G306: the child reads it
		return "", fmt.Errorf("write for GDAL: %w", err)
	}
	return path, nil
}

// source writes what GDAL reads: the layers' features, and a table of contents that names it.
func (w *workshop) source(layers []*layerData, system crs.System, nameFunc func(i int) string, wide []map[string]int) (string, error) {
	var contents bytes.Buffer
	contents.WriteString("<OGRVRTDataSource>")
	for i, l := range layers {
		text, err := l.geoJSON("src", system, false)
		if err != nil {
			return "", err
		}
		name := fmt.Sprintf("in%d.geojson", i)
		if _, err = w.put(name, text); err != nil {
			return "", err
		}
		var widths map[string]int
		if wide != nil {
			widths = wide[i]
		}
		l.schema(&contents, nameFunc(i), name, widths)
	}
	contents.WriteString("</OGRVRTDataSource>")
	return w.put("in.vrt", contents.Bytes())
}

// shapefiles writes layers as Shapefiles and gives the files of each by their endings.
func (w *workshop) shapefiles(ctx context.Context, layers []*layerData, system crs.System, e Encoding, dated geo.Date) ([]map[string][]byte, error) {
	fitted, wide := make([]*layerData, len(layers)), make([]map[string]int, len(layers))
	for i, l := range layers {
		var err error
		if fitted[i], wide[i], err = l.fit(e); err != nil {
			return nil, err
		}
	}
	name := func(i int) string { return "layer" + strconv.Itoa(i) }
	path, err := w.source(fitted, system, name, wide)
	if err != nil {
		return nil, err
	}
	args := []string{"-f", "ESRI Shapefile", "shp", path, "-a_srs", "EPSG:" + strconv.Itoa(int(system.EPSG)), "-lco", "ENCODING=" + string(e), "-lco", "DBF_DATE_LAST_UPDATE=" + dated.String()}
	if err = w.child.Run(ctx, nil, io.Discard, "ogr2ogr", args...); err != nil {
		return nil, fmt.Errorf("write the Shapefiles: %w", err)
	}
	out := make([]map[string][]byte, len(layers))
	for i := range layers {
		out[i] = map[string][]byte{}
		for _, ext := range []string{".shp", ".shx", ".dbf", ".prj", ".cpg"} {
			if out[i][ext], err = w.read("shp", name(i)+ext); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// geoPackage writes all layers into one file.
func (w *workshop) geoPackage(ctx context.Context, layers []*layerData, system crs.System) ([]byte, error) {
	path, err := w.source(layers, system, func(i int) string { return layers[i].Name }, nil)
	if err != nil {
		return nil, err
	}
	if err = w.child.Run(ctx, nil, io.Discard, "ogr2ogr", "-f", "GPKG", "out.gpkg", path, "-a_srs", "EPSG:"+strconv.Itoa(int(system.EPSG))); err != nil {
		return nil, fmt.Errorf("write the GeoPackage: %w", err)
	}
	return w.read("out.gpkg")
}

// drawing writes all layers into one DXF file: geometry on layers of its own names, without attributes.
func (w *workshop) drawing(ctx context.Context, layers []*layerData, system crs.System) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{\"type\":\"FeatureCollection\",\"name\":\"src\",\"features\":[")
	n := 0
	for _, l := range layers {
		text, err := l.geoJSON("src", system, true)
		if err != nil {
			return nil, err
		}
		_, rest, _ := bytes.Cut(text, []byte("\"features\":["))
		rest = bytes.TrimSuffix(rest, []byte("\n]}\n"))
		if n > 0 && len(rest) > 0 {
			b.WriteByte(',')
		}
		b.Write(rest)
		n += len(l.records)
	}
	b.WriteString("\n]}\n")
	path, err := w.put("in.geojson", b.Bytes())
	if err != nil {
		return nil, err
	}
	if err = w.child.Run(ctx, nil, io.Discard, "ogr2ogr", "-f", "DXF", "out.dxf", path); err != nil {
		return nil, fmt.Errorf("write the drawing: %w", err)
	}
	return w.read("out.dxf")
}
