package roster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hetu/geo"
	"hetu/geo/duty"
)

// Roster answers from memory. Any number of goroutines ask; one follows the source.
type Roster struct {
	lines Lines

	mu    sync.RWMutex // the one that follows writes
	held  *record
	state State
}

// State is how far a roster has come.
type State struct {
	Loaded   bool
	Position Position  // in the feed
	Version  int64     // number of the newest write it has
	At       time.Time // when nothing newer was known to be

	held int // changes after the position that it has already
}

// New makes an empty roster of the rivers whose lines are these.
func New(lines Lines) *Roster { return &Roster{lines: lines, held: emptyRecord(lines)} }

// State tells how far the roster has come.
func (r *Roster) State() State {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.state
}

// Responsible answers who is responsible at a position. It is not for this roster to say, and ok is false, while it is not
// loaded and when the question is what was known at an earlier time.
func (r *Roster) Responsible(ctx context.Context, q duty.Question) (answer duty.Answer, ok bool, err error) {
	if !q.At.KnownAt.IsZero() {
		return duty.Answer{}, false, nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.state.Loaded {
		return duty.Answer{}, false, nil
	}
	answer, err = duty.Responsible(ctx, view{r.held, r.lines}, q)
	answer.Version = r.state.Version
	return answer, true, err
}

// record is what is known now, all of one moment.
type record struct {
	tables [tabled]*table // by kind
	banks  *ground[duty.BankLine]
	areas  *ground[polygons]
}

// view is the record as a [duty.Source].
type view struct {
	*record
	lines Lines
}

var _ duty.Source = view{}

// RoutesNear implements [duty.Source].
func (v view) RoutesNear(_ context.Context, at duty.Moment, lon, lat, radiusM float64) ([]duty.Route, error) {
	day := dayOf(at.AsOf)
	banks := map[int64][]duty.BankLine{}
	for _, b := range v.banks.near(duty.Box(lon, lat, max(radiusM, duty.WidestM)), day) {
		banks[b.river] = append(banks[b.river], b.what)
	}
	// Rivers that are found by their banks or their area however far their centre line is: of their routes no stretch is enough.
	whole := map[int64]bool{}
	for _, river := range append(slices.Collect(maps.Keys(banks)), v.inside(day, lon, lat)...) {
		v.tables[routesOf].of(river, func(id int64, _ reader) { whole[id] = true })
	}
	var out []duty.Route
	v.lines.Stretches(riverLayer, duty.Box(lon, lat, radiusM), at.AsOf, knotEvery, func(id int64, first, total int, flat []float64) {
		route, m, ok := v.route(id, day)
		switch {
		case !ok || len(flat) < 4:
		case total != m.positions:
			whole[id] = true
		case !whole[id]:
			route.Geom, route.Ends = m.stretch(flat, first), m.ends()
			out = append(out, route)
		}
	})
	for id := range whole {
		route, m, ok := v.route(id, day)
		if flat := v.lines.Line(riverLayer, id, at.AsOf); ok && len(flat) >= 4 {
			route.Geom, route.Banks = m.whole(flat), banks[route.River.ID]
			out = append(out, route)
		}
	}
	slices.SortStableFunc(out, func(a, b duty.Route) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// route gives a route without its line; not ok if there is no such route of a river on the day: the atlas may know a write
// before the roster does.
func (v view) route(id int64, day Day) (out duty.Route, m measures, ok bool) {
	v.tables[Routes].of(id, func(id int64, told reader) {
		river, measured, valid := told.route()
		if valid.holds(day) && len(measured.knots) > 0 {
			out.ID, m = id, measured
			out.River, ok = v.river(river, day)
		}
	})
	return out, m, ok
}

func (v view) river(id int64, day Day) (out duty.River, ok bool) {
	v.tables[Rivers].of(id, func(id int64, told reader) {
		if r, valid := told.river(id); valid.holds(day) {
			out, ok = r, true
		}
	})
	return out, ok
}

// AreasAt implements [duty.Source].
func (v view) AreasAt(_ context.Context, at duty.Moment, lon, lat float64) ([]int64, error) {
	return v.inside(dayOf(at.AsOf), lon, lat), nil
}

func (v view) inside(day Day, lon, lat float64) []int64 {
	var out []int64
	for _, a := range v.areas.near(geo.Extent{West: lon, South: lat, East: lon, North: lat}, day) {
		if a.what.hold(lon, lat) {
			out = append(out, a.river)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ReachesOf implements [duty.Source].
func (v view) ReachesOf(_ context.Context, at duty.Moment, routes []int64) ([]duty.Reach, error) {
	return v.reachesOf(dayOf(at.AsOf), routes), nil
}

func (v view) reachesOf(day Day, routes []int64) []duty.Reach {
	var out []duty.Reach
	for _, route := range distinct(routes) {
		v.tables[Reaches].of(route, func(id int64, told reader) {
			if r, valid := told.reach(id, route); valid.holds(day) {
				out = append(out, r)
			}
		})
	}
	slices.SortFunc(out, func(a, b duty.Reach) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.FromM, b.FromM), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// PostsOf implements [duty.Source].
func (v view) PostsOf(_ context.Context, at duty.Moment, reaches, rivers, divisions []int64) ([]duty.Post, error) {
	day := dayOf(at.AsOf)
	var out []duty.Post
	of := func(owners []int64, which func(*duty.Post) *int64) {
		for _, owner := range distinct(owners) {
			v.tables[Posts].of(owner, func(id int64, told reader) {
				if p, valid := told.post(id, owner); valid.holds(day) && which(&p) != nil {
					out = append(out, p)
				}
			})
		}
	}
	of(reaches, func(p *duty.Post) *int64 { return p.ReachID })
	of(rivers, func(p *duty.Post) *int64 { return p.RiverID })
	of(divisions, func(p *duty.Post) *int64 { return p.DivisionID })
	head := func(p duty.Post) int {
		if p.Role == "head_chief" {
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(a, b duty.Post) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(head(a), head(b)), cmp.Compare(a.Role, b.Role), cmp.Compare(b.DualRole, a.DualRole), cmp.Compare(a.ID, b.ID))
	})
	for i := range out {
		out[i].Appointments = v.appointmentsTo(out[i].ID)
	}
	return out, nil
}

// appointmentsTo gives all appointments to a post in order of time.
func (v view) appointmentsTo(post int64) []duty.Appointment {
	var out []duty.Appointment
	v.tables[Appointments].of(post, func(_ int64, told reader) { out = append(out, told.appointment()) })
	slices.SortFunc(out, func(a, b duty.Appointment) int { return a.Valid.From.Time().Compare(b.Valid.From.Time()) })
	return out
}

// BoardsOf implements [duty.Source].
func (v view) BoardsOf(_ context.Context, at duty.Moment, reaches []int64) ([]duty.Board, error) {
	day := dayOf(at.AsOf)
	var ids []int64
	for _, reach := range distinct(reaches) {
		v.tables[boardsOf].of(reach, func(id int64, _ reader) { ids = append(ids, id) })
	}
	var out []duty.Board
	for _, id := range distinct(ids) {
		v.tables[Boards].of(id, func(id int64, told reader) {
			b, valid := told.board(id)
			if valid.holds(day) && slices.ContainsFunc(b.ReachIDs, func(r int64) bool { return slices.Contains(reaches, r) }) {
				out = append(out, b)
			}
		})
	}
	slices.SortFunc(out, func(a, b duty.Board) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// DivisionsUp implements [duty.Source].
func (v view) DivisionsUp(_ context.Context, at duty.Moment, ids []int64) ([]duty.Division, error) {
	day := dayOf(at.AsOf)
	var out []duty.Division
	seen := map[int64]bool{}
	for todo := slices.Clone(ids); len(todo) > 0; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		v.tables[Divisions].of(todo[0], func(id int64, told reader) {
			if d, valid := told.division(id); valid.holds(day) {
				out = append(out, d)
				if d.ParentID != nil {
					todo = append(todo, *d.ParentID)
				}
			}
		})
	}
	slices.SortFunc(out, func(a, b duty.Division) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func distinct(ids []int64) []int64 {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}
