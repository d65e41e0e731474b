package sso

import (
	"maps"
	"strings"
)

// overrides are the settings that come from the environment, each with the JSON
// name of its field.
type overrides struct {
	environment map[string]string
	fields      map[string]bool
}

// variable says which field of the settings an environment variable sets.
type variable struct {
	name, field string
	set         func(*Settings, string)
}

func variables() []variable {
	text := func(field func(*Settings) *string) func(*Settings, string) {
		return func(s *Settings, value string) { *field(s) = value }
	}
	list := func(field func(*Settings) *[]string) func(*Settings, string) {
		return func(s *Settings, value string) { *field(s) = splitList(value) }
	}
	return []variable{
		{"OIDC_ENABLED", "enabled", func(s *Settings, value string) {
			s.Enabled = value == "1" || strings.EqualFold(value, "true")
		}},
		{"OIDC_ISSUER_URL", "issuerUrl", text(func(s *Settings) *string { return &s.IssuerURL })},
		{"OIDC_CLIENT_ID", "clientId", text(func(s *Settings) *string { return &s.ClientID })},
		{"OIDC_CLIENT_SECRET", "clientSecret", text(func(s *Settings) *string { return &s.ClientSecret })},
		{"OIDC_REDIRECT_URL", "redirectUrl", text(func(s *Settings) *string { return &s.RedirectURL })},
		{"OIDC_LOGOUT_URL", "logoutUrl", text(func(s *Settings) *string { return &s.LogoutURL })},
		{"OIDC_SCOPES", "scopes", list(func(s *Settings) *[]string { return &s.Scopes })},
		{"OIDC_USERNAME_CLAIM", "usernameClaim", text(func(s *Settings) *string { return &s.UsernameClaim })},
		{"OIDC_EMAIL_CLAIM", "emailClaim", text(func(s *Settings) *string { return &s.EmailClaim })},
		{"OIDC_GROUPS_CLAIM", "groupsClaim", text(func(s *Settings) *string { return &s.GroupsClaim })},
		{"OIDC_ALLOWED_GROUPS", "allowedGroups", list(func(s *Settings) *[]string { return &s.AllowedGroups })},
		{"OIDC_ALLOWED_DOMAINS", "allowedDomains", list(func(s *Settings) *[]string { return &s.AllowedDomains })},
		{"OIDC_ALLOWED_EMAILS", "allowedEmails", list(func(s *Settings) *[]string { return &s.AllowedEmails })},
		{"OIDC_CA_BUNDLE", "caBundle", text(func(s *Settings) *string { return &s.CABundle })},
	}
}

// Variables returns the names of the environment variables that Options.Environment
// is looked up for. The slice is the caller's.
func Variables() []string {
	var names []string
	for _, v := range variables() {
		names = append(names, v.name)
	}
	return names
}

// splitList reads a list whose items are separated by commas and blanks.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

func readOverrides(environment map[string]string) overrides {
	o := overrides{environment: maps.Clone(environment), fields: map[string]bool{}}
	for _, v := range variables() {
		if strings.TrimSpace(environment[v.name]) != "" {
			o.fields[v.field] = true
		}
	}
	return o
}

func (o *overrides) apply(s *Settings) {
	for _, v := range variables() {
		if o.fields[v.field] {
			v.set(s, strings.TrimSpace(o.environment[v.name]))
		}
	}
}
