package pg_test

import (
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// What a check found of one revision lets no other pass: not one that was committed while the check ran.
func TestFindingsOfAnotherRevisionPassNothing(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	checked := c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	now := c.mustCommit(t, c.planner, id, checked, c.piece(geo.Right, 0, c.length, -30))
	for _, of := range []int{checked, now + 1} {
		err := c.move(t, c.planner, id, project.Move{To: project.Checked, Base: now, FindingsOf: of, Findings: &[]demarc.Finding{}})
		if geo.CodeOf(err) != geo.CodeStale {
			t.Errorf("findings of %d pass revision %d: %v", of, now, err)
		}
	}
	if p, err := c.Store.Project(t.Context(), c.planner, id); err != nil || p.Status != project.Draft || p.Revision != now {
		t.Errorf("%+v, %v", p, err)
	}
}
