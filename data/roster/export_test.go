package roster

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"hetu/geo"
	"hetu/tiles/label"
)

// CatchUp takes in what was written up to now.
func (r *Roster) CatchUp(ctx context.Context, src Source) error { return r.catchUp(ctx, src) }

// Fold brings all late rows in.
func (r *Roster) Fold() {
	for slot, t := range r.held.tables {
		r.held.tables[slot] = t.fold()
	}
}

// Late counts the ids of which there are late rows.
func (r *Roster) Late() (n int) {
	for _, t := range r.held.tables {
		n += len(t.owners)
	}
	return n
}

// Dump tells all rows, each a line, in one order whatever way they came in.
func (r *Roster) Dump() []string {
	var out []string
	tell := func(k Kind, owner, id int64, told reader) {
		var v any
		valid := Span{}
		switch k {
		case Rivers:
			v, valid = told.river(id)
		case Routes:
			river, m, span := told.route()
			v, valid = fmt.Sprint(river, m), span
		case Reaches:
			v, valid = told.reach(id, owner)
		case Divisions:
			v, valid = told.division(id)
		case Posts:
			v, valid = told.post(id, owner)
		case Appointments:
			v = told.appointment()
		case Boards:
			v, valid = told.board(id)
		default: // nothing is told
		}
		text, err := json.Marshal(v)
		out = append(out, fmt.Sprintln(k, owner, id, valid, string(text), err))
	}
	for slot, t := range r.held.tables {
		t.walk(0, math.MaxInt64, func(owner, id int64, told []byte) {
			if !t.replaced(id) {
				tell(Kind(slot), owner, id, reader{told, t.words})
			}
		})
		for _, rows := range t.late {
			for _, late := range rows {
				tell(Kind(slot), late.owner, late.id, reader{late.told, t.words})
			}
		}
	}
	for id, plots := range r.held.banks.byID {
		for _, p := range plots {
			out = append(out, fmt.Sprintln("bank", id, p.river, p.valid, p.what.Bank, p.what.Geom.FlatCoords(), len(r.held.banks.near(geo.World(), p.valid.From))))
		}
	}
	for id, plots := range r.held.areas.byID {
		for _, p := range plots {
			out = append(out, fmt.Sprintln("area", id, p.river, p.valid, p.what, len(r.held.areas.near(geo.World(), p.valid.From))))
		}
	}
	slices.Sort(out)
	return out
}

// OnGrid rounds a position as the atlas does.
func OnGrid(lon, lat float64) (gridLon, gridLat float64) {
	const world = 1 << label.WorldBits
	x := math.Round((lon + 180) / 360 * world)
	y := math.Round((0.5 - math.Atanh(math.Sin(lat*math.Pi/180))/(2*math.Pi)) * world)
	return x/world*360 - 180, math.Atan(math.Sinh(math.Pi*(1-2*y/world))) * 180 / math.Pi
}
