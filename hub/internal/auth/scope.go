package auth

import "strings"

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
	// ScopeCommandsRun is for running commands on machines. No other scope but
	// ScopeAll covers it.
	ScopeCommandsRun Scope = "commands:run"
)

// Scopes returns every scope there is, ScopeAll first. The slice is the caller's.
func Scopes() []Scope {
	return []Scope{
		ScopeAll, ScopeMonitoringRead, ScopeMonitoringWrite, ScopeDockerReport, ScopeDockerManage,
		ScopeKubernetesReport, ScopeKubernetesManage, ScopeHostReport, ScopeHostManage,
		ScopeSettingsRead, ScopeSettingsWrite, ScopeCommandsRun,
	}
}

// Action returns what the scope allows to be done: "read", "write", ….
func (s Scope) Action() Action {
	_, action, _ := strings.Cut(string(s), ":")
	return Action(action)
}

// Resource returns what the scope is about, if that is one kind of thing; else the empty string.
func (s Scope) Resource() Resource {
	if covered := s.covers(); len(covered) == 1 {
		return covered[0]
	}
	return ""
}

// covers lists the resources that a scope is about, by the word before its action.
func (s Scope) covers() []Resource {
	area, _, _ := strings.Cut(string(s), ":")
	switch area {
	case "docker":
		return []Resource{ResourceDocker}
	case "kubernetes":
		return []Resource{ResourceKubernetes}
	case "host-agent":
		return []Resource{ResourceHosts}
	case "commands":
		return []Resource{ResourceCommands}
	case "monitoring":
		return []Resource{ResourceMonitoring, ResourceAlerts}
	case "settings":
		return []Resource{
			ResourceNotifications, ResourceNodes, ResourcePlugins, ResourceSettings, ResourceUsers, ResourceTokens, ResourceAudit,
		}
	}
	return nil
}
