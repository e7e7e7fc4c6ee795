package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"hetu/geo"
	"hetu/geo/access"
)

// inviteLife is how long a link works.
const inviteLife = 24 * time.Hour

// loginPatience bounds how long somebody waits for his turn to have a password looked at.
const loginPatience = 10 * time.Second

// people is how persons come in: the same for the API and the pages.
type people struct {
	*guards
	passwords passwords
	oidc      *provider // nil: none
}

func newPeople(cfg Config) *people {
	p := &people{guards: newGuards(cfg), passwords: newPasswords()}
	if cfg.OIDC != nil {
		p.oidc = newProvider(*cfg.OIDC, cfg.Now)
	}
	return p
}

// logIn lets a person in by name and password, and gives the session a token of its own: one that was sent along is ended. A name that nobody has is
// answered as a wrong password is, after the same work.
func (p *people) logIn(w http.ResponseWriter, r *http.Request, sent, password string) (access.Account, error) {
	ctx, cancel := context.WithTimeout(r.Context(), loginPatience)
	defer cancel()
	who := actorOf(r.Context())
	who = access.Actor{IP: who.IP, RequestID: who.RequestID}
	name, err := userName(sent)
	if err != nil || utf8.RuneCountInString(password) > longestPassword {
		name, password = "-", "" // no name of anybody; counted as one
	}
	allowed, err := p.identity.TryLogin(ctx, name, who.IP)
	if err != nil {
		return access.Account{}, err
	}
	if !allowed {
		p.loginFailed(ctx, who, name, "locked")
		return access.Account{}, geo.Errorf(geo.CodeTooMany, "too many failed logins of this name from here: try again in 15 minutes")
	}
	account, err := p.identity.Account(ctx, name)
	if err != nil && geo.CodeOf(err) != geo.CodeNotFound {
		return access.Account{}, err
	}
	same, err := p.tried(ctx, name, who.IP, password, account)
	if err != nil {
		return access.Account{}, err
	}
	if !same || account.Disabled {
		p.loginFailed(ctx, who, name, "")
		return access.Account{}, geo.Errorf(geo.CodeNobody, "the name or the password is wrong")
	}
	if err := p.identity.LoggedIn(ctx, name, who.IP); err != nil {
		return access.Account{}, err
	}
	return account, p.begin(w, r, account)
}

// tried holds a password against an account's. What could not be looked at, because too many wait, is counted as no try.
func (p *people) tried(ctx context.Context, name, ip, password string, account access.Account) (same bool, err error) {
	same, err = p.passwords.matches(ctx, password, account.Password)
	if err == nil {
		return same, nil
	}
	later, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditPatience)
	defer cancel()
	if back := p.identity.NotTried(later, name, ip); back != nil {
		p.log.ErrorContext(ctx, "a login that was not tried is counted", causeOf(back))
	}
	return false, err
}

func (p *people) loginFailed(ctx context.Context, who access.Actor, name, detail string) {
	e := access.Event{Actor: who, Action: "login", Object: name, Result: access.Failed, Detail: detail}
	if p.refusals.admit(&e) {
		if err := p.identity.Audit(ctx, e); err != nil {
			p.log.ErrorContext(ctx, "a failed login is not in the audit", causeOf(err))
		}
	}
}

// begin begins a session of an account that has proved who it is.
func (p *people) begin(w http.ResponseWriter, r *http.Request, account access.Account) error {
	was := visitOf(r.Context())
	if was.Session != 0 {
		if err := p.identity.EndSession(r.Context(), was.Actor, was.Session, 0); err != nil && geo.CodeOf(err) != geo.CodeNotFound {
			return err
		}
	}
	token, hash := newToken()
	who := access.Actor{Account: account.ID, Name: account.Name, IP: was.Actor.IP, RequestID: was.Actor.RequestID}
	if _, err := p.identity.OpenSession(r.Context(), who, account.Password, hash, agentOf(r)); err != nil {
		return err
	}
	p.setCookie(w, r, token, int(8*time.Hour/time.Second))
	return nil
}

// agentOf gives what a browser calls itself, for the list of sessions.
func agentOf(r *http.Request) string {
	agent := strings.ToValidUTF8(strings.ReplaceAll(r.UserAgent(), "\x00", ""), "")
	if runes := []rune(agent); len(runes) > 200 {
		agent = string(runes[:200])
	}
	return agent
}

// logOut ends the session that a request came with.
func (p *people) logOut(w http.ResponseWriter, r *http.Request) error {
	visit := visitOf(r.Context())
	if visit.Session == 0 {
		return geo.Errorf(geo.CodeForbidden, "a key has no session that could be ended")
	}
	p.setCookie(w, r, "", -1)
	return p.identity.EndSession(r.Context(), visit.Actor, visit.Session, 0)
}

// taken is what is sent with an invitation.
type taken struct {
	Name        string `json:"name"`         // the first administrator's alone
	DisplayName string `json:"display_name"` // as well
	Password    string `json:"password"`
}

// takeInvite sets the password that comes with an invitation, and lets its person in. fault is what is wrong with the password, as the key of a
// sentence.
func (p *people) takeInvite(w http.ResponseWriter, r *http.Request, token string, sent taken) (fault string, err error) {
	if len(token) > maxTokenBytes {
		token = ""
	}
	hash := sha256.Sum256([]byte(token))
	invite, err := p.identity.Invite(r.Context(), hash)
	if err != nil {
		return "", err
	}
	name, display := invite.Name, invite.DisplayName
	if invite.Account == 0 {
		if name, display, err = sent.names(); err != nil {
			return "name_wrong", err
		}
	}
	if fault := passwordFault(sent.Password, name); fault != "" {
		return fault, passwordRefused(fault)
	}
	ctx, cancel := context.WithTimeout(r.Context(), loginPatience)
	defer cancel()
	password, err := p.passwords.hash(ctx, sent.Password)
	if err != nil {
		return "", err
	}
	who := actorOf(r.Context())
	account, err := p.identity.TakeInvite(ctx, hash, access.Actor{Name: name, IP: who.IP, RequestID: who.RequestID}, display, password)
	if err != nil {
		return "", err
	}
	return "", p.begin(w, r, account)
}

// names reads the names of the first administrator, and tells at once what is wrong with either.
func (sent taken) names() (name, display string, err error) {
	name, nameFault := userName(sent.Name)
	display, displayFault := shownName(sent.DisplayName)
	wrong, ok := errors.AsType[*geo.Error](nameFault)
	other, both := errors.AsType[*geo.Error](displayFault)
	if ok && both {
		return "", "", &geo.Error{Code: wrong.Code, Msg: wrong.Msg + "; " + other.Msg, Fields: append(wrong.Fields, other.Fields...)}
	}
	return name, display, errors.Join(nameFault, displayFault)
}

// shownName reads the name that others see.
func shownName(sent string) (string, error) {
	name := strings.TrimSpace(sent)
	if n := utf8.RuneCountInString(name); n == 0 || n > longestShownName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return "", geo.InvalidField("/display_name", "is missing or longer than %d characters", longestShownName)
	}
	return name, nil
}

// changePassword sets another password, and ends all sessions: this one goes on under a token that nobody had before.
func (p *people) changePassword(w http.ResponseWriter, r *http.Request, old, password string) error {
	visit := visitOf(r.Context())
	if visit.Session == 0 {
		return geo.Errorf(geo.CodeForbidden, "a key changes no password: log in")
	}
	ctx, cancel := context.WithTimeout(r.Context(), loginPatience)
	defer cancel()
	who := visit.Actor
	allowed, err := p.identity.TryLogin(ctx, who.Name, who.IP)
	if err != nil {
		return err
	}
	if !allowed {
		return geo.Errorf(geo.CodeTooMany, "too many wrong passwords: try again in 15 minutes")
	}
	account, err := p.identity.Account(ctx, who.Name)
	if err != nil {
		return err
	}
	same, err := p.tried(ctx, who.Name, who.IP, old, account)
	if err != nil {
		return err
	}
	if !same {
		p.loginFailed(ctx, who, who.Name, "password change")
		return geo.FieldErrorf(geo.CodeRefused, "/old", "is not the password that is set")
	}
	if fault := passwordFault(password, who.Name); fault != "" {
		return passwordRefused(fault)
	}
	if err := p.identity.LoggedIn(ctx, who.Name, who.IP); err != nil {
		return err
	}
	hash, err := p.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := p.identity.SetPassword(ctx, who, hash); err != nil {
		return err
	}
	account.Password = hash
	return p.begin(w, r, account)
}
