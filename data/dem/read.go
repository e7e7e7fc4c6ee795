package dem

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"hetu/data/gdal"
	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
)

// The limits of what is taken in. Each has a test.
const (
	maxFile  = 2 << 30    // bytes of the file
	maxCells = 16_000_000 // of the grid that is read: as text they stay below what the child may write
	maxText  = gdal.File  // bytes of the grid as text
)

// Request is what to read.
type Request struct {
	Path   string
	File   io.ReadSeeker // in its place, if it is not nil
	CRS    string        // EPSG:4547 …; needed where the file names none
	Window *geo.Extent   // degrees; what lies in it is read, all if nil
	Datum  string        // of its heights, as 1985: files do not say
	Source string
	Tools  string // folder of GDAL's tools; /usr/bin if empty
	Temp   string // folder for copies; that of the system if empty
	Cells  int    // the most that are read; 16,000,000 if 0
}

// Read gives the first band of a file as heights, in EPSG:4490 or the Gauss-Krüger zone that the file is in; from another system it is
// resampled (bilinear) to EPSG:4490. Errors are of geo.CodeRefused, geo.CodeTooLarge or geo.CodeInvalid, and name what helps.
func Read(ctx context.Context, req Request) (demarc.DEM, error) {
	r := &reader{Request: req}
	defer r.close()
	if err := r.copy(); err != nil {
		return demarc.DEM{}, err
	}
	if err := r.prepare(ctx); err != nil {
		return demarc.DEM{}, err
	}
	system, err := r.describe(ctx)
	if err != nil {
		return demarc.DEM{}, err
	}
	out, err := r.grid(ctx, system)
	out.System, out.Datum, out.Source = system, req.Datum, req.Source
	return out, err
}

// reader reads one file.
type reader struct {
	Request
	dir, work, file string
	driver          string
	child           *gdal.Child
	info            info
	from            string // the reference system to tell GDAL, where the file names none
}

// info is what gdalinfo tells, as far as it is used.
type info struct {
	Size   []int     `json:"size"`
	Geo    []float64 `json:"geoTransform"`
	System struct {
		WKT string `json:"wkt"`
	} `json:"coordinateSystem"`
	Bands []struct {
		Type string `json:"type"`
	} `json:"bands"`
}

func (r *reader) close() {
	if r.dir != "" {
		_ = os.RemoveAll(r.dir)
	}
}

// copy puts the file into a folder of its own, where the child may read it and nothing else.
func (r *reader) copy() error {
	if r.File != nil {
		return r.copyOf(r.File, "the file")
	}
	name := filepath.Base(r.Path)
	in, err := os.OpenFile(r.Path, os.O_RDONLY|unix.O_NONBLOCK, 0) //nolint:gosec // G304: the path is the operator's argument
	if err != nil {
		return geo.Wrapf(err, geo.CodeInvalid, "the elevation model %s cannot be read", name)
	}
	defer func() { _ = in.Close() }()
	stat, err := in.Stat()
	if err != nil || !stat.Mode().IsRegular() {
		return geo.Errorf(geo.CodeInvalid, "%s is no file", name)
	}
	if stat.Size() > maxFile {
		return geo.Errorf(geo.CodeTooLarge, "%s is larger than %d bytes: cut it to the river", name, maxFile)
	}
	return r.copyOf(in, name)
}

func (r *reader) copyOf(in io.ReadSeeker, name string) error {
	head := make([]byte, 16)
	n, _ := io.ReadFull(in, head)
	if r.driver = driverOf(head[:n]); r.driver == "" {
		return geo.Errorf(geo.CodeRefused, "%s is neither a GeoTIFF nor an ASCII grid", name)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("copy the elevation model: %w", err)
	}
	if err := r.sandbox(in); err != nil {
		return fmt.Errorf("copy the elevation model: %w", err)
	}
	return nil
}

// driverOf tells the driver by the first bytes.
func driverOf(head []byte) string {
	switch {
	case slices.ContainsFunc([]string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"}, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }):
		return "GTiff"
	case bytes.HasPrefix(bytes.ToLower(bytes.TrimLeft(head, " \t\r\n")), []byte("ncols")):
		return "AAIGrid"
	default:
		return ""
	}
}

// sandbox makes the folder, the child's own in it, and the copy, which the child's user may read and not write.
func (r *reader) sandbox(in io.Reader) (err error) {
	if r.dir, err = os.MkdirTemp(r.Temp, "hetu-dem-"); err != nil {
		return err
	}
	r.work, r.file = filepath.Join(r.dir, "work"), filepath.Join(r.dir, "in"+map[string]string{"GTiff": ".tif", "AAIGrid": ".asc"}[r.driver])
	if err = os.Mkdir(r.work, 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(r.file, os.O_CREATE|os.O_WRONLY|os.O_EXCL|unix.O_NOFOLLOW, 0o400)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, maxFile+1))
	if n > maxFile {
		err = geo.Errorf(geo.CodeTooLarge, "the file grew past %d bytes while it was read", maxFile)
	}
	if err = errors.Join(err, out.Close()); err != nil || os.Geteuid() != 0 {
		return err
	}
	return errors.Join(
		os.Chown(r.work, gdal.Nobody, gdal.Nobody),
		os.Chown(r.dir, -1, gdal.Nobody), os.Chmod(r.dir, 0o710), //nolint:gosec // G302: the child's user enters it and no other
		os.Chown(r.file, -1, gdal.Nobody), os.Chmod(r.file, 0o440), //nolint:gosec // G302: the child's user reads it and no other
	)
}

// prepare makes the child and switches off all drivers of rasters but the one of the file, what is written and what warping holds in memory.
func (r *reader) prepare(ctx context.Context) error {
	child, err := gdal.New(ctx, r.Tools, r.work, "")
	if err != nil {
		return err
	}
	r.child = child
	var out bytes.Buffer
	if err := child.Run(ctx, nil, gdal.Limit(&out, gdal.MaxProbe), "gdalinfo", "--formats"); err != nil {
		return err
	}
	var skip []string
	for line := range strings.Lines(out.String()) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), " -")
		if ok && strings.Contains(rest, "-") && !slices.Contains([]string{r.driver, "GTiff", "AAIGrid", "MEM", "VRT"}, name) {
			skip = append(skip, name)
		}
	}
	child.Env = append(child.Env, "GDAL_SKIP="+strings.Join(skip, ","), "GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR", "GDAL_PAM_ENABLED=NO", "GDAL_CACHEMAX=128", "GTIFF_SRS_SOURCE=GEOKEYS")
	return nil
}

// describe asks what the file is, and tells the system that its grid will be in.
func (r *reader) describe(ctx context.Context) (crs.System, error) {
	var out bytes.Buffer
	if err := r.child.Run(ctx, nil, gdal.Limit(&out, gdal.MaxProbe), "gdalinfo", "-json", "-nomd", "-noct", "-norat", "-if", r.driver, r.file); err != nil {
		return crs.System{}, err
	}
	if err := json.Unmarshal(out.Bytes(), &r.info); err != nil {
		return crs.System{}, geo.Wrapf(err, geo.CodeRefused, "the elevation model is described in a way that cannot be read")
	}
	g := r.info.Geo
	if len(r.info.Size) != 2 || len(g) != 6 || len(r.info.Bands) == 0 || g[1] == 0 || g[5] == 0 {
		return crs.System{}, geo.Errorf(geo.CodeRefused, "the file has no band of heights with a place on Earth")
	}
	if strings.HasPrefix(r.info.Bands[0].Type, "C") {
		return crs.System{}, geo.Errorf(geo.CodeRefused, "the first band holds complex numbers, no heights")
	}
	system, straight, err := r.system()
	if err != nil {
		return crs.System{}, err
	}
	if straight && g[2] == 0 && g[4] == 0 && g[1] > 0 && g[5] < 0 {
		return system, nil
	}
	return crs.System{Kind: crs.Geographic, EPSG: geo.CGCS2000}, r.warp(ctx)
}

// system tells the system of the file; straight: its cells can be taken as they are.
func (r *reader) system() (s crs.System, straight bool, err error) {
	if r.CRS != "" {
		named, code, ok, err := crs.Named(r.CRS)
		if err != nil {
			return s, false, geo.AtField(err, "crs")
		}
		r.from = "EPSG:" + strconv.Itoa(int(code))
		if ok && code == 0 {
			return s, false, geo.InvalidField("crs", "an elevation model in %s cannot be read: have it in EPSG:4490", named)
		}
		return named, ok && (named.Kind == crs.Geographic || named.Kind == crs.GaussKruger), nil
	}
	if r.info.System.WKT == "" {
		return s, false, geo.InvalidField("crs", "the elevation model does not name its reference system: say which, as EPSG:4547")
	}
	d, err := crs.Describe(r.info.System.WKT)
	if err != nil {
		return s, false, geo.Wrapf(err, geo.CodeRefused, "the reference system of the elevation model cannot be read: say which it is, as EPSG:4547")
	}
	if d.Local {
		return s, false, geo.InvalidField("crs", "the elevation model is in a local system without a place on Earth: say which it is, as EPSG:4547")
	}
	s, ok := d.System()
	return s, ok && (s.Kind == crs.Geographic || s.Kind == crs.GaussKruger), nil
}

// warp resamples the file to EPSG:4490; the result takes its place.
func (r *reader) warp(ctx context.Context) error {
	if r.Window == nil {
		if err := r.fits(float64(r.info.Size[0]) * float64(r.info.Size[1])); err != nil {
			return err
		}
	}
	out := filepath.Join(r.work, "warped.tif")
	args := []string{"-q", "-if", r.driver, "-t_srs", "EPSG:4490", "-r", "bilinear", "-wm", "128", "-dstnodata", "-99999", "-ot", "Float32"}
	if r.from != "" {
		args = append(args, "-s_srs", r.from)
	}
	if w := r.Window; w != nil {
		args = append(args, "-te", number(w.West), number(w.South), number(w.East), number(w.North), "-te_srs", "EPSG:4490")
	}
	if err := r.warpFits(ctx, args); err != nil {
		return err
	}
	if err := r.child.Run(ctx, nil, io.Discard, "gdalwarp", append(args, "-of", "GTiff", r.file, out)...); err != nil {
		return err
	}
	r.file, r.driver, r.Window = out, "GTiff", nil
	var text bytes.Buffer
	if err := r.child.Run(ctx, nil, gdal.Limit(&text, gdal.MaxProbe), "gdalinfo", "-json", "-nomd", "-noct", "-norat", "-if", r.driver, r.file); err != nil {
		return err
	}
	r.info = info{}
	if err := json.Unmarshal(text.Bytes(), &r.info); err != nil || len(r.info.Size) != 2 || len(r.info.Geo) != 6 {
		return geo.Wrapf(err, geo.CodeRefused, "the elevation model could not be brought to EPSG:4490")
	}
	return nil
}

// warpFits refuses a file that would be resampled to too many cells, before it is: GDAL writes down what it would make, and how large.
func (r *reader) warpFits(ctx context.Context, args []string) error {
	plan := filepath.Join(r.work, "plan.vrt")
	if err := r.child.Run(ctx, nil, io.Discard, "gdalwarp", append(slices.Clone(args), "-of", "VRT", r.file, plan)...); err != nil {
		return err
	}
	f, err := os.OpenFile(plan, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0) //nolint:gosec // G304: a name of ours
	if err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "the elevation model could not be brought to EPSG:4490")
	}
	head := make([]byte, 200)
	n, _ := io.ReadFull(f, head) //nolint:errcheck // a shorter plan is none
	if err := f.Close(); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	var cols, rows float64
	if _, err := fmt.Sscanf(string(head[:n]), "<VRTDataset rasterXSize=\"%f\" rasterYSize=\"%f\"", &cols, &rows); err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "the elevation model could not be brought to EPSG:4490")
	}
	return r.fits(cols * rows)
}

// fits refuses more cells than are read.
func (r *reader) fits(cells float64) error {
	most := float64(cmp.Or(r.Cells, maxCells))
	if cells <= most {
		return nil
	}
	return geo.Errorf(geo.CodeTooLarge, "the elevation model has %.0f cells there, more than %.0f: cut it to the river, or make its cells %.0f times as wide (gdalwarp -tr)", cells, most, math.Ceil(math.Sqrt(cells/most)))
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// grid has the child write the cells as text and reads them.
func (r *reader) grid(ctx context.Context, system crs.System) (demarc.DEM, error) {
	args, err := r.cells(system)
	if err != nil {
		return demarc.DEM{}, err
	}
	path := filepath.Join(r.work, "out.asc")
	args = append([]string{"-q", "-if", r.driver, "-b", "1", "-of", "AAIGrid", "-co", "DECIMAL_PRECISION=3", "-co", "FORCE_CELLSIZE=NO", "-ot", "Float32"}, args...)
	if err := r.child.Run(ctx, nil, io.Discard, "gdal_translate", append(args, r.file, path)...); err != nil {
		return demarc.DEM{}, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0) //nolint:gosec // G304: a name of ours
	if err != nil {
		return demarc.DEM{}, geo.Wrapf(err, geo.CodeRefused, "GDAL wrote no grid")
	}
	defer func() { _ = f.Close() }()
	return parse(io.LimitReader(f, maxText))
}

// cells gives the arguments that cut the grid to the window, by whole cells, and refuses too many.
func (r *reader) cells(system crs.System) ([]string, error) {
	cols, rows, g := r.info.Size[0], r.info.Size[1], r.info.Geo
	if r.Window == nil {
		return nil, r.fits(float64(cols) * float64(rows))
	}
	w := *r.Window
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := range 11 { // the sides of the window bend in a zone
		t := float64(i) / 10
		lon, lat := w.West+(w.East-w.West)*t, w.South+(w.North-w.South)*t
		for _, p := range [][2]float64{{lon, w.South}, {lon, w.North}, {w.West, lat}, {w.East, lat}} {
			x, y := system.FromLonLat(p[0], p[1])
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
		}
	}
	left, right := max(0, math.Floor((x0-g[0])/g[1])), min(float64(cols), math.Ceil((x1-g[0])/g[1]))
	top, bottom := max(0, math.Floor((y1-g[3])/g[5])), min(float64(rows), math.Ceil((y0-g[3])/g[5]))
	if !(right-left >= 2 && bottom-top >= 2) {
		return nil, geo.InvalidField("window", "the elevation model does not reach the window, or by less than two cells")
	}
	if err := r.fits((right - left) * (bottom - top)); err != nil {
		return nil, err
	}
	return []string{"-srcwin", number(left), number(top), number(right - left), number(bottom - top)}, nil
}
