package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hetu/geo"
)

// What a body may be made of is looked at before anything is made of it; what is in a text counts for nothing.
func TestShapeOfBodies(t *testing.T) {
	t.Parallel()
	shape := jsonShape{depth: 3, values: 8, objects: 2}
	for _, tt := range []struct {
		body string
		want geo.Code // "" is none
	}{
		{`{"a":[1,2,3]}`, ""},
		{`{"a":{"b":[1]}}`, ""},
		{`{"a":{"b":[[1]]}}`, geo.CodeInvalid},
		{`[[[[`, geo.CodeInvalid},
		{`{"a":"[[[[{{{{,,,,,,,,,,,,\"[[[[","b":1}`, ""},
		{`{"a":"\\","b":[[[1]]]}`, geo.CodeInvalid},
		{`[1,2,3,4,5,6,7,8]`, ""},
		{`[1,2,3,4,5,6,7,8,9]`, geo.CodeTooLarge},
		{`[{},{}]`, ""},
		{`[{},{},{}]`, geo.CodeTooLarge},
		{`{"a":` + strings.Repeat("1", longestNumber) + `}`, ""},
		{`{"a":` + strings.Repeat("1", longestNumber+1) + `}`, geo.CodeInvalid},
		{`"unended`, ""},
		{`\`, ""},
		{``, ""},
	} {
		err := shape.hold([]byte(tt.body))
		if got := geo.CodeOf(err); err == nil && tt.want != "" || err != nil && got != tt.want {
			t.Errorf("%.60s: %v, want %q", tt.body, err, tt.want)
		}
	}
}

// Four megabytes of nothing are refused before anything is made of them.
func TestBodiesOfNothing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty objects": `{"zones":[` + strings.Repeat("{},", 1_300_000) + `{}]}`, "empty lists": `{"zones":[` + strings.Repeat("[],", 1_300_000) + `[]]}`,
		"nested lists": strings.Repeat("[", 4_000_000), "nested objects": strings.Repeat(`{"a":`, 800_000), "a long number": `{"zones":` + strings.Repeat("1", 4_000_000) + "}",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", bytes.NewReader([]byte(body)))
		r.Header.Set("Content-Type", "application/json")
		var into struct{ Zones []sentCut }
		_, err := readSent(httptest.NewRecorder(), r, maxCommitBytes, &into)
		if code := geo.CodeOf(err); err == nil || code != geo.CodeInvalid && code != geo.CodeTooLarge {
			t.Errorf("%s: %v", name, err)
		}
		if into.Zones != nil {
			t.Errorf("%s: %d zones were made of it", name, len(into.Zones))
		}
	}
}

// JSON of another encoding is refused wherever a body is read, and nothing is made of it: the marks that a decoder puts in its place would be stored.
func TestBodiesAreUTF8(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind, body string
		at         string // the byte that is told; "" is none
	}{
		{"application/json", `{"name":"河长"}`, ""},
		{"application/json", `{"name":"\ufffd�"}`, ""},
		{"application/json", "{\"name\":\"\xba\xd3\xb3\xa4\"}", "byte 9 "}, // 河长 in GBK
		{"application/json; charset=gbk", "{\"name\":\"\xba\xd3\xb3\xa4\"}", "byte 9 "},
		{"application/geo+json", "{\"type\":\"Polygon\",\"n\":\"\xc7\xf8\"}", "byte 23 "},
		{"application/json", "\xff\xfe{\x00", "byte 0 "},        // UTF-16
		{"application/json", "{\"name\":\"\xe6\xb2", "byte 9 "}, // broken off within a character
		{"text/csv", "\xba\xd3,\xb3\xa4", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", tt.kind)
		_, err := readBody(httptest.NewRecorder(), r, maxFormBytes, "application/json", "application/geo+json", "text/csv")
		if tt.at == "" && err != nil || tt.at != "" && (err == nil || geo.CodeOf(err) != geo.CodeInvalid || !strings.Contains(err.Error(), tt.at) || !strings.Contains(err.Error(), "UTF-8")) {
			t.Errorf("%q: %v", tt.body, err)
		}
	}
}

// What is wrong with a body is told with its place, and a member that is not known with those that are.
func TestBodiesAreToldWhereTheyFail(t *testing.T) {
	t.Parallel()
	type inner struct {
		FromM  float64 `json:"from_m"`
		Hidden int     `json:"-"`
	}
	for _, tt := range []struct{ body, want string }{
		{``, "The body is empty"},
		{" \n", "The body is empty"},
		{`{"name":`, "ends before its object does, at byte 8"},
		{`{"name" "x"}`, "no JSON from byte 8 on"},
		{`{"river":1}`, "/river: is not known here; there are name, zones, legs, ID"},
		{`{"zones":[{"from_m":1},{"to":2}]}`, "/zones/1/to: is not known here; there are from_m"},
		{`{"legs":{"Hidden":2}}`, "/legs/Hidden: is not known here"},
		{`{"name":5}`, "/name: is a number, and does not fit there"},
		{`{"NAME":"x","id":7,"zones":null}`, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		var into struct {
			Name  string  `json:"name"`
			Zones []inner `json:"zones"`
			Legs  *inner  `json:"legs"`
			ID    optionalID
		}
		_, err := readSent(httptest.NewRecorder(), r, maxFormBytes, &into)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || geo.CodeOf(err) != geo.CodeInvalid || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: %v, want %q", tt.body, err, tt.want)
		}
	}
}
