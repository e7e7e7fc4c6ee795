package stake

import (
	"cmp"
	"math"
	"slices"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// marks gives the places of a run that have a stake, in the order of the run.
func (g *ground) marks(p *placedRun, spacing Spacing) []mark {
	var out []mark
	add := func(why string, along, lon, lat float64) {
		out = append(out, mark{along: along, lon: lon, lat: lat, why: why, tier: demarc.Basic})
	}
	add(AtEnd, 0, p.Flat[0], p.Flat[1])
	add(AtEnd, p.LengthM(), p.Flat[len(p.Flat)-2], p.Flat[len(p.Flat)-1])
	for _, t := range p.towns[min(1, len(p.towns)):] {
		add(AtBorder, t.along, t.lon, t.lat)
	}
	for _, part := range p.Parts[1:] {
		add(AtChange, p.Along[part.From], p.Flat[2*part.From], p.Flat[2*part.From+1])
	}
	for _, v := range p.turns(spacing.TurnDeg) {
		add(AtTurn, p.Along[v], p.Flat[2*v], p.Flat[2*v+1])
	}
	if spacing.KmMarks {
		for _, along := range p.kilometres() {
			lon, lat := p.At(along)
			add(AtKm, along, lon, lat)
		}
	}
	out = p.fill(p.fill(apart(out), spacing.BasicM, demarc.Basic), spacing.DenseM, demarc.Dense)
	for i := range out {
		out[i].part, out[i].division = p.partAt(out[i].along), p.divisionAt(out[i].along)
	}
	return out
}

// apart drops the marks that stand where another of a better reason does.
func apart(marks []mark) []mark {
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(rank(a.why), rank(b.why)) })
	var out []mark
	for _, m := range marks {
		within := samePlaceM
		if m.why == AtTurn {
			within = apartM
		}
		if !slices.ContainsFunc(out, func(o mark) bool { return math.Abs(o.along-m.along) <= within }) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b mark) int { return cmp.Compare(a.along, b.along) })
	return out
}

// fill puts marks between others, evenly, so that none is farther along the line from the next than maxM; 0 puts none.
func (p *placedRun) fill(marks []mark, maxM float64, tier demarc.StakeTier) []mark {
	if !(maxM > 0) {
		return marks
	}
	var out []mark
	for i, m := range marks {
		if i > 0 {
			from := marks[i-1].along
			n := math.Ceil((m.along-from)/maxM - 1e-9)
			for k := 1.0; k < n; k++ {
				along := from + (m.along-from)*k/n
				lon, lat := p.At(along)
				out = append(out, mark{along: along, lon: lon, lat: lat, why: Filled, tier: tier})
			}
		}
		out = append(out, m)
	}
	return out
}

// kilometres gives the ways along the run at which the bank's whole line has a full kilometre, counted from the end with the lower
// measure.
func (p *placedRun) kilometres() []float64 {
	var out []float64
	from, to := p.startM, p.startM+p.LengthM()
	if !p.rising {
		from, to = p.bankM-to, p.bankM-from
	}
	for m := math.Floor(from/kmM)*kmM + kmM; m < to; m += kmM {
		along := m - from
		if !p.rising {
			along = to - m
		}
		out = append(out, along)
	}
	slices.Sort(out)
	return out
}

// turns gives the vertices at which a run turns by more than so many degrees, told over a few metres before and behind; of a corner that
// is drawn with several vertices the one at which it turns most.
func (p *placedRun) turns(over float64) []int {
	if !(over > 0) {
		return nil
	}
	var out []int
	best, bestAt := 0.0, 0.0
	for v := 1; v < len(p.Along)-1; v++ {
		turn := p.turnAt(v)
		if turn <= over {
			continue
		}
		if n := len(out); n > 0 && p.Along[v]-bestAt < 2*turnOverM {
			if turn > best {
				best, bestAt, out[n-1] = turn, p.Along[v], v
			}
			continue
		}
		out = append(out, v)
		best, bestAt = turn, p.Along[v]
	}
	return out
}

// turnAt is by how many degrees the way onward from a vertex differs from the way there.
func (p *placedRun) turnAt(v int) float64 {
	along := p.Along[v]
	ax, ay := p.At(along - turnOverM)
	bx, by := p.At(along + turnOverM)
	lon, lat := p.Flat[2*v], p.Flat[2*v+1]
	cos := math.Cos(lat * math.Pi / 180)
	x1, y1, x2, y2 := (lon-ax)*cos, lat-ay, (bx-lon)*cos, by-lat
	return math.Abs(math.Atan2(x1*y2-y1*x2, x1*x2+y1*y2)) * 180 / math.Pi
}

// OffsetM is how far a position lies from the boundary line of a bank; infinitely far where the bank has none.
func OffsetM(lines demarc.Lines, bank geo.Bank, lon, lat float64) float64 {
	best := math.Inf(1)
	for _, run := range lines.RunsOf(bank) {
		best = min(best, lref.Project(run.Measured(), lon, lat).DistanceM)
	}
	return best
}
