package ingest

import (
	"archive/zip"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hetu/geo"
)

// format is a kind of file that comes in: the endings it is told by and the GDAL driver that reads it. No other driver is
// open to the child.
type format struct {
	driver string // GDAL's name; "" is read here
	main   string // the ending of the file that the driver opens
	beside []string
}

func formats() []format {
	return []format{
		{driver: "ESRI Shapefile", main: ".shp", beside: []string{".shx", ".dbf", ".prj", ".cpg"}},
		{driver: "GPKG", main: ".gpkg"},
		{driver: "GeoJSON", main: ".geojson", beside: nil},
		{driver: "GeoJSON", main: ".json"},
		{driver: "LIBKML", main: ".kml"},
		{driver: "LIBKML", main: ".kmz"},
		{driver: "MapInfo File", main: ".mif", beside: []string{".mid"}},
		{driver: "MapInfo File", main: ".tab", beside: []string{".dat", ".map", ".id", ".ind"}},
		{driver: "OpenFileGDB", main: ".gdb"},
		{driver: "DXF", main: ".dxf"},
		{driver: "FlatGeobuf", main: ".fgb"},
		{driver: "GPX", main: ".gpx"},
		{driver: "OSM", main: ".pbf"},
		{driver: "", main: ".csv"},
		{driver: "XLSX", main: ".xlsx"},
	}
}

func formatOf(ext string) (format, bool) {
	for _, f := range formats() {
		if f.main == ext {
			return f, true
		}
	}
	return format{}, false
}

// known tells whether a file of this ending may enter the sandbox at all.
func known(ext string) bool {
	for _, f := range formats() {
		if f.main == ext || slices.Contains(f.beside, ext) {
			return true
		}
	}
	return false
}

// source is a file that passed the gate: copied into a sandbox under a random name, with what can be known without GDAL.
type source struct {
	format
	within bounds
	name   string // the file's own name, for the report
	stem   string // the member's own name without its ending: the layer's name of formats that have none
	dir    string // the sandbox
	work   string // the folder in it that is the child's own
	lock   *os.File
	path   string // of the main file in the sandbox
	sha256 string
	size   int64
	cpg    string // what a .cpg said
	ldid   byte   // the language driver of a .dbf
	hasDBF bool
	hasPRJ bool
	dbfRow int // rows that a .dbf declares
	notes  []Sentence
}

// member is one file that may enter: its own path, and how to read it.
type member struct {
	path string // as the archive or the folder has it
	size int64  // packed bytes; 0 when it is not packed
	open func() (io.ReadCloser, error)
}

func (m member) ext() string { return strings.ToLower(filepath.Ext(m.path)) }
func (m member) base() string {
	return strings.ReplaceAll(m.path[strings.LastIndexAny(m.path, `/\`)+1:], "\x00", "")
}
func (m member) stem() string { return strings.TrimSuffix(m.base(), filepath.Ext(m.base())) }

// openSource looks at a file, a folder (a loose Shapefile, a FileGDB) or an archive, copies what it needs into a new sandbox
// below temp, and refuses what no reader should see. close removes the sandbox.
func openSource(path, layer, temp string, within bounds) (_ *source, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeNotFound, "%s cannot be opened", path)
	}
	s := &source{name: filepath.Base(path), within: within}
	if err = s.makeSandbox(temp); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.fill(path, layer, info); err != nil {
		return nil, err
	}
	if err := s.inspect(); err != nil {
		return nil, err
	}
	return s, s.handOver()
}

func (s *source) fill(path, layer string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return s.fillFolder(path, layer)
	case !info.Mode().IsRegular():
		return geo.Errorf(geo.CodeRefused, "%s is not a regular file", s.name)
	case info.Size() > maxFile:
		return geo.Errorf(geo.CodeTooLarge, "%s has %d bytes; an import takes at most %d", s.name, info.Size(), int64(maxFile))
	}
	s.size = info.Size()
	sum, err := sumFile(path)
	if err != nil {
		return err
	}
	s.sha256 = sum
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".zip" {
		return s.fillZip(path, layer)
	}
	if !known(ext) {
		return geo.Errorf(geo.CodeRefused, "%s: files ending in %q are not read; known are %s", s.name, ext, knownEndings())
	}
	if f, ok := formatOf(ext); !ok || f.beside != nil {
		return s.fillBeside(path)
	}
	return s.take([]member{{path: filepath.Base(path), open: func() (io.ReadCloser, error) { return open(path) }}}, "")
}

func knownEndings() string {
	out := []string{".zip"}
	for _, f := range formats() {
		out = append(out, f.main)
	}
	return strings.Join(out, " ")
}

// fillBeside takes a loose file with those that belong to it: the same name, another ending.
func (s *source) fillBeside(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("look beside %s: %w", s.name, err)
	}
	stem := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	var members []member
	for _, e := range entries {
		m := folderMember(filepath.Dir(path), e.Name())
		if e.Type().IsRegular() && m.stem() == stem && known(m.ext()) {
			members = append(members, m)
		}
	}
	// Of two formats of one name the one that was asked for is meant.
	ext := strings.ToLower(filepath.Ext(path))
	members = slices.DeleteFunc(members, func(m member) bool {
		_, main := formatOf(m.ext())
		f, asked := formatOf(ext)
		return m.ext() != ext && (main && asked || asked && !slices.Contains(f.beside, m.ext()))
	})
	return s.take(members, "")
}

func folderMember(dir, name string) member {
	return member{path: name, open: func() (io.ReadCloser, error) { return openOwn(filepath.Join(dir, name)) }}
}

func (s *source) fillFolder(path, layer string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("list %s: %w", s.name, err)
	}
	var members []member
	h := sha256.New()
	for _, e := range entries {
		if !e.Type().IsRegular() || !known(strings.ToLower(filepath.Ext(e.Name()))) && !gdbMember(e.Name()) {
			continue
		}
		m := folderMember(path, e.Name())
		members = append(members, m)
		sum, err := sumFile(filepath.Join(path, e.Name()))
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(h, "%s  %s\n", sum, e.Name())
	}
	s.sha256 = hex.EncodeToString(h.Sum(nil))
	if strings.EqualFold(filepath.Ext(path), ".gdb") {
		return s.takeGDB(members)
	}
	return s.take(members, layer)
}

func (s *source) fillZip(path, layer string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "%s is no readable zip archive", s.name)
	}
	defer func() { _ = archive.Close() }()
	members, err := zipMembers(&archive.Reader)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(members, func(m member) bool { return strings.EqualFold(m.ext(), ".gdbtable") }) {
		return s.takeGDB(members)
	}
	return s.take(members, layer)
}

// take chooses the one main file among members and copies it and what belongs to it. Of several, layer names the one.
func (s *source) take(members []member, layer string) error {
	var mains []member
	for _, m := range members {
		if _, ok := formatOf(m.ext()); ok && (layer == "" || m.stem() == layer || len(members) == 1) {
			mains = append(mains, m)
		}
	}
	if len(mains) == 0 && layer != "" {
		return s.take(members, "")
	}
	if len(mains) == 0 {
		return s.missingMain(members)
	}
	if len(mains) > 1 {
		names := make([]string, len(mains))
		for i, m := range mains {
			names[i] = m.stem()
		}
		return geo.InvalidField("layer", "%s holds several files: say which with --layer: %s", s.name, strings.Join(names, ", "))
	}
	main := mains[0]
	s.format, _ = formatOf(main.ext())
	s.stem = main.stem()
	name := randomName()
	b := &budget{}
	for _, m := range members {
		if m.path != main.path && (m.stem() != main.stem() || !slices.Contains(s.beside, m.ext())) {
			continue
		}
		if err := s.copyIn(m, name+m.ext(), b); err != nil {
			return err
		}
	}
	s.path = filepath.Join(s.dir, name+main.ext())
	return nil
}

func (s *source) missingMain(members []member) error {
	for _, m := range members {
		if m.ext() == ".dbf" || m.ext() == ".shx" {
			return geo.Errorf(geo.CodeRefused, "%s has %s but no .shp beside it: the geometry is missing", s.name, m.base())
		}
	}
	return geo.Errorf(geo.CodeRefused, "%s holds nothing that can be read; known are %s", s.name, knownEndings())
}

// takeGDB copies a FileGDB. Its tables have fixed names, which are checked letter by letter: no other name reaches the disk.
func (s *source) takeGDB(members []member) error {
	s.format, _ = formatOf(".gdb")
	s.stem = strings.TrimSuffix(strings.TrimSuffix(s.name, filepath.Ext(s.name)), ".gdb")
	s.path = filepath.Join(s.dir, randomName()+".gdb")
	if err := os.Mkdir(s.path, 0o700); err != nil {
		return fmt.Errorf("fill the sandbox: %w", err)
	}
	if len(members) > maxGDBMembers {
		return geo.Errorf(geo.CodeRefused, "%s holds %d files; a FileGDB may have %d", s.name, len(members), maxGDBMembers)
	}
	b := &budget{}
	for _, m := range members {
		if gdbMember(m.base()) {
			if err := s.copyIn(m, filepath.Join(filepath.Base(s.path), strings.ToLower(m.base())), b); err != nil {
				return err
			}
		}
	}
	return nil
}

func gdbMember(name string) bool {
	name = strings.ToLower(name)
	if name == "gdb" || name == "timestamps" {
		return true
	}
	table, ext, ok := strings.Cut(name, ".")
	if !ok || len(table) != 9 || table[0] != 'a' || !slices.Contains([]string{"gdbtable", "gdbtablx", "gdbindexes", "spx", "freelist", "horizon"}, ext) {
		return false
	}
	return strings.Trim(table[1:], "0123456789abcdef") == ""
}

// copyIn writes a member into the sandbox under a name of ours and counts what is read.
func (s *source) copyIn(m member, name string, b *budget) error {
	in, err := m.open()
	if err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "%s cannot be unpacked", m.base())
	}
	defer func() { _ = in.Close() }()
	out, err := create(filepath.Join(s.dir, name))
	if err != nil {
		return fmt.Errorf("fill the sandbox: %w", err)
	}
	_, err = io.Copy(out, b.reader(m, in))
	return errors.Join(err, out.Close())
}

// budget counts the bytes that are read of an archive, whatever it declares.
type budget struct {
	sum, most int64 // most: 0 is [maxFile]
}

func (b *budget) reader(m member, r io.Reader) io.Reader {
	return &countedReader{r: r, m: m, budget: b}
}

type countedReader struct {
	r      io.Reader
	m      member
	budget *budget
	n      int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.budget.sum += int64(n)
	switch {
	case c.budget.sum > cmp.Or(c.budget.most, maxFile):
		return n, geo.Errorf(geo.CodeTooLarge, "the archive unpacks to more than %d bytes", cmp.Or(c.budget.most, maxFile))
	case c.m.size > 0 && c.n > ratioFrom && c.n > c.m.size*maxRatio:
		return n, geo.Errorf(geo.CodeRefused, "%s unpacks to more than %d times its size: a zip bomb", c.m.base(), maxRatio)
	case err != nil && !errors.Is(err, io.EOF):
		return n, geo.Wrapf(err, geo.CodeRefused, "%s cannot be read whole", c.m.base())
	}
	return n, err
}

func randomName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return "in" + hex.EncodeToString(b)
}

func sumFile(path string) (string, error) {
	f, err := open(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
