package api

import (
	"strings"
	"testing"

	"hetu/geo"
)

// A name is one line of what is seen in the order in which it is written; a note may have lines, and nothing else that is not seen.
func TestTextsOfBodies(t *testing.T) {
	t.Parallel()
	for text, tt := range map[string]struct{ name, note bool }{
		"示例河 左岸 (2026)": {true, true}, "Ünïcode, 𠀀, é": {true, true},
		"two\nlines": {false, true}, "two\r\nlines": {false, true}, "a\ttab": {false, true},
		"\u202egnp.exe": {false, false}, "a\u2066b\u2069": {false, false}, "a\u200fb": {false, false}, "a\u061cb": {false, false},
		"a\x1b[31m": {false, false}, "a\x7f": {false, false}, "a\u0085b": {false, false}, "a\u2028b": {false, false}, "a\x00b": {false, false},
	} {
		if err := textOf("/name", text, maxName, true); tt.name != (err == nil) || err != nil && geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("a name %q: %v", text, err)
		}
		if err := textOf("/note", text, maxNote, false); tt.note != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), "/note") {
			t.Errorf("a note %q: %v", text, err)
		}
	}
}
