package saml

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"strings"

	saml2 "github.com/crewjam/saml"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso/pending"
)

// maxResponse bounds an answer of the provider before it is decoded, in bytes.
const maxResponse = 256 << 10

// Provider is the id that identities have of the one SAML provider.
const Provider = "default"

// Receive verifies an answer that a provider had a browser post, and returns a
// ticket for Finish. The page to return to is "/" when it is not known.
func (d *Desk) Receive(relayState, response string) (ticket, returnTo string, failure *sso.Failure) {
	entry, ok := d.states.Take(relayState)
	if !ok {
		return "", "/", refuse(sso.CodeInvalidState, nil)
	}
	s := entry.Value
	if !d.Enabled() {
		return "", s.returnTo, refuse(CodeDisabled, nil)
	}
	e := d.current.Load()
	assertion, failure := e.verify(s, response)
	if failure != nil {
		return "", s.returnTo, failure
	}
	if !d.used.First(assertion.Issuer.Value + " " + assertion.ID) {
		return "", s.returnTo, refuse(CodeReplayed, nil)
	}
	who, failure := e.settings.identify(assertion)
	if failure != nil {
		return "", s.returnTo, failure
	}
	ticket = pending.Secret()
	d.answers.Put(ticket, pending.Entry[answer]{From: entry.From, Browser: entry.Browser, Value: answer{who, s.returnTo}})
	return ticket, s.returnTo, nil
}

// Finish says who has signed in, if it is the browser that began. Each ticket
// is good for one call.
func (d *Desk) Finish(ticket, browser string) (sso.Identity, string, *sso.Failure) {
	entry, ok := d.answers.Take(ticket)
	if !ok || !entry.IsFrom(browser) {
		return sso.Identity{}, "/", refuse(sso.CodeInvalidState, nil)
	}
	return entry.Value.who, entry.Value.returnTo, nil
}

func refuse(code string, err error) *sso.Failure {
	return &sso.Failure{Code: code, Provider: Provider, Err: err}
}

// verify decodes an answer and checks its form, its signature, whom it is for,
// which request it answers, and when.
func (e *effective) verify(s state, response string) (*saml2.Assertion, *sso.Failure) {
	if len(response) > maxResponse {
		return nil, refuse(CodeInvalidResponse, errors.New("answer is too long"))
	}
	decoded, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		return nil, refuse(CodeInvalidResponse, errors.New("answer is not base64"))
	}
	if status := statusOf(decoded); status != "" && status != saml2.StatusSuccess {
		// Nobody is let in by this, so it need not be signed.
		return nil, refuse("access_denied", nil)
	}
	if err := checkForm(decoded); err != nil {
		return nil, refuse(CodeInvalidResponse, err)
	}
	sp, err := e.serviceProvider(s.base)
	if err != nil {
		return nil, refuse(CodeInitFailed, err)
	}
	assertion, err := sp.ParseXMLResponse(decoded, []string{s.request}, sp.AcsURL)
	if err != nil {
		return nil, refuse(CodeInvalidResponse, reason(err))
	}
	return assertion, nil
}

// reason returns what the library keeps from users; without the answer itself.
func reason(err error) error {
	text := err.Error()
	var invalid *saml2.InvalidResponseError
	if errors.As(err, &invalid) && invalid.PrivateErr != nil {
		text = invalid.PrivateErr.Error()
	}
	const longest = 200
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return errors.New(strings.ToValidUTF8(text, ""))
}

// statusOf returns the status of an answer, empty if it cannot be read.
func statusOf(decoded []byte) string {
	var response struct {
		XMLName xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:protocol Response"`
		Status  struct {
			Code struct {
				Value string `xml:",attr"`
			} `xml:"urn:oasis:names:tc:SAML:2.0:protocol StatusCode"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:protocol Status"`
	}
	if err := xml.Unmarshal(decoded, &response); err != nil {
		return ""
	}
	return response.Status.Code.Value
}

// checkAudience wants the hub to be named: an answer for everybody is for nobody.
func checkAudience(assertion *saml2.Assertion, audience string) error {
	for _, restriction := range assertion.Conditions.AudienceRestrictions {
		if restriction.Audience.Value != audience {
			return errors.New("answer is for somebody else")
		}
	}
	if len(assertion.Conditions.AudienceRestrictions) == 0 {
		return errors.New("answer names no audience")
	}
	return nil
}

const (
	// maxName bounds each name, in bytes, maxGroups the groups of one person.
	maxName   = 256
	maxGroups = 1000
)

// identify says who somebody is, if they may come in. What a provider signed
// counts as verified.
func (s *Settings) identify(assertion *saml2.Assertion) (sso.Identity, *sso.Failure) {
	if assertion.Subject == nil || assertion.Subject.NameID == nil {
		return sso.Identity{}, refuse(sso.CodeInvalidClaims, errors.New("answer is about nobody"))
	}
	who := sso.Identity{
		Method: auth.MethodSAML, Provider: Provider, Subject: plain(assertion.Subject.NameID.Value),
		Email: s.first(assertion, s.EmailAttribute), Groups: attribute(assertion, s.GroupsAttribute),
		DisplayName: s.first(assertion, "displayName"),
	}
	who.Name = s.first(assertion, s.UsernameAttribute)
	if who.Name == "" {
		who.Name = who.Subject
	}
	if who.Subject == "" {
		return sso.Identity{}, refuse(sso.CodeInvalidClaims, errors.New("subject is missing or too long"))
	}
	if code := s.Refuses(who, true); code != "" {
		return sso.Identity{}, refuse(code, nil)
	}
	role, ok := s.Role(who.Groups)
	if !ok {
		return sso.Identity{}, refuse(sso.CodeGroupRestricted, errors.New("no group of theirs has a role"))
	}
	who.Role = role
	return who, nil
}

func (s *Settings) first(assertion *saml2.Assertion, name string) string {
	for _, value := range attribute(assertion, name) {
		return value
	}
	return ""
}

// attribute returns the values of an attribute by its name or friendly name.
func attribute(assertion *saml2.Assertion, name string) []string {
	var values []string
	if name == "" {
		return nil
	}
	for _, statement := range assertion.AttributeStatements {
		for _, a := range statement.Attributes {
			if a.Name != name && a.FriendlyName != name {
				continue
			}
			for _, value := range a.Values {
				if text := plain(value.Value); text != "" && len(values) < maxGroups {
					values = append(values, text)
				}
			}
		}
	}
	return values
}

// plain returns a text without blanks around it; empty when it is too long or holds control characters.
func plain(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxName || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return text
}
