package rules

import (
	"fmt"

	"hetu/geo"
	"hetu/geo/lref"
)

// g11: no overlap with another river's area, except at declared confluences.
func g11(c *checker) {
	for i, o := range c.Others {
		for _, at := range c.overlaps(c.others[i]) {
			if at.m2 < sliverM2 || declared(o.Confluences, at) {
				continue
			}
			c.add(spotted{
				bank: geo.Both, place: at.place, fromM: at.fromM, toM: at.toM, size: at.m2, unit: "m2",
				zh: fmt.Sprintf("管理范围面在%s至%s与“%s”的重叠 %.1f 平方米，河网中两河在此没有汇口：核对河网，或改线。", lref.Label(at.fromM), lref.Label(at.toM), o.Name, at.m2),
				en: fmt.Sprintf("The area and that of %q overlap from %s to %s by %.1f m², where the river network has no confluence of the two: mend the network, or move the line.", o.Name, lref.Label(at.fromM), lref.Label(at.toM), at.m2),
			})
		}
	}
}

// declared tells whether an overlap lies at one of some confluences.
func declared(all []Confluence, o overlapped) bool {
	for _, at := range all {
		if o.fromM >= at.FromM-routeEndM && o.toM <= at.ToM+routeEndM {
			return true
		}
	}
	return false
}
