package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/saml"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/saml/samltest"
)

func newSAML(t *testing.T) (*signOn, *samltest.Provider) {
	t.Helper()
	s := serveSignOn(t, func(a *arrivals) []route.Route {
		one := &SAML{
			Desk: saml.New(saml.Options{Records: signOnStore(t)}), Arrivals: a, Logger: hclog.NewNullLogger(),
			Base: func(c *route.Call) string { return "http://" + c.Request.Host },
		}
		return one.Routes()
	})
	provider := samltest.New(t)
	_, metadata := s.ask(t, http.MethodGet, "/api/saml/metadata", "")
	provider.Meet(t, []byte(metadata))
	return s, provider
}

func (s *signOn) enableSAML(t *testing.T, provider *samltest.Provider) {
	t.Helper()
	body, err := json.Marshal(SAMLSettings{Enabled: true, Metadata: provider.Metadata(t)})
	if err != nil {
		t.Fatal(err)
	}
	response, text := s.ask(t, http.MethodPut, "/api/security/saml", string(body))
	if response.StatusCode != http.StatusOK || !strings.Contains(text, `"acsUrl":"`+s.URL+`/api/saml/acs"`) {
		t.Fatalf("%s %s", response.Status, text)
	}
}

func TestABrowserSignsInWithSAML(t *testing.T) {
	s, provider := newSAML(t)
	response, _ := s.ask(t, http.MethodGet, "/api/saml/login", "")
	if got := response.Header.Get("Location"); got != "/?saml=error&saml_error=saml_disabled" {
		t.Errorf("disabled: %s", got)
	}
	s.enableSAML(t, provider)
	begin := func() (*http.Cookie, string) {
		response, _ := s.ask(t, http.MethodGet, "/api/saml/login?returnTo=/alerts", "")
		if len(response.Cookies()) != 1 {
			t.Fatalf("%s with %d cookies", response.Status, len(response.Cookies()))
		}
		form := provider.Answer(t, response.Header.Get("Location"))
		posted, _ := s.ask(t, http.MethodPost, "/api/saml/acs", form.Encode(), stranger, asForm)
		if posted.StatusCode != http.StatusSeeOther {
			t.Fatalf("the answer is answered %s", posted.Status)
		}
		return response.Cookies()[0], posted.Header.Get("Location")
	}
	cookie, next := begin()
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/api/saml" {
		t.Errorf("the cookie is %s", cookie)
	}
	withCookie := func(r *http.Request) { r.AddCookie(cookie) }
	done, _ := s.ask(t, http.MethodGet, next, "", stranger, withCookie)
	if got := done.Header.Get("Location"); got != "/alerts?saml=success" {
		t.Errorf("the browser is sent to %s", got)
	}
	if len(s.arrivals.who) != 1 || s.arrivals.who[0].Name != "anna" {
		t.Errorf("signed in: %+v", s.arrivals.who)
	}
	_, next = begin()
	done, _ = s.ask(t, http.MethodGet, next, "", stranger)
	if got := done.Header.Get("Location"); got != "/?saml=error&saml_error=invalid_state" {
		t.Errorf("another browser is sent to %s", got)
	}
	s.arrivals.err = errors.New("no more sessions")
	cookie, next = begin()
	done, _ = s.ask(t, http.MethodGet, next, "", stranger, withCookie)
	if got := done.Header.Get("Location"); got != "/alerts?saml=error&saml_error=session_failed" {
		t.Errorf("without a session it is sent to %s", got)
	}
	if diff := cmp.Diff([]string{"saml invalid_state", "saml session_failed"}, s.arrivals.refused); diff != "" {
		t.Error(diff)
	}
}

func stranger(r *http.Request) { r.Header.Del("Authorization") }

func asForm(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }

func TestSAMLRequestsThatAreRefused(t *testing.T) {
	s, _ := newSAML(t)
	posted, _ := s.ask(t, http.MethodPost, "/api/saml/acs", url.Values{"SAMLResponse": {"x"}}.Encode(), stranger, asForm)
	if got := posted.Header.Get("Location"); got != "/?saml=error&saml_error=invalid_state" {
		t.Errorf("an answer to nothing is sent to %s", got)
	}
	for body, want := range map[string]string{
		`{`: "invalid_request", `{"enabled":true}`: "validation_error", `{"idpMetadata":"<a/>"}`: "validation_error",
	} {
		response, text := s.ask(t, http.MethodPut, "/api/security/saml", body)
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(text, want) {
			t.Errorf("%s: %s %s", body, response.Status, text)
		}
	}
	response, _ := s.ask(t, http.MethodGet, "/api/security/saml", "", stranger)
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger reads the settings: %s", response.Status)
	}
}
