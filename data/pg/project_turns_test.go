package pg_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/project"
)

// Planners commit to one project at once, each on what he read last, to ranges that are now his own and now another's. In the end every commit that
// was taken is in the history, once, and every range holds what the last that took it drew: no edit is lost. The others were refused by what stood
// there.
func TestPlannersTurns(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	type taken struct {
		revision int
		bank     geo.Bank
		slot     int
		off      float64
	}
	var mu sync.Mutex
	var done []taken
	refused := 0
	var working sync.WaitGroup
	for w := range planners {
		who := c.account(t, fmt.Sprintf("planner%d", w), access.Planner, c.town)
		working.Go(func() {
			r := rand.New(rand.NewPCG(11, uint64(w)))
			base := 1
			for n := range plannerCommits {
				bank, slot := []geo.Bank{geo.Left, geo.Right}[r.IntN(2)], r.IntN(planners)
				off := 10 + float64(w)*10 + float64(n)*0.01
				made, _, err := c.Store.Commit(t.Context(), who, id, project.Commit{Base: base, Changes: changeOf(c.slot(bank, slot, off))}, geo.China(), project.Once{})
				stale, isStale := errors.AsType[*project.Stale](err)
				mu.Lock()
				switch {
				case isStale:
					refused++
					base = stale.Revision
				case err != nil:
					t.Error(err)
				default:
					done = append(done, taken{made.Revision, bank, slot, off})
					if r.IntN(3) > 0 { // he does not always look at what the others did
						base = made.Revision
					}
				}
				mu.Unlock()
			}
		})
	}
	working.Wait()
	t.Logf("%d commits taken, %d refused", len(done), refused)
	if len(done)+refused != planners*plannerCommits {
		t.Errorf("%d taken and %d refused are not %d", len(done), refused, planners*plannerCommits)
	}
	seen := map[int]taken{}
	last := map[string]taken{}
	for _, d := range done {
		if _, twice := seen[d.revision]; twice {
			t.Errorf("revision %d was given twice", d.revision)
		}
		seen[d.revision] = d
		if at := fmt.Sprint(d.bank, d.slot); last[at].revision < d.revision {
			last[at] = d
		}
	}
	after := 0
	for {
		log, err := c.Store.ProjectLog(t.Context(), c.reviewer, id, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range log {
			if after++; l.Revision != after {
				t.Fatalf("revision %d follows %d", l.Revision, after-1)
			}
			if _, ok := seen[l.Revision]; l.Kind == "commit" && !ok {
				t.Errorf("revision %d is in the log, and nobody was told", l.Revision)
			}
			delete(seen, l.Revision)
		}
		if len(log) == 0 {
			break
		}
	}
	if len(seen) != 0 {
		t.Errorf("%d commits that were taken are not in the log", len(seen))
	}
	_, pieces, err := c.Store.ProjectPieces(t.Context(), c.reviewer, id, 0)
	if err != nil || len(pieces) != len(last) {
		t.Fatalf("%d pieces, want %d: %v", len(pieces), len(last), err)
	}
	for _, p := range pieces {
		slot := int(math.Round(p.FromM / (c.length / planners)))
		want := project.Round9(c.slot(p.Bank, slot, last[fmt.Sprint(p.Bank, slot)].off).Line).FlatCoords()[1]
		if got := p.Line.FlatCoords()[1]; got != want {
			t.Errorf("%s %d lies at %v, want %v: an edit is lost", p.Bank, slot, got, want)
		}
	}
	c.audited(t, len(done)+1)
}

// audited fails unless the audit holds, and has a write for each revision.
func (c *county) audited(t *testing.T, revisions int) {
	t.Helper()
	v, err := c.Store.VerifyAudit(t.Context())
	if err != nil || v.Fault != nil {
		t.Fatalf("the audit does not hold: %v, %+v", err, v.Fault)
	}
	if writes := v.Chains[0]; writes.Chain != "write" || writes.Rows < int64(revisions) || v.Versions < revisions {
		t.Errorf("the audit has %+v, and the versions of %d writes, of %d revisions", writes, v.Versions, revisions)
	}
}

// slot is a piece over one of as many ranges as there are planners.
func (c *county) slot(bank geo.Bank, slot int, off float64) demarc.Piece {
	step := c.length / planners
	return c.piece(bank, step*float64(slot), step*float64(slot+1), off)
}

// Killed at any moment of a commit or an announcement, a process leaves it whole or not there at all: lines, project, log and feed.
func TestProjectKillTurns(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30), c.piece(geo.Right, 0, c.length, 30))
	r := rand.New(rand.NewPCG(13, 1))
	binary := killable(t)
	points := []string{"edit-before-commit", "edit-committed", ""}
	for turn := range projectKills {
		point := points[turn%len(points)]
		wait := time.Duration(0)
		if point == "" {
			wait = time.Duration(r.IntN(400)) * time.Millisecond
		}
		before := c.state(t, id)
		c.killed(t, binary, map[string]any{"Project": id, "Base": before.revision, "Account": c.planner.Account, "ToM": c.length, "Lat": 0.0003 + float64(turn)*1e-6}, point, wait)
		after := c.state(t, id)
		if after.revision != before.revision && after.revision != before.revision+1 {
			t.Errorf("turn %d at %q: revision %d became %d", turn, point, before.revision, after.revision)
		}
		if want := point == "edit-committed"; point != "" && (after.revision == before.revision+1) != want {
			t.Errorf("turn %d at %q: revision %d became %d", turn, point, before.revision, after.revision)
		}
		after.whole(t, fmt.Sprintf("turn %d at %q", turn, point))
	}
	c.approve(t, id)
	doc := c.document(t, "7")
	for _, point := range []string{"edit-before-commit", "edit-committed"} {
		before := c.state(t, id)
		c.killed(t, binary, map[string]any{"Project": id, "Base": before.revision, "Account": c.publisher.Account, "LegalDoc": doc}, point, 0)
		after := c.state(t, id)
		after.whole(t, "announcing at "+point)
		if want := point == "edit-committed"; (after.status == "announced") != want {
			t.Errorf("announcing at %q: %s", point, after.status)
		}
	}
}

// projectState is what all the tables say of a project.
type projectState struct {
	revision, logged, lines, mixed, stray int64
	status                                string
}

func (c *county) state(t *testing.T, id int64) projectState {
	t.Helper()
	var s projectState
	s.revision = c.query(t, "SELECT revision FROM hetu.project_version WHERE id = $1 AND upper_inf(recorded)", id)
	s.logged = c.query(t, "SELECT count(*) FROM hetu.project_commit WHERE project_id = $1", id)
	s.lines = c.query(t, "SELECT count(*) FROM hetu.boundary_version WHERE project_id = $1 AND upper_inf(recorded) AND upper_inf(valid)", id)
	s.mixed = c.query(t, "SELECT count(DISTINCT lower(recorded)) FROM hetu.boundary_version WHERE project_id = $1 AND upper_inf(recorded) AND upper_inf(valid)", id)
	s.stray = c.query(t, `SELECT count(*) FROM hetu.boundary_version b WHERE b.project_id = $1 AND upper_inf(b.recorded) AND upper_inf(b.valid)
		AND b.status <> (SELECT status FROM hetu.project_version WHERE id = $1 AND upper_inf(recorded))`, id)
	if c.query(t, "SELECT count(*) FROM hetu.project_version WHERE id = $1 AND upper_inf(recorded) AND status = 'announced'", id) == 1 {
		s.status = "announced"
	}
	return s
}

func (s projectState) whole(t *testing.T, when string) {
	t.Helper()
	if s.revision != s.logged || s.lines != 2 || s.mixed != 1 || s.stray != 0 {
		t.Errorf("%s: in pieces: %+v", when, s)
	}
}

// killable builds the program that is killed, with the fault points.
func killable(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "killed")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "fault", "-o", path, "./testdata/killed").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// killed runs one commit of both banks in a process that dies at a point, or is killed after a while.
func (c *county) killed(t *testing.T, binary string, job map[string]any, point string, after time.Duration) {
	t.Helper()
	job["Read"], job["Write"] = c.DSN("hetu_ro"), c.DSN("hetu_rw")
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, string(text))
	cmd.Env = append(os.Environ(), "HETU_FAULT="+point)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if point == "" {
		time.Sleep(after)
		_ = cmd.Process.Kill()
	}
	if err := cmd.Wait(); point != "" && (err == nil || said.Len() > 0) {
		t.Fatalf("at %s it was not killed: %v %s", point, err, &said)
	}
	// What PostgreSQL still does for a client that is gone is done before it is looked at.
	for c.query(t, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hetu' AND state <> 'idle'") > 0 {
		time.Sleep(20 * time.Millisecond)
	}
}
