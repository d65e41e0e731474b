package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
)

// SignIn is how people sign in, as far as it is configured and not set on the page.
type SignIn struct {
	// User and Password are those of an administrator; Password is as typed, or a hash. Secret.
	User, Password string
	// Proxy is a reverse proxy that vouches for users.
	Proxy Proxy
	// OIDC are the variables of an identity provider, by name. Secret.
	OIDC map[string]string
	// HideLocalLogin hides the form for passwords, Required has the hub count as protected although nobody can sign in
	// yet, Audited says that the log of changes was asked for, Ignored that DISABLE_AUTH is set, which does nothing.
	HideLocalLogin, Required, Audited, Ignored bool
	// TrustedNetworks are those of people who are at home; empty: private ones.
	TrustedNetworks []netip.Prefix
	// Open lets everybody in, which only builds under development take for granted.
	Open bool
}

// Proxy is a reverse proxy that vouches for users.
type Proxy struct {
	// Secret is what it has to send; empty: there is no such proxy. Secret.
	Secret string
	// UserHeader and RoleHeader name its headers; empty: it sends none.
	UserHeader, RoleHeader string
	// Separator stands between roles; empty: |.
	Separator string
	// AdminRole is the one that may do everything; empty: admin.
	AdminRole string
	// DefaultRole is given to those without any other; empty: operator.
	DefaultRole string
	LogoutURL   string
	// Networks are where it sits; empty: anywhere.
	Networks []netip.Prefix
}

// Licence is how licence keys are checked.
type Licence struct {
	// PublicKey is an Ed25519 key in base64; empty: that of the build.
	PublicKey string
	// Development skips the check in builds that are no release.
	Development bool
}

// Initial is a bundle that is imported at the first start. One of Data, File and URL is set, or none.
type Initial struct {
	Data, File, URL string
	// Passphrase opens it. Secret.
	Passphrase string
}

// text sets a string of the configuration.
func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error { *field(c) = v; return nil }
}

// flagged sets a truth of the configuration.
func flagged(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) (err error) { *field(c), err = toggle(v); return err }
}

// prefixes sets a list of addresses and prefixes of the configuration.
func prefixes(field func(*Config) *[]netip.Prefix) func(*Config, string) error {
	return func(c *Config, v string) (err error) { *field(c), err = route.ParseProxies(v); return err }
}

// signInSettings are those of how people sign in.
func signInSettings() []setting {
	list := []setting{
		{"auth_user", []string{"PULSE_AUTH_USER"}, "name of an administrator", false, text(func(c *Config) *string { return &c.SignIn.User })},
		{"auth_pass", []string{"PULSE_AUTH_PASS"}, "the administrator's password, or its bcrypt or argon2id hash", false, text(func(c *Config) *string { return &c.SignIn.Password })},
		{"auth_hide_local_login", []string{"PULSE_AUTH_HIDE_LOCAL_LOGIN"}, "hide the form for passwords", true, flagged(func(c *Config) *bool { return &c.SignIn.HideLocalLogin })},
		{"require_auth", []string{"REQUIRE_AUTH"}, "say that the hub is protected although nobody can sign in yet", true, flagged(func(c *Config) *bool { return &c.SignIn.Required })},
		{"audit_log", []string{"PULSE_AUDIT_LOG", "AUDIT_LOG_ENABLED"}, "show that changes are written down (they always are)", true, flagged(func(c *Config) *bool { return &c.SignIn.Audited })},
		{
			"disable_auth", []string{"DISABLE_AUTH"}, "has no effect any more", true,
			func(c *Config, _ string) error { c.SignIn.Ignored = true; return nil },
		},
		{"admin_bypass", []string{"ALLOW_ADMIN_BYPASS"}, "let everybody in, together with dev and only in development builds", true, flagged(func(c *Config) *bool { return &c.SignIn.Open })},
		{"trusted_networks", []string{"PULSE_TRUSTED_NETWORKS"}, "networks of people who are at home, separated by commas", false, prefixes(func(c *Config) *[]netip.Prefix { return &c.SignIn.TrustedNetworks })},
		{"proxy_auth_secret", []string{"PROXY_AUTH_SECRET"}, "secret of a reverse proxy that vouches for users, in X-Proxy-Secret", false, text(func(c *Config) *string { return &c.SignIn.Proxy.Secret })},
		{"proxy_auth_user_header", []string{"PROXY_AUTH_USER_HEADER"}, "header in which the proxy names the user", false, text(func(c *Config) *string { return &c.SignIn.Proxy.UserHeader })},
		{"proxy_auth_role_header", []string{"PROXY_AUTH_ROLE_HEADER"}, "header in which the proxy names roles", false, text(func(c *Config) *string { return &c.SignIn.Proxy.RoleHeader })},
		{"proxy_auth_role_separator", []string{"PROXY_AUTH_ROLE_SEPARATOR"}, "what stands between roles (default |)", false, text(func(c *Config) *string { return &c.SignIn.Proxy.Separator })},
		{"proxy_auth_admin_role", []string{"PROXY_AUTH_ADMIN_ROLE"}, "role of administrators (default admin)", false, text(func(c *Config) *string { return &c.SignIn.Proxy.AdminRole })},
		{"proxy_auth_default_role", []string{"PROXY_AUTH_DEFAULT_ROLE"}, "role of everybody else (default operator)", false, text(func(c *Config) *string { return &c.SignIn.Proxy.DefaultRole })},
		{"proxy_auth_logout_url", []string{"PROXY_AUTH_LOGOUT_URL"}, "where users of the proxy sign out", false, text(func(c *Config) *string { return &c.SignIn.Proxy.LogoutURL })},
		{"proxy_auth_networks", []string{"PROXY_AUTH_NETWORKS"}, "where the proxy sits, separated by commas (default: anywhere)", false, prefixes(func(c *Config) *[]netip.Prefix { return &c.SignIn.Proxy.Networks })},
		{"license_public_key", []string{"PULSE_LICENSE_PUBLIC_KEY"}, "Ed25519 key in base64 that licence keys are checked with", false, text(func(c *Config) *string { return &c.Licence.PublicKey })},
		{"license_dev_mode", []string{"PULSE_LICENSE_DEV_MODE"}, "take licence keys unchecked, in builds that are no release", true, flagged(func(c *Config) *bool { return &c.Licence.Development })},
		{"init_config_data", []string{"PULSE_INIT_CONFIG_DATA"}, "bundle that is imported at the first start, in base64", false, text(func(c *Config) *string { return &c.Initial.Data })},
		{"init_config_file", []string{"PULSE_INIT_CONFIG_FILE"}, "file with that bundle", false, text(func(c *Config) *string { return &c.Initial.File })},
		{"init_config_url", []string{"PULSE_INIT_CONFIG_URL"}, "address of that bundle", false, text(func(c *Config) *string { return &c.Initial.URL })},
		{"init_config_passphrase", []string{"PULSE_INIT_CONFIG_PASSPHRASE"}, "passphrase of that bundle", false, text(func(c *Config) *string { return &c.Initial.Passphrase })},
	}
	for _, name := range sso.Variables() {
		list = append(list, setting{
			strings.ToLower(name), []string{name}, "identity provider; see docs/sso.md", false,
			func(c *Config, v string) error {
				if c.SignIn.OIDC == nil {
					c.SignIn.OIDC = map[string]string{}
				}
				c.SignIn.OIDC[name] = v
				return nil
			},
		})
	}
	return list
}

// validateSignIn refuses half of a user.
func (c *Config) validateSignIn() error {
	if (c.SignIn.User == "") != (c.SignIn.Password == "") {
		return errors.New("auth_user and auth_pass are needed together")
	}
	return nil
}

// EnvFileName is a file in the data folder that earlier versions kept their
// credentials in: a variable and its value in each line. What the environment
// itself says wins.
const EnvFileName = ".env"

// addEnvFile adds the variables of the file that values does not have.
func addEnvFile(dataDir string, values map[string]string) error {
	path := filepath.Join(dataDir, EnvFileName)
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open variables: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, maxFile))
	for lines.Scan() {
		name, value, found := envLine(lines.Text())
		if _, known := values[name]; found && !known {
			values[name] = value
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// envLine reads NAME=value, which may be quoted and begin with "export".
func envLine(line string) (name, value string, found bool) {
	line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
	if strings.HasPrefix(line, "#") {
		return "", "", false
	}
	name, value, found = strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	for _, quote := range []string{`"`, `'`} {
		if len(value) >= 2 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return name, value[1 : len(value)-1], found && name != ""
		}
	}
	return name, value, found && name != ""
}
