package api

import (
	"net/netip"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
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
}

func (a *API) securityRoutes() []route.Route {
	return []route.Route{{
		Path: "/api/security/status", Access: route.Public(), Limit: route.ConfigReads(),
		Summary:     "How the hub is protected",
		Description: "Public. Callers who have said who they are see more.",
		Answer:      SecurityStatus{}, Handle: a.securityStatus,
	}}
}

func (a *API) securityStatus(c *route.Call) (any, error) {
	configured := a.Tokens.Configured()
	private := isPrivate(c.Client)
	status := SecurityStatus{
		HasAuthentication: configured, RequiresAuth: configured, APITokenConfigured: configured,
		CredentialsEncrypted: true, ExportProtected: true,
		HasHTTPS: c.Secure, ClientIP: c.Client.String(),
		IsPrivateNetwork: private, IsTrustedNetwork: private, PublicAccess: !private,
		AgentURL: a.agentURL(c),
	}
	if c.Principal == nil {
		return status, nil
	}
	if newest, ok := a.Tokens.Newest(); ok {
		status.APITokenHint = newest.Hint("...")
	}
	return status, nil
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

func isPrivate(address netip.Addr) bool {
	return address.IsPrivate() || address.IsLoopback() || address.IsLinkLocalUnicast()
}
