package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/ssotest"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// arrivals notes who came.
type arrivals struct {
	err      error
	who      []sso.Identity
	refused  []string
	signOuts []sso.Logout
}

func (a *arrivals) SignIn(c *route.Call, who sso.Identity) error {
	if a.err == nil {
		a.who = append(a.who, who)
		http.SetCookie(c.Writer, &http.Cookie{Name: "pulse_session", Value: "opened", Path: "/"})
	}
	return a.err
}

func (a *arrivals) Refused(_ *route.Call, method auth.Method, failure *sso.Failure) {
	a.refused = append(a.refused, string(method)+" "+failure.Code)
}

func (a *arrivals) SignOut(_ *route.Call, logout sso.Logout) error {
	a.signOuts = append(a.signOuts, logout)
	return a.err
}

// administrator has everybody be one who sends an Authorization header.
type administrator struct{}

func (administrator) Authenticate(r *http.Request, _ auth.Origin) (*auth.Principal, error) {
	if r.Header.Get("Authorization") == "" {
		return nil, auth.ErrNoCredentials
	}
	return auth.Local(), nil
}

// signOn is a hub with the routes of single sign-on alone.
type signOn struct {
	*httptest.Server
	arrivals *arrivals
	provider *ssotest.Provider
}

func signOnStore(t *testing.T) store.Store {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "hub.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func serveSignOn(t *testing.T, routes func(*arrivals) []route.Route) *signOn {
	t.Helper()
	s := &signOn{arrivals: &arrivals{}}
	s.Server = httptest.NewServer(route.New(route.Options{
		Routes: routes(s.arrivals), Auth: administrator{}, Page: http.NotFoundHandler(), Logger: hclog.NewNullLogger(),
	}))
	t.Cleanup(s.Close)
	return s
}

func newOIDC(t *testing.T, environment map[string]string) *signOn {
	t.Helper()
	desk := sso.New(sso.Options{Records: signOnStore(t), Logger: hclog.NewNullLogger(), Environment: environment})
	s := serveSignOn(t, func(a *arrivals) []route.Route {
		o := &OIDC{Desk: desk, Arrivals: a, Base: func(c *route.Call) string { return "http://" + c.Request.Host }, Logger: hclog.NewNullLogger()}
		return o.Routes()
	})
	s.provider = ssotest.New(t, nil)
	return s
}

// ask sends a request of an administrator and returns the answer with its body.
func (s *signOn) ask(t *testing.T, method, path, body string, edit ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer admin")
	for _, change := range edit {
		change(r)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func (s *signOn) enable(t *testing.T) {
	t.Helper()
	body := `{"enabled":true,"issuerUrl":"` + s.provider.URL + `","clientId":"pulse","clientSecret":"` + ssotest.ClientSecret + `"}`
	if response, text := s.ask(t, http.MethodPut, "/api/security/oidc", body); response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", response.Status, text)
	}
}

func TestOIDCSettingsAreShownAndChanged(t *testing.T) {
	s := newOIDC(t, nil)
	redirect := s.URL + "/api/oidc/callback"
	standard := map[string]any{
		"enabled": false, "issuerUrl": "", "clientId": "", "redirectUrl": "", "logoutUrl": "",
		"scopes": []any{"openid", "profile", "email"}, "usernameClaim": "preferred_username", "emailClaim": "email",
		"groupsClaim": "", "allowedGroups": []any{}, "allowedDomains": []any{}, "allowedEmails": []any{}, "caBundle": "",
		"clientSecretSet": false, "defaultRedirect": redirect,
	}
	_, text := s.ask(t, http.MethodGet, "/api/security/oidc", "")
	sameJSON(t, text, standard)
	change := `{"enabled":true,"issuerUrl":"https://idp.example.com","clientId":"pulse","clientSecret":"hidden",
		"scopes":["openid","groups"],"groupsClaim":"groups","allowedGroups":["ops"],"clientSecretSet":false,
		"label":"Company","roleMapping":[{"group":"ops","role":"admin"}],"defaultRole":"viewer"}`
	changed := map[string]any{
		"enabled": true, "issuerUrl": "https://idp.example.com", "clientId": "pulse", "redirectUrl": "", "logoutUrl": "",
		"scopes": []any{"openid", "groups"}, "usernameClaim": "preferred_username", "emailClaim": "email",
		"groupsClaim": "groups", "allowedGroups": []any{"ops"}, "allowedDomains": []any{}, "allowedEmails": []any{}, "caBundle": "",
		"clientSecretSet": true, "defaultRedirect": redirect, "label": "Company",
		"roleMapping": []any{map[string]any{"group": "ops", "role": "admin"}}, "defaultRole": "viewer",
	}
	for _, method := range []string{http.MethodPut, http.MethodPost} {
		_, text = s.ask(t, method, "/api/security/oidc", change)
		sameJSON(t, text, changed)
	}
	changed["id"] = "second"
	_, text = s.ask(t, http.MethodPut, "/api/security/oidc/providers/second", change)
	sameJSON(t, text, changed)
	_, text = s.ask(t, http.MethodGet, "/api/security/oidc/providers/second", "")
	sameJSON(t, text, changed)
	_, text = s.ask(t, http.MethodGet, "/api/security/oidc/providers", "")
	if strings.Count(text, `"issuerUrl"`) != 2 || strings.Contains(text, "hidden") || !strings.Contains(text, `"id":"default"`) {
		t.Errorf("the list is %s", text)
	}
	for range 2 {
		_, text = s.ask(t, http.MethodDelete, "/api/security/oidc/providers/second", "")
	}
	if !strings.Contains(text, "provider_not_found") {
		t.Errorf("deleting twice gave %s", text)
	}
}

func sameJSON(t *testing.T, text string, want any) {
	t.Helper()
	var got any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOIDCRequestsThatAreRefused(t *testing.T) {
	tests := map[string]struct {
		method, path, body string
		edit               func(*http.Request)
		status             int
		want               string
	}{
		"stranger":        {"GET", "/api/security/oidc", "", stranger, 401, "Authentication required"},
		"no issuer":       {"PUT", "/api/security/oidc", `{"enabled":true}`, nil, 400, `"error":"oidc issuer url is required when OIDC is enabled","code":"validation_error"`},
		"no JSON":         {"PUT", "/api/security/oidc", `{`, nil, 400, `"error":"Invalid request payload","code":"invalid_request"`},
		"id":              {"PUT", "/api/security/oidc/providers/UP", `{}`, nil, 400, "validation_error"},
		"unknown":         {"GET", "/api/security/oidc/providers/x", "", nil, 404, "provider_not_found"},
		"login":           {"POST", "/api/oidc/login", "", stranger, 400, `"error":"OIDC authentication is not enabled","code":"oidc_disabled"`},
		"login's JSON":    {"POST", "/api/oidc/login", "{", stranger, 400, "invalid_request"},
		"callback":        {"GET", "/api/oidc/callback", "", stranger, 404, "OIDC is not enabled\n"},
		"logout token":    {"POST", "/api/oidc/backchannel-logout", "logout_token=x", stranger, 400, "invalid_request"},
		"no logout token": {"POST", "/api/oidc/backchannel-logout", "", stranger, 400, "invalid_request"},
	}
	s := newOIDC(t, nil)
	for name, tt := range tests {
		edit := func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }
		if tt.edit == nil {
			tt.edit = func(*http.Request) {}
		}
		response, text := s.ask(t, tt.method, tt.path, tt.body, edit, tt.edit)
		if response.StatusCode != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %s %s, want %q", name, response.Status, text, tt.want)
		}
	}
	locked := newOIDC(t, map[string]string{"OIDC_CLIENT_ID": "env"})
	response, text := locked.ask(t, http.MethodPut, "/api/security/oidc", `{}`)
	if response.StatusCode != http.StatusConflict || !strings.Contains(text, `"code":"oidc_locked"`) {
		t.Errorf("locked settings gave %s %s", response.Status, text)
	}
	if _, text := locked.ask(t, http.MethodGet, "/api/security/oidc", ""); !strings.Contains(text, `"envOverrides":{"clientId":true}`) {
		t.Errorf("locked fields are not shown: %s", text)
	}
}

// leave begins to sign in and returns the cookie and where the provider sends the browser.
func (s *signOn) leave(t *testing.T, returnTo string) (*http.Cookie, *url.URL) {
	t.Helper()
	response, text := s.ask(t, http.MethodGet, "/api/oidc/login?returnTo="+url.QueryEscape(returnTo), "")
	if response.StatusCode != http.StatusFound || len(response.Cookies()) != 1 {
		t.Fatalf("%s %s", response.Status, text)
	}
	return response.Cookies()[0], s.provider.Visit(t, response.Header.Get("Location"))
}

func TestABrowserSignsInWithOIDC(t *testing.T) {
	s := newOIDC(t, nil)
	s.enable(t)
	cookie, back := s.leave(t, "/settings?x=1")
	if cookie.Name != "pulse_oidc" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/api/oidc" || cookie.MaxAge != 600 {
		t.Errorf("the cookie is %s", cookie)
	}
	withCookie := func(r *http.Request) { r.AddCookie(cookie) }
	response, _ := s.ask(t, http.MethodGet, back.RequestURI(), "")
	if got := response.Header.Get("Location"); got != "/?oidc=error&oidc_error=invalid_state" {
		t.Errorf("another browser is sent to %s", got)
	}
	cookie, back = s.leave(t, "/settings?x=1")
	response, _ = s.ask(t, http.MethodGet, back.RequestURI(), "", withCookie)
	if got := response.Header.Get("Location"); response.StatusCode != http.StatusFound || got != "/settings?oidc=success&x=1" {
		t.Errorf("the browser is sent to %s", got)
	}
	if len(s.arrivals.who) != 1 || s.arrivals.who[0].Name != "anna" || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("signed in: %+v", s.arrivals.who)
	}
	response, _ = s.ask(t, http.MethodGet, back.RequestURI(), "", withCookie)
	if got := response.Header.Get("Location"); got != "/?oidc=error&oidc_error=invalid_state" {
		t.Errorf("the same callback again is sent to %s", got)
	}
	s.arrivals.err = errors.New("no more sessions")
	cookie, back = s.leave(t, "//evil.com")
	response, _ = s.ask(t, http.MethodGet, back.RequestURI(), "", withCookie)
	if got := response.Header.Get("Location"); got != "/?oidc=error&oidc_error=session_failed" {
		t.Errorf("without a session it is sent to %s", got)
	}
	want := []string{"oidc invalid_state", "oidc invalid_state", "oidc session_failed"}
	if diff := cmp.Diff(want, s.arrivals.refused); diff != "" {
		t.Error(diff)
	}
}

func TestRecordedOIDCRedirects(t *testing.T) {
	s := newOIDC(t, nil)
	location := func(path string, edit ...func(*http.Request)) string {
		response, _ := s.ask(t, http.MethodGet, path, "", edit...)
		return response.Header.Get("Location")
	}
	if got := location("/api/oidc/login"); got != "/?oidc=error&oidc_error=oidc_disabled" {
		t.Errorf("disabled: %s", got)
	}
	s.enable(t)
	for path, want := range map[string]string{
		"/api/oidc/callback":                      "/?oidc=error&oidc_error=missing_state",
		"/api/oidc/callback?state=unknown&code=1": "/?oidc=error&oidc_error=invalid_state",
		"/api/oidc/callback?error=access_denied":  "/?oidc=error&oidc_error=access_denied",
	} {
		if got := location(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	for code, want := range map[string]string{
		"":          "/settings?oidc=error&oidc_error=missing_code&x=1",
		"&code=bad": "/settings?oidc=error&oidc_error=exchange_failed&x=1",
	} {
		cookie, back := s.leave(t, "/settings?x=1")
		got := location("/api/oidc/callback?state="+back.Query().Get("state")+code, func(r *http.Request) { r.AddCookie(cookie) })
		if got != want {
			t.Errorf("%q: %s", code, got)
		}
	}
	response, text := s.ask(t, http.MethodPost, "/api/oidc/login", `{"returnTo":"/settings"}`)
	if !strings.Contains(text, `{"authorizationUrl":"`+s.provider.URL+`/authorize?`) || len(response.Cookies()) != 1 {
		t.Errorf("a page is told %s", text)
	}
	s.provider.Behave(ssotest.Behaviour{Metadata: map[string]any{"issuer": "https://evil.example.com"}})
	_, _ = s.ask(t, http.MethodPut, "/api/security/oidc/providers/broken", `{"enabled":true,"clientId":"x","issuerUrl":"`+s.provider.URL+`"}`)
	if got := location("/api/oidc/login?provider=broken"); got != "/?oidc=error&oidc_error=oidc_init_failed" {
		t.Errorf("a provider that cannot be used: %s", got)
	}
	response, text = s.ask(t, http.MethodPost, "/api/oidc/login", `{"provider":"broken"}`)
	if response.StatusCode != http.StatusInternalServerError || !strings.Contains(text, `"code":"oidc_init_failed"`) {
		t.Errorf("got %s %s", response.Status, text)
	}
}

func TestAProviderSignsOut(t *testing.T) {
	s := newOIDC(t, nil)
	s.enable(t)
	claims := s.provider.Standard()
	claims["jti"], claims["events"] = "one", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	form := func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Del("Authorization")
	}
	body := url.Values{"logout_token": {s.provider.Sign(claims, "")}}.Encode()
	response, text := s.ask(t, http.MethodPost, "/api/oidc/backchannel-logout", body, form)
	if response.StatusCode != http.StatusOK || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s", response.Status, text)
	}
	want := []sso.Logout{{Provider: "default", Issuer: s.provider.URL, Subject: "subject-1", SessionID: "sid-1"}}
	if diff := cmp.Diff(want, s.arrivals.signOuts); diff != "" {
		t.Error(diff)
	}
}
