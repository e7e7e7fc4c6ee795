package roster

import (
	"hetu/geo/duty"
)

// Along gives what lies along routes, as [duty.Along] says. It is not for this roster to say, and ok is false, where
// [Roster.Responsible] says so.
func (r *Roster) Along(at duty.Moment, routes []int64) (out map[int64]duty.Along, ok bool) {
	if !at.KnownAt.IsZero() {
		return nil, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.state.Loaded {
		return nil, false
	}
	v, day := view{r.held, r.lines}, dayOf(at.AsOf)
	out = make(map[int64]duty.Along, len(routes))
	for _, id := range routes {
		if route, _, ok := v.route(id, day); ok {
			out[id] = duty.Along{River: &duty.Name{ID: route.River.ID, Name: route.River.Name, NameEn: route.River.NameEn, Code: route.River.Code}}
		}
	}
	for _, reach := range v.reachesOf(day, routes) {
		a := out[reach.RouteID]
		a.Reaches = append(a.Reaches, reach)
		out[reach.RouteID] = a
	}
	return out, true
}
