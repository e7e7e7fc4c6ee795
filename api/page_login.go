package api

import (
	"crypto/sha256"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/access"
)

// loginView is what the pages of logging in are filled from.
type loginView struct {
	*pageView
	Visitor access.Visit // the one who is logged in
	Name    string       // that was typed
	Display string
	Fault   string // what is wrong, in the reader's language
	Next    string // where to go then: a path of ours
	Invite  access.Invite
	Gone    bool // the link is good no more
	OIDC    bool
}

// Until is when the link ends, by the clocks of China.
func (v *loginView) Until() string {
	return v.Invite.EndsAt.In(time.FixedZone("Asia/Shanghai", 8*3600)).Format("2006-01-02 15:04")
}

func (s *pageSite) loginPages(routes *routes) {
	get := []string{http.MethodGet, http.MethodHead}
	routes.add("/login", "page_login", s.login, s.handle, get...)
	routes.add("/login", "page_login_send", s.loginSend, s.handle, http.MethodPost)
	routes.add("/login/oidc", "page_oidc", s.oidcStart, s.handle, get...)
	routes.add("/login/oidc/callback", "page_oidc_back", s.oidcBack, s.handle, get...)
	routes.add("/logout", "page_logout", s.logoutSend, s.handle, http.MethodPost)
	routes.add("/invite/{token}", "page_invite", s.invite, s.handle, get...)
	routes.add("/invite/{token}", "page_invite_send", s.inviteSend, s.handle, http.MethodPost)
}

func (s *pageSite) loginView(r *http.Request, title string) *loginView {
	v := &loginView{pageView: s.view(r, geo.DateOf(s.now())), Visitor: visitOf(r.Context()), Next: nextPath(r.URL.Query().Get("next"))}
	v.Title, v.OIDC = v.Words[title], s.people != nil && s.people.oidc != nil
	v.Path = "/login"
	return v
}

// nextPath gives where somebody is sent after he logged in: a path of this server, whatever was asked for.
func nextPath(sent string) string {
	u, err := url.Parse(sent)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(sent, "/") || strings.HasPrefix(sent, "//") || strings.ContainsAny(sent, "\\\r\n\t") {
		return "/"
	}
	return sent
}

// hasPeople tells whether anybody can log in here; a server without accounts has no such pages.
func (s *pageSite) hasPeople(r *http.Request) error {
	if s.people == nil || s.people.identity == nil {
		return geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
	}
	return nil
}

// login is the page with the form.
func (s *pageSite) login(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasPeople(r); err != nil {
		return err
	}
	return s.render(w, "login.html", http.StatusOK, s.loginView(r, "login_title"))
}

// form reads a form that was sent: small, its fields given once.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, geo.Errorf(geo.CodeInvalid, "the form did not come as a form")
	}
	body, err := readBody(w, r, maxFormBytes, "application/x-www-form-urlencoded")
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, geo.Errorf(geo.CodeInvalid, "the form cannot be read")
	}
	for name, v := range values {
		if len(v) > 1 {
			return nil, geo.InvalidField(shortened(name), "given %d times; give it once", len(v))
		}
	}
	return values, nil
}

// loginSend takes the form: the person goes on, or the form comes again with what is wrong.
func (s *pageSite) loginSend(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasPeople(r); err != nil {
		return err
	}
	sent, err := form(w, r)
	if err != nil {
		return err
	}
	_, err = s.people.logIn(w, r, sent.Get("name"), sent.Get("password"))
	if err == nil {
		http.Redirect(w, r, nextPath(sent.Get("next")), http.StatusSeeOther)
		return nil
	}
	v := s.loginView(r, "login_title")
	v.Name, v.Next = sent.Get("name"), nextPath(sent.Get("next"))
	status := http.StatusUnauthorized
	switch geo.CodeOf(err) {
	case geo.CodeNobody:
		v.Fault = v.Words["login_wrong"]
	case geo.CodeTooMany:
		v.Fault, status = v.Words["login_locked"], http.StatusTooManyRequests
		w.Header().Set("Retry-After", "900")
	default:
		return err
	}
	return s.render(w, "login.html", status, v)
}

// logoutSend ends the session.
func (s *pageSite) logoutSend(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasPeople(r); err != nil {
		return err
	}
	if visitOf(r.Context()).Session != 0 {
		if err := s.people.logOut(w, r); err != nil {
			return err
		}
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// invite is the page of a link: its person sets a password, the first administrator also a name.
func (s *pageSite) invite(w http.ResponseWriter, r *http.Request) error {
	v, err := s.inviteView(r)
	if v != nil && geo.CodeOf(err) == geo.CodeNotFound {
		return s.inviteGone(w, v)
	}
	if err != nil {
		return err
	}
	return s.render(w, "invite.html", http.StatusOK, v)
}

func (s *pageSite) inviteView(r *http.Request) (*loginView, error) {
	if err := s.hasPeople(r); err != nil {
		return nil, err
	}
	v := s.loginView(r, "invite_title")
	invite, err := s.people.identity.Invite(r.Context(), sha256.Sum256([]byte(mux.Vars(r)["token"])))
	v.Invite, v.Path = invite, "/"+strings.TrimLeft(r.URL.Path, `/\`)
	return v, err
}

// inviteGone tells who comes by a link that is good no more how he gets another.
func (s *pageSite) inviteGone(w http.ResponseWriter, v *loginView) error {
	v.Gone = true
	return s.render(w, "invite.html", http.StatusNotFound, v)
}

// inviteSend takes the password.
func (s *pageSite) inviteSend(w http.ResponseWriter, r *http.Request) error {
	v, err := s.inviteView(r)
	if v != nil && geo.CodeOf(err) == geo.CodeNotFound {
		return s.inviteGone(w, v)
	}
	if err != nil {
		return err
	}
	sent, err := form(w, r)
	if err != nil {
		return err
	}
	v.Name, v.Display = sent.Get("name"), sent.Get("display_name")
	fault := "password_differs"
	if sent.Get("password") == sent.Get("again") {
		fault, err = s.people.takeInvite(w, r, mux.Vars(r)["token"], taken{Name: v.Name, DisplayName: v.Display, Password: sent.Get("password")})
		switch {
		case err == nil:
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return nil
		case geo.CodeOf(err) == geo.CodeConflict:
			fault = "name_taken"
		case fault == "":
			return err
		}
	}
	v.Fault = v.Words[fault]
	return s.render(w, "invite.html", http.StatusUnprocessableEntity, v)
}
