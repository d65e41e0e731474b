package api

import (
	"net/netip"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
)

// SecurityStatus says how the hub is protected. The page asks for it first.
type SecurityStatus struct {
	HasAuthentication           bool   `json:"hasAuthentication"`
	RequiresAuth                bool   `json:"requiresAuth"`
	APITokenConfigured          bool   `json:"apiTokenConfigured"`
	APITokenHint                string `json:"apiTokenHint" description:"Ends of the newest token; empty for strangers."`
	AuthUsername                string `json:"authUsername"`
	AuthLastModified            string `json:"authLastModified"`
	ConfiguredButPendingRestart bool   `json:"configuredButPendingRestart"`
	CredentialsEncrypted        bool   `json:"credentialsEncrypted"`
	ExportProtected             bool   `json:"exportProtected"`
	UnprotectedExportAllowed    bool   `json:"unprotectedExportAllowed"`
	HasAuditLogging             bool   `json:"hasAuditLogging"`
	HasHTTPS                    bool   `json:"hasHTTPS"`
	ClientIP                    string `json:"clientIP"`
	IsPrivateNetwork            bool   `json:"isPrivateNetwork"`
	IsTrustedNetwork            bool   `json:"isTrustedNetwork"`
	PublicAccess                bool   `json:"publicAccess"`
	HasProxyAuth                bool   `json:"hasProxyAuth"`
	ProxyAuthLogoutURL          string `json:"proxyAuthLogoutURL"`
	ProxyAuthUsername           string `json:"proxyAuthUsername"`
	ProxyAuthIsAdmin            bool   `json:"proxyAuthIsAdmin"`
	HideLocalLogin              bool   `json:"hideLocalLogin"`
	AgentURL                    string `json:"agentUrl"`
	OIDCEnabled                 bool   `json:"oidcEnabled"`
	OIDCIssuer                  string `json:"oidcIssuer"`
	OIDCClientID                string `json:"oidcClientId"`
	OIDCLogoutURL               string `json:"oidcLogoutURL"`
	OIDCUsername                string `json:"oidcUsername"`

	OIDCEnvOverrides      map[string]bool `json:"oidcEnvOverrides,omitempty" description:"Fields of the identity provider that the environment has set."`
	BootstrapTokenPath    string          `json:"bootstrapTokenPath,omitempty" description:"Where the token for the first set-up lies, while nobody has used it."`
	IsDocker              *bool           `json:"isDocker,omitempty"`
	InContainer           *bool           `json:"inContainer,omitempty"`
	LXCContainerID        string          `json:"lxcCtid,omitempty"`
	DockerContainerName   string          `json:"dockerContainerName,omitempty"`
	DeprecatedDisableAuth bool            `json:"deprecatedDisableAuth,omitempty"`
	Message               string          `json:"message,omitempty"`

	Role        string            `json:"role,omitempty" description:"The caller's role."`
	Permissions []auth.Permission `json:"permissions,omitempty" description:"What the caller may do, as resource:action; either may be *."`
	Method      auth.Method       `json:"method,omitempty" description:"How the caller was recognised."`
}

// Wall is what the hub knows of how it is protected.
type Wall struct {
	// Tokens are all API tokens, as auth.Authenticator knows them.
	Tokens Tokens
	// Users are the people who may sign in.
	Users UserDesk
	// Proxy is what vouches for users; nil: nothing does.
	Proxy ProxySettings
	// Bootstrap is the first set-up.
	Bootstrap BootstrapDesk
	// HideLocalLogin hides the form for passwords, Required has the hub be protected although nobody can sign in yet,
	// Audited says that it was asked for that changes are written down (they always are), Ignored that a variable was
	// set that turned protection off in earlier versions.
	HideLocalLogin, Required, Audited, Ignored bool
	// TrustedNetworks are those of people who are at home; empty: private ones.
	TrustedNetworks []netip.Prefix
}

// ProxySettings says how a proxy vouches for users, as trustedproxy.Proxy does.
type ProxySettings interface {
	Configured() bool
	LogoutURL() string
}

func (a *API) securityRoutes() []route.Route {
	return slices.Concat([]route.Route{{
		Path: "/api/security/status", Access: route.Public(), Limit: route.ConfigReads(),
		Summary:     "How the hub is protected",
		Description: "Public. Callers who have said who they are see more.",
		Answer:      SecurityStatus{}, Handle: a.securityStatus,
	}}, a.signInRoutes(), a.firstRunRoutes(), a.recoveryRoutes(), a.tokenRoutes(), a.sessionRoutes(), a.factorRoutes(), a.accountRoutes(), a.userRoutes())
}

func (a *API) securityStatus(c *route.Call) (any, error) {
	wall := &a.Wall
	oidc, _ := a.SSO.Provider(sso.DefaultProvider)
	tokens, users := wall.Tokens.Configured(), wall.Users.Count() > 0
	proxied := wall.Proxy != nil && wall.Proxy.Configured()
	protected := tokens || users || len(a.SSO.Enabled()) > 0 || a.SAML.Settings().Enabled || proxied
	private := isPrivate(c.Client)
	status := SecurityStatus{
		HasAuthentication: protected || wall.Required, RequiresAuth: protected, APITokenConfigured: tokens,
		CredentialsEncrypted: true, ExportProtected: true, HasAuditLogging: wall.Audited,
		HasHTTPS: c.Secure, ClientIP: shownAddress(c.Client),
		IsPrivateNetwork: private, IsTrustedNetwork: wall.trusts(c.Client), PublicAccess: !private,
		HasProxyAuth: proxied, HideLocalLogin: wall.HideLocalLogin, AgentURL: a.agentURL(c),
		OIDCEnabled: oidc.Enabled, OIDCEnvOverrides: a.SSO.Locked(),
	}
	if oidc.Enabled {
		status.OIDCIssuer, status.OIDCClientID, status.OIDCLogoutURL = oidc.IssuerURL, oidc.ClientID, oidc.LogoutURL
	}
	if proxied {
		status.ProxyAuthLogoutURL = wall.Proxy.LogoutURL()
	}
	if wall.Ignored {
		status.DeprecatedDisableAuth = true
		status.Message = "DISABLE_AUTH is set and has no effect any more. Remove it; recovery mode lets an administrator of this machine in."
	}
	if wall.Bootstrap.Pending() {
		docker, contained := a.Build.Deployment == "docker", a.Build.Container
		status.BootstrapTokenPath, status.IsDocker, status.InContainer = wall.Bootstrap.Path(), &docker, &contained
	}
	a.tellCaller(&status, c.Principal)
	return status, nil
}

// tellCaller adds what only callers may know who have said who they are.
func (a *API) tellCaller(status *SecurityStatus, caller *auth.Principal) {
	if caller == nil {
		return
	}
	if newest, ok := a.Wall.Tokens.Newest(); ok {
		status.APITokenHint = newest.Hint("...")
	}
	status.AuthUsername, status.AuthLastModified = a.adminName(caller)
	status.Role, status.Permissions, status.Method = caller.Role.Name, caller.Role.Permissions, caller.Method
	switch caller.Method {
	case auth.MethodProxy:
		status.ProxyAuthUsername, status.ProxyAuthIsAdmin = caller.User, caller.IsAdmin()
	case auth.MethodOIDC:
		status.OIDCUsername = caller.User
	}
}

// adminName is the name of the caller, or of the first administrator for callers without one, and since when the
// password is as it is.
func (a *API) adminName(caller *auth.Principal) (name, changed string) {
	for _, user := range a.Wall.Users.List() {
		if user.Name != caller.User && (caller.User != "" || user.Role != auth.RoleAdmin) {
			continue
		}
		if user.PasswordChanged.IsZero() {
			return user.Name, ""
		}
		return user.Name, user.PasswordChanged.UTC().Format(time.RFC3339)
	}
	return caller.User, ""
}

func (w *Wall) trusts(client netip.Addr) bool {
	if len(w.TrustedNetworks) == 0 {
		return isPrivate(client)
	}
	return slices.ContainsFunc(w.TrustedNetworks, func(p netip.Prefix) bool { return p.Contains(client) })
}

// agentURL is the address that agents should report to.
func (a *API) agentURL(c *route.Call) string {
	if a.Security.PublicURL != "" {
		return a.Security.PublicURL
	}
	if c.Secure {
		return "https://" + c.Request.Host
	}
	return "http://" + c.Request.Host
}

// shownAddress is an address for people; nothing over the socket for administrators.
func shownAddress(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

func isPrivate(address netip.Addr) bool {
	return address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast()
}
