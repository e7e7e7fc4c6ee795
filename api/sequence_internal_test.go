package api

import "testing"

// A sequence is sent to who takes one, and not to who says that it is unwelcome.
func TestWantsSequence(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"application/geo+json-seq":                                   true,
		"Application/Geo+JSON-Seq; q=0.5":                            true,
		"text/html, application/geo+json-seq":                        true,
		"application/geo+json;q=0.5, application/geo+json-seq;q=0.9": true,
		"application/geo+json, application/geo+json-seq;q=0.1":       false,
		"application/geo+json-seq;q=0":                               false,
		"application/geo+json-seq;charset=utf-8;q=0.0":               false,
		"application/geo+json":                                       false,
		"*/*":                                                        false,
		"":                                                           false,
		";":                                                          false,
	} {
		if got := wantsSequence([]string{header}); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}
