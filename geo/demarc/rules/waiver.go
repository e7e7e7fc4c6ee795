package rules

import (
	"slices"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
)

// Waiver is why a warning is let stand 豁免: by whom, for what reason, and how large it was then.
type Waiver struct {
	Rule       string
	Bank       geo.Bank
	FromM, ToM float64
	Size       float64 // of the finding that was waived, in the finding's unit
	Who        string
	Reason     string
}

// Waive makes the waiver of a finding. Errors are of geo.CodeRefused, a blocker, and of geo.CodeInvalid, no name or no reason.
func Waive(f demarc.Finding, who, reason string) (Waiver, error) {
	w := Waiver{Rule: f.Rule, Bank: f.Bank, FromM: f.FromM, ToM: f.ToM, Size: f.Size, Who: strings.TrimSpace(who), Reason: strings.TrimSpace(reason)}
	switch {
	case f.Severity != demarc.Warning:
		return Waiver{}, geo.Errorf(geo.CodeRefused, "%s stops publishing and takes no waiver: mend what it found", f.Rule)
	case w.Who == "":
		return Waiver{}, geo.InvalidField("who", "a waiver needs the name of the person who gives it")
	case w.Reason == "":
		return Waiver{}, geo.InvalidField("reason", "a waiver needs a reason: say why the finding may stand")
	}
	return w, nil
}

// The slack of a waiver: what is measured again is not the same to the last digit.
const (
	waiverM    = 1.0  // of its range
	waiverSize = 1e-6 // share of its size
)

// Gate tells what still stands in the way of publishing: blockers always, warnings without a waiver that holds. A waiver is of one rule
// and bank, holds within its range, and only while the finding is no larger than what was waived; without a name or a reason it
// holds nothing.
func Gate(findings []demarc.Finding, waivers []Waiver) (open []demarc.Finding, ok bool) {
	for _, f := range findings {
		if !slices.ContainsFunc(waivers, func(w Waiver) bool { return w.holds(f) }) {
			open = append(open, f)
		}
	}
	return open, len(open) == 0
}

func (w Waiver) holds(f demarc.Finding) bool {
	return f.Severity == demarc.Warning && w.Rule == f.Rule && w.Bank == f.Bank && strings.TrimSpace(w.Who) != "" && strings.TrimSpace(w.Reason) != "" &&
		f.FromM >= w.FromM-waiverM && f.ToM <= w.ToM+waiverM && f.Size <= w.Size*(1+waiverSize)
}
