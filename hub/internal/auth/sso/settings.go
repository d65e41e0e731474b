package sso

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// DefaultProvider is the id of the provider that the settings of one provider are about.
const DefaultProvider = "default"

// Reasons why settings are not changed.
var (
	// ErrLocked: the settings come from the environment.
	ErrLocked = errors.New("settings come from the environment")
	// ErrUnknownProvider: no provider has the id.
	ErrUnknownProvider = errors.New("no such identity provider")
	// ErrProviderID: the id is not 1 to 40 lower-case letters, digits and dashes.
	ErrProviderID = errors.New("id of the provider must be 1 to 40 lower-case letters, digits and dashes")
	// ErrTooManyProviders: there are MaxProviders already.
	ErrTooManyProviders = errors.New("there are too many identity providers")
)

// SettingsError says for people what is wrong with settings.
type SettingsError struct{ Text string }

func (e *SettingsError) Error() string { return e.Text }

const (
	// MaxProviders bounds the providers of one kind.
	MaxProviders = 20
	// maxListed bounds each list of the settings, maxText each text, in bytes.
	maxListed = 200
	maxText   = 2000
	// maxBundle bounds the file of certificates, in bytes.
	maxBundle = 1 << 20
)

// Restrictions say who may sign in. Each list counts when it is not empty, and
// all that count have to be met.
type Restrictions struct {
	AllowedGroups  []string `json:"allowedGroups"`
	AllowedDomains []string `json:"allowedDomains"`
	AllowedEmails  []string `json:"allowedEmails"`
}

// Settings are how people sign in at one OpenID Connect provider. The JSON form
// is that of the store. Values are shared: slices must not be changed.
type Settings struct {
	// ID is DefaultProvider or a name chosen for it.
	ID string `json:"id"`
	// Label is how the sign-in page calls the provider; may be empty.
	Label   string `json:"label,omitempty"`
	Enabled bool   `json:"enabled"`
	// IssuerURL is exactly what the provider calls itself.
	IssuerURL string `json:"issuerUrl"`
	ClientID  string `json:"clientId"`
	// ClientSecret is empty for public clients.
	ClientSecret string `json:"clientSecret,omitempty"`
	// RedirectURL is where the provider sends browsers back to; empty: it follows from the request.
	RedirectURL string `json:"redirectUrl"`
	// LogoutURL is where browsers go after they signed out; empty: what the provider offers.
	LogoutURL string   `json:"logoutUrl"`
	Scopes    []string `json:"scopes"`
	// The names of claims; one inside of another is written with a dot, "realm_access.roles".
	UsernameClaim string `json:"usernameClaim"`
	EmailClaim    string `json:"emailClaim"`
	GroupsClaim   string `json:"groupsClaim"`
	Restrictions
	// CABundle is a file with further certificates to trust; may be empty.
	CABundle string `json:"caBundle"`
	RoleMapping
}

// Defaults returns the settings of a provider that was never set up.
func Defaults(id string) Settings {
	s := Settings{ID: id}
	s.normalize("")
	return s
}

// Title returns how people call the provider.
func (s *Settings) Title() string {
	switch {
	case s.Label != "":
		return s.Label
	case s.ID != DefaultProvider:
		return s.ID
	}
	return "Single sign-on"
}

// Change is what somebody wants the settings of a provider to be.
type Change struct {
	// Settings replace all there was but the two below. Their ClientSecret does not count.
	Settings Settings
	// ClientSecret replaces the secret; nil keeps it.
	ClientSecret *string
	// ClearClientSecret removes the secret.
	ClearClientSecret bool
	// CABundle replaces the file of certificates; nil keeps it.
	CABundle *string
}

// apply returns the settings after a change.
func (c *Change) apply(before Settings, publicURL string) Settings {
	after := c.Settings
	after.ID, after.ClientSecret, after.CABundle = before.ID, before.ClientSecret, before.CABundle
	if c.ClientSecret != nil {
		after.ClientSecret = *c.ClientSecret
	}
	if c.ClearClientSecret {
		after.ClientSecret = ""
	}
	if c.CABundle != nil {
		after.CABundle = *c.CABundle
	}
	after.normalize(publicURL)
	return after
}

// normalize tidies the settings and fills in what is left out.
func (s *Settings) normalize(publicURL string) {
	for _, text := range []*string{
		&s.Label, &s.IssuerURL, &s.ClientID, &s.ClientSecret, &s.RedirectURL, &s.LogoutURL,
		&s.UsernameClaim, &s.EmailClaim, &s.GroupsClaim, &s.CABundle,
	} {
		*text = strings.TrimSpace(*text)
	}
	s.Scopes = tidyList(s.Scopes)
	s.Restrictions = s.Restrictions.Normalized()
	s.RoleMapping = s.RoleMapping.Normalized()
	if len(s.Scopes) == 0 {
		s.Scopes = []string{"openid", "profile", "email"}
	}
	if !slices.Contains(s.Scopes, "openid") {
		s.Scopes = append([]string{"openid"}, s.Scopes...) // without it the answer holds no ID token
	}
	if s.UsernameClaim == "" {
		s.UsernameClaim = "preferred_username"
	}
	if s.EmailClaim == "" {
		s.EmailClaim = "email"
	}
	if s.RedirectURL == "" && publicURL != "" {
		s.RedirectURL = publicURL + CallbackPath
	}
}

// Normalized returns the restrictions without blanks, repetitions and nil lists.
func (r Restrictions) Normalized() Restrictions {
	return Restrictions{tidyList(r.AllowedGroups), tidyList(r.AllowedDomains), tidyList(r.AllowedEmails)}
}

// Check returns what is wrong with the restrictions, as a *SettingsError.
func (r Restrictions) Check() error {
	return checkLists(r.AllowedGroups, r.AllowedDomains, r.AllowedEmails)
}

func tidyList(list []string) []string {
	tidy := make([]string, 0, len(list))
	for _, item := range list {
		if item = strings.TrimSpace(item); item != "" && !containsFold(tidy, item) {
			tidy = append(tidy, item)
		}
	}
	return tidy
}

var providerID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// check returns what is wrong with normalized settings.
func (s *Settings) check(roleExists func(string) bool) error {
	for _, text := range []string{
		s.Label, s.IssuerURL, s.ClientID, s.ClientSecret, s.RedirectURL, s.LogoutURL,
		s.UsernameClaim, s.EmailClaim, s.GroupsClaim, s.CABundle,
	} {
		if len(text) > maxText {
			return &SettingsError{"a value is too long"}
		}
	}
	if err := checkLists(s.Scopes, s.AllowedGroups, s.AllowedDomains, s.AllowedEmails); err != nil {
		return err
	}
	if err := s.RoleMapping.Check(roleExists); err != nil {
		return err
	}
	if s.LogoutURL != "" && !isWebURL(s.LogoutURL) {
		return &SettingsError{"oidc logout url is not a valid URL"}
	}
	if !s.Enabled {
		return nil
	}
	return s.checkEnabled()
}

func (s *Settings) checkEnabled() error {
	switch {
	case s.IssuerURL == "":
		return &SettingsError{"oidc issuer url is required when OIDC is enabled"}
	case s.ClientID == "":
		return &SettingsError{"oidc client id is required when OIDC is enabled"}
	case !isWebURL(s.IssuerURL):
		return &SettingsError{"oidc issuer url is not a valid URL"}
	case s.RedirectURL != "" && !isWebURL(s.RedirectURL):
		return &SettingsError{"oidc redirect url is not a valid URL"}
	}
	if _, err := s.pool(); err != nil {
		return &SettingsError{"oidc ca bundle: " + err.Error()}
	}
	return nil
}

func checkLists(lists ...[]string) error {
	for _, list := range lists {
		if len(list) > maxListed || slices.ContainsFunc(list, func(item string) bool { return len(item) > maxText }) {
			return &SettingsError{"a list is too long"}
		}
	}
	return nil
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// pool returns the certificates to trust; nil: those of the system.
func (s *Settings) pool() (*x509.CertPool, error) {
	if s.CABundle == "" {
		return nil, nil
	}
	file, err := os.Open(s.CABundle)
	if err != nil {
		return nil, errors.New("file cannot be opened")
	}
	defer file.Close()
	bundle, err := io.ReadAll(io.LimitReader(file, maxBundle))
	if err != nil {
		return nil, errors.New("file cannot be read")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read certificates of the system: %w", err)
	}
	if !pool.AppendCertsFromPEM(bundle) {
		return nil, errors.New("file holds no certificate")
	}
	return pool, nil
}
