package gate

import (
	"fmt"
	"math"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

const (
	// confluenceM is the most that the areas of two rivers may overlap along the route to either side of a mouth.
	confluenceM = 500.0
	// obliqueBy is by how much farther two areas reach along each other's river that meet at an angle of 30 degrees, and not at a right one.
	obliqueBy = 2.0
	// leastReachM is how far a mouth reaches, however narrow: the network is as good as its nodes.
	leastReachM = 20.0
)

// Mouth is a range of a route's measures in which a tributary's mouth lies 汇口.
type Mouth struct{ FromM, ToM float64 }

// Drawn puts a project's pieces in order and draws the connectors that follow from them, as [Connected]; across the mouths of tributaries too.
func Drawn(s project.Subject) demarc.Lines {
	var mouths []Mouth
	for _, o := range s.Around.Others {
		for _, c := range o.Confluences {
			if c.How == project.FlowsIn {
				m, reach := reachOf(o, c, s)
				mouths = append(mouths, Mouth{m - reach, m + reach})
			}
		}
	}
	return Connected(s.Lines, s.Stretch.Route, mouths...)
}

// reachOf gives the measure of a confluence, and how far from it along the route the areas of the two rivers may overlap: as far as both reach there
// from their centre lines. Of an area that was imported nobody knows how wide it is.
func reachOf(o project.OtherRiver, c project.Confluence, s project.Subject) (m, reach float64) {
	m = lref.Project(s.Stretch.Route, c.Lon, c.Lat).MeasureM
	if o.Route == nil {
		return m, confluenceM
	}
	wide := farther(s.Lines, c) + farther(demarc.Lines{Pieces: o.Pieces}, c)
	return m, min(max(obliqueBy*wide, leastReachM), confluenceM)
}

// farther is how far from a place the farther one of a river's two boundary lines passes.
func farther(l demarc.Lines, c project.Confluence) float64 {
	most := 0.0
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		least := math.Inf(1)
		for _, p := range l.Of(bank) {
			least = min(least, lref.Project(p.Line, c.Lon, c.Lat).DistanceM)
		}
		if !math.IsInf(least, 1) {
			most = max(most, least)
		}
	}
	return most
}

// Joined joins the lines that are proposed for a stretch to the announced boundaries of the rivers that it meets (A6): at the mouth of a tributary they
// are open, and where the river itself ends in another they stop on the other's boundary. What was done, or why it could not be, is told.
func Joined(l demarc.Lines, st demarc.Stretch, others []project.OtherRiver) (demarc.Lines, []demarc.Note) {
	var notes []demarc.Note
	for _, o := range others {
		for _, c := range o.Confluences {
			if o.Route == nil || c.How == project.Meets || !reaches(o, c) {
				continue
			}
			m := lref.Project(st.Route, c.Lon, c.Lat).MeasureM
			if m < st.FromM-1 || m > st.ToM+1 {
				continue
			}
			theirs := Connected(demarc.Lines{Pieces: o.Pieces}, o.Route)
			joined, err := l, error(nil)
			if c.How == project.FlowsIn {
				joined, _, err = demarc.Confluence(l, st.Route, theirs, o.Route)
			} else {
				_, joined, err = demarc.Confluence(theirs, o.Route, l, st.Route)
			}
			if err != nil {
				notes = append(notes, notJoined(o.Name, m, err))
				continue
			}
			l = joined
			notes = append(notes, openMouth(o.Name, c.How, m, joined))
		}
	}
	return l, notes
}

// reaches tells whether another river's boundary is of the part of it that a confluence lies in: a river may have several, one above the other.
func reaches(o project.OtherRiver, c project.Confluence) bool {
	m := lref.Project(o.Route, c.Lon, c.Lat).MeasureM
	for _, p := range o.Pieces {
		if m >= p.FromM-confluenceM && m <= p.ToM+confluenceM {
			return true
		}
	}
	return false
}

func notJoined(name string, m float64, err error) demarc.Note {
	return demarc.Note{
		Code: demarc.NoteMouth, Bank: geo.Both, FromM: m, ToM: m,
		Zh: fmt.Sprintf("与“%s”的汇口（%s）处边界线没有接上，请检查两河的线。", name, lref.Label(m)),
		En: fmt.Sprintf("The lines are not joined to those of %q at their confluence, %s: %v", name, lref.Label(m), err),
	}
}

// openMouth tells of the mouth that was opened last.
func openMouth(name string, how project.Meeting, m float64, l demarc.Lines) demarc.Note {
	c := l.Connectors[len(l.Connectors)-1]
	n := demarc.Note{Code: demarc.NoteMouth, Bank: c.Bank, FromM: m, ToM: m, Size: c.LengthM}
	if how == project.FlowsIn {
		n.Zh = fmt.Sprintf("支流“%s”的汇口（%s）敞开，宽 %.1f 米。", name, lref.Label(m), c.LengthM)
		n.En = fmt.Sprintf("The mouth of the tributary %q at %s is open, %.1f m wide.", name, lref.Label(m), c.LengthM)
		return n
	}
	n.Zh = fmt.Sprintf("两岸线止于干流“%s”的管理范围线，汇口宽 %.1f 米。", name, c.LengthM)
	n.En = fmt.Sprintf("The lines stop on the boundary of %q, which the river flows into; the mouth is %.1f m wide.", name, c.LengthM)
	return n
}
