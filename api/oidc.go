package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"hetu/geo"
	"hetu/geo/access"
)

// OIDCConfig names the provider by which persons may log in, such as an organisation's 统一身份认证.
type OIDCConfig struct {
	Issuer       string
	ClientID     string
	ClientSecret string
}

const (
	oidcCookie   = "hetu_oidc"
	oidcPatience = 10 * time.Second
	oidcLife     = 10 * time.Minute // between the way there and back
	oidcAgain    = time.Hour        // how long is believed what a provider said of itself, and of its keys
	maxIDToken   = 16 << 10
	maxSubject   = 300
)

// provider is the other side of a login by OIDC.
type provider struct {
	cfg    OIDCConfig
	now    func() time.Time
	client *http.Client
	asking singleflight.Group
	mu     sync.Mutex // held for no request
	found  *oidc.Provider
	at     time.Time
}

func newProvider(cfg OIDCConfig, now func() time.Time) *provider {
	return &provider{cfg: cfg, now: now, client: &http.Client{Timeout: oidcPatience}}
}

// discover asks the provider what it is, when that is needed, and again after a while: a key that it gave up is good no longer then. Who comes meanwhile
// waits for the same answer, and no longer than he likes.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	if found := p.known(); found != nil {
		return found, nil
	}
	answer := p.asking.DoChan("", func() (any, error) {
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.cfg.Issuer)
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.found, p.at = found, p.now()
		return found, nil
	})
	select {
	case a := <-answer:
		found, ok := a.Val.(*oidc.Provider)
		if a.Err != nil || !ok {
			return nil, geo.Wrapf(a.Err, geo.CodeUnavailable, "the organisation's login does not answer, or is set up wrongly")
		}
		return found, nil
	case <-ctx.Done():
		return nil, geo.Wrapf(ctx.Err(), geo.CodeUnavailable, "the organisation's login does not answer")
	}
}

// known is what the provider said of itself not long ago; nil: nothing.
func (p *provider) known() *oidc.Provider {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); now.Sub(p.at) >= oidcAgain || now.Before(p.at) {
		return nil
	}
	return p.found
}

func (p *provider) config(found *oidc.Provider, root string) oauth2.Config {
	return oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: root + "/login/oidc/callback", Scopes: []string{oidc.ScopeOpenID},
	}
}

// verify gives the subject of an ID token (OpenID Connect Core 3.1.3.7): signed by one of the provider's keys with RS256, which every provider has, and
// with nothing else, whatever the token or the provider say; of this issuer, for this server, asked for by it, in this login, and not past its time.
func (p *provider) verify(ctx context.Context, found *oidc.Provider, raw, nonce string) (subject string, err error) {
	if len(raw) > maxIDToken {
		return "", errors.New("the token is too long")
	}
	token, err := found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, SupportedSigningAlgs: []string{oidc.RS256}, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return "", err
	}
	var party struct {
		Authorized string `json:"azp"`
	}
	if err := token.Claims(&party); err != nil {
		return "", err
	}
	switch {
	case len(token.Audience) > 1 && party.Authorized == "" || party.Authorized != "" && party.Authorized != p.cfg.ClientID:
		return "", errors.New("another server asked for the token")
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return "", errors.New("the token is of another login")
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return "", errors.New("the token names nobody")
	}
	return token.Subject, nil
}

// oidcStart sends a person to the provider, with what he must bring back.
func (s *pageSite) oidcStart(w http.ResponseWriter, r *http.Request) error {
	if s.people == nil || s.people.oidc == nil {
		return geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
	}
	ctx, cancel := context.WithTimeout(r.Context(), oidcPatience)
	defer cancel()
	found, err := s.people.oidc.discover(ctx)
	if err != nil {
		return err
	}
	state, _ := newToken()
	nonce, _ := newToken()
	verifier := oauth2.GenerateVerifier()
	s.people.setOIDCCookie(w, r, strings.Join([]string{state, nonce, verifier}, "."), int(oidcLife/time.Second))
	cfg := s.people.oidc.config(found, s.root(r))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, cfg.AuthCodeURL(state, oauth2.SetAuthURLParam("nonce", nonce), oauth2.S256ChallengeOption(verifier)), http.StatusSeeOther)
	return nil
}

// setOIDCCookie keeps what a person brings back; only over https is it the host's own. Lax: the way back comes from another site.
func (p *people) setOIDCCookie(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	c := &http.Cookie{Name: oidcCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode} //nolint:gosec // G124: Secure follows
	if p.https(r) {
		c.Name, c.Secure = "__Host-"+oidcCookie, true
	}
	http.SetCookie(w, c)
}

// oidcBack takes a person who comes back: what he brings is held against the cookie, the code is changed for a token, and the token is that of an
// account that an administrator made for its subject. Nobody gets an account, or rights, by coming.
func (s *pageSite) oidcBack(w http.ResponseWriter, r *http.Request) error {
	if s.people == nil || s.people.oidc == nil {
		return geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
	}
	subject, err := s.people.proved(w, r, s.root(r))
	if err != nil {
		return err
	}
	issuer := s.people.oidc.cfg.Issuer
	account, err := s.people.identity.AccountOf(r.Context(), issuer, subject)
	if err != nil && geo.CodeOf(err) != geo.CodeNotFound {
		return err
	}
	if err != nil || account.Disabled {
		s.people.loginFailed(r.Context(), access.Actor{IP: actorOf(r.Context()).IP, RequestID: requestIDOf(r.Context())}, short(subject), "no account of this subject")
		return geo.Errorf(geo.CodeForbidden, "you have no account here: ask your administrator for one")
	}
	if err := s.people.begin(w, r, account); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// proved gives the subject that the provider has proved.
func (p *people) proved(w http.ResponseWriter, r *http.Request, root string) (string, error) {
	stray := geo.Errorf(geo.CodeInvalid, "this login did not begin here, or too long ago: begin it again at /login")
	name := oidcCookie
	if p.https(r) {
		name = "__Host-" + oidcCookie
	}
	kept, err := r.Cookie(name)
	if err != nil {
		return "", stray
	}
	p.setOIDCCookie(w, r, "", -1)
	parts := strings.Split(kept.Value, ".")
	query := r.URL.Query()
	if len(parts) != 3 || parts[0] == "" || subtle.ConstantTimeCompare([]byte(parts[0]), []byte(query.Get("state"))) != 1 {
		return "", stray
	}
	refused := func(err error) error {
		return geo.Wrapf(err, geo.CodeForbidden, "the organisation's login did not prove who you are: begin again at /login")
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return "", refused(nil)
	}
	ctx, cancel := context.WithTimeout(r.Context(), oidcPatience)
	defer cancel()
	found, err := p.oidc.discover(ctx)
	if err != nil {
		return "", err
	}
	cfg := p.oidc.config(found, root)
	token, err := cfg.Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.oidc.client), query.Get("code"), oauth2.VerifierOption(parts[2]))
	if err != nil {
		return "", refused(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", refused(nil)
	}
	subject, err := p.oidc.verify(ctx, found, raw, parts[1])
	if err != nil {
		return "", refused(err)
	}
	return subject, nil
}
