package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// accountAnswer is an account as its administrators see it.
type accountAnswer struct {
	ID          int64         `json:"id"`
	Name        string        `json:"name"`
	DisplayName string        `json:"display_name"`
	Division    *int64        `json:"division"` // null: the installation's
	Disabled    bool          `json:"disabled"`
	Issuer      string        `json:"issuer,omitempty"`
	MadeAt      time.Time     `json:"made_at"`
	Grants      []grantAnswer `json:"grants"`
}

func accountOf(a access.Account) accountAnswer {
	out := accountAnswer{ID: a.ID, Name: a.Name, DisplayName: a.DisplayName, Disabled: a.Disabled, Issuer: a.Issuer, MadeAt: a.MadeAt, Grants: []grantAnswer{}}
	if a.Division != access.Everywhere {
		out.Division = &a.Division
	}
	for _, g := range a.Grants {
		grant := grantOf(g.Grant)
		grant.ID = g.ID
		out.Grants = append(out.Grants, grant)
	}
	return out
}

func (s *server) routeAccounts(get, post, del func(path, name string, h handlerFunc)) {
	get("/api/v1/accounts", "accounts", s.accounts)
	post("/api/v1/accounts", "account_new", s.newAccount)
	get("/api/v1/accounts/{id}", "account", s.account)
	post("/api/v1/accounts/{id}/disable", "account_disable", func(w http.ResponseWriter, r *http.Request) error { return s.able(w, r, true) })
	post("/api/v1/accounts/{id}/enable", "account_enable", func(w http.ResponseWriter, r *http.Request) error { return s.able(w, r, false) })
	post("/api/v1/accounts/{id}/invites", "account_invite", s.invite)
	post("/api/v1/accounts/{id}/grants", "grant", s.grant)
	del("/api/v1/accounts/{id}/grants/{grant}", "grant_end", s.endGrant)
	get("/api/v1/accounts/{id}/keys", "keys", s.keys)
	post("/api/v1/accounts/{id}/keys", "key_new", s.newKey)
	del("/api/v1/accounts/{id}/keys/{key}", "key_end", s.endKey)
	get("/api/v1/audit", "audit", s.audit)
}

// accounts serves GET /api/v1/accounts?after=&limit=: those that the administrator keeps.
func (s *server) accounts(w http.ResponseWriter, r *http.Request) error {
	p, err := parseParams(r, "after", "limit")
	if err != nil {
		return err
	}
	after, err := p.row("after")
	if err != nil {
		return err
	}
	limit, err := p.limit(100, 1000)
	if err != nil {
		return err
	}
	found, err := s.Identity.Accounts(r.Context(), actorOf(r.Context()), after, limit)
	if err != nil {
		return err
	}
	out := []accountAnswer{}
	for _, a := range found {
		out = append(out, accountOf(a))
	}
	return writePrivate(w, http.StatusOK, map[string]any{"accounts": out})
}

// row reads the number of a row to go on from; 0 when it is not given.
func (p params) row(name string) (int64, error) {
	if !p.values.Has(name) {
		return 0, nil
	}
	n, err := strconv.ParseInt(p.values.Get(name), 10, 64)
	if err != nil || n < 1 {
		return 0, geo.InvalidField(name, "%q is no id, which are whole numbers from 1", shortened(p.values.Get(name)))
	}
	return n, nil
}

// division reads a division of a body; null is the whole installation, and what is missing is not taken for that.
func bodyDivision(sent optionalID) (int64, error) {
	switch {
	case !sent.given:
		return 0, geo.InvalidField("/division", "is missing; give a division's id, as /api/v1/places?q= finds it, or null for the whole installation")
	case sent.id < 0 || sent.id == 0 && !sent.null:
		return 0, geo.InvalidField("/division", "%d is no division's id: /api/v1/places?q= finds ids by a part of a name", sent.id)
	default:
		return sent.id, nil
	}
}

// optionalID is a number or null; what is not there at all is told apart.
type optionalID struct {
	given, null bool
	id          int64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *optionalID) UnmarshalJSON(text []byte) error {
	o.given, o.null = true, string(text) == "null"
	if o.null {
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return geo.InvalidField("/division", "%.40s is no division's id: /api/v1/places?q= finds ids by a part of a name", text)
	}
	o.id = n
	return nil
}

// newAccount serves POST /api/v1/accounts: an account without rights, and the link by which its person sets a password.
func (s *server) newAccount(w http.ResponseWriter, r *http.Request) error {
	var sent struct {
		Name        string     `json:"name"`
		DisplayName string     `json:"display_name"`
		Division    optionalID `json:"division"`
		Issuer      string     `json:"issuer"` // of one who logs in by OIDC
		Subject     string     `json:"subject"`
	}
	once, err := readSent(w, r, maxFormBytes, &sent)
	if err != nil {
		return err
	}
	a := access.Account{Issuer: sent.Issuer, Subject: sent.Subject}
	if a.Name, err = userName(sent.Name); err != nil {
		return err
	}
	if a.DisplayName, err = shownName(sent.DisplayName); err != nil {
		return err
	}
	if a.Division, err = bodyDivision(sent.Division); err != nil {
		return err
	}
	if (a.Issuer == "") != (a.Subject == "") || len(a.Issuer) > 300 || len(a.Subject) > 300 {
		return geo.InvalidField("/subject", "stands with issuer, or neither does; 300 bytes at most")
	}
	return s.makeAccount(w, r, a, once)
}

// makeAccount makes an account and its link. The link is a secret, which is told to who made it and kept nowhere: asked for again the account is told
// without it, and who did not get it asks for another.
func (s *server) makeAccount(w http.ResponseWriter, r *http.Request, a access.Account, once project.Once) error {
	by, link := actorOf(r.Context()), ""
	var out struct {
		accountAnswer
		Invite string `json:"invite,omitempty"`
	}
	replayed, err := s.Identity.Once(r.Context(), by, once, &out.accountAnswer, func(ctx context.Context) (err error) {
		if a.ID, err = s.Identity.NewAccount(ctx, by, a); err != nil {
			return err
		}
		if a, err = s.Identity.Kept(ctx, by, a.ID); err != nil {
			return err
		}
		out.accountAnswer = accountOf(a)
		if a.Issuer == "" {
			link, err = s.newInvite(ctx, r, by, a.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	out.Invite = link
	w.Header().Set("Location", "/api/v1/accounts/"+strconv.FormatInt(out.ID, 10))
	return writeDone(w, http.StatusCreated, replayed, out)
}

func (s *server) newInvite(ctx context.Context, r *http.Request, by access.Actor, account int64) (string, error) {
	token, hash := newToken()
	if err := s.Identity.NewInvite(ctx, by, account, hash, inviteLife); err != nil {
		return "", err
	}
	return s.tiles.root(r) + "/invite/" + token, nil
}

// emptied does a write that is answered with nothing, once for an idempotency key.
func (s *server) emptied(w http.ResponseWriter, r *http.Request, write func(ctx context.Context, by access.Actor) error) error {
	once, err := onceOf(r, nil)
	if err != nil {
		return err
	}
	by := actorOf(r.Context())
	replayed, err := s.Identity.Once(r.Context(), by, once, &struct{}{}, func(ctx context.Context) error { return write(ctx, by) })
	if err != nil {
		return err
	}
	if replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// account serves GET /api/v1/accounts/{id}.
func (s *server) account(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	a, err := s.Identity.Kept(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return geo.AtField(err, "id")
	}
	return writePrivate(w, http.StatusOK, accountOf(a))
}

// able serves POST /api/v1/accounts/{id}/disable and /enable.
func (s *server) able(w http.ResponseWriter, r *http.Request, disabled bool) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	return s.emptied(w, r, func(ctx context.Context, by access.Actor) error {
		return geo.AtField(s.Identity.Disable(ctx, by, id, disabled), "id")
	})
}

// invite serves POST /api/v1/accounts/{id}/invites: another link, in place of the last. Asked for again by its idempotency key it is not made again, and not
// told again.
func (s *server) invite(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	once, err := onceOf(r, nil)
	if err != nil {
		return err
	}
	by, told := actorOf(r.Context()), map[string]string{}
	link := ""
	replayed, err := s.Identity.Once(r.Context(), by, once, &told, func(ctx context.Context) (err error) {
		link, err = s.newInvite(ctx, r, by, id)
		return geo.AtField(err, "id")
	})
	if err != nil {
		return err
	}
	if !replayed {
		told["invite"] = link
	}
	return writeDone(w, http.StatusCreated, replayed, told)
}

// grant serves POST /api/v1/accounts/{id}/grants.
func (s *server) grant(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	var sent struct {
		Role     string     `json:"role"`
		Division optionalID `json:"division"`
	}
	once, err := readSent(w, r, maxFormBytes, &sent)
	if err != nil {
		return err
	}
	g := access.Grant{}
	if g.Role, err = access.ParseRole(sent.Role); err != nil {
		return geo.AtField(err, "/role")
	}
	if g.Division, err = bodyDivision(sent.Division); err != nil {
		return err
	}
	out := grantOf(g)
	by := actorOf(r.Context())
	replayed, err := s.Identity.Once(r.Context(), by, once, &out, func(ctx context.Context) (err error) {
		out.ID, err = s.Identity.Grant(ctx, by, id, g)
		return err
	})
	if err != nil {
		return err
	}
	return writeDone(w, http.StatusCreated, replayed, out)
}

// endGrant serves DELETE /api/v1/accounts/{id}/grants/{grant}.
func (s *server) endGrant(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	grant, err := pathPart(r, "grant", "grant")
	if err != nil {
		return err
	}
	return s.emptied(w, r, func(ctx context.Context, by access.Actor) error { return s.Identity.EndGrant(ctx, by, id, grant) })
}

// keyAnswer is a key without its secret.
type keyAnswer struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Roles    []access.Role `json:"roles"`
	Division *int64        `json:"division"` // null: wherever its owner may
	MadeAt   time.Time     `json:"made_at"`
	EndsAt   time.Time     `json:"ends_at"`
	EndedAt  *time.Time    `json:"ended_at,omitempty"`
	UsedAt   *time.Time    `json:"used_at,omitempty"`
}

func keyOf(k access.Key) keyAnswer {
	out := keyAnswer{ID: k.ID, Name: k.Name, Roles: k.Roles, MadeAt: k.MadeAt, EndsAt: k.EndsAt, EndedAt: k.EndedAt, UsedAt: k.UsedAt}
	if k.Division != access.Everywhere {
		out.Division = &k.Division
	}
	return out
}

// keys serves GET /api/v1/accounts/{id}/keys: of the account itself, or of one that is kept.
func (s *server) keys(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	found, err := s.Identity.Keys(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return geo.AtField(err, "id")
	}
	out := []keyAnswer{}
	for _, k := range found {
		out = append(out, keyOf(k))
	}
	return writePrivate(w, http.StatusOK, map[string]any{"keys": out})
}

// newKey serves POST /api/v1/accounts/{id}/keys. The key is shown in this answer, and never again: asked for again by its idempotency key it is told without
// its secret, which is kept nowhere. Who did not get it revokes the key, and makes another.
func (s *server) newKey(w http.ResponseWriter, r *http.Request) error {
	account, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	var sent struct {
		Name     string     `json:"name"`
		Roles    []string   `json:"roles"`
		Division optionalID `json:"division"`
		EndsAt   time.Time  `json:"ends_at"`
	}
	once, err := readSent(w, r, maxFormBytes, &sent)
	if err != nil {
		return err
	}
	k := access.Key{Account: account, EndsAt: sent.EndsAt, MadeAt: s.Now()}
	if k.Name, err = shownName(sent.Name); err != nil {
		return geo.InvalidField("/name", "is missing or too long; say what the key is for")
	}
	for _, text := range sent.Roles {
		role, err := access.ParseRole(text)
		if err != nil {
			return geo.AtField(err, "/roles")
		}
		k.Roles = append(k.Roles, role)
	}
	if k.Division, err = bodyDivision(sent.Division); err != nil {
		return err
	}
	return s.makeKey(w, r, k, once)
}

func (s *server) makeKey(w http.ResponseWriter, r *http.Request, k access.Key, once project.Once) error {
	var hash [32]byte
	var out struct {
		keyAnswer
		Key string `json:"key,omitempty"`
	}
	shown := ""
	k.ID, shown, hash = NewKey()
	out.keyAnswer = keyOf(k)
	by := actorOf(r.Context())
	replayed, err := s.Identity.Once(r.Context(), by, once, &out.keyAnswer, func(ctx context.Context) error { return s.Identity.NewKey(ctx, by, k, hash) })
	if err != nil {
		return err
	}
	if !replayed {
		out.Key = shown
	}
	return writeDone(w, http.StatusCreated, replayed, out)
}

// endKey serves DELETE /api/v1/accounts/{id}/keys/{key}.
func (s *server) endKey(w http.ResponseWriter, r *http.Request) error {
	id, err := pathPart(r, "id", "account")
	if err != nil {
		return err
	}
	return s.emptied(w, r, func(ctx context.Context, by access.Actor) error {
		return geo.AtField(s.Identity.EndKey(ctx, by, id, mux.Vars(r)["key"]), "key")
	})
}

// audit serves GET /api/v1/audit?chain=&before=&limit=: what was done and refused, the newest first.
func (s *server) audit(w http.ResponseWriter, r *http.Request) error {
	type record struct {
		ID      int64     `json:"id"`
		At      time.Time `json:"at"`
		Actor   string    `json:"actor"`
		Account int64     `json:"account,omitempty"`
		Key     string    `json:"key,omitempty"`
		IP      string    `json:"ip,omitempty"`
		Request string    `json:"request,omitempty"`
		Action  string    `json:"action"`
		Object  string    `json:"object,omitempty"`
		Result  string    `json:"result"`
		Detail  string    `json:"detail,omitempty"`
		Hash    string    `json:"hash"`
	}
	p, err := parseParams(r, "chain", "before", "limit")
	if err != nil {
		return err
	}
	chain := "access"
	if p.values.Has("chain") {
		chain = p.values.Get("chain")
	}
	before, err := p.row("before")
	if err != nil {
		return err
	}
	limit, err := p.limit(100, 1000)
	if err != nil {
		return err
	}
	found, err := s.Identity.AuditPage(r.Context(), actorOf(r.Context()), chain, before, limit)
	if err != nil {
		return err
	}
	out := []record{}
	for _, f := range found {
		out = append(out, record(f))
	}
	return writePrivate(w, http.StatusOK, map[string]any{"chain": chain, "records": out})
}
