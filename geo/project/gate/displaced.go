package gate

import (
	"fmt"
	"strings"

	"hetu/geo"
	"hetu/geo/demarc"
	quality "hetu/geo/demarc/rules"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// namedStakes is how many stakes a sentence names.
const namedStakes = 20

// withDisplaced adds to what rules found which announced lines and stakes give way when lines are announced. It stops nothing at a check: it is told so
// early because the announcement needs an approved change request for each of the lines, and nobody should find that out one by one on the last day.
func withDisplaced(found []demarc.Finding, s project.Subject, l demarc.Lines, changed *[2]float64) []demarc.Finding {
	for _, a := range project.Displaced(s.Around.InForce, l.Pieces) {
		if changed != nil && (a.On.ToM < changed[0] || a.On.FromM > changed[1]) {
			continue
		}
		found = append(found, displacedLine(a))
		if len(a.Stakes) > 0 {
			found = append(found, displacedStakes(a))
		}
	}
	quality.Sort(found)
	return found
}

// displacedLine is of G18, which holds what has to be there before lines are announced.
func displacedLine(a project.Standing) demarc.Finding {
	zh, en := "公告前须由本项目提出变更申请并获批准（…/change-requests）", "it takes an approved change request of this project (…/change-requests) before this is announced"
	switch a.Request {
	case "open":
		zh, en = "变更申请已提出，公告前须获批准", "its change is asked for, and has to be approved before this is announced"
	case "approved":
		zh, en = "变更申请已获批准", "its change is approved"
	}
	return demarc.Finding{
		Rule: "G18", Severity: demarc.Info, Bank: a.Bank, FromM: a.On.FromM, ToM: a.On.ToM, Place: a.Geom, Size: a.On.ToM - a.On.FromM, Unit: "m",
		Zh: fmt.Sprintf("%s %s 至 %s 将替代已公告的管理范围线 %d：%s。", zhBank(a.Bank), lref.Label(a.On.FromM), lref.Label(a.On.ToM), a.ID, zh),
		En: fmt.Sprintf("From %s to %s of the %s bank this takes the place of the announced boundary %d: %s.", lref.Label(a.On.FromM), lref.Label(a.On.ToM), a.Bank, a.ID, en),
	}
}

func displacedStakes(a project.Standing) demarc.Finding {
	var names []string
	for _, k := range a.Stakes[:min(len(a.Stakes), namedStakes)] {
		names = append(names, k.Name)
	}
	zh, en := strings.Join(names, "、"), strings.Join(names, ", ")
	if len(a.Stakes) > namedStakes {
		zh, en = zh+"等", en+" and others"
	}
	return demarc.Finding{
		Rule: "G14", Severity: demarc.Info, Bank: a.Bank, FromM: a.On.FromM, ToM: a.On.ToM, Place: a.Geom, Size: float64(len(a.Stakes)), Unit: "1",
		Zh: fmt.Sprintf("公告后，管理范围线 %d 上的 %d 个界桩随之失效：%s。需要的在本项目中重新布设。", a.ID, len(a.Stakes), zh),
		En: fmt.Sprintf("When this is announced %d stakes end with the boundary %d: %s. Place in this project those that are to stay.", len(a.Stakes), a.ID, en),
	}
}

func zhBank(b geo.Bank) string {
	if b == geo.Left {
		return "左岸"
	}
	return "右岸"
}
