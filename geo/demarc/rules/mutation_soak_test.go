//go:build soak

package rules_test

import "testing"

// As TestSoundAndSpoiled, with two thousand boundaries.
func TestSoundAndSpoiledSoak(t *testing.T) {
	t.Parallel()
	soundAndSpoiled(t, 2000)
}
