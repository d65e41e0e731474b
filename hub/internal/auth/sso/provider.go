package sso

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// discoveryPause is how long a failed discovery is not tried again.
const discoveryPause = 5 * time.Second

// provider is one provider with what was discovered of it.
type provider struct {
	settings Settings
	now      func() time.Time

	// turn is held by whoever reads or changes the fields below.
	turn     chan struct{}
	found    *endpoints
	failed   error
	failedAt time.Time
}

// endpoints are what a provider says of itself.
// https://openid.net/specs/openid-connect-discovery-1_0.html
type endpoints struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	client   *http.Client
	// algorithms are those that ID tokens may be signed with.
	algorithms []string
	metadata   metadata
}

type metadata struct {
	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	KeysURL     string   `json:"jwks_uri"`
	EndSession  string   `json:"end_session_endpoint"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	// NamesIssuer says that callbacks carry the issuer (RFC 9207).
	NamesIssuer bool `json:"authorization_response_iss_parameter_supported"`
}

func newProvider(settings Settings, now func() time.Time) *provider {
	return &provider{settings: settings, now: now, turn: make(chan struct{}, 1)}
}

// endpoints returns what the provider says of itself. It is asked once; after a
// failure no earlier than after discoveryPause.
func (p *provider) endpoints(ctx context.Context) (*endpoints, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	if p.found != nil {
		return p.found, nil
	}
	if p.failed != nil && p.now().Sub(p.failedAt) < discoveryPause {
		return nil, p.failed
	}
	found, err := p.discover(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.failed, p.failedAt = err, p.now()
		}
		return nil, err
	}
	p.found, p.failed = found, nil
	return found, nil
}

// known returns what was discovered, without waiting; nil: nothing yet.
func (p *provider) known() *endpoints {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
		return p.found
	default:
		return nil
	}
}

func (p *provider) discover(ctx context.Context) (*endpoints, error) {
	pool, err := p.settings.pool()
	if err != nil {
		return nil, fmt.Errorf("ca bundle: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errors.New("discovery of the identity provider took too long"))
	defer cancel()
	client := NewClient(pool)
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, client), p.settings.IssuerURL)
	if err != nil {
		return nil, fmt.Errorf("discover identity provider: %s", brief(err))
	}
	e := &endpoints{provider: found, client: client}
	if err := found.Claims(&e.metadata); err != nil {
		return nil, fmt.Errorf("read discovery document: %s", brief(err))
	}
	if err := e.metadata.check(p.settings.IssuerURL); err != nil {
		return nil, err
	}
	e.algorithms = e.metadata.signing()
	e.verifier = found.VerifierContext(oidc.ClientContext(ctx, client), &oidc.Config{
		ClientID: p.settings.ClientID, SupportedSigningAlgs: e.algorithms, Now: p.now,
	})
	return e, nil
}

// check refuses endpoints that a browser or the hub must not be sent to.
func (m *metadata) check(issuer string) error {
	for _, endpoint := range []string{m.AuthURL, m.TokenURL, m.KeysURL} {
		if !isWebURL(endpoint) || strings.HasPrefix(issuer, "https:") && !strings.HasPrefix(endpoint, "https:") {
			return errors.New("discovery document names an endpoint that is no https URL")
		}
	}
	if m.EndSession != "" && !isWebURL(m.EndSession) {
		m.EndSession = ""
	}
	return nil
}

// signing returns the algorithms of the provider that tell who signed: those
// with a public key.
func (m *metadata) signing() []string {
	asymmetric := []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
	}
	offered := slices.DeleteFunc(asymmetric, func(name string) bool { return !slices.Contains(m.Algorithms, name) })
	if len(offered) == 0 {
		return []string{oidc.RS256} // the one that every provider has to have
	}
	return offered
}

// oauth returns how tokens are asked for.
func (p *provider) oauth(e *endpoints, redirectURL string) *oauth2.Config {
	endpoint := e.provider.Endpoint()
	// The default of the standard is the header; trying both would spend the code on the first.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	methods := e.metadata.AuthMethods
	if p.settings.ClientSecret == "" || len(methods) > 0 && !slices.Contains(methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: endpoint,
		RedirectURL: redirectURL, Scopes: p.settings.Scopes,
	}
}

// redirectURL is where the provider sends browsers back to; base is the address
// of the hub as it is trusted.
func (p *provider) redirectURL(base string) string {
	if p.settings.RedirectURL != "" {
		return p.settings.RedirectURL
	}
	return strings.TrimSuffix(base, "/") + CallbackPath
}

// maxReason bounds what is passed on of a provider's words, in bytes.
const maxReason = 200

// brief returns what an error says without what providers wrote at length and
// without the URLs that were called, which can hold secrets.
func brief(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		if code := providerCode(refused.ErrorCode); refused.ErrorCode != "" {
			return "provider answers " + code
		}
		if refused.Response != nil {
			return fmt.Sprintf("provider answers with status %d", refused.Response.StatusCode)
		}
		return "provider gives no token"
	}
	var call *url.Error
	if errors.As(err, &call) {
		err = call.Err
	}
	text := strings.ToValidUTF8(err.Error(), "")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}
