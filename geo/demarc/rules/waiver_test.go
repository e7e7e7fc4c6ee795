package rules_test

import (
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
)

func TestGate(t *testing.T) {
	t.Parallel()
	warning := demarc.Finding{Rule: "G13", Severity: demarc.Warning, Bank: geo.Left, FromM: 100, ToM: 120, Size: 36, Unit: "m2"}
	waived, err := rules.Waive(warning, " 张工 ", "既有房屋，县政府 2026 年第 3 次会议同意")
	if err != nil {
		t.Fatal(err)
	}
	changed := func(f func(*demarc.Finding)) demarc.Finding {
		out := warning
		f(&out)
		return out
	}
	for name, c := range map[string]struct {
		finding demarc.Finding
		waiver  rules.Waiver
		ok      bool
	}{
		"as waived":        {warning, waived, true},
		"smaller":          {changed(func(f *demarc.Finding) { f.Size, f.ToM = 20, 110 }), waived, true},
		"larger":           {changed(func(f *demarc.Finding) { f.Size = 40 }), waived, false},
		"elsewhere":        {changed(func(f *demarc.Finding) { f.FromM, f.ToM = 300, 320 }), waived, false},
		"reaching farther": {changed(func(f *demarc.Finding) { f.ToM = 140 }), waived, false},
		"other bank":       {changed(func(f *demarc.Finding) { f.Bank = geo.Right }), waived, false},
		"other rule":       {changed(func(f *demarc.Finding) { f.Rule = "G12" }), waived, false},
		"blocker":          {changed(func(f *demarc.Finding) { f.Severity = demarc.Blocker }), waived, false},
		"no name":          {warning, rules.Waiver{Rule: "G13", Bank: geo.Left, FromM: 100, ToM: 120, Size: 36, Reason: "房屋"}, false},
		"no reason":        {warning, rules.Waiver{Rule: "G13", Bank: geo.Left, FromM: 100, ToM: 120, Size: 36, Who: "张工", Reason: " "}, false},
	} {
		open, ok := rules.Gate([]demarc.Finding{c.finding}, []rules.Waiver{c.waiver})
		if ok != c.ok || (len(open) == 0) != c.ok {
			t.Errorf("%s: %v, %d open", name, ok, len(open))
		}
	}
	if open, ok := rules.Gate(nil, nil); !ok || open != nil {
		t.Error("nothing stands in the way of nothing")
	}
}

func TestWaive(t *testing.T) {
	t.Parallel()
	warning := demarc.Finding{Rule: "G12", Severity: demarc.Warning}
	for _, c := range []struct {
		f           demarc.Finding
		who, reason string
		want        geo.Code
	}{
		{demarc.Finding{Rule: "G1", Severity: demarc.Blocker}, "张工", "房屋", geo.CodeRefused},
		{warning, " ", "房屋", geo.CodeInvalid},
		{warning, "张工", "", geo.CodeInvalid},
	} {
		if _, err := rules.Waive(c.f, c.who, c.reason); geo.CodeOf(err) != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
