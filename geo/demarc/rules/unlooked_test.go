package rules_test

import (
	"slices"
	"strings"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// A rule that has not got what it looks at says so, in a finding that stops nothing; it does not keep silent as if nothing were wrong.
func TestWhatWasNotLookedAtIsTold(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		rule   string
		words  string
		change func(*rules.Subject)
	}{
		{"no division", "G3", "no polygon of a division", func(s *rules.Subject) { s.Divisions = nil }},
		{"no survey, edges", "G6", "neither the bank top", func(s *rules.Subject) { s.Survey = nil }},
		{"no survey, levees", "G7", "whether a levee stands there", func(s *rules.Subject) { s.Survey = nil }},
		{"a levee without a toe", "G7", "no landside toe", func(s *rules.Subject) {
			s.Survey = s.Survey[:0:0]
			s.Lines.Pieces = append([]demarc.Piece{}, s.Lines.Pieces...)
			s.Lines.Pieces[0].Basis = demarc.LeveeToe
		}},
		{"a neighbour without an area", "G9", "close no area", func(s *rules.Subject) {
			s.Neighbours = []rules.Neighbour{{Name: "上游县", Upstream: true}}
		}},
		{"another river without an area", "G11", "the river X", func(s *rules.Subject) {
			s.Unlooked = []rules.Unlooked{{Rule: "G11", Zh: "甲河", En: "the river X"}}
		}},
		{"no widths", "G12", "has no width for", func(s *rules.Subject) { s.Profile.Widths.Rules = nil }},
		{"nothing to measure widths from", "G12", "whether the width jumps", func(s *rules.Subject) { s.Survey = nil }},
		{"no candidate", "G13", "no candidate of the left bank", func(s *rules.Subject) { s.Candidate = nil }},
		{"no spacing", "G14", "no greatest spacing", func(s *rules.Subject) { s.Profile.MaxStakeSpacingM = 0 }},
		{"no table", "G14", "stake table is looked at when it is handed in", func(s *rules.Subject) { s.StakeTable = nil }},
		{"no codes", "G16", "no codes of their own", func(s *rules.Subject) { s.Meta.Code, s.Meta.NoCodes = "", true }},
		{"no directory", "G16", "no directory", func(s *rules.Subject) { s.Meta.Directory = nil }},
		{"no list", "G16", "no list of the rivers", func(s *rules.Subject) { s.Meta.Listed = nil }},
		{"no near-water line", "G17", "no near-water line", func(s *rules.Subject) { s.NearWater = demarc.OldLine }},
		{"no fields", "G18", "no fields", func(s *rules.Subject) { s.Meta.Fields = nil }},
		{"not announced", "G18", "not announced yet", func(s *rules.Subject) { s.Meta.CheckedFor = "" }},
		{"no lengths", "G19", "no text tells a length", func(s *rules.Subject) { s.Meta.TextLengths = nil }},
		{"no base network", "G20", "no base network", func(s *rules.Subject) { s.Base = nil }},
	}
	sound := rulestest.Sound(withStakesAndZones(t)).Subject
	for _, tt := range tests {
		s := sound
		tt.change(&s)
		told := false
		for _, f := range check(t, s, nil) {
			told = told || f.Rule == tt.rule && f.Severity == demarc.Info && strings.Contains(f.En, tt.words) && strings.HasPrefix(f.En, "Not looked at: ") && strings.HasPrefix(f.Zh, "未检查：")
		}
		if !told {
			t.Errorf("%s: %s does not say that it could not look", tt.name, tt.rule)
		}
	}
}

func withStakesAndZones(t *testing.T) uint64 {
	t.Helper()
	for seed := range uint64(100) {
		if s := rulestest.Sound(seed); len(s.Stakes) > 0 && len(s.Zones) > 0 {
			return seed
		}
	}
	t.Fatal("no sound boundary has both stakes and zones")
	return 0
}

// A leveed stretch that is said to rest on a natural bank, with its line drawn just landward of the toe, leaves out the guard land, and G7 finds it by the
// survey; beside a bank that is natural nothing is asked.
func TestGuardLandIsNotDodgedByALabel(t *testing.T) {
	t.Parallel()
	seeded := 0
	for _, fault := range rulestest.Faults() {
		for seed := uint64(0); fault.Name == "levee that is called a natural bank" && seeded < 10; seed++ {
			c := rulestest.Sound(seed)
			at, ok := fault.Seed(c)
			if !ok {
				continue
			}
			seeded++
			found := false
			for _, f := range check(t, c.Subject, nil) {
				found = found || f.Rule == "G7" && f.Severity == demarc.Blocker && f.Size > 3 && c.Nearest(f.Place, at.Lon, at.Lat) <= at.WithinM
			}
			if !found {
				t.Errorf("seed %d: the guard land is lost without a word", seed)
			}
		}
	}
	if seeded == 0 {
		t.Error("no boundary was mislabelled")
	}
}

// Two rivers of one name in the county of which one has no code stop the boundary of either of the two, and are told beside that of a third.
func TestNamesThatStandTwiceStopTheirOwnRiver(t *testing.T) {
	t.Parallel()
	s := rulestest.Sound(1).Subject
	for name, want := range map[string]demarc.Severity{s.RiverName: demarc.Blocker, "支沟": demarc.Info} {
		of := s
		of.Meta.Directory = append([]rules.RiverEntry{{Name: name}}, s.Meta.Directory...)
		found := check(t, of, nil)
		if len(found) != 1 || found[0].Rule != "G16" || found[0].Severity != want || found[0].Bank != geo.Both {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// Rivers of one name are told apart by their codes: that there are two is told, and stops neither. One code of two rivers stops both, as before.
func TestNamesakesWithCodesOfTheirOwnStopNothing(t *testing.T) {
	t.Parallel()
	s := rulestest.Sound(1).Subject
	own := s.Meta.Directory[slices.IndexFunc(s.Meta.Directory, func(r rules.RiverEntry) bool { return r.Name == s.RiverName })].Code
	for code, want := range map[string]demarc.Severity{"FB0009": demarc.Info, own: demarc.Blocker} {
		of := s
		of.Meta.Directory = append([]rules.RiverEntry{{Name: s.RiverName, Code: code}}, s.Meta.Directory...)
		worst := demarc.Info
		found := check(t, of, nil)
		for _, f := range found {
			if f.Severity != demarc.Info {
				worst = f.Severity
			}
		}
		if len(found) == 0 || found[0].Rule != "G16" || worst != want {
			t.Errorf("%s: %+v", code, found)
		}
	}
}
