package ingest

import "testing"

func TestBankKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "bank", "bank": "bank", "河口线": "bank", "堤脚线": "levee_toe", "堤防": "levee_crest", "设计洪水位线": "flood", "洪水位": "flood", "护岸": "", "堤": "",
	} {
		if got := bankKind(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
