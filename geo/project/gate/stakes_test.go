package gate_test

import (
	"slices"
	"testing"

	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/project/gate"
)

// Stakes that are placed anew stay what they are, with what was seen of them; a number that was ever given is not given again.
func TestPlaceStakesKeepsWhatStands(t *testing.T) {
	t.Parallel()
	s := subject("mouth")
	spacing := stake.Spacing{BasicM: 200}
	first := gate.PlaceStakes(s, spacing, nil)
	if len(first.Put) < 10 || len(first.Gone) != 0 {
		t.Fatalf("%d placed, %d gone", len(first.Put), len(first.Gone))
	}
	var taken []demarc.Stake
	for i := range first.Put {
		first.Put[i].ID, first.Put[i].PhotoSHA256 = int64(i+1), "seen"
		taken = append(taken, first.Put[i].Stake)
	}
	s.Around.Stakes = slices.Delete(slices.Clone(first.Put), 2, 3)
	again := gate.PlaceStakes(s, spacing, taken)
	fresh := 0
	for _, k := range again.Put {
		if k.ID == 0 {
			fresh++
			if slices.ContainsFunc(taken, func(o demarc.Stake) bool { return o.Name == k.Name }) {
				t.Errorf("%s is given again", k.Name)
			}
		} else if k.PhotoSHA256 != "seen" {
			t.Errorf("%s forgot what was seen of it", k.Name)
		}
	}
	if len(again.Put) != len(first.Put) || fresh != 1 || len(again.Gone) != 0 {
		t.Errorf("%d placed, %d of them new, %d gone", len(again.Put), fresh, len(again.Gone))
	}
}
