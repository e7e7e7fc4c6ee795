package ingest

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"hetu/geo"
)

// charset is an encoding that files of China come in. GB18030 stands for GB2312, GBK and CP936 too, which it contains.
type charset string

const (
	ascii   charset = "ASCII"
	utf     charset = "UTF-8"
	gb18030 charset = "GB18030"
	big5    charset = "Big5"
)

// charsetNamed reads the many names of an encoding, as .cpg files, MapInfo headers and people write them; "" for a name that
// says nothing: several programs write ISO-8859-1 or Neutral whatever the text is.
func charsetNamed(name string) charset {
	n := strings.NewReplacer("-", "", "_", "", " ", "", "CP", "", "WINDOWS", "", "ANSI", "", "MS", "").Replace(strings.ToUpper(name))
	switch n {
	case "UTF8", "65001", "UTF8BOM":
		return utf
	case "936", "GBK", "GB2312", "GB18030", "54936", "20936", "EUCCN", "SIMPCHINESE":
		return gb18030
	case "950", "BIG5", "TRADCHINESE":
		return big5
	default:
		return ""
	}
}

// ofLDID reads the language driver byte of a .dbf; most say only "as on the machine that wrote it".
func ofLDID(b byte) charset {
	switch b {
	case 0x4D, 0x7A:
		return gb18030
	case 0x4F, 0x78:
		return big5
	default:
		return ""
	}
}

// decode reads text and tells whether it is whole: nothing is replaced in silence.
func (c charset) decode(text string) (string, bool) {
	var e encoding.Encoding
	switch c {
	case gb18030:
		e = simplifiedchinese.GB18030
	case big5:
		e = traditionalchinese.Big5
	default:
		return text, utf8.ValidString(text) && !strings.ContainsRune(text, utf8.RuneError)
	}
	if isASCII(text) {
		return text, true
	}
	out, err := e.NewDecoder().String(text)
	return out, err == nil && !strings.ContainsRune(out, utf8.RuneError)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeTable finds the encoding of a table whose text is still bytes, and decodes it in place. Rows that do not decode whole
// are marked; headings are repaired where that is possible.
func (s *source) decodeTable(t *table, told string, headings []string) (Finding, error) {
	if !t.raw {
		return Finding{Value: string(utf), How: Found, Why: *sayf("the format is Unicode", "该格式本身使用 Unicode")}, nil
	}
	f, err := s.findCharset(t, told)
	if err != nil {
		return f, err
	}
	c := charset(f.Value)
	for i := range t.rows {
		r := &t.rows[i]
		for k, v := range r.values {
			text, ok := c.decode(v)
			if !ok && r.fault == nil {
				r.fault = sayf("the text of column %d is not whole %s: %q", "第 %d 列的文字不是完整的 %s 编码:%q", k+1, c, clip(strings.ToValidUTF8(v, "·")))
			}
			r.values[k] = text
		}
	}
	for i, h := range t.heads {
		name, note := c.heading(h, headings)
		if note != nil {
			s.notes = append(s.notes, *note)
		}
		t.heads[i] = name
	}
	return f, nil
}

func (s *source) findCharset(t *table, told string) (Finding, error) {
	if told != "" {
		c := charsetNamed(told)
		if c == "" {
			return Finding{}, geo.InvalidField("encoding", "%q is not known: write UTF-8, GB18030 or Big5", told)
		}
		return Finding{Value: string(c), How: Told, Why: *sayf("told with --encoding", "由 --encoding 指定")}, nil
	}
	if c := charsetNamed(s.cpg); c != "" {
		if c != utf && t.looksUTF8() {
			s.notes = append(s.notes, *sayf("the file says %q, but all its Chinese text is valid UTF-8 too: if names look wrong, try --encoding UTF-8", "文件声明编码为 %q,但其中文同时也是合法的 UTF-8;若名称有误,请用 --encoding UTF-8", s.cpg))
		}
		return Finding{Value: string(c), How: Found, Why: *sayf("the file names %s", "文件声明为 %s", clip(s.cpg))}, nil
	}
	if c := ofLDID(s.ldid); c != "" {
		return Finding{Value: string(c), How: Found, Why: *sayf("the .dbf has the language driver 0x%02X", ".dbf 的语言标志为 0x%02X", s.ldid)}, nil
	}
	return t.sniff()
}

// texts gives every text that is not ASCII, headings last.
func (t *table) texts(yield func(string) bool) {
	for _, r := range t.rows {
		for _, v := range r.values {
			if !isASCII(v) && !yield(v) {
				return
			}
		}
	}
	for _, h := range t.heads {
		if !isASCII(h) && !yield(h) {
			return
		}
	}
}

func (t *table) looksUTF8() bool {
	n := 0
	for text := range t.texts {
		if !utf.fits(text) {
			return false
		}
		n++
	}
	return n > 2
}

// sniff guesses: strict UTF-8 is hardly ever valid by chance; what is not UTF-8 and is whole GB18030 is that.
func (t *table) sniff() (Finding, error) {
	all := slices.Collect(t.texts)
	if len(all) == 0 {
		return Finding{Value: string(ascii), How: Found, Why: *sayf("there is no other text than ASCII", "文件只含 ASCII 文字")}, nil
	}
	whole := func(c charset) bool {
		return !slices.ContainsFunc(all, func(text string) bool { return !c.fits(text) })
	}
	switch {
	case whole(utf):
		return Finding{Value: string(utf), How: Guessed, Why: *sayf("the file does not say; all its text is strict UTF-8", "文件未声明;全部文字均为严格的 UTF-8")}, nil
	case whole(gb18030):
		return Finding{Value: string(gb18030), How: Guessed, Why: *sayf("the file does not say; its text is not UTF-8 and is whole GB18030", "文件未声明;文字不是 UTF-8,而是完整的 GB18030")}, nil
	}
	return Finding{}, geo.Errorf(geo.CodeRefused, "the text is neither whole UTF-8 nor whole GB18030: name its encoding with --encoding")
}

// fits tells whether text may be of an encoding: whole, or a heading of UTF-8 that was cut inside its last character.
func (c charset) fits(text string) bool {
	_, ok := c.decode(text)
	if !ok && c == utf {
		_, ok = c.decode(trimCut(text))
	}
	return ok
}

// trimCut takes off the bytes of a UTF-8 character that was cut at the end.
func trimCut(s string) string {
	for i := 1; i <= 3 && i <= len(s); i++ {
		b := s[len(s)-i]
		if utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRuneInString(s[len(s)-i:]) {
				return s[:len(s)-i]
			}
			break
		}
	}
	return s
}

// heading decodes a column's name. Names of a .dbf are cut after ten bytes, inside a character; MapInfo's writer puts _ for
// bytes it does not like. Either is repaired where exactly one known heading fits, and reported in any case.
func (c charset) heading(raw string, headings []string) (string, *Sentence) {
	name, ok := c.decode(raw)
	blanked := c == gb18030 && !isASCII(raw) && strings.Contains(raw, "_")
	if ok && !blanked {
		return name, nil
	}
	readable := c.readable(raw)
	var fits []string
	for _, h := range headings {
		b := []byte(h)
		if c == gb18030 {
			b, _ = simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(h))
		}
		if fitsCut([]byte(raw), b) || fitsBlanked([]byte(raw), b) {
			fits = append(fits, h)
		}
	}
	if len(fits) == 1 {
		return fits[0], sayf("the heading %q was cut or damaged inside a character; it is taken for %q", "列名 %q 在字符中间被截断或损坏,按 %q 处理", readable, fits[0])
	}
	if ok {
		return name, nil
	}
	return readable, sayf("the heading %q was cut or damaged inside a character; map it with --map %s=FIELD if it is needed", "列名 %q 在字符中间被截断或损坏;需要时请用 --map %s=字段 指定", readable, readable)
}

// readable is what can be read of a damaged text, with … for the rest.
func (c charset) readable(raw string) string {
	text, _ := c.decode(raw)
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	return strings.ReplaceAll(text, string(utf8.RuneError), "…")
}

// fitsCut tells whether raw is the beginning of a longer heading, as many bytes as a .dbf keeps.
func fitsCut(raw, heading []byte) bool {
	return len(raw) >= 9 && len(raw) < len(heading) && bytes.HasPrefix(heading, raw)
}

// fitsBlanked tells whether raw is heading with some bytes made _, at least one byte beyond ASCII left.
func fitsBlanked(raw, heading []byte) bool {
	if len(raw) != len(heading) {
		return false
	}
	kept := 0
	for i := range raw {
		switch {
		case raw[i] == heading[i] && raw[i] >= utf8.RuneSelf:
			kept++
		case raw[i] != heading[i] && raw[i] != '_':
			return false
		}
	}
	return kept > 0
}
