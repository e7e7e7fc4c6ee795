package ingest

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"hetu/geo"
)

// zipMembers lists the files of an archive and refuses it when any entry is what no honest archive has: a symlink, a path
// that leaves the archive, deep folders, two files of one name, an archive inside. Go's reader accepts all of these.
func zipMembers(archive *zip.Reader) ([]member, error) {
	limit := maxMembers
	if slices.ContainsFunc(archive.File, func(f *zip.File) bool { return strings.HasSuffix(strings.ToLower(f.Name), ".gdbtable") }) {
		limit = maxGDBMembers
	}
	if len(archive.File) > limit {
		return nil, geo.Errorf(geo.CodeRefused, "the archive has %d entries; at most %d are taken", len(archive.File), limit)
	}
	seen := map[string]bool{}
	var out []member
	for _, f := range archive.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		if err := checkEntry(f, name); err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, "/") {
			continue
		}
		base := strings.ToLower(path.Base(name))
		if seen[base] {
			return nil, geo.Errorf(geo.CodeRefused, "the archive has two files named %q", path.Base(name))
		}
		seen[base] = true
		out = append(out, member{path: name, size: int64(min(f.CompressedSize64, maxFile)), open: f.Open})
	}
	return out, nil
}

func checkEntry(f *zip.File, name string) error {
	mode := f.Mode()
	switch {
	case mode&fs.ModeSymlink != 0:
		return geo.Errorf(geo.CodeRefused, "the archive has a symlink: %q", f.Name)
	case !mode.IsRegular() && !mode.IsDir():
		return geo.Errorf(geo.CodeRefused, "the archive has an entry that is no file: %q", f.Name)
	case strings.HasPrefix(name, "/") || strings.Contains(name, ":") || slices.Contains(strings.Split(name, "/"), ".."):
		return geo.Errorf(geo.CodeRefused, "the archive has a path that leaves it: %q", f.Name)
	case strings.Count(strings.TrimSuffix(name, "/"), "/") > maxDirDepth:
		return geo.Errorf(geo.CodeRefused, "the archive has folders in folders more than %d deep: %q", maxDirDepth, f.Name)
	case f.Flags&1 != 0:
		return geo.Errorf(geo.CodeRefused, "the archive is encrypted: %q", f.Name)
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".zip", ".kmz", ".7z", ".rar", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".zst":
		return geo.Errorf(geo.CodeRefused, "the archive has an archive inside: %q", f.Name)
	}
	return nil
}

// checkPacked reads every member of a file that is itself an archive (KMZ, XLSX) and is opened as one by its driver: the
// rules of archives hold for it, and its XML is looked at too.
func checkPacked(file, name string, within bounds) error {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "%s is broken: it cannot be unpacked", name)
	}
	defer func() { _ = archive.Close() }()
	seen := map[string]bool{}
	if len(archive.File) > 10*maxMembers {
		return geo.Errorf(geo.CodeRefused, "%s has %d parts", name, len(archive.File))
	}
	b := &budget{most: within.unpacked}
	for _, f := range archive.File {
		part := strings.ReplaceAll(f.Name, `\`, "/")
		if err := checkEntry(f, part); err != nil {
			return err
		}
		if strings.HasSuffix(part, "/") {
			continue
		}
		if seen[strings.ToLower(part)] {
			return geo.Errorf(geo.CodeRefused, "%s has two parts named %q", name, f.Name)
		}
		seen[strings.ToLower(part)] = true
		m := member{path: part, size: int64(min(f.CompressedSize64, maxFile)), open: f.Open}
		if err := readThrough(m, b, within); err != nil {
			return err
		}
	}
	return nil
}

// readThrough reads a member to its end, as XML where it is such.
func readThrough(m member, b *budget, within bounds) error {
	in, err := m.open()
	if err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "%s cannot be unpacked", m.base())
	}
	defer func() { _ = in.Close() }()
	r := b.reader(m, in)
	switch m.ext() {
	case ".kml", ".xml", ".rels", ".gpx":
		return checkXML(m.base(), r, &rowCount{within: within})
	}
	_, err = io.Copy(io.Discard, r)
	return err
}

// checkXML refuses what makes XML parsers suffer: a DTD (and with it every entity of its own) and deep nesting. It reads to
// the end, so a document that is cut short is refused with its line. Of a sheet it counts the rows.
func checkXML(name string, r io.Reader, rows *rowCount) error {
	d := xml.NewDecoder(io.LimitReader(r, maxXML+1))
	depth := 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if depth != 0 {
				line, _ := d.InputPos()
				return geo.Errorf(geo.CodeRefused, "%s ends at line %d before it is complete", name, line)
			}
			return nil
		}
		if err != nil {
			if _, ok := errors.AsType[*geo.Error](err); ok {
				return err
			}
			return geo.Wrapf(err, geo.CodeRefused, "%s is no well-formed XML", name)
		}
		if d.InputOffset() > maxXML {
			return geo.Errorf(geo.CodeTooLarge, "%s has more than %d bytes of XML", name, maxXML)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := rows.count(token); err != nil {
				return err
			}
			depth++
			if depth > maxXMLDepth {
				line, _ := d.InputPos()
				return geo.Errorf(geo.CodeRefused, "%s is nested deeper than %d at line %d", name, maxXMLDepth, line)
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return geo.Errorf(geo.CodeRefused, "%s has a document type definition, which is not read", name)
		}
	}
}

// rowCount counts the rows of a workbook's sheet before any driver takes it in: a small file may hold very many.
type rowCount struct {
	within bounds
	n      int
}

// count takes an element. A row may say its number, and rows that are left out before it count too.
func (c *rowCount) count(e xml.StartElement) error {
	if c == nil || e.Name.Local != "row" {
		return nil
	}
	c.n++
	for _, a := range e.Attr {
		if n, err := strconv.Atoi(a.Value); a.Name.Local == "r" && err == nil {
			c.n = max(c.n, n)
		}
	}
	return c.within.held(c.n)
}
