package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// Identity is who may: people, their sessions, the keys of systems, and the audit of it. data/pg is it.
type Identity interface {
	// Visit gives what a session's token stands for, by its hash; geo.CodeNotFound when it stands for nothing.
	Visit(ctx context.Context, hash [32]byte) (access.Visit, error)
	// TurnSession gives a session a new token; ours is false where another request did so first.
	TurnSession(ctx context.Context, id int64, was, hash [32]byte) (ours bool, err error)
	// KeyActor gives what a key stands for, by the hash of its secret; geo.CodeNotFound when it stands for nothing.
	KeyActor(ctx context.Context, id string, secret [32]byte) (access.Actor, error)
	// Audit keeps a login, a grant, a refusal.
	Audit(ctx context.Context, e access.Event) error
	// AuditPage gives rows of a chain of the audit that an actor may read, the newest first, those before one; 0 is from the newest.
	AuditPage(ctx context.Context, by access.Actor, chain string, before int64, limit int) ([]access.Record, error)

	// Account gives an account by its name; geo.CodeNotFound when there is none.
	Account(ctx context.Context, name string) (access.Account, error)
	// AccountOf gives the account of a subject of an OIDC issuer; geo.CodeNotFound when there is none.
	AccountOf(ctx context.Context, issuer, subject string) (access.Account, error)
	// Kept gives an account that an actor keeps; geo.CodeNotFound when he keeps none such.
	Kept(ctx context.Context, by access.Actor, id int64) (access.Account, error)
	// Accounts lists the accounts that an actor keeps, after one.
	Accounts(ctx context.Context, by access.Actor, after int64, limit int) ([]access.Account, error)
	// NewAccount makes an account without rights.
	NewAccount(ctx context.Context, by access.Actor, a access.Account) (id int64, err error)
	// Disable shuts an account out, or lets it in again.
	Disable(ctx context.Context, by access.Actor, account int64, disabled bool) error
	// Grant gives an account a role in a division, EndGrant takes a grant back.
	Grant(ctx context.Context, by access.Actor, account int64, g access.Grant) (id int64, err error)
	EndGrant(ctx context.Context, by access.Actor, account, id int64) error

	// TryLogin counts a try to log in before it is made; allowed is false while the name, or all names, are locked for the address. LoggedIn
	// forgets it, NotTried takes it back.
	TryLogin(ctx context.Context, name, ip string) (allowed bool, err error)
	NotTried(ctx context.Context, name, ip string) error
	LoggedIn(ctx context.Context, name, ip string) error
	// SetPassword gives an account a password, by its hash, and ends its sessions.
	SetPassword(ctx context.Context, who access.Actor, hash string) error
	// NewInvite makes a link that sets an account's password, by the hash of its token; Invite gives one that can be taken, TakeInvite takes it.
	NewInvite(ctx context.Context, by access.Actor, account int64, hash [32]byte, life time.Duration) error
	Invite(ctx context.Context, hash [32]byte) (access.Invite, error)
	TakeInvite(ctx context.Context, token [32]byte, who access.Actor, display, password string) (access.Account, error)

	// OpenSession begins a session under a token of that hash, if the account's password is still the one that was looked at; EndSession ends one,
	// or with id 0 all but one.
	OpenSession(ctx context.Context, who access.Actor, password string, hash [32]byte, agent string) (id int64, err error)
	Sessions(ctx context.Context, account int64) ([]access.Session, error)
	EndSession(ctx context.Context, who access.Actor, id, but int64) error

	// NewKey makes a key by the hash of its secret, EndKey revokes it.
	NewKey(ctx context.Context, by access.Actor, k access.Key, hash [32]byte) error
	Keys(ctx context.Context, by access.Actor, account int64) ([]access.Key, error)
	EndKey(ctx context.Context, by access.Actor, account int64, id string) error

	// Once does a write, all of it that goes by the context of write or nothing, and keeps for a day under its idempotency key what was answered, which done
	// is: asked for again it is not done, and done is what was answered. Nothing secret is kept so.
	Once(ctx context.Context, by access.Actor, once project.Once, done any, write func(context.Context) error) (replayed bool, err error)
}

// cookieName is what a session's token is sent under. Only over https may a cookie bind itself to the host.
const (
	cookieName       = "hetu_session"
	secureCookieName = "__Host-hetu_session"
	// hereCookie says that there is a session, and nothing else: by it the script of a page knows that it is worth to ask whose. A page itself is the same for
	// all.
	hereCookie    = "hetu_here"
	maxTokenBytes = 128
)

// visitKey is where a request carries who sent it, and requestIDKey its number.
type (
	visitKey     struct{}
	requestIDKey struct{}
)

// visitOf gives the session that a request came with; of a key it has no session, of the public nothing.
func visitOf(ctx context.Context) access.Visit {
	v, _ := ctx.Value(visitKey{}).(access.Visit)
	return v
}

// viewKey is where a request carries which drafts its sender sees.
type viewKey struct{}

// viewOf gives which drafts the sender of a request may see.
func viewOf(ctx context.Context) access.View {
	v, _ := ctx.Value(viewKey{}).(access.View)
	return v
}

// actorOf gives who sent a request; the zero value, but for address and number, is the public.
func actorOf(ctx context.Context) access.Actor { return visitOf(ctx).Actor }

// keyInURL is a key where none may stand: a URL is kept by logs, histories and proxies.
const keyInURL = `hetu_[a-z0-9]{12}_`

// guards holds what stands before every route.
type guards struct {
	identity  Identity
	log       *slog.Logger
	now       func() time.Time
	root      string
	proxies   []netip.Prefix
	crossSite *http.CrossOriginProtection
	refusals  *refusals
	rates     *rates
	keyInURL  *regexp.Regexp
	allDrafts func(*http.Request) bool // shown to everyone, on a planner's own machine; nil: to nobody
}

func newGuards(cfg Config) *guards {
	return &guards{
		identity: cfg.Identity, log: cfg.Log, now: cfg.Now, root: cfg.Root, proxies: cfg.TrustedProxies,
		crossSite: http.NewCrossOriginProtection(), refusals: newRefusals(cfg.Now), rates: newRates(cfg.Now, cfg.RequestsPerMinute), keyInURL: regexp.MustCompile(keyInURL), allDrafts: cfg.MayDraftFunc,
	}
}

// guard puts the policy of a route before its handler: it finds out who asks, and keeps in the audit what is refused.
func (g *guards) guard(name string, h handlerFunc) (handlerFunc, error) {
	policy, ok := access.PolicyOf(name)
	if !ok {
		return nil, geo.Errorf(geo.CodeInternal, "the route %q has no policy: say in geo/access who may use it", name)
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		visit, err := g.admit(w, r, policy)
		ctx := context.WithValue(r.Context(), visitKey{}, visit)
		r = r.WithContext(context.WithValue(ctx, viewKey{}, g.view(r, visit.Actor)))
		if err == nil {
			err = h(w, r)
		}
		g.keepRefusal(r, name, err)
		return err
	}, nil
}

// view tells which drafts the sender of a request sees.
func (g *guards) view(r *http.Request, who access.Actor) access.View {
	if g.allDrafts != nil && g.allDrafts(r) {
		return access.View{All: true}
	}
	return who.Drafts()
}

// tileView tells which drafts the sender of a request for a tile sees; who sees none is refused.
func (g *guards) tileView(r *http.Request) (view access.View, err error) {
	visit, err := g.visit(nil, r)
	if err != nil {
		return access.View{}, err
	}
	if view = g.view(r, visit.Actor); !view.Nothing() {
		return view, nil
	}
	visit.Actor.IP = g.address(r)
	err = access.Hide(geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path))
	g.keepRefusal(r.WithContext(context.WithValue(r.Context(), visitKey{}, visit)), "tile", err)
	return view, err
}

// listView is tileView for a list, in which it is no refusal that something is left out.
func (g *guards) listView(r *http.Request) access.View {
	visit, err := g.visit(nil, r)
	if err != nil {
		return access.View{}
	}
	return g.view(r, visit.Actor)
}

// admit tells who sends a request, and whether the policy lets it pass.
func (g *guards) admit(w http.ResponseWriter, r *http.Request, policy access.Policy) (access.Visit, error) {
	public := access.Visit{Actor: access.Actor{IP: g.address(r), RequestID: requestIDOf(r.Context())}}
	if g.keyInURL.MatchString(r.URL.RequestURI()) {
		return public, geo.Errorf(geo.CodeInvalid, "a key stands in the URL, where logs keep it: revoke it, and send the next one in the header Authorization")
	}
	if (!policy.Open || policy.Changes) && !safe(r.Method) && r.Header.Get("Authorization") == "" {
		if err := g.crossSite.Check(r); err != nil {
			return public, geo.Wrapf(err, geo.CodeForbidden, "the request comes from a page of another site")
		}
	}
	visit, err := g.visit(w, r)
	if err != nil {
		// What is for everyone is told to everyone, also while nobody can be asked who this is.
		if code := geo.CodeOf(err); code == geo.CodeNobody || code == geo.CodeTooMany || !policy.Open || policy.Changes {
			return public, err
		}
		g.log.WarnContext(r.Context(), "who asks is not known", slog.Any("cause", err))
		visit = access.Visit{}
	}
	visit.Actor.IP, visit.Actor.RequestID = public.Actor.IP, public.Actor.RequestID
	if err := g.rates.ask(visit.Actor); err != nil {
		return visit, err
	}
	switch policy.For(visit.Actor) {
	case access.Yes:
		return visit, nil
	case access.Hidden:
		return visit, access.Hide(geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path))
	case access.LogIn:
		return visit, geo.Errorf(geo.CodeNobody, "log in first, at /login, or send a key in the header Authorization")
	default:
		return visit, geo.Errorf(geo.CodeForbidden, "this is for those with the role %s", strings.Join(access.Words(policy.Roles...), " or "))
	}
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// visit finds who sends a request, and sets his cookie anew where there is a writer for it: by a key in Authorization, else by the session's cookie. A key that is none is refused; a cookie that is none is
// the public's.
func (g *guards) visit(w http.ResponseWriter, r *http.Request) (access.Visit, error) {
	if g.identity == nil {
		return access.Visit{}, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), visitPatience)
	defer cancel()
	if header := r.Header.Get("Authorization"); header != "" {
		actor, err := g.key(ctx, g.address(r), header)
		return access.Visit{Actor: actor}, err
	}
	token := g.token(r)
	if token == "" {
		return access.Visit{}, nil
	}
	hash := sha256.Sum256([]byte(token))
	visit, err := g.identity.Visit(ctx, hash)
	switch {
	case err != nil && geo.CodeOf(err) == geo.CodeNotFound:
		if w != nil {
			g.setCookie(w, r, "", -1)
		}
		return access.Visit{}, nil
	case err != nil:
		return access.Visit{}, err
	case visit.Turn && w != nil:
		return visit, g.turn(ctx, w, r, visit, hash)
	}
	return visit, nil
}

// turn gives a session whose rights changed a new token.
func (g *guards) turn(ctx context.Context, w http.ResponseWriter, r *http.Request, visit access.Visit, was [32]byte) error {
	token, hash := newToken()
	ours, err := g.identity.TurnSession(ctx, visit.Session, was, hash)
	if err == nil && ours {
		g.setCookie(w, r, token, int(visit.EndsAt.Sub(g.now())/time.Second))
	}
	return err
}

// key reads Authorization: Bearer hetu_<id>_<secret>, of an address that sent not too many that were none.
func (g *guards) key(ctx context.Context, address, header string) (access.Actor, error) {
	bad := geo.Errorf(geo.CodeNobody, "the key is not, or no more, good: send Authorization: Bearer hetu_… with one that is")
	scheme, key, _ := strings.Cut(header, " ")
	id, secret, whole := strings.Cut(strings.TrimPrefix(key, "hetu_"), "_")
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(key, "hetu_") || !whole || len(key) > maxTokenBytes {
		return access.Actor{}, bad
	}
	tried, err := g.rates.tryKey(address, key)
	if err != nil {
		return access.Actor{}, err
	}
	actor, err := g.identity.KeyActor(ctx, id, sha256.Sum256([]byte(secret)))
	tried(err)
	if geo.CodeOf(err) == geo.CodeNotFound {
		return access.Actor{}, bad
	}
	return actor, err
}

// token gives the session's token of a request; "" where there is none.
func (g *guards) token(r *http.Request) string {
	name := cookieName
	if g.https(r) {
		name = secureCookieName
	}
	sent, err := r.Cookie(name)
	if err != nil || len(sent.Value) > maxTokenBytes {
		return ""
	}
	return sent.Value
}

// setCookie sets the session's cookie for so many seconds, and beside it the one that says that there is one; a negative number takes both away.
func (g *guards) setCookie(w http.ResponseWriter, r *http.Request, token string, seconds int) {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode} //nolint:gosec // G124: Secure follows
	if g.https(r) {
		c.Name, c.Secure = secureCookieName, true
	}
	w.Header().Del("Set-Cookie")
	http.SetCookie(w, c)
	http.SetCookie(w, &http.Cookie{Name: hereCookie, Value: "1", Path: "/", MaxAge: seconds, Secure: c.Secure, SameSite: http.SameSiteLaxMode}) //nolint:gosec // G124: it holds no secret, and is for scripts
}

// https tells whether the client speaks https with us, or with the proxy that stands before us.
func (g *guards) https(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(g.root, "https://") || g.proxied(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// proxied tells whether a request comes from a proxy whose word is taken.
func (g *guards) proxied(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range g.proxies {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// causeOf is the cause of a failure, for the log.
func causeOf(err error) slog.Attr { return slog.Any("cause", err) }

// address gives where a request comes from. A proxy that is trusted says so itself, last in X-Forwarded-For. Of IPv6 it is the network of 64 bits,
// all of which one machine may have.
func (g *guards) address(r *http.Request) string {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := at.Addr()
	if g.proxied(r) {
		// All lines of it are one list: the first may be the client's own word.
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if said, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
			addr = said
		}
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() && !addr.IsLoopback() {
		if network, err := addr.Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}

// keepRefusal keeps in the audit that somebody was refused for want of a right. That nobody hears of it if the audit cannot be written is no
// reason to let him in.
func (g *guards) keepRefusal(r *http.Request, name string, err error) {
	if err == nil || g.identity == nil {
		return
	}
	_, hidden := errors.AsType[access.HiddenError](err)
	code := geo.CodeOf(err)
	if !hidden && code != geo.CodeForbidden && code != geo.CodeNobody {
		return
	}
	e := access.Event{Actor: actorOf(r.Context()), Action: name, Object: short(r.Method + " " + loggedPath(r.URL.Path)), Result: access.Refused, Detail: string(code)}
	if !g.refusals.admit(&e) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), auditPatience)
	defer cancel()
	if err := g.identity.Audit(ctx, e); err != nil {
		g.log.ErrorContext(r.Context(), "a refusal is not in the audit", slog.String("route", name), slog.Any("cause", err))
	}
}

// visitPatience bounds how long a request waits to hear who sent it: what is for everyone is told then without.
const visitPatience = 2 * time.Second

// auditPatience bounds how long a refused request waits until its refusal is kept.
const auditPatience = 3 * time.Second

// requestIDOf gives the number that a request was given.
func requestIDOf(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
