package api

import "testing"

// What a spreadsheet would take for a formula is sent as a text; names of rivers are left as they are.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"=1", "+1", "-1", "@a", "＝1", "＋1", "－1", "＠a", "\t=1", "\r=1", "\n=1"} {
		if got := harmless(text); got != "'"+text {
			t.Errorf("%q is %q", text, got)
		}
	}
	for _, text := range []string{"", "昆都仑河", "K12+345", " =1", "\xff"} {
		if got := harmless(text); got != text {
			t.Errorf("%q is %q", text, got)
		}
	}
}
