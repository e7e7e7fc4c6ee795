package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hetu/geo"
)

// inspect looks at the copied files themselves, before any driver does.
func (s *source) inspect() error {
	switch filepath.Ext(s.path) {
	case ".shp":
		return s.inspectShapefile()
	case ".gpkg":
		return s.inspectGeoPackage()
	case ".kmz", ".xlsx":
		return checkPacked(s.path, s.name, s.within)
	case ".pbf":
		// The driver reads OSM's XML under this ending too, which nothing has looked at.
		if head, _, err := headOf(s.path, 64); err != nil || !bytes.HasPrefix(head, []byte{0, 0}) || !bytes.Contains(head, []byte("\x0a\x09OSMHeader")) {
			return geo.Errorf(geo.CodeRefused, "%s is no OSM PBF file: its first bytes are wrong", s.name)
		}
	case ".kml", ".gpx":
		f, err := openOwn(s.path)
		if err != nil {
			return fmt.Errorf("inspect %s: %w", s.name, err)
		}
		defer func() { _ = f.Close() }()
		return checkXML(s.name, f, nil)
	case ".geojson", ".json":
		f, err := openOwn(s.path)
		if err != nil {
			return fmt.Errorf("inspect %s: %w", s.name, err)
		}
		defer func() { _ = f.Close() }()
		return checkJSON(s.name, f)
	case ".mif", ".tab":
		return s.neutralCharset()
	}
	return nil
}

func (s *source) sibling(ext string) string {
	return strings.TrimSuffix(s.path, filepath.Ext(s.path)) + ext
}

// inspectShapefile holds the headers against the files' true sizes: GDAL reads a cut file up to the cut and calls it done.
func (s *source) inspectShapefile() error {
	if err := checkMainFile(s.path, s.stem+".shp"); err != nil {
		return err
	}
	if _, err := os.Stat(s.sibling(".shx")); err != nil {
		return geo.Errorf(geo.CodeRefused, "%s.shx is missing: without the index nobody can tell whether all rows are there; export the file again with its .shx", s.stem)
	}
	if err := checkMainFile(s.sibling(".shx"), s.stem+".shx"); err != nil {
		return err
	}
	if b, _, err := headOf(s.sibling(".cpg"), 64); err == nil {
		s.cpg = strings.TrimSpace(string(b))
		// The driver must not decode: text is decoded here, where nothing is lost in silence.
		if err := os.Remove(s.sibling(".cpg")); err != nil {
			return fmt.Errorf("inspect %s: %w", s.name, err)
		}
	}
	if _, err := os.Stat(s.sibling(".prj")); err == nil {
		s.hasPRJ = true
	}
	return s.inspectDBF()
}

// checkMainFile compares the length that a .shp or .shx declares, in 16-bit words at byte 24, with the length it has.
func checkMainFile(path, name string) error {
	head, size, err := headOf(path, 100)
	if err != nil {
		return err
	}
	if len(head) < 100 || binary.BigEndian.Uint32(head) != 9994 {
		return geo.Errorf(geo.CodeRefused, "%s is no Shapefile: its first bytes are wrong", name)
	}
	if declared := int64(binary.BigEndian.Uint32(head[24:])) * 2; declared != size {
		return geo.Errorf(geo.CodeRefused, "%s declares %d bytes and has %d: it was cut or is still being written", name, declared, size)
	}
	return nil
}

func (s *source) inspectDBF() error {
	head, size, err := headOf(s.sibling(".dbf"), 32)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	s.hasDBF = true
	if len(head) < 32 {
		return geo.Errorf(geo.CodeRefused, "%s.dbf is too short to be a table", s.stem)
	}
	rows := int64(binary.LittleEndian.Uint32(head[4:]))
	header, record := int64(binary.LittleEndian.Uint16(head[8:])), int64(binary.LittleEndian.Uint16(head[10:]))
	s.ldid, s.dbfRow = head[29], int(rows)
	if record < 1 || header < 33 {
		return geo.Errorf(geo.CodeRefused, "%s.dbf has a broken header", s.stem)
	}
	if whole := (size - header) / record; whole < rows {
		return geo.Errorf(geo.CodeRefused, "%s.dbf declares %d rows and holds %d whole ones: it was cut at row %d", s.stem, rows, max(whole, 0), max(whole, 0)+1)
	}
	index, err := os.Stat(s.sibling(".shx"))
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	if shapes := (index.Size() - 100) / 8; shapes != rows {
		return geo.Errorf(geo.CodeRefused, "%s has %d geometries and %d rows of attributes: they do not belong together", s.stem, shapes, rows)
	}
	return nil
}

func headOf(path string, n int) (head []byte, size int64, err error) {
	f, err := openOwn(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	head = make([]byte, n)
	got, err := io.ReadFull(f, head)
	if err != nil && got == 0 {
		return nil, info.Size(), nil
	}
	return head[:got], info.Size(), nil
}

// neutralCharset takes the charset out of the header of a .mif or .tab and remembers it, so that the driver hands its bytes on
// undecoded. Only the header is held in memory.
func (s *source) neutralCharset() error {
	head, size, err := headOf(s.path, 4096)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	at := int64(0)
	for line := range bytes.Lines(head) {
		word, rest, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if bytes.EqualFold(bytes.TrimPrefix(word, []byte("!")), []byte("charset")) {
			if !bytes.HasSuffix(line, []byte("\n")) && size > int64(len(head)) {
				break // cut by the end of what was read: no header is that long
			}
			s.cpg = strings.Trim(string(bytes.TrimSpace(rest)), `"`)
			neutral := append(bytes.Clone(word), ` Neutral`...)
			if word[0] != '!' {
				neutral = []byte(`Charset "Neutral"`)
			}
			end := at + int64(len(bytes.TrimRight(line, "\r\n")))
			return s.replace(slices.Concat(head[:at], neutral), end)
		}
		at += int64(len(line))
	}
	return nil
}

// replace writes the copy anew: head, then what stood from a byte on.
func (s *source) replace(head []byte, from int64) error {
	in, err := openOwn(s.path)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	defer func() { _ = in.Close() }()
	fresh := s.path + ".new"
	out, err := create(fresh)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	_, err = in.Seek(from, io.SeekStart)
	if err == nil {
		_, err = out.Write(head)
	}
	if err == nil {
		_, err = io.Copy(out, in)
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(fresh, s.path)
	}
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	return nil
}
