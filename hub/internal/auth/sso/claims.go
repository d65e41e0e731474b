package sso

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

const (
	// maxGroups bounds the groups of one person, maxName each name, in bytes.
	maxGroups = 1000
	maxName   = 256
)

// claims are what a provider says of a person.
type claims map[string]any

func readClaims(token *oidc.IDToken) (claims, error) {
	var said claims
	if err := token.Claims(&said); err != nil || said == nil {
		return nil, errors.New("claims of the id token are no object")
	}
	return said, nil
}

// find returns a claim: by its name, else by the path that its name is.
func (c claims) find(name string) any {
	if value, ok := c[name]; ok || name == "" {
		return value
	}
	first, rest, nested := strings.Cut(name, ".")
	inner, ok := c[first].(map[string]any)
	if !nested || !ok {
		return nil
	}
	return claims(inner).find(rest)
}

// text returns a claim that is a text, without blanks around it; else the empty string.
func (c claims) text(name string) string {
	value, ok := c.find(name).(string)
	if !ok {
		return ""
	}
	value = strings.TrimSpace(value)
	if len(value) > maxName || strings.ContainsFunc(value, unicode.IsControl) {
		return ""
	}
	return value
}

// groups returns a claim that is a list of texts, or one text that holds
// several, separated by commas and blanks.
func (c claims) groups(name string) []string {
	if name == "" {
		return nil
	}
	var groups []string
	switch value := c.find(name).(type) {
	case string:
		groups = splitList(value)
	case []any:
		for _, item := range value {
			if group, ok := item.(string); ok {
				groups = append(groups, strings.TrimSpace(group))
			}
		}
	}
	groups = slices.DeleteFunc(groups, func(group string) bool { return group == "" || len(group) > maxName })
	return groups[:min(len(groups), maxGroups)]
}

// unverified reports whether the provider says that it has not checked the address.
func (c claims) unverified() bool {
	switch value := c["email_verified"].(type) {
	case bool:
		return !value
	case string: // some providers write it as one
		return strings.EqualFold(value, "false")
	}
	return false
}

// complete asks the provider for claims that the settings need and the ID token
// does not have: many leave all but the subject to that. What the token says
// counts; without an answer it has to do.
func (a *arrival) complete(ctx context.Context, said claims, source oauth2.TokenSource) {
	if !a.provider.settings.wants(said) || a.endpoints.provider.UserInfoEndpoint() == "" {
		return
	}
	info, err := a.endpoints.provider.UserInfo(ctx, source)
	if err != nil || info.Subject != said.text("sub") {
		return
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return
	}
	// An address is worth what is said of it in the same place.
	if _, ok := said["email"]; ok {
		delete(more, "email_verified")
	}
	for name, value := range more {
		if _, ok := said[name]; !ok {
			said[name] = value
		}
	}
}

// wants reports whether a claim is missing that the settings are about.
func (s *Settings) wants(said claims) bool {
	needsGroups := s.GroupsClaim != "" && (len(s.AllowedGroups) > 0 || len(s.Rules) > 0)
	return said.find(s.UsernameClaim) == nil || said.find(s.EmailClaim) == nil ||
		needsGroups && said.find(s.GroupsClaim) == nil
}

// identify says who somebody is, if they may come in.
func (s *Settings) identify(said claims) (Identity, *Failure) {
	identity := Identity{
		Method: auth.MethodOIDC, Provider: s.ID, Subject: said.text("sub"),
		Email: said.text(s.EmailClaim), DisplayName: said.text("name"), Groups: said.groups(s.GroupsClaim),
	}
	if identity.Subject == "" {
		return Identity{}, refuse(CodeInvalidClaims, errors.New("subject is missing or too long"))
	}
	named := []string{said.text(s.UsernameClaim), identity.Email, identity.DisplayName, identity.Subject}
	if said.unverified() {
		named[1] = "" // somebody else's address is nobody's name
	}
	for _, name := range named {
		if identity.Name == "" {
			identity.Name = name
		}
	}
	if code := s.Refuses(identity, !said.unverified()); code != "" {
		return Identity{}, refuse(code, nil)
	}
	role, ok := s.Role(identity.Groups)
	if !ok {
		return Identity{}, refuse(CodeGroupRestricted, errors.New("no group of theirs has a role"))
	}
	identity.Role = role
	return identity, nil
}

// Refuses returns the code why somebody may not come in, or the empty string.
// An address that was not verified counts as none.
func (r Restrictions) Refuses(who Identity, emailVerified bool) string {
	email := who.Email
	if !emailVerified {
		email = ""
	}
	if len(r.AllowedEmails) > 0 && (email == "" || !containsFold(r.AllowedEmails, email)) {
		return CodeEmailRestricted
	}
	if len(r.AllowedDomains) > 0 && !r.allowsDomain(email) {
		return CodeDomainRestricted
	}
	inGroup := slices.ContainsFunc(who.Groups, func(group string) bool { return containsFold(r.AllowedGroups, group) })
	if len(r.AllowedGroups) > 0 && !inGroup {
		return CodeGroupRestricted
	}
	return ""
}

func (r Restrictions) allowsDomain(email string) bool {
	at := strings.LastIndexByte(email, '@')
	if at <= 0 || at == len(email)-1 {
		return false
	}
	return slices.ContainsFunc(r.AllowedDomains, func(domain string) bool {
		return strings.EqualFold(strings.TrimPrefix(domain, "@"), email[at+1:])
	})
}

// subjectOf returns whom an ID token is about that was verified before.
func subjectOf(idToken string) string {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := decodeSegment(parts[1])
	if err != nil {
		return ""
	}
	var said claims
	if err := json.Unmarshal(payload, &said); err != nil {
		return ""
	}
	return said.text("sub")
}
