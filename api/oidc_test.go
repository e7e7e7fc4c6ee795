package api_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hetu/api"
	"hetu/geo/access"
)

// identityProvider is a small OIDC provider on this machine: it signs with a key of its own, and holds a code to its PKCE challenge.
type identityProvider struct {
	srv       *httptest.Server
	key       *rsa.PrivateKey
	nonce     string
	challenge string
	change    func(header, claims map[string]any) // of the next token
	forge     bool                                // signed by another key
}

func b64(v any) string {
	text, ok := v.([]byte)
	if !ok {
		text, _ = json.Marshal(v)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func newIdentityProvider(t *testing.T) *identityProvider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &identityProvider{key: key}
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"issuer": p.srv.URL, "authorization_endpoint": p.srv.URL + "/authorize", "token_endpoint": p.srv.URL + "/token", "jwks_uri": p.srv.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if r.PostFormValue("code") != "the-code" || b64(sum[:]) != p.challenge {
			w.WriteHeader(http.StatusBadRequest)
			say(w, map[string]any{"error": "invalid_grant"})
			return
		}
		say(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.token(t)})
	})
	p.srv = httptest.NewServer(mux)
	t.Cleanup(p.srv.Close)
	return p
}

func (p *identityProvider) token(t *testing.T) string {
	header := map[string]any{"alg": "RS256", "kid": "k", "typ": "JWT"}
	claims := map[string]any{"iss": p.srv.URL, "aud": "hetu", "sub": "u-1", "nonce": p.nonce, "iat": today().Unix(), "exp": today().Add(time.Minute).Unix()}
	if p.change != nil {
		p.change(header, claims)
	}
	signed := b64(header) + "." + b64(claims)
	sum := sha256.Sum256([]byte(signed))
	key := p.key
	if p.forge {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Error(err)
		}
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Error(err)
	}
	if header["alg"] == "none" {
		signature = nil
	}
	return signed + "." + b64(signature)
}

// begin goes to the provider, and gives the cookie and what is brought back.
func (p *identityProvider) begin(t *testing.T, s *staffed) (cookie, back string) {
	t.Helper()
	start := s.send(t, "GET", "/login/oidc", nil)
	to, err := url.Parse(start.header.Get("Location"))
	if start.status != http.StatusSeeOther || err != nil || !strings.HasPrefix(to.String(), p.srv.URL+"/authorize?") {
		t.Fatalf("begin: %s, %v", start, start.header)
	}
	q := to.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("redirect_uri") != s.srv.URL+"/login/oidc/callback" {
		t.Errorf("asked for %v", q)
	}
	p.nonce, p.challenge = q.Get("nonce"), q.Get("code_challenge")
	return "Cookie: " + start.cookie(), "/login/oidc/callback?code=the-code&state=" + url.QueryEscape(q.Get("state"))
}

// Who the provider proves logs in, if he has an account; a token that is not of this login, this provider or this server proves nobody, and nobody
// gets an account by coming.
func TestOIDC(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	s := serveStaffed(t, func(cfg *api.Config) {
		cfg.OIDC = &api.OIDCConfig{Issuer: p.srv.URL, ClientID: "hetu", ClientSecret: "s"}
	})
	if _, err := s.store.NewAccount(t.Context(), access.Actor{}, access.Account{Name: "li", DisplayName: "李", Issuer: p.srv.URL, Subject: "u-1"}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(header, claims map[string]any)
		forge  bool
		want   int
	}{
		{"as it is", nil, false, http.StatusSeeOther},
		{"another issuer", func(_, c map[string]any) { c["iss"] = "https://evil.example" }, false, 403},
		{"for another server", func(_, c map[string]any) { c["aud"] = "other" }, false, 403},
		{"for several, whoever asked", func(_, c map[string]any) { c["aud"] = []string{"hetu", "other"} }, false, 403},
		{"asked by another", func(_, c map[string]any) { c["azp"] = "other" }, false, 403},
		{"of another login", func(_, c map[string]any) { c["nonce"] = "x" }, false, 403},
		{"past its time", func(_, c map[string]any) { c["exp"] = today().Add(-time.Minute).Unix() }, false, 403},
		{"not signed", func(h, _ map[string]any) { h["alg"] = "none" }, false, 403},
		{"signed by the client's secret", func(h, _ map[string]any) { h["alg"] = "HS256" }, false, 403},
		{"signed by another", nil, true, 403},
		{"of nobody that is known", func(_, c map[string]any) { c["sub"] = "u-2" }, false, 403},
		{"of nobody", func(_, c map[string]any) { c["sub"] = "" }, false, 403},
	}
	for _, tt := range tests {
		cookie, back := p.begin(t, s)
		p.change, p.forge = tt.change, tt.forge
		if a := s.send(t, "GET", back, nil, cookie); a.status != tt.want {
			t.Errorf("%s: %.300s, want %d", tt.name, a, tt.want)
		} else if tt.want == http.StatusSeeOther {
			in := ""
			for _, c := range (&http.Response{Header: a.header}).Cookies() {
				if c.Name == "hetu_session" {
					in = "Cookie: hetu_session=" + c.Value
				}
			}
			if me := s.send(t, "GET", "/api/v1/session", nil, in); me.status != http.StatusOK || !strings.Contains(string(me.body), `"li"`) || strings.Contains(string(me.body), "role") {
				t.Errorf("logged in as %s", me)
			}
		}
	}
	p.change, p.forge = nil, false
	cookie, back := p.begin(t, s)
	for name, a := range map[string]answer{
		"without the cookie": s.send(t, "GET", back, nil), "another state": s.send(t, "GET", back+"x", nil, cookie), "no state": s.send(t, "GET", "/login/oidc/callback?code=the-code", nil, cookie),
	} {
		if a.status != http.StatusBadRequest {
			t.Errorf("%s: %.300s", name, a)
		}
	}
	p.challenge = "of another browser"
	if a := s.send(t, "GET", back, nil, cookie); a.status != http.StatusForbidden {
		t.Errorf("a code that another browser asked for: %.300s", a)
	}
	if a := serveStaffed(t).send(t, "GET", "/login/oidc", nil); a.status != http.StatusNotFound {
		t.Errorf("without a provider: %.200s", a)
	}
}
