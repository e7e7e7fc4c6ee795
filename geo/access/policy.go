package access

import (
	"maps"
	"slices"
)

// Policy is who may use a route. What it refuses it refuses before anything is read; whether the grant is one over the division in
// question is for the route, and for the database in the transaction that writes.
type Policy struct {
	Open bool // everyone
	// Changes marks what is open and yet changes something, such as a login: it is not taken from pages of other sites.
	Changes bool
	Person  bool   // whoever has logged in, with whatever rights
	Roles   []Role // or those who have one of these somewhere
	// Secret routes are 404 to those who may not: not even that there is something to be refused is told.
	Secret bool
}

// Answer is what a policy says to an actor.
type Answer int

// The answers, with the status that api gives each.
const (
	Yes       Answer = iota
	LogIn            // 401
	Forbidden        // 403
	Hidden           // 404
)

// For tells whether an actor may.
func (p Policy) For(a Actor) Answer {
	switch {
	case p.Open || p.Person && a.Known() || a.Has(p.Roles...):
		return Yes
	case p.Secret:
		return Hidden
	case !a.Known():
		return LogIn
	default:
		return Forbidden
	}
}

// PolicyOf gives the policy of a route by its name; ok is false for a route that has none, which nobody may use.
func PolicyOf(route string) (p Policy, ok bool) {
	if slices.Contains(openRoutes(), route) {
		return Policy{Open: true}, true
	}
	p, ok = policies()[route]
	return p, ok
}

// administration is for administrators; which accounts each keeps is looked at where it is done.
func administration() Policy { return Policy{Roles: []Role{Admin}} }

// openRoutes are for everyone. What they tell of drafts they tell by [Actor.Drafts].
func openRoutes() []string {
	return []string{
		"contract_yaml", "contract_json", "health", "ready", "problem",
		"rivers", "river", "places", "responsible", "counts", "river_profile", "river_longitudinal_list", "flowlines", "trace ids", "trace features",
		"handovers", "locate", "measure", "segment", "hydrolocation", "nearest", "profiles", "coverage", "stale boards", "river quality", "patrols",
		"touches", "occupied", "overlaps", "area-diff", "boundary-diff", "inside",
		"page_find", "page_river", "page_board", "page_report", "page_map", "page_asset", "page_favicon",
		"tiles_index", "tilejson", "tile",
	}
}

// policies are those of all other routes.
func policies() map[string]Policy {
	knock := Policy{Open: true, Changes: true}
	person := Policy{Person: true}
	all := map[string]Policy{
		"login": knock, "invite_take": knock, "page_login": {Open: true}, "page_login_send": knock, "page_invite": {Open: true}, "page_invite_send": knock,
		"page_logout": knock, "page_oidc": {Open: true}, "page_oidc_back": {Open: true},
		"session": person, "logout": person, "sessions": person, "sessions_end": person, "session_end": person, "password": person,
		"keys": person, "key_new": person, "key_end": person, // of the account itself, or of one that is kept
		"accounts": administration(), "account_new": administration(), "account": administration(), "account_disable": administration(), "account_enable": administration(),
		"account_invite": administration(), "grant": administration(), "grant_end": administration(), "audit": administration(),
	}
	maps.Copy(all, projectPolicies())
	return all
}
