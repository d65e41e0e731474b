// Package ssotest is an OpenID Connect provider for tests. It keeps to the
// standard unless it is told to misbehave.
package ssotest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The client that the provider knows.
const (
	ClientID     = "pulse"
	ClientSecret = "s3cret-of-the-client"
)

// coordinate is how long the coordinates of keys and signatures are, in bytes.
const coordinate = 32

// Behaviour is what the provider does. The zero value is that of a good one.
type Behaviour struct {
	// Claims are added to every ID token, over those it has.
	Claims map[string]any
	// Algorithm signs ID tokens: "ES256" (the default), "HS256", "none", or
	// "foreign" for ES256 with a key that is not the provider's.
	Algorithm string
	// Answer is added to what the token endpoint says; nil values leave members out.
	Answer map[string]any
	// Metadata is added to the discovery document; nil values leave members out.
	Metadata map[string]any
	// UserInfo is what the userinfo endpoint says; nil: there is none.
	UserInfo map[string]any
	// TokenStatus is the status of the token endpoint; 0: as it should be.
	TokenStatus int
	// Refresh has tokens to refresh be given.
	Refresh bool
	// NoUserInfoDiscovery leaves the endpoint out of the discovery document.
	NoUserInfoDiscovery bool
}

// Provider is the provider. It is safe for concurrent use.
type Provider struct {
	// URL is the issuer.
	URL string

	key, foreign *ecdsa.PrivateKey
	now          func() time.Time

	mu        sync.Mutex
	behaviour Behaviour
	codes     map[string]url.Values // what was asked for, by code
	refresh   string                // the token that is valid, once
	counts    map[string]int
}

// New starts a provider that ends with the test. A nil clock is time.Now.
func New(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{now: now, codes: map[string]url.Values{}, counts: map[string]int{}}
	if now == nil {
		p.now = time.Now
	}
	for _, key := range []**ecdsa.PrivateKey{&p.key, &p.foreign} {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userInfo)
	server := httptest.NewServer(p.counted(mux))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *Provider) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.counts[r.URL.Path]++
		p.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// Calls returns how often a path was asked for.
func (p *Provider) Calls(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[path]
}

// Behave changes what the provider does from here on.
func (p *Provider) Behave(behaviour Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.behaviour = behaviour
}

func (p *Provider) current() Behaviour {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.behaviour
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo", "end_session_endpoint": p.URL + "/logout",
		"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
	}
	b := p.current()
	if b.NoUserInfoDiscovery {
		delete(document, "userinfo_endpoint")
	}
	write(w, http.StatusOK, merged(document, b.Metadata))
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		panic(err) // the key is ours
	}
	x, y := point[1:1+coordinate], point[1+coordinate:] // uncompressed, after one byte that says so
	write(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": encode(x), "y": encode(y),
	}}})
}

// authorize signs everybody in who asks as the client.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != ClientID || asked.Get("response_type") != "code" ||
		asked.Get("code_challenge_method") != "S256" || asked.Get("nonce") == "" || asked.Get("state") == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = asked
	p.mu.Unlock()
	answer := url.Values{"code": {code}, "state": {asked.Get("state")}}
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	b := p.current()
	if b.TokenStatus != 0 {
		write(w, b.TokenStatus, map[string]any{"error": "temporarily_unavailable"})
		return
	}
	id, secret, ok := r.BasicAuth()
	if !ok || id != ClientID || secret != url.QueryEscape(ClientSecret) {
		write(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	nonce, ok := p.redeem(r)
	if !ok {
		write(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	claims := p.Standard()
	if nonce != "" {
		claims["nonce"] = nonce
	}
	answer := map[string]any{
		"access_token": "access-" + rand.Text(), "token_type": "Bearer", "expires_in": 3600,
		"id_token": p.Sign(merged(claims, b.Claims), b.Algorithm),
	}
	if b.Refresh {
		answer["refresh_token"] = p.nextRefresh()
	}
	write(w, http.StatusOK, merged(answer, b.Answer))
}

// redeem spends a code or a token to refresh, and returns the nonce of the first.
func (p *Provider) redeem(r *http.Request) (nonce string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.PostFormValue("grant_type") == "refresh_token" {
		ok := p.refresh != "" && r.PostFormValue("refresh_token") == p.refresh
		p.refresh = ""
		return "", ok
	}
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	return asked.Get("nonce"), ok && asked.Get("code_challenge") == encode(challenge[:]) &&
		asked.Get("redirect_uri") == r.PostFormValue("redirect_uri")
}

func (p *Provider) nextRefresh() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refresh = "refresh-" + rand.Text()
	return p.refresh
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	b := p.current()
	if b.UserInfo == nil || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer access-") {
		write(w, http.StatusForbidden, map[string]any{"error": "insufficient_scope"})
		return
	}
	write(w, http.StatusOK, b.UserInfo)
}

// Standard returns the claims of a good ID token, about anna.
func (p *Provider) Standard() map[string]any {
	now := p.now()
	return map[string]any{
		"iss": p.URL, "aud": ClientID, "sub": "subject-1", "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		"preferred_username": "anna", "email": "anna@example.com", "email_verified": true, "name": "Anna Example",
		"sid": "sid-1",
	}
}

// Sign returns a token with the claims; algorithm is one of Behaviour.
func (p *Provider) Sign(claims map[string]any, algorithm string) string {
	if algorithm == "" {
		algorithm = "ES256"
	}
	header := map[string]any{"alg": strings.Replace(algorithm, "foreign", "ES256", 1), "typ": "JWT", "kid": "one"}
	signed := encode(mustJSON(header)) + "." + encode(mustJSON(claims))
	return signed + "." + encode(p.signature(signed, algorithm))
}

func (p *Provider) signature(signed, algorithm string) []byte {
	digest := sha256.Sum256([]byte(signed))
	key := p.key
	switch algorithm {
	case "none":
		return nil
	case "HS256":
		mac := hmac.New(sha256.New, []byte(ClientSecret))
		mac.Write([]byte(signed))
		return mac.Sum(nil)
	case "foreign":
		key = p.foreign
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		panic(err) // the key is ours
	}
	return append(r.FillBytes(make([]byte, coordinate)), s.FillBytes(make([]byte, coordinate))...)
}

// Visit goes to where the hub sends a browser and returns where the provider
// sends it back to.
func (p *Provider) Visit(t testing.TB, address string) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	back, err := response.Location()
	if err != nil {
		t.Fatalf("the provider answers %s: %v", response.Status, err)
	}
	return back
}

func merged(onto, changes map[string]any) map[string]any {
	all := maps.Clone(onto)
	for name, value := range changes {
		if value == nil {
			delete(all, name)
			continue
		}
		all[name] = value
	}
	return all
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func mustJSON(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // tests give maps of plain values
	}
	return data
}

func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(mustJSON(value)) // the hub has gone: nobody is left to tell
}
