// Package auth says who is calling the hub and what they may do.
package auth

import (
	"slices"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Scope is a permission that an API token carries. The names are part of the public API.
type Scope string

// The scopes. ScopeAll stands for every one of them.
const (
	ScopeAll              Scope = "*"
	ScopeMonitoringRead   Scope = "monitoring:read"
	ScopeMonitoringWrite  Scope = "monitoring:write"
	ScopeDockerReport     Scope = "docker:report"
	ScopeDockerManage     Scope = "docker:manage"
	ScopeKubernetesReport Scope = "kubernetes:report"
	ScopeKubernetesManage Scope = "kubernetes:manage"
	ScopeHostReport       Scope = "host-agent:report"
	ScopeHostManage       Scope = "host-agent:manage"
	ScopeSettingsRead     Scope = "settings:read"
	ScopeSettingsWrite    Scope = "settings:write"
)

// Scopes returns every scope there is, ScopeAll first. The slice is the caller's.
func Scopes() []Scope {
	return []Scope{
		ScopeAll, ScopeMonitoringRead, ScopeMonitoringWrite, ScopeDockerReport, ScopeDockerManage,
		ScopeKubernetesReport, ScopeKubernetesManage, ScopeHostReport, ScopeHostManage,
		ScopeSettingsRead, ScopeSettingsWrite,
	}
}

// Principal is an authenticated caller. It is immutable.
type Principal struct {
	// Token names the API token the call came with.
	Token resource.TokenRef
	// Admin says that the caller may use the endpoints of administrators.
	Admin bool

	scopes []Scope
}

// Has reports whether the caller may do what the scope allows.
func (p *Principal) Has(scope Scope) bool {
	return slices.Contains(p.scopes, ScopeAll) || slices.Contains(p.scopes, scope)
}

// Credential names what the caller presented, for counting and never for display of a secret.
func (p *Principal) Credential() string { return "token:" + p.Token.ID }

// Name names the caller for records of what was changed.
func (p *Principal) Name() string {
	if p.Token.Name != "" {
		return p.Token.Name
	}
	return p.Token.ID
}

// Local returns the principal for administrators of the machine the hub runs
// on, who may do everything.
func Local() *Principal {
	return &Principal{
		Token: resource.TokenRef{ID: "local", Name: "local administrator"}, Admin: true, scopes: []Scope{ScopeAll},
	}
}
