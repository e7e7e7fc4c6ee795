package profiles

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

//go:embed *.yaml
var builtIn embed.FS

const (
	maxBytes  = 64 << 10 // of a file: rules of a place are a few kilobytes
	maxLevels = 64       // that a file may be nested: the deepest profile has six
)

// Load reads the profiles that are built in, and with a folder those of its *.yaml and *.yml files too. All that is wrong with
// any of them is told at once, an [geo.Error] with one field for each fault.
func Load(dir string) (*Set, error) {
	l := loader{ids: map[string]string{}, years: map[int]string{}}
	if err := l.folder(builtIn, ""); err != nil {
		return nil, err
	}
	if dir != "" {
		if err := l.folder(os.DirFS(dir), dir); err != nil {
			return nil, err
		}
	}
	return l.set()
}

// loader gathers profiles and faults.
type loader struct {
	profiles []rules.Profile
	notices  []duty.HolidayNotice
	ids      map[string]string // file by id
	years    map[int]string    // file by year of a notice
	faults   []geo.Field
}

func (l *loader) folder(folder fs.FS, dir string) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return geo.Wrapf(err, geo.CodeInvalid, "the folder of rule profiles %s cannot be read", dir)
	}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		text, err := read(folder, e.Name())
		if err != nil {
			return geo.Wrapf(err, geo.CodeInvalid, "the rule profile %s cannot be read", path.Join(dir, e.Name()))
		}
		l.file(path.Join(dir, e.Name()), text)
	}
	return nil
}

func read(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	return text, err
}

// file reads one file: a calendar by its name, else a profile. Nothing is kept of one with a fault.
func (l *loader) file(name string, text []byte) {
	c := &checker{}
	read := l.profile
	if strings.HasPrefix(path.Base(name), "calendar-") {
		read = l.calendar
	}
	keep, err := read(c, text)
	switch {
	case err != nil:
		l.refuse(name, err)
	case len(c.faults) > 0:
		l.locate(name, text, c.faults)
	default:
		keep(name)
	}
}

// nested refuses text that is nested deeper than any rule is. The parser calls itself at each level, so that some kilobytes of brackets would
// take all memory; cutting text to tokens does not.
func nested(text []byte) error {
	var n nesting
	for _, t := range lexer.Tokenize(string(text)) {
		if n.take(t); n.open+len(n.columns) > maxLevels {
			return &tooDeep{t.Position}
		}
	}
	return nil
}

// nesting is how deep a token lies: in brackets that are open, and under lines that are indented less.
type nesting struct {
	open    int
	columns []int // of the lines and dashes that it lies under, each farther right than the one before
	line    int   // of the token before
	starts  bool  // the token before is a mark that a new level may follow on its line
}

func (n *nesting) take(t *token.Token) {
	mark := t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType || t.Type == token.AnchorType || t.Type == token.TagType
	switch {
	case t.Type == token.SequenceStartType || t.Type == token.MappingStartType:
		n.open++
	case t.Type == token.SequenceEndType || t.Type == token.MappingEndType:
		n.open = max(n.open-1, 0)
	case n.open > 0 && !mark:
	case mark || n.starts || t.Position.Line != n.line:
		for len(n.columns) > 0 && n.columns[len(n.columns)-1] >= t.Position.Column {
			n.columns = n.columns[:len(n.columns)-1]
		}
		n.columns = append(n.columns, t.Position.Column)
	}
	n.line, n.starts = t.Position.Line, mark
}

// tooDeep is text that is not parsed.
type tooDeep struct{ at *token.Position }

func (e *tooDeep) Error() string {
	return fmt.Sprintf("the text is nested deeper than %d levels of brackets and indentation: no rule needs so many; take out what is not one", maxLevels)
}

func (l *loader) profile(c *checker, text []byte) (keep func(name string), err error) {
	var f profileFile
	if err := decode(text, &f); err != nil {
		return nil, err
	}
	p := c.profile(f)
	p.Digest = fmt.Sprintf("%x", sha256.Sum256(text))[:8]
	l.once(c, f.ID)
	return func(name string) {
		l.profiles, l.ids[f.ID] = append(l.profiles, p), name
	}, nil
}

func (l *loader) calendar(c *checker, text []byte) (keep func(name string), err error) {
	var f calendarFile
	if err := decode(text, &f); err != nil {
		return nil, err
	}
	notices := c.calendar(f)
	l.once(c, f.ID)
	for i, n := range notices {
		if other, ok := l.years[n.Year]; ok {
			c.fault(at(nil, "notices", i, "year"), "%d has a notice in %s already", n.Year, other)
		}
	}
	return func(name string) {
		l.notices, l.ids[f.ID] = append(l.notices, notices...), name
		for _, n := range notices {
			l.years[n.Year] = name
		}
	}, nil
}

// once refuses an id that another file has: which of the two is meant nobody could tell from an answer.
func (l *loader) once(c *checker, id string) {
	if other, ok := l.ids[id]; ok {
		c.fault(at(nil, "id"), "%q is the id of %s already", id, other)
	}
}

// decode reads one document into a struct, strictly.
func decode(text []byte, into any) error {
	if err := nested(text); err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := d.Decode(into); errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	} else if err != nil {
		return err
	}
	// Into nothing: aliases of aliases, taken into any value, would fill the memory.
	if err := d.Decode(new(struct{})); !errors.Is(err, io.EOF) {
		return errors.New("the file has more than one document")
	}
	return nil
}

// refuse notes that a file could not be read.
func (l *loader) refuse(name string, err error) {
	place, why := name+":1:1", err.Error()
	if e, ok := errors.AsType[yaml.Error](err); ok {
		why = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			place = fmt.Sprintf("%s:%d:%d", name, t.Position.Line, t.Position.Column)
		}
	}
	if e, ok := errors.AsType[*tooDeep](err); ok {
		place = fmt.Sprintf("%s:%d:%d", name, e.at.Line, e.at.Column)
	}
	l.faults = append(l.faults, geo.Field{Name: place, Detail: why})
}

// locate notes what is wrong with a file that could be read, each with the place of the value; of a value that is not there,
// with that of what should have it.
func (l *loader) locate(name string, text []byte, faults []fault) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		l.refuse(name, err)
		return
	}
	for _, f := range faults {
		line, column := 1, 1
		for steps := f.path; len(steps) > 0; steps = steps[:len(steps)-1] {
			if node := find(file, steps); node != nil && node.GetToken() != nil {
				line, column = node.GetToken().Position.Line, node.GetToken().Position.Column
				break
			}
		}
		detail := strings.TrimSpace(strings.TrimPrefix(pathText(f.path), "$.") + " " + f.reason)
		if len(f.path) == 0 {
			detail = "the profile " + f.reason
		}
		l.faults = append(l.faults, geo.Field{Name: fmt.Sprintf("%s:%d:%d", name, line, column), Detail: detail})
	}
}

// find gives the node at a path, nil if there is none.
func find(file *ast.File, steps []any) ast.Node {
	p, err := yaml.PathString(pathText(steps))
	if err != nil {
		return nil
	}
	node, err := p.FilterFile(file)
	if err != nil {
		return nil
	}
	return node
}

// pathText writes a path as YAMLPath has it: $.patrol[0].level.
func pathText(steps []any) string {
	var b strings.Builder
	b.WriteString("$")
	for _, s := range steps {
		switch s := s.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		default:
			fmt.Fprintf(&b, ".%v", s)
		}
	}
	return b.String()
}

// set is all that was read, or what is wrong with it.
func (l *loader) set() (*Set, error) {
	if len(l.faults) > 0 {
		lines := make([]string, 0, len(l.faults))
		for _, f := range l.faults {
			lines = append(lines, f.Name+": "+f.Detail)
		}
		return nil, &geo.Error{Code: geo.CodeInvalid, Msg: "rule profiles are refused:\n" + strings.Join(lines, "\n"), Fields: l.faults}
	}
	calendar, err := duty.NewCalendar(l.notices)
	if err != nil {
		return nil, fmt.Errorf("put the notices of holidays together: %w", err)
	}
	slices.SortFunc(l.profiles, func(a, b rules.Profile) int { return cmp.Compare(a.ID, b.ID) })
	return &Set{l.profiles, calendar}, nil
}
