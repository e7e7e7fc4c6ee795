package ingest

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hetu/geo"
)

// unfit tells what makes a row's text one that is not stored: control characters, or more than a name or a note has.
func (j *job) unfit(at row) *Sentence {
	for _, f := range j.target.fields {
		limit := maxText
		for _, word := range []string{"name", "code", "river", "division", "reach", "parent", "level", "kind"} {
			if strings.Contains(f.name, word) {
				limit = maxName
			}
		}
		text := j.cols.get(at, f.name)
		if n := len(text); n > limit && utf8.RuneCountInString(text) > limit {
			return sayf("%s has more than %d characters", "%s 超过 %d 个字符", f.name, limit)
		}
		if limit == maxName && len(text) > maxKey {
			return sayf("%s is longer than %d bytes", "%s 超过 %d 字节", f.name, maxKey)
		}
		if strings.ContainsFunc(text, unicode.IsControl) {
			return sayf("%s has a control character: %q", "%s 含有控制字符:%q", f.name, clip(text))
		}
	}
	return nil
}

// planRefused says where the refused rows will go. A file that is there already is nothing to write over.
func (j *job) planRefused() error {
	if j.req.DryRun {
		return nil
	}
	name := j.refusedFile()
	if _, err := os.Lstat(name); err == nil {
		return geo.Errorf(geo.CodeRefused, "the refused rows would go to %s, which exists: move it away and import again", name)
	}
	j.report.note(sayf("the refused rows go to %s when the others are stored", "其余行入库时,被拒绝的行将写入 %s", name))
	return nil
}

func (j *job) refusedFile() string {
	if j.req.RefusedFile != "" {
		return j.req.RefusedFile
	}
	return j.req.Path + ".refused.csv"
}

// writeRefused writes the refused rows with their reasons as CSV, where there are some and the rest is about to be merged. It
// gives the name of the file that it made.
func (j *job) writeRefused() (name string, err error) {
	if j.report.Refused == 0 {
		return "", nil
	}
	name = j.refusedFile()
	f, err := create(name)
	if err != nil {
		return "", geo.Wrapf(err, geo.CodeRefused, "the refused rows cannot be written to %s, so nothing is stored; if it exists, move it away and import again", name)
	}
	w := csv.NewWriter(f)
	_ = w.Write(cells([]string{"row", "reason"}, j.table.heads))
	for _, r := range j.report.refused {
		_ = w.Write(cells([]string{strconv.Itoa(r.row), r.reason}, j.table.rows[r.row-1].values))
	}
	w.Flush()
	if err = errors.Join(w.Error(), f.Close()); err != nil {
		return "", errors.Join(geo.Wrapf(err, geo.CodeUnavailable, "the refused rows cannot be written to %s, so nothing is stored", name), os.Remove(name))
	}
	return name, nil
}

// cells makes text harmless to spreadsheet programs, which run what looks like a formula, and to terminals.
func cells(first, rest []string) []string {
	out := append([]string{}, first...)
	out = append(out, rest...)
	for i, text := range out {
		_, number := decimal(text, false)
		risky := text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) && !number
		if out[i] = visible(text); risky {
			out[i] = "'" + out[i]
		}
	}
	return out
}

// visible writes what a terminal would obey, or show as something else, as an escape: control characters, line ends, marks of
// the direction of text and other characters without a shape, and bytes that are no text.
func visible(text string) string {
	hidden := func(r rune) bool {
		return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size > 1: // U+FFFD itself
			b.WriteRune(r)
		case hidden(r):
			quote := strconv.QuoteToASCII(text[i : i+size])
			b.WriteString(quote[1 : len(quote)-1])
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}
