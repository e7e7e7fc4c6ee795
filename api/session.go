package api

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/access"
)

// sessionAnswer is who has logged in.
type sessionAnswer struct {
	Account     int64         `json:"account"`
	Name        string        `json:"name"`
	DisplayName string        `json:"display_name,omitempty"`
	Key         string        `json:"key,omitempty"` // of a system
	Grants      []grantAnswer `json:"grants"`
	EndsAt      *time.Time    `json:"ends_at,omitempty"` // of a session, at the latest
}

type grantAnswer struct {
	ID       int64       `json:"id,omitempty"`
	Role     access.Role `json:"role"`
	Division *int64      `json:"division"` // null: the whole installation
}

func grantOf(g access.Grant) grantAnswer {
	out := grantAnswer{Role: g.Role}
	if g.Division != access.Everywhere {
		out.Division = &g.Division
	}
	return out
}

func (s *server) routeSessions(get, post, del func(path, name string, h handlerFunc)) {
	post("/api/v1/session", "login", s.login)
	get("/api/v1/session", "session", s.session)
	del("/api/v1/session", "logout", s.logout)
	get("/api/v1/sessions", "sessions", s.sessions)
	del("/api/v1/sessions", "sessions_end", s.endOthers)
	del("/api/v1/sessions/{id}", "session_end", s.endSession)
	post("/api/v1/password", "password", s.password)
	post("/api/v1/invites/{token}", "invite_take", s.inviteTake)
}

// noPeople is answered by a server without accounts.
func (s *server) noPeople() error {
	if s.Identity == nil {
		return geo.Errorf(geo.CodeUnavailable, "nobody can log in to this server")
	}
	return nil
}

// login serves POST /api/v1/session: a session for a name and a password.
func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	var sent struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := s.noPeople(); err != nil {
		return err
	}
	if err := readJSON(w, r, &sent); err != nil {
		return err
	}
	account, err := s.logIn(w, r, sent.Name, sent.Password)
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusCreated, accountSession(account))
}

func accountSession(a access.Account) sessionAnswer {
	out := sessionAnswer{Account: a.ID, Name: a.Name, DisplayName: a.DisplayName, Grants: []grantAnswer{}}
	for _, g := range a.Grants {
		out.Grants = append(out.Grants, grantOf(g.Grant))
	}
	return out
}

// session serves GET /api/v1/session: who asks, and what he may.
func (s *server) session(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r.Context())
	out := sessionAnswer{Account: v.Actor.Account, Name: v.Actor.Name, DisplayName: v.Shown, Key: v.Actor.Key, Grants: []grantAnswer{}}
	for _, g := range v.Actor.Grants {
		out.Grants = append(out.Grants, grantOf(g))
	}
	if v.Session != 0 {
		out.EndsAt = &v.EndsAt
	}
	return writePrivate(w, http.StatusOK, out)
}

// logout serves DELETE /api/v1/session.
func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.logOut(w, r); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sessions serves GET /api/v1/sessions: where the account is logged in.
func (s *server) sessions(w http.ResponseWriter, r *http.Request) error {
	type session struct {
		ID      int64     `json:"id"`
		MadeAt  time.Time `json:"made_at"`
		SeenAt  time.Time `json:"seen_at"`
		EndsAt  time.Time `json:"ends_at"`
		IP      string    `json:"ip"`
		Agent   string    `json:"agent"`
		Current bool      `json:"current"`
	}
	visit := visitOf(r.Context())
	found, err := s.Identity.Sessions(r.Context(), visit.Actor.Account)
	if err != nil {
		return err
	}
	out := []session{}
	for _, f := range found {
		f.Current = f.ID == visit.Session
		out = append(out, session(f))
	}
	return writePrivate(w, http.StatusOK, map[string]any{"sessions": out})
}

// endOthers serves DELETE /api/v1/sessions: all sessions of the account but this one end.
func (s *server) endOthers(w http.ResponseWriter, r *http.Request) error {
	visit := visitOf(r.Context())
	if err := s.Identity.EndSession(r.Context(), visit.Actor, 0, visit.Session); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// endSession serves DELETE /api/v1/sessions/{id}.
func (s *server) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "session")
	if err != nil {
		return err
	}
	if err := s.Identity.EndSession(r.Context(), actorOf(r.Context()), id, 0); err != nil {
		return geo.AtField(err, "id")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// password serves POST /api/v1/password: the account's own password is changed.
func (s *server) password(w http.ResponseWriter, r *http.Request) error {
	var sent struct {
		Old      string `json:"old"`
		Password string `json:"password"`
	}
	if err := readJSON(w, r, &sent); err != nil {
		return err
	}
	if err := s.changePassword(w, r, sent.Old, sent.Password); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// inviteTake serves POST /api/v1/invites/{token}: a link's password is set, and its person logged in.
func (s *server) inviteTake(w http.ResponseWriter, r *http.Request) error {
	var sent taken
	if err := s.noPeople(); err != nil {
		return err
	}
	if err := readJSON(w, r, &sent); err != nil {
		return err
	}
	if _, err := s.takeInvite(w, r, mux.Vars(r)["token"], sent); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
